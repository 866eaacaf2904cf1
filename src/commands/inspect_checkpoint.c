/*
  Inspecting a checkpoint: how far the training is, on what problem, with which network; every parameter with its shape
  and size, and a digest of all their bits.

  The record and its checksum are verified as a whole when it is loaded.
*/
#include "inspect.h"
#include <kitinet/condensation.h>
#include <kitinet/operator.h>
#include <math.h>
#include <nettle/sha2.h>
#include <sys/stat.h>

/* Counters under the names that training stores them by. */
static PetscErrorCode PrintCounters(const char path[], const char version[])
{
  KNRecord    record;
  PetscInt64  epoch, batch, step, samples_seen, fingerprint;
  PetscReal   best;
  struct stat status = {0};

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(KNRecordInt(record, "epoch", &epoch));
  PetscCall(KNRecordInt(record, "batch", &batch));
  PetscCall(KNRecordInt(record, "step", &step));
  PetscCall(KNRecordInt(record, "samples_seen", &samples_seen));
  PetscCall(KNRecordInt(record, "dataset_fingerprint", &fingerprint));
  PetscCall(KNRecordReal(record, "best", &best));
  PetscCall(KNRecordDestroy(&record));
  (void)stat(path, &status);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: checkpoint of kitinet %s, %.1f MB, its checksum is right\n", path,
                        version, (double)status.st_size / 1e6));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  training    %" PetscInt64_FMT " epochs", epoch));
  if (batch) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " and %" PetscInt64_FMT " batches", batch));
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD, ", step %" PetscInt64_FMT ", %" PetscInt64_FMT " samples seen", step, samples_seen));
  if (best >= 0) PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", best %.5f", (double)best));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n  dataset     fingerprint %016llx\n", (unsigned long long)fingerprint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintFields(const char title[], PetscInt count, const KNField field[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s ", title));
  for (PetscInt i = 0; i < count; i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s%s [%s]%s", i ? ", " : " ", field[i].name, field[i].unit,
                          field[i].logarithmic ? " logarithmic" : ""));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The statistics of each channel; pointwise ones as their range over the points. */
static PetscErrorCode PrintNormalizer(const char title[], KNNormalizer normalizer)
{
  KNNormalizerType type;
  PetscInt         channels;
  size_t           count;
  float           *mean, *std;

  PetscFunctionBegin;
  PetscCall(KNNormalizerGetStatistics(normalizer, &type, &channels, NULL, &count, &mean, &std));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  normalised by %s\n", title, KNNormalizerNames[type]));
  for (PetscInt c = 0; c < channels && count; c++) {
    const size_t n    = count / (size_t)channels;
    float        m[2] = {INFINITY, -INFINITY}, s[2] = {INFINITY, -INFINITY};

    for (size_t i = (size_t)c * n; i < (size_t)(c + 1) * n; i++) {
      m[0] = PetscMin(m[0], mean[i]);
      m[1] = PetscMax(m[1], mean[i]);
      s[0] = PetscMin(s[0], std[i]);
      s[1] = PetscMax(s[1], std[i]);
    }
    if (n == 1)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "              channel %" PetscInt_FMT ": mean %.6g, deviation %.6g\n", c,
                            (double)m[0], (double)s[0]));
    else
      PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                            "              channel %" PetscInt_FMT ": mean %.6g to %.6g, deviation %.6g to %.6g\n", c,
                            (double)m[0], (double)m[1], (double)s[0], (double)s[1]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Of the parameters' values as the checkpoint holds them: 32-bit floats, little-endian, one parameter after another in
  the order of the list.
*/
static PetscErrorCode PrintDigest(KNParameters parameters)
{
  const KNParameterInfo *info;
  struct sha256_ctx      context;
  PetscInt               count;
  KNReal                *value;
  uint8_t                digest[SHA256_DIGEST_SIZE];
  char                   text[2 * SHA256_DIGEST_SIZE + 1];

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  PetscCall(KNParametersGetCount(parameters, &count));
  sha256_init(&context);
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(KNParametersGetInfo(parameters, i, &info));
    for (size_t e = 0; e < info->size; e++) {
      uint8_t  bytes[4];
      uint32_t word;

      memcpy(&word, value + info->offset + e, sizeof(word));
      for (int b = 0; b < 4; b++) bytes[b] = (uint8_t)(word >> 8 * b);
      sha256_update(&context, sizeof(bytes), bytes);
    }
  }
  sha256_digest(&context, sizeof(digest), digest);
  for (size_t i = 0; i < sizeof(digest); i++) (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  weights     SHA-256 %s\n", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "lift.weight  (32, 3)  96  stream out, none", a line each: shape, size and what the axes count. */
static PetscErrorCode PrintParameters(KNParameters parameters)
{
  const KNParameterInfo *info;
  PetscInt               count;
  size_t                 total, state;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetTotal(parameters, &total));
  PetscCall(KNParametersGetState(parameters, NULL, &state));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  parameters  %zu real numbers\n", total));
  if (state) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  state       %zu real numbers, not trained\n", state));
  for (PetscInt i = 0; i < count; i++) {
    char shape[128] = "", roles[128] = "";

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    for (PetscInt axis = 0; axis < info->rank; axis++) {
      const size_t length = strlen(shape);

      PetscCall(PetscSNPrintf(shape + length, sizeof(shape) - length, "%s%" PetscInt_FMT, axis ? ", " : "(",
                              info->shape[axis]));
      PetscCall(PetscStrlcat(roles, axis ? ", " : "  ", sizeof(roles)));
      PetscCall(PetscStrlcat(roles, KNRoleNames[info->role[axis]], sizeof(roles)));
    }
    PetscCall(PetscStrlcat(shape, ")", sizeof(shape)));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "    %-32s %-24s %10zu%s%s\n", info->name, shape, info->size, roles,
                          info->momentum > 0 ? " (state)" : ""));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How evenly the weights are spread over the channels: condensation.h. */
static PetscErrorCode PrintCondensation(KNParameters parameters)
{
  KNCondensation *measured;
  PetscInt        count;

  PetscFunctionBegin;
  PetscCall(KNCondensationMeasure(parameters, &count, &measured));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  condensation                     participation  alignment  effective "
                                          "rank\n"));
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "    %-28s %13.4f  %9.4f  %14.2f\n", measured[i].layer,
                          (double)measured[i].participation, (double)measured[i].alignment,
                          (double)measured[i].effective_rank));
  }
  PetscCall(PetscFree(measured));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectCheckpoint(const char path[], const char version[])
{
  const KNProblem *problem;
  const char      *options;
  KNOperator       op;
  KNParameters     parameters;
  KNNormalizer     input, output;

  PetscFunctionBegin;
  PetscCall(PrintCounters(path, version));
  PetscCall(KNOperatorLoad(path, &op));
  PetscCall(KNOperatorGetModel(op, NULL, &parameters, &problem, &options));
  PetscCall(KNTaskGetNormalizers(KNOperatorTask(op), &input, &output));
  PetscCall(KNInspectPrintProblem(problem));
  if (problem->input.fields) PetscCall(PrintFields("inputs", problem->input.fields, problem->input.field));
  if (problem->output.fields) PetscCall(PrintFields("outputs", problem->output.fields, problem->output.field));
  if (input) PetscCall(PrintNormalizer("inputs", input));
  if (output) PetscCall(PrintNormalizer("outputs", output));
  for (PetscInt i = 0;; i++) {
    const char *line;

    PetscCall(KNOperatorGetOrigin(op, i, &line));
    if (!line) break;
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  origin      %s\n", line));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  options\n"));
  PetscCall(KNInspectPrintLines(options));
  PetscCall(PrintCondensation(parameters));
  PetscCall(PrintDigest(parameters));
  PetscCall(PrintParameters(parameters));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}
