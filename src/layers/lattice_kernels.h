/*
  Central differences on a grid, dp/dx_a, and their transpose. They are of second order in the unit coordinates of the
  grid, where the distance of points is 1/n (periodic, cells) or 1/(n-1) (nodes); at the ends of an axis that is not
  periodic they are one-sided and of first order.

  A one-sided difference is a central one of twice the weight, whose outer neighbour is the end itself.
*/
#ifndef KITINET_LATTICE_KERNELS_H
#define KITINET_LATTICE_KERNELS_H

#include <kitinet/field.h>

/* S points. Those of one index along axis 0 lie together: a slab. */
typedef struct {
  size_t dim, S;
  size_t n[KN_MAX_DIM], stride[KN_MAX_DIM]; /* points along an axis, and between two neighbours along it */
  KNReal inverse[KN_MAX_DIM];               /* 1 / distance of points */
  int    periodic;
} KNLattice;

/*
  Indices that follow one another along an axis and have their neighbours equally far: left and right, in points from
  their own. first, last: the end of an axis that is not periodic. dp/dx_a is scale (p[right] - p[left]).
*/
typedef struct {
  size_t    count;
  ptrdiff_t left, right;
  int       first, last;
  KNReal    scale;
} KNRun;

PETSC_INTERN KNLattice kn_lattice(const KNGrid *grid);

/* The run along axis a that begins with index i, of `most` indices at most. */
PETSC_INTERN KNRun kn_run(const KNLattice *at, size_t a, size_t i, size_t most);

/* d = dp/dx_0 in slabs [first, first + slabs). d: those; p: (S) */
PETSC_INTERN void kn_outer_difference(KNReal *d, const KNReal *p, const KNLattice *at, size_t first, size_t slabs);

/* d = dp/dx_a of an inner axis, a > 0. d, p: (points), whole slabs */
PETSC_INTERN void kn_difference(KNReal *d, const KNReal *p, const KNLattice *at, size_t a, size_t points);

/* dp = g + their transpose, of dd, which is written. dp, g, dd: (points), whole slabs, distinct */
PETSC_INTERN void kn_difference_back(KNReal *dp, const KNReal *g, KNReal *dd, const KNLattice *at, size_t a,
                                     size_t points);

#endif
