/*
  Spectral convolution (Li et al. 2020, arXiv 2010.08895): a product with learned matrices for the lowest Fourier modes,

      y = irfft(W . rfft(x)),    Y[b, o, k] = sum_i W[k, i, o] X[b, i, k]

  x: (B, C_in, S), y: (B, C_out, S); k1 = -m..m-1 on all axes but the last, k = 0..m-1 on the last; all other modes of y
  are 0. Normalised as torch.fft: 1/S in the inverse. W complex: (2 m, m, C_in, 2, C_out) on two axes, (2 m, 2 m, m,
  C_in, 2, C_out) on three, (m, C_in, 2, C_out) on one, all but the last axis as k1 = 0..m-1, -m..-1, real and imaginary
  rows interleaved; initially uniform in (0, 1) / (C_in C_out), both parts.

  With A, A' and the weights w of spectral_transform.h: y = A' w W A x, hence dx = A' W^H w A dy, dW = (A x)^* (w A dy).
  Everything between the transforms is mode-major, and complex products are real ones of stacked parts:

      [Xr; Xi] (2 B, C_in) [Wr Wi] (C_in, 2 C_out) holds the four real products of X W;
      with D = [Dr Di; Di -Dr] (2 B, 2 C_out), D = w A dy:  [dXr; dXi] = D W',  [dWr dWi] = [Xr; Xi]' D

  (' transposes), each as many operations as the complex product. With 32 channels and B = 20 sgemm does the first and
  the last in 0.65 of the time of cgemm, the middle one in the same.

  Where ranks share a sample, each a slab of its grid, A x and A dy are sums over the ranks (spectral_outer.c): the kept
  modes are all that travels. All ranks then multiply all modes, and each computes the gradient of its share of the
  weights.
*/
#include "product_kernels.h"
#include "spectral_transform.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <omp.h>
#include <string.h>

static void kn_modes_forward(KNReal *restrict Y, const KNReal *restrict X, const KNReal *restrict W,
                             const KNReal *restrict w, size_t K, size_t B, size_t Ci, size_t Co, KNReal *work)
{
  // Y: (K, 2 B, 2 Co), of each mode the first B rows hold the result (real, imaginary); X: (K, 2, B, Ci), W: (K, Ci, 2,
  // Co), w: (K); work: of kn_product_of_rows, so that a sample's result does not depend on B, or NULL
#pragma omp for schedule(static)
  for (size_t k = 0; k < K; k++) {
    KNReal *restrict Yk = Y + k * 4 * B * Co;

    if (work)
      kn_product_of_rows(Yk, 2 * Co, X + k * 2 * B * Ci, Ci, W + k * 2 * Ci * Co, 2 * Co, 2 * B, 2 * Co, Ci, work);
    else kn_product(Yk, 2 * Co, X + k * 2 * B * Ci, Ci, W + k * 2 * Ci * Co, 2 * Co, 2 * B, 2 * Co, Ci, 0);
    for (size_t b = 0; b < B; b++) {
      KNReal *restrict re = Yk + b * 2 * Co, *restrict im = re + Co;       // Xr Wr, Xr Wi
      const KNReal *restrict ir = re + B * 2 * Co, *restrict ii = ir + Co; // Xi Wr, Xi Wi

      for (size_t o = 0; o < Co; o++) {
        re[o] = w[k] * (re[o] - ii[o]);
        im[o] = w[k] * (im[o] + ir[o]);
      }
    }
  }
}

static void kn_modes_backward(KNReal *restrict dX, KNReal *restrict dW, KNReal *restrict D, const KNReal *restrict X,
                              const KNReal *restrict W, const KNReal *restrict w, size_t K, size_t B, size_t Ci,
                              size_t Co, size_t first, size_t end, KNReal *restrict term)
{
  // D: (K, 2 B, 2 Co), of each mode the first B rows hold A dy and are weighted here, the others filled in; dX: (K, 2,
  // B, Ci)
  // dW: (K, Ci, 2, Co) of the modes first..end-1, 0 for the others; term: (Ci, 2, Co) of this thread, from where they
  // are added to dW, or NULL
#pragma omp for schedule(static)
  for (size_t k = 0; k < K; k++) {
    KNReal *restrict Dk = D + k * 4 * B * Co, *restrict dWk = dW + k * 2 * Ci * Co;

    for (size_t b = 0; b < B; b++) {
      KNReal *restrict re = Dk + b * 2 * Co, *restrict im = re + Co, *restrict rotated = re + B * 2 * Co;

      for (size_t o = 0; o < Co; o++) {
        re[o] *= w[k];
        im[o] *= w[k];
        rotated[o]      = im[o];
        rotated[Co + o] = -re[o];
      }
    }
    if (k >= first && k < end)
      kn_product_transposed_left(term ? term : dWk, 2 * Co, X + k * 2 * B * Ci, Ci, Dk, 2 * Co, Ci, 2 * Co, 2 * B, 0);
    else if (!term) memset(dWk, 0, 2 * Ci * Co * sizeof(*dWk));
    for (size_t i = 0; term && k >= first && k < end && i < 2 * Ci * Co; i++) dWk[i] += term[i];
    kn_product_transposed_right(dX + k * 2 * B * Ci, Ci, Dk, 2 * Co, W + k * 2 * Ci * Co, 2 * Co, 2 * B, Ci, 2 * Co, 0);
  }
}

typedef struct {
  PetscInt    modes;               /* m */
  KNReal     *W, *dW;              /* (K, C_in, 2, C_out), in the parameters' blocks, not owned */
  KNTransform of_input, of_output; /* for C_in and C_out fields */
  size_t      K;                   /* kept modes */
  KNReal     *w;                   /* (K) weights of the inverse */
  KNReal     *X, *dX;              /* (K, 2, samples, C_in); X is kept for backward */
  KNReal     *Y;                   /* (K, 2 samples, 2 C_out), of the output or of its gradient */
  /* (K, 2, samples, C_out) A dy, to be added up over the ranks of a sample; NULL: it is whole */
  KNReal *sum;
  size_t  first, end; /* modes of whose weights this rank computes the gradient */
  KNReal *term;       /* (threads, KNAligned(C_in 2 C_out)) of one mode, where gradients are added */
  KNReal *rows;       /* (threads, RowsRoom) for kn_product_of_rows; NULL: rows do not matter */
} Spectral;

static size_t RowsRoom(KNLayer layer)
{
  const size_t columns = 2 * (size_t)layer->out;

  return kn_rows_matter(columns) ? KNAligned(KN_ROWS * ((size_t)layer->in + columns)) : 0;
}

static PetscErrorCode KNLayerSetFromOptions_Spectral(KNLayer layer)
{
  Spectral *spectral = layer->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-model_modes", "Fourier modes kept on each axis, of both signs on all axes but the last", 1,
                         1024, &spectral->modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Spectral(KNLayer layer, KNParameters parameters)
{
  Spectral       *spectral = layer->data;
  const PetscInt  d        = layer->dim;
  KNParameterInfo info     = {.name  = "weight",
                              .rank  = d + 3,
                              .init  = KN_INIT_POSITIVE,
                              .scale = (KNReal)(1.0 / ((PetscReal)layer->in * (PetscReal)layer->out))};

  PetscFunctionBegin;
  spectral->modes = PetscMax(spectral->modes >> layer->level, 1);
  if (layer->out == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  for (PetscInt a = 0; a < d; a++) {
    info.shape[a] = a < d - 1 ? 2 * spectral->modes : spectral->modes;
    info.role[a]  = KN_ROLE_MODE;
  }
  info.shape[d]     = layer->in;
  info.role[d]      = layer->role[0];
  info.shape[d + 1] = 2;
  info.role[d + 1]  = KN_ROLE_COMPLEX;
  info.shape[d + 2] = layer->out;
  info.role[d + 2]  = layer->role[1];
  PetscCall(KNLayerDeclare(layer, parameters, info, &spectral->W, &spectral->dW));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSpectralReset(Spectral *spectral)
{
  PetscFunctionBegin;
  PetscCall(KNTransformDestroy(&spectral->of_input));
  PetscCall(KNTransformDestroy(&spectral->of_output));
  PetscCall(KNFree(&spectral->w));
  PetscCall(KNFree(&spectral->X));
  PetscCall(KNFree(&spectral->dX));
  PetscCall(KNFree(&spectral->Y));
  PetscCall(KNFree(&spectral->sum));
  PetscCall(KNFree(&spectral->term));
  PetscCall(KNFree(&spectral->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Spectral(KNLayer layer)
{
  Spectral      *spectral = layer->data;
  const KNGrid  *grid     = &layer->grid_in;
  const size_t   B = (size_t)layer->samples, Ci = (size_t)layer->in, Co = (size_t)layer->out;
  PetscInt       n = KNGridWhole(grid, 0);
  PetscLogDouble flops_in, flops_out, flops_modes;
  PetscMPIInt    size, rank;
  PetscInt64     start, end;
  size_t         bytes_in, bytes_out;

  PetscFunctionBegin;
  for (PetscInt a = 1; a < grid->dim; a++) n = PetscMin(n, grid->n[a]);
  PetscCheck(!layer->level || n >= 2 * spectral->modes, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the grid that the network coarsened %" PetscInt_FMT " times has %" PetscInt_FMT
             " points along an axis, fewer than twice its %" PetscInt_FMT " modes: lower -model_levels or -model_modes",
             layer->level, n, spectral->modes);
  PetscCheck(n >= 2 * spectral->modes, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "a grid axis has %" PetscInt_FMT " points, fewer than twice the %" PetscInt_FMT
             " modes: -model_modes at most %" PetscInt_FMT " for a new network; one that is trained needs a finer grid",
             n, spectral->modes, n / 2);
  PetscCall(KNSpectralReset(spectral));
  PetscCall(KNTransformCreate(KN_TRANSFORM_FASTER, grid, spectral->modes, layer->in, &spectral->of_input));
  PetscCall(KNTransformCreate(KN_TRANSFORM_FASTER, grid, spectral->modes, layer->out, &spectral->of_output));
  PetscCall(KNTransformGetSizes(spectral->of_input, &spectral->K, NULL, &flops_in, &bytes_in));
  PetscCall(KNTransformGetSizes(spectral->of_output, &spectral->K, NULL, &flops_out, &bytes_out));
  PetscCall(KNMalloc(spectral->K, sizeof(KNReal), &spectral->w));
  PetscCall(KNMalloc(spectral->K * 2 * B * Ci, sizeof(KNReal), &spectral->X));
  PetscCall(KNMalloc(spectral->K * 2 * B * Ci, sizeof(KNReal), &spectral->dX));
  PetscCall(KNMalloc(spectral->K * 4 * B * Co, sizeof(KNReal), &spectral->Y));
  PetscCall(KNMalloc((size_t)layer->threads * KNAligned(2 * Ci * Co), sizeof(KNReal), &spectral->term));
  if (RowsRoom(layer)) PetscCall(KNMalloc((size_t)layer->threads * RowsRoom(layer), sizeof(KNReal), &spectral->rows));
  KNTransformWeight(spectral->of_output, spectral->w);
  PetscCallMPI(MPI_Comm_size(layer->comm, &size));
  PetscCallMPI(MPI_Comm_rank(layer->comm, &rank));
  KNPartition((PetscInt64)spectral->K, size, rank, &start, &end);
  spectral->first = (size_t)start;
  spectral->end   = (size_t)end;
  if (grid->whole) PetscCall(KNMalloc(spectral->K * 2 * B * Co, sizeof(KNReal), &spectral->sum));
  layer->traffic[0] = 2 * spectral->K * Ci * sizeof(KNReal);
  layer->traffic[1] = 2 * spectral->K * Co * sizeof(KNReal);
  flops_modes       = 8 * (PetscLogDouble)(spectral->K * Ci * Co);
  layer->flops[0]   = flops_in + flops_out + flops_modes;
  layer->flops[1]   = flops_in + flops_out + 2 * flops_modes;
  layer->bytes      = bytes_in + bytes_out +
                 spectral->K * (1 + 4 * B * (Ci + Co) + (grid->whole ? 2 * B * Co : 0)) * sizeof(KNReal) +
                 (size_t)layer->threads * (KNAligned(2 * Ci * Co) + RowsRoom(layer)) * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerGather_Spectral(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  const Spectral *spectral = layer->data;
  const size_t    B = (size_t)pass->samples, Ci = (size_t)layer->in;

  KNTransformAnalyze(spectral->of_input, omp_get_thread_num(), spectral->X + (size_t)b * Ci, 2 * B * Ci, B * Ci, in[0]);
}

/* D: (K, 2 B, 2 Co) from sum: (K, 2, B, Co) */
static void kn_modes_spread(KNReal *restrict D, const KNReal *restrict sum, size_t K, size_t B, size_t Co)
{
#pragma omp for schedule(static)
  for (size_t k = 0; k < K; k++) {
    for (size_t i = 0; i < 2 * B; i++)
      memcpy(D + k * 4 * B * Co + i % B * 2 * Co + i / B * Co, sum + (k * 2 * B + i) * Co, Co * sizeof(*D));
  }
}

static void KNLayerJoin_Spectral(KNLayer layer, const KNPass *pass)
{
  const Spectral *spectral = layer->data;

  if (spectral->sum)
    KNLayerSum(layer, spectral->X, spectral->K * 2 * (size_t)pass->samples * (size_t)layer->in, KNREAL_MPI);
  kn_modes_forward(spectral->Y, spectral->X, spectral->W, spectral->w, spectral->K, (size_t)pass->samples,
                   (size_t)layer->in, (size_t)layer->out,
                   spectral->rows ? spectral->rows + (size_t)omp_get_thread_num() * RowsRoom(layer) : NULL);
}

static void KNLayerApply_Spectral(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                  InsertMode mode)
{
  const Spectral *spectral = layer->data;
  const size_t    B = (size_t)pass->samples, Co = (size_t)layer->out;

  KNTransformSynthesize(spectral->of_output, omp_get_thread_num(), out, spectral->Y + (size_t)b * 2 * Co, 4 * B * Co,
                        Co, mode == ADD_VALUES);
}

static void KNLayerGatherBack_Spectral(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout)
{
  const Spectral *spectral = layer->data;
  const size_t    B = (size_t)pass->samples, Co = (size_t)layer->out;

  if (spectral->sum)
    KNTransformAnalyze(spectral->of_output, omp_get_thread_num(), spectral->sum + (size_t)b * Co, 2 * B * Co, B * Co,
                       dout);
  else
    KNTransformAnalyze(spectral->of_output, omp_get_thread_num(), spectral->Y + (size_t)b * 2 * Co, 4 * B * Co, Co,
                       dout);
}

static void KNLayerJoinBack_Spectral(KNLayer layer, const KNPass *pass)
{
  const Spectral *spectral = layer->data;
  const size_t    B = (size_t)pass->samples, Ci = (size_t)layer->in, Co = (size_t)layer->out;
  KNReal         *term =
    pass->gradients == INSERT_VALUES ? NULL : spectral->term + (size_t)omp_get_thread_num() * KNAligned(2 * Ci * Co);

  if (spectral->sum) {
    KNLayerSum(layer, spectral->sum, spectral->K * 2 * B * Co, KNREAL_MPI);
    kn_modes_spread(spectral->Y, spectral->sum, spectral->K, B, Co);
  }
  kn_modes_backward(spectral->dX, spectral->dW, spectral->Y, spectral->X, spectral->W, spectral->w, spectral->K, B, Ci,
                    Co, spectral->first, spectral->end, term);
}

static void KNLayerApplyBack_Spectral(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                      const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Spectral *spectral = layer->data;
  const size_t    B = (size_t)pass->samples, Ci = (size_t)layer->in;

  if (din[0])
    KNTransformSynthesize(spectral->of_input, omp_get_thread_num(), din[0], spectral->dX + (size_t)b * Ci, 2 * B * Ci,
                          B * Ci, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Spectral(KNLayer layer, PetscViewer viewer)
{
  const Spectral *spectral = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " modes", spectral->modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Spectral(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNSpectralReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Spectral(KNLayer layer)
{
  Spectral *spectral;

  PetscFunctionBegin;
  PetscCall(PetscNew(&spectral));
  spectral->modes = 12;
  layer->axes     = 1;
  layer->data     = spectral;
  layer->ops      = (KNLayerOps){
         .setfromoptions = KNLayerSetFromOptions_Spectral,
         .setup          = KNLayerSetUp_Spectral,
         .setgrid        = KNLayerSetGrid_Spectral,
         .gather         = KNLayerGather_Spectral,
         .join           = KNLayerJoin_Spectral,
         .apply          = KNLayerApply_Spectral,
         .gather_back    = KNLayerGatherBack_Spectral,
         .join_back      = KNLayerJoinBack_Spectral,
         .apply_back     = KNLayerApplyBack_Spectral,
         .view           = KNLayerView_Spectral,
         .destroy        = KNLayerDestroy_Spectral,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .gathered = PETSC_TRUE, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}
