/* The end of a generation: how many samples, how fast, which of them gave trouble. */
#include "generate.h"
#include <petsctime.h>
#include <sys/stat.h>

#define SHOWN 10 /* samples that a line names */

/* "3 samples excluded: 17, 40, 63" */
static PetscErrorCode PrintOutcome(const KNGeneration *g, KNRowOutcome outcome, const char text[])
{
  PetscInt64 shown = 0;

  PetscFunctionBegin;
  if (!g->counted[outcome]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " %s:", g->counted[outcome], text));
  for (PetscInt64 row = 0; row < g->samples && shown < SHOWN; row++) {
    if (g->outcome[row] == (signed char)outcome)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s%" PetscInt64_FMT, shown++ ? ", " : " ", g->sample[row]));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s\n", g->counted[outcome] > shown ? ", .." : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNGenerationPrintSummary(const KNGeneration *g)
{
  const PetscInt64 solved = g->counted[KN_ROW_SOLVED] + g->counted[KN_ROW_RETRIED],
                   tried  = solved + g->counted[KN_ROW_EXCLUDED];
  PetscLogDouble now;
  struct stat    status = {0};

  PetscFunctionBegin;
  PetscCall(PetscTime(&now));
  if (g->rank == 0) (void)stat(g->output, &status);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%" PetscInt64_FMT
                        " samples in %.1f s, %.3g a second; %.1f iterations on average, at most %" PetscInt64_FMT "\n",
                        solved, now - g->begin, (double)solved / (now - g->begin),
                        (double)g->iterations / (double)PetscMax(tried, 1), g->most));
  PetscCall(PrintOutcome(g, KN_ROW_RETRIED, "solved at the second attempt, by a safer solver"));
  PetscCall(PrintOutcome(g, KN_ROW_EXCLUDED, "excluded"));
  if (g->counted[KN_ROW_EXCLUDED])
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "the first excluded sample: %s\n", g->reason));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: %.1f MB\n", g->output, (double)status.st_size / 1e6));
  PetscFunctionReturn(PETSC_SUCCESS);
}
