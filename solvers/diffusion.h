/* Steady diffusion on the unit square: -div(a grad u) = f, u = 0 on the boundary, for given a and f. */
#ifndef KITINET_DIFFUSION_H
#define KITINET_DIFFUSION_H

#include <kitinet/solver.h>
#include <petscmat.h>

/* Coefficient of the face between two points. */
typedef enum {
  KN_FACE_ARITHMETIC, /* (a + b)/2 */
  KN_FACE_HARMONIC    /* 2 a b/(a + b): of two half cells in series */
} KNFace;

typedef struct _p_KNDiffusion *KNDiffusion;

/*
  Collective on comm. n points a side, cells or nodes. prefix: of the PETSc options of the linear solver ("darcy_"), all
  read here. After it KNDiffusionSolve allocates nothing that grows.
*/
PETSC_INTERN PetscErrorCode KNDiffusionCreate(MPI_Comm comm, const char prefix[], PetscInt n, KNPoints points,
                                              KNFace face, KNDiffusion *diffusion);
PETSC_INTERN PetscErrorCode KNDiffusionDestroy(KNDiffusion *diffusion);

/*
  Collective. a > 0, f, u: (n, n), whole on every rank. report: all of it is set; no convergence is no error. The
  result depends on a and f alone, not on what was solved before.
*/
PETSC_INTERN PetscErrorCode KNDiffusionSolve(KNDiffusion diffusion, const PetscReal a[], const PetscReal f[],
                                             PetscReal u[], KNSolverReport *report);

/*
  Collective. Judges u (n, n) as the solution for a and f by what two steps of steepest descent make of it, u + c: the
  first along a multigrid cycle on its residual r = b - A u, the second along L^-1 of what that leaves,

    estimate   |u - (u + c)| / |u + c| over the points, those on the boundary, where u + c is 0, included
    bound      |e|_A / |u + e|_A <= B / max(|u|_A - B, b . u / |u|_A),   B = |c|_A + (s . L^-1 s / a_min)^(1/2)

  with e = A^-1 r the error at the unknowns and s = r - A c what they leave: |A^-1 s|_A^2 = s . A^-1 s, and A is
  no less than a_min L, the Laplacian's matrix (poisson.h). Nothing else is assumed of a; infinite if u tells nothing.
*/
PETSC_INTERN PetscErrorCode KNDiffusionCertify(KNDiffusion diffusion, const PetscReal a[], const PetscReal f[],
                                               const PetscReal u[], KNCertificate *certificate, KNSolverReport *report);

/* Collective. As KNDiffusionSolve() by multigrid alone, from what u holds, until the residual is rtol |b|. */
PETSC_INTERN PetscErrorCode KNDiffusionRefine(KNDiffusion diffusion, const PetscReal a[], const PetscReal f[],
                                              PetscReal rtol, PetscReal u[], KNSolverReport *report);

/*
  Not collective, on one rank. What u (n, n) leaves of the equation for a and f, as a length: z (n, n) is

    L^-1 (b - A u)   at the unknowns, with the Laplacian's matrix L (poisson.h): what u lacks, were a 1 everywhere, and
                     within the bounds of a what it lacks; b - A u itself weighs short waves as their wavenumber squared
    -u times the mean of a on a rim

  The adjoint: du = (dz/du)^T z. z and du must not be u.
*/
PETSC_INTERN PetscErrorCode KNDiffusionResidual(KNDiffusion diffusion, const PetscReal a[], const PetscReal f[],
                                                const PetscReal u[], PetscReal z[]);
PETSC_INTERN PetscErrorCode KNDiffusionResidualAdjoint(KNDiffusion diffusion, const PetscReal a[], const PetscReal z[],
                                                       PetscReal du[]);

/* Not collective. The matrix of the last solve, not owned. */
PETSC_INTERN PetscErrorCode KNDiffusionGetMatrix(KNDiffusion diffusion, Mat *matrix);

#endif
