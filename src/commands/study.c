/* Study files: YAML -> keys (by PETSc, nested ones joined by underscores) -> runs. */
#include "study.h"
#include <kitinet/error.h>
#include <kitinet/run.h>
#include <errno.h>
#include <stdlib.h>

#define REFUSE(condition, ...) PetscCheck(!(condition), PETSC_COMM_WORLD, KN_ERR_INPUT, __VA_ARGS__)

/* What stands in the file. */
typedef struct {
  const char *path;
  KNWords     keys; /* as PETSc joins them */
  PetscInt    datasets, variants, sizes, seeds;
  char (*dataset)[KN_MAX_NAME], (*variant)[KN_MAX_NAME];
  PetscInt64 *size, *seed, steps; /* size {0}: all samples; steps 0: not given */
} File;

/* A key without the section that it begins with; NULL if it begins otherwise. */
static const char *Within(const char key[], const char section[])
{
  const size_t length = strlen(section);

  return strncmp(key, section, length) || !key[length] ? NULL : key + length;
}

static PetscErrorCode CheckName(const char path[], const char kind[], const char name[])
{
  PetscFunctionBegin;
  REFUSE(
    !name[0] || strlen(name) >= KN_MAX_NAME || name[0] == '.' || name[0] == '-' ||
      name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")],
    "%s: %s \"%.64s\": names hold at most %d letters, digits, dots, dashes, underscores, the first a letter or digit",
    path, kind, name, KN_MAX_NAME - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddName(const File *file, const char kind[], size_t length, const char text[], PetscInt *count,
                              char (**names)[KN_MAX_NAME])
{
  char name[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(name, sizeof(name), "%.*s", (int)PetscMin(length, sizeof(name) - 1), text));
  PetscCall(CheckName(file->path, kind, name));
  for (PetscInt i = 0; i < *count; i++) {
    if (!strcmp((*names)[i], name)) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscRealloc((size_t)(*count + 1) * sizeof(**names), names));
  PetscCall(PetscStrncpy((*names)[(*count)++], name, sizeof(**names)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A list of whole numbers, at least `lowest`. */
static PetscErrorCode ReadNumbers(const File *file, const char key[], PetscInt64 lowest, PetscInt *count,
                                  PetscInt64 **numbers)
{
  const char *text = KNWordsGet(&file->keys, key);
  char      **words;
  int         n;

  PetscFunctionBegin;
  REFUSE(!text || !text[0], "%s: the study has no %s", file->path, key);
  PetscCall(PetscStrToArray(text, ',', &n, &words));
  PetscCall(PetscMalloc1(n, numbers));
  for (int i = 0; i < n; i++) {
    char *end;

    errno         = 0;
    (*numbers)[i] = strtoll(words[i], &end, 10);
    REFUSE(errno || *end || !words[i][0] || (*numbers)[i] < lowest || (*numbers)[i] > PETSC_MAX_INT,
           "%s: %s: \"%.32s\" is not a whole number of at least %" PetscInt64_FMT, file->path, key, words[i], lowest);
    for (int j = 0; j < i; j++)
      REFUSE((*numbers)[i] == (*numbers)[j], "%s: %s: %" PetscInt64_FMT " is given twice", file->path, key,
             (*numbers)[i]);
  }
  *count = n;
  PetscCall(PetscStrToArrayDestroy(n, words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A name that stands twice in one section: YAML forbids it, PETSc would keep the last. Looks at lines "name: ..." in
  block style; depth is told by the indentation.
*/
static PetscErrorCode CheckTwice(const char path[], const char text[])
{
  enum { DEPTH = 4 };
  size_t  indent[DEPTH], depth                               = 0;
  char    key[DEPTH][KN_MAX_NAME], full[DEPTH * KN_MAX_NAME] = "";
  KNWords seen = {.count = 0};

  PetscFunctionBegin;
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    const size_t in = strspn(line, " "), length = strcspn(line + in, ": #\n\"'");

    if (!length || length >= KN_MAX_NAME || line[in + length] != ':' || line[in] == '-') continue;
    while (depth && indent[depth - 1] >= in) depth--;
    if (depth == DEPTH) continue;
    indent[depth] = in;
    PetscCall(PetscSNPrintf(key[depth++], KN_MAX_NAME, "%.*s", (int)length, line + in));
    for (size_t d = 0, used = 0; d < depth; d++)
      used += (size_t)snprintf(full + used, sizeof(full) - used, "%s%s", d ? " " : "", key[d]);
    PetscCall(PetscStrtolower(full)); /* names of options do not tell capital letters from small ones */
    REFUSE(KNWordsGet(&seen, full), "%s: %s is given twice; keep one", path, full);
    PetscCall(KNWordsSet(&seen, full, NULL));
  }
  PetscCall(KNWordsDestroy(&seen));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadKeys(File *file)
{
  PetscOptions   options;
  PetscErrorCode code;
  PetscInt       count;
  char          *text, **names, **values;

  PetscFunctionBegin;
  PetscCall(KNTextRead(file->path, "-study needs a YAML file", &text));
  PetscCall(PetscOptionsCreate(&options));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = PetscOptionsInsertStringYAML(options, text);
  PetscCall(PetscPopErrorHandler());
  REFUSE(code, "%s: not YAML of the form of a study; configs/study-small.yaml is an example", file->path);
  PetscCall(CheckTwice(file->path, text));
  PetscCall(PetscFree(text));
  PetscCall(PetscOptionsLeftGet(options, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) PetscCall(KNWordsSet(&file->keys, names[i], values[i]));
  PetscCall(PetscOptionsLeftRestore(options, &count, &names, &values));
  PetscCall(PetscOptionsDestroy(&options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The keys of the options for some runs, in the order in which they come one over the other; the variant's own stand
  between the second and the third.
*/
enum { SCOPES = 4, SCOPE_OF_VARIANT = 2 };

static PetscErrorCode ScopeKey(PetscInt scope, const char dataset[], const char variant[], PetscInt64 samples,
                               size_t size, char key[])
{
  char number[32] = "";

  PetscFunctionBegin;
  if (scope % 2) PetscCall(PetscSNPrintf(number, sizeof(number), "/%" PetscInt64_FMT, samples));
  if (scope == 0) PetscCall(PetscSNPrintf(key, size, "options_%s", dataset));
  else
    PetscCall(PetscSNPrintf(key, size, "options_%s/%s%s", dataset, scope < SCOPE_OF_VARIANT ? "*" : variant, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Options for runs that the study does not have are a mistake. */
static PetscErrorCode CheckScopes(const File *file)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < file->keys.count; i++) {
    const char *scope = Within(file->keys.name[i], "options_");
    PetscBool   known = PETSC_FALSE;
    char        key[4 * KN_MAX_NAME];

    for (PetscInt r = 0; scope && !known && r < SCOPES * file->datasets * file->variants * file->sizes; r++) {
      const PetscInt of = r / SCOPES, v = of % file->variants, d = of / file->variants % file->datasets;

      PetscCall(ScopeKey(r % SCOPES, file->dataset[d], file->variant[v],
                         file->size[of / file->variants / file->datasets], sizeof(key), key));
      known = (PetscBool)!strcmp(key, file->keys.name[i]);
    }
    REFUSE(
      scope && !known,
      "%s: options: %.64s is no DATASET, DATASET/*/SAMPLES, DATASET/VARIANT or DATASET/VARIANT/SAMPLES of the study",
      file->path, scope);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sorts the keys into the study's parts; an unknown one is refused. */
static PetscErrorCode ReadFile(File *file)
{
  static const char *const        plain[] = {"study", "common", "steps", "seeds", "train_samples", "baseline"},
                           *const files[] = {"_train", "_validation", "_test"};
  PetscInt                        count;

  PetscFunctionBegin;
  PetscCall(ReadKeys(file));
  for (PetscInt i = 0; i < file->keys.count; i++) {
    const char *key   = file->keys.name[i], *name;
    PetscBool   known = (PetscBool)(Within(key, "options_") != NULL); /* CheckScopes() looks at these */

    for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(plain); k++) known = (PetscBool)(known || !strcmp(key, plain[k]));
    if ((name = Within(key, "variants_"))) {
      PetscCall(AddName(file, "variant", strlen(name), name, &file->variants, &file->variant));
      known = PETSC_TRUE;
    }
    name = Within(key, "datasets_");
    for (size_t k = 0; name && k < PETSC_STATIC_ARRAY_LENGTH(files); k++) {
      const size_t length = strlen(name), ending = strlen(files[k]);

      if (length <= ending || strcmp(name + length - ending, files[k])) continue;
      PetscCall(AddName(file, "dataset", length - ending, name, &file->datasets, &file->dataset));
      known = PETSC_TRUE;
    }
    REFUSE(!known,
           "%s: unknown key \"%.64s\"; a study has study, common, steps, seeds, train_samples, baseline, variants: "
           "NAME, datasets: NAME: train, validation, test, options: DATASET/VARIANT/SAMPLES",
           file->path, key);
  }
  REFUSE(!file->variants || !file->datasets, "%s: the study has no %s", file->path,
         file->variants ? "datasets" : "variants");
  PetscCall(ReadNumbers(file, "seeds", 0, &file->seeds, &file->seed));
  if (KNWordsGet(&file->keys, "train_samples"))
    PetscCall(ReadNumbers(file, "train_samples", 1, &file->sizes, &file->size));
  else {
    file->sizes = 1;
    PetscCall(PetscCalloc1(1, &file->size));
  }
  PetscCall(CheckScopes(file));
  if (KNWordsGet(&file->keys, "steps")) {
    PetscInt64 *steps;

    PetscCall(ReadNumbers(file, "steps", 1, &count, &steps));
    REFUSE(count != 1 || !file->size[0], "%s: steps is one number, and needs train_samples", file->path);
    file->steps = steps[0];
    PetscCall(PetscFree(steps));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the options "-name value ..." of a key. */
static PetscErrorCode AddOptions(const File *file, const char key[], KNWords *words)
{
  static const char *const own[] = {"-run",  "-dataset", "-dataset_test", "-train_samples", "-train_validation",
                                    "-seed", "-dry_run"};
  const char              *text  = KNWordsGet(&file->keys, key);
  char                   **word;
  int                      n;

  PetscFunctionBegin;
  PetscCall(PetscStrToArray(text ? text : "", ' ', &n, &word));
  for (int i = 0; i < n; i++) {
    const char     *name = word[i];
    const PetscBool has_value =
      (PetscBool)(i + 1 < n &&
                  !(word[i + 1][0] == '-' && ((word[i + 1][1] | 32) >= 'a' && (word[i + 1][1] | 32) <= 'z')));

    REFUSE(name[0] != '-', "%s: %s: unexpected word \"%.64s\": options are given as -name value", file->path, key,
           name);
    for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(own); k++)
      REFUSE(!strcmp(name, own[k]), "%s: %s: %s is set by the study; leave it out", file->path, key, name);
    REFUSE(file->steps && !strcmp(name, "-train_epochs"),
           "%s: %s: -train_epochs follows from steps; leave out one of them", file->path, key);
    PetscCall(KNWordsSet(words, name, has_value ? word[++i] : NULL));
  }
  PetscCall(PetscStrToArrayDestroy(n, word));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number among the options of a run, at least 1. */
static PetscErrorCode FindNumber(const File *file, const KNStudyRun *run, const char name[], PetscInt64 *value)
{
  const char *text = KNWordsGet(&run->words, name);
  char       *end;

  PetscFunctionBegin;
  REFUSE(!text, "%s: variant %s has no %s; write it into common", file->path, run->variant, name);
  *value = strtoll(text, &end, 10);
  REFUSE(!text[0] || *end || *value < 1, "%s: variant %s: %s \"%.32s\" is not a whole number of at least 1", file->path,
         run->variant, name, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddRun(const File *file, const KNStudy *study, const char dataset[], const char variant[],
                             PetscInt64 samples, PetscInt64 seed, KNStudyRun *run)
{
  const char *train, *test, *other = study->validation ? "validation" : "test";
  char        key[4 * KN_MAX_NAME], own[3 * KN_MAX_NAME], name[64], *end;
  PetscBool   share;

  PetscFunctionBegin;
  *run = (KNStudyRun){.samples = samples, .seed = seed};
  PetscCall(PetscStrncpy(run->dataset, dataset, sizeof(run->dataset)));
  PetscCall(PetscStrncpy(run->variant, variant, sizeof(run->variant)));
  PetscCall(PetscSNPrintf(key, sizeof(key), "datasets_%s_train", dataset));
  train = KNWordsGet(&file->keys, key);
  REFUSE(!train || !train[0] || strchr(train, ' '), "%s: dataset %s has no train: FILE, a name without blanks",
         file->path, dataset);
  PetscCall(PetscSNPrintf(key, sizeof(key), "datasets_%s_%s", dataset, other));
  test = KNWordsGet(&file->keys, key);
  REFUSE(!test || !test[0] || strchr(test, ' '), "%s: dataset %s has no %s: FILE, a name without blanks", file->path,
         dataset, other);
  share = (PetscBool)(study->validation && strtod(test, &end) > 0 && !*end);

  if (samples) PetscCall(PetscSNPrintf(name, sizeof(name), "%" PetscInt64_FMT "/seed%" PetscInt64_FMT, samples, seed));
  else PetscCall(PetscSNPrintf(name, sizeof(name), "all/seed%" PetscInt64_FMT, seed));
  PetscCall(
    PetscSNPrintf(run->directory, sizeof(run->directory), "%s/%s/%s/%s", study->directory, dataset, variant, name));
  PetscCall(KNWordsSet(&run->words, "-run", run->directory));
  PetscCall(KNWordsSet(&run->words, "-dataset", train));
  PetscCall(KNWordsSet(&run->words, share ? "-train_validation" : "-dataset_test", test));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%" PetscInt64_FMT, samples));
  if (samples) PetscCall(KNWordsSet(&run->words, "-train_samples", name));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%" PetscInt64_FMT, seed));
  PetscCall(KNWordsSet(&run->words, "-seed", name));
  PetscCall(AddOptions(file, "common", &run->words));
  PetscCall(PetscSNPrintf(own, sizeof(own), "variants_%s", variant));
  for (PetscInt scope = 0; scope < SCOPES; scope++) {
    if (scope == SCOPE_OF_VARIANT) PetscCall(AddOptions(file, own, &run->words));
    PetscCall(ScopeKey(scope, dataset, variant, samples, sizeof(key), key));
    PetscCall(AddOptions(file, key, &run->words));
  }
  if (file->steps) {
    PetscInt64 batch, an_epoch;

    PetscCall(FindNumber(file, run, "-train_batch", &batch));
    an_epoch = (samples + batch - 1) / batch;
    PetscCall(
      PetscSNPrintf(name, sizeof(name), "%" PetscInt64_FMT, PetscMax(1, (file->steps + an_epoch / 2) / an_epoch)));
    PetscCall(KNWordsSet(&run->words, "-train_epochs", name));
  }
  PetscCall(FindNumber(file, run, "-train_epochs", &run->epochs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStudyRead(const char path[], PetscBool validation, KNStudy *study)
{
  File        file = {.path = path};
  const char *name, *baseline;
  PetscBool   found = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(ReadFile(&file));
  *study   = (KNStudy){.validation = validation, .count = file.seeds * file.sizes * file.datasets * file.variants};
  name     = KNWordsGet(&file.keys, "study");
  baseline = KNWordsGet(&file.keys, "baseline");
  REFUSE(!name, "%s: the study has no name, study: NAME", path);
  PetscCall(CheckName(path, "study", name));
  PetscCall(PetscStrncpy(study->name, name, sizeof(study->name)));
  PetscCall(PetscStrncpy(study->baseline, baseline ? baseline : file.variant[0], sizeof(study->baseline)));
  for (PetscInt v = 0; v < file.variants; v++) found = (PetscBool)(found || !strcmp(file.variant[v], study->baseline));
  REFUSE(!found, "%s: the baseline \"%s\" is none of the variants", path, study->baseline);
  PetscCall(PetscSNPrintf(study->directory, sizeof(study->directory), "runs/%s%s", study->name,
                          validation ? "-validation" : ""));
  PetscCall(PetscCalloc1(study->count, &study->run));
  study->count = 0;
  for (PetscInt s = 0; s < file.seeds; s++) {
    for (PetscInt k = 0; k < file.sizes; k++) {
      for (PetscInt d = 0; d < file.datasets; d++) {
        for (PetscInt v = 0; v < file.variants; v++)
          PetscCall(AddRun(&file, study, file.dataset[d], file.variant[v], file.size[k], file.seed[s],
                           &study->run[study->count++]));
      }
    }
  }
  PetscCall(KNWordsDestroy(&file.keys));
  PetscCall(PetscFree(file.dataset));
  PetscCall(PetscFree(file.variant));
  PetscCall(PetscFree(file.size));
  PetscCall(PetscFree(file.seed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStudyDestroy(KNStudy *study)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < study->count; i++) PetscCall(KNWordsDestroy(&study->run[i].words));
  PetscCall(PetscFree(study->run));
  PetscFunctionReturn(PETSC_SUCCESS);
}
