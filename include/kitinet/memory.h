/* Memory of a rank: what it may take, what it has taken, and how to size arrays before they take any. */
#ifndef KITINET_MEMORY_H
#define KITINET_MEMORY_H

#include <kitinet/base.h>

/*
  Collective on PETSC_COMM_WORLD. Sets the limit: what the node has left (MemAvailable, and each control group above
  the rank), divided by the ranks on it; the least over all nodes, so that all ranks see the same.
*/
PETSC_EXTERN PetscErrorCode KNMemorySetUp(void);

/*
  Not collective. Bytes that this rank may take, as found by KNMemorySetUp(); SIZE_MAX before it, or where the system
  does not tell.
*/
PETSC_EXTERN size_t KNMemoryGetLimit(void);

/*
  Not collective. From here on KNMalloc() reserves addresses only (on), or gives memory as usual (off): reserved pages
  take memory when they are first written. An object can so be planned, and its sizes asked for, before the machine
  has to hold it.
*/
PETSC_EXTERN void KNMemoryReserve(PetscBool on);

/*
  Not collective. The most bytes that this process has held in memory at one time since it started; 0 where the system
  does not tell.
*/
PETSC_EXTERN size_t KNMemoryGetPeak(void);

#endif
