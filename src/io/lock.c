/*
  One job writes in a directory. Rank 0 only; the file is text: "host NAME", "boot ID NAMESPACE", "process N BIRTH",
  "job ID RESTARTS".
*/
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
  char host[256], job[64];
  char boot[64]; /* of the kernel, random at each start of the machine; "-": unknown */
  /* the namespace in which the number of the process counts: containers have their own; "-": unknown */
  char      processes[64];
  long      process, restarts;
  long long birth; /* of the process, in ticks since the host started: numbers of processes are used again */
} Owner;

/*
  Field 22 of /proc/PID/stat, behind the name in parentheses; -1 if the process is dead and not yet waited for, 0 if
  it cannot be seen.
*/
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
  if (!c) return 0;
  if (strchr("ZX", c[2])) return -1;
  for (int field = 2; c && field < 22; field++) c = strchr(c + 1, ' ');
  if (c) birth = atoll(c);
  return birth;
}

/*
  Surely gone, where the number counts: there is none of this number, or a younger one. A process that cannot be seen
  may live.
*/
static PetscBool IsGone(const Owner *owner)
{
  long long birth;

  if (kill((pid_t)owner->process, 0) && errno == ESRCH) return PETSC_TRUE;
  birth = Birth(owner->process);
  return (PetscBool)(birth && owner->birth && birth != owner->birth);
}

long KNLockRestarts(void)
{
  const char *restarts = getenv("SLURM_RESTART_COUNT");

  return restarts ? atol(restarts) : 0;
}

/* What this file says, in one word; "-" if it cannot be read. */
static void ReadWord(const char path[], char word[64])
{
  FILE *file = fopen(path, "r");

  if (!file || fscanf(file, "%63s", word) != 1) strcpy(word, "-");
  if (file) fclose(file);
}

static void Describe(Owner *me)
{
  const char *job = getenv("SLURM_JOB_ID");
  ssize_t     length;

  memset(me, 0, sizeof(*me));
  if (gethostname(me->host, sizeof(me->host) - 1) || !me->host[0]) strcpy(me->host, "unknown");
  (void)snprintf(me->job, sizeof(me->job), "%s", job && job[0] ? job : "-");
  ReadWord("/proc/sys/kernel/random/boot_id", me->boot);
  length = readlink("/proc/self/ns/pid", me->processes, sizeof(me->processes) - 1);
  if (length <= 0) strcpy(me->processes, "-");
  me->process  = (long)getpid();
  me->birth    = Birth(me->process);
  me->restarts = KNLockRestarts();
}

/* 0, or errno: the whole text of a lock, "" if there is none. */
static int Read(const char path[], char text[TEXT])
{
  const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t   size;
  int       failure;

  text[0] = 0;
  if (descriptor < 0) return errno == ENOENT ? 0 : errno;
  size    = read(descriptor, text, TEXT - 1);
  failure = size < 0 ? errno : 0;
  close(descriptor);
  text[size > 0 ? size : 0] = 0;
  return failure;
}

static PetscBool Parse(const char text[], Owner *owner)
{
  if (sscanf(text, "host %255s boot %63s %63s process %ld %lld job %63s %ld", owner->host, owner->boot,
             owner->processes, &owner->process, &owner->birth, owner->job, &owner->restarts) == 7)
    return PETSC_TRUE;
  strcpy(owner->boot, "-"); /* as locks were before version 1: whose number that is nobody knows */
  strcpy(owner->processes, "-");
  return (PetscBool)(sscanf(text, "host %255s process %ld %lld job %63s %ld", owner->host, &owner->process,
                            &owner->birth, owner->job, &owner->restarts) == 5);
}

/*
  Whether the owner is surely gone, or an earlier start of this very job. Hosts may be containers, several of one name:
  only on the same kernel, in the same namespace does the number of a process mean the same. After a machine has started
  again all its processes are gone; of a container nobody knows whether it was that machine.
*/
static PetscBool MayTakeOver(const Owner *me, const Owner *owner)
{
  static const char machine[] = "pid:[4026531836]"; /* the first namespace of every Linux kernel, PROC_PID_INIT_INO */
  const PetscBool known = (PetscBool)(strcmp(me->boot, "-") && strcmp(owner->boot, "-") && strcmp(me->processes, "-"));

  if (strcmp(me->job, "-") && !strcmp(me->job, owner->job) && me->restarts > owner->restarts) return PETSC_TRUE;
  if (!known || strcmp(me->processes, owner->processes)) return PETSC_FALSE;
  if (!strcmp(me->boot, owner->boot)) return IsGone(owner);
  return (PetscBool)(!strcmp(me->host, owner->host) && !strcmp(me->processes, machine));
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
  if (!Read(aside, text) && strcmp(text, judged)) (void)!link(aside, path);
  unlink(aside);
}

/* 0, an errno, or -1: *owner has it, or nobody knows who (owner->process 0). */
static int Take(const char path[], Owner *owner)
{
  enum { TRIES = 60, PATIENCE = 30 }; /* 0.1 s each; a killed job may need a moment to die */
  char  text[TEXT], mine[TEXT];
  Owner me;

  Describe(&me);
  (void)snprintf(mine, sizeof(mine), "host %s\nboot %s %s\nprocess %ld %lld\njob %s %ld\n", me.host, me.boot,
                 me.processes, me.process, me.birth, me.job, me.restarts);
  for (int tries = 0; tries < TRIES; tries++) {
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    int       unseen;

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
    unseen = Read(path, text);
    if (unseen) return unseen;
    memset(owner, 0, sizeof(*owner));
    if (Parse(text, owner) ? MayTakeOver(&me, owner) : IsAbandoned(path)) {
      Remove(path, text);
      continue;
    }
    if (owner->process && (strcmp(me.boot, owner->boot) || strcmp(me.processes, owner->processes) || tries >= PATIENCE))
      return -1;
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
  return -1;
}

static const char ending[] = ".kitinet.tmp";

/* Whether this is a name that KNLockUnfinished() gives under a lock. */
static PetscBool IsUnfinished(const char name[])
{
  const size_t length = strlen(name);
  const char  *end = length > strlen(ending) ? name + length - strlen(ending) : name, *digit = end;

  if (strcmp(end, ending)) return PETSC_FALSE;
  while (digit > name && isdigit((unsigned char)digit[-1])) digit--;
  return (PetscBool)(digit < end && digit > name + 1 && digit[-1] == '.');
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
  PetscCall(
    KNAgree(comm, failure > 0 ? KN_ERR_IO : 0, "%s/lock: cannot be made or read: %s", directory, strerror(failure)));
  PetscCall(KNAgree(
    comm, failure < 0 ? KN_ERR_USAGE : 0,
    "%s is in use by process %ld on host %s (job %s, restart %ld): wait for it; if it is surely gone, remove %s/lock",
    directory, owner.process, owner.host, owner.job, owner.restarts, directory));
  if (rank == 0) RemoveUnfinished(directory);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNLockUnfinished(const char path[], size_t size, char unfinished[])
{
  int length;

  if (held.path[0]) length = snprintf(unfinished, size, "%s.%ld%s", path, KNLockRestarts(), ending);
  else length = snprintf(unfinished, size, "%s.kitinet.%ld.tmp", path, (long)getpid());
  return (PetscBool)(length < (int)size);
}

int KNLockCheck(size_t size, char message[])
{
  char  text[TEXT] = "";
  Owner owner      = {.host = "unknown", .job = "-"};
  int   unseen;

  if (!held.path[0]) return 0;
  unseen = Read(held.path, text);
  if (unseen) {
    (void)snprintf(
      message, size,
      "%.300s cannot be read: %s; this copy does not know whether it still has the lock, stops and writes nothing more",
      held.path, strerror(unseen));
    return KN_ERR_IO;
  }
  if (!strcmp(text, held.text)) return 0;
  (void)Parse(text, &owner);
  (void)snprintf(message, size,
                 "%.300s was taken over by process %ld on host %.60s (job %.40s, restart %ld): this copy stops and "
                 "writes nothing more",
                 held.path, owner.process, owner.host, owner.job, owner.restarts);
  return KN_ERR_USAGE;
}

void KNLockRelease(void)
{
  char text[TEXT];

  if (held.path[0] && !Read(held.path, text) && !strcmp(text, held.text)) unlink(held.path);
  held.path[0] = 0;
}
