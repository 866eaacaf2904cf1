/*
  The reduction: every element is added in the order of one binary tree, bit for bit, for any number of ranks, blocks
  and micro-batches, also where they do not fit, in floats and rounded to bfloat16 at every node; with and without
  overlap; at the volume that is possible at best.
*/
#include "../../src/train/reduce_tree.h"
#include "dataset_test.h"
#include <kitinet/random.h>
#include <kitinet/reduce.h>
#include <string.h>

enum { N = 1003 }; /* odd, in buckets of odd sizes */

/*
  Element i of leaf: numbers of both signs and of sizes so different that any other order of additions gives other bits.
*/
static float Value(PetscInt leaf, size_t i)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_TEST, leaf, (PetscInt64)i, 0, 0, word);
  return (float)ldexp(2 * KNUniform(word[0]) - 1, (int)(word[1] % 20));
}

/* With 8 bits of mantissa, to nearest even. */
static float Rounded(float x)
{
  int          exponent;
  const double mantissa = frexp(x, &exponent);

  return (float)ldexp(rint(ldexp(mantissa, 8)), exponent - 8);
}

/* The sum of leaves [first, first + 2^k), those from `leaves` on missing; rounded: as bfloat16 at every node. */
static float TreeSum(PetscInt first, int k, PetscInt leaves, size_t i, int rounded)
{
  const PetscInt right = first + (1 << k) / 2;
  float          sum   = k ? TreeSum(first, k - 1, leaves, i, rounded) : Value(first, i);

  if (k && right < leaves) sum += TreeSum(right, k - 1, leaves, i, rounded);
  return rounded ? Rounded(sum) : sum;
}

static float Expected(PetscInt leaves, size_t i, int rounded)
{
  int k = 0;

  while (1 << k < leaves) k++;
  return TreeSum(0, k, leaves, i, rounded);
}

/*
  Blocks of one leaf: any number up to that of the ranks, several sums after one another; elements from `exact` on
  rounded.
*/
static PetscErrorCode TestBlocks(size_t exact, size_t bucket)
{
  PetscMPIInt rank, size;
  KNTree     *tree;
  float       array[N];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  tree = KNTreeCreate(PETSC_COMM_WORLD, N, exact, bucket);
  CHECK(tree, "no tree");
  for (int blocks = size; blocks >= 1; blocks--) {
    for (int calls = 0; calls < 3; calls++) {
      const size_t from = calls == 1 ? N / 3 : 0, count = N - from; /* what lies before is left alone */
      /* bytes of an element, in the mean */
      const double mean = (4.0 * (double)N - 2.0 * (double)(N - exact) - 4.0 * (double)from) / (double)count;
      size_t       messages, bytes;

      for (size_t i = 0; i < N; i++) array[i] = i < from ? (float)i : rank < blocks ? Value(rank, i) : NAN;
      KNTreeRound(tree, array, from, N);
      PetscCallMPI(KNTreeBegin(tree, array, from, blocks));
      for (int call = 0; call < calls; call++) PetscCallMPI(KNTreeProgress(tree, (size_t)(N / (call + 1) - 100)));
      PetscCallMPI(KNTreeFinish(tree));
      for (size_t i = 0; i < N; i++)
        CHECK(array[i] == (i < from ? (float)i : Expected(blocks, i, i >= exact)),
              "%d blocks on %d ranks, element %zu: %a instead of %a", blocks, size, i, array[i],
              Expected(blocks, i, i >= exact));
      KNTreeGetTraffic(tree, &messages, &bytes);
      if (blocks == size && exact >= from)
        CHECK((double)bytes < 2 * mean * (double)count &&
                ((size & (size - 1)) || fabs((double)bytes - 2.0 * mean * (double)count * (size - 1) / size) <=
                                          32.0 * (1 + (double)count / (double)bucket)),
              "%zu bytes sent for %zu elements of %g on %d ranks", bytes, count, mean, size);
    }
  }
  KNTreeDestroy(&tree);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Steps of a training with batches of `total` samples: this rank's micro-batches, its gradients given piece by piece
  from the end (overlap), or at once; added by the reduction (apart) or, as it asks for, where they are computed. What
  is left in the block from before is of no account.
*/
static PetscErrorCode TestSteps(KNReductionType type, KNParameters parameters, PetscInt batch, PetscInt microbatch,
                                PetscBool apart)
{
  const int   rounded = type == KN_REDUCTION_TREE_BFLOAT16;
  PetscMPIInt rank, size;
  KNReduction reduction;
  KNReal     *gradient;
  size_t      n;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNReductionCreate(PETSC_COMM_WORLD, type, parameters, batch, microbatch, apart, &reduction));
  for (PetscInt total = batch; total > 0; total -= PetscMin(total, 3)) {
    const PetscInt leaves = (total + microbatch - 1) / microbatch;
    PetscInt64     start, end;
    double         loss = 0;
    KNStepSums     sums = {.stop = rank, .samples = 1};

    KNLeafPartition(total, microbatch, size, rank, &start, &end);
    if (type == KN_REDUCTION_ALLREDUCE) KNPartition(total, size, rank, &start, &end);
    PetscCall(KNReductionBegin(reduction, total));
    for (PetscInt64 first = start; first < end; first += microbatch) {
      const PetscInt   leaf = (PetscInt)(first / microbatch);
      const InsertMode mode = KNReductionGetMode(reduction);

      CHECK(mode == INSERT_VALUES || (first > start && !(apart && type != KN_REDUCTION_ALLREDUCE)),
            "Micro-batch %" PetscInt_FMT " is to be added to nothing, or to others", leaf);
      PetscCall(KNParametersGetBlocks(parameters, &n, NULL, &gradient, NULL, NULL));
      for (size_t i = n; i-- > 0;) {
        gradient[i] = (mode == ADD_VALUES ? gradient[i] : 0) + Value(leaf, i);
        if (total % 2 && i % 97 == 0) PetscCall(KNReductionGradientsDone(reduction, i));
        /* nothing new */
        if (total % 2 && i % 31 == 0 && i < n - 97) PetscCall(KNReductionGradientsDone(reduction, i / 97 * 97 + 97));
      }
      PetscCall(KNReductionAdd(reduction, 1.0 / (1 + leaf)));
    }
    PetscCall(KNReductionFinish(reduction, &sums));
    CHECK(sums.samples == size && sums.stop == size * (size - 1) / 2, "Sums %g, %g", sums.samples, sums.stop);
    if (type == KN_REDUCTION_ALLREDUCE) continue; /* in whatever order: no bits to compare with */
    PetscCall(KNParametersGetBlocks(parameters, &n, NULL, &gradient, NULL, NULL));
    for (size_t i = 0; i < n; i++)
      CHECK(gradient[i] == Expected(leaves, i, rounded),
            "%" PetscInt_FMT " leaves on %d ranks, element %zu: %a instead of %a", leaves, size, i, (double)gradient[i],
            (double)Expected(leaves, i, rounded));
    for (PetscInt leaf = 0; leaf < leaves; leaf++) loss += 1.0 / (1 + leaf);
    CHECK(sums.loss == loss, "Loss %a instead of %a", sums.loss, loss);
  }
  PetscCall(KNReductionDestroy(&reduction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  One number that must not reach the parameters, wherever it lies, is known to all ranks, each of which looks at a part.
*/
static PetscErrorCode TestWild(KNParameters parameters)
{
  static const KNReal wild[] = {0, NAN, INFINITY, -INFINITY, 2 * KN_LARGEST_GRADIENT, -2 * KN_LARGEST_GRADIENT};
  PetscMPIInt         rank, size;
  KNReduction         reduction;
  KNReal             *gradient;
  size_t              n;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNReductionCreate(PETSC_COMM_WORLD, KN_REDUCTION_TREE, parameters, size, 1, PETSC_FALSE, &reduction));
  PetscCall(KNParametersGetBlocks(parameters, &n, NULL, &gradient, NULL, NULL));
  for (size_t w = 0; w < PETSC_STATIC_ARRAY_LENGTH(wild); w++) {
    for (size_t place = 0; place < n; place += 77) {
      KNStepSums sums = {.samples = 1};

      PetscCall(KNReductionBegin(reduction, size));
      for (size_t i = 0; i < n; i++) gradient[i] = i == place && rank == (PetscMPIInt)place % size ? wild[w] : 1;
      PetscCall(KNReductionAdd(reduction, 1));
      PetscCall(KNReductionFinish(reduction, &sums));
      CHECK((sums.wild > 0) == (w > 0), "%g at %zu: %g ranks say so", (double)wild[w], place, sums.wild);
    }
  }
  PetscCall(KNReductionDestroy(&reduction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Any batch, micro-batch and number of ranks: what is proposed occupies all ranks. */
static PetscErrorCode TestBusyRanks(void)
{
  PetscFunctionBegin;
  for (PetscMPIInt size = 1; size <= 40; size++) {
    for (PetscInt batch = 1; batch <= 40; batch++) {
      for (PetscInt microbatch = 1; microbatch <= 9; microbatch++) {
        PetscInt          fitting_batch, fitting_microbatch, none;
        const PetscMPIInt busy =
          KNReductionBusyRanks(KN_REDUCTION_TREE, batch, microbatch, size, &fitting_batch, &fitting_microbatch);
        PetscMPIInt with_samples = 0;

        for (PetscMPIInt rank = 0; rank < size; rank++) {
          PetscInt64 start, end;

          KNLeafPartition(batch, microbatch, size, rank, &start, &end);
          with_samples += end > start;
        }
        CHECK(busy == with_samples && (busy == size) == (fitting_batch == batch),
              "%d of %d ranks have samples, %d are counted", with_samples, size, busy);
        CHECK(fitting_batch >= batch && fitting_batch < 2 * PetscMax(batch, size * microbatch),
              "Batch %" PetscInt_FMT " for %" PetscInt_FMT, fitting_batch, batch);
        CHECK(KNReductionBusyRanks(KN_REDUCTION_TREE, fitting_batch, microbatch, size, &none, &none) == size,
              "Batch %" PetscInt_FMT " does not fit %d ranks", fitting_batch, size);
        if (fitting_microbatch)
          CHECK(KNReductionBusyRanks(KN_REDUCTION_TREE, batch, fitting_microbatch, size, &none, &none) == size,
                "Micro-batch %" PetscInt_FMT " does not fit %d ranks", fitting_microbatch, size);
        else
          CHECK(batch < size || KNReductionBusyRanks(KN_REDUCTION_TREE, batch, 1, size, &none, &none) < size,
                "Micro-batches of 1 would fit");
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const PetscInt shape[] = {N};
  KNParameters   parameters;
  KNReal        *value, *gradient;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int half = 0; half <= 2; half++) { /* all elements are rounded, one half, none */
    const size_t exact = (size_t)half * N / 2;

    PetscCall(TestBlocks(exact, N));
    PetscCall(TestBlocks(exact, 50));
    PetscCall(TestBlocks(exact, 1));
  }
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNParametersDeclare(parameters, &(KNParameterInfo){.name = "all", .rank = 1, .shape = {shape[0]}}, &value,
                                &gradient));
  PetscCall(KNParametersSetUp(parameters, 1));
  for (PetscInt batch = 1; batch < 24; batch += 5) {
    for (PetscInt microbatch = 1; microbatch < 5; microbatch++) {
      PetscCall(TestSteps(KN_REDUCTION_TREE, parameters, batch, microbatch, PETSC_FALSE));
      PetscCall(TestSteps(KN_REDUCTION_TREE, parameters, batch, microbatch, PETSC_TRUE));
      PetscCall(TestSteps(KN_REDUCTION_TREE_BFLOAT16, parameters, batch, microbatch, PETSC_FALSE));
      PetscCall(TestSteps(KN_REDUCTION_ALLREDUCE, parameters, batch, microbatch, PETSC_FALSE));
    }
  }
  PetscCall(TestWild(parameters));
  PetscCall(TestBusyRanks());
  PetscCall(KNParametersDestroy(&parameters));
  PetscCall(PetscFinalize());
  return 0;
}
