/* Evaluation on all ranks: each computes its samples' errors, all receive all of them. */
#include <kitinet/evaluation.h>
#include <kitinet/loader.h>
#include <kitinet/log.h>
#include <kitinet/loss.h>

/* One prediction and its truth, (P, S) of the slab each, to the visitor of whole fields on the first of the ranks that share it. work: (2, P, S), NULL where samples are whole. */
static PetscErrorCode Visit(const KNSharing *sharing, const KNGrid *grid, size_t P, PetscInt64 row, const float y[], const float truth[], float work[], KNVisitor visit, void *context)
{
  const size_t n = P * KNGridSize(grid);

  PetscFunctionBegin;
  if (sharing->size > 1) {
    PetscCall(KNSharingGather(sharing, grid, P, y, work));
    PetscCall(KNSharingGather(sharing, grid, P, truth, work + n));
    y     = work;
    truth = work + n;
  }
  if (sharing->rank == 0) PetscCall(visit(context, row, y, truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateEach(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch, PetscInt64 step, KNVisitor visit, void *context)
{
  const KNSharing *sharing = KNOperatorSharing(op);
  const KNProblem *problem;
  KNGrid           slab;
  KNLoader         loader;
  PetscInt         history;
  float           *y, *work = NULL;
  size_t           n, given, P;

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_EVALUATE));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  slab  = KNOperatorSlab(op, &problem->output.grid);
  P     = (size_t)(PetscMax(problem->frames - history, 1) * problem->output.fields);
  given = (size_t)(history * problem->output.fields) * KNGridSize(&slab);
  n     = given + P * KNGridSize(&slab);
  PetscCall(KNMalloc((size_t)batch * n, sizeof(*y), &y));
  if (sharing->size > 1) PetscCall(KNMalloc(sharing->rank ? 0 : 2 * P * KNGridSize(&problem->output.grid), sizeof(*work), &work));
  PetscCall(KNLoaderCreatePass(dataset, sharing, first, samples, batch, &loader));
  for (;;) {
    KNBatch b;
    KNPass  pass = {.training = PETSC_FALSE, .step = step};

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    pass.samples = b.samples;
    pass.index   = b.index;
    PetscCall(KNOperatorPredict(op, &pass, problem->frames, b.x, b.y, y));
    for (PetscInt i = 0; i < b.samples; i++) PetscCall(Visit(sharing, &problem->output.grid, P, b.row[i], y + (size_t)i * n + given, b.y + (size_t)i * n + given, work, visit, context));
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNFree(&work));
  PetscCall(KNFree(&y));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  PetscInt64 first;
  size_t     n;
  PetscReal *error;
} Errors;

static PetscErrorCode RelativeL2(void *context, PetscInt64 row, const float y[], const float truth[])
{
  const Errors *errors = (const Errors *)context;

  PetscFunctionBegin;
  kn_relative_l2_forward(&errors->error[row - errors->first], y, truth, 1, errors->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluate(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch, PetscInt64 step, PetscReal error[])
{
  const KNProblem *problem;
  Errors           errors = {.first = first, .error = error};
  PetscInt         history;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  errors.n = (size_t)(PetscMax(problem->frames - history, 1) * problem->output.fields) * KNGridSize(&problem->output.grid);
  PetscCall(PetscArrayzero(error, samples));
  PetscCall(KNEvaluateEach(op, dataset, first, samples, batch, step, RelativeL2, &errors));
  /* Each error has one owner, the others add 0: exact. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, error, (PetscMPIInt)samples, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNErrorStatistics(PetscInt64 n, const PetscReal error[], PetscReal *mean, PetscReal *deviation, PetscReal *highest)
{
  PetscReal sum = 0, squares = 0, most = 0;

  for (PetscInt64 i = 0; i < n; i++) sum += error[i];
  for (PetscInt64 i = 0; i < n; i++) squares += PetscSqr(error[i] - sum / (PetscReal)n);
  for (PetscInt64 i = 0; i < n; i++) most = PetscMax(most, error[i]);
  if (mean) *mean = sum / (PetscReal)n;
  if (deviation) *deviation = PetscSqrtReal(squares / (PetscReal)n);
  if (highest) *highest = most;
}
