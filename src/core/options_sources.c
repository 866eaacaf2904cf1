/* Where options come from: the command line, over a YAML file, over the options of a checkpoint or an earlier run. */
#include "options_impl.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES 65536 /* of an options file: PETSc reads it whole */

static PetscErrorCode KNOptionsFinalize(void)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < kn_options.count; i++) PetscCall(PetscFree(kn_options.declaration[i].value));
  PetscCall(PetscFree(kn_options.declaration));
  PetscCall(PetscOptionsDestroy(&kn_options.given));
  PetscCall(PetscOptionsDestroy(&kn_options.inserted));
  memset(&kn_options, 0, sizeof(kn_options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "-name" as opposed to a value such as "-1.5" */
static PetscBool KNOptionsIsName(const char word[])
{
  return (PetscBool)(word[0] == '-' &&
                     ((word[1] >= 'a' && word[1] <= 'z') || (word[1] >= 'A' && word[1] <= 'Z') || word[1] == '-'));
}

/*
  The name at the beginning of two lines, which YAML forbids and PETSc does not notice; "" if there is none. file:
  read from its beginning.
*/
static void KNOptionsFindTwice(FILE *file, char twice[KN_MAX_NAME])
{
  static char text[MAX_FILE_BYTES + 1];

  text[fread(text, 1, MAX_FILE_BYTES, file)] = 0;
  twice[0]                                   = 0;
  for (const char *line = text; line && !twice[0]; line = strchr(line, '\n')) {
    line += *line == '\n';
    const size_t length = strcspn(line, ":\n #'\"");

    if (!length || length >= KN_MAX_NAME - 1 || line[length] != ':') continue;
    for (const char *earlier = text; earlier < line && !twice[0]; earlier = strchr(earlier, '\n') + 1) {
      if (!strncmp(earlier, line, length + 1)) (void)snprintf(twice, KN_MAX_NAME, "%.*s", (int)length, line);
    }
  }
}

static PetscErrorCode KNOptionsInsertFile(const char path[])
{
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;
  const char    *what = "";
  char           reason[256], twice[KN_MAX_NAME] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) {
    struct stat status;
    FILE       *file = NULL;

    if (stat(path, &status)) what = strerror(errno);
    else if (!S_ISREG(status.st_mode)) what = "not a regular file";
    else if (status.st_size > MAX_FILE_BYTES) what = "larger than 64 KiB, which no list of options is";
    else if (!(file = fopen(path, "r"))) what = strerror(errno);
    if (file) KNOptionsFindTwice(file, twice);
    if (file) fclose(file);
    if (what[0]) code = KN_ERR_INPUT;
  }
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "options file %s: %s; check the path", path, what));
  PetscCall(KNAgree(PETSC_COMM_WORLD, twice[0] ? KN_ERR_USAGE : PETSC_SUCCESS,
                    "options file %s: %s is given twice; keep one", path, twice));
  for (int pass = 0; pass < 2; pass++) { /* into the database, and into the record of what was given */
    PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    code = PetscOptionsInsertFileYAML(PETSC_COMM_WORLD, pass ? kn_options.given : NULL, path, PETSC_TRUE);
    PetscCall(PetscPopErrorHandler());
    (void)snprintf(reason, sizeof(reason), "options file %s: not YAML of the form \"name: value\", one option a line",
                   path);
    PetscCall(KNAgree(PETSC_COMM_WORLD, code ? KN_ERR_INPUT : PETSC_SUCCESS, "%s", reason));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsInsert(int argc, char **argv)
{
  const char *file = NULL;
  char      **kept;
  int         n = 0;

  PetscFunctionBegin;
  PetscCall(PetscRegisterFinalize(KNOptionsFinalize));
  PetscCall(PetscOptionsCreate(&kn_options.given));
  PetscCall(PetscMalloc1((size_t)argc + 1, &kept));
  for (int i = 0; i < argc; i++) {
    const PetscBool has_value = (PetscBool)(i + 1 < argc && !KNOptionsIsName(argv[i + 1]));

    if (!strcmp(argv[i], "-help") || !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
      kn_options.help = PETSC_TRUE;
      continue;
    }
    PetscCheck(KNOptionsIsName(argv[i]), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "unexpected word \"%.64s\": options are given as -name value", argv[i]);
    PetscCheck(argv[i][1] != '-', PETSC_COMM_WORLD, KN_ERR_USAGE, "option %.64s: options begin with one dash, -name",
               argv[i]);
    PetscCheck(strlen(argv[i]) < KN_MAX_NAME, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "unknown option %.32s..., a name of %zu bytes; -help lists the options", argv[i], strlen(argv[i]));
    for (int j = 0; j < i; j++)
      PetscCheck(strcmp(argv[i], argv[j]), PETSC_COMM_WORLD, KN_ERR_USAGE,
                 "option %s is given twice on the command line; keep one", argv[i]);
    if (!strcmp(argv[i], "-options_file_yaml")) {
      PetscCheck(has_value, PETSC_COMM_WORLD, KN_ERR_USAGE, "-options_file_yaml needs the name of a file");
      file = argv[++i];
      continue;
    }
    kept[n++] = argv[i];
    if (has_value) kept[n++] = argv[++i];
  }
  /* first, so that the command line takes precedence wherever the file was named */
  if (file) PetscCall(KNOptionsInsertFile(file));
  PetscCall(PetscOptionsInsertArgs(NULL, n, kept));
  PetscCall(PetscOptionsInsertArgs(kn_options.given, n, kept));
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1, 0: a word that PETSc reads as true, as false; -1: another. */
static int TruthValue(const char text[])
{
  static const char *const word[2][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};

  for (int truth = 0; truth < 2; truth++) {
    for (int i = 0; i < 4; i++) {
      if (!strcasecmp(text, word[truth][i])) return truth;
    }
  }
  return -1;
}

PetscBool KNOptionsSameValue(const char a[], const char b[])
{
  char        *end_a, *end_b;
  const double number_a = strtod(a, &end_a), number_b = strtod(b, &end_b);

  if (!strcmp(a, b) || (TruthValue(a) >= 0 && TruthValue(a) == TruthValue(b))) return PETSC_TRUE;
  return (PetscBool)(a[0] && b[0] && !*end_a && !*end_b && number_a == number_b);
}

PetscErrorCode KNOptionsInsertDefaults(const char yaml[], const char source[], const char *const free_names[])
{
  PetscOptions   defaults;
  PetscErrorCode code;
  PetscInt       count;
  char         **names, **values, differ[1024] = "";

  PetscFunctionBegin;
  PetscCall(PetscOptionsCreate(&defaults));
  if (!kn_options.inserted) PetscCall(PetscOptionsCreate(&kn_options.inserted));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = PetscOptionsInsertStringYAML(defaults, yaml);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(!code, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s: its options are not YAML of the form \"name: value\"", source);
  PetscCall(PetscOptionsLeftGet(defaults, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    char        name[KN_MAX_NAME + 1];
    const char *given, *value = values[i] ? values[i] : "";
    PetscBool   set;

    PetscCheck(strlen(names[i]) < KN_MAX_NAME, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s: an option with a name of %zu bytes",
               source, strlen(names[i]));
    PetscCall(PetscSNPrintf(name, sizeof(name), "-%s", names[i]));
    PetscCall(PetscOptionsFindPair(NULL, NULL, name, &given, &set));
    if (!set) {
      PetscCall(PetscOptionsSetValue(NULL, name, value));
      PetscCall(PetscOptionsSetValue(kn_options.inserted, name, value));
    } else if (free_names && KNOptionsFindName(free_names, names[i]) < 0 &&
               !KNOptionsSameValue(given ? given : "", value)) {
      const size_t used = strlen(differ);

      (void)snprintf(differ + used, sizeof(differ) - used, "%s%s is %.32s there, %.32s here", used ? "; " : "", name,
                     value, given ? given : "");
    }
  }
  PetscCall(PetscOptionsLeftRestore(defaults, &count, &names, &values));
  PetscCall(PetscOptionsDestroy(&defaults));
  PetscCheck(!differ[0], PETSC_COMM_WORLD, KN_ERR_INPUT, "%s was made with other options: %s; leave them out", source,
             differ);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOptionsRemoveDefaults(void)
{
  PetscInt count;
  char   **names, **values;

  PetscFunctionBegin;
  if (!kn_options.inserted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscOptionsLeftGet(kn_options.inserted, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    char name[KN_MAX_NAME + 1];

    PetscCall(PetscSNPrintf(name, sizeof(name), "-%s", names[i]));
    PetscCall(PetscOptionsClearValue(NULL, name));
  }
  PetscCall(PetscOptionsLeftRestore(kn_options.inserted, &count, &names, &values));
  PetscCall(PetscOptionsDestroy(&kn_options.inserted));
  PetscFunctionReturn(PETSC_SUCCESS);
}
