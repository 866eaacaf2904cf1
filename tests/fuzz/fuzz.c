/*
  Damaged files for one reader:

    fuzz TARGET SEED FIRST COUNT FILE ..

  Files number FIRST to FIRST + COUNT - 1 (FuzzMutate()) of the given good ones are read in processes of their own,
  under AddressSanitizer and with limits of time and memory. A crash or a hang is told with SEED and number, which make
  the same file again, and its report kept; so is a refusal with another code than the header names, as when memory is
  out. Those inside libhdf5, matio, libjpeg and libpng, of whose faults we know and which we cannot mend, are counted
  apart, and their files kept as damaged.SEED.NUMBER; all others fail.
*/
#include "fuzz.h"
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  BATCH         = 100,
  MAX_SEEDS     = 16,
  ROOM          = 1 << 20,
  CPU_SECONDS   = 3,
  WALL_SECONDS  = 240,
  MAX_RESIDENT  = 1 << 20 /* kB */,
  NO_FILE       = 3,
  WRONG_OUTCOME = 4
};

/* What a process says to the one that watches it. */
typedef struct {
  PetscInt64 number;
  PetscInt64 count[FUZZ_OUTCOMES];
} Progress;

static const char *const progress_log = "report";

static void TimeIsUp(int signal)
{
  abort(); /* told by the sanitizer, with the place */
}

/* Never returns. */
static void ReadBatch(const FuzzTarget *target, PetscInt64 seed, PetscInt64 end, size_t nseeds, const FuzzSeed seeds[],
                      Progress *progress)
{
  static unsigned char bytes[ROOM];
  /* of its own time: other work on the machine does not count */
  const struct itimerval limit = {.it_value = {.tv_sec = CPU_SECONDS}};
  const int              log   = open(progress_log, O_WRONLY | O_CREAT | O_TRUNC, 0666);

  dup2(log, STDERR_FILENO);
  signal(SIGPROF, TimeIsUp);
  for (; progress->number < end; progress->number++) {
    const size_t size = FuzzMutate(target, seed, progress->number, nseeds, seeds, sizeof(bytes), bytes);
    FILE        *file;
    FuzzOutcome  outcome;

    unlink(target->name); /* HDF5 knows files by their inode: one that was refused is still open */
    file = fopen(target->name, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) _exit(NO_FILE);
    setitimer(ITIMER_PROF, &limit, NULL);
    alarm(WALL_SECONDS);
    outcome = target->read(target->name);
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {.tv_sec = 0}}, NULL);
    progress->count[outcome]++;
    if (outcome == FUZZ_WRONG || (progress->number < (PetscInt64)nseeds && outcome != FUZZ_READ)) _exit(WRONG_OUTCOME);
  }
  _exit(0);
}

/*
  Whether a crash is a library's: in each stack of the report the first function that is not of the C library, the
  sanitizer or this test. place: that of the crash.
*/
static PetscBool IsOfLibrary(size_t size, char place[])
{
  static const char *const runtime[] = {"libsanitizer", "libasan",     "libubsan", "libc.so",      " nptl/", " stdlib/",
                                        " sysdeps/",    "../sysdeps/", "TimeIsUp", "/tests/fuzz/", NULL};
  FILE                    *file      = fopen(progress_log, "r");
  char                     line[1024];
  size_t                   i;
  PetscBool                library = PETSC_FALSE, open = PETSC_FALSE, ours = PETSC_FALSE;

  place[0] = 0;
  while (file && fgets(line, sizeof(line), file)) {
    const char *const frame = strstr(line, " in ");
    unsigned          depth;

    if (sscanf(line, " #%u 0x", &depth) != 1) continue;
    if (depth == 0) open = PETSC_TRUE;
    for (i = 0; runtime[i] && !strstr(line, runtime[i]);) i++;
    if (!open || runtime[i]) continue;
    open = PETSC_FALSE;
    if (!place[0])
      snprintf(place, size, "%.*s", (int)strcspn(frame ? frame + 4 : line, "\n"), frame ? frame + 4 : line);
    if (strstr(line, "libhdf5") || strstr(line, "libmatio") || strstr(line, "libjpeg") || strstr(line, "libpng"))
      library = PETSC_TRUE;
    else ours = PETSC_TRUE;
  }
  if (file) fclose(file);
  return (PetscBool)(library && !ours);
}

/* The batch has ended at progress->number before its end. Returns whether that is a fault of ours. */
static PetscBool Report(const FuzzTarget *target, PetscInt64 seed, int status, const Progress *progress)
{
  char            place[256], kept[128];
  const PetscBool library = IsOfLibrary(sizeof(place), place);
  const char     *what = WIFEXITED(status) && WEXITSTATUS(status) == WRONG_OUTCOME ? "wrong outcome" : "crash or hang";

  snprintf(kept, sizeof(kept), "report.%s.%lld.%lld", library ? "library" : "ours", (long long)seed,
           (long long)progress->number);
  rename(progress_log, kept);
  if (library) { /* for fuzz.sh, which gives it to the program */
    char damaged[128];

    snprintf(damaged, sizeof(damaged), "damaged.%lld.%lld", (long long)seed, (long long)progress->number);
    rename(target->name, damaged);
  }
  printf("%s: fuzz %s %lld %lld 1: %s in %s; see %s\n", library ? "library" : "FAILED", target->name, (long long)seed,
         (long long)progress->number, what, place, kept);
  fflush(stdout);
  return (PetscBool)!library;
}

static PetscErrorCode Load(const char path[], FuzzSeed *seed)
{
  FILE *file = fopen(path, "rb");

  PetscFunctionBegin;
  PetscCheck(file, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "%s: %s", path, strerror(errno));
  seed->bytes = (unsigned char *)malloc(ROOM);
  seed->size  = fread(seed->bytes, 1, ROOM, file);
  fclose(file);
  PetscCheck(seed->size && seed->size < ROOM, PETSC_COMM_SELF, PETSC_ERR_FILE_UNEXPECTED,
             "%s: %zu bytes, expected 1 to %d", path, seed->size, ROOM - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const FuzzTarget *target;
  FuzzSeed          seeds[MAX_SEEDS];
  const size_t      nseeds = (size_t)PetscMax(argc - 5, 0);
  PetscInt64        seed, first, end, library = 0, failed = 0;
  struct rusage     usage;
  Progress         *progress;
  int               none = 1;

  PetscCall(PetscOptionsSetValue(NULL, "-no_signal_handler", "true")); /* a crash is for the sanitizer to tell */
  PetscCall(PetscInitialize(&none, &argv, NULL, NULL));
  PetscCheck(nseeds >= 1 && nseeds <= MAX_SEEDS && (target = FuzzTargetFind(argv[1])), PETSC_COMM_SELF,
             PETSC_ERR_ARG_WRONG, "fuzz TARGET SEED FIRST COUNT FILE ..");
  for (size_t i = 0; i < nseeds; i++) PetscCall(Load(argv[5 + i], &seeds[i]));
  seed  = atoll(argv[2]);
  first = atoll(argv[3]);
  end   = first + atoll(argv[4]);
  H5open();
  progress = (Progress *)mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  PetscCheck(progress != MAP_FAILED, PETSC_COMM_SELF, PETSC_ERR_MEM, "no shared memory");
  for (progress->number = first; progress->number < end;) {
    const PetscInt64 until =
      target->keeps_state ? progress->number + 1 : PetscMin(end, (progress->number / BATCH + 1) * BATCH);
    const pid_t child = fork();
    int         status;

    if (child == 0) ReadBatch(target, seed, until, nseeds, seeds, progress);
    PetscCheck(child > 0 && waitpid(child, &status, 0) == child, PETSC_COMM_SELF, PETSC_ERR_SYS, "no process: %s",
               strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    if (Report(target, seed, status, progress)) failed++;
    else library++;
    progress->number++;
  }
  getrusage(RUSAGE_CHILDREN, &usage);
  printf("%s, seed %lld: %lld files, %lld read, %lld refused, %lld ended in a library, %lld failed; at most %ld MB\n",
         target->name, (long long)seed, (long long)(end - first), (long long)progress->count[FUZZ_READ],
         (long long)progress->count[FUZZ_REFUSED], (long long)library, (long long)failed, usage.ru_maxrss / 1024);
  if (usage.ru_maxrss > MAX_RESIDENT) printf("FAILED: a process of %ld MB\n", usage.ru_maxrss / 1024);
  PetscCall(PetscFinalize());
  return failed || usage.ru_maxrss > MAX_RESIDENT;
}
