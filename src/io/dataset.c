/* Datasets open for reading: end and questions. Opening and reading are in dataset_read.c. */
#include "dataset_impl.h"
#include <string.h>

PetscErrorCode KNDatasetDestroy(KNDataset *dataset)
{
  KNDataset        d = *dataset;
  KNDatasetLayout *layout;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(PETSC_SUCCESS);
  layout = &d->layout;
  if (layout->file.id && !d->failure) {
    KNHDF5Lock();
    for (PetscInt i = 0; i < layout->arrays; i++) {
      H5Sclose(layout->array[i].disk);
      H5Sclose(layout->array[i].memory);
    }
    H5Fclose(layout->file.id);
    KNHDF5Unlock();
  }
  KNDatasetFree(layout);
  PetscCall(PetscFree(d));
  *dataset = NULL;
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
  if (problem) *problem = dataset->shown.input.constants ? &dataset->shown : &dataset->layout.problem;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value in a row of the parameter i that is shown. */
static double KNDatasetParameter(KNDataset dataset, PetscInt64 row, PetscInt i)
{
  const size_t P = (size_t)dataset->layout.problem.coefficients;

  if (dataset->place[i] < 0) return dataset->same[i];
  return dataset->layout.parameters[(size_t)row * P + (size_t)dataset->place[i]];
}

PetscErrorCode KNDatasetShowParameters(KNDataset dataset, PetscInt count, const KNField field[])
{
  KNProblem *shown = &dataset->shown;

  PetscFunctionBegin;
  *shown = dataset->layout.problem;
  PetscCheck(!count || shown->input.kind == KN_SPACE_FIELD, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has no input fields, beside which parameters could be seen", dataset->path);
  PetscCheck(shown->input.fields + count <= KN_MAX_FIELDS, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: %" PetscInt_FMT " input fields and %" PetscInt_FMT " parameters are more than the %d channels that "
             "a network can see: train without them, -train_parameters false",
             dataset->path, shown->input.fields, count, KN_MAX_FIELDS);
  for (PetscInt i = 0; i < count; i++) {
    PetscInt k = 0;

    dataset->place[i] = 0;
    while (dataset->place[i] < shown->coefficients && strcmp(shown->coefficient[dataset->place[i]].name, field[i].name))
      dataset->place[i]++;
    if (dataset->place[i] == shown->coefficients) {
      dataset->place[i] = -1;
      while (k < shown->parameters && strcmp(shown->parameter[k].name, field[i].name)) k++;
      PetscCheck(k < shown->parameters, PETSC_COMM_WORLD, KN_ERR_INPUT,
                 "%s has no parameter \"%s\", which the network sees: give a dataset that has it, of each sample or of "
                 "all",
                 dataset->path, field[i].name);
      dataset->same[i] = shown->parameter[k].value;
    }
    for (PetscInt64 row = 0; field[i].logarithmic && row < dataset->layout.samples; row++) {
      const double value = KNDatasetParameter(dataset, row, i);

      PetscCheck(value > 0, PETSC_COMM_WORLD, KN_ERR_INPUT,
                 "row %" PetscInt64_FMT " of %s has %s %.10g, of which the network sees the logarithm: leave it out",
                 row, dataset->path, field[i].name, value);
    }
    shown->input.field[shown->input.fields++] = field[i];
  }
  shown->input.constants = count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNDatasetFillParameters(KNDataset dataset, PetscInt64 row, size_t S, float x[])
{
  const PetscInt first = dataset->layout.problem.input.fields;

  if (!x) return;
  x += (size_t)first * S;
  for (PetscInt i = 0; i < dataset->shown.input.constants; i++, x += S) {
    const float value = KNFieldSeen(&dataset->shown.input.field[first + i], KNDatasetParameter(dataset, row, i));

    for (size_t s = 0; s < S; s++) x[s] = value;
  }
}

PetscErrorCode KNDatasetGetSamples(KNDataset dataset, PetscInt64 *samples)
{
  PetscFunctionBegin;
  if (samples) *samples = dataset->layout.samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetIndex(KNDataset dataset, const PetscInt64 **sample)
{
  PetscFunctionBegin;
  *sample = dataset->layout.sample;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetColumns(KNDataset dataset, const int32_t **label, const int32_t **length,
                                   const double **parameters)
{
  PetscFunctionBegin;
  if (label) *label = dataset->layout.label;
  if (length) *length = dataset->layout.length;
  if (parameters) *parameters = dataset->layout.parameters;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetGetProvenance(KNDataset dataset, PetscInt64 *seed, const char **options, const char **version)
{
  PetscFunctionBegin;
  if (seed) *seed = dataset->layout.seed;
  if (options) *options = dataset->layout.options;
  if (version) *version = dataset->layout.version;
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
  for (PetscInt i = 0; i < count; i++) {
    hash = MixText(MixText(hash, field[i].name), field[i].unit);
    if (field[i].logarithmic) hash = MixText(hash, KNFieldScaleNames[1]); /* nothing of linear ones: as ever */
  }
  return hash;
}

/* What format 2 says beyond format 1. */
static uint64_t MixSpaces(uint64_t hash, const KNProblem *problem)
{
  const KNSpace *space[] = {&problem->input, &problem->output};

  for (int side = 0; side < 2; side++) {
    const char *name = space[side]->names;

    hash = MixText(hash, KNSpaceKindNames[space[side]->kind]);
    hash = MixText(hash, KNPointsNames[space[side]->grid.points]);
    hash = Mix(hash, space[side]->grid.n, sizeof(space[side]->grid.n));
    hash = Mix(hash, &space[side]->type, sizeof(space[side]->type));
    hash = Mix(hash, &space[side]->length, sizeof(space[side]->length));
    hash = Mix(hash, &space[side]->count, sizeof(space[side]->count));
    for (PetscInt i = 0; i < space[side]->count; i++, name += strlen(name) + 1) hash = MixText(hash, name);
  }
  hash = MixFields(hash, problem->coefficients, problem->coefficient);
  for (PetscInt i = 0; i < problem->symmetries; i++) hash = MixText(hash, problem->symmetry[i]);
  return hash;
}

PetscErrorCode KNDatasetGetFingerprint(KNDataset dataset, uint64_t *fingerprint)
{
  const KNProblem *problem = &dataset->layout.problem;
  uint64_t         hash    = 0xcbf29ce484222325u;

  PetscFunctionBegin;
  hash = MixText(MixText(MixText(hash, problem->pde), problem->equation), problem->boundary);
  hash = MixText(hash, KNPointsNames[problem->output.grid.points]);
  hash = Mix(hash, problem->output.grid.n, sizeof(problem->output.grid.n));
  hash = Mix(hash, &problem->frames, sizeof(problem->frames));
  hash = Mix(hash, dataset->layout.times, (size_t)problem->frames * sizeof(*dataset->layout.times));
  hash = MixFields(hash, problem->input.fields, problem->input.field);
  hash = MixFields(hash, problem->output.fields, problem->output.field);
  for (PetscInt i = 0; i < problem->parameters; i++) {
    hash = MixText(MixText(hash, problem->parameter[i].name), problem->parameter[i].unit);
    hash = Mix(hash, &problem->parameter[i].value, sizeof(problem->parameter[i].value));
  }
  if (dataset->layout.format >= 2) hash = MixSpaces(hash, problem);
  hash = Mix(hash, &dataset->layout.seed, sizeof(dataset->layout.seed));
  hash = Mix(hash, dataset->layout.checksum, (size_t)dataset->layout.samples * sizeof(*dataset->layout.checksum));
  *fingerprint = hash;
  PetscFunctionReturn(PETSC_SUCCESS);
}
