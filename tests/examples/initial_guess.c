/*
  A surrogate as the start of PETSc's solvers: initial_guess CHECKPOINT [-n 64] [-reaction 1e4]

    -div(a grad u) + reaction u^3 = 1 on the unit square, u = 0 on the boundary, cells of width 1/n

  The checkpoint is of kitinet's Darcy problem, which is this one without the reaction. A KSP (conjugate gradients,
  multigrid) solves the linear problem from zero, then from the surrogate's pressure; a SNES (Newton's method with that
  KSP) likewise the nonlinear one. Prints the iterations that each takes to a relative residual of 1e-6.
*/
#include <kitinet/surrogate.h>
#include <petscdmda.h>
#include <petscsnes.h>

typedef struct {
  KNSurrogate surrogate;
  PetscInt    n;
  PetscReal   reaction;
  PetscBool   guess; /* start from the surrogate */
  float      *a, *u; /* (n, n) permeability; the surrogate's pressure */
} Context;

/* Flux coefficients of the faces of cell (i, j); outside there is half a cell to the boundary. */
static void Faces(const Context *c, PetscInt i, PetscInt j, PetscReal face[4], PetscInt neighbour[4][2])
{
  static const int step[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

  for (int s = 0; s < 4; s++) {
    const PetscInt  k = neighbour[s][0] = i + step[s][0], l = neighbour[s][1] = j + step[s][1];
    const PetscReal here = (PetscReal)c->a[i * c->n + j];

    face[s] = k < 0 || k >= c->n || l < 0 || l >= c->n ? 2 * here : 0.5 * (here + (PetscReal)c->a[k * c->n + l]);
  }
}

static PetscErrorCode Residual(SNES snes, Vec x, Vec r, void *user)
{
  const Context *c = (const Context *)user;
  const PetscInt n = c->n;
  DM             square;
  Vec            local;
  PetscReal    **u, **f;

  PetscFunctionBegin;
  PetscCall(SNESGetDM(snes, &square));
  PetscCall(DMGetLocalVector(square, &local));
  PetscCall(DMGlobalToLocal(square, x, INSERT_VALUES, local));
  PetscCall(DMDAVecGetArrayRead(square, local, &u));
  PetscCall(DMDAVecGetArray(square, r, &f));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      PetscReal face[4];
      PetscInt  at[4][2];

      Faces(c, i, j, face, at);
      f[i][j] = (c->reaction * u[i][j] * u[i][j] * u[i][j] - 1) / (PetscReal)(n * n);
      for (int s = 0; s < 4; s++) {
        const PetscBool out = (PetscBool)(at[s][0] < 0 || at[s][0] >= n || at[s][1] < 0 || at[s][1] >= n);

        f[i][j] += face[s] * (u[i][j] - (out ? 0 : u[at[s][0]][at[s][1]]));
      }
    }
  }
  PetscCall(DMDAVecRestoreArray(square, r, &f));
  PetscCall(DMDAVecRestoreArrayRead(square, local, &u));
  PetscCall(DMRestoreLocalVector(square, &local));
  PetscFunctionReturn(0);
}

static PetscErrorCode Derivative(SNES snes, Vec x, Mat A, Mat P, void *user)
{
  const Context *c = (const Context *)user;
  const PetscInt n = c->n;
  DM             square;
  PetscReal    **u;

  PetscFunctionBegin;
  PetscCall(SNESGetDM(snes, &square));
  PetscCall(DMDAVecGetArrayRead(square, x, &u));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      MatStencil row = {.j = i, .i = j}, column[5]; /* DMDA's first axis is the fast one, our j */
      PetscReal  face[4], value[5];
      PetscInt   at[4][2], entries = 1;

      Faces(c, i, j, face, at);
      column[0] = row;
      value[0]  = 3 * c->reaction * u[i][j] * u[i][j] / (PetscReal)(n * n);
      for (int s = 0; s < 4; s++) {
        value[0] += face[s];
        if (at[s][0] < 0 || at[s][0] >= n || at[s][1] < 0 || at[s][1] >= n) continue;
        column[entries]  = (MatStencil){.j = at[s][0], .i = at[s][1]};
        value[entries++] = -face[s];
      }
      PetscCall(MatSetValuesStencil(P, 1, &row, entries, column, value, INSERT_VALUES));
    }
  }
  PetscCall(DMDAVecRestoreArrayRead(square, x, &u));
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

/* What SNES and KSP start from: 0, or the surrogate's pressure for the same permeability. */
static PetscErrorCode Start(const Context *c, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecZeroEntries(x));
  for (PetscInt i = 0; i < c->n * c->n && c->guess; i++)
    PetscCall(VecSetValue(x, i, (PetscScalar)c->u[i], INSERT_VALUES)); /* on one rank, in natural order */
  PetscCall(VecAssemblyBegin(x));
  PetscCall(VecAssemblyEnd(x));
  PetscFunctionReturn(0);
}

/* Iterations of Newton's method and, over all of them, of the linear solver. */
static PetscErrorCode Solve(Context *c, PetscReal reaction, PetscInt *newton, PetscInt *linear)
{
  DM                  square;
  SNES                snes;
  KSP                 ksp;
  PC                  pc;
  Vec                 x, r;
  PetscReal           norm;
  SNESConvergedReason reason;

  PetscFunctionBegin;
  c->reaction = reaction;
  PetscCall(DMDACreate2d(PETSC_COMM_SELF, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, c->n, c->n, 1, 1, 1, 1,
                         NULL, NULL, &square));
  PetscCall(DMSetUp(square));
  PetscCall(DMCreateGlobalVector(square, &x));
  PetscCall(VecDuplicate(x, &r));
  PetscCall(SNESCreate(PETSC_COMM_SELF, &snes));
  PetscCall(SNESSetDM(snes, square));
  PetscCall(SNESSetFunction(snes, r, Residual, c));
  PetscCall(SNESSetJacobian(snes, NULL, NULL, Derivative, c));
  if (reaction == 0) PetscCall(SNESSetType(snes, SNESKSPONLY)); /* linear: a single solve, from the start */
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCGAMG));
  /* of the residual of 0, which is 1/n: |-1/n^2| over n^2 cells */
  norm = 1e-6 / (PetscReal)c->n;
  PetscCall(SNESSetTolerances(snes, norm, 0, 0, 50, PETSC_DEFAULT));
  PetscCall(KSPSetTolerances(ksp, reaction == 0 ? 1e-50 : 1e-3, norm, PETSC_DEFAULT, 200));
  PetscCall(SNESSetFromOptions(snes));
  PetscCall(Start(c, x));
  PetscCall(SNESSolve(snes, NULL, x));
  PetscCall(SNESGetConvergedReason(snes, &reason));
  PetscCheck(reason > 0, PETSC_COMM_SELF, PETSC_ERR_NOT_CONVERGED, "%s", SNESConvergedReasons[reason]);
  PetscCall(SNESGetIterationNumber(snes, newton));
  PetscCall(SNESGetLinearSolveIterations(snes, linear));
  PetscCall(SNESDestroy(&snes));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&r));
  PetscCall(DMDestroy(&square));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  Context   c        = {.n = 64};
  PetscReal reaction = 1e4;
  PetscInt  newton[2], linear[2], alone[2], step;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-n", &c.n, NULL));
  PetscCall(PetscOptionsGetReal(NULL, NULL, "-reaction", &reaction, NULL));
  PetscCheck(argc > 1 && !KNSurrogateLoad(argv[1], &c.surrogate), PETSC_COMM_WORLD, PETSC_ERR_USER, "%s",
             KNSurrogateMessage());
  PetscCall(PetscMalloc2(c.n * c.n, &c.a, c.n * c.n, &c.u));
  for (PetscInt i = 0; i < c.n * c.n; i++) { /* two media, divided by a wave */
    const PetscReal x = (PetscReal)(i / c.n) / (PetscReal)c.n, y = (PetscReal)(i % c.n) / (PetscReal)c.n;

    c.a[i] = y > 0.5 + 0.2 * PetscSinReal(7 * x) ? 12 : 3;
  }
  PetscCheck(!KNSurrogatePredict(c.surrogate, 1, (int[]){(int)c.n, (int)c.n}, 0, c.a, c.u), PETSC_COMM_SELF,
             PETSC_ERR_LIB, "%s", KNSurrogateMessage());
  for (int start = 0; start < 2; start++) {
    c.guess = (PetscBool)start;
    PetscCall(Solve(&c, 0, &step, &alone[start]));
    PetscCall(Solve(&c, reaction, &newton[start], &linear[start]));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "linear: %" PetscInt_FMT " iterations from zero, %" PetscInt_FMT " from the surrogate\n"
                        "nonlinear: %" PetscInt_FMT " steps of Newton's method and %" PetscInt_FMT
                        " linear iterations from zero, %" PetscInt_FMT " and %" PetscInt_FMT " from the surrogate\n",
                        alone[0], alone[1], newton[0], linear[0], newton[1], linear[1]));
  PetscCall(PetscFree2(c.a, c.u));
  (void)KNSurrogateDestroy(&c.surrogate);
  PetscCall(PetscFinalize());
  return 0;
}
