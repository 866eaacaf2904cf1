/* Options of the sides of a domain, and what a dataset says of them. */
#ifndef KITINET_WALL_OPTIONS_H
#define KITINET_WALL_OPTIONS_H

#include "walls.h"

/*
  Collective on PETSC_COMM_WORLD. Declares -<prefix>sides, -<prefix>side_values, -<prefix>robin. wall: (2 axes), all of
  the kind and with the length of wall[0] on entry.
*/
PETSC_INTERN PetscErrorCode KNWallOptions(const char prefix[], PetscInt axes, KNWall wall[]);

/* Not collective. All sides are periodic. */
PETSC_INTERN PetscBool KNWallsPeriodic(const KNWall wall[], PetscInt axes);

/* Not collective. Sides that say the same. */
PETSC_INTERN PetscBool KNWallsAlike(const KNWall *a, const KNWall *b);

/* Not collective. text (KN_MAX_TEXT): "each axis [0, L]: u_n = 0, u = 1; ..". */
PETSC_INTERN PetscErrorCode KNWallText(const KNWall wall[], PetscInt axes, char text[]);

#endif
