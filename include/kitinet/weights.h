/*
  A network's weights under the names and shapes that they have in PyTorch, in a plain HDF5 file: what h5py reads from
  its root is a state_dict. A resnet has those of a plain ResNet with pre-activation, KNParameterInfo.foreign:

    conv1.weight                         first convolution, (W, C_in, 3, 3)
    layer{s}.{n}.bn1, bn2                norms of block n of stage s: .weight, .bias, .running_mean, .running_var
    layer{s}.{n}.conv1, conv2, shortcut  .weight: convolutions of the block
    bn, fc                               last norm; linear map, .weight (classes, 4 W), .bias; for fields fc1, fc2

  Others have those of the original FNO code (Li et al. 2020, arXiv 2010.08895):

    fc0.weight, fc0.bias     lifting: (W, C_in + dim), (W); the coordinates come after the fields
    conv{l}.weights{i}       spectral layer of block l: complex (W, W, m, .., m), in and out first, then the modes; i
                             counts the corners of the spectrum, the sign of k1 first: on two axes 1 is k1 = 0..m-1, 2
                             is k1 = -m..-1; one corner on one axis, four on three
    w{l}.weight, w{l}.bias   pointwise layer: (W, W, 1, .., 1), (W)
    fc1., fc2.weight, .bias  hidden layer and output: (H, W), (H), (C_out, H), (C_out)

  The group /normalizer holds x_mean, x_std, y_mean, y_std (C, 1, .., 1) or, if they are pointwise, (C, n1, .., nd) on
  the training grid: (x - x_mean) / x_std goes into the network, its output times y_std plus y_mean is the solution;
  eps is part of them. Frames of a trajectory share those of y. Root attributes say the rest: residual, modes, width,
  points (where the coordinates lie), history, pde, all options of the model.
*/
#ifndef KITINET_WEIGHTS_H
#define KITINET_WEIGHTS_H

#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD. Writes the file whole or not at all. Raises KN_ERR_INPUT for a network that has
  other layers, KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNWeightsExport(KNOperator op, const char path[]);

/*
  Collective on PETSC_COMM_WORLD. Sets all weights of op from such a file, of which only these arrays are read. Raises
  KN_ERR_INPUT for one that is missing, of another shape, too many, or not finite.
*/
PETSC_EXTERN PetscErrorCode KNWeightsImport(KNOperator op, const char path[]);

#endif
