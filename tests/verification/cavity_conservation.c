/*
  What staggered cells promise, on any grid: no divergence; momentum in balance at every face, hence a pressure that
  does not depend on the path of its sum; the work of the lid all goes into friction, as flux of momentum and pressure
  do none. And the symmetries of the flow: a lid that is mirrored and reversed mirrors it, and without inertia it is
  its own mirror image.
*/
#include "../../solvers/cavity_flow.h"

#define U(i, j) f->u[(i) * (m + 2) + (j)]
#define V(i, j) f->v[(i) * (m + 1) + (j)]
#define P(i, j) f->p[(i) * (m + 2) + (j)]

/* lid: 1 + skew cos(pi x), of which skew < 0 is the mirror image, reversed. */
static PetscErrorCode Solve(KNCavity cavity, PetscInt m, PetscReal reynolds, PetscReal skew, const KNCavityFields **f)
{
  KNSolverReport report;
  PetscReal     *lid;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m + 1, &lid));
  for (PetscInt i = 0; i <= m; i++) {
    const PetscReal x = (PetscReal)i / (PetscReal)m;

    lid[i] =
      (skew < 0.0 ? -1.0 : 1.0) * (1.0 + PetscAbsReal(skew) * PetscCosReal(PETSC_PI * (skew < 0.0 ? 1.0 - x : x)));
  }
  PetscCall(KNCavitySolve(cavity, reynolds, lid, NULL, NULL, f, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "m = %" PetscInt_FMT ", Reynolds number %g: %s", m,
             (double)reynolds, report.reason);
  PetscCheck(report.residual <= 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB, "residual %g", (double)report.residual);
  PetscCall(PetscFree(lid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Divergence, momentum and energy, from the definitions of the scheme. */
static PetscErrorCode CheckBalance(PetscInt m, PetscReal reynolds)
{
  const PetscReal       h    = 1.0 / (PetscReal)m;
  PetscReal             work = 0.0, friction = 0.0, divergence = 0.0, momentum = 0.0, scale = 0.0;
  KNCavity              cavity;
  const KNCavityFields *f;

  PetscFunctionBegin;
  PetscCall(KNCavityCreate(PETSC_COMM_SELF, "test_", m, &cavity));
  PetscCall(Solve(cavity, m, reynolds, 0.5, &f));
  for (PetscInt i = 1; i <= m; i++) {
    for (PetscInt j = 1; j <= m; j++)
      divergence = PetscMax(divergence, PetscAbsReal((U(i, j) - U(i - 1, j)) + (V(i, j) - V(i, j - 1))));
  }
  for (PetscInt i = 1; i < m; i++) {
    for (PetscInt j = 1; j <= m; j++) {
      /*
        u at (i, j) and its neighbours; v at the corners of its volume; then the same with the roles of x and y
        exchanged.
      */
      const PetscReal east = 0.5 * (U(i, j) + U(i + 1, j)), west = 0.5 * (U(i - 1, j) + U(i, j));
      const PetscReal north  = 0.25 * (U(i, j) + U(i, j + 1)) * (V(i, j) + V(i + 1, j)),
                      south  = 0.25 * (U(i, j) + U(i, j - 1)) * (V(i, j - 1) + V(i + 1, j - 1));
      const PetscReal drag_u = (U(i + 1, j) + U(i - 1, j) + U(i, j + 1) + U(i, j - 1) - 4.0 * U(i, j)) / (h * reynolds);
      const PetscReal up = 0.5 * (V(j, i) + V(j, i + 1)), down = 0.5 * (V(j, i - 1) + V(j, i));
      const PetscReal right  = 0.25 * (U(j, i) + U(j, i + 1)) * (V(j, i) + V(j + 1, i)),
                      left   = 0.25 * (U(j - 1, i) + U(j - 1, i + 1)) * (V(j, i) + V(j - 1, i));
      const PetscReal drag_v = (V(j + 1, i) + V(j - 1, i) + V(j, i + 1) + V(j, i - 1) - 4.0 * V(j, i)) / (h * reynolds);

      momentum =
        PetscMax(momentum, PetscAbsReal(east * east - west * west + north - south + P(i + 1, j) - P(i, j) - drag_u));
      momentum =
        PetscMax(momentum, PetscAbsReal(up * up - down * down + right - left + P(j, i + 1) - P(j, i) - drag_v));
      scale = PetscMax(scale, PetscMax(PetscAbsReal(drag_u), PetscAbsReal(drag_v)));
      work += U(i, j) * drag_u + V(j, i) * drag_v;
      friction += PetscAbsReal(U(i, j) * drag_u) + PetscAbsReal(V(j, i) * drag_v);
    }
  }
  PetscCheck(divergence < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "m = %" PetscInt_FMT ": divergence %g", m,
             (double)divergence);
  PetscCheck(momentum < 2e-11 * scale, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "m = %" PetscInt_FMT ": momentum %g of %g is left", m, (double)momentum, (double)scale);
  PetscCheck(PetscAbsReal(work) < 2e-12 * friction, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "m = %" PetscInt_FMT ": lid and friction leave %g of %g", m, (double)work, (double)friction);
  PetscCall(KNCavityDestroy(&cavity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* lid(x) -> -lid(1 - x): u -> -u, v -> v, p -> p at 1 - x, with inertia. */
static PetscErrorCode CheckMirror(PetscInt m, PetscReal reynolds)
{
  KNCavity              cavity[2];
  const KNCavityFields *f, *g;
  PetscReal             worst = 0.0;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) PetscCall(KNCavityCreate(PETSC_COMM_SELF, "test_", m, &cavity[k]));
  PetscCall(Solve(cavity[0], m, reynolds, 0.5, &f));
  PetscCall(Solve(cavity[1], m, reynolds, -0.5, &g));
  for (PetscInt i = 1; i <= m; i++) {
    for (PetscInt j = 1; j <= m; j++) {
      worst = PetscMax(worst, PetscAbsReal(U(i, j) + g->u[(m - i) * (m + 2) + j]));
      worst = PetscMax(worst, PetscAbsReal(V(i, j) - g->v[(m + 1 - i) * (m + 1) + j]));
      worst = PetscMax(worst, PetscAbsReal(P(i, j) - g->p[(m + 1 - i) * (m + 2) + j]));
    }
  }
  PetscCheck(worst < 3e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "the mirror image differs by %g", (double)worst);
  for (int k = 0; k < 2; k++) PetscCall(KNCavityDestroy(&cavity[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A symmetric lid: what is not symmetric about x = 1/2 is inertia's, and falls as Re; Re p stays. */
static PetscErrorCode CheckStokes(PetscInt m)
{
  PetscReal skew[2] = {0.0, 0.0};
  KNCavity  cavity;

  PetscFunctionBegin;
  PetscCall(KNCavityCreate(PETSC_COMM_SELF, "test_", m, &cavity));
  for (int k = 0; k < 2; k++) {
    const PetscReal       reynolds = k ? 1e-3 : 1.0;
    const KNCavityFields *f;

    PetscCall(Solve(cavity, m, reynolds, 0.0, &f));
    for (PetscInt i = 1; i < m; i++) {
      for (PetscInt j = 1; j <= m; j++) skew[k] = PetscMax(skew[k], PetscAbsReal(U(i, j) - U(m - i, j)));
    }
    for (PetscInt i = 1; i <= m; i++) {
      for (PetscInt j = 1; j < m; j++) skew[k] = PetscMax(skew[k], PetscAbsReal(V(i, j) + V(m + 1 - i, j)));
      for (PetscInt j = 1; j <= m; j++) skew[k] = PetscMax(skew[k], reynolds * PetscAbsReal(P(i, j) + P(m + 1 - i, j)));
    }
  }
  PetscCheck(skew[0] > 1e-4, PETSC_COMM_SELF, PETSC_ERR_PLIB, "at Reynolds number 1 inertia turns the flow by %g only",
             (double)skew[0]);
  PetscCheck(PetscAbsReal(skew[1] / skew[0] - 1e-3) < 1e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "asymmetry %g at Reynolds number 1, %g at 0.001", (double)skew[0], (double)skew[1]);
  PetscCall(KNCavityDestroy(&cavity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckBalance(4, 1.0));
  PetscCall(CheckBalance(31, 100.0));
  PetscCall(CheckBalance(64, 1000.0));
  PetscCall(CheckMirror(48, 300.0));
  PetscCall(CheckStokes(32));
  PetscCall(PetscFinalize());
  return 0;
}
