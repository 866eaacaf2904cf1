/*
  Progress of long work, on stderr of rank 0: at a terminal one line that is redrawn (done, rate, time left); in a
  batch log nothing but what KNProgressSay prints, and what KNProgressLogEvery asks for.
*/
#ifndef KITINET_PROGRESS_H
#define KITINET_PROGRESS_H

#include <kitinet/base.h>

typedef struct {
  const char    *unit;     /* "samples", not owned */
  PetscInt64     total;    /* units of the whole work */
  PetscInt64     start;    /* units done before this run */
  PetscLogDouble began;    /* seconds */
  PetscLogDouble drawn;    /* when the line was last drawn */
  PetscReal      every;    /* seconds between lines in a batch log; 0: none */
  PetscBool      active;   /* this is rank 0 */
  PetscBool      terminal; /* and stderr a terminal */
} KNProgress;

/* Collective on PETSC_COMM_WORLD. start: units that an earlier run has done, for the rate. */
PETSC_EXTERN PetscErrorCode KNProgressBegin(const char unit[], PetscInt64 total, PetscInt64 start,
                                            KNProgress *progress);

/* Not collective. In a batch log, too: a plain line every so many seconds. */
PETSC_EXTERN PetscErrorCode KNProgressLogEvery(KNProgress *progress, PetscReal seconds);

/*
  Not collective. done of total units; note: what else the line says. Draws at most five times a second; costs nothing
  on other ranks.
*/
PETSC_EXTERN PetscErrorCode KNProgressUpdate(KNProgress *progress, PetscInt64 done, const char note[]);

/* Not collective. A line that stays, on rank 0, in a terminal and in a batch log. */
PETSC_EXTERN PetscErrorCode KNProgressSay(KNProgress *progress, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/* Not collective. Seconds since the beginning, and estimated seconds left. */
PETSC_EXTERN PetscErrorCode KNProgressTimes(const KNProgress *progress, PetscInt64 done, PetscReal *elapsed,
                                            PetscReal *left);

/* Not collective. Clears the drawn line. */
PETSC_EXTERN PetscErrorCode KNProgressEnd(KNProgress *progress);

/* Not collective. "1:02:03" or "2:03" from seconds; text: at least 32 bytes. */
PETSC_EXTERN PetscErrorCode KNFormatTime(PetscReal seconds, char text[32]);

#endif
