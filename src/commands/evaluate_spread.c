/*
  What kitinet evaluate measures of ensembles, several passes of one network with other collisions or dropout: how far
  their spread tells the error (reliability.h), and whether it tells samples of another distribution from those of the
  first dataset.
*/
#include "csv.h"
#include "evaluate.h"
#include <kitinet/error.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>
#include <math.h>

typedef struct {
  KNJudgement   judgement; /* of the mean; may be NULL */
  KNReliability reliability;
  size_t        members, n;
  float        *mean; /* (n) */
} Visit;

static PetscErrorCode Measure(void *context, PetscInt64 row, const float y[], size_t stride, const float truth[])
{
  Visit *visit = (Visit *)context;

  PetscFunctionBegin;
  PetscCall(KNReliabilityAdd(visit->reliability, row, y, stride, truth));
  if (!visit->judgement) PetscFunctionReturn(PETSC_SUCCESS);
  kn_ensemble_moments(visit->mean, NULL, y, visit->members, stride, visit->n);
  PetscCall(KNJudgementAdd(visit->judgement, row, visit->mean, truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadMeasure(const KNCandidate *candidate, KNDataset dataset, PetscInt batch, PetscReal factor,
                               KNJudgement judgement, KNSpread *spread)
{
  const KNProblem *problem;
  PetscInt         history;
  PetscInt64       samples;
  Visit            visit = {.judgement = judgement, .members = (size_t)candidate->members};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorGetHistory(candidate->op, &history));
  visit.n =
    KNProblemOutputSize(problem) - (size_t)(history * problem->output.fields) * KNGridSize(&problem->output.grid);
  PetscCall(KNMalloc(visit.n, sizeof(float), &visit.mean));
  PetscCall(KNReliabilityCreate(candidate->members, factor, samples, visit.n, &visit.reliability));
  spread->reliability = visit.reliability;
  PetscCall(KNEnsembleEach(candidate->op, candidate->members, dataset, batch, Measure, &visit));
  PetscCall(KNReliabilityReduce(spread->reliability, &spread->result));
  PetscCall(KNFree(&visit.mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadCalibrate(KNCandidate *candidate, const char path[], PetscInt batch)
{
  const KNProblem *problem;
  KNDataset        dataset;
  KNSpread         spread = {.reliability = NULL};
  PetscReal        factor;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNOperatorAccept(candidate->op, dataset, &problem));
  PetscCall(KNOperatorPlan(candidate->op, problem, batch, PETSC_FALSE));
  PetscCall(KNSpreadMeasure(candidate, dataset, batch, 1, NULL, &spread));
  PetscCall(KNReliabilityFit(spread.reliability, path, &factor));
  PetscCall(KNEnsembleStoreFactor(candidate->path, candidate->directory, factor, candidate->members));
  PetscCall(KNCandidateLoad(candidate));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: the spread is multiplied by %.4g from now on, fitted on %s\n",
                        candidate->path, (double)factor, path));
  PetscCall(KNReliabilityDestroy(&spread.reliability));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of dataset j against dataset 0: NaN for j = 0. */
static PetscErrorCode RocArea(const KNSpread spread[], PetscInt j, PetscReal *area)
{
  const KNReliabilityResult *result[2] = {&spread[0].result, &spread[j].result};
  PetscReal                 *score[2];

  PetscFunctionBegin;
  *area = NAN;
  if (!j) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2; i++) {
    PetscCall(PetscMalloc1(result[i]->samples, &score[i]));
    PetscCall(PetscArraycpy(score[i], result[i]->score, result[i]->samples));
    PetscCall(PetscSortReal((PetscInt)result[i]->samples, score[i]));
  }
  *area = kn_roc_area(score[0], (size_t)result[0]->samples, score[1], (size_t)result[1]->samples);
  for (int i = 0; i < 2; i++) PetscCall(PetscFree(score[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                             const KNSpread spread[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nSpread of %" PetscInt_FMT
                        " passes against the error of their mean; ROC area: told from the first dataset by the "
                        "spread\n\n%-20s %-16s %8s %8s %10s %10s %8s %8s\n",
                        candidate[0].members, "run", "dataset", "factor", "spread/", "50 %", "90 %", "CRPS", "ROC"));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %8s %8s %10s %10s %8s %8s\n", "", "", "", "error", "interval",
                        "interval", "in %", "area"));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const KNReliabilityResult *result = &spread[i * m + j].result;
      char                       run[KN_MAX_NAME], name[KN_MAX_NAME], text[16] = "-";
      PetscReal                  area;

      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      PetscCall(KNBaseName(dataset[j], sizeof(name), name));
      PetscCall(RocArea(&spread[i * m], j, &area));
      if (j) PetscCall(PetscSNPrintf(text, sizeof(text), "%.3f", (double)area));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s %8.3g %8.3f %8.1f %% %8.1f %% %8.3f %8s\n", run, name,
                            (double)result->factor, (double)result->ratio, 100 * (double)result->coverage[0],
                            100 * (double)result->coverage[1], 100 * (double)result->relative_crps, text));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                             char *const dataset[], const KNSpread spread[])
{
  KNCSV table, ranks;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&table));
  PetscCall(KNCSVBegin(&ranks));
  if (table.file) {
    fprintf(table.file, "checkpoint,dataset,samples,members,factor,fitted_members,ratio,coverage_50,coverage_90,crps,"
                        "relative_crps,roc_area\n");
    fprintf(ranks.file, "checkpoint,dataset,rank,points\n");
  }
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m && table.file; j++) {
      const KNReliabilityResult *result = &spread[i * m + j].result;
      PetscReal                  area, factor;
      PetscInt                   fitted;

      PetscCall(RocArea(&spread[i * m], j, &area));
      PetscCall(KNOperatorGetSpread(candidate[i].op, &factor, &fitted));
      KNCSVText(table.file, candidate[i].path, ",");
      KNCSVText(table.file, dataset[j], ",");
      fprintf(table.file, "%" PetscInt64_FMT ",%" PetscInt_FMT ",", result->samples, result->members);
      KNCSVReal(table.file, result->factor, ",");
      fprintf(table.file, "%" PetscInt_FMT ",", fitted);
      KNCSVReal(table.file, result->ratio, ",");
      for (int p = 0; p < KN_INTERVALS; p++) KNCSVReal(table.file, result->coverage[p], ",");
      KNCSVReal(table.file, result->crps, ",");
      KNCSVReal(table.file, result->relative_crps, ",");
      KNCSVReal(table.file, area, "\n");
      for (PetscInt k = 0; k <= result->members; k++) {
        KNCSVText(ranks.file, candidate[i].path, ",");
        KNCSVText(ranks.file, dataset[j], ",");
        fprintf(ranks.file, "%" PetscInt_FMT ",%" PetscInt64_FMT "\n", k, result->rank[k]);
      }
    }
  }
  PetscCall(KNCSVEnd(&table, directory, "reliability.csv"));
  PetscCall(KNCSVEnd(&ranks, directory, "ranks.csv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share of points at each rank, of all ranks 1 if they are equally frequent. */
static PetscErrorCode DrawRanks(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j, const char name[],
                                const KNSpread spread[], char (*label)[KN_MAX_NAME], KNPictureCurve *curve)
{
  const PetscInt ranks = candidate[0].members + 1;
  PetscReal     *rank, *share;
  char           path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(ranks, &rank, n * ranks, &share));
  for (PetscInt i = 0; i < n; i++) {
    const KNReliabilityResult *result = &spread[i * m + j].result;
    PetscReal                  total  = 0;

    for (PetscInt k = 0; k < ranks; k++) total += (PetscReal)result->rank[k];
    for (PetscInt k = 0; k < ranks; k++) {
      rank[k]              = (PetscReal)k;
      share[i * ranks + k] = (PetscReal)result->rank[k] * (PetscReal)ranks / total;
    }
    curve[i] = (KNPictureCurve){.name = label[i], .n = ranks, .x = rank, .y = share + i * ranks};
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "ranks_%s", name));
  PetscCall(KNRunPath(candidate[0].directory, file, path));
  PetscCall(KNPictureCurves(path, NULL, "members below the truth", "points, relative to equal frequency",
                            KN_AXES_LINEAR, n, curve));
  PetscCall(PetscFree2(rank, share));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadDraw(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j, const char name[],
                            const KNSpread spread[])
{
  KNPictureCurve *curve;
  char(*label)[KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(n, &curve, n, &label));
  for (PetscInt i = 0; i < n; i++) PetscCall(KNBaseName(candidate[i].directory, sizeof(label[i]), label[i]));
  PetscCall(DrawRanks(n, candidate, m, j, name, spread, label, curve));
  for (PetscInt i = 0; i < n; i++) {
    const KNReliabilityResult *result = &spread[i * m + j].result;

    curve[i] =
      (KNPictureCurve){.name = label[i], .n = (PetscInt)result->samples, .x = result->spread, .y = result->error};
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "spread_%s", name));
  PetscCall(KNRunPath(candidate[0].directory, file, path));
  PetscCall(KNPicturePoints(path, NULL, "spread of a sample (root mean square)", "error of the mean (root mean square)",
                            KN_AXES_LINEAR, n, curve));
  PetscCall(PetscFree2(curve, label));
  PetscFunctionReturn(PETSC_SUCCESS);
}
