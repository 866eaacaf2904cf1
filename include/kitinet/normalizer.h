/*
  Normalisers: x -> (x - mean) / (std + eps) with statistics of the training samples, for each channel,
  or for each channel and grid point ("pointwise", as the FNO benchmarks do; interpolated linearly
  on another grid). eps is 1e-5 of the channel's standard deviation over all samples and points, so that
  the unit of a field does not matter; a channel without deviation is only centred.
*/
#ifndef KITINET_NORMALIZER_H
#define KITINET_NORMALIZER_H

#include <kitinet/dataset.h>
#include <kitinet/sharing.h>
#include <kitinet/symmetry.h>

typedef struct _p_KNNormalizer *KNNormalizer;

/* Over what mean and standard deviation are taken: nothing is normalised; each channel; each point of each channel. */
typedef enum { KN_NORMALIZER_NONE, KN_NORMALIZER_CHANNEL, KN_NORMALIZER_POINTWISE } KNNormalizerType;

/* "none", "channel", "pointwise", then NULL */
PETSC_EXTERN const char *const KNNormalizerNames[];

/* Not collective. For arrays (B, channels, S) on the grid it is fitted on. */
PETSC_EXTERN PetscErrorCode KNNormalizerCreate(KNNormalizerType type, PetscInt channels, const KNGrid *grid,
                                               KNNormalizer *normalizer);
PETSC_EXTERN PetscErrorCode KNNormalizerDestroy(KNNormalizer *normalizer);

/*
  Not collective, before KNNormalizerFit(), of type channel, on cells or nodes. Decode gives fields with the boundary
  values of the training samples, whatever the network says:

      x = lift + d (std + eps) z,   d = product over the axes of 4 t (1 - t), t the point's coordinate in [0, 1]

  lift: on nodes the boundary values, continued into the domain by transfinite interpolation (Gordon and Hall 1973); on
  cells, whose points do not lie on the boundary, 0. KNNormalizerFit() raises KN_ERR_INPUT where boundary values differ
  from sample to sample, or on cells where values continued to the boundary are far from 0. Encode is not available.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerKeepBoundary(KNNormalizer normalizer);

/*
  Collective on comm. One pass over rows [first, first + samples) of the dataset, each read by one rank, or by a group
  of ranks that share samples (sharing; NULL: none do), fits both the input's and the output's normaliser (either may
  be NULL): Welford's update in double, ranks merged by Chan's formula in rank order: the same bits for any number of
  ranks and groups. The standard deviation is the population's. A sample whose channels are a multiple of the
  normaliser's counts as that many samples: the frames of a trajectory (T C_out, S) for a normaliser of C_out
  channels. Raises KN_ERR_INPUT for damaged samples and for NaN or infinity.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerFit(MPI_Comm comm, const KNSharing *sharing, KNDataset dataset,
                                            PetscInt64 first, PetscInt64 samples, KNNormalizer input,
                                            KNNormalizer output);

/*
  Not collective, after KNNormalizerFit. The statistics of all images of the samples under the group (NULL: nothing
  changes): means and deviations that its elements leave alone. output: the normaliser is that of the output.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerSymmetrize(KNNormalizer normalizer, KNSymmetry symmetry, PetscBool output);

/* Not collective. The statistics, not owned: *count values each (0, channels, or channels * S of the fitted grid). For
   checkpoints: what a caller writes into mean and std is in force after the next KNNormalizerSetGrid. */
PETSC_EXTERN PetscErrorCode KNNormalizerGetStatistics(KNNormalizer normalizer, KNNormalizerType *type,
                                                      PetscInt *channels, KNGrid *grid, size_t *count, float **mean,
                                                      float **std);

/*
  Not collective. The lift of KNNormalizerKeepBoundary() on the fitted grid, not owned: (channels, S); NULL without. For
  checkpoints, as KNNormalizerGetStatistics().
*/
PETSC_EXTERN PetscErrorCode KNNormalizerGetLift(KNNormalizer normalizer, float **lift);

/*
  Not collective. Interpolates the statistics to the grid that the following arrays are on. The fitted grid at first.
  Pointwise
   statistics raise KN_ERR_INPUT (on all ranks alike) for points of another kind: nodes instead of cells.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerSetGrid(KNNormalizer normalizer, const KNGrid *grid);

/*
  Not collective. The statistics become those of another grid, which the following arrays are on: interpolated (keep;
  errors as KNNormalizerSetGrid), or mean 0 and deviation 1, to be written by the caller, as after KNNormalizerCreate.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerSetFitted(KNNormalizer normalizer, const KNGrid *grid, PetscBool keep);

/* Not collective. Values of one array (channels, S) on the grid of KNNormalizerSetGrid. */
PETSC_EXTERN size_t KNNormalizerSampleSize(KNNormalizer normalizer);

/*
  Not collective, in place; x: (samples, channels, S). Decode is the inverse; DecodeBackward takes a gradient with
  respect to x / unit, unit a power of two, to that with respect to the normalised x: times (std + eps) / unit.
*/
PETSC_EXTERN PetscErrorCode KNNormalizerEncode(KNNormalizer normalizer, PetscInt samples, float x[]);
PETSC_EXTERN PetscErrorCode KNNormalizerDecode(KNNormalizer normalizer, PetscInt samples, float x[]);
PETSC_EXTERN PetscErrorCode KNNormalizerDecodeBackward(KNNormalizer normalizer, PetscInt samples, PetscReal unit,
                                                       float dx[]);

/*
  Not collective. How large the values are. unit: the power of two below the root mean square of the channel in which
  that is largest; 1 without statistics. square: sum of std^2 over an array (channels, S) of the present grid; where
  all is constant, or without statistics, of unit^2.
*/
PETSC_EXTERN void KNNormalizerGetScale(KNNormalizer normalizer, PetscReal *unit, double *square);

#endif
