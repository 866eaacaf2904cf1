/* kitinet convert: the weights of a checkpoint as arrays for PyTorch, and back into a checkpoint. */
#include "convert.h"
#include <kitinet/path.h>
#include <kitinet/trainer.h>
#include <kitinet/weights.h>

static PetscErrorCode CheckOutput(const char output[], PetscBool overwrite)
{
  PetscMPIInt rank;
  PetscBool   exists  = PETSC_FALSE;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0 && !overwrite) failure = KNPathExists(output, &exists);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : 0, "%s: cannot be looked at: %s; choose another -output",
                    output, strerror(failure)));
  PetscCall(KNAgree(PETSC_COMM_WORLD, exists ? KN_ERR_USAGE : 0,
                    "%s: exists: choose another name, or give -overwrite to replace it", output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvertWeights(KNOperator op, const char input[], const char like[], const char output[],
                                PetscBool overwrite)
{
  KNParameters parameters;
  size_t       total;
  PetscBool    same;
  char         origin[512];

  PetscFunctionBegin;
  PetscCall(PetscStrcmp(output, like[0] ? like : input, &same));
  PetscCheck(!same, PETSC_COMM_WORLD, KN_ERR_USAGE, "options -%s and -output name the same file: give another -output",
             like[0] ? "like" : "input");
  PetscCall(CheckOutput(output, overwrite));
  PetscCall(KNOperatorGetModel(op, NULL, &parameters, NULL, NULL));
  PetscCall(KNParametersGetTotal(parameters, &total));
  if (like[0]) {
    PetscCall(KNWeightsImport(op, input));
    PetscCall(PetscSNPrintf(origin, sizeof(origin), "weights of %.400s", input));
    PetscCall(KNOperatorAddOrigin(op, origin));
    PetscCall(KNTrainerExportLike(op, like, output));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "%zu weights of %s in a copy of %s: %s\nnext: kitinet predict -checkpoint %s\n", total, input,
                          like, output, output));
  } else {
    PetscCall(KNWeightsExport(op, output));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%zu weights of %s: %s\n", total, input, output));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
