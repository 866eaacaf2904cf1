/* The collision layer refuses what does not fit, as a user's mistake, and says its sizes and cost. */
#include <kitinet/error.h>
#include <kitinet/layer.h>

static PetscErrorCode Create(const char options[], PetscInt C, KNLayer *layer)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(KNLayerCreate("collision", "block0.collision", 0, layer));
  PetscCall(KNLayerSetChannels(*layer, 1, C, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRefused(const char options[], PetscInt C)
{
  KNLayer        layer;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = Create(options, C, &layer);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "\"%s\" with %d channels gave code %d", options,
             (int)C, (int)code);
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSizes(void)
{
  KNLayer        layer;
  PetscInt       inputs, in, out, n = 100;
  KNGrid         grid = KNGridMake(1, &n, KN_POINTS_CELLS), grid_out;
  PetscLogDouble forward, backward;

  PetscFunctionBegin;
  PetscCall(Create("", 32, &layer));
  PetscCall(KNLayerSetGrid(layer, &grid, 4));
  PetscCall(KNLayerGetSizes(layer, &inputs, &in, &out, NULL, &grid_out));
  PetscCheck(inputs == 2 && in == 32 && out == 32 && KNGridSize(&grid_out) == 100, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%d inputs, %d to %d channels", (int)inputs, (int)in, (int)out);
  /* By default particles of 8 components: 2 pairs, 82 and 247 operations each, and the addition of 32 channels */
  PetscCall(KNLayerGetCost(layer, &forward, &backward, NULL));
  PetscCheck(fabs(forward - 100 * (2 * 82 + 32)) < 1e-6 && fabs(backward - 100 * (2 * 247 + 32)) < 1e-6,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%g and %g operations", forward, backward);
  PetscCall(KNLayerDestroy(&layer));

  /* Where 8 does not divide the channels, or would leave one particle, fewer: 20 channels are 4 particles of 5. */
  PetscCall(Create("", 20, &layer));
  PetscCall(KNLayerSetGrid(layer, &grid, 4));
  PetscCall(KNLayerGetCost(layer, &forward, NULL, NULL));
  PetscCheck(fabs(forward - 100 * (2 * 52 + 20)) < 1e-6, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%g operations", forward);
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestRefused("-collision_dimension 3", 32));
  PetscCall(TestRefused("-collision_dimension 64", 32));
  PetscCall(TestRefused("-collision_dimension -1", 32));
  PetscCall(TestRefused("-collision_rate 1.5", 32));
  PetscCall(TestRefused("-collision_rate nan", 32));
  PetscCall(TestRefused("-collision_alpha -1", 32));
  PetscCall(TestRefused("-collision_law billiards", 32));
  PetscCall(TestRefused("-collision_evaluate median", 32));
  PetscCall(TestSizes());
  PetscCall(PetscFinalize());
  return 0;
}
