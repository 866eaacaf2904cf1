/*
  A surrogate inside a time loop of PETSc: time_loop CHECKPOINT

  The pressure u follows the steady flow p*(a) through a slowly changing permeability a(t), with a delay: du/dt =
  (p*(a(t)) - u) / tau, marched by a Runge-Kutta method of TS. Each evaluation of the right-hand side asks the
  surrogate for p* instead of solving the Darcy equation.
*/
#include <kitinet/surrogate.h>
#include <petscts.h>

enum { N = 32 };

typedef struct {
  KNSurrogate surrogate;
  PetscReal   tau;
  float       a[N * N], p[N * N];
} Context;

static PetscErrorCode RightHandSide(TS ts, PetscReal t, Vec u, Vec f, void *user)
{
  Context           *context = (Context *)user;
  const PetscScalar *state;
  PetscScalar       *slope;

  PetscFunctionBegin;
  for (int i = 0; i < N * N; i++) context->a[i] = (float)(i % N < N / 2 ? 12. : 3. + t);
  PetscCheck(!KNSurrogatePredict(context->surrogate, 1, (int[]){N, N}, 0, context->a, context->p), PETSC_COMM_SELF,
             PETSC_ERR_LIB, "%s", KNSurrogateMessage());
  PetscCall(VecGetArrayRead(u, &state));
  PetscCall(VecGetArray(f, &slope));
  for (int i = 0; i < N * N; i++) slope[i] = (context->p[i] - state[i]) / context->tau;
  PetscCall(VecRestoreArray(f, &slope));
  PetscCall(VecRestoreArrayRead(u, &state));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  Context   context = {.tau = 0.1};
  TS        ts;
  Vec       u;
  PetscReal norm;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCheck(argc > 1 && !KNSurrogateLoad(argv[1], &context.surrogate), PETSC_COMM_WORLD, PETSC_ERR_USER, "%s",
             KNSurrogateMessage());
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, N * N, &u));
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetType(ts, TSRK));
  PetscCall(TSSetRHSFunction(ts, NULL, RightHandSide, &context));
  PetscCall(TSSetTimeStep(ts, 0.02));
  PetscCall(TSSetMaxTime(ts, 1));
  PetscCall(TSSetExactFinalTime(ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetFromOptions(ts));
  PetscCall(TSSolve(ts, u));
  /* After ten relaxation times the state follows p*, a little behind. */
  for (int i = 0; i < N * N; i++) PetscCall(VecSetValue(u, i, -context.p[i], ADD_VALUES));
  PetscCall(VecAssemblyBegin(u));
  PetscCall(VecAssemblyEnd(u));
  PetscCall(VecNorm(u, NORM_INFINITY, &norm));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "distance from the steady state: %g\n", (double)norm));
  (void)KNSurrogateDestroy(&context.surrogate);
  PetscCall(VecDestroy(&u));
  PetscCall(TSDestroy(&ts));
  PetscCall(PetscFinalize());
  return 0;
}
