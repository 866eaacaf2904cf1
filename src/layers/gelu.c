/*
  The Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv 1606.08415), exact form, point by point:

      y = x Phi(x),    dy/dx = Phi(x) + x phi(x)

  phi, Phi: density and distribution function of the standard normal distribution. x, y: (B, C, S).

  Copy this file to add a layer of your own. It is the smallest one, and all others keep its order:
    1. this head: purpose, formula, shapes, source;
    2. the forward kernel: a pure function of arrays and sizes, output first, shapes in its first comment;
    3. the backward kernel directly below: gradients d... accumulate (+=), each line the derivative of one above;
    4. the context, for layers with options, parameters or workspace (linear.c is the smallest of these);
    5. SetFromOptions: each option once, beside its default, with help text;
    6. SetUp: channels checked, parameters declared by name, shape and initial distribution;
    7. SetGrid: workspace and plans for a grid and a batch, the output's grid, the cost in FLOPs (if it is called again,
       it frees what it made before);
    8. Forward, Backward: choose pointers and call kernels; they allocate nothing;
    9. View, Destroy, and last Create, the only function that is not static: it fills the table of the others.
  Then add one line to layer_list.h. The registry's test finds the new layer by itself and checks its gradient, its
  shapes, INSERT against ADD, and that the result does not depend on the number of threads.
*/
#include "layer_impl.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

/* e^x for -87 < x <= 0, relative error 3e-9 before rounding: 2^k e^r, |r| <= ln(2)/2, a minimax polynomial in r. Unlike libm's it vectorises. */
static inline float kn_exp(float x)
{
  const float   shift = 0x1.8p23f; /* adding it rounds to a whole number, kept in the low bits */
  const float   s     = x * 0x1.715476p+0f + shift;
  const float   k     = s - shift;
  const float   r     = (x - k * 0x1.62ep-1f) - k * 0x1.0bfbe8p-15f; /* ln 2 in two parts: k times the first is exact */
  const float   q     = 4.9999993e-1f + r * (1.6666520e-1f + r * (4.1668394e-2f + r * (8.3687825e-3f + r * 1.3814474e-3f)));
  const float   e     = 1.0f + (r + r * r * q);
  const int32_t power = ((int32_t)k + 127) * (1 << 23);
  float         scale;

  memcpy(&scale, &power, sizeof(scale));
  return e * scale;
}

/*
  Phi and phi at x. In float the tail is Phi(-a) = exp(-a^2/2) t P(t), t = 1 / (1 + 0.275 a), a = |x|: the form of Abramowitz and
  Stegun 7.1.26 with P of degree 5, fitted so that the error of a Phi(-a) stays below 1.1e-8.
*/
#if defined(KN_DOUBLE)
static inline void kn_normal(double x, double *Phi, double *phi)
{
  *Phi = 0.5 * erfc(-x * M_SQRT1_2);
  *phi = exp(-0.5 * x * x) * (0.5 * M_SQRT1_2 * M_2_SQRTPI);
}
#else
static inline void kn_normal(float x, float *Phi, float *phi)
{
  const float b = fabsf(x), a = b < 13.0f ? b : 13.0f; /* beyond, Phi(-a) < 1e-38; a NaN comes back through x Phi */
  const float e = kn_exp(-0.5f * a * a);
  const float t = 1.0f / (1.0f + 0.275f * a);
  const float P = 0.117573542f + t * (0.043596642f + t * (0.330219529f + t * (-0.326388756f + t * (0.449164628f + t * -0.114165574f))));
  const float q = e * t * P;

  *Phi = x < 0.0f ? q : 1.0f - q;
  *phi = 0.398942280f * e;
}
#endif

/* Points at a time: added from a buffer, never by a fused multiply-add, so that y + GELU(x) has the same bits in one call as in two. */
enum { TILE = 256 };

static void kn_gelu_forward(KNReal *restrict y, const KNReal *restrict x, size_t P, size_t S, int add)
{
  // x, y: (P, S), P = B C planes. Threads share planes, so that how a plane is vectorised does not depend on their number.
#pragma omp parallel for schedule(static)
  for (size_t p = 0; p < P; p++) {
    for (size_t first = 0; first < S; first += TILE) {
      const size_t n            = S - first < TILE ? S - first : TILE;
      const KNReal *restrict xp = x + p * S + first;
      KNReal *restrict yp       = y + p * S + first;
      KNReal sum[TILE], *restrict vp = add ? sum : yp;

#pragma omp simd
      for (size_t s = 0; s < n; s++) {
        KNReal Phi, phi;

        kn_normal(xp[s], &Phi, &phi);
        vp[s] = xp[s] * Phi;
      }
      for (size_t s = 0; add && s < n; s++) yp[s] += vp[s];
    }
  }
}

static void kn_gelu_backward(KNReal *restrict dx, const KNReal *restrict dy, const KNReal *restrict x, size_t P, size_t S)
{
  // dx, dy, x: (P, S)
#pragma omp parallel for schedule(static)
  for (size_t p = 0; p < P; p++) {
    const KNReal *restrict xp  = x + p * S;
    const KNReal *restrict dyp = dy + p * S;
    KNReal *restrict dxp       = dx + p * S;

#pragma omp simd
    for (size_t s = 0; s < S; s++) {
      KNReal Phi, phi;

      kn_normal(xp[s], &Phi, &phi);
      dxp[s] += dyp[s] * (Phi + xp[s] * phi);
    }
  }
}

static PetscErrorCode KNLayerSetUp_GELU(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out == layer->in, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "layer %s: gelu keeps the number of channels", layer->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_GELU(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = 39 * points; /* the operations of kn_normal and the product, a division counted as one */
  layer->flops[1] = 42 * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerForward_GELU(KNLayer layer, const KNPass *pass, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  PetscFunctionBegin;
  kn_gelu_forward(out, in[0], (size_t)pass->samples * (size_t)layer->in, KNGridSize(&layer->grid_in), mode == ADD_VALUES);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerBackward_GELU(KNLayer layer, const KNPass *pass, const KNReal *const in[], const KNReal *dout, KNReal *const din[])
{
  PetscFunctionBegin;
  if (din[0]) kn_gelu_backward(din[0], dout, in[0], (size_t)pass->samples * (size_t)layer->in, KNGridSize(&layer->grid_in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_GELU(KNLayer layer)
{
  PetscFunctionBegin; /* no context to free */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_GELU(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup    = KNLayerSetUp_GELU,
    .setgrid  = KNLayerSetGrid_GELU,
    .forward  = KNLayerForward_GELU,
    .backward = KNLayerBackward_GELU,
    .destroy  = KNLayerDestroy_GELU,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}
