/*
  Crop undoes pad: on the number of points for every grid and fraction, on the values, and it refuses what pad cannot
  have made.
*/
#include "../../src/layers/padding.h"
#include <string.h>

static PetscErrorCode LayerCreate(const char type[], PetscInt dim, const char fraction[], KNLayer *layer)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_padding", fraction));
  PetscCall(KNLayerCreate(type, type, 0, layer));
  PetscCall(KNLayerSetChannels(*layer, dim, 2, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, NULL)); /* neither declares parameters */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All n = 4..512 for fractions k/200 up to 1/2: exact inverse, and each padded size belongs to one n only. */
static PetscErrorCode TestSizes(void)
{
  PetscFunctionBegin;
  for (int k = 0; k <= 100; k++) {
    char    fraction[16];
    KNLayer pad, crop;

    PetscCall(PetscSNPrintf(fraction, sizeof(fraction), "%.3f", k / 200.0));
    PetscCall(LayerCreate("pad", 1, fraction, &pad));
    PetscCall(LayerCreate("crop", 1, fraction, &crop));
    for (PetscInt n = 4; n <= 512; n++) {
      const KNGrid grid = KNGridMake(1, &n, KN_POINTS_NODES);
      KNGrid       padded, back;

      PetscCall(KNLayerSetGrid(pad, &grid, 1));
      PetscCall(KNLayerGetSizes(pad, NULL, NULL, NULL, NULL, &padded));
      PetscCall(KNLayerSetGrid(crop, &padded, 1));
      PetscCall(KNLayerGetSizes(crop, NULL, NULL, NULL, NULL, &back));
      PetscCheck(PetscAbsReal((PetscReal)(padded.n[0] - n) - n * k / 200.0) <= 0.5 + 1e-9, PETSC_COMM_SELF,
                 PETSC_ERR_PLIB, "%d points padded by %s to %d", (int)n, fraction, (int)padded.n[0]);
      PetscCheck(!memcmp(&back, &grid, sizeof(grid)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%d points padded by %s, cropped to %d", (int)n, fraction, (int)back.n[0]);
    }
    PetscCall(KNLayerDestroy(&pad));
    PetscCall(KNLayerDestroy(&crop));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two axes: the padding is 0, what is inside comes back bit for bit. */
static PetscErrorCode TestValues(void)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){5, 6}, KN_POINTS_CELLS);
  const KNPass pass = {.samples = 1};
  KNLayer      pad, crop;
  KNGrid       padded;
  KNReal       x[2 * 30], y[2 * 7 * 8], back[2 * 30];

  PetscFunctionBegin;
  PetscCall(LayerCreate("pad", 2, "0.3", &pad));
  PetscCall(LayerCreate("crop", 2, "0.3", &crop));
  PetscCall(KNLayerSetGrid(pad, &grid, 1));
  PetscCall(KNLayerGetSizes(pad, NULL, NULL, NULL, NULL, &padded));
  PetscCheck(padded.n[0] == 7 && padded.n[1] == 8, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "5 x 6 points padded by 0.3 to %d x %d", (int)padded.n[0], (int)padded.n[1]);
  PetscCall(KNLayerSetGrid(crop, &padded, 1));
  for (int i = 0; i < 60; i++) x[i] = (KNReal)(i + 1);
  memset(y, 0xff, sizeof(y)); /* NaN: nothing may be left unwritten */
  PetscCall(KNLayerForward(pad, &pass, (const KNReal *const[]){x}, y, INSERT_VALUES));
  for (int c = 0; c < 2; c++) {
    for (int i = 0; i < 7; i++) {
      for (int j = 0; j < 8; j++) {
        const KNReal expected = i < 5 && j < 6 ? x[(c * 5 + i) * 6 + j] : 0;

        PetscCheck(y[(c * 7 + i) * 8 + j] == expected, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "Channel %d, point (%d, %d) is %g instead of %g", c, i, j, (double)y[(c * 7 + i) * 8 + j],
                   (double)expected);
      }
    }
  }
  PetscCall(KNLayerForward(crop, &pass, (const KNReal *const[]){y}, back, INSERT_VALUES));
  PetscCheck(!memcmp(x, back, sizeof(x)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "Crop does not undo pad");
  PetscCall(KNLayerDestroy(&pad));
  PetscCall(KNLayerDestroy(&crop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By 0.5, 2 points become 3 and 3 become 5: nothing becomes 4. */
static PetscErrorCode TestRefusal(void)
{
  const PetscInt n    = 4;
  const KNGrid   grid = KNGridMake(1, &n, KN_POINTS_NODES);
  KNLayer        crop;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(LayerCreate("crop", 1, "0.5", &crop));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNLayerSetGrid(crop, &grid, 1);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == PETSC_ERR_ARG_SIZ, PETSC_COMM_SELF, PETSC_ERR_PLIB, "4 points cropped by 0.5: error %d",
             (int)code);
  PetscCall(KNLayerDestroy(&crop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestSizes());
  PetscCall(TestValues());
  PetscCall(TestRefusal());
  PetscCall(PetscFinalize());
  return 0;
}
