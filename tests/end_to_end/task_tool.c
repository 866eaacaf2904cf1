/*
  Datasets for the tests of tasks.

    task_tool scale FILE NEW FACTOR [ROW ..]    NEW is FILE with its outputs times FACTOR, 0 everywhere in the rows named
*/
#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/error.h>
#include <stdlib.h>

static PetscErrorCode Scale(int n, char **word)
{
  KNDataset        from;
  KNDatasetWriter  to;
  const KNProblem *problem;
  const double     factor = strtod(word[2], NULL);
  PetscInt64       samples;
  float           *x, *y;
  char             message[1024];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, word[0], &from));
  PetscCall(KNDatasetGetProblem(from, &problem));
  PetscCall(KNDatasetGetSamples(from, &samples));
  PetscCall(PetscMalloc2(KNProblemInputSize(problem), &x, KNProblemOutputSize(problem), &y));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, word[1], problem, samples, 1, "", PETSC_TRUE, &to));
  for (PetscInt64 row = 0; row < samples; row++) {
    const int code = KNDatasetRead(from, row, KNProblemInputSize(problem) ? x : NULL, y, sizeof(message), message);
    double    own  = factor;

    PetscCheck(!code, PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", message);
    for (int i = 3; i < n; i++) own = atoi(word[i]) == row ? 0 : own;
    for (size_t i = 0; i < KNProblemOutputSize(problem); i++) y[i] = (float)(own * (double)y[i]);
    PetscCall(KNDatasetWriterWrite(to, row, row, x, y));
  }
  PetscCall(KNDatasetWriterPublish(to));
  PetscCall(KNDatasetWriterDestroy(&to));
  PetscCall(KNDatasetDestroy(&from));
  PetscCall(PetscFree2(x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitializeNoArguments());
  PetscCheck(argc > 4 && !strcmp(argv[1], "scale"), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "scale FILE NEW FACTOR [ROW ..]");
  PetscCall(Scale(argc - 2, argv + 2));
  PetscCall(PetscFinalize());
  return 0;
}
