/* Threads: as many on a node as it has processors, no more. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <kitinet/threads.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void KNThreadsBoundSpinning(char *const words[])
{
  const char *threads = getenv("OMP_NUM_THREADS");

  if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY") || (threads && !strcmp(threads, "1"))) return;
  if (KNThreadsGetProcessors() < 2) return;
  /* where there is no such file we go on as we are */
  if (!setenv("GOMP_SPINCOUNT", "3000", 0)) (void)execv("/proc/self/exe", words);
}

int KNThreadsGetProcessors(void)
{
  cpu_set_t own;

  CPU_ZERO(&own);
  return sched_getaffinity(0, sizeof(own), &own) ? 1 : CPU_COUNT(&own);
}

PetscErrorCode KNThreadsSetUp(void)
{
  cpu_set_t   own, together;
  MPI_Comm    node;
  PetscMPIInt ranks, rank, world;
  int         threads, total;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &world));
  PetscCallMPI(MPI_Comm_split_type(PETSC_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  PetscCallMPI(MPI_Comm_rank(node, &rank));
  CPU_ZERO(&own);
  PetscCheck(!sched_getaffinity(0, sizeof(own), &own), PETSC_COMM_SELF, PETSC_ERR_SYS, "sched_getaffinity() failed");
  PetscCallMPI(MPI_Allreduce(&own, &together, sizeof(own), MPI_BYTE, MPI_BOR, node));
  if (!getenv("OMP_NUM_THREADS"))
    omp_set_num_threads(PetscMax(1, PetscMin(CPU_COUNT(&own), CPU_COUNT(&together) / ranks)));
  threads = omp_get_max_threads();
  PetscCallMPI(MPI_Allreduce(&threads, &total, 1, MPI_INT, MPI_SUM, node));
  if (world == 0 && total > CPU_COUNT(&together)) {
    fprintf(stderr,
            "kitinet: warning: %d ranks with %d threads in all on %d processors of this node: lower OMP_NUM_THREADS or "
            "the number of ranks\n",
            ranks, total, CPU_COUNT(&together));
  }
  PetscCallMPI(MPI_Comm_free(&node));
  PetscFunctionReturn(PETSC_SUCCESS);
}

extern void openblas_set_num_threads(int) __attribute__((weak));

void KNThreadsLimitBLAS(void)
{
  if (openblas_set_num_threads) openblas_set_num_threads(1);
}
