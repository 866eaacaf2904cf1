/*
  What is measured of a network with stages before it is pruned. Sites are what the matrices read, also where backward
  computes it again. Gates are derivatives (in double).
*/
#include "resnet_case.h"
#include <math.h>

static PetscErrorCode Find(KNParameters parameters, const char name[], const KNReal **value)
{
  PetscInt count;
  KNReal  *block;

  PetscFunctionBegin;
  *value = NULL;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &block, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (!strcmp(info->name, name)) *value = block + info->offset;
  }
  CHECK(*value, "no parameter %s", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  On one point a convolution is the product with the middle of its kernel: the first site is ReLU(norm(stem x)), the
  last one what the head maps to the output. Also after backward, which computes the sites again.
*/
static PetscErrorCode TestSites(void)
{
  const double         tolerance = sizeof(KNReal) == sizeof(double) ? 1e-13 : 1e-5;
  static const Network network   = {"plain", "mean", "batch", 1};
  KNReal               x[SAMPLES * IN], y[SAMPLES * OUT], dy[SAMPLES * OUT];
  const KNReal        *stem, *scale, *shift, *mean, *variance, *W, *bias, *site;
  KNModel              model;
  KNParameters         parameters;
  PetscInt             width;
  size_t               points;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(&network, &wide, 0, &model, &parameters));
  PetscCall(Find(parameters, "stem.weight", &stem));
  PetscCall(Find(parameters, "block0.norm1.scale", &scale));
  PetscCall(Find(parameters, "block0.norm1.shift", &shift));
  PetscCall(Find(parameters, "block0.norm1.mean", &mean));
  PetscCall(Find(parameters, "block0.norm1.variance", &variance));
  PetscCall(Find(parameters, "head.weight", &W));
  PetscCall(Find(parameters, "head.bias", &bias));
  Draw(x, SAMPLES * IN, 1);
  Draw(dy, SAMPLES * OUT, 2);
  PetscCall(KNModelForward(model, &pass, x, y));
  PetscCall(KNModelBackward(model, &pass, x, dy, NULL));
  for (PetscInt b = 0; b < SAMPLES; b++) {
    PetscCall(KNModelGetSite(model, 0, b, &width, &points, &site));
    CHECK(width == 4 && points == 1, "site 0 has %d channels, %zu points", (int)width, points);
    for (PetscInt c = 0; c < width; c++) {
      double value = 0;

      for (PetscInt i = 0; i < IN; i++) value += (double)stem[(c * IN + i) * 9 + 4] * (double)x[b * IN + i];
      value = scale[c] * (value - mean[c]) / sqrt(variance[c] + 1e-5) + shift[c];
      value = PetscMax(value, 0);
      CHECK(PetscAbsReal(site[c] - value) < tolerance, "site 0, channel %d of sample %d is %g, not %g", (int)c, (int)b,
            (double)site[c], value);
    }
    PetscCall(KNModelGetSite(model, SITES - 1, b, &width, &points, &site));
    CHECK(width == 16 && points == 1, "the last site has %d channels, %zu points", (int)width, points);
    for (PetscInt o = 0; o < OUT; o++) {
      double value = bias[o];

      for (PetscInt c = 0; c < width; c++) value += (double)W[o * width + c] * (double)site[c];
      CHECK(PetscAbsReal(y[b * OUT + o] - value) < tolerance, "output %d of sample %d is %g, of the last site %g",
            (int)o, (int)b, (double)y[b * OUT + o], value);
    }
  }
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A factor on all weights that read channel c of a set, moved by central differences; loss sum dy y. */
static PetscErrorCode TestGates(const Network *network)
{
  const double h = 1e-6;
  double       gate[SETS + 1][WIDEST], R[SETS + 1][WIDEST * WIDEST], *readout[SITES], *gates[SETS + 1];
  PetscInt     order[WIDEST], *channel[SETS + 1];
  KNReal       x[SAMPLES * IN * N * N], y[SAMPLES * OUT * N * N], dy[SAMPLES * OUT];
  KNModel      model, moved;
  KNParameters parameters, others;

  PetscFunctionBegin;
  if (sizeof(KNReal) != sizeof(double)) PetscFunctionReturn(PETSC_SUCCESS); /* ReLUs bend too often */
  PetscCall(NetworkCreate(network, &wide, 0, &model, &parameters));
  PetscCall(NetworkCreate(network, &wide, 0, &moved, &others));
  Draw(x, PETSC_STATIC_ARRAY_LENGTH(x), 1);
  Draw(dy, PETSC_STATIC_ARRAY_LENGTH(dy), 2);
  for (int i = 0; i < WIDEST; i++) order[i] = i;
  for (int s = 1; s <= SETS; s++) {
    gates[s]   = gate[s];
    channel[s] = order;
  }
  for (int l = 0; l < SITES; l++) readout[l] = R[set_of_site[l]];
  PetscCall(KNModelForward(model, &pass, x, y));
  PetscCall(KNModelBackward(model, &pass, x, dy, NULL));
  PetscCall(KNPruneReading(parameters, NULL, gates));
  for (int s = 1; s <= SETS; s++) {
    double worst = 0, norm = 0;

    for (PetscInt c = 0; c < wide_sets[s]; c++) {
      double slope = 0;

      for (int sign = -1; sign <= 1; sign += 2) {
        const KNPruning pruning = {.channel = channel, .readout = readout};

        for (int of = 1; of <= SETS; of++) {
          PetscCall(PetscArrayzero(R[of], WIDEST * WIDEST));
          for (PetscInt i = 0; i < wide_sets[of]; i++)
            R[of][i * wide_sets[of] + i] = 1 + (of == s && i == c ? sign * h : 0);
        }
        PetscCall(KNPrune(parameters, &pruning, others));
        PetscCall(Output(moved, y));
        for (size_t i = 0; i < SAMPLES * OUT; i++) slope += sign * (double)dy[i] * (double)y[i] / (2 * h);
      }
      worst = PetscMax(worst, PetscAbsReal(slope - gate[s][c]));
      norm += PetscSqr(gate[s][c]);
    }
    CHECK(norm > 0 && worst < 1e-6 * PetscSqrtReal(norm), "set %d, norm %s: gates and slopes differ by %g of %g", s,
          network->norm, worst, PetscSqrtReal(norm));
  }
  PetscCall(KNModelDestroy(&model));
  PetscCall(KNModelDestroy(&moved));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const Network network[] = {{"plain", "mean", "batch", N},
                                    {"plain", "mean", "none", N},
                                    {"collision", "mean", "batch", N}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestSites());
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(network); i++) PetscCall(TestGates(&network[i]));
  PetscCall(PetscFinalize());
  return 0;
}
