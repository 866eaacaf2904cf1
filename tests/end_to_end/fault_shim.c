/*
  Faults of the system, injected into one rank by LD_PRELOAD. The environment says which:

    FAULT_CALL   fsync, write, pwrite (also pwritev), read (also pread), open (also fopen, opendir), stat (also lstat,
                 access), flock, process_vm_readv, malloc, gemm_forward, gemm_backward: a matrix product without, with
                 a transposed factor
    FAULT_RANK   of this rank only, as mpiexec or srun numbers it; default: all
    FAULT_FILE   only where the path of the file contains this
    FAULT_WHEN   only once this file exists
    FAULT_SIZE   only requests of at least so many bytes
    FAULT_AFTER  so many calls succeed first; default 0
    FAULT_TIMES  so many calls fail then; default: all
    FAULT_ERROR  errno of the failing call; default 5, EIO
    FAULT_SIGNAL the process sends itself this signal (a number) before the call, which then succeeds if there still
    is one to make it
    FAULT_VALUE  what the first element of the matrix product becomes, times its value plus one; default nan
*/
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
  const char *call, *file, *when;
  long        rank, size, after, times, error, signal;
  float       value;
  int         known;
} fault;

static long Number(const char name[], long initial)
{
  const char *text = getenv(name);

  return text ? atol(text) : initial;
}

static void Learn(void)
{
  const char *rank = getenv("PMIX_RANK"), *value = getenv("FAULT_VALUE");

  fault.known  = 1;
  fault.file   = getenv("FAULT_FILE");
  fault.when   = getenv("FAULT_WHEN");
  fault.rank   = Number("FAULT_RANK", -1);
  fault.size   = Number("FAULT_SIZE", 0);
  fault.after  = Number("FAULT_AFTER", 0);
  fault.times  = Number("FAULT_TIMES", LONG_MAX);
  fault.error  = Number("FAULT_ERROR", EIO);
  fault.signal = Number("FAULT_SIGNAL", 0);
  fault.value  = strtof(value ? value : "nan", NULL);
  if (fault.rank < 0 || fault.rank == (rank ? atol(rank) : 0)) fault.call = getenv("FAULT_CALL");
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/*
  Whether this call is to fail; descriptor < 0: it has the file's path, or there is no file. Threads may count a call
  twice: good enough here.
*/
static int StrikesFile(const char call[], int descriptor, const char *path, size_t size)
{
  char    link[64], found[4096];
  ssize_t length;

  if (!fault.known) Learn();
  if (!fault.call || strcmp(fault.call, call) || (long)size < fault.size) return 0;
  if (fault.when && NEXT(access)(fault.when, F_OK)) return 0;
  if (fault.file && descriptor >= 0) {
    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, found, sizeof(found) - 1);
    if (length < 0) return 0;
    found[length] = 0;
    path          = found;
  }
  if (fault.file && path && !strstr(path, fault.file)) return 0;
  if (__atomic_fetch_sub(&fault.after, 1, __ATOMIC_RELAXED) > 0) return 0;
  if (__atomic_fetch_sub(&fault.times, 1, __ATOMIC_RELAXED) <= 0) return 0;
  if (fault.signal) {
    raise((int)fault.signal);
    return 0;
  }
  errno = (int)fault.error;
  return 1;
}

static int Strikes(const char call[], int descriptor, size_t size)
{
  return StrikesFile(call, descriptor, NULL, size);
}

/* Functions of a path; those with 64 are the same under another name. */
#define OPEN(name)                                                                \
  int name(const char *path, int flags, ...)                                      \
  {                                                                               \
    va_list arguments;                                                            \
    int     mode;                                                                 \
                                                                                  \
    va_start(arguments, flags);                                                   \
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;          \
    va_end(arguments);                                                            \
    return StrikesFile("open", -1, path, 0) ? -1 : NEXT(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                                          \
  FILE *name(const char *path, const char *mode)                             \
  {                                                                          \
    return StrikesFile("open", -1, path, 0) ? NULL : NEXT(name)(path, mode); \
  }
FOPEN(fopen)
FOPEN(fopen64)

DIR *opendir(const char *path)
{
  return StrikesFile("open", -1, path, 0) ? NULL : NEXT(opendir)(path);
}

#define STAT(name, type)                                                     \
  int name(const char *path, struct type *status)                            \
  {                                                                          \
    return StrikesFile("stat", -1, path, 0) ? -1 : NEXT(name)(path, status); \
  }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

int access(const char *path, int mode)
{
  return StrikesFile("stat", -1, path, 0) ? -1 : NEXT(access)(path, mode);
}

int fsync(int descriptor)
{
  return Strikes("fsync", descriptor, 0) ? -1 : NEXT(fsync)(descriptor);
}

int flock(int descriptor, int operation)
{
  extern int flock(int, int);

  return Strikes("flock", descriptor, 0) ? -1 : NEXT(flock)(descriptor, operation);
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
  return Strikes("write", descriptor, size) ? -1 : NEXT(write)(descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
  return Strikes("pwrite", descriptor, size) ? -1 : NEXT(pwrite)(descriptor, bytes, size, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset)
{
  return Strikes("pwrite", descriptor, 0) ? -1 : NEXT(pwritev)(descriptor, pieces, count, offset);
}

ssize_t read(int descriptor, void *bytes, size_t size)
{
  return Strikes("read", descriptor, size) ? -1 : NEXT(read)(descriptor, bytes, size);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
  return Strikes("read", descriptor, size) ? -1 : NEXT(pread)(descriptor, bytes, size, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t offset)
{
  return Strikes("read", descriptor, size) ? -1 : NEXT(pread64)(descriptor, bytes, size, offset);
}

ssize_t process_vm_readv(pid_t process, const struct iovec *local, unsigned long pieces, const struct iovec *remote,
                         unsigned long remote_pieces, unsigned long flags)
{
  return Strikes("process_vm_readv", -1, 0)
           ? -1
           : NEXT(process_vm_readv)(process, local, pieces, remote, remote_pieces, flags);
}

#ifndef KN_SANITIZE /* whose allocator must stay in place */

/* glibc's own allocator, because dlsym() itself may allocate. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
  *__libc_memalign(size_t, size_t);

void *malloc(size_t size)
{
  return Strikes("malloc", -1, size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
  return Strikes("malloc", -1, count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
  return Strikes("malloc", -1, size) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
  return Strikes("malloc", -1, size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
  if (Strikes("malloc", -1, size)) return ENOMEM;
  return (*memory = __libc_memalign(alignment, size)) ? 0 : ENOMEM;
}

#endif

void cblas_sgemm(int order, int transA, int transB, int M, int N, int K, float alpha, const float *A, int lda,
                 const float *B, int ldb, float beta, float *C, int ldc)
{
  enum { TRANSPOSED = 112 };
  static __typeof__(&cblas_sgemm) gemm;

  if (!gemm) gemm = NEXT(cblas_sgemm);
  gemm(order, transA, transB, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc);
  if (Strikes(transA == TRANSPOSED || transB == TRANSPOSED ? "gemm_backward" : "gemm_forward", -1, 0))
    C[0] = fault.value * (C[0] + 1);
}
