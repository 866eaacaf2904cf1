/*
  Names in the file system. "Is it there?" has three answers, yes, no, and nobody knows: a folder without permission,
  a server that does not answer. What nobody knows is an error, never "no": a run would begin again over its own
  results. Plain C.
*/
#ifndef KITINET_PATH_H
#define KITINET_PATH_H

#include <kitinet/base.h>

/*
  Not collective. Whether this errno says that surely nothing stands under a name: ENOENT; ENOTDIR, below a file;
  ENAMETOOLONG, no file can have it.
*/
PETSC_EXTERN PetscBool KNPathIsAbsent(int failure);

/* Not collective. 0, or errno with *exists false: whether there is something behind this name. */
PETSC_EXTERN int KNPathExists(const char path[], PetscBool *exists);

/*
  Not collective. A new file to read and write, empty; a leftover of this name is removed, a link is not followed. Its
  descriptor, or -1 with errno. For temporary files.
*/
PETSC_EXTERN int KNPathCreate(const char path[]);

/*
  Not collective. 0, or errno: the whole of a text file of at most 16 MiB, with its end, for free(). *text is NULL,
  and 0 returned, if there is no such file.
*/
PETSC_EXTERN int KNPathReadText(const char path[], char **text);

/*
  Not collective. The last part of a path without its ending, at most size - 1 bytes of it: "data/test_32.h5" ->
  "test_32".
*/
PETSC_EXTERN PetscErrorCode KNBaseName(const char path[], size_t size, char name[]);

#endif
