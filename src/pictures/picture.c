/* Drawing with gnuplot: a script and its data are written beside the picture, drawn, and removed. */
#include "picture_impl.h"

#include <kitinet/path.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NAME = PETSC_MAX_PATH_LEN + 8 }; /* bytes of a path with its ending */

static struct {
  PetscInt lost, undrawn;
} missing;

PetscInt KNPictureMissing(PetscInt *lost)
{
  if (lost) *lost = missing.lost;
  return missing.lost + missing.undrawn;
}

/* The path and its ending, in name (NAME). */
static const char *KNPictureName(const KNPicture *picture, const char ending[], char name[])
{
  (void)snprintf(name, NAME, "%s%s", picture->path, ending);
  return name;
}

static PetscBool KNPictureIsPrintable(const char text[])
{
  for (const char *c = text; *c; c++) {
    if ((unsigned char)*c < ' ') return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static FILE *KNPictureCreate(const char name[])
{
  const int descriptor = KNPathCreate(name);

  return descriptor < 0 ? NULL : fdopen(descriptor, "wb");
}

PetscBool KNPictureOpen(const char path[], KNPicture *picture)
{
  char        name[NAME];
  const char *problem = NULL;

  memset(picture, 0, sizeof(*picture));
  /* A name that begins with < or | or - would be a command or an option for gnuplot: it never begins with one. */
  if (snprintf(picture->path, sizeof(picture->path), "%s%s", path[0] == '/' ? "" : "./", path) >=
      (int)sizeof(picture->path))
    problem = "its name is too long";
  if (!KNPictureIsPrintable(path)) {
    path    = "";
    problem = "its name holds a control character";
  }
  if (!problem) {
    picture->script = KNPictureCreate(KNPictureName(picture, ".gp", name));
    if (picture->script) picture->data = KNPictureCreate(KNPictureName(picture, ".dat", name));
    if (!picture->script || !picture->data) problem = strerror(errno);
  }
  if (!problem) return PETSC_TRUE;
  missing.lost++;
  fprintf(stderr, "kitinet: warning: the picture %s.png is left out: %s\n", path, problem);
  if (picture->data) (void)fclose(picture->data);
  if (picture->script) (void)fclose(picture->script);
  if (picture->script) (void)unlink(KNPictureName(picture, ".gp", name));
  return PETSC_FALSE;
}

void KNPictureText(KNPicture *picture, const char text[])
{
  fputc('\'', picture->script);
  for (const char *c = text; *c; c++) {
    if (*c == '\'') fputc('\'', picture->script);
    fputc((unsigned char)*c < ' ' ? ' ' : *c, picture->script);
  }
  fputc('\'', picture->script);
}

void KNPicturePower(KNPicture *picture, const char before[], int exponent)
{
  static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  char                     digits[16];

  fprintf(picture->script, "'%s10", before);
  (void)snprintf(digits, sizeof(digits), "%d", exponent);
  for (const char *c = digits; *c; c++) fprintf(picture->script, "%s", *c == '-' ? "⁻" : raised[*c - '0']);
  fprintf(picture->script, "'");
}

void KNPictureDataName(KNPicture *picture)
{
  char name[NAME];

  KNPictureText(picture, KNPictureName(picture, ".dat", name));
}

void KNPictureMissed(PetscBool lost)
{
  if (lost) missing.lost++;
  else missing.undrawn++;
}

void KNPictureTerminal(KNPicture *picture, int width, int height)
{
  picture->width  = width;
  picture->height = height;
  fprintf(picture->script,
          "# Draw with gnuplot 5 from the directory that the names are relative to.\nset encoding utf8\n");
  fprintf(picture->script,
          "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,19' linewidth 1.5 background '#ffffff'\n"
          "set border linecolor '#404040'\n",
          width, height);
}

void KNPictureHead(KNPicture *picture, int width, int height)
{
  char name[NAME];

  KNPictureTerminal(picture, width, height);
  fprintf(picture->script, "set output ");
  KNPictureText(picture, KNPictureName(picture, ".png", name));
  fprintf(picture->script, "\n");
}

PetscBool KNPictureSpawn(char *const argument[], PetscBool *found)
{
  posix_spawn_file_actions_t actions;
  pid_t                      process;
  int                        status = -1, failed;

  *found = PETSC_TRUE;
  if (posix_spawn_file_actions_init(&actions)) return PETSC_FALSE;
  failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
               posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) ||
               posix_spawn_file_actions_adddup2(&actions, 1, 2)
             ? EIO
             : posix_spawnp(&process, argument[0], &actions, NULL, argument, environ);
  posix_spawn_file_actions_destroy(&actions);
  *found = (PetscBool)(failed != ENOENT);
  if (failed) return PETSC_FALSE;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  return (PetscBool)(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Whether a PNG file has its last chunk: gnuplot does not notice that a disk is full. */
static PetscBool KNPictureIsWhole(const char png[])
{
  static const unsigned char end[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
  unsigned char              found[sizeof(end)];
  FILE                      *file = fopen(png, "rb");
  const PetscBool            whole =
    (PetscBool)(file && !fseek(file, -(long)sizeof(end), SEEK_END) &&
                fread(found, 1, sizeof(end), file) == sizeof(end) && !memcmp(found, end, sizeof(end)));

  if (file) (void)fclose(file);
  return whole;
}

PetscBool KNPictureFinish(KNPicture *picture, const char last[])
{
  char        script[NAME], data[NAME];
  char *const argument[] = {"gnuplot", "-d", script, NULL}; /* -d: no start-up files */
  PetscBool   good = PETSC_TRUE, drawn, found = PETSC_TRUE;

  if (ferror(picture->script) || ferror(picture->data)) good = PETSC_FALSE;
  if (fclose(picture->script)) good = PETSC_FALSE;
  if (fclose(picture->data)) good = PETSC_FALSE;
  (void)KNPictureName(picture, ".gp", script);
  (void)KNPictureName(picture, ".dat", data);
  drawn = (PetscBool)(good && KNPictureSpawn(argument, &found) && KNPictureIsWhole(last));
  if (!good)
    fprintf(stderr, "kitinet: warning: the picture %s is left out: its files cannot be written, is the disk full?\n",
            last);
  else if (!drawn)
    fprintf(stderr, "kitinet: warning: the picture %s is not drawn, gnuplot %s; later: gnuplot '%s'\n", last,
            found ? "failed" : "is missing", script);
  if (!drawn) KNPictureMissed((PetscBool)(!good || found));
  if (good && !drawn) return PETSC_FALSE;
  (void)unlink(script);
  (void)unlink(data);
  return drawn;
}

void KNPictureDraw(KNPicture *picture)
{
  char png[NAME];

  (void)KNPictureFinish(picture, KNPictureName(picture, ".png", png));
}
