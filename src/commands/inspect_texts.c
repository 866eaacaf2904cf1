/* Inspecting texts: their vocabulary, how long they are, the first of them, and a picture of the lengths. */
#include "inspect.h"
#include <kitinet/picture.h>
#include <string.h>

enum { FREQUENT = 12, RARE = 4, BINS = 64 };

size_t KNInspectJoin(const char *const name[], const int32_t token[], int32_t length, size_t size, char text[])
{
  size_t used = 0;

  text[0] = 0;
  for (int32_t i = length > 0 && !strcmp(name[token[0]], "[beginning]"); i < length; i++) {
    const size_t bytes = strlen(name[token[i]]) + (used > 0);

    if (used + bytes + 4 > size) {
      (void)snprintf(text + used, size - used, " ..");
      return used + 3;
    }
    used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", name[token[i]]);
  }
  return used;
}

PetscErrorCode KNInspectPrintWords(const KNSpace *space, const PetscInt64 count[])
{
  const char **name;
  PetscInt64   all  = 0;
  PetscInt     rare = PetscMax(space->count - RARE, KN_WORDS_RESERVED + FREQUENT), never = 0;

  PetscFunctionBegin;
  PetscCall(KNSpaceListNames(space, &name));
  for (PetscInt i = 0; i < space->count; i++) all += count[i];
  for (PetscInt i = KN_WORDS_RESERVED; i < space->count; i++) never += !count[i];
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  vocabulary  %" PetscInt_FMT " words:", space->count));
  for (PetscInt i = 0; i < PetscMin(space->count, KN_WORDS_RESERVED + FREQUENT); i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s", name[i]));
  if (rare < space->count) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " .."));
  for (PetscInt i = rare; i < space->count; i++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s", name[i]));
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD, "\n              %.3g %% of the tokens are %s, %" PetscInt_FMT " words do not occur here\n",
    100.0 * (double)count[KN_WORD_UNKNOWN] / (double)PetscMax(all, 1), name[KN_WORD_UNKNOWN], never));
  PetscCall(PetscFree(name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectPrintLengths(const KNSpace *space, PetscInt64 samples, const int32_t length[])
{
  static const int percent[] = {5, 25, 50, 75, 95};
  PetscInt        *sorted;
  PetscInt64       full = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(samples, &sorted));
  for (PetscInt64 row = 0; row < samples; row++) {
    sorted[row] = length[row];
    full += length[row] == space->length;
  }
  PetscCall(PetscSortInt((PetscInt)samples, sorted));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "              up to"));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(percent); i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s %" PetscInt_FMT " in %d %%", i ? "," : "",
                          sorted[(samples - 1) * percent[i] / 100], percent[i]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "; %" PetscInt64_FMT " have all %" PetscInt_FMT "\n", full, space->length));
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectShowText(const char *const name[], const int32_t token[], int32_t length)
{
  enum { WIDTH = 112 };
  char  *text, *at;
  size_t size = 4, left;

  PetscFunctionBegin;
  for (int32_t i = 0; i < length; i++) size += strlen(name[token[i]]) + 1;
  PetscCall(PetscMalloc1(size, &text));
  left = KNInspectJoin(name, token, length, size, text);
  for (at = text; left;) {
    size_t line = PetscMin(left, WIDTH);

    while (line < left && line && at[line] != ' ') line--;
    if (!line) line = PetscMin(left, strcspn(at, " "));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "    %.*s\n", (int)line, at));
    at += line;
    left -= line;
    if (left && *at == ' ') at++, left--;
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectDrawLengths(KNDataset dataset, const char path[])
{
  enum { CURVES = 8 };
  const KNProblem *problem;
  const int32_t   *label, *length;
  const char     **name;
  PetscInt64       samples;
  PetscInt         curves, bins, width;
  PetscReal       *x, *share; /* (bins), (curves, bins) */
  KNPictureCurve   curve[CURVES];
  char             file[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, &label, &length, NULL));
  width  = (problem->input.length + BINS - 1) / BINS;
  bins   = problem->input.length / width + 1;
  curves = label && problem->output.count <= CURVES ? problem->output.count : 1;
  PetscCall(PetscCalloc2(bins, &x, curves * bins, &share));
  PetscCall(KNSpaceListNames(&problem->output, &name));
  for (PetscInt64 row = 0; row < samples; row++)
    share[(curves > 1 ? label[row] : 0) * bins + length[row] / width] += 100 / (PetscReal)samples;
  for (PetscInt b = 0; b < bins; b++) x[b] = (PetscReal)(b * width) + (PetscReal)(width - 1) / 2;
  for (PetscInt c = 0; c < curves; c++)
    curve[c] = (KNPictureCurve){.name = curves > 1 ? name[c] : "all", .n = bins, .x = x, .y = share + c * bins};
  PetscCall(PetscSNPrintf(file, sizeof(file), "%s-lengths", path));
  PetscCall(KNPictureCurves(file, NULL, "words of a sample", "% of the samples", KN_AXES_LINEAR, curves, curve));
  PetscCall(PetscFree(name));
  PetscCall(PetscFree2(x, share));
  PetscFunctionReturn(PETSC_SUCCESS);
}
