/*
  Initial values. One call of the generator serves four elements, uniform or normal; each is a function of its number
  alone.

  Truncated normal: element e takes the first of its draws 0, 1, .. that lies within two standard deviations; 4.6 % of
  all do not. Orthogonal: modified Gram-Schmidt, in double precision and twice, of the rows (or, of a tall matrix, the
  columns) of a matrix of normal numbers (Saxe et al. 2013, arXiv 1312.6120).
*/
#include "initial_values.h"
#include <kitinet/random.h>
#include <string.h>

/* Element j of four: uniform in (-1, 1) or (0, 1), or standard normal. */
static double Deviate(KNInit init, const uint64_t word[4], size_t j)
{
  const double u = KNUniform(word[j]);
  double       normal[2];

  if (init == KN_INIT_SYMMETRIC) return 2.0 * u - 1.0;
  if (init == KN_INIT_POSITIVE) return u;
  KNNormalPair(word[j / 2 * 2], word[j / 2 * 2 + 1], normal);
  return normal[j % 2];
}

/* Element e of a standard normal distribution without its tails. */
static double Truncated(PetscInt64 seed, PetscInt64 index, size_t e)
{
  for (PetscInt64 draw = 0;; draw++) {
    uint64_t word[4];
    double   x;

    KNRandomWords(seed, KN_STREAM_INIT, index, (PetscInt64)(e / 4), draw, 0, word);
    x = Deviate(KN_INIT_NORMAL, word, e % 4);
    if (x >= -2 && x <= 2) return x;
  }
}

/*
  Makes `count` vectors of n numbers orthonormal, from the first on; number i of vector v is x[v * vector + i * stride].
*/
static void kn_orthonormalize(double *x, size_t count, size_t n, size_t vector, size_t stride)
{
  for (size_t v = 0; v < count; v++) {
    double norm = 0;

    for (int turn = 0; turn < 2; turn++) { /* the second removes what rounding left of the first */
      for (size_t w = 0; w < v; w++) {
        double dot = 0;

        for (size_t i = 0; i < n; i++) dot += x[v * vector + i * stride] * x[w * vector + i * stride];
        for (size_t i = 0; i < n; i++) x[v * vector + i * stride] -= dot * x[w * vector + i * stride];
      }
    }
    for (size_t i = 0; i < n; i++) norm += x[v * vector + i * stride] * x[v * vector + i * stride];
    for (size_t i = 0; i < n; i++) x[v * vector + i * stride] /= sqrt(norm);
  }
}

static PetscErrorCode Orthogonal(const KNParameterInfo *info, PetscInt64 seed, PetscInt64 index, KNReal *value)
{
  const size_t rows = (size_t)info->shape[0], columns = info->size / rows;
  double      *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(info->size, &x));
  for (size_t e = 0; e < info->size; e++) {
    uint64_t word[4];

    KNRandomWords(seed, KN_STREAM_INIT, index, (PetscInt64)(e / 4), 0, 0, word);
    x[e] = Deviate(KN_INIT_NORMAL, word, e % 4);
  }
  if (rows <= columns) kn_orthonormalize(x, rows, columns, columns, 1);
  else kn_orthonormalize(x, columns, rows, 1, columns);
  for (size_t e = 0; e < info->size; e++) value[e] = (KNReal)((double)info->scale * x[e]);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInitialValues(const KNParameterInfo *info, PetscInt64 seed, PetscInt64 index, KNReal *value)
{
  PetscFunctionBegin;
  switch (info->init) {
  case KN_INIT_ZERO: memset(value, 0, info->size * sizeof(*value)); break;
  case KN_INIT_ONES:
  case KN_INIT_CONSTANT:
    for (size_t e = 0; e < info->size; e++) value[e] = info->init == KN_INIT_ONES ? 1 : info->scale;
    break;
  case KN_INIT_TRUNCATED_NORMAL:
    for (size_t e = 0; e < info->size; e++) value[e] = (KNReal)((double)info->scale * Truncated(seed, index, e));
    break;
  case KN_INIT_ORTHOGONAL: PetscCall(Orthogonal(info, seed, index, value)); break;
  default:
    for (size_t e = 0; e < info->size; e += 4) {
      uint64_t word[4];

      KNRandomWords(seed, KN_STREAM_INIT, index, (PetscInt64)(e / 4), 0, 0, word);
      for (size_t j = 0; j < 4 && e + j < info->size; j++)
        value[e + j] = info->scale * (KNReal)Deviate(info->init, word, j);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
