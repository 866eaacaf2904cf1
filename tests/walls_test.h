/* What tests of equations between walls share: small problems, states given as functions. */
#ifndef KITINET_WALLS_TEST_H
#define KITINET_WALLS_TEST_H

#include "semilinear_test.h" /* SemilinearCreate(): options without the equation's name */

#define WallsCreate SemilinearCreate

/* Each with a short time on a small grid; option: name, value, .., without the equation's name. */
typedef struct {
  const char *pde;
  PetscInt    axes;
  const char *option[2 * MOST_OPTIONS + 1];
} SmallWalls;

static const SmallWalls small_walls[] = {
  {"diffusion_sorption", 1, {"grid", "32", "final_time", "20", "frames", "3", NULL}},
  {"diffusion_sorption",
   1,
   {"grid", "32", "resolution", "16", "final_time", "20", "frames", "3", "initial", "field", NULL}},
  {"diffusion_reaction", 1, {"grid", "48", "resolution", "24", "final_time", "0.01", "frames", "3", NULL}},
  {"diffusion_reaction",
   2,
   {"axes", "2", "grid", "24", "resolution", "12", "final_time", "0.01", "frames", "3", "sides",
    "neumann,dirichlet,periodic,periodic", "side_values", "0.5,1,0,0", "nu", "0.1", NULL}},
  {"diffusion_reaction",
   3,
   {"axes", "3", "grid", "12", "final_time", "0.02", "frames", "3", "sides", "dirichlet", "initial", "field", NULL}},
  {"activator_inhibitor", 2, {"grid", "26", "resolution", "13", "final_time", "0.5", "frames", "3", NULL}},
  {"activator_inhibitor",
   2,
   {"grid", "24", "final_time", "0.5", "frames", "3", "scheme", "imex", "initial", "field", NULL}},
  {"activator_inhibitor",
   1,
   {"axes", "1", "grid", "20", "final_time", "0.5", "frames", "3", "initial", "constant", NULL}},
  {"heat_walls", 2, {"grid", "20", "final_time", "0.5", "frames", "3", NULL}},
  {"heat_walls",
   2,
   {"grid", "16", "resolution", "8", "final_time", "0.5", "frames", "3", "sides", "robin,dirichlet,robin,neumann",
    "robin", "0.3", "side_values", "1,0,-0.5,2", NULL}},
  {"wave", 1, {"axes", "1", "grid", "32", "final_time", "0.4", "frames", "3", NULL}},
  {"wave",
   2,
   {"grid", "24", "resolution", "12", "final_time", "0.4", "frames", "3", "sides",
    "dirichlet,neumann,periodic,periodic", "side_values", "0.5,-1,0,0", NULL}},
  {"wave", 2, {"grid", "16", "final_time", "0.4", "frames", "3", "sides", "periodic", NULL}},
  {"wave", 3, {"axes", "3", "grid", "12", "final_time", "0.4", "frames", "3", "sides", "neumann", NULL}},
  {"helmholtz", 1, {"axes", "1", "grid", "64", "resolution", "32", NULL}},
  {"helmholtz", 2, {"grid", "24", "wavenumber", "8", NULL}},
  {"elasticity", 2, {"grid", "17", "rtol", "1e-14", NULL}},
  {"elasticity", 2, {"grid", "12", "sides", "clamped,free,free,free", "rtol", "1e-14", NULL}},
  {"incompressible", 2, {"grid", "16", "final_time", "0.3", "frames", "3", NULL}},
  {"incompressible",
   2,
   {"grid", "24", "resolution", "12", "final_time", "0.3", "frames", "3", "sides", "slip,noslip,periodic,periodic",
    "frequency", "1", "diffusivity", "0.01", NULL}},
  {"incompressible",
   3,
   {"axes", "3", "grid", "12", "final_time", "0.2", "frames", "3", "sides",
    "periodic,periodic,noslip,slip,noslip,noslip", NULL}},
  {"heat_walls", 3, {"axes", "3", "grid", "16", "resolution", "8", "final_time", "0.5", "frames", "3", NULL}},
};

/* What is given to solve for: of steady problems the input, else a state. */
static inline const KNSpace *GivenSpace(const KNProblem *problem)
{
  return problem->frames ? &problem->output : &problem->input;
}

/* w (fields) at the position x (axes), in units of the side, and a time. */
typedef void (*State)(const PetscReal x[3], PetscReal time, void *context, PetscReal w[]);

/* w (fields, S) on a grid. */
static inline void Fill(const KNSpace *space, State state, PetscReal time, void *context, PetscReal w[])
{
  const KNGrid *grid = &space->grid;
  const size_t  size = KNGridSize(grid);

  for (size_t s = 0; s < size; s++) {
    PetscReal x[3] = {0.0}, values[KN_MAX_FIELDS] = {0.0};
    size_t    rest = s;

    for (PetscInt d = grid->dim - 1; d >= 0; d--) {
      x[d] = KNPointsCoordinate(grid->points, grid->n[d], (PetscInt)(rest % (size_t)grid->n[d]));
      rest /= (size_t)grid->n[d];
    }
    state(x, time, context, values);
    for (PetscInt f = 0; f < space->fields; f++) w[(size_t)f * size + s] = values[f];
  }
}

/*
  Solves from the state at time 0 (of steady problems, for `given`); *error: root mean square of what field f of the
  last frame differs from `state` by.
*/
static inline PetscErrorCode SolveError(Ensemble *e, State given, State state, void *context, PetscInt f,
                                        PetscReal *error)
{
  const KNSpace *space = GivenSpace(e->problem);
  const size_t   size = KNSpaceSize(&e->problem->output), points = KNGridSize(&e->problem->output.grid);
  const PetscInt last = PetscMax(e->problem->frames, 1) - 1;
  PetscReal     *w;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(PetscMax(size, KNSpaceSize(space)), &w));
  Fill(space, given, 0.0, context, w);
  PetscCall(KNSolverSolveGiven(e->solver, w, e->output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", e->problem->pde, report.reason);
  Fill(&e->problem->output, state, e->problem->frames ? e->problem->times[last] : 0.0, context, w);
  *error = 0.0;
  for (size_t i = (size_t)f * points; i < (size_t)(f + 1) * points; i++) {
    *error += PetscSqr(w[i] - e->output[(size_t)last * size + i]) / (PetscReal)points;
  }
  *error = PetscSqrtReal(*error);
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The order between two grids, n cells a side and twice as many; more: options. */
static inline PetscErrorCode OrderOf(const char pde[], const char *const grids[2], const char *const more[],
                                     State given, State state, void *context, PetscInt f, PetscReal errors[2],
                                     PetscReal *order)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    const char *options[2 * MOST_OPTIONS + 1] = {"grid", grids[i], NULL};
    int         count                         = 2;
    Ensemble    e;

    for (int j = 0; more[j]; j++) options[count++] = more[j];
    PetscCall(WallsCreate(PETSC_COMM_SELF, pde, options, &e));
    PetscCall(SolveError(&e, given, state, context, f, &errors[i]));
    PetscCall(EnsembleDestroy(&e));
  }
  *order = PetscLog2Real(errors[0] / errors[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
