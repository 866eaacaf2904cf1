/* Private to src/core/: what symmetry.c and symmetry_text.c share. */
#ifndef KITINET_SYMMETRY_IMPL_H
#define KITINET_SYMMETRY_IMPL_H

#include <kitinet/symmetry.h>
#include <string.h>

/* What leaves all as it is. */
static inline KNAction KNActionNone(void)
{
  KNAction action;

  memset(&action, 0, sizeof(action));
  for (signed char d = 0; d < KN_MAX_DIM; d++) {
    action.axis[(int)d] = d;
    action.sign[(int)d] = 1;
  }
  for (signed char f = 0; f < KN_MAX_FIELDS; f++) {
    action.field[(int)f]      = f;
    action.field_sign[(int)f] = 1;
  }
  return action;
}

/* What first does, then what second does. */
PETSC_INTERN KNAction KNActionCompose(const KNAction *first, const KNAction *second, const KNGrid *grid);

#endif
