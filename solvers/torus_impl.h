/* What a torus looks like from inside: what torus.c knows of it, and the table that a distribution fills in. */
#ifndef KITINET_TORUS_IMPL_H
#define KITINET_TORUS_IMPL_H

#include "torus.h"

/* Sums and maxima are those of the calling rank. */
typedef struct {
  PetscErrorCode (*forward)(KNTorus, const PetscReal u[], PetscReal coefficients[]);
  PetscErrorCode (*backward)(KNTorus, const PetscReal coefficients[], PetscReal u[]);
  PetscErrorCode (*advect)(KNTorus, const PetscReal w[], PetscReal rate[]);
  PetscReal (*square)(KNTorus, const PetscReal coefficients[]); /* sum of |c_k|^2 over all k */
  PetscReal (*speed)(KNTorus);
  PetscErrorCode (*destroy)(KNTorus);
} KNTorusOps;

struct _p_KNTorus {
  KNTorusOps  ops;
  MPI_Comm    comm;
  PetscMPIInt size;                      /* ranks of comm */
  PetscInt    n, m;                      /* points a side; columns of coefficients, n/2 + 1 */
  PetscInt    first_row, rows;           /* of points, here */
  PetscInt    first_column, columns;     /* of coefficients, here */
  size_t      row_stride, column_stride; /* reals from one coefficient to the next */
  KNProduct   product;
  PetscReal   wavenumber; /* 2 pi/L */
  PetscInt    cut_in;     /* highest |k_i| of the factors of a product */
  PetscInt    cut_out;    /* highest |k_i| of a product */
  PetscReal  *laplace;    /* as coefficients: |kappa|^2 */
  PetscReal  *inverse;    /* half as many: 1/|kappa|^2, 0 for k = 0 */
  void       *data;       /* of the distribution */
};

/* Fill in ops, rows, columns, strides and data. */
PETSC_INTERN PetscErrorCode KNTorusCreate_Whole(KNTorus torus);
PETSC_INTERN PetscErrorCode KNTorusCreate_Slabs(KNTorus torus);

#endif
