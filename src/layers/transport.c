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

  in[0] = p, in[1] = u: (B, C, S); y: (B, C, S). Parameter NAME.step: tau, (C). All is done in one pass over the grid
  (transport_kernels.h): no derivative is stored.
*/
#include "collision_list.h"
#include "gelu_kernels.h"
#include "linear_kernels.h"
#include "transport_kernels.h"
#include <kitinet/error.h>
#include <omp.h>

typedef struct {
  KNCollision collision; /* first: which particles collide */
  KNTransport kernel;
  KNReal     *step, *dstep; /* (C), in the parameters' blocks, not owned */
  KNReal     *share;        /* (samples, C) dstep of each sample */
  size_t      room;         /* reals of a thread's workspace */
  KNReal     *work;         /* (threads, room) */
  KNReal     *velocity;     /* (threads, C, S) GELU(u), where collisions depend on all of it (alpha > 0); else NULL */
} Transport;

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
  const PetscBool      gelu = (PetscBool)(layer->activation != KN_ACTIVATION_NONE);
  size_t               count;

  PetscFunctionBegin;
  PetscCheck(!layer->grid_in.whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_residual transport streams along the first axis, where a rank's slab ends: leave out "
             "-ranks_per_sample, or choose another -model_residual");
  PetscCall(KNCollisionSetGrid(&transport->collision, layer));
  transport->kernel = kn_transport(&layer->grid_in, layer->activation, &transport->collision);
  transport->room   = kn_transport_room(&transport->kernel);
  count             = (size_t)layer->threads * transport->room;
  PetscCall(KNFree(&transport->work));
  PetscCall(KNFree(&transport->velocity));
  PetscCall(KNFree(&transport->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &transport->work));
  PetscCall(KNMalloc(shares, sizeof(KNReal), &transport->share));
  layer->bytes += (count + shares) * sizeof(KNReal);
  if (layer->activation == KN_ACTIVATION_VELOCITY && transport->collision.alpha > 0 && transport->collision.rate > 0) {
    PetscCall(KNMalloc((size_t)layer->threads * KNAligned(size), sizeof(KNReal), &transport->velocity));
    layer->bytes += (size_t)layer->threads * KNAligned(size) * sizeof(KNReal);
  }
  /*
    Streaming: along an axis the difference, its scale, the velocity and the sum, then the step. Backward the
    difference, dv (3), w and its transpose (2), then dtau (2) and the addition of dz.
  */
  layer->flops[0] += ((gelu ? KN_GELU_FLOPS : 0) + 4 * dim + 2) * points;
  layer->flops[1] += ((gelu ? KN_GELU_BACKWARD_FLOPS : 0) + 7 * dim + 3) * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Who collides in this sample. */
static KNCollisionList Collide(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *u)
{
  const Transport *transport = layer->data;
  const size_t     size      = transport->kernel.C * transport->kernel.lattice.S;
  KNReal *v = transport->velocity ? transport->velocity + (size_t)omp_get_thread_num() * KNAligned(size) : NULL;

  if (v) kn_gelu_forward(v, u, size);
  return KNCollisionCollide(&transport->collision, layer, pass, b, v ? v : u);
}

/* This thread's workspace. */
static KNReal *Own(KNLayer layer)
{
  const Transport *transport = layer->data;

  return transport->work + (size_t)omp_get_thread_num() * transport->room;
}

static void KNLayerApply_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Transport      *transport = layer->data;
  const KNCollisionList list      = Collide(layer, pass, b, in[1]);

  kn_transport_forward(out, in[0], in[1], transport->step, &transport->kernel, &list, Own(layer), mode == ADD_VALUES);
}

static void KNLayerApplyBack_Transport(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Transport      *transport = layer->data;
  const KNCollisionList list      = Collide(layer, pass, b, in[1]);

  kn_transport_backward(din[0], din[1], transport->share + (size_t)b * (size_t)layer->in, dout, in[0], in[1],
                        transport->step, &transport->kernel, &list, Own(layer), mode == ADD_VALUES);
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
  PetscCall(KNFree(&transport->velocity));
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
