/*
  Pruning networks with stages. Which sets of channels there are, and how many parameters a pruned network has. A pruned
  network computes what the full one does with the dropped channels of streams and insides of blocks read as 0, norms
  with their running statistics included, for classes and for fields. Another order of particles, of channels inside of
  blocks changes nothing, in collisions neither. A channel that equals another one is read through that one.
*/
#include "resnet_case.h"

static PetscErrorCode Compare(const char what[], const Network *network, KNModel a, KNModel b)
{
  const double tolerance = sizeof(KNReal) == sizeof(double) ? 1e-13 : 5e-6;
  KNReal       ya[SAMPLES * OUT * N * N], yb[SAMPLES * OUT * N * N];
  double       difference = 0, norm = 0;

  PetscFunctionBegin;
  PetscCall(Output(a, ya));
  PetscCall(Output(b, yb));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(ya); i++) {
    difference += PetscSqr((double)ya[i] - (double)yb[i]);
    norm += PetscSqr((double)ya[i]);
  }
  CHECK(norm > 0 && difference <= PetscSqr(tolerance) * norm, "%s, residual %s, norm %s: outputs differ by %g", what,
        network->residual, network->norm, PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An axis as wide as its set, and its stride; the axis of a parameter that counts the channels of the set, or -1. */
static PetscInt Axis(const KNParameterInfo *info, PetscInt set, PetscBool reads, size_t *stride)
{
  const PetscInt axis = reads ? 1 : 0;

  if ((reads ? info->reads : info->writes) != set || axis >= info->rank || info->role[axis] == KN_ROLE_HIDDEN)
    return -1;
  *stride = 1;
  for (PetscInt a = axis + 1; a < info->rank; a++) *stride *= (size_t)info->shape[a];
  return axis;
}

/* What reads channel c of a set has the weight 0 for it. */
static PetscErrorCode Mask(KNParameters parameters, PetscInt set, PetscInt c)
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;
    size_t                 stride = 1;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (Axis(info, set, PETSC_TRUE, &stride) < 0) continue;
    for (size_t e = 0; e < info->size; e++) {
      if ((PetscInt)(e / stride) % info->shape[1] == c) value[info->offset + e] = 0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of a set's channels all but those that stay. */
static PetscErrorCode MaskOthers(KNParameters parameters, PetscInt set, PetscInt channels, PetscInt count,
                                 const PetscInt kept[])
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < channels; c++) {
    PetscBool stays = PETSC_FALSE;

    for (PetscInt i = 0; i < count; i++) stays = (PetscBool)(stays || kept[i] == c);
    if (!stays) PetscCall(Mask(parameters, set, c));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What writes channel c of a set, and acts on it, is that of channel `from`. */
static PetscErrorCode Copy(KNParameters parameters, PetscInt set, PetscInt c, PetscInt from)
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;
    size_t                 stride = 1;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (Axis(info, set, PETSC_FALSE, &stride) < 0) continue;
    PetscCall(
      PetscArraycpy(value + info->offset + (size_t)c * stride, value + info->offset + (size_t)from * stride, stride));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* channel[s]: the particles of two channels, or inside of blocks the channels, that stay, each set others. */
static void Choose(PetscInt kept[SETS + 1][WIDEST], PetscInt *channel[SETS + 1])
{
  for (PetscInt s = 1; s <= SETS; s++) {
    const PetscInt d = stream_of_set[s] < 0 ? 1 : 2;

    channel[s] = kept[s];
    for (PetscInt i = 0; i < narrow_sets[s]; i++) kept[s][i] = ((i / d * d + s * d) + i % d) % wide_sets[s];
  }
}

static PetscErrorCode TestSets(const Network *network)
{
  KNModel               full, small;
  KNParameters          a, b;
  KNChannelSets         sets;
  KNSizes               sizes;
  size_t                total, expected = 9 * IN * 2 + 2 * 10 + OUT * (10 + 1);
  static const PetscInt block[][2] = {{2, 2}, {2, 6}, {6, 10}};

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &wide, 0, &full, &a));
  PetscCall(NetworkCreate(network, &narrow, 0, &small, &b));
  PetscCall(KNPruneGetSets(a, &sets));
  CHECK(sets.sets == SETS && sets.sites == SITES, "%d sets, %d sites", (int)sets.sets, (int)sets.sites);
  for (int s = 0; s <= SETS; s++)
    CHECK(sets.width[s] == wide_sets[s] && sets.stream[s] == stream_of_set[s], "set %d: %d channels, stream %d", s,
          (int)sets.width[s], (int)sets.stream[s]);
  for (int l = 0; l < SITES; l++) CHECK(sets.set[l] == set_of_site[l], "site %d reads set %d", l, (int)sets.set[l]);
  PetscCall(KNChannelSetsDestroy(&sets));
  PetscCall(KNPruneGetSizes(b, &sizes));
  CHECK(!memcmp(&sizes, &narrow, sizeof(sizes)), "sizes %d, %d, %d", (int)sizes.n[0], (int)sizes.n[1], (int)sizes.n[2]);
  for (int n = 0; n < 3; n++) { /* two norms, two convolutions, and the projection where the channels change */
    const size_t from = (size_t)block[n][0], to = (size_t)block[n][1];

    expected += 2 * from + 9 * from * to + 2 * to + 9 * to * to + (n ? from * to : 0);
  }
  PetscCall(KNParametersGetTotal(b, &total));
  CHECK(total == expected, "%zu parameters, not %zu", total, expected);
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&small));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMask(const Network *network)
{
  PetscInt        kept[SETS + 1][WIDEST], *channel[SETS + 1];
  const KNPruning pruning = {.channel = channel};
  KNModel         full, small;
  KNParameters    a, b;

  PetscFunctionBegin;
  Choose(kept, channel);
  PetscCall(NetworkCreate(network, &wide, 0, &full, &a));
  PetscCall(NetworkCreate(network, &narrow, 0, &small, &b));
  PetscCall(KNPrune(a, &pruning, b));
  for (PetscInt s = 1; s <= SETS; s++) PetscCall(MaskOthers(a, s, wide_sets[s], narrow_sets[s], kept[s]));
  PetscCall(Compare("masked", network, full, small));
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&small));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of fields: one stream, the head's hidden units. */
static PetscErrorCode TestFields(const Network *network)
{
  static const KNSizes  small_sizes = {{[KN_SIZE_WIDTH] = 4}}, full_sizes = {{[KN_SIZE_WIDTH] = 8}};
  static PetscInt       stream[]    = {6, 7, 2, 3};
  static PetscInt       inside[][4] = {{1, 2, 3, 4}, {0, 7, 5, 6}, {2, 3, 4, 7}};
  static const PetscInt unit[]      = {0, 1, 2, 3, 4};
  const KNPruning pruning = {.channel = (PetscInt *[]){NULL, stream, inside[0], inside[1], inside[2]}, .unit = unit};
  KNModel         full, small;
  KNParameters    a, b;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &full_sizes, DIM, &full, &a));
  PetscCall(NetworkCreate(network, &small_sizes, DIM, &small, &b));
  PetscCall(KNPrune(a, &pruning, b));
  for (PetscInt s = 1; s <= 4; s++) PetscCall(MaskOthers(a, s, 8, 4, pruning.channel[s]));
  PetscCall(Compare("fields, masked", network, full, small));
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&small));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestOrder(const Network *network)
{
  PetscInt        order[SETS + 1][WIDEST], *channel[SETS + 1];
  const KNPruning pruning = {.channel = channel};
  KNModel         one, other;
  KNParameters    a, b;

  PetscFunctionBegin;
  for (PetscInt s = 1; s <= SETS; s++) {
    const PetscInt d = stream_of_set[s] < 0 ? 1 : 2, n = wide_sets[s];

    channel[s] = order[s];
    for (PetscInt i = 0; i < n; i++) order[s][i] = n - d - i / d * d + i % d;
  }
  PetscCall(NetworkCreate(network, &wide, 0, &one, &a));
  PetscCall(NetworkCreate(network, &wide, 0, &other, &b));
  PetscCall(KNPrune(a, &pruning, b));
  PetscCall(Compare("another order", network, one, other));
  PetscCall(KNModelDestroy(&one));
  PetscCall(KNModelDestroy(&other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last channels of each set equal its first ones, which stay. */
static PetscErrorCode TestReadout(const Network *network)
{
  PetscInt        kept[SETS + 1][WIDEST], *channel[SETS + 1];
  double          R[SETS + 1][WIDEST * WIDEST] = {{0}}, *readout[SITES];
  const KNPruning pruning                      = {.channel = channel, .readout = readout};
  KNModel         full, small;
  KNParameters    a, b;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &wide, 0, &full, &a));
  PetscCall(NetworkCreate(network, &narrow, 0, &small, &b));
  for (PetscInt s = 1; s <= SETS; s++) {
    channel[s] = kept[s];
    for (PetscInt c = 0; c < wide_sets[s]; c++) {
      const PetscInt from = c < narrow_sets[s] ? c : (c - narrow_sets[s]) % narrow_sets[s];

      if (c < narrow_sets[s]) kept[s][c] = c;
      else PetscCall(Copy(a, s, c, from));
      R[s][c * narrow_sets[s] + from] = 1;
    }
  }
  for (int l = 0; l < SITES; l++) readout[l] = R[set_of_site[l]];
  PetscCall(KNPrune(a, &pruning, b));
  PetscCall(Compare("merged", network, full, small));
  PetscCall(KNModelDestroy(&full));
  PetscCall(KNModelDestroy(&small));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const Network still[] = {{"plain", "mean", "batch", N},
                                  {"plain", "mean", "none", N},
                                  {"collision", "off", "batch", N}};
  static const Network mean    = {"collision", "mean", "batch", N};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestSets(&still[0]));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(still); i++) {
    PetscCall(TestMask(&still[i]));
    PetscCall(TestFields(&still[i]));
    PetscCall(TestOrder(&still[i]));
    PetscCall(TestReadout(&still[i]));
  }
  PetscCall(TestOrder(&mean));
  PetscCall(PetscFinalize());
  return 0;
}
