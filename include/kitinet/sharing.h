/*
  Ranks that share each sample: PETSC_COMM_WORLD in groups of k successive ranks, each with a slab of the grid. k = 1:
  every rank has whole samples.
*/
#ifndef KITINET_SHARING_H
#define KITINET_SHARING_H

#include <kitinet/base.h>

typedef struct {
  PetscMPIInt size, rank; /* k, place in the group */
  PetscMPIInt groups;
  MPI_Comm    comm;   /* the group */
  MPI_Comm    across; /* the ranks with the same place in all groups, in order of the groups */
} KNSharing;

/*
  Collective on PETSC_COMM_WORLD. Declares and reads -ranks_per_sample, makes the communicators. Raises KN_ERR_USAGE
  where k does not divide the ranks.
*/
PETSC_EXTERN PetscErrorCode KNSharingSetFromOptions(KNSharing *sharing);
PETSC_EXTERN PetscErrorCode KNSharingDestroy(KNSharing *sharing);

/*
  Collective on sharing->comm. whole: (P, S) on rank 0 of the group, from the slabs of its ranks, (P, S_slab) each;
  grid: the whole one. Elsewhere whole is not touched.
*/
PETSC_EXTERN PetscErrorCode KNSharingGather(const KNSharing *sharing, const KNGrid *grid, size_t P, const float slab[],
                                            float whole[]);

#endif
