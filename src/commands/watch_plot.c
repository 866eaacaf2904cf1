/* Curves in text. Each character cell holds 2 x 4 dots; the last curve that touches a cell gives it its colour. */
#include "watch_plot.h"
#include <math.h>
#include <string.h>

enum { MARGIN = 9, LEAST = 16, MOST_COLUMNS = 512, MOST_ROWS = 128 };

/* Okabe and Ito's colours, which the colour-blind tell apart, in the 256 of a terminal. */
static const int colours[] = {32, 208, 36, 175, 74, 220, 166, 250};

typedef struct {
  size_t        columns, rows;  /* of cells */
  double        x0, x1, y0, y1; /* of the axes; y is a logarithm */
  unsigned char dots[MOST_ROWS][MOST_COLUMNS], owner[MOST_ROWS][MOST_COLUMNS];
} Canvas;

/* The bits of a Braille character, U+2800 + bits, by row and column of the dot. */
static const unsigned char braille_bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

static void Dot(Canvas *canvas, double x, double y, size_t curve)
{
  const long   width = 2 * (long)canvas->columns, height = 4 * (long)canvas->rows;
  const double fx = (x - canvas->x0) / (canvas->x1 - canvas->x0), fy = (y - canvas->y0) / (canvas->y1 - canvas->y0);
  const long   i = lround(fx * (double)(width - 1)), j = lround((1 - fy) * (double)(height - 1));

  if (i < 0 || i >= width || j < 0 || j >= height) return;
  canvas->dots[j / 4][i / 2] |= braille_bit[j % 4][i % 2];
  canvas->owner[j / 4][i / 2] = (unsigned char)curve;
}

static void Line(Canvas *canvas, double xa, double ya, double xb, double yb, size_t curve)
{
  const double dots = 2 * (double)canvas->columns * fabs(xb - xa) / (canvas->x1 - canvas->x0) +
                      4 * (double)canvas->rows * fabs(yb - ya) / (canvas->y1 - canvas->y0);
  const int steps = (int)fmin(ceil(dots), 4096) + 1;

  for (int k = 0; k <= steps; k++) Dot(canvas, xa + (xb - xa) * k / steps, ya + (yb - ya) * k / steps, curve);
}

/* Axes that hold every value. Returns 0 if there is none. */
static int Scale(Canvas *canvas, const KNCurve curve[], size_t curves)
{
  double low = INFINITY, high = 0, first = INFINITY, last = 0;

  for (size_t c = 0; c < curves; c++) {
    for (size_t i = 0; i < curve[c].n; i++) {
      if (!(curve[c].y[i] > 0) || !isfinite(curve[c].y[i])) continue;
      low   = fmin(low, curve[c].y[i]);
      high  = fmax(high, curve[c].y[i]);
      first = fmin(first, curve[c].x[i]);
      last  = fmax(last, curve[c].x[i]);
    }
  }
  if (!(high > 0)) return 0;
  canvas->x0 = first;
  canvas->x1 = last > first ? last : first + 1;
  canvas->y0 = log(low / 1.05);
  canvas->y1 = log(high * 1.05);
  return 1;
}

/* U+2800 + dots in UTF-8. */
static void PutBraille(FILE *file, unsigned char dots)
{
  fputc(0xE2, file);
  fputc(0xA0 | dots >> 6, file);
  fputc(0x80 | (dots & 0x3F), file);
}

static void PutName(FILE *file, const KNCurve *curve, size_t c, int colour)
{
  if (colour) fprintf(file, "\033[38;5;%dm%s\033[0m", colours[c % (sizeof(colours) / sizeof(*colours))], curve->name);
  else fprintf(file, "%c %s", (char)('a' + (int)c), curve->name);
}

void KNPlotCurves(FILE *file, const KNCurve curve[], size_t curves, size_t columns, size_t rows, int colour,
                  int braille)
{
  static Canvas canvas; /* 128 kB: not on the stack */

  memset(&canvas, 0, sizeof(canvas));
  if (curves > KN_PLOT_CURVES) curves = KN_PLOT_CURVES;
  canvas.columns = columns > MARGIN + LEAST ? columns - MARGIN : LEAST;
  canvas.rows    = rows > 6 ? rows - 2 : 4;
  if (canvas.columns > MOST_COLUMNS) canvas.columns = MOST_COLUMNS;
  if (canvas.rows > MOST_ROWS) canvas.rows = MOST_ROWS;
  if (!Scale(&canvas, curve, curves)) {
    fprintf(file, "no epoch is finished yet\n");
    return;
  }
  for (size_t c = 0; c < curves; c++) {
    size_t before = curve[c].n;

    for (size_t i = 0; i < curve[c].n; i++) {
      if (!(curve[c].y[i] > 0) || !isfinite(curve[c].y[i])) continue;
      if (before == curve[c].n) Dot(&canvas, curve[c].x[i], log(curve[c].y[i]), c);
      else Line(&canvas, curve[c].x[before], log(curve[c].y[before]), curve[c].x[i], log(curve[c].y[i]), c);
      before = i;
    }
  }
  for (size_t j = 0; j < canvas.rows; j++) {
    if (j % 4 == 0 || j == canvas.rows - 1)
      fprintf(file, "%7.2g %s", exp(canvas.y1 - (canvas.y1 - canvas.y0) * ((double)j + 0.5) / (double)canvas.rows),
              braille ? "┤" : "|");
    else fprintf(file, "%7s %s", "", braille ? "│" : "|");
    for (size_t i = 0; i < canvas.columns; i++) {
      const int owner = canvas.owner[j][i];

      if (!canvas.dots[j][i]) fputc(' ', file);
      else if (!colour) fputc('a' + owner, file);
      else {
        fprintf(file, "\033[38;5;%dm", colours[(size_t)owner % (sizeof(colours) / sizeof(*colours))]);
        if (braille) PutBraille(file, canvas.dots[j][i]);
        else fputc('*', file);
        fprintf(file, "\033[0m");
      }
    }
    fputc('\n', file);
  }
  fprintf(file, "%7s %s epoch %.0f to %.0f:", "", braille ? "└" : "+", canvas.x0, canvas.x1);
  for (size_t c = 0; c < curves; c++) {
    fprintf(file, "  ");
    PutName(file, &curve[c], c, colour);
  }
  fputc('\n', file);
}
