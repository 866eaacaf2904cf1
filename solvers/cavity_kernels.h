/*
  The flow in a driven cavity on staggered cells, in terms of the stream function: arithmetic of one node, and the
  fields that follow.

      div(u u) + grad p = (1/Re) Laplace u + f,   div u = 0,   u = (lid(x), 0) at y = 1, zero on the other walls

  The scheme is that of Harlow and Welch (Phys. Fluids 8, 1965): u and v on the faces of cells, p in their centres,
  central differences; a point beyond a wall mirrors the one before it, so that their mean is the wall's velocity.
  Velocities without divergence are differences of a stream function at the corners of cells, the nodes (i h, j h), h
  = 1/m:
      u = (psi(i, j+1) - psi(i, j))/h,   v = -(psi(i+1, j) - psi(i, j))/h
  and the curl of the momentum equations eliminates p. Both steps are exact: solution and conservation are those of
  the staggered scheme, for one unknown a node instead of three a cell. Times h^4 Re the curl reads, at each inner
  node,

      Re (C - Q) + B = Re h^3 F

    C = +-(psi(i+1, j) - psi(i, j+1)) (psi(i+1, j+1) - psi(i, j)), h^2 (v^2 - u^2) of a cell with lower corner (i, j),
    over the four cells
        around the node: + to the upper right and lower left, - else
    Q = q(i+1) + q(i-1) - q(j+1) - q(j-1) with q = (psi(j+1) - psi(j-1)) (psi(i+1) - psi(i-1))/4, -h^2 u v of a node
    B = the biharmonic operator, 13 points
    F = the circulation of f around the node

  psi = 0 on the walls; beyond them psi(-1) = psi(1), at the lid + 2 h lid(x): Thom's formula. The error is O(h^2) for
  a smooth lid.
*/
#ifndef KITINET_CAVITY_KERNELS_H
#define KITINET_CAVITY_KERNELS_H

#include <kitinet/base.h>

#define KN_CAVITY_REACH 2                         /* nodes that the stencil reaches in each direction */
#define KN_CAVITY_WIDTH (2 * KN_CAVITY_REACH + 1) /* of the square that holds the stencil */

/* h^2 (v^2 - u^2) of the cell whose lower corner is *psi; s: stride from node i to i + 1. */
static inline PetscReal kn_cavity_cell(const PetscReal *psi, ptrdiff_t s)
{
  return (psi[s] - psi[1]) * (psi[s + 1] - psi[0]);
}

/* -h^2 u v of the node at *psi. */
static inline PetscReal kn_cavity_node(const PetscReal *psi, ptrdiff_t s)
{
  return 0.25 * (psi[1] - psi[-1]) * (psi[s] - psi[-s]);
}

/* The left side of the equation above at the node *psi. */
static inline PetscReal kn_cavity_residual(const PetscReal *psi, ptrdiff_t s, PetscReal reynolds)
{
  const PetscReal cells =
    kn_cavity_cell(psi, s) - kn_cavity_cell(psi - s, s) - kn_cavity_cell(psi - 1, s) + kn_cavity_cell(psi - s - 1, s);
  const PetscReal nodes =
    kn_cavity_node(psi + s, s) + kn_cavity_node(psi - s, s) - kn_cavity_node(psi + 1, s) - kn_cavity_node(psi - 1, s);
  const PetscReal near  = psi[s] + psi[-s] + psi[1] + psi[-1];
  const PetscReal far   = psi[2 * s] + psi[-2 * s] + psi[2] + psi[-2];
  const PetscReal cross = psi[s + 1] + psi[s - 1] + psi[-s + 1] + psi[-s - 1];

  return reynolds * (cells - nodes) + 20.0 * psi[0] - 8.0 * near + 2.0 * cross + far;
}

/* Its derivatives. value: (5, 5) with respect to psi at (i + k - 2, j + l - 2). */
static inline void kn_cavity_derivative(PetscReal value[KN_CAVITY_WIDTH][KN_CAVITY_WIDTH], const PetscReal *psi,
                                        ptrdiff_t s, PetscReal reynolds)
{
  static const PetscReal biharmonic[KN_CAVITY_WIDTH][KN_CAVITY_WIDTH] = {{0, 0, 1, 0, 0},
                                                                         {0, 2, -8, 2, 0},
                                                                         {1, -8, 20, -8, 1},
                                                                         {0, 2, -8, 2, 0},
                                                                         {0, 0, 1, 0, 0}};

  memcpy(value, biharmonic, sizeof(biharmonic));
  for (int a = -1; a <= 0; a++) {
    for (int b = -1; b <= 0; b++) { /* the cell with lower corner (i + a, j + b) */
      const PetscReal *p    = psi + a * s + b;
      const PetscReal  sign = a == b ? reynolds : -reynolds;
      /* the factors of kn_cavity_cell() */
      const PetscReal falling = sign * (p[s] - p[1]), rising = sign * (p[s + 1] - p[0]);
      const int       k = a + KN_CAVITY_REACH, l = b + KN_CAVITY_REACH;

      value[k + 1][l] += rising;
      value[k][l + 1] -= rising;
      value[k + 1][l + 1] += falling;
      value[k][l] -= falling;
    }
  }
  for (int n = 0; n < 4; n++) { /* the node (i + a, j + b) */
    const int        a = n == 0 ? 1 : n == 1 ? -1 : 0, b = n == 2 ? 1 : n == 3 ? -1 : 0;
    const PetscReal *p    = psi + a * s + b;
    const PetscReal  sign = a ? -0.25 * reynolds : 0.25 * reynolds;
    const PetscReal  dx = sign * (p[s] - p[-s]), dy = sign * (p[1] - p[-1]);
    const int        k = a + KN_CAVITY_REACH, l = b + KN_CAVITY_REACH;

    value[k][l + 1] += dx;
    value[k][l - 1] -= dx;
    value[k + 1][l] += dy;
    value[k - 1][l] -= dy;
  }
}

/* Sets psi beyond the walls, where its ranges [i0, i1) x [j0, j1) reach there; lid: (m + 1). */
static inline void kn_cavity_rim(PetscReal **psi, const PetscReal *lid, PetscInt m, PetscInt i0, PetscInt i1,
                                 PetscInt j0, PetscInt j1)
{
  for (PetscInt j = j0; j < j1; j++) {
    if (i0 < 0) psi[-1][j] = psi[1][j];
    if (i1 > m + 1) psi[m + 1][j] = psi[m - 1][j];
  }
  for (PetscInt i = PetscMax(i0, 0); i < PetscMin(i1, m + 1); i++) {
    if (j0 < 0) psi[i][-1] = psi[i][1];
    if (j1 > m + 1) psi[i][m + 1] = psi[i][m - 1] + 2.0 * lid[i] / (PetscReal)m;
  }
}

/* Circulation of the force around node (i, j); fx: (m + 1, m), fy: (m, m + 1). */
static inline PetscReal kn_cavity_circulation(const PetscReal *fx, const PetscReal *fy, PetscInt m, PetscInt i,
                                              PetscInt j)
{
  return fy[i * (m + 1) + j] - fy[(i - 1) * (m + 1) + j] - fx[i * m + j] + fx[i * m + j - 1];
}

/* u: (m + 1, m + 2), v: (m + 2, m + 1), as in KNCavityFields, of psi[-1 .. m + 1][-1 .. m + 1]. */
PETSC_INTERN void kn_cavity_velocity(PetscReal *u, PetscReal *v, PetscReal *const *psi, PetscInt m);

/* p: (m + 2, m + 2), as in KNCavityFields, of u and v; fx: (m + 1, m) and fy: (m, m + 1) may be NULL. */
PETSC_INTERN void kn_cavity_pressure(PetscReal *p, const PetscReal *u, const PetscReal *v, const PetscReal *fx,
                                     const PetscReal *fy, PetscInt m, PetscReal reynolds);

#endif
