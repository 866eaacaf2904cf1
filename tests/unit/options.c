/*
  Options: what parses, what is refused and in which words; the command line over the file in either order; texts
  survive the way into YAML and back; defaults of a checkpoint. Each case is a run of its own: MPI stays, PETSc starts
  and ends.
*/
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { WORDS = 8 };

/* What the declarations below are filled with. */
typedef struct {
  PetscInt   count;
  PetscInt64 seed;
  PetscReal  rate;
  PetscBool  fast;
  PetscInt   law;
  char       name[32];
  PetscInt   nfiles;
  char     **files;
} Values;

static char message[2048]; /* of the last error */

static PetscErrorCode TakeMessage(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                  PetscErrorType type, const char *text, void *context)
{
  if (type == PETSC_ERROR_INITIAL) (void)snprintf(message, sizeof(message), "%s", text);
  return code;
}

static PetscErrorCode Declare(Values *values)
{
  static const char *const laws[] = {"uniform", "line_of_centres", NULL};
  PetscBool                done;

  PetscFunctionBegin;
  *values = (Values){.count = 20, .seed = 1, .rate = 0.1, .name = "run"};
  PetscCall(KNOptionsHead("Test"));
  PetscCall(KNOptionsInt("-count", "items", 1, 1000, &values->count));
  PetscCall(KNOptionsInt64("-seed", "of draws", 0, PETSC_MAX_INT, &values->seed));
  PetscCall(KNOptionsReal("-rate", "of collisions", 0, 1, &values->rate));
  PetscCall(KNOptionsBool("-fast", "do not wait", &values->fast));
  PetscCall(KNOptionsChoice("-law", "of scattering", laws, &values->law));
  PetscCall(KNOptionsString("-name", "of the run", sizeof(values->name), values->name));
  PetscCall(KNOptionsList("-files", "to read", &values->nfiles, &values->files));
  PetscCall(KNOptionsEnd("test", "a test", &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Words to the values they give, or to an error and its message. */
static PetscErrorCode Parse(const char *const words[], Values *values)
{
  char *copy[WORDS] = {NULL};
  int   n           = 0;

  PetscFunctionBegin;
  while (words[n]) {
    copy[n] = (char *)words[n];
    n++;
  }
  PetscCall(KNOptionsInsert(n, copy));
  PetscCall(Declare(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same, where an error is expected. */
static PetscErrorCode ParseBad(const char *const words[], Values *values, PetscErrorCode *code)
{
  PetscFunctionBegin;
  message[0] = 0;
  PetscCall(PetscPushErrorHandler(TakeMessage, NULL));
  *code = Parse(words, values);
  PetscCall(PetscPopErrorHandler());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Stop(Values *values)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsListDestroy(values->nfiles, &values->files));
  PetscCall(PetscFinalize());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFile(const char path[], const char text[])
{
  FILE *file;

  PetscFunctionBegin;
  file = fopen(path, "w");
  CHECK(file && fputs(text, file) >= 0 && !fclose(file), "cannot write %s", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAccepted(void)
{
  static const char *const        words[] = {"-count", "1000", "-rate", "1e-3", "-fast", "-law", "uniform", NULL},
                           *const more[]  = {"-files", "a b,c", "-name", "-1", "-seed", "0", NULL},
                           *const none[]  = {NULL};
  Values                          values;

  PetscFunctionBegin;
  PetscCall(PetscInitializeNoArguments());
  PetscCall(Parse(words, &values));
  CHECK(values.count == 1000 && values.rate == 1e-3 && values.fast && values.law == 0, "Values are not taken over");
  PetscCall(Stop(&values));
  PetscCall(PetscInitializeNoArguments());
  PetscCall(Parse(more, &values));
  CHECK(values.nfiles == 2 && !strcmp(values.files[0], "a b") && !strcmp(values.files[1], "c") &&
          !strcmp(values.name, "-1") && values.seed == 0,
        "Texts are not taken over");
  PetscCall(Stop(&values));
  PetscCall(PetscInitializeNoArguments());
  PetscCall(Parse(none, &values));
  CHECK(values.count == 20 && values.seed == 1 && values.rate == 0.1 && !values.fast && values.law == 0 &&
          !strcmp(values.name, "run") && values.nfiles == 0,
        "Defaults change");
  PetscCall(Stop(&values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each of these ends as wrong usage, saying this. */
static PetscErrorCode TestRefused(void)
{
  static const struct {
    const char *words[WORDS], *phrase;
  } refused[] = {
    {{"-count", "0"}, "option -count is 0, out of range: 1 to 1000"},
    {{"-count", "1001"}, "out of range: 1 to 1000"},
    {{"-count", "-5"}, "option -count is -5, out of range"},
    {{"-count", "99999999999999999999"}, "out of range"},
    {{"-count", "4294967297"}, "out of range"}, /* 2^32 + 1 is no 1 */
    {{"-count", "2.5"}, "option -count is \"2.5\", expected a whole number, 1 to 1000"},
    {{"-count", "1e2"}, "expected a whole number"},
    {{"-count", "7x"}, "expected a whole number"},
    {{"-count"}, "expected a whole number"},
    {{"-count", ""}, "expected a whole number"},
    {{"-seed", "-1"}, "out of range: at least 0"},
    {{"-rate", "nan"}, "option -rate is nan, out of range: 0 to 1"},
    {{"-rate", "inf"}, "out of range"},
    {{"-rate", "1e400"}, "out of range"},
    {{"-rate", "-0.1"}, "out of range"},
    {{"-rate", "1.0000001"}, "out of range"},
    {{"-rate", "0,5"}, "option -rate is \"0,5\", expected a number, 0 to 1"},
    {{"-rate", "half"}, "expected a number"},
    {{"-rate"}, "expected a number"},
    {{"-fast", "perhaps"}, "option -fast is \"perhaps\", expected true or false"},
    {{"-law", "hard"}, "option -law is \"hard\", expected one of uniform, line_of_centres"},
    {{"-law"}, "expected one of uniform, line_of_centres"},
    {{"-name"}, "option -name needs a value: of the run"},
    {{"-name", "0123456789012345678901234567890x"}, "32 bytes long; at most 31"},
    {{"-name", "a\nb"}, "option -name holds a control character (byte 10)"},
    {{"-name", "a\x1b[2J"}, "control character (byte 27)"},
    {{"-cuont", "3"}, "unknown option -cuont, did you mean -count?"},
    {{"-zzzzzz", "3"}, "unknown option -zzzzzz; \"kitinet test -help\" lists the options"},
    {{"-a23456789012345678901234567890123456789012345678901234567890123"}, "a name of 64 bytes"},
    {{"-count", "3", "-count", "3"}, "option -count is given twice on the command line; keep one"},
    {{"--count", "3"}, "options begin with one dash"},
    {{"-count", "3", "4"}, "unexpected word \"4\""},
    {{"count", "3"}, "unexpected word \"count\""},
    {{"-options_file_yaml"}, "-options_file_yaml needs the name of a file"},
    {{"-options_file_yaml", "twice.yaml"}, "options file twice.yaml: count is given twice; keep one"},
    {{"-options_file_yaml", "unknown.yaml"}, "unknown option -cuont, did you mean -count?"},
    {{"-options_file_yaml", "range.yaml"}, "option -rate is 1e400, out of range: 0 to 1"},
  };

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(refused); i++) {
    Values         values = {0};
    PetscErrorCode code;

    PetscCall(WriteFile("twice.yaml", "count: 3\nrate: 0.5\n\n# count: 5\ncount: 4\n"));
    PetscCall(WriteFile("unknown.yaml", "cuont: 3\n"));
    PetscCall(WriteFile("range.yaml", "rate: 1e400\n"));
    PetscCall(PetscInitializeNoArguments());
    PetscCall(ParseBad(refused[i].words, &values, &code));
    CHECK(code == KN_ERR_USAGE && strstr(message, refused[i].phrase), "%s %s: error %d, \"%s\", expected %d, \"%s\"",
          refused[i].words[0], refused[i].words[1] ? refused[i].words[1] : "", (int)code, message, KN_ERR_USAGE,
          refused[i].phrase);
    CHECK(!strpbrk(message, "\n\033") && strlen(message) < 400, "\"%s\" is no line of text", message);
    PetscCall(Stop(&values));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The command line takes precedence over the file wherever the file is named; PETSc joins nested names by an underscore.
*/
static PetscErrorCode TestFile(void)
{
  static const char *const orders[][WORDS] = {{"-count", "7", "-options_file_yaml", "good.yaml", NULL},
                                              {"-options_file_yaml", "good.yaml", "-count", "7", NULL}};

  PetscFunctionBegin;
  PetscCall(WriteFile("good.yaml", "# a comment\ncount: 3\nrate: 0.25\nfast: true\nname: 'it''s: #1'\n"));
  for (int o = 0; o < 2; o++) {
    Values values;

    PetscCall(PetscInitializeNoArguments());
    PetscCall(Parse(orders[o], &values));
    CHECK(values.count == 7 && values.rate == 0.25 && values.fast && !strcmp(values.name, "it's: #1"),
          "Order %d: count %d, rate %g, name %s", o, (int)values.count, values.rate, values.name);
    PetscCall(Stop(&values));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every text that an option may have is the same after a way through KNOptionsYAML() and a file. */
static PetscErrorCode TestRoundTrip(void)
{
  static const char *const names[] = {"plain",      "it's",
                                      "a \"b\"",    "# no comment",
                                      "a: b",       "x\\y",
                                      "{a}",        "[b",
                                      "-",          "- a",
                                      "~",          "true",
                                      "0x10",       "!tag",
                                      "&a",         "*a",
                                      "|",          "%d%s%n",
                                      "@",          "`",
                                      "  spaces  ", "\xc3\xbc\xe2\x86\x92",
                                      "'",          "''",
                                      "a,b"};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(names); i++) {
    const char *const first[] = {"-name", names[i], "-rate", "0.1234567890123456", NULL}, *const second[] = {
                                                                                            "-options_file_yaml",
                                                                                            "written.yaml", NULL};
    Values values;
    char  *yaml;

    PetscCall(PetscInitializeNoArguments());
    PetscCall(Parse(first, &values));
    PetscCall(KNOptionsYAML(0, NULL, &yaml));
    PetscCall(WriteFile("written.yaml", yaml));
    PetscCall(PetscFree(yaml));
    PetscCall(Stop(&values));
    PetscCall(PetscInitializeNoArguments());
    PetscCall(Parse(second, &values));
    CHECK(!strcmp(values.name, names[i]) && values.rate == 0.1234567890123456 && values.count == 20,
          "\"%s\" comes back as \"%s\", 0.1234567890123456 as %.17g", names[i], values.name, values.rate);
    PetscCall(Stop(&values));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Files that are no list of options are bad input, each named with a reason. */
static PetscErrorCode TestBadFiles(void)
{
  static const struct {
    const char *path, *text, *phrase;
  } bad[] = {
    {"missing.yaml", NULL, "options file missing.yaml: No such file or directory"},
    {".", NULL, "options file .: not a regular file"},
    {"bad.yaml", "count 3\n", "not YAML of the form \"name: value\""},
    {"bad.yaml", "{]", "not YAML of the form"},
    {"bad.yaml", "- 1\n- 2\n", "not YAML of the form"},
    {"bad.yaml", "count: \"3\n", "not YAML of the form"},
    {"bad.yaml", "\x89HDF\r\n\x1a\n", "not YAML of the form"},
    {"bad.yaml", "a: &a [*a]\n", "not YAML of the form"},
  };

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(bad); i++) {
    const char *const words[] = {"-options_file_yaml", bad[i].path, NULL};
    Values            values  = {0};
    PetscErrorCode    code;

    if (bad[i].text) PetscCall(WriteFile(bad[i].path, bad[i].text));
    PetscCall(PetscInitializeNoArguments());
    PetscCall(ParseBad(words, &values, &code));
    CHECK(code == KN_ERR_INPUT && strstr(message, bad[i].phrase), "\"%s\": error %d, \"%s\", expected \"%s\"",
          bad[i].text ? bad[i].text : bad[i].path, (int)code, message, bad[i].phrase);
    PetscCall(Stop(&values));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Options of a checkpoint lie below the user's; another value is refused unless its name is free; two spellings of a
  number, or of a truth value, are one value.
*/
static PetscErrorCode TestDefaults(void)
{
  static const char *const open[] = {"law", NULL};
  static const struct {
    char       *words[WORDS];
    const char *phrase; /* NULL: accepted */
  } cases[] = {
    {{NULL}, NULL},
    {{"-rate", "5e-1"}, NULL},
    {{"-fast", "off"}, NULL},
    {{"-fast", "on"}, "-fast is false there, on here"},
    {{"-law", "uniform"}, NULL},
    {{"-rate", "0.4"}, "old.h5 was made with other options: -rate is 0.5 there, 0.4 here; leave them out"},
    {{"-rate", "0.4", "-count", "4"}, "-count is 3 there, 4 here"},
  };

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    Values         values = {0};
    PetscErrorCode code;
    int            n = 0;

    while (cases[i].words[n]) n++;
    PetscCall(PetscInitializeNoArguments());
    PetscCall(KNOptionsInsert(n, (char **)cases[i].words));
    message[0] = 0;
    PetscCall(PetscPushErrorHandler(TakeMessage, NULL));
    code = KNOptionsInsertDefaults("count: 3\nrate: 0.5\nfast: false\nlaw: line_of_centres\n", "old.h5", open);
    PetscCall(PetscPopErrorHandler());
    if (cases[i].phrase)
      CHECK(code == KN_ERR_INPUT && strstr(message, cases[i].phrase), "Case %zu: error %d, \"%s\"", i, (int)code,
            message);
    else {
      CHECK(!code, "Case %zu: error %d, \"%s\"", i, (int)code, message);
      PetscCall(Declare(&values));
      CHECK(values.count == 3 && values.rate == 0.5 && values.law == (n && !strcmp(cases[i].words[0], "-law") ? 0 : 1),
            "Case %zu: count %d, rate %g, law %d", i, (int)values.count, values.rate, (int)values.law);
      PetscCall(KNOptionsListDestroy(values.nfiles, &values.files));
      PetscCall(KNOptionsRemoveDefaults());
      PetscCall(Declare(&values));
      CHECK(values.count == 20 && values.rate == (n && !strcmp(cases[i].words[0], "-rate") ? 0.5 : 0.1),
            "Case %zu: defaults stay after their removal", i);
    }
    PetscCall(Stop(&values));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A line of an option's own name, wherever it stands; not one whose name only ends, or begins, like it. */
static PetscErrorCode TestValue(void)
{
  static const char *const text =
    "model_width: 8\nmy_model_residual: no\nmodel_residual_more: no\nmodel_residual: plain\nlast: a b";
  char      value[8];
  PetscBool found;

  PetscFunctionBegin;
  PetscCall(KNOptionsYAMLGet(text, "model_residual", sizeof(value), value, &found));
  CHECK(found && !strcmp(value, "plain"), "model_residual is \"%s\"", value);
  PetscCall(KNOptionsYAMLGet(text, "model_width", sizeof(value), value, &found));
  CHECK(found && !strcmp(value, "8"), "model_width is \"%s\"", value);
  PetscCall(KNOptionsYAMLGet(text, "last", sizeof(value), value, &found));
  CHECK(found && !strcmp(value, "a b"), "last is \"%s\"", value);
  PetscCall(KNOptionsYAMLGet(text, "residual", sizeof(value), value, &found));
  CHECK(!found && !value[0], "an option that is not there is \"%s\"", value);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  MPI_Init(&argc, &argv);
  mkdir("files_of_options", 0777);
  CHECK(!chdir("files_of_options"), "no folder to work in");
  PetscCall(TestAccepted());
  PetscCall(TestRefused());
  PetscCall(TestFile());
  PetscCall(TestRoundTrip());
  PetscCall(TestBadFiles());
  PetscCall(TestDefaults());
  PetscCall(TestValue());
  MPI_Finalize();
  return 0;
}
