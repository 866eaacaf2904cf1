/* The first opening of a file in a process of its own: the side that asks, and the limits of the one that answers. */
#define _GNU_SOURCE // pipe2()
#include <kitinet/options.h>
#include <kitinet/probe.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOM (4ULL << 30) // bytes beside the file's own: chunks are unpacked, lists kept

enum { CPU_SECONDS = 20, WALL_SECONDS = 600, KEPT = 16, MAX_WORDS = 256 };

static PetscBool on = PETSC_FALSE;

PetscErrorCode KNProbeSetUp(void)
{
  on = PETSC_TRUE;
  PetscFunctionBegin;
  PetscCall(KNOptionsRuntimeBool("-probe", &on));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Files that were in order, as they were then. */
static struct {
  const char *kind;
  struct stat status;
} kept[KEPT];
static size_t nkept;

static PetscBool IsKept(const char kind[], const struct stat *status)
{
  for (size_t i = 0; i < PetscMin(nkept, KEPT); i++) {
    const struct stat *s = &kept[i].status;

    if (!strcmp(kept[i].kind, kind) && s->st_dev == status->st_dev && s->st_ino == status->st_ino &&
        s->st_size == status->st_size && s->st_mtim.tv_sec == status->st_mtim.tv_sec &&
        s->st_mtim.tv_nsec == status->st_mtim.tv_nsec)
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The environment without what belongs to this rank of MPI, and with one thread: (*count) entries behind which room for
 * two is left. */
static const char **Environment(void)
{
  extern char      **environ;
  static const char *left_out[] = {"OMPI_", "PMIX_", "PMI_", "OMP_NUM_THREADS=", "OPENBLAS_NUM_THREADS="};
  const char       **list;
  size_t             n = 0, kept_entries = 0;

  while (environ[n]) n++;
  list = (const char **)calloc(n + 3, sizeof(*list));
  for (size_t i = 0; i < n && list; i++) {
    PetscBool keep = PETSC_TRUE;

    for (size_t j = 0; j < PETSC_STATIC_ARRAY_LENGTH(left_out); j++)
      keep = (PetscBool)(keep && strncmp(environ[i], left_out[j], strlen(left_out[j])));
    if (keep) list[kept_entries++] = environ[i];
  }
  if (list) list[kept_entries++] = "OMP_NUM_THREADS=1";
  if (list) list[kept_entries++] = "OPENBLAS_NUM_THREADS=1";
  return list;
}

/* Starts the process; its standard output goes to *output. Returns 0 or errno. */
static int Start(const char *const argument[], pid_t *process, int *output)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t          attributes;
  const char               **environment = Environment();
  sigset_t                   blocked;
  int                        end[2], code;

  if (!environment) return ENOMEM;
  if (pipe2(end, O_CLOEXEC)) {
    code = errno;
    free(environment);
    return code;
  }
  sigemptyset(&blocked); // what asks this program to stop is not meant for that process
  for (size_t i = 0; i < 5; i++) sigaddset(&blocked, (const int[]){SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP}[i]);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, end[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  code =
    posix_spawn(process, "/proc/self/exe", &actions, &attributes, (char *const *)argument, (char *const *)environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  free(environment);
  close(end[1]);
  if (code) close(end[0]);
  else *output = end[0];
  return code;
}

/* What it says, up to its end or the limit of time, at which it is killed: then *late. */
static void Listen(pid_t process, int output, size_t size, char text[], PetscBool *late)
{
  struct timespec now;
  time_t          end;
  size_t          used = 0;

  clock_gettime(CLOCK_MONOTONIC, &now);
  end   = now.tv_sec + WALL_SECONDS;
  *late = PETSC_FALSE;
  for (;;) {
    struct pollfd ready = {.fd = output, .events = POLLIN};
    char          rest[256];
    ssize_t       got;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec >= end) {
      *late = PETSC_TRUE;
      kill(process, SIGKILL);
      break;
    }
    if (poll(&ready, 1, 1000) <= 0) continue;
    got = used + 1 < size ? read(output, text + used, size - 1 - used) : read(output, rest, sizeof(rest));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (used + 1 < size) used += (size_t)got;
  }
  text[used] = 0;
}

/* Why a process that was ended by a signal has ended. */
static const char *Cause(int number, PetscBool late)
{
  if (late) return "does not end";
  if (number == SIGXCPU) return "takes too much processor time";
  if (number == SIGKILL) return "was killed, as when memory is out";
  return strsignal(number);
}

int KNProbe(KNFile *file, const char kind[], size_t words, const char *const word[])
{
  const char *argument[MAX_WORDS + 5] = {"kitinet", KN_PROBE_COMMAND, kind, file->path};
  char        text[KN_MAX_MESSAGE];
  struct stat status;
  PetscBool   known = (PetscBool)(stat(file->path, &status) == 0), late;
  pid_t       process;
  int         output, code, end;

  if (!on || (known && IsKept(kind, &status))) return 0;
  if (known && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return 0; // refused by whoever opens it, may block
  if (words > MAX_WORDS) return KNFileFail(file, KN_ERR_USAGE, "more than %d words describe it", MAX_WORDS);
  for (size_t i = 0; i < words; i++) argument[4 + i] = word[i];
  code = Start(argument, &process, &output);
  if (code)
    return KNFileFail(file, file->code,
                      "cannot be opened in a process of its own first: %s; -probe false leaves that out",
                      strerror(code));
  Listen(process, output, sizeof(text), text, &late);
  close(output);
  while (waitpid(process, &end, 0) < 0) {
    if (errno != EINTR)
      return KNFileFail(file, file->code, "the process that opened it first is lost: %s", strerror(errno));
  }
  if (WIFSIGNALED(end))
    return KNFileFail(file, file->code,
                      "is damaged, or made to do harm: the library that reads it fails (%s); copy it again",
                      Cause(WTERMSIG(end), late));
  code = WEXITSTATUS(end);
  if (code == KN_EXIT_DONE) {
    if (known) kept[nkept % KEPT].kind = kind, kept[nkept % KEPT].status = status, nkept++;
    return 0;
  }
  if (!text[0])
    return KNFileFail(file, file->code,
                      "the process that opened it first ends with code %d; -probe false leaves that out", code);
  memcpy(file->message, text, PetscMin(sizeof(text), sizeof(file->message)));
  return code == KN_EXIT_USAGE ? KN_ERR_USAGE : code == KN_EXIT_INPUT ? KN_ERR_INPUT : PETSC_ERR_MEM;
}

static void Limit(int resource, rlim_t most)
{
  struct rlimit limit;

  if (getrlimit(resource, &limit)) return;
  limit.rlim_cur = PetscMin(limit.rlim_cur, most);
  limit.rlim_max = PetscMin(limit.rlim_max, most + (resource == RLIMIT_CPU ? 5 : 0));
  setrlimit(resource, &limit);
}

void KNProbeLimit(const char path[])
{
  unsigned long long pages = 0, used;
  struct stat        status;
  FILE              *file = fopen("/proc/self/statm", "r");

  if (file && fscanf(file, "%llu", &pages) != 1) pages = 0;
  if (file) fclose(file);
  used = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_CPU, CPU_SECONDS);
#if !defined(__SANITIZE_ADDRESS__) // its shadow is of the address space's size
  Limit(RLIMIT_AS, (rlim_t)(used + ROOM + (stat(path, &status) ? 0 : (unsigned long long)status.st_size)));
#else
  (void)used, (void)status;
#endif
}
