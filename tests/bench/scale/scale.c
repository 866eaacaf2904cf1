/*
  Training steps without the network: each rank "computes" for the measured times of its micro-batches, the gradient
  is reduced by the program's own src/train/reduce_tree.c. Built twice: with mpicc, where computing is spinning, to
  calibrate on real ranks; with SimGrid's smpicc, where ranks, network and computing are simulated.

    kitinet-scale FLOATS EXACT BUCKET LEAVES FORWARD BACKWARD UPDATE OVERLAP STEPS

  FLOATS of the gradient, of which EXACT travel as floats, the others as bfloat16, and of a bucket; micro-batches of a
  rank; seconds of the forward and backward sweep of one micro-batch, and of the update; OVERLAP 1: the reduction runs
  along with the last backward sweep, 0: after it; -1: MPI_Allreduce after it. Prints the seconds of a step, the lowest
  of STEPS, of rank 0.
*/
#include "../../../src/train/reduce_tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef KN_SIMULATED
#include <smpi/smpi.h>
static void Compute(double seconds)
{
  smpi_execute_flops(1e9 * seconds);
} /* hosts of 1 Gflop/s */
#else
static void Compute(double seconds)
{
  struct timespec now, begin;

  clock_gettime(CLOCK_MONOTONIC, &begin);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((double)(now.tv_sec - begin.tv_sec) + 1e-9 * (double)(now.tv_nsec - begin.tv_nsec) < seconds);
}
#endif

/*
  The default network: which share of backward is over when the gradients from which share of their block on are
  complete: the head, then of each block the spectral layer, then the rest. Times by `kitinet bench`, places by
  `kitinet inspect`. The rest is computed sample by sample, and after each one messages move on.
*/
enum { SAMPLES = 5 };
static const struct {
  double time, offset;
} done[] = {{0.38, 0.998}, {0.45, 0.749},  {0.53, 0.7485}, {0.60, 0.4995}, {0.68, 0.499},
            {0.75, 0.25},  {0.83, 0.2495}, {0.90, 0.0005}, {1, 0}};

int main(int argc, char **argv)
{
  enum { NDONE = sizeof(done) / sizeof(done[0]) };
  double  forward, backward, update, began, took, lowest = 0, *sums;
  int     rank, size, leaves, overlap, steps, nsums;
  size_t  n, exact, bucket;
  float  *gradient;
  KNTree *tree;

  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 10) MPI_Abort(MPI_COMM_WORLD, 2);
  n        = strtoull(argv[1], NULL, 10);
  exact    = strtoull(argv[2], NULL, 10);
  bucket   = strtoull(argv[3], NULL, 10);
  leaves   = atoi(argv[4]);
  forward  = atof(argv[5]);
  backward = atof(argv[6]);
  update   = atof(argv[7]);
  overlap  = atoi(argv[8]);
  steps    = atoi(argv[9]);
  nsums    = 3 + leaves * size;
  tree     = KNTreeCreate(MPI_COMM_WORLD, n, exact, bucket);
  gradient = malloc(n * sizeof(*gradient));
  sums     = calloc((size_t)nsums, sizeof(*sums));
  if (!tree || !gradient || !sums) MPI_Abort(MPI_COMM_WORLD, 1);
#ifndef KN_SIMULATED
  memset(gradient, 0, n * sizeof(*gradient)); /* simulated ranks share their memory: nobody looks at the numbers */
#endif

  for (int step = 0; step < steps; step++) {
    MPI_Barrier(MPI_COMM_WORLD);
    began = MPI_Wtime();
    Compute((leaves - 1) * (forward + backward) + forward);
    if (overlap >= 0) KNTreeBegin(tree, gradient, 0, size);
    for (int d = 0; d < NDONE; d++) {
      const int parts = d % 2 ? 1 : SAMPLES;

      for (int part = 1; part <= parts; part++) {
        Compute(backward * (done[d].time - (d ? done[d - 1].time : 0)) / parts);
        if (overlap == 1)
          KNTreeProgress(tree, (size_t)((double)n * (part == parts ? done[d].offset : d ? done[d - 1].offset : 1)));
      }
    }
    if (overlap >= 0) KNTreeFinish(tree);
    else MPI_Allreduce(MPI_IN_PLACE, gradient, (int)n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, sums, nsums, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    Compute(update);
    took = MPI_Wtime() - began;
    if (step == 0 || took < lowest) lowest = took;
  }
  if (rank == 0) printf("%.6f\n", lowest);
  KNTreeDestroy(&tree);
  free(sums);
  free(gradient);
  MPI_Finalize();
  return 0;
}
