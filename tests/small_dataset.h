/*
  A small dataset whose values are a function of (row, field, channel, point): what tests of loading and normalising
  start from.
*/
#ifndef KITINET_TEST_SMALL_DATASET_H
#define KITINET_TEST_SMALL_DATASET_H

#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/random.h>

/* Value number i of the input (field 0) or the output (field 1) of a row: uniform in (-1, 1), no two alike. */
static inline float SmallDatasetValue(PetscInt64 row, int field, size_t i)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_TEST, row, field, (PetscInt64)i, 0, word);
  return (float)(2.0 * KNUniform(word[0]) - 1.0);
}

static inline void SmallDatasetProblem(PetscInt inputs, PetscInt outputs, PetscInt frames, PetscReal times[],
                                       const KNGrid *grid, KNProblem *problem)
{
  (void)memset(problem, 0, sizeof(*problem));
  (void)snprintf(problem->pde, sizeof(problem->pde), "test");
  (void)snprintf(problem->equation, sizeof(problem->equation), "u = random");
  (void)snprintf(problem->boundary, sizeof(problem->boundary), "none");
  KNProblemSetGrid(problem, *grid);
  problem->input.fields  = inputs;
  problem->output.fields = outputs;
  problem->frames        = frames;
  problem->times         = times;
  for (PetscInt t = 0; t < frames; t++) times[t] = (PetscReal)t;
  for (PetscInt c = 0; c < inputs; c++) problem->input.field[c] = (KNField){.name = "x", .unit = "1"};
  for (PetscInt c = 0; c < outputs; c++) problem->output.field[c] = (KNField){.name = "y", .unit = "1"};
  for (PetscInt c = 0; c < inputs; c++) problem->input.field[c].name[1] = (char)('1' + c);
  for (PetscInt c = 0; c < outputs; c++) problem->output.field[c].name[1] = (char)('1' + c);
}

/* Collective on comm. Writes N rows; value: as SmallDatasetValue(). */
static inline PetscErrorCode SmallDatasetWrite(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 N,
                                               float (*value)(PetscInt64, int, size_t))
{
  KNDatasetWriter dataset;
  PetscMPIInt     rank, size;
  const size_t    nx = KNProblemInputSize(problem), ny = KNProblemOutputSize(problem);
  float          *x, *y;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2(nx, &x, ny, &y));
  PetscCall(KNDatasetWriterCreate(comm, path, problem, N, 1, "", PETSC_TRUE, &dataset));
  for (PetscInt64 row = rank; row < N; row += size) {
    for (size_t i = 0; i < nx; i++) x[i] = value(row, 0, i);
    for (size_t i = 0; i < ny; i++) y[i] = value(row, 1, i);
    PetscCall(KNDatasetWriterWrite(dataset, row, row, x, y));
  }
  PetscCall(KNDatasetWriterPublish(dataset));
  PetscCall(KNDatasetWriterDestroy(&dataset));
  PetscCall(PetscFree2(x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
