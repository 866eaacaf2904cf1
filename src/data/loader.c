/*
  The loader: one thread reads batches ahead of the computation.

    batch     0      1      2      3      ..
    buffer    0      1      0      1               one is filled while the caller works on the other

  The reader fills batch b once the caller has given back batch b - 2, which lay in the same buffer. It calls neither
  PETSc nor MPI: its errors wait in the buffer until KNLoaderNext() raises them on all ranks. Where no thread can be
  had, KNLoaderNext() reads by itself.

  A window of a trajectory is cut out of the whole row, which is read into `row` and verified; windows of one row that
  follow each other (no shuffling) share one reading.

  Shapes: x (samples, C_in, S), y (samples, max(W, 1) C_out, S), W the frames of a window.
*/
#include "loader_impl.h"
#include <kitinet/error.h>
#include <signal.h>
#include <string.h>

/* Not collective. Ends the reader within one sample's time. */
static PetscErrorCode KNLoaderStop(KNLoader loader)
{
  PetscFunctionBegin;
  if (!loader->threaded) PetscFunctionReturn(PETSC_SUCCESS);
  pthread_mutex_lock(&loader->lock);
  loader->stop = PETSC_TRUE;
  pthread_cond_broadcast(&loader->changed);
  pthread_mutex_unlock(&loader->lock);
  PetscCheck(!pthread_join(loader->thread, NULL), PETSC_COMM_SELF, PETSC_ERR_LIB,
             "The reader thread of the loader cannot be joined");
  loader->threaded = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLoaderFreeBuffers(KNLoader loader)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(KNFree(&loader->buffer[i].row));
    PetscCall(KNFree(&loader->buffer[i].index));
    PetscCall(KNFree(&loader->buffer[i].solved));
    PetscCall(KNFree(&loader->buffer[i].token));
    PetscCall(KNFree(&loader->buffer[i].length));
    PetscCall(KNFree(&loader->buffer[i].label));
    PetscCall(KNFree(&loader->buffer[i].parameters));
    PetscCall(KNFree(&loader->buffer[i].batch.x));
    PetscCall(KNFree(&loader->buffer[i].batch.y));
  }
  PetscCall(KNFree(&loader->whole));
  PetscCall(KNFree(&loader->place));
  for (int side = 0; side < 2; side++) PetscCall(KNFree(&loader->still[side]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Memory for what the dataset has beside its fields. */
static PetscErrorCode KNLoaderAllocateColumns(KNLoader loader, KNLoaderBuffer *buffer)
{
  const size_t   n = (size_t)loader->largest;
  const int32_t *label, *length;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetColumns(loader->dataset, &label, &length, NULL));
  if (loader->L) PetscCall(KNMalloc(n * loader->L, sizeof(*buffer->token), &buffer->token));
  if (length) PetscCall(KNMalloc(n, sizeof(*buffer->length), &buffer->length));
  if (label) PetscCall(KNMalloc(n, sizeof(*buffer->label), &buffer->label));
  if (loader->P) PetscCall(KNMalloc(n * loader->P, sizeof(*buffer->parameters), &buffer->parameters));
  buffer->batch.token      = buffer->token;
  buffer->batch.length     = buffer->length;
  buffer->batch.stride     = loader->L;
  buffer->batch.label      = buffer->label;
  buffer->batch.parameters = buffer->parameters;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts the samples of windows of `frames` frames (0: rows as they are) and allocates the buffers. */
static PetscErrorCode KNLoaderSetUp(KNLoader loader, PetscInt frames)
{
  const KNProblem *problem;
  PetscInt64       batches, start, end, inputs = 0;
  size_t           row;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(loader->dataset, &problem));
  loader->frame =
    (size_t)problem->output.fields * KNGridSize(loader->grid.whole ? &loader->grid : &problem->output.grid);
  row             = (size_t)PetscMax(problem->frames, 1) * loader->frame;
  loader->nx      = (size_t)problem->input.fields * KNGridSize(&loader->grid);
  loader->L       = (size_t)problem->input.length;
  loader->P       = (size_t)problem->coefficients;
  loader->ny      = frames ? (size_t)frames * loader->frame : row;
  loader->windows = frames ? problem->frames - frames + 1 : 1;
  PetscCheck(loader->rows <= INT64_MAX / loader->windows, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%" PetscInt64_FMT " trajectories of %" PetscInt_FMT " windows are too many samples; take fewer",
             loader->rows, loader->windows);
  if (loader->inputs) PetscCall(KNDatasetGetSamples(loader->inputs, &inputs));
  loader->samples = loader->rows * loader->windows + inputs;
  batches         = (loader->samples - 1) / loader->batch + 1;
  PetscCheck(batches < PETSC_MAX_INT, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%" PetscInt64_FMT " samples in batches of %" PetscInt_FMT " are too many batches; give a larger batch",
             loader->samples, loader->batch);
  loader->batches = (PetscInt)batches;
  loader->current = loader->filled = loader->start = loader->batches; /* nothing to hand out before KNLoaderStart() */
  loader->held_row                                 = -1;
  KNLoaderShare(loader, PetscMin(loader->batch, loader->samples), 0, &start,
                &end); /* rank 0 has no less than any other */
  loader->largest = (PetscInt)(end - start);

  PetscCall(KNLoaderFreeBuffers(loader));
  if (loader->symmetry || loader->windows > 1) /* read as it lies in the file, then moved; of all windows of a row */
    PetscCall(KNMalloc(KNProblemInputSize(problem), sizeof(float), &loader->still[0]));
  if (loader->symmetry) {
    row = KNProblemOutputSize(problem);
    if (loader->windows == 1) PetscCall(KNMalloc(row, sizeof(float), &loader->still[1]));
  }
  if (loader->windows > 1) PetscCall(KNMalloc(row, sizeof(float), &loader->whole));
  loader->pooled = -1;
  if (loader->pool > 1)
    PetscCall(KNMalloc((size_t)loader->pool * (size_t)loader->batch, sizeof(*loader->place), &loader->place));
  for (int i = 0; i < 2; i++) {
    KNLoaderBuffer *buffer = &loader->buffer[i];

    PetscCall(KNMalloc((size_t)loader->largest, sizeof(PetscInt64), &buffer->row));
    PetscCall(KNMalloc((size_t)loader->largest, sizeof(PetscInt64), &buffer->index));
    PetscCall(KNMalloc((size_t)loader->largest, sizeof(PetscBool), &buffer->solved));
    PetscCall(KNMalloc((size_t)loader->largest * loader->nx, sizeof(float), &buffer->batch.x));
    PetscCall(KNMalloc((size_t)loader->largest * loader->ny, sizeof(float), &buffer->batch.y));
    buffer->batch.row    = buffer->row;
    buffer->batch.index  = buffer->index;
    buffer->batch.solved = buffer->solved;
    PetscCall(KNLoaderAllocateColumns(loader, buffer));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderCreate(MPI_Comm comm, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch,
                              PetscInt leaf, PetscBool shuffle, PetscInt64 seed, KNLoader *loader)
{
  const KNProblem *problem;
  const char      *path;
  PetscInt64       rows;
  KNLoader         l;

  PetscFunctionBegin;
  *loader = NULL;
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCall(KNDatasetGetSamples(dataset, &rows));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCheck(samples > 0 && first >= 0 && first <= rows - samples, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt64_FMT " samples, numbers 0 to %" PetscInt64_FMT ": %" PetscInt64_FMT
             " from number %" PetscInt64_FMT " on cannot be taken; choose others, or generate more",
             path, rows, rows - 1, samples, first);
  PetscCheck(batch > 0, PETSC_COMM_WORLD, KN_ERR_USAGE, "A batch of %" PetscInt_FMT " samples: give at least 1", batch);

  PetscCall(PetscNew(&l));
  l->comm    = comm;
  l->dataset = dataset;
  l->grid    = problem->frames || problem->input.kind != KN_SPACE_FIELD ? problem->output.grid : problem->input.grid;
  l->first   = first;
  l->rows    = samples;
  l->seed    = seed;
  l->batch   = batch;
  l->leaf    = leaf;
  l->shuffle = shuffle;
  l->pool    = 1;
  PetscCallMPI(MPI_Comm_rank(comm, &l->rank));
  PetscCallMPI(MPI_Comm_size(comm, &l->size));
  PetscCheck(!pthread_mutex_init(&l->lock, NULL) && !pthread_cond_init(&l->changed, NULL), PETSC_COMM_SELF,
             PETSC_ERR_LIB, "No mutex for the loader");
  PetscCall(KNLoaderSetUp(l, 0));
  *loader = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderSetSharing(KNLoader loader, const KNSharing *sharing)
{
  const KNProblem *problem;
  int              one;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(loader->dataset, &problem));
  one = problem->output.kind != KN_SPACE_FIELD || problem->frames ||
        (problem->input.kind == KN_SPACE_FIELD && KNGridEqual(&problem->input.grid, &problem->output.grid));
  PetscCheck(sharing->size == 1 || (loader->grid.dim && one), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d: only fields on one grid can be shared; leave it at 1", sharing->size);
  PetscCall(KNLoaderStop(loader));
  loader->rank = (loader->rank - sharing->rank) / sharing->size;
  loader->size = sharing->groups;
  loader->grid = KNGridSlab(&loader->grid, sharing->size, sharing->rank);
  PetscCall(KNLoaderSetUp(loader, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderSetSymmetry(KNLoader loader, KNSymmetry symmetry)
{
  PetscFunctionBegin;
  PetscCall(KNLoaderStop(loader));
  loader->symmetry = symmetry;
  PetscCall(KNLoaderSetUp(loader, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderAddInputs(KNLoader loader, KNDataset inputs)
{
  PetscFunctionBegin;
  PetscCall(KNLoaderStop(loader));
  loader->inputs = inputs;
  PetscCall(KNLoaderSetUp(loader, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderCreatePass(KNDataset dataset, const KNSharing *sharing, PetscInt64 first, PetscInt64 samples,
                                  PetscInt batch, KNLoader *loader)
{
  PetscFunctionBegin;
  PetscCall(
    KNLoaderCreate(PETSC_COMM_WORLD, dataset, first, samples, batch * sharing->groups, batch, PETSC_FALSE, 0, loader));
  PetscCall(KNLoaderSetSharing(*loader, sharing));
  PetscCall(KNLoaderStart(*loader, 0, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderCheckRows(KNDataset dataset, const KNSharing *sharing, PetscInt64 first, PetscInt64 samples)
{
  KNLoader loader;
  KNBatch  batch;

  PetscFunctionBegin;
  PetscCall(KNLoaderCreatePass(dataset, sharing, first, samples, 1, &loader));
  do PetscCall(KNLoaderNext(loader, &batch));
  while (batch.total);
  PetscCall(KNLoaderDestroy(&loader));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderSetWindow(KNLoader loader, PetscInt frames)
{
  const KNProblem *problem;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(loader->dataset, &problem));
  PetscCheck(frames > 0 && frames <= problem->frames, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "A window of %" PetscInt_FMT " of %" PetscInt_FMT " frames", frames, problem->frames);
  PetscCall(KNLoaderStop(loader));
  PetscCall(KNLoaderSetUp(loader, frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderSetAugmentation(KNLoader loader, const KNAugmentation *augmentation, const float mean[])
{
  const KNProblem *problem;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(loader->dataset, &problem));
  PetscCall(KNLoaderStop(loader));
  loader->augmentation = *augmentation;
  PetscCall(PetscArraycpy(loader->mean, mean, problem->input.fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderSetLikeLengths(KNLoader loader, PetscInt batches)
{
  const PetscBool sorted = (PetscBool)(loader->shuffle && loader->L);

  PetscFunctionBegin;
  PetscCall(KNLoaderStop(loader));
  loader->pool = sorted ? PetscMin(batches, (PetscInt)((loader->samples - 1) / loader->batch + 1)) : 1;
  PetscCall(KNLoaderSetUp(loader, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderDestroy(KNLoader *loader)
{
  KNLoader l = *loader;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNLoaderStop(l));
  PetscCall(KNLoaderFreeBuffers(l));
  pthread_cond_destroy(&l->changed);
  pthread_mutex_destroy(&l->lock);
  PetscCall(PetscFree(*loader));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderGetSizes(KNLoader loader, PetscInt *batches, PetscInt *largest_local)
{
  PetscFunctionBegin;
  if (batches) *batches = loader->batches;
  if (largest_local) *largest_local = loader->largest;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderStart(KNLoader loader, PetscInt64 epoch, PetscInt batch)
{
  sigset_t all, before;

  PetscFunctionBegin;
  PetscCheck(batch >= 0 && batch <= loader->batches, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Batch %" PetscInt_FMT " of an epoch of %" PetscInt_FMT, batch, loader->batches);
  PetscCall(KNLoaderStop(loader));
  loader->epoch   = epoch;
  loader->start   = batch;
  loader->current = batch;
  loader->filled  = batch;
  loader->held    = PETSC_FALSE;
  loader->stop    = PETSC_FALSE;
  loader->pooled  = -1; /* of another epoch */

  /* The reader inherits the mask: signals are for the main thread, whose handlers ask for a checkpoint. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  loader->threaded = (PetscBool)!pthread_create(&loader->thread, NULL, KNLoaderRead, loader);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderNext(KNLoader loader, KNBatch *batch)
{
  const KNLoaderBuffer *buffer;
  double                since = MPI_Wtime();

  PetscFunctionBegin;
  pthread_mutex_lock(&loader->lock);
  if (loader->held) loader->current++;
  loader->held = PETSC_FALSE;
  pthread_cond_broadcast(&loader->changed);
  while (loader->threaded && loader->current < loader->batches && loader->filled <= loader->current)
    pthread_cond_wait(&loader->changed, &loader->lock);
  pthread_mutex_unlock(&loader->lock);

  PetscCall(PetscMemzero(batch, sizeof(*batch)));
  if (loader->current == loader->batches) PetscFunctionReturn(PETSC_SUCCESS);
  if (!loader->threaded) (void)KNLoaderFill(loader, loader->current);
  loader->wait += MPI_Wtime() - since;

  /* One Allreduce of an integer a batch, so that no rank goes on without a rank whose sample is damaged. */
  buffer = &loader->buffer[loader->current % 2];
  PetscCall(KNAgree(loader->comm, buffer->code, "%s", buffer->message));
  *batch       = buffer->batch;
  loader->held = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoaderGetWait(KNLoader loader, PetscReal *seconds)
{
  PetscFunctionBegin;
  *seconds = loader->wait;
  PetscFunctionReturn(PETSC_SUCCESS);
}
