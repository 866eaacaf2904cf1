/*
  The spectral layer is the operator its definition says, and behaves as an operator on functions:

    transform    both ways of computing it (matrix products, FFTW) and their adjoints against the defining sums
    definition   the layer against irfft2(W . rfft2(x)) summed literally, axis by axis, as torch.fft does it
    shift        on a periodic grid it commutes with translations
    band         its output has no modes but the kept ones
    resolution   a band-limited field gives the same values at common points of grids of 16, 24, 32 points
    refusal      of a grid with fewer points than twice the modes

  Compiled in both precisions; sums in double.
*/
#include "../../src/layers/spectral_transform.h"
#include <kitinet/error.h>
#include <kitinet/random.h>
#include <complex.h>
#include <math.h>
#include <string.h>

#if defined(KN_DOUBLE)
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-6;
#endif

static double Value(PetscInt64 which, size_t i)
{
  uint64_t word[4];

  KNRandomWords(11, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
  return 2 * KNUniform(word[0]) - 1;
}

static PetscErrorCode Random(size_t n, PetscInt64 which, KNReal **x)
{
  PetscFunctionBegin;
  PetscCall(KNMalloc(n, sizeof(KNReal), x));
  for (size_t i = 0; i < n; i++) (*x)[i] = (KNReal)Value(which, i);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* exp(2 pi i k s / n) for any signs. */
static double complex Wave(long k, long s, long n)
{
  return cexp(2 * M_PI * I * (double)(k * s % n) / (double)n);
}

/* The signed wave number of kept mode k on the first axis: 0..m-1, -m..-1; 0 on one axis. */
static long First(const KNGrid *grid, long modes, long k)
{
  return grid->dim == 1 ? 0 : k < modes ? k : k - 2 * modes;
}

static PetscErrorCode TestTransform(KNTransformType type, const KNGrid *grid, long modes)
{
  const long     C = 3, n1 = grid->dim == 2 ? grid->n[0] : 1, n2 = grid->n[grid->dim - 1], S = n1 * n2;
  const size_t   stride = 10, imaginary = 5; /* wider than C = 3: the gaps must stay untouched */
  KNTransform    transform;
  size_t         K, bytes;
  int            threads;
  PetscLogDouble flops;
  KNReal        *x, *y, *added, *X, *Y;

  PetscFunctionBegin;
  PetscCall(KNTransformCreate(type, grid, (PetscInt)modes, (PetscInt)C, &transform));
  PetscCall(KNTransformGetSizes(transform, &K, &threads, &flops, &bytes));
  PetscCheck((long)K == (grid->dim == 2 ? 2 * modes * modes : modes), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%zu modes", K);
  PetscCall(Random((size_t)(C * S), 1, &x));
  PetscCall(Random((size_t)(C * S), 2, &added));
  PetscCall(Random(K * stride, 3, &Y));
  PetscCall(Random(K * stride, 4, &X));
  PetscCall(KNMalloc((size_t)(C * S), sizeof(KNReal), &y));
  KNTransformAnalyze(transform, 0, X, stride, imaginary, x);
  KNTransformSynthesize(transform, 0, y, Y, stride, imaginary, 0);
  KNTransformSynthesize(transform, 0, added, Y, stride, imaginary, 1);

  for (size_t k = 0; k < K; k++) {
    const long k1 = First(grid, modes, (long)k / modes), k2 = (long)k % modes;

    for (long c = 0; c < C; c++) {
      double complex sum = 0, found = X[k * stride + (size_t)c] + I * X[k * stride + imaginary + (size_t)c];

      for (long s = 0; s < S; s++) sum += (double)x[c * S + s] * conj(Wave(k1, s / n2, n1) * Wave(k2, s % n2, n2));
      PetscCheck(cabs(found - sum) <= tolerance * sqrt((double)S), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Analysis %d, grid %ld x %ld, mode (%ld, %ld): off by %g", type, n1, n2, k1, k2, cabs(found - sum));
    }
    PetscCheck(X[k * stride + 3] == (KNReal)Value(4, k * stride + 3) &&
                 X[k * stride + 9] == (KNReal)Value(4, k * stride + 9),
               PETSC_COMM_SELF, PETSC_ERR_PLIB, "Analysis writes between the rows");
  }
  for (long c = 0; c < C; c++) {
    for (long s = 0; s < S; s++) {
      double sum = 0;

      for (size_t k = 0; k < K; k++)
        sum += creal((Y[k * stride + (size_t)c] + I * Y[k * stride + imaginary + (size_t)c]) *
                     Wave(First(grid, modes, (long)k / modes), s / n2, n1) * Wave((long)k % modes, s % n2, n2));
      PetscCheck(fabs(y[c * S + s] - sum) <= tolerance * sqrt((double)K), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Synthesis %d, grid %ld x %ld: off by %g", type, n1, n2, fabs(y[c * S + s] - sum));
      PetscCheck(fabs(added[c * S + s] - sum - (KNReal)Value(2, (size_t)(c * S + s))) <=
                   2 * tolerance * sqrt((double)K),
                 PETSC_COMM_SELF, PETSC_ERR_PLIB, "Synthesis %d does not add", type);
    }
  }
  PetscCall(KNTransformDestroy(&transform));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&added));
  PetscCall(KNFree(&X));
  PetscCall(KNFree(&Y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A spectral layer of 4 modes on a grid, with its parameters: the same for every grid of the same number of axes. */
typedef struct {
  KNLayer      layer;
  KNParameters parameters;
  KNReal      *W; /* not owned */
} Operator;

enum { CI = 2, CO = 3, MODES = 4 };

static PetscErrorCode OperatorCreate(const KNGrid *grid, Operator *f)
{
  const KNParameterInfo *info;

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&f->parameters));
  PetscCall(KNLayerCreate("spectral", "layer", 0, &f->layer));
  PetscCall(KNLayerSetChannels(f->layer, grid->dim, CI, CO));
  PetscCall(KNLayerSetFromOptions(f->layer));
  PetscCall(KNLayerSetUp(f->layer, f->parameters));
  PetscCall(KNParametersSetUp(f->parameters, 1));
  PetscCall(KNParametersGetInfo(f->parameters, 0, &info));
  PetscCall(KNParametersGetBlocks(f->parameters, NULL, &f->W, NULL, NULL, NULL));
  f->W += info->offset;
  PetscCall(KNLayerSetGrid(f->layer, grid, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OperatorApply(Operator *f, const KNReal *x, KNReal *y)
{
  const KNPass        pass = {.samples = 1};
  const KNReal *const in[] = {x};

  PetscFunctionBegin;
  PetscCall(KNLayerForward(f->layer, &pass, in, y, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OperatorDestroy(Operator *f)
{
  PetscFunctionBegin;
  PetscCall(KNLayerDestroy(&f->layer));
  PetscCall(KNParametersDestroy(&f->parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Modes first on all n1 rows, zero where none is kept; a complex inverse transform along the first axis; then a real
  one along the last.
*/
static PetscErrorCode TestDefinition(const KNGrid *grid)
{
  const long n1 = grid->dim == 2 ? grid->n[0] : 1, n2 = grid->n[grid->dim - 1], S = n1 * n2,
             K1 = grid->dim == 2 ? 2 * MODES : 1;
  Operator       f;
  KNReal        *x, *y;
  double complex X[CI][2 * MODES][MODES], Y[2 * MODES][MODES];

  PetscFunctionBegin;
  PetscCall(OperatorCreate(grid, &f));
  PetscCall(Random((size_t)(CI * S), 5, &x));
  PetscCall(KNMalloc((size_t)(CO * S), sizeof(KNReal), &y));
  PetscCall(OperatorApply(&f, x, y));
  for (long i = 0; i < CI; i++) {
    for (long k1 = 0; k1 < K1; k1++) {
      for (long k2 = 0; k2 < MODES; k2++) {
        X[i][k1][k2] = 0;
        for (long s = 0; s < S; s++)
          X[i][k1][k2] += (double)x[i * S + s] * conj(Wave(First(grid, MODES, k1), s / n2, n1) * Wave(k2, s % n2, n2));
      }
    }
  }
  for (long o = 0; o < CO; o++) {
    for (long k1 = 0; k1 < K1; k1++) {
      for (long k2 = 0; k2 < MODES; k2++) {
        Y[k1][k2] = 0;
        for (long i = 0; i < CI; i++) {
          const KNReal *w = f.W + ((k1 * MODES + k2) * CI + i) * 2 * CO;

          Y[k1][k2] += X[i][k1][k2] * (w[o] + I * w[CO + o]);
        }
      }
    }
    for (long s1 = 0; s1 < n1; s1++) {
      double complex row[MODES] = {0};

      for (long k2 = 0; k2 < MODES; k2++) {
        for (long k1 = 0; k1 < K1; k1++) row[k2] += Y[k1][k2] * Wave(First(grid, MODES, k1), s1, n1) / (double)n1;
      }
      for (long s2 = 0; s2 < n2; s2++) {
        double sum = creal(row[0]); /* a real inverse transform does not see its imaginary part */

        for (long k2 = 1; k2 < MODES; k2++) sum += 2 * creal(row[k2] * Wave(k2, s2, n2));
        sum /= (double)n2;
        PetscCheck(fabs(y[(o * n1 + s1) * n2 + s2] - sum) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "Grid %ld x %ld, channel %ld, point (%ld, %ld): %.9g instead of %.9g", n1, n2, o, s1, s2,
                   (double)y[(o * n1 + s1) * n2 + s2], sum);
      }
    }
  }
  PetscCall(OperatorDestroy(&f));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestShift(const KNGrid *grid)
{
  const long n1 = grid->dim == 2 ? grid->n[0] : 1, n2 = grid->n[grid->dim - 1], S = n1 * n2, a = n1 > 1 ? 3 : 0, b = 5;
  Operator   f;
  KNReal    *x, *y, *shifted, *y_shifted;

  PetscFunctionBegin;
  PetscCall(OperatorCreate(grid, &f));
  PetscCall(Random((size_t)(CI * S), 6, &x));
  PetscCall(KNMalloc((size_t)(CI * S), sizeof(KNReal), &shifted));
  PetscCall(KNMalloc((size_t)(CO * S), sizeof(KNReal), &y));
  PetscCall(KNMalloc((size_t)(CO * S), sizeof(KNReal), &y_shifted));
  for (long p = 0; p < CI * n1; p++) {
    for (long j = 0; j < n2; j++)
      shifted[(p / n1 * n1 + (p + a) % n1) * n2 + (j + b) % n2] = x[(p / n1 * n1 + p % n1) * n2 + j];
  }
  PetscCall(OperatorApply(&f, x, y));
  PetscCall(OperatorApply(&f, shifted, y_shifted));
  for (long p = 0; p < CO * n1; p++) {
    for (long j = 0; j < n2; j++) {
      const double difference = y_shifted[(p / n1 * n1 + (p + a) % n1) * n2 + (j + b) % n2] - y[p * n2 + j];

      PetscCheck(fabs(difference) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Grid %ld x %ld: not shift equivariant, %g", n1, n2, difference);
    }
  }
  PetscCall(OperatorDestroy(&f));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&shifted));
  PetscCall(KNFree(&y_shifted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestBand(const KNGrid *grid)
{
  const long n1 = grid->n[0], n2 = grid->n[1], S = n1 * n2;
  Operator   f;
  KNReal    *x, *y;

  PetscFunctionBegin;
  PetscCall(OperatorCreate(grid, &f));
  PetscCall(Random((size_t)(CI * S), 7, &x));
  PetscCall(KNMalloc((size_t)(CO * S), sizeof(KNReal), &y));
  PetscCall(OperatorApply(&f, x, y));
  for (long k1 = -n1 / 2; k1 <= n1 / 2; k1++) {
    for (long k2 = 0; k2 <= n2 / 2; k2++) {
      /* On k2 = 0 a real field has -k1 with k1. */
      const PetscBool kept =
        k2 < MODES && (k2 ? k1 >= -MODES && k1 < MODES : labs(k1) <= MODES) ? PETSC_TRUE : PETSC_FALSE;
      double complex sum = 0;

      for (long s = 0; s < S; s++) sum += (double)y[s] * conj(Wave(k1, s / n2, n1) * Wave(k2, s % n2, n2)) / (double)S;
      PetscCheck(kept ? cabs(sum) > 1e-5 : cabs(sum) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Mode (%ld, %ld) of the output is %g", k1, k2, cabs(sum));
    }
  }
  PetscCall(OperatorDestroy(&f));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A trigonometric polynomial of degree 3, at the points of 8 x 8 that all the grids share. */
static PetscErrorCode TestResolution(PetscInt dim)
{
  const PetscInt n[3] = {16, 24, 32};
  double         common[3][CO][64];

  PetscFunctionBegin;
  for (int g = 0; g < 3; g++) {
    const KNGrid grid = KNGridMake(dim, (const PetscInt[]){n[g], n[g]}, KN_POINTS_PERIODIC);
    const long   n2 = n[g], n1 = dim == 2 ? n2 : 1, S = n1 * n2, step = n2 / 8;
    Operator     f;
    KNReal      *x, *y;

    PetscCall(OperatorCreate(&grid, &f));
    PetscCall(KNMalloc((size_t)(CI * S), sizeof(KNReal), &x));
    PetscCall(KNMalloc((size_t)(CO * S), sizeof(KNReal), &y));
    for (long i = 0; i < CI * S; i++) {
      const long s1 = i % S / n2, s2 = i % n2;

      x[i] = (KNReal)(0.5 + creal((1 + 2 * I) * Wave(2, s2, n2)) +
                      creal((double)(i / S + 1) * I * Wave(-3, s1, n1) * Wave(1, s2, n2)) +
                      creal(Wave(3, s1, n1) * Wave(3, s2, n2)));
    }
    PetscCall(OperatorApply(&f, x, y));
    for (long o = 0; o < CO; o++) {
      for (long p = 0; p < (dim == 2 ? 64 : 8); p++) common[g][o][p] = y[(o * n1 + p / 8 * step) * n2 + p % 8 * step];
      for (long p = 0; g && p < (dim == 2 ? 64 : 8); p++) {
        PetscCheck(fabs(common[g][o][p] - common[0][o][p]) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "%d axes: %.9g on %d points, %.9g on 16", (int)dim, common[g][o][p], (int)n[g], common[0][o][p]);
      }
    }
    PetscCall(OperatorDestroy(&f));
    PetscCall(KNFree(&x));
    PetscCall(KNFree(&y));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fewer points than twice the modes on any axis: refused with a message that names the option. */
static PetscErrorCode TestRefusal(void)
{
  const KNGrid   grid = KNGridMake(2, (const PetscInt[]){16, 2 * MODES - 1}, KN_POINTS_PERIODIC);
  const KNGrid   good = KNGridMake(2, (const PetscInt[]){16, 2 * MODES}, KN_POINTS_PERIODIC);
  Operator       f;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(OperatorCreate(&good, &f));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNLayerSetGrid(f.layer, &grid, 1);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_INPUT, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A grid too coarse for the modes: error %d",
             (int)code);
  PetscCall(OperatorDestroy(&f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  /* n1, n2, modes */
  const PetscInt sizes[][3] = {{8, 16, 8}, {16, 16, 8}, {9, 12, 4}, {17, 10, 5}, {13, 64, 3}, {8, 11, 4}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_modes", "4"));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(sizes); i++) {
    const KNGrid line   = KNGridMake(1, sizes[i] + 1, KN_POINTS_PERIODIC);
    const KNGrid square = KNGridMake(2, sizes[i], KN_POINTS_PERIODIC);
    const long   modes = sizes[i][2], fewer = PetscMin(modes, sizes[i][0] / 2);

    for (int type = KN_TRANSFORM_PRODUCT; type <= KN_TRANSFORM_FFT; type++) {
      PetscCall(TestTransform((KNTransformType)type, &line, modes));
      PetscCall(TestTransform((KNTransformType)type, &square, fewer));
    }
    PetscCall(TestShift(&line));
    PetscCall(TestShift(&square));
    PetscCall(TestDefinition(&line));
    PetscCall(TestDefinition(&square));
  }
  PetscCall(TestBand(&(KNGrid){.dim = 2, .n = {14, 15, 1}, .points = KN_POINTS_PERIODIC}));
  PetscCall(TestResolution(1));
  PetscCall(TestResolution(2));
  PetscCall(TestRefusal());
  PetscCall(PetscFinalize());
  return 0;
}
