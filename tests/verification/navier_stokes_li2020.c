/*
  The scheme li2020 against an independent implementation in numpy, from the same initial field with all modes of a 64
  x 64 grid, to t = 1. The reference holds every fourth point of each axis; tests/bench/li2020_navier_stokes.py wrote
  it. Measured: 9e-13.
*/
#include "torus_test.h"

int main(int argc, char **argv)
{
  enum { N = 64, STORED = 16 };
  static PetscReal force[N * N], w[N * N], reference[STORED * STORED], here[STORED * STORED];
  const KNTestFlow flow   = {.n = N, .viscosity = 1e-3, .scheme = KN_VORTICITY_LI2020, .dt = 1e-4, .forcing = force};
  const char      *source = getenv("KITINET_SOURCE");
  char             path[PETSC_MAX_PATH_LEN];
  PetscReal        distance;
  FILE            *file;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/tests/verification/li2020_reference.txt", source ? source : "."));
  file = fopen(path, "r");
  PetscCheck(file, PETSC_COMM_SELF, PETSC_ERR_PLIB, "cannot open %s", path);
  for (int s = 0; s < STORED * STORED; s++)
    PetscCheck(fscanf(file, "%lf", &reference[s]) == 1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s ends at number %d", path,
               s);
  fclose(file);

  KNTestForce(force, N);
  KNTestField(w, 1.0, 31, N);
  PetscCall(KNTestMarch(&flow, 1.0, w, NULL));
  for (int i = 0; i < STORED; i++) {
    for (int j = 0; j < STORED; j++) here[i * STORED + j] = w[N / STORED * (i * N + j)];
  }
  distance = KNTestDistance(here, reference, STORED * STORED);
  PetscCheck(distance < 1e-11, PETSC_COMM_SELF, PETSC_ERR_PLIB, "relative difference %g", (double)distance);
  PetscCall(PetscFinalize());
  return 0;
}
