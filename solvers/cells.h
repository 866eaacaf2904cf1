/*
  Equal cells of the unit interval, square or cube in slabs of the first axis, and the grid that is stored of them:
  means over blocks of cells.
*/
#ifndef KITINET_CELLS_H
#define KITINET_CELLS_H

#include <kitinet/problem.h>

typedef struct {
  /* Filled in before KNCellsSetUp(): */
  PetscInt  axes, n;    /* cells a side */
  PetscInt  resolution; /* stored ones a side; divides n */
  PetscBool periodic;   /* all sides */

  MPI_Comm     comm;
  PetscMPIInt  ranks, rank;
  PetscInt     ratio;       /* cells along a side of a stored one */
  PetscInt     block;       /* layers of the first axis that a rank has, the last ones fewer */
  PetscInt     first, rows; /* the layers of this rank */
  size_t       layer;       /* cells of one */
  size_t       size;        /* cells of the slab */
  PetscMPIInt *counts;      /* (ranks) stored points of each slab */
  PetscMPIInt *displacements;
  PetscReal   *average; /* (stored points of the slab) */
} KNCells;

/*
  Collective on comm. prefix: of the options in messages. Raises KN_ERR_USAGE if there are more ranks than layers, or
  several ranks and one axis.
*/
PETSC_INTERN PetscErrorCode KNCellsSetUp(MPI_Comm comm, const char prefix[], KNCells *cells);
PETSC_INTERN PetscErrorCode KNCellsDestroy(KNCells *cells);

/* The grid that is stored. */
PETSC_INTERN KNGrid KNCellsGrid(const KNCells *cells);

/*
  Where the value of cell i is, in units of the side: its centre; on a periodic grid moved with the stored cells, whose
  centres are at I/resolution then.
*/
PETSC_INTERN PetscReal KNCellsPosition(const KNCells *cells, PetscInt i);

/* Collective. frame (S): the means of u (size), whole on every rank, added up in a fixed order. */
PETSC_INTERN PetscErrorCode KNCellsStore(KNCells *cells, const PetscReal u[], PetscReal frame[]);

/* Not collective. u (size): each cell has the value of the stored one that it lies in. */
PETSC_INTERN void KNCellsTake(const KNCells *cells, const PetscReal given[], PetscReal u[]);

#endif
