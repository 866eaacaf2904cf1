/*
  N(u) of a semilinear equation: factors to the points, products there, products to the modes, terms.

  A field of divergence 0:      u_k - kappa (kappa . u_k)/|kappa|^2
  A complex field u + i v, both real, has the modes p_k = u_k + i v_k; its conjugate has q_k = u_k - i v_k =
  conj(p_-k). With both, k_d >= 0 is enough:
      u_k = (p_k + q_k)/2,   v_k = (p_k - q_k)/(2 i)
*/
#include "semilinear_impl.h"

/* p, q (count, 2) = u + i v, u - i v, in the place of u and v. */
static void kn_complex_join(PetscReal *restrict u, PetscReal *restrict v, size_t count)
{
  for (size_t s = 0; s < 2 * count; s += 2) {
    const PetscReal p[2] = {u[s] - v[s + 1], u[s + 1] + v[s]}, q[2] = {u[s] + v[s + 1], u[s + 1] - v[s]};

    u[s]     = p[0];
    u[s + 1] = p[1];
    v[s]     = q[0];
    v[s + 1] = q[1];
  }
}

/* The other way. */
static void kn_complex_part(PetscReal *restrict p, PetscReal *restrict q, size_t count)
{
  for (size_t s = 0; s < 2 * count; s += 2) {
    const PetscReal u[2] = {0.5 * (p[s] + q[s]), 0.5 * (p[s + 1] + q[s + 1])},
                    v[2] = {0.5 * (p[s + 1] - q[s + 1]), 0.5 * (q[s] - p[s])};

    p[s]     = u[0];
    p[s + 1] = u[1];
    q[s]     = v[0];
    q[s + 1] = v[1];
  }
}

/* c (axes, count, 2) without its gradient part; kappa: (axes) arrays (count). */
static void kn_project(PetscReal *restrict c, const PetscReal *const kappa[], PetscInt axes, size_t count)
{
  for (size_t s = 0; s < count; s++) {
    PetscReal square = 0.0, re = 0.0, im = 0.0;

    for (PetscInt d = 0; d < axes; d++) {
      const PetscReal *cd = c + 2 * ((size_t)d * count + s), k = kappa[d][s];

      square += k * k;
      re += k * cd[0];
      im += k * cd[1];
    }
    if (square == 0.0) continue;
    for (PetscInt d = 0; d < axes; d++) {
      PetscReal *cd = c + 2 * ((size_t)d * count + s), k = kappa[d][s] / square;

      cd[0] -= k * re;
      cd[1] -= k * im;
    }
  }
}

void KNRateToState(const KNRate *r, PetscReal c[])
{
  const size_t count = KNModesCount(r->modes);

  if (r->equation->paired) kn_complex_join(c, c + 2 * count, count);
}

void KNRateToFields(const KNRate *r, PetscReal c[])
{
  const size_t count = KNModesCount(r->modes);

  if (r->equation->paired) kn_complex_part(c, c + 2 * count, count);
}

void KNRateProject(const KNRate *r, PetscReal c[])
{
  const PetscReal *kappa[KN_MAX_DIM];

  if (!r->equation->solenoidal) return;
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) kappa[d] = KNModesKappa(r->modes, d);
  kn_project(c, kappa, r->axes, KNModesCount(r->modes));
}

PetscErrorCode KNRateEvaluate(void *context, const PetscReal state[], PetscReal n[])
{
  KNRate             *r        = (KNRate *)context;
  const KNSemilinear *equation = r->equation;
  const size_t        size     = 2 * KNModesCount(r->modes);
  PetscReal *const   *products = r->points + equation->factors;

  PetscFunctionBegin;
  if (equation->paired) {
    PetscCall(PetscArraycpy(r->parts, state, 2 * size));
    KNRateToFields(r, r->parts);
    state = r->parts;
  }
  for (PetscInt f = 0; f < equation->factors; f++) {
    if (r->points[f]) {
      PetscCall(KNModesBackward(r->modes, state + (size_t)equation->factor[f].field * size, equation->factor[f].axis,
                                r->points[f]));
    }
  }
  equation->multiply(products, (const PetscReal *const *)r->points, r->p, r->axes, KNModesPoints(r->modes));
  if (r->force) PetscCall(PetscArraycpy(n, r->force, (size_t)r->fields * size));
  else PetscCall(PetscArrayzero(n, (size_t)r->fields * size));
  for (PetscInt product = 0; product < equation->products; product++) {
    PetscBool transformed = PETSC_FALSE;

    for (PetscInt t = 0; t < equation->terms; t++) {
      const KNTerm *term = &equation->term[t];

      if (term->product != product || term->field >= r->fields || term->axis >= r->axes) continue;
      if (!transformed) PetscCall(KNModesForward(r->modes, products[product]));
      transformed = PETSC_TRUE;
      KNModesAdd(r->modes, term->factor, term->axis, n + (size_t)term->field * size);
    }
  }
  KNRateProject(r, n);
  KNRateToState(r, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRateCreate(KNRate *r)
{
  const KNSemilinear *equation = r->equation;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < equation->factors + equation->products; i++) {
    const PetscBool there = (PetscBool)(i >= equation->factors ||
                                        (equation->factor[i].field < r->fields && equation->factor[i].axis < r->axes));

    if (there) PetscCall(KNMalloc(KNModesRoom(r->modes), sizeof(PetscReal), &r->points[i]));
  }
  if (equation->paired) PetscCall(KNMalloc(4 * KNModesCount(r->modes), sizeof(PetscReal), &r->parts));
  if (equation->constant || r->forced) {
    PetscCall(KNMalloc(2 * (size_t)r->fields * KNModesCount(r->modes), sizeof(PetscReal), &r->force));
    PetscCall(PetscArrayzero(r->force, 2 * (size_t)r->fields * KNModesCount(r->modes)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRateDestroy(KNRate *r)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(r->points); i++) PetscCall(KNFree(&r->points[i]));
  PetscCall(KNFree(&r->parts));
  PetscCall(KNFree(&r->force));
  PetscFunctionReturn(PETSC_SUCCESS);
}
