/*
  Binary collisions of one sample: see collision_kernels.h for the step and the shapes.

  Along the line of centres no unit vector is formed: with c = x_i - x_j and r = v_i - v_j

    delta = omega (omega . r) = c (c . r) / |c|^2,   v_i' = v_i - delta,   v_j' = v_j + delta

  needs one division and no square root. v_i' + v_j' = v_i + v_j for any delta, and |v_i'|^2 + |v_j'|^2 changes by
  2 delta . (delta - r) = 0. Both hold at each grid point up to rounding. So they do for isotropic scattering: r' = r -
  2 delta = |r| omega.
*/
#include "collision_kernels.h"
#include <kitinet/random.h>
#include <string.h>
#include <tgmath.h>

/*
  Grid points handled at once. 64 points of x, v and out in 32 channels are 24 kB: while the expectation runs over all
  pairs of a block, the block stays in the first-level cache. A draw visits each particle once and streams along its
  pairs.
*/
#define KN_BLOCK 64

/* Which kernel draws: the upper half of the fourth coordinate; the lower half counts its calls of the generator. */
enum { KN_DRAW_ATTEMPT, KN_DRAW_TEST, KN_DRAW_SETUP };

static void kn_draw(uint64_t word[4], const PetscInt64 draw[4], int kernel, size_t call)
{
  KNRandomWords(draw[0], KN_STREAM_COLLISION, draw[1], draw[2], draw[3], ((PetscInt64)kernel << 32) + (PetscInt64)call,
                word);
}

static void kn_swap(uint32_t *a, uint32_t *b)
{
  const uint32_t t = *a;

  *a = *b;
  *b = t;
}

/* The shuffle of Fisher and Yates, in Durstenfeld's form: n - 1 draws. */
void kn_collision_attempt(uint32_t *pair, size_t n, const PetscInt64 draw[4])
{
  uint64_t word[4];

  for (size_t k = 0; k < n; k++) pair[k] = (uint32_t)k;
  for (size_t k = n - 1, used = 0; k > 0; k--, used++) {
    if (used % 4 == 0) kn_draw(word, draw, KN_DRAW_ATTEMPT, used / 4);
    kn_swap(&pair[k], &pair[KNUniformInt(word[used % 4], (PetscInt64)k + 1)]);
  }
}

/* The variable-hard-sphere form of Bird (1994): 0 <= alpha <= 1, from Maxwell molecules to hard spheres. */
void kn_collision_probability(double *probability, const KNReal *v, const uint32_t *pair, size_t pairs, size_t d,
                              size_t S, double kappa, double alpha)
{
  double g_mean = 0;

  if (alpha > 0) {
    for (size_t k = 0; k < pairs; k++) {
      const KNReal *vi = v + pair[2 * k] * d * S, *vj = v + pair[2 * k + 1] * d * S;
      double        rr = 0;

#pragma omp simd reduction(+ : rr)
      for (size_t s = 0; s < d * S; s++) rr += (double)(vi[s] - vj[s]) * (double)(vi[s] - vj[s]);
      probability[k] = sqrt(rr / (double)S);
      g_mean += probability[k] / (double)pairs;
    }
  }
  /* A gas at rest has no relative speeds: its collisions change nothing, whatever their probability. */
  for (size_t k = 0; k < pairs; k++)
    probability[k] = g_mean > 0 ? PetscMin(1, kappa * pow(probability[k] / g_mean, alpha)) : kappa;
}

size_t kn_collision_test(uint32_t *pair, const double *probability, size_t pairs, const PetscInt64 draw[4])
{
  uint64_t word[4];
  size_t   hits = 0;

  for (size_t k = 0; k < pairs; k++) {
    if (k % 4 == 0) kn_draw(word, draw, KN_DRAW_TEST, k / 4);
    if (KNUniform(word[k % 4]) < probability[k]) {
      kn_swap(&pair[2 * hits], &pair[2 * k]);
      kn_swap(&pair[2 * hits + 1], &pair[2 * k + 1]);
      hits++;
    }
  }
  return hits;
}

/*
  d normal numbers, scaled to length 1 (Muller 1959). The pair is counted by its first particle, whatever else
  collides.
*/
void kn_collision_setup(KNReal *omega, const uint32_t *pair, size_t pairs, size_t d, const PetscInt64 draw[4])
{
  const size_t calls = (d + 3) / 4; /* of the generator, four normal numbers each */

  for (size_t k = 0; k < pairs; k++, omega += d) {
    double length = 0;

    for (size_t call = 0; call < calls; call++) {
      uint64_t word[4];
      double   normal[4];

      kn_draw(word, draw, KN_DRAW_SETUP, pair[2 * k] * calls + call);
      KNNormalPair(word[0], word[1], normal);
      KNNormalPair(word[2], word[3], normal + 2);
      for (size_t a = 4 * call; a < PetscMin(d, 4 * call + 4); a++) {
        omega[a] = (KNReal)normal[a % 4];
        length += (double)omega[a] * (double)omega[a];
      }
    }
    for (size_t a = 0; a < d; a++) omega[a] = (KNReal)(omega[a] / sqrt(length));
  }
}

/* kn_collide_centres for a small d that the compiler knows: all components of a point stay in registers. */
static inline __attribute__((always_inline)) void kn_collide_centres_small(KNReal *out, const KNReal *x,
                                                                           const KNReal *v, size_t i, size_t j,
                                                                           KNReal w, size_t d, size_t S, size_t m)
{
#pragma omp simd
  for (size_t s = 0; s < m; s++) {
    KNReal cr = 0, cc = 0, q;

    for (size_t a = 0; a < d; a++) {
      const KNReal c = x[i + a * S + s] - x[j + a * S + s];

      cr += c * (v[i + a * S + s] - v[j + a * S + s]);
      cc += c * c;
    }
    q = cc > KN_COLLISION_EPS * KN_COLLISION_EPS ? w * cr / cc : 0;
    for (size_t a = 0; a < d; a++) {
      const KNReal delta = (x[i + a * S + s] - x[j + a * S + s]) * q;

      out[i + a * S + s] -= delta;
      out[j + a * S + s] += delta;
    }
  }
}

/*
  One pair at m <= KN_BLOCK points: out_i -= w delta, out_j += w delta, delta = c (c . r) / |c|^2.
  out, x, v: d rows of S points each; i and j: offset of the first point of either particle.
*/
static void kn_collide_centres(KNReal *out, const KNReal *x, const KNReal *v, size_t i, size_t j, KNReal w, size_t d,
                               size_t S, size_t m)
{
  KNReal cr[KN_BLOCK], cc[KN_BLOCK];

  switch (d) {
  case 1: kn_collide_centres_small(out, x, v, i, j, w, 1, S, m); return;
  case 2: kn_collide_centres_small(out, x, v, i, j, w, 2, S, m); return;
  case 3: kn_collide_centres_small(out, x, v, i, j, w, 3, S, m); return;
  case 4: kn_collide_centres_small(out, x, v, i, j, w, 4, S, m); return;
  }
  memset(cr, 0, sizeof(cr));
  memset(cc, 0, sizeof(cc));
  for (size_t a = 0; a < d; a++) {
    const KNReal *xi = x + i + a * S, *xj = x + j + a * S, *vi = v + i + a * S, *vj = v + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      cr[s] += (xi[s] - xj[s]) * (vi[s] - vj[s]);
      cc[s] += (xi[s] - xj[s]) * (xi[s] - xj[s]);
    }
  }
#pragma omp simd
  for (size_t s = 0; s < m; s++) cr[s] = cc[s] > KN_COLLISION_EPS * KN_COLLISION_EPS ? w * cr[s] / cc[s] : 0;
  for (size_t a = 0; a < d; a++) {
    const KNReal *xi = x + i + a * S, *xj = x + j + a * S;
    KNReal       *oi = out + i + a * S, *oj = out + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      const KNReal delta = (xi[s] - xj[s]) * cr[s];

      oi[s] -= delta;
      oj[s] += delta;
    }
  }
}

/*
  With e = dout_j - dout_i the step enters the loss as e . delta = (c . e) (c . r) / |c|^2; so, with A = c . r / |c|^2
  and B = c . e / |c|^2, dc = A e + B r - 2 A B c: dx_i += w dc, dx_j -= w dc.
*/
static void kn_collide_centres_backward(KNReal *dx, const KNReal *dout, const KNReal *x, const KNReal *v, size_t i,
                                        size_t j, KNReal w, size_t d, size_t S, size_t m)
{
  KNReal cr[KN_BLOCK] = {0}, ce[KN_BLOCK] = {0}, cc[KN_BLOCK] = {0};

  for (size_t a = 0; a < d; a++) {
    const KNReal *xi = x + i + a * S, *xj = x + j + a * S, *vi = v + i + a * S, *vj = v + j + a * S;
    const KNReal *gi = dout + i + a * S, *gj = dout + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      cr[s] += (xi[s] - xj[s]) * (vi[s] - vj[s]);
      ce[s] += (xi[s] - xj[s]) * (gj[s] - gi[s]);
      cc[s] += (xi[s] - xj[s]) * (xi[s] - xj[s]);
    }
  }
#pragma omp simd
  for (size_t s = 0; s < m; s++) {
    const KNReal inverse = cc[s] > KN_COLLISION_EPS * KN_COLLISION_EPS ? 1 / cc[s] : 0;

    cr[s] *= inverse;
    ce[s] *= inverse;
  }
  for (size_t a = 0; a < d; a++) {
    const KNReal *xi = x + i + a * S, *xj = x + j + a * S, *vi = v + i + a * S, *vj = v + j + a * S;
    const KNReal *gi = dout + i + a * S, *gj = dout + j + a * S;
    KNReal       *di = dx + i + a * S, *dj = dx + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      const KNReal dc = w * (cr[s] * (gj[s] - gi[s]) + ce[s] * (vi[s] - vj[s]) - 2 * cr[s] * ce[s] * (xi[s] - xj[s]));

      di[s] += dc;
      dj[s] -= dc;
    }
  }
}

/* As kn_collide_centres, delta = omega (omega . r). omega: (d) */
static void kn_collide_along(KNReal *out, const KNReal *omega, const KNReal *v, size_t i, size_t j, KNReal w, size_t d,
                             size_t S, size_t m)
{
  KNReal r[KN_BLOCK] = {0}; /* component of the relative velocity along omega */

  for (size_t a = 0; a < d; a++) {
#pragma omp simd
    for (size_t s = 0; s < m; s++) r[s] += w * omega[a] * (v[i + a * S + s] - v[j + a * S + s]);
  }
  for (size_t a = 0; a < d; a++) {
#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      out[i + a * S + s] -= omega[a] * r[s];
      out[j + a * S + s] += omega[a] * r[s];
    }
  }
}

/* length[s] = |r|, and inverse[s] = 1/|r|, 0 where it is 0: (m), at most KN_BLOCK */
static void kn_relative_speed(KNReal *restrict length, KNReal *restrict inverse, const KNReal *v, size_t i, size_t j,
                              size_t d, size_t S, size_t m)
{
  memset(length, 0, m * sizeof(KNReal));
  for (size_t a = 0; a < d; a++) {
    const KNReal *vi = v + i + a * S, *vj = v + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) length[s] += (vi[s] - vj[s]) * (vi[s] - vj[s]);
  }
#pragma omp simd
  for (size_t s = 0; s < m; s++) {
    length[s]  = sqrt(length[s]);
    inverse[s] = length[s] > 0 ? 1 / length[s] : 0;
  }
}

/* As kn_collide_centres, delta = (r - |r| omega) / 2. omega: (d) */
static void kn_collide_isotropic(KNReal *out, const KNReal *omega, const KNReal *v, size_t i, size_t j, KNReal w,
                                 size_t d, size_t S, size_t m)
{
  KNReal length[KN_BLOCK], inverse[KN_BLOCK];

  kn_relative_speed(length, inverse, v, i, j, d, S, m);
  for (size_t a = 0; a < d; a++) {
    const KNReal *vi = v + i + a * S, *vj = v + j + a * S;
    KNReal       *oi = out + i + a * S, *oj = out + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      const KNReal delta = w / 2 * (vi[s] - vj[s] - length[s] * omega[a]);

      oi[s] -= delta;
      oj[s] += delta;
    }
  }
}

/*
  With e = dout_j - dout_i the step enters the loss as e . delta: dr = (e - (omega . e) r / |r|) / 2, dv_i += w dr,
  dv_j -= w dr. At r = 0 |r| counts as constant.
*/
static void kn_collide_isotropic_backward(KNReal *dv, const KNReal *dout, const KNReal *omega, const KNReal *v,
                                          size_t i, size_t j, KNReal w, size_t d, size_t S, size_t m)
{
  KNReal length[KN_BLOCK], along[KN_BLOCK], e[KN_BLOCK] = {0};

  kn_relative_speed(length, along, v, i, j, d, S, m);
  for (size_t a = 0; a < d; a++) {
    const KNReal *gi = dout + i + a * S, *gj = dout + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) e[s] += omega[a] * (gj[s] - gi[s]);
  }
#pragma omp simd
  for (size_t s = 0; s < m; s++) along[s] *= e[s];
  for (size_t a = 0; a < d; a++) {
    const KNReal *vi = v + i + a * S, *vj = v + j + a * S, *gi = dout + i + a * S, *gj = dout + j + a * S;
    KNReal       *di = dv + i + a * S, *dj = dv + j + a * S;

#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      const KNReal dr = w / 2 * (gj[s] - gi[s] - along[s] * (vi[s] - vj[s]));

      di[s] += dr;
      dj[s] -= dr;
    }
  }
}

/*
  As kn_collide_centres, delta = share r: the mean over the sphere, share 1/d for omega (omega . r), 1/2 for (r - |r|
  omega) / 2.
*/
static void kn_collide_mean(KNReal *out, const KNReal *v, size_t i, size_t j, KNReal share, size_t d, size_t S,
                            size_t m)
{
  for (size_t a = 0; a < d; a++) {
#pragma omp simd
    for (size_t s = 0; s < m; s++) {
      const KNReal delta = share * (v[i + a * S + s] - v[j + a * S + s]);

      out[i + a * S + s] -= delta;
      out[j + a * S + s] += delta;
    }
  }
}

void kn_collision_perform(KNReal *out, KNCollisionLaw law, const KNReal *x, const KNReal *v, const KNReal *omega,
                          const uint32_t *pair, const double *weight, size_t pairs, size_t n, size_t d, size_t S,
                          int add)
{
  const size_t points = weight ? KN_BLOCK : S; /* to go through with all pairs */

  /* All particles fly on; then the few that collide are corrected. */
  if (add) {
#pragma omp simd
    for (size_t s = 0; s < n * d * S; s++) out[s] += v[s];
  } else {
    memcpy(out, v, n * d * S * sizeof(KNReal));
  }
  for (size_t tile = 0; tile < S; tile += points) {
    for (size_t k = 0; k < pairs; k++) {
      for (size_t s = tile; s < PetscMin(tile + points, S); s += KN_BLOCK) {
        const size_t i = pair[2 * k] * d * S + s, j = pair[2 * k + 1] * d * S + s, m = PetscMin(KN_BLOCK, S - s);
        const KNReal w = weight ? (KNReal)weight[k] : 1;

        if (law == KN_LAW_LINE_OF_CENTRES) kn_collide_centres(out, x, v, i, j, w, d, S, m);
        else if (!omega) kn_collide_mean(out, v, i, j, w / (KNReal)(law == KN_LAW_UNIFORM ? d : 2), d, S, m);
        else if (law == KN_LAW_UNIFORM) kn_collide_along(out, omega + k * d, v, i, j, w, d, S, m);
        else kn_collide_isotropic(out, omega + k * d, v, i, j, w, d, S, m);
      }
    }
  }
}

/* But for a draw of isotropic, v -> v' is a symmetric linear map: its transpose is itself, with dout for v. */
void kn_collision_perform_backward(KNReal *dx, KNReal *dv, const KNReal *dout, KNCollisionLaw law, const KNReal *x,
                                   const KNReal *v, const KNReal *omega, const uint32_t *pair, const double *weight,
                                   size_t pairs, size_t n, size_t d, size_t S)
{
  const int isotropic = law == KN_LAW_ISOTROPIC && omega,
            turns     = dx && law == KN_LAW_LINE_OF_CENTRES &&
                    d > 1; /* in one dimension omega is 1 or -1, and the sign does not matter */

  if (dv) kn_collision_perform(dv, law, x, dout, omega, pair, weight, isotropic ? 0 : pairs, n, d, S, 1);
  for (size_t k = 0; (turns || (dv && isotropic)) && k < pairs; k++) {
    const KNReal w = weight ? (KNReal)weight[k] : 1;

    for (size_t s = 0; s < S; s += KN_BLOCK) {
      const size_t i = pair[2 * k] * d * S + s, j = pair[2 * k + 1] * d * S + s, m = PetscMin(KN_BLOCK, S - s);

      if (turns) kn_collide_centres_backward(dx, dout, x, v, i, j, w, d, S, m);
      else kn_collide_isotropic_backward(dv, dout, omega + k * d, v, i, j, w, d, S, m);
    }
  }
}
