/*
  Text for a terminal. Names in files are anybody's: their control characters would move the cursor, change colours,
  or begin lines that nobody printed.
*/
#ifndef KITINET_PRINT_H
#define KITINET_PRINT_H

#include <kitinet/base.h>

/*
  Not collective, plain C. text with its control characters, also line breaks, as \x1b or \u009b, in out (size bytes),
  cut off where that is full.
*/
PETSC_EXTERN void KNPrintable(const char text[], size_t size, char out[]);

/*
  Not collective. From here on PetscPrintf(), PetscFPrintf() and viewers print so; line breaks and tabulators of the
  format itself stay.
*/
PETSC_EXTERN PetscErrorCode KNPrintSetUp(void);

#endif
