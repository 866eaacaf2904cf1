/*
  A step of the Boltzmann transport equation, df/dt + v . grad_x f = Q: particles collide, drift in the space of
  features, and stream over the grid, so that they carry their features to neighbouring points,

      z_c = p_c + v'_c - tau_c sum_a v'_{g(c) + a} dp_c/dx_a

      none       y = z,        v' = C(p, u)
      velocity   y = z,        v' = C(p, GELU(u))
      result     y = GELU(z),  v' = C(p, u)     (default)

  C: the collisions of collision.c, with its options, laws and draws. Channel c is carried by the physical velocity of
  its group of `dim` channels, the first of them g(c) = min(dim floor(c / dim), C - dim). tau_c: a learned time step, at
  first 0, where z = p + v'.

  dp/dx_a: central differences of second order in the unit coordinates of the grid, the distance of points 1/n
  (periodic, cells) or 1/(n-1) (nodes); at the ends of an axis that is not periodic one-sided ones of first order. Time
  steps mean the same at every resolution.

  in[0] = p, in[1] = u: (B, C, S); y: (B, C, S). Parameter NAME.step: tau, (C). Everything is taken row by row of the
  last axis: no gradient is stored.
*/
#include "collision_list.h"
#include "gelu_kernels.h"
#include "linear_kernels.h"
#include <kitinet/error.h>
#include <omp.h>
#include <string.h>

enum { ROWS = 4, ARRAYS = 3 }; /* rows and arrays (C, S) of a thread's workspace; with velocity one array more */

/* How a sample is laid out: rows of m points. */
typedef struct {
  size_t dim, C, S, m, rows;
  size_t n[KN_MAX_DIM], stride[KN_MAX_DIM]; /* points along an axis; rows between two neighbours along it */
  KNReal inverse[KN_MAX_DIM];               /* 1 / distance of points */
  int    periodic;
} Lattice;

/* dp/dx_a of a row is scale (p[right] - p[left]), both rows of the same channel. */
typedef struct {
  size_t left, right;
  KNReal scale;
} Neighbours;

typedef struct {
  KNCollision collision; /* first: which particles collide */
  Lattice     lattice;
  KNReal     *step, *dstep; /* (C), in the parameters' blocks, not owned */
  KNReal     *share;        /* (samples, C) dstep of each sample */
  size_t      length, room; /* reals of a row with its two neighbours, and of a thread's workspace */
  KNReal     *work;         /* (threads, room): rows, then arrays */
} Transport;

/* At an end a row is its own neighbour. Along the last axis the neighbours are in the row itself: kn_row_extend(). */
static Neighbours kn_neighbours(const Lattice *at, size_t a, size_t row)
{
  if (a + 1 == at->dim) return (Neighbours){.scale = at->inverse[a] / 2};
  const size_t n = at->n[a], stride = at->stride[a], i = row / stride % n, first = row - i * stride;
  const size_t left = i ? i - 1 : at->periodic ? n - 1 : i, right = i + 1 < n ? i + 1 : at->periodic ? 0 : i;
  const int    central = at->periodic || right - left != 1;

  return (Neighbours){(first + left * stride) * at->m, (first + right * stride) * at->m,
                      central ? at->inverse[a] / 2 : at->inverse[a]};
}

/*
  e: (m + 2), the row p with a neighbour at each end: continued in a straight line, differences of which are one-sided,
  where it is not periodic.
*/
static void kn_row_extend(KNReal *e, const KNReal *p, const Lattice *at)
{
  const size_t m = at->m;

  memcpy(e + 1, p, m * sizeof(KNReal));
  e[0]     = at->periodic ? p[m - 1] : m > 1 ? 2 * p[0] - p[1] : p[0];
  e[m + 1] = at->periodic ? p[0] : m > 1 ? 2 * p[m - 1] - p[m - 2] : p[0];
}

/*
  dp += its transpose, of the differences w[k] = .. (e[k + 2] - e[k]). w: (m + 2), of which the first and the last are
  written
*/
static void kn_row_extend_back(KNReal *restrict dp, KNReal *restrict w, const Lattice *at)
{
  const size_t m = at->m;

  w[0]     = at->periodic ? w[m] : 0;
  w[m + 1] = at->periodic ? w[1] : 0;
#pragma omp simd
  for (size_t k = 0; k < m; k++) dp[k] += w[k] - w[k + 2];
  if (at->periodic || m == 1) return;
  dp[0] -= 2 * w[1];
  dp[1] += w[1];
  dp[m - 1] += 2 * w[m];
  dp[m - 2] -= w[m];
}

/*
  f = v . grad p on a row. p: (S), a channel; v: (dim, S), its carrier; e: (m + 2), the row of p with its neighbours,
  written
*/
static void kn_row_advect(KNReal *restrict f, KNReal *restrict e, const KNReal *p, const KNReal *v, const Lattice *at,
                          size_t row)
{
  const size_t m = at->m, last = at->dim - 1;

  kn_row_extend(e, p + row * m, at);
  memset(f, 0, m * sizeof(KNReal));
  for (size_t a = 0; a <= last; a++) {
    const Neighbours to   = kn_neighbours(at, a, row);
    const KNReal    *left = a < last ? p + to.left : e, *right = a < last ? p + to.right : e + 2,
                 *va = v + a * at->S + row * m, scale = to.scale;

#pragma omp simd
    for (size_t k = 0; k < m; k++) f[k] += va[k] * (scale * (right[k] - left[k]));
  }
}

/* The first channel of the velocity that carries channel c. */
static size_t kn_carrier(const Lattice *at, size_t c)
{
  return PetscMin(c / at->dim * at->dim, at->C - at->dim);
}

/* z = p + v' - tau f on a row of channel c, and f = (v' . grad) p. */
static void kn_row_forward(KNReal *restrict z, KNReal *restrict f, KNReal *restrict e, const KNReal *p, const KNReal *v,
                           KNReal tau, const Lattice *at, size_t c, size_t row)
{
  const KNReal *vc = v + c * at->S + row * at->m;

  kn_row_advect(f, e, p + c * at->S, v + kn_carrier(at, c) * at->S, at, row);
#pragma omp simd
  for (size_t k = 0; k < at->m; k++) z[k] = e[k + 1] + vc[k] - tau * f[k];
}

/* y = z or, if add, y += z, on m points. */
static void kn_row_write(KNReal *y, const KNReal *z, size_t m, int add)
{
  for (size_t k = 0; k < m; k++) y[k] = add ? y[k] + z[k] : z[k];
}

static void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *v, const KNReal *tau, const Lattice *at,
                                 KNReal *work, size_t length, int gelu, int add)
{
  // y, p, v = v': (C, S); work: (ROWS, length)
  KNReal *z = work, *f = z + length, *e = f + length;

  for (size_t c = 0; c < at->C; c++) {
    for (size_t row = 0; row < at->rows; row++) {
      KNReal *to = y + c * at->S + row * at->m;

      kn_row_forward(z, f, e, p, v, tau[c], at, c, row);
      if (!gelu) kn_row_write(to, z, at->m, add);
      else if (add) kn_gelu_add(to, z, at->m);
      else kn_gelu_forward(to, z, at->m);
    }
  }
}

/*
  From dz and f of a row: dp, dv += their parts, for channel c; its part of dtau is returned. w: (m + 2), e: as
  kn_row_forward left it
*/
static KNReal kn_row_backward(KNReal *dp, KNReal *dv, const KNReal *restrict dz, const KNReal *restrict f,
                              const KNReal *restrict e, KNReal *restrict w, const KNReal *p, const KNReal *v,
                              KNReal tau, const Lattice *at, size_t c, size_t row)
{
  const size_t  m = at->m, last = at->dim - 1, S = at->S, carrier = kn_carrier(at, c) * S + row * m;
  const KNReal *pc  = p + c * S;
  KNReal       *dpc = dp + c * S, *dpr = dpc + row * m, *dvr = dv + c * S + row * m, dtau = 0;

#pragma omp simd reduction(- : dtau)
  for (size_t k = 0; k < m; k++) dtau -= dz[k] * f[k];
#pragma omp simd
  for (size_t k = 0; k < m; k++) {
    dpr[k] += dz[k];
    dvr[k] += dz[k];
  }
  for (size_t a = 0; a <= last; a++) {
    const Neighbours to   = kn_neighbours(at, a, row);
    const KNReal    *left = a < last ? pc + to.left : e, *right = a < last ? pc + to.right : e + 2,
                 *va = v + carrier + a * S, scale = -tau * to.scale;
    KNReal *dva = dv + carrier + a * S, *dleft = dpc + to.left, *dright = dpc + to.right;

#pragma omp simd
    for (size_t k = 0; k < m; k++) {
      dva[k] += scale * dz[k] * (right[k] - left[k]);
      w[k + 1] = scale * dz[k] * va[k];
    }
    if (a == last) {
      kn_row_extend_back(dpr, w, at);
      break;
    }
#pragma omp simd
    for (size_t k = 0; k < m; k++) {
      dright[k] += w[k + 1];
      dleft[k] -= w[k + 1];
    }
  }
  return dtau;
}

static void kn_transport_backward(KNReal *dp, KNReal *dv, KNReal *dtau, const KNReal *dy, const KNReal *p,
                                  const KNReal *v, const KNReal *tau, const Lattice *at, KNReal *work, size_t length,
                                  int gelu)
{
  // dp, dv: (C, S) of p and v' as independent variables, dtau: (C), all written; work: (ROWS, length)
  KNReal *z = work, *f = z + length, *e = f + length, *w = e + length;

  memset(dp, 0, at->C * at->S * sizeof(KNReal));
  memset(dv, 0, at->C * at->S * sizeof(KNReal));
  for (size_t c = 0; c < at->C; c++) {
    double sum = 0; /* over many rows */

    for (size_t row = 0; row < at->rows; row++) {
      kn_row_forward(z, f, e, p, v, tau[c], at, c, row);
      if (gelu) kn_gelu_backward(z, dy + c * at->S + row * at->m, z, at->m, 0);
      else memcpy(z, dy + c * at->S + row * at->m, at->m * sizeof(KNReal));
      sum += kn_row_backward(dp, dv, z, f, e, w, p, v, tau[c], at, c, row);
    }
    dtau[c] = (KNReal)sum;
  }
}

static PetscErrorCode KNLayerSetFromOptions_Transport(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetFromOptions(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Transport(KNLayer layer, KNParameters parameters)
{
  Transport *transport = layer->data;

  PetscFunctionBegin;
  PetscCall(KNCollisionSetUp(&transport->collision, layer,
                             PETSC_MAX_INT)); /* two particles do best: jobs/results/study_search.csv */
  PetscCheck(layer->in >= layer->dim, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s: %" PetscInt_FMT " channels are no velocity on a grid of %" PetscInt_FMT
             " axes: give -model_width %" PetscInt_FMT " or more",
             layer->name, layer->in, layer->dim, layer->dim);
  layer->properties.streams = layer->dim;
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name = "step", .rank = 1, .shape = {layer->in}, .role = {layer->role[1]}},
                           &transport->step, &transport->dstep));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static Lattice KNTransportLattice(const KNGrid *grid, PetscInt C)
{
  Lattice at = {.dim      = (size_t)grid->dim,
                .C        = (size_t)C,
                .S        = KNGridSize(grid),
                .periodic = grid->points == KN_POINTS_PERIODIC};

  at.m    = (size_t)grid->n[grid->dim - 1];
  at.rows = at.S / at.m;
  for (size_t a = 0, stride = at.rows; a < at.dim; a++) {
    at.n[a]       = (size_t)grid->n[a];
    at.inverse[a] = (KNReal)(grid->points == KN_POINTS_NODES ? grid->n[a] - 1 : grid->n[a]);
    if (a + 1 < at.dim) stride /= at.n[a];
    at.stride[a] = stride;
  }
  return at;
}

static PetscErrorCode KNLayerSetGrid_Transport(KNLayer layer)
{
  Transport   *transport = layer->data;
  const size_t C = (size_t)layer->in, size = C * KNGridSize(&layer->grid_in), shares = (size_t)layer->samples * C;
  const PetscLogDouble points = (PetscLogDouble)size, dim = (PetscLogDouble)layer->dim;
  const PetscBool      gelu = (PetscBool)(layer->activation != KN_ACTIVATION_NONE),
                  velocity  = (PetscBool)(layer->activation == KN_ACTIVATION_VELOCITY);
  size_t count;

  PetscFunctionBegin;
  PetscCheck(!layer->grid_in.whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_residual transport streams along the first axis, where a rank's slab ends: leave out "
             "-ranks_per_sample, or choose another -model_residual");
  PetscCall(KNCollisionSetGrid(&transport->collision, layer));
  transport->lattice = KNTransportLattice(&layer->grid_in, layer->in);
  transport->length  = KNAligned(transport->lattice.m + 2); /* sums are the same in every thread's workspace */
  transport->room    = ROWS * transport->length + KNAligned((ARRAYS + velocity) * size);
  count              = (size_t)layer->threads * transport->room;
  PetscCall(KNFree(&transport->work));
  PetscCall(KNFree(&transport->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &transport->work));
  PetscCall(KNMalloc(shares, sizeof(KNReal), &transport->share));
  layer->bytes += (count + shares) * sizeof(KNReal);
  /*
    Streaming: along an axis the difference, its scale, the velocity and the sum, then the step. Backward the
    difference, dv (3), w and its transpose (2), then dtau (2) and the addition of dz.
  */
  layer->flops[0] += ((gelu ? KN_GELU_FLOPS : 0) + 4 * dim + 2) * points;
  layer->flops[1] += ((gelu ? KN_GELU_BACKWARD_FLOPS : 0) + 7 * dim + 3) * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This thread's workspace: rows, then arrays. */
static KNReal *Own(const Transport *transport)
{
  return transport->work + (size_t)omp_get_thread_num() * transport->room;
}

/* The velocities that collide: the second input, or GELU of it, in the last array of the workspace. */
static const KNReal *KNTransportVelocity(KNLayer layer, const KNReal *u, KNReal *arrays)
{
  const Transport *transport = layer->data;
  const size_t     size      = transport->lattice.C * transport->lattice.S;

  if (layer->activation != KN_ACTIVATION_VELOCITY) return u;
  kn_gelu_forward(arrays + ARRAYS * size, u, size);
  return arrays + ARRAYS * size;
}

static void KNLayerApply_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Transport      *transport = layer->data;
  KNReal               *rows = Own(transport), *v = rows + ROWS * transport->length;
  const KNReal         *u    = KNTransportVelocity(layer, in[1], v);
  const KNCollisionList list = KNCollisionCollide(&transport->collision, layer, pass, b, u);

  KNCollisionPerform(&transport->collision, &list, v, in[0], u, 0);
  kn_transport_forward(out, in[0], v, transport->step, &transport->lattice, rows, transport->length,
                       layer->activation == KN_ACTIVATION_RESULT, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Transport *transport = layer->data;
  const size_t     size      = transport->lattice.C * transport->lattice.S;
  KNReal          *rows = Own(transport), *v = rows + ROWS * transport->length, *dv = v + size, *dp = dv + size,
         *du                 = v; /* v' is done with then */
  const KNReal         *u    = KNTransportVelocity(layer, in[1], v);
  const KNCollisionList list = KNCollisionCollide(&transport->collision, layer, pass, b, u);
  const int             add  = mode == ADD_VALUES;

  KNCollisionPerform(&transport->collision, &list, v, in[0], u, 0);
  kn_transport_backward(dp, dv, transport->share + (size_t)b * transport->lattice.C, dout, in[0], v, transport->step,
                        &transport->lattice, rows, transport->length, layer->activation == KN_ACTIVATION_RESULT);
  memset(du, 0, size * sizeof(KNReal));
  KNCollisionPerformBack(&transport->collision, &list, dp, du, dv, in[0], u);
  for (size_t i = 0; din[0] && i < size; i++) din[0][i] = (add ? din[0][i] : 0) + dp[i];
  if (din[1] && layer->activation == KN_ACTIVATION_VELOCITY) kn_gelu_backward(din[1], du, in[1], size, add);
  else
    for (size_t i = 0; din[1] && i < size; i++) din[1][i] = (add ? din[1][i] : 0) + du[i];
}

static void KNLayerFinishBack_Transport(KNLayer layer, const KNPass *pass)
{
  const Transport *transport = layer->data;
  const size_t     C         = (size_t)layer->in;

  kn_sum_shares(transport->dstep, transport->share, (size_t)pass->samples, C, C, pass->gradients != INSERT_VALUES);
}

static PetscErrorCode KNLayerView_Transport(KNLayer layer, PetscViewer viewer)
{
  Transport *transport = layer->data;

  PetscFunctionBegin;
  PetscCall(KNCollisionView(&transport->collision, viewer));
  PetscCall(PetscViewerASCIIPrintf(viewer, ", streaming along %" PetscInt_FMT " axes", layer->dim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Transport(KNLayer layer)
{
  Transport *transport = layer->data;

  PetscFunctionBegin;
  PetscCall(KNCollisionFree(&transport->collision));
  PetscCall(KNFree(&transport->work));
  PetscCall(KNFree(&transport->share));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Transport(KNLayer layer)
{
  Transport *transport;

  PetscFunctionBegin;
  PetscCall(PetscNew(&transport));
  PetscCall(KNCollisionSetDefaults(&transport->collision));
  layer->data       = transport;
  layer->inputs     = 2;
  layer->axes       = 1;
  layer->residual   = PETSC_TRUE;
  layer->activation = KN_ACTIVATION_RESULT;
  layer->ops        = (KNLayerOps){
           .setfromoptions = KNLayerSetFromOptions_Transport,
           .setup          = KNLayerSetUp_Transport,
           .setgrid        = KNLayerSetGrid_Transport,
           .apply          = KNLayerApply_Transport,
           .apply_back     = KNLayerApplyBack_Transport,
           .finish_back    = KNLayerFinishBack_Transport,
           .view           = KNLayerView_Transport,
           .destroy        = KNLayerDestroy_Transport,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 3};
  PetscFunctionReturn(PETSC_SUCCESS);
}
