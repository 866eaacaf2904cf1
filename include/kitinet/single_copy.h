/* How messages pass between the ranks of one node. */
#ifndef KITINET_SINGLE_COPY_H
#define KITINET_SINGLE_COPY_H

#include <kitinet/base.h>

/*
  Not collective; before MPI starts. Open MPI 4 has a rank copy large messages out of its neighbour's memory. Where
  the kernel refuses that, as in containers whose system calls are filtered, it finds out from a message that fails,
  and complains of each rank: there it is told to pass them through shared memory, in two copies. Does nothing where
  OMPI_MCA_btl_vader_single_copy_mechanism is set.
*/
PETSC_EXTERN void KNSingleCopySetUp(void);

#endif
