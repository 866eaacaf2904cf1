/*
  Rotary embedding of positions (Su et al. 2021, arXiv 2104.09864), for queries and keys, whose products then depend on
  differences of positions. The d channels of each head are divided among the axes of the grid, 2 D for each; channels c
  and c + D of a part turn together, by the angle of frequency c at the point's place p along the axis,

      y_c = x_c cos(w_c p) - x_{c+D} sin(w_c p),    y_{c+D} = x_{c+D} cos(w_c p) + x_c sin(w_c p),
      w_c = 10000^(-c/D)

  x, y: (B, C, S). Channels that are left over stay as they are. p is 64 times the coordinate in [0, 1] (as OFormer, Li
  et al. 2022, arXiv 2205.13671), so that a network works at any resolution; of texts (rotary_words) the number of the
  word. Backward turns back.
*/
#include "heads.h"
#include <math.h>

/*
  One axis: pairs of channels that lie D apart. sign: 1 forward, -1 backward. n: points along the axis, inner: points
  from one to the next.
*/
static void kn_rotary_axis(KNReal *y, const KNReal *x, const KNReal *cosine, const KNReal *sine, KNReal sign, size_t D,
                           size_t S, size_t n, size_t inner, int add)
{
  // y, x: (2 D, S), y may be x; cosine, sine: (D, n)
  for (size_t c = 0; c < D; c++) {
    const KNReal *x1 = x + c * S, *x2 = x1 + D * S, *cs = cosine + c * n, *sn = sine + c * n;
    KNReal       *y1 = y + c * S, *y2 = y1 + D * S;

    for (size_t s = 0; s < S; s += n * inner) {
      if (inner == 1) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
          const KNReal a = x1[s + i], b = x2[s + i], t = sign * sn[i];

          y1[s + i] = (add ? y1[s + i] : 0) + (a * cs[i] - b * t);
          y2[s + i] = (add ? y2[s + i] : 0) + (b * cs[i] + a * t);
        }
        continue;
      }
      for (size_t i = 0; i < n; i++) {
        const KNReal u = cs[i], t = sign * sn[i];

#pragma omp simd
        for (size_t j = s + i * inner; j < s + (i + 1) * inner; j++) {
          const KNReal a = x1[j], b = x2[j];

          y1[j] = (add ? y1[j] : 0) + (a * u - b * t);
          y2[j] = (add ? y2[j] : 0) + (b * u + a * t);
        }
      }
    }
  }
}

typedef struct {
  PetscInt  heads;
  PetscBool words;             /* p: the number of the point */
  size_t    D;                 /* pairs of channels of an axis */
  KNReal   *table[KN_MAX_DIM]; /* of each axis: (2, D, n) cosines, then sines */
} Rotary;

static PetscErrorCode KNRotaryReset(Rotary *rotary)
{
  PetscFunctionBegin;
  for (int a = 0; a < KN_MAX_DIM; a++) PetscCall(KNFree(&rotary->table[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetFromOptions_Rotary(KNLayer layer)
{
  Rotary *rotary = layer->data;

  PetscFunctionBegin;
  PetscCall(KNHeadsSetFromOptions(&rotary->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Rotary(KNLayer layer, KNParameters parameters)
{
  const Rotary *rotary = layer->data;

  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  PetscCall(KNHeadsCheck(layer, rotary->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Rotary(KNLayer layer)
{
  Rotary              *rotary = layer->data;
  const KNGrid        *grid   = &layer->grid_in;
  const PetscLogDouble values = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(grid);

  PetscFunctionBegin;
  PetscCall(KNRotaryReset(rotary));
  rotary->D = grid->dim ? (size_t)(layer->in / rotary->heads / (2 * grid->dim)) : 0;
  for (PetscInt a = 0; a < grid->dim && rotary->D; a++) {
    const size_t n = (size_t)grid->n[a], D = rotary->D;
    KNReal      *cosine, *sine;

    PetscCall(KNMalloc(2 * D * n, sizeof(KNReal), &cosine));
    rotary->table[a] = cosine;
    sine             = cosine + D * n;
    for (size_t i = 0; i < n; i++) {
      const PetscInt point = (PetscInt)i + (a ? 0 : grid->first);
      const double   p =
        rotary->words ? (double)point : 64 * (double)KNPointsCoordinate(grid->points, KNGridWhole(grid, a), point);

      for (size_t c = 0; c < D; c++) {
        const double angle = p * pow(10000, -(double)c / (double)D);

        cosine[c * n + i] = (KNReal)cos(angle);
        sine[c * n + i]   = (KNReal)sin(angle);
      }
    }
    layer->bytes += 2 * D * n * sizeof(KNReal);
  }
  layer->traits.identity = (PetscBool)(rotary->D == 0);
  layer->flops[0] = layer->flops[1] = 3 * values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = (or += if add) x, turned by the angles times sign */
static void KNRotaryTurn(KNLayer layer, KNReal *y, const KNReal *x, KNReal sign, int add)
{
  const Rotary *rotary = layer->data;
  const KNGrid *grid   = &layer->grid_in;
  const size_t  S = KNGridSize(grid), D = rotary->D, d = (size_t)(layer->in / rotary->heads);
  const size_t  turned = 2 * D * (size_t)grid->dim;

  for (size_t h = 0; h < (size_t)rotary->heads; h++, x += d * S, y += d * S) {
    for (size_t a = 0, inner = S; a < (size_t)grid->dim && D; a++) {
      const size_t n = (size_t)grid->n[a], part = a * 2 * D * S;

      inner /= n;
      kn_rotary_axis(y + part, x + part, rotary->table[a], rotary->table[a] + D * n, sign, D, S, n, inner, add);
    }
    for (size_t i = turned * S; i < d * S; i++) y[i] = (add ? y[i] : 0) + x[i];
  }
}

static void KNLayerApply_Rotary(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                InsertMode mode)
{
  KNRotaryTurn(layer, out, in[0], 1, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Rotary(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                    const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0]) KNRotaryTurn(layer, din[0], dout, -1, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Rotary(KNLayer layer, PetscViewer viewer)
{
  const Rotary *rotary = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " heads", rotary->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Rotary(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNRotaryReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(KNLayer layer, PetscBool words)
{
  Rotary *rotary;

  PetscFunctionBegin;
  PetscCall(PetscNew(&rotary));
  rotary->heads = 4;
  rotary->words = words;
  layer->data   = rotary;
  layer->ops    = (KNLayerOps){
       .setfromoptions = KNLayerSetFromOptions_Rotary,
       .setup          = KNLayerSetUp_Rotary,
       .setgrid        = KNLayerSetGrid_Rotary,
       .apply          = KNLayerApply_Rotary,
       .apply_back     = KNLayerApplyBack_Rotary,
       .view           = KNLayerView_Rotary,
       .destroy        = KNLayerDestroy_Rotary,
  };
  layer->traits = (KNLayerTraits){.mixes         = PETSC_TRUE,
                                  .in_place      = PETSC_TRUE,
                                  .over_gradient = PETSC_TRUE,
                                  .over_input    = 1,
                                  .unread        = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Rotary(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_RotaryWords(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
