/*
  Arrays in the root of an HDF5 file, as neuraloperator's loader reads them: x (N, n1, n2) and y (N, n1, n2), with an
  axis of fields behind N if there are several.

  Written with our attributes "points" of the file and "axes" of the arrays, "ncxy", so that reading them back needs
  no explanation.
*/
#include "format_impl.h"
#include <string.h>

static PetscBool Recognises_XY(KNSource source)
{
  snprintf(source->kind, sizeof(source->kind), "HDF5");
  return (PetscBool)(source->file.id && source->variables);
}

static int Open_XY(KNSource source, const KNSourceChoice *choice)
{
  KNSourceChoice own                 = *choice;
  char           points[KN_MAX_NAME] = "";
  PetscInt       count;

  if (KNHDF5Texts(&source->file, source->file.id, "points", sizeof(points), 1, &count, points))
    points[0] = 0; // another program's
  for (PetscInt i = 0; KNPointsNames[i] && own.points < 0; i++) {
    if (!strcmp(points, KNPointsNames[i])) own.points = i;
  }
  return KNSourceChoose(source, &own, PETSC_FALSE);
}

static int Plan_XY(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  char             axes[KN_MAX_AXES + 1];

  if (problem->frames)
    return KNFileFail(&sink->file, KN_ERR_USAGE,
                      "format xy holds inputs and outputs of steady problems, these are trajectories: take native, "
                      "mat, pdebench, the_well or npy");
  KNAxesMake(axes, problem->input.fields > 1 ? "nc" : "n", problem->output.grid.dim, "");
  KNSinkAddPiece(sink, "x", axes, PETSC_FALSE, 0, problem->input.fields);
  KNAxesMake(axes, problem->output.fields > 1 ? "nc" : "n", problem->output.grid.dim, "");
  KNSinkAddPiece(sink, "y", axes, PETSC_TRUE, 0, problem->output.fields);
  return 0;
}

static int Create_XY(KNSink sink)
{
  char points[KN_MAX_NAME];

  snprintf(points, sizeof(points), "%s", KNPointsNames[sink->problem.output.grid.points]);
  KNCallFile(KNSinkHDF5Create(sink, 0));
  KNCallFile(KNAttributeText(&sink->file, KN_STORE, sink->file.id, "points", sizeof(points), points));
  for (PetscInt i = 0; i < 2; i++)
    KNCallFile(KNAttributeText(&sink->file, KN_STORE, (hid_t)sink->variable[i].handle, "axes", KN_MAX_AXES + 1,
                               sink->piece[i].axes));
  return 0;
}

const KNFormat KNFormat_XY = {.name       = "xy",
                              .recognises = Recognises_XY,
                              .open       = Open_XY,
                              .read       = KNSourceHDF5Read,
                              .plan       = Plan_XY,
                              .create     = Create_XY,
                              .write      = KNSinkHDF5Write,
                              .finish     = KNSinkHDF5Finish,
                              .abandon    = KNSinkHDF5Abandon};
