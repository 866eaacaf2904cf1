/* Films of trajectories: what inspect and evaluate ask for alike. */
#ifndef KITINET_FILM_H
#define KITINET_FILM_H

#include <kitinet/problem.h>

typedef struct {
  PetscInt format; /* 0: no film */
  PetscInt rate;   /* frames a second */
} KNFilm;

/* Collective on PETSC_COMM_WORLD. -film, -film_rate; help: the text of -film, which must live on. */
PETSC_INTERN PetscErrorCode KNFilmSetFromOptions(const char help[], KNFilm *film);

/* Collective on PETSC_COMM_WORLD. Raises KN_ERR_USAGE if a film is asked for and path holds no trajectories. */
PETSC_INTERN PetscErrorCode KNFilmCheck(const KNFilm *film, const KNProblem *problem, const char path[]);

/* Not collective. The ending of its name, without a dot. */
PETSC_INTERN const char *KNFilmEnding(const KNFilm *film);

/*
  Not collective. "t = 0.25" for each frame of a trajectory; *caption (frames) is freed by the caller with one
  PetscFree().
*/
PETSC_INTERN PetscErrorCode KNFilmCaptions(const KNProblem *problem, char ***caption);

#endif
