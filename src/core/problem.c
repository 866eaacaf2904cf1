/* Whether two descriptions of a PDE problem say the same. */
#include <kitinet/problem.h>
#include <stdarg.h>

#define DIFFERENT(...)                                       \
  do {                                                       \
    PetscCall(PetscSNPrintf(difference, size, __VA_ARGS__)); \
    PetscFunctionReturn(PETSC_SUCCESS);                      \
  } while (0)

static PetscErrorCode CompareTimes(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->frames != b->frames) DIFFERENT("%" PetscInt_FMT " frames, not %" PetscInt_FMT, a->frames, b->frames);
  for (PetscInt t = 0; t < a->frames; t++) {
    if (a->times[t] != b->times[t])
      DIFFERENT("frame %" PetscInt_FMT " is at t = %g, not %g", t, (double)a->times[t], (double)b->times[t]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareParameters(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->parameters != b->parameters)
    DIFFERENT("%" PetscInt_FMT " parameters, not %" PetscInt_FMT, a->parameters, b->parameters);
  for (PetscInt i = 0; i < a->parameters; i++) {
    const KNParameter *p = &a->parameter[i], *q = &b->parameter[i];

    if (strcmp(p->name, q->name) || strcmp(p->unit, q->unit))
      DIFFERENT("parameter %s [%s], not %s [%s]", p->name, p->unit, q->name, q->unit);
    if (p->value != q->value) DIFFERENT("%s is %.10g, not %.10g", p->name, (double)p->value, (double)q->value);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareLists(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->coefficients != b->coefficients)
    DIFFERENT("%" PetscInt_FMT " parameters of each sample, not %" PetscInt_FMT, a->coefficients, b->coefficients);
  for (PetscInt i = 0; i < a->coefficients; i++) {
    const KNField *p = &a->coefficient[i], *q = &b->coefficient[i];

    if (strcmp(p->name, q->name) || strcmp(p->unit, q->unit))
      DIFFERENT("each sample's parameter %s [%s], not %s [%s]", p->name, p->unit, q->name, q->unit);
    if (p->logarithmic != q->logarithmic)
      DIFFERENT("each sample's parameter %s is %s, not %s", p->name, KNFieldScaleNames[p->logarithmic],
                KNFieldScaleNames[q->logarithmic]);
  }
  if (a->symmetries != b->symmetries)
    DIFFERENT("%" PetscInt_FMT " symmetries, not %" PetscInt_FMT, a->symmetries, b->symmetries);
  for (PetscInt i = 0; i < a->symmetries; i++) {
    if (strcmp(a->symmetry[i], b->symmetry[i])) DIFFERENT("symmetry %s, not %s", a->symmetry[i], b->symmetry[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

KNProblem KNProblemStored(const KNProblem *problem)
{
  KNProblem stored = *problem;

  stored.input.fields -= stored.input.constants;
  stored.input.constants = 0;
  return stored;
}

PetscErrorCode KNProblemAddSymmetry(KNProblem *problem, const char format[], ...)
{
  va_list arguments;
  int     length;

  PetscFunctionBegin;
  PetscCheck(problem->symmetries < KN_MAX_SYMMETRIES, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "more than %d symmetries", KN_MAX_SYMMETRIES);
  va_start(arguments, format);
  length = vsnprintf(problem->symmetry[problem->symmetries], KN_MAX_NAME, format, arguments);
  va_end(arguments);
  PetscCheck(length > 0 && length < KN_MAX_NAME, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "a symmetry of %d bytes, \"%s..\"", length, problem->symmetry[problem->symmetries]);
  problem->symmetries++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProblemCompare(const KNProblem *a, const KNProblem *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  difference[0] = 0;
  if (strcmp(a->pde, b->pde)) DIFFERENT("pde is %s, not %s", a->pde, b->pde);
  if (strcmp(a->equation, b->equation)) DIFFERENT("equation is %s, not %s", a->equation, b->equation);
  if (strcmp(a->boundary, b->boundary)) DIFFERENT("boundary conditions are %s, not %s", a->boundary, b->boundary);
  PetscCall(CompareTimes(a, b, size, difference));
  if (!difference[0]) PetscCall(KNSpaceCompare("input", &a->input, &b->input, size, difference));
  if (!difference[0]) PetscCall(KNSpaceCompare("output", &a->output, &b->output, size, difference));
  if (!difference[0]) PetscCall(CompareParameters(a, b, size, difference));
  if (!difference[0]) PetscCall(CompareLists(a, b, size, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}
