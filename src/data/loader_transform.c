/*
  What happens to a sample between file and batch: it is moved by an element of the dataset's group, in one pass over
  its values. Draws are pure functions of (seed, epoch, sample): a training that goes on, in the middle of an epoch too,
  needs no state, and any number of ranks sees the same samples.
*/
#include "loader_impl.h"
#include <kitinet/random.h>

void KNLoaderTransform(const struct _p_KNLoader *loader, PetscInt64 index, const float *x, const float *y, float *to_x,
                       float *to_y)
{
  const KNProblem *problem;
  const KNGrid    *slab = &loader->grid;
  PetscInt         first, rows;
  uint64_t         word[4];
  KNElement        g;

  (void)KNDatasetGetProblem(loader->dataset, &problem);
  KNRandomWords(loader->seed, KN_STREAM_SYMMETRY, loader->epoch, index, 0, 0, word);
  KNSymmetryGetElement(loader->symmetry, KNUniformInt(word[0], KNSymmetryOrder(loader->symmetry)), &g);
  if (to_x && loader->nx) {
    first = slab->whole ? slab->first : 0;
    rows  = slab->whole ? slab->n[0] : problem->input.grid.n[0];
    kn_symmetry_apply(to_x, x, &g.input, 1, (size_t)problem->input.fields, &problem->input.grid, first, rows);
  }
  if (to_y && loader->ny) {
    first = slab->whole ? slab->first : 0;
    rows  = slab->whole ? slab->n[0] : problem->output.grid.n[0];
    kn_symmetry_apply(to_y, y, &g.output, loader->ny / loader->frame, (size_t)problem->output.fields,
                      &problem->output.grid, first, rows);
  }
}
