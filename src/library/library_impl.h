/* What the doors for other programs share: the message of a thread, the start of PETSc, one call at a time. */
#ifndef KITINET_LIBRARY_IMPL_H
#define KITINET_LIBRARY_IMPL_H

#include <kitinet/error.h>

/* Clears what KNSurrogateMessage() says to this thread: every function of the doors begins with it. */
void KNLibraryClear(void);

/* Keeps one line for KNSurrogateMessage(); returns code. */
int KNLibraryFail(int code, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/* Lets this thread in alone, and catches errors of PETSc for KNSurrogateMessage(), until KNLibraryLeave(). */
void KNLibraryEnter(void);
void KNLibraryLeave(void);

/* Within: starts PETSc, and with it MPI, if the caller has not. An error leaves a message. */
PetscErrorCode KNLibraryStart(void);

#endif
