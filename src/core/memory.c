/* Aligned memory for large arrays, checked: out of memory is an error with a size, not a crash. */
#include <kitinet/base.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

PetscErrorCode KNMalloc(size_t count, size_t size, void *array)
{
  size_t bytes;
  void  *memory;

  PetscFunctionBegin;
  *(void **)array = NULL;
  PetscCheck(!__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX - KN_ALIGN, PETSC_COMM_SELF, PETSC_ERR_MEM, "an array of %zu x %zu bytes is beyond any memory", count, size);
  bytes  = PetscMax((bytes + KN_ALIGN - 1) / KN_ALIGN * KN_ALIGN, (size_t)KN_ALIGN);
  memory = aligned_alloc(KN_ALIGN, bytes);
  PetscCheck(memory, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for an array of %.1f MiB", (double)bytes / 1048576.0);
#if defined(KN_DEBUG)
  memset(memory, 0xff, bytes); /* all bits set is a NaN in float and double */
#else
  memset(memory, 0, bytes);
#endif
  *(void **)array = memory;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFree(void *array)
{
  PetscFunctionBegin;
  free(*(void **)array);
  *(void **)array = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
