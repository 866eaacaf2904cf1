/* Convolutions in tiles: see convolution_tiles.h. */
#include "convolution_tiles.h"
#include "tile_kernels.h"

#if defined(KN_BFLOAT16)
#include <string.h>

/* Points of the line whose results are made at a time, and whose products the gradient adds up. */
enum { COLUMNS = 2 * KN_TILE, CHUNK = 512 };

int KNTileConvolutionFits(size_t Ci, size_t Co)
{
  return Ci % KN_TILE == 0 && Co % KN_TILE == 0 && kn_tiles_usable();
}

static PetscErrorCode PlanProducts(KNTileConvolution *plan, int back)
{
  const size_t in = back ? plan->Co : plan->Ci, out = back ? plan->Ci : plan->Co,
               depth = in % KN_TILE_DEPTH ? KN_TILE : KN_TILE_DEPTH, pieces = in / depth;

  PetscFunctionBegin;
  plan->depth[back] = depth;
  plan->steps[back] = plan->taps * pieces;
  PetscCall(PetscMalloc2(plan->steps[back], &plan->weight[back], plan->steps[back], &plan->source[back]));
  for (size_t s = 0; s < plan->steps[back]; s++) {
    const size_t t = s / pieces, c = s % pieces * depth;

    plan->weight[back][s] = (t * out * in + c) * sizeof(KNHalf);
    plan->source[back][s] = (plan->tap[t] + c / 2 * plan->plane) * sizeof(KNPair);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTileConvolutionPlan(KNTileConvolution *plan, size_t Ci, size_t Co, const size_t n[3],
                                     const size_t k[3], int periodic)
{
  PetscFunctionBegin;
  *plan = (KNTileConvolution){.Ci = Ci, .Co = Co, .taps = k[0] * k[1] * k[2]};
  for (int a = 0; a < 3; a++) {
    plan->n[a] = n[a];
    plan->M[a] = n[a] + k[a] - 1;
    PetscCall(KNSpreadAxisMake(n[a], 1, plan->M[a], 1, k[a] / 2, periodic, &plan->around.axis[a]));
    PetscCall(KNSpreadAxisMake(n[a], 1, plan->M[a], 1, 0, 0, &plan->behind.axis[a]));
  }
  plan->points = ((n[0] - 1) * plan->M[1] + n[1] - 1) * plan->M[2] + n[2];
  plan->plane  = (plan->M[0] * plan->M[1] * plan->M[2] / 32 + 3) * 32;
  if (plan->plane % 256 == 0) plan->plane += 32; /* or all channels would compete for a few sets of the cache */
  PetscCall(PetscMalloc1(plan->taps, &plan->tap));
  for (size_t t = 0; t < plan->taps; t++)
    plan->tap[t] = (t / k[2] / k[1] * plan->M[1] + t / k[2] % k[1]) * plan->M[2] + t % k[2];
  for (int back = 0; back < 2; back++) PetscCall(PlanProducts(plan, back));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTileConvolutionReset(KNTileConvolution *plan)
{
  PetscFunctionBegin;
  PetscCall(KNSpreadReset(&plan->around));
  PetscCall(KNSpreadReset(&plan->behind));
  PetscCall(PetscFree(plan->tap));
  for (int back = 0; back < 2; back++) PetscCall(PetscFree2(plan->weight[back], plan->source[back]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The parts of a thread's work: two fields of channels, and behind them what a block or a chunk needs. */
static size_t FieldSize(const KNTileConvolution *plan)
{
  return KNAligned(PetscMax(plan->Ci, plan->Co) * plan->plane / 2);
}

static void *Part(void *work, size_t field, const KNTileConvolution *plan)
{
  return (char *)work + field * FieldSize(plan) * sizeof(float);
}

size_t KNTileConvolutionWork(const KNTileConvolution *plan)
{
  return 2 * FieldSize(plan) + KNAligned(PetscMax(CHUNK / 2 * plan->Co, PetscMax(plan->Ci, plan->Co) * COLUMNS));
}

/* to (n, ..) = rounded W, whose numbers lie `step` apart */
static void RoundStrided(KNHalf *to, const float *W, size_t step, size_t n)
{
  for (size_t i = 0; i < n; i += KN_TILE) {
    float  line[KN_TILE];
    KNHalf rounded[2 * KN_TILE];

    for (size_t j = 0; j < KN_TILE; j++) line[j] = W[(i + j) * step];
    kn_round_rows(rounded, 0, line, 0, 1, KN_TILE);
    memcpy(to + i, rounded, KN_TILE * sizeof(*to));
  }
}

void kn_tile_weights(void *forward, const float *W, size_t o, const KNTileConvolution *plan)
{
  const size_t Ci = plan->Ci, T = plan->taps;

  for (size_t t = 0; t < T; t++) RoundStrided((KNHalf *)forward + (t * plan->Co + o) * Ci, W + o * Ci * T + t, T, Ci);
}

void kn_tile_weights_back(void *back, const float *W, size_t i, const KNTileConvolution *plan)
{
  const size_t Co = plan->Co, T = plan->taps;

  for (size_t t = 0; t < T; t++)
    RoundStrided((KNHalf *)back + (t * plan->Ci + i) * Co, W + i * T + T - 1 - t, plan->Ci * T, Co);
}

/* n points of one channel; of two, S apart, as pairs. */
static inline KN_WITH_BFLOAT16 void PutPoints(void *to, const float *from, size_t S, size_t n, int pairs)
{
  for (size_t i = 0; pairs && i < n; i += 16)
    _mm512_mask_storeu_epi32((KNPair *)to + i, n - i >= 16 ? 0xffff : (__mmask16)((1U << (n - i)) - 1),
                             kn_paired(from + i, from + S + i, n - i));
  for (size_t i = 0; !pairs && i < n; i += 32)
    _mm512_mask_storeu_epi16((KNHalf *)to + i, n - i >= 32 ? 0xffffffff : (__mmask32)((1U << (n - i)) - 1),
                             kn_rounded(from + i, n - i));
}

/* A row of the padded field, but for zeros. */
static inline KN_WITH_BFLOAT16 void PutRow(char *to, const float *from, size_t S, const KNSpreadAxis *axis, int pairs)
{
  const size_t size = pairs ? sizeof(KNPair) : sizeof(KNHalf), first = axis->run[0][0], end = axis->run[1][0];

  for (size_t m = 0; m < first; m++) {
    if (axis->index[m] >= 0) PutPoints(to + m * size, from + axis->index[m], S, 1, pairs);
  }
  if (end > first) PutPoints(to + first * size, from + axis->index[first], S, end - first, pairs);
  for (size_t m = end; m < axis->M; m++) {
    if (axis->index[m] >= 0) PutPoints(to + m * size, from + axis->index[m], S, 1, pairs);
  }
}

/* to: (C, plane) numbers or (C / 2, plane) pairs of channels = x: (C, n), rounded, in the padded field. */
static inline KN_WITH_BFLOAT16 void Spread(void *to, const float *x, const KNSpread *spread,
                                           const KNTileConvolution *plan, size_t C, int pairs)
{
  const KNSpreadAxis *axis = spread->axis;
  const size_t        S = plan->n[0] * plan->n[1] * plan->n[2], depth = pairs ? 2 : 1,
               size = pairs ? sizeof(KNPair) : sizeof(KNHalf);

  memset(to, 0, C / depth * plan->plane * size);
  for (size_t c = 0; c < C; c += depth) {
    char *row = (char *)to + c / depth * plan->plane * size;

    for (size_t m = 0; m < plan->M[0] * plan->M[1]; m++, row += plan->M[2] * size) {
      const int i0 = axis[0].index[m / plan->M[1]], i1 = axis[1].index[m % plan->M[1]];

      if (i0 >= 0 && i1 >= 0)
        PutRow(row, x + c * S + ((size_t)i0 * plan->n[1] + (size_t)i1) * plan->n[2], S, &axis[2], pairs);
    }
  }
}

static void SpreadNumbers(KNHalf *to, const float *x, const KNSpread *spread, const KNTileConvolution *plan, size_t C)
{
  Spread(to, x, spread, plan, C, 0);
}

static void SpreadPairs(KNPair *to, const float *x, const KNSpread *spread, const KNTileConvolution *plan, size_t C)
{
  Spread(to, x, spread, plan, C, 1);
}

/* y (C, n) = (or += if add) those of COLUMNS results from point q of the line that are no padding. */
static KN_WITH_BFLOAT16 void Store(float *y, const float *block, const KNTileConvolution *plan, size_t q, size_t C,
                                   const float *bias, int add)
{
  const size_t *n = plan->n, *M = plan->M, S = n[0] * n[1] * n[2], end = PetscMin(q + COLUMNS, plan->points);

  for (size_t next = q; next < end; next = (next / M[2] + 1) * M[2]) {
    const size_t row = next / M[2], column = next % M[2];

    if (column >= n[2] || row % M[1] >= n[1]) continue;

    const size_t    count = PetscMin(n[2] - column, end - next);
    const __mmask32 mask  = (__mmask32)(((uint64_t)1 << count) - 1);
    float          *to    = y + (row / M[1] * n[1] + row % M[1]) * n[2] + column;
    const float    *from  = block + (next - q);

    for (size_t c = 0; c < C; c++, to += S, from += COLUMNS) {
      const __m512 constant = _mm512_set1_ps(bias ? bias[c] : 0);

      for (size_t half = 0; half < 2 && half * KN_TILE < count; half++) {
        const __mmask16 valid = (__mmask16)(mask >> half * KN_TILE);
        __m512          sum   = _mm512_add_ps(_mm512_maskz_loadu_ps(valid, from + half * KN_TILE), constant);

        if (add) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(valid, to + half * KN_TILE));
        _mm512_mask_storeu_ps(to + half * KN_TILE, valid, sum);
      }
    }
  }
}

void kn_tile_convolve(float *y, const float *x, const void *W, const float *bias, void *work,
                      const KNTileConvolution *plan, int back, int add)
{
  const size_t  in = back ? plan->Co : plan->Ci, out = back ? plan->Ci : plan->Co;
  const KNHalf *weights = W;
  KNPair       *field   = work;
  float        *block   = Part(work, 2, plan); /* (out, COLUMNS) */

  SpreadPairs(field, x, &plan->around, plan, in);
  kn_tiles_begin(plan->depth[back]);
  for (size_t q = 0; q < plan->points; q += COLUMNS) {
    kn_tiles_sum(block, COLUMNS, weights, in * sizeof(*weights), plan->weight[back], field + q,
                 plan->plane * sizeof(*field), plan->source[back], out, COLUMNS, plan->steps[back], 0);
    Store(y, block, plan, q, out, bias, add);
  }
  kn_tiles_end();
}

void kn_tile_gradient(float *dW, const float *x, const float *dy, void *work, const KNTileConvolution *plan, int add)
{
  const size_t Ci = plan->Ci, Co = plan->Co;
  size_t       left[CHUNK / KN_TILE_DEPTH], right[CHUNK / KN_TILE_DEPTH];
  KNHalf      *fx = work, *fdy = Part(work, 1, plan);
  KNPair      *chunk = Part(work, 2, plan); /* (CHUNK / 2, Co) */

  SpreadNumbers(fx, x, &plan->around, plan, Ci);
  SpreadNumbers(fdy, dy, &plan->behind, plan, Co);
  for (size_t s = 0; s < CHUNK / KN_TILE_DEPTH; s++) {
    left[s]  = s * KN_TILE_DEPTH * sizeof(KNHalf);
    right[s] = s * KN_TILE * Co * sizeof(KNPair);
  }
  kn_tiles_begin(KN_TILE_DEPTH);
  for (size_t q = 0; q < plan->points; q += CHUNK) {
    const size_t steps = (PetscMin(CHUNK, plan->points - q) + KN_TILE_DEPTH - 1) / KN_TILE_DEPTH;

    kn_transpose_pairs(chunk, Co, (const KNPair *)(fdy + q), plan->plane / 2, Co, steps * KN_TILE);
    for (size_t t = 0; t < plan->taps; t++)
      kn_tiles_sum(dW + t * Ci * Co, Co, fx + q + plan->tap[t], plan->plane * sizeof(*fx), left, chunk,
                   Co * sizeof(KNPair), right, Ci, Co, steps, add || q > 0);
  }
  kn_tiles_end();
}
#else
int KNTileConvolutionFits(size_t Ci, size_t Co)
{
  return 0;
}

PetscErrorCode KNTileConvolutionPlan(KNTileConvolution *plan, size_t Ci, size_t Co, const size_t n[3],
                                     const size_t k[3], int periodic)
{
  PetscFunctionBegin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTileConvolutionReset(KNTileConvolution *plan)
{
  PetscFunctionBegin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNTileConvolutionWork(const KNTileConvolution *plan)
{
  return 0;
}

void kn_tile_weights(void *forward, const KNReal *W, size_t o, const KNTileConvolution *plan) {}

void kn_tile_weights_back(void *back, const KNReal *W, size_t i, const KNTileConvolution *plan) {}

void kn_tile_convolve(KNReal *y, const KNReal *x, const void *W, const KNReal *bias, void *work,
                      const KNTileConvolution *plan, int back, int add)
{
}

void kn_tile_gradient(KNReal *dW, const KNReal *x, const KNReal *dy, void *work, const KNTileConvolution *plan, int add)
{
}
#endif
