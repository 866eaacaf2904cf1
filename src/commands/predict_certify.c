/*
  Predictions and the solver beside them. A certificate says how good a prediction is; above a limit the sample is
  solved instead, from the prediction; with a tolerance all are.

  Each row belongs to one rank. CSV: row, residual, estimate, bound, error_90, solved (0 or 1), iterations, of
  trajectories the defect of each predicted frame; the output has them, too. Times are printed, not stored: equal runs
  leave equal files.
*/
#include "csv.h"
#include "predict.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/statistics.h>
#include <math.h>
#include <petsctime.h>

enum { RESIDUAL, ESTIMATE, BOUND, MOST, SOLVED, ITERATIONS, COLUMNS };
static const char *const names[COLUMNS] = {"residual", "estimate", "bound", "error_90", "solved", "iterations"};
enum { JUDGE, REFINE, ZERO, TIMES }; /* what takes time */
static const PetscReal default_tolerance = 1e-6;

struct _p_KNPredictCheck {
  KNCertifier certifier;
  PetscReal   limit, tolerance; /* 0: nothing is solved for this reason */
  PetscInt64  samples;
  PetscReal  *value[COLUMNS]; /* (samples); -1: not this rank's, or no number */
  PetscInt    frames, given;  /* of trajectories; 0: steady */
  PetscReal  *defect;         /* (samples, frames), likewise */
  PetscReal  *now;            /* (frames) of the present one */
  PetscReal   scale, most;    /* KNOperatorGetCertificate() */
  PetscInt    coefficients;   /* of the samples themselves */
  double      row[KN_MAX_PARAMETERS];
  PetscInt64  failed;      /* samples that neither start nor solver could solve */
  PetscInt64  fallen_back; /* samples that were solved from zero in the end */
  PetscInt64  compared;
  PetscReal   iterations[2]; /* of the compared samples: from the prediction, from zero */
  PetscReal   seconds[TIMES];
  PetscReal   compared_seconds; /* of REFINE, for the compared samples */
};

PetscErrorCode KNPredictCheckSetFromOptions(KNOperator op, KNDataset input, const char path[], KNPredictCheck *check)
{
  const KNProblem *problem;
  PetscBool        certify = PETSC_FALSE, wanted;
  PetscReal        limit = 0, tolerance = 0;
  char             equation[KN_MAX_NAME] = "";
  KNPredictCheck   c;

  PetscFunctionBegin;
  *check = NULL;
  PetscCall(KNOptionsBool("-certify",
                          "ask the solver of the equation how good each prediction is: residual, estimate of the "
                          "error, bound on the energy error, in a CSV file beside the output",
                          &certify));
  PetscCall(KNOptionsReal("-certify_limit",
                          "solve samples whose estimated relative error exceeds this, in place of the prediction; 0: "
                          "none",
                          0, 1e6, &limit));
  PetscCall(KNOptionsReal("-refine_tolerance",
                          "solve all samples, starting from the predictions, until the residual relative to that of "
                          "the field 0 is this small; 0: solve only samples over the limit, to 1e-6",
                          0, 1e-1, &tolerance));
  PetscCall(KNCertifyEquation(equation));
  wanted = (PetscBool)(certify || limit > 0 || tolerance > 0);
  PetscCall(KNOptionsRequire((PetscBool)(wanted || !equation[0]),
                             "-pde is for certificates: add -certify, -certify_limit or -refine_tolerance"));
  if (!wanted || !op || !input || KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(check));
  c            = *check;
  c->limit     = limit;
  c->tolerance = tolerance;
  PetscCall(KNDatasetGetSamples(input, &c->samples));
  PetscCall(KNDatasetGetProblem(input, &problem));
  PetscCall(KNOperatorGetHistory(op, &c->given));
  PetscCall(KNOperatorGetCertificate(op, &c->scale, &c->most));
  c->frames       = problem->frames;
  c->coefficients = problem->coefficients;
  PetscCheck(!c->frames || !(tolerance > 0), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -refine_tolerance is for steady problems: a trajectory is solved from its first frames, whatever "
             "the prediction; take -certify_limit");
  PetscCheck(c->samples * PetscMax(c->frames, 1) <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: %" PetscInt64_FMT " rows are too many to be certified at once; split the dataset", path, c->samples);
  for (int k = 0; k < COLUMNS; k++) {
    PetscCall(PetscMalloc1(c->samples, &c->value[k]));
    for (PetscInt64 i = 0; i < c->samples; i++) c->value[k][i] = -1;
  }
  PetscCall(PetscMalloc2(c->samples * c->frames, &c->defect, c->frames, &c->now));
  for (PetscInt64 i = 0; i < c->samples * c->frames; i++) c->defect[i] = -1;
  PetscCall(KNCertifierCreate(input, path, equation, KN_ABLE_CERTIFY, &c->certifier));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictCheckDestroy(KNPredictCheck *check)
{
  PetscFunctionBegin;
  if (!*check) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNCertifierDestroy(&(*check)->certifier));
  for (int k = 0; k < COLUMNS; k++) PetscCall(PetscFree((*check)->value[k]));
  PetscCall(PetscFree2((*check)->defect, (*check)->now));
  PetscCall(PetscFree(*check));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the time since *begin, which becomes now. */
static PetscErrorCode Clock(PetscLogDouble *begin, PetscReal *seconds)
{
  PetscLogDouble now;

  PetscFunctionBegin;
  PetscCall(PetscTime(&now));
  if (seconds) *seconds += now - *begin;
  *begin = now;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The solution in place of y. */
static PetscErrorCode SolveRow(KNPredictCheck c, PetscInt64 row, PetscBool compare, const float x[], float y[])
{
  const PetscReal tolerance = c->tolerance > 0 ? c->tolerance : default_tolerance;
  const PetscReal before    = c->seconds[REFINE];
  KNSolverReport  report, zero;
  PetscLogDouble  clock;

  PetscFunctionBegin;
  PetscCall(Clock(&clock, NULL));
  PetscCall(KNCertifierRefine(c->certifier, c->given, x, tolerance, y, &report));
  PetscCall(Clock(&clock, &c->seconds[REFINE]));
  if (!report.converged) {
    c->failed++;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (report.retried) c->fallen_back++;
  c->value[SOLVED][row]     = 1;
  c->value[ITERATIONS][row] = (PetscReal)report.iterations;
  if (!compare || c->frames) PetscFunctionReturn(PETSC_SUCCESS);
  c->compared_seconds += c->seconds[REFINE] - before;
  PetscCall(Clock(&clock, NULL));
  PetscCall(KNCertifierSolve(c->certifier, x, tolerance, &zero));
  PetscCall(Clock(&clock, &c->seconds[ZERO]));
  c->compared++;
  c->iterations[0] += (PetscReal)report.iterations;
  c->iterations[1] += (PetscReal)zero.iterations;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictCheckRow(KNPredictCheck c, PetscInt64 row, PetscBool compare, const float x[], float y[])
{
  KNCertificate  certificate;
  PetscBool      judged;
  PetscLogDouble clock;

  PetscFunctionBegin;
  PetscCall(Clock(&clock, NULL));
  PetscCall(KNCertifierSetRow(c->certifier, row));
  PetscCall(KNCertifierJudge(c->certifier, c->given, x, y, &certificate, &judged, c->now));
  PetscCall(Clock(&clock, &c->seconds[JUDGE]));
  if (judged) {
    c->value[RESIDUAL][row] = certificate.residual;
    certificate.estimate *= c->scale;
    c->value[ESTIMATE][row] = certificate.estimate;
    if (!PetscIsNanReal(c->most)) c->value[MOST][row] = certificate.estimate * c->most / c->scale;
    for (PetscInt f = c->given; f < c->frames; f++) c->defect[row * c->frames + f] = c->now[f];
    if (!PetscIsInfOrNanReal(certificate.bound)) c->value[BOUND][row] = certificate.bound;
  }
  c->value[SOLVED][row]     = 0;
  c->value[ITERATIONS][row] = 0;
  if (c->tolerance > 0 || (c->limit > 0 && (!judged || certificate.estimate > c->limit)))
    PetscCall(SolveRow(c, row, compare, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictCheckDescribe(KNPredictCheck c, KNProblem *described)
{
  PetscFunctionBegin;
  PetscCheck(described->coefficients + COLUMNS <= KN_MAX_PARAMETERS, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt_FMT " parameters of the samples and the %d of certificates are more than the %d of a dataset",
             described->coefficients, COLUMNS, KN_MAX_PARAMETERS);
  for (int k = 0; k < COLUMNS; k++) {
    KNField *field = &described->coefficient[described->coefficients++];

    *field = (KNField){.unit = "1"};
    PetscCall(PetscSNPrintf(field->name, sizeof(field->name), "certificate_%s", names[k]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const double *KNPredictCheckCoefficients(KNPredictCheck c, PetscInt64 row, const double own[])
{
  for (PetscInt i = 0; i < c->coefficients; i++) c->row[i] = own[i];
  for (int k = 0; k < COLUMNS; k++)
    c->row[c->coefficients + k] = PetscIsInfOrNanReal(c->value[k][row]) ? -1 : c->value[k][row];
  return c->row;
}

/* Values of all samples from the ranks that own them; sums over the ranks. */
static PetscErrorCode Reduce(KNPredictCheck c, PetscReal *seconds)
{
  PetscInt64 count[] = {c->failed, c->fallen_back, c->compared};
  PetscReal  sum[]   = {c->iterations[0], c->iterations[1],    c->seconds[JUDGE], c->seconds[REFINE],
                        c->seconds[ZERO], c->compared_seconds, *seconds};

  PetscFunctionBegin;
  for (int k = 0; k < COLUMNS; k++)
    PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, c->value[k], (PetscMPIInt)c->samples, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->defect, (PetscMPIInt)(c->samples * c->frames), MPIU_REAL, MPI_MAX,
                             PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 3, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 7, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  c->failed           = count[0];
  c->fallen_back      = count[1];
  c->compared         = count[2];
  c->iterations[0]    = sum[0];
  c->iterations[1]    = sum[1];
  c->seconds[JUDGE]   = sum[2];
  c->seconds[REFINE]  = sum[3];
  c->seconds[ZERO]    = sum[4];
  c->compared_seconds = sum[5];
  *seconds            = sum[6];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "estimated error: median 1.2 %, 95 % of the samples below 3 %, largest 4 %" */
static PetscErrorCode PrintColumn(KNPredictCheck c, int column, const char what[])
{
  PetscReal *value;
  PetscInt   n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(c->samples, &value));
  for (PetscInt64 i = 0; i < c->samples; i++) {
    if (c->value[column][i] >= 0) value[n++] = c->value[column][i];
  }
  PetscCall(PetscSortReal(n, value));
  if (n)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: median %.3g %%, 95 %% of the samples below %.3g %%, largest %.3g %%\n",
                          what, 100 * kn_quantile(value, (size_t)n, 0.5), 100 * kn_quantile(value, (size_t)n, 0.95),
                          100 * (double)value[n - 1]));
  PetscCall(PetscFree(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(KNPredictCheck c, const char path[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) {
    fprintf(csv.file, "row");
    for (int k = 0; k < COLUMNS; k++) fprintf(csv.file, ",%s", names[k]);
    for (PetscInt f = c->given; f < c->frames; f++) fprintf(csv.file, ",defect_%" PetscInt_FMT, f);
    fprintf(csv.file, "\n");
  }
  for (PetscInt64 row = 0; row < c->samples && csv.file; row++) {
    fprintf(csv.file, "%" PetscInt64_FMT, row);
    for (int k = 0; k < COLUMNS; k++) {
      if (c->value[k][row] < 0) fprintf(csv.file, ",");
      else fprintf(csv.file, ",%.8g", (double)c->value[k][row]);
    }
    for (PetscInt f = c->given; f < c->frames; f++) {
      if (c->defect[row * c->frames + f] < 0) fprintf(csv.file, ",");
      else fprintf(csv.file, ",%.8g", (double)c->defect[row * c->frames + f]);
    }
    fprintf(csv.file, "\n");
  }
  PetscCall(KNCSVEndBeside(&csv, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictCheckReport(KNPredictCheck c, const char path[], PetscReal seconds)
{
  PetscInt64 solved = 0, unjudged = 0;
  double     each;

  PetscFunctionBegin;
  PetscCall(Reduce(c, &seconds));
  PetscCall(Write(c, path));
  for (PetscInt64 i = 0; i < c->samples; i++) {
    solved += c->value[SOLVED][i] > 0;
    unjudged += c->value[ESTIMATE][i] < 0;
  }
  each = 1e3 / (double)c->samples;
  PetscCall(PrintColumn(c, ESTIMATE, "estimated relative error of the predictions"));
  PetscCall(PrintColumn(c, BOUND, "bound on their relative energy error"));
  PetscCall(PrintColumn(c, MOST, "above 90 % of the errors, as calibrated"));
  if (unjudged)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " predictions cannot be judged\n", unjudged));
  if (c->limit > 0 || c->tolerance > 0)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "solved: %" PetscInt64_FMT " of %" PetscInt64_FMT " samples, %" PetscInt64_FMT
                          " of them from zero in the end, %" PetscInt64_FMT " not at all\n",
                          solved, c->samples, c->fallen_back, c->failed));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "a sample: %.3g ms for the prediction, %.3g ms for the certificate",
                        each * (double)seconds, each * (double)c->seconds[JUDGE]));
  if (solved) PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", %.3g ms for solutions", each * (double)c->seconds[REFINE]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  if (c->compared)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "from the prediction %.3g iterations and %.3g ms, from zero %.3g iterations and %.3g ms, the "
                          "means of %" PetscInt64_FMT " samples\n",
                          (double)(c->iterations[0] / (PetscReal)c->compared),
                          1e3 * (double)c->compared_seconds / (double)c->compared,
                          (double)(c->iterations[1] / (PetscReal)c->compared),
                          1e3 * (double)c->seconds[ZERO] / (double)c->compared, c->compared));
  PetscFunctionReturn(PETSC_SUCCESS);
}
