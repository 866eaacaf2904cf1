/*
  The truncated Fourier transform along the first axis of a grid of three axes, or of a slab of any grid, on top of the
  one along the others (`inner`):

      V_k[s0]  = the inner transform of plane s0, kept modes k of the other axes only
      X_(k0,k) = sum_s0 V_k[s0] exp(-2 pi i k0 s0 / n0),   k0 = 0..m-1, -m..-1

  as a product of matrices: little work, since few modes k are left. Of a slab the sum runs over its own planes: the
  modes of the whole field are the sum over the slabs, and only kept modes travel. The only axis of a line keeps k0 =
  0..m-1. Of each channel, the planes s0 pass through the inner transform as if they were channels; then, in real
  numbers,

      analysis   P (K, 2, 2, K0) = V (K, 2, n0) E,    X_(k0,k) = (P_rc + P_is) + i (P_ic - P_rs)
      synthesis  V (K, 2, n0) = Q (K, 2, 2, K0) E',   Q_rc = Yr, Q_rs = -Yi, Q_ic = Yi, Q_is = Yr

  with E (n0, 2, K0), cosines and sines of k0, rows r and i of V the real and imaginary part, K the kept modes of the
  other axes.
*/
#include "product_kernels.h"
#include "spectral_transform_impl.h"
#include <math.h>
#include <string.h>

static void kn_collect_outer(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict P, size_t K0,
                             size_t K)
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

static void kn_spread_outer(KNReal *restrict Q, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t K0,
                            size_t K)
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

typedef struct {
  KNTransform inner;  /* of n0 fields on the other axes; NULL: there are none */
  size_t      n0, S;  /* points of the first axis, of a plane; here, of a slab */
  size_t      K0, K;  /* kept modes of the first axis, of the others */
  size_t      nv;     /* reals of V, for one thread, before those of P or Q */
  KNReal     *E, *Et; /* (n0, 2 K0) and its transpose */
} Outer;

static void kn_outer_waves(KNReal *E, KNReal *Et, size_t n0, size_t first, size_t whole, size_t K0, size_t m)
{
  // Points first.. of whole. Angles are reduced in integers, in double.
  for (size_t s = 0; s < n0; s++) {
    for (size_t k0 = 0; k0 < K0; k0++) {
      const size_t k     = k0 < m ? k0 : whole - (K0 - k0);
      const double theta = 2 * M_PI * (double)(k * (first + s) % whole) / (double)whole;

      E[s * 2 * K0 + k0] = Et[k0 * n0 + s] = (KNReal)cos(theta);
      E[s * 2 * K0 + K0 + k0] = Et[(K0 + k0) * n0 + s] = (KNReal)sin(theta);
    }
  }
}

static void KNTransformAnalyze_Outer(KNTransform transform, int thread, KNReal *X, size_t stride, size_t imaginary,
                                     const KNReal *x)
{
  const Outer *o = transform->data;
  KNReal      *V = transform->work + (size_t)thread * transform->reals, *P = V + o->nv;

  for (size_t c = 0; c < transform->C; c++) {
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

static void KNTransformSynthesize_Outer(KNTransform transform, int thread, KNReal *y, const KNReal *Y, size_t stride,
                                        size_t imaginary, int add)
{
  const Outer *o = transform->data;
  KNReal      *V = transform->work + (size_t)thread * transform->reals, *Q = V + o->nv;

  for (size_t c = 0; c < transform->C; c++) {
    kn_spread_outer(Q, Y + c, stride, imaginary, o->K0, o->K);
    kn_product(V, o->n0, Q, 2 * o->K0, o->Et, o->n0, 2 * o->K, o->n0, 2 * o->K0, 0);
    if (o->inner) KNTransformSynthesize(o->inner, thread, y + c * o->n0 * o->S, V, 2 * o->n0, o->n0, add);
    for (size_t s = 0; !o->inner && s < o->n0; s++) y[c * o->n0 + s] = (add ? y[c * o->n0 + s] : 0) + V[s];
  }
}

static PetscErrorCode KNTransformDestroy_Outer(KNTransform transform)
{
  Outer *o = transform->data;

  PetscFunctionBegin;
  PetscCall(KNTransformDestroy(&o->inner));
  PetscCall(KNFree(&o->E));
  PetscCall(KNFree(&o->Et));
  PetscCall(PetscFree(transform->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformCreate_Outer(KNTransform transform, const KNGrid *grid, KNTransform inner)
{
  PetscLogDouble flops = 0;
  size_t         bytes = 0;
  Outer         *o;

  PetscFunctionBegin;
  PetscCall(PetscNew(&o));
  transform->data = o;
  transform->ops  = (KNTransformOps){.analyze    = KNTransformAnalyze_Outer,
                                     .synthesize = KNTransformSynthesize_Outer,
                                     .destroy    = KNTransformDestroy_Outer};
  o->inner        = inner;
  o->n0           = (size_t)grid->n[0];
  o->S            = KNGridSize(grid) / PetscMax(o->n0, 1);
  o->K            = 1;
  if (inner) PetscCall(KNTransformGetSizes(inner, &o->K, NULL, &flops, &bytes));
  o->K0               = transform->K / o->K;
  o->nv               = KNAligned(o->K * 2 * o->n0);
  transform->reals    = o->nv + KNAligned(o->K * 4 * o->K0);
  transform->flops    = (PetscLogDouble)transform->C * (flops + 8 * (PetscLogDouble)(o->K * o->n0 * o->K0));
  transform->matrices = bytes + o->n0 * 4 * o->K0 * sizeof(KNReal);
  PetscCall(KNMalloc((size_t)transform->threads * transform->reals, sizeof(KNReal), &transform->work));
  PetscCall(KNMalloc(o->n0 * 2 * o->K0, sizeof(KNReal), &o->E));
  PetscCall(KNMalloc(o->n0 * 2 * o->K0, sizeof(KNReal), &o->Et));
  kn_outer_waves(o->E, o->Et, o->n0, (size_t)grid->first, (size_t)KNGridWhole(grid, 0), o->K0, transform->m);
  PetscFunctionReturn(PETSC_SUCCESS);
}
