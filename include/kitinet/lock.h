/*
  The right of one job to write in a directory: a file `lock` in it, made with O_EXCL, that names host, boot of the
  kernel, namespace of processes, process, job and restart count (SLURM_JOB_ID, SLURM_RESTART_COUNT).

  A lock is taken over if its process is surely dead (seen from the same kernel and container; or the machine has
  started again), or if it belongs to an earlier start of the same job, whose old copy may still run on a lost node.
  That copy finds out before it gives any file of the directory its final name (KNRecordSave, KNFileWriteWhole), and
  stops. If it found out a moment too early it fails: who takes a lock removes the unfinished files of others, and
  every start has its own names for them.
*/
#ifndef KITINET_LOCK_H
#define KITINET_LOCK_H

#include <kitinet/base.h>

/*
  Collective on comm; rank 0 takes the lock, one for the program at a time. Raises KN_ERR_USAGE if another job has it,
  KN_ERR_IO if it cannot be made or read.
*/
PETSC_EXTERN PetscErrorCode KNLockTake(MPI_Comm comm, const char directory[]);

/* Not collective. How often SLURM has started this job again, 0 without SLURM. Plain C. */
PETSC_EXTERN long KNLockRestarts(void);

/*
  Not collective. The name of a file while it is unfinished: under a lock "PATH.START.kitinet.tmp", START counts the
  restarts of the job; without one "PATH.kitinet.PROCESS.tmp", which no owner of a lock removes. False: it is too long.
  Plain C.
*/
PETSC_EXTERN PetscBool KNLockUnfinished(const char path[], size_t size, char unfinished[]);

/*
  Not collective. 0, or an error code with one line in message if the lock that this rank holds was taken over
  (KN_ERR_USAGE), or cannot be read (KN_ERR_IO). Plain C.
*/
PETSC_EXTERN int KNLockCheck(size_t size, char message[]);

/*
  Not collective. Removes the lock that this rank holds, if any and if it is still its own. Plain C: also on the way
  out after an error.
*/
PETSC_EXTERN void KNLockRelease(void);

#endif
