/* The pictures of a folder, in the order of rows. Plain C. */
#ifndef KITINET_PICTURE_LIST_H
#define KITINET_PICTURE_LIST_H

#include "format_impl.h"

typedef struct {
  int32_t label;         /* class; -1: lies in no class's folder */
  size_t  name;          /* of the file, at this place of the text */
  size_t  number, total; /* among the pictures of its class */
} KNListed;

typedef struct {
  const char *folder; /* all of them lie below; "": their names are paths. Not owned */
  PetscInt    classes;
  char      **name; /* (classes) of their folders, owned */
  PetscInt64  samples;
  KNListed   *picture; /* (samples), owned */
  char       *text;    /* owned */
  size_t      used, room, room_samples;
} KNPictureList;

/*
  Folders and files in the order of their bytes; hidden ones are left out. choice->classes: names and order of the
  classes, some of which may have no folder then. choice->unlabelled: pictures that lie in no class's folder are taken
  too, rows are in the order of classes and names. Anything that is neither a picture by its name nor a folder for one
  is refused, and so is a class without pictures.
*/
int KNPictureListMake(KNSource source, const KNSourceChoice *choice, KNPictureList *list);

void KNPictureListPath(const KNPictureList *list, PetscInt64 row, size_t size, char path[]);
void KNPictureListFree(KNPictureList *list);

#endif
