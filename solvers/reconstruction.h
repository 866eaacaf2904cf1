/*
  Values at both faces of cells, from the values of the cells around them: what finite volumes and finite differences
  begin a flux with.

  lower, upper (n): at the faces towards smaller and larger coordinates of n cells that lie side by side in memory.
  w: the first of these cells; w[i + k stride] is the k-th neighbour of cell i along the axis. Nothing overlaps w.
*/
#ifndef KITINET_RECONSTRUCTION_H
#define KITINET_RECONSTRUCTION_H

#include <petscsys.h>

/* In the order of their names: the limiters of MUSCL, then WENO. */
typedef enum { KN_RECONSTRUCT_MINMOD, KN_RECONSTRUCT_VAN_LEER, KN_RECONSTRUCT_MC, KN_RECONSTRUCT_WENO5 } KNReconstruct;

/* "minmod", "van_leer", "mc", "weno5", then NULL */
PETSC_INTERN const char *const KNReconstructNames[];

typedef void (*KNReconstructRow)(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride, size_t n);

PETSC_INTERN void kn_reconstruct_minmod(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride,
                                        size_t n);
PETSC_INTERN void kn_reconstruct_van_leer(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride,
                                          size_t n);
PETSC_INTERN void kn_reconstruct_mc(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride,
                                    size_t n);
PETSC_INTERN void kn_reconstruct_weno5(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride,
                                       size_t n);

/* Not collective. The kernel of a reconstruction, and the cells that it and the flux look at beyond a row: 2 or 3. */
PETSC_INTERN KNReconstructRow KNReconstructKernel(PetscInt reconstruct);
PETSC_INTERN PetscInt         KNReconstructGhosts(PetscInt reconstruct);

#endif
