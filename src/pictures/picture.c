/* Drawing with gnuplot: a script and its data are written beside the picture, drawn, and removed. */
#include "picture_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NAME = PETSC_MAX_PATH_LEN + 8 }; /* bytes of a path with its ending */

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

PetscBool KNPictureOpen(const char path[], KNPicture *picture)
{
  char        name[NAME];
  const char *problem = NULL;

  memset(picture, 0, sizeof(*picture));
  /* A name that begins with < or | or - would be a command or an option for gnuplot: it never begins with one. */
  if (snprintf(picture->path, sizeof(picture->path), "%s%s", path[0] == '/' ? "" : "./", path) >= (int)sizeof(picture->path)) problem = "its name is too long";
  if (!KNPictureIsPrintable(path)) {
    path    = "";
    problem = "its name holds a control character";
  }
  if (!problem) {
    picture->script = fopen(KNPictureName(picture, ".gp", name), "w");
    picture->data   = fopen(KNPictureName(picture, ".dat", name), "wb");
    if (!picture->script || !picture->data) problem = strerror(errno);
  }
  if (!problem) return PETSC_TRUE;
  if (picture->script) (void)fclose(picture->script);
  if (picture->data) (void)fclose(picture->data);
  fprintf(stderr, "kitinet: the picture %s.png is left out: %s\n", path, problem);
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

void KNPictureHead(KNPicture *picture, int width, int height)
{
  char name[NAME];

  picture->width  = width;
  picture->height = height;
  fprintf(picture->script, "# Draw with gnuplot 5 from the directory that the names are relative to.\nset encoding utf8\n");
  fprintf(picture->script, "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,19' linewidth 1.5 background '#ffffff'\nset output ", width, height);
  KNPictureText(picture, KNPictureName(picture, ".png", name));
  fprintf(picture->script, "\nset border linecolor '#404040'\n");
}

/* Runs gnuplot on the script: no shell, no start-up files, no output. Returns whether it succeeded. */
static PetscBool KNPictureSpawn(char script[])
{
  char                      *argument[] = {"gnuplot", "-d", script, NULL};
  posix_spawn_file_actions_t actions;
  pid_t                      process;
  int                        status = -1, failed;

  if (posix_spawn_file_actions_init(&actions)) return PETSC_FALSE;
  failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) || posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) || posix_spawn_file_actions_adddup2(&actions, 1, 2) || posix_spawnp(&process, argument[0], &actions, NULL, argument, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) return PETSC_FALSE;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) { }
  return (PetscBool)(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void KNPictureDraw(KNPicture *picture)
{
  char      script[NAME], data[NAME];
  PetscBool good = PETSC_TRUE;

  if (ferror(picture->script) || ferror(picture->data)) good = PETSC_FALSE;
  if (fclose(picture->script)) good = PETSC_FALSE;
  if (fclose(picture->data)) good = PETSC_FALSE;
  (void)KNPictureName(picture, ".gp", script);
  (void)KNPictureName(picture, ".dat", data);
  if (!good) {
    fprintf(stderr, "kitinet: the picture %s.png is left out: its files cannot be written, is the disk full?\n", picture->path);
  } else if (!KNPictureSpawn(script)) {
    fprintf(stderr, "kitinet: the picture %s.png is not drawn, gnuplot is missing or failed; later: gnuplot '%s'\n", picture->path, script);
    return;
  }
  (void)unlink(script);
  (void)unlink(data);
}
