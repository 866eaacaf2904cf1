/* Numbers wider than float32, and scaled ones: what float32 cannot hold is refused, what it would lose is said. */
#include "format_impl.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The power of ten that brings a number near 1. */
static int ScaleOf(double magnitude)
{
  return -(int)floor(log10(magnitude));
}

int KNSourceNarrow(KNSource source, KNVariable *variable, size_t size, size_t first, size_t samples,
                   size_t sample_stride, void *slab)
{
  char *const  bytes = (char *)slab;
  const double scale = variable->scale != 0 ? variable->scale : 1;

  for (size_t i = 0; i < size; i++) {
    double d;
    float  f;

    memcpy(&d, bytes + i * sizeof(d), sizeof(d));
    f = (float)(scale == 1 ? d : scale * d); // NaN keeps its bits
    memcpy(bytes + i * sizeof(f), &f, sizeof(f));
    if (d == 0 || !isfinite(d)) continue;
    if (isinf(f)) {
      char row[32] = "";

      if (samples) snprintf(row, sizeof(row), "row %zu of ", first + i / sample_stride % samples);
      return KNFileFail(&source->file, source->file.code,
                        "%s%s holds %.6g, and float32 holds %.2g at most: scale it, as with -scale %s=1e%d", row,
                        variable->name, d, (double)FLT_MAX, variable->name, ScaleOf(fabs(d)));
    }
    variable->numbers++;
    variable->lost += fabsf(f) < FLT_MIN;
    variable->largest = PetscMax(variable->largest, fabs(d));
  }
  return 0;
}

int KNSourceScale(KNSource source, const char text[])
{
  const char       *equals = strrchr(text, '=');
  char              name[KN_MAX_TEXT], *end = NULL;
  const double      factor   = equals ? strtod(equals + 1, &end) : 0;
  const KNVariable *variable = NULL;
  PetscBool         read     = PETSC_FALSE;

  if (!equals || end == equals + 1 || *end || !isfinite(factor) || factor == 0)
    return KNFileFail(&source->file, KN_ERR_USAGE,
                      "-scale %s is not of the form VARIABLE=FACTOR, with a finite factor other than 0", text);
  snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
  variable = KNSourceFind(source, name);
  for (PetscInt i = 0; i < source->pieces && variable; i++)
    read = (PetscBool)(read || source->piece[i].variable == variable - source->variable);
  if (!read) return KNSourceAsk(source, "-scale %s names none of the variables that are read", text);
  source->variable[variable - source->variable].scale = factor;
  return 0;
}

PetscErrorCode KNSourceWarn(KNSource source)
{
  PetscFunctionBegin;
  if (source->format == &KNFormat_Texts) PetscCall(KNTextsWarn(source));
  for (PetscInt i = 0; i < source->variables; i++) {
    const KNVariable *variable = &source->variable[i];
    PetscInt64        count[2] = {variable->numbers, variable->lost};
    double            largest  = variable->largest;

    if (!variable->wide && variable->scale == 0) continue; // the same on all ranks
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 2, MPIU_INT64, MPI_SUM, source->comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, source->comm));
    if (!count[0] || count[1] < count[0]) continue;
    PetscCall(PetscFPrintf(source->comm, stderr,
                           "kitinet: warning: %s: no value of %s that was read exceeds %.2g, and float32 loses digits, "
                           "or all of the number, below %.2g: scale it, as with -scale %s=1e%d\n",
                           source->path[0], variable->name, largest, (double)FLT_MIN, variable->name,
                           ScaleOf(largest)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
