/* The readers, each called as the commands call it, for one process and one file. */
#include "fuzz.h"
#include "../../src/io/record_impl.h"
#include <kitinet/error.h>
#include <kitinet/format.h>
#include <kitinet/operator.h>
#include <kitinet/options.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static char message[2048]; /* of the last error */

static PetscErrorCode TakeMessage(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                  PetscErrorType type, const char *text, void *context)
{
  if (type == PETSC_ERROR_INITIAL) (void)snprintf(message, sizeof(message), "%s", text);
  return code;
}

/* expected: the codes that the header names. */
static FuzzOutcome Judge(PetscErrorCode code, PetscErrorCode expected, PetscErrorCode or)
{
  const PetscBool refused = (PetscBool)((code == expected || code == or) && message[0]);

  /* the report of a crash begins with what came before it */
  if (code) fprintf(stderr, "code %d: %s\n", (int)code, message);
  message[0] = 0; /* of the next file */
  return !code ? FUZZ_READ : refused ? FUZZ_REFUSED : FUZZ_WRONG;
}

uint32_t H5_checksum_metadata(const void *bytes, size_t size, uint32_t start); /* of libhdf5, not in its headers */

static void Store32(unsigned char at[4], uint32_t value)
{
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> 8 * i);
}

/*
  HDF5's own checksums: of the superblock (versions 2 and 3, 44 bytes) and of the first block of each object header
  (version 2: signature, version, flags, optional fields, size, messages).
*/
static void SealHDF5(unsigned char bytes[], size_t size)
{
  if (size >= 48) Store32(bytes + 44, H5_checksum_metadata(bytes, 44, 0));
  for (size_t at = 48; at + 16 < size; at++) {
    const unsigned flags = bytes[at + 5];
    size_t         from = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0), width = (size_t)1 << (flags & 3),
           length = 0;

    if (memcmp(bytes + at, "OHDR", 4) || from + width > size) continue;
    for (size_t i = width; i--;) length = length << 8 | bytes[from + i];
    from += width;
    if (length <= size && from + length + 4 <= size)
      Store32(bytes + from + length, H5_checksum_metadata(bytes + at, from + length - at, 0));
  }
}

static PetscErrorCode OpenDataset(const char path[])
{
  KNDataset        dataset;
  const KNProblem *problem;
  PetscInt64       samples;
  float           *x, *y;
  int              code = 0;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, path, &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  x = (float *)malloc(KNProblemInputSize(problem) * sizeof(*x) + 1);
  y = (float *)malloc(KNProblemOutputSize(problem) * sizeof(*y) + 1);
  PetscCheck(x && y, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for one sample");
  for (PetscInt64 row = 0; row < samples && row < 4 && !code; row++)
    code = KNDatasetRead(dataset, row, x, y, sizeof(message), message);
  free(x);
  free(y);
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(code);
}

static FuzzOutcome ReadDataset(const char path[])
{
  return Judge(OpenDataset(path), KN_ERR_INPUT, KN_ERR_INPUT);
}

static PetscErrorCode OpenSource(const char path[], const KNSourceChoice *choice)
{
  KNSource         source;
  const KNProblem *problem;
  PetscInt64       samples;
  float           *x, *y;
  int              code;

  PetscFunctionBegin;
  PetscCall(KNSourceOpen(PETSC_COMM_SELF, 1, &path, choice, &source));
  PetscCall(KNSourceGetProblem(source, &problem, &samples));
  x = (float *)malloc(KNProblemInputSize(problem) * sizeof(*x) + 1);
  y = (float *)malloc(KNProblemOutputSize(problem) * sizeof(*y) + 1);
  PetscCheck(x && y, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for one sample");
  code = KNSourceRead(source, 0, 1, x, y, sizeof(message), message);
  if (!code) code = KNSourceRead(source, samples - 1, 1, x, y, sizeof(message), message);
  free(x);
  free(y);
  PetscCall(KNSourceDestroy(&source));
  PetscFunctionReturn(code);
}

/* With what a user might say of it; the file decides what fits. */
static FuzzOutcome ReadSource(const char path[], size_t n, const KNSourceChoice choice[])
{
  FuzzOutcome best = FUZZ_REFUSED;

  for (size_t i = 0; i < n; i++) {
    const FuzzOutcome outcome = Judge(OpenSource(path, &choice[i]), KN_ERR_INPUT, KN_ERR_INPUT);

    if (outcome == FUZZ_WRONG) return outcome;
    if (outcome == FUZZ_READ) best = outcome;
  }
  return best;
}

/* The checksum of each part: length, type, data, sum. */
static void SealPng(unsigned char bytes[], size_t size)
{
  for (size_t at = 8; at + 12 <= size;) {
    const size_t length =
      (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | (size_t)bytes[at + 3];
    uint32_t sum;

    if (length > size - at - 12) return;
    sum = (uint32_t)crc32_z(0, bytes + at + 4, length + 4);
    for (int i = 0; i < 4; i++) bytes[at + 8 + length + (size_t)i] = (unsigned char)(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

static FuzzOutcome ReadNamed(const char path[])
{
  static const char *const a = "a", *const u = "u";
  const KNSourceChoice choice[] = {{.stride = 1},
                                   {.x_count = 1, .x = &a, .y_count = 1, .y = &u, .stride = 1},
                                   {.u_count = 1, .u = &u, .dt = 1, .stride = 1}};

  return ReadSource(path, 3, choice);
}

/* One array is input and output: two files cannot be damaged at once. */
static FuzzOutcome ReadNpy(const char path[])
{
  static const char *const steady = "npy:ncxy", *const frames = "npy:ntcxy", *const matrix = "npy:nx";
  const KNSourceChoice choice[] = {{.x_count = 1, .x = &steady, .y_count = 1, .y = &steady, .stride = 1},
                                   {.u_count = 1, .u = &frames, .dt = 1, .stride = 1},
                                   {.x_count = 1, .x = &matrix, .y_count = 1, .y = &matrix, .stride = 1}};

  return ReadSource(path, 3, choice);
}

/* A picture alone, of which size and colours are left to it, or asked for. */
static FuzzOutcome ReadPicture(const char path[])
{
  const KNSourceChoice choice[] = {
    {.points = -1, .stride = 1, .unlabelled = PETSC_TRUE},
    {.points = -1, .stride = 1, .unlabelled = PETSC_TRUE, .image_size = 8, .fit = 2, .colour = 1},
    {.points = -1, .stride = 1, .unlabelled = PETSC_TRUE, .image_size = 5, .fit = 1, .colour = 2}};

  return ReadSource(path, 3, choice);
}

/* The name says what it is. */
static FuzzOutcome ReadCifar(const char path[])
{
  const KNSourceChoice choice[] = {{.points = -1, .stride = 1},
                                   {.points = -1, .stride = 1, .labels = KN_LABELS_COARSE}};

  return ReadSource(path, 2, choice);
}

static PetscErrorCode OpenTexts(const char path[], const KNSourceChoice *choice)
{
  KNSource         source;
  const KNProblem *problem;
  PetscInt64       samples;
  int32_t         *token, length;
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(KNSourceOpen(PETSC_COMM_SELF, 1, &path, choice, &source));
  PetscCall(KNSourceGetProblem(source, &problem, &samples));
  token = (int32_t *)malloc((size_t)problem->input.length * sizeof(*token));
  PetscCheck(token, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for one sample");
  code = KNSourceCountWords(source, 0, samples, 64, 1);
  for (PetscInt64 row = 0; row < samples && !code; row++)
    code = KNSourceReadTokens(source, row, 1, token, &length, sizeof(message), message);
  free(token);
  PetscCall(KNSourceDestroy(&source));
  PetscFunctionReturn(code);
}

/* Columns by their names or numbers; the name of the file says whether it is a table. */
static FuzzOutcome ReadTexts(const char path[])
{
  static const char *const numbers[] = {"text=1", "pair=2", "label=3"};
  const KNSourceChoice     choice[]  = {
         {.points = -1, .stride = 1, .text_length = 16, .text_markup = KN_MARKUP_DROP, .text_stem = KN_STEM_LANGUAGES},
         {.points = -1, .stride = 1, .text_columns = 3, .text_column = numbers, .text_quotes = KN_QUOTES_NONE},
         {.points = -1, .stride = 1, .text_length = 8, .unlabelled = PETSC_TRUE}};
  FuzzOutcome best = FUZZ_REFUSED;

  for (size_t i = 0; i < sizeof(choice) / sizeof(*choice); i++) {
    const FuzzOutcome outcome = Judge(OpenTexts(path, &choice[i]), KN_ERR_INPUT, KN_ERR_INPUT);

    if (outcome == FUZZ_WRONG) return outcome;
    if (outcome == FUZZ_READ) best = outcome;
  }
  return best;
}

static PetscErrorCode OpenCheckpoint(const char path[])
{
  KNOperator op;

  PetscFunctionBegin;
  PetscCall(KNOperatorLoad(path, &op));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static FuzzOutcome ReadCheckpoint(const char path[])
{
  return Judge(OpenCheckpoint(path), KN_ERR_INPUT, KN_ERR_USAGE); /* usage: of a value out of range among its options */
}

/* Our own frame around the image: a hostile writer computes it as well. */
static void SealRecord(unsigned char bytes[], size_t size)
{
  if (size > KN_RECORD_BLOCK)
    KNRecordBlockMake((char *)bytes, "checkpoint", (const char *)bytes + KN_RECORD_BLOCK, size - KN_RECORD_BLOCK);
}

static PetscErrorCode ParseOptions(const char path[])
{
  static const char *const laws[]  = {"uniform", "line_of_centres", NULL};
  char                    *words[] = {"-options_file_yaml", (char *)path, NULL}, text[64] = "", **list;
  PetscInt                 count = 1, law = 0, n;
  PetscInt64               seed = 1;
  PetscReal                rate = 0;
  PetscBool                fast = PETSC_FALSE, done;

  PetscFunctionBegin;
  PetscCall(KNOptionsInsert(2, words));
  PetscCall(KNOptionsHead("Test"));
  PetscCall(KNOptionsInt("-count", "items", 1, 1000, &count));
  PetscCall(KNOptionsInt64("-seed", "of draws", 0, PETSC_MAX_INT, &seed));
  PetscCall(KNOptionsReal("-rate", "of collisions", 0, 1, &rate));
  PetscCall(KNOptionsBool("-fast", "do not wait", &fast));
  PetscCall(KNOptionsChoice("-law", "of scattering", laws, &law));
  PetscCall(KNOptionsString("-name", "of the run", sizeof(text), text));
  PetscCall(KNOptionsList("-files", "to read", &n, &list));
  PetscCall(KNOptionsEnd("test", "a test", &done));
  PetscCall(KNOptionsListDestroy(n, &list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static FuzzOutcome ReadOptions(const char path[])
{
  return Judge(ParseOptions(path), KN_ERR_USAGE, KN_ERR_INPUT);
}

const FuzzTarget *FuzzTargetFind(const char name[])
{
  static const FuzzTarget targets[] = {
    {.name = "dataset", .read = ReadDataset, .seal = SealHDF5},
    {.name = "checkpoint", .read = ReadCheckpoint, .seal = SealRecord, .keeps_state = PETSC_TRUE},
    {.name = "options", .read = ReadOptions, .keeps_state = PETSC_TRUE},
    {.name = "npy", .read = ReadNpy},
    {.name = "mat5", .read = ReadNamed},
    {.name = "mat", .read = ReadNamed},
    {.name = "pdebench", .read = ReadNamed},
    {.name = "the_well", .read = ReadNamed},
    {.name = "xy", .read = ReadNamed},
    {.name = "jpeg", .read = ReadPicture},
    {.name = "png", .read = ReadPicture, .seal = SealPng},
    {.name = "train.bin", .read = ReadCifar},
    {.name = "texts.csv", .read = ReadTexts},
    {.name = "texts.jsonl", .read = ReadTexts},
  };

  PetscPushErrorHandler(TakeMessage, NULL);
  for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
    if (!strcmp(targets[i].name, name)) return &targets[i];
  }
  return NULL;
}
