/*
  Whether all ranks run one program with one command line: different ones would meet in different reductions, and wait
  for ever.
*/
#define _GNU_SOURCE // dl_iterate_phdr
#include <kitinet/error.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits. */
static uint64_t Hash(uint64_t hash, const void *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* The linker's build id of the main program, which dl_iterate_phdr() visits first. */
static int HashBuildId(struct dl_phdr_info *program, size_t size, void *hash)
{
  for (int i = 0; i < program->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
    const char *note = (const char *)(program->dlpi_addr + segment->p_vaddr), *end = note + segment->p_memsz;

    if (segment->p_type != PT_NOTE) continue;
    while (note + sizeof(ElfW(Nhdr)) <= end) {
      const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)(const void *)note;
      const char *detail     = note + sizeof(*head) + (head->n_namesz + 3) / 4 * 4;

      if (head->n_type == NT_GNU_BUILD_ID) *(uint64_t *)hash = Hash(*(uint64_t *)hash, detail, head->n_descsz);
      note = detail + (head->n_descsz + 3) / 4 * 4;
    }
  }
  return 1;
}

PetscErrorCode KNAgreeOnProgram(MPI_Comm comm, int argc, char **argv)
{
  enum { BUILD, WORDS, HASHES };
  const char *petsc = getenv("PETSC_OPTIONS");
  /* minimum of each hash, and of its complement: equal on all ranks if they complete each other */
  uint64_t mine[HASHES], both[2 * HASHES];

  PetscFunctionBegin;
  for (int i = 0; i < HASHES; i++) mine[i] = UINT64_C(0xcbf29ce484222325);
  mine[BUILD] = Hash(mine[BUILD], KN_VERSION, sizeof(KN_VERSION));
  dl_iterate_phdr(HashBuildId, &mine[BUILD]);
  for (int i = 1; i < argc; i++) mine[WORDS] = Hash(mine[WORDS], argv[i], strlen(argv[i]) + 1);
  if (petsc) mine[WORDS] = Hash(mine[WORDS], petsc, strlen(petsc));
  for (int i = 0; i < HASHES; i++) both[2 * i + 1] = ~(both[2 * i] = mine[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, both, 2 * HASHES, MPI_UINT64_T, MPI_MIN, comm));
  for (int i = 0; i < HASHES; i++) {
    uint64_t    first = mine[i];
    PetscMPIInt rank;

    if (both[2 * i] == ~both[2 * i + 1]) continue;
    PetscCallMPI(MPI_Comm_rank(comm, &rank));
    PetscCallMPI(MPI_Bcast(&first, 1, MPI_UINT64_T, 0, comm));
    PetscCall(KNAgree(
      comm, first != mine[i] ? KN_ERR_USAGE : 0,
      i == BUILD
        ? "rank %d runs another build of kitinet than rank 0 (%016llx, not %016llx): start the same file on all ranks"
        : "rank %d was started with other options than rank 0 (%016llx, not %016llx): give all ranks the same",
      rank, (unsigned long long)mine[i], (unsigned long long)first));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
