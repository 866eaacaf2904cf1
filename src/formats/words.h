/*
  Texts into words, and words into numbers. Plain C.

  Words lie between the word boundaries of Unicode (UAX 29), as ICU finds them; white space is dropped, a punctuation
  mark is a word of its own. Before that, by choice, markup goes (tags and comments become a space, the entities of HTML
  become what they stand for) and letters become lower case, in no particular language. After that, by choice, words
  become their stems: "plays" and "playing" become "play" (Snowball's rules for the language, by libstemmer).
*/
#ifndef KITINET_WORDS_H
#define KITINET_WORDS_H

#include <kitinet/hdf5.h>

#define KN_MAX_WORD_BYTES 64 /* longer words are unknown ones: their first bytes would be others' */

typedef struct _KNCutter  KNCutter;
typedef struct _KNStemmer KNStemmer;

/* stemmer: taken over; NULL: words stay whole. Fails where the program was built without ICU. */
int  KNCutterCreate(KNFile *file, PetscBool lower, PetscBool drop_markup, KNStemmer *stemmer, KNCutter **words);
void KNCutterDestroy(KNCutter *words);

/*
  text: (size) bytes of UTF-8. *count words, one after another at *word, each ended by 0, that of one which is too long
  empty; valid until the next call. Fails with KN_ERR_INPUT for what is no UTF-8: "is no valid UTF-8, WHERE: ..".
*/
int KNCutterCut(KNCutter *words, KNFile *file, const char where[], size_t size, const char text[], size_t *count,
                const char **word);

/* language: its name in KNTextStemNames. Fails where the program was built without libstemmer. */
int  KNStemmerCreate(KNFile *file, const char language[], KNStemmer **stemmer);
void KNStemmerDestroy(KNStemmer *stemmer);

/* word: UTF-8 in lower case, with its end in KN_MAX_WORD_BYTES bytes, becomes its stem, one that is too long empty. */
int KNStemmerApply(KNStemmer *stemmer, KNFile *file, char word[]);

/* Bytes of UTF-8: no surrogates, nothing overlong. */
PetscBool KNTextIsUTF8(size_t size, const char text[]);

/* Words with their numbers and counts: a table by hash (FNV-1a), that grows. */
typedef struct {
  size_t  text;   /* its bytes, ended by 0, begin there in the table's text */
  int64_t count;  /* how often it was counted */
  int32_t number; /* in the order of first occurrence, or as KNTableOrder() has put them */
} KNTableEntry;

typedef struct {
  size_t        entries, room;
  KNTableEntry *entry; /* (room), of which the first `entries` are in use */
  size_t        used, text_room;
  char         *text;
  size_t        slots; /* a power of two, or 0 */
  int32_t      *slot;  /* (slots) entry + 1; 0: free */
} KNTable;

/* The word's entry, count raised by so many; a new one if there is none. Fails when memory is out. */
int KNTableCount(KNFile *file, KNTable *table, const char word[], int64_t count, KNTableEntry **entry);

/* The number of a word; -1: it has none. */
int32_t KNTableFind(const KNTable *table, const char word[]);

/* Entries with the largest counts first, equal ones by their bytes; numbers follow that order from `first` on. */
int  KNTableOrder(KNFile *file, KNTable *table, int32_t first);
void KNTableFree(KNTable *table);

#endif
