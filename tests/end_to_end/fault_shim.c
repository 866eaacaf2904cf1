/*
  Faults of the system, injected into one rank by LD_PRELOAD. The environment says which:

    FAULT_CALL   fsync, write, pwrite (also pwritev), read (also pread), flock, process_vm_readv, malloc, gemm_forward, gemm_backward: a matrix product without, with
                 a transposed factor
    FAULT_RANK   of this rank only, as mpiexec or srun numbers it; default: all
    FAULT_FILE   only where the path of the file contains this
    FAULT_WHEN   only once this file exists
    FAULT_SIZE   only requests of at least so many bytes
    FAULT_AFTER  so many calls succeed first; default 0
    FAULT_TIMES  so many calls fail then; default: all
    FAULT_ERROR  errno of the failing call; default 5, EIO
    FAULT_SIGNAL the process sends itself this signal (a number) before the call, which then succeeds if there still is one to make it
    FAULT_VALUE  what the first element of the matrix product becomes, times its value plus one; default nan
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Whether this call is to fail; descriptor < 0: there is no file. Threads may count a call twice: good enough here. */
static int Strikes(const char call[], int descriptor, size_t size)
{
  if (!fault.known) Learn();
  if (!fault.call || strcmp(fault.call, call) || (long)size < fault.size) return 0;
  if (fault.when && access(fault.when, F_OK)) return 0;
  if (fault.file && descriptor >= 0) {
    char    link[64], path[4096];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof(path) - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, fault.file)) return 0;
  }
  if (__atomic_fetch_sub(&fault.after, 1, __ATOMIC_RELAXED) > 0) return 0;
  if (__atomic_fetch_sub(&fault.times, 1, __ATOMIC_RELAXED) <= 0) return 0;
  if (fault.signal) {
    raise((int)fault.signal);
    return 0;
  }
  errno = (int)fault.error;
  return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

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

ssize_t process_vm_readv(pid_t process, const struct iovec *local, unsigned long pieces, const struct iovec *remote, unsigned long remote_pieces, unsigned long flags)
{
  return Strikes("process_vm_readv", -1, 0) ? -1 : NEXT(process_vm_readv)(process, local, pieces, remote, remote_pieces, flags);
}

#ifndef KN_SANITIZE /* whose allocator must stay in place */

/* glibc's own allocator, because dlsym() itself may allocate. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

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

void cblas_sgemm(int order, int transA, int transB, int M, int N, int K, float alpha, const float *A, int lda, const float *B, int ldb, float beta, float *C, int ldc)
{
  enum { TRANSPOSED = 112 };
  static __typeof__(&cblas_sgemm) gemm;

  if (!gemm) gemm = NEXT(cblas_sgemm);
  gemm(order, transA, transB, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc);
  if (Strikes(transA == TRANSPOSED || transB == TRANSPOSED ? "gemm_backward" : "gemm_forward", -1, 0)) C[0] = fault.value * (C[0] + 1);
}
