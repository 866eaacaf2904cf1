/*
  Central differences on a grid, dp/dx_a, and their transpose, some rows of the last axis at a time. They are of second
  order in the unit coordinates of the grid, where the distance of points is 1/n (periodic, cells) or 1/(n-1) (nodes);
  at the ends of an axis that is not periodic they are one-sided and of first order.
*/
#ifndef KITINET_LATTICE_KERNELS_H
#define KITINET_LATTICE_KERNELS_H

#include <kitinet/field.h>

/* S points in rows of m. */
typedef struct {
  size_t dim, S, m, rows;
  size_t n[KN_MAX_DIM], stride[KN_MAX_DIM]; /* points along an axis; rows between two neighbours along it */
  KNReal inverse[KN_MAX_DIM];               /* 1 / distance of points */
  int    periodic;
} KNLattice;

PETSC_INTERN KNLattice kn_lattice(const KNGrid *grid);

/* d = dp/dx_a in rows [row, row + rows). p: (S), a channel; d: (rows, m) */
PETSC_INTERN void kn_difference(KNReal *d, const KNReal *p, const KNLattice *at, size_t a, size_t row, size_t rows);

/* dp += their transpose, of dd, which is written. dp: (S); dd, work: (rows, m) */
PETSC_INTERN void kn_difference_back(KNReal *dp, KNReal *dd, KNReal *work, const KNLattice *at, size_t a, size_t row,
                                     size_t rows);

#endif
