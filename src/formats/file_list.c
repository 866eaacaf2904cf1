/*
  Listing a folder of pictures or texts. File i of the n of a class stands at (2 i + 1) / 2 n of the whole list: classes
  are mixed as evenly as can be, and every beginning of the list has them in proportion.
*/
#include "file_list.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_CLASSES = 100000 };

PetscBool KNFileIsOf(const KNFileKind *kind, const char name[])
{
  const char *dot = strrchr(name, '.');

  for (size_t i = 0; dot && kind->ending[i]; i++) {
    if (!strcasecmp(dot, kind->ending[i])) return PETSC_TRUE;
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

static int AddFile(KNFile *file, KNFileList *list, int32_t label, const char name[])
{
  const size_t length = strlen(name) + 1;

  if (list->samples == PETSC_MAX_INT)
    return KNFileFail(file, file->code, "holds more than %d %s: convert parts of it", PETSC_MAX_INT, list->kind->what);
  if ((size_t)list->samples == list->room_samples) {
    const size_t more   = 2 * list->room_samples + 64;
    void        *larger = realloc(list->entry, more * sizeof(*list->entry));

    if (!larger) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a list of %zu %s", more, list->kind->what);
    list->entry        = (KNListed *)larger;
    list->room_samples = more;
  }
  if (list->used + length > list->room)
    KNCallFile(KNScratch(file, 2 * list->room + length + 4096, &list->room, (void **)&list->text));
  memcpy(list->text + list->used, name, length);
  list->entry[list->samples++] = (KNListed){.label = label, .name = list->used};
  list->used += length;
  return 0;
}

static int AddClass(KNFile *file, KNFileList *list, const char name[])
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

/* Looks at the files of a folder, and, as deep as that, of its subfolders: some are of the kind, or of the other. */
static void Look(const KNFileKind *kind, const KNFileKind *other, const char path[], int depth, PetscBool *has,
                 PetscBool *has_other, PetscBool *folders)
{
  DIR *const     folder = opendir(path);
  struct dirent *entry;

  while (folder && !*has_other && (entry = readdir(folder))) {
    char inner[2 * PETSC_MAX_PATH_LEN];

    if (!IsShown(entry)) continue;
    snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
    if (depth && IsFolder(inner)) {
      *folders = PETSC_TRUE;
      Look(kind, other, inner, depth - 1, has, has_other, folders);
    } else if (!depth) {
      *has       = (PetscBool)(*has || KNFileIsOf(kind, entry->d_name));
      *has_other = KNFileIsOf(other, entry->d_name);
    }
  }
  if (folder) closedir(folder);
}

PetscBool KNFileFolderHas(const KNFileKind *kind, const KNFileKind *other, const char path[])
{
  PetscBool has = PETSC_FALSE, has_other = PETSC_FALSE, folders = PETSC_FALSE;

  Look(kind, other, path, 1, &has, &has_other, &folders);
  if (!folders) Look(kind, other, path, 0, &has, &has_other, &folders);
  return (PetscBool)(has && !has_other);
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

/* The files of one class. */
static int AddFolder(KNSource source, KNFileList *list, int32_t label)
{
  char             path[2 * PETSC_MAX_PATH_LEN];
  KNFile          *file  = &source->file;
  const PetscInt64 first = list->samples;
  struct dirent  **entry;
  int              n, code;

  snprintf(path, sizeof(path), "%s/%s", list->folder, list->name[label]);
  code = Scan(file, path, &entry, &n);
  for (int i = 0; i < n && !code; i++) {
    code = KNFileIsOf(list->kind, entry[i]->d_name)
             ? AddFile(file, list, label, entry[i]->d_name)
             : KNFileFail(file, file->code,
                          "is a class's folder with %s in it, which is no %s: take "
                          "it out, or give the folder one level deeper",
                          entry[i]->d_name, list->kind->endings);
  }
  FreeEntries(entry, n);
  if (!code && list->samples == first)
    code = KNFileFail(file, file->code, "is a class's folder without %s: put some in, or remove it", list->kind->what);
  for (PetscInt64 i = first; i < list->samples; i++) {
    list->entry[i].number = (size_t)(i - first);
    list->entry[i].total  = (size_t)(list->samples - first);
  }
  file->path = source->path[0];
  return code;
}

/* Which classes there are, of the choice or of the folders; in a list without labels files beside them. */
static int ListClasses(KNSource source, const KNSourceChoice *choice, KNFileList *list, struct dirent **entry, int n)
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
      if (choice->unlabelled && KNFileIsOf(list->kind, name)) KNCallFile(AddFile(file, list, -1, name));
      continue;
    }
    for (PetscInt c = 0; c < choice->classes_count; c++)
      known = (PetscBool)(known || !strcmp(name, choice->classes[c]));
    if (list->kind->no_class && !known && !choice->unlabelled && !strcmp(name, list->kind->no_class)) {
      list->left_out = PETSC_TRUE;
      continue;
    }
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

static int ListFolder(KNSource source, const KNSourceChoice *choice, KNFileList *list)
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
    return KNFileFail(file, file->code, "holds no %s%s (%s)%s", choice->unlabelled ? "" : "subfolder of ",
                      list->kind->what, list->kind->endings, choice->unlabelled ? "" : list->kind->advice);
  if (!choice->unlabelled) qsort(list->entry, (size_t)list->samples, sizeof(*list->entry), ByPlace);
  return 0;
}

int KNFileListMake(KNSource source, const KNSourceChoice *choice, const KNFileKind *kind, KNFileList *list)
{
  list->kind   = kind;
  list->folder = source->folder ? source->path[0] : "";
  if (source->folder) return ListFolder(source, choice, list);
  for (PetscInt i = 0; i < source->paths; i++) KNCallFile(AddFile(&source->file, list, -1, source->path[i]));
  return 0;
}

void KNFileListPath(const KNFileList *list, PetscInt64 row, size_t size, char path[])
{
  const KNListed entry  = list->entry[row];
  const PetscBool class = (PetscBool)(entry.label >= 0);

  snprintf(path, size, "%s%s%s%s%s", list->folder, list->folder[0] ? "/" : "", class ? list->name[entry.label] : "",
           class ? "/" : "", list->text + entry.name);
}

void KNFileListName(const KNFileList *list, PetscInt64 row, size_t size, char name[])
{
  const KNListed entry  = list->entry[row];
  const PetscBool class = (PetscBool)(entry.label >= 0);

  snprintf(name, size, "%s%s%s", class ? list->name[entry.label] : "", class ? "/" : "", list->text + entry.name);
}

void KNFileListFree(KNFileList *list)
{
  for (PetscInt c = 0; c < list->classes; c++) free(list->name[c]);
  free(list->name);
  free(list->entry);
  free(list->text);
}
