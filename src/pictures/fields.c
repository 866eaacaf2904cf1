/*
  Fields side by side: rows of panels, columns that share a scale, a colour bar below each scale.

    pixels     | LEFT |  SIDE  | GAP |  SIDE  | WIDE |  SIDE  | .. RIGHT     GAP within a scale, WIDE between scales

  1D fields are lines: the columns of one scale share one panel, with an AXIS at its left. Row names take LABEL at the
  left of all.
*/
#include "picture_impl.h"

#include <math.h>

enum {
  SIDE   = 300,
  GAP    = 18,
  WIDE   = 64,
  LEFT   = 22,
  LABEL  = 34,
  AXIS   = 66,
  RIGHT  = 84,
  TITLE  = 50,
  TOP    = 56,
  BOTTOM = 104,
  BAR    = 16
};

static const char viridis[]   = "0 '#440154', 1 '#482878', 2 '#3e4989', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 "
                                "'#35b779', 7 '#6ece58', 8 '#b5de2b', 9 '#fde725'";
static const char diverging[] = "0 '#053061', 1 '#2166ac', 2 '#4393c3', 3 '#92c5de', 4 '#d1e5f0', 5 '#f7f7f7', 6 "
                                "'#fddbc7', 7 '#f4a582', 8 '#d6604d', 9 '#b2182b', 10 '#67001f'";

/* Columns [first, last] with one scale. */
typedef struct {
  PetscInt first, last;
  double   low, high;
  int      left, right; /* pixels */
} Scale;

/* What KNPictureFields() is given, and the scales that follow from it. */
typedef struct _p_KNPanels {
  const KNGrid          *grid;
  PetscInt               frames, rows, columns, scales;
  const KNPictureColumn *column; /* (columns) */
  const char *const     *label;  /* (rows), or NULL */
  const float *const    *panel;  /* (rows, columns) of the present frame; the frames follow each other */
  Scale                 *scale;  /* (scales), from left to right */
  int                    top;    /* pixels above the first row */
} Layout;

/*
  The scale's tics, one, two or five times a power of ten, at most six: step, and the exponent that is written once
  beside the bar.
*/
static double KNPictureStep(double low, double high, int *exponent)
{
  const double largest = PetscMax(fabs(low), fabs(high)), tenth = pow(10.0, floor(log10((high - low) / 5.0)));
  const double ratio = (high - low) / 5.0 / tenth;

  *exponent = (int)floor(log10(largest) + 1e-9);
  if (*exponent >= -1 && *exponent <= 3) *exponent = 0;
  return tenth * (ratio > 5.0 ? 10.0 : ratio > 2.0 ? 5.0 : ratio > 1.0 ? 2.0 : 1.0);
}

/* Writes ('0.2' 0.002, ...) */
static void KNPictureTics(KNPicture *picture, const Scale *scale, int *exponent)
{
  const double step = KNPictureStep(scale->low, scale->high, exponent), slack = 1e-6 * step;
  const char  *comma = "";

  fprintf(picture->script, "(");
  for (double k = ceil((scale->low - slack) / step); k * step <= scale->high + slack; k += 1.0) {
    fprintf(picture->script, "%s'%s%g' %.9g", comma, k < 0.0 ? "−" : "", fabs(k) * step * pow(10.0, -*exponent),
            k * step);
    comma = ", ";
  }
  fprintf(picture->script, ")");
}

/* The range of the columns over all rows and frames; never empty. */
static void KNPictureRange(const Layout *layout, Scale *scale)
{
  const size_t S = KNGridSize(layout->grid);

  scale->low  = PETSC_MAX_REAL;
  scale->high = PETSC_MIN_REAL;
  for (PetscInt r = 0; r < layout->frames * layout->rows; r++) {
    for (PetscInt c = scale->first; c <= scale->last; c++) {
      const float *u = layout->panel[r * layout->columns + c];

      for (size_t s = 0; s < S; s++) {
        if (!isfinite(u[s])) continue;
        scale->low  = PetscMin(scale->low, u[s]);
        scale->high = PetscMax(scale->high, u[s]);
      }
    }
  }
  if (scale->low > scale->high) scale->low = scale->high = 0.0;
  if (layout->column[scale->first].scale == KN_SCALE_SIGNED) {
    scale->high = PetscMax(-scale->low, scale->high);
    scale->low  = -scale->high;
  }
  if (scale->low > 0.0 && scale->low < 0.1 * scale->high) scale->low = 0.0;
  if (!(scale->high - scale->low > 1e-6 * fabs(scale->high))) { /* constant up to rounding */
    const double half = scale->high ? 0.5 * fabs(scale->high) : 1.0;

    scale->low -= half;
    scale->high += half;
  }
}

/* A panel's place, from pixels counted from the top left corner to gnuplot's fractions counted from the bottom. */
static void KNPicturePlace(KNPicture *picture, int left, int right, int top, int bottom)
{
  fprintf(
    picture->script,
    "set lmargin at screen %.6f; set rmargin at screen %.6f; set tmargin at screen %.6f; set bmargin at screen %.6f\n",
    (double)left / picture->width, (double)right / picture->width, 1.0 - (double)top / picture->height,
    1.0 - (double)bottom / picture->height);
}

/* One field as an image, each value a rectangle of equal size; x1 to the right. */
static void KNPictureImage(KNPicture *picture, PetscInt n1, PetscInt n2, const float u[])
{
  const long offset = ftell(picture->data);

  for (PetscInt j = 0; j < n2; j++) {
    for (PetscInt i = 0; i < n1; i++) (void)fwrite(&u[(size_t)i * n2 + j], sizeof(float), 1, picture->data);
  }
  fprintf(picture->script, "plot ");
  KNPictureDataName(picture);
  fprintf(picture->script,
          " binary skip=%ld array=(%" PetscInt_FMT ",%" PetscInt_FMT
          ") format='%%float' dx=%.9g dy=%.9g origin=(%.9g,%.9g) with image notitle\n",
          offset, n1, n2, 1.0 / n1, 1.0 / n2, 0.5 / n1, 0.5 / n2);
}

/* The fields of one scale as lines in one panel; the first row has their names. */
static void KNPictureLines(KNPicture *picture, const Layout *layout, const Scale *scale, PetscInt row)
{
  static const char *const style[] = {
    "linecolor '#000000' linewidth 2.5", "linecolor '#d55e00' linewidth 2.5 dashtype (8,5)",
    "linecolor '#0072b2' linewidth 2.5 dashtype (2,4)", "linecolor '#009e73' linewidth 2.5 dashtype (12,4,2,4)"};
  const PetscInt n  = layout->grid->n[0];
  const double   x0 = KNPointsCoordinate(layout->grid->points, n, 0),
               dx   = KNPointsCoordinate(layout->grid->points, n, 1) - x0;

  for (PetscInt c = scale->first; c <= scale->last; c++) {
    const long offset = ftell(picture->data);

    (void)fwrite(layout->panel[row * layout->columns + c], sizeof(float), (size_t)n, picture->data);
    fprintf(picture->script, "%s", c == scale->first ? "plot " : ", \\\n  ");
    KNPictureDataName(picture);
    fprintf(picture->script,
            " binary skip=%ld record=(%" PetscInt_FMT ") format='%%float' using (%.9g+%.9g*$0):1 with lines %s ",
            offset, n, x0, dx, style[(c - scale->first) % 4]);
    if (row == 0) {
      fprintf(picture->script, "title ");
      KNPictureText(picture, layout->column[c].title);
    } else {
      fprintf(picture->script, "notitle");
    }
  }
  fprintf(picture->script, "\n");
}

/* The colour bar of a scale below its columns, drawn by the last image of the last row. */
static void KNPictureBar(KNPicture *picture, int bottom, const Scale *scale)
{
  const int inset = (scale->right - scale->left) / 10, top = bottom + 30;
  int       exponent;

  fprintf(picture->script,
          "set colorbox horizontal user origin %.6f, %.6f size %.6f, %.6f\nset cbtics scale 0.5 offset 0, 0.5 ",
          (double)(scale->left + inset) / picture->width, 1.0 - (double)(top + BAR) / picture->height,
          (double)(scale->right - scale->left - 2 * inset) / picture->width, (double)BAR / picture->height);
  KNPictureTics(picture, scale, &exponent);
  if (exponent) {
    fprintf(picture->script, "\nset label 9 ");
    KNPicturePower(picture, "×", exponent);
    fprintf(picture->script, " at screen %.6f, %.6f left", (double)(scale->right - inset + 8) / picture->width,
            1.0 - (top + 0.5 * BAR) / picture->height);
  }
  fprintf(picture->script, "\n");
}

/*
  The scales and their places, from left to right, beginning at pixel `left`. Returns the pixel where the last one ends.
*/
static int KNPictureScales(Layout *layout, int left)
{
  const PetscBool lines = (PetscBool)(layout->grid->dim == 1);

  layout->scales = 0;
  for (PetscInt c = 0; c < layout->columns; c++) {
    Scale *last = layout->scales ? &layout->scale[layout->scales - 1] : NULL;

    if (last && layout->column[c].scale == KN_SCALE_SHARED) {
      last->last = c;
      if (!lines) last->right += GAP + SIDE;
    } else {
      const int start = (last ? last->right + WIDE : left) + (lines ? AXIS : 0);

      layout->scale[layout->scales++] =
        (Scale){.first = c, .last = c, .left = start, .right = start + (lines ? SIDE * 3 / 2 : SIDE)};
    }
  }
  for (PetscInt g = 0; g < layout->scales; g++) KNPictureRange(layout, &layout->scale[g]);
  return layout->scale[layout->scales - 1].right;
}

/* A row of line plots: one panel for each scale. */
static void KNPictureLineRow(KNPicture *picture, const Layout *layout, PetscInt row, int top)
{
  for (PetscInt g = 0; g < layout->scales; g++) {
    const Scale *scale  = &layout->scale[g];
    const double margin = 0.05 * (scale->high - scale->low);
    int          exponent;

    KNPicturePlace(picture, scale->left, scale->right, top, top + SIDE);
    fprintf(picture->script, "unset label 9\nset yrange [%.9g:%.9g]\nset ytics ", scale->low - margin,
            scale->high + margin);
    KNPictureTics(picture, scale, &exponent);
    fprintf(picture->script, "\n");
    if (exponent) {
      fprintf(picture->script, "set label 9 ");
      KNPicturePower(picture, "×", exponent);
      fprintf(picture->script, " at graph -0.01, 1.06 right\n");
    }
    fprintf(picture->script, "%s\n",
            row == layout->rows - 1 ? "set xtics 0.5 format '%g'; set xlabel 'x'"
                                    : "set xtics 0.5 format ''; unset xlabel");
    fprintf(picture->script,
            "set key at screen %.6f, %.6f center horizontal reverse Left samplen 1.5 width -1 font ',17'\n",
            0.5 * (scale->left + scale->right) / picture->width, 1.0 - (top - 22.0) / picture->height);
    KNPictureLines(picture, layout, scale, row);
    fprintf(picture->script, "unset label 1; unset label 2\n"); /* every plot of a multiplot draws all labels */
  }
}

/* A row of images: one panel for each column. */
static void KNPictureImageRow(KNPicture *picture, const Layout *layout, PetscInt row, int top)
{
  const KNGrid  *grid = layout->grid;
  const PetscInt n1 = grid->n[grid->dim - 2], n2 = grid->n[grid->dim - 1];
  const size_t   middle = grid->dim == 3 ? (size_t)(grid->n[0] / 2) * (size_t)n1 * (size_t)n2 : 0;

  for (PetscInt g = 0; g < layout->scales; g++) {
    const Scale *scale = &layout->scale[g];

    fprintf(picture->script, "set palette defined (%s)\nset cbrange [%.9g:%.9g]\n",
            layout->column[scale->first].scale == KN_SCALE_SIGNED ? diverging : viridis, scale->low, scale->high);
    for (PetscInt c = scale->first; c <= scale->last; c++) {
      const int left = scale->left + (int)(c - scale->first) * (SIDE + GAP);

      KNPicturePlace(picture, left, left + SIDE, top, top + SIDE);
      fprintf(picture->script, "unset title; unset colorbox; unset label 9\n");
      if (row == 0) {
        fprintf(picture->script, "set title ");
        KNPictureText(picture, layout->column[c].title);
        fprintf(picture->script, " offset 0, -0.4\n");
      }
      if (row == layout->rows - 1 && c == scale->last) KNPictureBar(picture, top + SIDE, scale);
      KNPictureImage(picture, n1, n2, layout->panel[row * layout->columns + c] + middle);
      fprintf(picture->script, "unset label 1; unset label 2\n");
    }
  }
}

static int RowStep(const KNGrid *grid)
{
  return SIDE + (grid->dim > 1 ? GAP : 2 * GAP);
}

PetscErrorCode KNPanelsCreate(const KNGrid *grid, PetscInt frames, PetscInt rows, PetscInt columns,
                              const KNPictureColumn column[], const char *const label[], const float *const panel[],
                              PetscBool heading, int *width, int *height, KNPanels *panels)
{
  KNPanels p;

  PetscFunctionBegin;
  PetscCheck(rows > 0 && columns > 0 && column[0].scale != KN_SCALE_SHARED, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "A picture has rows and columns, here %" PetscInt_FMT " and %" PetscInt_FMT
             ", and a scale in the first column",
             rows, columns);
  PetscCall(PetscNew(panels));
  p  = *panels;
  *p = (Layout){.grid    = grid,
                .frames  = frames,
                .rows    = rows,
                .columns = columns,
                .column  = column,
                .label   = label,
                .panel   = panel,
                .top     = TOP + (heading ? TITLE : 0)};
  PetscCall(PetscMalloc1(columns, &p->scale));
  *width  = KNPictureScales(p, LEFT + (label ? LABEL : 0)) + RIGHT;
  *height = p->top + (int)rows * RowStep(grid) + BOTTOM;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPanelsDestroy(KNPanels *panels)
{
  PetscFunctionBegin;
  PetscCall(PetscFree((*panels)->scale));
  PetscCall(PetscFree(*panels));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNPanelsDraw(KNPanels panels, KNPicture *picture, PetscInt frame, const char title[])
{
  Layout page = *panels;

  page.panel += (size_t)frame * (size_t)(page.rows * page.columns);
  fprintf(picture->script, "set multiplot\nset xrange [0:1]\nset tics scale 0.5 nomirror\n");
  if (page.grid->dim > 1) fprintf(picture->script, "unset xtics; unset ytics; set yrange [0:1]\n");
  if (title) {
    fprintf(picture->script, "set label 1 ");
    KNPictureText(picture, title);
    fprintf(picture->script, " at screen 0.5, %.6f center font ',23'\n", 1.0 - 28.0 / picture->height);
  }
  for (PetscInt r = 0; r < page.rows; r++) {
    const int y = page.top + (int)r * RowStep(page.grid);

    if (page.label) {
      fprintf(picture->script, "set label 2 ");
      KNPictureText(picture, page.label[r]);
      fprintf(picture->script, " at screen %.6f, %.6f center rotate\n", (double)LEFT / picture->width,
              1.0 - (y + 0.5 * SIDE) / picture->height);
    }
    if (page.grid->dim > 1) KNPictureImageRow(picture, &page, r, y);
    else KNPictureLineRow(picture, &page, r, y);
  }
  fprintf(picture->script, "unset multiplot\n");
}

PetscErrorCode KNPictureFields(const char path[], const char title[], const KNGrid *grid, PetscInt rows,
                               PetscInt columns, const KNPictureColumn column[], const char *const label[],
                               const float *const panel[])
{
  KNPicture picture;
  KNPanels  panels;
  int       width, height;

  PetscFunctionBegin;
  PetscCall(
    KNPanelsCreate(grid, 1, rows, columns, column, label, panel, (PetscBool)(title != NULL), &width, &height, &panels));
  if (KNPictureOpen(path, &picture)) {
    KNPictureHead(&picture, width, height);
    KNPanelsDraw(panels, &picture, 0, title);
    KNPictureDraw(&picture);
  }
  PetscCall(KNPanelsDestroy(&panels));
  PetscFunctionReturn(PETSC_SUCCESS);
}
