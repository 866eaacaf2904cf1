/* Coefficients that are ranges: what each sample draws. */
#include "coefficient.h"
#include <kitinet/error.h>
#include <kitinet/random.h>
#include <math.h>

PetscErrorCode KNSolverCoefficient(KNSolver solver, const char option[], const char help[], const char name[],
                                   PetscReal lowest, PetscReal highest, PetscReal *value)
{
  KNRange        range = {.low = *value, .high = *value};
  const PetscInt place = solver->coefficients++;

  PetscFunctionBegin;
  PetscCall(KNOptionsRange(option, help, lowest, highest, &range));
  *value = range.low;
  if (range.low == range.high) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(solver->ranges < KN_MAX_RANGES, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is one more than the %d ranges of an equation", option, KN_MAX_RANGES);
  solver->range[solver->ranges] = (KNSolverRange){.range = range, .place = place, .value = value};
  PetscCall(PetscStrncpy(solver->range[solver->ranges].name, name, KN_MAX_NAME));
  PetscCall(PetscStrncpy(solver->range[solver->ranges].option, option, KN_MAX_NAME));
  solver->ranges++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEngineCoefficient(KNSolver solver, const char prefix[], const char name[], const char help[],
                                   PetscReal lowest, PetscReal highest, PetscReal *value)
{
  char option[3 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%s%s", prefix, name));
  PetscCall(KNSolverCoefficient(solver, option, help, name, lowest, highest, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNSolverDiffers(KNSolver solver, const PetscReal *value)
{
  for (PetscInt i = 0; i < solver->ranges; i++) {
    if (solver->range[i].value == value) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscReal KNSolverHighest(KNSolver solver, const PetscReal *value)
{
  for (PetscInt i = 0; i < solver->ranges; i++) {
    if (solver->range[i].value == value) return solver->range[i].range.high;
  }
  return *value;
}

PetscBool KNSolverAlways(KNSolver solver, PetscBool (*holds)(const PetscReal p[]), const PetscReal p[])
{
  PetscBool always = PETSC_TRUE;

  for (int end = 1; end >= 0; end--) { /* the lower ends stay */
    for (PetscInt i = 0; i < solver->ranges; i++)
      *solver->range[i].value = end ? solver->range[i].range.high : solver->range[i].range.low;
    always = (PetscBool)(always && holds(p));
  }
  return always;
}

PetscErrorCode KNSolverDescribeCoefficients(KNSolver solver)
{
  KNProblem *p = &solver->problem;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < solver->ranges; i++) {
    KNField *coefficient = &p->coefficient[p->coefficients++];
    PetscInt k           = 0;

    while (k < p->parameters && strcmp(p->parameter[k].name, solver->range[i].name)) k++;
    PetscCheck(k < p->parameters, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s describes no parameter %s", p->pde,
               solver->range[i].name);
    memcpy(coefficient->name, p->parameter[k].name, sizeof(coefficient->name));
    memcpy(coefficient->unit, p->parameter[k].unit, sizeof(coefficient->unit));
    coefficient->logarithmic = solver->range[i].range.logarithmic;
    for (p->parameters--; k < p->parameters; k++) p->parameter[k] = p->parameter[k + 1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is in force has changed. */
static PetscErrorCode Update(KNSolver solver)
{
  PetscFunctionBegin;
  if (solver->ranges && solver->ops.update) PetscCall(solver->ops.update(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverDrawCoefficients(KNSolver solver, PetscInt64 seed, PetscInt64 sample)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < solver->ranges; i++) {
    const KNRange *range = &solver->range[i].range;
    uint64_t       word[4];
    PetscReal      share, drawn;

    KNRandomWords(seed, KN_STREAM_COEFFICIENT, solver->range[i].place, sample, 0, 0, word);
    share                   = KNUniform(word[0]);
    drawn                   = range->logarithmic ? range->low * PetscPowReal(range->high / range->low, share)
                                                 : range->low + share * (range->high - range->low);
    *solver->range[i].value = PetscMin(PetscMax(drawn, range->low), range->high); /* rounding */
  }
  PetscCall(Update(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSetCoefficients(KNSolver solver, const PetscReal value[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < solver->ranges; i++) *solver->range[i].value = value[i];
  PetscCall(Update(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverGetCoefficients(KNSolver solver, PetscReal value[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < solver->ranges; i++) value[i] = *solver->range[i].value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCheckCoefficients(KNSolver solver, const PetscReal value[], size_t size, char reason[])
{
  PetscFunctionBegin;
  reason[0] = 0;
  for (PetscInt i = 0; i < solver->ranges && !reason[0]; i++) {
    const KNSolverRange *own = &solver->range[i];

    if (value[i] >= own->range.low && value[i] <= own->range.high) continue;
    PetscCall(PetscSNPrintf(reason, size, "%s is %.10g, outside %s %.10g:%.10g", own->name, (double)value[i],
                            own->option, (double)own->range.low, (double)own->range.high));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
