/*
  What the doors for other programs share. PETSc knows no threads, so a lock lets one call in at a time. A handler of
  our own catches errors of PETSc and ours for the time of a call, and keeps their text for KNSurrogateMessage().
*/
#include "library_impl.h"
#include <kitinet/surrogate.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

static pthread_mutex_t    lock = PTHREAD_MUTEX_INITIALIZER;
static PetscBool          catching; /* who has the lock has pushed Catch() */
static _Thread_local char message[512];

const char *KNSurrogateVersion(void)
{
  return KN_VERSION;
}

const char *KNSurrogateMessage(void)
{
  return message;
}

/* Keeps the first line of an error; what passes it on says nothing new. */
static PetscErrorCode Catch(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                            PetscErrorType type, const char *text, void *context)
{
  (void)comm, (void)line, (void)file, (void)context;
  if (type != PETSC_ERROR_INITIAL) return code;
  if (KNExitCode(code) == KN_EXIT_FAILED) (void)snprintf(message, sizeof(message), "%s: %s", function, text);
  else (void)snprintf(message, sizeof(message), "%s", text);
  return code;
}

void KNLibraryClear(void)
{
  message[0] = 0;
}

int KNLibraryFail(int code, const char format[], ...)
{
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  return code;
}

static void End(void)
{
  PetscBool finalized;

  (void)PetscFinalized(&finalized);
  if (!finalized) (void)PetscFinalize();
}

/*
  Starts PETSc, and with it MPI, if the caller has not: alone in this process, without signal handlers or files of the
  user's.
*/
static PetscErrorCode Begin(void)
{
  PetscBool      initialized;
  PetscErrorCode code = PetscInitialized(&initialized);

  if (code || initialized) return code;
  /* Open MPI: no daemon beside a process that mpiexec did not start .. */
  (void)setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  /* .. and no folder, which all such processes of a node would share and remove */
  (void)setenv("OMPI_MCA_orte_create_session_dirs", "false", 0);
  PETSC_MPI_THREAD_REQUIRED = MPI_THREAD_SERIALIZED;
  code                      = PetscOptionsSetValue(NULL, "-no_signal_handler", "true");
  if (!code) code = PetscOptionsSetValue(NULL, "-skip_petscrc", "true");
  if (!code) code = PetscInitializeNoArguments();
  if (!code && atexit(End)) code = PETSC_ERR_SYS;
  return code;
}

void KNLibraryEnter(void)
{
  pthread_mutex_lock(&lock);
  (void)PetscInitialized(&catching);
  if (catching) (void)PetscPushErrorHandler(Catch, NULL);
}

PetscErrorCode KNLibraryStart(void)
{
  const PetscErrorCode code = Begin();

  if (code) return KNLibraryFail(code, "PETSc cannot be initialised, error %d", (int)code);
  if (!catching) (void)PetscPushErrorHandler(Catch, NULL);
  catching = PETSC_TRUE;
  return 0;
}

void KNLibraryLeave(void)
{
  if (catching) (void)PetscPopErrorHandler();
  pthread_mutex_unlock(&lock);
}
