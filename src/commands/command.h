/* The commands of the program: each declares its options, ends them with KNOptionsEnd(), does its work. */
#ifndef KITINET_COMMAND_H
#define KITINET_COMMAND_H

#include <kitinet/error.h>
#include <kitinet/options.h>

typedef struct {
  const char *name, *purpose;
  /* collective on PETSC_COMM_WORLD; stopped: early, to be run again */
  PetscErrorCode (*run)(const char purpose[], PetscBool *stopped);
} KNCommand;

/* All commands in order, ended by a NULL name. */
extern const KNCommand KNCommands[];

#define KN_COMMAND(name, Suffix, purpose) PetscErrorCode KNCommand_##Suffix(const char[], PetscBool *);
#include "command_list.h"
#undef KN_COMMAND

#endif
