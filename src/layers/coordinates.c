/*
  Appends the coordinates of the grid's points as channels, so that an operator can depend on the place:

      y[b, c, s] = x[b, c, s],    y[b, C + a, s] = coordinate of point s along axis a, in [0, 1]

  x: (B, C, S), y: (B, C + dim, S). The coordinates are those of the points of the grid (cells, nodes, periodic).
*/
#include "layer_impl.h"

static void kn_coordinates_forward(KNReal *restrict y, const KNReal *restrict x, const KNReal *restrict q, size_t C,
                                   size_t d, size_t S, int add)
{
  // y: (C + d, S), x: (C, S), q: (d, S) coordinates
  for (size_t i = 0; i < C * S; i++) y[i] = (add ? y[i] : 0) + x[i];
  for (size_t i = 0; i < d * S; i++) y[C * S + i] = (add ? y[C * S + i] : 0) + q[i];
}

static void kn_coordinates_backward(KNReal *restrict dx, const KNReal *restrict dy, size_t C, size_t S, int add)
{
  // dx: (C, S) = (or += if add) the first C channels of dy: (C + d, S)
  for (size_t i = 0; i < C * S; i++) dx[i] = (add ? dx[i] : 0) + dy[i];
}

typedef struct {
  KNReal *q; /* (dim, S) */
} Coordinates;

static PetscErrorCode KNLayerSetUp_Coordinates(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in + layer->dim;
  PetscCheck(layer->out == layer->in + layer->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: coordinates append one channel for each axis", layer->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Coordinates(KNLayer layer)
{
  Coordinates  *coordinates = layer->data;
  const KNGrid *grid        = &layer->grid_in;
  const size_t  S           = KNGridSize(grid);
  const size_t  n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2];

  PetscFunctionBegin;
  PetscCall(KNFree(&coordinates->q));
  PetscCall(KNMalloc((size_t)layer->dim * S, sizeof(KNReal), &coordinates->q));
  for (size_t s = 0; s < S; s++) {
    const size_t i[KN_MAX_DIM] = {s / (n1 * n2), s / n2 % n1, s % n2};

    for (PetscInt a = 0; a < layer->dim; a++)
      coordinates->q[(size_t)a * S + s] =
        (KNReal)KNPointsCoordinate(grid->points, KNGridWhole(grid, a), (PetscInt)i[a] + (a ? 0 : grid->first));
  }
  layer->bytes = (size_t)layer->dim * S * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Coordinates(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                     KNReal *out, InsertMode mode)
{
  const Coordinates *coordinates = layer->data;

  kn_coordinates_forward(out, in[0], coordinates->q, (size_t)layer->in, (size_t)layer->dim, KNGridSize(&layer->grid_in),
                         mode == ADD_VALUES);
}

static void KNLayerApplyBack_Coordinates(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                         const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0]) kn_coordinates_backward(din[0], dout, (size_t)layer->in, KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static PetscErrorCode KNLayerDestroy_Coordinates(KNLayer layer)
{
  Coordinates *coordinates = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&coordinates->q));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Coordinates(KNLayer layer)
{
  Coordinates *coordinates;

  PetscFunctionBegin;
  PetscCall(PetscNew(&coordinates));
  layer->data = coordinates;
  layer->ops  = (KNLayerOps){
     .setup      = KNLayerSetUp_Coordinates,
     .setgrid    = KNLayerSetGrid_Coordinates,
     .apply      = KNLayerApply_Coordinates,
     .apply_back = KNLayerApplyBack_Coordinates,
     .destroy    = KNLayerDestroy_Coordinates,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}
