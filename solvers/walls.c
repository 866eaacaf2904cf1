/*
  Transforms along one axis after the other; the eigenvalue of mode k is 4/h^2 sin^2(theta/2) with

    neumann, neumann        cos(pi k (i + 1/2)/n),          theta = pi k/n          FFTW's REDFT10, back REDFT01
    dirichlet, dirichlet    sin(pi (k + 1)(i + 1/2)/n),     pi (k + 1)/n            RODFT10, RODFT01
    neumann, dirichlet      cos(pi (k + 1/2)(i + 1/2)/n),   pi (k + 1/2)/n          REDFT11
    dirichlet, neumann      sin(pi (k + 1/2)(i + 1/2)/n),   pi (k + 1/2)/n          RODFT11
    periodic                cos, sin(2 pi k i/n),           2 pi k/n                R2HC, HC2R
    robin at an end         A cos + B sin(theta (i + 1/2)), theta within 1/n of the others    products with a matrix

  Several ranks: the transforms of all axes but the first in slabs, then one exchange; modes lie as slabs of the second
  axis, the first one fastest. FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.

  Source: Strang, The discrete cosine transform, SIAM Review 41 (1999) 135.
*/
#include <fftw3-mpi.h>
#include "walls.h"

#define KN_BISECTIONS 100

const char *const KNWallNames[] = {"neumann", "dirichlet", "robin", "periodic", NULL};

/* One axis. */
typedef struct {
  PetscBool     dense;
  fftw_r2r_kind forward_kind, backward_kind;
  fftw_plan     forward, backward;
  PetscReal    *vector; /* (n, n) dense: eigenvector k in row k, of length sqrt n */
  PetscReal    *lambda; /* (n) eigenvalues */
  PetscReal    *there;  /* (n) factors of the coefficients: of what FFTW's transform gives, */
  PetscReal    *back;   /* (n) and of what it takes */
  size_t        outer, inner;
} KNWallAxis;

struct _p_KNWalls {
  const KNCells *cells;
  PetscReal      per;
  KNWall         wall[2 * KN_MAX_DIM];
  KNWallAxis     axis[KN_MAX_DIM];
  size_t         count;             /* modes on this rank */
  PetscInt       column, columns;   /* several ranks: those of the layer that it has */
  PetscReal     *lambda;            /* (count) */
  PetscReal     *there, *back;      /* (count) products of the axes' factors */
  PetscReal     *field, *exchanged; /* (room) slabs, columns; the same memory of one rank */
  PetscReal     *line;              /* (cells) of products with a matrix, NULL: there are none */
  fftw_plan      to_columns, to_rows;
};

/* What a side says of the derivative outwards at it: u_n = a - b u of the last cell. */
static void KNWallDerivative(const KNWall *wall, PetscReal per, PetscReal *a, PetscReal *b)
{
  const PetscReal reach = 0.5 / per + (wall->kind == KN_WALL_ROBIN ? wall->length : 0.0);

  *a = wall->kind == KN_WALL_NEUMANN ? wall->value : wall->value / reach;
  *b = wall->kind == KN_WALL_NEUMANN ? 0.0 : 1.0 / reach;
}

/* Eigenvalue and factors of mode k, for the transforms of FFTW. */
static void KNWallAxisMode(KNWallAxis *axis, PetscInt n, PetscInt k, PetscReal per)
{
  const PetscBool halves = (PetscBool)(axis->forward_kind == FFTW_R2HC);
  PetscBool       single = PETSC_FALSE; /* of absolute value 1 at all points */
  PetscReal       theta  = 0.0;

  switch (axis->forward_kind) {
  case FFTW_REDFT10:
    theta  = PETSC_PI * (PetscReal)k / (PetscReal)n;
    single = (PetscBool)(k == 0);
    break;
  case FFTW_RODFT10:
    theta  = PETSC_PI * (PetscReal)(k + 1) / (PetscReal)n;
    single = (PetscBool)(k == n - 1);
    break;
  case FFTW_R2HC:
    theta  = 2.0 * PETSC_PI * (PetscReal)PetscMin(k, n - k) / (PetscReal)n;
    single = (PetscBool)(k == 0 || 2 * k == n);
    break;
  default: theta = PETSC_PI * ((PetscReal)k + 0.5) / (PetscReal)n;
  }
  axis->lambda[k] = PetscSqr(2.0 * per * PetscSinReal(0.5 * theta));
  axis->there[k]  = (single ? 1.0 : PETSC_SQRT2) / (PetscReal)(halves ? n : 2 * n);
  axis->back[k]   = single ? 1.0 : 0.5 * PETSC_SQRT2;
}

/* A cos + B sin(theta (i + 1/2)), with what the low side says: value -1 is r times value 0. */
static PetscReal kn_wall_vector(PetscReal theta, PetscReal r, PetscReal i)
{
  return (1.0 + r) * PetscSinReal(0.5 * theta) * PetscCosReal(theta * (i + 0.5)) +
         (1.0 - r) * PetscCosReal(0.5 * theta) * PetscSinReal(theta * (i + 0.5));
}

/* What is left of the high side's condition, value n is r times value n - 1. */
static PetscReal kn_wall_miss(PetscReal theta, const PetscReal r[2], PetscInt n)
{
  return kn_wall_vector(theta, r[0], (PetscReal)n) - r[1] * kn_wall_vector(theta, r[0], (PetscReal)(n - 1));
}

/*
  Eigenvectors of an axis with a side of robin's: theta_k lies between pi k/n, where nothing passes both sides, and
  pi (k + 1)/n, where both are 0.
*/
static PetscErrorCode KNWallAxisDense(KNWalls w, KNWallAxis *axis, const KNWall wall[2])
{
  const PetscInt n = w->cells->n;
  PetscReal      r[2], a, b;

  PetscFunctionBegin;
  PetscCall(KNMalloc((size_t)n * (size_t)n, sizeof(PetscReal), &axis->vector));
  for (int end = 0; end < 2; end++) {
    KNWallDerivative(&wall[end], w->per, &a, &b);
    r[end] = 1.0 - b / w->per;
  }
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal unit = PETSC_PI / (PetscReal)n;
    PetscReal      *v = axis->vector + (size_t)k * (size_t)n, square = 0.0;
    PetscReal       low = unit * PetscMax((PetscReal)k, 1e-12), high = unit * (PetscReal)(k + 1);
    const PetscBool rising = (PetscBool)(kn_wall_miss(low * (1.0 + 1e-14), r, n) < 0.0);

    for (int i = 0; i < KN_BISECTIONS; i++) {
      const PetscReal middle = 0.5 * (low + high);

      if ((kn_wall_miss(middle, r, n) < 0.0) == rising) low = middle;
      else high = middle;
    }
    for (PetscInt i = 0; i < n; i++) {
      v[i] = kn_wall_vector(low, r[0], (PetscReal)i);
      square += v[i] * v[i];
    }
    for (PetscInt i = 0; i < n; i++) v[i] *= PetscSqrtReal((PetscReal)n / square);
    axis->lambda[k] = PetscSqr(2.0 * w->per * PetscSinReal(0.5 * low));
    axis->there[k]  = 1.0 / (PetscReal)n;
    axis->back[k]   = 1.0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Transforms in place of x, which lies as (outer, n, inner). */
static PetscErrorCode KNWallAxisCreate(KNWalls w, PetscInt d, PetscReal x[], size_t outer, size_t inner)
{
  const PetscInt   n      = w->cells->n;
  KNWallAxis      *axis   = &w->axis[d];
  const KNWall    *wall   = &w->wall[2 * d];
  const fftw_iodim dim    = {(int)n, (int)inner, (int)inner},
                   many[] = {{(int)outer, (int)inner * (int)n, (int)inner * (int)n}, {(int)inner, 1, 1}};

  PetscFunctionBegin;
  axis->outer = outer;
  axis->inner = inner;
  axis->dense = (PetscBool)(wall[0].kind == KN_WALL_ROBIN || wall[1].kind == KN_WALL_ROBIN);
  PetscCall(PetscMalloc3(n, &axis->lambda, n, &axis->there, n, &axis->back));
  if (axis->dense) {
    PetscCall(KNWallAxisDense(w, axis, wall));
    if (!w->line) PetscCall(KNMalloc(PetscMax(w->count, w->cells->size), sizeof(PetscReal), &w->line));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (wall[0].kind == KN_WALL_PERIODIC) {
    axis->forward_kind  = FFTW_R2HC;
    axis->backward_kind = FFTW_HC2R;
  } else if (wall[0].kind == wall[1].kind) {
    axis->forward_kind  = wall[0].kind == KN_WALL_NEUMANN ? FFTW_REDFT10 : FFTW_RODFT10;
    axis->backward_kind = wall[0].kind == KN_WALL_NEUMANN ? FFTW_REDFT01 : FFTW_RODFT01;
  } else {
    axis->forward_kind = axis->backward_kind = wall[0].kind == KN_WALL_NEUMANN ? FFTW_REDFT11 : FFTW_RODFT11;
  }
  for (PetscInt k = 0; k < n; k++) KNWallAxisMode(axis, n, k, w->per);
  axis->forward  = fftw_plan_guru_r2r(1, &dim, 2, many, x, x, &axis->forward_kind, FFTW_ESTIMATE | FFTW_UNALIGNED);
  axis->backward = fftw_plan_guru_r2r(1, &dim, 2, many, x, x, &axis->backward_kind, FFTW_ESTIMATE | FFTW_UNALIGNED);
  PetscCheck(axis->forward && axis->backward, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no transform of %d cells",
             (int)n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x (n, inner) = V y or V^T y for y (n, inner), V (n, n). */
static void kn_dense(PetscReal *restrict x, const PetscReal *restrict y, const PetscReal *restrict v,
                     PetscBool transpose, size_t n, size_t inner)
{
  for (size_t k = 0; k < n; k++) {
    for (size_t j = 0; j < inner; j++) x[k * inner + j] = 0.0;
    for (size_t i = 0; i < n; i++) {
      const PetscReal weight = transpose ? v[i * n + k] : v[k * n + i];

      for (size_t j = 0; j < inner; j++) x[k * inner + j] += weight * y[i * inner + j];
    }
  }
}

/* The eigenvectors times each of the vectors of x (outer, n, inner): coefficients; or back. */
static PetscErrorCode KNWallAxisMultiply(KNWalls w, const KNWallAxis *axis, PetscBool back, PetscReal x[])
{
  const size_t n = (size_t)w->cells->n, size = n * axis->inner;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(w->line, x, axis->outer * size));
  for (size_t o = 0; o < axis->outer; o++) {
    kn_dense(x + o * size, w->line + o * size, axis->vector, back, n, axis->inner);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNWallAxisApply(KNWalls w, PetscInt d, PetscBool back, PetscReal x[])
{
  const KNWallAxis *axis = &w->axis[d];

  PetscFunctionBegin;
  if (axis->dense) PetscCall(KNWallAxisMultiply(w, axis, back, x));
  else fftw_execute_r2r(back ? axis->backward : axis->forward, x, x);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Memory, and the exchange between ranks. */
static PetscErrorCode KNWallsLayout(KNWalls w)
{
  const KNCells  *c    = w->cells;
  const ptrdiff_t n[2] = {c->n, (ptrdiff_t)c->layer};
  ptrdiff_t       rows, first, columns, column, room;

  PetscFunctionBegin;
  w->count = c->size;
  if (c->ranks == 1) {
    PetscCall(KNMalloc(c->size, sizeof(PetscReal), &w->field));
    w->exchanged = w->field;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  fftw_mpi_init();
  room = fftw_mpi_local_size_many_transposed(2, n, 1, c->block, FFTW_MPI_DEFAULT_BLOCK, c->comm, &rows, &first,
                                             &columns, &column);
  PetscCheck(rows == c->rows && first == c->first, PETSC_COMM_SELF, PETSC_ERR_PLIB, "slabs are not those of the cells");
  w->column  = (PetscInt)column;
  w->columns = (PetscInt)columns;
  w->count   = (size_t)columns * (size_t)c->n;
  PetscCall(KNMalloc((size_t)room, sizeof(PetscReal), &w->field));
  PetscCall(KNMalloc((size_t)room, sizeof(PetscReal), &w->exchanged));
  w->to_columns = fftw_mpi_plan_many_transpose(n[0], n[1], 1, c->block, FFTW_MPI_DEFAULT_BLOCK, w->field, w->exchanged,
                                               c->comm, FFTW_ESTIMATE);
  w->to_rows    = fftw_mpi_plan_many_transpose(n[1], n[0], 1, FFTW_MPI_DEFAULT_BLOCK, c->block, w->exchanged, w->field,
                                               c->comm, FFTW_ESTIMATE);
  PetscCheck(w->to_columns && w->to_rows, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no exchange of these slabs");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mode m as its places among the coefficients of each axis. */
static void KNWallsPlace(KNWalls w, size_t m, PetscInt k[KN_MAX_DIM])
{
  const PetscInt n = w->cells->n;
  size_t         rest;

  for (PetscInt d = 0; d < KN_MAX_DIM; d++) k[d] = 0;
  if (w->cells->ranks == 1) {
    k[0] = (PetscInt)(m / w->cells->layer);
    rest = m % w->cells->layer;
  } else {
    k[0] = (PetscInt)(m % (size_t)n);
    rest = (size_t)w->column + m / (size_t)n;
  }
  for (PetscInt d = w->cells->axes - 1; d > 0; d--, rest /= (size_t)n) k[d] = (PetscInt)(rest % (size_t)n);
}

PetscErrorCode KNWallsCreate(const KNCells *cells, PetscReal per, const KNWall wall[], KNWalls *walls)
{
  const PetscInt n = cells->n;
  KNWalls        w;

  PetscFunctionBegin;
  PetscCall(PetscNew(walls));
  w        = *walls;
  w->cells = cells;
  w->per   = per;
  for (PetscInt s = 0; s < 2 * cells->axes; s++) w->wall[s] = wall[s];
  PetscCall(KNWallsLayout(w));
  if (cells->ranks == 1) PetscCall(KNWallAxisCreate(w, 0, w->exchanged, 1, cells->layer));
  else PetscCall(KNWallAxisCreate(w, 0, w->exchanged, (size_t)w->columns, 1));
  for (PetscInt d = 1; d < cells->axes; d++) {
    const size_t inner = d == 1 && cells->axes == 3 ? (size_t)n : 1;

    PetscCall(KNWallAxisCreate(w, d, w->field, cells->size / ((size_t)n * inner), inner));
  }
  PetscCall(KNMalloc(w->count, sizeof(PetscReal), &w->lambda));
  PetscCall(KNMalloc(w->count, sizeof(PetscReal), &w->there));
  PetscCall(KNMalloc(w->count, sizeof(PetscReal), &w->back));
  for (size_t m = 0; m < w->count; m++) {
    PetscInt k[KN_MAX_DIM];

    KNWallsPlace(w, m, k);
    w->lambda[m] = 0.0;
    w->there[m] = w->back[m] = 1.0;
    for (PetscInt d = 0; d < cells->axes; d++) {
      w->lambda[m] += w->axis[d].lambda[k[d]];
      w->there[m] *= w->axis[d].there[k[d]];
      w->back[m] *= w->axis[d].back[k[d]];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallsDestroy(KNWalls *walls)
{
  KNWalls w = *walls;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt d = 0; d < w->cells->axes; d++) {
    KNWallAxis *axis = &w->axis[d];

    if (axis->forward) fftw_destroy_plan(axis->forward);
    if (axis->backward) fftw_destroy_plan(axis->backward);
    PetscCall(KNFree(&axis->vector));
    PetscCall(PetscFree3(axis->lambda, axis->there, axis->back));
  }
  if (w->to_columns) fftw_destroy_plan(w->to_columns);
  if (w->to_rows) fftw_destroy_plan(w->to_rows);
  if (w->exchanged != w->field) PetscCall(KNFree(&w->exchanged));
  PetscCall(KNFree(&w->field));
  PetscCall(KNFree(&w->lambda));
  PetscCall(KNFree(&w->there));
  PetscCall(KNFree(&w->back));
  PetscCall(KNFree(&w->line));
  PetscCall(PetscFree(*walls));
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNWallsCount(KNWalls w)
{
  return w->count;
}

const PetscReal *KNWallsEigenvalues(KNWalls w)
{
  return w->lambda;
}

void KNWallsMode(KNWalls w, size_t m, PetscInt k[KN_MAX_DIM])
{
  const PetscInt n = w->cells->n;

  KNWallsPlace(w, m, k);
  for (PetscInt d = 0; d < w->cells->axes; d++) {
    if (w->wall[2 * d].kind == KN_WALL_PERIODIC && k[d]) k[d] = 2 * k[d] <= n ? 2 * k[d] - 1 : 2 * (n - k[d]);
  }
}

PetscReal KNWallWavenumber(const KNWall wall[2], PetscInt k)
{
  const PetscBool low  = (PetscBool)(wall[0].kind == KN_WALL_DIRICHLET),
                  high = (PetscBool)(wall[1].kind == KN_WALL_DIRICHLET);

  if (wall[0].kind == KN_WALL_PERIODIC) return 2.0 * PETSC_PI * (PetscReal)((k + 1) / 2);
  if (wall[0].kind == KN_WALL_NEUMANN && wall[1].kind == KN_WALL_NEUMANN) return PETSC_PI * (PetscReal)k;
  return PETSC_PI * ((PetscReal)k + (low && high ? 1.0 : 0.5));
}

PetscErrorCode KNWallsForward(KNWalls w, const PetscReal u[], PetscReal c[])
{
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(w->field, u, w->cells->size));
  for (PetscInt d = w->cells->axes - 1; d > 0; d--) PetscCall(KNWallAxisApply(w, d, PETSC_FALSE, w->field));
  if (w->to_columns) fftw_execute(w->to_columns);
  PetscCall(KNWallAxisApply(w, 0, PETSC_FALSE, w->exchanged));
  for (size_t m = 0; m < w->count; m++) c[m] = w->there[m] * w->exchanged[m];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallsBackward(KNWalls w, const PetscReal c[], PetscReal u[])
{
  PetscFunctionBegin;
  for (size_t m = 0; m < w->count; m++) w->exchanged[m] = w->back[m] * c[m];
  PetscCall(KNWallAxisApply(w, 0, PETSC_TRUE, w->exchanged));
  if (w->to_rows) fftw_execute(w->to_rows);
  for (PetscInt d = 1; d < w->cells->axes; d++) PetscCall(KNWallAxisApply(w, d, PETSC_TRUE, w->field));
  PetscCall(PetscArraycpy(u, w->field, w->cells->size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNWallsSource(KNWalls w, PetscReal b[])
{
  const KNCells *c = w->cells;

  for (size_t i = 0; i < c->size; i++) {
    size_t rest = i;

    b[i] = 0.0;
    for (PetscInt d = c->axes - 1; d >= 0; d--, rest /= (size_t)c->n) {
      const PetscInt at = d ? (PetscInt)(rest % (size_t)c->n) : c->first + (PetscInt)rest;

      for (int end = 0; end < 2; end++) {
        const KNWall *wall = &w->wall[2 * d + end];
        PetscReal     value, slope;

        if (wall->kind == KN_WALL_PERIODIC || at != (end ? c->n - 1 : 0)) continue;
        KNWallDerivative(wall, w->per, &value, &slope);
        b[i] += w->per * value;
      }
    }
  }
}
