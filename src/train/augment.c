/* What the loader fills augmented pictures up with: the means of the task's normaliser, after which they are 0. */
#include "trainer_impl.h"

PetscErrorCode KNLoopAugment(KNLoop *loop)
{
  const KNAugmentation *augmentation = &loop->trainer->augmentation;
  KNNormalizer          input;
  PetscInt              channels;
  size_t                count, points;
  float                *mean, fill[KN_MAX_FIELDS] = {0};

  PetscFunctionBegin;
  if (augmentation->words > 0) PetscCall(KNLoaderSetAugmentation(loop->loader, augmentation, fill));
  if (!augmentation->shift && !augmentation->cutout) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNTaskGetNormalizers(loop->task, &input, NULL));
  PetscCall(KNNormalizerGetStatistics(input, NULL, &channels, NULL, &count, &mean, NULL));
  points = count / (size_t)channels;
  for (PetscInt c = 0; c < channels; c++) {
    double sum = 0;

    for (size_t s = 0; s < points; s++) sum += mean[(size_t)c * points + s];
    if (points) fill[c] = (float)(sum / (double)points);
  }
  PetscCall(KNLoaderSetAugmentation(loop->loader, augmentation, fill));
  PetscFunctionReturn(PETSC_SUCCESS);
}
