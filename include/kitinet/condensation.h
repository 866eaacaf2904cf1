/*
  Condensation: how evenly the trainable parameters of a block are spread over the channels of the residual stream.

  Measured of each matrix that mixes channels: the pointwise W (C_out, C_in) and the spectral weights, all modes, both
  parts, of which each stored number counts once. a_o: the incoming weights of output channel o as one real vector,
  W[o, :] or W[:, :, :, o]; z_o is a multiple of z_p for every input only if a_o is one of a_p.

    participation   (sum_i s_i)^2 / (C_in sum_i s_i^2), s_i the sum of squares of the outgoing weights of input
                    channel i (Frobenius norm over modes and outputs): 1 evenly spread, 1 / C_in one channel
    alignment       mean of |cos(a_o, a_p)| over all pairs of output channels; a channel without weights is aligned
                    with none
    effective_rank  exp of the entropy of the squared singular values, divided by their sum, of the matrix with the
                    rows a_o (Roy and Vetterli 2007): 1 to C_out

  All are 0 of a matrix of zeros; they do not depend on its scale.
*/
#ifndef KITINET_CONDENSATION_H
#define KITINET_CONDENSATION_H

#include <kitinet/parameters.h>
#include <kitinet/run.h>

typedef struct {
  char      layer[KN_MAX_NAME]; /* "block2.spectral" */
  PetscReal participation, alignment, effective_rank;
} KNCondensation;

/*
  Not collective. Measures every parameter that reads the residual stream and writes to it (roles), in the order of
  declaration; *measured is freed by the caller with PetscFree().
*/
PETSC_EXTERN PetscErrorCode KNCondensationMeasure(KNParameters parameters, PetscInt *count, KNCondensation **measured);

/*
  Collective on PETSC_COMM_WORLD. condensation.csv of a run directory: epoch, layer, participation, alignment,
  effective_rank; epoch 0 are the initial values. Start keeps the rows up to epoch `done`; Add appends a row for each
  layer. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNCondensationStart(KNRun run, PetscInt64 done);
PETSC_EXTERN PetscErrorCode KNCondensationAdd(KNRun run, PetscInt64 epoch, KNParameters parameters);

/*
  Not collective. The rows of a directory's condensation.csv, for one rank to read; *epoch and *measured are freed by
  the caller with PetscFree(). *count 0 if there is no such file.
*/
PETSC_EXTERN PetscErrorCode KNCondensationRead(const char directory[], PetscInt *count, PetscInt64 **epoch,
                                               KNCondensation **measured);

#endif
