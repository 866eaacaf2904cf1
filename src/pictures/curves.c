/*
  Curves over one axis: training histories, convergence, scaling. The legend stands at the right, in the curves'
  colours and order.
*/
#include "picture_impl.h"

#include <math.h>

/* Okabe & Ito 2008, but for yellow, which is too light for lines; then again, dashed. */
static const char *const colour[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

enum { COLOURS = PETSC_STATIC_ARRAY_LENGTH(colour), WIDTH = 1200, HEIGHT = 680, FEW = 12 };

/* Curves of few points show them. */
static PetscBool KNPictureFew(PetscInt n, const KNPictureCurve curve[])
{
  for (PetscInt i = 0; i < n; i++) {
    if (curve[i].n > FEW) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* A logarithmic x axis: few points have their own tics. */
static void KNPictureTicsX(KNPicture *picture, PetscInt n, const KNPictureCurve curve[])
{
  const char *comma = "";
  double      low = INFINITY, high = 0.0;

  fprintf(picture->script, "set xtics (");
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = 0; k < curve[i].n; k++) {
      if (!isfinite(curve[i].x[k]) || curve[i].x[k] <= 0.0) continue;
      fprintf(picture->script, "%s'%g' %.9g", comma, (double)curve[i].x[k], (double)curve[i].x[k]);
      comma = ", ";
      low   = PetscMin(low, curve[i].x[k]);
      high  = PetscMax(high, curve[i].x[k]);
    }
  }
  fprintf(picture->script, ")\n");
  if (high > 0.0) fprintf(picture->script, "set xrange [%.9g:%.9g]\n", low / 1.1, high * 1.1);
}

/*
  A logarithmic y axis: over more than two decades tics at powers of ten, nine at most; else at 1, 2, 5 times these;
  below a factor of three, at equal steps.
*/
static void KNPictureTicsY(KNPicture *picture, PetscInt n, const KNPictureCurve curve[])
{
  double low = INFINITY, high = 0.0, margin;

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = 0; k < curve[i].n; k++) {
      const double least = curve[i].low ? curve[i].low[k] : curve[i].y[k],
                   most  = curve[i].high ? curve[i].high[k] : curve[i].y[k];

      if (least > 0.0 && isfinite(least)) low = PetscMin(low, least);
      if (isfinite(most)) high = PetscMax(high, most);
    }
  }
  if (!(low <= high)) return;
  margin = PetscMax(pow(high / low, 0.05), 1.01);
  fprintf(picture->script, "set yrange [%.9g:%.9g]\nset ytics (", low / margin, high * margin);
  if (high / low < 3.0) {
    const double range = high * margin - low / margin, tenth = pow(10.0, floor(log10(range / 4.0))),
                 ratio = range / 4.0 / tenth,
                 step  = tenth * (ratio > 5.0   ? 10.0
                                  : ratio > 2.0 ? 5.0
                                  : ratio > 1.0 ? 2.0
                                                : 1.0);

    for (double k = ceil(low / margin / step), first = k; k * step <= high * margin; k += 1.0)
      fprintf(picture->script, "%s%.9g", k > first ? ", " : "", k * step);
    fprintf(picture->script, ")\n");
    return;
  }
  if (high / low > 100.0) {
    const int first = (int)ceil(log10(low)), last = (int)floor(log10(high)), step = (last - first) / 9 + 1;

    for (int power = last; power >= first; power -= step) {
      fprintf(picture->script, "%s", power < last ? ", " : "");
      KNPicturePower(picture, "", power);
      fprintf(picture->script, " 1e%d", power);
    }
    fprintf(picture->script, ")\n");
    return;
  }
  for (int power = (int)floor(log10(low)) - 1; power <= (int)ceil(log10(high)); power++) {
    for (int k = 0; k < 3; k++)
      fprintf(picture->script, "%s%ge%d", k || power > (int)floor(log10(low)) - 1 ? ", " : "",
              k == 0   ? 1.0
              : k == 1 ? 2.0
                       : 5.0,
              power);
  }
  fprintf(picture->script, ")\n");
}

/*
  Writes the points that the axes can show, a line each: x y [low high]. gnuplot begins another data set after two
  empty lines.
*/
static void KNPictureCurveData(KNPicture *picture, const KNPictureCurve *curve, KNPictureAxes axes)
{
  const PetscBool log_x = (PetscBool)(axes == KN_AXES_LOG_XY), log_y = (PetscBool)(axes != KN_AXES_LINEAR);

  for (PetscInt i = 0; i < curve->n; i++) {
    const double x = curve->x[i], y = curve->y[i], low = curve->low ? curve->low[i] : y,
                 high = curve->high ? curve->high[i] : y;

    if (!isfinite(x) || !isfinite(y) || !isfinite(low) || !isfinite(high)) continue;
    if ((log_x && x <= 0.0) || (log_y && (y <= 0.0 || low <= 0.0))) continue;
    fprintf(picture->data, "%.9g %.9g %.9g %.9g\n", x, y, low, high);
  }
  fprintf(picture->data, "nan nan nan nan\n\n\n"); /* a data set is never empty */
}

/* style: of gnuplot */
static PetscErrorCode Draw(const char path[], const char title[], const char xlabel[], const char ylabel[],
                           KNPictureAxes axes, PetscInt n, const KNPictureCurve curve[], const char style[])
{
  const PetscBool few   = KNPictureFew(n, curve);
  const char     *comma = "plot";
  PetscInt        own   = 0; /* colours used so far */
  PetscInt       *hue;       /* (n) of each curve */
  KNPicture       picture;

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
  fprintf(picture.script, "\nset border 3\nset tics nomirror scale 0.6\nset grid xtics ytics linetype 1 linecolor "
                          "'#e0e0e0' linewidth 0.6\nset autoscale xfix\n");
  fprintf(picture.script,
          "set key outside right center vertical Left reverse samplen 1.5 spacing 1.4 textcolor variable\n");
  fprintf(picture.script, "set style fill transparent solid 0.18 noborder\n");
  if (axes != KN_AXES_LINEAR) fprintf(picture.script, "set logscale y\n");
  if (axes == KN_AXES_LOG_XY) fprintf(picture.script, "set logscale x\n");
  if (axes != KN_AXES_LINEAR) KNPictureTicsY(&picture, n, curve);
  if (axes == KN_AXES_LOG_XY && few) KNPictureTicsX(&picture, n, curve);

  PetscCall(PetscMalloc1(n, &hue));
  for (PetscInt i = 0; i < n; i++) {
    hue[i] = curve[i].partner ? hue[curve[i].partner - 1] : own++;
    KNPictureCurveData(&picture, &curve[i], axes);
    if (curve[i].low || curve[i].high) {
      fprintf(picture.script, "%s ", comma);
      KNPictureDataName(&picture);
      fprintf(picture.script, " index %" PetscInt_FMT " using 1:3:4 with filledcurves linecolor '%s' notitle", i,
              colour[hue[i] % COLOURS]);
      comma = ", \\\n ";
    }
    fprintf(picture.script, "%s ", comma);
    KNPictureDataName(&picture);
    fprintf(picture.script,
            " index %" PetscInt_FMT " using 1:2 with %s linewidth 2.2 linecolor '%s' dashtype %s title ", i, style,
            colour[hue[i] % COLOURS], curve[i].partner || hue[i] / COLOURS % 2 ? "(6,4)" : "1");
    KNPictureText(&picture, curve[i].name);
    comma = ", \\\n ";
  }
  fprintf(picture.script, "\n");
  PetscCall(PetscFree(hue));
  KNPictureDraw(&picture);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPictureCurves(const char path[], const char title[], const char xlabel[], const char ylabel[],
                               KNPictureAxes axes, PetscInt n, const KNPictureCurve curve[])
{
  PetscFunctionBegin;
  PetscCall(Draw(path, title, xlabel, ylabel, axes, n, curve,
                 KNPictureFew(n, curve) ? "linespoints pointtype 7 pointsize 1.2" : "lines"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPicturePoints(const char path[], const char title[], const char xlabel[], const char ylabel[],
                               KNPictureAxes axes, PetscInt n, const KNPictureCurve curve[])
{
  PetscFunctionBegin;
  PetscCall(Draw(path, title, xlabel, ylabel, axes, n, curve, "points pointtype 7 pointsize 0.9"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
