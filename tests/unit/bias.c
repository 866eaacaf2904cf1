/*
  The gradient of a bias is a sum over all points: 2^21 equal terms add up to their number times one of them, to
  rounding. A sum in single precision, term by term, is off by 1e-4 and more there.
*/
#include <kitinet/layer.h>

enum { POINTS = 1 << 21 };

/* The biases of a layer of one channel, on constant fields. */
static PetscErrorCode Test(const char type[])
{
  const KNGrid    grid[2]   = {KNGridMake(1, (const PetscInt[]){1}, KN_POINTS_CELLS),
                               KNGridMake(1, (const PetscInt[]){POINTS}, KN_POINTS_CELLS)};
  const KNPass    pass      = {.samples = 1, .training = PETSC_TRUE, .gradients = INSERT_VALUES};
  const PetscReal tolerance = sizeof(KNReal) == 4 ? 1e-5 : 1e-11; /* measured: 1e-6, 1e-12 */
  PetscReal       one[8];
  KNLayer         layer;
  KNParameters    parameters;
  KNReal         *x, *y, *gradient;
  PetscInt        count, biases = 0;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_head", "3"));
  PetscCall(KNLayerCreate(type, "layer", 0, &layer));
  PetscCall(KNLayerSetChannels(layer, 1, 1, 1));
  PetscCall(KNLayerSetFromOptions(layer));
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNLayerSetUp(layer, parameters));
  PetscCall(KNParametersSetUp(parameters, 1));
  PetscCall(KNParametersGetBlocks(parameters, NULL, NULL, &gradient, NULL, NULL));
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(PetscMalloc2(POINTS, &x, POINTS, &y));
  for (size_t s = 0; s < POINTS; s++) x[s] = y[s] = (KNReal)0.1;
  for (int g = 0; g < 2; g++) { /* one point, then all */
    PetscCall(KNLayerSetGrid(layer, &grid[g], 1));
    PetscCall(KNLayerBackward(layer, &pass, (const KNReal *const[]){x}, y, (KNReal *const[]){NULL}));
    for (PetscInt i = 0, at = 0; i < count; i++) {
      const KNParameterInfo *info;

      PetscCall(KNParametersGetInfo(parameters, i, &info));
      for (size_t e = 0; info->rank == 1 && e < info->size; e++, at++) {
        const PetscReal sum = (PetscReal)gradient[info->offset + e];

        if (!g) one[at] = sum;
        else
          PetscCheck(PetscAbsReal(sum - POINTS * one[at]) <= tolerance * PetscAbsReal(sum), PETSC_COMM_SELF,
                     PETSC_ERR_PLIB, "%s: %s of %d points is %.9g, %d times %.9g expected", type, info->name, POINTS,
                     sum, POINTS, one[at]);
        biases += g;
      }
    }
  }
  PetscCheck(biases > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s has no bias", type);
  PetscCall(PetscFree2(x, y));
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Test("linear"));
  PetscCall(Test("perceptron"));
  PetscCall(PetscFinalize());
  return 0;
}
