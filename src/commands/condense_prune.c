/*
  What stays of a network. Sizes first (condense_sizes.c). Then the particles: every measure of contribution
  (contribution.h), each with what is dropped left out and with it read through what stays; the data decide.
*/
#include "command.h"
#include "condense.h"

/* The best of all ways to choose the channels. */
static PetscErrorCode FindChannels(const KNCondenseSearch *search, const KNSizes *sizes, char how[], size_t size,
                                   KNOperator *best)
{
  PetscReal lowest = PETSC_MAX_REAL;

  PetscFunctionBegin;
  *best = NULL;
  for (PetscInt type = 0; KNContributionNames[type]; type++) {
    for (int merge = 0; merge < 2; merge++) {
      KNOperator op;
      PetscReal  error;

      PetscCall(KNCondenseTry(search, sizes, (KNContributionType)type, (PetscBool)merge, &op, &error));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  chosen by %-10s the others %-32s error %.5f\n",
                            KNContributionNames[type], merge ? "read through those that stay" : "dropped",
                            (double)error));
      if (error < lowest) {
        lowest = error;
        PetscCall(KNOperatorDestroy(best));
        *best = op;
        PetscCall(PetscSNPrintf(how, size, "chosen by %s, the others %s", KNContributionNames[type],
                                merge ? "read through those that stay" : "dropped"));
      } else PetscCall(KNOperatorDestroy(&op));
    }
  }
  PetscCheck(*best, PETSC_COMM_WORLD, KN_ERR_FAILED,
             "no pruned network has a finite error: the network has diverged, or -condense_width is too small");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensePrune(const KNCondense *wanted, KNOperator full, const char from[], KNDataset dataset,
                               const char dataset_path[], KNOperator *pruned)
{
  KNCondenseSearch search = {.full = full, .from = from, .dataset = dataset, .rows = wanted->samples};
  const KNProblem *problem;
  KNParameters     parameters;
  KNSizes          sizes = {{0}};
  char             how[128], text[256], line[512];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  search.grid = *KNProblemGrid(problem);
  PetscCall(KNOperatorGetModel(full, NULL, &parameters, NULL, NULL));
  PetscCall(KNPruneGetSizes(parameters, &search.sizes));
  PetscCall(KNCondenseGroups(full, &search.d, &search.velocity));
  PetscCall(KNCondenseCheckSizes(&search, wanted));
  PetscCall(KNCondenseError(full, dataset, search.rows, &search.error, NULL));
  PetscCall(KNContributionMeasure(full, dataset, search.rows, &search.contribution));
  if (search.sizes.n[KN_SIZE_HIDDEN]) {
    PetscCall(PetscMalloc1(search.sizes.n[KN_SIZE_HIDDEN], &search.hidden));
    PetscCall(KNContributionOrderHidden(&search.contribution, search.hidden));
  }
  PetscCall(KNCondenseText(NULL, &search.sizes, sizeof(text), text));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: %s, error %.5f on %" PetscInt_FMT " samples\n", from, text,
                        (double)search.error, wanted->samples));
  PetscCall(KNCondenseFindSizes(&search, wanted, &sizes));
  PetscCall(KNCondenseText(NULL, &sizes, sizeof(text), text));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "to %s; particles of %" PetscInt_FMT " channels\n", text, search.d));
  PetscCall(FindChannels(&search, &sizes, how, sizeof(how), pruned));
  PetscCall(KNCondenseText(&search.sizes, &sizes, sizeof(text), text));
  PetscCall(PetscSNPrintf(line, sizeof(line), "condensed from %s: %s, %s, on %" PetscInt_FMT " samples of %s", from,
                          text, how, wanted->samples, dataset_path));
  PetscCall(KNOperatorAddOrigin(*pruned, line));
  PetscCall(PetscFree(search.hidden));
  PetscCall(KNContributionDestroy(&search.contribution));
  PetscFunctionReturn(PETSC_SUCCESS);
}
