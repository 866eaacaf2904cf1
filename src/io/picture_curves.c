/* Curves over one axis: training histories, convergence, scaling. The legend stands at the right, in the curves' colours and order. */
#include "picture_impl.h"

#include <math.h>

/* Okabe & Ito 2008, but for yellow, which is too light for lines; then again, dashed. */
static const char *const colour[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

enum { COLOURS = PETSC_STATIC_ARRAY_LENGTH(colour), WIDTH = 1200, HEIGHT = 680 };

/* Writes the points that the axes can show, a line each: x y [low high]. gnuplot begins another data set after two empty lines. */
static void KNPictureCurveData(KNPicture *picture, const KNPictureCurve *curve, KNPictureAxes axes)
{
  const PetscBool log_x = (PetscBool)(axes == KN_AXES_LOG_XY), log_y = (PetscBool)(axes != KN_AXES_LINEAR);

  for (PetscInt i = 0; i < curve->n; i++) {
    const double x = curve->x[i], y = curve->y[i], low = curve->low ? curve->low[i] : y, high = curve->high ? curve->high[i] : y;

    if (!isfinite(x) || !isfinite(y) || !isfinite(low) || !isfinite(high)) continue;
    if ((log_x && x <= 0.0) || (log_y && (y <= 0.0 || low <= 0.0))) continue;
    fprintf(picture->data, "%.9g %.9g %.9g %.9g\n", x, y, low, high);
  }
  fprintf(picture->data, "nan nan nan nan\n\n\n"); /* a data set is never empty */
}

PetscErrorCode KNPictureCurves(const char path[], const char title[], const char xlabel[], const char ylabel[], KNPictureAxes axes, PetscInt n, const KNPictureCurve curve[])
{
  const char *comma = "plot";
  KNPicture   picture;

  PetscFunctionBegin;
  PetscCheck(n > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "A picture of no curves");
  if (!KNPictureOpen(path, &picture)) PetscFunctionReturn(PETSC_SUCCESS);
  KNPictureHead(&picture, WIDTH, HEIGHT);
  if (title) {
    fprintf(picture.script, "set title ");
    KNPictureText(&picture, title);
    fprintf(picture.script, " font ',23'\n");
  }
  fprintf(picture.script, "set xlabel ");
  KNPictureText(&picture, xlabel);
  fprintf(picture.script, "\nset ylabel ");
  KNPictureText(&picture, ylabel);
  fprintf(picture.script, "\nset border 3\nset tics nomirror scale 0.6\nset grid xtics ytics linetype 1 linecolor '#e0e0e0' linewidth 0.6\nset autoscale xfix\n");
  fprintf(picture.script, "set key outside right center vertical Left reverse samplen 1.5 spacing 1.4 textcolor variable\n");
  fprintf(picture.script, "set style fill transparent solid 0.18 noborder\n");
  if (axes != KN_AXES_LINEAR) fprintf(picture.script, "set logscale y\n");
  if (axes == KN_AXES_LOG_XY) fprintf(picture.script, "set logscale x\n");

  for (PetscInt i = 0; i < n; i++) {
    KNPictureCurveData(&picture, &curve[i], axes);
    if (curve[i].low || curve[i].high) {
      fprintf(picture.script, "%s ", comma);
      KNPictureDataName(&picture);
      fprintf(picture.script, " index %" PetscInt_FMT " using 1:3:4 with filledcurves linecolor '%s' notitle", i, colour[i % COLOURS]);
      comma = ", \\\n ";
    }
    fprintf(picture.script, "%s ", comma);
    KNPictureDataName(&picture);
    fprintf(picture.script, " index %" PetscInt_FMT " using 1:2 with lines linewidth 2.2 linecolor '%s' dashtype %s title ", i, colour[i % COLOURS], i / COLOURS % 2 ? "2" : "1");
    KNPictureText(&picture, curve[i].name);
    comma = ", \\\n ";
  }
  fprintf(picture.script, "\n");
  KNPictureDraw(&picture);
  PetscFunctionReturn(PETSC_SUCCESS);
}
