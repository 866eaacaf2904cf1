/* What the inspections of datasets and checkpoints print alike. */
#include "inspect.h"

PetscErrorCode KNInspectPrintLines(const char text[])
{
  PetscFunctionBegin;
  while (*text) {
    const int length = (int)strcspn(text, "\n");

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "    %.*s\n", length, text));
    text += length + (text[length] == '\n');
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectPrintProblem(const KNProblem *problem)
{
  static const char *const points[] = {"cell centres", "nodes with both ends", "periodic points"};

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  pde         %s: %s\n  boundary    %s\n  grid        %" PetscInt_FMT, problem->pde, problem->equation, problem->boundary, problem->output.grid.n[0]));
  for (PetscInt d = 1; d < problem->output.grid.dim; d++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " x %" PetscInt_FMT, problem->output.grid.n[d]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s\n", points[problem->output.grid.points]));
  if (problem->frames) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  frames      %" PetscInt_FMT ", t = %g to %g\n", problem->frames, (double)problem->times[0], (double)problem->times[problem->frames - 1]));
  for (PetscInt i = 0; i < problem->parameters; i++) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %s = %.10g [%s]\n", i ? "" : "parameters", problem->parameter[i].name, (double)problem->parameter[i].value, problem->parameter[i].unit));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
