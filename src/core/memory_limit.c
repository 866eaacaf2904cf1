/*
  What a rank may take of its node's memory: Linux says so in /proc/meminfo and, for batch jobs, in the control groups
  of the process (version 1 or 2).
*/
#include <kitinet/memory.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t limit = SIZE_MAX;

/*
  The number after `key` in a file of lines "key number"; with key "" the number that the file begins with. missing if
  there is none ("max").
*/
static size_t ReadNumber(const char path[], const char key[], size_t missing)
{
  FILE              *file = fopen(path, "r");
  char               line[256];
  const size_t       n      = strlen(key);
  unsigned long long number = 0;
  int                found  = 0;

  if (!file) return missing;
  while (!found && fgets(line, sizeof(line), file))
    found = !strncmp(line, key, n) && sscanf(line + n, " %llu", &number) == 1;
  fclose(file);
  return found ? (size_t)number : missing;
}

/* What the control group in this folder has left; its file cache can be given up. SIZE_MAX: no limit here. */
static size_t GroupAvailable(const char folder[], const char max[], const char current[], const char cache[])
{
  char   path[3 * PETSC_MAX_PATH_LEN]; /* folder is of up to two */
  size_t most, used, given_up;

  snprintf(path, sizeof(path), "%s/%s", folder, max);
  most = ReadNumber(path, "", SIZE_MAX);
  if (most >= (size_t)1 << 60) return SIZE_MAX; /* version 1 says "none" by a huge number */
  snprintf(path, sizeof(path), "%s/%s", folder, current);
  used = ReadNumber(path, "", 0);
  snprintf(path, sizeof(path), "%s/memory.stat", folder);
  given_up = PetscMin(used, ReadNumber(path, cache, 0));
  used -= given_up;
  return used < most ? most - used : 0;
}

/* The least of the process's control group and all above it, up to the root that the process sees. */
static size_t GroupsAvailable(void)
{
  FILE  *file = fopen("/proc/self/cgroup", "r");
  char   line[PETSC_MAX_PATH_LEN];
  size_t least = SIZE_MAX;

  if (!file) return SIZE_MAX;
  while (fgets(line, sizeof(line), file)) {
    char folder[2 * PETSC_MAX_PATH_LEN], *controller = strchr(line, ':'),
                                         *group = controller ? strchr(controller + 1, ':') : NULL;
    int   unified;
    char *root, *slash;

    if (!group) continue;
    *group++                    = 0;
    group[strcspn(group, "\n")] = 0;
    unified                     = !controller[1];
    if (!unified && strcmp(controller + 1, "memory")) continue;
    snprintf(folder, sizeof(folder), "/sys/fs/cgroup%s%s", unified ? "" : "/memory", group);
    root = folder + strlen(unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    do {
      const size_t here =
        unified ? GroupAvailable(folder, "memory.max", "memory.current", "inactive_file")
                : GroupAvailable(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");

      least = PetscMin(least, here);
      slash = strrchr(root, '/');
      if (slash) *slash = 0;
    } while (slash);
  }
  fclose(file);
  return least;
}

PetscErrorCode KNMemorySetUp(void)
{
  MPI_Comm           node;
  PetscMPIInt        ranks;
  unsigned long long least;

  PetscFunctionBegin;
  least = (unsigned long long)ReadNumber("/proc/meminfo", "MemAvailable:", SIZE_MAX >> 10) << 10; /* kB */
  least = PetscMin(least, (unsigned long long)GroupsAvailable());
  PetscCallMPI(MPI_Comm_split_type(PETSC_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  PetscCallMPI(MPI_Comm_free(&node));
  least /= (unsigned long long)ranks;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_UNSIGNED_LONG_LONG, MPI_MIN, PETSC_COMM_WORLD));
  limit = (size_t)least;
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNMemoryGetLimit(void)
{
  return limit;
}

size_t KNMemoryGetPeak(void)
{
  /* kB; getrusage() would count what the launcher held before it became this program */
  return ReadNumber("/proc/self/status", "VmHWM:", 0) << 10;
}
