/*
  Energy spectra: the shells add up to the mean square of any field (Parseval), and a single mode lies in its own
  shell with its own energy; on cells, nodes and periodic points, in 1 to 3 dimensions, with even and odd numbers of
  points.
*/
#include <kitinet/random.h>
#include <kitinet/spectrum.h>

#define MOST 512 /* points, and shells */

/* Of a point in the mean over the domain. */
static PetscReal PointWeight(const KNGrid *grid, const PetscInt at[])
{
  PetscReal weight = 1.0;

  for (PetscInt d = 0; d < grid->dim; d++) {
    if (grid->points != KN_POINTS_NODES) weight /= (PetscReal)grid->n[d];
    else weight *= (at[d] == 0 || at[d] == grid->n[d] - 1 ? 0.5 : 1.0) / (PetscReal)(grid->n[d] - 1);
  }
  return weight;
}

/* mode[d]: half waves (cells, nodes) or waves (periodic) along each axis; NULL: a random field. */
static PetscErrorCode TestField(const KNGrid *grid, const PetscInt mode[])
{
  float      u[MOST];
  PetscReal  energy[MOST] = {0.0}, mean = 0.0, sum = 0.0, square = 0.0;
  PetscInt   shells, shell;
  KNSpectrum spectrum;

  PetscFunctionBegin;
  for (size_t i = 0; i < KNGridSize(grid); i++) {
    PetscInt  at[KN_MAX_DIM];
    size_t    rest  = i;
    PetscReal value = 1.0;
    uint64_t  word[4];

    for (PetscInt d = grid->dim - 1; d >= 0; d--) {
      at[d] = (PetscInt)(rest % (size_t)grid->n[d]);
      rest /= (size_t)grid->n[d];
      if (mode)
        value *= PetscCosReal((grid->points == KN_POINTS_PERIODIC ? 2.0 : 1.0) * PETSC_PI * (PetscReal)mode[d] *
                              KNPointsCoordinate(grid->points, grid->n[d], at[d]));
    }
    KNRandomWords(1, KN_STREAM_TEST, 0, 0, (PetscInt64)i, 0, word);
    u[i] = (float)(mode ? value : KNUniform(word[0]));
    mean += PointWeight(grid, at) * PetscSqr((PetscReal)u[i]);
  }
  for (PetscInt d = 0; mode && d < grid->dim; d++) square += PetscSqr((PetscReal)mode[d]);
  shell = (PetscInt)(PetscSqrtReal(square) + 0.5);

  PetscCall(KNSpectrumCreate(grid, &spectrum));
  PetscCall(KNSpectrumGetShells(spectrum, &shells, NULL));
  PetscCheck(shells <= MOST, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d shells", (int)shells);
  PetscCall(KNSpectrumAdd(spectrum, u, energy));
  PetscCall(KNSpectrumDestroy(&spectrum));
  for (PetscInt s = 0; s < shells; s++) {
    sum += energy[s];
    if (mode)
      PetscCheck(PetscAbsReal(energy[s] - (s == shell ? mean : 0.0)) < 1e-6 * mean, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%s: %g in shell %d, the mode is in shell %d with %g", KNPointsNames[grid->points], (double)energy[s],
                 (int)s, (int)shell, (double)mean);
  }
  PetscCheck(PetscAbsReal(sum - mean) < 1e-12 * mean, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the shells add up to %.15g, the mean square is %.15g", KNPointsNames[grid->points], (double)sum,
             (double)mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (KNPoints points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
    for (PetscInt dim = 1; dim <= 3; dim++) {
      const KNGrid even = KNGridMake(dim, (const PetscInt[]){8, 6, 10}, points),
                   odd  = KNGridMake(dim, (const PetscInt[]){7, 9, 5}, points);

      PetscCall(TestField(&even, NULL));
      PetscCall(TestField(&odd, NULL));
      PetscCall(TestField(&even, (const PetscInt[]){3, 2, 4}));
      PetscCall(TestField(&odd, (const PetscInt[]){0, 1, 2}));
      PetscCall(TestField(&even, (const PetscInt[]){4, 3, 5})); /* periodic: the highest wavenumbers */
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}
