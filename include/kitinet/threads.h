/* OpenMP threads of a rank. */
#ifndef KITINET_THREADS_H
#define KITINET_THREADS_H

#include <kitinet/base.h>

/*
  Collective on PETSC_COMM_WORLD. Unless OMP_NUM_THREADS says otherwise, each rank takes its share of the processors that the ranks of its
  node may run on together. Warns where the threads of a node outnumber its processors.
*/
PETSC_EXTERN PetscErrorCode KNThreadsSetUp(void);

/* Not collective. BLAS with one thread from here on: results must not depend on how it divides a product. For OpenBLAS; others are left alone. */
PETSC_EXTERN void KNThreadsLimitBLAS(void);

#endif
