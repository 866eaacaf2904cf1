/*
  Pictures of a dataset: a sheet of its first samples, or of their frames, and the energy spectra of its fields. By
  one rank.
*/
#include "inspect.h"
#include <kitinet/picture.h>
#include <math.h>

#define ROWS    4 /* of panels at most */
#define COLUMNS 8

/* A sheet of panels and the values in them. */
typedef struct {
  PetscInt        rows, columns;
  KNPictureColumn column[COLUMNS];
  char            title[COLUMNS][2 * KN_MAX_NAME], label[ROWS][2 * KN_MAX_NAME];
  const char     *labels[ROWS];
  float          *values, *blank; /* (samples, x then y), (S) of NaN */
  const float    *panel[ROWS * COLUMNS];
} Sheet;

static PetscErrorCode DrawSheet(Sheet *sheet, const KNProblem *problem, const char path[])
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < sheet->columns; c++) sheet->column[c].title = sheet->title[c];
  for (PetscInt r = 0; r < sheet->rows; r++) sheet->labels[r] = sheet->label[r];
  PetscCall(KNPictureFields(path, NULL, &problem->output.grid, sheet->rows, sheet->columns, sheet->column,
                            sheet->labels, sheet->panel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A row a sample: frames of the first field, evenly spaced in number, from the first to the last; in 1D three curves
  in one panel.
*/
static PetscErrorCode LayOutFrames(Sheet *sheet, const KNProblem *problem, PetscInt samples, size_t size)
{
  const size_t S = KNGridSize(&problem->output.grid), state = (size_t)problem->output.fields * S;

  PetscFunctionBegin;
  sheet->rows    = PetscMin(samples, ROWS);
  sheet->columns = PetscMin(problem->frames, problem->output.grid.dim == 1 ? 3 : COLUMNS);
  for (PetscInt c = 0; c < sheet->columns; c++) {
    const PetscInt frame = sheet->columns > 1 ? c * (problem->frames - 1) / (sheet->columns - 1) : 0;

    PetscCall(PetscSNPrintf(sheet->title[c], sizeof(sheet->title[c]), "t = %.3g", (double)problem->times[frame]));
    sheet->column[c].scale = c ? KN_SCALE_SHARED : KN_SCALE_OWN;
    for (PetscInt r = 0; r < sheet->rows; r++)
      sheet->panel[r * sheet->columns + c] = sheet->values + (size_t)r * size + (size_t)frame * state;
  }
  for (PetscInt r = 0; r < sheet->rows; r++)
    PetscCall(PetscSNPrintf(sheet->label[r], sizeof(sheet->label[r]), "%s, row %" PetscInt_FMT,
                            problem->output.field[0].name, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Several samples in a row, in 1D one: all of them in the first field, on one scale, then in the next. */
static PetscErrorCode LayOutFields(Sheet *sheet, const KNProblem *problem, PetscInt samples, size_t size)
{
  const size_t   S      = KNGridSize(&problem->output.grid);
  const PetscInt fields = PetscMin(problem->input.fields + problem->output.fields, COLUMNS);
  const PetscInt across = problem->output.grid.dim == 1 ? 1 : PetscMin(samples, PetscMin(4, COLUMNS / fields));

  PetscFunctionBegin;
  sheet->rows    = PetscMin((samples + across - 1) / across, ROWS);
  sheet->columns = fields * across;
  for (PetscInt c = 0; c < sheet->columns; c++) {
    const PetscInt field = c / across;

    PetscCall(PetscStrncpy(sheet->title[c],
                           field < problem->input.fields ? problem->input.field[field].name
                                                         : problem->output.field[field - problem->input.fields].name,
                           sizeof(sheet->title[c])));
    sheet->column[c].scale = c % across ? KN_SCALE_SHARED : KN_SCALE_OWN;
    for (PetscInt r = 0; r < sheet->rows; r++) {
      const PetscInt sample = r * across + c % across;

      sheet->panel[r * sheet->columns + c] =
        sample < samples ? sheet->values + (size_t)sample * size + (size_t)field * S : sheet->blank;
    }
  }
  for (PetscInt r = 0; r < sheet->rows; r++) {
    const PetscInt last = PetscMin((r + 1) * across, samples) - 1;

    if (last > r * across)
      PetscCall(PetscSNPrintf(sheet->label[r], sizeof(sheet->label[r]), "rows %" PetscInt_FMT " to %" PetscInt_FMT,
                              r * across, last));
    else PetscCall(PetscSNPrintf(sheet->label[r], sizeof(sheet->label[r]), "row %" PetscInt_FMT, last));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectDrawSamples(KNDataset dataset, const char path[])
{
  const KNProblem *problem;
  KNProblem        drawn;
  PetscInt64       rows;
  PetscInt         samples;
  size_t           S, nx, size;
  char             name[PETSC_MAX_PATH_LEN], message[1024];
  Sheet            sheet = {.rows = 0};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &rows));
  drawn = KNInspectDrawn(problem);
  if (!drawn.input.fields && !drawn.output.fields) PetscFunctionReturn(PETSC_SUCCESS);
  S       = KNGridSize(&drawn.output.grid);
  nx      = KNProblemInputSize(problem);
  size    = nx + KNProblemOutputSize(problem);
  samples = (PetscInt)PetscMin(rows, problem->frames ? ROWS : 4 * ROWS);
  PetscCall(KNMalloc((size_t)samples * size, sizeof(float), &sheet.values));
  PetscCall(KNMalloc(S, sizeof(float), &sheet.blank));
  for (size_t i = 0; i < S; i++) sheet.blank[i] = NAN;
  for (PetscInt i = 0; i < samples; i++) {
    float *x = sheet.values + (size_t)i * size;

    /* it was read a moment ago */
    PetscCheck(!KNDatasetRead(dataset, i, x, x + nx, sizeof(message), message), PETSC_COMM_SELF, PETSC_ERR_FILE_READ,
               "%s", message);
  }
  if (problem->frames) PetscCall(LayOutFrames(&sheet, &drawn, samples, size));
  else PetscCall(LayOutFields(&sheet, &drawn, samples, size));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s-samples", path));
  PetscCall(DrawSheet(&sheet, &drawn, name));
  PetscCall(KNFree(&sheet.blank));
  PetscCall(KNFree(&sheet.values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectDrawSpectra(const KNProblem *problem, PetscInt shells, const PetscReal wavenumber[],
                                    const PetscReal energy[], const char path[])
{
  const PetscInt fields = problem->input.fields + problem->output.fields;
  KNPictureCurve curve[2 * KN_MAX_FIELDS];
  char           name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < fields; c++) {
    curve[c] =
      (KNPictureCurve){.name = c < problem->input.fields ? problem->input.field[c].name
                                                         : problem->output.field[c - problem->input.fields].name,
                       .n    = shells - 1,
                       .x    = wavenumber + 1,
                       .y    = energy + c * shells + 1};
  }
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s-spectrum", path));
  PetscCall(KNPictureCurves(name, NULL, "wavenumber (cycles a unit length)", "energy", KN_AXES_LOG_XY, fields, curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}
