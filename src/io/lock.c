/* One job writes in a directory. Rank 0 only; the file is text, "host NAME", "process N BIRTH", "job ID RESTARTS". */
#include <kitinet/error.h>
#include <kitinet/lock.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 512 };

static struct {
  char path[PETSC_MAX_PATH_LEN]; /* "": none is held */
  char text[TEXT];
} held;

typedef struct {
  char      host[256], job[64];
  long      process, restarts;
  long long birth; /* of the process, in ticks since the host started: numbers of processes are used again */
} Owner;

/* Field 22 of /proc/PID/stat, behind the name in parentheses; 0 if there is no such process, or one that is dead and not yet waited for. */
static long long Birth(long process)
{
  char      path[64], text[1024], *c;
  long long birth = 0;
  FILE     *file;

  (void)snprintf(path, sizeof(path), "/proc/%ld/stat", process);
  file = fopen(path, "r");
  if (!file) return 0;
  text[fread(text, 1, sizeof(text) - 1, file)] = 0;
  fclose(file);
  c = strrchr(text, ')');
  if (!c || strchr("ZX", c[2])) return 0;
  for (int field = 2; c && field < 22; field++) c = strchr(c + 1, ' ');
  if (c) birth = atoll(c);
  return birth;
}

long KNLockRestarts(void)
{
  const char *restarts = getenv("SLURM_RESTART_COUNT");

  return restarts ? atol(restarts) : 0;
}

static void Describe(Owner *me)
{
  const char *job = getenv("SLURM_JOB_ID");

  memset(me, 0, sizeof(*me));
  if (gethostname(me->host, sizeof(me->host) - 1) || !me->host[0]) strcpy(me->host, "unknown");
  (void)snprintf(me->job, sizeof(me->job), "%s", job && job[0] ? job : "-");
  me->process  = (long)getpid();
  me->birth    = Birth(me->process);
  me->restarts = KNLockRestarts();
}

/* The whole text of a lock; false if there is none. */
static PetscBool Read(const char path[], char text[TEXT])
{
  const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t   size;

  if (descriptor < 0) return PETSC_FALSE;
  size = read(descriptor, text, TEXT - 1);
  close(descriptor);
  text[size > 0 ? size : 0] = 0;
  return PETSC_TRUE;
}

static PetscBool Parse(const char text[], Owner *owner)
{
  return (PetscBool)(sscanf(text, "host %255s process %ld %lld job %63s %ld", owner->host, &owner->process, &owner->birth, owner->job, &owner->restarts) == 5);
}

static PetscBool MayTakeOver(const Owner *me, const Owner *owner)
{
  if (strcmp(me->job, "-") && !strcmp(me->job, owner->job) && me->restarts > owner->restarts) return PETSC_TRUE;
  return (PetscBool)(!strcmp(me->host, owner->host) && Birth(owner->process) != owner->birth);
}

/* Whether a text that says nothing has stood there for 5 s: its maker was killed before it wrote. */
static PetscBool IsAbandoned(const char path[])
{
  struct stat status;

  return (PetscBool)(!stat(path, &status) && time(NULL) - status.st_mtime >= 5);
}

/* Out of the way, but only if it is what was judged: another job may have been faster. */
static void Remove(const char path[], const char judged[TEXT])
{
  char aside[PETSC_MAX_PATH_LEN + 8], text[TEXT];

  (void)snprintf(aside, sizeof(aside), "%s.old", path);
  if (rename(path, aside)) return;
  if (Read(aside, text) && strcmp(text, judged)) (void)!link(aside, path);
  unlink(aside);
}

/* 0, an errno, or -1: *owner has it, or nobody knows who (owner->process 0). */
static int Take(const char path[], Owner *owner)
{
  enum { TRIES = 60, PATIENCE = 30 }; /* 0.1 s each; a killed job may need a moment to die */
  char  text[TEXT], mine[TEXT];
  Owner me;

  Describe(&me);
  (void)snprintf(mine, sizeof(mine), "host %s\nprocess %ld %lld\njob %s %ld\n", me.host, me.process, me.birth, me.job, me.restarts);
  for (int tries = 0; tries < TRIES; tries++) {
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (descriptor >= 0) {
      const PetscBool written = (PetscBool)(write(descriptor, mine, strlen(mine)) == (ssize_t)strlen(mine));
      const int       failure = written ? 0 : errno;

      if (close(descriptor) || !written) {
        unlink(path);
        return failure ? failure : EIO;
      }
      (void)snprintf(held.path, sizeof(held.path), "%s", path);
      memcpy(held.text, mine, sizeof(mine));
      return 0;
    }
    if (errno != EEXIST) return errno;
    if (!Read(path, text)) continue;
    memset(owner, 0, sizeof(*owner));
    if (Parse(text, owner) ? MayTakeOver(&me, owner) : IsAbandoned(path)) {
      Remove(path, text);
      continue;
    }
    if (owner->process && (strcmp(me.host, owner->host) || tries >= PATIENCE)) return -1;
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
  return -1;
}

/* Whether this is a name of KNLockUnfinished(). */
static PetscBool IsUnfinished(const char name[])
{
  const char *end = strrchr(name, '.'), *digit = end;

  if (!end || strcmp(end, ".tmp")) return PETSC_FALSE;
  while (digit > name && isdigit((unsigned char)digit[-1])) digit--;
  return (PetscBool)(digit < end && digit > name && digit[-1] == '.');
}

/* What cannot be removed does no harm. */
static void RemoveUnfinished(const char directory[])
{
  DIR           *folder = opendir(directory);
  struct dirent *entry;

  if (!folder) return;
  while ((entry = readdir(folder)))
    if (IsUnfinished(entry->d_name)) (void)unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
}

PetscErrorCode KNLockTake(MPI_Comm comm, const char directory[])
{
  char        path[PETSC_MAX_PATH_LEN];
  Owner       owner   = {.process = 0};
  int         failure = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && snprintf(path, sizeof(path), "%s/lock", directory) >= (int)sizeof(path)) failure = ENAMETOOLONG;
  if (rank == 0 && !failure) failure = Take(path, &owner);
  PetscCall(KNAgree(comm, failure > 0 ? KN_ERR_IO : 0, "%s/lock: cannot be made: %s", directory, strerror(failure)));
  PetscCall(KNAgree(comm, failure < 0 ? KN_ERR_USAGE : 0, "%s is in use by process %ld on host %s (job %s, restart %ld): wait for it; if it is surely gone, remove %s/lock", directory, owner.process, owner.host, owner.job, owner.restarts, directory));
  if (rank == 0) RemoveUnfinished(directory);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNLockUnfinished(const char path[], size_t size, char unfinished[])
{
  return (PetscBool)(snprintf(unfinished, size, "%s.%ld.tmp", path, held.path[0] ? KNLockRestarts() : 0) < (int)size);
}

int KNLockCheck(size_t size, char message[])
{
  char  text[TEXT] = "";
  Owner owner      = {.host = "unknown", .job = "-"};

  if (!held.path[0]) return 0;
  if (Read(held.path, text) && !strcmp(text, held.text)) return 0;
  (void)Parse(text, &owner);
  (void)snprintf(message, size, "%.300s was taken over by process %ld on host %.60s (job %.40s, restart %ld): this copy stops and writes nothing more", held.path, owner.process, owner.host, owner.job, owner.restarts);
  return KN_ERR_USAGE;
}

void KNLockRelease(void)
{
  char text[TEXT];

  if (held.path[0] && Read(held.path, text) && !strcmp(text, held.text)) unlink(held.path);
  held.path[0] = 0;
}
