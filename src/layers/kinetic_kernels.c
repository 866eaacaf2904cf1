/* The fused kernels of kinetic.c: see kinetic_kernels.h. */
#include "kinetic_kernels.h"
#include "gelu_kernels.h"
#include "normal.h"
#include <string.h>

enum { PAIR_TILE = KN_KINETIC_PAIR_TILE };

static size_t kn_row(const KNParticles *group, size_t row, size_t d)
{
  return group->member ? group->member[row / d] * d + row % d : row;
}

void kn_kinetic_forward(KNReal *y, const KNReal *x, const KNReal *z, const KNParticles *group, KNCollisionLaw law,
                        KNReal *work, size_t capacity, size_t d, size_t S, int add)
{
  // y, x, z: (C, S), the rows of the group's particles; work: (3, capacity), capacity >= KN_KINETIC_TILE C
  const size_t rows = group->members * d, tile = PetscMin(capacity / rows, 4 * KN_KINETIC_TILE);
  KNReal      *xt = work, *v = xt + capacity, *collided = v + capacity;

  for (size_t s = 0; s < S; s += tile) {
    const size_t n = PetscMin(tile, S - s);

    for (size_t r = 0; r < rows; r++) {
      const size_t from = kn_row(group, r, d) * S + s;

      memcpy(xt + r * n, x + from, n * sizeof(KNReal));
      kn_gelu_forward(v + r * n, z + from, n);
    }
    kn_collision_perform(collided, law, xt, v, group->omega, group->pair, group->weight, group->pairs, group->members,
                         d, n, 0);
    for (size_t r = 0; r < rows; r++) {
      KNReal *restrict to = y + kn_row(group, r, d) * S + s;

      for (size_t i = 0; i < n; i++) to[i] = (add ? to[i] : 0) + (xt[r * n + i] + collided[r * n + i]);
    }
  }
}

void kn_kinetic_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z,
                         const KNParticles *group, KNCollisionLaw law, KNReal *work, size_t capacity, size_t d,
                         size_t S, int add)
{
  // dx, dz: (C, S) or NULL, dx may be dy, dz may be z; work: (5, capacity). Drift hands dy on to x and to v',
  // collisions to v and once more to x.
  const size_t rows = group->members * d, tile = PetscMin(capacity / rows, 4 * KN_KINETIC_TILE);
  KNReal      *xt = work, *v = xt + capacity, *dyt = v + capacity, *dxt = dyt + capacity, *dv = dxt + capacity;

  for (size_t s = 0; s < S; s += tile) {
    const size_t n = PetscMin(tile, S - s);

    for (size_t r = 0; r < rows; r++) {
      const size_t from = kn_row(group, r, d) * S + s;

      memcpy(xt + r * n, x + from, n * sizeof(KNReal));
      memcpy(dyt + r * n, dy + from, n * sizeof(KNReal));
      kn_gelu_forward(v + r * n, z + from, n);
    }
    memcpy(dxt, dyt, rows * n * sizeof(KNReal));
    memset(dv, 0, rows * n * sizeof(KNReal));
    kn_collision_perform_backward(dxt, dv, dyt, law, xt, v, group->omega, group->pair, group->weight, group->pairs,
                                  group->members, d, n);
    for (size_t r = 0; r < rows; r++) {
      const size_t to = kn_row(group, r, d) * S + s;

      for (size_t i = 0; dx && i < n; i++) dx[to + i] = (add ? dx[to + i] : 0) + dxt[r * n + i];
      if (dz) kn_gelu_backward(dz + to, dv + r * n, z + to, n, add);
    }
  }
}

void kn_pair_forward(KNReal *y, const KNReal *x, const KNReal *z, const uint32_t pair[2], KNReal *work, size_t d,
                     size_t S, int add)
{
  // Particles i and j: with c = x_i - x_j, q = c . (v_i - v_j) / |c|^2, y_i = x_i + v_i - q c, y_j = x_j + v_j + q c.
  // y, x, z: (C, S); work: (3 d + 2, PAIR_TILE)
  KNReal *restrict cr = work, *restrict cc = cr + PAIR_TILE, *rows = cc + PAIR_TILE;
  const size_t i = pair[0] * d * S, j = pair[1] * d * S;

  for (size_t s = 0; s < S; s += PAIR_TILE) {
    const size_t n = PetscMin(PAIR_TILE, S - s);

    memset(cr, 0, n * sizeof(*cr));
    memset(cc, 0, n * sizeof(*cc));
    for (size_t a = 0; a < d; a++) {
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;
      const KNReal *restrict xi = x + at_i, *restrict xj = x + at_j, *restrict zi = z + at_i, *restrict zj = z + at_j;
      KNReal *restrict c = rows + 3 * a * PAIR_TILE, *restrict fi = c + PAIR_TILE, *restrict fj = fi + PAIR_TILE;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        KNReal Phi_i, Phi_j, phi;

        kn_normal(zi[p], &Phi_i, &phi);
        kn_normal(zj[p], &Phi_j, &phi);
        c[p] = xi[p] - xj[p];
        cr[p] += c[p] * (zi[p] * Phi_i - zj[p] * Phi_j);
        cc[p] += c[p] * c[p];
        fi[p] = xi[p] + zi[p] * Phi_i;
        fj[p] = xj[p] + zj[p] * Phi_j;
      }
    }
#pragma omp simd
    for (size_t p = 0; p < n; p++) cr[p] = cc[p] > KN_COLLISION_EPS * KN_COLLISION_EPS ? cr[p] / cc[p] : 0;
    for (size_t a = 0; a < d; a++) {
      const KNReal *restrict c = rows + 3 * a * PAIR_TILE, *restrict fi = c + PAIR_TILE, *restrict fj = fi + PAIR_TILE;
      KNReal *restrict yi = y + i + a * S + s, *restrict yj = y + j + a * S + s;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        yi[p] = (add ? yi[p] : 0) + (fi[p] - cr[p] * c[p]);
        yj[p] = (add ? yj[p] : 0) + (fj[p] + cr[p] * c[p]);
      }
    }
  }
}

void kn_pair_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z,
                      const uint32_t pair[2], KNReal *work, size_t d, size_t S, int add)
{
  // With r = v_i - v_j, e = dy_j - dy_i, A = c . r / |c|^2, B = c . e / |c|^2, dc = A e + B r - 2 A B c: dx_i = dy_i +
  // dc, dv_i = dy_i + B c; for j with -. In one dimension the line of centres does not turn: dc = 0. dx may be dy, dz
  // may be z. work: (4 d + 3, PAIR_TILE)
  KNReal *restrict A = work, *restrict B = A + PAIR_TILE, *restrict cc = B + PAIR_TILE, *rows = cc + PAIR_TILE;
  const size_t i = pair[0] * d * S, j = pair[1] * d * S;

  for (size_t s = 0; s < S; s += PAIR_TILE) {
    const size_t n = PetscMin(PAIR_TILE, S - s);

    memset(A, 0, n * sizeof(*A));
    memset(B, 0, n * sizeof(*B));
    memset(cc, 0, n * sizeof(*cc));
    for (size_t a = 0; a < d; a++) {
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;
      const KNReal *restrict xi = x + at_i, *restrict xj = x + at_j, *restrict zi = z + at_i, *restrict zj = z + at_j,
                             *restrict gi = dy + at_i, *restrict gj = dy + at_j;
      KNReal *restrict c = rows + 4 * a * PAIR_TILE, *restrict r = c + PAIR_TILE, *restrict slope_i = r + PAIR_TILE,
                       *restrict slope_j = slope_i + PAIR_TILE;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        KNReal Phi_i, Phi_j, phi_i, phi_j;

        kn_normal(zi[p], &Phi_i, &phi_i);
        kn_normal(zj[p], &Phi_j, &phi_j);
        c[p]       = xi[p] - xj[p];
        r[p]       = zi[p] * Phi_i - zj[p] * Phi_j;
        slope_i[p] = Phi_i + zi[p] * phi_i;
        slope_j[p] = Phi_j + zj[p] * phi_j;
        A[p] += c[p] * r[p];
        B[p] += c[p] * (gj[p] - gi[p]);
        cc[p] += c[p] * c[p];
      }
    }
#pragma omp simd
    for (size_t p = 0; p < n; p++) {
      const KNReal inverse = cc[p] > KN_COLLISION_EPS * KN_COLLISION_EPS ? 1 / cc[p] : 0;

      A[p] *= inverse;
      B[p] *= inverse;
    }
    for (size_t a = 0; a < d; a++) {
      const KNReal *restrict c = rows + 4 * a * PAIR_TILE, *restrict r = c + PAIR_TILE,
                             *restrict slope_i = r + PAIR_TILE, *restrict slope_j = slope_i + PAIR_TILE;
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        const KNReal gi = dy[at_i + p], gj = dy[at_j + p],
                     dc = d > 1 ? A[p] * (gj - gi) + B[p] * (r[p] - 2 * A[p] * c[p]) : 0;

        dz[at_i + p] = (add ? dz[at_i + p] : 0) + (gi + B[p] * c[p]) * slope_i[p];
        dz[at_j + p] = (add ? dz[at_j + p] : 0) + (gj - B[p] * c[p]) * slope_j[p];
        dx[at_i + p] = (add ? dx[at_i + p] : 0) + (gi + dc);
        dx[at_j + p] = (add ? dx[at_j + p] : 0) + (gj - dc);
      }
    }
  }
}
