/* The run directory. Rank 0 touches the files; all ranks learn of a failure. */
#include "run_impl.h"
#include <kitinet/error.h>
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <kitinet/record.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* mkdir -p; returns 0, or errno. */
static int MakeDirectories(const char directory[])
{
  char        path[PETSC_MAX_PATH_LEN];
  struct stat status;

  (void)snprintf(path, sizeof(path), "%s", directory);
  for (char *c = path + 1; *c; c++) {
    if (*c != '/') continue;
    *c = 0;
    if (mkdir(path, 0777) && errno != EEXIST) return errno;
    *c = '/';
  }
  if (mkdir(path, 0777) && errno != EEXIST) return errno;
  if (stat(path, &status)) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return access(path, W_OK | X_OK) ? errno : 0;
}

PetscErrorCode KNDirectoryCreate(const char kind[], const char directory[], const char option[])
{
  PetscMPIInt rank;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = MakeDirectories(directory);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : 0, "%s %s: %s; choose another with %s", kind, directory,
                    strerror(failure), option));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunCreate(const char directory[], KNRun *run)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(run));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &(*run)->rank));
  PetscCall(PetscStrncpy((*run)->directory, directory, sizeof((*run)->directory)));
  PetscCall(KNDirectoryCreate("run directory", directory, "-run"));
  PetscCall(KNLockTake(PETSC_COMM_WORLD, directory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunDestroy(KNRun *run)
{
  PetscFunctionBegin;
  KNLockRelease();
  PetscCall(PetscFree(*run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunPath(const char directory[], const char name[], char path[])
{
  PetscFunctionBegin;
  PetscCheck(strlen(directory) + strlen(name) + 16 < PETSC_MAX_PATH_LEN, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "run directory %.64s...: the path is too long", directory);
  PetscCall(PetscSNPrintf(path, PETSC_MAX_PATH_LEN, "%s/%s", directory, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunHasCheckpoint(const char directory[], PetscBool *has)
{
  char        path[PETSC_MAX_PATH_LEN], previous[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  PetscBool   current = PETSC_FALSE, older = PETSC_FALSE;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(directory, "checkpoint.h5", path));
  PetscCall(KNRunPath(directory, "checkpoint.h5.previous", previous));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathExists(path, &current);
  if (rank == 0 && !failure) failure = KNPathExists(previous, &older);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0,
                    "%s: cannot be looked at: %s; a run that may have "
                    "begun is not begun again",
                    path, strerror(failure)));
  *has = (PetscBool)(current || older);
  PetscCallMPI(MPI_Bcast(has, 1, MPIU_BOOL, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTextRead(const char path[], const char hint[], char **text)
{
  char       *found = NULL;
  PetscMPIInt rank;
  size_t      size    = 0;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathReadText(path, &found);
  if (rank == 0 && !found && !failure) failure = ENOENT;
  if (found) size = strlen(found) + 1;
  PetscCall(
    KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0, "%s: cannot be read: %s; %s", path, strerror(failure), hint));
  PetscCallMPI(MPI_Bcast(&size, sizeof(size), MPI_BYTE, 0, PETSC_COMM_WORLD));
  PetscCall(PetscMalloc1(size, text));
  if (rank == 0) memcpy(*text, found, size);
  free(found);
  PetscCallMPI(MPI_Bcast(*text, (PetscMPIInt)size, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunReadConfig(const char directory[], char **yaml)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNRunPath(directory, "config.yaml", path));
  PetscCall(KNTextRead(path, "a run resumes with the options it began with", yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunAppend(KNRun run, const char name[], const char text[])
{
  char path[PETSC_MAX_PATH_LEN], message[1024] = "";
  int  failure = 0, lost = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(run->directory, name, path));
  if (run->rank == 0) lost = KNLockCheck(sizeof(message), message);
  if (run->rank == 0 && !lost) {
    FILE *file;

    errno = 0;
    file  = fopen(path, "a");
    if (!file || fputs(text, file) < 0 || fflush(file)) failure = errno ? errno : EIO;
    if (file && fclose(file) && !failure) failure = errno;
  }
  if (failure) (void)snprintf(message, sizeof(message), "%.900s: writing failed: %s", path, strerror(failure));
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : lost, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunLog(KNRun run, const char format[], ...)
{
  char      line[1024], text[1024 + 64];
  va_list   arguments;
  time_t    now = time(NULL);
  struct tm local;

  PetscFunctionBegin;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  localtime_r(&now, &local);
  strftime(text, 32, "%Y-%m-%d %H:%M:%S  ", &local);
  PetscCall(PetscStrlcat(text, line, sizeof(text)));
  PetscCall(PetscStrlcat(text, "\n", sizeof(text)));
  PetscCall(KNRunAppend(run, "log.txt", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunTableStart(KNRun run, const char name[], const char header[], PetscInt64 done)
{
  char   path[PETSC_MAX_PATH_LEN], *found = NULL, *kept = NULL;
  size_t size    = 0;
  int    failure = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(run->directory, name, path));
  if (run->rank == 0) failure = KNPathReadText(path, &found);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0,
                    "%s: cannot be read: %s; its rows up to here would "
                    "be lost",
                    path, strerror(failure)));
  if (run->rank == 0) {
    const char *line;

    PetscCall(PetscMalloc1(strlen(header) + (found ? strlen(found) : 0) + 1, &kept));
    size = (size_t)sprintf(kept, "%s", header);
    line = found ? strchr(found, '\n') : NULL;
    for (const char *end; line && (end = strchr(++line, '\n')) && strtoll(line, NULL, 10) <= done; line = end) {
      memcpy(kept + size, line, (size_t)(end - line) + 1);
      size += (size_t)(end - line) + 1;
    }
    free(found);
  }
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, size, kept));
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunTableAdd(KNRun run, const char name[], const char rows[])
{
  PetscFunctionBegin;
  PetscCall(KNRunAppend(run, name, rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}
