/* Texts into words, by ICU: see words.h. */
#include "words.h"
#include <stdlib.h>
#include <string.h>

#ifdef KN_HAVE_ICU
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

struct _KNCutter {
  PetscBool       lower, drop_markup;
  KNStemmer      *stemmer; /* owned; NULL: words stay whole */
  UBreakIterator *breaks;
  char           *plain; /* the text without markup */
  size_t          plain_room;
  UChar          *wide, *small; /* in UTF-16, and in lower case */
  size_t          wide_room, small_room;
  char           *word;
  size_t          word_room;
};

static int Reserve(KNFile *file, size_t bytes, size_t *room, void **memory)
{
  void *larger;

  if (bytes <= *room) return 0;
  larger = realloc(*memory, bytes + bytes / 2);
  if (!larger) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a text of %zu bytes", bytes);
  *memory = larger;
  *room   = bytes + bytes / 2;
  return 0;
}

int KNCutterCreate(KNFile *file, PetscBool lower, PetscBool drop_markup, KNStemmer *stemmer, KNCutter **words)
{
  UErrorCode status = U_ZERO_ERROR;
  KNCutter  *w      = (KNCutter *)calloc(1, sizeof(*w));

  *words = w;
  if (!w) {
    KNStemmerDestroy(stemmer);
    return KNFileFail(file, PETSC_ERR_MEM, "no memory for words");
  }
  w->lower       = lower;
  w->drop_markup = drop_markup;
  w->stemmer     = stemmer;
  w->breaks      = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
  if (U_FAILURE(status)) {
    w->breaks = NULL;
    return KNFileFail(file, PETSC_ERR_LIB, "ICU has no word boundaries (%s): is its data installed?",
                      u_errorName(status));
  }
  return 0;
}

void KNCutterDestroy(KNCutter *words)
{
  if (!words) return;
  if (words->breaks) ubrk_close(words->breaks);
  KNStemmerDestroy(words->stemmer);
  free(words->plain);
  free(words->wide);
  free(words->small);
  free(words->word);
  free(words);
}

/* The bytes of a tag or comment that begins here with '<'; 0: none does. What has no end is no tag. */
static size_t TagAt(const char text[], size_t size)
{
  enum { MOST = 4096 };
  const size_t most = PetscMin(size, MOST);

  if (size >= 7 && !memcmp(text, "<!--", 4)) {
    for (size_t i = 4; i + 2 < size; i++) {
      if (!memcmp(text + i, "-->", 3)) return i + 3;
    }
    return 0;
  }
  if (size < 3 ||
      !(text[1] == '/' || text[1] == '!' || (text[1] >= 'a' && text[1] <= 'z') || (text[1] >= 'A' && text[1] <= 'Z')))
    return 0;
  for (size_t i = 2; i < most && text[i] != '<'; i++) {
    if (text[i] == '>') return i + 1;
  }
  return 0;
}

/* The bytes of an entity that begins here with '&', and what it stands for; 0: none does. */
static size_t EntityAt(const char text[], size_t size, char *stands_for)
{
  static const struct {
    const char *name;
    char        value;
  } entity[] = {{"&amp;", '&'},   {"&lt;", '<'},   {"&gt;", '>'},  {"&quot;", '"'},
                {"&apos;", '\''}, {"&#39;", '\''}, {"&#34;", '"'}, {"&nbsp;", ' '}};

  for (size_t i = 0; i < sizeof(entity) / sizeof(*entity); i++) {
    const size_t length = strlen(entity[i].name);

    if (length > size || memcmp(text, entity[i].name, length)) continue;
    *stands_for = entity[i].value;
    return length;
  }
  return 0;
}

/* text (*size) without markup; never longer. */
static void DropMarkup(char plain[], const char text[], size_t *size)
{
  size_t to = 0;

  for (size_t at = 0; at < *size;) {
    size_t length = 0;
    char   value  = ' ';

    if (text[at] == '<') length = TagAt(text + at, *size - at);
    else if (text[at] == '&') length = EntityAt(text + at, *size - at, &value);
    plain[to++] = length ? value : text[at];
    at += length ? length : 1;
  }
  *size = to;
}

PetscBool KNTextIsUTF8(size_t size, const char text[])
{
  UErrorCode status = U_ZERO_ERROR;
  int32_t    length;

  if (size > INT32_MAX) return PETSC_FALSE;
  (void)u_strFromUTF8(NULL, 0, &length, text, (int32_t)size, &status);
  return (PetscBool)(U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR);
}

/* White space, and what has no place in a word. */
static PetscBool IsNothing(const UChar from[], int32_t length)
{
  for (int32_t i = 0; i < length;) {
    UChar32 c;

    U16_NEXT(from, i, length, c);
    if (!u_isUWhiteSpace(c) && !u_iscntrl(c) && u_charType(c) != U_FORMAT_CHAR) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* One word of UTF-16 -> UTF-8 with a 0 behind it, *used bytes further on; one too long, or with a 0 in it, is empty. */
static int AddWord(KNCutter *w, KNFile *file, const UChar from[], int32_t length, size_t *used)
{
  UErrorCode status = U_ZERO_ERROR;
  char      *to     = w->word + *used;
  int32_t    bytes  = 0;

  (void)u_strToUTF8(to, KN_MAX_WORD_BYTES, &bytes, from, length, &status);
  if (U_FAILURE(status) || bytes >= KN_MAX_WORD_BYTES || memchr(to, 0, (size_t)bytes)) bytes = 0;
  to[bytes] = 0;
  if (w->stemmer) KNCallFile(KNStemmerApply(w->stemmer, file, to));
  *used += strlen(to) + 1;
  return 0;
}

int KNCutterCut(KNCutter *w, KNFile *file, const char where[], size_t size, const char text[], size_t *count,
                const char **word)
{
  UErrorCode   status = U_ZERO_ERROR;
  const UChar *from;
  int32_t      length = 0, start, end;
  size_t       used   = 0;

  *count = 0;
  *word  = w->word;
  if (size > INT32_MAX / 4) return KNFileFail(file, file->code, "%s: a text of %zu bytes is too long", where, size);
  if (w->drop_markup) {
    KNCallFile(Reserve(file, size + 1, &w->plain_room, (void **)&w->plain));
    DropMarkup(w->plain, text, &size);
    text = w->plain;
  }
  KNCallFile(Reserve(file, (size + 1) * sizeof(UChar), &w->wide_room, (void **)&w->wide));
  (void)u_strFromUTF8(w->wide, (int32_t)size + 1, &length, text, (int32_t)size, &status);
  if (U_FAILURE(status))
    return KNFileFail(file, file->code, "%s is no valid UTF-8: convert it, as with iconv -f latin1 -t utf8", where);
  from = w->wide;
  if (w->lower) { /* a letter becomes up to three */
    KNCallFile(Reserve(file, (3 * (size_t)length + 1) * sizeof(UChar), &w->small_room, (void **)&w->small));
    length = u_strToLower(w->small, 3 * length + 1, w->wide, length, "", &status);
    from   = w->small;
  }
  if (U_SUCCESS(status)) ubrk_setText(w->breaks, from, length, &status);
  if (U_FAILURE(status))
    return KNFileFail(file, PETSC_ERR_LIB, "%s: ICU finds no words: %s", where, u_errorName(status));
  start = ubrk_first(w->breaks);
  for (end = ubrk_next(w->breaks); end != UBRK_DONE; start = end, end = ubrk_next(w->breaks)) {
    if (IsNothing(from + start, end - start)) continue;
    KNCallFile(Reserve(file, used + KN_MAX_WORD_BYTES, &w->word_room, (void **)&w->word));
    KNCallFile(AddWord(w, file, from + start, end - start, &used));
    ++*count;
  }
  *word = w->word;
  return 0;
}
#else
int KNCutterCreate(KNFile *file, PetscBool lower, PetscBool drop_markup, KNStemmer *stemmer, KNCutter **words)
{
  KNStemmerDestroy(stemmer);
  *words = NULL;
  return KNFileFail(file, KN_ERR_INPUT,
                    "is a text, and this program was built without ICU, which finds words: install libicu-dev and "
                    "build it again");
}

void KNCutterDestroy(KNCutter *words) {}

int KNCutterCut(KNCutter *words, KNFile *file, const char where[], size_t size, const char text[], size_t *count,
                const char **word)
{
  return PETSC_ERR_SUP; /* there are no KNCutter */
}

PetscBool KNTextIsUTF8(size_t size, const char text[])
{
  return PETSC_FALSE;
}
#endif
