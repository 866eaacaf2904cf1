/*
  Options, on top of PETSc's options database: strict parsing and ranges, entered in one table of declarations.
  Where values come from: options_sources.c; what the table says to a user: options_report.c.
*/
#include "options_impl.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

KNOptionsTable kn_options;

PetscErrorCode KNOptionsHead(const char title[])
{
  PetscFunctionBegin;
  kn_options.head = title;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNOptionsDeclareOnly(void)
{
  return (PetscBool)(kn_options.help || kn_options.missing[0]);
}

PetscErrorCode KNOptionsRequire(PetscBool given, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  if (given || KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  va_start(arguments, format);
  (void)vsnprintf(kn_options.missing, sizeof(kn_options.missing), format, arguments);
  va_end(arguments);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsDeclare(const char name[], const char help[], const char initial[], PetscBool quoted,
                                KNDeclaration **declaration, const char **text)
{
  KNDeclaration *d = NULL;
  PetscBool      set;

  PetscFunctionBegin;
  PetscCall(PetscOptionsFindPair(NULL, NULL, name, text, &set));
  if (!set) *text = NULL;
  else if (!*text) *text = "";
  for (PetscInt i = 0; i < kn_options.count && !d; i++) {
    if (!strcmp(kn_options.declaration[i].name, name)) d = &kn_options.declaration[i];
  }
  if (!d) {
    if (kn_options.count == kn_options.capacity) {
      kn_options.capacity = PetscMax(2 * kn_options.capacity, 64);
      PetscCall(PetscRealloc((size_t)kn_options.capacity * sizeof(*kn_options.declaration), &kn_options.declaration));
    }
    d = &kn_options.declaration[kn_options.count++];
    memset(d, 0, sizeof(*d));
    d->head   = kn_options.head;
    d->help   = help;
    d->quoted = quoted;
    PetscCall(PetscStrncpy(d->name, name, sizeof(d->name)));
    PetscCall(PetscStrncpy(d->initial, initial, sizeof(d->initial)));
  }
  d->resolved[0] = 0;
  d->several     = PETSC_FALSE;
  *declaration   = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsResolve(const char name[], PetscInt value)
{
  char number[32];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt_FMT, value));
  for (PetscInt i = 0; i < kn_options.count; i++) {
    KNDeclaration *d = &kn_options.declaration[i];

    if (strcmp(d->name, name)) continue;
    if (d->resolved[0] && strcmp(d->resolved, number)) d->several = PETSC_TRUE;
    PetscCall(PetscStrncpy(d->resolved, number, sizeof(d->resolved)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsRecord(KNDeclaration *d, const char value[])
{
  PetscFunctionBegin;
  PetscCall(PetscFree(d->value));
  PetscCall(PetscStrallocpy(value, &d->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsInt64(const char name[], const char help[], PetscInt64 lowest, PetscInt64 highest,
                              PetscInt64 *value)
{
  KNDeclaration *d;
  const char    *text;
  char           number[32];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt64_FMT, *value));
  PetscCall(KNOptionsDeclare(name, help, number, PETSC_FALSE, &d, &text));
  if (highest >= PETSC_MAX_INT)
    PetscCall(PetscSNPrintf(d->range, sizeof(d->range), "at least %" PetscInt64_FMT, lowest));
  else PetscCall(PetscSNPrintf(d->range, sizeof(d->range), "%" PetscInt64_FMT " to %" PetscInt64_FMT, lowest, highest));
  if (text) {
    char     *end;
    long long parsed;

    errno  = 0;
    parsed = strtoll(text, &end, 10);
    PetscCheck(text[0] && !*end, PETSC_COMM_WORLD, KN_ERR_USAGE, "option %s is \"%.64s\", expected a whole number, %s",
               name, text, d->range);
    PetscCheck(!errno && parsed >= lowest && parsed <= highest, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is %.64s, out of range: %s", name, text, d->range);
    *value = (PetscInt64)parsed;
  }
  PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt64_FMT, *value));
  PetscCall(KNOptionsRecord(d, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsInt(const char name[], const char help[], PetscInt lowest, PetscInt highest, PetscInt *value)
{
  PetscInt64 wide = *value;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt64(name, help, lowest, highest, &wide));
  *value = (PetscInt)wide;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNOptionsFormatReal(PetscReal value, size_t size, char text[])
{
  for (int digits = 6; digits <= 17; digits++) {
    (void)snprintf(text, size, "%.*g", digits, value);
    if (strtod(text, NULL) == value) return;
  }
}

PetscErrorCode KNOptionsReal(const char name[], const char help[], PetscReal lowest, PetscReal highest,
                             PetscReal *value)
{
  KNDeclaration *d;
  const char    *text;
  char           number[32], low[32], high[32];

  PetscFunctionBegin;
  KNOptionsFormatReal(*value, sizeof(number), number);
  KNOptionsFormatReal(lowest, sizeof(low), low);
  KNOptionsFormatReal(highest, sizeof(high), high);
  PetscCall(KNOptionsDeclare(name, help, number, PETSC_FALSE, &d, &text));
  if (highest >= PETSC_MAX_REAL) PetscCall(PetscSNPrintf(d->range, sizeof(d->range), "at least %s", low));
  else PetscCall(PetscSNPrintf(d->range, sizeof(d->range), "%s to %s", low, high));
  if (text) {
    char     *end;
    PetscReal parsed = strtod(text, &end);

    PetscCheck(text[0] && !*end, PETSC_COMM_WORLD, KN_ERR_USAGE, "option %s is \"%.64s\", expected a number, %s", name,
               text, d->range);
    PetscCheck(parsed >= lowest && parsed <= highest && PetscAbsReal(parsed) <= PETSC_MAX_REAL, PETSC_COMM_WORLD,
               KN_ERR_USAGE, "option %s is %.64s, out of range: %s", name, text, d->range);
    *value = parsed;
  }
  KNOptionsFormatReal(*value, sizeof(number), number);
  PetscCall(KNOptionsRecord(d, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt KNOptionsFindName(const char *const names[], const char text[])
{
  for (PetscInt i = 0; names[i]; i++) {
    if (!strcmp(names[i], text)) return i;
  }
  return -1;
}

static PetscErrorCode KNOptionsParseBool(const char name[], const char text[], PetscBool *value)
{
  static const char *const yes[] = {"", "true", "yes", "on", "1", NULL}, *const no[] = {"false", "no", "off", "0",
                                                                                        NULL};

  PetscFunctionBegin;
  *value = (PetscBool)(KNOptionsFindName(yes, text) >= 0);
  PetscCheck(*value || KNOptionsFindName(no, text) >= 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is \"%.64s\", expected true or false", name, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsRuntimeBool(const char name[], PetscBool *value)
{
  const char *text;
  PetscBool   set;

  PetscFunctionBegin;
  PetscCall(PetscOptionsFindPair(NULL, NULL, name, &text, &set));
  if (set) PetscCall(KNOptionsParseBool(name, text ? text : "", value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsBool(const char name[], const char help[], PetscBool *value)
{
  KNDeclaration *d;
  const char    *text;

  PetscFunctionBegin;
  PetscCall(KNOptionsDeclare(name, help, *value ? "true" : "false", PETSC_FALSE, &d, &text));
  PetscCall(PetscStrncpy(d->range, "true or false", sizeof(d->range)));
  if (text) PetscCall(KNOptionsParseBool(name, text, value));
  PetscCall(KNOptionsRecord(d, *value ? "true" : "false"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsChoice(const char name[], const char help[], const char *const choices[], PetscInt *value)
{
  KNDeclaration *d;
  const char    *text;

  PetscFunctionBegin;
  PetscCall(KNOptionsDeclare(name, help, choices[*value], PETSC_FALSE, &d, &text));
  PetscCall(PetscStrncpy(d->range, "one of", sizeof(d->range)));
  for (PetscInt i = 0; choices[i]; i++) {
    PetscCall(PetscStrlcat(d->range, i ? ", " : " ", sizeof(d->range)));
    PetscCall(PetscStrlcat(d->range, choices[i], sizeof(d->range)));
  }
  if (text) {
    *value = KNOptionsFindName(choices, text);
    PetscCheck(*value >= 0, PETSC_COMM_WORLD, KN_ERR_USAGE, "option %s is \"%.64s\", expected %s", name, text,
               d->range);
  }
  PetscCall(KNOptionsRecord(d, choices[*value]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsString(const char name[], const char help[], size_t size, char value[])
{
  KNDeclaration *d;
  const char    *text;

  PetscFunctionBegin;
  PetscCall(KNOptionsDeclare(name, help, value, PETSC_TRUE, &d, &text));
  if (text) {
    PetscCheck(text[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "option %s needs a value: %s", name, help);
    PetscCheck(strlen(text) < size, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is \"%.32s...\", %zu bytes long; at most %zu", name, text, strlen(text), size - 1);
    for (const char *c = text; *c; c++)
      PetscCheck((unsigned char)*c >= ' ' && *c != 127, PETSC_COMM_WORLD, KN_ERR_USAGE,
                 "option %s holds a control character (byte %d); leave it out", name, (int)(unsigned char)*c);
    PetscCall(PetscStrncpy(value, text, size));
  }
  PetscCall(KNOptionsRecord(d, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsPath(const char name[], const char help[], char value[])
{
  PetscFunctionBegin;
  PetscCall(KNOptionsString(name, help, PETSC_MAX_PATH_LEN, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsList(const char name[], const char help[], PetscInt *count, char ***values)
{
  enum { LENGTH = 16 * PETSC_MAX_PATH_LEN };
  char *text, **words;
  int   n;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(LENGTH, &text));
  PetscCall(KNOptionsString(name, help, LENGTH, text));
  PetscCall(PetscStrToArray(text, ',', &n, &words));
  *count = n;
  PetscCall(PetscMalloc1((size_t)n + 1, values));
  for (int i = 0; i < n; i++) PetscCall(PetscStrallocpy(words[i], &(*values)[i]));
  PetscCall(PetscStrToArrayDestroy(n, words));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsListDestroy(PetscInt count, char ***values)
{
  PetscFunctionBegin;
  if (*values) {
    for (PetscInt i = 0; i < count; i++) PetscCall(PetscFree((*values)[i]));
  }
  PetscCall(PetscFree(*values));
  PetscFunctionReturn(PETSC_SUCCESS);
}
