/* Private to src/train/: what a run directory is. */
#ifndef KITINET_RUN_IMPL_H
#define KITINET_RUN_IMPL_H

#include <kitinet/run.h>

struct _p_KNRun {
  char              directory[PETSC_MAX_PATH_LEN];
  PetscMPIInt       rank;
  const KNTaskInfo *task; /* since KNRunStart; not owned */
};

/* Collective on PETSC_COMM_WORLD. Appends text to a file of the run; all ranks learn of a failure. Raises KN_ERR_IO. */
PETSC_INTERN PetscErrorCode KNRunAppend(KNRun run, const char name[], const char text[]);

#endif
