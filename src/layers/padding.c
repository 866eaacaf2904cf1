/*
  Extension by zeros to a larger grid, and its adjoint, restriction: the kernels of pad and crop, either one's
  backward being the other's forward.
*/
#include "padding.h"
#include <kitinet/options.h>
#include <string.h>

PetscErrorCode KNPaddingSetFromOptions(PetscReal fraction[KN_MAX_DIM])
{
  static const char *const axes[] = {"all", "first", NULL};
  PetscInt                 which  = 0;

  PetscFunctionBegin;
  fraction[0] = 0;
  PetscCall(KNOptionsReal(
    "-model_padding",
    "points appended along each axis inside the network, as a fraction of the grid, for fields that are not periodic",
    0, 0.5, &fraction[0]));
  PetscCall(KNOptionsChoice("-model_padding_axes",
                            "axes that are padded; first pads time alone in periodic fields of space and time", axes,
                            &which));
  for (int a = 1; a < KN_MAX_DIM; a++) fraction[a] = which ? 0 : fraction[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

KNGrid KNPaddedFirst(const KNGrid *grid, PetscInt points)
{
  KNGrid         padded = *grid;
  const PetscInt end = grid->first + grid->n[0], whole = KNGridWhole(grid, 0);

  padded.n[0] = PetscMax((end == whole ? points : PetscMin(end, points)) - grid->first, 0);
  if (grid->whole) padded.whole = points;
  return padded;
}

void kn_extend(KNReal *restrict y, const size_t N[3], const KNReal *restrict x, const size_t n[3], size_t P, int add)
{
  // y: (P, N0, N1, N2), x: (P, n0, n1, n2)
  for (size_t p = 0; p < P; p++) {
    for (size_t i = 0; i < N[0]; i++) {
      for (size_t j = 0; j < N[1]; j++) {
        const size_t points         = i < n[0] && j < n[1] ? n[2] : 0; // of this row inside the small grid
        const KNReal *restrict from = x + ((p * n[0] + i) * n[1] + j) * n[2];
        KNReal *restrict to         = y + ((p * N[0] + i) * N[1] + j) * N[2];

        for (size_t k = 0; k < points; k++) to[k] = (add ? to[k] : 0) + from[k];
        if (!add) memset(to + points, 0, (N[2] - points) * sizeof(*to));
      }
    }
  }
}

void kn_restrict(KNReal *restrict x, const size_t n[3], const KNReal *restrict y, const size_t N[3], size_t P, int add)
{
  // x: (P, n0, n1, n2), y: (P, N0, N1, N2)
  for (size_t p = 0; p < P; p++) {
    for (size_t i = 0; i < n[0]; i++) {
      for (size_t j = 0; j < n[1]; j++) {
        const KNReal *restrict from = y + ((p * N[0] + i) * N[1] + j) * N[2];
        KNReal *restrict to         = x + ((p * n[0] + i) * n[1] + j) * n[2];

        for (size_t k = 0; k < n[2]; k++) to[k] = (add ? to[k] : 0) + from[k];
      }
    }
  }
}
