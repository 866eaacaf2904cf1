/*
  Datasets for the tests of tasks.

    task_tool scale FILE NEW FACTOR [ROW ..]            NEW is FILE with its outputs times FACTOR, 0 everywhere in the
    rows named task_tool classes FILE K ROWS FIRST PREFIX N1 [N2]  ROWS rows, numbers FIRST and on, of K classes with
    the names PREFIX0, ..: waves of c + 1 periods with
                                                        any phase, and noise
*/
#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/error.h>
#include <kitinet/random.h>
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

static PetscErrorCode Classes(int n, char **word)
{
  enum { MOST = 64 * 64, NAMES = 1024 };
  const PetscInt  k = atoi(word[1]), rows = atoi(word[2]), first = atoi(word[3]);
  KNProblem       problem = {.pde = "waves", .equation = "none", .boundary = "none"};
  KNDatasetWriter to;
  char            names[NAMES];
  float           x[MOST];
  size_t          used = 0, S;

  PetscFunctionBegin;
  problem.input = (KNSpace){
    .grid   = KNGridMake(n - 5, (const PetscInt[]){atoi(word[5]), n > 6 ? atoi(word[6]) : 1}, KN_POINTS_PERIODIC),
    .fields = 1,
    .field  = {{.name = "u", .unit = "1"}}};
  problem.output = (KNSpace){.kind = KN_SPACE_CLASS, .grid = {.n = {1, 1, 1}}, .count = k, .names = names};
  S              = KNGridSize(&problem.input.grid);
  PetscCheck(S <= MOST && k < 64, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "too many");
  for (PetscInt c = 0; c < k; c++)
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%d", word[4], (int)c) + 1;
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, word[0], &problem, rows, 1, "", PETSC_TRUE, &to));
  for (PetscInt row = 0; row < rows; row++) {
    uint64_t  random[4];
    KNRow     value = {.x = x, .label = (int32_t)((first + row) % k)};
    PetscReal phase;

    KNRandomWords(2, KN_STREAM_TEST, first + row, 0, 0, 0, random);
    phase = KNUniform(random[0]);
    for (size_t s = 0; s < S; s++) {
      const PetscReal place =
        (PetscReal)(s / (S / (size_t)problem.input.grid.n[0])) / (PetscReal)problem.input.grid.n[0];

      KNRandomWords(2, KN_STREAM_TEST, first + row, 1 + (PetscInt64)s, 0, 0, random);
      x[s] =
        (float)(PetscSinReal(2 * PETSC_PI * ((value.label + 1) * place + phase)) + 0.6 * (KNUniform(random[0]) - 0.5));
    }
    PetscCall(KNDatasetWriterWriteRow(to, row, first + row, &value));
  }
  PetscCall(KNDatasetWriterPublish(to));
  PetscCall(KNDatasetWriterDestroy(&to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitializeNoArguments());
  PetscCheck(argc > 4, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "scale FILE NEW FACTOR [ROW ..] or classes FILE K ROWS "
             "FIRST PREFIX N1 [N2]");
  if (!strcmp(argv[1], "scale")) PetscCall(Scale(argc - 2, argv + 2));
  else PetscCall(Classes(argc - 2, argv + 2));
  PetscCall(PetscFinalize());
  return 0;
}
