/*
  The description of a PDE problem: what its fields are, on which grid, with which physical
  parameters. A solver fills it in, a dataset stores it, a model is checked against it. Plain data.
*/
#ifndef KITINET_PROBLEM_H
#define KITINET_PROBLEM_H

#include <kitinet/base.h>

#define KN_MAX_FIELDS     16
#define KN_MAX_PARAMETERS 32
#define KN_MAX_TEXT       256

typedef struct {
  char name[KN_MAX_NAME]; /* "a" */
  char unit[KN_MAX_NAME]; /* "1" where the problem is dimensionless */
} KNField;

typedef struct {
  char      name[KN_MAX_NAME]; /* "a_high" */
  char      unit[KN_MAX_NAME];
  PetscReal value;
} KNParameter;

typedef struct {
  char        pde[KN_MAX_NAME];         /* the solver's name in the registry: "darcy" */
  char        equation[KN_MAX_TEXT];    /* "-div(a grad u) = f" */
  char        boundary[KN_MAX_TEXT];    /* "u = 0" */
  KNGrid      grid;                     /* of the stored fields */
  PetscInt    frames;                   /* 0: steady, input fields -> output fields; T > 0: T snapshots of the output fields */
  PetscReal  *times;                    /* (frames), not owned; NULL for steady problems */
  PetscInt    inputs;                   /* C_in; 0 for time-dependent problems, whose first frame is the input */
  PetscInt    outputs;                  /* C_out >= 1 */
  KNField     input[KN_MAX_FIELDS];
  KNField     output[KN_MAX_FIELDS];
  PetscInt    parameters;
  KNParameter parameter[KN_MAX_PARAMETERS];
} KNProblem;

/* Values of one sample: inputs (C_in, S) and outputs (max(T, 1), C_out, S). */
static inline size_t KNProblemInputSize(const KNProblem *problem)
{
  return (size_t)problem->inputs * KNGridSize(&problem->grid);
}

static inline size_t KNProblemOutputSize(const KNProblem *problem)
{
  return (size_t)PetscMax(problem->frames, 1) * (size_t)problem->outputs * KNGridSize(&problem->grid);
}

/* Not collective. The first difference between two problems as text: "a_high is 12, not 10" if b's were expected; "" if they are the same. */
PETSC_EXTERN PetscErrorCode KNProblemCompare(const KNProblem *a, const KNProblem *b, size_t size, char difference[]);

#endif
