/* Contributions of channels: one forward and backward sweep for each sample, then linear algebra on (C, C) matrices. */
#include <kitinet/contribution.h>
#include <kitinet/error.h>
#include <kitinet/loader.h>
#include <kitinet/loss.h>
#include <kitinet/prune.h>
#include <petscblaslapack.h>
#include <string.h>

const char *const KNContributionNames[] = {"energy", "taylor", "residual", NULL};

static const double ridge = 1e-9; /* of the mean square of a channel: what equals another one up to rounding has an inverse */

static void kn_gram_add(double *G, const KNReal *x, size_t C, size_t S)
{
  // G: (C, C) += x x' / S, x: (C, S)
  for (size_t c = 0; c < C; c++) {
    for (size_t e = 0; e <= c; e++) {
      double sum = 0;

      for (size_t s = 0; s < S; s++) sum += (double)x[c * S + s] * x[e * S + s];
      G[c * C + e] += sum / (double)S;
      if (e < c) G[e * C + c] += sum / (double)S;
    }
  }
}

/* One sample forward and backward: what the parameters' gradients and the model's activations then hold. */
static PetscErrorCode Sweep(KNOperator op, const KNProblem *problem, PetscInt history, PetscInt steps, const KNBatch *batch, float *u, float *y)
{
  const KNPass pass = {.samples = 1, .index = batch->index};
  const size_t frame = (size_t)problem->outputs * KNGridSize(&problem->grid), given = (size_t)history * frame, n = (size_t)steps * frame;
  double       error;

  PetscFunctionBegin;
  if (history) {
    PetscCall(PetscArraycpy(u, batch->y, given));
    PetscCall(KNOperatorRollout(op, &pass, steps, u, y));
  } else PetscCall(KNOperatorForward(op, &pass, batch->x, y));
  kn_relative_l2_forward(&error, y + given, batch->y + given, 1, n);
  kn_relative_l2_backward(y + given, &error, y + given, batch->y + given, 1, n);
  if (history) PetscCall(KNOperatorRolloutBackward(op, &pass, steps, u, y));
  else PetscCall(KNOperatorBackward(op, &pass, batch->x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddSample(KNModel model, KNParameters parameters, KNContribution *c, double gate[])
{
  const size_t C = (size_t)c->width;

  PetscFunctionBegin;
  for (PetscInt l = 0; l <= c->blocks; l++) {
    const KNReal *x;
    PetscInt      width;
    size_t        points;

    PetscCall(KNModelGetStream(model, l, &width, &points, &x));
    kn_gram_add(c->gram + (size_t)l * C * C, x, C, points);
  }
  PetscCall(KNPruneReading(parameters, NULL, gate));
  for (size_t i = 0; i < C; i++) {
    for (size_t j = 0; j < C; j++) c->gate[i * C + j] += gate[i] * gate[j];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionMeasure(KNOperator op, KNDataset dataset, PetscInt64 rows, KNContribution *c)
{
  const KNProblem *problem;
  KNModel          model;
  KNParameters     parameters;
  KNLoader         loader;
  PetscMPIInt      size;
  PetscInt         history, steps;
  PetscInt64       samples = 0;
  float           *u, *y;
  double          *gate;
  size_t           C, n;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorGetHistory(op, &history));
  PetscCall(KNOperatorGetSteps(op, &steps));
  steps = PetscMax(steps, 1);
  PetscCall(KNOperatorGetModel(op, &model, &parameters, NULL, NULL));
  PetscCall(KNPruneGetSizes(parameters, &c->width, NULL, &c->blocks));
  PetscCheck(KNOperatorSharing(op)->size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -ranks_per_sample is %d, contributions are measured of whole samples: leave it out", KNOperatorSharing(op)->size);
  C = (size_t)c->width;
  n = (size_t)(history + steps) * (size_t)problem->outputs * KNGridSize(&problem->grid);
  PetscCall(PetscCalloc3((size_t)(c->blocks + 1) * C * C, &c->gram, (size_t)(c->blocks + 1) * C, &c->square, C * C, &c->gate));
  PetscCall(PetscMalloc3(n, &u, n, &y, C, &gate));
  PetscCall(KNOperatorSetGrid(op, &problem->grid, 1, PETSC_TRUE));
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
    PetscCall(AddSample(model, parameters, c, gate));
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->gram, (PetscMPIInt)((size_t)(c->blocks + 1) * C * C), MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->gate, (PetscMPIInt)(C * C), MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  for (size_t i = 0; i < (size_t)(c->blocks + 1) * C * C; i++) c->gram[i] /= (double)samples;
  for (size_t i = 0; i < C * C; i++) c->gate[i] /= (double)samples;
  PetscCall(KNPruneReading(parameters, c->square, NULL));
  PetscCall(PetscFree3(u, y, gate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionDestroy(KNContribution *c)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(c->gram, c->square, c->gate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A (n, n): of the channels of G (C, C), with a little on the diagonal, its Cholesky factor. */
static PetscErrorCode Factor(const double G[], PetscInt C, PetscInt n, const PetscInt channel[], double A[])
{
  PetscBLASInt size, info;
  double       trace = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < C; c++) trace += G[c * C + c];
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) A[i * n + j] = G[channel[i] * C + channel[j]] + (i == j ? ridge * trace / (double)C + PETSC_SMALL : 0);
  }
  PetscCall(PetscBLASIntCast(n, &size));
  PetscCallBLAS("LAPACKpotrf", LAPACKpotrf_("U", &size, A, &size, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotrf() ends with %d", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* score: (n) of the channels that are still there. work: (n, n) */
static PetscErrorCode Score(const KNContribution *c, KNContributionType type, PetscInt n, const PetscInt channel[], double work[], double score[])
{
  const PetscInt C = c->width;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(score, n));
  for (PetscInt l = 0; l <= c->blocks; l++) {
    const double *G = c->gram + l * C * C, *square = c->square + l * C;

    if (type == KN_CONTRIBUTION_RESIDUAL) { /* 1 / (G^-1)_ii is what of channel i the others do not give */
      PetscBLASInt size, info;

      PetscCall(PetscBLASIntCast(n, &size));
      PetscCall(Factor(G, C, n, channel, work));
      PetscCallBLAS("LAPACKpotri", LAPACKpotri_("U", &size, work, &size, &info));
      PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotri() ends with %d", (int)info);
      for (PetscInt i = 0; i < n; i++) score[i] += square[channel[i]] / work[i * n + i];
    } else {
      for (PetscInt i = 0; i < n; i++) score[i] += square[channel[i]] * G[channel[i] * C + channel[i]];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionChoose(const KNContribution *c, KNContributionType type, PetscInt d, PetscInt width, PetscInt channel[])
{
  const PetscInt C = c->width;
  PetscInt      *left, n = C;
  double        *work, *score;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(C, &left, C * C, &work, C, &score));
  for (PetscInt i = 0; i < C; i++) left[i] = i;
  while (n > width) {
    PetscInt least = 0;
    double   lowest = PETSC_MAX_REAL;

    PetscCall(Score(c, type, n, left, work, score));
    for (PetscInt i = 0; i < n; i += d) {
      double sum = 0;

      for (PetscInt k = 0; k < d; k++) sum += score[i + k];
      if (type == KN_CONTRIBUTION_TAYLOR) { /* one factor on the whole particle */
        sum = 0;
        for (PetscInt k = 0; k < d * d; k++) sum += c->gate[left[i + k / d] * C + left[i + k % d]];
      }
      if (sum < lowest) {
        lowest = sum;
        least  = i;
      }
    }
    n -= d;
    PetscCall(PetscArraymove(left + least, left + least + d, n - least));
  }
  PetscCall(PetscArraycpy(channel, left, width));
  PetscCall(PetscFree3(left, work, score));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionReadout(const KNContribution *c, PetscInt width, const PetscInt channel[], double R[])
{
  const PetscInt C = c->width;
  PetscBLASInt   n, columns, info;
  double        *A;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(width, &n));
  PetscCall(PetscBLASIntCast(C, &columns));
  PetscCall(PetscMalloc1(width * width, &A));
  for (PetscInt l = 0; l <= c->blocks; l++) {
    const double *G = c->gram + l * C * C;
    double       *Rl = R + l * C * width; /* its rows solve A r_c = G[channel, c]: LAPACK's columns */

    PetscCall(Factor(G, C, width, channel, A));
    for (PetscInt e = 0; e < C; e++) {
      for (PetscInt i = 0; i < width; i++) Rl[e * width + i] = G[e * C + channel[i]];
    }
    PetscCallBLAS("LAPACKpotrs", LAPACKpotrs_("U", &n, &columns, A, &n, Rl, &n, &info));
    PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotrs() ends with %d", (int)info);
    for (PetscInt k = 0; k < width; k++) { /* exactly what they are */
      for (PetscInt i = 0; i < width; i++) Rl[channel[k] * width + i] = i == k ? 1 : 0;
    }
  }
  PetscCall(PetscFree(A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
