/*
  Training steps of ranks that share samples (-ranks_per_sample), without the network, for SimGrid's smpicc: each rank
  "computes" for the measured times of its slab, the ranks of a sample add up the modes of every spectral layer, and the
  gradient is reduced over all ranks by the program's own src/train/reduce_tree.c.

    kitinet-sharing-simulated RANKS FLOATS BUCKET LAYERS MODES FORWARD BACKWARD UPDATE

  RANKS of a sample, each sample's one behind the other; FLOATS of the gradient and of a bucket; spectral LAYERS and
  the floats of MODES that the ranks of a sample add up in each, forward and backward; seconds of the sweeps of a slab
  and of the update. Prints the seconds of a step of one sample for each group of ranks, of rank 0.
*/
#include "../../../src/train/reduce_tree.h"
#include <smpi/smpi.h>
#include <stdio.h>
#include <stdlib.h>

static void Compute(double seconds)
{
  smpi_execute_flops(1e9 * seconds); /* hosts of 1 Gflop/s */
}

int main(int argc, char **argv)
{
  double   forward, backward, update, began, sums[4] = {0};
  int      rank, size, sharing, layers, modes;
  size_t   n, bucket;
  float   *gradient, *mode;
  MPI_Comm sample;
  KNTree  *tree;

  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 9) MPI_Abort(MPI_COMM_WORLD, 2);
  sharing  = atoi(argv[1]);
  n        = strtoull(argv[2], NULL, 10);
  bucket   = strtoull(argv[3], NULL, 10);
  layers   = atoi(argv[4]);
  modes    = atoi(argv[5]);
  forward  = atof(argv[6]);
  backward = atof(argv[7]);
  update   = atof(argv[8]);
  tree     = KNTreeCreate(MPI_COMM_WORLD, n, n, bucket);
  gradient = malloc(n * sizeof(*gradient));
  mode     = malloc((size_t)modes * sizeof(*mode));
  if (!tree || !gradient || !mode) MPI_Abort(MPI_COMM_WORLD, 1);
  MPI_Comm_split(MPI_COMM_WORLD, rank / sharing, rank, &sample);

  MPI_Barrier(MPI_COMM_WORLD);
  began = MPI_Wtime();
  for (int l = 0; l < layers; l++) {
    Compute(forward / layers);
    if (sharing > 1) MPI_Allreduce(MPI_IN_PLACE, mode, modes, MPI_FLOAT, MPI_SUM, sample);
  }
  KNTreeBegin(tree, gradient, 0, size);
  for (int l = layers - 1; l >= 0; l--) { /* a block's gradients are complete at its end */
    Compute(backward / layers);
    if (sharing > 1) MPI_Allreduce(MPI_IN_PLACE, mode, modes, MPI_FLOAT, MPI_SUM, sample);
    KNTreeProgress(tree, n / (size_t)layers * (size_t)l);
  }
  KNTreeFinish(tree);
  MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  Compute(update);
  if (rank == 0) printf("%.6f\n", MPI_Wtime() - began);
  MPI_Comm_free(&sample);
  KNTreeDestroy(&tree);
  free(mode);
  free(gradient);
  MPI_Finalize();
  return 0;
}
