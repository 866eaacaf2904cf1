/*
  What kitinet evaluate -certify measures: how far the solver, which sees a prediction and no truth, tells its error.

    rank correlation   Spearman's, of estimates and true errors over the samples
    ROC area           the probability that of two samples, one with an error above the limit and one not, the first has
                       the larger estimate

  The dataset's own solutions are judged likewise: what the estimate says of them is the distance between its grid and
  the one that they were solved on, below which no estimate of a prediction means anything.
*/
#include "csv.h"
#include "evaluate.h"
#include <kitinet/error.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>
#include <kitinet/statistics.h>
#include <math.h>

enum { RESIDUAL, ESTIMATE, BOUND, TRUTH, COLUMNS }; /* TRUTH: estimate of the dataset's own solution */

struct _p_KNCertified {
  PetscInt64 samples;
  PetscReal *value[COLUMNS]; /* (samples); NaN where a sample cannot be judged */
};

typedef struct {
  KNJudgement judgement;
  KNCertifier certifier;
  KNDataset   dataset;
  KNCertified certified;
  float      *x; /* one sample's input */
} Visit;

static PetscErrorCode Certify(void *context, PetscInt64 row, const float y[], const float truth[])
{
  Visit        *visit = (Visit *)context;
  KNCertificate own, known;
  PetscBool     judged;
  char          message[1024];

  PetscFunctionBegin;
  PetscCall(KNJudgementAdd(visit->judgement, row, y, truth));
  if (!y) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(!KNDatasetRead(visit->dataset, row, visit->x, NULL, sizeof(message), message), PETSC_COMM_SELF,
             KN_ERR_INPUT, "%s", message);
  PetscCall(KNCertifierJudge(visit->certifier, visit->x, y, &own, &judged));
  PetscCall(KNCertifierJudge(visit->certifier, visit->x, truth, &known, &judged));
  visit->certified->value[RESIDUAL][row] = own.residual;
  visit->certified->value[ESTIMATE][row] = own.estimate;
  visit->certified->value[BOUND][row]    = own.bound;
  visit->certified->value[TRUTH][row]    = known.estimate;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifiedDestroy(KNCertified *certified)
{
  PetscFunctionBegin;
  if (!*certified) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < COLUMNS; k++) PetscCall(PetscFree((*certified)->value[k]));
  PetscCall(PetscFree(*certified));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyMeasure(const KNCandidate *candidate, KNDataset dataset, KNCertifier certifier, PetscInt batch,
                                KNJudgement judgement, KNCertified *certified)
{
  const KNProblem *problem;
  PetscInt64       samples;
  KNCertified      c;
  Visit            visit = {.judgement = judgement, .certifier = certifier, .dataset = dataset};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(PetscNew(certified));
  c               = *certified;
  c->samples      = samples;
  visit.certified = c;
  for (int k = 0; k < COLUMNS; k++) {
    PetscCall(PetscMalloc1(samples, &c->value[k]));
    for (PetscInt64 i = 0; i < samples; i++) c->value[k][i] = -1; /* another rank's */
  }
  PetscCall(KNMalloc(KNProblemInputSize(problem), sizeof(float), &visit.x));
  PetscCall(KNEvaluateEach(candidate->op, dataset, 0, samples, batch, 0, Certify, &visit));
  PetscCall(KNFree(&visit.x));
  /* Each value has one owner and is at least 0 there, or NaN, which a maximum need not keep: as -1. */
  for (int k = 0; k < COLUMNS; k++) {
    for (PetscInt64 i = 0; i < samples; i++) {
      if (PetscIsNanReal(c->value[k][i])) c->value[k][i] = -1;
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->value[k], (PetscMPIInt)samples, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD));
    for (PetscInt64 i = 0; i < samples; i++) {
      if (c->value[k][i] < 0) c->value[k][i] = NAN;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is said of one network on one dataset. */
typedef struct {
  PetscInt  judged;
  PetscReal median[COLUMNS], correlation, limit, area;
} Summary;

static PetscErrorCode Median(PetscInt n, const PetscReal value[], PetscReal *median)
{
  PetscReal *sorted;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &sorted));
  PetscCall(PetscArraycpy(sorted, value, n));
  PetscCall(PetscSortReal(n, sorted));
  *median = n ? kn_quantile(sorted, (size_t)n, 0.5) : NAN;
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* error: (samples) true errors; limit: 0 for their median. */
static PetscErrorCode Summarise(KNCertified c, const PetscReal error[], PetscReal limit, Summary *summary)
{
  PetscReal *kept[COLUMNS], *known, *side[2];
  PetscInt   n = 0, count[2] = {0, 0};

  PetscFunctionBegin;
  for (int k = 0; k < COLUMNS; k++) PetscCall(PetscMalloc1(c->samples, &kept[k]));
  PetscCall(PetscMalloc3(c->samples, &known, c->samples, &side[0], c->samples, &side[1]));
  for (PetscInt64 i = 0; i < c->samples; i++) {
    if (PetscIsNanReal(c->value[ESTIMATE][i]) || PetscIsNanReal(error[i])) continue;
    for (int k = 0; k < COLUMNS; k++) kept[k][n] = c->value[k][i];
    known[n++] = error[i];
  }
  summary->judged = n;
  for (int k = 0; k < COLUMNS; k++) PetscCall(Median(n, kept[k], &summary->median[k]));
  PetscCall(KNRankCorrelation((size_t)n, kept[ESTIMATE], known, &summary->correlation));
  if (limit > 0) summary->limit = limit;
  else PetscCall(Median(n, known, &summary->limit));
  for (PetscInt i = 0; i < n; i++) {
    const int above = known[i] > summary->limit;

    side[above][count[above]++] = kept[ESTIMATE][i];
  }
  for (int k = 0; k < 2; k++) PetscCall(PetscSortReal(count[k], side[k]));
  summary->area = kn_roc_area(side[0], (size_t)count[0], side[1], (size_t)count[1]);
  PetscCall(PetscFree3(known, side[0], side[1]));
  for (int k = 0; k < COLUMNS; k++) PetscCall(PetscFree(kept[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "-" for NaN. */
static const char *Percent(PetscReal value, char text[16])
{
  if (PetscIsInfOrNanReal(value)) (void)snprintf(text, 16, "-");
  else (void)snprintf(text, 16, "%.3g %%", 100 * (double)value);
  return text;
}

static const PetscReal *TrueErrors(const KNCandidate *candidate, KNJudgement judgement)
{
  return KNJudgementGetValues(judgement, KNTaskGetInfo(KNOperatorTask(candidate->op))->curve, NULL);
}

PetscErrorCode KNCertifyPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                              const KNJudgement judgement[], const KNCertified certified[], PetscReal limit)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nWhat the solver says of the predictions, medians; its estimate against the true error\n\n"
                        "%-20s %-16s %9s %9s %9s %9s %8s %9s %9s\n",
                        "run", "dataset", "residual", "estimate", "energy", "of the", "rank", "ROC area", "above"));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %9s %9s %9s %9s %8s %9s %9s\n", "", "", "", "", "bound", "truth",
                        "corr.", "", ""));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      char    run[KN_MAX_NAME], name[KN_MAX_NAME], text[5][16];
      Summary s;

      if (!certified[i * m + j]) continue;
      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      PetscCall(KNBaseName(dataset[j], sizeof(name), name));
      PetscCall(Summarise(certified[i * m + j], TrueErrors(&candidate[i], judgement[i * m + j]), limit, &s));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %9.3g %9s %9s %9s %8.3f %9.3f %9s\n", run, name,
                            (double)s.median[RESIDUAL], Percent(s.median[ESTIMATE], text[0]),
                            Percent(s.median[BOUND], text[1]), Percent(s.median[TRUTH], text[2]), (double)s.correlation,
                            (double)s.area, Percent(s.limit, text[3])));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                              char *const dataset[], const KNJudgement judgement[], const KNCertified certified[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) fprintf(csv.file, "checkpoint,dataset,row,error,estimate,bound,residual,truth_estimate\n");
  for (PetscInt i = 0; i < n && csv.file; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const KNCertified c = certified[i * m + j];

      for (PetscInt64 row = 0; c && row < c->samples; row++) {
        KNCSVText(csv.file, candidate[i].path, ",");
        KNCSVText(csv.file, dataset[j], ",");
        fprintf(csv.file, "%" PetscInt64_FMT ",", row);
        KNCSVReal(csv.file, TrueErrors(&candidate[i], judgement[i * m + j])[row], ",");
        KNCSVReal(csv.file, c->value[ESTIMATE][row], ",");
        KNCSVReal(csv.file, c->value[BOUND][row], ",");
        KNCSVReal(csv.file, c->value[RESIDUAL][row], ",");
        KNCSVReal(csv.file, c->value[TRUTH][row], "\n");
      }
    }
  }
  PetscCall(KNCSVEnd(&csv, directory, "certificates.csv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyDraw(const KNCandidate *candidate, const char name[], KNJudgement judgement,
                             KNCertified certified)
{
  const PetscReal *error = TrueErrors(candidate, judgement);
  PetscReal       *x, *y, *bound;
  PetscInt         count = 0;
  char             path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(certified->samples, &x, certified->samples, &y, certified->samples, &bound));
  for (PetscInt64 i = 0; i < certified->samples; i++) {
    if (PetscIsInfOrNanReal(certified->value[ESTIMATE][i]) || PetscIsNanReal(error[i])) continue;
    x[count]       = 100 * error[i];
    y[count]       = 100 * certified->value[ESTIMATE][i];
    bound[count++] = 100 * certified->value[BOUND][i];
  }
  if (count) {
    const KNPictureCurve curve[] = {{.name = "estimate", .n = count, .x = x, .y = y},
                                    {.name = "bound on the energy error", .n = count, .x = x, .y = bound}};
    const PetscInt       curves  = PetscIsNanReal(bound[0]) ? 1 : 2;

    PetscCall(PetscSNPrintf(file, sizeof(file), "certificates_%s", name));
    PetscCall(KNRunPath(candidate->directory, file, path));
    PetscCall(KNPicturePoints(path, NULL, "true relative L2 error in %", "what the solver says in %", KN_AXES_LOG_XY,
                              curves, curve));
  }
  PetscCall(PetscFree3(x, y, bound));
  PetscFunctionReturn(PETSC_SUCCESS);
}
