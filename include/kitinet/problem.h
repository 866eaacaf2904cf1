/*
  The description of a PDE problem: which spaces it maps between, with which physical
  parameters. A solver fills it in, a dataset stores it, a model is checked against it. Plain data.
*/
#ifndef KITINET_PROBLEM_H
#define KITINET_PROBLEM_H

#include <kitinet/space.h>

#define KN_MAX_PARAMETERS 32
#define KN_MAX_SYMMETRIES 16
#define KN_MAX_TEXT       256
#define KN_ANY_FRAMES     -1

typedef struct {
  char      name[KN_MAX_NAME]; /* "a_high" */
  char      unit[KN_MAX_NAME];
  PetscReal value;
} KNParameter;

typedef struct {
  char pde[KN_MAX_NAME];      /* the solver's name in the registry: "darcy" */
  char equation[KN_MAX_TEXT]; /* "-div(a grad u) = f" */
  char boundary[KN_MAX_TEXT]; /* "u = 0" */
  /* 0: steady, input -> output; T > 0: T snapshots, all of the output space; the input are fields that stand still
     beside them, or none, on the output's grid; KN_ANY_FRAMES: trajectories of any length, of networks */
  PetscInt    frames;
  PetscReal  *times;         /* (frames), not owned; NULL for steady problems */
  KNSpace     input, output; /* on grids that may differ */
  PetscInt    parameters;
  KNParameter parameter[KN_MAX_PARAMETERS]; /* of the equation, the same in all samples */
  PetscInt    coefficients;
  KNField     coefficient[KN_MAX_PARAMETERS]; /* those that differ from sample to sample: P numbers of each sample */
  PetscInt    symmetries;
  char        symmetry[KN_MAX_SYMMETRIES][KN_MAX_NAME]; /* generators of its group: see symmetry.h */
} KNProblem;

/* Number of values of one sample's inputs as fields: (C_in, S). */
static inline size_t KNProblemInputSize(const KNProblem *problem)
{
  return KNSpaceSize(&problem->input);
}

/* The same of the outputs: (max(T, 1), C_out, S). */
static inline size_t KNProblemOutputSize(const KNProblem *problem)
{
  return (size_t)PetscMax(problem->frames, 1) * KNSpaceSize(&problem->output);
}

/*
  The grid that a network for the problem works on: the input's, where there are fields; the output's of trajectories.
*/
static inline const KNGrid *KNProblemGrid(const KNProblem *problem)
{
  return problem->input.fields ? &problem->input.grid : &problem->output.grid;
}

/* The grid of its output: the same, but of steady fields whose outputs lie on another. */
static inline const KNGrid *KNProblemOutputGrid(const KNProblem *problem)
{
  return problem->output.kind == KN_SPACE_FIELD && !problem->frames ? &problem->output.grid : KNProblemGrid(problem);
}

/* Whether both are one grid. */
static inline PetscBool KNProblemOneGrid(const KNProblem *problem)
{
  const KNGrid *in = KNProblemGrid(problem), *out = KNProblemOutputGrid(problem);

  return (PetscBool)(in->dim == out->dim && in->points == out->points && in->n[0] == out->n[0] &&
                     in->n[1] == out->n[1] && in->n[2] == out->n[2]);
}

/* One grid for both sides. */
static inline void KNProblemSetGrid(KNProblem *problem, KNGrid grid)
{
  problem->input.grid = problem->output.grid = grid;
}

/* Not collective. The problem without the parameters that a network sees among its inputs: what a dataset stores. */
PETSC_EXTERN KNProblem KNProblemStored(const KNProblem *problem);

/* Not collective. One more symmetry, printf(format, ..). */
PETSC_EXTERN PetscErrorCode KNProblemAddSymmetry(KNProblem *problem, const char format[], ...)
  __attribute__((format(printf, 2, 3)));

/*
  Not collective. The first difference between two problems as text: "a_high is 12, not 10" if b's were expected; ""
  if they are the same.
*/
PETSC_EXTERN PetscErrorCode KNProblemCompare(const KNProblem *a, const KNProblem *b, size_t size, char difference[]);

#endif
