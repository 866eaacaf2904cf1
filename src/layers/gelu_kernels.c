/* GELU and its derivative, row by row: see gelu_kernels.h. */
#include "gelu_kernels.h"
#include "normal.h"

void kn_gelu_forward(KNReal *v, const KNReal *z, size_t n)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    KNReal Phi, phi;

    kn_normal(z[s], &Phi, &phi);
    v[s] = z[s] * Phi;
  }
}

void kn_gelu_add(KNReal *y, const KNReal *z, size_t n)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    KNReal Phi, phi;

    kn_normal(z[s], &Phi, &phi);
    y[s] += z[s] * Phi;
  }
}

void kn_gelu_backward(KNReal *dz, const KNReal *dv, const KNReal *z, size_t n, int add)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    KNReal Phi, phi;

    kn_normal(z[s], &Phi, &phi);
    dz[s] = (add ? dz[s] : 0) + dv[s] * (Phi + z[s] * phi);
  }
}

void kn_gelu_both(KNReal *v, KNReal *slope, const KNReal *z, size_t n)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    const KNReal x = z[s];
    KNReal       Phi, phi;

    kn_normal(x, &Phi, &phi);
    v[s]     = x * Phi;
    slope[s] = Phi + x * phi;
  }
}

void kn_sum_forward(KNReal *y, const KNReal *x, const KNReal *v, size_t n, int add)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) y[s] = (add ? y[s] : 0) + (x[s] + v[s]);
}

/* to = (or += if add) dy, unless they are one array */
static void kn_hand_on(KNReal *to, const KNReal *dy, size_t n, int add)
{
  if (!to || to == dy) return;
#pragma omp simd
  for (size_t s = 0; s < n; s++) to[s] = (add ? to[s] : 0) + dy[s];
}

void kn_sum_backward(KNReal *dx, KNReal *dv, const KNReal *dy, size_t n, int add)
{
  kn_hand_on(dv, dy, n, add);
  kn_hand_on(dx, dy, n, add);
}

void kn_sum_gelu_forward(KNReal *y, const KNReal *x, const KNReal *v, size_t n, int add)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    const KNReal z = x[s] + v[s];
    KNReal       Phi, phi;

    kn_normal(z, &Phi, &phi);
    y[s] = (add ? y[s] : 0) + z * Phi;
  }
}

void kn_sum_gelu_backward(KNReal *dx, KNReal *dv, const KNReal *dy, const KNReal *x, const KNReal *v, size_t n, int add)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    const KNReal z = x[s] + v[s];
    KNReal       Phi, phi, dz;

    kn_normal(z, &Phi, &phi);
    dz = dy[s] * (Phi + z * phi);
    if (dx) dx[s] = (add ? dx[s] : 0) + dz;
    if (dv) dv[s] = (add ? dv[s] : 0) + dz;
  }
}

void kn_drift_forward(KNReal *y, const KNReal *x, const KNReal *z, size_t n, int add)
{
#pragma omp simd
  for (size_t s = 0; s < n; s++) {
    KNReal Phi, phi;

    kn_normal(z[s], &Phi, &phi);
    y[s] = (add ? y[s] : 0) + (x[s] + z[s] * Phi);
  }
}

void kn_drift_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *z, size_t n, int add)
{
  if (dz) kn_gelu_backward(dz, dy, z, n, add);
  kn_hand_on(dx, dy, n, add);
}
