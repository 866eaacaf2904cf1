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

KNProblem KNInspectDrawn(const KNProblem *problem)
{
  KNProblem drawn = *problem;

  if (!drawn.input.grid.dim) drawn.input.fields = 0;
  if (!drawn.output.grid.dim || (drawn.input.fields && !KNGridEqual(&drawn.input.grid, &drawn.output.grid)))
    drawn.output.fields = 0;
  KNProblemSetGrid(&drawn, drawn.input.fields ? drawn.input.grid : drawn.output.grid);
  return drawn;
}

/* One line: a grid with the type of its values, tokens, or classes. */
static PetscErrorCode PrintSpace(const char label[], const KNSpace *space)
{
  static const char *const points[] = {"cell centres", "nodes with both ends", "periodic points"};

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-11s ", label));
  if (space->kind == KN_SPACE_TOKENS)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "up to %" PetscInt_FMT " tokens, %" PetscInt_FMT " words", space->length,
                          space->count));
  else if (space->kind == KN_SPACE_CLASS)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "one of %" PetscInt_FMT " classes", space->count));
  else if (!space->grid.dim) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "none: one number of each field"));
  else {
    for (PetscInt d = 0; d < space->grid.dim; d++)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s%" PetscInt_FMT, d ? " x " : "", space->grid.n[d]));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s", points[space->grid.points]));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s\n", space->type == KN_UINT8 ? ", values of a byte" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How many elements the symmetries generate; or why they do not fit: inspect shows what there is. */
static PetscErrorCode PrintGroup(const KNProblem *problem)
{
  KNSymmetry group;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < problem->symmetries; i++) {
    KNElement element;
    char      reason[2 * KN_MAX_TEXT];

    PetscCall(KNSymmetryParse(problem, problem->symmetry[i], &element, sizeof(reason), reason));
    if (!reason[0]) continue;
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "              not usable, %s: %s\n", problem->symmetry[i], reason));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNSymmetryCreate(problem, "the problem", KN_ERR_INPUT, &group));
  if (group)
    PetscCall(
      PetscPrintf(PETSC_COMM_WORLD, "              a group of %" PetscInt64_FMT " elements\n", KNSymmetryOrder(group)));
  PetscCall(KNSymmetryDestroy(&group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectPrintProblem(const KNProblem *problem)
{
  const KNSpace *in = &problem->input, *out = &problem->output, *first = problem->frames ? out : in;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  pde         %s: %s\n  boundary    %s\n", problem->pde, problem->equation,
                        problem->boundary));
  PetscCall(PrintSpace(first->kind == KN_SPACE_FIELD ? "grid" : "input", first));
  if (out->kind != KN_SPACE_FIELD || in->kind != KN_SPACE_FIELD) PetscCall(PrintSpace("output", out));
  else if (!problem->frames && (!KNGridEqual(&in->grid, &out->grid) || in->type != out->type))
    PetscCall(PrintSpace("output grid", out));
  if (problem->frames > 0)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  frames      %" PetscInt_FMT ", t = %g to %g\n", problem->frames,
                          (double)problem->times[0], (double)problem->times[problem->frames - 1]));
  for (PetscInt i = 0; i < problem->parameters; i++) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %s = %.10g [%s]\n", i ? "" : "parameters",
                          problem->parameter[i].name, (double)problem->parameter[i].value, problem->parameter[i].unit));
  }
  for (PetscInt i = 0; i < problem->symmetries; i++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %s\n", i ? "" : "symmetries", problem->symmetry[i]));
  PetscCall(PrintGroup(problem));
  PetscFunctionReturn(PETSC_SUCCESS);
}
