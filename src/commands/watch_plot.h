/*
  Curves in text: a logarithmic plot of Braille dots (2 x 4 in a character) or, where the terminal knows no UTF-8, of
  letters. Plain C.
*/
#ifndef KITINET_WATCH_PLOT_H
#define KITINET_WATCH_PLOT_H

#include <stddef.h>
#include <stdio.h>

enum { KN_PLOT_CURVES = 16 };

/* One curve: y[i] > 0 over x[i]; values that are not positive are left out. Nothing is owned. */
typedef struct {
  const char   *name;
  const double *x, *y; /* (n) */
  size_t        n;
} KNCurve;

/*
  Draws up to KN_PLOT_CURVES curves in columns x rows characters, axes and legend included. colour: ANSI colours,
  which tell the curves apart; without them each has a letter. braille: UTF-8 may be written.
*/
void KNPlotCurves(FILE *file, const KNCurve curve[], size_t curves, size_t columns, size_t rows, int colour,
                  int braille);

#endif
