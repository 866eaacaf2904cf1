/* How `kitinet condense` calls the sizes of networks, in its options, tables and messages. */
#include "command.h"
#include "condense.h"
#include <string.h>

const char *const KNCondenseNames[KN_SIZES] = {"width", "width_2", "width_3", "modes", "head"};

const char *const KNCondenseWhat[KN_SIZES] = {"channels", "channels in the second stage", "channels in the third stage",
                                              "modes", "hidden units"};

/* The channels of all streams: "16/32/64". */
static PetscErrorCode AddWidths(const KNSizes *sizes, size_t room, char text[])
{
  PetscFunctionBegin;
  for (int w = 0; w < KN_STREAMS && sizes->n[KN_SIZE_WIDTH + w]; w++) {
    const size_t used = strlen(text);

    PetscCall(PetscSNPrintf(text + used, room - used, "%s%" PetscInt_FMT, w ? "/" : "", sizes->n[KN_SIZE_WIDTH + w]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseText(const KNSizes *from, const KNSizes *sizes, size_t room, char text[])
{
  PetscFunctionBegin;
  text[0] = 0;
  if (from) {
    PetscCall(AddWidths(from, room, text));
    PetscCall(PetscStrlcat(text, " to ", room));
  }
  PetscCall(AddWidths(sizes, room, text));
  PetscCall(PetscStrlcat(text, " channels", room));
  for (int s = KN_SIZE_MODES; s < KN_SIZES; s++) {
    char number[2 * KN_MAX_NAME];

    if (!sizes->n[s]) continue;
    if (from)
      PetscCall(PetscSNPrintf(number, sizeof(number), ", %" PetscInt_FMT " to %" PetscInt_FMT " %s", from->n[s],
                              sizes->n[s], KNCondenseWhat[s]));
    else PetscCall(PetscSNPrintf(number, sizeof(number), ", %" PetscInt_FMT " %s", sizes->n[s], KNCondenseWhat[s]));
    PetscCall(PetscStrlcat(text, number, room));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseSizesFromOptions(KNSizes *sizes)
{
  PetscInt *n = sizes->n;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-condense_width",
                         "channels of the residual stream that stay, whole particles, of a resnet for classes in its "
                         "first stage; 0: chosen by -condense_flops and the samples",
                         0, 4096, &n[KN_SIZE_WIDTH]));
  PetscCall(KNOptionsInt("-condense_width_2",
                         "of a resnet for classes: channels that stay in its second stage; 0: chosen likewise", 0,
                         16384, &n[KN_SIZE_WIDTH_2]));
  PetscCall(KNOptionsInt("-condense_width_3",
                         "of a resnet for classes: channels that stay in its third stage; 0: chosen likewise", 0, 16384,
                         &n[KN_SIZE_WIDTH_3]));
  PetscCall(KNOptionsInt("-condense_modes", "Fourier modes that stay; 0: chosen by -condense_flops and the samples", 0,
                         1024, &n[KN_SIZE_MODES]));
  PetscCall(KNOptionsInt("-condense_head",
                         "hidden units of the head that stay; 0: chosen by -condense_flops and the samples", 0, 65536,
                         &n[KN_SIZE_HIDDEN]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
