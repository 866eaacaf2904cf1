/*
  The engine for conservation laws: an equation's table (conservation.h) becomes a solver.

    space  cells of equal size; values at faces by MUSCL or WENO (reconstruction.c), a Riemann solver there, one sweep
           over the rows (conservation_sweep.c)
    time   SSP Runge-Kutta steps as long as the fastest waves allow (conservation_step.c)
    start  random states (starts.c), or given ones
    hold   primitive fields at the times 0, T/(frames - 1), .., T, means over the cells of the stored grid

  Where a step leads to no state, although the cells about it fell back to order 1, the sample is solved again with the
  least sharp scheme; where that fails too it is reported.

  Not PETSc's DMDA and TS: a DMDA keeps the fields of a cell side by side, where vectors want the same field of
  successive cells, and TSSSP adds up whole arrays after each stage, where the sweep writes a row's new values while its
  fluxes are in the cache. Slabs are the same: layers of the first axis.
*/
#include <string.h>
#include <kitinet/error.h>
#include "conservation_impl.h"

#define KN_SAFE_CFL 0.5 /* of the wanted one */

/* conservation_options.c */
PETSC_INTERN PetscErrorCode KNSolverSetFromOptions_Conservation(KNSolver solver);
PETSC_INTERN PetscErrorCode KNSolverDescribe_Conservation(KNSolver solver);

/* Cells of the solve grid along a side of a stored one. */
static PetscInt KNLawRatio(const Conservation *c)
{
  return c->n / c->resolution;
}

/* Layers of stored cells that a rank has. */
static void KNLawShare(const Conservation *c, PetscMPIInt rank, PetscInt64 *start, PetscInt64 *end)
{
  KNPartition(c->resolution, c->ranks, rank, start, end);
}

/* The slab of this rank, in whole layers of stored cells, and where it lies in memory. */
static PetscErrorCode KNLawLayout(Conservation *c)
{
  PetscInt64 start, end;
  PetscInt   least;

  PetscFunctionBegin;
  PetscCheck(c->ranks == 1 || c->axes > 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%d ranks cannot share a sample of one axis: take -ranks_per_sample 1", c->ranks);
  c->ghosts = KNReconstructGhosts(c->wanted.reconstruct);
  least     = c->resolution / c->ranks * KNLawRatio(c);
  PetscCheck(least >= c->ghosts, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sgrid %" PetscInt_FMT " gives some of %d ranks %" PetscInt_FMT " layers of cells, %" PetscInt_FMT
             " are needed: take fewer -ranks_per_sample, or a larger grid",
             c->prefix, c->n, c->ranks, least, c->ghosts);
  KNLawShare(c, c->rank, &start, &end);
  c->first = (PetscInt)start * KNLawRatio(c);
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) c->cells[d] = d < c->axes ? c->n : 1;
  c->cells[0] = (PetscInt)(end - start) * KNLawRatio(c);
  c->per      = (PetscReal)c->n / c->length;
  c->size     = 1;
  c->origin   = 0;
  c->padded   = 1;
  for (PetscInt d = c->axes - 1; d >= 0; d--) {
    c->stride[d] = (ptrdiff_t)c->padded;
    c->origin += (size_t)c->ghosts * c->padded;
    c->padded *= (size_t)(c->cells[d] + 2 * c->ghosts);
    c->size *= (size_t)c->cells[d];
  }
  for (PetscInt d = 0; d < c->axes; d++) {
    for (PetscInt f = 0; f < c->fields; f++) c->order[d][f] = f;
    if (c->law->vector < 0) continue;
    c->order[d][c->law->vector]     = c->law->vector + d;
    c->order[d][c->law->vector + d] = c->law->vector;
  }
  PetscCall(PetscMalloc2(c->ranks, &c->counts, c->ranks, &c->displacements));
  for (PetscMPIInt rank = 0; rank < c->ranks; rank++) {
    PetscInt layer = 1;

    for (PetscInt d = 1; d < c->axes; d++) layer *= c->resolution;
    KNLawShare(c, rank, &start, &end);
    c->counts[rank]        = (PetscMPIInt)((end - start) * layer);
    c->displacements[rank] = (PetscMPIInt)(start * layer);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Conservation(KNSolver solver)
{
  Conservation *c           = (Conservation *)solver->data;
  PetscReal   **conserved[] = {&c->initial, &c->u, &c->v[0], &c->v[1]};
  size_t        stored;

  PetscFunctionBegin;
  c->max_steps = solver->max_steps;
  c->comm      = solver->comm;
  PetscCallMPI(MPI_Comm_size(c->comm, &c->ranks));
  PetscCallMPI(MPI_Comm_rank(c->comm, &c->rank));
  PetscCall(KNLawLayout(c));
  stored = (size_t)c->fields * (size_t)c->counts[c->rank];
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(conserved); i++) {
    PetscCall(KNMalloc((size_t)c->fields * c->size, sizeof(PetscReal), conserved[i]));
  }
  for (int i = 0; i < 2; i++) PetscCall(KNMalloc((size_t)c->fields * c->padded, sizeof(PetscReal), &c->w[i]));
  PetscCall(KNMalloc(c->padded, sizeof(PetscReal), &c->trouble));
  PetscCall(KNMalloc(c->padded, sizeof(PetscReal), &c->masked));
  PetscCall(KNMalloc(KNRowLength(c), sizeof(PetscReal), &c->position));
  PetscCall(KNMalloc((size_t)c->fields * KNRowLength(c), sizeof(PetscReal), &c->line));
  PetscCall(KNMalloc(stored, sizeof(PetscReal), &c->average));
  PetscCall(KNMalloc(stored, sizeof(PetscReal), &c->stored));
  PetscCall(PetscArrayzero(c->trouble, c->padded));
  PetscCall(PetscArrayzero(c->masked, c->padded));
  PetscCall(KNSweepCreate(c));
  PetscCall(KNSidesCreate(c));
  PetscCall(KNStartCreate(&c->start));
  PetscCall(KNSolverDescribe_Conservation(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Where the value of cell i is, in units of the side: its centre, on a periodic grid moved with the stored cells, whose
  centres are at I/resolution then.
*/
static PetscReal KNLawPosition(const Conservation *c, PetscInt i)
{
  return ((PetscReal)i + 0.5) / (PetscReal)c->n - (c->periodic ? 0.5 / (PetscReal)c->resolution : 0.0);
}

/* The primitive fields in `line`, row by row, become the initial state. */
static void KNLawKeepRow(Conservation *c, PetscInt row)
{
  const size_t n = KNRowLength(c);
  PetscReal   *u[KN_MAX_CONSERVED], *w[KN_MAX_CONSERVED];

  KNRows(w, c->line, n, 0, c->fields);
  KNRows(u, c->initial, c->size, (size_t)row * n, c->fields);
  if (c->law->conserved) c->law->conserved(u, (const PetscReal *const *)w, n, c->axes, c->p);
  else
    for (PetscInt f = 0; f < c->fields; f++) memcpy(u[f], w[f], n * sizeof(PetscReal));
}

/* Cells of the whole grid along the axes across row `row`. */
static void KNLawRowCells(const Conservation *c, PetscInt row, PetscInt cell[])
{
  if (c->axes == 2) cell[0] = c->first + row;
  if (c->axes == 3) {
    cell[0] = c->first + row / c->cells[1];
    cell[1] = row % c->cells[1];
  }
}

static PetscErrorCode KNSolverDraw_Conservation(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Conservation *c = (Conservation *)solver->data;
  const size_t  n = KNRowLength(c);
  PetscReal    *w[KN_MAX_CONSERVED];

  PetscFunctionBegin;
  KNStartDraw(&c->start, c->law, c->p, seed, sample);
  KNRows(w, c->line, n, 0, c->fields);
  for (size_t i = 0; i < n; i++) c->position[i] = KNLawPosition(c, (PetscInt)i + (c->axes == 1 ? c->first : 0));
  for (PetscInt row = 0; row < KNRowCount(c); row++) {
    PetscInt  cell[KN_MAX_DIM] = {0};
    PetscReal at[KN_MAX_DIM];

    KNLawRowCells(c, row, cell);
    for (PetscInt d = 0; d < c->axes - 1; d++) at[d] = KNLawPosition(c, cell[d]);
    KNStartRow(&c->start, at, c->position, n, w);
    KNLawKeepRow(c, row);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each cell has the value of the stored cell that it lies in. */
static PetscErrorCode KNSolverTake_Conservation(KNSolver solver, const PetscReal given[])
{
  Conservation  *c = (Conservation *)solver->data;
  const size_t   n = KNRowLength(c), points = KNGridSize(&solver->problem.output.grid);
  const PetscInt ratio = KNLawRatio(c);

  PetscFunctionBegin;
  for (PetscInt row = 0; row < KNRowCount(c); row++) {
    PetscInt cell[KN_MAX_DIM] = {0};
    size_t   at               = 0;

    KNLawRowCells(c, row, cell);
    for (PetscInt d = 0; d < c->axes - 1; d++) at = at * (size_t)c->resolution + (size_t)(cell[d] / ratio);
    for (PetscInt f = 0; f < c->fields; f++) {
      const PetscReal *from = given + (size_t)f * points + at * (size_t)c->resolution;

      for (size_t i = 0; i < n; i++) c->line[(size_t)f * n + i] = from[i / (size_t)ratio];
    }
    KNLawKeepRow(c, row);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* average (stored points of the slab) of a conserved field u (size), added up in a fixed order. */
static void KNLawAverage(const Conservation *c, const PetscReal u[], PetscReal average[])
{
  const PetscInt ratio = KNLawRatio(c);
  const size_t   n     = KNRowLength(c);

  for (PetscMPIInt i = 0; i < c->counts[c->rank]; i++) average[i] = 0.0;
  for (PetscInt row = 0; row < KNRowCount(c); row++) {
    PetscInt cell[KN_MAX_DIM] = {0};
    size_t   at               = 0;

    KNLawRowCells(c, row, cell);
    if (c->axes > 1) cell[0] -= c->first;
    for (PetscInt d = 0; d < c->axes - 1; d++) at = at * (size_t)c->resolution + (size_t)(cell[d] / ratio);
    for (size_t i = 0; i < n; i++) average[at * (size_t)c->resolution + i / (size_t)ratio] += u[(size_t)row * n + i];
  }
  for (PetscMPIInt i = 0; i < c->counts[c->rank]; i++) {
    average[i] /= PetscPowRealInt((PetscReal)ratio, (int)c->axes);
  }
}

/* The state now, on the stored grid: frame (fields, S), whole on every rank. */
static PetscErrorCode KNLawStore(KNSolver solver, PetscReal frame[])
{
  Conservation *c      = (Conservation *)solver->data;
  const size_t  points = KNGridSize(&solver->problem.output.grid), mine = (size_t)c->counts[c->rank];
  PetscReal    *u[KN_MAX_CONSERVED], *w[KN_MAX_CONSERVED];

  PetscFunctionBegin;
  KNRows(u, c->average, mine, 0, c->fields);
  KNRows(w, c->stored, mine, 0, c->fields);
  for (PetscInt f = 0; f < c->fields; f++) KNLawAverage(c, c->u + (size_t)f * c->size, u[f]);
  if (c->law->primitive) c->law->primitive(w, (const PetscReal *const *)u, mine, c->axes, c->p);
  else PetscCall(PetscArraycpy(c->stored, c->average, (size_t)c->fields * mine));
  for (PetscInt f = 0; f < c->fields; f++) {
    PetscCallMPI(MPI_Allgatherv(w[f], c->counts[c->rank], MPIU_REAL, frame + (size_t)f * points, c->counts,
                                c->displacements, MPIU_REAL, c->comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All frames with the scheme in force. */
static PetscErrorCode KNLawRun(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Conservation   *c        = (Conservation *)solver->data;
  const size_t    frame    = (size_t)c->fields * KNGridSize(&solver->problem.output.grid);
  const PetscReal interval = c->final_time / (PetscReal)(c->frames - 1);

  PetscFunctionBegin;
  PetscCall(KNMarchBegin(c, &report->converged, report->reason));
  for (PetscInt i = 0; i < c->frames && report->converged; i++) {
    if (i) PetscCall(KNMarch(c, interval, &report->converged, report->reason));
    if (report->converged) PetscCall(KNLawStore(solver, output + (size_t)i * frame));
  }
  report->iterations = c->steps;
  report->retried    = (PetscBool)(report->retried || c->halved);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Conservation(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Conservation *c = (Conservation *)solver->data;

  PetscFunctionBegin;
  c->scheme = c->wanted;
  PetscCall(KNLawRun(solver, output, report));
  if (report->converged || !report->iterations) PetscFunctionReturn(PETSC_SUCCESS);
  c->scheme.reconstruct = KN_RECONSTRUCT_MINMOD;
  c->scheme.flux        = KN_FLUX_RUSANOV;
  c->scheme.cfl *= KN_SAFE_CFL;
  report->retried   = PETSC_TRUE;
  report->reason[0] = '\0';
  PetscCall(KNLawRun(solver, output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Conservation(KNSolver solver)
{
  Conservation *c        = (Conservation *)solver->data;
  PetscReal   **arrays[] = {&c->initial, &c->u,    &c->v[0],     &c->v[1], &c->w[0],    &c->w[1],  &c->trouble,
                            &c->masked,  &c->rows, &c->position, &c->line, &c->average, &c->stored};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(PetscFree2(c->counts, c->displacements));
  PetscCall(KNSidesDestroy(c));
  PetscCall(KNStartDestroy(&c->start));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConservationCreate(KNSolver solver, const KNConservation *law)
{
  Conservation *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->law        = law;
  c->axes       = law->axes;
  c->n          = law->grid;
  c->frames     = law->frames;
  c->length     = law->length;
  c->final_time = law->final_time;
  c->start.kind = law->start;
  c->halo       = 0;
  c->wanted     = (KNScheme){.reconstruct = KN_RECONSTRUCT_MC, .flux = law->flux_kind, .cfl = 0.5};
  for (PetscInt i = 0; i < KN_MAX_LAW_NUMBERS; i++) c->p[i] = law->coefficient[i].value;
  PetscCall(PetscSNPrintf(c->prefix, sizeof(c->prefix), "%s_", solver->problem.pde));

  solver->data               = c;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Conservation;
  solver->ops.setup          = KNSolverSetUp_Conservation;
  solver->ops.draw           = KNSolverDraw_Conservation;
  solver->ops.take           = KNSolverTake_Conservation;
  solver->ops.solve          = KNSolverSolve_Conservation;
  solver->ops.destroy        = KNSolverDestroy_Conservation;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}
