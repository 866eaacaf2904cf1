/*
  What tests of conservation laws share: the schemes, initial states given as functions, exact solutions of Riemann's
  problem.
*/
#ifndef KITINET_CONSERVATION_TEST_H
#define KITINET_CONSERVATION_TEST_H

#include "semilinear_test.h" /* SemilinearCreate(): options without the equation's name */

#define LawCreate SemilinearCreate

static const char *const reconstructions[] = {"minmod", "van_leer", "mc", "weno5"};
static const char *const fluxes[]          = {"rusanov", "hll", "hllc", "roe"};

/* Each equation with a short time on a small grid, that of its defaults otherwise. */
typedef struct {
  const char *pde, *axes, *grid, *resolution, *final_time, *initial;
} SmallLaw;

static const SmallLaw small_laws[] = {{"advection", "1", "48", "24", "0.1", "waves"},
                                      {"advection", "2", "24", "12", "0.1", "quadrants"},
                                      {"advection", "3", "12", "12", "0.1", "radial"},
                                      {"burgers_grid", "1", "64", "16", "0.2", "waves"},
                                      {"burgers_grid", "2", "27", "9", "0.1", "waves"},
                                      {"burgers_grid", "3", "14", "7", "0.1", "riemann"},
                                      {"euler", "1", "64", "32", "0.1", "riemann"},
                                      {"euler", "2", "32", "16", "0.1", "quadrants"},
                                      {"euler", "2", "28", "28", "0.1", "radial"},
                                      {"euler", "3", "16", "8", "0.05", "turbulence"},
                                      {"compressible", "1", "64", "32", "0.1", "turbulence"},
                                      {"compressible", "2", "30", "15", "0.1", "turbulence"},
                                      {"compressible", "3", "14", "14", "0.05", "waves"},
                                      {"shallow_water", "1", "40", "20", "0.5", "riemann"},
                                      {"shallow_water", "2", "27", "27", "0.5", "radial"},
                                      {"shallow_water", "2", "24", "12", "0.5", "turbulence"}};

/* As LawCreate, with three frames; more: at most 6 other options. */
static inline PetscErrorCode SmallLawCreate(MPI_Comm comm, const SmallLaw *small, const char *const more[], Ensemble *e)
{
  const char *options[2 * MOST_OPTIONS + 1] = {
    "grid", small->grid, "resolution", small->resolution, "final_time", small->final_time, "frames", "3",
    "axes", small->axes, "initial",    small->initial,    NULL};
  int count = 12;

  PetscFunctionBegin;
  for (int i = 0; more[i]; i++) options[count++] = more[i];
  PetscCall(LawCreate(comm, small->pde, options, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* w (fields) at the position x (axes), in units of the side, and a time. */
typedef void (*State)(const PetscReal x[3], PetscReal time, void *context, PetscReal w[]);

/* The position of point s of a problem's grid. */
static inline void PointOf(const KNProblem *problem, size_t s, PetscReal x[3])
{
  const KNGrid *grid = &problem->output.grid;

  for (PetscInt d = grid->dim - 1; d >= 0; d--) {
    x[d] = KNPointsCoordinate(grid->points, grid->n[d], (PetscInt)(s % (size_t)grid->n[d]));
    s /= (size_t)grid->n[d];
  }
}

/* w (fields, S) on the problem's grid. */
static inline void Fill(const KNProblem *problem, State state, PetscReal time, void *context, PetscReal w[])
{
  const size_t size = KNGridSize(&problem->output.grid);

  for (size_t s = 0; s < size; s++) {
    PetscReal x[3] = {0.0}, values[5] = {0.0};

    PointOf(problem, s, x);
    state(x, time, context, values);
    for (PetscInt f = 0; f < problem->output.fields; f++) w[(size_t)f * size + s] = values[f];
  }
}

/* Solves from the state at time 0; error: mean |difference| to that of the last frame, of all fields. */
static inline PetscErrorCode SolveState(Ensemble *e, State state, void *context, KNSolverReport *report,
                                        PetscReal *error)
{
  const size_t size = KNProblemOutputSize(e->problem) / (size_t)e->problem->frames;
  PetscReal   *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &w));
  Fill(e->problem, state, 0.0, context, w);
  PetscCall(KNSolverSolveGiven(e->solver, w, e->output, report));
  *error = 0.0;
  if (report->converged) {
    const PetscReal *last = e->output + (size_t)(e->problem->frames - 1) * size;

    Fill(e->problem, state, e->problem->times[e->problem->frames - 1], context, w);
    for (size_t i = 0; i < size; i++) *error += PetscAbsReal(w[i] - last[i]) / (PetscReal)size;
  }
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two states, (density, velocity, pressure) or (depth, velocity), that meet at x = x0 in units of the side. */
typedef struct {
  PetscReal left[3], right[3], gamma, x0, length;
  PetscInt  axes, axis;
} Tube;

/* The side's part of the velocity that p brings, and its derivative: a shock or a rarefaction (Toro, section 4.2). */
static inline void TubeWave(const PetscReal q[3], PetscReal gamma, PetscReal p, PetscReal *f, PetscReal *df)
{
  const PetscReal c = PetscSqrtReal(gamma * q[2] / q[0]);

  if (p > q[2]) {
    const PetscReal a = 2.0 / ((gamma + 1.0) * q[0]), b = (gamma - 1.0) / (gamma + 1.0) * q[2];

    *f  = (p - q[2]) * PetscSqrtReal(a / (p + b));
    *df = PetscSqrtReal(a / (p + b)) * (1.0 - 0.5 * (p - q[2]) / (p + b));
  } else {
    *f  = 2.0 * c / (gamma - 1.0) * (PetscPowReal(p / q[2], 0.5 * (gamma - 1.0) / gamma) - 1.0);
    *df = PetscPowReal(p / q[2], -0.5 * (gamma + 1.0) / gamma) / (q[0] * c);
  }
}

/* One side at speed s, mirrored such that the wave runs to the right: v = velocity away from the contact. */
static inline void TubeSide(const PetscReal q[3], PetscReal gamma, PetscReal p, PetscReal u, PetscReal s,
                            PetscReal w[3])
{
  const PetscReal c = PetscSqrtReal(gamma * q[2] / q[0]), g = (gamma - 1.0) / (gamma + 1.0);

  if (p > q[2]) {
    const PetscReal speed = q[1] + c * PetscSqrtReal(0.5 * (gamma + 1.0) / gamma * (p / q[2] - 1.0) + 1.0);

    if (s > speed) {
      for (int i = 0; i < 3; i++) w[i] = q[i];
    } else {
      w[0] = q[0] * (p / q[2] + g) / (g * p / q[2] + 1.0), w[1] = u, w[2] = p;
    }
  } else {
    const PetscReal star = c * PetscPowReal(p / q[2], 0.5 * (gamma - 1.0) / gamma);

    if (s > q[1] + c) {
      for (int i = 0; i < 3; i++) w[i] = q[i];
    } else if (s < u + star) {
      w[0] = q[0] * PetscPowReal(p / q[2], 1.0 / gamma), w[1] = u, w[2] = p;
    } else {
      const PetscReal ratio = 2.0 / (gamma + 1.0) - g / c * (q[1] - s);

      w[0] = q[0] * PetscPowReal(ratio, 2.0 / (gamma - 1.0));
      w[1] = 2.0 / (gamma + 1.0) * (-c + 0.5 * (gamma - 1.0) * q[1] + s);
      w[2] = q[2] * PetscPowReal(ratio, 2.0 * gamma / (gamma - 1.0));
    }
  }
}

/* The exact solution of a gas at speed s = x/t: density, velocity, pressure. No vacuum forms. */
static inline void TubeGas(const Tube *tube, PetscReal s, PetscReal w[3])
{
  PetscReal p = 0.5 * (tube->left[2] + tube->right[2]), u, fl, fr, dl, dr;

  for (int i = 0; i < 200; i++) {
    PetscReal next;

    TubeWave(tube->left, tube->gamma, p, &fl, &dl);
    TubeWave(tube->right, tube->gamma, p, &fr, &dr);
    next = p - (fl + fr + tube->right[1] - tube->left[1]) / (dl + dr);
    p    = next > 0.0 ? next : 0.1 * p;
  }
  TubeWave(tube->left, tube->gamma, p, &fl, &dl);
  TubeWave(tube->right, tube->gamma, p, &fr, &dr);
  u = 0.5 * (tube->left[1] + tube->right[1] + fr - fl);
  if (s > u) {
    TubeSide(tube->right, tube->gamma, p, u, s, w);
  } else {
    const PetscReal mirrored[3] = {tube->left[0], -tube->left[1], tube->left[2]};

    TubeSide(mirrored, tube->gamma, p, -u, -s, w);
    w[1] = -w[1];
  }
}

/* A State: the tube along tube->axis of a gas of tube->axes axes. */
static inline void TubeState(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const Tube     *tube     = (const Tube *)context;
  const PetscReal distance = (x[tube->axis] - tube->x0) * tube->length;
  PetscReal       q[3];

  if (time > 0.0) TubeGas(tube, distance / time, q);
  else
    for (int i = 0; i < 3; i++) q[i] = distance < 0.0 ? tube->left[i] : tube->right[i];
  w[0] = q[0];
  for (PetscInt d = 0; d < tube->axes; d++) w[1 + d] = d == tube->axis ? q[1] : 0.0;
  w[1 + tube->axes] = q[2];
}

#endif
