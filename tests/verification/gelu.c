/*
  GELU and its derivative against libm's error function in double, over [-12, 12] and at the ends of the range of
  numbers.
*/
#include <kitinet/layer.h>
#include <math.h>
#include <string.h>

enum { N = 1 << 20 };

int main(int argc, char **argv)
{
  const KNGrid grid  = KNGridMake(1, (const PetscInt[]){N}, KN_POINTS_CELLS);
  const KNPass pass  = {.samples = 1, .training = PETSC_TRUE};
  const KNReal far[] = {0, (KNReal)-0.0, 13, -13, 100, -100, (KNReal)1e30, (KNReal)-1e30};
#if defined(KN_DOUBLE)
  const double tolerance = 1e-15;
#else
  const double tolerance = 2e-7;
#endif
  KNLayer gelu;
  KNReal *x, *y, *dy, *dx;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(KNLayerCreate("gelu", "gelu", 0, &gelu));
  PetscCall(KNLayerSetChannels(gelu, 1, 1, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(gelu));
  PetscCall(KNLayerSetUp(gelu, NULL)); /* no parameters */
  PetscCall(KNLayerSetGrid(gelu, &grid, 1));
  PetscCall(KNMalloc(N, sizeof(KNReal), &x));
  PetscCall(KNMalloc(N, sizeof(KNReal), &y));
  PetscCall(KNMalloc(N, sizeof(KNReal), &dy));
  PetscCall(KNMalloc(N, sizeof(KNReal), &dx));
  for (int i = 0; i < N; i++) {
    x[i]  = (KNReal)(24.0 * i / (N - 1) - 12);
    dy[i] = 1;
    dx[i] = 0;
  }
  memcpy(x + N / 3, far, sizeof(far));
  PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){x}, y, INSERT_VALUES));
  PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){x}, dy, (KNReal *const[]){dx}));
  for (int i = 0; i < N; i++) {
    const double a = x[i], Phi = 0.5 * erfc(-a * M_SQRT1_2), slope = Phi + a * exp(-0.5 * a * a) / sqrt(2 * M_PI);

    PetscCheck(fabs(y[i] - a * Phi) <= tolerance * fmax(1, fabs(a)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "gelu(%g) = %.9g instead of %.9g", a, (double)y[i], a * Phi);
    PetscCheck(fabs(dx[i] - slope) <= 2 * tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "gelu'(%g) = %.9g instead of %.9g", a, (double)dx[i], slope);
  }
  x[0] = (KNReal)NAN;
  PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){x}, y, INSERT_VALUES));
  PetscCheck(isnan(y[0]), PETSC_COMM_SELF, PETSC_ERR_PLIB, "gelu(NaN) = %g hides the NaN", (double)y[0]);
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&dy));
  PetscCall(KNFree(&dx));
  PetscCall(KNLayerDestroy(&gelu));
  PetscCall(PetscFinalize());
  return 0;
}
