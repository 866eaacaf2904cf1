/* Evaluation on all ranks: each measures its samples, all receive all of their values. */
#include <kitinet/evaluation.h>
#include <kitinet/loader.h>
#include <kitinet/log.h>
#include <kitinet/statistics.h>
#include <math.h>

/*
  One prediction and its truth, (P, S) of the slab each, to the visitor of whole fields on the first of the ranks that
  share it. work: (2, P, S), NULL where samples are whole.
*/
static PetscErrorCode Visit(const KNSharing *sharing, const KNGrid *grid, size_t P, PetscInt64 row, const float y[],
                            const float truth[], float work[], KNVisitor visit, void *context)
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

/* Samples that are not finite, x or target (B, nt), in the slab of any of the ranks that share them. */
static PetscErrorCode FindNonfinite(KNOperator op, const KNProblem *problem, const KNBatch *b, const float target[],
                                    size_t nt, signed char bad[])
{
  const KNGrid slab = KNOperatorSlab(op, &problem->input.grid);
  const size_t nx   = problem->input.kind == KN_SPACE_FIELD ? (size_t)problem->input.fields * KNGridSize(&slab) : 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < b->samples; i++) {
    bad[i] = (b->x && nx && kn_nonfinite(b->x + (size_t)i * nx, nx)) || kn_nonfinite(target + (size_t)i * nt, nt);
  }
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, bad, (PetscMPIInt)b->samples, MPI_SIGNED_CHAR, MPI_MAX, KNOperatorSharing(op)->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateEach(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch,
                              PetscInt64 step, KNVisitor visit, void *context)
{
  const KNSharing *sharing = KNOperatorSharing(op);
  const KNTask     task    = KNOperatorTask(op);
  const KNProblem *problem;
  KNLoader         loader;
  PetscInt         history;
  float           *y, *labels, *work = NULL;
  signed char     *bad = NULL;               /* (batch) */
  size_t           arrays, P, ny, nt, given; /* arrays of a sample, the first are given; P: fields of the others */

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_EVALUATE));
  PetscCall(KNOperatorCheckLengths(dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  arrays = (size_t)PetscMax(problem->frames, 1);
  P      = (arrays - (size_t)history) * (size_t)problem->output.fields;
  ny     = arrays * KNTaskOutputSize(task);
  nt     = arrays * KNTaskTargetSize(task);
  given  = (size_t)history * KNTaskOutputSize(task);
  if (KNDatasetTakesAny(dataset)) PetscCall(PetscMalloc1(batch, &bad));
  PetscCall(KNMalloc((size_t)batch * ny, sizeof(*y), &y));
  PetscCall(PetscMalloc1(batch, &labels));
  if (sharing->size > 1)
    PetscCall(KNMalloc(sharing->rank ? 0 : 2 * P * KNGridSize(&problem->output.grid), sizeof(*work), &work));
  PetscCall(KNLoaderCreatePass(dataset, sharing, first, samples, batch, &loader));
  for (;;) {
    const float *target;
    KNBatch      b;
    KNPass       pass = {.training = PETSC_FALSE, .step = step};

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    pass.samples = b.samples;
    pass.index   = b.index;
    KNOperatorTakeWords(&b, 0, &pass);
    target = KNTaskTarget(task, &b, labels);
    if (bad) PetscCall(FindNonfinite(op, problem, &b, target, nt, bad)); /* before the network normalises x in place */
    PetscCall(KNOperatorPredict(op, &pass, problem->frames, b.x, b.y, y));
    for (PetscInt i = 0; i < b.samples; i++) {
      const float *prediction = y + (size_t)i * ny + given, *truth = target + (size_t)i * nt + given;

      if (!bad || !bad[i])
        PetscCall(Visit(sharing, &problem->output.grid, P, b.row[i], prediction, truth, work, visit, context));
      else if (sharing->rank == 0) PetscCall(visit(context, b.row[i], NULL, NULL));
    }
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(PetscFree(bad));
  PetscCall(KNFree(&work));
  PetscCall(PetscFree(labels));
  PetscCall(KNFree(&y));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  KNTask      task;
  KNGrid      grid;   /* whole */
  size_t      arrays; /* of a sample */
  PetscInt64  first;
  PetscReal **value;
} Measures;

static PetscErrorCode Measure(void *context, PetscInt64 row, const float y[], const float truth[])
{
  const Measures *m    = (const Measures *)context;
  const PetscInt  many = KNTaskGetInfo(m->task)->measures;
  PetscReal       value[KN_MAX_MEASURES];

  PetscFunctionBegin;
  PetscCall(KNTaskMeasure(m->task, &m->grid, m->arrays, y, truth, value));
  for (PetscInt k = 0; k < many && KNTaskGetInfo(m->task)->measure[k].test; k++) m->value[k][row - m->first] = value[k];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluate(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch,
                          PetscInt64 step, PetscReal mean[])
{
  const KNTaskInfo *info = KNTaskGetInfo(KNOperatorTask(op));
  const KNProblem  *problem;
  PetscReal        *value[KN_MAX_MEASURES];
  PetscInt          history;
  Measures          measures = {.task = KNOperatorTask(op), .first = first, .value = value};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  measures.grid   = problem->output.grid;
  measures.arrays = (size_t)PetscMax(problem->frames - history, 1);
  for (PetscInt k = 0; k < info->measures; k++) mean[k] = NAN;
  for (PetscInt k = 0; k < info->measures && info->measure[k].test; k++) PetscCall(PetscCalloc1(samples, &value[k]));
  PetscCall(KNEvaluateEach(op, dataset, first, samples, batch, step, Measure, &measures));
  /*
    Each value has one owner, the others add 0: exact. Sums over the samples in their order do not depend on the number
    of ranks.
  */
  for (PetscInt k = 0; k < info->measures && info->measure[k].test; k++) {
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, value[k], (PetscMPIInt)samples, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  }
  for (PetscInt k = 0; k < info->measures && info->measure[k].test; k++) {
    mean[k] = KNMeasureMean(info, k, samples, value);
  }
  for (PetscInt k = 0; k < info->measures && info->measure[k].test; k++) PetscCall(PetscFree(value[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
