/*
  kitinet bench -bench_tune: the fastest way to train the network on a node with a batch of one size.

  Tried: all ways to share the threads that the program was started with among ranks, r ranks with t threads each, r a
  divisor of the ranks that there are; for each of them micro-batches of 1, 2, 4, .. samples and of all divisors of
  the batch, up to a rank's share and 64; with batch norm, whose statistics are those of a micro-batch, the given one.
  Ranks that a way does not use sleep.

  All ways are timed in turn, round after round, so that what disturbs the machine disturbs all alike. From the
  third round on those stay that are within a fifth of the fastest.
*/
#include "bench.h"
#include <kitinet/error.h>
#include <kitinet/progress.h>
#include <kitinet/threads.h>
#include <omp.h>
#include <petsctime.h>
#include <time.h>

enum { MOST_MICROBATCH = 64, LEAST_ROUNDS = 3 };

typedef struct {
  PetscMPIInt ranks;
  int         threads; /* of each rank */
  PetscInt    microbatch;
  KNBenchItem step;    /* seconds, round by round */
  PetscBool   present; /* this is how the program was started */
  PetscBool   dropped; /* slower than others */
} Way;

typedef struct {
  const KNBench *bench;
  PetscMPIInt    ranks;               /* that there are */
  int            threads, processors; /* of a rank: its threads, the processors that all ranks may run on */
  PetscBool      fixed;               /* another micro-batch is another network */
  PetscInt       count;
  Way           *way; /* (count), owned */
} Tune;

/* The given one; divisors of the batch and powers of two. */
static PetscBool IsMicrobatch(const Tune *tune, PetscInt samples, PetscInt share)
{
  const PetscBool divides = (PetscBool)(tune->bench->batch % samples == 0 || !(samples & (samples - 1)));

  return (PetscBool)(samples == tune->bench->microbatch || (!tune->fixed && samples <= share && divides));
}

static PetscErrorCode AddWays(Tune *tune, PetscMPIInt ranks, int threads)
{
  const PetscInt share = (tune->bench->batch + ranks - 1) / ranks;
  KNBench        bench = *tune->bench;
  int            fits;

  PetscFunctionBegin;
  omp_set_num_threads(threads);
  for (PetscInt samples = 1; samples <= PetscMax(tune->bench->microbatch, PetscMin(share, MOST_MICROBATCH));
       samples++) {
    PetscBool fit;

    if (!IsMicrobatch(tune, samples, share)) continue;
    bench.microbatch = samples;
    PetscCall(KNBenchFits(&bench, &fit));
    fits = fit;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
    if (!fits) continue;
    PetscCall(PetscRealloc((size_t)(tune->count + 1) * sizeof(*tune->way), &tune->way));
    tune->way[tune->count++] = (Way){
      .ranks      = ranks,
      .threads    = threads,
      .microbatch = samples,
      .present = (PetscBool)(ranks == tune->ranks && threads == tune->threads && samples == tune->bench->microbatch)};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Waits for those who measure without taking a processor from them. */
static PetscErrorCode Sleep(MPI_Comm comm)
{
  const struct timespec pause = {.tv_nsec = 1000000};
  MPI_Request           all;
  int                   done = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Ibarrier(comm, &all));
  while (!done) {
    PetscCallMPI(MPI_Test(&all, &done, MPI_STATUS_IGNORE));
    if (!done) (void)nanosleep(&pause, NULL);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One round of one way, on the ranks that it has, spread over those there are. */
static PetscErrorCode MeasureWay(const Tune *tune, Way *way)
{
  const PetscMPIInt each  = tune->ranks / way->ranks;
  KNBench           bench = *tune->bench;
  PetscMPIInt       rank;
  double            seconds = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  bench.microbatch = way->microbatch;
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, rank % each ? MPI_UNDEFINED : 0, rank, &bench.comm));
  if (bench.comm != MPI_COMM_NULL) {
    omp_set_num_threads(way->threads);
    PetscCall(KNBenchTimeStep(&bench, &seconds));
    PetscCallMPI(MPI_Comm_free(&bench.comm));
  }
  PetscCall(Sleep(PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Bcast(&seconds, 1, MPI_DOUBLE, 0, PETSC_COMM_WORLD));
  way->step.seconds[way->step.rounds++] = seconds;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscInt FindFastest(const Tune *tune)
{
  PetscInt best = 0;

  for (PetscInt i = 1; i < tune->count; i++) {
    const double difference = KNBenchMedian(&tune->way[i].step) - KNBenchMedian(&tune->way[best].step);

    if (!tune->way[i].dropped && difference < 0) best = i;
  }
  return best;
}

static PetscErrorCode MeasureWays(Tune *tune, PetscReal seconds)
{
  PetscLogDouble began, now;
  KNProgress     progress;
  PetscInt       going = 1;

  PetscFunctionBegin;
  PetscCall(PetscTime(&began));
  for (PetscInt round = 0; round < KN_BENCH_ROUNDS && (going || round < LEAST_ROUNDS); round++) {
    double limit;

    PetscCall(KNProgressBegin("ways", tune->count, 0, &progress));
    for (PetscInt i = 0; i < tune->count; i++) {
      Way *way = &tune->way[i];

      if (!way->dropped) PetscCall(MeasureWay(tune, way));
      PetscCall(KNProgressUpdate(&progress, i + 1, "timed"));
    }
    PetscCall(KNProgressEnd(&progress));
    limit = 1.2 * KNBenchMedian(&tune->way[FindFastest(tune)].step);
    for (PetscInt i = 0; round > 0 && i < tune->count; i++) {
      Way *way = &tune->way[i];

      if (!way->present && KNBenchMedian(&way->step) > limit) way->dropped = PETSC_TRUE;
    }
    PetscCall(PetscTime(&now));
    going = now - began < seconds;
    PetscCallMPI(MPI_Bcast(&going, 1, MPIU_INT, 0, PETSC_COMM_WORLD));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintWays(const Tune *tune, const Way *best, FILE *file)
{
  const double least = KNBenchMedian(&best->step);

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nMedians of a training step of %" PetscInt_FMT " samples\n\n"
                        "%6s %8s %11s %10s %9s %7s\n",
                        tune->bench->batch, "ranks", "threads", "microbatch", "ms", "relative", "rounds"));
  if (file) fprintf(file, "ranks,threads,microbatch,milliseconds,relative,rounds\n");
  for (PetscInt i = 0; i < tune->count; i++) {
    const Way   *way     = &tune->way[i];
    const double seconds = KNBenchMedian(&way->step);

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%6d %8d %11" PetscInt_FMT " %10.3f %9.3f %7" PetscInt_FMT "%s%s\n",
                          way->ranks, way->threads, way->microbatch, seconds * 1e3, seconds / least, way->step.rounds,
                          way == best ? "  fastest" : "", way->present ? "  as started" : ""));
    if (file)
      fprintf(file, "%d,%d,%d,%.6g,%.4g,%d\n", way->ranks, way->threads, (int)way->microbatch, seconds * 1e3,
              seconds / least, (int)way->step.rounds);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The choice, for -options_file_yaml of kitinet train. */
static PetscErrorCode WriteChoice(const Tune *tune, const Way *best, FILE *yaml)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nfastest: OMP_NUM_THREADS=%d mpiexec -n %d kitinet train -train_batch %" PetscInt_FMT
                        " -train_microbatch %" PetscInt_FMT "\n",
                        best->threads, best->ranks, tune->bench->batch, best->microbatch));
  if (!yaml) PetscFunctionReturn(PETSC_SUCCESS);
  fprintf(yaml,
          "# The fastest of %d ways that kitinet bench -bench_tune timed, %.3g ms a step:\n"
          "#   OMP_NUM_THREADS=%d mpiexec -n %d kitinet train -options_file_yaml THIS ..\n"
          "train_batch: %d\n"
          "train_microbatch: %d\n",
          (int)tune->count, KNBenchMedian(&best->step) * 1e3, best->threads, best->ranks, (int)tune->bench->batch,
          (int)best->microbatch);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountProcessors(Tune *tune)
{
  MPI_Comm    node;
  PetscMPIInt here;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &tune->ranks));
  PetscCallMPI(MPI_Comm_split_type(PETSC_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &here));
  PetscCallMPI(MPI_Comm_free(&node));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &here, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  PetscCheck(here == tune->ranks, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -bench_tune is for the ranks of one node, these are on several: start it on one");
  tune->threads    = omp_get_max_threads();
  tune->processors = KNThreadsGetProcessors();
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &tune->threads, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &tune->processors, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchTune(KNBench *bench, FILE *file, FILE *yaml)
{
  Tune         tune = {.bench = bench};
  const Way   *best;
  KNParameters parameters;
  size_t       state;

  PetscFunctionBegin;
  PetscCall(CountProcessors(&tune));
  PetscCall(KNModelSetUp(bench->model, 1));
  PetscCall(KNModelGetParameters(bench->model, &parameters));
  PetscCall(KNParametersGetState(parameters, &state, NULL));
  tune.fixed = (PetscBool)(state > 0);
  for (PetscMPIInt ranks = 1; ranks <= tune.ranks; ranks++) {
    const int threads = tune.threads * (tune.ranks / ranks);

    if (tune.ranks % ranks) continue;
    if (threads > PetscMax(tune.processors, tune.threads))
      PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                            "not tried: %d rank%s with %d threads, since a rank may run on %d processor%s; start with "
                            "mpiexec --bind-to none\n",
                            ranks, ranks == 1 ? "" : "s", threads, tune.processors, tune.processors == 1 ? "" : "s"));
    else PetscCall(AddWays(&tune, ranks, threads));
  }
  PetscCheck(tune.count, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "no micro-batch fits into memory: take a smaller network or grid, or fewer ranks on the node");
  PetscCall(MeasureWays(&tune, bench->seconds));
  omp_set_num_threads(tune.threads);
  best = &tune.way[FindFastest(&tune)];
  PetscCall(PrintWays(&tune, best, file));
  PetscCall(WriteChoice(&tune, best, yaml));
  PetscCall(PetscFree(tune.way));
  PetscFunctionReturn(PETSC_SUCCESS);
}
