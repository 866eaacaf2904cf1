/* Contributions of channels and hidden units: one forward and backward sweep for each sample. */
#include <kitinet/contribution.h>
#include <kitinet/error.h>
#include <kitinet/loader.h>
#include <kitinet/memory.h>
#include <math.h>
#include <petscblaslapack.h>

/* v: (H + 1, S) what the hidden units of the head give, GELU(W1 x + b1), then 1; x: (C, S) */
static void kn_hidden_forward(double *v, const KNReal *x, const KNPruneHead *head, size_t S)
{
  const size_t C = (size_t)head->width, H = (size_t)head->hidden;

  for (size_t k = 0; k < H; k++) {
    double *z = v + k * S;

    for (size_t s = 0; s < S; s++) z[s] = head->b1[k];
    for (size_t c = 0; c < C; c++) {
      for (size_t s = 0; s < S; s++) z[s] += (double)head->W1[k * C + c] * x[c * S + s];
    }
    for (size_t s = 0; s < S; s++) z[s] *= 0.5 * erfc(-M_SQRT1_2 * z[s]);
  }
  for (size_t s = 0; s < S; s++) v[H * S + s] = 1;
}

/* G: (n, n) += v v' / S, v: (n, S) */
static PetscErrorCode AddGram(double *G, const double *v, size_t n, size_t S)
{
  const double scale = 1 / (double)S, one = 1;
  PetscBLASInt rows, points;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast((PetscInt)n, &rows));
  PetscCall(PetscBLASIntCast((PetscInt)S, &points));
  PetscCallBLAS("BLASgemm", BLASgemm_("T", "N", &rows, &rows, &points, &scale, v, &points, v, &points, &one, G, &rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One sample forward and backward: what the parameters' gradients and the model's activations then hold. */
static PetscErrorCode Sweep(KNOperator op, const KNProblem *problem, PetscInt history, PetscInt steps,
                            const KNBatch *batch, float *u, float *y)
{
  float        label;
  const KNPass pass  = {.samples = 1, .index = batch->index};
  const KNTask task  = KNOperatorTask(op);
  const size_t given = (size_t)history * KNTaskOutputSize(task), count = (size_t)steps, P = KNTaskLossParts(task);
  const float *target = KNTaskTarget(task, batch, &label) + (size_t)history * KNTaskTargetSize(task);
  double      *part, *loss;

  PetscFunctionBegin;
  if (history) {
    PetscCall(PetscArraycpy(u, batch->y, given));
    PetscCall(KNOperatorRollout(op, &pass, steps, batch->x, u, y));
  } else PetscCall(KNOperatorForward(op, &pass, batch->x, y));
  PetscCall(PetscMalloc2(count * P, &part, count, &loss));
  PetscCall(KNTaskLossAddParts(task, count, y + given, target, part));
  PetscCall(KNTaskLoss(task, count, part, loss));
  PetscCall(KNTaskLossGradient(task, count, part, loss, target, y + given));
  PetscCall(PetscFree2(part, loss));
  if (history) PetscCall(KNOperatorRolloutBackward(op, &pass, steps, batch->x, u, y));
  else PetscCall(KNOperatorBackward(op, &pass, batch->x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a sample adds. gate: (sets + 1) (C) */
static PetscErrorCode AddSample(KNModel model, KNParameters parameters, const KNPruneHead *head, KNContribution *c,
                                double *const gate[])
{
  const KNChannelSets *sets = &c->channels;
  const size_t         H    = (size_t)head->hidden;

  PetscFunctionBegin;
  for (PetscInt l = 0; l < sets->sites; l++) {
    const KNReal *x;
    PetscInt      width;
    size_t        points;
    double       *v;

    if (!sets->set[l]) continue;
    PetscCall(KNModelGetSite(model, l, 0, &width, &points, &x));
    PetscCall(KNMalloc(PetscMax((size_t)width, H + 1) * points, sizeof(*v), &v));
    for (size_t i = 0; i < (size_t)width * points; i++) v[i] = x[i];
    PetscCall(AddGram(c->gram[l], v, (size_t)width, points));
    if (H && l == head->site) {
      kn_hidden_forward(v, x, head, points);
      PetscCall(AddGram(c->hidden, v, H + 1, points));
    }
    PetscCall(KNFree(&v));
  }
  PetscCall(KNPruneReading(parameters, NULL, gate));
  for (PetscInt s = 1; s <= sets->sets; s++) {
    const PetscInt C = sets->width[s];

    for (PetscInt i = 0; i < C * C; i++) c->gate[s][i] += gate[s][i / C] * gate[s][i % C];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sum over all ranks, divided by the number of samples. */
static PetscErrorCode Average(double sum[], size_t n, PetscInt64 samples)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, (PetscMPIInt)n, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  for (size_t i = 0; i < n; i++) sum[i] /= (double)samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AverageAll(KNContribution *c, PetscInt64 samples)
{
  const KNChannelSets *sets = &c->channels;

  PetscFunctionBegin;
  for (PetscInt l = 0; l < sets->sites; l++)
    PetscCall(Average(c->gram[l], (size_t)PetscSqr(sets->width[sets->set[l]]), samples));
  for (PetscInt s = 1; s <= sets->sets; s++) PetscCall(Average(c->gate[s], (size_t)PetscSqr(sets->width[s]), samples));
  PetscCall(Average(c->hidden, (size_t)PetscSqr(c->units + 1), samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sums of 0; gate: (sets + 1) (C), of one sample. */
static PetscErrorCode MakeSums(KNParameters parameters, const KNPruneHead *head, KNContribution *c, double ***gate)
{
  const KNChannelSets *sets = &c->channels;

  PetscFunctionBegin;
  PetscCall(KNPruneGetSets(parameters, &c->channels));
  c->units   = head->hidden;
  c->outputs = head->outputs;
  PetscCall(PetscCalloc3(sets->sites, &c->gram, sets->sites, &c->square, sets->sets + 1, &c->gate));
  PetscCall(PetscCalloc1(sets->sets + 1, gate));
  for (PetscInt l = 0; l < sets->sites; l++) {
    const PetscInt C = sets->width[sets->set[l]];

    PetscCall(PetscCalloc1(C * C, &c->gram[l]));
    PetscCall(PetscCalloc1(C, &c->square[l]));
  }
  for (PetscInt s = 1; s <= sets->sets; s++) {
    PetscCall(PetscCalloc1(PetscSqr(sets->width[s]), &c->gate[s]));
    PetscCall(PetscCalloc1(sets->width[s], &(*gate)[s]));
  }
  PetscCall(PetscCalloc1(PetscSqr(c->units + 1), &c->hidden));
  PetscCall(PetscCalloc1(c->outputs * (c->units + 1), &c->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* output: (C_out, H + 1), W2 and b2 of the head side by side. */
static void CopyOutput(double output[], const KNPruneHead *head)
{
  const size_t H = (size_t)head->hidden;

  for (size_t o = 0; o < (size_t)head->outputs; o++) {
    for (size_t k = 0; k < H; k++) output[o * (H + 1) + k] = head->W2[o * H + k];
    output[o * (H + 1) + H] = head->b2[o];
  }
}

PetscErrorCode KNContributionMeasure(KNOperator op, KNDataset dataset, PetscInt64 rows, KNContribution *c)
{
  const KNProblem *problem;
  KNModel          model;
  KNParameters     parameters;
  KNPruneHead      head;
  KNLoader         loader;
  PetscMPIInt      size;
  PetscInt         history, steps;
  PetscInt64       samples = 0;
  float           *u, *y;
  double         **gate;
  size_t           n;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  PetscCall(KNOperatorGetSteps(op, &steps));
  steps = PetscMax(steps, 1);
  PetscCall(KNOperatorGetModel(op, &model, &parameters, NULL, NULL));
  PetscCheck(KNOperatorSharing(op)->size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d, contributions are measured of whole samples: leave it out",
             KNOperatorSharing(op)->size);
  PetscCall(KNPruneGetHead(parameters, &head));
  PetscCall(MakeSums(parameters, &head, c, &gate));
  PetscCall(KNModelSetObserved(model, PETSC_TRUE));
  PetscCall(KNOperatorPlan(op, problem, 1, PETSC_TRUE));
  n = (size_t)(history + steps) * KNTaskOutputSize(KNOperatorTask(op));
  PetscCall(PetscMalloc2(n, &u, n, &y));
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, 0, rows, size, 0, PETSC_FALSE, 0, &loader));
  if (history) PetscCall(KNLoaderSetWindow(loader, history + steps));
  PetscCall(KNLoaderStart(loader, 0, 0));
  for (;;) {
    KNBatch batch;

    PetscCall(KNLoaderNext(loader, &batch));
    if (!batch.total) break;
    samples += batch.total;
    if (!batch.samples) continue;
    PetscCall(KNParametersZeroGradients(parameters));
    PetscCall(Sweep(op, problem, history, steps, &batch, u, y));
    PetscCall(AddSample(model, parameters, &head, c, gate));
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNModelSetObserved(model, PETSC_FALSE));
  PetscCall(AverageAll(c, samples));
  PetscCall(KNPruneReading(parameters, c->square, NULL));
  if (c->units) CopyOutput(c->output, &head);
  for (PetscInt s = 1; s <= c->channels.sets; s++) PetscCall(PetscFree(gate[s]));
  PetscCall(PetscFree(gate));
  PetscCall(PetscFree2(u, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionDestroy(KNContribution *c)
{
  PetscFunctionBegin;
  for (PetscInt l = 0; l < c->channels.sites; l++) {
    PetscCall(PetscFree(c->gram[l]));
    PetscCall(PetscFree(c->square[l]));
  }
  for (PetscInt s = 1; s <= c->channels.sets; s++) PetscCall(PetscFree(c->gate[s]));
  PetscCall(PetscFree3(c->gram, c->square, c->gate));
  PetscCall(PetscFree(c->hidden));
  PetscCall(PetscFree(c->output));
  PetscCall(KNChannelSetsDestroy(&c->channels));
  PetscFunctionReturn(PETSC_SUCCESS);
}
