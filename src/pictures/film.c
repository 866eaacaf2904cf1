/*
  Films of fields: gnuplot draws all frames in one run, PATH-00001.png and so on, ffmpeg joins them. A film has one
  scale for all of its frames: what moves is the field.
*/
#include "picture_impl.h"
#include <unistd.h>

enum { NAME = PETSC_MAX_PATH_LEN + 16 };

static const char *FrameName(const KNPicture *picture, PetscInt frame, char name[])
{
  (void)snprintf(name, NAME, "%s-%05" PetscInt_FMT ".png", picture->path, frame + 1);
  return name;
}

/* The frames' names as ffmpeg's pattern, in which % has a meaning. */
static void Pattern(const KNPicture *picture, char pattern[])
{
  char *to = pattern;

  for (const char *from = picture->path; *from; from++) {
    if (*from == '%') *to++ = '%';
    *to++ = *from;
  }
  (void)snprintf(to, 16, "-%%05d.png");
}

/* Returns whether there is a film. */
static PetscBool Join(const KNPicture *picture, const char ending[], PetscInt rate)
{
  /* gif: the 256 colours that fit all frames best; mp4: what every player shows, which takes even sizes */
  const PetscBool gif = (PetscBool)(ending[0] == 'g');
  char            frames[2 * NAME], film[NAME], per_second[32];
  char            palette[] = "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none";
  char            even[] = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", pixels[] = "yuv420p", colours[] = "pal8";
  char *const     argument[] = {
        "ffmpeg", "-nostdin",           "-y",       "-framerate",           per_second, "-i", frames,
        "-vf",    gif ? palette : even, "-pix_fmt", gif ? colours : pixels, film,       NULL};
  PetscBool found, made;

  Pattern(picture, frames);
  (void)snprintf(film, sizeof(film), "%s.%s", picture->path, ending);
  (void)snprintf(per_second, sizeof(per_second), "%" PetscInt_FMT, rate);
  made = KNPictureSpawn(argument, &found);
  if (made) return PETSC_TRUE;
  if (found) (void)unlink(film); /* half of one */
  KNPictureMissed(found);
  fprintf(stderr, "kitinet: warning: the film %s is not made, ffmpeg %s; later: ffmpeg -framerate %s -i '%s' '%s'\n",
          film, found ? "failed" : "is missing", per_second, frames, film);
  return PETSC_FALSE;
}

PetscErrorCode KNPictureFilm(const char path[], const char ending[], PetscInt rate, const KNGrid *grid, PetscInt frames,
                             const char *const caption[], PetscInt rows, PetscInt columns,
                             const KNPictureColumn column[], const char *const label[], const float *const panel[])
{
  KNPicture picture;
  KNPanels  panels;
  int       width, height;
  char      name[NAME];

  PetscFunctionBegin;
  PetscCall(KNPanelsCreate(grid, frames, rows, columns, column, label, panel, PETSC_TRUE, &width, &height, &panels));
  if (KNPictureOpen(path, &picture)) {
    KNPictureTerminal(&picture, width, height);
    for (PetscInt f = 0; f < frames; f++) {
      fprintf(picture.script, "set output ");
      KNPictureText(&picture, FrameName(&picture, f, name));
      fprintf(picture.script, "\n");
      KNPanelsDraw(panels, &picture, f, caption[f]);
    }
    fprintf(picture.script, "unset output\n");
    if (KNPictureFinish(&picture, FrameName(&picture, frames - 1, name)) && Join(&picture, ending, rate)) {
      for (PetscInt f = 0; f < frames; f++) (void)unlink(FrameName(&picture, f, name));
    }
  }
  PetscCall(KNPanelsDestroy(&panels));
  PetscFunctionReturn(PETSC_SUCCESS);
}
