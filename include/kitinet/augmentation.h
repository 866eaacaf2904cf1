/*
  Augmentation of pictures and texts in training, besides the symmetries of the dataset: each sample of each epoch is
  moved, loses a square, or words, by draws of its own, a pure function of (seed, epoch, sample).

    shift   by up to p points along each axis, all (2 p + 1)² moves as likely; what comes in from outside has the
            channel's mean: the picture padded by p points, and a window of its own size cut out (He et al. 2016)
    cutout  a square of n x n points about any point of the picture, as far as it lies inside, gets the channel's mean
            (DeVries and Taylor 2017)
    words   each word of a text is, with a probability, one that the vocabulary does not have (Iyyer et al. 2015, word
            dropout); beginning and separator stay
*/
#ifndef KITINET_AUGMENTATION_H
#define KITINET_AUGMENTATION_H

#include <kitinet/problem.h>

typedef struct {
  PetscInt  shift;  /* p; 0: none */
  PetscInt  cutout; /* n; 0: none */
  PetscReal words;  /* probability; 0: none */
} KNAugmentation;

/* Collective on PETSC_COMM_WORLD. Reads -train_shift, -train_cutout, -train_word_dropout. */
PETSC_EXTERN PetscErrorCode KNAugmentationSetFromOptions(KNAugmentation *augmentation);

/*
  Collective on PETSC_COMM_WORLD. Raises KN_ERR_USAGE where the problem's samples are not what is augmented, pictures
  with classes or texts, or the pictures smaller than what is asked for.
*/
PETSC_EXTERN PetscErrorCode KNAugmentationCheck(const KNAugmentation *augmentation, const KNProblem *problem);

/* Not collective, in place, for any thread. x: (C, n1, n2), a sample of this epoch; mean: (C). */
PETSC_EXTERN void KNAugment(const KNAugmentation *augmentation, PetscInt64 seed, PetscInt64 epoch, PetscInt64 sample,
                            size_t C, const KNGrid *grid, const float mean[], float x[]);

/* Not collective, in place, for any thread. token: (words) of a text of this epoch. */
PETSC_EXTERN void KNAugmentText(const KNAugmentation *augmentation, PetscInt64 seed, PetscInt64 epoch,
                                PetscInt64 sample, size_t words, int32_t token[]);

/*
  The kernels. x: (C, n1, n2), in place. kn_shift: x[c, i, j] = x[c, i + di, j + dj], fill (C) from outside; |di| < n1,
  |dj| < n2. kn_cutout: x[c, i, j] = fill[c] for i0 <= i < i0 + n, j0 <= j < j0 + n; the square may reach beyond x.
*/
PETSC_EXTERN void kn_shift(float *x, const float *fill, ptrdiff_t di, ptrdiff_t dj, size_t C, size_t n1, size_t n2);
PETSC_EXTERN void kn_cutout(float *x, const float *fill, ptrdiff_t i0, ptrdiff_t j0, size_t n, size_t C, size_t n1,
                            size_t n2);

#endif
