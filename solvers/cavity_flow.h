/*
  Steady incompressible flow in the unit square, driven by a moving lid and a body force, for a given lid and Reynolds
  number.
*/
#ifndef KITINET_CAVITY_FLOW_H
#define KITINET_CAVITY_FLOW_H

#include <kitinet/solver.h>

/*
  Cells of width h = 1/m; x is the first index, y the second. Each field has a rim of points beyond the walls that
  makes the mean across a wall the value on it (u, v), or continues the field linearly (p).
*/
typedef struct {
  PetscReal *u; /* (m + 1, m + 2) at x = i h,         y = (j - 1/2) h */
  PetscReal *v; /* (m + 2, m + 1) at x = (i - 1/2) h, y = j h */
  PetscReal *p; /* (m + 2, m + 2) at x = (i - 1/2) h, y = (j - 1/2) h, zero mean over the cells */
} KNCavityFields;

typedef struct _p_KNCavity *KNCavity;

/*
  Collective on comm. m >= 4 cells a side. prefix: of the PETSc options of the nonlinear and the linear solver
  ("cavity_"), all read here. After it KNCavitySolve allocates nothing that grows.
*/
PETSC_INTERN PetscErrorCode KNCavityCreate(MPI_Comm comm, const char prefix[], PetscInt m, KNCavity *cavity);
PETSC_INTERN PetscErrorCode KNCavityDestroy(KNCavity *cavity);

/*
  Collective. lid: (m + 1) speeds at x = i h; fx: (m + 1, m), fy: (m, m + 1) forces on the faces that carry u and v,
  or both NULL; reynolds > 0. All are whole on every rank, as is *fields, which is not owned and lasts to the next
  solve. report: all of it is set; no convergence is no error. The result depends on the arguments alone, not on what
  was solved before.
*/
PETSC_INTERN PetscErrorCode KNCavitySolve(KNCavity cavity, PetscReal reynolds, const PetscReal lid[],
                                          const PetscReal fx[], const PetscReal fy[], const KNCavityFields **fields,
                                          KNSolverReport *report);

/*
  Collective. As KNCavitySolve() without a force, by Newton's method from psi (m + 1, m + 1) at the nodes (i h, j h),
  whole on every rank and 0 on the walls, straight at this Reynolds number. It ends where the residual is rtol times
  that of rest (0: of KNCavitySolve()), or, which is no failure, after `most` steps. *residual: of psi itself, relative
  to that of rest.
*/
PETSC_INTERN PetscErrorCode KNCavitySolveFrom(KNCavity cavity, PetscReal reynolds, const PetscReal lid[],
                                              const PetscReal psi[], PetscReal rtol, PetscInt most,
                                              const KNCavityFields **fields, PetscReal *residual,
                                              KNSolverReport *report);

#endif
