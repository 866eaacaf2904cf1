/*
  A surrogate inside a time loop of PETSc: time_loop CHECKPOINT

  The pressure u follows the steady flow p*(a) through a slowly changing permeability a(t), with a delay: du/dt =
  (p*(a(t)) - u) / tau, marched by a Runge-Kutta method of TS. Each evaluation of the right-hand side asks the
  surrogate for p* instead of solving the Darcy equation; then all is marched again with a KSP that solves it. Prints
  how far apart the two end, and the time of each.
*/
#include <kitinet/surrogate.h>
#include <petscksp.h>
#include <petsctime.h>
#include <petscts.h>

enum { N = 32 };

typedef struct {
  KNSurrogate surrogate;
  PetscBool   solves; /* the Darcy equation, instead of asking */
  PetscReal   tau;
  float       a[N * N], p[N * N];
  Mat         A;
  Vec         b, x;
  KSP         ksp;
} Context;

/* -div(a grad p) = 1 by finite volumes of width 1/N, p = 0 on the boundary. */
static PetscErrorCode SolveDarcy(Context *c)
{
  static const int   step[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
  const PetscScalar *x;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < N; i++) {
    for (PetscInt j = 0; j < N; j++) {
      const PetscInt  row      = i * N + j;
      const PetscReal here     = (PetscReal)c->a[row];
      PetscReal       diagonal = 0;

      for (int s = 0; s < 4; s++) {
        const PetscInt  k = i + step[s][0], l = j + step[s][1];
        const PetscBool out  = (PetscBool)(k < 0 || k >= N || l < 0 || l >= N);
        const PetscReal face = out ? 2 * here : 0.5 * (here + (PetscReal)c->a[k * N + l]);

        diagonal += face;
        if (!out) PetscCall(MatSetValue(c->A, row, k * N + l, -face, INSERT_VALUES));
      }
      PetscCall(MatSetValue(c->A, row, row, diagonal, INSERT_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(c->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(c->A, MAT_FINAL_ASSEMBLY));
  PetscCall(KSPSolve(c->ksp, c->b, c->x));
  PetscCall(VecGetArrayRead(c->x, &x));
  for (int i = 0; i < N * N; i++) c->p[i] = (float)PetscRealPart(x[i]);
  PetscCall(VecRestoreArrayRead(c->x, &x));
  PetscFunctionReturn(0);
}

static PetscErrorCode RightHandSide(TS ts, PetscReal t, Vec u, Vec f, void *user)
{
  Context           *context = (Context *)user;
  const PetscScalar *state;
  PetscScalar       *slope;

  PetscFunctionBegin;
  for (int i = 0; i < N * N; i++) context->a[i] = (float)(i % N < N / 2 ? 12. : 3. + t);
  if (context->solves) PetscCall(SolveDarcy(context));
  else
    PetscCheck(!KNSurrogatePredict(context->surrogate, 1, (int[]){N, N}, 0, context->a, context->p), PETSC_COMM_SELF,
               PETSC_ERR_LIB, "%s", KNSurrogateMessage());
  PetscCall(VecGetArrayRead(u, &state));
  PetscCall(VecGetArray(f, &slope));
  for (int i = 0; i < N * N; i++) slope[i] = (context->p[i] - state[i]) / context->tau;
  PetscCall(VecRestoreArray(f, &slope));
  PetscCall(VecRestoreArrayRead(u, &state));
  PetscFunctionReturn(0);
}

/* The state at t = 1, and the seconds that it took. */
static PetscErrorCode March(Context *context, PetscBool solves, Vec u, PetscReal *seconds)
{
  PetscLogDouble begin, end;
  TS             ts;

  PetscFunctionBegin;
  context->solves = solves;
  PetscCall(PetscTime(&begin));
  PetscCall(VecZeroEntries(u));
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetType(ts, TSRK));
  PetscCall(TSSetRHSFunction(ts, NULL, RightHandSide, context));
  PetscCall(TSSetTimeStep(ts, 0.02));
  PetscCall(TSSetMaxTime(ts, 1));
  PetscCall(TSSetExactFinalTime(ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetFromOptions(ts));
  PetscCall(TSSolve(ts, u));
  PetscCall(TSDestroy(&ts));
  PetscCall(PetscTime(&end));
  *seconds = end - begin;
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateDarcy(Context *c)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, N * N, N * N, 5, NULL, &c->A));
  PetscCall(MatCreateVecs(c->A, &c->x, &c->b));
  PetscCall(VecSet(c->b, 1. / (N * N)));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &c->ksp));
  PetscCall(KSPSetOperators(c->ksp, c->A, c->A));
  PetscCall(KSPSetType(c->ksp, KSPCG));
  PetscCall(KSPSetInitialGuessNonzero(c->ksp, PETSC_TRUE)); /* from the pressure of the stage before */
  PetscCall(KSPGetPC(c->ksp, &pc));
  PetscCall(PCSetType(pc, PCICC));
  PetscCall(KSPSetTolerances(c->ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPSetFromOptions(c->ksp));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  Context   context = {.tau = 0.1};
  Vec       u, v;
  PetscReal lag, distance, size, seconds[2];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCheck(argc > 1 && !KNSurrogateLoad(argv[1], &context.surrogate), PETSC_COMM_WORLD, PETSC_ERR_USER, "%s",
             KNSurrogateMessage());
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, N * N, &u));
  PetscCall(VecDuplicate(u, &v));
  PetscCall(CreateDarcy(&context));
  PetscCall(March(&context, PETSC_FALSE, u, &seconds[0]));
  /* After ten relaxation times the state follows p*, a little behind. */
  PetscCall(VecCopy(u, v));
  for (int i = 0; i < N * N; i++) PetscCall(VecSetValue(v, i, -context.p[i], ADD_VALUES));
  PetscCall(VecAssemblyBegin(v));
  PetscCall(VecAssemblyEnd(v));
  PetscCall(VecNorm(v, NORM_INFINITY, &lag));
  PetscCall(March(&context, PETSC_TRUE, v, &seconds[1]));
  PetscCall(VecNorm(v, NORM_2, &size));
  PetscCall(VecAXPY(u, -1, v));
  PetscCall(VecNorm(u, NORM_2, &distance));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "distance from the steady state: %g\n"
                        "with the surrogate %.3f s, with the solver %.3f s; the states at t = 1 are %.2f %% apart\n",
                        (double)lag, (double)seconds[0], (double)seconds[1], (double)(100 * distance / size)));
  (void)KNSurrogateDestroy(&context.surrogate);
  PetscCall(KSPDestroy(&context.ksp));
  PetscCall(MatDestroy(&context.A));
  PetscCall(VecDestroy(&context.b));
  PetscCall(VecDestroy(&context.x));
  PetscCall(VecDestroy(&u));
  PetscCall(VecDestroy(&v));
  PetscCall(PetscFinalize());
  return 0;
}
