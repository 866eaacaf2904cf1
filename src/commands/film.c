/* Options and captions of films. */
#include "film.h"
#include <kitinet/error.h>
#include <kitinet/options.h>

static const char *const formats[] = {"none", "gif", "mp4", NULL};

PetscErrorCode KNFilmSetFromOptions(const char help[], KNFilm *film)
{
  PetscFunctionBegin;
  *film = (KNFilm){.rate = 10};
  PetscCall(KNOptionsChoice("-film", help, formats, &film->format));
  PetscCall(KNOptionsInt("-film_rate", "frames per second of a film", 1, 120, &film->rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFilmCheck(const KNFilm *film, const KNProblem *problem, const char path[])
{
  PetscFunctionBegin;
  PetscCheck(!film->format || problem->frames > 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -film is %s, %s holds no trajectories: leave it out", formats[film->format], path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *KNFilmEnding(const KNFilm *film)
{
  return formats[film->format];
}

PetscErrorCode KNFilmCaptions(const KNProblem *problem, char ***caption)
{
  enum { LENGTH = 32 };
  const size_t frames = (size_t)problem->frames;
  char        *text;

  PetscFunctionBegin;
  PetscCall(PetscMalloc(frames * (sizeof(char *) + LENGTH), caption));
  text = (char *)(*caption + frames);
  for (size_t f = 0; f < frames; f++) {
    (*caption)[f] = text + f * LENGTH;
    PetscCall(PetscSNPrintf((*caption)[f], LENGTH, "t = %.4g", (double)problem->times[f]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
