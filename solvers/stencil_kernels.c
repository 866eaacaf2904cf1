/* The parts of a multigrid cycle for stencils of nine points: see stencil_kernels.h. */
#include "stencil_kernels.h"
#include "row_kernels.h"

/* t[j] = b[j] - what row i - 1 (before) or i + 1 adds, of columns j - 1, j and j + 1. */
static void kn_before(PetscReal *t, const PetscReal *b, const PetscReal *u, const KNStencil *A, size_t i)
{
  const size_t     m   = A->m;
  const ptrdiff_t  row = ((ptrdiff_t)i - 1) * (ptrdiff_t)(m + 2); /* the rim's for i = 0 */
  const PetscReal *S = A->S + row, *v = u + row;

#pragma omp simd
  for (size_t j = 0; j < m; j++) t[j] = b[j] - S[j] * v[j];
  if (!A->SE) return;
  const PetscReal *SE = A->SE + row, *SW = A->SW + row;

#pragma omp simd
  for (size_t j = 0; j < m; j++) t[j] -= SE[(ptrdiff_t)j - 1] * v[(ptrdiff_t)j - 1] + SW[j + 1] * v[j + 1];
}

static void kn_after(PetscReal *t, const PetscReal *b, const PetscReal *u, const KNStencil *A, size_t i)
{
  const size_t     m = A->m, row = i * (m + 2);
  const PetscReal *S = A->S + row, *v = u + row + m + 2;

#pragma omp simd
  for (size_t j = 0; j < m; j++) t[j] = b[j] - S[j] * v[j];
  if (!A->SE) return;
  const PetscReal *SE = A->SE + row, *SW = A->SW + row;

#pragma omp simd
  for (size_t j = 0; j < m; j++) t[j] -= SE[j] * v[j + 1] + SW[j] * v[(ptrdiff_t)j - 1];
}

void kn_stencil_forward(PetscReal *restrict u, const PetscReal *b, size_t ldb, const KNStencil *A, PetscReal *work)
{
  const size_t m = A->m, pitch = m + 2;

  for (size_t i = 0; i < m; i++) {
    const PetscReal *E = A->E + i * pitch, *inverse = A->inverse + i * pitch;
    PetscReal       *to = u + i * pitch, last = 0;

    kn_before(work, b + i * ldb, u, A, i);
    for (size_t j = 0; j < m; j++) {
      last  = work[j] * inverse[j] - (E[(ptrdiff_t)j - 1] * inverse[j]) * last;
      to[j] = last;
    }
  }
}

void kn_stencil_residual(PetscReal *restrict r, const PetscReal *restrict u, const KNStencil *A)
{
  const size_t m = A->m, pitch = m + 2;

  for (size_t i = 0; i < m; i++) {
    const size_t     row = i * pitch;
    const PetscReal *E = A->E + row, *S = A->S + row, *here = u + row, *below = here + pitch;

#pragma omp simd
    for (size_t j = 0; j < m; j++) r[row + j] = -(E[j] * here[j + 1] + S[j] * below[j]);
    if (!A->SE) continue;
    const PetscReal *SE = A->SE + row, *SW = A->SW + row;

#pragma omp simd
    for (size_t j = 0; j < m; j++) r[row + j] -= SE[j] * below[j + 1] + SW[j] * below[(ptrdiff_t)j - 1];
  }
}

void kn_stencil_backward(PetscReal *restrict u, const PetscReal *b, size_t ldb, const KNStencil *A, PetscReal *work)
{
  const size_t m = A->m, pitch = m + 2;

  for (size_t i = m; i-- > 0;) {
    const PetscReal *E = A->E + i * pitch, *inverse = A->inverse + i * pitch;
    PetscReal       *to = u + i * pitch, last = 0;

    kn_before(work, b + i * ldb, u, A, i);
#pragma omp simd
    for (size_t j = 0; j < m; j++) work[j] -= E[(ptrdiff_t)j - 1] * to[(ptrdiff_t)j - 1];
    kn_after(work, work, u, A, i);
    for (size_t j = m; j-- > 0;) {
      last  = work[j] * inverse[j] - (E[j] * inverse[j]) * last;
      to[j] = last;
    }
  }
}

void kn_stencil_restrict(PetscReal *restrict coarse, const PetscReal *restrict fine, size_t m, const PetscReal *left,
                         const PetscReal *right, PetscReal *restrict work)
{
  const size_t pitch = m + 2, K = m / 2;

  for (size_t ci = 0; ci < K; ci++) {
    const PetscReal *f = fine + 2 * ci * pitch, before = right[ci], after = left[ci + 1];
    PetscReal       *to = coarse + ci * (K + 2);

#pragma omp simd
    for (size_t j = 0; j < m; j++) work[j] = before * f[j] + f[j + pitch] + after * f[j + 2 * pitch];
    for (size_t cj = 0; cj < K; cj++)
      to[cj] = right[cj] * work[2 * cj] + work[2 * cj + 1] + (2 * cj + 2 < m ? left[cj + 1] * work[2 * cj + 2] : 0);
  }
}

void kn_stencil_prolong(PetscReal *restrict fine, const PetscReal *restrict coarse, size_t m, const PetscReal *left,
                        const PetscReal *right, PetscReal *restrict work)
{
  const size_t pitch = m + 2, K = m / 2;

  for (size_t i = 0; i < m; i++) {
    const size_t     ci   = i / 2;
    const PetscReal *here = coarse + ci * (K + 2), *above = here - (K + 2);
    PetscReal       *to = fine + i * pitch, before = 0; /* coarse point cj - 1 of this row */

    for (size_t cj = 0; cj < K; cj++) work[cj] = i % 2 ? here[cj] : left[ci] * above[cj] + right[ci] * here[cj];
    for (size_t cj = 0; cj < K; cj++) {
      to[2 * cj] += left[cj] * before + right[cj] * work[cj];
      to[2 * cj + 1] += work[cj];
      before = work[cj];
    }
    if (m % 2) to[m - 1] += left[K] * before;
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
