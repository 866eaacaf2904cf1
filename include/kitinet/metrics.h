/* Norms of a field on a tensor grid that know its derivatives or its boundary. Pure kernels; sums in double. */
#ifndef KITINET_METRICS_H
#define KITINET_METRICS_H

#include <kitinet/base.h>

/*
  square: mean over the points of u^2 + |grad u|^2, the square of the H1 norm on the unit cube; u (n[0], n[1], n[2]), n
  as in KNGrid. Differences of second order: central, at the ends of an axis one-sided (three points), around the end on
  periodic ones. An axis of one point has no derivative.
*/
PETSC_EXTERN void kn_h1_square(double *square, const KNReal *u, const size_t n[KN_MAX_DIM], KNPoints points);

/* g (S) is written: the gradient of that square with respect to u, by the adjoint of the differences. */
PETSC_EXTERN void kn_h1_square_gradient(double *g, const KNReal *u, const size_t n[KN_MAX_DIM], KNPoints points);

/*
  boundary: mean of u^2 over the outermost points of the axes that have more than one point; interior: over the others;
  NaN where there are none. u (n[0], n[1], n[2]).
*/
PETSC_EXTERN void kn_boundary_square(double *boundary, double *interior, const KNReal *u, const size_t n[KN_MAX_DIM]);

#endif
