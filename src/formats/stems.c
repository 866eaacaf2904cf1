/* Words into their stems, by Snowball's algorithms in libstemmer: see words.h. */
#include "words.h"
#include <kitinet/format.h>
#include <stdlib.h>
#include <string.h>

const char *const KNTextStemNames[] = {
  "default", "none",    "arabic",     "armenian", "basque",    "catalan",    "danish",    "dutch",
  "english", "finnish", "french",     "german",   "greek",     "hindi",      "hungarian", "indonesian",
  "irish",   "italian", "lithuanian", "nepali",   "norwegian", "portuguese", "romanian",  "russian",
  "serbian", "spanish", "swedish",    "tamil",    "turkish",   "yiddish",    NULL};

#ifdef KN_HAVE_STEMMER
#include <libstemmer.h>

struct _KNStemmer {
  struct sb_stemmer *rules;
};

int KNStemmerCreate(KNFile *file, const char language[], KNStemmer **stemmer)
{
  struct sb_stemmer *rules = sb_stemmer_new(language, NULL);

  *stemmer = rules ? (KNStemmer *)malloc(sizeof(**stemmer)) : NULL;
  if (*stemmer) (*stemmer)->rules = rules;
  else if (rules) sb_stemmer_delete(rules);
  if (*stemmer) return 0;
  return KNFileFail(file, KN_ERR_INPUT, "needs stems of %s, which this libstemmer does not know: install a newer one",
                    language);
}

void KNStemmerDestroy(KNStemmer *stemmer)
{
  if (!stemmer) return;
  sb_stemmer_delete(stemmer->rules);
  free(stemmer);
}

int KNStemmerApply(KNStemmer *stemmer, KNFile *file, char word[])
{
  const sb_symbol *stem = sb_stemmer_stem(stemmer->rules, (const sb_symbol *)word, (int)strlen(word));
  size_t           size;

  if (!stem) return KNFileFail(file, PETSC_ERR_MEM, "no memory for the stem of %s", word);
  size = (size_t)sb_stemmer_length(stemmer->rules);
  if (size >= KN_MAX_WORD_BYTES) size = 0;
  memcpy(word, stem, size);
  word[size] = 0;
  return 0;
}
#else
int KNStemmerCreate(KNFile *file, const char language[], KNStemmer **stemmer)
{
  *stemmer = NULL;
  return KNFileFail(file, KN_ERR_INPUT,
                    "needs stems of %s, and this program was built without libstemmer: install libstemmer-dev and "
                    "build it again",
                    language);
}

void KNStemmerDestroy(KNStemmer *stemmer) {}

int KNStemmerApply(KNStemmer *stemmer, KNFile *file, char word[])
{
  return PETSC_ERR_SUP; /* there are no KNStemmer */
}
#endif
