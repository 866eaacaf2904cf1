/* Predicted classes: probabilities as HDF5, the most probable class of each row as CSV. */
#include "command.h"
#include "csv.h"
#include "predict.h"
#include <kitinet/evaluation.h>
#include <kitinet/path.h>

typedef struct {
  KNTask task;
  size_t k;
  float *probability; /* (samples, k) */
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

static PetscErrorCode WriteCSV(const Visit *visit, PetscInt64 samples, const char path[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) {
    fprintf(csv.file, "row,class,probability");
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
      KNCSVText(csv.file, KNTaskClassName(visit->task, best), ",");
      fprintf(csv.file, "%.7g", (double)p[best]);
      for (size_t c = 0; c < visit->k; c++) fprintf(csv.file, ",%.7g", (double)p[c]);
      fprintf(csv.file, "\n");
    }
  }
  PetscCall(KNCSVEndBeside(&csv, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPredictClasses(KNOperator op, KNDataset input, PetscInt batch, const char path[], PetscBool overwrite)
{
  Visit       visit = {.task = KNOperatorTask(op), .k = KNTaskOutputSize(KNOperatorTask(op))};
  PetscInt64  samples;
  PetscMPIInt rank;
  PetscBool   exists  = PETSC_FALSE;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathExists(path, &exists);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : 0, "%s: %s", path, strerror(failure)));
  PetscCall(KNAgree(PETSC_COMM_WORLD, exists && !overwrite ? KN_ERR_USAGE : 0,
                    "%s exists; give another -output, or -overwrite true", path));
  PetscCall(KNDatasetGetSamples(input, &samples));
  PetscCheck(samples * (PetscInt64)visit.k <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt64_FMT " rows of %zu classes: too many to be predicted at once; split the "
             "dataset",
             samples, visit.k);
  PetscCall(KNMalloc((size_t)samples * visit.k, sizeof(float), &visit.probability));
  PetscCall(PetscArrayzero(visit.probability, (size_t)samples * visit.k));
  PetscCall(KNEvaluateEach(op, input, 0, samples, batch, 0, Keep, &visit));
  /* Each row has one owner, the others add 0: exact. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, visit.probability, (PetscMPIInt)(samples * (PetscInt64)visit.k), MPI_FLOAT,
                             MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(Write(&visit, samples, path));
  PetscCall(WriteCSV(&visit, samples, path));
  PetscCall(KNFree(&visit.probability));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%" PetscInt64_FMT " predictions: %s holds the probabilities of %zu "
                        "classes; the most probable ones beside it as "
                        ".csv\n",
                        samples, path, visit.k));
  PetscFunctionReturn(PETSC_SUCCESS);
}
