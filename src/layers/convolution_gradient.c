/*
  The gradient of a convolution's weights where its sweeps are used: for each tap a product of dy and of what the tap
  sees of x, along points. See convolution_impl.h.
*/
#include "convolution_impl.h"
#include "product_kernels.h"
#include "transpose.h"

/* Points of a row in one product: what a tap sees of them stays in the cache. */
enum { ROW_PIECE = 256 };

PetscErrorCode KNConvolutionPlanGradient(const KNConvolutionSweep *forward, unsigned long long *row[2])
{
  const KNSpreadAxis *x = forward->spread.axis;
  const size_t       *N = forward->extent, *step = forward->part->step, rows = N[0] * N[1],
               in = forward->Ci * forward->groups;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(PetscMalloc1(rows, &row[i]));
  for (size_t r = 0; r < rows; r++) {
    row[0][r] = r * N[2] * sizeof(KNReal);
    row[1][r] = (r / N[1] * step[0] * x[1].M + r % N[1] * step[1]) * x[2].M * in * sizeof(KNReal);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void kn_convolution_gradient(KNReal *dW, const KNReal *dy, const KNReal *x, unsigned long long *const row[2],
                             const KNConvolutionSweep *forward, int add)
{
  const size_t Ci = forward->Ci, Co = forward->Co, in = Ci * forward->groups, *N = forward->extent,
               S = N[0] * N[1] * N[2], step = forward->part->step[2];

  for (size_t g = 0; g < forward->groups; g++) {
    for (size_t t = 0; t < forward->taps; t++, dW += Co * Ci) {
      const KNReal *tap = x + forward->part->at[t] + g * Ci;

      for (size_t i = 0; i < N[2]; i += ROW_PIECE)
        kn_product_sum(dW, Ci, dy + g * Co * S + i, S, row[0], tap + i * step * in, step * in, row[1], Co, Ci,
                       PetscMin(ROW_PIECE, N[2] - i), N[0] * N[1], add || i > 0);
    }
  }
}

size_t KNConvolutionColumns(const KNConvolutionSweep *forward)
{
  return forward->taps * forward->Ci * PetscMin(forward->extent[2], ROW_PIECE);
}

/* dW = columns (taps Ci, points) dy_points (points, Co), where the columns are what the taps see of x. */
void kn_convolution_gradient_narrow(KNReal *dW, const KNReal *dy, const KNReal *x, KNReal *dy_points, KNReal *columns,
                                    const KNConvolutionSweep *forward, int add)
{
  const KNConvolutionPart *part = forward->part;
  const KNSpreadAxis      *axis = forward->spread.axis;
  const size_t Ci = forward->Ci, Co = forward->Co, *N = forward->extent, rows = N[0] * N[1], n = N[2], S = rows * n,
               M = axis[0].M * axis[1].M * axis[2].M;

  kn_transpose(dy_points, Co, dy, S, Co, S);
  for (size_t r = 0; r < rows; r++) {
    const KNReal *line = x + (r / N[1] * axis[1].M + r % N[1]) * axis[2].M;

    for (size_t first = 0; first < n; first += ROW_PIECE) {
      const size_t count = PetscMin(ROW_PIECE, n - first);

      for (size_t c = 0; c < forward->taps * Ci; c++)
        memcpy(columns + c * count, line + part->source[c / Ci] / sizeof(KNReal) + c % Ci * M + first,
               count * sizeof(KNReal));
      kn_product(dW, Co, columns, count, dy_points + (r * n + first) * Co, Co, forward->taps * Ci, Co, count,
                 add || r || first);
    }
  }
}
