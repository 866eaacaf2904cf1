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

/* Writes the terminal's line: size in pixels, font. `set output` follows. */
PETSC_INTERN void KNPictureTerminal(KNPicture *picture, int width, int height);

/* Writes the head of the script: size in pixels, font, output. */
PETSC_INTERN void KNPictureHead(KNPicture *picture, int width, int height);

/* Writes text, or the name of the data file, as a string of gnuplot in which nothing has a meaning. */
PETSC_INTERN void KNPictureText(KNPicture *picture, const char text[]);
PETSC_INTERN void KNPictureDataName(KNPicture *picture);

/* Writes '10^-3' with raised digits, in UTF-8; before: what stands in front of it. */
PETSC_INTERN void KNPicturePower(KNPicture *picture, const char before[], int exponent);

/* Closes the files and draws. */
PETSC_INTERN void KNPictureDraw(KNPicture *picture);

/*
  Closes the files and lets gnuplot write what the script names, the last of which is the PNG file `last`; says what is
  missing otherwise. Returns whether it is there; script and data are removed then.
*/
PETSC_INTERN PetscBool KNPictureFinish(KNPicture *picture, const char last[]);

/*
  Runs a program: no shell, no input, no output. argument: (.., NULL), the program first. Returns whether it succeeded;
  *found: whether there is one.
*/
PETSC_INTERN PetscBool KNPictureSpawn(char *const argument[], PetscBool *found);

/* Counts a picture that is not there: lost, or one that waits for a program. */
PETSC_INTERN void KNPictureMissed(PetscBool lost);

/* Panels of fields and the scales of their columns (fields.c). */
typedef struct _p_KNPanels *KNPanels;

/*
  Not collective. panel: (frames, rows, columns), as all arrays not owned; the scales are those of all frames.
  *width, *height: of a page, in pixels. heading: whether a page has a title.
*/
PETSC_INTERN PetscErrorCode KNPanelsCreate(const KNGrid *grid, PetscInt frames, PetscInt rows, PetscInt columns,
                                           const KNPictureColumn column[], const char *const label[],
                                           const float *const panel[], PetscBool heading, int *width, int *height,
                                           KNPanels *panels);
PETSC_INTERN void           KNPanelsDraw(KNPanels panels, KNPicture *picture, PetscInt frame, const char title[]);
PETSC_INTERN PetscErrorCode KNPanelsDestroy(KNPanels *panels);

#endif
