/* Winograd's convolutions of whole fields, some rows of tiles at a time: see winograd.h. */
#include "product_kernels.h"
#include "transpose.h"
#include "winograd.h"

/*
  Tiles at a time: with few channels all their numbers fit into the first-level cache, 10 % faster in backward for 16;
  with more, that would leave products of too few rows.
*/
static size_t kn_piece(size_t C)
{
  return C < 32 ? 16 : 64;
}

PetscErrorCode KNWinogradPlan(KNWinograd *plan, const size_t n[3], size_t C, int periodic)
{
  PetscFunctionBegin;
  for (int a = 0; a < 2; a++) {
    plan->n[a]     = n[1 + a];
    plan->tiles[a] = (n[1 + a] + 1) / 2;
  }
  plan->rows = PetscMin(PetscMax(kn_piece(C) / plan->tiles[1], 1), plan->tiles[0]);
  PetscCall(KNSpreadAxisMake(n[0], 1, n[0], 1, 0, 0, &plan->spread.axis[0]));
  for (int a = 0; a < 2; a++)
    PetscCall(KNSpreadAxisMake(n[1 + a], 1, 2 * plan->tiles[a] + 2, 1, 1, periodic, &plan->spread.axis[1 + a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two rows of results for each row of tiles from `first` on, from points to channels; without what lies beyond n. */
static void kn_store_tiles(KNReal *y, const KNReal *result, const KNReal *bias, KNReal *line, const KNWinograd *plan,
                           size_t first, size_t rows, size_t C, int add)
{
  const size_t n = plan->n[1], S = plan->n[0] * n, width = 2 * plan->tiles[1] * C;

  for (size_t r = 2 * first; r < PetscMin(2 * (first + rows), plan->n[0]); r++, result += width) {
    KNReal *to = y + r * n;

    if (!add && !bias) {
      kn_transpose(to, S, result, C, n, C);
      continue;
    }
    kn_transpose(line, n, result, C, n, C); // (C, n)
    for (size_t c = 0; c < C; c++) {
      const KNReal constant = bias ? bias[c] : 0;

#pragma omp simd
      for (size_t i = 0; i < n; i++) to[c * S + i] = (add ? to[c * S + i] : 0) + constant + line[c * n + i];
    }
  }
}

void kn_winograd(KNReal *y, const KNReal *x, const KNReal *U, const KNReal *bias, KNReal *work, const KNWinograd *plan,
                 size_t Ci, size_t Co, int add)
{
  const size_t M = plan->spread.axis[2].M, columns = plan->tiles[1], most = plan->rows * columns,
               next_V = KNWinogradPlane(most * Ci), next_m = KNWinogradPlane(most * Co);
  KNReal *V = work, *m = V + KN_WINOGRAD * next_V, *result = m + KN_WINOGRAD * next_m;

  for (size_t first = 0; first < plan->tiles[0]; first += plan->rows) {
    const size_t rows = PetscMin(plan->rows, plan->tiles[0] - first), tiles = rows * columns;

    kn_winograd_input(V, next_V, x + 2 * first * M * Ci, M, rows, columns, Ci);
    kn_products(m, Co, next_m, V, Ci, next_V, U, Co, Ci * Co, tiles, Co, Ci, KN_WINOGRAD, 0, 0);
    kn_winograd_output(result, m, next_m, rows, columns, Co);
    kn_store_tiles(y, result, bias, m, plan, first, rows, Co, add); // m serves as a line
  }
}

void kn_winograd_back(KNReal *dU, const KNReal *x, const KNReal *dy, KNReal *work, const KNWinograd *plan, size_t Ci,
                      size_t Co, int add)
{
  const size_t M = plan->spread.axis[2].M, columns = plan->tiles[1], most = plan->rows * columns,
               next_V = KNWinogradPlane(most * Ci), next_m = KNWinogradPlane(most * Co);
  KNReal *V = work, *dm = V + KN_WINOGRAD * next_V;

  for (size_t first = 0; first < plan->tiles[0]; first += plan->rows) {
    const size_t rows = PetscMin(plan->rows, plan->tiles[0] - first), tiles = rows * columns;

    kn_winograd_input(V, next_V, x + 2 * first * M * Ci, M, rows, columns, Ci);
    kn_winograd_output_back(dm, next_m, dy + ((2 * first + 1) * M + 1) * Co, M, plan->n[0] - 2 * first, plan->n[1],
                            rows, columns, Co); // dy begins behind its padding
    kn_products(dU, Co, Ci * Co, V, Ci, next_V, dm, Co, next_m, Ci, Co, tiles, KN_WINOGRAD, 1, add || first);
  }
}
