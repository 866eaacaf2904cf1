/*
  Datasets of all kinds of spaces: bytes, tokens, classes, parameters of each sample, two grids, none. What is written
  is read, by the loader too, and the file is the same on any number of ranks; what lies outside its space is refused,
  naming the row.
*/
#include "dataset_test.h"
#include <hdf5.h>
#include <kitinet/loader.h>

enum { ROWS = 7, LENGTH = 5, WORDS = 4, CLASSES = 3, P = 2 };

typedef enum { IMAGES, TEXTS, POINTS, VIDEOS, CASES } Case;

static const char *const path[] = {"images.h5", "texts.h5", "points.h5", "videos.h5"};

/* bytes -> class; tokens -> class; fields on one grid and parameters -> numbers, with symmetries; frames of bytes */
static KNProblem Problem(Case which)
{
  static PetscReal times[] = {0.0, 0.5};
  KNProblem        p       = {.pde = "test", .equation = "none", .boundary = "none"};

  p.input.grid = p.output.grid = KNGridMake(0, NULL, KN_POINTS_CELLS);
  if (which == IMAGES || which == TEXTS)
    p.output = (KNSpace){.kind = KN_SPACE_CLASS, .grid = p.output.grid, .count = CLASSES, .names = "cat\0dog\0a horse"};
  if (which == IMAGES)
    p.input = (KNSpace){.grid   = KNGridMake(2, (PetscInt[]){3, 4}, KN_POINTS_CELLS),
                        .fields = 2,
                        .field  = {{.name = "red", .unit = "1"}, {.name = "blue", .unit = "1"}},
                        .type   = KN_UINT8};
  if (which == TEXTS)
    p.input = (KNSpace){.kind   = KN_SPACE_TOKENS,
                        .grid   = p.input.grid,
                        .length = LENGTH,
                        .count  = WORDS,
                        .names  = "\0the\0end\0na\xc3\xafve"};
  if (which == POINTS) {
    p.input          = (KNSpace){.grid   = KNGridMake(1, (PetscInt[]){6}, KN_POINTS_NODES),
                                 .fields = 1,
                                 .field  = {{.name = "a", .unit = "1"}}};
    p.output         = (KNSpace){.grid   = p.output.grid,
                                 .fields = 2,
                                 .field  = {{.name = "drag", .unit = "N"}, {.name = "lift", .unit = "N"}}};
    p.coefficients   = P;
    p.coefficient[0] = (KNField){.name = "nu", .unit = "m^2/s", .logarithmic = PETSC_TRUE};
    p.coefficient[1] = (KNField){.name = "speed", .unit = "m/s"};
    p.symmetries     = 1;
    strcpy(p.symmetry[0], "flip1");
  }
  if (which == VIDEOS) {
    p.frames     = 2;
    p.times      = times;
    p.output     = (KNSpace){.grid   = KNGridMake(1, (PetscInt[]){5}, KN_POINTS_PERIODIC),
                             .fields = 1,
                             .field  = {{.name = "grey", .unit = "1"}},
                             .type   = KN_UINT8};
    p.input.grid = p.output.grid;
  }
  return p;
}

typedef struct {
  float   x[64], y[64];
  int32_t token[LENGTH];
  double  parameters[P];
} Memory;

/* A row whose values tell where they belong; length 0 is one of them. */
static KNRow Row(const KNProblem *p, PetscInt64 sample, Memory *m)
{
  const int32_t s = (int32_t)sample;

  for (size_t i = 0; i < KNProblemInputSize(p); i++) m->x[i] = (float)((s * 37 + (int32_t)i * 11) % 256);
  for (size_t i = 0; i < KNProblemOutputSize(p); i++) m->y[i] = (float)((s * 41 + (int32_t)i * 7) % 256);
  for (int32_t i = 0; i < LENGTH; i++) m->token[i] = i < s % (LENGTH + 1) ? (s + i) % WORDS : 0;
  for (int32_t i = 0; i < P; i++) m->parameters[i] = 1e-3 * s + i + 1e-12;
  return (KNRow){.x          = m->x,
                 .y          = m->y,
                 .token      = m->token,
                 .length     = s % (LENGTH + 1),
                 .label      = s % CLASSES,
                 .parameters = m->parameters};
}

/* Every third row is left out. */
static PetscErrorCode Write(MPI_Comm comm, const char name[], Case which)
{
  const KNProblem p = Problem(which);
  PetscMPIInt     rank, size;
  KNDatasetWriter writer;
  Memory          m;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(KNDatasetWriterCreate(comm, name, &p, ROWS + 3, 42, "pde: test\n", PETSC_TRUE, &writer));
  for (PetscInt64 row = rank; row < ROWS + 3; row += size) {
    const KNRow value = Row(&p, row, &m);

    if (row % 3 != 1) PetscCall(KNDatasetWriterWriteRow(writer, row, row, &value));
  }
  PetscCall(KNDatasetWriterPublish(writer));
  PetscCall(KNDatasetWriterDestroy(&writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSameBytes(Case which)
{
  PetscMPIInt rank;
  uint32_t    all, one;
  size_t      size_all, size_one;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(Write(PETSC_COMM_WORLD, path[which], which));
  if (rank == 0) {
    PetscCall(Write(PETSC_COMM_SELF, "one.h5", which));
    PetscCall(FileChecksum(path[which], &all, &size_all));
    PetscCall(FileChecksum("one.h5", &one, &size_one));
    CHECK(all == one && size_all == size_one, "%s: %zu bytes, checksum %08x, by one rank %zu, %08x", path[which],
          size_all, all, size_one, one);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRead(Case which)
{
  const KNProblem   expected = Problem(which);
  const KNProblem  *p;
  const PetscInt64 *sample;
  const int32_t    *label, *length;
  const double     *parameters;
  PetscInt64        samples;
  KNDataset         dataset;
  char              message[KN_MAX_TEXT * 2];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path[which], &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &p));
  PetscCall(KNProblemCompare(p, &expected, sizeof(message), message));
  CHECK(!message[0], "%s: %s", path[which], message);
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetIndex(dataset, &sample));
  PetscCall(KNDatasetGetColumns(dataset, &label, &length, &parameters));
  CHECK(samples == ROWS && !label == (which != IMAGES && which != TEXTS) && !length == (which != TEXTS) &&
          !parameters == (which != POINTS),
        "%s: other columns", path[which]);
  for (PetscInt64 row = 0; row < ROWS; row++) {
    Memory      wanted, got;
    const KNRow value = Row(p, sample[row], &wanted);
    const int   code  = which == TEXTS ? KNDatasetReadTokens(dataset, row, got.token, NULL, sizeof(message), message)
                                       : KNDatasetRead(dataset, row, got.x, got.y, sizeof(message), message);

    CHECK(!code, "%s", message);
    CHECK(which == TEXTS || !memcmp(got.x, wanted.x, KNProblemInputSize(p) * sizeof(*got.x)), "%s: another x in row %d",
          path[which], (int)row);
    CHECK(which == TEXTS || !memcmp(got.y, wanted.y, KNProblemOutputSize(p) * sizeof(*got.y)),
          "%s: another y in row %d", path[which], (int)row);
    CHECK(which != TEXTS || (!memcmp(got.token, wanted.token, sizeof(got.token)) && length[row] == value.length),
          "%s: other tokens in row %d", path[which], (int)row);
    CHECK(!label || label[row] == value.label, "%s: label %d in row %d", path[which], label[row], (int)row);
    CHECK(!parameters || !memcmp(parameters + row * P, wanted.parameters, sizeof(wanted.parameters)),
          "%s: other parameters in row %d", path[which], (int)row);
  }
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One rank: `count` numbers of the array become others. */
static void Change(const char name[], const char array[], hid_t type, const void *value)
{
  hid_t file = H5Fopen(name, H5F_ACC_RDWR, H5P_DEFAULT), dataset = H5Dopen2(file, array, H5P_DEFAULT);

  H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  H5Dclose(dataset);
  H5Fclose(file);
}

/* What networks see of row 0, whose nu is 1e-12: its logarithm, or, as earlier checkpoints and files say, itself. */
static PetscErrorCode TestLogarithm(void)
{
  static const double none[ROWS][P] = {{1, 1}, {1, 1}, {0, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
  const KNProblem     stored        = Problem(POINTS);
  const KNProblem    *p;
  KNField             shown[P];
  KNDataset           dataset;
  uint64_t            fingerprint[2];
  float               x[3 * 6], y[2];
  hid_t               file;
  char                message[KN_MAX_TEXT * 2];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, path[POINTS], &dataset));
  for (int linear = 0; linear < 2; linear++) {
    const float wanted = linear ? 1e-12f : -0x1.ba18aap+4f;

    PetscCall(PetscArraycpy(shown, stored.coefficient, P));
    if (linear) shown[0].logarithmic = PETSC_FALSE;
    PetscCall(KNDatasetShowParameters(dataset, P, shown));
    CHECK(!KNDatasetRead(dataset, 0, x, y, sizeof(message), message), "%s", message);
    for (int i = 0; i < 6; i++)
      CHECK(x[6 + i] == wanted && x[12 + i] == 1.0f, "the network sees %a and %a, not %a", (double)x[6 + i],
            (double)x[12 + i], (double)wanted);
  }
  PetscCall(KNDatasetDestroy(&dataset));

  /* without the attribute all are linear, which is another dataset */
  PetscCall(Write(PETSC_COMM_SELF, "scales.h5", POINTS));
  for (int i = 0; i < 2; i++) {
    PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "scales.h5", &dataset));
    PetscCall(KNDatasetGetProblem(dataset, &p));
    CHECK(p->coefficient[0].logarithmic == (PetscBool)!i && !p->coefficient[1].logarithmic, "other scales");
    PetscCall(KNDatasetGetFingerprint(dataset, &fingerprint[i]));
    PetscCall(KNDatasetDestroy(&dataset));
    file = H5Fopen("scales.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    if (i == 0) H5Adelete(file, "sample_parameter_scales");
    H5Fclose(file);
  }
  CHECK(fingerprint[0] != fingerprint[1], "other scales, the same fingerprint");

  Change("scales.h5", "parameters", H5T_NATIVE_DOUBLE, none);
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "scales.h5", &dataset));
  EXPECT_ERROR(KN_ERR_INPUT, "row 2 of scales.h5 has nu 0, of which the network sees the logarithm",
               KNDatasetShowParameters(dataset, P, stored.coefficient));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each sample of an epoch comes with what belongs to its row. */
static PetscErrorCode TestLoader(Case which)
{
  const PetscInt64 *sample;
  const KNProblem  *p;
  KNDataset         dataset;
  KNLoader          loader;
  KNBatch           b;
  PetscInt          seen = 0;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path[which], &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &p));
  PetscCall(KNDatasetGetIndex(dataset, &sample));
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, 0, ROWS, 4, 0, PETSC_TRUE, 3, &loader));
  PetscCall(KNLoaderStart(loader, 0, 0));
  for (;;) {
    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    for (PetscInt i = 0; i < b.samples; i++, seen++) {
      const size_t nx = KNProblemInputSize(p), ny = KNProblemOutputSize(p);
      Memory       wanted;
      const KNRow  value = Row(p, sample[b.row[i]], &wanted);

      CHECK(!memcmp(b.x + (size_t)i * nx, wanted.x, nx * sizeof(*b.x)) &&
              !memcmp(b.y + (size_t)i * ny, wanted.y, ny * sizeof(*b.y)),
            "%s: other fields", path[which]);
      CHECK(!b.label == (which != IMAGES && which != TEXTS) && (!b.label || b.label[i] == value.label),
            "%s: another label", path[which]);
      CHECK(!b.token == (which != TEXTS) &&
              (!b.token || !memcmp(b.token + i * LENGTH, wanted.token, sizeof(wanted.token))),
            "%s: other tokens", path[which]);
      CHECK(!b.length == (which != TEXTS) && (!b.length || b.length[i] == value.length), "%s: another length",
            path[which]);
      CHECK(!b.parameters == (which != POINTS) &&
              (!b.parameters || !memcmp(b.parameters + i * P, wanted.parameters, sizeof(wanted.parameters))),
            "%s: other parameters", path[which]);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &seen, 1, MPIU_INT, MPI_SUM, PETSC_COMM_WORLD));
  CHECK(seen == ROWS, "%d samples of an epoch", (int)seen);
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestOutside(void)
{
  const int32_t   labels[ROWS] = {0, 1, 2, 0, 3, 0, 0}, lengths[ROWS] = {0, 1, 6, 0, 0, 0, 0};
  const double    parameters[ROWS][P] = {{0, 1}, {1, 1}, {1, NAN}};
  const KNProblem images = Problem(IMAGES), texts = Problem(TEXTS);
  KNDatasetWriter writer;
  KNDataset       dataset;
  Memory          m;
  KNRow           row;
  int32_t         token[ROWS][LENGTH];
  char            message[KN_MAX_TEXT * 2];

  PetscFunctionBegin;
  PetscCall(Write(PETSC_COMM_SELF, "changed.h5", IMAGES));
  Change("changed.h5", "label", H5T_NATIVE_INT32, labels);
  EXPECT_ERROR(KN_ERR_INPUT, "changed.h5: row 4 has label 3, expected 0 to 2",
               KNDatasetOpen(PETSC_COMM_SELF, "changed.h5", &dataset));
  PetscCall(Write(PETSC_COMM_SELF, "changed.h5", TEXTS));
  Change("changed.h5", "length", H5T_NATIVE_INT32, lengths);
  EXPECT_ERROR(KN_ERR_INPUT, "changed.h5: row 2 has 6 tokens, expected 0 to 5",
               KNDatasetOpen(PETSC_COMM_SELF, "changed.h5", &dataset));
  PetscCall(Write(PETSC_COMM_SELF, "changed.h5", POINTS));
  Change("changed.h5", "parameters", H5T_NATIVE_DOUBLE, parameters);
  EXPECT_ERROR(KN_ERR_INPUT, "changed.h5: row 2 has parameter \"speed\"",
               KNDatasetOpen(PETSC_COMM_SELF, "changed.h5", &dataset));

  // A label that is another class: the row's checksum tells.
  PetscCall(Write(PETSC_COMM_SELF, "changed.h5", IMAGES));
  Change("changed.h5", "label", H5T_NATIVE_INT32, (const int32_t[ROWS]){2, 2, 0, 2, 0, 2, 0});
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "changed.h5", &dataset));
  CHECK(KNDatasetRead(dataset, 0, m.x, NULL, sizeof(message), message) == KN_ERR_INPUT &&
          strstr(message, "row 0 (sample 0) is damaged"),
        "a changed label is read: %s", message);
  PetscCall(KNDatasetDestroy(&dataset));

  // What cannot be written.
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, "none.h5", &images, 1, 0, "", PETSC_TRUE, &writer));
  row       = Row(&images, 0, &m);
  row.label = CLASSES;
  EXPECT_ERROR(PETSC_ERR_ARG_OUTOFRANGE, "label 3 of 3 classes", KNDatasetWriterWriteRow(writer, 0, 0, &row));
  row    = Row(&images, 0, &m);
  m.x[3] = 0.5f;
  EXPECT_ERROR(PETSC_ERR_ARG_OUTOFRANGE, "no whole number from 0 to 255", KNDatasetWriterWriteRow(writer, 0, 0, &row));
  PetscCall(KNDatasetWriterDestroy(&writer));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, "none.h5", &texts, 1, 0, "", PETSC_TRUE, &writer));
  row        = Row(&texts, 3, &m);
  m.token[1] = WORDS;
  EXPECT_ERROR(PETSC_ERR_ARG_OUTOFRANGE, "word number 4 of 4", KNDatasetWriterWriteRow(writer, 0, 0, &row));
  PetscCall(KNDatasetWriterDestroy(&writer));

  // A word beyond a vocabulary that was made shorter.
  PetscCall(Write(PETSC_COMM_SELF, "changed.h5", TEXTS));
  for (int i = 0; i < ROWS; i++) {
    for (int j = 0; j < LENGTH; j++) token[i][j] = 9;
  }
  Change("changed.h5", "x", H5T_NATIVE_INT32, token);
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "changed.h5", &dataset));
  CHECK(KNDatasetReadTokens(dataset, 2, m.token, NULL, sizeof(message), message) == KN_ERR_INPUT,
        "changed tokens are read");
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Names of classes are part of what a dataset is; a newer format is refused. */
static PetscErrorCode TestIdentity(void)
{
  KNProblem       images = Problem(IMAGES);
  KNDatasetWriter writer;
  KNDataset       dataset;
  uint64_t        fingerprint[2];
  int64_t         version = 3;
  hid_t           file, attribute;
  Memory          m;
  KNRow           row = Row(&images, 0, &m);

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, "named.h5", &images, 1, 0, "", PETSC_TRUE, &writer));
    PetscCall(KNDatasetWriterWriteRow(writer, 0, 0, &row));
    PetscCall(KNDatasetWriterPublish(writer));
    PetscCall(KNDatasetWriterDestroy(&writer));
    PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "named.h5", &dataset));
    PetscCall(KNDatasetGetFingerprint(dataset, &fingerprint[i]));
    PetscCall(KNDatasetDestroy(&dataset));
    images.output.names = "cat\0dog\0a mule";
  }
  CHECK(fingerprint[0] != fingerprint[1], "other names, the same fingerprint");
  file      = H5Fopen("named.h5", H5F_ACC_RDWR, H5P_DEFAULT);
  attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_INT64, &version);
  H5Aclose(attribute);
  H5Fclose(file);
  EXPECT_ERROR(KN_ERR_INPUT, "named.h5: has format version 3, this program",
               KNDatasetOpen(PETSC_COMM_SELF, "named.h5", &dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscMPIInt rank;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(TestFolder("dataset_spaces"));
  for (int which = 0; which < CASES; which++) {
    PetscCall(TestSameBytes((Case)which));
    PetscCall(TestRead((Case)which));
    PetscCall(TestLoader((Case)which));
  }
  if (rank == 0) PetscCall(TestLogarithm());
  if (rank == 0) PetscCall(TestOutside());
  if (rank == 0) PetscCall(TestIdentity());
  PetscCall(PetscFinalize());
  return 0;
}
