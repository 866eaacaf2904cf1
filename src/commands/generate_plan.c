/* Planning a generation: do the given inputs fit the solver, which sample is which row, what will it take. */
#include "generate.h"
#include <libgen.h>
#include <sys/statvfs.h>

/* The given fields must be those that the solver asks for, by name and in order. */
static PetscErrorCode CheckFields(const KNGeneration *g, PetscInt has, const KNField field[], PetscInt wants,
                                  const KNField wanted[])
{
  PetscFunctionBegin;
  PetscCheck(has == wants, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s holds %" PetscInt_FMT " input fields, %s takes %" PetscInt_FMT, g->from, has, g->problem->pde, wants);
  for (PetscInt i = 0; i < wants; i++)
    PetscCheck(!strcmp(field[i].name, wanted[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s holds the input field \"%s\" where %s takes \"%s\"", g->from, field[i].name, g->problem->pde,
               wanted[i].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steady problems take /x, time-dependent ones frame 0 of /u, or /x with the fields of a state. */
static PetscErrorCode CheckSource(const KNGeneration *g)
{
  const KNProblem *p = g->problem, *source;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(g->source, &source));
  PetscCheck(p->frames || !source->frames, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s is time-dependent, its states are no inputs of %s", g->from, p->pde);
  PetscCall(CheckFields(g, source->frames ? source->output.fields : source->input.fields,
                        source->frames ? source->output.field : source->input.field,
                        p->frames ? p->output.fields : p->input.fields, p->frames ? p->output.field : p->input.field));
  if (p->frames && p->input.fields)
    PetscCall(
      CheckFields(g, source->frames ? source->input.fields : 0, source->input.field, p->input.fields, p->input.field));
  PetscCheck(source->output.grid.dim == p->output.grid.dim, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " axes, %s %" PetscInt_FMT, g->from, source->output.grid.dim, p->pde,
             p->output.grid.dim);
  for (PetscInt d = 0; d < p->output.grid.dim; d++) {
    PetscCheck(source->output.grid.n[d] == p->output.grid.n[d], PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has %" PetscInt_FMT " points along axis %" PetscInt_FMT ", %s would store %" PetscInt_FMT
               ": set -%s_resolution %" PetscInt_FMT ", and -%s_grid to no less",
               g->from, source->output.grid.n[d], d + 1, p->pde, p->output.grid.n[d], p->pde, source->output.grid.n[d],
               p->pde);
  }
  PetscCheck(source->output.grid.points == p->output.grid.points, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its points at %s, %s would take %s: set -%s_points", g->from,
             KNPointsNames[source->output.grid.points], p->pde, KNPointsNames[p->output.grid.points], p->pde);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Coefficients that differ from sample to sample: those of the source, where it has all of them, else drawn for each
  row's sample. The source's lie within the ranges that were given.
*/
static PetscErrorCode TakeCoefficients(KNGeneration *g)
{
  const KNProblem *p = g->problem, *source;
  const double    *value;
  PetscInt         place[KN_MAX_PARAMETERS];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(g->source, &source));
  PetscCall(KNDatasetGetColumns(g->source, NULL, NULL, &value));
  for (PetscInt i = 0; i < p->coefficients; i++) {
    place[i] = 0;
    while (place[i] < source->coefficients && strcmp(source->coefficient[place[i]].name, p->coefficient[i].name))
      place[i]++;
    if (place[i] == source->coefficients) PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!p->coefficients) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(g->samples * p->coefficients, &g->given));
  for (PetscInt64 row = 0; row < g->samples; row++) {
    PetscReal *own = g->given + row * p->coefficients;
    char       reason[KN_MAX_TEXT];

    for (PetscInt i = 0; i < p->coefficients; i++) own[i] = value[(g->first + row) * source->coefficients + place[i]];
    PetscCall(KNSolverCheckCoefficients(g->solver, own, sizeof(reason), reason));
    PetscCheck(!reason[0], PETSC_COMM_WORLD, KN_ERR_INPUT, "row %" PetscInt64_FMT " of %s: %s; widen the range",
               g->first + row, g->from, reason);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNGenerationPlan(KNGeneration *g)
{
  const PetscInt64 *index;
  PetscInt64        rows;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->samples, &g->sample));
  for (PetscInt64 row = 0; row < g->samples; row++) g->sample[row] = g->first + row;
  if (!g->source) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(CheckSource(g));
  PetscCall(KNDatasetGetSamples(g->source, &rows));
  PetscCall(KNDatasetGetIndex(g->source, &index));
  PetscCheck(g->first <= rows - g->samples, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt64_FMT " rows, not %" PetscInt64_FMT " from row %" PetscInt64_FMT
             " on: lower -samples or -first",
             g->from, rows, g->samples, g->first);
  for (PetscInt64 row = 0; row < g->samples; row++) g->sample[row] = index[g->first + row];
  PetscCall(TakeCoefficients(g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Bytes in units that people read: "12.3 MB", "4.5 GB" */
static PetscErrorCode FormatBytes(double bytes, size_t size, char text[])
{
  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(text, size, "%.1f %s", bytes < 1e9 ? bytes / 1e6 : bytes / 1e9, bytes < 1e9 ? "MB" : "GB"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Free bytes where the output will lie, as rank 0 sees them; < 0: the folder is not there. */
static PetscErrorCode FreeSpace(const KNGeneration *g, double *space)
{
  char           folder[PETSC_MAX_PATH_LEN];
  struct statvfs status;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(folder, g->output, sizeof(folder)));
  *space = statvfs(dirname(folder), &status) ? -1.0 : (double)status.f_bavail * (double)status.f_frsize;
  PetscCallMPI(MPI_Bcast(space, 1, MPI_DOUBLE, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNGenerationPrintPlan(const KNGeneration *g)
{
  const KNProblem *p   = g->problem;
  const double     row = (double)(KNProblemInputSize(p) + KNProblemOutputSize(p));
  const double     disk =
    (double)g->samples * (4.0 * row + sizeof(PetscInt64) + sizeof(uint32_t) + 8.0 * (double)p->coefficients);
  const double   index = (double)g->samples * (2.0 * sizeof(PetscInt64) + sizeof(uint32_t) + 3.0);
  PetscLogDouble memory;
  double         space;
  char           memory_text[32], disk_text[32], space_text[32];

  PetscFunctionBegin;
  PetscCall(PetscMemoryGetCurrentUsage(&memory)); // the solver is set up by now
  memory += index + 16.0 * row;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &memory, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscCall(FreeSpace(g, &space));
  PetscCall(FormatBytes(memory, sizeof(memory_text), memory_text));
  PetscCall(FormatBytes(disk, sizeof(disk_text), disk_text));
  PetscCall(FormatBytes(space, sizeof(space_text), space_text));
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD, "problem   %s: %s, %" PetscInt_FMT, p->pde, p->equation, p->output.grid.n[0]));
  for (PetscInt d = 1; d < p->output.grid.dim; d++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " x %" PetscInt_FMT, p->output.grid.n[d]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s", KNPointsNames[p->output.grid.points]));
  if (p->frames) PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", %" PetscInt_FMT " frames", p->frames));
  if (p->coefficients) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\ndiffers   "));
  for (PetscInt i = 0; i < p->coefficients; i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s%s", i ? ", " : "from sample to sample: ", p->coefficient[i].name));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nsamples   %" PetscInt64_FMT ", ", g->samples));
  if (g->source)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "rows %" PetscInt64_FMT " to %" PetscInt64_FMT " of %s\n", g->first,
                          g->first + g->samples - 1, g->from));
  else
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " to %" PetscInt64_FMT " of seed %" PetscInt64_FMT "\n",
                          g->first, g->first + g->samples - 1, g->seed));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "ranks     %d, %" PetscInt_FMT " for a sample: at most %" PetscInt64_FMT " samples each\n",
                        g->size, g->ranks_per_sample, (g->samples + g->groups - 1) / g->groups));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "memory    %s for a rank, with the solver set up\n", memory_text));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "disk      %s for %s; ", disk_text, g->output));
  if (space < 0) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "its folder is not there, create it first\n"));
  else PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s are free%s\n", space_text, space < disk ? ": TOO LITTLE" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}
