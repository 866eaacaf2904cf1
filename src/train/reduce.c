/*
  The reduction of a step: micro-batches within the rank here, ranks in reduce_tree.c.

  Within a rank micro-batches are added as a binary counter counts: buffer[k] waits with the sum of 2^k of them for
  its right neighbour. After micro-batch i as many buffers are added as i ends in binary ones; after the last one all
  that wait. A single micro-batch waits in the block of gradients itself, where backward of its right neighbour adds
  to it while a piece of the sum is in the cache; buffer[0] is for gradients that must be complete before they are
  added. Nothing is ever cleared: the first writes.
*/
#include "reduce_tree.h"
#include <kitinet/options.h>
#include <kitinet/reduce.h>
#include <string.h>

/*
  Floats of a bucket: 1 MiB, large against the latency of a message at 1,000 ranks, small against the gradient of a
  layer.
*/
static const size_t BUCKET = (size_t)1 << 18;

const char *const KNReductionNames[] = {"tree", "allreduce", "tree_bf16", NULL};

PetscErrorCode KNReductionSetFromOptions(KNReductionType *type)
{
  PetscInt choice = *type;

  PetscFunctionBegin;
  PetscCall(KNOptionsChoice("-train_reduction",
                            "how ranks add their gradients: tree gives the same bits on any number of ranks, tree_bf16 "
                            "too, rounded to 8 bits of mantissa in half as large messages, allreduce adds even shares "
                            "in MPI's order",
                            KNReductionNames, &choice));
  *type = (KNReductionType)choice;
  PetscFunctionReturn(PETSC_SUCCESS);
}

struct _p_KNReduction {
  MPI_Comm        comm;
  PetscMPIInt     rank, size;
  KNReductionType type;
  KNParameters    parameters; /* not owned */
  PetscInt        microbatch;
  int             lowest;     /* first buffer: 0 where gradients of micro-batches are kept apart, else 1 */
  size_t          n;          /* elements of the gradient */
  KNTree         *tree;       /* NULL for allreduce */
  KNReal         *buffer[31]; /* (n) each, as many as are needed */
  double         *sums;       /* KNStepSums, then the loss of each micro-batch of the batch */

  PetscInt leaves, first, mine; /* micro-batches of the present batch; the first of this rank, their number */
  PetscInt leaf;                /* of this rank's micro-batches, the present one */
  size_t   from;                /* gradients before this one are none: KNParametersChooseRows() */
  size_t   complete;            /* gradients from here on are complete */
};

PetscBool kn_all_moderate(const KNReal value[], size_t n)
{
  KNReal largest = 0, sum = 0;

#pragma omp parallel for simd schedule(static) reduction(max : largest) reduction(+ : sum)
  for (size_t i = 0; i < n; i++) {
    const KNReal size = value[i] < 0 ? -value[i] : value[i];

    largest = size > largest ? size : largest;
    sum += 0 * value[i]; /* NaN if any is infinite or NaN */
  }
  return (PetscBool)(largest < KN_LARGEST_GRADIENT && sum == 0);
}

PetscErrorCode KNReductionCreate(MPI_Comm comm, KNReductionType type, KNParameters parameters, PetscInt batch,
                                 PetscInt microbatch, PetscBool apart, KNReduction *reduction)
{
  KNReduction r;
  PetscInt64  block;
  size_t      state;

  PetscFunctionBegin;
  PetscCall(PetscNew(reduction));
  r             = *reduction;
  r->comm       = comm;
  r->type       = type;
  r->parameters = parameters;
  r->microbatch = microbatch;
  r->lowest     = apart || type == KN_REDUCTION_TREE_BFLOAT16 ? 0 : 1; /* a leaf is rounded before it is added */
  PetscCallMPI(MPI_Comm_rank(comm, &r->rank));
  PetscCallMPI(MPI_Comm_size(comm, &r->size));
  PetscCall(KNParametersGetBlocks(parameters, &r->n, NULL, NULL, NULL, NULL));
  PetscCall(PetscMalloc1(sizeof(KNStepSums) / sizeof(double) + (size_t)(batch / microbatch + 1), &r->sums));
  if (type == KN_REDUCTION_ALLREDUCE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNParametersGetState(parameters, &state, NULL)); /* statistics keep all their bits */
  r->tree = KNTreeCreate(comm, r->n, type == KN_REDUCTION_TREE_BFLOAT16 ? state : r->n, BUCKET);
  PetscCheck(r->tree, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the reduction of %zu gradients", r->n);
  block = PetscMin(KNLeafBlock(batch, microbatch, r->size), (batch - 1) / microbatch + 1);
  for (int k = r->lowest; (block - 1) >> k; k++) {
    PetscCall(KNMalloc(r->n, sizeof(KNReal), &r->buffer[k]));
    memset(r->buffer[k], 0, r->n * sizeof(KNReal)); /* also in debug builds */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReductionDestroy(KNReduction *reduction)
{
  KNReduction r = *reduction;

  PetscFunctionBegin;
  if (!r) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(r->buffer); k++) PetscCall(KNFree(&r->buffer[k]));
  KNTreeDestroy(&r->tree);
  PetscCall(PetscFree(r->sums));
  PetscCall(PetscFree(*reduction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before each micro-batch; with the last one the sum over ranks begins. */
static PetscErrorCode BeginLeaf(KNReduction r)
{
  const PetscInt64 samples = r->leaves * (PetscInt64)r->microbatch,
                   block   = KNLeafBlock(samples, r->microbatch, r->size);
  KNReal *gradient;

  PetscFunctionBegin;
  r->complete = r->n;
  if (r->leaf + 1 < r->mine || !r->tree) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNParametersGetBlocks(r->parameters, NULL, NULL, &gradient, NULL, NULL));
  PetscCallMPI(KNTreeBegin(r->tree, gradient, r->from, (int)((r->leaves + block - 1) / block)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReductionBegin(KNReduction r, PetscInt total)
{
  PetscInt64 start, end;
  KNRows     rows;

  PetscFunctionBegin;
  PetscCall(KNParametersGetRows(r->parameters, &rows));
  r->from   = rows.start;
  r->leaf   = 0;
  r->leaves = (total - 1) / r->microbatch + 1;
  if (r->tree) KNLeafPartition(total, r->microbatch, r->size, r->rank, &start, &end);
  else KNPartition(total, r->size, r->rank, &start, &end);
  r->first = (PetscInt)(start / r->microbatch);
  r->mine  = (PetscInt)((end - start + r->microbatch - 1) / r->microbatch);
  PetscCall(PetscArrayzero(r->sums, sizeof(KNStepSums) / sizeof(double) + (size_t)r->leaves));
  if (!r->mine) PetscCall(KNParametersZeroGradients(r->parameters)); /* what this rank adds */
  PetscCall(BeginLeaf(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

InsertMode KNReductionGetMode(KNReduction r)
{
  const PetscInt leaves = r->tree ? (PetscInt)1 << r->lowest : r->mine; /* that share a block */

  return r->leaf % PetscMax(leaves, 1) ? ADD_VALUES : INSERT_VALUES;
}

PetscErrorCode KNReductionGradientsDone(void *context, size_t offset)
{
  KNReduction     r    = (KNReduction)context;
  const PetscBool last = (PetscBool)(r->leaf + 1 == r->mine);
  KNReal         *gradient;

  PetscFunctionBegin;
  offset = PetscMax(offset, r->from);
  if (!r->tree) PetscFunctionReturn(PETSC_SUCCESS);
  if (offset >= r->complete) { /* nothing new: messages move on */
    if (last) PetscCallMPI(KNTreeProgress(r->tree, r->complete));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNParametersGetBlocks(r->parameters, NULL, NULL, &gradient, NULL, NULL));
  KNTreeRound(r->tree, gradient, offset, r->complete);
  for (int k = 0; r->leaf >> k && (last || r->leaf >> k & 1); k++) {
    if (k >= r->lowest && r->leaf >> k & 1) KNTreeAdd(r->tree, gradient, r->buffer[k], offset, r->complete);
  }
  r->complete = offset;
  if (last) PetscCallMPI(KNTreeProgress(r->tree, offset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReductionAdd(KNReduction r, double loss)
{
  PetscFunctionBegin;
  PetscCheck(r->leaf < r->mine, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "more than the %" PetscInt_FMT " micro-batches of this rank", r->mine);
  r->sums[sizeof(KNStepSums) / sizeof(double) + (size_t)(r->tree ? r->first + r->leaf : 0)] += loss;
  PetscCall(KNReductionGradientsDone(r, 0));
  if (++r->leaf == r->mine) PetscFunctionReturn(PETSC_SUCCESS);
  if (r->tree) {
    int k = 0;

    while (!(r->leaf >> k & 1)) k++; /* the counter's new one */
    if (k >= r->lowest) PetscCall(KNParametersSwapGradients(r->parameters, &r->buffer[k]));
  }
  PetscCall(BeginLeaf(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReductionFinish(KNReduction r, KNStepSums *sums)
{
  const size_t nsums = sizeof(*sums) / sizeof(double), largest = (size_t)1 << 30; /* MPI counts are int */
  PetscInt64   start, end;
  KNReal      *gradient;

  PetscFunctionBegin;
  PetscCheck(r->leaf == r->mine, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "%" PetscInt_FMT " of the %" PetscInt_FMT " micro-batches of this rank have been added", r->leaf, r->mine);
  PetscCall(KNParametersGetBlocks(r->parameters, NULL, NULL, &gradient, NULL, NULL));
  if (r->tree) PetscCallMPI(KNTreeFinish(r->tree));
  else {
    for (size_t i = r->from; i < r->n; i += largest)
      PetscCallMPI(
        MPI_Allreduce(MPI_IN_PLACE, gradient + i, (int)PetscMin(r->n - i, largest), KNREAL_MPI, MPI_SUM, r->comm));
  }
  KNPartition((PetscInt64)(r->n - r->from), r->size, r->rank, &start, &end);
  sums->wild = kn_all_moderate(gradient + r->from + start, (size_t)(end - start)) ? 0 : 1;
  /* The loss of a micro-batch has one owner, the others add 0: exact. Then all ranks add them in the same order. */
  memcpy(r->sums, sums, sizeof(*sums));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, r->sums, (PetscMPIInt)(nsums + (size_t)r->leaves), MPI_DOUBLE, MPI_SUM, r->comm));
  memcpy(sums, r->sums, sizeof(*sums));
  sums->loss = 0;
  for (PetscInt i = 0; i < r->leaves; i++) sums->loss += r->sums[nsums + (size_t)i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt KNReductionGetLeaf(KNReductionType type, PetscInt microbatch)
{
  return type != KN_REDUCTION_ALLREDUCE ? microbatch : 0;
}

/* Ranks that have samples of a batch. */
static PetscMPIInt BusyRanks(KNReductionType type, PetscInt64 batch, PetscInt64 microbatch, PetscMPIInt size)
{
  const PetscInt64 block = type != KN_REDUCTION_ALLREDUCE ? KNLeafBlock(batch, microbatch, size) * microbatch : 1;

  return (PetscMPIInt)PetscMin((batch - 1) / block + 1, size);
}

PetscMPIInt KNReductionBusyRanks(KNReductionType type, PetscInt batch, PetscInt microbatch, PetscMPIInt size,
                                 PetscInt *fitting_batch, PetscInt *fitting_microbatch)
{
  const PetscMPIInt busy   = BusyRanks(type, batch, microbatch, size);
  const PetscInt64  unit   = type != KN_REDUCTION_ALLREDUCE ? microbatch : 1;
  PetscInt64        larger = size * unit;

  *fitting_batch      = batch;
  *fitting_microbatch = microbatch;
  if (busy == size) return busy;
  while (larger < batch) larger *= 2;
  *fitting_batch = (PetscInt)larger;
  do --*fitting_microbatch;
  while (*fitting_microbatch && BusyRanks(type, batch, *fitting_microbatch, size) < size);
  return busy;
}
