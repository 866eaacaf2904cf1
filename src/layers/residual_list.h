/*
  The kinds of residual connections: KN_RESIDUAL(name, layer) makes the layer of this type, of two inputs (x, v), known
  by that name. One line a kind.
*/
KN_RESIDUAL(plain, "drift")
KN_RESIDUAL(collision, "kinetic")
KN_RESIDUAL(transport, "transport")
