/* Predicted classes: probabilities as HDF5, the most probable class of each row as CSV. */
#include "command.h"
#include "csv.h"
#include "predict.h"
#include <kitinet/classes.h>
#include <kitinet/ensemble.h>
#include <kitinet/evaluation.h>
#include <kitinet/path.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  KNTask task;
  size_t k;
  float *probability; /* (samples, k) */
  /* of an ensemble: passes, and what their scores are divided by */
  size_t    members;
  PetscReal temperature;
  float    *mean; /* (k) */
} Visit;

static PetscErrorCode Keep(void *context, PetscInt64 row, const float y[], const float truth[])
{
  const Visit *visit = (const Visit *)context;
  float       *p     = visit->probability + (size_t)row * visit->k;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(p, y, visit->k));
  PetscCall(KNTaskPresent(visit->task, 1, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KeepMean(void *context, PetscInt64 row, const float y[], size_t stride, const float truth[])
{
  const Visit *visit = (const Visit *)context;

  PetscFunctionBegin;
  kn_class_mean(visit->mean, y, visit->members, stride, visit->temperature, visit->k);
  PetscCall(Keep(context, row, visit->mean, truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(const Visit *visit, PetscInt64 samples, const char path[])
{
  const PetscInt shape[] = {(PetscInt)samples, (PetscInt)visit->k};
  PetscInt       count   = (PetscInt)visit->k;
  char(*name)[KN_MAX_TEXT];
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(visit->k, &name));
  for (size_t c = 0; c < visit->k; c++) PetscCall(PetscStrncpy(name[c], KNTaskClassName(visit->task, c), KN_MAX_TEXT));
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, NULL, &record));
  PetscCall(KNRecordTexts(record, "classes", KN_MAX_TEXT, count, &count, &name[0][0]));
  PetscCall(KNRecordArray(record, "", "probability", 2, shape, visit->probability));
  PetscCall(KNRecordSave(record, path));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(PetscFree(name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The title of the column of a source's names of rows: lines of a table, or files. */
static PetscErrorCode GetTitle(KNSource source, const char name[], const char **title)
{
  const KNProblem *problem;

  PetscFunctionBegin;
  PetscCall(KNSourceGetProblem(source, &problem, NULL));
  *title = problem->input.kind == KN_SPACE_TOKENS && strspn(name, "0123456789") == strlen(name) ? "line" : "file";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* pictures: whose rows have names; or NULL */
static PetscErrorCode WriteCSV(const Visit *visit, PetscInt64 samples, KNSource pictures, const char path[])
{
  char        name[PETSC_MAX_PATH_LEN] = "";
  const char *title                    = "";
  KNCSV       csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) {
    if (pictures) PetscCall(KNSourceGetRowName(pictures, 0, sizeof(name), name));
    if (name[0]) PetscCall(GetTitle(pictures, name, &title));
    fprintf(csv.file, "row,%s%sclass,probability", title, name[0] ? "," : "");
    for (size_t c = 0; c < visit->k; c++) {
      fprintf(csv.file, ",");
      KNCSVText(csv.file, KNTaskClassName(visit->task, c), "");
    }
    fprintf(csv.file, "\n");
    for (PetscInt64 row = 0; row < samples; row++) {
      const float *p    = visit->probability + (size_t)row * visit->k;
      size_t       best = 0;

      for (size_t c = 1; c < visit->k; c++) best = p[c] > p[best] ? c : best;
      fprintf(csv.file, "%" PetscInt64_FMT ",", row);
      if (name[0]) PetscCall(KNSourceGetRowName(pictures, row, sizeof(name), name));
      if (name[0]) KNCSVText(csv.file, name, ",");
      KNCSVText(csv.file, KNTaskClassName(visit->task, best), ",");
      fprintf(csv.file, "%.7g", (double)p[best]);
      for (size_t c = 0; c < visit->k; c++) fprintf(csv.file, ",%.7g", (double)p[c]);
      fprintf(csv.file, "\n");
    }
  }
  PetscCall(KNCSVEndBeside(&csv, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(KNOperator op, PetscInt members, const char path[], PetscBool overwrite, PetscInt64 samples,
                            Visit *visit)
{
  PetscMPIInt rank;
  PetscInt    fitted;
  PetscBool   exists  = PETSC_FALSE;
  int         failure = 0;

  PetscFunctionBegin;
  *visit = (Visit){.task = KNOperatorTask(op), .k = KNTaskOutputSize(KNOperatorTask(op)), .members = (size_t)members};
  PetscCall(KNOperatorGetSpread(op, &visit->temperature, &fitted));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathExists(path, &exists);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : 0, "%s: %s", path, strerror(failure)));
  PetscCall(KNAgree(PETSC_COMM_WORLD, exists && !overwrite ? KN_ERR_USAGE : 0,
                    "%s exists; give another -output, or -overwrite true", path));
  PetscCheck(samples * (PetscInt64)visit->k <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt64_FMT " rows of %zu classes: too many to be predicted at once; split the "
             "dataset",
             samples, visit->k);
  PetscCall(KNMalloc(visit->k, sizeof(float), &visit->mean));
  PetscCall(KNMalloc((size_t)samples * visit->k, sizeof(float), &visit->probability));
  PetscCall(PetscArrayzero(visit->probability, (size_t)samples * visit->k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finish(const char path[], PetscInt64 samples, KNSource pictures, Visit *visit)
{
  PetscFunctionBegin;
  /* Each row has one owner, the others add 0: exact. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, visit->probability, (PetscMPIInt)(samples * (PetscInt64)visit->k), MPI_FLOAT,
                             MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(Write(visit, samples, path));
  PetscCall(WriteCSV(visit, samples, pictures, path));
  PetscCall(KNFree(&visit->probability));
  PetscCall(KNFree(&visit->mean));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%" PetscInt64_FMT " predictions: %s holds the probabilities of %zu "
                        "classes; the most probable ones beside it as "
                        ".csv\n",
                        samples, path, visit->k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictClasses(KNOperator op, PetscInt members, KNDataset input, PetscInt batch, const char path[],
                                PetscBool overwrite)
{
  Visit      visit;
  PetscInt64 samples;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetSamples(input, &samples));
  PetscCall(Begin(op, members, path, overwrite, samples, &visit));
  if (members) PetscCall(KNEnsembleEach(op, members, input, batch, KeepMean, &visit));
  else PetscCall(KNEvaluateEach(op, input, 0, samples, batch, 0, Keep, &visit));
  PetscCall(Finish(path, samples, NULL, &visit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictIsPictures(const char path[], PetscBool *pictures)
{
  static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  PetscMPIInt                rank;
  struct stat                status;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  *pictures = PETSC_FALSE;
  if (rank == 0 && !stat(path, &status)) {
    unsigned char head[sizeof(signature)] = {0};
    FILE         *file                    = S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;

    if (S_ISDIR(status.st_mode)) *pictures = PETSC_TRUE;
    if (file && fread(head, 1, sizeof(head), file) && memcmp(head, signature, sizeof(head))) *pictures = PETSC_TRUE;
    if (file) fclose(file);
  }
  PetscCallMPI(MPI_Bcast(pictures, 1, MPIU_BOOL, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows of this rank: every size-th batch, so that the same rows are together on any number of ranks. */
static PetscErrorCode Read(KNOperator op, KNSource source, PetscInt batch, Visit *visit)
{
  const KNProblem *problem;
  PetscMPIInt      rank, size;
  PetscInt64       samples, *index;
  char             message[1024] = "";
  int              code          = 0;
  float           *x, *work, *y;
  int32_t         *token, *length;
  size_t           L;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNSourceGetProblem(source, &problem, &samples));
  L = (size_t)problem->input.length;
  PetscCall(KNMalloc((size_t)batch * KNProblemInputSize(problem), sizeof(*x), &x));
  PetscCall(KNMalloc((size_t)batch * KNProblemInputSize(problem), sizeof(*x), &work));
  PetscCall(KNMalloc((size_t)batch * L, sizeof(*token), &token));
  PetscCall(KNMalloc(L ? (size_t)batch : 0, sizeof(*length), &length));
  PetscCall(KNMalloc(PetscMax(visit->members, 1) * (size_t)batch * visit->k, sizeof(*y), &y));
  PetscCall(PetscMalloc1(batch, &index));
  for (PetscInt64 first = (PetscInt64)rank * batch; first < samples && !code; first += (PetscInt64)size * batch) {
    const PetscInt B    = (PetscInt)PetscMin(batch, samples - first);
    const KNPass   pass = {.samples  = B,
                           .training = PETSC_FALSE,
                           .index    = index,
                           .token    = L ? token : NULL,
                           .length   = L ? length : NULL,
                           .stride   = L};

    for (PetscInt i = 0; i < B; i++) index[i] = first + i;
    code = L ? KNSourceReadTokens(source, first, B, token, length, sizeof(message), message)
             : KNSourceRead(source, first, B, x, y, sizeof(message), message);
    if (!code && visit->members) PetscCall(KNEnsemblePredict(op, (PetscInt)visit->members, &pass, 0, x, work, NULL, y));
    else if (!code) PetscCall(KNOperatorPredict(op, &pass, 0, x, NULL, y));
    for (PetscInt i = 0; i < B && !code; i++) {
      const float *own = y + (size_t)i * visit->k;

      if (visit->members) PetscCall(KeepMean(visit, first + i, own, (size_t)B * visit->k, NULL));
      else PetscCall(Keep(visit, first + i, own, NULL));
    }
  }
  PetscCall(PetscFree(index));
  PetscCall(KNFree(&length));
  PetscCall(KNFree(&token));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&work));
  PetscCall(KNFree(&x));
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictPictures(KNOperator op, PetscInt members, const char input[], const KNSourceChoice *choice,
                                 PetscInt batch, const char path[], PetscBool overwrite)
{
  Visit            visit;
  KNSourceChoice   own = *choice;
  const KNProblem *problem, *trained;
  KNProblem        asked;
  PetscInt64       samples;
  KNSource         source;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, NULL, NULL, &trained, NULL));
  own.network[0] = trained->input.fields;
  own.network[1] = trained->input.grid.n[0];
  own.network[2] = trained->input.grid.n[1];
  if (trained->input.kind == KN_SPACE_TOKENS) own.like = trained;
  PetscCall(KNSourceOpen(PETSC_COMM_WORLD, 1, &input, &own, &source));
  PetscCall(KNSourceGetProblem(source, &problem, &samples));
  asked        = *problem;
  asked.output = trained->output;
  PetscCall(KNOperatorCheck(op, &asked, input));
  PetscCall(KNOperatorSetGrid(op, &problem->input.grid, batch, PETSC_FALSE));
  PetscCall(Begin(op, members, path, overwrite, samples, &visit));
  PetscCall(Read(op, source, batch, &visit));
  PetscCall(KNSourceWarn(source));
  PetscCall(Finish(path, samples, source, &visit));
  PetscCall(KNSourceDestroy(&source));
  PetscFunctionReturn(PETSC_SUCCESS);
}
