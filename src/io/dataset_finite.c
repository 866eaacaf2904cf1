/* Rows for computations: NaN and infinite values are refused. merge, inspect and convert take rows as they are. */
#include "dataset_impl.h"
#include <kitinet/statistics.h>

PetscErrorCode KNDatasetExpectFinite(KNDataset dataset, PetscBool x, PetscInt frames)
{
  PetscFunctionBegin;
  dataset->any_x = (PetscBool)!x;
  dataset->any_y = frames > 0 ? frames : -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNDatasetTakesAny(KNDataset dataset)
{
  return (PetscBool)(dataset->any_x && dataset->any_y < 0);
}

/* value: (arrays, S) of these fields in turn; in_time: they are those of frames */
static int CheckFields(KNDataset dataset, PetscInt64 row, PetscBool in_time, PetscInt arrays, PetscInt fields,
                       const KNField field[], size_t S, const float value[], size_t size, char message[])
{
  for (PetscInt i = 0; i < arrays; i++) {
    char frame[32] = "";

    if (!kn_nonfinite(value + (size_t)i * S, S)) continue;
    if (in_time) (void)snprintf(frame, sizeof(frame), " of frame %d", (int)(i / fields));
    (void)snprintf(message, size,
                   "%s: row %lld (sample %lld) holds NaN or infinite values in \"%s\"%s: leave the sample out, or "
                   "generate it again; evaluate -allow_nonfinite judges the others",
                   dataset->path, (long long)row, (long long)dataset->layout.sample[row], field[i % fields].name,
                   frame);
    return KN_ERR_INPUT;
  }
  return 0;
}

int KNDatasetReadFinite(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[], size_t size,
                        char message[])
{
  const KNProblem *problem = &dataset->layout.problem;
  const size_t     x_size  = KNGridSize(slab->whole ? slab : &problem->input.grid);
  const size_t     y_size  = KNGridSize(slab->whole ? slab : &problem->output.grid);
  PetscInt         frames  = PetscMax(problem->frames, 1);
  int              code    = KNDatasetReadSlab(dataset, row, slab, x, y, size, message);

  if (dataset->any_y) frames = PetscMax(PetscMin(frames, dataset->any_y), 0);
  if (!code && x && !dataset->any_x)
    code = CheckFields(dataset, row, PETSC_FALSE, problem->input.fields, problem->input.fields, problem->input.field,
                       x_size, x, size, message);
  if (!code && y)
    code = CheckFields(dataset, row, (PetscBool)(problem->frames > 0), frames * problem->output.fields,
                       problem->output.fields, problem->output.field, y_size, y, size, message);
  return code;
}
