/*
  The words of a text as vectors, with their positions and the part of the text that they belong to:

      y[b, :, i] = W[token_i] + W[words + h(token_i, token_i+1)] + P[i] + (i >= e) p + h_i q,    i < length;
                   0 behind the text's end

  e: the place of the first separator, from where on a second text follows (a pair of texts is one sequence, first
  separator second); h_i: 1 for a word that the other text has too, else 0 (-model_shared_words; "exact match" of Chen
  et al. 2017, arXiv 1704.00051). Without a second text p and q have no effect. P: learned positions (-model_positions
  learned). W[words + ..]: with -model_word_pairs N > 0 the vector of the word and the next one together, in one of N
  rows, by hashing (h = KNWordPair; Joulin et al. 2017, arXiv 1607.01759); it begins as 0, and the last word has none.
  The input is the field (words, S) of zeros and ones that is nowhere stored: in[0] is not read, the pass has the words.
  y: (B, C, S), W: (words + N, C), P: (longest, C), p, q: (C).

  A row of dW is the sum of dy over the places of its word or its pairs. A sample leaves its dy, word by word; then each
  thread adds up the rows that are its own, in the order of samples and places: the same bits for any number of threads.
  Nothing has the table's size, neither for a sample nor, with pass->row, for a batch: dW then has rows for what occurs
  in the batch alone (KNParametersChooseRows), and reduction, clipping and optimiser see no others. How the optimiser
  treats rows of words that do not occur: kitinet/optimizer.h.
*/
#include "layer_impl.h"
#include "linear_kernels.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/space.h>
#include <omp.h>
#include <string.h>

typedef struct {
  PetscBool learned, marked;                   /* positions are parameters; words of both texts are marked */
  KNReal   *W, *dW, *P, *dP, *p, *dp, *q, *dq; /* in the parameters' blocks, not owned */
  PetscInt  pairs;                             /* rows of W for words together with the next one */
  KNReal   *share;                             /* (samples, S, C) dy word by word */
  KNReal   *part;                              /* (samples, 2, C) dp and dq of each sample */
} Embedding;

static void kn_add_row(KNReal *restrict total, const KNReal *restrict row, size_t C)
{
#pragma omp simd
  for (size_t c = 0; c < C; c++) total[c] += row[c];
}

static size_t kn_second_text(const int32_t *token, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (token[i] == KN_WORD_SEPARATOR) return i;
  }
  return n;
}

/* Whether the text that the word at place i is not in has it too; a word that is unknown is no word of both. */
static int kn_is_shared(const int32_t *token, size_t i, size_t second, size_t n)
{
  const size_t begin = i < second ? second : 0, end = i < second ? n : second;
  int          found = 0;

  if (token[i] < KN_WORDS_RESERVED) return 0;
  for (size_t j = begin; j < end; j++) found |= token[j] == token[i];
  return found;
}

/* The row of the word at place i together with the next one; -1: there is none. */
static PetscInt kn_pair_row(const int32_t *token, size_t i, size_t n, PetscInt words, PetscInt pairs)
{
  return pairs && i + 1 < n ? words + KNWordPair(token[i], token[i + 1], pairs) : -1;
}

static void kn_embedding_forward(KNReal *y, const int32_t *token, const Embedding *e, PetscInt words, size_t C,
                                 size_t S, size_t n, int add)
{
  // y: (C, S), token: (n)
  const size_t second = kn_second_text(token, n);

  for (size_t i = 0; i < n; i++) {
    const PetscInt row = kn_pair_row(token, i, n, words, e->pairs);
    const KNReal  *w = e->W + (size_t)token[i] * C, *pair = row < 0 ? NULL : e->W + (size_t)row * C,
                 *place = e->P ? e->P + i * C : NULL, *behind = i >= second ? e->p : NULL,
                 *shared = e->q && kn_is_shared(token, i, second, n) ? e->q : NULL;

    for (size_t c = 0; c < C; c++)
      y[c * S + i] = (add ? y[c * S + i] : 0) + (w[c] + (pair ? pair[c] : 0) + (place ? place[c] : 0) +
                                                 (behind ? behind[c] : 0) + (shared ? shared[c] : 0));
  }
  for (size_t c = 0; c < C && !add && n < S; c++) memset(y + c * S + n, 0, (S - n) * sizeof(*y));
}

static void kn_embedding_backward(KNReal *share, KNReal *dp, KNReal *dq, const KNReal *dy, const int32_t *token,
                                  size_t C, size_t S, size_t n)
{
  // share: (n, C) dy word by word; dp: (C), dq: (C) or NULL, written; dy: (C, S)
  const size_t second = kn_second_text(token, n);

  for (size_t c = 0; c < C; c++) dp[c] = 0;
  for (size_t c = 0; dq && c < C; c++) dq[c] = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < C; c++) share[i * C + c] = dy[c * S + i];
    if (i >= second) kn_add_row(dp, share + i * C, C);
    if (dq && kn_is_shared(token, i, second, n)) kn_add_row(dq, share + i * C, C);
  }
}

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
  embedding->learned = (PetscBool)(positions == 0);
  PetscCall(KNOptionsBool("-model_shared_words",
                          "words that both texts of a pair have are marked by a vector of their own",
                          &embedding->marked));
  PetscCall(KNOptionsInt("-model_word_pairs",
                         "vectors of words together with the next one, among which hashing chooses, beside those of "
                         "single words; 0: none",
                         0, 1 << 24, &embedding->pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Embedding(KNLayer layer, KNParameters parameters)
{
  Embedding      *embedding = layer->data;
  const PetscInt  C         = layer->out;
  KNParameterInfo info      = {.name  = "weight",
                               .rank  = 2,
                               .shape = {layer->in + embedding->pairs, C},
                               .role  = {KN_ROLE_WORD, layer->role[1]},
                               .init  = KN_INIT_NORMAL,
                               .scale = (KNReal)(1 / PetscSqrtReal((PetscReal)C)),
                               .drawn = layer->in};

  PetscFunctionBegin;
  if (C == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->W, &embedding->dW));
  if (embedding->learned) {
    PetscCall(PetscStrncpy(info.name, "positions", sizeof(info.name)));
    info.shape[0] = layer->longest;
    info.role[0]  = KN_ROLE_NONE;
    info.drawn    = 0;
    PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->P, &embedding->dP));
  }
  PetscCall(PetscStrncpy(info.name, "second", sizeof(info.name)));
  info.rank     = 1;
  info.drawn    = 0;
  info.shape[0] = C;
  info.role[0]  = layer->role[1];
  PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->p, &embedding->dp));
  if (embedding->marked) {
    PetscCall(PetscStrncpy(info.name, "shared", sizeof(info.name)));
    PetscCall(KNLayerDeclare(layer, parameters, info, &embedding->q, &embedding->dq));
  }
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
    PetscCall(KNMalloc(2 * B * C, sizeof(KNReal), &embedding->part));
    layer->bytes = B * (S + 2) * C * sizeof(KNReal);
  }
  layer->flops[0] = 2 * (PetscLogDouble)(S * C);
  layer->flops[1] = 3 * (PetscLogDouble)(S * C);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Embedding(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Embedding *embedding = layer->data;

  kn_embedding_forward(out, pass->token + (size_t)b * pass->stride, embedding, layer->in, (size_t)layer->out,
                       KNGridSize(&layer->grid_in), (size_t)pass->length[b], mode == ADD_VALUES);
}

static void KNLayerApplyBack_Embedding(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Embedding *embedding = layer->data;
  const size_t     C = (size_t)layer->out, S = KNGridSize(&layer->grid_in);
  KNReal          *part = embedding->part + 2 * (size_t)b * C;

  kn_embedding_backward(embedding->share + (size_t)b * S * C, part, embedding->marked ? part + C : NULL, dout,
                        pass->token + (size_t)b * pass->stride, C, S, (size_t)pass->length[b]);
}

/* The row of dW for a row of the table. */
static KNReal *kn_gradient_row(const Embedding *e, const KNPass *pass, PetscInt number, size_t C)
{
  return e->dW + (size_t)(pass->row ? pass->row[number] : number) * C;
}

static void KNLayerFinishBack_Embedding(KNLayer layer, const KNPass *pass)
{
  const Embedding *embedding = layer->data;
  const size_t     C = (size_t)layer->out, S = KNGridSize(&layer->grid_in), B = (size_t)pass->samples;
  const int        mine = omp_get_thread_num(), threads = omp_get_num_threads(), add = pass->gradients != INSERT_VALUES;

  if (!add) {
    const size_t table = (size_t)(layer->in + embedding->pairs), rows = pass->row ? (size_t)pass->rows : table;

#pragma omp for schedule(static)
    for (size_t w = table - rows; w < table; w++) memset(embedding->dW + w * C, 0, C * sizeof(KNReal));
  }
  for (size_t b = 0; b < B; b++) {
    const int32_t *token = pass->token + b * pass->stride;
    const size_t   n     = (size_t)pass->length[b];

    for (size_t i = 0; i < n; i++) {
      const KNReal  *share = embedding->share + (b * S + i) * C;
      const PetscInt pair  = kn_pair_row(token, i, n, layer->in, embedding->pairs);

      if (token[i] % threads == mine) kn_add_row(kn_gradient_row(embedding, pass, token[i], C), share, C);
      if (pair >= 0 && pair % threads == mine) kn_add_row(kn_gradient_row(embedding, pass, pair, C), share, C);
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
  kn_sum_shares(embedding->dp, embedding->part, B, 2 * C, C, add);
  if (embedding->marked) kn_sum_shares(embedding->dq, embedding->part + C, B, 2 * C, C, add);
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
