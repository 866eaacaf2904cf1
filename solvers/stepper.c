/* Steppers: what all types have in common. */
#include "stepper.h"

const char *const kn_steps[] = {"adams", "etdrk4", "imex", NULL};

PetscErrorCode KNStepperCreate(const KNEvolution *evolution, KNSteps steps, const char prefix[], PetscReal tolerance,
                               KNStepper *stepper)
{
  PetscFunctionBegin;
  if (steps == KN_STEPS_IMEX) PetscCall(KNStepperCreate_IMEX(evolution, prefix, tolerance, stepper));
  else PetscCall(KNStepperCreate_Exponential(evolution, (PetscBool)(steps == KN_STEPS_ADAMS), tolerance, stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperDestroy(KNStepper *stepper)
{
  PetscFunctionBegin;
  if (!*stepper) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*stepper)->data) PetscCall((*stepper)->ops.destroy(*stepper));
  PetscCall(PetscFree(*stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperUpdate(KNStepper stepper)
{
  PetscFunctionBegin;
  if (stepper->ops.update) PetscCall(stepper->ops.update(stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperStart(KNStepper stepper, const PetscReal v[], PetscReal dt)
{
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(stepper->v, v, stepper->evolution.size));
  stepper->t = 0.0;
  PetscCall(stepper->ops.start(stepper, dt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperAdvance(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(stepper->ops.advance(stepper, interval, report));
  stepper->t += interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const PetscReal *KNStepperState(KNStepper stepper)
{
  return stepper->v;
}
