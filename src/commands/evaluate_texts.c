/* The texts that a network is most wrong about: a table of them, and the first on the terminal. On all ranks alike. */
#include "csv.h"
#include "evaluate.h"
#include "inspect.h"
#include <kitinet/classes.h>

enum { LISTED = 100, SHOWN = 3, EXCERPT = 400, LINE = 96 };

/* Probabilities (k) of one row, of an ensemble their mean. work: (members, k); token: (L) of the row. */
static PetscErrorCode Predict(const KNCandidate *candidate, KNDataset dataset, PetscInt64 row, int32_t token[],
                              float work[], float p[])
{
  const KNTask   task = KNOperatorTask(candidate->op);
  const size_t   k    = KNTaskOutputSize(task);
  const int32_t *length;
  KNPass         pass = {.samples = 1, .index = &row, .token = token, .stride = 1};
  char           message[1024];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetColumns(dataset, NULL, &length, NULL));
  /* it was read a moment ago */
  PetscCheck(!KNDatasetReadTokens(dataset, row, token, NULL, sizeof(message), message), PETSC_COMM_SELF,
             PETSC_ERR_FILE_READ, "%s", message);
  pass.length = length + row;
  if (candidate->members) {
    PetscCall(KNEnsemblePredict(candidate->op, candidate->members, &pass, 0, NULL, NULL, NULL, work));
    kn_class_mean(p, work, (size_t)candidate->members, k, 1, k);
  } else PetscCall(KNOperatorPredict(candidate->op, &pass, 0, NULL, NULL, p));
  PetscCall(KNTaskPresent(task, 1, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateListWorst(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                   KNJudgement judgement)
{
  const KNTask     task = KNOperatorTask(candidate->op);
  const size_t     k    = KNTaskOutputSize(task);
  const KNProblem *problem;
  const PetscReal *loss;
  const int32_t   *label, *length;
  const char     **word;
  PetscInt64       all;
  PetscInt        *order, samples = 0;
  int32_t         *token;
  float           *work, *p;
  char             text[EXCERPT], file[KN_MAX_NAME + 16];
  KNCSV            csv;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetColumns(dataset, &label, &length, NULL));
  loss = KNJudgementGetValues(judgement, KNTaskGetInfo(task)->curve, &all);
  PetscCall(PetscMalloc1(all, &order));
  for (PetscInt i = 0; i < all; i++) {
    if (!PetscIsNanReal(loss[i])) order[samples++] = i;
  }
  PetscCall(PetscSortRealWithPermutation(samples, loss, order));
  PetscCall(KNSpaceListNames(&problem->input, &word));
  PetscCall(KNMalloc((size_t)problem->input.length, sizeof(*token), &token));
  PetscCall(KNMalloc((size_t)PetscMax(candidate->members, 1) * k, sizeof(*work), &work));
  PetscCall(KNMalloc(k, sizeof(*p), &p));
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) fprintf(csv.file, "row,truth,prediction,probability,cross_entropy,text\n");
  for (PetscInt i = 0; i < PetscMin(samples, LISTED); i++) {
    const PetscInt64 row  = order[samples - 1 - i];
    size_t           best = 0;

    PetscCall(Predict(candidate, dataset, row, token, work, p));
    for (size_t c = 1; c < k; c++) best = p[c] > p[best] ? c : best;
    KNInspectJoin(word, token, length[row], sizeof(text), text);
    if (csv.file) {
      fprintf(csv.file, "%" PetscInt64_FMT ",", row);
      KNCSVText(csv.file, KNTaskClassName(task, (size_t)label[row]), ",");
      KNCSVText(csv.file, KNTaskClassName(task, best), ",");
      fprintf(csv.file, "%.7g,%.7g,", (double)p[best], (double)loss[row]);
      KNCSVText(csv.file, text, "\n");
    }
    if (i == 0) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMost wrong on %s\n\n", name));
    if (i < SHOWN)
      PetscCall(
        PetscPrintf(PETSC_COMM_WORLD, "row %" PetscInt64_FMT ", %s", row, KNTaskClassName(task, (size_t)label[row])));
    if (i < SHOWN)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", %.1f %% %s: %.*s%s\n", 100 * (double)p[best],
                            KNTaskClassName(task, best), LINE, text, strlen(text) > LINE ? " .." : ""));
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "worst_%s.csv", name));
  PetscCall(KNCSVEnd(&csv, candidate->directory, file));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "and more of them: %s/%s\n", candidate->directory, file));
  PetscCall(KNFree(&p));
  PetscCall(KNFree(&work));
  PetscCall(KNFree(&token));
  PetscCall(PetscFree(word));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}
