/*
  The layers: KN_LAYER(name, Suffix) declares and registers KNLayerCreate_Suffix(), found in name.c
  (batch_norm_relu: batch_norm.c).
  One line a layer.
*/
KN_LAYER(linear, Linear)
KN_LAYER(gelu, GELU)
KN_LAYER(spectral, Spectral)
KN_LAYER(coordinates, Coordinates)
KN_LAYER(pad, Pad)
KN_LAYER(crop, Crop)
KN_LAYER(collision, Collision)
KN_LAYER(drift, Drift)
KN_LAYER(kinetic, Kinetic)
KN_LAYER(perceptron, Perceptron)
KN_LAYER(transport, Transport)
KN_LAYER(dropout, Dropout)
KN_LAYER(relu, ReLU)
KN_LAYER(silu, SiLU)
KN_LAYER(pool, Pool)
KN_LAYER(mean, Mean)
KN_LAYER(upsample, Upsample)
KN_LAYER(concatenate, Concatenate)
KN_LAYER(layer_norm, LayerNorm)
KN_LAYER(group_norm, GroupNorm)
KN_LAYER(batch_norm, BatchNorm)
KN_LAYER(batch_norm_relu, BatchNormReLU)
KN_LAYER(convolution, Convolution)
