/*
  kitinet merge: the parts of an ensemble that a job array has generated -> one dataset.

  The parts must be of the same problem, options, seed and program version; rows are put in the order of their
  samples. Refused are a sample that two parts hold, and a range between the parts that none covers: a part that was
  forgotten. The options of the whole are those of the parts, with -first and -samples of the range that covers
  theirs: if no sample was excluded, the file is, byte for byte, what one run over that range would have written.
*/
#include "command.h"
#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/progress.h>
#include <stdlib.h>

/* Where a row of the whole comes from. */
typedef struct {
  PetscInt64 sample, row;
  PetscInt   part;
} Place;

/* Samples [first, end) of the ensemble. */
typedef struct {
  PetscInt64 first, end;
} Range;

typedef struct {
  PetscInt   parts;
  char     **path; /* (parts) */
  KNDataset *part; /* (parts) */
  PetscInt64 rows;
  Place     *place; /* (rows), by sample */
  Range     *range; /* (parts) that each was to hold: of its samples some may be excluded */
  Range      whole; /* from the first of all parts to the last */
} Merge;

static int ComparePlaces(const void *a, const void *b)
{
  const Place *p = (const Place *)a, *q = (const Place *)b;

  return p->sample != q->sample ? (p->sample > q->sample) - (p->sample < q->sample)
                                : (p->part > q->part) - (p->part < q->part);
}

static int CompareRanges(const void *a, const void *b)
{
  const Range *p = (const Range *)a, *q = (const Range *)b;

  return (p->first > q->first) - (p->first < q->first);
}

/*
  The range of samples that an options' text names, and the text without it: "first: 10", "samples: 5". rest: as large
  as the text.
*/
static PetscErrorCode TakeRange(const char options[], Range *range, char rest[])
{
  long long from = 0, samples = 0;

  PetscFunctionBegin;
  while (*options) {
    const size_t length = strcspn(options, "\n") + (strchr(options, '\n') != NULL);

    if (sscanf(options, "first: %lld", &from) != 1 && sscanf(options, "samples: %lld", &samples) != 1) {
      PetscCall(PetscArraycpy(rest, options, length));
      rest += length;
    }
    options += length;
  }
  *rest  = 0;
  *range = (Range){.first = from, .end = from + samples};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The options of the whole: the text of one part with another range; the caller frees it with PetscFree(). */
static PetscErrorCode PutRange(const char options[], const Range *range, char **whole)
{
  char  *to;
  size_t left = strlen(options) + 64;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(left, whole));
  to = *whole;
  while (*options) {
    const size_t length = strcspn(options, "\n") + (strchr(options, '\n') != NULL);
    int          put;

    if (!strncmp(options, "first: ", 7)) put = snprintf(to, left, "first: %lld\n", (long long)range->first);
    else if (!strncmp(options, "samples: ", 9))
      put = snprintf(to, left, "samples: %lld\n", (long long)(range->end - range->first));
    else put = snprintf(to, left, "%.*s", (int)length, options);
    to += put;
    left -= (size_t)put;
    options += length;
  }
  *to = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two options' texts must agree in all but the range; else the first line that differs is named. */
static PetscErrorCode CheckOptions(const char path_a[], const char options_a[], const char path_b[],
                                   const char options_b[])
{
  Range range;
  char *rest_a, *rest_b, *a, *b;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(strlen(options_a) + 1, &rest_a, strlen(options_b) + 1, &rest_b));
  PetscCall(TakeRange(options_a, &range, a = rest_a));
  PetscCall(TakeRange(options_b, &range, b = rest_b));
  while (*a || *b) {
    const int length_a = (int)strcspn(a, "\n"), length_b = (int)strcspn(b, "\n");

    PetscCheck(length_a == length_b && !strncmp(a, b, (size_t)length_a), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s was made with \"%.*s\", %s with \"%.*s\": only parts of one ensemble can be merged", path_b,
               length_b, b, path_a, length_a, a);
    a += length_a + (a[length_a] == '\n');
    b += length_b + (b[length_b] == '\n');
  }
  PetscCall(PetscFree2(rest_a, rest_b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Part i against part 0. */
static PetscErrorCode CheckPart(const Merge *m, PetscInt i)
{
  const KNProblem *problem, *other_problem;
  const char      *options, *other_options, *version, *other_version;
  PetscInt64       seed, other_seed;
  char             difference[2 * KN_MAX_TEXT];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(m->part[0], &problem));
  PetscCall(KNDatasetGetProblem(m->part[i], &other_problem));
  PetscCall(KNDatasetGetProvenance(m->part[0], &seed, &options, &version));
  PetscCall(KNDatasetGetProvenance(m->part[i], &other_seed, &other_options, &other_version));
  PetscCall(KNProblemCompare(other_problem, problem, sizeof(difference), difference));
  PetscCheck(!difference[0], PETSC_COMM_WORLD, KN_ERR_INPUT, "%s is of another problem than %s: %s", m->path[i],
             m->path[0], difference);
  PetscCheck(other_seed == seed, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has seed %" PetscInt64_FMT ", %s has %" PetscInt64_FMT
             ": only parts of one ensemble can be merged; generate others with -first",
             m->path[i], other_seed, m->path[0], seed);
  PetscCheck(!strcmp(other_version, version), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s was written by version %s, %s by %s: generate them by the same", m->path[i], other_version, m->path[0],
             version);
  PetscCall(CheckOptions(m->path[0], options, m->path[i], other_options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Opens the parts and finds them to be of one ensemble. */
static PetscErrorCode OpenParts(Merge *m)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc2(m->parts, &m->part, m->parts, &m->range));
  for (PetscInt i = 0; i < m->parts; i++) {
    const char *options;
    PetscInt64  rows;
    char       *rest;

    PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, m->path[i], &m->part[i]));
    PetscCall(CheckPart(m, i));
    PetscCall(KNDatasetGetSamples(m->part[i], &rows));
    PetscCall(KNDatasetGetProvenance(m->part[i], NULL, &options, NULL));
    PetscCall(PetscMalloc1(strlen(options) + 1, &rest));
    PetscCall(TakeRange(options, &m->range[i], rest));
    PetscCall(PetscFree(rest));
    m->rows += rows;
    m->whole.first = i ? PetscMin(m->whole.first, m->range[i].first) : m->range[i].first;
    m->whole.end   = PetscMax(m->whole.end, m->range[i].end);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every sample from the first to the last was to be in some part. Orders m->range. */
static PetscErrorCode CheckGaps(const Merge *m)
{
  PetscInt64 end = m->whole.first, gaps = 0;
  Range      gap      = {.first = 0};
  char       more[64] = "";

  PetscFunctionBegin;
  qsort(m->range, (size_t)m->parts, sizeof(*m->range), CompareRanges);
  for (PetscInt i = 0; i < m->parts; i++) {
    if (m->range[i].first > end && !gaps++) gap = (Range){.first = end, .end = m->range[i].first};
    end = PetscMax(end, m->range[i].end);
  }
  if (gaps > 1)
    PetscCall(
      PetscSNPrintf(more, sizeof(more), " (and %" PetscInt64_FMT " more range%s)", gaps - 1, gaps > 2 ? "s" : ""));
  PetscCheck(!gaps, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the parts leave out samples %" PetscInt64_FMT " to %" PetscInt64_FMT
             "%s: \"kitinet generate -first %" PetscInt64_FMT " -samples %" PetscInt64_FMT
             "\" with the other options of %s makes them; -gaps merges without",
             gap.first, gap.end - 1, more, gap.first, gap.end - gap.first, m->path[0]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which row comes from where: by sample, each of them once. */
static PetscErrorCode PlaceRows(Merge *m)
{
  PetscInt64 n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m->rows, &m->place));
  for (PetscInt i = 0; i < m->parts; i++) {
    const PetscInt64 *sample;
    PetscInt64        rows;

    PetscCall(KNDatasetGetSamples(m->part[i], &rows));
    PetscCall(KNDatasetGetIndex(m->part[i], &sample));
    for (PetscInt64 row = 0; row < rows; row++) m->place[n++] = (Place){.sample = sample[row], .row = row, .part = i};
  }
  qsort(m->place, (size_t)n, sizeof(*m->place), ComparePlaces);
  for (PetscInt64 i = 1; i < n; i++) {
    const Place *a = &m->place[i - 1], *b = &m->place[i];

    PetscCheck(a->sample != b->sample, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "row %" PetscInt64_FMT " of %s and row %" PetscInt64_FMT " of %s are both sample %" PetscInt64_FMT
               ": merge parts that share none",
               a->row, m->path[a->part], b->row, m->path[b->part], a->sample);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Plain C; the code of KNDatasetRead(). x, y, token: memory for what the problem has of them; *value points there. */
static int ReadRow(KNDataset part, const KNProblem *problem, PetscInt64 row, float x[], float y[], int32_t token[],
                   KNRow *value, size_t size, char message[])
{
  const PetscBool tokens = (PetscBool)(problem->input.kind == KN_SPACE_TOKENS);
  const int32_t  *label, *length;
  const double   *parameters;

  (void)KNDatasetGetColumns(part, &label, &length, &parameters);
  *value = (KNRow){.x = x, .y = y, .token = token};
  if (label) value->label = label[row];
  if (length) value->length = length[row];
  if (parameters) value->parameters = parameters + row * problem->coefficients;
  return tokens ? KNDatasetReadTokens(part, row, token, y, size, message)
                : KNDatasetRead(part, row, x, y, size, message);
}

/* Each rank copies a contiguous share of the rows, one at a time; each is compared with its checksum. */
static PetscErrorCode CopyRows(const Merge *m, const KNProblem *problem, KNDatasetWriter *whole)
{
  PetscMPIInt rank, size;
  PetscInt64  start, end;
  KNProgress  progress;
  float      *x, *y;
  int32_t    *token;
  char        message[1024] = "";
  int         code          = 0, worst;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNMalloc(KNProblemInputSize(problem), sizeof(*x), &x));
  PetscCall(KNMalloc(KNProblemOutputSize(problem), sizeof(*y), &y));
  PetscCall(KNMalloc((size_t)problem->input.length, sizeof(*token), &token));
  KNPartition(m->rows, size, rank, &start, &end);
  PetscCall(KNProgressBegin("rows", m->rows, 0, &progress));
  PetscCall(KNProgressLogEvery(&progress, 10.0));
  for (PetscInt64 row = start; row < end && !code; row++) {
    const Place *place = &m->place[row];
    KNRow        value;

    code = ReadRow(m->part[place->part], problem, place->row, x, y, token, &value, sizeof(message), message);
    if (!code) PetscCall(KNDatasetWriterWriteRow(*whole, row, place->sample, &value));
    PetscCall(KNProgressUpdate(&progress, PetscMin((row + 1 - start) * size, m->rows), NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscCall(KNFree(&token));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&x));
  PetscCallMPI(MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD));
  if (worst) PetscCall(KNDatasetWriterDestroy(whole)); // and its file
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Merge(const char purpose[], PetscBool *stopped)
{
  char             output[PETSC_MAX_PATH_LEN] = "", *whole_options;
  PetscBool        overwrite = PETSC_FALSE, gaps = PETSC_FALSE, done;
  Merge            m = {.parts = 0};
  const KNProblem *problem;
  const char      *options;
  PetscInt64       seed;
  KNDatasetWriter  whole;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Datasets"));
  PetscCall(
    KNOptionsList("-input", "datasets to merge, separated by commas: parts of one ensemble", &m.parts, &m.path));
  PetscCall(KNOptionsPath("-output", "file to write; required", output));
  PetscCall(KNOptionsBool("-overwrite", "replace the file if it exists", &overwrite));
  PetscCall(KNOptionsBool("-gaps", "merge even if samples between the parts are missing", &gaps));
  PetscCall(KNOptionsEnd("merge", purpose, &done));
  if (!done) {
    PetscCheck(m.parts && output[0], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "merge needs -input FILE,FILE... and -output FILE");
    PetscCall(OpenParts(&m));
    if (!gaps) PetscCall(CheckGaps(&m));
    PetscCall(PlaceRows(&m));
    PetscCall(KNDatasetGetProblem(m.part[0], &problem));
    PetscCall(KNDatasetGetProvenance(m.part[0], &seed, &options, NULL));
    PetscCall(PutRange(options, &m.whole, &whole_options));
    PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, output, problem, m.rows, seed, whole_options, overwrite, &whole));
    PetscCall(PetscFree(whole_options));
    PetscCall(CopyRows(&m, problem, &whole));
    PetscCall(KNDatasetWriterPublish(whole));
    PetscCall(KNDatasetWriterDestroy(&whole));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " samples of %" PetscInt_FMT " datasets: %s\n", m.rows,
                          m.parts, output));
    for (PetscInt i = 0; i < m.parts; i++) PetscCall(KNDatasetDestroy(&m.part[i]));
    PetscCall(PetscFree(m.place));
    PetscCall(PetscFree2(m.part, m.range));
  }
  PetscCall(KNOptionsListDestroy(m.parts, &m.path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
