/*
  The spectral layer on three axes is the operator its definition says:

    transform    both ways of computing it and their adjoints against the defining sums
    definition   the layer against irfftn(W . rfftn(x)) summed literally, axis by axis, as torch.fft does it
    shift        on a periodic grid it commutes with translations
    resolution   a band-limited field gives the same values at common points of grids of 8, 12, 16 points

  Compiled in both precisions; sums in double.
*/
#include "../../src/layers/spectral_transform.h"
#include <kitinet/random.h>
#include <complex.h>
#include <math.h>

#if defined(KN_DOUBLE)
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-6;
#endif

enum { CI = 2, CO = 3, M = 3, LARGEST = 16 * 16 * 16 };

static void Draw(KNReal *x, size_t n, PetscInt64 which)
{
  for (size_t i = 0; i < n; i++) {
    uint64_t word[4];

    KNRandomWords(13, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    x[i] = (KNReal)(2 * KNUniform(word[0]) - 1);
  }
}

/* exp(2 pi i k s / n) for any signs. */
static double complex Wave(long k, long s, long n)
{
  return cexp(2 * M_PI * I * (double)(k * s % n) / (double)n);
}

/* The signed wave number of kept mode k of an axis that keeps both signs. */
static long Signed(long k)
{
  return k < M ? k : k - 2 * M;
}

/* exp(i theta) of kept mode k = (k0, k1, k2) at point s of n. */
static double complex Mode(const KNGrid *grid, long k, long s)
{
  const long n1 = grid->n[1], n2 = grid->n[2];

  return Wave(Signed(k / (2 * M * M)), s / (n1 * n2), grid->n[0]) * Wave(Signed(k / M % (2 * M)), s / n2 % n1, n1) *
         Wave(k % M, s % n2, n2);
}

static PetscErrorCode TestTransform(KNTransformType type, const KNGrid *grid)
{
  const size_t   stride = 7, imaginary = 4; /* wider than C = 3 */
  const long     S = (long)KNGridSize(grid);
  static KNReal  x[CO * LARGEST], y[CO * LARGEST], added[CO * LARGEST], X[4 * M * M * M * 7], Y[4 * M * M * M * 7];
  KNTransform    transform;
  size_t         K, bytes;
  int            threads;
  PetscLogDouble flops;

  PetscFunctionBegin;
  PetscCall(KNTransformCreate(type, grid, M, CO, &transform));
  PetscCall(KNTransformGetSizes(transform, &K, &threads, &flops, &bytes));
  PetscCheck(K == 4 * M * M * M, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%zu modes", K);
  Draw(x, (size_t)(CO * S), 1);
  Draw(added, (size_t)(CO * S), 2);
  Draw(Y, K * stride, 3);
  Draw(X, K * stride, 4);
  KNTransformAnalyze(transform, 0, X, stride, imaginary, x);
  KNTransformSynthesize(transform, 0, y, Y, stride, imaginary, 0);
  KNTransformSynthesize(transform, 0, added, Y, stride, imaginary, 1);
  for (size_t k = 0; k < K; k++) {
    for (size_t c = 0; c < CO; c++) {
      double complex sum = 0, found = X[k * stride + c] + I * X[k * stride + imaginary + c];

      for (long s = 0; s < S; s++) sum += (double)x[(long)c * S + s] * conj(Mode(grid, (long)k, s));
      PetscCheck(cabs(found - sum) <= tolerance * sqrt((double)S), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Analysis %d, mode %zu: off by %g", type, k, cabs(found - sum));
    }
  }
  for (size_t c = 0; c < CO; c++) {
    for (long s = 0; s < S; s++) {
      const long i   = (long)c * S + s;
      double     sum = 0;

      for (size_t k = 0; k < K; k++)
        sum += creal((Y[k * stride + c] + I * Y[k * stride + imaginary + c]) * Mode(grid, (long)k, s));
      PetscCheck(fabs(y[i] - sum) <= 2 * tolerance * sqrt((double)K), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Synthesis %d: off by %g", type, fabs(y[i] - sum));
    }
  }
  Draw(x, (size_t)(CO * S), 2); /* what it was added to */
  for (long i = 0; i < CO * S; i++)
    PetscCheck(fabs((double)added[i] - (double)x[i] - (double)y[i]) <= 10 * tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Synthesis %d does not add", type);
  PetscCall(KNTransformDestroy(&transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The layer of M modes, with the same weights on every grid, applied to x: (CI, S). W: its weights, if wanted. */
static PetscErrorCode Apply(const KNGrid *grid, const KNReal *x, KNReal *y, KNReal *W)
{
  const KNPass           pass = {.samples = 1};
  const KNParameterInfo *info;
  KNReal                *value;
  KNLayer                layer;
  KNParameters           parameters;

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNLayerCreate("spectral", "layer", 0, &layer));
  PetscCall(KNLayerSetChannels(layer, 3, CI, CO));
  PetscCall(KNLayerSetFromOptions(layer));
  PetscCall(KNLayerSetUp(layer, parameters));
  PetscCall(KNParametersSetUp(parameters, 1));
  PetscCall(KNParametersGetInfo(parameters, 0, &info));
  PetscCheck(info->rank == 6 && info->shape[0] == 2 * M && info->shape[1] == 2 * M && info->shape[2] == M,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "Weights of %d axes", (int)info->rank);
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  if (W) PetscCall(PetscArraycpy(W, value + info->offset, info->size));
  PetscCall(KNLayerSetGrid(layer, grid, 1));
  PetscCall(KNLayerForward(layer, &pass, (const KNReal *const[]){x}, y, INSERT_VALUES));
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Products of the modes; then inverse transforms along the first, the second and, a real one, the last axis. */
static PetscErrorCode TestDefinition(const KNGrid *grid)
{
  static KNReal         x[CI * LARGEST], y[CO * LARGEST], W[4 * M * M * M * CI * 2 * CO];
  static double complex Y[2 * M][2 * M][M];
  const long            n0 = grid->n[0], n1 = grid->n[1], n2 = grid->n[2], S = n0 * n1 * n2;

  PetscFunctionBegin;
  Draw(x, (size_t)(CI * S), 5);
  PetscCall(Apply(grid, x, y, W));
  for (long o = 0; o < CO; o++) {
    for (long k = 0; k < 4 * M * M * M; k++) {
      double complex sum = 0;

      for (long i = 0; i < CI; i++) {
        const KNReal  *w = W + (k * CI + i) * 2 * CO;
        double complex X = 0;

        for (long s = 0; s < S; s++) X += (double)x[i * S + s] * conj(Mode(grid, k, s));
        sum += X * (w[o] + I * w[CO + o]);
      }
      Y[k / (2 * M * M)][k / M % (2 * M)][k % M] = sum;
    }
    for (long s0 = 0; s0 < n0; s0++) {
      double complex plane[2 * M][M] = {0};

      for (long k = 0; k < 4 * M * M * M; k++)
        plane[k / M % (2 * M)][k % M] +=
          Y[k / (2 * M * M)][k / M % (2 * M)][k % M] * Wave(Signed(k / (2 * M * M)), s0, n0) / (double)n0;
      for (long s1 = 0; s1 < n1; s1++) {
        double complex row[M] = {0};

        for (long k = 0; k < 2 * M * M; k++)
          row[k % M] += plane[k / M][k % M] * Wave(Signed(k / M), s1, n1) / (double)n1;
        for (long s2 = 0; s2 < n2; s2++) {
          const double found = y[((o * n0 + s0) * n1 + s1) * n2 + s2];
          double       sum   = creal(row[0]); /* a real inverse transform does not see its imaginary part */

          for (long k = 1; k < M; k++) sum += 2 * creal(row[k] * Wave(k, s2, n2));
          PetscCheck(fabs(found - sum / (double)n2) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                     "Channel %ld, point (%ld, %ld, %ld): %.9g instead of %.9g", o, s0, s1, s2, found,
                     sum / (double)n2);
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The point s of n moved by (3, 2, 5) on the torus. */
static long Moved(const KNGrid *grid, long s)
{
  const long n0 = grid->n[0], n1 = grid->n[1], n2 = grid->n[2];

  return ((s / (n1 * n2) + 3) % n0 * n1 + (s / n2 + 2) % n1) * n2 + (s + 5) % n2;
}

static PetscErrorCode TestShift(const KNGrid *grid)
{
  static KNReal x[CI * LARGEST], shifted[CI * LARGEST], y[CO * LARGEST], z[CO * LARGEST];
  const long    S = (long)KNGridSize(grid);

  PetscFunctionBegin;
  Draw(x, (size_t)(CI * S), 6);
  for (long i = 0; i < CI * S; i++) shifted[i / S * S + Moved(grid, i % S)] = x[i];
  PetscCall(Apply(grid, x, y, NULL));
  PetscCall(Apply(grid, shifted, z, NULL));
  for (long i = 0; i < CO * S; i++)
    PetscCheck(fabs((double)z[i / S * S + Moved(grid, i % S)] - (double)y[i]) <= tolerance, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "Not shift equivariant at %ld", i);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A trigonometric polynomial of degree 2, at the 4 x 4 x 4 points that all the grids share. */
static PetscErrorCode TestResolution(void)
{
  static const PetscInt n[3] = {8, 12, 16};
  static KNReal         x[CI * LARGEST], y[CO * LARGEST];
  static double         common[CO * 64];

  PetscFunctionBegin;
  for (int g = 0; g < 3; g++) {
    const long   N = n[g], S = N * N * N, step = N / 4;
    const KNGrid grid = KNGridMake(3, (const PetscInt[]){n[g], n[g], n[g]}, KN_POINTS_PERIODIC);

    for (long i = 0; i < CI * S; i++) {
      const long s0 = i % S / (N * N), s1 = i / N % N, s2 = i % N;

      x[i] = (KNReal)(0.5 + creal((1 + 2 * I) * Wave(2, s2, N) * Wave(-2, s0, N)) +
                      creal((double)(i / S + 1) * I * Wave(-2, s1, N) * Wave(1, s2, N)) +
                      creal(Wave(1, s0, N) * Wave(2, s1, N)));
    }
    PetscCall(Apply(&grid, x, y, NULL));
    for (long p = 0; p < CO * 64; p++) {
      const double value = y[((p / 64 * N + p / 16 % 4 * step) * N + p / 4 % 4 * step) * N + p % 4 * step];

      PetscCheck(g == 0 || fabs(value - common[p]) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%.9g on %ld points, %.9g on 8", value, N, common[p]);
      if (g == 0) common[p] = value;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt sizes[][3] = {{6, 7, 8}, {8, 6, 11}, {9, 10, 6}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_modes", "3"));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(sizes); i++) {
    const KNGrid grid = KNGridMake(3, sizes[i], KN_POINTS_PERIODIC);

    for (int type = KN_TRANSFORM_PRODUCT; type <= KN_TRANSFORM_FFT; type++)
      PetscCall(TestTransform((KNTransformType)type, &grid));
    PetscCall(TestDefinition(&grid));
    PetscCall(TestShift(&grid));
  }
  PetscCall(TestResolution());
  PetscCall(PetscFinalize());
  return 0;
}
