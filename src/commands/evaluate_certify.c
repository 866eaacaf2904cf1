/*
  What kitinet evaluate -certify measures: how far the solver, which sees a prediction and no truth, tells its error.

    rank correlation   Spearman's, of estimates and true errors over the samples
    ROC area           the probability that of two samples, one with an error above the limit and one not, the first has
                       the larger estimate

  The dataset's own solutions are judged likewise: what the estimate says of them is the distance between its grid and
  the one that they were solved on, below which no estimate of a prediction means anything.
*/
#include "evaluate_certify.h"
#include <kitinet/error.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>
#include <kitinet/statistics.h>
#include <math.h>

typedef struct {
  KNJudgement judgement;
  KNCertifier certifier;
  KNDataset   dataset;
  KNCertified certified;
  KNCertified first; /* of another network on the dataset, whose solutions are not judged again; NULL */
  PetscInt    given; /* frames of a trajectory */
  size_t      size;  /* of u and v */
  float      *x;     /* one sample's input */
  float      *u, *v; /* (T, C, S) a trajectory, as it is stored and as it is predicted */
} Visit;

/* |a - b| / |b| of n values; NaN where b is 0 */
static PetscReal Distance(const float a[], const float b[], size_t n)
{
  double square = 0, scale = 0;

  for (size_t i = 0; i < n; i++) {
    square += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    scale += (double)b[i] * b[i];
  }
  return scale > 0 ? sqrt(square / scale) : NAN;
}

static PetscErrorCode Certify(void *context, PetscInt64 row, const float y[], const float truth[])
{
  Visit        *visit = (Visit *)context;
  KNCertified   c     = visit->certified;
  const size_t  T     = (size_t)c->frames;
  PetscReal    *frame[FRAME_COLUMNS];
  KNCertificate own, known = {.estimate = 0};
  PetscBool     judged;
  char          message[1024];

  PetscFunctionBegin;
  PetscCall(KNJudgementAdd(visit->judgement, row, y, truth));
  if (!y) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(!KNDatasetRead(visit->dataset, row, visit->x, visit->u, sizeof(message), message), PETSC_COMM_SELF,
             KN_ERR_INPUT, "%s", message);
  for (int k = 0; k < FRAME_COLUMNS; k++) frame[k] = T ? c->frame[k] + (size_t)row * T : NULL;
  if (T) {
    const size_t n = visit->size / T, given = (size_t)visit->given;

    PetscCall(PetscArraycpy(visit->v, visit->u, given * n));
    PetscCall(PetscArraycpy(visit->v + given * n, y, visit->size - given * n));
    for (size_t f = 0; f < T; f++) frame[ERROR][f] = f < given ? NAN : Distance(visit->v + f * n, visit->u + f * n, n);
    y     = visit->v;
    truth = visit->u;
  }
  PetscCall(KNCertifierSetRow(visit->certifier, row));
  PetscCall(KNCertifierJudge(visit->certifier, visit->given, visit->x, y, &own, &judged, frame[DEFECT]));
  if (visit->first) {
    known.estimate = visit->first->value[TRUTH][row];
    for (size_t f = 0; f < T; f++) frame[TRUE_DEFECT][f] = visit->first->frame[TRUE_DEFECT][(size_t)row * T + f];
  } else {
    PetscCall(KNCertifierJudge(visit->certifier, visit->given, visit->x, truth, &known, &judged, frame[TRUE_DEFECT]));
  }
  c->value[RESIDUAL][row] = own.residual;
  c->value[ESTIMATE][row] = c->scale * own.estimate;
  c->value[BOUND][row]    = own.bound;
  c->value[TRUTH][row]    = known.estimate;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifiedDestroy(KNCertified *certified)
{
  PetscFunctionBegin;
  if (!*certified) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < COLUMNS; k++) PetscCall(PetscFree((*certified)->value[k]));
  for (int k = 0; k < FRAME_COLUMNS; k++) PetscCall(PetscFree((*certified)->frame[k]));
  PetscCall(PetscFree((*certified)->times));
  PetscCall(PetscFree(*certified));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An array of n values that are not this rank's, yet. */
static PetscErrorCode Prepare(size_t n, PetscReal **value)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, value));
  for (size_t i = 0; i < n; i++) (*value)[i] = -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each value has one owner and is at least 0 there, or NaN, which a maximum need not keep: as -1. */
static PetscErrorCode Collect(size_t n, PetscReal value[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) value[i] = PetscIsNanReal(value[i]) ? -1 : value[i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, value, (PetscMPIInt)n, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD));
  for (size_t i = 0; i < n; i++) value[i] = value[i] < 0 ? NAN : value[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyMeasure(const KNCandidate *candidate, KNDataset dataset, KNCertifier certifier, PetscInt batch,
                                KNJudgement judgement, KNCertified first, KNCertified *certified)
{
  const KNProblem *problem;
  PetscInt64       samples;
  KNCertified      c;
  size_t           n, frames;
  Visit            visit = {.judgement = judgement, .certifier = certifier, .dataset = dataset, .first = first};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorGetHistory(candidate->op, &visit.given));
  PetscCall(PetscNew(certified));
  c          = *certified;
  c->samples = samples;
  c->frames  = problem->frames;
  c->given   = visit.given;
  PetscCall(KNOperatorGetCertificate(candidate->op, &c->scale, &c->most));
  c->most /= c->scale;
  if (first && first->given != c->given) visit.first = NULL; /* other frames are judged */
  visit.certified = c;
  n               = (size_t)samples;
  frames          = n * (size_t)c->frames;
  PetscCheck(PetscMax(n, frames) <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt64_FMT " samples are too many to be certified at once; split the dataset", samples);
  for (int k = 0; k < COLUMNS; k++) PetscCall(Prepare(n, &c->value[k]));
  if (frames) {
    visit.size = KNProblemOutputSize(problem);
    for (int k = 0; k < FRAME_COLUMNS; k++) PetscCall(Prepare(frames, &c->frame[k]));
    PetscCall(PetscMalloc1(c->frames, &c->times));
    PetscCall(PetscArraycpy(c->times, problem->times, c->frames));
    PetscCall(KNMalloc(visit.size, sizeof(float), &visit.u));
    PetscCall(KNMalloc(visit.size, sizeof(float), &visit.v));
  } else PetscCall(KNMalloc(KNProblemInputSize(problem), sizeof(float), &visit.x));
  PetscCall(KNEvaluateEach(candidate->op, dataset, 0, samples, batch, 0, Certify, &visit));
  PetscCall(KNFree(&visit.v));
  PetscCall(KNFree(&visit.u));
  PetscCall(KNFree(&visit.x));
  for (int k = 0; k < COLUMNS; k++) PetscCall(Collect(n, c->value[k]));
  for (int k = 0; k < FRAME_COLUMNS && frames; k++) PetscCall(Collect(frames, c->frame[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of calibrated certificates: how many errors are below what 90 % should be below. */
static PetscErrorCode PrintCoverage(KNCertified c, const PetscReal error[], const char run[], const char name[])
{
  PetscReal *ratio;
  PetscInt   n, below = 0;

  PetscFunctionBegin;
  if (PetscIsNanReal(c->most)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(c->samples, &ratio));
  PetscCall(KNCertifiedRatios(c, error, &n, ratio));
  while (below < n && ratio[below] <= c->most) below++;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%s, %s: %" PetscInt_FMT " of %" PetscInt_FMT
                        " errors are below %.4g times the estimate, as fitted to 90 %%\n",
                        run, name, below, n, (double)c->most));
  PetscCall(PetscFree(ratio));
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
      PetscCall(Summarise(certified[i * m + j], KNTrueErrors(&candidate[i], judgement[i * m + j]), limit, &s));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %9.3g %9s %9s %9s %8.3f %9.3f %9s\n", run, name,
                            (double)s.median[RESIDUAL], Percent(s.median[ESTIMATE], text[0]),
                            Percent(s.median[BOUND], text[1]), Percent(s.median[TRUTH], text[2]), (double)s.correlation,
                            (double)s.area, Percent(s.limit, text[3])));
    }
  }
  for (PetscInt k = 0; k < n * m; k++) {
    char run[KN_MAX_NAME], name[KN_MAX_NAME];

    if (!certified[k]) continue;
    PetscCall(KNBaseName(candidate[k / m].directory, sizeof(run), run));
    PetscCall(KNBaseName(dataset[k % m], sizeof(name), name));
    PetscCall(PrintCoverage(certified[k], KNTrueErrors(&candidate[k / m], judgement[k]), run, name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
