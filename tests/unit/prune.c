/*
  Pruning. A pruned network computes what the full one does with the dropped channels and hidden units masked, to
  float accuracy: for every residual, on one to three axes, with and without padding, collisions off. With the
  expectation of the collisions: another order of all particles and units changes nothing. A readout sees a channel
  that equals another one through that one. Fewer modes: the full network with those weights set to 0. Gates are
  derivatives.
*/
#include <kitinet/model.h>
#include <kitinet/prune.h>
#include <kitinet/random.h>
#include <string.h>

enum { IN = 2, OUT = 1, SAMPLES = 2, N = 8, C = 8, M = 4, BLOCKS = 3, H = 5, LARGEST = N * N * N };

static const KNSizes whole    = {{[KN_SIZE_WIDTH] = C, [KN_SIZE_MODES] = M, [KN_SIZE_HIDDEN] = H}};
static PetscInt      every[H] = {0, 1, 2, 3, 4};

static const KNPass expected = {.samples = SAMPLES};

typedef struct {
  const char *residual, *evaluate, *padding;
  PetscInt    dim;
} Network;

static KNReal Uniform(PetscInt64 which, size_t i)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
  return (KNReal)(2 * KNUniform(word[0]) - 1);
}

static PetscErrorCode NetworkCreate(const Network *network, const KNSizes *sizes, KNModel *model,
                                    KNParameters *parameters)
{
  const KNGrid grid = KNGridMake(network->dim, (const PetscInt[]){N, N, N}, KN_POINTS_CELLS);
  char         w[16], m[16], h[16];
  KNReal      *value;
  size_t       size;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(w, sizeof(w), "%" PetscInt_FMT, sizes->n[KN_SIZE_WIDTH]));
  PetscCall(PetscSNPrintf(m, sizeof(m), "%" PetscInt_FMT, sizes->n[KN_SIZE_MODES]));
  PetscCall(PetscSNPrintf(h, sizeof(h), "%" PetscInt_FMT, sizes->n[KN_SIZE_HIDDEN]));
  {
    const char *const option[][2] = {{"-model_residual", network->residual},
                                     {"-collision_evaluate", network->evaluate},
                                     {"-model_padding", network->padding},
                                     {"-collision_rate", "0.7"},
                                     {"-collision_dimension", "2"},
                                     {"-model_width", w},
                                     {"-model_modes", m},
                                     {"-model_layers", "3"},
                                     {"-model_head", h}};

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
      PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  }
  PetscCall(KNModelCreateFromOptions(model));
  PetscCall(KNModelSetChannels(*model, network->dim, IN, OUT));
  PetscCall(KNModelSetFromOptions(*model));
  PetscCall(KNModelSetUp(*model, 1));
  PetscCall(KNModelSetGrid(*model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(*model, parameters));
  PetscCall(KNParametersGetBlocks(*parameters, &size, &value, NULL, NULL, NULL));
  /* spectral weights and biases that matter */
  for (size_t i = 0; i < size; i++) value[i] += (KNReal)0.1 * Uniform(3, i);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Output(KNModel model, KNReal y[SAMPLES * OUT * LARGEST])
{
  KNReal x[SAMPLES * IN * LARGEST];

  PetscFunctionBegin;
  for (size_t i = 0; i < SAMPLES * IN * LARGEST; i++) x[i] = Uniform(1, i);
  memset(y, 0, SAMPLES * OUT * LARGEST * sizeof(*y));
  PetscCall(KNModelForward(model, &expected, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compare(const char what[], const Network *network, KNModel a, KNModel b, double tolerance)
{
  KNReal ya[SAMPLES * OUT * LARGEST], yb[SAMPLES * OUT * LARGEST];
  double difference = 0, norm = 0;

  PetscFunctionBegin;
  PetscCall(Output(a, ya));
  PetscCall(Output(b, yb));
  for (size_t i = 0; i < SAMPLES * OUT * LARGEST; i++) {
    difference += PetscSqr((double)ya[i] - (double)yb[i]);
    norm += PetscSqr((double)ya[i]);
  }
  PetscCheck(norm > 0 && PetscSqrtReal(difference / norm) < tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, residual %s, evaluation %s, padding %s, %dD: outputs differ by %g", what, network->residual,
             network->evaluate, network->padding, (int)network->dim, PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The hidden units of the head that stay keep their weights in the output layer, those of the others become 0. */
static PetscErrorCode MaskHidden(KNParameters parameters, PetscInt hidden, const PetscInt unit[])
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt n = 0; n < count; n++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, n, &info));
    if (strcmp(info->name, "head.output.weight")) continue;
    for (PetscInt k = 0; k < H; k++) {
      PetscBool stays = PETSC_FALSE;

      for (PetscInt i = 0; i < hidden; i++) stays = (PetscBool)(stays || unit[i] == k);
      for (PetscInt o = 0; !stays && o < OUT; o++) value[info->offset + (size_t)(o * H + k)] = 0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Sets what writes channel c of the stream (from >= 0: copies what writes that channel), or the spectral weights
  beyond `modes`.
*/
static PetscErrorCode Change(KNParameters parameters, PetscInt c, PetscInt from, PetscInt modes)
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt n = 0; n < count; n++) {
    const KNParameterInfo *info;
    PetscBool              head;

    PetscCall(KNParametersGetInfo(parameters, n, &info));
    PetscCall(PetscStrbeginswith(info->name, "head", &head));
    for (size_t e = 0; !head && e < info->size; e++) {
      KNReal *w = value + info->offset;
      /* the output that element e serves */
      const PetscInt row    = info->rank > 2 ? (PetscInt)(e % C) : (PetscInt)(e / (info->size / C));
      const size_t   stride = info->rank > 2 ? 1 : info->size / C, mode = e / (2 * C * C), last = mode % M,
                   middle = mode / M % (2 * M), first = mode / (2 * M * M);

      if (row == c) w[e] = from < 0 ? 0 : w[e - (size_t)c * stride + (size_t)from * stride];
      if (info->rank > 2 && last >= (size_t)modes) w[e] = 0;
      if (info->rank > 4 && middle >= (size_t)modes && middle < (size_t)(2 * M - modes)) w[e] = 0;
      if (info->rank > 5 && first >= (size_t)modes && first < (size_t)(2 * M - modes)) w[e] = 0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMask(const Network *network)
{
  static PetscInt       kept[]    = {0, 1, 4, 5};
  static const PetscInt dropped[] = {2, 3, 6, 7}, unit[] = {3, 0, 4};
  static const KNSizes  fewer   = {{[KN_SIZE_WIDTH] = 4, [KN_SIZE_MODES] = 2, [KN_SIZE_HIDDEN] = 3}};
  const KNPruning       pruning = {.channel = (PetscInt *[]){NULL, kept}, .unit = unit};
  KNModel               full, narrow;
  KNParameters          wide, small;
  KNSizes               sizes;
  KNChannelSets         sets;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &whole, &full, &wide));
  PetscCall(NetworkCreate(network, &fewer, &narrow, &small));
  PetscCall(KNPruneGetSizes(wide, &sizes));
  PetscCheck(!memcmp(&sizes, &whole, sizeof(sizes)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "sizes %d, %d, %d",
             (int)sizes.n[KN_SIZE_WIDTH], (int)sizes.n[KN_SIZE_MODES], (int)sizes.n[KN_SIZE_HIDDEN]);
  PetscCall(KNPruneGetSets(wide, &sets));
  PetscCheck(sets.sets == 1 && sets.sites == BLOCKS + 1 && sets.width[1] == C && sets.stream[1] == 0, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%d sets, %d sites", (int)sets.sets, (int)sets.sites);
  for (int l = 0; l <= BLOCKS; l++)
    PetscCheck(sets.set[l] == 1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "site %d reads set %d", l, (int)sets.set[l]);
  PetscCall(KNChannelSetsDestroy(&sets));
  PetscCall(KNPrune(wide, &pruning, small));
  for (int i = 0; i < 4; i++) PetscCall(Change(wide, dropped[i], -1, 2));
  PetscCall(MaskHidden(wide, 3, unit));
  PetscCall(Compare("masked", network, full, narrow, 2e-6));
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&narrow));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An output layer of its own, which is the old one. */
static PetscErrorCode TestOutputLayer(const Network *network)
{
  static PetscInt order[C] = {0, 1, 2, 3, 4, 5, 6, 7};
  double          output[OUT][H + 1];
  KNPruning       pruning = {.channel = (PetscInt *[]){NULL, order}, .unit = every, .output = &output[0][0]};
  KNPruneHead     head;
  KNModel         a, b;
  KNParameters    pa, pb;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &whole, &a, &pa));
  PetscCall(NetworkCreate(network, &whole, &b, &pb));
  PetscCall(KNPruneGetHead(pa, &head));
  PetscCheck(head.width == C && head.hidden == H && head.outputs == OUT && head.site == BLOCKS, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "a head of %d, %d, %d", (int)head.width, (int)head.hidden, (int)head.outputs);
  for (int o = 0; o < OUT; o++) {
    for (int k = 0; k < H; k++) output[o][k] = head.W2[o * H + k];
    output[o][H] = head.b2[o];
  }
  PetscCall(KNPrune(pa, &pruning, pb));
  PetscCall(Compare("the same output layer", network, a, b, 2e-6));
  PetscCall(KNModelDestroy(&a));
  PetscCall(KNModelDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestOrder(const Network *network)
{
  static PetscInt       order[C] = {6, 7, 2, 3, 0, 1, 4, 5};
  static const PetscInt units[H] = {4, 2, 0, 1, 3};
  const KNPruning       pruning  = {.channel = (PetscInt *[]){NULL, order}, .unit = units};
  KNModel               a, b;
  KNParameters          pa, pb;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &whole, &a, &pa));
  PetscCall(NetworkCreate(network, &whole, &b, &pb));
  PetscCall(KNPrune(pa, &pruning, pb));
  PetscCall(Compare("another order", network, a, b, 2e-6));
  PetscCall(KNModelDestroy(&a));
  PetscCall(KNModelDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Channels 6 and 7 equal 0 and 1 everywhere: they are read through those. */
static PetscErrorCode TestReadout(const Network *network)
{
  static PetscInt      kept[]        = {0, 1, 2, 3, 4, 5};
  static const KNSizes fewer         = {{[KN_SIZE_WIDTH] = 6, [KN_SIZE_MODES] = M, [KN_SIZE_HIDDEN] = H}};
  double               through[C][6] = {{0}};
  double              *R             = &through[0][0];
  const KNPruning      pruning       = {.channel = (PetscInt *[]){NULL, kept},
                                        .readout = (double * [BLOCKS + 1]){R, R, R, R},
                                        .unit    = every};
  KNModel              full, narrow;
  KNParameters         wide, small;

  PetscFunctionBegin;
  for (int c = 0; c < C; c++) through[c][c < 6 ? c : c - 6] = 1;
  PetscCall(NetworkCreate(network, &whole, &full, &wide));
  PetscCall(NetworkCreate(network, &fewer, &narrow, &small));
  PetscCall(Change(wide, 6, 0, M));
  PetscCall(Change(wide, 7, 1, M));
  PetscCall(KNPrune(wide, &pruning, small));
  PetscCall(Compare("merged", network, full, narrow, 5e-6));
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&narrow));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A factor on all weights that read channel c, moved by central differences; loss sum t y. The squares add up to those
  of the weights.
*/
static PetscErrorCode TestGates(const Network *network)
{
  const double h         = sizeof(KNReal) == sizeof(double) ? 1e-5 : 1e-2,
               tolerance = sizeof(KNReal) == sizeof(double) ? 1e-8 : 2e-3;
  double       gate[C], square[BLOCKS + 1][C], slope[C], worst = 0, norm = 0, R[C][C];
  KNReal      *value, x[SAMPLES * IN * LARGEST], y[SAMPLES * OUT * LARGEST], target[SAMPLES * OUT * LARGEST];
  PetscInt     channel[C];
  KNModel      model, moved;
  KNParameters parameters, others;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &whole, &model, &parameters));
  PetscCall(NetworkCreate(network, &whole, &moved, &others));
  for (size_t i = 0; i < SAMPLES * IN * LARGEST; i++) x[i] = Uniform(1, i);
  for (size_t i = 0; i < SAMPLES * OUT * LARGEST; i++) target[i] = Uniform(2, i);
  PetscCall(KNModelForward(model, &expected, x, y));
  PetscCall(KNModelBackward(model, &expected, x, target, NULL));
  PetscCall(KNPruneReading(parameters, (double * [BLOCKS + 1]){square[0], square[1], square[2], square[3]},
                           (double *[]){NULL, gate}));
  for (int c = 0; c < C; c++) {
    channel[c] = c;
    slope[c]   = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
      const KNPruning pruning = {.channel = (PetscInt *[]){NULL, channel},
                                 .readout = (double * [BLOCKS + 1]){R[0], R[0], R[0], R[0]},
                                 .unit    = every};

      for (int i = 0; i < C; i++) channel[i] = i;
      for (int i = 0; i < C; i++) {
        for (int k = 0; k < C; k++) R[i][k] = (i == k) * (1 + (i == c ? sign * h : 0));
      }
      PetscCall(KNPrune(parameters, &pruning, others));
      PetscCall(Output(moved, y));
      for (size_t i = 0; i < SAMPLES * OUT * LARGEST; i++)
        slope[c] += sign * (double)target[i] * (double)y[i] / (2 * h);
    }
    worst = PetscMax(worst, PetscAbsReal(slope[c] - gate[c]));
    norm += PetscSqr(gate[c]);
  }
  PetscCheck(norm > 0 && worst < tolerance * PetscSqrtReal(norm), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "residual %s: gates and slopes differ by %g of %g", network->residual, worst, PetscSqrtReal(norm));

  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt i = 0, count; !KNParametersGetCount(parameters, &count) && i < count; i++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    for (size_t e = 0; !strcmp(info->name, "block1.linear.weight") && e < info->size; e++)
      square[1][e % C] -= PetscSqr((double)value[info->offset + e]);
    for (size_t e = 0; !strcmp(info->name, "block1.spectral.weight") && e < info->size; e++)
      square[1][e / (2 * C) % C] -= PetscSqr((double)value[info->offset + e]);
  }
  for (int c = 0; c < C; c++)
    PetscCheck(square[0][c] > 0 && PetscAbsReal(square[1][c]) < 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "squares of channel %d are wrong by %g", c, square[1][c]);
  PetscCall(KNModelDestroy(&model));
  PetscCall(KNModelDestroy(&moved));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const Network still[] = {{"plain", "mean", "0", 2},      {"plain", "mean", "0.25", 1},
                                  {"fno", "mean", "0.25", 2},     {"collision", "off", "0", 2},
                                  {"collision", "off", "0.2", 1}, {"plain", "mean", "0", 3},
                                  {"transport", "off", "0", 2},   {"transport", "off", "0.2", 1}};
  static const Network mean[]  = {{"collision", "mean", "0", 2},
                                  {"collision", "mean", "0.2", 1},
                                  {"transport", "mean", "0.2", 2}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(still); i++) {
    PetscCall(TestMask(&still[i]));
    PetscCall(TestOutputLayer(&still[i]));
    PetscCall(TestReadout(&still[i]));
    PetscCall(TestGates(&still[i]));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(mean); i++) {
    PetscCall(TestOrder(&mean[i]));
    PetscCall(TestGates(&mean[i]));
  }
  PetscCall(PetscFinalize());
  return 0;
}
