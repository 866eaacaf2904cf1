/* Datasets: memory, questions, end. Writing, publishing, reading and checking have files of their own. */
#include "dataset_impl.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int KNDatasetAllocate(KNDataset dataset)
{
  const size_t n   = (size_t)dataset->samples;
  size_t       row = 0;

  for (PetscInt i = 0; i < dataset->arrays; i++) row += dataset->array[i].size;
  dataset->sample   = (PetscInt64 *)calloc(n, sizeof(*dataset->sample));
  dataset->checksum = (uint32_t *)calloc(n, sizeof(*dataset->checksum));
  dataset->row      = (float *)calloc(row, sizeof(*dataset->row));
  dataset->times    = (PetscReal *)calloc((size_t)dataset->problem.frames + 1, sizeof(*dataset->times));
  if (dataset->writing) {
    dataset->written = (signed char *)calloc(n, sizeof(*dataset->written));
    dataset->present = (signed char *)calloc(n, sizeof(*dataset->present));
  }
  if (!dataset->sample || !dataset->checksum || !dataset->row || !dataset->times || (dataset->writing && !(dataset->written && dataset->present))) {
    return KNFileFail(&dataset->file, PETSC_ERR_MEM, "no memory for the index of %zu rows and one row of %zu values", n, row);
  }
  dataset->problem.times = dataset->problem.frames ? dataset->times : NULL;
  return 0;
}

PetscErrorCode KNDatasetAgree(KNDataset dataset)
{
  PetscMPIInt failed = dataset->failure != 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, dataset->comm));
  if (failed && dataset->file.id && dataset->file.code == KN_ERR_IO) KNErrorSetBroken();
  if (failed && dataset->descriptor >= 0) unlink(dataset->temporary); // rank 0
  PetscCall(KNAgree(dataset->comm, dataset->failure, "%s", dataset->file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a failed write HDF5 may crash while it closes the file: it is left to the end of the process. */
static void CloseFile(KNDataset dataset)
{
  if (!dataset->file.id || dataset->failure) return;
  KNHDF5Lock();
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    H5Sclose(dataset->array[i].disk);
    H5Sclose(dataset->array[i].memory);
  }
  if (dataset->writing) {
    H5Sclose(dataset->index.disk);
    H5Sclose(dataset->index.memory);
  }
  H5Fclose(dataset->file.id);
  KNHDF5Unlock();
  dataset->file.id = 0;
}

PetscErrorCode KNDatasetDestroy(KNDataset *dataset)
{
  KNDataset d = *dataset;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(PETSC_SUCCESS);
  CloseFile(d);
  if (d->descriptor >= 0) {
    unlink(d->temporary);
    close(d->descriptor);
  }
  free(d->sample);
  free(d->checksum);
  free(d->row);
  free(d->times);
  free(d->written);
  free(d->present);
  PetscCall(PetscFree(d));
  *dataset = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetSuspend(KNDataset *dataset)
{
  PetscFunctionBegin;
  PetscCall(KNDatasetAgree(*dataset));
  if ((*dataset)->descriptor >= 0) close((*dataset)->descriptor);
  (*dataset)->descriptor = -1;
  PetscCall(KNDatasetDestroy(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetPath(KNDataset dataset, const char **path)
{
  PetscFunctionBegin;
  if (path) *path = dataset->path;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetProblem(KNDataset dataset, const KNProblem **problem)
{
  PetscFunctionBegin;
  if (problem) *problem = &dataset->problem;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetSamples(KNDataset dataset, PetscInt64 *samples)
{
  PetscFunctionBegin;
  if (samples) *samples = dataset->samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetIndex(KNDataset dataset, const PetscInt64 **sample)
{
  PetscFunctionBegin;
  *sample = dataset->sample;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetHasRow(KNDataset dataset, PetscInt64 row, PetscBool *present)
{
  PetscFunctionBegin;
  *present = (PetscBool)(dataset->present[row] != 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetProvenance(KNDataset dataset, PetscInt64 *seed, const char **options, const char **version)
{
  PetscFunctionBegin;
  if (seed) *seed = dataset->seed;
  if (options) *options = dataset->options;
  if (version) *version = dataset->version;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). Text goes in up to its end, numbers as they are. */
static uint64_t Mix(uint64_t hash, const void *data, size_t size)
{
  const unsigned char *byte = (const unsigned char *)data;

  for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash;
}

static uint64_t MixText(uint64_t hash, const char text[])
{
  return Mix(hash, text, strlen(text) + 1);
}

static uint64_t MixFields(uint64_t hash, PetscInt count, const KNField field[])
{
  hash = Mix(hash, &count, sizeof(count));
  for (PetscInt i = 0; i < count; i++) hash = MixText(MixText(hash, field[i].name), field[i].unit);
  return hash;
}

PetscErrorCode KNDatasetGetFingerprint(KNDataset dataset, uint64_t *fingerprint)
{
  const KNProblem *problem = &dataset->problem;
  uint64_t         hash    = 0xcbf29ce484222325u;

  PetscFunctionBegin;
  hash = MixText(MixText(MixText(hash, problem->pde), problem->equation), problem->boundary);
  hash = MixText(hash, KNPointsNames[problem->output.grid.points]);
  hash = Mix(hash, problem->output.grid.n, sizeof(problem->output.grid.n));
  hash = Mix(hash, &problem->frames, sizeof(problem->frames));
  hash = Mix(hash, dataset->times, (size_t)problem->frames * sizeof(*dataset->times));
  hash = MixFields(hash, problem->input.fields, problem->input.field);
  hash = MixFields(hash, problem->output.fields, problem->output.field);
  for (PetscInt i = 0; i < problem->parameters; i++) {
    hash = MixText(MixText(hash, problem->parameter[i].name), problem->parameter[i].unit);
    hash = Mix(hash, &problem->parameter[i].value, sizeof(problem->parameter[i].value));
  }
  hash         = Mix(hash, &dataset->seed, sizeof(dataset->seed));
  hash         = Mix(hash, dataset->checksum, (size_t)dataset->samples * sizeof(*dataset->checksum));
  *fingerprint = hash;
  PetscFunctionReturn(PETSC_SUCCESS);
}
