/*
  A PDE solver: turns (seed, sample index) into one sample, input fields and solution.

  Life: KNSolverCreate -> KNSolverSetFromOptions -> KNSolverSetUp -> KNSolverSolve, many times -> KNSolverDestroy.
  Solvers know nothing of files or networks. A new one is a file in solvers/ and a line in solver_list.h.
*/
#ifndef KITINET_SOLVER_H
#define KITINET_SOLVER_H

#include <kitinet/problem.h>

typedef struct _p_KNSolver *KNSolver;

/* Registered names in order, ended by NULL. Not owned. */
PETSC_EXTERN const char *const *KNSolverNames(void);

/* Collective on comm. comm: the ranks that solve one sample together (PETSC_COMM_SELF: one sample a rank). */
PETSC_EXTERN PetscErrorCode KNSolverCreate(MPI_Comm comm, const char type[], KNSolver *solver);
PETSC_EXTERN PetscErrorCode KNSolverDestroy(KNSolver *solver);

/* Collective on PETSC_COMM_WORLD: declares and reads the solver's options. Raises KN_ERR_USAGE. */
PETSC_EXTERN PetscErrorCode KNSolverSetFromOptions(KNSolver solver);

/*
  Collective on the solver's comm. Builds grids, matrices, transforms; after it KNSolverSolve allocates nothing that
  grows.
*/
PETSC_EXTERN PetscErrorCode KNSolverSetUp(KNSolver solver);

/* Not collective, after KNSolverSetUp. *problem is not owned and lives as long as the solver. */
PETSC_EXTERN PetscErrorCode KNSolverGetProblem(KNSolver solver, const KNProblem **problem);

/* What became of a sample. */
typedef struct {
  PetscBool converged;
  PetscBool retried;             /* the first attempt failed, a safer solver was used */
  PetscInt  iterations;          /* of the linear solver, or time steps */
  PetscReal residual;            /* relative residual, or error estimate, at the end */
  char      reason[KN_MAX_TEXT]; /* if not converged: why */
} KNSolverReport;

/*
  Collective on the solver's comm. Solves sample `sample` of the ensemble `seed`: a pure function of the two and the
  options.

  input:  (C_in, S), NULL if the problem has no inputs; output: (max(T, 1), C_out, S); double, caller's memory, on the
          grid of
  KNSolverGetProblem. A sample that does not converge is no error: report->converged is false and the arrays are not
  to be used.
*/
PETSC_EXTERN PetscErrorCode KNSolverSolve(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[],
                                          PetscReal output[], KNSolverReport *report);

/*
  Collective on the solver's comm. The same for given input fields: given (C_in, S) on the grid of KNSolverGetProblem,
  whole on every rank; of a time-dependent problem the initial state (C_out, S), then the fields that stand still (C_in,
  S), if it has any.
*/
PETSC_EXTERN PetscErrorCode KNSolverSolveGiven(KNSolver solver, const PetscReal given[], PetscReal output[],
                                               KNSolverReport *report);

/*
  Coefficients that differ from sample to sample, problem.coefficients of them in that order: options that were given
  as ranges. KNSolverSolve() draws a sample's own, a pure function of (seed, sample); the functions for given inputs
  take those in force. All collective on the solver's comm, but Get and Check, which are not. reason (size bytes): which
  value lies outside its range; "" if none does.
*/
PETSC_EXTERN PetscErrorCode KNSolverDrawCoefficients(KNSolver solver, PetscInt64 seed, PetscInt64 sample);
PETSC_EXTERN PetscErrorCode KNSolverSetCoefficients(KNSolver solver, const PetscReal value[]);
PETSC_EXTERN PetscErrorCode KNSolverGetCoefficients(KNSolver solver, PetscReal value[]);
PETSC_EXTERN PetscErrorCode KNSolverCheckCoefficients(KNSolver solver, const PetscReal value[], size_t size,
                                                      char reason[]);

/* What the equation says of a field that is offered as its solution. */
typedef struct {
  PetscReal residual; /* norm of what is left of the scheme's equations, relative to that of the field 0 */
  PetscReal estimate; /* relative L2 distance to what one iteration of the solver makes of it: about its error */
  PetscReal bound;    /* its relative error in the energy norm is at most this, for certain; NaN: no bound is known */
} KNCertificate;

/* Not collective. Whether the type can certify fields, and start from them. */
PETSC_EXTERN PetscBool KNSolverCertifies(KNSolver solver);

/*
  Collective on the solver's comm, after KNSolverSetUp, of a solver whose stored grid is the one that it solves on.
  Judges output (max(T, 1), C_out, S) as the solution for given inputs, as KNSolverSolveGiven takes them: all by the
  solver's own scheme on that grid, at the cost of about one of its iterations. output must be finite.
  report->converged is false, with the reason, if these inputs cannot be solved for.
*/
PETSC_EXTERN PetscErrorCode KNSolverCertify(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                            KNCertificate *certificate, KNSolverReport *report);

/*
  Collective, likewise. Solves for the given inputs, starting from what output holds, until the residual is rtol times
  that of the field 0. Where that fails, or output is not finite, it solves as KNSolverSolveGiven does:
  report->retried. The result depends on rtol alone up to that tolerance, whatever output held.
*/
PETSC_EXTERN PetscErrorCode KNSolverRefine(KNSolver solver, const PetscReal given[], PetscReal rtol, PetscReal output[],
                                           KNSolverReport *report);

/* Not collective. Whether the type has a residual that can be differentiated. */
PETSC_EXTERN PetscBool KNSolverHasResidual(KNSolver solver);

/*
  Not collective, after KNSolverSetUp, of a solver on PETSC_COMM_SELF whose stored grid is the one that it solves on.
  What output (C_out, S) leaves of the scheme's equations for given inputs, brought to the scale of the output: residual
  (C_out, S), a vector whose Euclidean norm is about that of output's error, as far as a cheap preconditioner can tell.
  Adjoint: gradient = (d residual / d output)^T z, at output. No array may be another. given: inputs that
  KNSolverCertify() would take.
*/
PETSC_EXTERN PetscErrorCode KNSolverResidual(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                             PetscReal residual[]);
PETSC_EXTERN PetscErrorCode KNSolverResidualAdjoint(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                                    const PetscReal z[], PetscReal gradient[]);

/*
  Not collective, likewise. *misfit: the norm of that residual relative to the one of the field 0; gradient (C_out, S):
  its derivative with respect to output, 0 where the residual is. work: (C_out, S), the residual over both norms.
*/
PETSC_EXTERN PetscErrorCode KNSolverMisfit(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                           PetscReal *misfit, PetscReal gradient[], PetscReal work[]);

#endif
