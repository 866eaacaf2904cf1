/*
  Listing a folder of pictures. Picture i of the n of a class stands at (2 i + 1) / 2 n of the whole list: classes are
  mixed as evenly as can be, and every beginning of the list has them in proportion.
*/
#include "picture_list.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_CLASSES = 100000 };

static PetscBool IsPicture(const char name[])
{
  static const char *const ending[] = {".jpg", ".jpeg", ".jpe", ".png"};
  const char              *dot      = strrchr(name, '.');

  for (size_t i = 0; dot && i < sizeof(ending) / sizeof(*ending); i++) {
    if (!strcasecmp(dot, ending[i])) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

static int IsShown(const struct dirent *entry)
{
  return entry->d_name[0] != '.' && strcasecmp(entry->d_name, "Thumbs.db");
}

static int ByBytes(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int AddPicture(KNFile *file, KNPictureList *list, int32_t label, const char name[])
{
  const size_t length = strlen(name) + 1;

  if (list->samples == PETSC_MAX_INT)
    return KNFileFail(file, file->code, "holds more than %d pictures: convert parts of it", PETSC_MAX_INT);
  if ((size_t)list->samples == list->room_samples) {
    const size_t more   = 2 * list->room_samples + 64;
    void        *larger = realloc(list->picture, more * sizeof(*list->picture));

    if (!larger) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a list of %zu pictures", more);
    list->picture      = (KNListed *)larger;
    list->room_samples = more;
  }
  if (list->used + length > list->room)
    KNCallFile(KNScratch(file, 2 * list->room + length + 4096, &list->room, (void **)&list->text));
  memcpy(list->text + list->used, name, length);
  list->picture[list->samples++] = (KNListed){.label = label, .name = list->used};
  list->used += length;
  return 0;
}

static int AddClass(KNFile *file, KNPictureList *list, const char name[])
{
  void *larger = realloc(list->name, (size_t)(list->classes + 1) * sizeof(*list->name));

  if (larger) list->name = (char **)larger;
  if (larger) list->name[list->classes] = strdup(name);
  if (!larger || !list->name[list->classes])
    return KNFileFail(file, PETSC_ERR_MEM, "no memory for the names of %d classes", (int)list->classes + 1);
  list->classes++;
  return 0;
}

static PetscBool IsFolder(const char path[])
{
  struct stat status;

  return (PetscBool)(!stat(path, &status) && S_ISDIR(status.st_mode));
}

/* entry (*n), sorted; freed by FreeEntries() */
static int Scan(KNFile *file, const char path[], struct dirent ***entry, int *n)
{
  file->path = path;
  *n         = scandir(path, entry, IsShown, ByBytes);
  return *n < 0 ? KNFileFail(file, file->code, "cannot be listed: %s", strerror(errno)) : 0;
}

static void FreeEntries(struct dirent **entry, int n)
{
  for (int i = 0; i < n; i++) free(entry[i]);
  if (n >= 0) free(entry);
}

/* The pictures of one class. */
static int AddFolder(KNSource source, KNPictureList *list, int32_t label)
{
  char             path[2 * PETSC_MAX_PATH_LEN];
  KNFile          *file  = &source->file;
  const PetscInt64 first = list->samples;
  struct dirent  **entry;
  int              n, code;

  snprintf(path, sizeof(path), "%s/%s", list->folder, list->name[label]);
  code = Scan(file, path, &entry, &n);
  for (int i = 0; i < n && !code; i++) {
    code = IsPicture(entry[i]->d_name)
             ? AddPicture(file, list, label, entry[i]->d_name)
             : KNFileFail(file, file->code,
                          "is a class's folder with %s in it, which is no .jpg, .jpeg or .png: take "
                          "it out, or give the folder one level deeper",
                          entry[i]->d_name);
  }
  FreeEntries(entry, n);
  if (!code && list->samples == first)
    code = KNFileFail(file, file->code, "is a class's folder without pictures: put some in, or remove it");
  for (PetscInt64 i = first; i < list->samples; i++) {
    list->picture[i].number = (size_t)(i - first);
    list->picture[i].total  = (size_t)(list->samples - first);
  }
  file->path = source->path[0];
  return code;
}

/* Which classes there are, of the choice or of the folders; in a list without labels pictures beside them. */
static int ListClasses(KNSource source, const KNSourceChoice *choice, KNPictureList *list, struct dirent **entry, int n)
{
  KNFile *file = &source->file;
  char    path[2 * PETSC_MAX_PATH_LEN];

  for (PetscInt c = 0; c < choice->classes_count && !choice->unlabelled; c++)
    KNCallFile(AddClass(file, list, choice->classes[c]));
  for (int i = 0; i < n; i++) {
    const char *name  = entry[i]->d_name;
    PetscBool   known = PETSC_FALSE;

    snprintf(path, sizeof(path), "%s/%s", list->folder, name);
    if (!IsFolder(path)) {
      if (choice->unlabelled && IsPicture(name)) KNCallFile(AddPicture(file, list, -1, name));
      continue;
    }
    for (PetscInt c = 0; c < choice->classes_count; c++)
      known = (PetscBool)(known || !strcmp(name, choice->classes[c]));
    if (choice->unlabelled || !choice->classes_count) KNCallFile(AddClass(file, list, name));
    else if (!known)
      return KNFileFail(file, file->code, "has a folder %s, which -classes does not name: name it, or take it out",
                        name);
    if (list->classes > MAX_CLASSES)
      return KNFileFail(file, file->code, "has more than %d folders, expected one for each class", MAX_CLASSES);
  }
  return 0;
}

/* Places (2 i + 1) / 2 n compared without rounding. */
static int ByPlace(const void *a_, const void *b_)
{
  const KNListed *a = (const KNListed *)a_, *b = (const KNListed *)b_;
  const uint64_t  left = (2 * (uint64_t)a->number + 1) * b->total, right = (2 * (uint64_t)b->number + 1) * a->total;

  if (left != right) return left < right ? -1 : 1;
  return a->label < b->label ? -1 : a->label > b->label;
}

static int ListFolder(KNSource source, const KNSourceChoice *choice, KNPictureList *list)
{
  KNFile         *file = &source->file;
  struct dirent **entry;
  char            path[2 * PETSC_MAX_PATH_LEN];
  int             n, code;

  code = Scan(file, list->folder, &entry, &n);
  if (!code) code = ListClasses(source, choice, list, entry, n);
  FreeEntries(entry, n);
  KNCallFile(code);
  for (int32_t c = 0; c < list->classes; c++) {
    snprintf(path, sizeof(path), "%s/%s", list->folder, list->name[c]);
    if (choice->classes_count && !choice->unlabelled && !IsFolder(path)) continue;
    KNCallFile(AddFolder(source, list, c));
  }
  if (!list->samples)
    return KNFileFail(file, file->code, "holds no %s",
                      choice->unlabelled ? "pictures (.jpg, .jpeg, .png)"
                                         : "subfolder of pictures (.jpg, .jpeg, .png) for each class, and no files of "
                                           "CIFAR (data_batch_1.bin, train.bin): check the path");
  if (!choice->unlabelled) qsort(list->picture, (size_t)list->samples, sizeof(*list->picture), ByPlace);
  return 0;
}

int KNPictureListMake(KNSource source, const KNSourceChoice *choice, KNPictureList *list)
{
  list->folder = source->folder ? source->path[0] : "";
  if (source->folder) return ListFolder(source, choice, list);
  for (PetscInt i = 0; i < source->paths; i++) KNCallFile(AddPicture(&source->file, list, -1, source->path[i]));
  return 0;
}

void KNPictureListPath(const KNPictureList *list, PetscInt64 row, size_t size, char path[])
{
  const KNListed picture = list->picture[row];
  const PetscBool class  = (PetscBool)(picture.label >= 0);

  snprintf(path, size, "%s%s%s%s%s", list->folder, list->folder[0] ? "/" : "", class ? list->name[picture.label] : "",
           class ? "/" : "", list->text + picture.name);
}

void KNPictureListFree(KNPictureList *list)
{
  for (PetscInt c = 0; c < list->classes; c++) free(list->name[c]);
  free(list->name);
  free(list->picture);
  free(list->text);
}
