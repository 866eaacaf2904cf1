/*
  What is measured of each predicted sample y against the truth t, on the physical scale, over all output fields (and predicted frames) together; e = y - t, |.| root mean
  square over the points, |.|_B and |.|_I over the outermost points and over the others:

    l2        |e| / |t|
    h1        (|e|^2 + |grad e|^2)^(1/2) / (|t|^2 + |grad t|^2)^(1/2)
    boundary  |e|_B / |t|          interior  |e|_I / |t|
    low, middle, high   (energy of e at wavenumbers < 4, from 4 to below 12, and above / energy of t)^(1/2)

  Wavenumbers are those of the radial shells of spectrum.h, in cycles a unit length: Fourier modes on periodic points, cosines on the others. By Parseval the
  squares of the three bands add up to l2 squared (on nodes in the mean of the trapezoid rule). Where t is 0 everywhere the errors are absolute.
*/
#include "evaluate.h"
#include <kitinet/error.h>
#include <kitinet/loss.h>
#include <kitinet/metrics.h>
#include <kitinet/statistics.h>
#include <math.h>

const char *const KNMeasureNames[KN_MEASURES] = {"l2", "h1", "boundary", "interior", "low", "middle", "high"};
const PetscReal   KNQuantiles[KN_QUANTILES]   = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

static const PetscReal band_end[] = {4, 12}; /* wavenumbers where the middle and the high band begin */

static PetscReal Relative(PetscReal square, PetscReal scale)
{
  return PetscSqrtReal(scale > 0 ? square / scale : square);
}

/* Adds the energy of u to a mean spectrum, and to a sum over each band; *total += that over all of them. */
static PetscErrorCode AddEnergy(KNJudgement *j, const float u[], PetscReal mean[], PetscReal band[3], PetscReal *total)
{
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(j->energy, j->shells));
  PetscCall(KNSpectrumAdd(j->spectrum, u, j->energy));
  for (PetscInt s = 0; s < j->shells; s++) {
    mean[s] += j->energy[s] / (PetscReal)(j->samples * j->frames);
    band[j->wavenumber[s] < band_end[0] ? 0 : j->wavenumber[s] < band_end[1] ? 1 : 2] += j->energy[s];
    *total += j->energy[s];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementAdd(void *judgement, PetscInt64 row, const float y[], const float truth[])
{
  KNJudgement    *j        = (KNJudgement *)judgement;
  const KNGrid   *grid     = &j->grid;
  const PetscBool periodic = (PetscBool)(grid->points == KN_POINTS_PERIODIC); /* a torus has no boundary */
  const size_t    S        = KNGridSize(grid), n[] = {(size_t)grid->n[0], (size_t)grid->n[1], (size_t)grid->n[2]};
  PetscReal       h1_error = 0, h1_truth = 0, boundary = 0, interior = 0, square = 0, energy = 0, unused = 0, band[3] = {0, 0, 0}, unbanded[3] = {0, 0, 0};

  PetscFunctionBegin;
  kn_relative_l2_forward(&j->error[KN_MEASURE_L2][row], y, truth, 1, (size_t)(j->frames * j->fields) * S);
  kn_relative_l2_forward(j->frame_error + row * j->frames, y, truth, (size_t)j->frames, (size_t)j->fields * S);
  for (PetscInt c = 0; c < j->frames * j->fields; c++) {
    const float *u = y + (size_t)c * S, *t = truth + (size_t)c * S;
    double       value, outer, inner;

    for (size_t s = 0; s < S; s++) j->work[s] = u[s] - t[s];
    for (size_t s = 0; s < S; s++) square += PetscSqr((PetscReal)t[s]) / (PetscReal)S;
    kn_h1_square(&value, j->work, n, grid->points);
    h1_error += value;
    kn_h1_square(&value, t, n, grid->points);
    h1_truth += value;
    kn_boundary_square(&outer, &inner, j->work, n);
    boundary += periodic ? NAN : outer;
    interior += periodic ? NAN : inner;
    PetscCall(AddEnergy(j, t, j->truth, unbanded, &energy));
    PetscCall(AddEnergy(j, u, j->prediction, unbanded, &unused));
    PetscCall(AddEnergy(j, j->work, j->difference, band, &unused));
  }
  j->error[KN_MEASURE_H1][row]       = Relative(h1_error, h1_truth);
  j->error[KN_MEASURE_BOUNDARY][row] = Relative(boundary, square);
  j->error[KN_MEASURE_INTERIOR][row] = Relative(interior, square);
  for (int b = 0; b < 3; b++) j->error[KN_MEASURE_LOW + b][row] = Relative(band[b], energy);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementCreate(const KNProblem *problem, PetscInt history, PetscInt64 samples, KNJudgement *j)
{
  const KNGrid    *grid = &problem->output.grid;
  const PetscReal *wavenumber;

  PetscFunctionBegin;
  *j = (KNJudgement){.grid = *grid, .frames = PetscMax(problem->frames - history, 1), .fields = problem->output.fields, .samples = samples};
  PetscCheck(PetscMax(KN_MEASURES, j->frames) * samples <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT, "a dataset of %" PetscInt64_FMT " samples: too many to be evaluated at once; split it", samples);
  PetscCall(KNSpectrumCreate(grid, &j->spectrum));
  PetscCall(KNSpectrumGetShells(j->spectrum, &j->shells, &wavenumber));
  PetscCall(PetscMalloc2(KNGridSize(grid), &j->work, j->shells, &j->energy));
  PetscCall(PetscCalloc3(KN_MEASURES * samples, &j->error[0], j->frames * samples, &j->frame_error, j->frames, &j->times));
  for (int k = 1; k < KN_MEASURES; k++) j->error[k] = j->error[0] + k * samples;
  if (problem->frames) PetscCall(PetscArraycpy(j->times, problem->times + history, j->frames));
  PetscCall(PetscCalloc1(4 * j->shells, &j->wavenumber));
  PetscCall(PetscArraycpy(j->wavenumber, wavenumber, j->shells));
  j->truth      = j->wavenumber + j->shells;
  j->prediction = j->truth + j->shells;
  j->difference = j->prediction + j->shells;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementReduce(KNJudgement *j)
{
  PetscFunctionBegin;
  /* Each error has one owner, the others add 0: exact. Spectra depend on the number of ranks by rounding. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, j->error[0], (PetscMPIInt)(KN_MEASURES * j->samples), MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, j->frame_error, (PetscMPIInt)(j->frames * j->samples), MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, j->truth, (PetscMPIInt)(3 * j->shells), MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementDestroy(KNJudgement *j)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(j->error[0], j->frame_error, j->times));
  PetscCall(PetscFree(j->wavenumber));
  PetscCall(PetscFree2(j->work, j->energy));
  PetscCall(KNSpectrumDestroy(&j->spectrum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSummarize(PetscInt64 samples, const PetscReal error[], KNSummary *summary)
{
  PetscReal *sorted;

  PetscFunctionBegin;
  KNErrorStatistics(samples, error, &summary->mean, &summary->deviation, NULL);
  summary->worst = 0;
  for (PetscInt64 i = 1; i < samples; i++) {
    if (error[i] > error[summary->worst]) summary->worst = i;
  }
  PetscCall(PetscMalloc1(samples, &sorted));
  PetscCall(PetscArraycpy(sorted, error, samples));
  PetscCall(PetscSortReal((PetscInt)samples, sorted));
  for (int q = 0; q < KN_QUANTILES; q++) summary->quantile[q] = kn_quantile(sorted, (size_t)samples, KNQuantiles[q]);
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSummarizeFrame(const KNJudgement *j, PetscInt frame, KNSummary *summary)
{
  PetscReal *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(j->samples, &error));
  for (PetscInt64 i = 0; i < j->samples; i++) error[i] = j->frame_error[i * j->frames + frame];
  PetscCall(KNSummarize(j->samples, error, summary));
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
