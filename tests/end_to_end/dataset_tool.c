/*
  What the scripts need and the program does not do.

    dataset_tool make FILE POINTS FRAMES INPUTS OUTPUTS N1 [N2 [N3]]   3 rows of random values: a dataset of any shape
    dataset_tool difference A B [FRAME]                           mean over rows of |y_A - y_B| / |y_B|, of the frames
    from FRAME on; fails
                                                                  unless x and the frames before are the same bits
    dataset_tool hostile FILE                                     a dataset whose equation holds an escape sequence
    dataset_tool boundary FILE                                    largest |y| on the outermost points of the grid
    dataset_tool plant FILE NEW ROW x|y|p INDEX VALUE             NEW is FILE but for one value, with the checksum
    that belongs to it
    dataset_tool schema FILE NEW NUMBER                           NEW is the checkpoint FILE but for the number of its
    schema, with the checksum that belongs to it
    dataset_tool floats FILE NAME ..                              the bytes of HDF5 datasets of (complex) 32-bit
    floats, as stored, one after another, on stdout
*/
#include "small_dataset.h"
#include "../../src/io/record_impl.h"
#include <hdf5.h>
#include <stdlib.h>

enum { ROWS = 3, MAX_FRAMES = 8 };

static PetscErrorCode Make(int n, char **word)
{
  PetscReal times[MAX_FRAMES];
  PetscInt  points;
  PetscBool found;
  KNProblem problem;
  KNGrid    grid;

  PetscFunctionBegin;
  PetscCheck(n >= 6 && n <= 8, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "make FILE POINTS FRAMES INPUTS OUTPUTS N1 [N2 [N3]]");
  PetscCall(PetscEListFind(3, KNPointsNames, word[1], &points, &found));
  PetscCheck(found && atoi(word[2]) <= MAX_FRAMES, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "points %s, %s frames",
             word[1], word[2]);
  grid = KNGridMake(n - 5, (const PetscInt[]){atoi(word[5]), n > 6 ? atoi(word[6]) : 1, n > 7 ? atoi(word[7]) : 1},
                    (KNPoints)points);
  SmallDatasetProblem(atoi(word[3]), atoi(word[4]), atoi(word[2]), times, &grid, &problem);
  strcpy(problem.input.field[0].name, "a"); /* as the Darcy problem has them */
  strcpy(problem.output.field[0].name, "u");
  PetscCall(SmallDatasetWrite(PETSC_COMM_SELF, word[0], &problem, ROWS, SmallDatasetValue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hostile(const char path[])
{
  const KNGrid grid = KNGridMake(1, (const PetscInt[]){4}, KN_POINTS_CELLS);
  KNProblem    problem;

  PetscFunctionBegin;
  SmallDatasetProblem(1, 1, 0, NULL, &grid, &problem);
  PetscCall(PetscStrncpy(problem.equation, "u =\033[2J 0", sizeof(problem.equation)));
  PetscCall(SmallDatasetWrite(PETSC_COMM_SELF, path, &problem, ROWS, SmallDatasetValue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Prints the largest magnitude of the outputs on the outermost points. */
static PetscErrorCode Boundary(const char path[])
{
  const KNProblem *problem;
  KNDataset        dataset;
  PetscInt64       samples;
  float           *x, *y, largest = 0;
  char             message[1024];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, path, &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(PetscMalloc2(KNProblemInputSize(problem), &x, KNProblemOutputSize(problem), &y));
  for (PetscInt64 row = 0; row < samples; row++) {
    const PetscInt *n = problem->output.grid.n;

    PetscCheck(!KNDatasetRead(dataset, row, x, y, sizeof(message), message), PETSC_COMM_SELF, KN_ERR_INPUT, "%s",
               message);
    for (size_t i = 0; i < KNProblemOutputSize(problem); i++) {
      const size_t   s = i % KNGridSize(&problem->output.grid), n2 = (size_t)n[2], n1 = (size_t)n[1];
      const PetscInt at[] = {(PetscInt)(s / (n1 * n2)), (PetscInt)(s / n2 % n1), (PetscInt)(s % n2)};

      for (PetscInt a = 0; a < problem->output.grid.dim; a++) {
        if (at[a] == 0 || at[a] == n[a] - 1) largest = PetscMax(largest, fabsf(y[i]));
      }
    }
  }
  printf("%g\n", (double)largest);
  PetscCall(PetscFree2(x, y));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Difference(const char a[], const char b[], size_t frame)
{
  KNDataset        dataset[2];
  const KNProblem *problem[2];
  PetscInt64       samples[2];
  float           *x[2], *y[2];
  size_t           nx, ny, first;
  char             message[1024];
  double           sum = 0;

  PetscFunctionBegin;
  for (int d = 0; d < 2; d++) {
    PetscCall(KNDatasetOpen(PETSC_COMM_SELF, d ? b : a, &dataset[d]));
    PetscCall(KNDatasetGetProblem(dataset[d], &problem[d]));
    PetscCall(KNDatasetGetSamples(dataset[d], &samples[d]));
    PetscCall(PetscMalloc2(KNProblemInputSize(problem[d]), &x[d], KNProblemOutputSize(problem[d]), &y[d]));
  }
  nx = KNProblemInputSize(problem[0]);
  ny = KNProblemOutputSize(problem[0]);
  PetscCheck(samples[0] == samples[1] && nx == KNProblemInputSize(problem[1]) && ny == KNProblemOutputSize(problem[1]),
             PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "%s and %s have other shapes", a, b);
  first = frame * (ny / (size_t)PetscMax(problem[0]->frames, 1));
  PetscCheck(first < ny, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "%s has no frame %zu", a, frame);
  for (PetscInt64 row = 0; row < samples[0]; row++) {
    double difference = 0, norm = 0;

    for (int d = 0; d < 2; d++)
      PetscCheck(!KNDatasetRead(dataset[d], row, x[d], y[d], sizeof(message), message), PETSC_COMM_SELF,
                 PETSC_ERR_FILE_READ, "%s", message);
    PetscCheck(!nx || !memcmp(x[0], x[1], nx * sizeof(float)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "row %d: x differs",
               (int)row);
    PetscCheck(!memcmp(y[0], y[1], first * sizeof(float)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "row %d: a frame before %zu differs", (int)row, frame);
    for (size_t i = first; i < ny; i++) {
      difference += PetscSqr((double)y[0][i] - (double)y[1][i]);
      norm += PetscSqr((double)y[1][i]);
    }
    sum += PetscSqrtReal(difference / norm);
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "%.9g\n", sum / (double)samples[0]));
  for (int d = 0; d < 2; d++) {
    PetscCall(PetscFree2(x[d], y[d]));
    PetscCall(KNDatasetDestroy(&dataset[d]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Plant(char **word)
{
  KNDataset        from;
  KNDatasetWriter  to;
  const KNProblem *problem;
  PetscInt64       samples;
  const double    *columns;
  double          *own;
  float           *x, *y;
  size_t           nx, ny, nown;
  char             message[1024];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, word[0], &from));
  PetscCall(KNDatasetGetProblem(from, &problem));
  PetscCall(KNDatasetGetSamples(from, &samples));
  PetscCall(KNDatasetGetColumns(from, NULL, NULL, &columns));
  nx   = KNProblemInputSize(problem);
  ny   = KNProblemOutputSize(problem);
  nown = (size_t)problem->coefficients;
  PetscCall(PetscMalloc3(nx, &x, ny, &y, nown, &own));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, word[1], problem, samples, 1, "", PETSC_TRUE, &to));
  for (PetscInt64 row = 0; row < samples; row++) {
    PetscCheck(!KNDatasetRead(from, row, nx ? x : NULL, y, sizeof(message), message), PETSC_COMM_SELF,
               PETSC_ERR_FILE_READ, "%s", message);
    for (size_t i = 0; i < nown; i++) own[i] = columns[(size_t)row * nown + i];
    if (row == atoi(word[2])) {
      const size_t i = (size_t)atoi(word[4]), n = word[3][0] == 'x' ? nx : word[3][0] == 'y' ? ny : nown;

      PetscCheck(i < n, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "%s has no value %zu", word[3], i);
      if (word[3][0] == 'p') own[i] = strtod(word[5], NULL);
      else (word[3][0] == 'x' ? x : y)[i] = strtof(word[5], NULL);
    }
    PetscCall(KNDatasetWriterWriteRow(to, row, row, &(KNRow){.x = x, .y = y, .parameters = own}));
  }
  PetscCall(KNDatasetWriterPublish(to));
  PetscCall(KNDatasetWriterDestroy(&to));
  PetscCall(KNDatasetDestroy(&from));
  PetscCall(PetscFree3(x, y, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Floats(const char path[], int n, char **name)
{
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

  PetscFunctionBegin;
  for (int i = 0; i < n; i++) {
    const hid_t  dataset = H5Dopen2(file, name[i], H5P_DEFAULT), type = H5Dget_type(dataset);
    const size_t bytes = (size_t)H5Dget_storage_size(dataset);
    char        *values;

    PetscCall(PetscMalloc1(bytes, &values));
    PetscCheck(bytes && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
                 fwrite(values, 1, bytes, stdout) == bytes,
               PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s in %s", name[i], path);
    PetscCall(PetscFree(values));
    H5Tclose(type);
    H5Dclose(dataset);
  }
  H5Fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Schema(char **word)
{
  static char   bytes[1 << 20], block[KN_RECORD_BLOCK];
  const int64_t number = atoi(word[2]);
  size_t        size   = 0;
  hid_t         file, attribute;

  PetscFunctionBegin;
  for (int turn = 0; turn < 2; turn++) { // the file to the HDF5 that is in it, under the new name; and back
    FILE *from = fopen(word[turn], "rb"), *to;

    PetscCheck(from && !fseek(from, turn ? 0 : KN_RECORD_BLOCK, SEEK_SET), PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s",
               word[turn]);
    size = fread(bytes, 1, sizeof(bytes), from);
    fclose(from);
    PetscCheck(size < sizeof(bytes) && (to = fopen(word[1], "wb")), PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "%s",
               word[1]);
    if (turn) KNRecordBlockMake(block, "checkpoint", bytes, size);
    if (turn) fwrite(block, 1, sizeof(block), to);
    fwrite(bytes, 1, size, to);
    fclose(to);
    if (turn) break;
    file      = H5Fopen(word[1], H5F_ACC_RDWR, H5P_DEFAULT);
    attribute = H5Aopen(file, "schema", H5P_DEFAULT);
    PetscCheck(H5Awrite(attribute, H5T_NATIVE_INT64, &number) >= 0, PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "%s",
               word[1]);
    H5Aclose(attribute);
    H5Fclose(file);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitializeNoArguments());
  PetscCheck(
    argc > 2, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
    "hostile FILE, boundary FILE, make FILE ..., difference A B [FRAME], plant FILE NEW .., schema FILE NEW NUMBER, or "
    "floats FILE NAME ..");
  if (!strcmp(argv[1], "make")) PetscCall(Make(argc - 2, argv + 2));
  else if (!strcmp(argv[1], "hostile")) PetscCall(Hostile(argv[2]));
  else if (!strcmp(argv[1], "boundary")) PetscCall(Boundary(argv[2]));
  else if (!strcmp(argv[1], "plant") && argc == 8) PetscCall(Plant(argv + 2));
  else if (!strcmp(argv[1], "schema") && argc == 5) PetscCall(Schema(argv + 2));
  else if (!strcmp(argv[1], "floats")) PetscCall(Floats(argv[2], argc - 3, argv + 3));
  else if (argc > 3) PetscCall(Difference(argv[2], argv[3], argc > 4 ? (size_t)atoi(argv[4]) : 0));
  PetscCall(PetscFinalize());
  return 0;
}
