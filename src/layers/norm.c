/* The learned scale and shift of the norms: see norm.h. */
#include "norm.h"
#include "linear_kernels.h"

PetscErrorCode KNNormDeclare(KNLayer layer, KNParameters parameters, NormParameters *norm)
{
  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name    = "scale",
                                             .rank    = 1,
                                             .shape   = {layer->in},
                                             .role    = {layer->role[1]},
                                             .init    = KN_INIT_ONES,
                                             .foreign = "weight"},
                           &norm->scale, &norm->dscale));
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name    = "shift",
                                             .rank    = 1,
                                             .shape   = {layer->in},
                                             .role    = {layer->role[1]},
                                             .init    = KN_INIT_ZERO,
                                             .foreign = "bias"},
                           &norm->shift, &norm->dshift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNNormFinish(KNLayer layer, const KNPass *pass, const NormParameters *norm, const KNReal *share)
{
  const size_t C   = (size_t)layer->in;
  const int    add = pass->gradients != INSERT_VALUES;

  kn_sum_shares(norm->dscale, share, (size_t)pass->samples, 2 * C, C, add);
  kn_sum_shares(norm->dshift, share + C, (size_t)pass->samples, 2 * C, C, add);
}
