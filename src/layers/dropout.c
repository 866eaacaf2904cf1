/*
  Dropout (Srivastava et al. 2014), its form for fields, channel dropout (Tompson et al. 2015, arXiv 1411.4280), and
  stochastic depth (Huang et al. 2016, arXiv 1603.09382):

      y = m x,    m = 1/(1 - p) with probability 1 - p, else 0

  element: m is drawn for every channel and point; channel: for every channel, the same at all its points; residual:
  once for a sample, so that on the velocity of a residual connection the whole step is left out. channel and residual
  commute with restriction to a coarser grid. Draws depend on (seed, layer, step, sample index, number of the draw)
  alone: backward draws them again. Outside training y = x, unless -model_dropout_evaluate is sample.

  x, y: (B, C, S); y may be x, and dx may be dy. No parameters.
*/
#include "layer_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/random.h>
#include <math.h>

/* Numbers of 32 bits that a call of the generator yields; elements drawn at once, a multiple of them. */
enum { NUMBERS = 8, BLOCK = 64 };

/*
  m[i] of elements first .. first + count - 1, first a multiple of NUMBERS: keep where the number reaches p 2^32, else
  0. draw: (seed, layer, step, sample).
*/
static void kn_dropout_draw(KNReal *m, const PetscInt64 draw[4], size_t first, size_t count, double p)
{
  const uint32_t limit         = (uint32_t)ceil(p * 0x1p32);
  const KNReal   keep          = (KNReal)(1 / (1 - p));
  uint32_t       number[BLOCK] = {0};

  for (size_t i = 0; p > 0 && i < count; i += NUMBERS) {
    uint64_t word[4];

    KNRandomWords(draw[0], KN_STREAM_DROPOUT, draw[1], draw[2], draw[3], (PetscInt64)((first + i) / NUMBERS), word);
    for (size_t j = 0; j < NUMBERS; j++) number[i + j] = (uint32_t)(word[j / 2] >> 32 * (j % 2));
  }
#pragma omp simd
  for (size_t i = 0; i < count; i++) m[i] = number[i] >= limit ? keep : 0;
}

/* y = (or += if add) m x. The map is diagonal: backward is forward, with dy for x. */
static void kn_dropout(KNReal *y, const KNReal *x, const PetscInt64 draw[4], double p, size_t count, size_t run,
                       int add)
{
  // x, y: (count, run), a draw for each row
  for (size_t first = 0; first < count; first += BLOCK) {
    const size_t n = PetscMin(BLOCK, count - first);
    KNReal       m[BLOCK];

    kn_dropout_draw(m, draw, first, n, p);
    for (size_t i = 0; run == 1 && i < n; i++) y[first + i] = (add ? y[first + i] : 0) + m[i] * x[first + i];
    for (size_t i = 0; run > 1 && i < n; i++) {
      const KNReal *from = x + (first + i) * run;
      KNReal       *to   = y + (first + i) * run;

      for (size_t s = 0; s < run; s++) to[s] = (add ? to[s] : 0) + m[i] * from[s];
    }
  }
}

enum { ELEMENT, CHANNEL, RESIDUAL };
static const char *const kinds[]     = {"element", "channel", "residual", NULL};
static const char *const evaluates[] = {"off", "sample", NULL};

typedef struct {
  PetscReal p;        /* probability that a value is set to 0 */
  PetscInt  kind;     /* of kinds */
  PetscInt  evaluate; /* of evaluates */
} Dropout;

static PetscErrorCode KNLayerSetFromOptions_Dropout(KNLayer layer)
{
  Dropout *dropout = layer->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsReal("-model_dropout",
                          "share of a block's velocities that is set to 0 in training, while the rest is divided by 1 "
                          "minus this; 0: none (residual plain and fno; opens more options)",
                          0, 0.9, &dropout->p));
  PetscCall(KNOptionsChoice("-model_dropout_kind",
                            "what dropout draws for: every channel and point, whole channels, or the whole velocity of "
                            "a sample (stochastic depth)",
                            kinds, &dropout->kind));
  PetscCall(KNOptionsChoice("-model_dropout_evaluate", "dropout outside training: none, or a draw", evaluates,
                            &dropout->evaluate));
  layer->properties.drops = (PetscBool)(dropout->p > 0 && dropout->kind == RESIDUAL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Dropout(KNLayer layer, KNParameters parameters)
{
  const Dropout *dropout = layer->data;

  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  layer->properties.draws_in_training   = (PetscBool)(dropout->p > 0);
  layer->properties.draws_in_evaluation = (PetscBool)(dropout->p > 0 && dropout->evaluate);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Dropout(KNLayer layer)
{
  const Dropout *dropout = layer->data;

  PetscFunctionBegin;
  PetscCheck(!layer->grid_in.whole || dropout->kind != ELEMENT || dropout->p == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -model_dropout_kind element draws for each point of whole fields, which no rank has with "
             "-ranks_per_sample: take channel or residual");
  layer->flops[0] = layer->flops[1] = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Outside training nothing is drawn unless it is asked for; p = 0 keeps everything. */
static void Drop(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *x, KNReal *y, InsertMode mode)
{
  const Dropout *dropout = layer->data;
  const size_t   S = KNGridSize(&layer->grid_in), size = (size_t)layer->in * S,
               run         = dropout->kind == ELEMENT   ? 1
                             : dropout->kind == CHANNEL ? S
                                                        : size;
  const PetscInt64 draw[4] = {pass->seed, layer->number, pass->step, pass->index ? pass->index[b] : b};

  kn_dropout(y, x, draw, pass->training || dropout->evaluate ? dropout->p : 0, size / run, run, mode == ADD_VALUES);
}

static void KNLayerApply_Dropout(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                 InsertMode mode)
{
  Drop(layer, pass, b, in[0], out, mode);
}

static void KNLayerApplyBack_Dropout(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                     const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0]) Drop(layer, pass, b, dout, din[0], mode);
}

static PetscErrorCode KNLayerView_Dropout(KNLayer layer, PetscViewer viewer)
{
  const Dropout *dropout = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", probability %g, %s, evaluation %s", (double)dropout->p,
                                   kinds[dropout->kind], evaluates[dropout->evaluate]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Dropout(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Dropout(KNLayer layer)
{
  Dropout *dropout;

  PetscFunctionBegin;
  PetscCall(PetscNew(&dropout));
  layer->data = dropout;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Dropout,
     .setup          = KNLayerSetUp_Dropout,
     .setgrid        = KNLayerSetGrid_Dropout,
     .apply          = KNLayerApply_Dropout,
     .apply_back     = KNLayerApplyBack_Dropout,
     .view           = KNLayerView_Dropout,
     .destroy        = KNLayerDestroy_Dropout,
  };
  layer->traits = (KNLayerTraits){.in_place = PETSC_TRUE, .over_gradient = PETSC_TRUE, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}
