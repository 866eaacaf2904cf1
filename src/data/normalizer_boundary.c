/*
  Given boundary values: the network's output is multiplied by a distance to the boundary, and a lift is added, a field
  that has the boundary values of the training samples. What the network says cannot change them.

    decode   x = lift + d (std + eps) z,   d(t) = product over the axes a of 4 t_a (1 - t_a)
    lift     on nodes, with the projectors (P_a f)(t) = (1 - t_a) f(t_a = 0) + t_a f(t_a = 1), of the boundary values f:
             lift = f - (1 - P_1) .. (1 - P_dim) f (Gordon and Hall 1973, transfinite interpolation); on cells 0

  The inner values of f cancel: a term of the product without any P_a is f itself.
*/
#include "normalizer_impl.h"
#include <kitinet/error.h>
#include <string.h>

static const double same_value = 1e-4; /* deviation of a boundary value over the samples, relative to the channel's */
/* root mean square of values continued linearly to the boundary, relative to the channel's: coarse grids are inexact */
static const double near_zero = 0.2;

void KNGridDistance(const KNGrid *grid, float distance[])
{
  for (PetscInt i = 0; i < grid->n[0]; i++) {
    for (PetscInt j = 0; j < grid->n[1]; j++) {
      for (PetscInt k = 0; k < grid->n[2]; k++) {
        const PetscInt at[KN_MAX_DIM] = {grid->first + i, j, k};
        PetscReal      product        = 1;

        for (PetscInt a = 0; a < grid->dim; a++) {
          const PetscReal t = KNPointsCoordinate(grid->points, KNGridWhole(grid, a), at[a]);

          product *= 4 * t * (1 - t);
        }
        *distance++ = (float)product;
      }
    }
  }
}

PetscErrorCode KNNormalizerKeepBoundary(KNNormalizer normalizer)
{
  PetscFunctionBegin;
  PetscCheck(normalizer->type == KN_NORMALIZER_CHANNEL && normalizer->fitted.points != KN_POINTS_PERIODIC,
             PETSC_COMM_SELF, PETSC_ERR_SUP, "boundary values of %s, of a normaliser %s",
             KNPointsNames[normalizer->fitted.points], KNNormalizerNames[normalizer->type]);
  PetscCall(KNMalloc((size_t)normalizer->channels * KNGridSize(&normalizer->fitted), sizeof(float), &normalizer->lift));
  memset(normalizer->lift, 0, (size_t)normalizer->channels * KNGridSize(&normalizer->fitted) * sizeof(float));
  PetscCall(KNNormalizerSetGrid(normalizer, &normalizer->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerGetLift(KNNormalizer normalizer, float **lift)
{
  PetscFunctionBegin;
  *lift = normalizer->lift;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f (n1, n2, n3) = f - P_a f; axis a has `step` values between neighbours. */
static void kn_subtract_linear(double *f, const size_t n[KN_MAX_DIM], int a)
{
  const size_t step = a == 2 ? 1 : a == 1 ? n[2] : n[1] * n[2], count = n[a], outer = n[0] * n[1] * n[2] / count / step;

  for (size_t o = 0; o < outer; o++) {
    for (size_t s = 0; s < step; s++) {
      double      *line  = f + o * count * step + s;
      const double first = line[0], last = line[(count - 1) * step];

      for (size_t i = 0; i < count; i++) {
        const double t = count > 1 ? (double)i / (double)(count - 1) : 0;

        line[i * step] -= (1 - t) * first + t * last;
      }
    }
  }
}

/* Whether the point lies in the outermost layer of the grid; inner: its neighbour inwards. */
static PetscBool IsOutermost(const KNGrid *grid, size_t s, size_t *inner)
{
  const size_t n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2];
  const size_t at[KN_MAX_DIM] = {s / (n1 * n2), s / n2 % n1, s % n2}, step[KN_MAX_DIM] = {n1 * n2, n2, 1};
  PetscBool    is = PETSC_FALSE;

  *inner = s;
  for (int a = 0; a < grid->dim; a++) {
    const size_t n = (size_t)grid->n[a];

    if (at[a] && at[a] < n - 1) continue;
    is = PETSC_TRUE;
    if (n > 1) *inner = at[a] ? *inner - step[a] : *inner + step[a];
  }
  return is;
}

PetscErrorCode KNNormalizerFitLift(KNNormalizer normalizer, const float mean[], const float std[])
{
  const KNGrid   *grid = &normalizer->fitted;
  const size_t    S = KNGridSize(grid), n[KN_MAX_DIM] = {(size_t)grid->n[0], (size_t)grid->n[1], (size_t)grid->n[2]};
  const PetscBool nodes = (PetscBool)(grid->points == KN_POINTS_NODES);
  double         *f;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(S, &f));
  for (PetscInt c = 0; c < normalizer->channels; c++) {
    const float *m = mean + (size_t)c * S, *d = std + (size_t)c * S;
    const double level   = PetscSqrtReal(PetscSqr((double)normalizer->mean[c]) + PetscSqr((double)normalizer->std[c]));
    double       differs = 0, continued = 0;
    size_t       inner, points          = 0;

    for (size_t s = 0; s < S; s++) {
      if (!IsOutermost(grid, s, &inner)) continue;
      differs = PetscMax(differs, (double)d[s]);
      continued += PetscSqr(1.5 * (double)m[s] - 0.5 * (double)m[inner]);
      points++;
    }
    continued = points ? PetscSqrtReal(continued / (double)points) : 0;
    PetscCheck(!nodes || differs <= same_value * level, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "option -model_boundary dirichlet: output field %" PetscInt_FMT
               " has boundary values that differ from sample to sample, by %.2g where the field has %.2g: leave the "
               "option out",
               c + 1, differs, level);
    PetscCheck(nodes || continued <= near_zero * level, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "option -model_boundary dirichlet: output field %" PetscInt_FMT
               ", continued from the cells to the boundary, is %.2g there, not 0, where the field has %.2g: leave the "
               "option out, or give values at nodes",
               c + 1, continued, level);
    for (size_t s = 0; s < S; s++) f[s] = m[s];
    for (int a = 0; nodes && a < grid->dim; a++) kn_subtract_linear(f, n, a);
    for (size_t s = 0; s < S; s++) normalizer->lift[(size_t)c * S + s] = nodes ? (float)((double)m[s] - f[s]) : 0;
  }
  PetscCall(PetscFree(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
