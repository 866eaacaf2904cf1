/* Log stages, registered on first use. */
#include <kitinet/log.h>

PetscErrorCode KNStagePush(KNStage stage)
{
  static const char *const name[KN_NSTAGES] = {"generate", "load",   "forward",    "backward",
                                               "reduce",   "update", "checkpoint", "evaluate"};
  static PetscLogStage     id[KN_NSTAGES];
  static PetscBool         registered = PETSC_FALSE;

  PetscFunctionBegin;
  if (!registered) {
    for (int i = 0; i < KN_NSTAGES; i++) PetscCall(PetscLogStageRegister(name[i], &id[i]));
    registered = PETSC_TRUE;
  }
  PetscCall(PetscLogStagePush(id[stage]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
