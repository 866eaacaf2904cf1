/* Winograd's convolutions of 3 x 3 points: see winograd.h. */
#include "wide.h"
#include "winograd.h"

/* u (4) = G g (3), `apart` elements apart */
static void kn_filter(double *u, const double *g, size_t apart)
{
  u[0]         = g[0];
  u[apart]     = 0.5 * (g[0] + g[apart] + g[2 * apart]);
  u[2 * apart] = 0.5 * (g[0] - g[apart] + g[2 * apart]);
  u[3 * apart] = g[2 * apart];
}

void kn_winograd_weights(KNReal *U, KNReal *back, const KNReal *W, size_t o, size_t Ci, size_t Co)
{
  for (size_t i = 0; i < Ci; i++) {
    const KNReal *w = W + (o * Ci + i) * 9;

    for (int turned = 0; turned < 2; turned++) { /* the gradient of the input sees the kernel from its end */
      double g[4 * 4] = {0}, half[4 * 4] = {0}, u[4 * 4] = {0}; // (rows, columns)

      for (size_t t = 0; t < 9; t++) g[t / 3 * 4 + t % 3] = (double)w[turned ? 8 - t : t];
      for (size_t c = 0; c < 3; c++) kn_filter(half + c, g + c, 4);
      for (size_t r = 0; r < 4; r++) kn_filter(u + 4 * r, half + 4 * r, 1);
      for (size_t p = 0; p < KN_WINOGRAD; p++) {
        if (turned) back[(p * Co + o) * Ci + i] = (KNReal)u[p];
        else U[(p * Ci + i) * Co + o] = (KNReal)u[p];
      }
    }
  }
}

/* The kernels below take `lanes` channels of a row of tiles; inlined, so that full vectors have a constant number. */
#define KN_INLINE static inline __attribute__((always_inline)) void

/* Row r of B^T d of one column of d is d[above] + sign d[below]. */
static const struct {
  size_t above, below;
  KNReal sign;
} rows_of_input[4] = {{0, 2, -1}, {1, 2, 1}, {2, 1, -1}, {1, 3, -1}};

/* One row of the four after the other: few numbers are at work at a time. A tile shares two columns with the one before
 * it. */
KN_INLINE kn_input_row(KNReal *V, const KNReal *d, size_t line, size_t plane, size_t columns, size_t C, size_t lanes)
{
  for (size_t r = 0; r < 4; r++, V += 4 * plane) {
    const KNReal *above = d + rows_of_input[r].above * line, *below = d + rows_of_input[r].below * line;
    const KNReal  sign = rows_of_input[r].sign;
    kn_wide       h0   = kn_load(above, lanes) + sign * kn_load(below, lanes),
            h1         = kn_load(above + C, lanes) + sign * kn_load(below + C, lanes);

    for (size_t j = 0; j < columns; j++) {
      const size_t  at = 2 * (j + 1) * C;
      const kn_wide h2 = kn_load(above + at, lanes) + sign * kn_load(below + at, lanes),
                    h3 = kn_load(above + at + C, lanes) + sign * kn_load(below + at + C, lanes);

      kn_store(V + j * C, h0 - h2, lanes);
      kn_store(V + plane + j * C, h1 + h2, lanes);
      kn_store(V + 2 * plane + j * C, h2 - h1, lanes);
      kn_store(V + 3 * plane + j * C, h1 - h3, lanes);
      h0 = h2;
      h1 = h3;
    }
  }
}

void kn_winograd_input(KNReal *V, size_t plane, const KNReal *d, size_t M, size_t rows, size_t columns, size_t C)
{
  for (size_t i = 0; i < rows; i++, d += 2 * M * C, V += columns * C) {
    size_t c = 0;

    for (; c + KN_WIDE <= C; c += KN_WIDE) kn_input_row(V + c, d + c, M * C, plane, columns, C, KN_WIDE);
    if (c < C) kn_input_row(V + c, d + c, M * C, plane, columns, C, C - c);
  }
}

KN_INLINE kn_output_row(KNReal *y, const KNReal *m, size_t line, size_t plane, size_t columns, size_t C, size_t lanes)
{
  for (size_t j = 0; j < columns; j++, m += C, y += 2 * C) {
    kn_wide h0[4], h1[4]; /* rows of A^T m */

    for (size_t k = 0; k < 4; k++) {
      const kn_wide m0 = kn_load(m + k * plane, lanes), m1 = kn_load(m + (4 + k) * plane, lanes),
                    m2 = kn_load(m + (8 + k) * plane, lanes), m3 = kn_load(m + (12 + k) * plane, lanes);

      h0[k] = m0 + m1 + m2;
      h1[k] = m1 - m2 - m3;
    }
    kn_store(y, h0[0] + h0[1] + h0[2], lanes);
    kn_store(y + C, h0[1] - h0[2] - h0[3], lanes);
    kn_store(y + line, h1[0] + h1[1] + h1[2], lanes);
    kn_store(y + line + C, h1[1] - h1[2] - h1[3], lanes);
  }
}

void kn_winograd_output(KNReal *y, const KNReal *m, size_t plane, size_t rows, size_t columns, size_t C)
{
  const size_t line = 2 * columns * C;

  for (size_t i = 0; i < rows; i++, m += columns * C, y += 2 * line) {
    size_t c = 0;

    for (; c + KN_WIDE <= C; c += KN_WIDE) kn_output_row(y + c, m + c, line, plane, columns, C, KN_WIDE);
    if (c < C) kn_output_row(y + c, m + c, line, plane, columns, C, C - c);
  }
}

/* width: columns of dy; below: 1 or 0, whether the tiles have a second row. */
KN_INLINE kn_output_row_back(KNReal *dm, const KNReal *dy, size_t line, size_t plane, size_t columns, size_t width,
                             KNReal below, size_t C, size_t lanes)
{
  for (size_t j = 0; j < columns; j++, dm += C, dy += 2 * C) {
    const KNReal  right = 2 * j + 1 < width;
    const kn_wide e00 = kn_load(dy, lanes), e01 = right * kn_load(dy + C, lanes),
                  e10 = below * kn_load(dy + line, lanes), e11 = below * right * kn_load(dy + line + C, lanes);
    const kn_wide h[4][2] = {{e00, e01}, {e00 + e10, e01 + e11}, {e00 - e10, e01 - e11}, {-e10, -e11}};

    for (size_t r = 0; r < 4; r++) {
      kn_store(dm + 4 * r * plane, h[r][0], lanes);
      kn_store(dm + (4 * r + 1) * plane, h[r][0] + h[r][1], lanes);
      kn_store(dm + (4 * r + 2) * plane, h[r][0] - h[r][1], lanes);
      kn_store(dm + (4 * r + 3) * plane, -h[r][1], lanes);
    }
  }
}

void kn_winograd_output_back(KNReal *dm, size_t plane, const KNReal *dy, size_t M, size_t n0, size_t n1, size_t rows,
                             size_t columns, size_t C)
{
  for (size_t i = 0; i < rows; i++, dm += columns * C, dy += 2 * M * C) {
    const KNReal below = 2 * i + 1 < n0;
    size_t       c     = 0;

    for (; c + KN_WIDE <= C; c += KN_WIDE)
      kn_output_row_back(dm + c, dy + c, M * C, plane, columns, n1, below, C, KN_WIDE);
    if (c < C) kn_output_row_back(dm + c, dy + c, M * C, plane, columns, n1, below, C, C - c);
  }
}

void kn_winograd_weights_back(KNReal *restrict dW, const KNReal *restrict dU, size_t Ci, size_t Co)
{
  const size_t plane = Ci * Co;
  const KNReal h     = (KNReal)0.5;

#pragma omp simd
  for (size_t e = 0; e < plane; e++) {
    KNReal half[3][4];

    for (size_t k = 0; k < 4; k++) {
      const KNReal u0 = dU[k * plane + e], u1 = dU[(4 + k) * plane + e], u2 = dU[(8 + k) * plane + e],
                   u3 = dU[(12 + k) * plane + e];

      half[0][k] = u0 + h * (u1 + u2);
      half[1][k] = h * (u1 - u2);
      half[2][k] = h * (u1 + u2) + u3;
    }
    for (size_t r = 0; r < 3; r++) {
      const KNReal g0 = half[r][0] + h * (half[r][1] + half[r][2]), g1 = h * (half[r][1] - half[r][2]),
                   g2 = h * (half[r][1] + half[r][2]) + half[r][3];

      dW[(3 * r) * plane + e]     = g0;
      dW[(3 * r + 1) * plane + e] = g1;
      dW[(3 * r + 2) * plane + e] = g2;
    }
  }
}
