/*
  The symmetries that solvers declare, of every solver that is registered: the group is the one that theory gives;
  solve(g input) = g solve(input) for each generator g, to rounding where steps are chosen by norms; what is not
  declared and looks as if it could be is none; and random inputs are distributed like their images: means and second
  moments along random directions, within 4.5 standard errors.

  A new solver needs a case here. One without symmetries says so: order 1.
*/
#include <kitinet/random.h>
#include <kitinet/symmetry.h>
#include "solver_ensemble.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { MOST_OPTIONS = 12, MOST_WRONG = 8, DIRECTIONS = 6 };

typedef struct {
  const char *pde;
  PetscInt64  order;
  PetscReal   tolerance; /* of solve(g x) - g solve(x), relative to the largest value */
  PetscInt    draws;     /* of the random inputs, 0: not looked at */
  const char *option[2 * MOST_OPTIONS];
  const char *wrong[MOST_WRONG]; /* no symmetries of the solver */
} Case;

#define NS "-navier_stokes_"

static const Case cases[] = {
  {"darcy", 8, 1e-10, 300, {"-darcy_grid", "12"}, {"u=-u"}},
  {"darcy", 8, 1e-10, 0, {"-darcy_grid", "11", "-darcy_points", "nodes"}, {"u=-u"}},
  {"darcy", 8, 1e-10, 300, {"-darcy_grid", "9", "-darcy_coefficient", "lognormal", "-darcy_rhs", "random"}, {"f=-f"}},
  {"cavity", 2, 1e-13, 0, {"-cavity_grid", "20", "-cavity_lid_mean", "0"}, {"reflect(x)", "negate", "reflect(y) v=-v"}},
  {"cavity", 1, 1e-13, 0, {"-cavity_grid", "20"}, {"reflect(x)", "reflect(y) v=-v", "reflect(x) lid=-lid u=-u v=-v"}},
  {"navier_stokes",
   512,
   5e-8,
   200,
   {NS "grid", "24", NS "resolution", "8", NS "forcing", "none", NS "final_time", "1", NS "frames", "2"},
   {"reflect(x)", "exchange(x,y)", "negate"}},
  {"navier_stokes",
   32,
   5e-8,
   200,
   {NS "grid", "24", NS "resolution", "8", NS "final_time", "1", NS "frames", "2"},
   {"shift(x)", "reflect(x) reflect(y)", "exchange(x,y) w=-w", "reflect(x) reflect(y) shift(-x/4)"}},
  {"navier_stokes",
   20,
   5e-8,
   0,
   {NS "grid", "30", NS "resolution", "10", NS "final_time", "1", NS "frames", "2"},
   {"shift(y)", "reflect(x) reflect(y)"}},
  {"navier_stokes",
   9,
   5e-8,
   0,
   {NS "grid", "27", NS "resolution", "9", NS "final_time", "1", NS "frames", "2"},
   {"shift(y)", "exchange(x,y) w=-w"}},
  {"navier_stokes",
   64,
   5e-8,
   0,
   {NS "grid", "16", NS "scheme", "li2020", NS "restriction", "subsample", NS "dt", "0.01", NS "final_time", "0.5",
    NS "frames", "2"},
   {"shift(x)"}},
  {"navier_stokes",
   8 * 2 * 2 * 2,
   5e-8,
   0,
   {NS "grid", "24", NS "resolution", "8", NS "forcing", "kolmogorov", NS "forcing_mode", "2", NS "final_time", "1",
    NS "frames", "2"},
   {"shift(y)", "shift(y/4)", "reflect(x) w=-w", "exchange(x,y) w=-w", "reflect(y) w=-w"}},
  {"navier_stokes",
   9 * 2,
   5e-8,
   0,
   {NS "grid", "27", NS "resolution", "9", NS "forcing", "kolmogorov", NS "final_time", "1", NS "frames", "2"},
   {"shift(y)", "reflect(x) w=-w"}},
  {"burgers", 64, 1e-13, 300, {"-burgers_grid", "512", "-burgers_resolution", "32"}, {"reflect(x)", "negate"}},
  {"burgers",
   30,
   1e-13,
   0,
   {"-burgers_grid", "512", "-burgers_resolution", "15", "-burgers_frames", "3"},
   {"reflect(x)", "negate"}},
  {"heat", 15 * 4, 1e-13, 300, {"-heat_grid", "32", "-heat_resolution", "15", "-heat_final_time", "0.1"}, {NULL}},
  {"heat", 81 * 16, 1e-13, 0, {"-heat_axes", "2", "-heat_grid", "16", "-heat_resolution", "9"}, {NULL}},
  {"heat", 512 * 96, 1e-13, 0, {"-heat_axes", "3", "-heat_grid", "12", "-heat_resolution", "8"}, {NULL}},
  {"dispersion",
   32,
   1e-13,
   0,
   {"-dispersion_grid", "32", "-dispersion_resolution", "16"},
   {"reflect(x)", "reflect(x) negate"}},
  {"dispersion",
   64 * 4,
   1e-13,
   0,
   {"-dispersion_axes", "2", "-dispersion_grid", "15", "-dispersion_resolution", "8"},
   {"reflect(x)", "reflect(y) negate"}},
  {"dispersion", 1728 * 12, 1e-13, 0, {"-dispersion_axes", "3", "-dispersion_grid", "12"}, {"reflect(z)"}},
  {"kdv",
   64,
   1e-13,
   0,
   {"-kdv_grid", "256", "-kdv_resolution", "64", "-kdv_final_time", "0.5", "-kdv_frames", "3"},
   {"reflect(x)", "reflect(x) negate", "negate"}},
  {"kuramoto_sivashinsky",
   40,
   1e-13,
   0,
   {"-kuramoto_sivashinsky_grid", "128", "-kuramoto_sivashinsky_resolution", "20", "-kuramoto_sivashinsky_final_time",
    "1", "-kuramoto_sivashinsky_frames", "3"},
   {"reflect(x)", "negate"}},
  {"fisher_kpp",
   33 * 2,
   1e-13,
   100,
   {"-fisher_kpp_grid", "256", "-fisher_kpp_resolution", "33", "-fisher_kpp_final_time", "0.2", "-fisher_kpp_frames",
    "3"},
   {"negate"}},
  {"fisher_kpp",
   64 * 8,
   1e-13,
   0,
   {"-fisher_kpp_axes", "2", "-fisher_kpp_grid", "128", "-fisher_kpp_resolution", "8", "-fisher_kpp_final_time", "0.1",
    "-fisher_kpp_frames", "3"},
   {"negate"}},
  {"allen_cahn",
   81 * 16,
   1e-13,
   0,
   {"-allen_cahn_grid", "96", "-allen_cahn_resolution", "9", "-allen_cahn_final_time", "0.2", "-allen_cahn_frames",
    "3"},
   {NULL}},
  {"swift_hohenberg",
   225 * 8,
   1e-13,
   0,
   {"-swift_hohenberg_grid", "96", "-swift_hohenberg_resolution", "15", "-swift_hohenberg_final_time", "0.5",
    "-swift_hohenberg_frames", "3"},
   {"negate"}},
  {"swift_hohenberg",
   225 * 16,
   1e-13,
   0,
   {"-swift_hohenberg_grid", "96", "-swift_hohenberg_resolution", "15", "-swift_hohenberg_final_time", "0.5",
    "-swift_hohenberg_frames", "3", "-swift_hohenberg_quadratic", "0"},
   {NULL}},
  {"gray_scott",
   33 * 2,
   1e-13,
   0,
   {"-gray_scott_axes", "1", "-gray_scott_grid", "192", "-gray_scott_resolution", "33", "-gray_scott_final_time", "10",
    "-gray_scott_frames", "3"},
   {"negate", "u=v v=u"}},
  {"fitzhugh_nagumo",
   225 * 8,
   1e-13,
   0,
   {"-fitzhugh_nagumo_grid", "96", "-fitzhugh_nagumo_resolution", "15", "-fitzhugh_nagumo_final_time", "0.2",
    "-fitzhugh_nagumo_frames", "3"},
   {"negate", "u=v v=u"}},
  {"fitzhugh_nagumo",
   225 * 16,
   1e-13,
   0,
   {"-fitzhugh_nagumo_grid", "96", "-fitzhugh_nagumo_resolution", "15", "-fitzhugh_nagumo_final_time", "0.2",
    "-fitzhugh_nagumo_frames", "3", "-fitzhugh_nagumo_threshold", "0"},
   {"u=v v=u"}},
  {"schroedinger",
   20 * 8,
   1e-13,
   0,
   {"-schroedinger_grid", "192", "-schroedinger_resolution", "20", "-schroedinger_final_time", "0.2",
    "-schroedinger_frames", "3"},
   {"v=-v", "u=v v=u"}},
  {"schroedinger",
   81 * 32,
   1e-13,
   0,
   {"-schroedinger_axes", "2", "-schroedinger_grid", "80", "-schroedinger_resolution", "9", "-schroedinger_final_time",
    "0.05", "-schroedinger_frames", "3"},
   {"u=-u"}},
  {"vector_burgers",
   225 * 8,
   1e-13,
   0,
   {"-vector_burgers_grid", "64", "-vector_burgers_resolution", "15", "-vector_burgers_final_time", "0.1",
    "-vector_burgers_frames", "3"},
   {"reflect(x)", "exchange(x,y)", "negate", "u=v v=u"}},
  {"vector_burgers",
   512 * 48,
   1e-13,
   0,
   {"-vector_burgers_axes", "3", "-vector_burgers_grid", "27", "-vector_burgers_resolution", "8",
    "-vector_burgers_final_time", "0.05", "-vector_burgers_frames", "3"},
   {"reflect(z)", "reflect(z) u=-u"}},
  {"navier_stokes_3d",
   8000 * 48,
   1e-13,
   20,
   {"-navier_stokes_3d_grid", "27", "-navier_stokes_3d_resolution", "20", "-navier_stokes_3d_final_time", "0.1",
    "-navier_stokes_3d_frames", "3"},
   {"reflect(x)", "exchange(x,y)", "negate"}},
  {"advection",
   2,
   1e-13,
   300,
   {"-advection_grid", "24", "-advection_final_time", "0.1", "-advection_frames", "2"},
   {"reflect(x)", "reflect(x) negate"}},
  {"advection",
   4,
   1e-13,
   100,
   {"-advection_axes", "2", "-advection_grid", "12", "-advection_final_time", "0.1", "-advection_frames", "2",
    "-advection_initial", "quadrants", "-advection_sides", "outflow"},
   {"reflect(x)", "reflect(y)"}},
  {"burgers_grid",
   2,
   1e-13,
   300,
   {"-burgers_grid_grid", "64", "-burgers_grid_resolution", "16", "-burgers_grid_final_time", "0.2",
    "-burgers_grid_frames", "2"},
   {"reflect(x)", "negate"}},
  {"burgers_grid",
   4,
   1e-13,
   100,
   {"-burgers_grid_axes", "2", "-burgers_grid_grid", "16", "-burgers_grid_final_time", "0.1", "-burgers_grid_frames",
    "2", "-burgers_grid_initial", "quadrants", "-burgers_grid_sides", "outflow"},
   {"reflect(x) negate", "negate"}},
  {"euler",
   8,
   1e-12,
   100,
   {"-euler_grid", "16", "-euler_final_time", "0.1", "-euler_frames", "2"},
   {"reflect(x)", "Vx=-Vx", "exchange(x,y)"}},
  {"euler",
   4,
   1e-12,
   0,
   {"-euler_grid", "16", "-euler_final_time", "0.1", "-euler_frames", "2", "-euler_sides",
    "outflow,outflow,reflecting,reflecting"},
   {"exchange(x,y) Vx=Vy Vy=Vx"}},
  {"euler",
   1,
   1e-12,
   0,
   {"-euler_axes", "1", "-euler_grid", "32", "-euler_final_time", "0.1", "-euler_frames", "2", "-euler_sides",
    "reflecting,outflow"},
   {"reflect(x) Vx=-Vx"}},
  {"euler",
   512 * 48,
   1e-12,
   0,
   {"-euler_axes", "3", "-euler_grid", "16", "-euler_resolution", "8", "-euler_final_time", "0.05", "-euler_frames",
    "2", "-euler_initial", "turbulence", "-euler_sides", "periodic"},
   {"reflect(z)"}},
  {"compressible",
   225 * 4,
   1e-12,
   60,
   {"-compressible_axes", "2", "-compressible_grid", "30", "-compressible_resolution", "15", "-compressible_final_time",
    "0.05", "-compressible_frames", "2", "-compressible_initial", "waves", "-compressible_sides", "periodic"},
   {"reflect(x)", "negate"}},
  {"diffusion_sorption",
   1,
   1e-13,
   0,
   {"-diffusion_sorption_grid", "24", "-diffusion_sorption_final_time", "50", "-diffusion_sorption_frames", "2"},
   {"reflect(x)", "negate"}},
  {"diffusion_reaction",
   2,
   1e-13,
   300,
   {"-diffusion_reaction_grid", "24", "-diffusion_reaction_final_time", "0.01", "-diffusion_reaction_frames", "2"},
   {"negate"}},
  {"diffusion_reaction",
   144 * 8,
   1e-13,
   100,
   {"-diffusion_reaction_axes", "2", "-diffusion_reaction_grid", "24", "-diffusion_reaction_resolution", "12",
    "-diffusion_reaction_final_time", "0.01", "-diffusion_reaction_frames", "2", "-diffusion_reaction_initial",
    "field"},
   {"negate"}},
  {"diffusion_reaction",
   2,
   1e-13,
   0,
   {"-diffusion_reaction_axes", "2", "-diffusion_reaction_grid", "12", "-diffusion_reaction_final_time", "0.1",
    "-diffusion_reaction_frames", "2", "-diffusion_reaction_initial", "noise", "-diffusion_reaction_sides",
    "dirichlet,neumann,neumann,neumann"},
   {"reflect(x)", "exchange(x,y)"}},
  {"activator_inhibitor",
   8,
   1e-13,
   100,
   {"-activator_inhibitor_grid", "16", "-activator_inhibitor_final_time", "0.5", "-activator_inhibitor_frames", "2"},
   {"negate", "u=v v=u"}},
  {"activator_inhibitor",
   16,
   1e-13,
   0,
   {"-activator_inhibitor_grid", "16", "-activator_inhibitor_final_time", "0.5", "-activator_inhibitor_frames", "2",
    "-activator_inhibitor_threshold", "0"},
   {"u=-u", "u=v v=u"}},
  {"heat_walls",
   16,
   1e-13,
   200,
   {"-heat_walls_grid", "16", "-heat_walls_final_time", "0.5", "-heat_walls_frames", "2"},
   {"f=-f"}},
  {"heat_walls",
   96,
   1e-13,
   40,
   {"-heat_walls_axes", "3", "-heat_walls_grid", "8", "-heat_walls_final_time", "0.5", "-heat_walls_frames", "2",
    "-heat_walls_sides", "neumann"},
   {"u=-u"}},
  {"heat_walls",
   2,
   1e-13,
   0,
   {"-heat_walls_grid", "16", "-heat_walls_final_time", "0.5", "-heat_walls_frames", "2", "-heat_walls_sides",
    "robin,neumann,neumann,neumann", "-heat_walls_side_values", "1,0,0,0"},
   {"negate", "reflect(x)", "exchange(x,y)"}},
  {"wave",
   16,
   1e-13,
   100,
   {"-wave_grid", "16", "-wave_final_time", "0.5", "-wave_frames", "2"},
   {"negate", "u=-u", "reflect(x) v=-v"}},
  {"wave",
   144 * 16,
   1e-13,
   0,
   {"-wave_grid", "24", "-wave_resolution", "12", "-wave_final_time", "0.5", "-wave_frames", "2", "-wave_sides",
    "periodic"},
   {"negate", "v=-v"}},
  {"helmholtz", 8, 1e-11, 200, {"-helmholtz_grid", "16", "-helmholtz_wavenumber", "5"}, {"negate", "u_im=-u_im"}},
  {"helmholtz", 2, 1e-11, 0, {"-helmholtz_axes", "1", "-helmholtz_grid", "64"}, {"u_re=u_im u_im=u_re"}},
  {"elasticity",
   16,
   1e-8,
   100,
   {"-elasticity_grid", "12"},
   {"reflect(x)", "exchange(x,y)", "u=v v=u fx=fy fy=fx", "u=-u fx=-fx"}},
  {"elasticity",
   4,
   1e-8,
   0,
   {"-elasticity_grid", "12", "-elasticity_sides", "clamped,free,free,free"},
   {"reflect(x) fx=-fx u=-u", "exchange(x,y) fx=fy fy=fx u=v v=u"}},
  {"incompressible",
   8,
   1e-12,
   100,
   {"-incompressible_grid", "12", "-incompressible_final_time", "0.5", "-incompressible_frames", "2",
    "-incompressible_frequency", "0.5"},
   {"reflect(x)", "Vx=-Vx fx=-fx", "Vx=-Vx Vy=-Vy fx=-fx fy=-fy"}},
  {"incompressible",
   4,
   1e-12,
   0,
   {"-incompressible_grid", "12", "-incompressible_final_time", "0.5", "-incompressible_frames", "2",
    "-incompressible_sides", "slip,slip,noslip,noslip"},
   {"exchange(x,y) Vx=Vy Vy=Vx fx=fy fy=fx"}},
  {"incompressible",
   512 * 48,
   1e-12,
   0,
   {"-incompressible_axes", "3", "-incompressible_grid", "16", "-incompressible_resolution", "8",
    "-incompressible_final_time", "0.2", "-incompressible_frames", "2", "-incompressible_sides", "periodic"},
   {"negate"}},
  {"shallow_water",
   8,
   1e-12,
   100,
   {"-shallow_water_grid", "18", "-shallow_water_final_time", "0.5", "-shallow_water_frames", "2"},
   {"reflect(x) Vy=-Vy"}},
};

/* What is given, and what is solved for it, of the solver and of one element. */
typedef struct {
  Ensemble       e;
  const KNSpace *given; /* of steady problems the input, else a state */
  size_t         nx, ny;
  PetscReal     *x, *y, *gx, *gy, *solved;
} Work;

static PetscErrorCode SolveGiven(Work *w, const PetscReal x[], PetscReal y[], PetscBool *converged)
{
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(KNSolverSolveGiven(w->e.solver, x, y, &report));
  *converged = report.converged;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void MoveInput(const Work *w, const KNElement *g, const PetscReal from[], PetscReal to[])
{
  kn_symmetry_apply_real(to, from, w->e.problem->frames ? &g->output : &g->input, 1, (size_t)w->given->fields,
                         &w->given->grid);
}

/* |solve(g x) - g solve(x)|, relative; infinite where the image cannot be solved. */
static PetscErrorCode Miss(Work *w, const KNElement *g, PetscReal *miss)
{
  const KNProblem *p     = w->e.problem;
  PetscReal        scale = 0;
  PetscBool        converged;

  PetscFunctionBegin;
  MoveInput(w, g, w->x, w->gx);
  kn_symmetry_apply_real(w->gy, w->y, &g->output, (size_t)PetscMax(p->frames, 1), (size_t)p->output.fields,
                         &p->output.grid);
  PetscCall(SolveGiven(w, w->gx, w->solved, &converged));
  for (size_t i = 0; i < w->ny; i++) scale = PetscMax(scale, PetscAbsReal(w->y[i]));
  *miss = converged ? Distance(w->solved, w->gy, w->ny) / scale : PETSC_INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestElements(const Case *c, Work *w, KNSymmetry group)
{
  const KNElement *generator;
  PetscReal        worst = 0, miss;
  PetscInt         count;
  KNElement        product;

  PetscFunctionBegin;
  generator = KNSymmetryGenerators(group, &count);
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(Miss(w, &generator[i], &miss));
    worst = PetscMax(worst, miss);
    CHECK(miss <= c->tolerance, "%s: \"%s\" misses by %g", c->pde, w->e.problem->symmetry[i], (double)miss);
  }
  KNSymmetryGetElement(group, KNSymmetryOrder(group) / 2 + KNSymmetryOrder(group) / 5, &product);
  PetscCall(Miss(w, &product, &miss));
  CHECK(miss <= c->tolerance, "%s: a product misses by %g", c->pde, (double)miss);
  for (PetscInt i = 0; i < MOST_WRONG && c->wrong[i]; i++) {
    char      reason[256];
    KNElement wrong;

    PetscCall(KNSymmetryParse(w->e.problem, c->wrong[i], &wrong, sizeof(reason), reason));
    CHECK(!reason[0], "%s: \"%s\": %s", c->pde, c->wrong[i], reason);
    PetscCall(Miss(w, &wrong, &miss));
    CHECK(miss > 1e-4, "%s: \"%s\", which is no symmetry, misses by %g only", c->pde, c->wrong[i], (double)miss);
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "%-22s %8" PetscInt64_FMT " elements, generators miss by %.1e\n", c->pde,
                        KNSymmetryOrder(group), (double)worst));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A direction in the space of inputs: sums of it with x and its image are distributed alike. */
static PetscReal Along(PetscInt direction, const PetscReal x[], size_t n)
{
  PetscReal sum = 0;

  for (size_t i = 0; i < n; i++) {
    uint64_t word[4];

    KNRandomWords(3, KN_STREAM_TEST, direction, (PetscInt64)i, 0, 0, word);
    sum += (KNUniform(word[0]) - 0.5) * x[i];
  }
  return sum;
}

/* Mean difference of the first two moments of x and g x, in standard errors. */
static PetscErrorCode TestDistribution(const Case *c, Work *w, KNSymmetry group)
{
  const KNElement *generator;
  PetscInt         count;
  PetscReal       *sum; /* (count, DIRECTIONS, 2, 2): differences, and their squares */

  PetscFunctionBegin;
  generator = KNSymmetryGenerators(group, &count);
  PetscCall(PetscCalloc1((size_t)count * DIRECTIONS * 4, &sum));
  for (PetscInt sample = 0; sample < c->draws; sample++) {
    const PetscReal *x = w->e.problem->frames ? w->e.output : w->e.input;
    KNSolverReport   report;

    PetscCall(EnsembleSolve(&w->e, 11, sample, &report));
    for (PetscInt i = 0; i < count; i++) {
      MoveInput(w, &generator[i], x, w->gx);
      for (PetscInt k = 0; k < DIRECTIONS; k++) {
        const PetscReal a = Along(k, x, w->nx), b = Along(k, w->gx, w->nx), d[] = {a - b, a * a - b * b};
        PetscReal      *to = sum + 4 * (i * DIRECTIONS + k);

        for (int moment = 0; moment < 2; moment++) {
          to[2 * moment] += d[moment];
          to[2 * moment + 1] += d[moment] * d[moment];
        }
      }
    }
  }
  for (PetscInt i = 0; i < count * DIRECTIONS * 2 && c->draws; i++) {
    const PetscReal n = c->draws, error = PetscSqrtReal(PetscMax(sum[2 * i + 1], PETSC_MIN_REAL)) / n;

    CHECK(PetscAbsReal(sum[2 * i]) / n <= 4.5 * error + 1e-9,
          "%s: \"%s\" changes moment %" PetscInt_FMT " of the inputs by %g standard errors", c->pde,
          w->e.problem->symmetry[i / (2 * DIRECTIONS)], i % 2 + 1, (double)(sum[2 * i] / n / error));
  }
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestCase(const Case *c)
{
  Work           w;
  KNSolverReport report;
  KNSymmetry     group;
  PetscBool      converged;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, c->pde, c->option, &w.e));
  w.given = w.e.problem->frames ? &w.e.problem->output : &w.e.problem->input;
  w.nx    = KNSpaceSize(w.given);
  w.ny    = KNProblemOutputSize(w.e.problem);
  PetscCall(KNSymmetryCreate(w.e.problem, c->pde, PETSC_ERR_PLIB, &group));
  CHECK(KNSymmetryOrder(group) == c->order, "%s: %" PetscInt64_FMT " elements, not %" PetscInt64_FMT, c->pde,
        KNSymmetryOrder(group), c->order);
  PetscCall(PetscMalloc5(w.nx, &w.x, w.ny, &w.y, w.nx, &w.gx, w.ny, &w.gy, w.ny, &w.solved));
  PetscCall(EnsembleSolve(&w.e, 7, 5, &report));
  PetscCall(PetscArraycpy(w.x, w.e.problem->frames ? w.e.output : w.e.input, w.nx));
  PetscCall(SolveGiven(&w, w.x, w.y, &converged));
  CHECK(converged, "%s: the given input is not solved", c->pde);
  PetscCall(TestElements(c, &w, group));
  if (group) PetscCall(TestDistribution(c, &w, group));
  PetscCall(PetscFree5(w.x, w.y, w.gx, w.gy, w.solved));
  PetscCall(KNSymmetryDestroy(&group));
  PetscCall(EnsembleDestroy(&w.e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt s = 0; KNSolverNames()[s]; s++) {
    PetscInt found = 0;

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
      if (strcmp(cases[i].pde, KNSolverNames()[s])) continue;
      PetscCall(TestCase(&cases[i]));
      found++;
    }
    CHECK(found, "the symmetries of %s are not tested: add a case, of order 1 if it has none", KNSolverNames()[s]);
  }
  PetscCall(PetscFinalize());
  return 0;
}
