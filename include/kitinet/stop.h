/* Reasons to stop early: a signal (SIGTERM, SIGINT, SIGUSR1) or the end of the allowed time. */
#ifndef KITINET_STOP_H
#define KITINET_STOP_H

#include <kitinet/base.h>

/*
  Collective on PETSC_COMM_WORLD. From here on these signals only set a flag. Declares -max_time (seconds of wall time
  from here; 0: no limit).
*/
PETSC_EXTERN PetscErrorCode KNStopSetFromOptions(void);

/*
  Not collective. Why this rank wants to stop: "SIGTERM", "-max_time"; NULL if it does not. All ranks must agree
  before they act on it. progress: this run has done something that the next one need not do again; before that no
  time limit ends it, or a slow start would repeat for ever.
*/
PETSC_EXTERN const char *KNStopWanted(PetscBool progress);

#endif
