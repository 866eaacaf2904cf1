/* What an operator is planned for: the grids of its inputs and outputs, whole or as slabs. */
#include "operator_impl.h"
#include <kitinet/error.h>

const KNSharing *KNOperatorSharing(KNOperator op)
{
  return &op->sharing;
}

KNGrid KNOperatorSlab(KNOperator op, const KNGrid *grid)
{
  return KNGridSlab(grid, op->sharing.size, op->sharing.rank);
}

KNGrid KNOperatorModelGrid(KNOperator op, const KNGrid *grid)
{
  if (op->problem.input.kind == KN_SPACE_TOKENS) return KNOperatorTextGrid(op->problem.input.length);
  return op->spacetime ? KNSpacetimeGrid(grid, op->steps) : KNOperatorSlab(op, grid);
}

/* The output's grid, whole, where it is not the input's; NULL where it is. */
static const KNGrid *Queries(const KNProblem *problem)
{
  return KNProblemOneGrid(problem) ? NULL : KNProblemOutputGrid(problem);
}

static PetscErrorCode SetQueries(KNOperator op, const KNGrid *output)
{
  PetscFunctionBegin;
  PetscCheck(!output || op->sharing.size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d: only fields on one grid can be shared; leave it at 1", op->sharing.size);
  PetscCall(KNModelSetQueries(op->model, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Plan(KNOperator op, const KNGrid *grid, const KNGrid *output, PetscInt samples,
                           PetscBool training)
{
  const KNGrid own = KNOperatorModelGrid(op, grid), out = output ? *output : KNOperatorSlab(op, grid);

  PetscFunctionBegin;
  PetscCall(SetQueries(op, output));
  op->grid     = KNOperatorSlab(op, grid);
  op->samples  = samples;
  op->training = training;
  op->points   = op->problem.input.length;
  PetscCall(KNModelSetGrid(op->model, &own, samples, training));
  if (op->spacetime) PetscCall(KNSpacetimeSetGrid(op->spacetime, grid, op->steps, samples));
  else if (op->history) PetscCall(KNRolloutSetGrid(op->rollout, &op->grid, samples, training));
  PetscCall(KNTaskSetGrids(op->task, &op->grid, &out));
  PetscCall(KNOperatorPlanAverage(op, grid, output ? output : grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorSetGrid(KNOperator op, const KNGrid *grid, PetscInt samples, PetscBool training)
{
  PetscFunctionBegin;
  PetscCall(Plan(op, grid, NULL, samples, training));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPlan(KNOperator op, const KNProblem *problem, PetscInt samples, PetscBool training)
{
  PetscFunctionBegin;
  PetscCall(Plan(op, KNProblemGrid(problem), Queries(problem), samples, training));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorEstimate(KNOperator op, const KNProblem *problem, PetscInt samples, PetscBool training)
{
  const KNGrid own = KNOperatorModelGrid(op, KNProblemGrid(problem));

  PetscFunctionBegin;
  PetscCall(SetQueries(op, Queries(problem)));
  PetscCall(KNModelPlanGrid(op->model, &own, samples, training));
  PetscFunctionReturn(PETSC_SUCCESS);
}
