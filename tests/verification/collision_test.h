/* What the collision tests share: random fields, a layer from options. */
#ifndef COLLISION_TEST_H
#define COLLISION_TEST_H

#include <kitinet/layer.h>
#include <kitinet/random.h>

#include "../../src/layers/collision_kernels.h"

/* field: (size), independent standard normal numbers, a function of `which` */
static inline void NormalField(KNReal *field, size_t size, PetscInt64 which)
{
  for (size_t i = 0; i < size; i++) {
    uint64_t word[4];
    double   normal[2];

    KNRandomWords(1, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    KNNormalPair(word[0], word[1], normal);
    field[i] = (KNReal)normal[0];
  }
}

/*
  A collision layer of C channels, number 3 of its network, on a grid of one axis; options: "-collision_rate 0.5 ...".
*/
static inline PetscErrorCode CollisionLayer(const char options[], PetscInt C, PetscInt S, PetscInt samples,
                                            KNLayer *layer)
{
  const KNGrid grid = KNGridMake(1, &S, KN_POINTS_PERIODIC);

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(KNLayerCreate("collision", "collision", 3, layer));
  PetscCall(KNLayerSetChannels(*layer, 1, C, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, NULL));
  PetscCall(KNLayerSetGrid(*layer, &grid, samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
