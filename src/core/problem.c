/* Whether two descriptions of a PDE problem say the same. */
#include <kitinet/problem.h>

#define DIFFERENT(...) \
  do { \
    PetscCall(PetscSNPrintf(difference, size, __VA_ARGS__)); \
    PetscFunctionReturn(PETSC_SUCCESS); \
  } while (0)

static PetscErrorCode CompareFields(const char kind[], PetscInt n_a, const KNField a[], PetscInt n_b, const KNField b[], size_t size, char difference[])
{
  PetscFunctionBegin;
  if (n_a != n_b) DIFFERENT("%" PetscInt_FMT " %s fields, not %" PetscInt_FMT, n_a, kind, n_b);
  for (PetscInt i = 0; i < n_a; i++) {
    if (strcmp(a[i].name, b[i].name) || strcmp(a[i].unit, b[i].unit)) DIFFERENT("%s field %s [%s], not %s [%s]", kind, a[i].name, a[i].unit, b[i].name, b[i].unit);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareGrids(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->grid.dim != b->grid.dim) DIFFERENT("%" PetscInt_FMT " axes, not %" PetscInt_FMT, a->grid.dim, b->grid.dim);
  for (PetscInt d = 0; d < a->grid.dim; d++) {
    if (a->grid.n[d] != b->grid.n[d]) DIFFERENT("%" PetscInt_FMT " points along axis %" PetscInt_FMT ", not %" PetscInt_FMT, a->grid.n[d], d + 1, b->grid.n[d]);
  }
  if (a->grid.points != b->grid.points) DIFFERENT("points are %s, not %s", KNPointsNames[a->grid.points], KNPointsNames[b->grid.points]);
  if (a->frames != b->frames) DIFFERENT("%" PetscInt_FMT " frames, not %" PetscInt_FMT, a->frames, b->frames);
  for (PetscInt t = 0; t < a->frames; t++) {
    if (a->times[t] != b->times[t]) DIFFERENT("frame %" PetscInt_FMT " is at t = %g, not %g", t, (double)a->times[t], (double)b->times[t]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareParameters(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->parameters != b->parameters) DIFFERENT("%" PetscInt_FMT " parameters, not %" PetscInt_FMT, a->parameters, b->parameters);
  for (PetscInt i = 0; i < a->parameters; i++) {
    const KNParameter *p = &a->parameter[i], *q = &b->parameter[i];

    if (strcmp(p->name, q->name) || strcmp(p->unit, q->unit)) DIFFERENT("parameter %s [%s], not %s [%s]", p->name, p->unit, q->name, q->unit);
    if (p->value != q->value) DIFFERENT("%s is %.10g, not %.10g", p->name, (double)p->value, (double)q->value);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProblemCompare(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  difference[0] = 0;
  if (strcmp(a->pde, b->pde)) DIFFERENT("pde is %s, not %s", a->pde, b->pde);
  if (strcmp(a->equation, b->equation)) DIFFERENT("equation is %s, not %s", a->equation, b->equation);
  if (strcmp(a->boundary, b->boundary)) DIFFERENT("boundary conditions are %s, not %s", a->boundary, b->boundary);
  PetscCall(CompareGrids(a, b, size, difference));
  if (!difference[0]) PetscCall(CompareFields("input", a->inputs, a->input, b->inputs, b->input, size, difference));
  if (!difference[0]) PetscCall(CompareFields("output", a->outputs, a->output, b->outputs, b->output, size, difference));
  if (!difference[0]) PetscCall(CompareParameters(a, b, size, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}
