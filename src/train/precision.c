/* The precision of products in training: see precision.h. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/precision.h>

PetscErrorCode KNPrecisionSetFromOptions(PetscBool *bfloat16)
{
  static const char *const names[]   = {sizeof(KNReal) == 4 ? "float32" : "float64", "bf16", NULL};
  PetscInt                 precision = *bfloat16 ? 1 : 0;
  const char              *lacks     = KNBfloat16Lacks();
  PetscMPIInt              able      = lacks ? 0 : 1;

  PetscFunctionBegin;
  PetscCall(
    KNOptionsChoice("-train_precision",
                    "numbers that linear maps, attention and convolutions multiply in training: bf16, which has 8 "
                    "bits of mantissa, and which a processor with AVX512-BF16 multiplies up to twice as fast, one "
                    "with AMX many times (convolutions only there); sums, weights and their gradients stay as "
                    "they are, and so do tests",
                    names, &precision));
  *bfloat16 = (PetscBool)(precision == 1);
  if (!*bfloat16 || KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &able, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  PetscCheck(able, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_precision bf16 needs %s on every rank: leave it out",
             lacks ? lacks : "a processor with AVX512-BF16");
  PetscFunctionReturn(PETSC_SUCCESS);
}
