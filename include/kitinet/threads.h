/* OpenMP threads of a rank. */
#ifndef KITINET_THREADS_H
#define KITINET_THREADS_H

#include <kitinet/base.h>

/*
  Not collective; first of all in main(), with its argv. A thread that waits for the others spins before it sleeps,
  GNU's some 300,000 times: milliseconds, in which a processor that runs another program's threads too gets nothing
  done. 3000 times are as fast alone, to 3 %, and let two trainings share a machine. libgomp reads its environment
  when it is loaded: the program sets it and starts itself again, as the same process. Does nothing where
  GOMP_SPINCOUNT or OMP_WAIT_POLICY is set, or nobody waits: one thread, one processor.
*/
PETSC_EXTERN void KNThreadsBoundSpinning(char *const words[]);

/* Not collective. Processors that this process may run on; 1 where the system does not tell. */
PETSC_EXTERN int KNThreadsGetProcessors(void);

/*
  Collective on PETSC_COMM_WORLD. Unless OMP_NUM_THREADS says otherwise, each rank takes its share of the processors
  that the ranks of its node may run on together. Warns where the threads of a node outnumber its processors.
*/
PETSC_EXTERN PetscErrorCode KNThreadsSetUp(void);

/*
  Not collective. BLAS with one thread from here on: results must not depend on how it divides a product. For
  OpenBLAS; others are left alone.
*/
PETSC_EXTERN void KNThreadsLimitBLAS(void);

#endif
