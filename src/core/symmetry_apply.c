/* What a symmetry does to an array of fields: kernels. Axes are always three here, those that are missing come first.
 */
#include <kitinet/symmetry.h>

/* j modulo n, of -n <= j < 2 n */
static inline PetscInt Wrap(PetscInt j, PetscInt n)
{
  return j < 0 ? j + n : j >= n ? j - n : j;
}

/* How the source is read along one axis of the result. */
typedef struct {
  PetscInt  n, offset;   /* points; where point 0 of the result comes from */
  PetscInt  sign;        /* direction */
  ptrdiff_t stride;      /* in the source */
  PetscInt  first, rows; /* of the result, those wanted */
} Line;

static inline ptrdiff_t Place(const Line *line, PetscInt i)
{
  return line->stride * Wrap(line->sign * i + line->offset, line->n);
}

static void FindLines(const KNAction *action, const KNGrid *grid, PetscInt first, PetscInt rows, Line line[3])
{
  const PetscInt dim = grid->dim, missing = 3 - dim;
  ptrdiff_t      stride = 1;

  for (PetscInt d = 0; d < missing; d++) line[d] = (Line){.n = 1, .sign = 1, .rows = 1};
  for (PetscInt a = dim - 1; a >= 0; a--) {
    const PetscInt d = missing + action->axis[a];

    line[d]      = (Line){.n = grid->n[a], .offset = action->offset[a], .sign = action->sign[a], .stride = stride};
    line[d].rows = line[d].n;
    stride *= grid->n[a];
  }
  if (dim == 0) return;
  line[missing].first = first;
  line[missing].rows  = rows;
}

/* out (count): every step-th value of in */
static inline void Run(float *restrict out, const float *restrict in, ptrdiff_t step, PetscInt count, float sign)
{
  if (step == 1) {
    for (PetscInt i = 0; i < count; i++) out[i] = sign * in[i];
  } else if (step == -1) {
    for (PetscInt i = 0; i < count; i++) out[i] = sign * in[-i];
  } else {
    for (PetscInt i = 0; i < count; i++) out[i] = sign * in[i * step];
  }
}

/* Points begin .. end - 1 of a row: at most two runs, as the source wraps around once. */
static inline void Row(float *restrict out, const float *restrict in, const Line *line, PetscInt begin, PetscInt end,
                       float sign)
{
  const PetscInt  j = Wrap(line->sign * begin + line->offset, line->n), all = end - begin;
  const PetscInt  count = PetscMin(line->sign > 0 ? line->n - j : j + 1, all);
  const ptrdiff_t step  = line->sign * line->stride;

  Run(out, in + line->stride * j, step, count, sign);
  if (count < all) Run(out + count, in + (line->sign > 0 ? 0 : line->stride * (line->n - 1)), step, all - count, sign);
}

/* One field. Where rows of the result are columns of the source, some columns at a time stay in the cache. */
static void Field(float *restrict out, const float *restrict in, const Line line[3], float sign)
{
  enum { TILE = 16 };
  const PetscInt end = line[2].first + line[2].rows, tile = line[2].stride > 1 ? TILE : PetscMax(line[2].rows, 1);

  for (PetscInt begin = line[2].first; begin < end; begin += tile) {
    const PetscInt until = PetscMin(begin + tile, end);

    for (PetscInt i = 0; i < line[0].rows; i++) {
      const float *plane = in + Place(&line[0], line[0].first + i);

      for (PetscInt k = 0; k < line[1].rows; k++) {
        float *row = out + ((size_t)i * (size_t)line[1].rows + (size_t)k) * (size_t)line[2].rows;

        Row(row + begin - line[2].first, plane + Place(&line[1], line[1].first + k), &line[2], begin, until, sign);
      }
    }
  }
}

void kn_symmetry_apply(float *out, const float *in, const KNAction *action, size_t arrays, size_t fields,
                       const KNGrid *grid, PetscInt first, PetscInt rows)
{
  const size_t S = KNGridSize(grid), own = grid->dim ? S / (size_t)grid->n[0] * (size_t)rows : S;
  Line         line[3];

  FindLines(action, grid, first, rows, line);
  for (size_t r = 0; r < arrays; r++) {
    for (size_t f = 0; f < fields; f++) {
      Field(out + (r * fields + f) * own, in + (r * fields + (size_t)action->field[f]) * S, line,
            action->field_sign[f]);
    }
  }
}

size_t kn_symmetry_source(const KNAction *action, const KNGrid *grid, size_t i)
{
  PetscInt point[KN_MAX_DIM] = {0};
  size_t   source            = 0;

  for (PetscInt d = grid->dim - 1; d >= 0; d--) {
    point[d] = (PetscInt)(i % (size_t)grid->n[d]);
    i /= (size_t)grid->n[d];
  }
  for (PetscInt a = 0; a < grid->dim; a++) {
    const PetscInt j = action->sign[a] * point[(int)action->axis[a]] + action->offset[a];

    source = source * (size_t)grid->n[a] + (size_t)Wrap(j, grid->n[a]);
  }
  return source;
}

void kn_symmetry_apply_real(PetscReal *out, const PetscReal *in, const KNAction *action, size_t arrays, size_t fields,
                            const KNGrid *grid)
{
  const size_t S = KNGridSize(grid);

  for (size_t s = 0; s < S; s++) {
    const size_t source = kn_symmetry_source(action, grid, s);

    for (size_t r = 0; r < arrays; r++) {
      for (size_t f = 0; f < fields; f++)
        out[(r * fields + f) * S + s] =
          action->field_sign[f] * in[(r * fields + (size_t)action->field[f]) * S + source];
    }
  }
}

void KNActionInvert(const KNAction *action, const KNGrid *grid, PetscInt fields, KNAction *inverse)
{
  KNAction g = *action; /* beyond the axes and fields nothing happens */

  for (PetscInt a = 0; a < grid->dim; a++) {
    const PetscInt d = action->axis[a];

    g.axis[d]   = (signed char)a;
    g.sign[d]   = action->sign[a];
    g.offset[d] = Wrap(-action->sign[a] * action->offset[a], grid->n[a]);
  }
  for (PetscInt f = 0; f < fields; f++) {
    g.field[(int)action->field[f]]      = (signed char)f;
    g.field_sign[(int)action->field[f]] = action->field_sign[f];
  }
  *inverse = g;
}
