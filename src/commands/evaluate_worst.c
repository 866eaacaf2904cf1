/* The pictures that a network is most wrong about. By one rank. */
#include "evaluate.h"
#include "inspect.h"
#include <kitinet/classes.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>

enum { COLUMNS = 8, SHOWN = 24 };

/* Probabilities (k) of one row, of an ensemble their mean; x: its input, for the picture. work: (members + 1, k) and
 * the input. */
static PetscErrorCode Predict(const KNCandidate *candidate, KNDataset dataset, PetscInt64 row, float x[], float work[],
                              float p[])
{
  const KNTask     task = KNOperatorTask(candidate->op);
  const size_t     k    = KNTaskOutputSize(task);
  const KNPass     pass = {.samples = 1, .index = &row};
  const KNProblem *problem;
  char             message[1024];
  float           *input = work + (size_t)PetscMax(candidate->members, 1) * k;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  /* it was read a moment ago */
  PetscCheck(!KNDatasetRead(dataset, row, x, NULL, sizeof(message), message), PETSC_COMM_SELF, PETSC_ERR_FILE_READ,
             "%s", message);
  if (candidate->members) {
    PetscCall(KNEnsemblePredict(candidate->op, candidate->members, &pass, 0, x, input, NULL, work));
    kn_class_mean(p, work, (size_t)candidate->members, k, 1, k);
  } else {
    PetscCall(PetscArraycpy(input, x, KNProblemInputSize(problem)));
    PetscCall(KNOperatorPredict(candidate->op, &pass, 0, input, NULL, p));
  }
  PetscCall(KNTaskPresent(task, 1, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateDrawWorst(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                   KNJudgement judgement)
{
  const KNTask     task = KNOperatorTask(candidate->op);
  const size_t     k    = KNTaskOutputSize(task);
  const KNProblem *problem;
  const PetscReal *loss;
  const int32_t   *label;
  PetscInt64       all;
  PetscInt        *order, samples = 0, tiles;
  size_t           nx;
  KNPictureTile    tile[SHOWN];
  char             path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME], line[SHOWN][2][KN_MAX_TEXT];
  float           *x, *work, *p;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  if (!KNInspectIsImages(problem)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetColumns(dataset, &label, NULL, NULL));
  loss = KNJudgementGetValues(judgement, KNTaskGetInfo(task)->curve, &all);
  nx   = KNProblemInputSize(problem);
  PetscCall(PetscMalloc1(all, &order));
  for (PetscInt i = 0; i < all; i++) {
    if (!PetscIsNanReal(loss[i])) order[samples++] = i;
  }
  PetscCall(PetscSortRealWithPermutation(samples, loss, order));
  tiles = PetscMin(samples, SHOWN);
  PetscCall(KNMalloc((size_t)SHOWN * nx, sizeof(*x), &x));
  PetscCall(KNMalloc((size_t)(candidate->members + 1) * k + nx, sizeof(*work), &work));
  PetscCall(KNMalloc(k, sizeof(*p), &p));
  for (PetscInt i = 0; i < tiles; i++) {
    const PetscInt64 row  = order[samples - 1 - i];
    size_t           best = 0;

    PetscCall(Predict(candidate, dataset, row, x + (size_t)i * nx, work, p));
    for (size_t c = 1; c < k; c++) best = p[c] > p[best] ? c : best;
    PetscCall(PetscSNPrintf(line[i][0], sizeof(line[i][0]), "%s", KNTaskClassName(task, (size_t)label[row])));
    PetscCall(
      PetscSNPrintf(line[i][1], sizeof(line[i][1]), "%.0f%% %s", 100 * (double)p[best], KNTaskClassName(task, best)));
    tile[i] = (KNPictureTile){.pixel = x + (size_t)i * nx,
                              .line  = {line[i][0], line[i][1]},
                              .wrong = (PetscBool)(best != (size_t)label[row])};
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "worst_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  if (tiles)
    PetscCall(KNPictureSheet(path, "What the network is most wrong about: truth, prediction", problem->input.fields,
                             problem->input.grid.n[0], problem->input.grid.n[1], COLUMNS, tiles, tile));
  PetscCall(KNFree(&p));
  PetscCall(KNFree(&work));
  PetscCall(KNFree(&x));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}
