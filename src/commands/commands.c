/* The table of commands. */
#include "command.h"

const KNCommand KNCommands[] = {
#define KN_COMMAND(name, Suffix, purpose) {#name, purpose, KNCommand_##Suffix},
#include "command_list.h"
#undef KN_COMMAND
  {NULL, NULL, NULL}};
