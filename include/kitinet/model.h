/*
  A model: a recipe that stacks layers into a network, (B, C_in, S) -> (B, C_out, S), with its parameters.

  Life: KNModelCreate -> KNModelSetChannels -> KNModelSetFromOptions -> KNModelSetUp -> KNModelSetGrid (again for
  another grid) -> KNModelForward / KNModelBackward -> KNModelDestroy. A new recipe is a file in src/model/ and a line
  in model_list.h.
*/
#ifndef KITINET_MODEL_H
#define KITINET_MODEL_H

#include <kitinet/layer.h>

typedef struct _p_KNModel *KNModel;

/* Registered names in order, ended by NULL. Not owned. */
PETSC_EXTERN const char *const *KNModelNames(void);

/* Collective on PETSC_COMM_WORLD: reads -model_type and creates the recipe it names. */
PETSC_EXTERN PetscErrorCode KNModelCreateFromOptions(KNModel *model);
PETSC_EXTERN PetscErrorCode KNModelDestroy(KNModel *model);

/* Not collective. Axes of the grid, channels of input and output. */
PETSC_EXTERN PetscErrorCode KNModelSetChannels(KNModel model, PetscInt dim, PetscInt in, PetscInt out);

/*
  Not collective, before KNModelSetFromOptions. Axes of the output's grid: as many as the input's (without this call),
  or 0, one point, for scores of classes. Raises KN_ERR_INPUT.
*/
PETSC_EXTERN PetscErrorCode KNModelSetOutputAxes(KNModel model, PetscInt axes);

/*
  Not collective, after KNModelSetChannels and before KNModelSetFromOptions. The input is a text of at most `longest`
  words, each 1 of C_in: the field (C_in, S) of zeros and ones is nowhere stored, x and dx are NULL, and the pass has
  the words. The grid has one axis, as many points as the longest text of the batch or more. 0, without this call: the
  input is a field.
*/
PETSC_EXTERN PetscErrorCode KNModelSetTokens(KNModel model, PetscInt longest);

/*
  Not collective, before KNModelSetGrid. Training keeps only what passes between every so many blocks; backward
  computes all else again, block by block. The same bits, less memory, one more forward sweep of time. 0, the default:
  everything is kept.
*/
PETSC_EXTERN PetscErrorCode KNModelSetRecompute(KNModel model, PetscInt blocks);

/*
  Collective on PETSC_COMM_WORLD: creates the layers, declares and reads their options and its own. Raises KN_ERR_USAGE.
*/
PETSC_EXTERN PetscErrorCode KNModelSetFromOptions(KNModel model);

/* Not collective. Declares the parameters and draws their initial values from seed: the same on all ranks. */
PETSC_EXTERN PetscErrorCode KNModelSetUp(KNModel model, PetscInt64 seed);

/*
  Not collective, after KNModelSetFromOptions. The ranks that share each sample: KNLayerSetComm() for all layers.
  Grids are slabs then, forward and backward collective on comm.
*/
PETSC_EXTERN PetscErrorCode KNModelSetComm(KNModel model, MPI_Comm comm);

/*
  Collective on the comm of KNModelSetComm(). Plans for batches of up to `samples` samples on the grid and allocates
  the activations (those that backward needs only if training). Raises KN_ERR_INPUT where the grid does not fit the
  model, KN_ERR_USAGE where activations and parameters do not fit into the rank's memory (KNMemoryGetLimit), the same
  on all ranks, before anything is allocated.
*/
PETSC_EXTERN PetscErrorCode KNModelSetGrid(KNModel model, const KNGrid *grid, PetscInt samples, PetscBool training);

/*
  Not collective, before KNModelSetGrid, which then plans for an output on this grid (with KNModelSetComm() a slab of
  it), of as many axes as the input's: networks that ask for their output point by point. NULL, without this call: the
  input's grid. Raises KN_ERR_USAGE for other networks.
*/
PETSC_EXTERN PetscErrorCode KNModelSetQueries(KNModel model, const KNGrid *grid);

/* Not collective, after KNModelCreateFromOptions. Whether its output may lie on another grid than its input. */
PETSC_EXTERN PetscBool KNModelTakesQueries(KNModel model);

/*
  Not collective. KNModelSetGrid without the memory: of all else only KNModelGetCost works after it, and says what
  KNModelSetGrid would take.
*/
PETSC_EXTERN PetscErrorCode KNModelPlanGrid(KNModel model, const KNGrid *grid, PetscInt samples, PetscBool training);

/* Not collective. x: (B, C_in, S), not changed; y: (B, C_out, S). B = pass->samples. */
PETSC_EXTERN PetscErrorCode KNModelForward(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y);

/*
  Not collective, after KNModelForward in training with the same pass and x. dy: (B, C_out, S), not changed. dx: (B,
  C_in, S), or NULL where it is not wanted. Gradients of the parameters and dx accumulate.
*/
PETSC_EXTERN PetscErrorCode KNModelBackward(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy,
                                            KNReal *dx);

/*
  Not collective. From here on KNModelBackward calls done(context, offset), layer by layer, as soon as the gradients
  from element `offset` of their block to its end are complete: offset falls to 0. The same offset may come again,
  from the main thread in the midst of computing, so that communication moves on. done NULL: no more calls.
*/
PETSC_EXTERN PetscErrorCode KNModelSetGradientsDone(KNModel model, PetscErrorCode (*done)(void *context, size_t offset),
                                                    void   *context);

/*
  Not collective, before KNModelSetGrid. A model planned for training then keeps what KNModelGetSite() shows until its
  next sweep. KNModelGetSite: after KNModelForward and KNModelBackward; what layers that mix channels read of site x_l
  (KNParameterInfo.site) of sample b: (width, points); not owned.
*/
PETSC_EXTERN PetscErrorCode KNModelSetObserved(KNModel model, PetscBool observed);
PETSC_EXTERN PetscErrorCode KNModelGetSite(KNModel model, PetscInt l, PetscInt b, PetscInt *width, size_t *points,
                                           const KNReal **x);

/* Not collective, after KNModelSetUp. Not owned. */
PETSC_EXTERN PetscErrorCode KNModelGetParameters(KNModel model, KNParameters *parameters);

/* Not collective, after KNModelSetFromOptions. The layers in order of the forward sweep, not owned. */
PETSC_EXTERN PetscErrorCode KNModelGetLayers(KNModel model, PetscInt *count, const KNLayer **layers);

/*
  Not collective, after KNModelSetUp. For all layers together: whether any draws, drops or carries, the largest of their
  numbers.
*/
PETSC_EXTERN PetscErrorCode KNModelGetProperties(KNModel model, KNLayerProperties *properties);

/*
  Not collective, after KNModelSetGrid or KNModelPlanGrid. Floating-point operations for one sample, and bytes of
  activations and workspace. Any pointer may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNModelGetCost(KNModel model, PetscLogDouble *forward, PetscLogDouble *backward,
                                           size_t *bytes);

/* Not collective, after KNModelSetGrid or KNModelPlanGrid: KNLayerGetTraffic() of all layers together. */
PETSC_EXTERN PetscErrorCode KNModelGetTraffic(KNModel model, size_t *forward, size_t *backward);

/* Not collective, after KNModelSetUp. Type and layers, a line each, on the viewer. */
PETSC_EXTERN PetscErrorCode KNModelView(KNModel model, PetscViewer viewer);

#endif
