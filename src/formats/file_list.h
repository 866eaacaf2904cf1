/* The pictures or texts of a folder, in the order of rows. Plain C. */
#ifndef KITINET_FILE_LIST_H
#define KITINET_FILE_LIST_H

#include "format_impl.h"

typedef struct {
  int32_t label;         /* class; -1: lies in no class's folder */
  size_t  name;          /* of the file, at this place of the text */
  size_t  number, total; /* among the files of its class */
} KNListed;

/* Which files are listed; texts for messages. */
typedef struct {
  const char *what;      /* "pictures" */
  const char *ending[5]; /* of their names, up to NULL */
  const char *endings;   /* ".jpg, .jpeg, .png" */
  const char *advice;    /* about a folder without any, or "" */
  const char *no_class;  /* a folder of files without a label, which is left out; NULL: there is none */
} KNFileKind;

typedef struct {
  const KNFileKind *kind;
  PetscBool         left_out; /* there is a folder kind->no_class */

  const char *folder; /* all of them lie below; "": their names are paths. Not owned */
  PetscInt    classes;
  char      **name; /* (classes) of their folders, owned */
  PetscInt64  samples;
  KNListed   *entry; /* (samples), owned */
  char       *text;  /* owned */
  size_t      used, room, room_samples;
} KNFileList;

/*
  Folders and files in the order of their bytes; hidden ones are left out. choice->classes: names and order of the
  classes, some of which may have no folder then. choice->unlabelled: files that lie in no class's folder are taken
  too, rows are in the order of classes and names. Anything in a class's folder that is not of the kind by its name
  is refused, and so is a class without files.
*/
int KNFileListMake(KNSource source, const KNSourceChoice *choice, const KNFileKind *kind, KNFileList *list);

/*
  By its name; by those of the files in the subfolders of a folder, or, if it has none, in itself: none is of the other
  kind.
*/
PetscBool KNFileIsOf(const KNFileKind *kind, const char name[]);
PetscBool KNFileFolderHas(const KNFileKind *kind, const KNFileKind *other, const char path[]);

extern const KNFileKind KNPictureFiles;

/* A row's path, from where the program runs, and from the folder: "cat/0001.png". */
void KNFileListPath(const KNFileList *list, PetscInt64 row, size_t size, char path[]);
void KNFileListName(const KNFileList *list, PetscInt64 row, size_t size, char name[]);
void KNFileListFree(KNFileList *list);

#endif
