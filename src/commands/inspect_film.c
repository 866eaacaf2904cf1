/* Films of a dataset's first trajectories: a row a sample, a column a field. By one rank. */
#include "inspect.h"
#include <kitinet/picture.h>

PetscErrorCode KNInspectFilm(KNDataset dataset, const KNFilm *film, const char path[])
{
  enum { ROWS = 2, COLUMNS = 4 };
  const KNProblem *problem;
  PetscInt64       samples;
  PetscInt         rows, columns;
  size_t           S, size;
  KNPictureColumn  column[COLUMNS];
  char             name[PETSC_MAX_PATH_LEN], label[ROWS][32], message[1024], **caption;
  const char      *labels[ROWS];
  const float    **panel;
  float           *values;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  rows    = (PetscInt)PetscMin(samples, ROWS);
  columns = PetscMin(problem->output.fields, COLUMNS);
  S       = KNGridSize(&problem->output.grid);
  size    = KNProblemOutputSize(problem);
  PetscCall(KNMalloc((size_t)rows * size, sizeof(float), &values));
  PetscCall(PetscMalloc1((size_t)(problem->frames * rows * columns), &panel));
  PetscCall(KNFilmCaptions(problem, &caption));
  for (PetscInt c = 0; c < columns; c++)
    column[c] = (KNPictureColumn){.title = problem->output.field[c].name, .scale = KN_SCALE_OWN};
  for (PetscInt r = 0; r < rows; r++) {
    /* it was read a moment ago */
    PetscCheck(!KNDatasetRead(dataset, r, NULL, values + (size_t)r * size, sizeof(message), message), PETSC_COMM_SELF,
               PETSC_ERR_FILE_READ, "%s", message);
    PetscCall(PetscSNPrintf(label[r], sizeof(label[r]), "row %" PetscInt_FMT, r));
    labels[r] = label[r];
    for (PetscInt f = 0; f < problem->frames; f++) {
      for (PetscInt c = 0; c < columns; c++)
        panel[(f * rows + r) * columns + c] =
          values + (size_t)r * size + ((size_t)f * (size_t)problem->output.fields + (size_t)c) * S;
    }
  }
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s-film", path));
  PetscCall(KNPictureFilm(name, KNFilmEnding(film), film->rate, &problem->output.grid, problem->frames,
                          (const char *const *)caption, rows, columns, column, labels, panel));
  PetscCall(PetscFree(caption));
  PetscCall(PetscFree(panel));
  PetscCall(KNFree(&values));
  PetscFunctionReturn(PETSC_SUCCESS);
}
