/* The vorticity of a velocity at the inner nodes, and the stream function that has it. */
#include "cavity_guess.h"

/* h^2 (v_x - u_y) at node (i, j) from the four cells around it: u, v at their centres, (m, m). */
static PetscReal kn_curl_cells(const PetscReal *u, const PetscReal *v, PetscInt m, PetscInt i, PetscInt j)
{
  const PetscInt  here = i * m + j; /* the cell to the upper right */
  const PetscReal vx   = 0.5 * (v[here] + v[here - 1] - v[here - m] - v[here - m - 1]),
                  uy   = 0.5 * (u[here] + u[here - m] - u[here - 1] - u[here - m - 1]);

  return (vx - uy) / (PetscReal)m;
}

/* The same from the neighbouring nodes, (m + 1, m + 1). */
static PetscReal kn_curl_nodes(const PetscReal *u, const PetscReal *v, PetscInt m, PetscInt i, PetscInt j)
{
  const PetscInt row = m + 1, here = i * row + j;

  return (0.5 * (v[here + row] - v[here - row]) - 0.5 * (u[here + 1] - u[here - 1])) / (PetscReal)m;
}

PetscErrorCode KNCavityGuess(KNPoisson poisson, PetscInt m, KNPoints points, const PetscReal u[], const PetscReal v[],
                             PetscReal psi[])
{
  const PetscInt inner = m - 1;

  PetscFunctionBegin;
  for (PetscInt i = 1; i < m; i++) {
    for (PetscInt j = 1; j < m; j++)
      psi[(i - 1) * inner + j - 1] =
        points == KN_POINTS_NODES ? kn_curl_nodes(u, v, m, i, j) : kn_curl_cells(u, v, m, i, j);
  }
  PetscCall(KNPoissonSolve(poisson, psi));
  /* room for the walls, from the last row on: the rows lie in the same array, closer together */
  for (PetscInt i = m; i >= 0; i--) {
    PetscReal *row = psi + i * (m + 1);

    if (i == 0 || i == m) PetscCall(PetscArrayzero(row, m + 1));
    else {
      PetscCall(PetscArraymove(row + 1, psi + (i - 1) * inner, inner));
      row[0] = row[m] = 0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
