/* What the declared options say: the help text, the refusal of unknown ones, the record of a run. */
#include "options_impl.h"
#include <stdlib.h>

/* Options of how the program runs, mostly PETSc's own that its initialisation or its end reads: never unknown, never
 * part of a record. */
static const char *const runtime[] = {"probe",
                                      "log_view",
                                      "log_view_memory",
                                      "log_trace",
                                      "log_sync",
                                      "log_all",
                                      "info",
                                      "malloc_debug",
                                      "malloc_dump",
                                      "malloc_view",
                                      "malloc_test",
                                      "memory_view",
                                      "options_left",
                                      "options_view",
                                      "objects_dump",
                                      "fp_trap",
                                      "on_error_abort",
                                      "on_error_attach_debugger",
                                      "start_in_debugger",
                                      "debugger_pause",
                                      "no_signal_handler",
                                      "get_total_flops",
                                      "checkstack",
                                      "petsc_ci",
                                      "skip_petscrc",
                                      "options_file_yaml"};

static PetscBool KNOptionsIsRuntime(const char name[])
{
  PetscBool same = PETSC_FALSE;

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(runtime) && !same; i++) same = (PetscBool)!strcmp(name, runtime[i]);
  return same;
}

static PetscErrorCode KNOptionsPrintHelp(const char command[], const char title[])
{
  const char *head = NULL;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "kitinet %s: %s\n\nUsage: kitinet %s [-options_file_yaml FILE] [-name value ...]\n", command,
                        title, command));
  for (PetscInt i = 0; i < kn_options.count; i++) {
    const KNDeclaration *d = &kn_options.declaration[i];

    if (d->head != head) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n%s\n", d->head ? d->head : "Options"));
    head = d->head;
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-28s %s%s%s%s\n", d->name, d->help, d->range[0] ? " (" : "", d->range,
                          d->range[0] ? ")" : ""));
    if (d->initial[0]) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-28s default %s\n", "", d->initial));
  }
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD,
    "\nFor every command\n"
    "  %-28s YAML file of options, one \"name: value\" a line; the command line takes precedence\n"
    "  %-28s open each file in a separate process first, so that a damaged file ends only that (true or false)\n"
    "  %-28s default true\n"
    "  %-28s print time and FLOPs of each stage and event at the end (PETSc)\n"
    "  %-28s print this text\n",
    "-options_file_yaml", "-probe", "", "-log_view", "-help"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Levenshtein's distance of two names, for suggestions. */
static PetscInt KNOptionsDistance(const char a[], const char b[])
{
  PetscInt row[KN_MAX_NAME + 1];

  for (PetscInt j = 0; j <= KN_MAX_NAME; j++) row[j] = j;
  for (PetscInt i = 0; a[i]; i++) {
    PetscInt diagonal = row[0];

    row[0] = i + 1;
    for (PetscInt j = 0; b[j]; j++) {
      const PetscInt substitute = diagonal + (a[i] != b[j]);

      diagonal   = row[j + 1];
      row[j + 1] = PetscMin(substitute, 1 + PetscMin(row[j], row[j + 1]));
    }
  }
  return row[strlen(b)];
}

/* Where an option comes from that stands neither on the command line nor in its YAML file: PETSc reads more. */
static PetscErrorCode KNOptionsOrigin(const char name[], const char **origin)
{
  const char  *environment = getenv("PETSC_OPTIONS");
  char         option[KN_MAX_NAME + 2];
  const size_t length = strlen(name) + 1;
  PetscBool    given, inserted = PETSC_FALSE;

  PetscFunctionBegin;
  *origin = "";
  if (length >= sizeof(option)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%s", name));
  PetscCall(PetscOptionsHasName(kn_options.given, NULL, option, &given));
  if (kn_options.inserted) PetscCall(PetscOptionsHasName(kn_options.inserted, NULL, option, &inserted));
  if (given || inserted) PetscFunctionReturn(PETSC_SUCCESS);
  *origin = ", which stands in .petscrc of this folder or of your home";
  for (const char *at = environment; at && *at; at++) {
    if (!strncmp(at, option, length) && (at == environment || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
      *origin = ", which stands in the environment variable PETSC_OPTIONS";
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsEnd(const char command[], const char title[], PetscBool *done)
{
  PetscInt count;
  char   **names, **values;

  PetscFunctionBegin;
  *done = kn_options.help;
  if (kn_options.help) {
    PetscCall(KNOptionsPrintHelp(command, title));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscOptionsLeftGet(NULL, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    const char *nearest = NULL, *origin;
    /* beyond three edits, or half of a short name, a suggestion is a guess */
    PetscInt least = PetscMin(4, (PetscInt)(strlen(names[i]) + 3) / 2);

    if (KNOptionsIsRuntime(names[i])) continue;
    for (PetscInt j = 0; j < kn_options.count && strlen(names[i]) < KN_MAX_NAME; j++) {
      const PetscInt distance = KNOptionsDistance(names[i], kn_options.declaration[j].name + 1);

      if (distance < least) {
        least   = distance;
        nearest = kn_options.declaration[j].name;
      }
    }
    if (!nearest && kn_options.missing[0]) continue; /* perhaps an option of a network in a file that was not named */
    PetscCall(KNOptionsOrigin(names[i], &origin));
    PetscCheck(nearest, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "unknown option -%.64s%s; \"kitinet %s -help\" lists the options", names[i], origin, command);
    PetscCheck(!nearest, PETSC_COMM_WORLD, KN_ERR_USAGE, "unknown option -%.64s%s, did you mean %s?", names[i], origin,
               nearest);
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &count, &names, &values));
  PetscCheck(!kn_options.missing[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "%s", kn_options.missing);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends "name: value" to *yaml, which grows; text is put in single quotes, YAML's verbatim form. */
static PetscErrorCode KNOptionsAppend(char **yaml, size_t *length, const char name[], const char value[],
                                      PetscBool quoted)
{
  const size_t need = strlen(name) + 2 * strlen(value) + 8;
  char        *end;

  PetscFunctionBegin;
  PetscCall(PetscRealloc(*length + need, yaml));
  end = *yaml + *length;
  end += sprintf(end, "%s: ", name);
  if (quoted) *end++ = '\'';
  for (const char *c = value; *c; c++) {
    *end++ = *c;
    if (quoted && *c == '\'') *end++ = '\'';
  }
  if (quoted) *end++ = '\'';
  *end++  = '\n';
  *end    = 0;
  *length = (size_t)(end - *yaml);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsYAML(PetscInt nprefixes, const char *const prefixes[], char **yaml)
{
  size_t   length = 0;
  PetscInt count;
  char   **names, **values;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(1, yaml));
  for (PetscInt i = 0; i < kn_options.count; i++) {
    const KNDeclaration *d      = &kn_options.declaration[i];
    PetscBool            wanted = (PetscBool)(!nprefixes && d->value && (d->value[0] || !d->quoted));

    char whole[KN_MAX_NAME + 1];

    PetscCall(PetscSNPrintf(whole, sizeof(whole), "%s:", d->name + 1));
    for (PetscInt p = 0; p < nprefixes && !wanted; p++) PetscCall(PetscStrbeginswith(whole, prefixes[p], &wanted));
    if (wanted)
      PetscCall(KNOptionsAppend(yaml, &length, d->name + 1,
                                nprefixes && d->resolved[0] && !d->several ? d->resolved : d->value, d->quoted));
  }
  if (nprefixes) PetscFunctionReturn(PETSC_SUCCESS);
  /* nobody reads this copy: all of it is left */
  PetscCall(PetscOptionsLeftGet(kn_options.given, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    PetscBool declared = KNOptionsIsRuntime(names[i]);

    for (PetscInt j = 0; j < kn_options.count && !declared; j++)
      declared = (PetscBool)!strcmp(names[i], kn_options.declaration[j].name + 1);
    if (!declared) PetscCall(KNOptionsAppend(yaml, &length, names[i], values[i] ? values[i] : "", PETSC_TRUE));
  }
  PetscCall(PetscOptionsLeftRestore(kn_options.given, &count, &names, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsYAMLGet(const char yaml[], const char name[], size_t size, char value[], PetscBool *found)
{
  const size_t length = strlen(name);

  PetscFunctionBegin;
  *found   = PETSC_FALSE;
  value[0] = 0;
  for (const char *line = yaml; *line && !*found; line += strcspn(line, "\n"), line += *line ? 1 : 0) {
    if (strncmp(line, name, length) || strncmp(line + length, ": ", 2)) continue;
    *found = PETSC_TRUE;
    PetscCall(PetscStrncpy(value, line + length + 2, size));
    value[strcspn(value, "\n")] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
