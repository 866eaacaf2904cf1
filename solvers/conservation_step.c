/*
  Steps of a conservation law in time: strong-stability-preserving Runge-Kutta methods of order 2 and 3 (Shu and Osher,
  J. Comput. Phys. 77 (1988) 439), convex combinations of Euler steps, such that what one Euler step keeps is kept.

  A step is as long as the fastest waves allow, sum over the axes of speed dt / h = cfl on all ranks, shortened so that
  equal steps would lead to the end of the interval. Where a stage leads to a state that is none (not finite, density or
  pressure not positive) it is computed again with fluxes of Rusanov and order 1 at the faces of these cells, which keep
  such states with cfl <= 1, and once more where this spoils a neighbour; then the step is halved.
*/
#include <string.h>
#include <kitinet/error.h>
#include "conservation_impl.h"

#define KN_PASSES   6     /* of a stage, each with the cells masked that the last one spoiled */
#define KN_HALVINGS 10    /* of a step */
#define KN_SHORTEST 1e-12 /* step, of the interval */

/* The largest of all ranks. */
static PetscErrorCode KNMarchLargest(const Conservation *c, PetscReal values[], PetscMPIInt count)
{
  PetscFunctionBegin;
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, values, count, MPIU_REAL, MPI_MAX, c->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The primitive values of u, with ghost cells, in w[0]; whether it is a state. */
static PetscErrorCode KNMarchLook(Conservation *c, PetscBool *good)
{
  PetscInt  bad;
  PetscReal found[2];

  PetscFunctionBegin;
  KNSweepLook(c, c->u, c->w[0], &bad, &c->fastest);
  found[0] = bad;
  found[1] = c->fastest;
  PetscCall(KNMarchLargest(c, found, 2));
  c->fastest = found[1];
  *good      = (PetscBool)(found[0] == 0.0 && !PetscIsInfOrNanReal(c->fastest));
  if (*good) PetscCall(KNSidesFill(c, c->w[0]));
  else PetscCall(PetscArrayzero(c->trouble, c->padded));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMarchBegin(Conservation *c, PetscBool *done, char reason[])
{
  PetscFunctionBegin;

  c->steps = c->halved = 0;
  c->time              = 0.0;
  PetscCall(PetscArraycpy(c->u, c->initial, (size_t)c->fields * c->size));
  PetscCall(KNMarchLook(c, done));
  if (!*done) {
    PetscCall(PetscStrncpy(reason,
                           c->law->positive
                             ? "the initial state is not finite, or a density or pressure is not positive"
                             : "the initial state is not finite",
                           KN_MAX_TEXT));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds what was found to what is masked. */
static PetscErrorCode KNMarchMask(Conservation *c, PetscBool first)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < c->padded; i++) {
    c->masked[i]  = c->trouble[i] != 0.0 || (!first && c->masked[i] != 0.0) ? 1.0 : 0.0;
    c->trouble[i] = 0.0;
  }
  PetscCall(KNSidesFillScalar(c, c->masked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One stage, from the primitive values in w[0] to those in w[1]; the two are exchanged then. */
static PetscErrorCode KNMarchStage(Conservation *c, PetscReal a, PetscReal b, PetscReal dt, const PetscReal v[],
                                   PetscReal out[], PetscBool last, PetscBool *good)
{
  PetscFunctionBegin;
  *good = PETSC_FALSE;
  for (PetscInt pass = 0; pass < KN_PASSES && !*good; pass++) {
    PetscReal found[2], speed = 0.0;
    PetscInt  bad;

    if (pass) PetscCall(KNMarchMask(c, (PetscBool)(pass == 1)));
    KNSweep(c, a, b, dt, v, c->w[0], out, c->w[1], (PetscBool)(pass > 0), &bad, last ? &speed : NULL);
    found[0] = bad;
    found[1] = speed;
    PetscCall(KNMarchLargest(c, found, 2));
    *good      = (PetscBool)(found[0] == 0.0 && !PetscIsInfOrNanReal(found[1]));
    c->fastest = found[1];
  }
  if (!*good) {
    PetscCall(PetscArrayzero(c->trouble, c->padded));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNSidesFill(c, c->w[1]));
  {
    PetscReal *swap = c->w[0];

    c->w[0] = c->w[1];
    c->w[1] = swap;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All stages of a step: u becomes the new state. Failed: u is as it was, w[0] of no use. */
static PetscErrorCode KNMarchStages(Conservation *c, PetscReal dt, PetscBool *good)
{
  static const PetscReal a[2][3] = {{0.0, 0.5, 0.0}, {0.0, 0.75, 1.0 / 3.0}};
  static const PetscReal b[2][3] = {{1.0, 0.5, 0.0}, {1.0, 0.25, 2.0 / 3.0}};
  const PetscReal       *v       = c->u;
  const PetscInt         last = c->scheme.stages - 1, order = c->scheme.stages - 2;

  PetscFunctionBegin;
  *good = PETSC_TRUE;
  for (PetscInt stage = 0; stage <= last && *good; stage++) {
    PetscReal *out = c->v[stage % 2];

    PetscCall(KNMarchStage(c, a[order][stage], b[order][stage], dt, v, out, (PetscBool)(stage == last), good));
    v = out;
  }
  if (*good) {
    c->v[last % 2] = c->u;
    c->u           = (PetscReal *)v;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMarch(Conservation *c, PetscReal interval, PetscBool *done, char reason[])
{
  PetscReal t = 0.0;

  PetscFunctionBegin;
  *done = PETSC_TRUE;
  while (t < interval && *done) {
    const PetscReal left = interval - t, speed = c->fastest * c->per * left / c->scheme.cfl;
    const PetscReal steps = PetscMax(PetscCeilReal(speed * (1.0 - 1e-12)), 1.0);
    PetscReal       dt    = left / steps;

    if (KNSolverSpent(c->max_steps, c->steps, c->time + t, reason)) *done = PETSC_FALSE;
    if (*done && dt < KN_SHORTEST * interval) {
      *done = PETSC_FALSE;
      PetscCall(PetscSNPrintf(reason, KN_MAX_TEXT, "waves of speed %g: the time step vanishes", (double)c->fastest));
    }
    if (!*done) break;
    PetscCall(KNMarchStages(c, dt, done));
    for (PetscInt i = 0; i < KN_HALVINGS && !*done; i++) {
      PetscCall(KNMarchLook(c, done));
      dt *= 0.5;
      c->halved++;
      PetscCall(KNMarchStages(c, dt, done));
    }
    if (!*done) PetscCall(PetscSNPrintf(reason, KN_MAX_TEXT, "no step from time %g leads to a state", (double)t));
    t = steps == 1.0 && dt == left ? interval : t + dt;
    c->steps++;
  }
  c->time += interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}
