/*
  Grids: coordinates of points, linear interpolation between grids (exact for linear functions, periodic axes wrap),
  shares of ranks.
*/
#include <kitinet/base.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { LONGEST = 40 };

/* Where the outermost points lie says what a kind of points means; between them the distance is constant. */
static PetscErrorCode TestCoordinates(void)
{
  PetscFunctionBegin;
  for (PetscInt n = 2; n <= LONGEST; n++) {
    const PetscReal first[]    = {0.5 / (PetscReal)n, 0.0, 0.0},
                    distance[] = {1.0 / (PetscReal)n, 1.0 / (PetscReal)(n - 1), 1.0 / (PetscReal)n};

    for (int points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
      for (PetscInt i = 0; i < n; i++) {
        const PetscReal x        = KNPointsCoordinate((KNPoints)points, n, i),
                        expected = first[points] + (PetscReal)i * distance[points];

        CHECK(PetscAbsReal(x - expected) < 1e-15, "%s: point %d of %d lies at %g, not %g", KNPointsNames[points],
              (int)i, (int)n, x, expected);
      }
    }
  }
  CHECK(KNPointsCoordinate(KN_POINTS_NODES, 1, 0) == 0.0, "A single node does not lie at 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* f: values at n_from points; g: at n_to points. */
static void Interpolate(KNPoints points, PetscInt n_from, PetscInt n_to, const PetscReal f[], PetscReal g[])
{
  PetscInt  left[LONGEST], right[LONGEST];
  PetscReal weight[LONGEST];

  KNPointsInterpolation(points, n_from, n_to, left, right, weight);
  for (PetscInt i = 0; i < n_to; i++) g[i] = (1 - weight[i]) * f[left[i]] + weight[i] * f[right[i]];
}

/* f(x) = 3 - 2 x between the outermost points, held constant beyond them; the identity on the same grid. */
static PetscErrorCode TestLinear(KNPoints points)
{
  PetscReal f[LONGEST], g[LONGEST];

  PetscFunctionBegin;
  for (PetscInt n_from = 2; n_from <= LONGEST; n_from++) {
    const PetscReal low = KNPointsCoordinate(points, n_from, 0), high = KNPointsCoordinate(points, n_from, n_from - 1);

    for (PetscInt i = 0; i < n_from; i++) f[i] = 3 - 2 * KNPointsCoordinate(points, n_from, i);
    for (PetscInt n_to = 1; n_to <= LONGEST; n_to++) {
      Interpolate(points, n_from, n_to, f, g);
      for (PetscInt i = 0; i < n_to; i++) {
        const PetscReal x = PetscMin(PetscMax(KNPointsCoordinate(points, n_to, i), low), high);

        CHECK(PetscAbsReal(g[i] - (3 - 2 * x)) < 1e-14, "%s: from %d to %d points, value %d is %g, not %g",
              KNPointsNames[points], (int)n_from, (int)n_to, (int)i, g[i], 3 - 2 * x);
      }
    }
    Interpolate(points, n_from, n_from, f, g);
    for (PetscInt i = 0; i < n_from; i++)
      CHECK(PetscAbsReal(g[i] - f[i]) < 1e-14, "%s: the same %d points are not the identity", KNPointsNames[points],
            (int)n_from);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The saw tooth f(i/n) = i between its points; between the last and the first it runs from n - 1 back to 0. */
static PetscErrorCode TestPeriodic(void)
{
  PetscReal f[LONGEST], g[LONGEST];

  PetscFunctionBegin;
  for (PetscInt n_from = 1; n_from <= LONGEST; n_from++) {
    for (PetscInt i = 0; i < n_from; i++) f[i] = (PetscReal)i;
    for (PetscInt n_to = 1; n_to <= LONGEST; n_to++) {
      Interpolate(KN_POINTS_PERIODIC, n_from, n_to, f, g);
      for (PetscInt i = 0; i < n_to; i++) {
        const PetscReal position = (PetscReal)(i * n_from) / (PetscReal)n_to, last = (PetscReal)(n_from - 1);
        const PetscReal expected = position <= last ? position : last * (1 - (position - last));

        CHECK(PetscAbsReal(g[i] - expected) < 1e-12, "periodic: from %d to %d points, value %d is %g, not %g",
              (int)n_from, (int)n_to, (int)i, g[i], expected);
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shares are contiguous, cover everything once, and differ by at most one; also beyond 2^31 items. */
static PetscErrorCode TestPartition(void)
{
  static const PetscInt64 counts[] = {0, 1, 2, 7, 12, 1000, 3000000000001};

  PetscFunctionBegin;
  for (size_t c = 0; c < PETSC_STATIC_ARRAY_LENGTH(counts); c++) {
    for (PetscMPIInt size = 1; size <= 13; size++) {
      PetscInt64 covered = 0;

      for (PetscMPIInt rank = 0; rank < size; rank++) {
        PetscInt64 start, end;

        KNPartition(counts[c], size, rank, &start, &end);
        CHECK(start == covered, "%lld items, %d ranks: rank %d begins at %lld, the one before ends at %lld",
              (long long)counts[c], size, rank, (long long)start, (long long)covered);
        CHECK(end - start == counts[c] / size || end - start == counts[c] / size + 1,
              "%lld items, %d ranks: rank %d has %lld", (long long)counts[c], size, rank, (long long)(end - start));
        covered = end;
      }
      CHECK(covered == counts[c], "%lld items, %d ranks: %lld are covered", (long long)counts[c], size,
            (long long)covered);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Shares of whole leaves cover all items in order; each rank's are one aligned block of 2^k leaves, the smallest that
  leaves no more blocks than ranks.
*/
static PetscErrorCode TestLeafPartition(void)
{
  PetscFunctionBegin;
  for (PetscInt64 n = 0; n <= 70; n++) {
    for (PetscInt64 leaf = 1; leaf <= 7; leaf++) {
      for (PetscMPIInt size = 1; size <= 13; size++) {
        const PetscInt64 leaves  = (n + leaf - 1) / leaf;
        PetscInt64       covered = 0, block = 0;

        for (PetscMPIInt rank = 0; rank < size; rank++) {
          PetscInt64 start, end;

          KNLeafPartition(n, leaf, size, rank, &start, &end);
          CHECK(start == covered && end >= start, "%d items in leaves of %d, %d ranks: rank %d begins at %d after %d",
                (int)n, (int)leaf, size, rank, (int)start, (int)covered);
          if (rank == 0) block = (end + leaf - 1) / leaf;
          else if (end > start)
            CHECK((block & (block - 1)) == 0 && start == rank * block * leaf && end - start <= block * leaf,
                  "%d items in leaves of %d, %d ranks: rank %d has [%d, %d) beside blocks of %d leaves", (int)n,
                  (int)leaf, size, rank, (int)start, (int)end, (int)block);
          covered = end;
        }
        CHECK(covered == n, "%d items in leaves of %d, %d ranks: %d are covered", (int)n, (int)leaf, size,
              (int)covered);
        if (block > 1 && block < leaves)
          CHECK((leaves + block / 2 - 1) / (block / 2) > size,
                "%d items in leaves of %d, %d ranks: blocks of %d leaves, half would do", (int)n, (int)leaf, size,
                (int)block);
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestCoordinates());
  PetscCall(TestLinear(KN_POINTS_CELLS));
  PetscCall(TestLinear(KN_POINTS_NODES));
  PetscCall(TestPeriodic());
  PetscCall(TestPartition());
  PetscCall(TestLeafPartition());
  PetscCall(PetscFinalize());
  return 0;
}
