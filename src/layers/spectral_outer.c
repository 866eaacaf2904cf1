/*
  The first axis of three, or the one that is divided among ranks: of each channel, the planes s0 pass through the inner transform as if they were channels; then, in real numbers,

      analysis   P (K, 2, 2, K0) = V (K, 2, n0) E,    X_(k0,k) = (P_rc + P_is) + i (P_ic - P_rs)
      synthesis  V (K, 2, n0) = Q (K, 2, 2, K0) E',   Q_rc = Yr, Q_rs = -Yi, Q_ic = Yi, Q_is = Yr

  with E (n0, 2, K0), cosines and sines of k0, rows r and i of V the real and imaginary part, K the kept modes of the other axes.
*/
#include "product_kernels.h"
#include "spectral_outer.h"
#include <math.h>
#include <omp.h>
#include <string.h>

static void kn_collect_outer(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict P, size_t K0, size_t K)
{
  // X: one channel of the modes (K0, K); P: (K, 2, 2, K0)
  for (size_t k = 0; k < K; k++) {
    const KNReal *restrict rc = P + k * 4 * K0, *restrict rs = rc + K0, *restrict ic = rs + K0, *restrict is = ic + K0;

    for (size_t k0 = 0; k0 < K0; k0++) {
      KNReal *restrict Xk = X + (k0 * K + k) * stride;

      Xk[0]         = rc[k0] + is[k0];
      Xk[imaginary] = ic[k0] - rs[k0];
    }
  }
}

static void kn_spread_outer(KNReal *restrict Q, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t K0, size_t K)
{
  // The adjoint of kn_collect_outer
  for (size_t k = 0; k < K; k++) {
    KNReal *restrict rc = Q + k * 4 * K0, *restrict rs = rc + K0, *restrict ic = rs + K0, *restrict is = ic + K0;

    for (size_t k0 = 0; k0 < K0; k0++) {
      const KNReal *restrict Yk = Y + (k0 * K + k) * stride;

      rc[k0] = is[k0] = Yk[0];
      ic[k0]          = Yk[imaginary];
      rs[k0]          = -Yk[imaginary];
    }
  }
}

struct _p_KNOuter {
  KNTransform    inner;      /* of n0 fields on the other axes; NULL: there are none */
  size_t         C, n0, S;   /* channels; points of the first axis, of a plane; here, of a slab */
  size_t         K0, K;      /* kept modes of the first axis, of the others */
  int            threads;
  size_t         nv, np;     /* reals of V and of P or Q, for one thread; multiples of a cache line */
  KNReal        *work;       /* (threads, nv + np) */
  KNReal        *E, *Et;     /* (n0, 2 K0) and its transpose */
  PetscLogDouble flops;
  size_t         bytes;      /* of the inner transform */
};

static void kn_outer_waves(KNReal *E, KNReal *Et, size_t n0, size_t first, size_t whole, size_t K0, size_t m)
{
  // Points first.. of whole. Angles are reduced in integers, in double.
  for (size_t s = 0; s < n0; s++) {
    for (size_t k0 = 0; k0 < K0; k0++) {
      const size_t k     = k0 < m ? k0 : whole - (K0 - k0);
      const double theta = 2 * M_PI * (double)(k * (first + s) % whole) / (double)whole;

      E[s * 2 * K0 + k0]      = Et[k0 * n0 + s]        = (KNReal)cos(theta);
      E[s * 2 * K0 + K0 + k0] = Et[(K0 + k0) * n0 + s] = (KNReal)sin(theta);
    }
  }
}

PetscErrorCode KNOuterCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C, KNOuter *outer)
{
  const size_t line  = KN_ALIGN / sizeof(KNReal);
  const KNGrid plane = KNGridMake(grid->dim - 1, grid->n + 1, grid->points);
  const size_t m     = (size_t)modes;
  KNOuter      o;

  PetscFunctionBegin;
  PetscCall(PetscNew(outer));
  o     = *outer;
  o->C  = (size_t)C;
  o->n0 = (size_t)grid->n[0];
  o->S  = KNGridSize(&plane);
  o->K0 = plane.dim ? 2 * m : m;
  o->K  = 1;
  o->threads = omp_get_max_threads();
  if (plane.dim) {
    PetscCall(KNTransformCreate(type, &plane, modes, grid->n[0], &o->inner));
    PetscCall(KNTransformGetSizes(o->inner, &o->K, NULL, &o->flops, &o->bytes));
  }
  o->nv = (o->K * 2 * o->n0 + line - 1) / line * line;
  o->np = (o->K * 4 * o->K0 + line - 1) / line * line;
  PetscCall(KNMalloc((size_t)o->threads * (o->nv + o->np), sizeof(KNReal), &o->work));
  PetscCall(KNMalloc(o->n0 * 2 * o->K0, sizeof(KNReal), &o->E));
  PetscCall(KNMalloc(o->n0 * 2 * o->K0, sizeof(KNReal), &o->Et));
  kn_outer_waves(o->E, o->Et, o->n0, (size_t)grid->first, (size_t)KNGridWhole(grid, 0), o->K0, m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOuterDestroy(KNOuter *outer)
{
  PetscFunctionBegin;
  if (!*outer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNTransformDestroy(&(*outer)->inner));
  PetscCall(KNFree(&(*outer)->work));
  PetscCall(KNFree(&(*outer)->E));
  PetscCall(KNFree(&(*outer)->Et));
  PetscCall(PetscFree(*outer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOuterGetSizes(KNOuter o, size_t *K, int *threads, PetscLogDouble *flops, size_t *bytes)
{
  PetscFunctionBegin;
  *K = o->K0 * o->K;
  if (threads) *threads = o->threads;
  *flops = (PetscLogDouble)o->C * (o->flops + 8 * (PetscLogDouble)(o->K * o->n0 * o->K0));
  *bytes = o->bytes + ((size_t)o->threads * (o->nv + o->np) + o->n0 * 4 * o->K0) * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNOuterAnalyze(KNOuter o, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x)
{
  KNReal *V = o->work + (size_t)thread * (o->nv + o->np), *P = V + o->nv;

  for (size_t c = 0; c < o->C; c++) {
    if (o->inner) {
      KNTransformAnalyze(o->inner, thread, V, 2 * o->n0, o->n0, x + c * o->n0 * o->S);
    } else { /* a line is real */
      memcpy(V, x + c * o->n0, o->n0 * sizeof(*V));
      memset(V + o->n0, 0, o->n0 * sizeof(*V));
    }
    kn_product(P, 2 * o->K0, V, o->n0, o->E, 2 * o->K0, 2 * o->K, 2 * o->K0, o->n0, 0);
    kn_collect_outer(X + c, stride, imaginary, P, o->K0, o->K);
  }
}

void KNOuterSynthesize(KNOuter o, int thread, KNReal *y, const KNReal *Y, size_t stride, size_t imaginary, int add)
{
  KNReal *V = o->work + (size_t)thread * (o->nv + o->np), *Q = V + o->nv;

  for (size_t c = 0; c < o->C; c++) {
    kn_spread_outer(Q, Y + c, stride, imaginary, o->K0, o->K);
    kn_product(V, o->n0, Q, 2 * o->K0, o->Et, o->n0, 2 * o->K, o->n0, 2 * o->K0, 0);
    if (o->inner) KNTransformSynthesize(o->inner, thread, y + c * o->n0 * o->S, V, 2 * o->n0, o->n0, add);
    for (size_t s = 0; !o->inner && s < o->n0; s++) y[c * o->n0 + s] = (add ? y[c * o->n0 + s] : 0) + V[s];
  }
}
