/*
  The words of a text as vectors, with their positions and the part of the text that they belong to:

      y[b, :, i] = W[token_i] + P[i] + (i >= e) p,    i < length;    0 behind the text's end

  e: the place of the first separator, from where on a second text follows (a pair of texts is one sequence, first
  separator second); p without a pair has no effect. P: learned positions (-model_positions learned). The input is the
  field (words, S) of zeros and ones that is nowhere stored: in[0] is not read, the pass has the words. y: (B, C, S),
  W: (words, C), P: (longest, C), p: (C).

  dW[w] is the sum of dy over the places of word w. A sample leaves its dy, word by word; then each thread adds up the
  words that are its own, in the order of samples and places: the same bits for any number of threads. Nothing has the
  vocabulary's size, neither for a sample nor, with pass->row, for a batch: dW then has rows for the batch's words alone
  (KNParametersChooseRows), and reduction, clipping and optimiser see no others. How the optimiser treats rows of words
  that do not occur: kitinet/optimizer.h.
*/
#include "layer_impl.h"
#include "linear_kernels.h"
#include <kitinet/options.h>
#include <kitinet/error.h>
#include <omp.h>
#include <string.h>

enum { SEPARATOR = 2 }; /* its number in every vocabulary */

static size_t kn_second_text(const int32_t *token, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (token[i] == SEPARATOR) return i;
  }
  return n;
}

static void kn_embedding_forward(KNReal *y, const int32_t *token, const KNReal *W, const KNReal *P, const KNReal *p,
                                 size_t C, size_t S, size_t n, int add)
{
  // y: (C, S), token: (n), W: (words, C), P: (n, C) or NULL, p: (C)
  const size_t second = kn_second_text(token, n);

  for (size_t i = 0; i < n; i++) {
    const KNReal *w = W + (size_t)token[i] * C, *place = P ? P + i * C : NULL;

    for (size_t c = 0; c < C; c++)
      y[c * S + i] = (add ? y[c * S + i] : 0) + (w[c] + (place ? place[c] : 0) + (i >= second ? p[c] : 0));
  }
  for (size_t c = 0; c < C && !add && n < S; c++) memset(y + c * S + n, 0, (S - n) * sizeof(*y));
}

static void kn_embedding_backward(KNReal *share, KNReal *dp, const KNReal *dy, const int32_t *token, size_t C, size_t S,
                                  size_t n)
{
  // share: (n, C) dy word by word; dp: (C), written; dy: (C, S)
  const size_t second = kn_second_text(token, n);

  for (size_t c = 0; c < C; c++) dp[c] = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < C; c++) share[i * C + c] = dy[c * S + i];
    for (size_t c = 0; i >= second && c < C; c++) dp[c] += share[i * C + c];
  }
}

static void kn_add_row(KNReal *restrict total, const KNReal *restrict row, size_t C)
{
#pragma omp simd
  for (size_t c = 0; c < C; c++) total[c] += row[c];
}

typedef struct {
  PetscInt learned;                  /* positions are parameters */
  KNReal  *W, *dW, *P, *dP, *p, *dp; /* in the parameters' blocks, not owned */
  KNReal  *share;                    /* (samples, S, C) dy word by word */
  KNReal  *part;                     /* (samples, C) dp of each sample */
} Embedding;

static const char *const PositionNames[] = {"learned", "rotary", "none", NULL};

static PetscErrorCode KNLayerSetFromOptions_Embedding(KNLayer layer)
{
  Embedding *embedding = layer->data;
  PetscInt   positions = 0;

  PetscFunctionBegin;
  PetscCall(
    KNOptionsChoice("-model_positions",
                    "how a text's words know their places: learned (a vector for each place), rotary (attention "
                    "sees their distances), none",
                    PositionNames, &positions));
  embedding->learned = positions == 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Embedding(KNLayer layer, KNParameters parameters)
{
  Embedding      *embedding = layer->data;
  const PetscInt  C         = layer->out;
  KNParameterInfo info      = {.name  = "weight",
                               .rank  = 2,
                               .shape = {layer->in, C},
                               .role  = {KN_ROLE_WORD, layer->role[1]},
                               .init  = KN_INIT_NORMAL,
                               .scale = (KNReal)(1 / PetscSqrtReal((PetscReal)C))};

  PetscFunctionBegin;
  if (C == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->W, &embedding->dW));
  if (embedding->learned) {
    PetscCall(PetscStrncpy(info.name, "positions", sizeof(info.name)));
    info.shape[0] = layer->longest;
    info.role[0]  = KN_ROLE_NONE;
    PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->P, &embedding->dP));
  }
  PetscCall(PetscStrncpy(info.name, "second", sizeof(info.name)));
  info.rank     = 1;
  info.shape[0] = C;
  info.role[0]  = layer->role[1];
  PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->p, &embedding->dp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Embedding(KNLayer layer)
{
  Embedding   *embedding = layer->data;
  const size_t B = (size_t)layer->samples, C = (size_t)layer->out, S = KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  PetscCheck((PetscInt)S <= layer->longest, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "texts of %" PetscInt_FMT " words, the network reads at most %" PetscInt_FMT, (PetscInt)S, layer->longest);
  PetscCall(KNFree(&embedding->share));
  PetscCall(KNFree(&embedding->part));
  if (!layer->forward_only) {
    PetscCall(KNMalloc(B * S * C, sizeof(KNReal), &embedding->share));
    PetscCall(KNMalloc(B * C, sizeof(KNReal), &embedding->part));
    layer->bytes = B * (S + 1) * C * sizeof(KNReal);
  }
  layer->flops[0] = 2 * (PetscLogDouble)(S * C);
  layer->flops[1] = 3 * (PetscLogDouble)(S * C);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Embedding(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Embedding *embedding = layer->data;

  kn_embedding_forward(out, pass->token + (size_t)b * pass->stride, embedding->W, embedding->P, embedding->p,
                       (size_t)layer->out, KNGridSize(&layer->grid_in), (size_t)pass->length[b], mode == ADD_VALUES);
}

static void KNLayerApplyBack_Embedding(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Embedding *embedding = layer->data;
  const size_t     C = (size_t)layer->out, S = KNGridSize(&layer->grid_in);

  kn_embedding_backward(embedding->share + (size_t)b * S * C, embedding->part + (size_t)b * C, dout,
                        pass->token + (size_t)b * pass->stride, C, S, (size_t)pass->length[b]);
}

/* The row of dW for a word. */
static size_t KNEmbeddingRow(const KNPass *pass, int32_t word)
{
  return (size_t)(pass->row ? pass->row[word] : word);
}

static void KNLayerFinishBack_Embedding(KNLayer layer, const KNPass *pass)
{
  const Embedding *embedding = layer->data;
  const size_t     C = (size_t)layer->out, S = KNGridSize(&layer->grid_in), B = (size_t)pass->samples;
  const int        mine = omp_get_thread_num(), threads = omp_get_num_threads(), add = pass->gradients != INSERT_VALUES;

  if (!add) {
    const size_t words = (size_t)layer->in, rows = pass->row ? (size_t)pass->rows : words;

#pragma omp for schedule(static)
    for (size_t w = words - rows; w < words; w++) memset(embedding->dW + w * C, 0, C * sizeof(KNReal));
  }
  for (size_t b = 0; b < B; b++) {
    const int32_t *token = pass->token + b * pass->stride;

    for (size_t i = 0; i < (size_t)pass->length[b]; i++) {
      if (token[i] % threads == mine)
        kn_add_row(embedding->dW + KNEmbeddingRow(pass, token[i]) * C, embedding->share + (b * S + i) * C, C);
    }
  }
  if (embedding->learned) {
#pragma omp for schedule(static)
    for (size_t i = 0; i < (size_t)layer->longest; i++) {
      if (!add) memset(embedding->dP + i * C, 0, C * sizeof(KNReal));
      for (size_t b = 0; b < B; b++) {
        if (i < (size_t)pass->length[b]) kn_add_row(embedding->dP + i * C, embedding->share + (b * S + i) * C, C);
      }
    }
  }
  kn_sum_shares(embedding->dp, embedding->part, B, C, C, add);
}

static PetscErrorCode KNLayerDestroy_Embedding(KNLayer layer)
{
  Embedding *embedding = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&embedding->share));
  PetscCall(KNFree(&embedding->part));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Embedding(KNLayer layer)
{
  Embedding *embedding;

  PetscFunctionBegin;
  PetscCall(PetscNew(&embedding));
  layer->data = embedding;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Embedding,
     .setup          = KNLayerSetUp_Embedding,
     .setgrid        = KNLayerSetGrid_Embedding,
     .apply          = KNLayerApply_Embedding,
     .apply_back     = KNLayerApplyBack_Embedding,
     .finish_back    = KNLayerFinishBack_Embedding,
     .destroy        = KNLayerDestroy_Embedding,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}
