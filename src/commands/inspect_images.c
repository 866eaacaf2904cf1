/* Pictures of a dataset of images: a contact sheet of some of each class. By one rank. */
#include "inspect.h"
#include <kitinet/picture.h>
#include <stdlib.h>

enum { COLUMNS = 12, ROWS = 6, MAX_SIDE = 256 };

PetscBool KNInspectIsImages(const KNProblem *problem)
{
  const KNSpace *in = &problem->input;

  return (PetscBool)(problem->output.kind == KN_SPACE_CLASS && in->kind == KN_SPACE_FIELD && in->type == KN_UINT8 &&
                     in->grid.dim == 2 && (in->fields == 1 || in->fields == 3) && in->grid.n[0] <= MAX_SIDE &&
                     in->grid.n[1] <= MAX_SIDE);
}

/*
  Of up to COLUMNS classes a column each, of their first samples; of more the first of each. row (tiles): -1, a class
  has no more.
*/
static PetscErrorCode Choose(const KNSpace *space, PetscInt64 samples, const int32_t label[], PetscInt columns,
                             PetscInt tiles, PetscInt64 row[])
{
  PetscInt *have;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(space->count, &have));
  for (PetscInt i = 0; i < tiles; i++) row[i] = -1;
  for (PetscInt64 s = 0; s < samples; s++) {
    const PetscInt place = space->count <= COLUMNS ? have[label[s]] * columns + label[s] : label[s];

    if ((space->count > COLUMNS && have[label[s]]) || place >= tiles) continue;
    have[label[s]]++;
    row[place] = s;
  }
  PetscCall(PetscFree(have));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectDrawImages(KNDataset dataset, const char path[])
{
  const KNProblem *problem;
  const KNSpace   *in, *out;
  const int32_t   *label;
  const char     **name;
  PetscInt64       samples, row[ROWS * COLUMNS];
  PetscInt         columns, tiles, shown = 0;
  KNPictureTile    tile[ROWS * COLUMNS];
  char             file[PETSC_MAX_PATH_LEN], message[1024];
  float           *pixel;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, &label, NULL, NULL));
  in      = &problem->input;
  out     = &problem->output;
  columns = PetscMin(out->count, COLUMNS);
  tiles   = out->count <= COLUMNS ? ROWS * columns : PetscMin(out->count, ROWS * COLUMNS);
  PetscCall(KNSpaceListNames(out, &name));
  PetscCall(Choose(out, samples, label, columns, tiles, row));
  PetscCall(KNMalloc((size_t)tiles * KNSpaceSize(in), sizeof(*pixel), &pixel));
  for (PetscInt i = 0; i < tiles; i++) {
    float *x = pixel + (size_t)i * KNSpaceSize(in);

    tile[i] = (KNPictureTile){.pixel = x};
    if (row[i] < 0) { // a place that stays white
      for (size_t s = 0; s < KNSpaceSize(in); s++) x[s] = 255;
      continue;
    }
    /* it was read a moment ago */
    PetscCheck(!KNDatasetRead(dataset, row[i], x, NULL, sizeof(message), message), PETSC_COMM_SELF, PETSC_ERR_FILE_READ,
               "%s", message);
    tile[i].line[0] = name[label[row[i]]];
    shown           = i + 1;
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "%s-samples", path));
  PetscCall(KNPictureSheet(file, NULL, in->fields, in->grid.n[0], in->grid.n[1], columns, PetscMax(shown, 1), tile));
  PetscCall(KNFree(&pixel));
  PetscCall(PetscFree(name));
  PetscFunctionReturn(PETSC_SUCCESS);
}
