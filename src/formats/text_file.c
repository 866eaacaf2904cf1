/* Records of files of texts: see text_file.h. */
#include "text_file.h"
#include "words.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FIELDS = 1024, PIECE = 1 << 20 };

static const char *const roles[KN_COLUMNS] = {"text", "pair", "label"};

/* Where a table's reader stands: before a field, in one, in a quoted one, behind a quote in that. */
typedef enum { AT_START, AT_PLAIN, AT_QUOTED, AT_CLOSED } At;

/* The line feed that ends the record which begins with these bytes; size: it lies behind them, *quoted: in a quote. */
static size_t FindEnd(const KNTextFile *f, const char bytes[], size_t size, PetscBool *quoted)
{
  At at = AT_START;

  *quoted = PETSC_FALSE;
  if (!f->quotes) {
    const char *end = (const char *)memchr(bytes, '\n', size);

    return end ? (size_t)(end - bytes) : size;
  }
  for (size_t i = 0; i < size; i++) {
    if (at == AT_QUOTED) at = bytes[i] == '"' ? AT_CLOSED : AT_QUOTED;
    else if (bytes[i] == '\n') return i;
    else if (bytes[i] == f->delimiter) at = AT_START;
    else at = bytes[i] == '"' && at != AT_PLAIN ? AT_QUOTED : AT_PLAIN;
  }
  *quoted = (PetscBool)(at == AT_QUOTED);
  return size;
}

/* More bytes of the file behind those in the buffer, those already handed out being let go. */
static int Fill(KNFile *file, KNTextFile *f)
{
  ssize_t got;

  if (f->begin) memmove(f->buffer, f->buffer + f->begin, f->end - f->begin);
  f->end -= f->begin;
  f->begin = 0;
  if (f->room - f->end < PIECE) {
    void *larger = realloc(f->buffer, 2 * f->room + PIECE);

    if (!larger) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a record of %zu bytes", f->end);
    f->buffer = (char *)larger;
    f->room   = 2 * f->room + PIECE;
  }
  got = pread(f->descriptor, f->buffer + f->end, f->room - f->end, (off_t)f->offset + (off_t)f->end);
  if (got < 0) return KNFileFail(file, file->code, "cannot be read: %s", strerror(errno));
  f->over = (PetscBool)(got == 0);
  f->end += (size_t)got;
  return 0;
}

/* The next record, blank or not, place->bytes without its line feed; *found false: there is none. */
static int Next(KNFile *file, KNTextFile *f, KNTextPlace *place, const char **bytes, PetscBool *found)
{
  size_t    end, all, held;
  PetscBool quoted;

  for (;;) {
    held = f->end - f->begin;
    end  = FindEnd(f, f->buffer + f->begin, held, &quoted);
    if (end < held || f->over) break;
    if (held > KN_MAX_RECORD)
      return KNFileFail(file, file->code, "line %lld is the first of a record of more than 16 MB: %s",
                        (long long)f->line,
                        quoted ? "a quote without an end? -text_quotes none takes quotes as text" : "no file of texts");
    KNCallFile(Fill(file, f));
  }
  *found = (PetscBool)(f->begin < f->end);
  if (!*found) return 0;
  if (end == held && quoted)
    return KNFileFail(file, file->code, "line %lld has a quote without an end: -text_quotes none takes quotes as text",
                      (long long)f->line);
  *bytes = f->buffer + f->begin;
  *place = (KNTextPlace){.offset = f->offset, .line = f->line, .bytes = (int32_t)end};
  all    = end + (end < held);
  for (size_t i = 0; i < all; i++) f->line += (*bytes)[i] == '\n';
  f->offset += (int64_t)all;
  f->begin += all;
  return 0;
}

/* bytes (size), changed, -> its fields. */
static int Split(KNFile *file, const KNTextFile *f, int64_t line, size_t size, char bytes[], size_t *fields,
                 const char *value[], size_t length[])
{
  size_t i = 0;

  *fields = 0;
  if (size && bytes[size - 1] == '\r') size--;
  for (;;) {
    size_t to = i;

    if (*fields == MAX_FIELDS)
      return KNFileFail(file, file->code, "line %lld has more than %d columns", (long long)line, MAX_FIELDS);
    value[*fields] = bytes + i;
    if (f->quotes && i < size && bytes[i] == '"') {
      for (i++; i < size && (bytes[i] != '"' || (i + 1 < size && bytes[i + 1] == '"')); i++) {
        if (bytes[i] == '"') i++;
        bytes[to++] = bytes[i];
      }
      i++;
      if (i < size && bytes[i] != f->delimiter)
        return KNFileFail(file, file->code,
                          "line %lld: column %zu goes on behind its last quote: write \" in it as \"\", or give "
                          "-text_quotes none",
                          (long long)line, *fields + 1);
    } else {
      while (i < size && bytes[i] != f->delimiter) i++;
      to = i;
    }
    length[*fields] = (size_t)(bytes + to - value[*fields]);
    ++*fields;
    if (i >= size) return 0;
    i++;
  }
}

/* bytes (size), changed, -> text */
static int Parse(KNFile *file, const KNTextFile *f, int64_t line, size_t size, char bytes[], KNTextWork *work,
                 KNText *text)
{
  const char *value[MAX_FIELDS];
  size_t      length[MAX_FIELDS], fields;

  if (!f->delimiter) return KNTextParseJSON(file, f, line, size, bytes, work, text);
  KNCallFile(Split(file, f, line, size, bytes, &fields, value, length));
  if (fields != f->fields)
    return KNFileFail(file, file->code, "line %lld has %zu columns, the first has %zu: %s", (long long)line, fields,
                      f->fields,
                      f->quotes ? "a quote is missing?" : "-text_quotes all reads fields with line breaks in quotes");
  for (int role = 0; role < KN_COLUMNS; role++) {
    text->value[role] = f->column[role][0] ? value[f->place[role]] : NULL;
    text->size[role]  = f->column[role][0] ? length[f->place[role]] : 0;
  }
  return 0;
}

static int Keep(KNFile *file, KNTextWork *work, size_t size, const char bytes[])
{
  KNCallFile(KNScratch(file, size + 1, &work->room, (void **)&work->bytes));
  memcpy(work->bytes, bytes, size);
  work->bytes[size] = 0;
  return 0;
}

static PetscBool IsBlank(size_t size, const char bytes[])
{
  for (size_t i = 0; i < size; i++) {
    if (!strchr(" \t\r", bytes[i]) || !bytes[i]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

int KNTextFileNext(KNFile *file, KNTextFile *f, KNTextWork *work, KNTextPlace *place, KNText *text)
{
  const char *bytes = NULL;
  PetscBool   found;

  do {
    KNCallFile(Next(file, f, place, &bytes, &found));
    if (!found) place->bytes = 0;
    if (!found) return 0;
  } while (IsBlank((size_t)place->bytes, bytes));
  KNCallFile(Keep(file, work, (size_t)place->bytes, bytes));
  return Parse(file, f, place->line, (size_t)place->bytes, work->bytes, work, text);
}

int KNTextFileRead(KNFile *file, const KNTextFile *f, KNTextWork *work, const KNTextPlace *place, KNText *text)
{
  const size_t size = (size_t)place->bytes;
  size_t       got  = 0;

  KNCallFile(KNScratch(file, size + 1, &work->room, (void **)&work->bytes));
  while (got < size) {
    const ssize_t n = pread(f->descriptor, work->bytes + got, size - got, (off_t)place->offset + (off_t)got);

    if (n <= 0)
      return KNFileFail(file, file->code, "cannot be read at line %lld: %s", (long long)place->line,
                        n < 0 ? strerror(errno) : "it has become shorter");
    got += (size_t)n;
  }
  work->bytes[size] = 0;
  return Parse(file, f, place->line, size, work->bytes, work, text);
}

/* "a, b, c" of names that a file has; cut where there are too many. */
static void ListNames(PetscInt count, const char *const name[], size_t size, char list[])
{
  size_t used = 0;

  list[0] = 0;
  for (PetscInt i = 0; i < count && used + 1 < size; i++)
    used += (size_t)snprintf(list + used, size - used, "%s%.60s", i ? ", " : "", name[i]);
}

/* What the user says of a role, "text=review" -> "review"; NULL: nothing. Refuses an entry that is of no role. */
static int Asked(KNFile *file, const KNSourceChoice *choice, const char *asked[])
{
  for (int role = 0; role < KN_COLUMNS; role++) asked[role] = NULL;
  for (PetscInt i = 0; i < choice->text_columns; i++) {
    const char *entry = choice->text_column[i], *equals = strchr(entry, '=');
    int         role = 0;

    while (role < KN_COLUMNS && (!equals || strncmp(entry, roles[role], (size_t)(equals - entry)) ||
                                 strlen(roles[role]) != (size_t)(equals - entry)))
      role++;
    if (role == KN_COLUMNS || !equals[1] || strlen(equals + 1) >= KN_MAX_TEXT || asked[role])
      return KNFileFail(file, KN_ERR_USAGE,
                        "-text_columns has \"%.64s\", expected each once of text=COLUMN, pair=COLUMN, label=COLUMN",
                        entry);
    asked[role] = equals + 1;
  }
  if (choice->text_columns && !asked[KN_COLUMN_TEXT])
    return KNFileFail(file, KN_ERR_USAGE, "-text_columns names no text=COLUMN");
  return 0;
}

/* A whole number of 1 or more; 0: it is none. */
static size_t NumberOf(const char text[])
{
  char               *end;
  const unsigned long n = strtoul(text, &end, 10);

  return *end || end == text || text[0] < '0' || text[0] > '9' || n > MAX_FIELDS ? 0 : n;
}

static PetscInt PlaceOf(const char name[], PetscInt count, const char *const names[])
{
  for (PetscInt i = 0; i < count; i++) {
    if (!strcmp(name, names[i])) return i;
  }
  return -1;
}

/* The columns of all roles, by their names (count) in the file. */
static int ChooseNamed(KNFile *file, const KNSourceChoice *choice, PetscBool labelled, PetscInt count,
                       const char *const name[], KNTextFile *f)
{
  static const char *const usual[2][KN_COLUMNS] = {{"text", "pair", "label"}, {"sentence1", "sentence2", "gold_label"}};
  const char              *asked[KN_COLUMNS];
  char                     list[512];

  ListNames(count, name, sizeof(list), list);
  KNCallFile(Asked(file, choice, asked));
  for (int i = 0; i < 2 && !choice->text_columns; i++) {
    if (PlaceOf(usual[i][KN_COLUMN_TEXT], count, name) < 0 || asked[KN_COLUMN_TEXT]) continue;
    for (int role = 0; role < KN_COLUMNS; role++)
      asked[role] = PlaceOf(usual[i][role], count, name) >= 0 ? usual[i][role] : NULL;
  }
  if (!asked[KN_COLUMN_TEXT] || (labelled && !asked[KN_COLUMN_LABEL]))
    return KNFileFail(file, file->code,
                      "has the columns %s: say which is which, as in -text_columns text=NAME,label=NAME, of a pair "
                      "text=NAME,pair=NAME,label=NAME; without names in the first line by numbers, text=1",
                      list);
  for (int role = 0; role < KN_COLUMNS; role++) {
    PetscInt place;

    if (!asked[role] || (role == KN_COLUMN_LABEL && !labelled)) continue;
    place = PlaceOf(asked[role], count, name);
    if (place < 0)
      return KNFileFail(file, file->code, "has no column %s, which -text_columns names; it has %s", asked[role], list);
    snprintf(f->column[role], sizeof(f->column[role]), "%s", asked[role]);
    f->place[role] = (size_t)place;
  }
  return 0;
}

/* Whether all roles that the user gives are numbers; then they are the columns of every line, the first too. */
static int ChooseNumbered(KNFile *file, const KNSourceChoice *choice, PetscBool labelled, size_t fields, KNTextFile *f,
                          PetscBool *numbered)
{
  const char *asked[KN_COLUMNS];

  KNCallFile(Asked(file, choice, asked));
  *numbered = (PetscBool)(choice->text_columns > 0 && f->delimiter);
  for (int role = 0; role < KN_COLUMNS; role++)
    *numbered = (PetscBool)(*numbered && (!asked[role] || NumberOf(asked[role])));
  if (!*numbered) return 0;
  if (labelled && !asked[KN_COLUMN_LABEL]) return KNFileFail(file, KN_ERR_USAGE, "-text_columns names no label=COLUMN");
  for (int role = 0; role < KN_COLUMNS; role++) {
    if (!asked[role] || (role == KN_COLUMN_LABEL && !labelled)) continue;
    f->place[role] = NumberOf(asked[role]) - 1;
    snprintf(f->column[role], sizeof(f->column[role]), "%s", asked[role]);
    if (f->place[role] >= fields)
      return KNFileFail(file, file->code, "has %zu columns, -text_columns names number %s", fields, asked[role]);
  }
  return 0;
}

/* The names of the columns stand in bytes (size), the first record. */
static int Choose(KNFile *file, const KNSourceChoice *choice, PetscBool labelled, int64_t line, size_t size,
                  KNTextWork *work, KNTextFile *f, PetscBool *header)
{
  const char *name[MAX_FIELDS];
  size_t      length[MAX_FIELDS];
  PetscInt    count;
  PetscBool   numbered;

  if (!f->delimiter) {
    *header = PETSC_FALSE;
    KNCallFile(KNTextListKeys(file, line, size, work->bytes, work, MAX_FIELDS, name, &count));
    return ChooseNamed(file, choice, labelled, count, name, f);
  }
  KNCallFile(Split(file, f, line, size, work->bytes, &f->fields, name, length));
  KNCallFile(ChooseNumbered(file, choice, labelled, f->fields, f, &numbered));
  *header = (PetscBool)!numbered;
  if (numbered) return 0;
  for (size_t i = 0; i < f->fields; i++) { /* each ends before a delimiter, or with the record */
    work->bytes[name[i] + length[i] - work->bytes] = 0;
    if (!KNTextIsUTF8(length[i], name[i]))
      return KNFileFail(file, file->code, "line %lld is no valid UTF-8: convert it, as with iconv -f latin1 -t utf8",
                        (long long)line);
  }
  return ChooseNamed(file, choice, labelled, (PetscInt)f->fields, name, f);
}

int KNTextFileOpen(KNFile *file, const KNSourceChoice *choice, PetscBool labelled, KNTextFile *f)
{
  static const char mark[] = {'\xef', '\xbb', '\xbf'}; /* Unicode's, at the beginning of some files */
  KNTextWork        work   = {.bytes = NULL};
  KNTextPlace       place;
  const char       *bytes = NULL;
  PetscBool         found = PETSC_TRUE, header = PETSC_FALSE;
  int               code = 0;

  f->line       = 1;
  f->descriptor = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (f->descriptor < 0) return KNFileFail(file, file->code, "cannot be opened: %s", strerror(errno));
  KNCallFile(Fill(file, f));
  if (f->end >= sizeof(mark) && !memcmp(f->buffer, mark, sizeof(mark))) f->begin = sizeof(mark);
  f->offset = (int64_t)f->begin;
  do code = Next(file, f, &place, &bytes, &found);
  while (!code && found && IsBlank((size_t)place.bytes, bytes));
  if (!code && found) code = Keep(file, &work, (size_t)place.bytes, bytes);
  if (!code && found) code = Choose(file, choice, labelled, place.line, (size_t)place.bytes, &work, f, &header);
  if (!code && found && !header) { /* it is a sample, to be read again: its bytes are still in the buffer */
    f->begin  = (size_t)(bytes - f->buffer);
    f->offset = place.offset;
    f->line   = place.line;
  }
  KNTextWorkFree(&work);
  return !code && !found ? KNFileFail(file, file->code, "is empty") : code;
}

void KNTextFileClose(KNTextFile *f)
{
  if (f->descriptor > 0) close(f->descriptor);
  free(f->buffer);
  f->buffer     = NULL;
  f->descriptor = 0;
}

void KNTextWorkFree(KNTextWork *work)
{
  KNTextFreeJSON(work);
  free(work->bytes);
  work->bytes = NULL;
}
