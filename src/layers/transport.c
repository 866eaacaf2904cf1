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

  in[0] = p, in[1] = u: (B, C, S); y: (B, C, S). Parameter NAME.step: tau, (C). All is done some rows of
  the last axis at a time: no gradient is stored.
*/
#include "collision_list.h"
#include "gelu_kernels.h"
#include "lattice_kernels.h"
#include "linear_kernels.h"
#include <kitinet/error.h>
#include <omp.h>
#include <string.h>

/* A thread's workspace: tiles of some rows, dim of them more, and arrays (C, S), one more of them with velocity. */
enum { TILES = 4, ARRAYS = 3, TILE = 1024 /* points, if a row has no more: what fits the first-level cache */ };

typedef struct {
  KNCollision collision; /* first: which particles collide */
  KNLattice   lattice;
  KNReal     *step, *dstep; /* (C), in the parameters' blocks, not owned */
  KNReal     *share;        /* (samples, C) dstep of each sample */
  size_t      most, tile;   /* rows of a tile, and reals */
  size_t      room;         /* reals of a thread's workspace */
  KNReal     *work;         /* (threads, room): tiles, then arrays */
} Transport;

/* The first channel of the velocity that carries channel c of C. */
static size_t kn_carrier(size_t dim, size_t C, size_t c)
{
  return PetscMin(c / dim * dim, C - dim);
}

/*
  z = p + v' - tau f and f = v' . grad p in rows [row, row + rows) of channel c. d: (dim, room), the derivatives of p
  along each axis, or (room) if only the last is to be kept
*/
static void kn_stream(KNReal *restrict z, KNReal *restrict f, KNReal *d, size_t room, const KNReal *p, const KNReal *v,
                      KNReal tau, const KNLattice *at, size_t C, size_t c, size_t row, size_t rows)
{
  const size_t  first = row * at->m, points = rows * at->m;
  const KNReal *pc = p + c * at->S, *vc = v + c * at->S + first, *carrier = v + kn_carrier(at->dim, C, c) * at->S;

  for (size_t a = 0; a < at->dim; a++, d += room) {
    const KNReal *va = carrier + a * at->S + first;

    kn_difference(d, pc, at, a, row, rows);
#pragma omp simd
    for (size_t k = 0; k < points; k++) f[k] = (a ? f[k] : 0) + va[k] * d[k];
  }
#pragma omp simd
  for (size_t k = 0; k < points; k++) z[k] = pc[first + k] + vc[k] - tau * f[k];
}

static void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *v, const KNReal *tau, const KNLattice *at,
                                 size_t C, KNReal *work, size_t room, size_t most, int gelu, int add)
{
  // y, p, v = v': (C, S); work: (3, room), room >= most m; most: rows at a time
  KNReal *z = work, *f = z + room, *d = f + room;

  for (size_t c = 0; c < C; c++) {
    for (size_t row = 0; row < at->rows; row += most) {
      const size_t rows = PetscMin(most, at->rows - row), points = rows * at->m;
      KNReal      *to = y + c * at->S + row * at->m;

      kn_stream(z, f, d, 0, p, v, tau[c], at, C, c, row, rows);
      if (gelu && add) kn_gelu_add(to, z, points);
      else if (gelu) kn_gelu_forward(to, z, points);
      else
        for (size_t k = 0; k < points; k++) to[k] = (add ? to[k] : 0) + z[k];
    }
  }
}

static void kn_transport_backward(KNReal *dp, KNReal *dv, KNReal *dtau, const KNReal *dy, const KNReal *p,
                                  const KNReal *v, const KNReal *tau, const KNLattice *at, size_t C, KNReal *work,
                                  size_t room, size_t most, int gelu)
{
  // dp, dv: (C, S) of p and v' as independent variables, dtau: (C), all written; work: (4 + dim, room)
  KNReal *z = work, *f = z + room, *w = f + room, *r = w + room, *d = r + room;

  memset(dp, 0, C * at->S * sizeof(KNReal));
  memset(dv, 0, C * at->S * sizeof(KNReal));
  for (size_t c = 0; c < C; c++) {
    const size_t carrier = kn_carrier(at->dim, C, c) * at->S;
    double       sum     = 0; /* over many rows */

    for (size_t row = 0; row < at->rows; row += most) {
      const size_t rows = PetscMin(most, at->rows - row), points = rows * at->m, first = c * at->S + row * at->m;
      KNReal       part = 0;

      kn_stream(z, f, d, room, p, v, tau[c], at, C, c, row, rows);
      if (gelu) kn_gelu_backward(z, dy + first, z, points, 0);
      else memcpy(z, dy + first, points * sizeof(KNReal)); /* z: now dz */
#pragma omp simd reduction(- : part)
      for (size_t k = 0; k < points; k++) {
        part -= z[k] * f[k];
        dp[first + k] += z[k];
        dv[first + k] += z[k];
      }
      for (size_t a = 0; a < at->dim; a++) {
        const KNReal *va = v + carrier + a * at->S + row * at->m, *da = d + a * room;
        KNReal *restrict dva = dv + carrier + a * at->S + row * at->m;

#pragma omp simd
        for (size_t k = 0; k < points; k++) {
          const KNReal df = -tau[c] * z[k];

          dva[k] += df * da[k];
          w[k] = df * va[k];
        }
        kn_difference_back(dp + c * at->S, w, r, at, a, row, rows);
      }
      sum += part;
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
  transport->lattice = kn_lattice(&layer->grid_in);
  transport->most    = PetscMin(PetscMax(TILE / transport->lattice.m, 1), transport->lattice.rows);
  transport->tile    = KNAligned(transport->most * transport->lattice.m); /* sums are the same in every workspace */
  transport->room    = (TILES + (size_t)layer->dim) * transport->tile + KNAligned((ARRAYS + velocity) * size);
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

/* This thread's workspace: tiles, then arrays. */
static KNReal *Own(const Transport *transport)
{
  return transport->work + (size_t)omp_get_thread_num() * transport->room;
}

static KNReal *Arrays(const Transport *transport, KNReal *work)
{
  return work + (TILES + transport->lattice.dim) * transport->tile;
}

/* The velocities that collide: the second input, or GELU of it, in the last array of the workspace. */
static const KNReal *KNTransportVelocity(KNLayer layer, const KNReal *u, KNReal *arrays)
{
  const Transport *transport = layer->data;
  const size_t     size      = (size_t)layer->in * transport->lattice.S;

  if (layer->activation != KN_ACTIVATION_VELOCITY) return u;
  kn_gelu_forward(arrays + ARRAYS * size, u, size);
  return arrays + ARRAYS * size;
}

static void KNLayerApply_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Transport      *transport = layer->data;
  KNReal               *work = Own(transport), *v = Arrays(transport, work);
  const KNReal         *u    = KNTransportVelocity(layer, in[1], v);
  const KNCollisionList list = KNCollisionCollide(&transport->collision, layer, pass, b, u);

  KNCollisionPerform(&transport->collision, &list, v, in[0], u, 0);
  kn_transport_forward(out, in[0], v, transport->step, &transport->lattice, (size_t)layer->in, work, transport->tile,
                       transport->most, layer->activation == KN_ACTIVATION_RESULT, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Transport *transport = layer->data;
  const size_t     size      = (size_t)layer->in * transport->lattice.S;
  KNReal          *work = Own(transport), *v = Arrays(transport, work), *dv = v + size, *dp = dv + size,
         *du                 = v; /* v' is done with then */
  const KNReal         *u    = KNTransportVelocity(layer, in[1], v);
  const KNCollisionList list = KNCollisionCollide(&transport->collision, layer, pass, b, u);
  const int             add  = mode == ADD_VALUES;

  KNCollisionPerform(&transport->collision, &list, v, in[0], u, 0);
  kn_transport_backward(dp, dv, transport->share + (size_t)b * (size_t)layer->in, dout, in[0], v, transport->step,
                        &transport->lattice, (size_t)layer->in, work, transport->tile, transport->most,
                        layer->activation == KN_ACTIVATION_RESULT);
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
