/*
  XDMF: each field of a sample, or of a frame of it, is a hyperslab of the dataset's large arrays.

  In XDMF the last axis of an array is x. Here the first one is x1, so the points are written out, x1 first, but for
  1D fields: a row of points, or of cells of height 1.
*/
#include <kitinet/record.h>
#include <kitinet/xdmf.h>
#include <limits.h>
#include <stdlib.h>
#include "dataset_impl.h"

void KNXMLText(FILE *file, const char text[])
{
  if (!file) return;
  for (const char *c = text; *c; c++) {
    if (*c == '<') fputs("&lt;", file);
    else if (*c == '>') fputs("&gt;", file);
    else if (*c == '&') fputs("&amp;", file);
    else if (*c == '"') fputs("&quot;", file);
    else if ((unsigned char)*c < ' ' && *c != '\n') fputc(' ', file);
    else fputc(*c, file);
  }
}

/* Points of the mesh along an axis: of cells there is one corner more. */
static PetscInt MeshPoints(const KNGrid *grid, PetscInt axis)
{
  return grid->n[axis] + (grid->points == KN_POINTS_CELLS ? 1 : 0);
}

static float MeshCoordinate(const KNGrid *grid, PetscInt axis, PetscInt i)
{
  return (float)(grid->points == KN_POINTS_CELLS ? (double)i / grid->n[axis]
                                                 : KNPointsCoordinate(grid->points, grid->n[axis], i));
}

/* Coordinates (n1, n2[, n3], dim) of the mesh; n: its points along each axis. */
static void MeshPointsFill(const KNGrid *grid, const PetscInt n[], float *x)
{
  for (PetscInt i = 0; i < n[0]; i++) {
    for (PetscInt j = 0; j < n[1]; j++) {
      for (PetscInt k = 0; k < n[2]; k++) {
        const PetscInt index[] = {i, j, k};

        for (PetscInt d = 0; d < grid->dim; d++) *x++ = MeshCoordinate(grid, d, index[d]);
      }
    }
  }
}

/* One field on the grid: the array (row[, frame], field, n1, ..) at start. */
static void PrintField(FILE *file, const KNDatasetArray *array, const KNGrid *grid, const char *name, const char *hdf5,
                       PetscInt64 row, PetscInt frame, PetscInt field)
{
  const int axes = array->rank - (int)grid->dim; /* that are not the grid's: row, frame, field */

  fprintf(file, "<Attribute Name=\"");
  KNXMLText(file, name);
  fprintf(file, "\" AttributeType=\"Scalar\" Center=\"%s\">\n<DataItem ItemType=\"HyperSlab\" Dimensions=\"",
          grid->points == KN_POINTS_CELLS ? "Cell" : "Node");
  if (grid->dim == 1) fprintf(file, "1 ");
  for (PetscInt d = 0; d < grid->dim; d++) fprintf(file, "%s%" PetscInt_FMT, d ? " " : "", grid->n[d]);
  fprintf(file, "\">\n<DataItem Dimensions=\"3 %d\" NumberType=\"Int\" Format=\"XML\">%" PetscInt64_FMT, array->rank,
          row);
  if (axes == 3) fprintf(file, " %" PetscInt_FMT, frame);
  fprintf(file, " %" PetscInt_FMT, field);
  for (PetscInt d = 0; d < grid->dim; d++) fprintf(file, " 0");
  for (int k = 0; k < array->rank; k++) fprintf(file, " 1");
  for (int k = 0; k < array->rank; k++) fprintf(file, " %lld", k < axes ? 1LL : (long long)array->shape[k]);
  fprintf(file, "</DataItem>\n<DataItem Dimensions=\"");
  for (int k = 0; k < array->rank; k++) fprintf(file, "%s%lld", k ? " " : "", (long long)array->shape[k]);
  fprintf(file, "\" NumberType=\"%s\" Precision=\"%zu\" Format=\"HDF\">", array->width == 1 ? "UChar" : "Float",
          array->width);
  KNXMLText(file, hdf5);
  fprintf(file, ":/%s</DataItem>\n</DataItem>\n</Attribute>\n", array->name);
}

/* The space whose grid is shown: an output on another grid is left out. */
static const KNSpace *GridSpace(const KNProblem *problem)
{
  return problem->frames || problem->input.kind != KN_SPACE_FIELD ? &problem->output : &problem->input;
}

/* One grid with all its fields, of a row and a frame. points: name of the file of coordinates. */
static void PrintGrid(FILE *file, KNDataset dataset, const char hdf5[], const char points[], PetscInt64 row,
                      PetscInt frame)
{
  const KNProblem *problem = &dataset->layout.problem;
  const KNGrid    *grid    = &GridSpace(problem)->grid;
  const PetscBool  cells   = (PetscBool)(grid->points == KN_POINTS_CELLS);

  fprintf(file, "<Grid Name=\"row %" PetscInt64_FMT "\" GridType=\"Uniform\">\n<Time Value=\"%.12g\"/>\n", row,
          problem->frames ? (double)problem->times[frame] : (double)row);
  if (grid->dim == 1) {
    const double x0 = MeshCoordinate(grid, 0, 0), dx = MeshCoordinate(grid, 0, 1) - x0;

    fprintf(file,
            "<Topology TopologyType=\"2DCoRectMesh\" Dimensions=\"%d %" PetscInt_FMT
            "\"/>\n<Geometry GeometryType=\"ORIGIN_DXDY\">\n<DataItem Dimensions=\"2\" Format=\"XML\">0 "
            "%.9g</DataItem>\n<DataItem Dimensions=\"2\" Format=\"XML\">1 %.9g</DataItem>\n</Geometry>\n",
            cells ? 2 : 1, MeshPoints(grid, 0), x0, dx);
  } else {
    fprintf(file, "<Topology TopologyType=\"%" PetscInt_FMT "DSMesh\" Dimensions=\"", grid->dim);
    for (PetscInt d = 0; d < grid->dim; d++) fprintf(file, "%s%" PetscInt_FMT, d ? " " : "", MeshPoints(grid, d));
    fprintf(file, "\"/>\n<Geometry GeometryType=\"%s\">\n<DataItem Dimensions=\"", grid->dim == 2 ? "XY" : "XYZ");
    for (PetscInt d = 0; d < grid->dim; d++) fprintf(file, "%" PetscInt_FMT " ", MeshPoints(grid, d));
    fprintf(file, "%" PetscInt_FMT "\" NumberType=\"Float\" Precision=\"4\" Endian=\"Little\" Format=\"Binary\">",
            grid->dim);
    KNXMLText(file, points);
    fprintf(file, "</DataItem>\n</Geometry>\n");
  }
  for (PetscInt i = 0; i < dataset->layout.arrays; i++) {
    const KNDatasetArray *array = &dataset->layout.array[i];

    if (array->space != GridSpace(problem) && !KNDatasetOneGrid(problem)) continue;
    for (PetscInt c = 0; c < array->space->fields; c++)
      PrintField(file, array, grid, array->space->field[c].name, hdf5, row, frame, c);
  }
  fprintf(file, "</Grid>\n");
}

static void PrintDocument(FILE *file, KNDataset dataset, PetscInt64 samples, const char hdf5[], const char points[])
{
  const PetscInt frames = dataset->layout.problem.frames;

  fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Xdmf Version=\"2.0\">\n<Domain>\n");
  if (!frames) fprintf(file, "<Grid Name=\"rows\" GridType=\"Collection\" CollectionType=\"Temporal\">\n");
  for (PetscInt64 row = 0; row < samples; row++) {
    if (frames)
      fprintf(file, "<Grid Name=\"row %" PetscInt64_FMT "\" GridType=\"Collection\" CollectionType=\"Temporal\">\n",
              row);
    for (PetscInt frame = 0; frame < PetscMax(frames, 1); frame++) PrintGrid(file, dataset, hdf5, points, row, frame);
    if (frames) fprintf(file, "</Grid>\n");
  }
  fprintf(file, "%s</Domain>\n</Xdmf>\n", frames ? "" : "</Grid>\n");
}

/* The file's name without its folder; *folder: bytes of what is before it. */
static const char *BaseName(const char path[], size_t *folder)
{
  const char *slash = strrchr(path, '/');

  *folder = slash ? (size_t)(slash + 1 - path) : 0;
  return slash ? slash + 1 : path;
}

PetscErrorCode KNXDMFWrite(KNDataset dataset, PetscInt64 samples, const char path[])
{
  const KNGrid  *grid  = &GridSpace(&dataset->layout.problem)->grid;
  const PetscInt n[]   = {MeshPoints(grid, 0), grid->dim > 1 ? MeshPoints(grid, 1) : 1,
                        grid->dim > 2 ? MeshPoints(grid, 2) : 1};
  const size_t   bytes = sizeof(float) * (size_t)grid->dim * (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
  const char    *base, *hdf5;
  char           name[PETSC_MAX_PATH_LEN], points[PETSC_MAX_PATH_LEN], whole[PATH_MAX] = "", *text = NULL;
  float         *x    = NULL;
  size_t         size = 0, folder, own;
  FILE          *file = NULL;
  PetscBool      colon;
  PetscMPIInt    rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(dataset->comm, &rank));
  PetscCheck(strlen(path) + 16 < PETSC_MAX_PATH_LEN, dataset->comm, KN_ERR_USAGE, "%.64s...: the path is too long",
             path);
  PetscCheck(grid->dim, dataset->comm, KN_ERR_INPUT, "%s has no fields on a grid, which XDMF could describe",
             dataset->path);
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s.xdmf", path));
  PetscCall(PetscSNPrintf(points, sizeof(points), "%s.xyz", BaseName(path, &own)));
  hdf5 = base = BaseName(dataset->path, &folder);
  if (folder != own || strncmp(dataset->path, path, own))
    hdf5 = rank == 0 && realpath(dataset->path, whole) ? whole : dataset->path;
  colon = (PetscBool)(strchr(hdf5, ':') || strchr(points, ':'));
  PetscCall(KNAgree(dataset->comm, rank == 0 && colon ? KN_ERR_USAGE : 0,
                    "%s: XDMF cannot express a colon in the name of a file or its folder; rename it", base));
  if (rank == 0) {
    file = open_memstream(&text, &size);
    if (file) PrintDocument(file, dataset, PetscMin(samples, dataset->layout.samples), hdf5, points);
    if (grid->dim > 1) x = (float *)malloc(bytes);
    if (x) MeshPointsFill(grid, n, x);
  }
  PetscCall(KNAgree(dataset->comm, rank == 0 && (!file || fclose(file) || (grid->dim > 1 && !x)) ? PETSC_ERR_MEM : 0,
                    "no memory for %s", name));
  PetscCall(PetscSNPrintf(points, sizeof(points), "%s.xyz", path));
  if (grid->dim > 1) PetscCall(KNFileWriteWhole(dataset->comm, points, bytes, x));
  PetscCall(KNFileWriteWhole(dataset->comm, name, size, text));
  free(text);
  free(x);
  PetscFunctionReturn(PETSC_SUCCESS);
}
