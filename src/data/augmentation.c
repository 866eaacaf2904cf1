/*
  Pictures moved, squares cut out of them, words taken from texts (augmentation.h). A sample lies in the first-level
  cache meanwhile.
*/
#include <kitinet/augmentation.h>
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/random.h>
#include <stddef.h>
#include <string.h>

void kn_shift(float *x, const float *fill, ptrdiff_t di, ptrdiff_t dj, size_t C, size_t n1, size_t n2)
{
  const size_t left = dj < 0 ? (size_t)-dj : 0, right = dj > 0 ? (size_t)dj : 0, stays = n2 - left - right;

  for (size_t c = 0; c < C; c++, x += n1 * n2) {
    for (size_t k = 0; k < n1; k++) {
      const ptrdiff_t i    = di > 0 ? (ptrdiff_t)k : (ptrdiff_t)(n1 - 1 - k),
                      from = i + di; // nothing is read after it is written
      float *row           = x + (size_t)i * n2;

      if (from < 0 || from >= (ptrdiff_t)n1) {
        for (size_t j = 0; j < n2; j++) row[j] = fill[c];
        continue;
      }
      memmove(row + left, x + (size_t)from * n2 + right, stays * sizeof(*row));
      for (size_t j = 0; j < left; j++) row[j] = fill[c];
      for (size_t j = left + stays; j < n2; j++) row[j] = fill[c];
    }
  }
}

void kn_cutout(float *x, const float *fill, ptrdiff_t i0, ptrdiff_t j0, size_t n, size_t C, size_t n1, size_t n2)
{
  const ptrdiff_t i1 = PetscMin(i0 + (ptrdiff_t)n, (ptrdiff_t)n1), j1 = PetscMin(j0 + (ptrdiff_t)n, (ptrdiff_t)n2);

  for (size_t c = 0; c < C; c++, x += n1 * n2) {
    for (ptrdiff_t i = PetscMax(i0, 0); i < i1; i++) {
      for (ptrdiff_t j = PetscMax(j0, 0); j < j1; j++) x[(size_t)i * n2 + (size_t)j] = fill[c];
    }
  }
}

PetscErrorCode KNAugmentationSetFromOptions(KNAugmentation *augmentation)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-train_shift",
                         "largest shift of pictures with classes in points along each axis, drawn anew in every epoch; "
                         "points from outside the picture are the mean",
                         0, 4096, &augmentation->shift));
  PetscCall(KNOptionsInt(
    "-train_cutout", "side in points of a square at a random place of each picture that is set to the mean; 0: none", 0,
    4096, &augmentation->cutout));
  PetscCall(KNOptionsReal("-train_word_dropout",
                          "probability that a word of a text is replaced by an unknown one, drawn anew in every epoch",
                          0, 0.95, &augmentation->words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNAugmentationCheck(const KNAugmentation *augmentation, const KNProblem *problem)
{
  const KNGrid  *grid = &problem->input.grid;
  const PetscInt side = PetscMin(grid->n[0], grid->n[1]), most = PetscMax(augmentation->shift, augmentation->cutout);
  const char    *option = augmentation->shift >= augmentation->cutout ? "-train_shift" : "-train_cutout";

  PetscFunctionBegin;
  PetscCheck(!augmentation->words || problem->input.kind == KN_SPACE_TOKENS, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_word_dropout is for texts; the dataset holds others: leave it out");
  if (!most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(problem->output.kind == KN_SPACE_CLASS && problem->input.kind == KN_SPACE_FIELD && grid->dim == 2,
             PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is for pictures with classes, fields on two axes; the dataset holds others: leave it out",
             option);
  PetscCheck(most < side, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is %" PetscInt_FMT ", the pictures have %" PetscInt_FMT " x %" PetscInt_FMT
             " points: give less than %" PetscInt_FMT,
             option, most, grid->n[0], grid->n[1], side);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNAugment(const KNAugmentation *augmentation, PetscInt64 seed, PetscInt64 epoch, PetscInt64 sample, size_t C,
               const KNGrid *grid, const float mean[], float x[])
{
  const size_t n1 = (size_t)grid->n[0], n2 = (size_t)grid->n[1];
  uint64_t     word[4];

  if (!augmentation->shift && !augmentation->cutout) return;
  KNRandomWords(seed, KN_STREAM_AUGMENTATION, epoch, sample, 0, 0, word);
  if (augmentation->shift) {
    const PetscInt64 p = augmentation->shift;

    kn_shift(x, mean, (ptrdiff_t)(KNUniformInt(word[0], 2 * p + 1) - p),
             (ptrdiff_t)(KNUniformInt(word[1], 2 * p + 1) - p), C, n1, n2);
  }
  if (augmentation->cutout) {
    const PetscInt64 half = augmentation->cutout / 2;

    kn_cutout(x, mean, (ptrdiff_t)(KNUniformInt(word[2], (PetscInt64)n1) - half),
              (ptrdiff_t)(KNUniformInt(word[3], (PetscInt64)n2) - half), (size_t)augmentation->cutout, C, n1, n2);
  }
}

void KNAugmentText(const KNAugmentation *augmentation, PetscInt64 seed, PetscInt64 epoch, PetscInt64 sample,
                   size_t words, int32_t token[])
{
  uint64_t word[4];

  for (size_t i = 0; augmentation->words > 0 && i < words; i++) {
    if (i % 4 == 0) KNRandomWords(seed, KN_STREAM_AUGMENTATION, epoch, sample, 1 + (PetscInt64)i / 4, 0, word);
    if (token[i] >= KN_WORDS_RESERVED && KNUniform(word[i % 4]) < augmentation->words) token[i] = KN_WORD_UNKNOWN;
  }
}
