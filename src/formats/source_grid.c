/* Where the points and frames of a source lie: from its coordinates, or as the user says. */
#include "format_impl.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  The first `count` numbers of a list with up to `surplus` more, which the caller frees: along the last axis that is
  longer than 1, as the file's own tools show it. Along other axes (samples, as in PDEBench's incompressible flow) it
  must repeat itself.
*/
static int ReadVector(KNSource source, const KNVariable *variable, size_t count, size_t surplus, double **value)
{
  size_t start[KN_MAX_AXES] = {0}, step[KN_MAX_AXES], extent[KN_MAX_AXES], entries;
  int    list               = -1, a;

  *value = NULL;
  KNCallFile(KNSourceJudge(source, variable));
  for (int i = 0; i < variable->rank; i++) {
    a       = variable->reversed ? i : variable->rank - 1 - i;
    step[a] = extent[a] = 1;
    if (list < 0 && variable->shape[a] > 1) list = a;
  }
  entries = list < 0 ? 1 : variable->shape[list];
  if (entries < count || entries > count + surplus)
    return KNSourceAsk(source, "%s has %zu entries, expected %zu", variable->name, entries, count);
  if (list >= 0) extent[list] = count;
  *value = (double *)calloc(2 * count, sizeof(**value));
  if (!*value) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for %zu numbers", count);
  KNCallFile(source->format->read(source, variable, start, step, extent, sizeof(double), *value));
  for (;;) { // every other list of the array
    for (a = variable->rank - 1; a >= 0; a--) {
      if (a == list) continue;
      if (++start[a] < variable->shape[a]) break;
      start[a] = 0;
    }
    if (a < 0) return 0;
    KNCallFile(source->format->read(source, variable, start, step, extent, sizeof(double), *value + count));
    if (memcmp(*value, *value + count, count * sizeof(**value)))
      return KNSourceAsk(source, "%s differs between samples, which no dataset can hold", variable->name);
  }
}

/*
  The kind of points of the unit interval that these are, to a tenth of their spacing (single precision loses less);
  -1: none.
*/
static int KindOfPoints(size_t n, const double x[])
{
  for (int kind = 0; KNPointsNames[kind]; kind++) {
    size_t i = 0;

    while (i < n && fabs(x[i] - KNPointsCoordinate((KNPoints)kind, (PetscInt)n, (PetscInt)i)) * (double)n < 0.1) i++;
    if (i == n) return kind;
  }
  return -1;
}

/* Evenly spaced, in ascending order: to a thousandth of the spacing, and what single precision loses. */
static int CheckUniform(KNSource source, const char name[], size_t n, const double x[])
{
  const double spacing   = n > 1 ? (x[n - 1] - x[0]) / (double)(n - 1) : 1,
               tolerance = 1e-3 * spacing + 4 * (double)FLT_EPSILON * PetscMax(fabs(x[0]), fabs(x[n - 1]));

  for (size_t i = 0; i < n; i++) {
    if (!isfinite(x[i]))
      return KNFileFail(&source->file, source->file.code, "%s: entry %zu is not a finite number", name, i);
    if (i && !(x[i] > x[i - 1]))
      return KNFileFail(
        &source->file, source->file.code,
        "%s does not ascend: entry %zu is %.9g, entry %zu is %.9g; put coordinates and data in ascending order", name,
        i - 1, x[i - 1], i, x[i]);
  }
  for (size_t i = 0; i < n; i++) {
    if (!(fabs(x[i] - (x[0] + (double)i * spacing)) <= tolerance))
      return KNFileFail(
        &source->file, source->file.code,
        "%s is not evenly spaced: entry %zu is %.9g, expected %.9g; interpolate the data to such points first", name, i,
        x[i], x[0] + (double)i * spacing);
  }
  return 0;
}

/*
  The kind of points that all coordinates are, -1: of different ones or none. Domains other than the unit cube are
  noted.
*/
static int PointsOfCoordinates(KNSource source, PetscInt dim, const size_t n[], const KNVariable *const coordinate[],
                               int *points)
{
  for (PetscInt d = 0; d < dim; d++) {
    double *x;
    int     code = ReadVector(source, coordinate[d], n[d], 0, &x), kind = -1;

    if (!code) code = CheckUniform(source, coordinate[d]->name, n[d], x);
    if (!code) {
      kind = KindOfPoints(n[d], x);
      if (kind < 0) KNSourceNote(source, "%s: %.9g to %.9g\n", coordinate[d]->name, x[0], x[n[d] - 1]);
    }
    free(x);
    if (code) return code;
    if (d == 0) *points = kind;
    else if (kind != *points) *points = -1;
  }
  return 0;
}

/* Every stride-th point must again be a grid of the same kind, so that coordinates stay true. */
static int TakeStride(KNSource source, KNPoints points, PetscInt dim, const size_t n[])
{
  const size_t stride = (size_t)source->stride;
  PetscInt     m[KN_MAX_DIM];

  source->offset = points == KN_POINTS_CELLS ? (source->stride - 1) / 2 : 0;
  for (PetscInt d = 0; d < dim; d++) {
    const size_t whole = points == KN_POINTS_NODES ? n[d] - 1 : n[d];

    if (whole % stride)
      return KNFileFail(&source->file, KN_ERR_INPUT, "-stride %zu does not divide the %zu %s of an axis of %zu points",
                        stride, whole, points == KN_POINTS_NODES ? "intervals" : "points", n[d]);
    if (points == KN_POINTS_CELLS && stride % 2 == 0)
      return KNFileFail(
        &source->file, KN_ERR_INPUT,
        "-stride %zu has no cell centres of the coarse grid among those of the fine one: take an odd stride", stride);
    m[d] = (PetscInt)(whole / stride + (points == KN_POINTS_NODES));
  }
  KNProblemSetGrid(&source->problem, KNGridMake(dim, m, points));
  return 0;
}

int KNSourceGrid(KNSource source, const KNSourceChoice *choice, PetscInt dim, const size_t n[],
                 const KNVariable *const coordinate[])
{
  int points = -1;

  if (dim < 1 || dim > KN_MAX_DIM)
    return KNSourceAsk(source, "%d axes of a grid, expected 1 to %d", (int)dim, KN_MAX_DIM);
  for (PetscInt d = 0; d < dim; d++) {
    if (n[d] < 1 || n[d] > PETSC_MAX_INT)
      return KNFileFail(&source->file, source->file.code, "has %zu points along axis %d, expected 1 to %d", n[d],
                        (int)d + 1, PETSC_MAX_INT);
  }
  if (coordinate) KNCallFile(PointsOfCoordinates(source, dim, n, coordinate, &points));
  if (choice->points >= 0) points = (int)choice->points;
  if (points < 0)
    return KNSourceAsk(
      source, "say where the points of an axis lie, with -points cells, nodes (both ends included) or periodic");
  source->stride = choice->stride;
  return TakeStride(source, (KNPoints)points, dim, n);
}

int KNSourceTimes(KNSource source, const KNSourceChoice *choice, const KNVariable *variable, size_t surplus,
                  PetscInt frames, PetscBool initial)
{
  const PetscInt given = frames - (initial ? 1 : 0);
  double        *t     = NULL;
  int            code  = 0;

  source->times = (PetscReal *)calloc((size_t)frames, sizeof(*source->times));
  if (!source->times) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for %d times", (int)frames);
  if (choice->t && choice->t[0] && !(variable = KNSourceFind(source, choice->t)))
    return KNSourceAsk(source, "there is no %s; -t names the variable with the times of the frames", choice->t);
  if (variable && choice->dt == 0) code = ReadVector(source, variable, (size_t)given, surplus, &t);
  else if (choice->dt == 0)
    return KNSourceAsk(source, "say when the %d frames are, with -t VARIABLE or -dt TIME", (int)given);
  for (PetscInt i = 0; i < given && !code; i++)
    source->times[i + (initial ? 1 : 0)] = t ? t[i] : choice->dt * (double)(i + (initial ? 1 : 0));
  free(t);
  for (PetscInt i = 0; i < frames && !code; i++) {
    if (!isfinite(source->times[i]))
      code = KNFileFail(&source->file, source->file.code,
                        "the time of frame %d is not finite: say when the frames are with -dt TIME", (int)i);
    else if (i && !(source->times[i] > source->times[i - 1]))
      code =
        KNFileFail(&source->file, source->file.code,
                   "the times do not ascend: frame %d is at %.9g, frame %d at %.9g; say when they are with -dt TIME",
                   (int)i - 1, (double)source->times[i - 1], (int)i, (double)source->times[i]);
  }
  source->problem.frames = frames;
  source->problem.times  = source->times;
  return code;
}
