/* Inside the format of texts, texts.c and texts_*.c. Plain C but for what is collective. */
#ifndef KITINET_TEXTS_H
#define KITINET_TEXTS_H

#include "file_list.h"
#include "text_file.h"
#include "words.h"

#define KN_TEXT_LENGTH 256 /* words of a sequence where nobody says */

typedef struct {
  KNFileList   list; /* of a folder */
  char         path[2 * PETSC_MAX_PATH_LEN];
  PetscInt     files; /* else of these; (files), owned */
  KNTextFile  *file;
  KNTextPlace *place; /* (room), of which the first are in use: where each sample stands; of a folder nowhere */
  int32_t     *label; /* (room) in the order of their first occurrence, or as `expected` */
  size_t       room;
  PetscBool    pair;
  PetscInt     expected_count; /* classes that are known before the file is read; 0: they are those that occur */
  const char **expected;
  KNTable      classes, vocabulary;
  char        *names; /* of the vocabulary, one after another */
  KNCutter    *words;
  KNTextWork   work;
  int32_t     *number; /* (2, L) of the two texts of a sample */
  size_t       number_room;

  /* what is to be said when all is read */
  PetscBool  left_out;                          /* a folder without labels */
  PetscInt64 unlabelled;                        /* samples of label "-" */
  PetscInt64 rows, cut, empty, unknown, tokens; /* of this rank */
} KNTexts;

/* The classes of the choice or of its like, into own and t->expected. */
int KNTextsExpect(KNSource source, KNSourceChoice *own, KNTexts *t);

/* The label of a record; -1: it has none. Classes that occur are added to t->classes, unless they are expected. */
int KNTextsLabel(KNFile *file, KNTexts *t, int64_t line, const KNText *text, int32_t *label);

/* source->label (samples) becomes numbers of the classes of the problem, which get their names. */
int KNTextsNameClasses(KNSource source, KNTexts *t);

/* A row's texts, in t->work; where: how messages name it. */
int KNTextsRead(KNSource source, KNTexts *t, PetscInt64 row, KNText *text, size_t size, char where[]);

/* The rules of the choice or of its like become parameters of the problem; t->words. */
int KNTextsSetRules(KNSource source, const KNSourceChoice *choice, KNTexts *t);

/* The vocabulary of the like, or the reserved words alone, if that is NULL. */
int KNTextsTakeWords(KNSource source, const KNProblem *like);

#endif
