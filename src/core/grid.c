/* Tensor grids on the unit interval, square and cube: where points lie, and interpolation between them. */
#include <kitinet/base.h>

const char *const KNPointsNames[] = {"cells", "nodes", "periodic", NULL};

KNGrid KNGridMake(PetscInt dim, const PetscInt n[], KNPoints points)
{
  KNGrid grid = {.dim = dim, .n = {1, 1, 1}, .points = points};

  for (PetscInt i = 0; i < dim; i++) grid.n[i] = n[i];
  return grid;
}

PetscBool KNGridEqual(const KNGrid *a, const KNGrid *b)
{
  return (PetscBool)(a->dim == b->dim && a->n[0] == b->n[0] && a->n[1] == b->n[1] && a->n[2] == b->n[2] &&
                     a->points == b->points);
}

PetscReal KNPointsCoordinate(KNPoints points, PetscInt n, PetscInt i)
{
  switch (points) {
  case KN_POINTS_CELLS: return ((PetscReal)i + 0.5) / (PetscReal)n;
  case KN_POINTS_NODES: return n > 1 ? (PetscReal)i / (PetscReal)(n - 1) : 0.0;
  default: return (PetscReal)i / (PetscReal)n;
  }
}

/* The position of coordinate x on an axis of n points, in units of the point distance: 0 at point 0. */
static PetscReal KNPointsPosition(KNPoints points, PetscInt n, PetscReal x)
{
  switch (points) {
  case KN_POINTS_CELLS: return x * (PetscReal)n - 0.5;
  case KN_POINTS_NODES: return x * (PetscReal)(n - 1);
  default: return x * (PetscReal)n;
  }
}

PetscInt KNPointsNearest(KNPoints points, PetscInt n, PetscReal x)
{
  const PetscInt i = (PetscInt)PetscFloorReal(KNPointsPosition(points, n, x) + 0.5);

  return points == KN_POINTS_PERIODIC ? i % n : PetscMin(PetscMax(i, 0), n - 1);
}

void KNPointsInterpolation(KNPoints points, PetscInt n_from, PetscInt n_to, PetscInt left[], PetscInt right[],
                           PetscReal weight[])
{
  for (PetscInt i = 0; i < n_to; i++) {
    const PetscReal position = KNPointsPosition(points, n_from, KNPointsCoordinate(points, n_to, i));
    const PetscReal below    = PetscFloorReal(position);
    PetscInt        k        = (PetscInt)below;

    weight[i] = position - below;
    if (points == KN_POINTS_PERIODIC) {
      left[i]  = k % n_from;
      right[i] = (k + 1) % n_from;
    } else {
      left[i]  = PetscMin(PetscMax(k, 0), n_from - 1);
      right[i] = PetscMin(PetscMax(k + 1, 0), n_from - 1);
    }
  }
}
