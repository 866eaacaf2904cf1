/*
  What evaluate measures of each predicted sample y against the truth t, on the physical scale, over all output fields
  (and predicted frames) together; e = y - t, |.| root mean square over the points, |.|_B and |.|_I over the outermost
  points and over the others:

    l2        |e| / |t|
    h1        (|e|^2 + |grad e|^2)^(1/2) / (|t|^2 + |grad t|^2)^(1/2)
    boundary  |e|_B / |t|          interior  |e|_I / |t|
    low, middle, high   (energy of e at wavenumbers < 4, from 4 to below 12, and above / energy of t)^(1/2)

  Wavenumbers are those of the radial shells of spectrum.h, in cycles a unit length: Fourier modes on periodic points,
  cosines on the others. By Parseval the squares of the three bands add up to l2 squared (on nodes in the mean of the
  trapezoid rule). Where t is 0 everywhere no error is relative: NaN.
*/
#include "task_impl.h"
#include <kitinet/loss.h>
#include <kitinet/metrics.h>
#include <kitinet/spectrum.h>
#include <math.h>

enum { L2, H1, BOUNDARY, INTERIOR, LOW }; /* places in the task's list of measures; middle and high follow */

static const PetscReal band_end[] = {4, 12}; /* wavenumbers where the middle and the high band begin */

typedef struct {
  PetscInt   shells;
  PetscReal *wavenumber;                      /* (shells) in cycles a unit length */
  PetscReal *truth, *prediction, *difference; /* (shells) energy, mean over samples and frames, sum over the fields */
  PetscReal *frame_error;                     /* (samples, frames) relative L2 error of each frame */
  PetscReal *median, *low, *high;             /* (frames) of them, for a picture */
  KNSpectrum spectrum;
  float     *work;   /* (S) */
  PetscReal *energy; /* (shells) of one field */
} Details;

static PetscReal Relative(PetscReal square, PetscReal scale)
{
  return scale > 0 ? PetscSqrtReal(square / scale) : NAN;
}

/* Adds the energy of u to a mean spectrum, and to a sum over each band; *total += that over all of them. */
static PetscErrorCode AddEnergy(KNJudgement j, const float u[], PetscReal mean[], PetscReal band[3], PetscReal *total)
{
  Details *details = j->data;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(details->energy, details->shells));
  PetscCall(KNSpectrumAdd(details->spectrum, u, details->energy));
  for (PetscInt s = 0; s < details->shells; s++) {
    mean[s] += details->energy[s] / (PetscReal)(j->samples * j->frames);
    band[details->wavenumber[s] < band_end[0] ? 0 : details->wavenumber[s] < band_end[1] ? 1 : 2] += details->energy[s];
    *total += details->energy[s];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Add(KNJudgement j, PetscInt64 row, const float *y, const float *truth)
{
  Details        *details  = j->data;
  const KNGrid   *grid     = &j->grid;
  const PetscBool periodic = (PetscBool)(grid->points == KN_POINTS_PERIODIC); /* a torus has no boundary */
  const size_t    S = KNGridSize(grid), n[] = {(size_t)grid->n[0], (size_t)grid->n[1], (size_t)grid->n[2]},
               frame = (size_t)j->fields * S;
  PetscReal h1_error = 0, h1_truth = 0, boundary = 0, interior = 0, square = 0, energy = 0, unused = 0;
  PetscReal band[3] = {0}, unbanded[3] = {0};

  PetscFunctionBegin;
  j->value[L2][row] = kn_relative_l2(y, truth, (size_t)j->frames * frame);
  for (size_t t = 0; t < (size_t)j->frames; t++) {
    details->frame_error[(size_t)row * (size_t)j->frames + t] = kn_relative_l2(y + t * frame, truth + t * frame, frame);
  }
  for (PetscInt c = 0; c < j->frames * j->fields; c++) {
    const float *u = y + (size_t)c * S, *t = truth + (size_t)c * S;
    double       value, outer, inner;

    for (size_t s = 0; s < S; s++) details->work[s] = u[s] - t[s];
    for (size_t s = 0; s < S; s++) square += PetscSqr((PetscReal)t[s]) / (PetscReal)S;
    kn_h1_square(&value, details->work, n, grid->points);
    h1_error += value;
    kn_h1_square(&value, t, n, grid->points);
    h1_truth += value;
    kn_boundary_square(&outer, &inner, details->work, n);
    boundary += outer;
    interior += inner;
    PetscCall(AddEnergy(j, t, details->truth, unbanded, &energy));
    PetscCall(AddEnergy(j, u, details->prediction, unbanded, &unused));
    PetscCall(AddEnergy(j, details->work, details->difference, band, &unused));
  }
  j->value[H1][row]       = Relative(h1_error, h1_truth);
  j->value[BOUNDARY][row] = periodic ? (PetscReal)NAN : Relative(boundary, square);
  j->value[INTERIOR][row] = periodic ? (PetscReal)NAN : Relative(interior, square);
  for (int b = 0; b < 3; b++) j->value[LOW + b][row] = Relative(band[b], energy);
  for (int m = H1; m < LOW + 3 && isinf(j->value[L2][row]); m++) { /* the prediction is not finite */
    if (!periodic || (m != BOUNDARY && m != INTERIOR)) j->value[m][row] = INFINITY;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Judge(KNJudgement j)
{
  const PetscReal *wavenumber;
  Details         *details;

  PetscFunctionBegin;
  PetscCall(PetscNew(&details));
  j->data = details;
  PetscCall(KNSpectrumCreate(&j->grid, &details->spectrum));
  PetscCall(KNSpectrumGetShells(details->spectrum, &details->shells, &wavenumber));
  PetscCall(PetscMalloc2(KNGridSize(&j->grid), &details->work, details->shells, &details->energy));
  PetscCall(PetscCalloc4(j->frames * j->samples, &details->frame_error, j->frames, &details->median, j->frames,
                         &details->low, j->frames, &details->high));
  PetscCall(PetscCalloc1(4 * details->shells, &details->wavenumber));
  PetscCall(PetscArraycpy(details->wavenumber, wavenumber, details->shells));
  details->truth      = details->wavenumber + details->shells;
  details->prediction = details->truth + details->shells;
  details->difference = details->prediction + details->shells;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frames' errors have one owner each; spectra depend on the number of ranks by rounding. */
static PetscErrorCode Reduce(KNJudgement j)
{
  Details          *details = j->data;
  const PetscMPIInt frames = (PetscMPIInt)(j->frames * j->samples), energies = (PetscMPIInt)(3 * details->shells);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, details->frame_error, frames, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, details->truth, energies, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  if (!j->left_out) PetscFunctionReturn(PETSC_SUCCESS);
  /* 0 / 0: no sample, no mean */
  for (PetscMPIInt s = 0; s < energies; s++) {
    details->truth[s] *= (PetscReal)j->samples / (PetscReal)(j->samples - j->left_out);
  }
  for (PetscInt64 row = 0; row < j->samples; row++) {
    for (PetscInt t = 0; t < j->frames && PetscIsNanReal(j->value[L2][row]); t++)
      details->frame_error[row * j->frames + t] = NAN;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SummarizeFrame(KNJudgement j, PetscInt frame, KNSummary *summary)
{
  const Details *details = j->data;
  PetscReal     *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(j->samples, &error));
  for (PetscInt64 i = 0; i < j->samples; i++) error[i] = details->frame_error[i * j->frames + frame];
  PetscCall(KNSummarize(j->samples, error, PETSC_FALSE, summary));
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Print(FILE *file, PetscReal value)
{
  fprintf(file, ",");
  if (!PetscIsNanReal(value)) fprintf(file, "%.8g", (double)value);
}

/* Table 0: a row a shell; 1: a row a predicted frame of a trajectory. */
static PetscErrorCode Table(KNJudgement j, PetscInt table, FILE *file, const char *prefix)
{
  const Details *details = j->data;

  PetscFunctionBegin;
  for (PetscInt s = 0; s < details->shells && table == 0; s++) {
    const PetscReal energy[] = {details->truth[s], details->prediction[s], details->difference[s]};

    fprintf(file, "%s%g", prefix, (double)details->wavenumber[s]);
    /* not of predictions that are not finite */
    for (int e = 0; e < 3; e++) fprintf(file, isfinite(energy[e]) ? ",%.6g" : ",", (double)energy[e]);
    fprintf(file, "\n");
  }
  for (PetscInt t = 0; t < j->frames && j->frames > 1 && table == 1; t++) {
    KNSummary summary;

    PetscCall(SummarizeFrame(j, t, &summary));
    fprintf(file, "%s%" PetscInt_FMT ",%.9g", prefix, t + 1, (double)j->times[t]);
    Print(file, summary.mean);
    Print(file, summary.deviation);
    for (int q = 0; q < KN_QUANTILES; q++) Print(file, summary.quantile[q]);
    fprintf(file, "\n");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Plot 0: energies of truth, prediction and error, but for the mean (wavenumber 0); 1: the error over the time of a
  trajectory.
*/
static PetscErrorCode Plot(KNJudgement j, PetscInt which, KNPlot *plot)
{
  const Details   *details = j->data;
  const PetscReal *k       = details->wavenumber + 1;
  const PetscInt   n       = details->shells - 1;

  PetscFunctionBegin;
  if (which == 0) {
    *plot         = (KNPlot){.name = "spectra", .x_title = "wavenumber (cycles a unit length)", .lines = 3};
    plot->y_title = "energy";
    plot->log_x = plot->log_y = PETSC_TRUE;
    plot->line[0].name        = "truth";
    plot->line[0].y           = details->truth + 1;
    plot->line[1].name        = "prediction";
    plot->line[1].y           = details->prediction + 1;
    plot->line[2].name        = "error";
    plot->line[2].y           = details->difference + 1;
    for (int i = 0; i < 3; i++) {
      plot->line[i].n = n;
      plot->line[i].x = k;
    }
  } else if (j->frames > 1) {
    for (PetscInt t = 0; t < j->frames; t++) {
      KNSummary summary;

      PetscCall(SummarizeFrame(j, t, &summary));
      details->low[t]    = 100 * summary.quantile[1];
      details->median[t] = 100 * summary.quantile[3];
      details->high[t]   = 100 * summary.quantile[5];
    }
    *plot = (KNPlot){.name = "rollout", .x_title = "t", .y_title = "relative L2 error of the frame in %", .lines = 1};
    plot->line[0].name = "median; 5 to 95 %";
    plot->line[0].n    = j->frames;
    plot->line[0].x    = j->times;
    plot->line[0].y    = details->median;
    plot->line[0].low  = details->low;
    plot->line[0].high = details->high;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(KNJudgement j)
{
  Details *details = j->data;

  PetscFunctionBegin;
  PetscCall(PetscFree4(details->frame_error, details->median, details->low, details->high));
  PetscCall(PetscFree(details->wavenumber));
  PetscCall(PetscFree2(details->work, details->energy));
  PetscCall(KNSpectrumDestroy(&details->spectrum));
  PetscCall(PetscFree(j->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNRegressionSetJudge(KNTaskOps *ops)
{
  ops->judge         = Judge;
  ops->judge_add     = Add;
  ops->judge_reduce  = Reduce;
  ops->judge_table   = Table;
  ops->judge_plot    = Plot;
  ops->judge_destroy = Destroy;
}
