/* The variables of a source, and what is said of them. */
#include "format_impl.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void KNSourceNote(KNSource source, const char format[], ...)
{
  const size_t length = strlen(source->notes);
  va_list      arguments;

  va_start(arguments, format);
  vsnprintf(source->notes + length, sizeof(source->notes) - length, format, arguments);
  va_end(arguments);
}

const KNVariable *KNSourceFind(KNSource source, const char name[])
{
  for (PetscInt i = 0; i < source->variables; i++) {
    if (!strcmp(source->variable[i].name, name)) return &source->variable[i];
  }
  return NULL;
}

int KNSourceAddVariable(KNSource source, const char name[], KNVariable **variable)
{
  const KNVariable *twin;
  KNVariable       *added;

  if (source->variables == KN_MAX_VARIABLES)
    return KNFileFail(
      &source->file, source->file.code,
      "holds more than %d arrays, which is the limit: copy those that are wanted to a file of their own",
      KN_MAX_VARIABLES);
  if (source->variables == source->room) {
    const PetscInt room = PetscMax(16, 2 * source->room);

    added = (KNVariable *)realloc(source->variable, (size_t)room * sizeof(*added));
    if (!added) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a list of %d variables", (int)room);
    source->variable = added;
    source->room     = room;
  }
  added = &source->variable[source->variables];
  memset(added, 0, sizeof(*added));
  snprintf(added->name, sizeof(added->name), "%s", name);
  if (strlen(name) >= sizeof(added->name))
    added->fault = "has a longer name than the 255 bytes that can be read: rename it";
  twin = KNSourceFind(source, added->name);
  if (twin)
    added->fault = source->variable[twin - source->variable].fault =
      "shares its name with another variable: rename one of them";
  source->variables++;
  *variable = added;
  return 0;
}

int KNSourceNameField(KNSource source, KNField *field, const char format[], ...)
{
  va_list arguments;
  int     length;

  va_start(arguments, format);
  length = vsnprintf(field->name, sizeof(field->name), format, arguments);
  va_end(arguments);
  snprintf(field->unit, sizeof(field->unit), "1");
  return length < (int)sizeof(field->name) ? 0
                                           : KNFileFail(&source->file, source->file.code,
                                                        "the name of field %s.. has %d bytes, at most %zu can be kept: "
                                                        "name it as in -x NAME=VARIABLE, or rename it in the file",
                                                        field->name, length, sizeof(field->name) - 1);
}

static void DescribeVariable(const KNVariable *variable, size_t size, char text[])
{
  int used = snprintf(text, size, "%.128s (", variable->name);

  for (int i = 0; i < variable->rank && used > 0 && (size_t)used < size; i++) {
    used += snprintf(text + used, size - (size_t)used, "%s%zu", i ? ", " : "",
                     variable->shape[variable->reversed ? variable->rank - 1 - i : i]);
  }
  if (used > 0 && (size_t)used < size) snprintf(text + used, size - (size_t)used, ") %s", variable->type);
}

int KNSourceAsk(KNSource source, const char format[], ...)
{
  char    variables[KN_MAX_MESSAGE / 2] = "", question[KN_MAX_MESSAGE / 2];
  va_list arguments;

  for (PetscInt i = 0; i < source->variables; i++) {
    char         text[256];
    const size_t used = strlen(variables);

    DescribeVariable(&source->variable[i], sizeof(text), text);
    if (used + strlen(text) + 8 > sizeof(variables)) {
      snprintf(variables + used, sizeof(variables) - used, ", ..");
      break;
    }
    snprintf(variables + used, sizeof(variables) - used, "%s%s", i ? ", " : "", text);
  }
  va_start(arguments, format);
  vsnprintf(question, sizeof(question), format, arguments);
  va_end(arguments);
  return KNFileFail(&source->file, KN_ERR_INPUT, "this is %s with variables %s: %s", source->kind,
                    variables[0] ? variables : "(none)", question);
}

int KNSourceJudge(KNSource source, const KNVariable *variable)
{
  return variable->fault
           ? KNFileFail(&source->file, source->file.code, "%s cannot be read: it %s", variable->name, variable->fault)
           : 0;
}
