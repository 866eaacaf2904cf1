/*
  kitinet bench -bench_scaling: how the training step's time grows.

    threads   1, 2, 4, .. and all that the rank has, on the given batch and grid: the speed-up
    samples   1, 2, 4, .. 32 of them at a time on each rank, on the given grid: the time of a sample, relative to the
              first; 1 is linear
    grid      32, 64, .. 512 points along each axis: the time of a point, relative to the first; 1 is linear

  The points of a sweep are measured in turn, round after round, each planned anew. Those that do not fit into memory
  are left out.
*/
#include "bench.h"
#include <omp.h>
#include <petsctime.h>

enum { MOST_POINTS = 16, MOST_ROUNDS = 9 };

typedef struct {
  const char *sweep;
  PetscInt    value;
  int         threads;
  KNBench     bench;
  PetscBool   fits;
  KNBenchItem step; /* seconds, round by round */
} Point;

static PetscErrorCode AddPoint(PetscInt *count, Point point[], const char sweep[], PetscInt value, int threads,
                               const KNBench *bench)
{
  Point *p = &point[(*count)++];

  PetscFunctionBegin;
  PetscCheck(*count <= MOST_POINTS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "more than %d points in a sweep",
             MOST_POINTS);
  *p = (Point){.sweep = sweep, .value = value, .threads = threads, .bench = *bench};
  omp_set_num_threads(threads);
  PetscCall(KNBenchFits(bench, &p->fits));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One more round for this point. */
static PetscErrorCode MeasurePoint(Point *p)
{
  PetscFunctionBegin;
  omp_set_num_threads(p->threads);
  PetscCall(KNBenchTimeStep(&p->bench, &p->step.seconds[p->step.rounds++]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintPoints(PetscInt count, const Point point[], FILE *file)
{
  double first = 0;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n%-10s %8s %8s %8s %12s %12s %14s %10s\n", "sweep", "value", "threads",
                        "samples", "points", "ms", "ns a point", "relative"));
  if (file) fprintf(file, "sweep,value,threads,samples,points,milliseconds,ns_per_point,relative\n");
  for (PetscInt i = 0; i < count; i++) {
    const Point *p       = &point[i];
    const size_t points  = KNGridSize(&p->bench.grid);
    const double seconds = KNBenchMedian(&p->step), each = seconds / (double)points / (double)p->bench.batch * 1e9;
    double       relative;

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-10s %8" PetscInt_FMT " %8d %8" PetscInt_FMT " %12zu", p->sweep, p->value,
                          p->threads, p->bench.batch, points));
    if (!p->fits) {
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  does not fit into memory\n"));
      continue;
    }
    if (i == 0 || strcmp(p->sweep, point[i - 1].sweep)) first = each;
    relative = strcmp(p->sweep, "threads") ? each / first : first / each;
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %12.3f %14.3f %10.3f\n", seconds * 1e3, each, relative));
    if (file)
      fprintf(file, "%s,%d,%d,%d,%zu,%.6g,%.6g,%.4g\n", p->sweep, (int)p->value, p->threads, (int)p->bench.batch,
              points, seconds * 1e3, each, relative);
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nrelative: of threads the speed-up; of samples and grid the time of a "
                                          "point of a sample, 1 if the cost is linear\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchScaling(KNBench *bench, FILE *file)
{
  const int      most  = omp_get_max_threads();
  PetscInt       count = 0;
  PetscLogDouble began, now;
  PetscInt       round, going = 1;
  PetscMPIInt    ranks;
  Point         *point;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(KNModelSetUp(bench->model, 1));
  PetscCall(PetscCalloc1(MOST_POINTS, &point));
  for (int threads = 1; threads <= most; threads = threads < most ? PetscMin(2 * threads, most) : most + 1)
    PetscCall(AddPoint(&count, point, "threads", threads, threads, bench));
  for (PetscInt samples = 1; samples <= 32; samples *= 2) {
    KNBench b = *bench;

    b.microbatch = samples;
    b.batch      = samples * ranks;
    PetscCall(AddPoint(&count, point, "samples", samples, most, &b));
  }
  for (PetscInt n = 32; n <= 512; n *= 2) {
    KNBench b = *bench;

    b.batch = b.microbatch * ranks;
    b.grid  = KNGridMake(bench->grid.dim, (const PetscInt[]){n, n, n}, bench->grid.points);
    PetscCall(AddPoint(&count, point, "grid", n, most, &b));
  }
  PetscCall(PetscTime(&began));
  for (round = 0; round < MOST_ROUNDS && going; round++) {
    for (PetscInt i = 0; i < count; i++) {
      if (point[i].fits) PetscCall(MeasurePoint(&point[i]));
    }
    PetscCall(PetscTime(&now));
    going = now - began < bench->seconds;
    PetscCallMPI(MPI_Bcast(&going, 1, MPIU_INT, 0, PETSC_COMM_WORLD));
  }
  omp_set_num_threads(most);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "medians of %" PetscInt_FMT " round%s\n", round, round == 1 ? "" : "s"));
  PetscCall(PrintPoints(count, point, file));
  PetscCall(PetscFree(point));
  PetscFunctionReturn(PETSC_SUCCESS);
}
