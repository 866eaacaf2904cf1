/*
  Statistics of a dataset together with its images under a group: values that some element carries into each other (an
  orbit: points of one channel, channels that are components of a vector) get the mean and the deviation of all of
  them. A value that an element carries into its own negative has mean 0.

  Orbits are found from the generators (union-find, with the sign between a value and its parent).
*/
#include "normalizer_impl.h"

typedef struct {
  size_t      *parent, *size; /* (N); size: of the tree below a root */
  signed char *sign;          /* (N) value = sign x parent's value; 0 of a root: it is its own negative */
} Orbits;

/* The root of value i, and the sign between the two. */
static size_t Root(const Orbits *o, size_t i, int *sign)
{
  *sign = 1;
  for (; o->parent[i] != i; i = o->parent[i]) *sign *= o->sign[i];
  return i;
}

/* Value i is `sign` value j. */
static void Join(Orbits *o, size_t i, size_t j, int sign)
{
  int    sign_i, sign_j;
  size_t a = Root(o, i, &sign_i), b = Root(o, j, &sign_j), child;

  sign *= sign_i * sign_j; /* between the roots */
  if (a == b) {
    if (sign < 0) o->sign[a] = 0;
    return;
  }
  if (o->size[a] < o->size[b]) {
    child = a;
    a     = b;
    b     = child;
  }
  if (!o->sign[b]) o->sign[a] = 0;
  o->parent[b] = a;
  o->sign[b]   = (signed char)sign;
  o->size[a] += o->size[b];
}

/* mean, std (N) of each value -> of its orbit */
static PetscErrorCode Average(const Orbits *o, size_t N, float mean[], float std[])
{
  double *sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * N, &sum)); /* of each root: means, then squares about their mean */
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < N; i++) {
      int          sign;
      const size_t root   = Root(o, i, &sign);
      const double centre = o->sign[root] ? sum[root] / (double)o->size[root] : 0;

      if (!pass) sum[root] += sign * (double)mean[i];
      else sum[N + root] += PetscSqr((double)std[i]) + PetscSqr(sign * (double)mean[i] - centre);
    }
  }
  for (size_t i = 0; i < N; i++) {
    int          sign;
    const size_t root = Root(o, i, &sign);

    mean[i] = o->sign[root] ? (float)(sign * sum[root] / (double)o->size[root]) : 0;
    std[i]  = (float)PetscSqrtReal(sum[N + root] / (double)o->size[root]);
  }
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerSymmetrize(KNNormalizer normalizer, KNSymmetry symmetry, PetscBool output)
{
  const KNElement *generator;
  const size_t     N = normalizer->count, C = (size_t)normalizer->channels;
  PetscInt         generators;
  Orbits           o;

  PetscFunctionBegin;
  generator = KNSymmetryGenerators(symmetry, &generators);
  if (!N || !generators) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc3(N, &o.parent, N, &o.size, N, &o.sign));
  for (size_t i = 0; i < N; i++) {
    o.parent[i] = i;
    o.size[i] = o.sign[i] = 1;
  }
  for (PetscInt g = 0; g < generators; g++) {
    const KNAction *action = output ? &generator[g].output : &generator[g].input;
    const size_t    S      = N / C; /* 1: a value for each channel */

    for (size_t s = 0; s < S; s++) {
      const size_t from = S == 1 ? 0 : kn_symmetry_source(action, &normalizer->fitted, s);

      for (size_t f = 0; f < C; f++) Join(&o, f * S + s, (size_t)action->field[f] * S + from, action->field_sign[f]);
    }
  }
  PetscCall(Average(&o, N, normalizer->mean, normalizer->std));
  PetscCall(PetscFree3(o.parent, o.size, o.sign));
  PetscCall(KNNormalizerSetGrid(normalizer, &normalizer->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}
