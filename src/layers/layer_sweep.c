/*
  Forward and backward of a layer: the parts that models put together, with their log events, and the whole sweeps over
  a batch.
*/
#include "layer_impl.h"
#include <omp.h>

static PetscErrorCode KNLayerCheckPass(KNLayer layer, const KNPass *pass)
{
  PetscFunctionBegin;
  PetscCheck(pass->samples >= 0 && pass->samples <= layer->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: %" PetscInt_FMT " samples, planned for %" PetscInt_FMT, layer->name, pass->samples,
             layer->samples);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Time is that of thread 0, which has its share of the samples, the first among them: there the FLOPs of all of them are
  counted.
*/
static void KNLayerLogBegin(KNLayer layer, int way)
{
  if (omp_get_thread_num() == 0) (void)PetscLogEventBegin(layer->event[way], 0, 0, 0, 0);
}

static void KNLayerLogEnd(KNLayer layer, int way, PetscLogDouble flops)
{
  if (omp_get_thread_num() != 0) return;
  (void)PetscLogFlops(flops);
  (void)PetscLogEventEnd(layer->event[way], 0, 0, 0, 0);
}

void KNLayerPrepare(KNLayer layer, const KNPass *pass)
{
  if (!layer->ops.prepare) return;
  KNLayerLogBegin(layer, 0);
  layer->ops.prepare(layer, pass);
  KNLayerLogEnd(layer, 0, 0);
}

void KNLayerGather(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  if (!layer->ops.gather) return;
  KNLayerLogBegin(layer, 0);
  layer->ops.gather(layer, pass, b, in);
  KNLayerLogEnd(layer, 0, 0);
}

void KNLayerJoin(KNLayer layer, const KNPass *pass)
{
  if (!layer->ops.join) return;
  KNLayerLogBegin(layer, 0);
  layer->ops.join(layer, pass);
  KNLayerLogEnd(layer, 0, 0);
}

void KNLayerApply(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  KNLayerLogBegin(layer, 0);
  layer->ops.apply(layer, pass, b, in, out, mode);
  KNLayerLogEnd(layer, 0, b ? 0 : (PetscLogDouble)pass->samples * layer->flops[0]);
}

void KNLayerGatherBack(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], const KNReal *dout)
{
  if (!layer->ops.gather_back) return;
  KNLayerLogBegin(layer, 1);
  layer->ops.gather_back(layer, pass, b, in, dout);
  KNLayerLogEnd(layer, 1, 0);
}

void KNLayerJoinBack(KNLayer layer, const KNPass *pass)
{
  if (!layer->ops.join_back) return;
  KNLayerLogBegin(layer, 1);
  layer->ops.join_back(layer, pass);
  KNLayerLogEnd(layer, 1, 0);
}

void KNLayerApplyBack(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], const KNReal *dout,
                      KNReal *const din[], InsertMode mode)
{
  KNLayerLogBegin(layer, 1);
  layer->ops.apply_back(layer, pass, b, in, dout, din, mode);
  KNLayerLogEnd(layer, 1, b ? 0 : (PetscLogDouble)pass->samples * layer->flops[1]);
}

void KNLayerFinishBack(KNLayer layer, const KNPass *pass)
{
  if (!layer->ops.finish_back) return;
  KNLayerLogBegin(layer, 1);
  layer->ops.finish_back(layer, pass);
  KNLayerLogEnd(layer, 1, 0);
}

void KNLayerSum(KNLayer layer, void *x, size_t n, MPI_Datatype type)
{
#pragma omp master
  {
    const size_t most = (size_t)1 << 30; /* MPI counts are int */
    int          bytes;

    (void)MPI_Type_size(type, &bytes);
    for (size_t start = 0; start < n; start += most)
      (void)MPI_Allreduce(MPI_IN_PLACE, (char *)x + start * (size_t)bytes, (int)PetscMin(n - start, most), type,
                          MPI_SUM, layer->comm);
  }
#pragma omp barrier
}

/* The arrays of sample b. from: (inputs), of all samples, each (B, C, S); NULL stays NULL. */
static void KNLayerSelect(KNLayer layer, PetscInt b, const KNReal *const from[], const KNReal *sample[])
{
  for (PetscInt i = 0; i < layer->inputs; i++)
    sample[i] = from[i] ? from[i] + (size_t)b * (size_t)layer->channels[i] * KNGridSize(&layer->grid[i]) : NULL;
}

PetscErrorCode KNLayerForward(KNLayer layer, const KNPass *pass, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  const size_t stride = (size_t)layer->out * KNGridSize(&layer->grid_out);

  PetscFunctionBegin;
  PetscCall(KNLayerCheckPass(layer, pass));
  PetscCheck(mode == INSERT_VALUES || mode == ADD_VALUES, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "layer %s can insert or add", layer->name);
  if (!pass->samples) PetscFunctionReturn(PETSC_SUCCESS);
#pragma omp parallel num_threads(layer->threads)
  {
    const KNReal *sample[KN_MAX_INPUTS];

    KNLayerPrepare(layer, pass);
#pragma omp for schedule(static)
    for (PetscInt b = 0; b < pass->samples; b++) {
      KNLayerSelect(layer, b, in, sample);
      KNLayerGather(layer, pass, b, sample);
    }
    KNLayerJoin(layer, pass);
#pragma omp for schedule(static)
    for (PetscInt b = 0; b < pass->samples; b++) {
      KNLayerSelect(layer, b, in, sample);
      KNLayerApply(layer, pass, b, sample, out + (size_t)b * stride, mode);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerBackward(KNLayer layer, const KNPass *pass, const KNReal *const in[], const KNReal *dout,
                               KNReal *const din[])
{
  const size_t stride = (size_t)layer->out * KNGridSize(&layer->grid_out);

  PetscFunctionBegin;
  PetscCall(KNLayerCheckPass(layer, pass));
  PetscCheck(pass->training, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "layer %s: only a training pass keeps what backward needs", layer->name);
  if (!pass->samples) PetscFunctionReturn(PETSC_SUCCESS);
#pragma omp parallel num_threads(layer->threads)
  {
    const KNReal *sample[KN_MAX_INPUTS], *gradient[KN_MAX_INPUTS];

#pragma omp for schedule(static)
    for (PetscInt b = 0; b < pass->samples; b++) {
      KNLayerSelect(layer, b, in, sample);
      KNLayerGatherBack(layer, pass, b, sample, dout + (size_t)b * stride);
    }
    KNLayerJoinBack(layer, pass);
#pragma omp for schedule(static)
    for (PetscInt g = 0; g < KNSampleGroups(layer->samples, pass->samples); g++) {
      const PetscInt size = KNSampleGroup(layer->samples);

      for (PetscInt b = g * size; b < PetscMin((g + 1) * size, pass->samples); b++) {
        KNLayerSelect(layer, b, in, sample);
        KNLayerSelect(layer, b, (const KNReal *const *)din, gradient);
        KNLayerApplyBack(layer, pass, b, sample, dout + (size_t)b * stride, (KNReal *const *)gradient, ADD_VALUES);
      }
    }
    KNLayerFinishBack(layer, pass);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
