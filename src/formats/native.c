/*
  Our own datasets as a source; every row is compared with its checksum. As a sink they are written by KNDataset, on
  all ranks.
*/
#include "format_impl.h"
#include <string.h>

static PetscBool Recognises_Native(KNSource source)
{
  char     format[KN_MAX_NAME] = "";
  PetscInt count;

  snprintf(source->kind, sizeof(source->kind), "a %s", KN_DATASET_FORMAT);
  return (PetscBool)(source->file.id &&
                     !KNHDF5Texts(&source->file, source->file.id, "format", sizeof(format), 1, &count, format) &&
                     !strcmp(format, KN_DATASET_FORMAT));
}

static int Open_Native(KNSource source, const KNSourceChoice *choice)
{
  KNSourceChoice   own = *choice;
  const KNProblem *problem;
  KNDataset        d;
  size_t           n[KN_MAX_DIM];

  KNSourceHDF5Close(source);
  KNCallFile(KNDatasetOpenSelf(source->path[0], &d, sizeof(source->file.message), source->file.message));
  source->data = d;
  if (choice->x_count || choice->y_count || choice->u_count || choice->points >= 0)
    return KNFileFail(&source->file, KN_ERR_INPUT,
                      "is a %s, which says itself what it holds: without -x, -y, -u, -points", KN_DATASET_FORMAT);
  (void)KNDatasetGetProblem(d, &problem);
  (void)KNDatasetGetSamples(d, &source->samples);
  (void)KNDatasetGetIndex(d, &source->index);
  (void)KNDatasetGetProvenance(d, &source->seed, &source->options, NULL);
  (void)KNDatasetGetColumns(d, NULL, NULL, &source->parameters);
  if (problem->input.kind != KN_SPACE_FIELD || problem->output.kind != KN_SPACE_FIELD ||
      !KNGridEqual(&problem->input.grid, &problem->output.grid)) {
    return KNFileFail(&source->file, KN_ERR_INPUT,
                      "holds more than fields on one grid, which other formats cannot say: read it with h5py");
  }
  source->problem = *problem;
  own.points      = (PetscInt)problem->output.grid.points;
  for (PetscInt i = 0; i < problem->output.grid.dim; i++) n[i] = (size_t)problem->output.grid.n[i];
  return KNSourceGrid(source, &own, problem->output.grid.dim, n, NULL);
}

/* from: `fields` fields on the grid of the file -> to: on every stride-th point of it. */
static void Thin(KNSource source, const KNGrid *whole, size_t fields, const float from[], float to[])
{
  const KNGrid *grid   = &source->problem.output.grid;
  const size_t  stride = (size_t)source->stride, offset = (size_t)source->offset, n1 = (size_t)whole->n[1],
               n2 = (size_t)whole->n[2];

  for (size_t f = 0; f < fields; f++, from += KNGridSize(whole)) {
    for (PetscInt i = 0; i < grid->n[0]; i++) {
      for (PetscInt j = 0; j < grid->n[1]; j++) {
        for (PetscInt k = 0; k < grid->n[2]; k++) {
          const size_t a = offset + (size_t)i * stride, b = grid->dim > 1 ? offset + (size_t)j * stride : 0,
                       c = grid->dim > 2 ? offset + (size_t)k * stride : 0;

          *to++ = from[(a * n1 + b) * n2 + c];
        }
      }
    }
  }
}

static int ReadRows_Native(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[])
{
  KNDataset        d       = (KNDataset)source->data;
  const KNProblem *problem = &source->problem, *whole;
  const size_t     frames  = (size_t)PetscMax(problem->frames, 1);
  size_t           nx, ny;
  float           *raw;

  (void)KNDatasetGetProblem(d, &whole);
  nx = KNProblemInputSize(whole);
  ny = KNProblemOutputSize(whole);
  KNCallFile(KNScratch(&source->file, (nx + ny) * sizeof(float), &source->raw_bytes, &source->raw));
  raw = (float *)source->raw;
  for (PetscInt64 i = 0; i < count; i++) {
    KNCallFile(KNDatasetRead(d, first + i, raw, raw + nx, sizeof(source->file.message), source->file.message));
    Thin(source, &whole->input.grid, (size_t)problem->input.fields, raw, x + (size_t)i * KNProblemInputSize(problem));
    Thin(source, &whole->output.grid, frames * (size_t)problem->output.fields, raw + nx,
         y + (size_t)i * KNProblemOutputSize(problem));
  }
  return 0;
}

static void Close_Native(KNSource source)
{
  KNDataset d = (KNDataset)source->data;

  (void)KNDatasetDestroy(&d);
}

const KNFormat KNFormat_Native = {.name       = "native",
                                  .recognises = Recognises_Native,
                                  .open       = Open_Native,
                                  .read_rows  = ReadRows_Native,
                                  .close      = Close_Native};
