/* The weights of a network under PyTorch's names; stored and loaded by one description, as in a record. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/prune.h>
#include <kitinet/weights.h>
#include <math.h>

enum { MAX_CORNERS = 1 << (KN_MAX_DIM - 1) };

/*
  The spectral weight of one layer. W: (n[0], n[1], n[2], Ci, 2, Co) where n is 2 m for all axes but the last, m for
  that, and 1 for those that are not there.
*/
typedef struct {
  size_t n[KN_MAX_DIM], first, Ci, Co; /* first: first axis that is there */
} Modes;

static Modes ModesOf(const KNParameterInfo *info)
{
  const PetscInt dim   = info->rank - 3;
  Modes          modes = {.n     = {1, 1, 1},
                          .first = (size_t)(KN_MAX_DIM - dim),
                          .Ci    = (size_t)info->shape[dim],
                          .Co    = (size_t)info->shape[dim + 2]};

  for (PetscInt a = 0; a < dim; a++) modes.n[KN_MAX_DIM - dim + a] = (size_t)info->shape[a];
  return modes;
}

/*
  One corner of the spectrum, its bit a set where axis first + a has k < 0. block: (Ci, Co, h[0], h[1], h[2], 2), h = n
  / 2 on all axes but the last; from W, or into it.
*/
static void kn_corner_copy(float *block, KNReal *W, const Modes *modes, unsigned corner, PetscBool into)
{
  size_t h[KN_MAX_DIM], from[KN_MAX_DIM] = {0, 0, 0};

  for (size_t a = 0; a < KN_MAX_DIM; a++) {
    h[a] = a >= modes->first && a < KN_MAX_DIM - 1 ? modes->n[a] / 2 : modes->n[a];
    if (a >= modes->first && corner >> (a - modes->first) & 1) from[a] = h[a];
  }
  for (size_t i = 0; i < modes->Ci; i++) {
    for (size_t o = 0; o < modes->Co; o++) {
      for (size_t k = 0; k < h[0] * h[1] * h[2]; k++) {
        const size_t k0 = from[0] + k / (h[1] * h[2]), k1 = from[1] + k / h[2] % h[1], k2 = from[2] + k % h[2];
        KNReal      *w = W + (((k0 * modes->n[1] + k1) * modes->n[2] + k2) * modes->Ci + i) * 2 * modes->Co + o;

        for (size_t part = 0; part < 2; part++, block++) {
          if (into) w[part * modes->Co] = *block;
          else *block = w[part * modes->Co];
        }
      }
    }
  }
}

/* What the original FNO calls a map between channels: weights by what they read and write, the bias of W behind it. */
static const struct {
  KNRole      in, out;
  PetscBool   modes;
  const char *weight, *bias; /* %d: the block */
} Names[] = {
  {KN_ROLE_NONE, KN_ROLE_STREAM_OUT, PETSC_FALSE, "fc0.weight", "fc0.bias"},
  {KN_ROLE_STREAM_IN, KN_ROLE_STREAM_OUT, PETSC_FALSE, "w%d.weight", "w%d.bias"},
  {KN_ROLE_STREAM_IN, KN_ROLE_STREAM_OUT, PETSC_TRUE, "conv%d.weights", NULL},
  {KN_ROLE_STREAM_IN, KN_ROLE_HIDDEN, PETSC_FALSE, "fc1.weight", "fc1.bias"},
  {KN_ROLE_HIDDEN, KN_ROLE_NONE, PETSC_FALSE, "fc2.weight", "fc2.bias"},
};

/*
  Networks that have twins in PyTorch say their parameters' names themselves; others have those of the original FNO.
  name: "" if the original FNO, whose stream has as many channels everywhere as the first layer makes, has no such
  layer. convolves: it is one of a block, which PyTorch stores as a convolution with a kernel of one point.
*/
static PetscErrorCode Name(KNParameters parameters, PetscInt i, char name[KN_MAX_NAME], PetscBool *convolves)
{
  const KNParameterInfo *info, *weight, *lift;
  PetscInt               in, out;

  PetscFunctionBegin;
  name[0]    = 0;
  *convolves = PETSC_FALSE;
  PetscCall(KNParametersGetInfo(parameters, i, &info));
  if (info->foreign[0]) {
    PetscCall(PetscStrncpy(name, info->foreign, KN_MAX_NAME));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  weight = info;
  if (info->rank == 1 && i > 0) PetscCall(KNParametersGetInfo(parameters, i - 1, &weight));
  KNPruneGetAxes(weight, &in, &out);
  if (in < 0 || info->shape[info->rank == 1 ? 0 : out] != weight->shape[out]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNParametersGetInfo(parameters, 0, &lift));
  if (weight->role[in] == KN_ROLE_STREAM_IN && weight->shape[in] != lift->shape[0]) PetscFunctionReturn(PETSC_SUCCESS);
  if (weight->role[out] == KN_ROLE_STREAM_OUT && weight->shape[out] != lift->shape[0])
    PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(Names); k++) {
    const char *format = info->rank == 1 ? Names[k].bias : Names[k].weight;

    if (weight->role[in] != Names[k].in || weight->role[out] != Names[k].out || (weight->rank > 2) != Names[k].modes ||
        !format)
      continue;
    PetscCall(PetscSNPrintf(name, KN_MAX_NAME, format, (int)weight->site));
    *convolves = (PetscBool)(Names[k].in == KN_ROLE_STREAM_IN && Names[k].out == KN_ROLE_STREAM_OUT && info->rank == 2);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFinite(KNRecord record, const char path[], const char name[], size_t count,
                                  const float value[])
{
  double sum = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < count && KNRecordIsLoaded(record); i++)
    sum += 0 * (double)value[i]; // NaN if any is infinite or NaN
  PetscCheck(!isnan(sum), PETSC_COMM_WORLD, KN_ERR_INPUT, "%s: %s holds infinite numbers or NaN", path, name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* names: (count) of what the file holds, filled here. */
static PetscErrorCode TransferSpectral(KNRecord record, const char path[], const char name[],
                                       const KNParameterInfo *info, KNReal *W, PetscInt *count,
                                       char names[][KN_MAX_NAME])
{
  const Modes    modes                 = ModesOf(info);
  const PetscInt dim                   = info->rank - 3;
  const unsigned corners               = 1u << (dim - 1);
  PetscInt       shape[2 + KN_MAX_DIM] = {(PetscInt)modes.Ci, (PetscInt)modes.Co};
  float         *block;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < dim; a++) shape[2 + a] = a < dim - 1 ? info->shape[a] / 2 : info->shape[a];
  PetscCall(KNMalloc(info->size / corners, sizeof(*block), &block));
  for (unsigned corner = 0; corner < corners; corner++) {
    char *full = names[(*count)++];

    PetscCall(PetscSNPrintf(full, KN_MAX_NAME, "%s%u", name, corner + 1));
    if (!KNRecordIsLoaded(record)) kn_corner_copy(block, W, &modes, corner, PETSC_FALSE);
    PetscCall(KNRecordComplexArray(record, "", full, 2 + dim, shape, block));
    PetscCall(CheckFinite(record, path, full, info->size / corners, block));
    if (KNRecordIsLoaded(record)) kn_corner_copy(block, W, &modes, corner, PETSC_TRUE);
  }
  PetscCall(KNFree(&block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All weights; of a loaded record there may be no others. */
static PetscErrorCode Transfer(KNRecord record, const char path[], KNOperator op)
{
  const KNProblem *problem;
  KNParameters     parameters;
  PetscInt         count, named = 0, dim;
  KNReal          *value;
  char(*names)[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, NULL, &parameters, &problem, NULL));
  dim = KNOperatorModelGrid(op, KNProblemGrid(problem)).dim;
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(PetscCalloc1(MAX_CORNERS * count, &names));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;
    char                   name[KN_MAX_NAME];
    PetscInt               shape[2 + KN_MAX_DIM] = {0};
    PetscBool              convolves;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    PetscCall(Name(parameters, i, name, &convolves));
    PetscCheck(name[0], PETSC_COMM_WORLD, KN_ERR_INPUT,
               "the network has the layer parameter %s, for which the original FNO has no name, nor have plain modules",
               info->name);
    if (info->rank > 2 && !info->foreign[0])
      PetscCall(TransferSpectral(record, path, name, info, value + info->offset, &named, names));
    else {
      for (PetscInt a = 0; a < 2 + dim; a++) shape[a] = a < info->rank ? info->shape[a] : 1; // rank <= 2 + dim
      PetscCall(PetscStrncpy(names[named++], name, KN_MAX_NAME));
      PetscCall(KNRecordArray(record, "", name, convolves ? 2 + dim : info->rank, shape, value + info->offset));
      PetscCall(CheckFinite(record, path, name, info->size, value + info->offset));
    }
  }
  if (KNRecordIsLoaded(record)) PetscCall(KNRecordCheckNames(record, named, (const char(*)[KN_MAX_NAME])names));
  PetscCall(PetscFree(names));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "x_mean" and "x_std": what decoding makes of 0, and by what it multiplies. */
static PetscErrorCode StoreNormalizer(KNRecord record, char field, KNNormalizer normalizer)
{
  KNNormalizerType type;
  PetscInt         channels, shape[1 + KN_MAX_DIM];
  KNGrid           grid;
  float           *mean, *std;
  char             name[8];

  PetscFunctionBegin;
  PetscCall(KNNormalizerGetStatistics(normalizer, &type, &channels, &grid, NULL, NULL, NULL));
  shape[0] = channels;
  if (type != KN_NORMALIZER_POINTWISE) grid = KNGridMake(grid.dim, (const PetscInt[]){1, 1, 1}, grid.points);
  for (PetscInt a = 0; a < grid.dim; a++) shape[1 + a] = grid.n[a];
  PetscCall(KNNormalizerSetGrid(normalizer, &grid));
  PetscCall(KNMalloc(KNNormalizerSampleSize(normalizer), sizeof(*mean), &mean));
  PetscCall(KNMalloc(KNNormalizerSampleSize(normalizer), sizeof(*std), &std));
  for (size_t i = 0; i < KNNormalizerSampleSize(normalizer); i++) {
    mean[i] = 0;
    std[i]  = 1;
  }
  PetscCall(KNNormalizerDecode(normalizer, 1, mean));
  PetscCall(KNNormalizerDecodeBackward(normalizer, 1, 1, std));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%c_mean", field));
  PetscCall(KNRecordArray(record, "normalizer", name, 1 + grid.dim, shape, mean));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%c_std", field));
  PetscCall(KNRecordArray(record, "normalizer", name, 1 + grid.dim, shape, std));
  PetscCall(KNFree(&mean));
  PetscCall(KNFree(&std));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StoreFacts(KNRecord record, KNOperator op)
{
  const KNProblem       *problem;
  const char            *options;
  char                  *text, residual[KN_MAX_NAME], points[KN_MAX_NAME], pde[KN_MAX_NAME];
  KNParameters           parameters;
  KNSizes                sizes;
  PetscBool              found;
  PetscInt               history;
  const KNParameterInfo *first;
  PetscInt64             number;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, NULL, &parameters, &problem, &options));
  PetscCall(KNOperatorGetHistory(op, &history));
  number = history;
  PetscCall(KNRecordInt(record, "history", &number));
  PetscCall(KNOptionsYAMLGet(options, "model_residual", sizeof(residual), residual, &found));
  PetscCall(KNRecordText(record, "residual", sizeof(residual), residual));
  PetscCall(KNParametersGetInfo(parameters, 0, &first));
  if (!first->foreign[0]) { /* elsewhere shapes say it */
    PetscCall(KNPruneGetSizes(parameters, &sizes));
    number = sizes.n[KN_SIZE_WIDTH];
    PetscCall(KNRecordInt(record, "width", &number));
    number = sizes.n[KN_SIZE_MODES];
    PetscCall(KNRecordInt(record, "modes", &number));
  }
  PetscCall(PetscStrncpy(points, KNPointsNames[problem->output.grid.points], sizeof(points)));
  PetscCall(KNRecordText(record, "points", sizeof(points), points));
  PetscCall(PetscStrncpy(pde, problem->pde, sizeof(pde)));
  PetscCall(KNRecordText(record, "pde", sizeof(pde), pde));
  PetscCall(PetscStrallocpy(options, &text));
  PetscCall(KNRecordText(record, "model_options", strlen(text) + 1, text));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWeightsExport(KNOperator op, const char path[])
{
  KNNormalizer input, output;
  KNRecord     record;

  PetscFunctionBegin;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, NULL, &record));
  PetscCall(Transfer(record, path, op));
  PetscCall(KNTaskGetNormalizers(KNOperatorTask(op), &input, &output));
  if (input) PetscCall(StoreNormalizer(record, 'x', input));
  if (output) PetscCall(StoreNormalizer(record, 'y', output));
  PetscCall(StoreFacts(record, op));
  PetscCall(KNRecordSave(record, path));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWeightsImport(KNOperator op, const char path[])
{
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, NULL, path, &record));
  PetscCall(Transfer(record, path, op));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}
