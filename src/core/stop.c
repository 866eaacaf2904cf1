/* Signals and the time limit set a flag; looked at between steps of training, between samples. */
#include <kitinet/options.h>
#include <kitinet/stop.h>
#include <signal.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t received; /* the signal's number */
static PetscReal             deadline; /* on the monotonic clock; 0: none */

static void NoteSignal(int number)
{
  received = number;
}

static PetscReal MonotonicSeconds(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (PetscReal)now.tv_sec + 1e-9 * (PetscReal)now.tv_nsec;
}

PetscErrorCode KNStopSetFromOptions(void)
{
  static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
  struct sigaction action;
  PetscReal        limit = 0;

  PetscFunctionBegin;
  PetscCall(KNOptionsReal(
    "-max_time",
    "seconds after which the command stops in order with exit code 75; the same command then goes on; 0: no limit", 0,
    1e9, &limit));
  if (limit > 0) deadline = MonotonicSeconds() + limit;
  if (KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  memset(&action, 0, sizeof(action));
  action.sa_handler = NoteSignal;
  action.sa_flags   = SA_RESTART; /* a write in progress is not cut short */
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(signals); i++)
    PetscCheck(!sigaction(signals[i], &action, NULL), PETSC_COMM_SELF, PETSC_ERR_SYS, "sigaction(%d) failed",
               signals[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *KNStopWanted(PetscBool progress)
{
  if (received) return received == SIGTERM ? "SIGTERM" : received == SIGINT ? "SIGINT" : "SIGUSR1";
  if (progress && deadline > 0 && MonotonicSeconds() >= deadline) return "-max_time";
  return NULL;
}
