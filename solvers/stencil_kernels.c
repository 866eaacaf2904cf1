/* The parts of a multigrid cycle for stencils of nine points: see stencil_kernels.h. */
#include "stencil_kernels.h"
#include "row_kernels.h"

/*
  t (m) = (b - what is known of its neighbours)/C in row i of a sweep from u = 0, first to last point: the row before.
  Each point waits for the last one then, for one product and no more.
*/
static void kn_known_forward(PetscReal *restrict t, const PetscReal *restrict b, const PetscReal *restrict u,
                             const KNStencil *A, size_t i)
{
  const size_t     m       = A->m;
  const ptrdiff_t  before  = ((ptrdiff_t)i - 1) * (ptrdiff_t)(m + 2); /* the rim's for i = 0 */
  const PetscReal *inverse = A->inverse + i * (m + 2), *N = A->S + before, *above = u + before;

  if (!A->SE) {
#pragma omp simd
    for (size_t j = 0; j < m; j++) t[j] = (b[j] - N[j] * above[j]) * inverse[j];
    return;
  }
  const PetscReal *NW = A->SE + before - 1, *NE = A->SW + before + 1, *west = above - 1, *east = above + 1;

#pragma omp simd
  for (size_t j = 0; j < m; j++) t[j] = (b[j] - N[j] * above[j] - (NW[j] * west[j] + NE[j] * east[j])) * inverse[j];
}

/* The same from the last point to the first, over a u that is there: rows before and after, the point before. */
static void kn_known_backward(PetscReal *restrict t, const PetscReal *restrict b, const PetscReal *restrict u,
                              const KNStencil *A, size_t i)
{
  const size_t     m   = A->m;
  const ptrdiff_t  row = (ptrdiff_t)(i * (m + 2)), before = row - (ptrdiff_t)(m + 2);
  const PetscReal *inverse = A->inverse + row, *N = A->S + before, *S = A->S + row, *W = A->E + row - 1;
  const PetscReal *above = u + before, *west = u + row - 1, *below = u + row + m + 2;

  if (!A->SE) {
#pragma omp simd
    for (size_t j = 0; j < m; j++) t[j] = (b[j] - N[j] * above[j] - W[j] * west[j] - S[j] * below[j]) * inverse[j];
    return;
  }
  const PetscReal *NW = A->SE + before - 1, *NE = A->SW + before + 1, *SE = A->SE + row, *SW = A->SW + row;

#pragma omp simd
  for (size_t j = 0; j < m; j++) {
    const ptrdiff_t k = (ptrdiff_t)j;

    t[j] = (b[j] - N[j] * above[j] - W[j] * west[j] - S[j] * below[j] - (NW[j] * above[k - 1] + NE[j] * above[k + 1]) -
            (SW[j] * below[k - 1] + SE[j] * below[k + 1])) *
           inverse[j];
  }
}

static void kn_sweep_forward(PetscReal *u, const PetscReal *b, const KNStencil *A, size_t i, PetscReal *work)
{
  const size_t     m = A->m, row = i * (m + 2);
  const PetscReal *W = A->E + row - 1, *inverse = A->inverse + row;
  PetscReal       *to = u + row, last = 0;

  kn_known_forward(work, b, u, A, i);
  for (size_t j = 0; j < m; j++) {
    last  = work[j] - (W[j] * inverse[j]) * last;
    to[j] = last;
  }
}

static void kn_sweep_backward(PetscReal *u, const PetscReal *b, const KNStencil *A, size_t i, PetscReal *work)
{
  const size_t     m = A->m, row = i * (m + 2);
  const PetscReal *E = A->E + row, *inverse = A->inverse + row;
  PetscReal       *to = u + row, last = 0;

  kn_known_backward(work, b, u, A, i);
  for (size_t j = m; j-- > 0;) {
    last  = work[j] - (E[j] * inverse[j]) * last;
    to[j] = last;
  }
}

void kn_stencil_multiply(PetscReal *restrict y, const PetscReal *restrict x, const KNStencil *A)
{
  const size_t m = A->m, pitch = m + 2, last = m - 1;

  for (size_t i = 0; i < m; i++) {
    const ptrdiff_t  row = (ptrdiff_t)(i * pitch);
    const PetscReal *C = A->C + row, *E = A->E + row, *S = A->S + row, *N = S - pitch; /* N, S: 0 on the rim */
    const PetscReal *here = x + i * m, *above = i > 0 ? here - m : here, *below = i < last ? here + m : here;
    PetscReal       *to = y + i * m;

    to[0] = C[0] * here[0] + E[0] * here[1] + S[0] * below[0] + N[0] * above[0];
#pragma omp simd
    for (size_t j = 1; j < last; j++)
      to[j] = C[j] * here[j] + E[j - 1] * here[j - 1] + E[j] * here[j + 1] + S[j] * below[j] + N[j] * above[j];
    to[last] = C[last] * here[last] + E[last - 1] * here[last - 1] + S[last] * below[last] + N[last] * above[last];
  }
}

/* r (m) = row i of -U u */
static void kn_left_over(PetscReal *restrict r, const PetscReal *restrict u, const KNStencil *A, size_t i)
{
  const size_t     m = A->m, row = i * (m + 2);
  const PetscReal *E = A->E + row, *S = A->S + row, *here = u + row, *below = here + m + 2;

#pragma omp simd
  for (size_t j = 0; j < m; j++) r[j] = -(E[j] * here[j + 1] + S[j] * below[j]);
  if (!A->SE) return;
  const PetscReal *SE = A->SE + row, *SW = A->SW + row;

#pragma omp simd
  for (size_t j = 0; j < m; j++) r[j] -= SE[j] * below[j + 1] + SW[j] * below[(ptrdiff_t)j - 1];
}

/* to (K) = row (m) restricted along its axis */
static void kn_restrict_columns(PetscReal *restrict to, const PetscReal *restrict row, size_t m, const PetscReal *left,
                                const PetscReal *right)
{
  const size_t K = m / 2;

  for (size_t cj = 0; cj < K; cj++)
    to[cj] = right[cj] * row[2 * cj] + row[2 * cj + 1] + (2 * cj + 2 < m ? left[cj + 1] * row[2 * cj + 2] : 0);
}

/*
  Rows r (m) come first to last; sum (m) gathers those of one coarse row, each of even i is the last one of a coarse row
  and the first one of the next.
*/
static void kn_restrict_row(PetscReal *coarse, PetscReal *restrict sum, const PetscReal *restrict r, size_t i, size_t m,
                            const PetscReal *left, const PetscReal *right)
{
  const size_t    K = m / 2, ci = i / 2;
  const PetscReal before = right[ci], after = left[ci];

  if (i % 2) {
#pragma omp simd
    for (size_t j = 0; j < m; j++) sum[j] += r[j];
    if (i + 1 == m) kn_restrict_columns(coarse + ci * (K + 2), sum, m, left, right);
    return;
  }
  if (i > 0) {
#pragma omp simd
    for (size_t j = 0; j < m; j++) sum[j] += after * r[j];
    kn_restrict_columns(coarse + (ci - 1) * (K + 2), sum, m, left, right);
  }
#pragma omp simd
  for (size_t j = 0; j < m; j++) sum[j] = before * r[j];
}

void kn_stencil_down(PetscReal *coarse, PetscReal *u, const PetscReal *b, size_t ldb, const KNStencil *A,
                     const PetscReal *left, const PetscReal *right, PetscReal *work)
{
  const size_t m   = A->m;
  PetscReal   *sum = work + m, *r = sum + m;

  for (size_t i = 0; i <= m; i++) {
    if (i < m) kn_sweep_forward(u, b + i * ldb, A, i, work);
    if (i == 0) continue;
    kn_left_over(r, u, A, i - 1);
    kn_restrict_row(coarse, sum, r, i - 1, m, left, right);
  }
}

/* Row i of u += P coarse */
static void kn_prolong_row(PetscReal *restrict u, const PetscReal *restrict coarse, size_t i, size_t m,
                           const PetscReal *left, const PetscReal *right, PetscReal *restrict work)
{
  const size_t     K = m / 2, ci = i / 2;
  const PetscReal *here = coarse + ci * (K + 2), *above = here - (K + 2);
  const PetscReal  a = i % 2 ? 0 : left[ci], b = i % 2 ? 1 : right[ci];
  PetscReal       *to = u + i * (m + 2), before = 0; /* coarse point cj - 1 of this row */

#pragma omp simd
  for (size_t cj = 0; cj < K; cj++) work[cj] = a * above[cj] + b * here[cj];
  for (size_t cj = 0; cj < K; cj++) {
    to[2 * cj] += left[cj] * before + right[cj] * work[cj];
    to[2 * cj + 1] += work[cj];
    before = work[cj];
  }
  if (m % 2) to[m - 1] += left[K] * before;
}

void kn_stencil_up(PetscReal *u, const PetscReal *coarse, const PetscReal *b, size_t ldb, const KNStencil *A,
                   const PetscReal *left, const PetscReal *right, PetscReal *work)
{
  const size_t m = A->m;

  for (size_t i = m + 1; i-- > 0;) { /* the sweep of row i reads row i - 1 */
    if (i > 0) kn_prolong_row(u, coarse, i - 1, m, left, right, work);
    if (i < m) kn_sweep_backward(u, b + i * ldb, A, i, work);
  }
}

/*
  Coarsening of one axis, of entries between its points k, for a fixed difference along the other axis: e(k, k) and the
  two e(k, k + 1), e(k + 1, k); the support of coarse point K is 2 K, 2 K + 1, 2 K + 2 with weights a, 1, b.
      kn_same  e'(K, K)
      kn_next  e'(K, K + 1), a of K + 1: from e(2 K + 1, 2 K + 2), e(2 K + 2, 2 K + 2), e(2 K + 2, 2 K + 3)
*/
static inline PetscReal kn_same(PetscReal a, PetscReal b, PetscReal e0, PetscReal e1, PetscReal e2, PetscReal both01,
                                PetscReal both12)
{
  return a * a * e0 + e1 + b * b * e2 + a * both01 + b * both12;
}

static inline PetscReal kn_next(PetscReal a, PetscReal b, PetscReal e12, PetscReal e22, PetscReal e23)
{
  return a * e12 + b * (a * e22 + e23);
}

/* A row of the stencil: entries that it has not are 0. */
typedef struct {
  const PetscReal *C, *E, *S, *SE, *SW;
} Row;

/*
  Column cj of a row, and what joins it to cj + 1, if that is there (joined). inside: whether fine point 2 cj + 2 is
  there; nine: whether the fine stencil has nine points.
*/
KN_ALWAYS void kn_coarsen_column(KNStencil *half, size_t to, const Row *f, size_t cj, const PetscReal *left,
                                 const PetscReal *right, int nine, int inside, int joined)
{
  const size_t    j = 2 * cj;
  const PetscReal a = right[cj], b = left[cj + 1], C2 = inside ? f->C[j + 2] : 0, S2 = inside ? f->S[j + 2] : 0;
  const PetscReal both01 = nine ? f->SE[j] + f->SW[j + 1] : 0;
  const PetscReal both12 = nine && inside ? f->SE[j + 1] + f->SW[j + 2] : 0;

  half->C[to] = kn_same(a, b, f->C[j], f->C[j + 1], C2, 2 * f->E[j], 2 * f->E[j + 1]);
  half->S[to] = kn_same(a, b, f->S[j], f->S[j + 1], S2, both01, both12);
  if (!joined) return;
  const PetscReal next = right[cj + 1];

  half->E[to]      = kn_next(next, b, f->E[j + 1], C2, f->E[j + 2]);
  half->SE[to]     = kn_next(next, b, nine ? f->SE[j + 1] : 0, S2, nine ? f->SE[j + 2] : 0);
  half->SW[to + 1] = kn_next(next, b, nine ? f->SW[j + 2] : 0, S2, nine ? f->SW[j + 3] : 0);
}

/* Columns: fine (m, m) -> half (m, K). */
KN_ALWAYS void kn_coarsen_columns(KNStencil *half, const KNStencil *fine, const PetscReal *left, const PetscReal *right,
                                  int nine)
{
  const size_t m = fine->m, K = m / 2;

  for (size_t i = 0; i < m; i++) {
    const size_t row = i * (m + 2), to = i * (K + 2);
    const Row    f = {fine->C + row, fine->E + row, fine->S + row, nine ? fine->SE + row : NULL,
                   nine ? fine->SW + row : NULL};

    for (size_t cj = 0; cj + 1 < K; cj++) kn_coarsen_column(half, to + cj, &f, cj, left, right, nine, 1, 1);
    kn_coarsen_column(half, to + K - 1, &f, K - 1, left, right, nine, m % 2 == 1, 0);
  }
}

/* Rows: half (m, K) -> coarse (K, K). */
static void kn_coarsen_rows(KNStencil *coarse, const KNStencil *half, size_t m, const PetscReal *left,
                            const PetscReal *right)
{
  const size_t K = m / 2, pitch = K + 2;

  for (size_t ci = 0; ci < K; ci++) {
    const size_t    r0 = 2 * ci * pitch, r1 = r0 + pitch, r2 = r1 + pitch, to = ci * pitch;
    const PetscReal a = right[ci], b = left[ci + 1], next = ci + 1 < K ? right[ci + 1] : 0,
                    inside = 2 * ci + 2 < m ? 1 : 0;
    const PetscReal *C = half->C, *E = half->E, *S = half->S, *SE = half->SE, *SW = half->SW;

#pragma omp simd
    for (size_t cj = 0; cj < K; cj++) {
      coarse->C[to + cj] = kn_same(a, b, C[r0 + cj], C[r1 + cj], inside * C[r2 + cj], 2 * S[r0 + cj], 2 * S[r1 + cj]);
      coarse->E[to + cj] = kn_same(a, b, E[r0 + cj], E[r1 + cj], inside * E[r2 + cj], SE[r0 + cj] + SW[r0 + cj + 1],
                                   SE[r1 + cj] + SW[r1 + cj + 1]);
    }
    if (ci + 1 == K) break;
#pragma omp simd
    for (size_t cj = 0; cj < K; cj++) {
      coarse->S[to + cj]  = kn_next(next, b, S[r1 + cj], C[r2 + cj], S[r2 + cj]);
      coarse->SE[to + cj] = kn_next(next, b, SE[r1 + cj], E[r2 + cj], SE[r2 + cj]);
    }
    // (i, cj) to (i, cj - 1) is E of cj - 1
    coarse->SW[to] = 0;
#pragma omp simd
    for (size_t cj = 1; cj < K; cj++) coarse->SW[to + cj] = kn_next(next, b, SW[r1 + cj], E[r2 + cj - 1], SW[r2 + cj]);
  }
}

void kn_stencil_galerkin(KNStencil *coarse, const KNStencil *fine, KNStencil *half, const PetscReal *left,
                         const PetscReal *right)
{
  const size_t K = fine->m / 2, pitch = K + 2;

  if (fine->SE) kn_coarsen_columns(half, fine, left, right, 1);
  else kn_coarsen_columns(half, fine, left, right, 0);
  kn_coarsen_rows(coarse, half, fine->m, left, right);
  for (size_t ci = 0; ci < K; ci++)
    for (size_t cj = 0; cj < K; cj++) coarse->inverse[ci * pitch + cj] = 1 / coarse->C[ci * pitch + cj];
}
