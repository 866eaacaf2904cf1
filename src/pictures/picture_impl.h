/* What the kinds of pictures share: the files of a picture, text in gnuplot's syntax, drawing. */
#ifndef KITINET_PICTURE_IMPL_H
#define KITINET_PICTURE_IMPL_H

#include <kitinet/picture.h>
#include <stdio.h>

typedef struct {
  char  path[PETSC_MAX_PATH_LEN]; /* without ending, beginning with / or . */
  FILE *script, *data;
  int   width, height; /* pixels */
} KNPicture;

/* Opens path.gp and path.dat; false, with a line on stderr, if that cannot be done. */
PETSC_INTERN PetscBool KNPictureOpen(const char path[], KNPicture *picture);

/* Writes the head of the script: size in pixels, font, output. */
PETSC_INTERN void KNPictureHead(KNPicture *picture, int width, int height);

/* Writes text, or the name of the data file, as a string of gnuplot in which nothing has a meaning. */
PETSC_INTERN void KNPictureText(KNPicture *picture, const char text[]);
PETSC_INTERN void KNPictureDataName(KNPicture *picture);

/* Writes '10^-3' with raised digits, in UTF-8; before: what stands in front of it. */
PETSC_INTERN void KNPicturePower(KNPicture *picture, const char before[], int exponent);

/* Closes the files and draws. */
PETSC_INTERN void KNPictureDraw(KNPicture *picture);

#endif
