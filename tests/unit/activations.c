/*
  The bytes that KNModelGetCost() states are those that KNModelSetGrid() takes from the heap: within 1 % and what
  small things take (plans of FFTW, rounding to pages).
*/
#include <kitinet/model.h>
#include <malloc.h>

static size_t Heap(void)
{
  const struct mallinfo2 info = mallinfo2();

  return info.uordblks + info.hblkhd;
}

static PetscErrorCode TestBytes(const char residual[], const char padding[], PetscInt dim, PetscBool training)
{
  const KNGrid grid =
    KNGridMake(dim, dim == 2 ? (const PetscInt[]){48, 40} : (const PetscInt[]){2000, 1}, KN_POINTS_CELLS);
  KNModel      model;
  KNParameters parameters;
  KNReal      *gradient, *moment[2];
  size_t       before, taken, stated;
  double       off;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_residual", residual));
  PetscCall(PetscOptionsSetValue(NULL, "-model_padding", padding));
  PetscCall(KNModelCreateFromOptions(&model));
  PetscCall(KNModelSetChannels(model, dim, 3, 1));
  PetscCall(KNModelSetFromOptions(model));
  PetscCall(KNModelSetUp(model, 1));
  PetscCall(KNModelGetParameters(model, &parameters));
  /* which are no activations */
  if (training) PetscCall(KNParametersGetBlocks(parameters, NULL, NULL, &gradient, &moment[0], &moment[1]));
  before = Heap();
  PetscCall(KNModelSetGrid(model, &grid, 20, training));
  taken = Heap() - before;
  PetscCall(KNModelGetCost(model, NULL, NULL, &stated));
  off = (double)taken - (double)stated;
  PetscCheck(PetscAbsReal(off) < 0.01 * (double)stated + 262144, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "residual %s, padding %s, %dD: %zu bytes stated, %zu taken", residual, padding, (int)dim, stated, taken);
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const residual[] = {"fno", "plain", "collision", "fno_collision", "transport"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_width", "32"));
  for (size_t r = 0; r < PETSC_STATIC_ARRAY_LENGTH(residual); r++) {
    for (PetscInt dim = 1; dim <= 2; dim++) {
      PetscCall(TestBytes(residual[r], "0", dim, PETSC_TRUE));
      PetscCall(TestBytes(residual[r], "0.1", dim, PETSC_TRUE));
      PetscCall(TestBytes(residual[r], "0.1", dim, PETSC_FALSE));
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}
