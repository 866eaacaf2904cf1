/* Groups of ranks that share samples. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/sharing.h>

PetscErrorCode KNSharingSetFromOptions(KNSharing *sharing)
{
  PetscInt    k = 1;
  PetscMPIInt size, rank;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-ranks_per_sample",
                         "ranks that work on one sample together, each on a slab of its grid along the first axis, for "
                         "grids that one rank cannot hold",
                         1, 65536, &k));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCheck(size % k == 0 || size < k || KNOptionsDeclareOnly(), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%d ranks cannot be shared out in groups of %" PetscInt_FMT " (-ranks_per_sample): start %" PetscInt_FMT
             " or %" PetscInt_FMT " ranks",
             size, k, size / k * k, (size / k + 1) * k);
  PetscCheck(size % k == 0 || KNOptionsDeclareOnly(), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%d rank%s cannot be shared out in groups of %" PetscInt_FMT " (-ranks_per_sample): start %" PetscInt_FMT
             " ranks",
             size, size == 1 ? "" : "s", k, k);
  *sharing = (KNSharing){.size = (PetscMPIInt)k, .rank = rank % (PetscMPIInt)k, .groups = size / (PetscMPIInt)k};
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, rank / sharing->size, rank, &sharing->comm));
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, sharing->rank, rank, &sharing->across));
  PetscCallMPI(MPI_Comm_set_errhandler(sharing->comm, MPI_ERRORS_ARE_FATAL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSharingDestroy(KNSharing *sharing)
{
  PetscFunctionBegin;
  if (!sharing->size) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_free(&sharing->comm));
  PetscCallMPI(MPI_Comm_free(&sharing->across));
  sharing->size = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSharingGather(const KNSharing *sharing, const KNGrid *grid, size_t P, const float slab[],
                               float whole[])
{
  const size_t S = KNGridSize(grid), layer = S / (size_t)grid->n[0];
  const KNGrid own = KNGridSlab(grid, sharing->size, sharing->rank);
  int         *count, *start;

  PetscFunctionBegin;
  PetscCheck(S <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, PETSC_ERR_SUP, "A field of %zu points", S);
  PetscCall(PetscMalloc2(sharing->size, &count, sharing->size, &start));
  for (PetscMPIInt r = 0; r < sharing->size; r++) {
    const KNGrid other = KNGridSlab(grid, sharing->size, r);

    count[r] = (int)KNGridSize(&other);
    start[r] = (int)((size_t)other.first * layer);
  }
  for (size_t p = 0; p < P; p++)
    PetscCallMPI(MPI_Gatherv(slab + p * KNGridSize(&own), count[sharing->rank], MPI_FLOAT, whole + p * S, count, start,
                             MPI_FLOAT, 0, sharing->comm));
  PetscCall(PetscFree2(count, start));
  PetscFunctionReturn(PETSC_SUCCESS);
}
