/* Errors that a user can mend: one line, the right exit code, the same on all ranks. */
#include <kitinet/error.h>
#include <kitinet/print.h>
#include <stdarg.h>
#include <time.h>

static PetscBool KNErrorIsOurs(PetscErrorCode code)
{
  return (PetscBool)(code >= KN_ERR_USAGE && code < KN_ERR_LAST);
}

int KNExitCode(PetscErrorCode code)
{
  switch (code) {
  case PETSC_SUCCESS: return KN_EXIT_DONE;
  case KN_ERR_USAGE: return KN_EXIT_USAGE;
  case KN_ERR_INPUT: return KN_EXIT_INPUT;
  case KN_ERR_IO: return KN_EXIT_IO;
  default: return KN_EXIT_FAILED;
  }
}

static PetscBool broken;
static char      said[2048]; /* the last of our errors on this rank, printed or not */

void KNErrorSetBroken(void)
{
  broken = PETSC_TRUE;
}

PetscBool KNErrorIsOrderly(PetscErrorCode code)
{
  return (PetscBool)(!code || (!broken && KNErrorIsOurs(code)));
}

static PetscErrorCode KNErrorHandler(MPI_Comm comm, int line, const char *function, const char *file,
                                     PetscErrorCode code, PetscErrorType type, const char *message, void *context)
{
  PetscMPIInt rank = 0;

  if (code == PETSC_ERR_MEM) { /* of one rank as a rule: main() ends all of them */
    if (type != PETSC_ERROR_INITIAL) return code;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    fprintf(stderr,
            "kitinet: out of memory on rank %d: %s; take more nodes, a smaller -train_microbatch or a smaller grid\n",
            rank, message);
    fflush(stderr);
    return code;
  }
  if (!KNErrorIsOurs(code)) return PetscTraceBackErrorHandler(comm, line, function, file, code, type, message, context);
  if (type != PETSC_ERROR_INITIAL) return code; /* on its way up: said already */
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  KNPrintable(message, sizeof(said), said);
  if (rank == 0) {
    fflush(stdout);
    fprintf(stderr, "kitinet: %s\n", said);
    fflush(stderr);
  }
  return code;
}

PetscBool KNErrorAwaitAll(PetscErrorCode code)
{
  enum { PATIENCE = 500 }; /* times 10 ms */
  const struct timespec pause = {.tv_nsec = 10000000};
  MPI_Request           all;
  PetscMPIInt           rank;
  int                   together = 0;

  if (MPI_Comm_rank(PETSC_COMM_WORLD, &rank) || MPI_Ibarrier(PETSC_COMM_WORLD, &all)) return PETSC_FALSE;
  if (!code) return (PetscBool)!MPI_Wait(&all, MPI_STATUS_IGNORE);
  for (int i = 0; i < PATIENCE && !together; i++) {
    if (MPI_Test(&all, &together, MPI_STATUS_IGNORE)) return PETSC_FALSE;
    if (!together) (void)nanosleep(&pause, NULL);
  }
  if (!together && rank != 0) fprintf(stderr, "kitinet: rank %d alone: %s\n", rank, said);
  return (PetscBool)together;
}

PetscErrorCode KNErrorHandlerPush(void)
{
  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(KNErrorHandler, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNAgree(MPI_Comm comm, PetscErrorCode code, const char format[], ...)
{
  char        message[1024] = "";
  PetscMPIInt rank, size, lowest;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  lowest = code ? rank : size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lowest, 1, MPI_INT, MPI_MIN, comm));
  if (lowest == size) PetscFunctionReturn(PETSC_SUCCESS);
  if (rank == lowest) {
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
  }
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_INT, lowest, comm));
  PetscCallMPI(MPI_Bcast(message, sizeof(message), MPI_CHAR, lowest, comm));
  code = PetscError(comm, __LINE__, PETSC_FUNCTION_NAME, __FILE__, code, PETSC_ERROR_INITIAL, "%s", message);
  MPI_Barrier(comm); /* rank 0 has printed before any rank may abort */
  PetscFunctionReturn(code);
}
