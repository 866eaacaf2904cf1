/*
  What every file of KITINet shares: PETSc, the precision of the network, grids.

  Errors, options, logging and memory are PETSc's: every function that can fail returns a
  PetscErrorCode and is called under PetscCall().
*/
#ifndef KITINET_BASE_H
#define KITINET_BASE_H

#include <kitinet/version.h>
#include <petscsys.h>

/* C11's complex number from two parts, which glibc has for gcc only. */
#if defined(__clang__) && !defined(CMPLX)
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif

/* Names that PETSc introduced after 3.18, the oldest release we build with. */
#if PETSC_VERSION_LT(3, 19, 0)
#define PETSC_SUCCESS ((PetscErrorCode)0)
#endif

/* Our format strings, MPI counts and files are those of PETSc's own default; src/packages.cmake says how to get it. */
#if defined(PETSC_USE_64BIT_INDICES) || !defined(PETSC_USE_REAL_DOUBLE) || defined(PETSC_USE_COMPLEX)
#error "KITINet needs a PETSc with 32-bit integers and real numbers of 64 bits"
#endif

/*
  KNReal is the precision of the network: float in the program, double in the libraries that the
  gradient tests link (compiled from the same sources with KN_DOUBLE). Solvers use PetscReal.
*/
#if defined(KN_DOUBLE)
typedef double KNReal;
#define KNFFTW(name) fftw_##name
#define KNBLAS(name) cblas_d##name
#define KNREAL_MPI   MPI_DOUBLE
#else
typedef float KNReal;
#define KNFFTW(name) fftwf_##name
#define KNBLAS(name) cblas_s##name
#define KNREAL_MPI   MPI_FLOAT
#endif

#define KN_MAX_DIM  3  /* axes of a grid */
#define KN_MAX_NAME 64 /* bytes of a name (parameter, field, layer), with its end */
#define KN_ALIGN    64 /* bytes to which large arrays are aligned: one cache line, one AVX-512 register */

/* Where the points of an axis of unit length lie. */
typedef enum {
  KN_POINTS_CELLS,   /* (i + 1/2) / n */
  KN_POINTS_NODES,   /* i / (n - 1), both ends included */
  KN_POINTS_PERIODIC /* i / n, the end is the beginning */
} KNPoints;

/* "cells", "nodes", "periodic", then NULL */
PETSC_EXTERN const char *const KNPointsNames[];

/*
  A tensor grid on the unit interval, square or cube, or a slab of one, some layers of its first axis; the last axis
  is the fastest in memory.
*/
typedef struct {
  PetscInt dim;           /* 1, 2 or 3 */
  PetscInt n[KN_MAX_DIM]; /* points along each axis; 1 beyond dim */
  KNPoints points;        /* where they lie, the same on all axes */
  PetscInt whole;         /* points along the first axis of the grid that this is a slab of; 0: this is no slab */
  PetscInt first;         /* of these, the one with which the slab begins */
} KNGrid;

/* Not collective. S, the number of points of the grid. */
static inline size_t KNGridSize(const KNGrid *grid)
{
  return (size_t)grid->n[0] * (size_t)grid->n[1] * (size_t)grid->n[2];
}

/* Not collective. Points along an axis of the whole grid. */
static inline PetscInt KNGridWhole(const KNGrid *grid, PetscInt axis)
{
  return axis == 0 && grid->whole ? grid->whole : grid->n[axis];
}

/* Not collective. Have both the same points? Slabs: the same layers in number. */
PETSC_EXTERN PetscBool KNGridEqual(const KNGrid *a, const KNGrid *b);

/* Not collective. A grid of n[0..dim) points. */
PETSC_EXTERN KNGrid KNGridMake(PetscInt dim, const PetscInt n[], KNPoints points);

/* Not collective. The coordinate in [0, 1] of point i of an axis with n points. */
PETSC_EXTERN PetscReal KNPointsCoordinate(KNPoints points, PetscInt n, PetscInt i);

/* Not collective. The point of an axis with n points that lies nearest to coordinate x in [0, 1]. */
PETSC_EXTERN PetscInt KNPointsNearest(KNPoints points, PetscInt n, PetscReal x);

/*
  Linear interpolation along one axis, from n_from points to the coordinates of n_to points of the
  same kind: value[i] = (1 - weight[i]) from[left[i]] + weight[i] from[right[i]]. Beyond the
  outermost points the value is held constant (periodic axes wrap around).

  Not collective. left, right, weight: (n_to), caller's memory.
*/
PETSC_EXTERN void KNPointsInterpolation(KNPoints points, PetscInt n_from, PetscInt n_to, PetscInt left[],
                                        PetscInt right[], PetscReal weight[]);

/*
  Not collective. The share [*start, *end) of rank in 0..size-1 of n items, contiguous, sizes differing by at most one.
*/
static inline void KNPartition(PetscInt64 n, PetscMPIInt size, PetscMPIInt rank, PetscInt64 *start, PetscInt64 *end)
{
  *start = n / size * rank + PetscMin(n % size, rank);
  *end   = *start + n / size + (rank < n % size ? 1 : 0);
}

/* Not collective. The slab of rank in 0..size-1; slabs differ by at most one layer. The whole grid if size is 1. */
static inline KNGrid KNGridSlab(const KNGrid *grid, PetscMPIInt size, PetscMPIInt rank)
{
  KNGrid     slab = *grid;
  PetscInt64 start, end;

  if (size == 1) return slab;
  KNPartition(grid->n[0], size, rank, &start, &end);
  slab.whole = grid->n[0];
  slab.first = (PetscInt)start;
  slab.n[0]  = (PetscInt)(end - start);
  return slab;
}

/*
  Not collective. n items stay together in leaves of `leaf` items (the last may be shorter), leaves in aligned blocks
  of 2^k leaves, a block for each rank: the smallest 2^k that leaves no more blocks than ranks. Whatever the size, a
  block is then a whole subtree of one binary tree over the leaves.
*/
static inline PetscInt64 KNLeafBlock(PetscInt64 n, PetscInt64 leaf, PetscMPIInt size)
{
  const PetscInt64 leaves = (n + leaf - 1) / leaf;
  PetscInt64       block  = 1;

  while ((leaves + block - 1) / block > size) block *= 2;
  return block;
}

/* Not collective. The share [*start, *end) of rank in 0..size-1: its block. Ranks beyond the last block have none. */
static inline void KNLeafPartition(PetscInt64 n, PetscInt64 leaf, PetscMPIInt size, PetscMPIInt rank, PetscInt64 *start,
                                   PetscInt64 *end)
{
  const PetscInt64 items = KNLeafBlock(n, leaf, size) * leaf;

  *start = PetscMin(n, rank * items);
  *end   = PetscMin(n, (rank + 1) * items);
}

/*
  Not collective. count rounded up, so that an array of so many reals ends where the next one is aligned to KN_ALIGN:
  the stride of threads in a workspace.
*/
static inline size_t KNAligned(size_t count)
{
  const size_t line = KN_ALIGN / sizeof(KNReal);

  return (count + line - 1) / line * line;
}

/*
  Zeroed memory aligned to KN_ALIGN; in debug builds filled with NaN instead, so that a read of
  what nobody wrote shows. Not collective. The caller frees it with KNFree(&x).
*/
PETSC_EXTERN PetscErrorCode KNMalloc(size_t count, size_t size, void *array);
PETSC_EXTERN PetscErrorCode KNFree(void *array);

#endif
