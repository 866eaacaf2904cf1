/*
  "kitinet probe KIND PATH WORD ..", the process in which a file is opened first (probe.h), and what is asked of it for
  a source: the choice of KNSourceOpen() as words NAME=VALUE.
*/
#define _GNU_SOURCE // asprintf()
#include "format_impl.h"
#include <kitinet/probe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WORDS = 200 };

typedef struct {
  char     *word[MAX_WORDS];
  PetscInt  words;
  PetscBool full; /* not all of them fit */
} Words;

static void AddText(Words *w, const char name[], const char value[])
{
  if (!value || !value[0]) return;
  if (w->words == MAX_WORDS || asprintf(&w->word[w->words], "%s=%s", name, value) < 0) w->full = PETSC_TRUE;
  else w->words++;
}

static void AddList(Words *w, const char name[], PetscInt count, const char *const value[])
{
  for (PetscInt i = 0; i < count; i++) AddText(w, name, value[i]);
}

static void AddNumber(Words *w, const char name[], double value)
{
  char text[64];

  snprintf(text, sizeof(text), "%.17g", value);
  AddText(w, name, text);
}

static const char *const network[] = {"network_channels", "network_n1", "network_n2"};

int KNSourceAskProbe(KNFile *file, PetscInt npaths, const char *const paths[], const KNSourceChoice *choice)
{
  Words w = {.words = 0};
  int   code;

  AddList(&w, "path", npaths - 1, paths + 1);
  AddList(&w, "x", choice->x_count, choice->x);
  AddList(&w, "y", choice->y_count, choice->y);
  AddList(&w, "u", choice->u_count, choice->u);
  AddList(&w, "scale", choice->scale_count, choice->scale);
  AddList(&w, "text_column", choice->text_columns, choice->text_column);
  AddText(&w, "initial", choice->initial);
  AddText(&w, "t", choice->t);
  AddText(&w, "pde", choice->pde);
  AddNumber(&w, "dt", choice->dt);
  AddNumber(&w, "points", (double)choice->points);
  AddNumber(&w, "stride", (double)choice->stride);
  AddNumber(&w, "labels", (double)choice->labels);
  AddNumber(&w, "image_size", (double)choice->image_size);
  AddNumber(&w, "fit", (double)choice->fit);
  AddNumber(&w, "colour", (double)choice->colour);
  AddNumber(&w, "text_quotes", (double)choice->text_quotes);
  AddNumber(&w, "unlabelled", (double)choice->unlabelled);
  for (int i = 0; i < 3; i++) AddNumber(&w, network[i], (double)choice->network[i]);
  code = w.full ? KNFileFail(file, KN_ERR_USAGE,
                             "-x, -y, -u, -scale and -text_columns have more than %d entries together", MAX_WORDS)
                : KNProbe(file, "source", (size_t)w.words, (const char *const *)w.word);
  for (PetscInt i = 0; i < w.words; i++) free(w.word[i]);
  return code;
}

/* The value of "NAME=VALUE"; NULL: of another name. */
static const char *ValueOf(const char word[], const char name[])
{
  const size_t length = strlen(name);

  return !strncmp(word, name, length) && word[length] == '=' ? word + length + 1 : NULL;
}

static int OpenSource(KNFile *file, int n, char **word)
{
  static const char *x[MAX_WORDS], *y[MAX_WORDS], *u[MAX_WORDS], *scale[MAX_WORDS], *column[MAX_WORDS];
  const char        *path[KN_MAX_PATHS] = {file->path}, *value;
  PetscInt           paths              = 1;
  KNSourceChoice choice = {.x = x, .y = y, .u = u, .scale = scale, .text_column = column, .points = -1, .stride = 1};

  if (n > MAX_WORDS) return KNFileFail(file, KN_ERR_USAGE, "is described by more than %d words", MAX_WORDS);
  for (int i = 0; i < n; i++) {
    if (paths < KN_MAX_PATHS && (value = ValueOf(word[i], "path"))) path[paths++] = value;
    else if ((value = ValueOf(word[i], "x"))) x[choice.x_count++] = value;
    else if ((value = ValueOf(word[i], "y"))) y[choice.y_count++] = value;
    else if ((value = ValueOf(word[i], "u"))) u[choice.u_count++] = value;
    else if ((value = ValueOf(word[i], "scale"))) scale[choice.scale_count++] = value;
    else if ((value = ValueOf(word[i], "text_column"))) column[choice.text_columns++] = value;
    else if ((value = ValueOf(word[i], "text_quotes"))) choice.text_quotes = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "initial"))) choice.initial = value;
    else if ((value = ValueOf(word[i], "t"))) choice.t = value;
    else if ((value = ValueOf(word[i], "pde"))) choice.pde = value;
    else if ((value = ValueOf(word[i], "dt"))) choice.dt = strtod(value, NULL);
    else if ((value = ValueOf(word[i], "points"))) choice.points = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "stride"))) choice.stride = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "labels"))) choice.labels = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "image_size"))) choice.image_size = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "fit"))) choice.fit = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "colour"))) choice.colour = (PetscInt)strtol(value, NULL, 10);
    else if ((value = ValueOf(word[i], "unlabelled"))) choice.unlabelled = (PetscBool)strtol(value, NULL, 10);
    for (int k = 0; k < 3; k++) {
      if ((value = ValueOf(word[i], network[k]))) choice.network[k] = (PetscInt)strtol(value, NULL, 10);
    }
  }
  return KNSourceProbe(paths, path, &choice, file);
}

int KNProbeMain(int argc, char **argv)
{
  const char *kind = argc > 0 ? argv[0] : "";
  KNFile      file = {.path = argc > 1 ? argv[1] : "", .code = KN_ERR_INPUT};
  int         code = KN_ERR_USAGE;

  KNProbeLimit(file.path);
  (void)KNFormatSetUp();
  KNHDF5Start();
  if (!strcmp(kind, "source")) code = OpenSource(&file, argc - 2, argv + 2);
  else if (!strcmp(kind, "dataset")) code = KNProbeDataset(&file);
  else if (!strcmp(kind, "record")) code = KNProbeRecord(&file, (PetscBool)(argc > 2));
  if (code) (void)!write(STDOUT_FILENO, file.message, strlen(file.message));
  _exit(KNExitCode(code));
}
