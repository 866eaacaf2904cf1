/*
  Files of texts, record by record: tables separated by tabs or commas, and JSON lines. Plain C.

  A table's record is a line, or several where a quoted field has line breaks in it (RFC 4180): "a ""b"" c". Its columns
  are known by the names in the first line, or, where all roles are given by numbers, by those; then there is no such
  line. A JSON line is one object; its keys are the columns.
*/
#ifndef KITINET_TEXT_FILE_H
#define KITINET_TEXT_FILE_H

#include "format_impl.h"

enum { KN_COLUMN_TEXT, KN_COLUMN_PAIR, KN_COLUMN_LABEL, KN_COLUMNS };

#define KN_MAX_RECORD ((size_t)16 << 20) /* bytes */

typedef struct {
  const char *path; /* not owned */
  int         descriptor;
  char        delimiter;                       /* 0: JSON lines */
  PetscBool   quotes;                          /* fields of a table may be quoted */
  char        column[KN_COLUMNS][KN_MAX_TEXT]; /* name, number or key; "": the file has none for this role */
  size_t      place[KN_COLUMNS];               /* of a table: which field, 0 the first */
  size_t      fields;                          /* of a table: of each record */

  /* the stream; bytes [begin, end) of the buffer are read and not yet handed out */
  char     *buffer;
  size_t    room, begin, end;
  int64_t   offset, line; /* of what follows: byte of the file, line from 1 */
  PetscBool over;         /* there is no more to read */
} KNTextFile;

/* A record where it lies in the file. */
typedef struct {
  int64_t offset, line;
  int32_t bytes, file; /* file: of several; the caller's */
} KNTextPlace;

/* What it holds, in the memory of whoever read it; a role that the file does not have is NULL. */
typedef struct {
  const char *value[KN_COLUMNS];
  size_t      size[KN_COLUMNS];
} KNText;

/* Memory for one record at work; {0} at first. */
typedef struct {
  char  *bytes;
  size_t room;
  void  *json;
  char   number[32];
} KNTextWork;

/*
  Opens f->path, of this delimiter; columns as the choice says, else the usual ones: text or sentence1, pair or
  sentence2, label or gold_label. Refuses those that are not there, naming those that are. labelled: a label is needed.
*/
int KNTextFileOpen(KNFile *file, const KNSourceChoice *choice, PetscBool labelled, KNTextFile *f);

/* The next record; blank lines are passed over. place->bytes 0: there is none. Its content is in work. */
int KNTextFileNext(KNFile *file, KNTextFile *f, KNTextWork *work, KNTextPlace *place, KNText *text);
/* One that KNTextFileNext() has found, once more. */
int  KNTextFileRead(KNFile *file, const KNTextFile *f, KNTextWork *work, const KNTextPlace *place, KNText *text);
void KNTextFileClose(KNTextFile *f);
void KNTextWorkFree(KNTextWork *work);

/* text_json.c: the object in bytes (size) -> work->json and text; keys: its keys, for messages. */
int  KNTextParseJSON(KNFile *file, const KNTextFile *f, int64_t line, size_t size, const char bytes[], KNTextWork *work,
                     KNText *text);
int  KNTextListKeys(KNFile *file, int64_t line, size_t size, const char bytes[], KNTextWork *work, PetscInt max,
                    const char *key[], PetscInt *keys);
void KNTextFreeJSON(KNTextWork *work);

#endif
