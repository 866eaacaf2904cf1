/*
  Pictures for papers and run directories: fields side by side, standing or moving, curves over an axis. Drawn by
  gnuplot.

  PATH.png comes from a script PATH.gp and data PATH.dat beside it, both removed after success. Without gnuplot on
  PATH, or if it fails, they stay and a warning tells how to draw them. No picture is a reason to stop:
  KNPictureMissing() says at the end which are not there.

  Colours are told apart by colour-blind eyes and in grey: viridis for fields, blue-white-red for signed errors, the
  palette of Okabe and Ito for lines. Text is UTF-8, shown as it is.
*/
#ifndef KITINET_PICTURE_H
#define KITINET_PICTURE_H

#include <kitinet/base.h>

/* The colours of a column of panels; 1D fields: the values of its axis. One scale for all rows. */
typedef enum {
  KN_SCALE_OWN,    /* from the smallest to the largest value of the column */
  KN_SCALE_SHARED, /* the scale of the column before it, and its colour bar; 1D fields: drawn into its panel */
  KN_SCALE_SIGNED  /* symmetric about zero, blue below, white at zero, red above */
} KNPictureScale;

typedef struct {
  const char    *title; /* "coefficient a" */
  KNPictureScale scale; /* not KN_SCALE_SHARED in the first column */
} KNPictureColumn;

/*
  Not collective: one rank calls it. Rows of panels on one grid, x1 to the right and x2 upward; of 3D fields the
  middle plane of x1. panel: (rows, columns) pointers to fields (S), NaN is left blank. label: (rows) names of the
  rows, NULL: none. title may be NULL. path without ".png".
*/
PETSC_EXTERN PetscErrorCode KNPictureFields(const char path[], const char title[], const KNGrid *grid, PetscInt rows,
                                            PetscInt columns, const KNPictureColumn column[], const char *const label[],
                                            const float *const panel[]);

/*
  Not collective: one rank calls it. The same panels moving: panel (frames, rows, columns), each scale one for all
  frames, caption (frames) above them. ending: "gif" or "mp4" of PATH; rate: frames a second. gnuplot draws
  PATH-00001.png and so on, ffmpeg joins them, then they are removed. Where either is missing or fails its files stay,
  and a warning tells how to go on.
*/
PETSC_EXTERN PetscErrorCode KNPictureFilm(const char path[], const char ending[], PetscInt rate, const KNGrid *grid,
                                          PetscInt frames, const char *const caption[], PetscInt rows, PetscInt columns,
                                          const KNPictureColumn column[], const char *const label[],
                                          const float *const panel[]);

/*
  Not collective: one rank calls it. A table of n x n parts of 1, rows from the top, each a cell of its colour with the
  number in %; label: (n) of rows and columns. title may be NULL. path without ".png".
*/
PETSC_EXTERN PetscErrorCode KNPictureTable(const char path[], const char title[], const char xlabel[],
                                           const char ylabel[], PetscInt n, const char *const label[],
                                           const PetscReal part[]);

/* One picture of a sheet. */
typedef struct {
  const float *pixel;   /* (channels, h, w), rows from the top, values from 0 to 255 */
  const char  *line[2]; /* below it, shortened to its width; NULL: none */
  PetscBool    wrong;   /* the second line is red */
} KNPictureTile;

/*
  Not collective: one rank calls it. A contact sheet of pictures of one size, row by row, so many in a row. channels: 1,
  grey, or 3, red, green and blue. title may be NULL. path without ".png".
*/
PETSC_EXTERN PetscErrorCode KNPictureSheet(const char path[], const char title[], PetscInt channels, PetscInt h,
                                           PetscInt w, PetscInt columns, PetscInt tiles, const KNPictureTile tile[]);

typedef struct {
  const char      *name;
  PetscInt         n;          /* points; 0: only in the legend */
  const PetscReal *x, *y;      /* (n) */
  const PetscReal *low, *high; /* (n) a band around y; NULL: none */
  PetscInt         partner;    /* k + 1: dashed, in the colour of curve k, which comes before; 0: a colour of its own */
} KNPictureCurve;

/* Which axes are logarithmic. */
typedef enum { KN_AXES_LINEAR, KN_AXES_LOG_Y, KN_AXES_LOG_XY } KNPictureAxes;

/*
  Not collective: one rank calls it. Curves over x; points that a logarithmic axis cannot show, and NaN, are left out.
  title may be NULL. path without ".png".
*/
PETSC_EXTERN PetscErrorCode KNPictureCurves(const char path[], const char title[], const char xlabel[],
                                            const char ylabel[], KNPictureAxes axes, PetscInt n,
                                            const KNPictureCurve curve[]);

/* As KNPictureCurves, with a mark at each point and nothing between them. */
PETSC_EXTERN PetscErrorCode KNPicturePoints(const char path[], const char title[], const char xlabel[],
                                            const char ylabel[], KNPictureAxes axes, PetscInt n,
                                            const KNPictureCurve curve[]);

/*
  Not collective. Number of pictures of this process that are missing. *lost: those that could not be written;
  the others wait for a gnuplot. lost may be NULL.
*/
PETSC_EXTERN PetscInt KNPictureMissing(PetscInt *lost);

#endif
