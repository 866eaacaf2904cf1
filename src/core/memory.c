/*
  Aligned memory for large arrays, checked: out of memory is an error with a size, not a crash.

  Before each array lies one line of KN_ALIGN bytes that says how it was made. Large ones lie on huge pages where the
  system has them: a sweep over all activations and parameters passes through some ten thousand small pages, more than
  the processor remembers the places of.
*/
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, MADV_HUGEPAGE */
#include <kitinet/error.h>
#include <kitinet/memory.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct {
  size_t reserved; /* bytes of the mapping; 0: from the heap */
} Prefix;

static PetscBool reserving = PETSC_FALSE;

void KNMemoryReserve(PetscBool on)
{
  reserving = on;
}

/* From the heap, large arrays where they can on huge pages. */
static void *KNAllocate(size_t bytes)
{
  enum { PAGE = 4096, HUGE_PAGE = 1 << 21 };
  char *memory = (char *)aligned_alloc(KN_ALIGN, bytes);

#if defined(MADV_HUGEPAGE)
  if (memory && bytes >= HUGE_PAGE) {
    const uintptr_t first = ((uintptr_t)memory + PAGE - 1) / PAGE * PAGE,
                    end   = ((uintptr_t)memory + bytes) / PAGE * PAGE;

    /* small pages do as well; where pages are larger it is refused */
    (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

/* Pages of zeros that take memory when they are first written. */
static void *KNReserve(size_t bytes)
{
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

PetscErrorCode KNMalloc(size_t count, size_t size, void *array)
{
  size_t bytes;
  char  *memory;

  PetscFunctionBegin;
  *(void **)array = NULL;
  PetscCheck(!__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX - 2 * KN_ALIGN, PETSC_COMM_SELF,
             PETSC_ERR_MEM, "an array of %zu x %zu bytes is beyond any memory", count, size);
  bytes  = KN_ALIGN + PetscMax((bytes + KN_ALIGN - 1) / KN_ALIGN * KN_ALIGN, (size_t)KN_ALIGN);
  memory = (char *)(reserving ? KNReserve(bytes) : KNAllocate(bytes));
  PetscCheck(memory || !reserving, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "an array of %.1f MiB would be needed, more than any process may address here: ask for fewer samples at a "
             "time, a smaller network or a coarser grid",
             (double)bytes / 1048576.0);
  PetscCheck(memory, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for an array of %.1f MiB", (double)bytes / 1048576.0);
#if defined(KN_DEBUG)
  if (!reserving) memset(memory, 0xff, bytes); /* all bits set is a NaN in float and double */
#else
  if (!reserving) memset(memory, 0, bytes);
#endif
  ((Prefix *)(void *)memory)->reserved = reserving ? bytes : 0;
  *(void **)array                      = memory + KN_ALIGN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFree(void *array)
{
  char *memory = *(char **)array;

  PetscFunctionBegin;
  if (memory) {
    const size_t reserved = ((Prefix *)(void *)(memory - KN_ALIGN))->reserved;

    if (reserved) munmap(memory - KN_ALIGN, reserved);
    else free(memory - KN_ALIGN);
  }
  *(void **)array = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
