/*
  Numbers of an equation that may differ from sample to sample: options whose value may be a range.

  A sample's number is a pure function of the ensemble's seed, the sample and the number's place among the equation's
  coefficients: others may become ranges or cease to be any, and it stays as it is.
*/
#ifndef KITINET_COEFFICIENT_H
#define KITINET_COEFFICIENT_H

#include "solver_impl.h"

/*
  Collective on PETSC_COMM_WORLD, in SetFromOptions. A coefficient of the equation; *value has its default and keeps
  what is in force: the number, of a range the lower end until a sample is drawn. name: of the problem's parameter,
  which becomes one of each sample where it is a range.
*/
PETSC_INTERN PetscErrorCode KNSolverCoefficient(KNSolver solver, const char option[], const char help[],
                                                const char name[], PetscReal lowest, PetscReal highest,
                                                PetscReal *value);

/* The same of -<prefix><name>, for engines. */
PETSC_INTERN PetscErrorCode KNEngineCoefficient(KNSolver solver, const char prefix[], const char name[],
                                                const char help[], PetscReal lowest, PetscReal highest,
                                                PetscReal *value);

/* Not collective. Whether *value differs from sample to sample. */
PETSC_INTERN PetscBool KNSolverDiffers(KNSolver solver, const PetscReal *value);

/* Not collective. The largest value that a sample may have. */
PETSC_INTERN PetscReal KNSolverHighest(KNSolver solver, const PetscReal *value);

/*
  Not collective, before a sample is drawn. Whether holds(p) is true at both ends of all ranges, p being the type's
  coefficients: of special values, which no range consists of.
*/
PETSC_INTERN PetscBool KNSolverAlways(KNSolver solver, PetscBool (*holds)(const PetscReal p[]), const PetscReal p[]);

/* Not collective, after ops.setup. The problem's parameters that are ranges become parameters of each sample. */
PETSC_INTERN PetscErrorCode KNSolverDescribeCoefficients(KNSolver solver);

#endif
