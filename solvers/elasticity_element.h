/* Matrices of a bilinear element of a plate, plane strain: elasticity.c adds them up. */
#ifndef KITINET_ELASTICITY_ELEMENT_H
#define KITINET_ELASTICITY_ELEMENT_H

#include <petscsys.h>

#define KN_CORNERS 4
#define KN_DOFS    8 /* node by node, first along the second axis, which is PETSc's x */

static const int kn_corner[KN_CORNERS][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}; /* along x, along y */

typedef struct {
  PetscReal stiffness[KN_CORNERS][KN_DOFS * KN_DOFS]; /* by Young's modulus at a Gauss point, for any size */
  PetscReal at_gauss[KN_CORNERS][KN_CORNERS];         /* shape function of corner c at Gauss point g: [g][c] */
  PetscReal mass[KN_CORNERS][KN_CORNERS];             /* for elements of area 1 */
} KNElasticityElement;

/* Not collective. For Poisson's ratio, between -1 and 1/2. */
PETSC_INTERN void kn_elasticity_element(KNElasticityElement *element, PetscReal poisson);

#endif
