/*
  XDMF 2: a small text file beside a dataset, by which ParaView and VisIt open its fields where they lie, without a
  copy of them.
*/
#ifndef KITINET_XDMF_H
#define KITINET_XDMF_H

#include <kitinet/dataset.h>
#include <stdio.h>

/*
  Collective on the dataset's communicator. Describes its first `samples` rows in path.xdmf: steady problems as one
  collection over the row, which stands for the time; time-dependent ones as a collection over time for each row.
  Values belong to cells or to points, as the grid says. x1, x2, x3 are the viewer's x, y, z: in 2D and 3D the corners
  or points lie in path.xyz (S, dim), little-endian float32. Both files are written whole or not at all; the dataset
  is named relative to them if it lies in their folder. Raises KN_ERR_USAGE (a colon in a name, which XDMF cannot
  express) and KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNXDMFWrite(KNDataset dataset, PetscInt64 samples, const char path[]);

/* Not collective. Text in which nothing is markup, for XML and HTML, between tags and in quotes. file may be NULL. */
PETSC_EXTERN void KNXMLText(FILE *file, const char text[]);

#endif
