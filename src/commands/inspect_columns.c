/*
  Inspecting what a dataset has beside its fields: classes, lengths of sequences, parameters of each sample. All of it
  is in memory, on each rank.
*/
#include "inspect.h"
#include <math.h>

#define SHOWN 20 /* classes that are listed */

/* How many samples each class has, the first ones. */
static PetscErrorCode PrintClasses(const KNSpace *space, PetscInt64 samples, const int32_t label[])
{
  const char *name = space->names;
  PetscInt64 *count, most = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(space->count, &count));
  for (PetscInt64 row = 0; row < samples; row++) count[label[row]]++;
  for (PetscInt i = 0; i < space->count; i++) most = PetscMax(most, count[i]);
  for (PetscInt i = 0; i < PetscMin(space->count, SHOWN); i++, name += strlen(name) + 1) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %3" PetscInt_FMT "  %-24s %8" PetscInt64_FMT " samples\n",
                          i ? "" : "classes", i, name, count[i]));
  }
  if (space->count > SHOWN)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "              .. and %" PetscInt_FMT " more; the most frequent of all has %" PetscInt64_FMT
                          " samples\n",
                          space->count - SHOWN, most));
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintLengths(PetscInt64 samples, const int32_t length[])
{
  int32_t least = length[0], most = length[0];
  double  sum = 0;

  PetscFunctionBegin;
  for (PetscInt64 row = 0; row < samples; row++) {
    least = PetscMin(least, length[row]);
    most  = PetscMax(most, length[row]);
    sum += length[row];
  }
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD, "  sequences   %d to %d tokens, mean %.1f\n", least, most, sum / (double)samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintParameters(const KNProblem *problem, PetscInt64 samples, const double value[])
{
  const size_t P = (size_t)problem->coefficients;

  PetscFunctionBegin;
  for (size_t i = 0; i < P; i++) {
    const KNField *f     = &problem->coefficient[i];
    double         least = INFINITY, most = -INFINITY, sum = 0, square = 0, mean;

    for (PetscInt64 row = 0; row < samples; row++) {
      const double v = value[(size_t)row * P + i];

      least = PetscMin(least, v);
      most  = PetscMax(most, v);
      sum += v;
    }
    mean = sum / (double)samples;
    for (PetscInt64 row = 0; row < samples; row++) square += PetscSqr(value[(size_t)row * P + i] - mean);
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %s [%s]: %.6g to %.6g, mean %.6g, std %.6g%s\n",
                          i ? "" : "of a sample", f->name, f->unit, least, most, mean,
                          PetscSqrtReal(square / (double)samples), f->logarithmic ? ", logarithmic" : ""));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectPrintColumns(KNDataset dataset)
{
  const KNProblem *problem;
  const int32_t   *label, *length;
  const double    *parameters;
  PetscInt64       samples;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, &label, &length, &parameters));
  if (parameters) PetscCall(PrintParameters(problem, samples, parameters));
  if (length) PetscCall(PrintLengths(samples, length));
  if (length) PetscCall(KNInspectPrintLengths(&problem->input, samples, length));
  if (label) PetscCall(PrintClasses(&problem->output, samples, label));
  PetscFunctionReturn(PETSC_SUCCESS);
}
