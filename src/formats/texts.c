/*
  Texts with classes: tables separated by tabs or commas, JSON lines, and folders with a subfolder of .txt files for
  each class, as aclImdb's. One text is a sample, or two of them, a pair.

  A sample is a sequence of word numbers: the beginning, the words, and, of a pair, the separator and the words of the
  second text. What exceeds the length goes: from the end, of a pair from the end of the longer text. The vocabulary is
  taken from a dataset or a network, or counted (texts_words.c). One text at a time is in memory, and where each begins.
*/
#include "texts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROBED_BYTES = 1 << 20, PROBED = 64 }; /* in the process that opens the file first */

static const KNFileKind files = {.what     = "texts",
                                 .ending   = {".txt"},
                                 .endings  = ".txt",
                                 .advice   = " for each class: check the path",
                                 .no_class = "unsup"}; /* aclImdb's reviews without a label */

/* Of a table its delimiter, of JSON lines 0; -1: no file of texts, by its name. */
static int DelimiterOf(const char path[])
{
  static const struct {
    const char *ending;
    int         delimiter;
  } known[]       = {{".tsv", '\t'}, {".txt", '\t'}, {".csv", ','}, {".jsonl", 0}, {".ndjson", 0}, {".json", 0}};
  const char *dot = strrchr(path, '.');

  for (size_t i = 0; dot && i < sizeof(known) / sizeof(*known); i++) {
    if (!strcasecmp(dot, known[i].ending)) return known[i].delimiter;
  }
  return -1;
}

/* A folder of both sets, as aclImdb: the training set is one level deeper. */
static PetscBool HasSets(const char path[])
{
  char inner[PETSC_MAX_PATH_LEN + 8];

  snprintf(inner, sizeof(inner), "%s/test", path);
  if (access(inner, F_OK)) return PETSC_FALSE;
  snprintf(inner, sizeof(inner), "%s/train", path);
  return KNFileFolderHas(&files, &KNPictureFiles, inner);
}

static PetscBool Recognises_Texts(KNSource source)
{
  const size_t head      = (size_t)PetscMin(source->size, sizeof(source->head));
  const int    delimiter = source->folder ? -1 : DelimiterOf(source->file.path);

  if (source->folder) {
    snprintf(source->kind, sizeof(source->kind), "a folder of texts");
    return (PetscBool)(KNFileFolderHas(&files, &KNPictureFiles, source->file.path) || HasSets(source->file.path));
  }
  snprintf(source->kind, sizeof(source->kind), "%s",
           delimiter == '\t' ? "a table of texts, tab-separated"
           : delimiter       ? "a table of texts, comma-separated"
                             : "JSON lines");
  return (PetscBool)(delimiter >= 0 && !source->file.id && head && !memchr(source->head, 0, head) &&
                     memcmp(source->head, "\037\213", 2) && memcmp(source->head, "PK\003\004", 4));
}

static int AddPlace(KNFile *file, KNTexts *t, PetscInt64 *samples, const KNTextPlace *place, int32_t label)
{
  const size_t n = (size_t)*samples + 1;

  if (*samples == PETSC_MAX_INT)
    return KNFileFail(file, file->code, "holds more than %d texts: convert parts of it", PETSC_MAX_INT);
  if (n > t->room) {
    const size_t more   = 2 * t->room + 1024;
    void        *place_ = realloc(t->place, more * sizeof(*t->place)), *label_;

    if (place_) t->place = (KNTextPlace *)place_;
    label_ = realloc(t->label, more * sizeof(*t->label));
    if (label_) t->label = (int32_t *)label_;
    if (!place_ || !label_) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a list of %zu texts", more);
    t->room = more;
  }
  t->place[*samples] = *place;
  t->label[*samples] = label;
  ++*samples;
  return 0;
}

/* Where the samples of one file stand, with their labels as numbers of t->classes. */
static int ListFile(KNSource source, const KNSourceChoice *choice, KNTexts *t, PetscInt i)
{
  const PetscBool labelled = (PetscBool)!choice->unlabelled;
  KNFile         *file     = &source->file;
  KNTextFile     *f        = &t->file[i];
  KNTextPlace     place;
  KNText          text;

  file->path = f->path = source->path[i];
  f->delimiter         = (char)DelimiterOf(f->path);
  f->quotes            = (PetscBool)(f->delimiter && (choice->text_quotes == KN_QUOTES_ALL ||
                                           (choice->text_quotes == KN_QUOTES_CSV && f->delimiter == ',')));
  KNCallFile(KNTextFileOpen(file, choice, labelled, f));
  if (i && !f->column[KN_COLUMN_PAIR][0] != !t->file[0].column[KN_COLUMN_PAIR][0])
    return KNFileFail(file, file->code, "has %s, %s has not: convert them one after the other",
                      f->column[KN_COLUMN_PAIR][0] ? "pairs of texts" : "single texts", t->file[0].path);
  while (!source->probing || f->offset < PROBED_BYTES) {
    int32_t label = 0;

    KNCallFile(KNTextFileNext(file, f, &t->work, &place, &text));
    if (!place.bytes) break;
    if (labelled) KNCallFile(KNTextsLabel(file, t, place.line, &text, &label));
    place.file = (int32_t)i;
    if (label < 0) t->unlabelled++;
    else KNCallFile(AddPlace(file, t, &source->samples, &place, label));
  }
  return 0;
}

static int Open_Texts(KNSource source, const KNSourceChoice *choice)
{
  KNFile        *file = &source->file;
  KNSourceChoice own  = *choice;
  KNTexts       *t    = (KNTexts *)calloc(1, sizeof(*t));

  source->data = t;
  if (!t) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a list of texts");
  if (source->folder && HasSets(source->path[0]))
    return KNFileFail(file, file->code, "holds the folders train and test: convert %s/train, and %s/test with -like",
                      source->path[0], source->path[0]);
  KNCallFile(KNTextsExpect(source, &own, t));
  if (source->folder) {
    KNCallFile(KNFileListMake(source, &own, &files, &t->list));
    for (PetscInt64 row = 0; row < t->list.samples; row++) {
      const KNTextPlace whole = {.line = 1};

      KNCallFile(AddPlace(file, t, &source->samples, &whole, t->list.entry[row].label));
    }
    t->left_out = t->list.left_out;
  } else {
    t->file = (KNTextFile *)calloc((size_t)source->paths, sizeof(*t->file));
    if (!t->file) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %d files", (int)source->paths);
    t->files = source->paths;
    for (PetscInt i = 0; i < t->files; i++) KNCallFile(ListFile(source, choice, t, i));
    t->pair    = (PetscBool)(t->file[0].column[KN_COLUMN_PAIR][0] != 0);
    file->path = source->path[0];
  }
  if (!source->samples) return KNFileFail(file, file->code, "holds no texts%s", t->unlabelled ? " with a label" : "");
  source->problem.input = (KNSpace){.kind = KN_SPACE_TOKENS, .grid = KNGridMake(0, NULL, KN_POINTS_CELLS)};
  snprintf(source->problem.pde, sizeof(source->problem.pde), "texts");
  snprintf(source->problem.equation, sizeof(source->problem.equation),
           t->pair ? "pair of texts -> class" : "text -> class");
  KNCallFile(KNTextsSetRules(source, choice, t));
  if (choice->unlabelled) return KNTextsTakeWords(source, choice->like);
  source->label = (int32_t *)malloc((size_t)source->samples * sizeof(*source->label));
  if (!source->label) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %lld labels", (long long)source->samples);
  memcpy(source->label, t->label, (size_t)source->samples * sizeof(*source->label));
  KNCallFile(source->folder ? KNSourceClasses(source, t->list.classes, (const char *const *)t->list.name)
                            : KNTextsNameClasses(source, t));
  return KNTextsTakeWords(source, choice->like);
}

/* The whole file of a row of a folder -> text */
static int ReadFile(KNSource source, KNTexts *t, PetscInt64 row, KNText *text)
{
  KNFile     *file = &source->file;
  struct stat status;
  size_t      got = 0, size;
  int         descriptor;

  KNFileListPath(&t->list, row, sizeof(t->path), t->path);
  file->path = t->path;
  descriptor = open(t->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return KNFileFail(file, file->code, "cannot be opened: %s", strerror(errno));
  if (fstat(descriptor, &status) || !S_ISREG(status.st_mode) || (unsigned long long)status.st_size > KN_MAX_RECORD) {
    close(descriptor);
    return KNFileFail(file, file->code, "is no text: no file, or larger than 16 MB; take it out");
  }
  size = (size_t)status.st_size;
  if (KNScratch(file, size + 1, &t->work.room, (void **)&t->work.bytes)) {
    close(descriptor);
    return PETSC_ERR_MEM;
  }
  while (got < size) {
    const ssize_t n = read(descriptor, t->work.bytes + got, size - got);

    if (n <= 0) break;
    got += (size_t)n;
  }
  close(descriptor);
  if (got < size) return KNFileFail(file, file->code, "cannot be read: %s", strerror(errno));
  *text = (KNText){.value = {t->work.bytes}, .size = {size}};
  return 0;
}

int KNTextsRead(KNSource source, KNTexts *t, PetscInt64 row, KNText *text, size_t size, char where[])
{
  const KNTextPlace *place = &t->place[row];

  if (source->folder) {
    snprintf(where, size, "the text");
    return ReadFile(source, t, row, text);
  }
  snprintf(where, size, "line %lld", (long long)place->line);
  source->file.path = t->file[place->file].path;
  return KNTextFileRead(&source->file, &t->file[place->file], &t->work, place, text);
}

/* One text -> numbers (most) of its words; *count: how many it has, those behind the last too. */
static int Number(KNSource source, KNTexts *t, const char where[], size_t size, const char text[], size_t most,
                  int32_t number[], size_t *count)
{
  const char *word;

  KNCallFile(KNCutterCut(t->words, &source->file, where, size, text, count, &word));
  for (size_t i = 0; i < PetscMin(*count, most); i++, word += strlen(word) + 1) {
    const int32_t known = word[0] ? KNTableFind(&t->vocabulary, word) : -1;

    number[i] = known < 0 ? KN_WORD_UNKNOWN : known;
  }
  return 0;
}

/* token (L): the sequence of a row; its length is returned in *length. Counts what is to be said of it. */
static int ReadRow(KNSource source, KNTexts *t, PetscInt64 row, int32_t token[], int32_t *length)
{
  const size_t L = (size_t)source->problem.input.length, room = L - (t->pair ? 2 : 1);
  size_t       n[2] = {0, 0}, keep[2], at = 1;
  char         where[64];
  KNText       text;

  KNCallFile(KNTextsRead(source, t, row, &text, sizeof(where), where));
  KNCallFile(KNScratch(&source->file, 2 * L * sizeof(*t->number), &t->number_room, (void **)&t->number));
  for (int i = 0; i <= (int)t->pair; i++)
    KNCallFile(Number(source, t, where, text.size[i], text.value[i], L, t->number + (size_t)i * L, &n[i]));
  keep[0] = n[0];
  keep[1] = n[1];
  if (n[0] + n[1] > room) { /* the longer of a pair first */
    const size_t least = PetscMin(PetscMin(n[0], n[1]), room / 2);

    keep[0] = !t->pair ? room : n[0] <= n[1] ? least : room - least;
    keep[1] = !t->pair ? 0 : room - keep[0];
    t->cut++;
  }
  t->empty += !n[0] || (t->pair && !n[1]);
  memset(token, 0, L * sizeof(*token));
  token[0] = KN_WORD_BEGINNING;
  for (int i = 0; i <= (int)t->pair; i++) {
    if (i) token[at++] = KN_WORD_SEPARATOR;
    memcpy(token + at, t->number + (size_t)i * L, keep[i] * sizeof(*token));
    at += keep[i];
  }
  for (size_t i = 0; i < at; i++) t->unknown += token[i] == KN_WORD_UNKNOWN;
  t->tokens += (PetscInt64)at;
  t->rows++;
  *length = (int32_t)at;
  return 0;
}

static int ReadTokens_Texts(KNSource source, PetscInt64 first, PetscInt64 count, int32_t token[], int32_t length[])
{
  const size_t L = (size_t)source->problem.input.length;

  for (PetscInt64 i = 0; i < count; i++)
    KNCallFile(ReadRow(source, (KNTexts *)source->data, first + i, token + (size_t)i * L, &length[i]));
  source->file.path = source->path[0];
  return 0;
}

/* The words of some texts; what is wrong with a text is told where it is read. */
static int Probe_Texts(KNSource source)
{
  KNTexts    *t = (KNTexts *)source->data;
  const char *word;
  char        where[64];
  size_t      count;
  KNText      text;

  for (PetscInt64 i = 0; i < PetscMin(source->samples, PROBED); i++) {
    KNCallFile(
      KNTextsRead(source, t, i * source->samples / PetscMin(source->samples, PROBED), &text, sizeof(where), where));
    for (int k = 0; k <= (int)t->pair; k++)
      KNCallFile(KNCutterCut(t->words, &source->file, where, text.size[k], text.value[k], &count, &word));
  }
  return 0;
}

static void RowName_Texts(KNSource source, PetscInt64 row, size_t size, char name[])
{
  const KNTexts *t = (const KNTexts *)source->data;

  if (source->folder) KNFileListName(&t->list, row, size, name);
  else if (t->files == 1) snprintf(name, size, "%lld", (long long)t->place[row].line);
  else snprintf(name, size, "%s:%lld", t->file[t->place[row].file].path, (long long)t->place[row].line);
}

static void Close_Texts(KNSource source)
{
  KNTexts *t = (KNTexts *)source->data;

  if (!t) return;
  for (PetscInt i = 0; i < t->files; i++) KNTextFileClose(&t->file[i]);
  KNFileListFree(&t->list);
  KNTextWorkFree(&t->work);
  KNTableFree(&t->classes);
  KNTableFree(&t->vocabulary);
  KNCutterDestroy(t->words);
  free(t->names);
  free(t->expected);
  free(t->number);
  free(t->place);
  free(t->label);
  free(t->file);
  free(t);
}

const KNFormat KNFormat_Texts = {.name        = "texts",
                                 .most_paths  = KN_MAX_PATHS,
                                 .folders     = PETSC_TRUE,
                                 .recognises  = Recognises_Texts,
                                 .open        = Open_Texts,
                                 .read_tokens = ReadTokens_Texts,
                                 .probe       = Probe_Texts,
                                 .row_name    = RowName_Texts,
                                 .close       = Close_Texts};
