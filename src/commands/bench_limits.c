/* The limits of the machine, measured beside the network: products of large matrices, and the bandwidth of memory. */
#include "bench.h"
#include <kitinet/threads.h>
#include <cblas.h>
#include <omp.h>

enum {
  ORDER  = 1024,   /* of the matrices: large enough for the peak of the library */
  LENGTH = 1 << 24 /* elements of each of the triad's arrays, far more than any cache holds */
};

struct _KNBenchLimits {
  int     threads;
  KNReal *product; /* (threads, 3, ORDER, ORDER) */
  KNReal *triad;   /* (3, LENGTH) */
};

/* Each thread multiplies its own matrices, as the layers do. */
static PetscErrorCode RunProduct(void *context)
{
  const KNBenchLimits limits = context;

  PetscFunctionBegin;
#pragma omp parallel num_threads(limits->threads)
  {
    const size_t n = ORDER * ORDER;
    KNReal      *c = limits->product + 3 * n * (size_t)omp_get_thread_num();

    KNBLAS(gemm)
    (CblasRowMajor, CblasNoTrans, CblasNoTrans, ORDER, ORDER, ORDER, 1, c + n, ORDER, c + 2 * n, ORDER, 0, c, ORDER);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void kn_triad(KNReal *restrict a, const KNReal *restrict b, const KNReal *restrict c, KNReal s, size_t n,
                     int threads)
{
  // a, b, c: (n)
#pragma omp parallel for schedule(static) num_threads(threads)
  for (size_t i = 0; i < n; i++) a[i] = b[i] + s * c[i];
}

static PetscErrorCode RunTriad(void *context)
{
  const KNBenchLimits limits = context;

  PetscFunctionBegin;
  kn_triad(limits->triad, limits->triad + LENGTH, limits->triad + 2 * (size_t)LENGTH, (KNReal)0.5, LENGTH,
           limits->threads);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchAddLimits(KNBenchList *list, KNBenchLimits *limits)
{
  const size_t n       = ORDER * ORDER;
  KNBenchItem  product = {.name = "machine", .phase = "product", .number = 1, .run = RunProduct},
              triad    = {.name = "machine", .phase = "triad", .number = 1, .run = RunTriad};

  PetscFunctionBegin;
  PetscCall(PetscNew(limits));
  KNThreadsLimitBLAS();
  (*limits)->threads = omp_get_max_threads();
  PetscCall(KNMalloc((size_t)(*limits)->threads * 3 * n, sizeof(KNReal), &(*limits)->product));
  PetscCall(KNMalloc(3 * (size_t)LENGTH, sizeof(KNReal), &(*limits)->triad));
  for (int t = 0; t < (*limits)->threads; t++) KNBenchFill((*limits)->product + (size_t)t * 3 * n, 3 * n, t);
  product.context = triad.context = *limits;
  product.flops                   = 2.0 * ORDER * ORDER * ORDER * (*limits)->threads;
  triad.bytes                     = 3.0 * LENGTH * sizeof(KNReal);
  PetscCall(KNBenchAdd(list, &product));
  PetscCall(KNBenchAdd(list, &triad));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchLimitsDestroy(KNBenchLimits *limits)
{
  PetscFunctionBegin;
  if (!*limits) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&(*limits)->product));
  PetscCall(KNFree(&(*limits)->triad));
  PetscCall(PetscFree(*limits));
  PetscFunctionReturn(PETSC_SUCCESS);
}
