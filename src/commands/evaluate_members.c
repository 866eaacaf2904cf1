/*
  What kitinet evaluate measures of ensembles that give classes: the mean of their members' probabilities, how far the
  members disagree, and whether that tells mistakes from right answers, and samples of another distribution from those
  of the first dataset.

    entropy      of the mean prediction, H(mean_i p_i), in nats
    information  H(mean_i p_i) - mean_i H(p_i): mutual information of class and member, 0 where all members agree
*/
#include "csv.h"
#include "evaluate.h"
#include <kitinet/classes.h>
#include <kitinet/error.h>
#include <math.h>

typedef struct {
  KNJudgement judgement; /* NULL: the scores are kept */
  KNSpread   *spread;
  PetscReal   temperature;
  size_t      members, k;
  float      *mean;  /* (k) */
  float      *score; /* (samples, k), and */
  float      *truth; /* (samples), to fit the temperature to; NULL */
} Visit;

static PetscErrorCode Measure(void *context, PetscInt64 row, const float y[], size_t stride, const float truth[])
{
  Visit    *v       = (Visit *)context;
  PetscReal entropy = 0;

  PetscFunctionBegin;
  kn_class_mean(v->mean, y, v->members, stride, 1, v->k);
  if (v->score) {
    PetscCall(PetscArraycpy(v->score + (size_t)row * v->k, v->mean, v->k));
    v->truth[row] = *truth;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (size_t i = 0; i < v->members; i++) entropy += kn_class_entropy(y + i * stride, v->k) / (PetscReal)v->members;
  v->spread->entropy[row]     = kn_class_entropy(v->mean, v->k);
  v->spread->information[row] = PetscMax(v->spread->entropy[row] - entropy, 0);
  kn_class_mean(v->mean, y, v->members, stride, v->temperature, v->k);
  PetscCall(KNJudgementAdd(v->judgement, row, v->mean, truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMembersMeasure(const KNCandidate *candidate, KNDataset dataset, PetscInt batch, PetscReal temperature,
                                KNJudgement judgement, KNSpread *spread)
{
  Visit visit = {.judgement   = judgement,
                 .spread      = spread,
                 .temperature = temperature,
                 .members     = (size_t)candidate->members,
                 .k           = KNTaskOutputSize(KNOperatorTask(candidate->op))};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetSamples(dataset, &spread->samples));
  spread->temperature = temperature;
  PetscCall(PetscCalloc2(spread->samples, &spread->entropy, spread->samples, &spread->information));
  PetscCall(KNMalloc(visit.k, sizeof(float), &visit.mean));
  PetscCall(KNEnsembleEach(candidate->op, candidate->members, dataset, batch, Measure, &visit));
  /* Each row has one owner, the others add 0: exact. */
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, spread->entropy, (PetscMPIInt)spread->samples, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, spread->information, (PetscMPIInt)spread->samples, MPIU_REAL, MPI_SUM,
                             PETSC_COMM_WORLD));
  PetscCall(KNFree(&visit.mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean cross-entropy of scores (samples, k) divided by T. */
static double CrossEntropy(const Visit *v, PetscInt64 samples, double T)
{
  double sum = 0;

  for (PetscInt64 i = 0; i < samples; i++) {
    kn_class_mean(v->mean, v->score + (size_t)i * v->k, 1, 0, T, v->k);
    sum += kn_cross_entropy(v->mean, (size_t)v->truth[i], 0, v->k);
  }
  return sum / (double)samples;
}

/* The temperature of the least cross-entropy: by golden sections of log T, in which it has one minimum. */
static double Fit(const Visit *v, PetscInt64 samples)
{
  const double ratio = 0.5 * (sqrt(5) - 1), most = log(100);
  double       a = -most, d = most, b = d - ratio * (d - a), c = a + ratio * (d - a);
  double       at_b = CrossEntropy(v, samples, exp(b)), at_c = CrossEntropy(v, samples, exp(c));

  while (d - a > 1e-4) {
    if (at_b <= at_c) {
      d    = c;
      c    = b;
      at_c = at_b;
      b    = d - ratio * (d - a);
      at_b = CrossEntropy(v, samples, exp(b));
    } else {
      a    = b;
      b    = c;
      at_b = at_c;
      c    = a + ratio * (d - a);
      at_c = CrossEntropy(v, samples, exp(c));
    }
  }
  return exp(0.5 * (a + d));
}

PetscErrorCode KNMembersCalibrate(KNCandidate *candidate, const char path[], PetscInt batch)
{
  const PetscInt   members = PetscMax(candidate->members, 1);
  Visit            visit   = {.members = (size_t)members};
  const KNProblem *problem;
  KNDataset        dataset;
  PetscInt64       samples;
  PetscReal        temperature, before, after;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorAccept(candidate->op, dataset, &problem));
  PetscCall(KNOperatorPlan(candidate->op, problem, batch, PETSC_FALSE));
  visit.k = KNTaskOutputSize(KNOperatorTask(candidate->op));
  PetscCheck(samples * (PetscInt64)visit.k <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: %" PetscInt64_FMT " rows of %zu classes are too many to fit a temperature to; take fewer", path,
             samples, visit.k);
  PetscCall(KNMalloc(visit.k, sizeof(float), &visit.mean));
  PetscCall(KNMalloc((size_t)samples * visit.k, sizeof(float), &visit.score));
  PetscCall(KNMalloc((size_t)samples, sizeof(float), &visit.truth));
  PetscCall(PetscArrayzero(visit.score, (size_t)samples * visit.k));
  PetscCall(PetscArrayzero(visit.truth, samples));
  PetscCall(KNOperatorSetTemperature(candidate->op, 0)); /* an earlier one, which this one replaces */
  PetscCall(KNEnsembleEach(candidate->op, members, dataset, batch, Measure, &visit));
  /* Each row has one owner, the others add 0: exact. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, visit.score, (PetscMPIInt)(samples * (PetscInt64)visit.k), MPI_FLOAT,
                             MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, visit.truth, (PetscMPIInt)samples, MPI_FLOAT, MPI_SUM, PETSC_COMM_WORLD));
  temperature = Fit(&visit, samples);
  before      = CrossEntropy(&visit, samples, 1);
  after       = CrossEntropy(&visit, samples, temperature);
  PetscCall(KNEnsembleStoreFactor(candidate->path, candidate->directory, temperature, members));
  PetscCall(KNCandidateLoad(candidate));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%s: scores are divided by %.4g from now on, fitted on %s: cross-entropy %.4f, before %.4f\n",
                        candidate->path, (double)temperature, path, (double)after, (double)before));
  PetscCall(KNFree(&visit.truth));
  PetscCall(KNFree(&visit.score));
  PetscCall(KNFree(&visit.mean));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* That a value of b exceeds one of a, both (n) in any order; which: of those that count, or NULL. */
static PetscErrorCode RocArea(PetscInt64 na, const PetscReal a[], PetscInt64 nb, const PetscReal b[], PetscReal *area)
{
  PetscReal *sorted[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(na, &sorted[0], nb, &sorted[1]));
  PetscCall(PetscArraycpy(sorted[0], a, na));
  PetscCall(PetscArraycpy(sorted[1], b, nb));
  PetscCall(PetscSortReal((PetscInt)na, sorted[0]));
  PetscCall(PetscSortReal((PetscInt)nb, sorted[1]));
  *area = na && nb ? kn_roc_area(sorted[0], (size_t)na, sorted[1], (size_t)nb) : NAN;
  PetscCall(PetscFree2(sorted[0], sorted[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row of the table. */
typedef struct {
  PetscReal entropy, information;
  PetscReal mistakes; /* ROC area: mistakes told from right answers by the entropy; NaN: there are none, or only such */
  PetscReal others;   /* ROC area: told from the first dataset by the information; NaN: it is the first */
} Row;

/* spread, judgement: (m) of one network; j: the dataset. Accuracy is the task's first measure. */
static PetscErrorCode Describe(const KNSpread spread[], const KNJudgement judgement[], PetscInt j, Row *row)
{
  const KNSpread  *s     = &spread[j];
  const PetscReal *right = KNJudgementGetValues(judgement[j], 0, NULL);
  PetscReal       *part[2];
  PetscInt64       count[2] = {0, 0};

  PetscFunctionBegin;
  *row = (Row){.others = NAN};
  PetscCall(PetscMalloc2(s->samples, &part[0], s->samples, &part[1]));
  for (PetscInt64 i = 0; i < s->samples; i++) {
    const int wrong = right[i] < 0.5;

    row->entropy += s->entropy[i] / (PetscReal)s->samples;
    row->information += s->information[i] / (PetscReal)s->samples;
    part[wrong][count[wrong]++] = s->entropy[i];
  }
  PetscCall(RocArea(count[0], part[0], count[1], part[1], &row->mistakes));
  if (j) PetscCall(RocArea(spread[0].samples, spread[0].information, s->samples, s->information, &row->others));
  PetscCall(PetscFree2(part[0], part[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMembersPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                              const KNJudgement judgement[], const KNSpread spread[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD,
    "\nProbabilities are means over %" PetscInt_FMT
    " passes; entropy of the mean and information between class and pass in nats; ROC area of "
    "mistakes by entropy, of\ndatasets against the first by information\n\n%-20s %-16s %11s %9s %11s "
    "%9s %9s\n",
    candidate[0].members, "run", "dataset", "temperature", "entropy", "information", "mistakes", "dataset"));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      char run[KN_MAX_NAME], name[KN_MAX_NAME], area[2][16] = {"-", "-"};
      Row  row;

      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      PetscCall(KNBaseName(dataset[j], sizeof(name), name));
      PetscCall(Describe(&spread[i * m], &judgement[i * m], j, &row));
      if (!PetscIsNanReal(row.mistakes)) PetscCall(PetscSNPrintf(area[0], 16, "%.3f", (double)row.mistakes));
      if (!PetscIsNanReal(row.others)) PetscCall(PetscSNPrintf(area[1], 16, "%.3f", (double)row.others));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %11.4g %9.4f %11.4f %9s %9s\n", run, name,
                            (double)spread[i * m + j].temperature, (double)row.entropy, (double)row.information,
                            area[0], area[1]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMembersWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                              char *const dataset[], const KNJudgement judgement[], const KNSpread spread[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file)
    fprintf(csv.file, "checkpoint,dataset,samples,members,temperature,entropy,information,roc_mistakes,roc_dataset\n");
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m && csv.file; j++) {
      Row row;

      PetscCall(Describe(&spread[i * m], &judgement[i * m], j, &row));
      KNCSVText(csv.file, candidate[i].path, ",");
      KNCSVText(csv.file, dataset[j], ",");
      fprintf(csv.file, "%" PetscInt64_FMT ",%" PetscInt_FMT ",", spread[i * m + j].samples, candidate[i].members);
      KNCSVReal(csv.file, spread[i * m + j].temperature, ",");
      KNCSVReal(csv.file, row.entropy, ",");
      KNCSVReal(csv.file, row.information, ",");
      KNCSVReal(csv.file, row.mistakes, ",");
      KNCSVReal(csv.file, row.others, "\n");
    }
  }
  PetscCall(KNCSVEnd(&csv, directory, "ensembles.csv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
