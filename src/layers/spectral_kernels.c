/* Folding, collecting, spreading: see spectral_kernels.h. */
#include "spectral_kernels.h"
#include <math.h>
#include <string.h>

void kn_waves(KNReal *wave, KNReal *transposed, size_t n, size_t first_k, size_t K, size_t first_s, size_t points,
              int sine, double scale)
{
  // wave: (K, points) cosine or sine of 2 pi k s / n for k from first_k, s from first_s on, times scale. Angles are
  // reduced in integers, in double.
  for (size_t k = 0; k < K; k++) {
    for (size_t s = 0; s < points; s++) {
      const double theta = 2 * M_PI * (double)((first_k + k) * (first_s + s) % n) / (double)n;

      wave[k * points + s] = transposed[s * K + k] = (KNReal)(scale * (sine ? sin(theta) : cos(theta)));
    }
  }
}

void kn_fold_rows(KNReal *restrict e, KNReal *restrict o, const KNReal *restrict x, size_t C, size_t n1, size_t n2)
{
  // e: (n1/2 + 1, C, n2), o: ((n1 - 1)/2, C, n2) of s1 = 0.., 1.., x: (C, n1, n2)
  for (size_t c = 0; c < C; c++) {
    const KNReal *restrict xc = x + c * n1 * n2;

    for (size_t s = 0; s <= n1 / 2; s++) {
      const KNReal *restrict a = xc + s * n2, *restrict b = xc + (n1 - s) * n2;
      KNReal *restrict es = e + (s * C + c) * n2, *restrict os = o + ((s ? s - 1 : 0) * C + c) * n2;

      if (s == 0 || 2 * s == n1) {
        memcpy(es, a, n2 * sizeof(*es));
        continue;
      }
      for (size_t i = 0; i < n2; i++) {
        es[i] = a[i] + b[i];
        os[i] = a[i] - b[i];
      }
    }
  }
}

void kn_unfold_rows(KNReal *restrict y, const KNReal *restrict e, const KNReal *restrict o, size_t C, size_t n1,
                    size_t n2, int add)
{
  // The adjoint: y: (C, n1, n2) = (or += if add), shapes as in kn_fold_rows
  for (size_t c = 0; c < C; c++) {
    KNReal *restrict yc = y + c * n1 * n2;

    for (size_t s = 0; s <= n1 / 2; s++) {
      const KNReal *restrict es = e + (s * C + c) * n2, *restrict os = o + ((s ? s - 1 : 0) * C + c) * n2;
      KNReal *restrict a = yc + s * n2, *restrict b = yc + (n1 - s) * n2;

      if (s == 0 || 2 * s == n1) {
        for (size_t i = 0; i < n2; i++) a[i] = (add ? a[i] : 0) + es[i];
        continue;
      }
      for (size_t i = 0; i < n2; i++) {
        a[i] = (add ? a[i] : 0) + (es[i] + os[i]);
        b[i] = (add ? b[i] : 0) + (es[i] - os[i]);
      }
    }
  }
}

void kn_fold_columns(KNReal *restrict e, KNReal *restrict o, const KNReal *restrict x, size_t C, size_t n)
{
  // e: (C, n/2 + 1), o: (C, (n - 1)/2), x: (C, n)
  const size_t even = n / 2 + 1, odd = (n - 1) / 2;

  for (size_t c = 0; c < C; c++) {
    const KNReal *restrict xc = x + c * n;

    e[c * even] = xc[0];
    if (n % 2 == 0) e[c * even + n / 2] = xc[n / 2];
    for (size_t s = 0; s < odd; s++) {
      e[c * even + s + 1] = xc[s + 1] + xc[n - 1 - s];
      o[c * odd + s]      = xc[s + 1] - xc[n - 1 - s];
    }
  }
}

void kn_unfold_columns(KNReal *restrict y, const KNReal *restrict e, const KNReal *restrict o, size_t C, size_t n,
                       int add)
{
  // The adjoint: y: (C, n) = (or += if add), shapes as in kn_fold_columns
  const size_t even = n / 2 + 1, odd = (n - 1) / 2;

  for (size_t c = 0; c < C; c++) {
    KNReal *restrict yc       = y + c * n;
    const KNReal *restrict ec = e + c * even, *restrict oc = o + c * odd;

    yc[0] = (add ? yc[0] : 0) + ec[0];
    if (n % 2 == 0) yc[n / 2] = (add ? yc[n / 2] : 0) + ec[n / 2];
    for (size_t s = 0; s < odd; s++) yc[s + 1] = (add ? yc[s + 1] : 0) + (ec[s + 1] + oc[s]);
    for (size_t s = 0; s < odd; s++) yc[n - 1 - s] = (add ? yc[n - 1 - s] : 0) + (ec[s + 1] - oc[s]);
  }
}

/*
  Collecting and spreading transpose between u, channel first, and the modes, channel last. They go through BLOCK
  channels at a time, so that a cache line of u is used up before it is lost.
*/
enum { BLOCK = 8 };

void kn_collect_product(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict u, size_t K1,
                        size_t h, size_t m, size_t C)
{
  // X_k = cosine part - i sign(k1) sine part; u: (2 h + 1, C, 2, m)
  const size_t row = C * 2 * m;

  for (size_t k1 = 0; k1 < K1; k1++) {
    const int    negative = k1 >= h && h > 0;
    const size_t a        = negative ? K1 - k1 : k1; // |k1|
    const size_t b        = a ? h + a : 0;           // its sine; of 0: any row, times 0
    const KNReal sign     = a == 0 ? 0 : negative ? -1 : 1;

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        KNReal *restrict Xk = X + (k1 * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          const KNReal *restrict cosine = u + a * row + c * 2 * m + k2;
          const KNReal *restrict sine   = u + b * row + c * 2 * m + k2;

          Xk[c]             = cosine[0] + sign * sine[m];
          Xk[imaginary + c] = cosine[m] - sign * sine[0];
        }
      }
    }
  }
}

void kn_spread_product(KNReal *restrict u, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t K1,
                       size_t h, size_t m, size_t C)
{
  // The adjoint of kn_collect_product: each |k1| receives from k1 and -k1. u: (2 h + 1, C, 2, m)
  const size_t row = C * 2 * m;

  for (size_t a = 0; a <= h; a++) {
    const KNReal plus  = a < h || h == 0 ? 1 : 0; // |k1| = h is kept as -h only
    const KNReal minus = a > 0 ? 1 : 0;
    const size_t kp = plus != 0 ? a : K1 - a, km = minus != 0 ? K1 - a : a;

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        const KNReal *restrict Yp = Y + (kp * m + k2) * stride;
        const KNReal *restrict Ym = Y + (km * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          KNReal *restrict cosine = u + a * row + c * 2 * m + k2;
          KNReal *restrict sine   = u + (h + a) * row + c * 2 * m + k2;

          cosine[0] = plus * Yp[c] + minus * Ym[c];
          cosine[m] = plus * Yp[imaginary + c] + minus * Ym[imaginary + c];
          if (a) {
            sine[0] = minus * Ym[imaginary + c] - plus * Yp[imaginary + c];
            sine[m] = plus * Yp[c] - minus * Ym[c];
          }
        }
      }
    }
  }
}

void kn_collect_fft(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict u, size_t n1, size_t K1,
                    size_t h, size_t m, size_t C)
{
  // u: (C, n1, m, 2); k1 < 0 stands at n1 + k1
  for (size_t k1 = 0; k1 < K1; k1++) {
    const size_t row = k1 < h || h == 0 ? k1 : n1 - (K1 - k1);

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        KNReal *restrict Xk = X + (k1 * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          Xk[c]             = u[((c * n1 + row) * m + k2) * 2];
          Xk[imaginary + c] = u[((c * n1 + row) * m + k2) * 2 + 1];
        }
      }
    }
  }
}

void kn_spread_fft(KNReal *restrict u, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t n1, size_t K1,
                   size_t h, size_t m, size_t C)
{
  // u: (C, n1, m, 2), 0 where no mode is kept. c2r adds -k2 to k2 > 0: they enter with 1/2.
  for (size_t c = 0; c < C; c++) memset(u + (c * n1 + h) * m * 2, 0, (n1 - h) * m * 2 * sizeof(*u));
  for (size_t k1 = 0; k1 < K1; k1++) {
    const size_t row = k1 < h || h == 0 ? k1 : n1 - (K1 - k1);

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        const KNReal *restrict Yk = Y + (k1 * m + k2) * stride;
        const KNReal half         = k2 ? (KNReal)0.5 : 1;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          u[((c * n1 + row) * m + k2) * 2]     = half * Yk[c];
          u[((c * n1 + row) * m + k2) * 2 + 1] = half * Yk[imaginary + c];
        }
      }
    }
  }
}
