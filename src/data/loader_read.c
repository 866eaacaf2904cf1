/* The reader of a loader: calls neither PETSc nor MPI. */
#include "loader_impl.h"
#include <string.h>

static PetscBool KNLoaderStopped(KNLoader loader)
{
  PetscBool stop;

  pthread_mutex_lock(&loader->lock);
  stop = loader->stop;
  pthread_mutex_unlock(&loader->lock);
  return stop;
}

void KNLoaderShare(const struct _p_KNLoader *loader, PetscInt64 total, PetscMPIInt rank, PetscInt64 *start,
                   PetscInt64 *end)
{
  if (loader->leaf) KNLeafPartition(total, loader->leaf, loader->size, rank, start, end);
  else KNPartition(total, loader->size, rank, start, end);
}

/*
  x and y of sample i: a row, or a window of it; of a sample without outputs x alone. Samples that are transformed are
  read whole into memory of the loader's, others straight into the batch. Plain C; the code of KNDatasetReadFinite().
*/
static int KNLoaderReadSample(KNLoader loader, KNLoaderBuffer *buffer, PetscInt64 i, PetscInt64 window, float *x,
                              float *y)
{
  const KNProblem *problem;
  const PetscBool  moves  = (PetscBool)(loader->symmetry != NULL);
  const PetscBool  solved = buffer->solved[i];
  const PetscInt64 row    = buffer->row[i];
  const KNDataset  from   = solved ? loader->dataset : loader->inputs;
  float           *to_x = moves || loader->whole ? loader->still[0] : x, *to_y = moves ? loader->still[1] : y;
  const KNGrid    *grid = &loader->grid;
  int              code = 0;

  (void)KNDatasetGetProblem(loader->dataset, &problem);
  if (moves) grid = KNProblemGrid(problem);
  if (!to_x || !problem->input.fields) to_x = NULL;
  if (loader->whole) to_y = loader->whole;
  if (!loader->whole || loader->held_row != row) {
    loader->held_row = -1;
    code =
      KNDatasetReadFinite(from, row, grid, to_x, y && solved ? to_y : NULL, sizeof(buffer->message), buffer->message);
    if (code) return code;
    loader->held_row = row;
  }
  if (loader->whole) to_y += (size_t)window * (moves ? KNSpaceSize(&problem->output) : loader->frame);
  if (!solved) memset(y, 0, loader->ny * sizeof(*y));
  if (moves) KNLoaderTransform(loader, buffer->index[i], to_x, to_y, x, solved ? y : NULL);
  else if (loader->whole) {
    memcpy(y, to_y, loader->ny * sizeof(*y));
    if (to_x) memcpy(x, to_x, loader->nx * sizeof(*x));
  }
  return 0;
}

/* What the dataset has in memory of sample i of the batch: nothing, of most. */
static void KNLoaderTakeColumns(KNLoader loader, KNLoaderBuffer *buffer, PetscInt64 i)
{
  const PetscInt64 row = buffer->row[i];
  const size_t     P   = loader->P;
  const int32_t   *label, *length;
  const double    *parameters;

  if (!buffer->solved[i]) return;
  (void)KNDatasetGetColumns(loader->dataset, &label, &length, &parameters);
  if (label) buffer->label[i] = label[row];
  if (length) buffer->length[i] = length[row];
  if (parameters) memcpy(buffer->parameters + (size_t)i * P, parameters + (size_t)row * P, P * sizeof(*parameters));
}

PetscBool KNLoaderFill(KNLoader loader, PetscInt b)
{
  KNLoaderBuffer *buffer = &loader->buffer[b % 2];
  PetscInt64 first = (PetscInt64)b * loader->batch, total = PetscMin(loader->batch, loader->samples - first), start,
             end;

  KNLoaderShare(loader, total, loader->rank, &start, &end);
  buffer->batch.total   = (PetscInt)total;
  buffer->batch.samples = (PetscInt)(end - start);
  buffer->code          = 0;
  for (PetscInt64 i = 0; i < end - start; i++) {
    PetscInt64 position = first + start + i;
    float     *y, *x = loader->nx ? buffer->batch.x + (size_t)i * loader->nx : NULL;

    if (KNLoaderStopped(loader)) return PETSC_FALSE;
    position          = KNLoaderSampleAt(loader, position);
    buffer->solved[i] = (PetscBool)(position < loader->rows * loader->windows);
    buffer->row[i]    = buffer->solved[i] ? loader->first + position / loader->windows : position - loader->rows;
    buffer->index[i]  = loader->first * loader->windows + position;
    y                 = loader->ny ? buffer->batch.y + (size_t)i * loader->ny : NULL;
    if (loader->L)
      buffer->code = KNDatasetReadTokens(loader->dataset, buffer->row[i], buffer->token + (size_t)i * loader->L, y,
                                         sizeof(buffer->message), buffer->message);
    else buffer->code = KNLoaderReadSample(loader, buffer, i, position % loader->windows, x, y);
    KNLoaderTakeColumns(loader, buffer, i);
    if (buffer->code) return PETSC_FALSE;
    if (x)
      KNAugment(&loader->augmentation, loader->seed, loader->epoch, buffer->index[i],
                loader->nx / KNGridSize(&loader->grid), &loader->grid, loader->mean, x);
    if (loader->L)
      KNAugmentText(&loader->augmentation, loader->seed, loader->epoch, buffer->index[i], (size_t)buffer->length[i],
                    buffer->token + (size_t)i * loader->L);
  }
  return PETSC_TRUE;
}

void *KNLoaderRead(void *argument)
{
  KNLoader  loader = argument;
  PetscBool going  = PETSC_TRUE;

  for (PetscInt b = loader->start; b < loader->batches && going; b++) {
    pthread_mutex_lock(&loader->lock);
    while (b > loader->current + 1 && !loader->stop) pthread_cond_wait(&loader->changed, &loader->lock);
    going = (PetscBool)!loader->stop;
    pthread_mutex_unlock(&loader->lock);

    if (going) going = KNLoaderFill(loader, b);

    pthread_mutex_lock(&loader->lock);
    loader->filled = b + 1;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
  }
  return NULL;
}
