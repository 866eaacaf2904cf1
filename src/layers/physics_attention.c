/*
  Attention over slices of a field (Transolver, Wu et al. 2024, arXiv 2402.02366). The points of a field are gathered
  into G tokens, these attend to each other, and the points get back what they gave their tokens for. Of each head, with
  d of the C channels and its temperature tau:

      w[g, s] = softmax_g ((A x[:, s] + a)_g / tau)                weights of point s in the slices
      t[g]    = sum_s w[g, s] f[:, s] / (sum_s w[g, s] + 1e-5)     tokens
      o       = softmax (t Wq^T (t Wk^T)^T / sqrt(d)) t Wv^T       attention among tokens
      y[:, s] = sum_g w[g, s] o[g]

  in[0] = x, in[1] = f, y: (B, C, S); A: (G, d), Wq, Wk, Wv: (d, d), shared by the heads; tau: (H), read between 0.1
  and 5. The weights, G values for each head and point, exist for a few points at a time: each of the four sweeps over
  the points (sums and results, forward and backward) computes them again, at a cost linear in the points. Where ranks
  share a sample the sums of their slabs add up, and the samples meet for it.
*/
#include "heads.h"
#include "linear_kernels.h"
#include "slice_kernels.h"
#include "softmax.h"
#include <kitinet/options.h>
#include <omp.h>

typedef struct {
  PetscInt  heads, slices;
  KNReal   *A, *dA, *a, *da, *tau, *dtau; /* in the parameters' blocks, not owned */
  KNReal   *W[3], *dW[3];                 /* Wq, Wk, Wv, likewise */
  KNReal   *N;                            /* (samples, H, G, d + 1) sums */
  KNReal   *dO;                           /* (samples, H, G, d) gradients of o, summed over the points */
  KNReal   *share;                        /* (samples, G d + G + H + 3 d d) dA, da, dtau, dW of each sample */
  KNReal   *work;                         /* (threads, room) */
  PetscBool counts;                       /* of the ranks of a sample, this one has the gradients of W */
} PhysicsAttention;

/* H, G, d and sizes that follow from them. */
typedef struct {
  size_t H, G, d, S, N, dO, share, room;
} Sizes;

static Sizes GetSizes(KNLayer layer)
{
  const PhysicsAttention *p = layer->data;
  const size_t            H = (size_t)p->heads, G = (size_t)p->slices, d = (size_t)layer->in / H;

  return (Sizes){.H     = H,
                 .G     = G,
                 .d     = d,
                 .S     = KNGridSize(&layer->grid_in),
                 .N     = H * G * (d + 1),
                 .dO    = H * G * d,
                 .share = G * d + G + H + 3 * d * d,
                 .room  = KNAligned(G * d) + KNAligned(G * (d + 1)) +
                         KNAligned(PetscMax(kn_slice_work(G), 2 * kn_token_work(G, d)))};
}

/* A thread's o: (G, d), dN: (G, d + 1), and what the kernels need. */
static KNReal *KNPhysicsWork(KNLayer layer, const Sizes *z, KNReal **o, KNReal **dN)
{
  const PhysicsAttention *p = layer->data;

  *o  = p->work + (size_t)omp_get_thread_num() * z->room;
  *dN = *o + KNAligned(z->G * z->d);
  return *dN + KNAligned(z->G * (z->d + 1));
}

static PetscErrorCode KNPhysicsReset(PhysicsAttention *p)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&p->N));
  PetscCall(KNFree(&p->dO));
  PetscCall(KNFree(&p->share));
  PetscCall(KNFree(&p->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetFromOptions_PhysicsAttention(KNLayer layer)
{
  PhysicsAttention *p = layer->data;

  PetscFunctionBegin;
  PetscCall(KNHeadsSetFromOptions(&p->heads));
  PetscCall(KNOptionsInt("-model_slices", "tokens that the points of a field are gathered into", 1, 4096, &p->slices));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_PhysicsAttention(KNLayer layer, KNParameters parameters)
{
  static const char *const names[]   = {"query.weight", "key.weight", "value.weight"};
  static const char *const foreign[] = {"to_q.weight", "to_k.weight", "to_v.weight"};
  PhysicsAttention        *p         = layer->data;
  KNParameterInfo          weight    = {.name    = "slice.weight",
                                        .rank    = 2,
                                        .role    = {KN_ROLE_HIDDEN, KN_ROLE_HEAD},
                                        .init    = KN_INIT_ORTHOGONAL,
                                        .scale   = 1,
                                        .foreign = "in_project_slice.weight"};
  KNReal                   scale;

  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  PetscCall(KNHeadsCheck(layer, p->heads));
  weight.shape[0] = p->slices;
  weight.shape[1] = layer->in / p->heads;
  scale           = (KNReal)(1 / PetscSqrtReal((PetscReal)weight.shape[1]));
  PetscCall(KNLayerDeclare(layer, parameters, weight, &p->A, &p->dA));
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name    = "slice.bias",
                                             .rank    = 1,
                                             .shape   = {p->slices},
                                             .role    = {KN_ROLE_HIDDEN},
                                             .init    = KN_INIT_SYMMETRIC,
                                             .scale   = scale,
                                             .foreign = "in_project_slice.bias"},
                           &p->a, &p->da));
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name  = "temperature",
                                             .rank  = 1,
                                             .shape = {p->heads},
                                             .role  = {KN_ROLE_HEAD},
                                             .init  = KN_INIT_CONSTANT,
                                             .scale = (KNReal)0.5},
                           &p->tau, &p->dtau));
  weight.shape[0] = weight.shape[1];
  weight.role[0] = weight.role[1] = KN_ROLE_HEAD;
  weight.init                     = KN_INIT_SYMMETRIC;
  weight.scale                    = scale;
  for (size_t m = 0; m < 3; m++) {
    PetscCall(PetscStrncpy(weight.name, names[m], sizeof(weight.name)));
    PetscCall(PetscStrncpy(weight.foreign, foreign[m], sizeof(weight.foreign)));
    PetscCall(KNLayerDeclare(layer, parameters, weight, &p->W[m], &p->dW[m]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerGather_PhysicsAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  const PhysicsAttention *p = layer->data;
  const Sizes             z = GetSizes(layer);
  KNReal                 *o, *dN, *work = KNPhysicsWork(layer, &z, &o, &dN);

  for (size_t h = 0; h < z.H; h++)
    kn_slice_sums(kn_products_of(pass), p->N + (size_t)b * z.N + h * z.G * (z.d + 1), z.d + 1, in[1] + h * z.d * z.S,
                  in[0] + h * z.d * z.S, p->A, p->a, p->tau[h], work, z.G, z.d, z.S, 1);
}

static void KNLayerJoin_PhysicsAttention(KNLayer layer, const KNPass *pass)
{
  const PhysicsAttention *p = layer->data;

  KNLayerSum(layer, p->N, (size_t)pass->samples * GetSizes(layer).N, KNREAL_MPI);
}

static void KNLayerApply_PhysicsAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                          KNReal *out, InsertMode mode)
{
  const PhysicsAttention *p = layer->data;
  const Sizes             z = GetSizes(layer);
  KNReal                 *o, *dN, *work = KNPhysicsWork(layer, &z, &o, &dN);

  if (!layer->ops.join) KNLayerGather_PhysicsAttention(layer, pass, b, in);
  for (size_t h = 0; h < z.H; h++) {
    kn_tokens_forward(o, work, p->N + (size_t)b * z.N + h * z.G * (z.d + 1), (const KNReal *const *)p->W, z.G, z.d);
    kn_slice_results(kn_products_of(pass), out + h * z.d * z.S, o, in[0] + h * z.d * z.S, p->A, p->a, p->tau[h], work,
                     z.G, z.d, z.S, mode == ADD_VALUES);
  }
}

static void KNLayerGatherBack_PhysicsAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                               const KNReal *dout)
{
  const PhysicsAttention *p = layer->data;
  const Sizes             z = GetSizes(layer);
  KNReal                 *o, *dN, *work = KNPhysicsWork(layer, &z, &o, &dN);

  for (size_t h = 0; h < z.H; h++)
    kn_slice_sums(kn_products_of(pass), p->dO + (size_t)b * z.dO + h * z.G * z.d, z.d, dout + h * z.d * z.S,
                  in[0] + h * z.d * z.S, p->A, p->a, p->tau[h], work, z.G, z.d, z.S, 0);
}

static void KNLayerJoinBack_PhysicsAttention(KNLayer layer, const KNPass *pass)
{
  const PhysicsAttention *p = layer->data;

  KNLayerSum(layer, p->dO, (size_t)pass->samples * GetSizes(layer).dO, KNREAL_MPI);
}

static void KNLayerApplyBack_PhysicsAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                              const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const PhysicsAttention *p = layer->data;
  const Sizes             z = GetSizes(layer);
  KNReal                 *o, *dN, *work = KNPhysicsWork(layer, &z, &o, &dN);
  KNReal                 *dA = p->share + (size_t)b * z.share, *da = dA + z.G * z.d, *dtau = da + z.G, *dW = dtau + z.H;

  if (!layer->ops.join) KNLayerGatherBack_PhysicsAttention(layer, pass, b, in, dout);
  for (size_t i = 0; i < z.share; i++) dA[i] = 0;
  for (size_t h = 0; h < z.H; h++) {
    const KNReal *N    = p->N + (size_t)b * z.N + h * z.G * (z.d + 1);
    const size_t  head = h * z.d * z.S;

    kn_tokens_forward(o, work, N, (const KNReal *const *)p->W, z.G, z.d);
    kn_tokens_backward(dN, dW, p->dO + (size_t)b * z.dO + h * z.G * z.d, work, N, (const KNReal *const *)p->W, z.G,
                       z.d);
    kn_slice_backward(kn_products_of(pass), din[0] ? din[0] + head : NULL, din[1] ? din[1] + head : NULL, dA, da,
                      &dtau[h], dout + head, in[1] + head, in[0] + head, o, dN, p->A, p->a, p->tau[h], work, z.G, z.d,
                      z.S, mode == ADD_VALUES);
  }
  for (size_t i = 0; !p->counts && i < 3 * z.d * z.d; i++) dW[i] = 0;
}

static void KNLayerFinishBack_PhysicsAttention(KNLayer layer, const KNPass *pass)
{
  const PhysicsAttention *p  = layer->data;
  const Sizes             z  = GetSizes(layer);
  const size_t            B  = (size_t)pass->samples;
  const KNReal           *dA = p->share, *da = dA + z.G * z.d, *dtau = da + z.G, *dW = dtau + z.H;
  const int               add = pass->gradients != INSERT_VALUES;

  kn_sum_shares(p->dA, dA, B, z.share, z.G * z.d, add);
  kn_sum_shares(p->da, da, B, z.share, z.G, add);
  kn_sum_shares(p->dtau, dtau, B, z.share, z.H, add);
  for (size_t m = 0; m < 3; m++) kn_sum_shares(p->dW[m], dW + m * z.d * z.d, B, z.share, z.d * z.d, add);
}

static PetscErrorCode KNLayerSetGrid_PhysicsAttention(KNLayer layer)
{
  PhysicsAttention    *p      = layer->data;
  const Sizes          z      = GetSizes(layer);
  const size_t         B      = (size_t)layer->samples;
  const PetscBool      shared = (PetscBool)(layer->grid_in.whole > 0), back = (PetscBool)!layer->forward_only;
  const PetscLogDouble G = (PetscLogDouble)z.G, d = (PetscLogDouble)z.d, H = (PetscLogDouble)z.H,
                       tokens = H * (8 * G * d * d + 4 * G * G * d + KN_SOFTMAX_FLOPS * G * G),
                       points = H * (PetscLogDouble)z.S, slices = 2 * G * d + (KN_SOFTMAX_FLOPS + 1) * G;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(KNPhysicsReset(p));
  PetscCall(KNMalloc(B * z.N, sizeof(KNReal), &p->N));
  if (back) PetscCall(KNMalloc(B * z.dO, sizeof(KNReal), &p->dO));
  if (back) PetscCall(KNMalloc(B * z.share, sizeof(KNReal), &p->share));
  PetscCall(KNMalloc((size_t)layer->threads * z.room, sizeof(KNReal), &p->work));
  PetscCallMPI(MPI_Comm_rank(layer->comm, &rank));
  p->counts              = (PetscBool)(rank == 0);
  layer->ops.gather      = shared ? KNLayerGather_PhysicsAttention : NULL;
  layer->ops.join        = shared ? KNLayerJoin_PhysicsAttention : NULL;
  layer->ops.gather_back = shared ? KNLayerGatherBack_PhysicsAttention : NULL;
  layer->ops.join_back   = shared ? KNLayerJoinBack_PhysicsAttention : NULL;
  layer->traffic[0]      = z.N * sizeof(KNReal);
  layer->traffic[1]      = z.dO * sizeof(KNReal);
  layer->bytes           = (B * (z.N + (back ? z.dO + z.share : 0)) + (size_t)layer->threads * z.room) * sizeof(KNReal);
  layer->flops[0]        = points * (2 * slices + 4 * G * d + G) + tokens;
  layer->flops[1]        = points * (2 * slices + 12 * G * d + 9 * G) + 3 * tokens;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerView_PhysicsAttention(KNLayer layer, PetscViewer viewer)
{
  const PhysicsAttention *p = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " heads, %" PetscInt_FMT " slices", p->heads, p->slices));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_PhysicsAttention(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNPhysicsReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_PhysicsAttention(KNLayer layer)
{
  PhysicsAttention *p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->heads      = 8;
  p->slices     = 64;
  layer->inputs = 2;
  layer->data   = p;
  layer->ops    = (KNLayerOps){
       .setfromoptions = KNLayerSetFromOptions_PhysicsAttention,
       .setup          = KNLayerSetUp_PhysicsAttention,
       .setgrid        = KNLayerSetGrid_PhysicsAttention,
       .apply          = KNLayerApply_PhysicsAttention,
       .apply_back     = KNLayerApplyBack_PhysicsAttention,
       .finish_back    = KNLayerFinishBack_PhysicsAttention,
       .view           = KNLayerView_PhysicsAttention,
       .destroy        = KNLayerDestroy_PhysicsAttention,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .repeats = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}
