/* The learned scale and shift of a channel, which all norms have. */
#ifndef KITINET_NORM_H
#define KITINET_NORM_H

#include "layer_impl.h"

typedef struct {
  KNReal *scale, *dscale; /* (C), in the parameters' blocks, not owned */
  KNReal *shift, *dshift; /* (C), likewise */
} NormParameters;

/* Not collective. Keeps the number of channels and declares scale (ones) and shift (zero). */
PETSC_INTERN PetscErrorCode KNNormDeclare(KNLayer layer, KNParameters parameters, NormParameters *norm);

/*
  By all threads of a team, in finish_back. share: (samples, 2, C) dscale, then dshift of each sample, added up in the
  order of samples.
*/
PETSC_INTERN void KNNormFinish(KNLayer layer, const KNPass *pass, const NormParameters *norm, const KNReal *share);

#endif
