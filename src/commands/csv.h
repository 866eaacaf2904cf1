/* Tables as CSV files: written in memory by rank 0, then whole or not at all to disk. */
#ifndef KITINET_CSV_H
#define KITINET_CSV_H

#include <kitinet/base.h>
#include <stdio.h>

typedef struct {
  FILE  *file; /* rank 0: to print to; NULL on other ranks */
  char  *text;
  size_t size;
} KNCSV;

/* Collective on PETSC_COMM_WORLD. */
PETSC_INTERN PetscErrorCode KNCSVBegin(KNCSV *csv);

/*
  Not collective. Prints text and then `end`, in quotes if it holds what separates fields (RFC 4180). file: may be NULL.
*/
PETSC_INTERN void KNCSVText(FILE *file, const char text[], const char end[]);

/* Not collective. A number of 8 digits and then `end`; NaN is an empty field. file: may be NULL. */
PETSC_INTERN void KNCSVReal(FILE *file, PetscReal value, const char end[]);

/* Collective on PETSC_COMM_WORLD. Writes the file directory/name. Raises KN_ERR_IO. */
PETSC_INTERN PetscErrorCode KNCSVEnd(KNCSV *csv, const char directory[], const char name[]);

/* The same beside the file at path, with its name but for the ending .csv. */
PETSC_INTERN PetscErrorCode KNCSVEndBeside(KNCSV *csv, const char path[]);

#endif
