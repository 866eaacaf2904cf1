/*
  CIFAR-10 and CIFAR-100 as binary files: records of one label byte (CIFAR-100: two, coarse and fine) and 3072 bytes of
  a picture, (3, 32, 32) of red, green, blue, rows from the top. Names of the classes stand in text files beside them.

  A folder means its training set. The files say nowhere what they are: their names do, or else their sizes.
*/
#include "format_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, BATCHES = 5, MAX_LABELS = 256, MAX_NAMES_FILE = 1 << 16 };

typedef struct {
  PetscInt files;
  char (*path)[PETSC_MAX_PATH_LEN]; /* (files) */
  PetscInt64 *first;                /* (files + 1) row of its first record */
  int        *descriptor;           /* (files) */
  size_t      labels, label;        /* bytes of a record before the picture, and which of them counts */
} Cifar;

static const char *NameOf(const char path[])
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

static PetscBool Begins(const char text[], const char with[])
{
  return (PetscBool)!strncmp(text, with, strlen(with));
}

/* 1 or 2 label bytes, by the name, else by the size, which tells them apart up to nine million records; 0: neither. */
static size_t LabelsOf(const char path[], unsigned long long size)
{
  const char     *name = NameOf(path);
  const PetscBool one = (PetscBool)(size % (PIXELS + 1) == 0), two = (PetscBool)(size % (PIXELS + 2) == 0);

  if (strlen(name) < 4 || strcmp(name + strlen(name) - 4, ".bin")) return 0;
  if (Begins(name, "data_batch") || Begins(name, "test_batch")) return 1;
  if (!strcmp(name, "train.bin") || !strcmp(name, "test.bin")) return 2;
  return one == two ? 0 : one ? 1 : 2;
}

/* What a folder has of the training sets; names of files, and how many. */
static PetscInt FilesOf(const char folder[], size_t size, char name[][24])
{
  char     path[PETSC_MAX_PATH_LEN + 32];
  PetscInt n = 0;

  for (int i = 1; i <= BATCHES; i++) {
    snprintf(name[n], size, "data_batch_%d.bin", i);
    snprintf(path, sizeof(path), "%s/%s", folder, name[n]);
    n += !access(path, F_OK);
  }
  snprintf(path, sizeof(path), "%s/train.bin", folder);
  if (!n && !access(path, F_OK)) snprintf(name[n++], size, "train.bin");
  return n;
}

static PetscBool Recognises_Cifar(KNSource source)
{
  char         name[BATCHES + 1][24];
  const char  *path   = source->file.path;
  const size_t labels = !source->folder                         ? LabelsOf(path, source->size)
                        : !FilesOf(path, sizeof(name[0]), name) ? 0
                        : Begins(name[0], "data_batch")         ? 1
                                                                : 2;

  snprintf(source->kind, sizeof(source->kind), "CIFAR-10%s's binary files", labels == 2 ? "0" : "");
  return (PetscBool)(labels != 0);
}

/* c->path: the files themselves. */
static int ListFiles(KNSource source, Cifar *c)
{
  char     name[BATCHES + 1][24];
  PetscInt n = source->paths;

  if (source->folder) n = FilesOf(source->path[0], sizeof(name[0]), name);
  if (source->folder && n > 1 && n < BATCHES)
    return KNFileFail(&source->file, source->file.code,
                      "has %d of the %d files data_batch_1.bin, ..: copy it again, or name the files with -input",
                      (int)n, BATCHES);
  c->path       = (char(*)[PETSC_MAX_PATH_LEN])calloc((size_t)n, sizeof(*c->path));
  c->first      = (PetscInt64 *)calloc((size_t)n + 1, sizeof(*c->first));
  c->descriptor = (int *)malloc((size_t)n * sizeof(*c->descriptor));
  if (!c->path || !c->first || !c->descriptor)
    return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for the names of %d files", (int)n);
  for (c->files = 0; c->files < n; c->files++) { // close() looks at what is there
    char *path = c->path[c->files];

    c->descriptor[c->files] = -1;
    if (!source->folder) memcpy(path, source->path[c->files], sizeof(*c->path));
    else if (snprintf(path, sizeof(*c->path), "%s/%s", source->path[0], name[c->files]) >= (int)sizeof(*c->path))
      return KNFileFail(&source->file, source->file.code, "has too long a name: move it");
  }
  return 0;
}

static int OpenFile(KNSource source, Cifar *c, PetscInt i)
{
  KNFile            *file   = &source->file;
  const size_t       record = c->labels + PIXELS;
  unsigned long long size;
  unsigned char      head[8];
  size_t             got;

  file->path = c->path[i];
  KNCallFile(KNFileHead(file, sizeof(head), head, &got, &size));
  if (LabelsOf(file->path, size) && LabelsOf(file->path, size) != c->labels)
    return KNFileFail(file, file->code, "is of CIFAR-10%s, %s of CIFAR-10%s: convert them one after the other",
                      c->labels == 1 ? "0" : "", c->path[0], c->labels == 1 ? "" : "0");
  if (size % record)
    return KNFileFail(file, file->code,
                      "has %llu bytes, no multiple of the %zu of a record of CIFAR-10%s: truncated? Copy it again",
                      size, record, c->labels == 1 ? "" : "0");
  c->descriptor[i] = open(file->path, O_RDONLY | O_CLOEXEC);
  if (c->descriptor[i] < 0) return KNFileFail(file, file->code, "cannot be opened: %s", strerror(errno));
  c->first[i + 1] = c->first[i] + (PetscInt64)(size / record);
  if (c->first[i + 1] > PETSC_MAX_INT)
    return KNFileFail(file, file->code, "has more than %d records with those before it: name fewer files",
                      PETSC_MAX_INT);
  return 0;
}

/* The names of classes, a line each, out of `list` beside the first file; *count 0: there is no such file. */
static int ReadNames(KNSource source, const Cifar *c, const char list[], PetscInt *count, char *text,
                     const char *name[])
{
  char      path[PETSC_MAX_PATH_LEN + 32];
  KNFile    file = {.path = path, .code = source->file.code};
  const int dir  = (int)(NameOf(c->path[0]) - c->path[0]);
  FILE     *from;
  size_t    size;

  *count = 0;
  snprintf(path, sizeof(path), "%.*s%s", dir, c->path[0], list);
  from = fopen(path, "rb");
  if (!from) return 0;
  size = fread(text, 1, MAX_NAMES_FILE, from);
  fclose(from);
  text[PetscMin(size, MAX_NAMES_FILE - 1)] = 0;
  for (char *line = strtok(text, "\r\n"); line && *count < MAX_LABELS; line = strtok(NULL, "\r\n")) {
    if (strlen(line) >= KN_MAX_TEXT || size == MAX_NAMES_FILE) {
      (void)KNFileFail(&file, file.code, "is no list of the names of classes: move it away, or give -classes");
      memcpy(source->file.message, file.message, sizeof(file.message));
      return file.code;
    }
    name[(*count)++] = line;
  }
  return 0;
}

/* Labels of all records, below `classes`. */
static int ReadLabels(KNSource source, const Cifar *c, PetscInt classes)
{
  const size_t record = c->labels + PIXELS;
  KNFile      *file   = &source->file;

  source->label = (int32_t *)malloc((size_t)source->samples * sizeof(*source->label));
  if (!source->label) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %lld labels", (long long)source->samples);
  for (PetscInt i = 0; i < c->files; i++) {
    file->path = c->path[i];
    for (PetscInt64 row = c->first[i]; row < c->first[i + 1]; row++) {
      const PetscInt64 own = row - c->first[i];
      unsigned char    label;

      if (pread(c->descriptor[i], &label, 1, (off_t)((size_t)own * record + c->label)) != 1)
        return KNFileFail(file, file->code, "cannot be read at record %lld: copy it again", (long long)own);
      if (label >= classes)
        return KNFileFail(file, file->code, "record %lld has the label %d, expected 0 to %d: damaged, or no CIFAR-10%s",
                          (long long)own, label, (int)classes - 1, c->labels == 1 ? "" : "0");
      source->label[row] = label;
    }
  }
  return 0;
}

static int Open_Cifar(KNSource source, const KNSourceChoice *choice)
{
  static const char *const colour[] = {"red", "green", "blue"};
  Cifar                   *c        = (Cifar *)calloc(1, sizeof(*c));
  KNProblem               *problem  = &source->problem;
  const char              *name[MAX_LABELS];
  char                    *text  = NULL;
  PetscInt                 count = choice->classes_count, classes;
  int                      code  = 0;

  source->data = c;
  if (!c) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a list of files");
  c->labels = strstr(source->kind, "100") ? 2 : 1;
  if (choice->labels && c->labels == 1)
    return KNFileFail(&source->file, KN_ERR_USAGE, "is CIFAR-10, which has labels of one kind: leave out -labels");
  c->label = c->labels == 2 && choice->labels != KN_LABELS_COARSE ? 1 : 0;
  KNCallFile(ListFiles(source, c));
  for (PetscInt i = 0; i < c->files; i++) KNCallFile(OpenFile(source, c, i));
  source->file.path = source->path[0];
  source->samples   = c->first[c->files];
  if (!count) {
    text = (char *)malloc(MAX_NAMES_FILE);
    code = text ? ReadNames(source, c,
                            c->labels == 1 ? "batches.meta.txt"
                            : c->label     ? "fine_label_names.txt"
                                           : "coarse_label_names.txt",
                            &count, text, name)
                : KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for the names of classes");
  }
  classes = count ? count : c->labels == 1 ? 10 : c->label ? 100 : 20;
  if (!code) code = ReadLabels(source, c, classes);
  if (!code) code = KNSourceClasses(source, classes, choice->classes_count ? choice->classes : count ? name : NULL);
  free(text);
  KNCallFile(code);
  source->file.path = source->path[0];
  problem->input =
    (KNSpace){.grid = KNGridMake(2, (const PetscInt[]){SIDE, SIDE}, KN_POINTS_CELLS), .fields = 3, .type = KN_UINT8};
  for (int i = 0; i < 3; i++) KNCallFile(KNSourceNameField(source, &problem->input.field[i], "%s", colour[i]));
  KNSourceMayFlip(source);
  return 0;
}

static int ReadRows_Cifar(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[])
{
  const Cifar  *c      = (const Cifar *)source->data;
  const size_t  record = c->labels + PIXELS;
  KNFile       *file   = &source->file;
  unsigned char pixel[PIXELS];
  PetscInt      i = 0;

  for (PetscInt64 row = first; row < first + count; row++, x += PIXELS) {
    while (row >= c->first[i + 1]) i++;
    file->path = c->path[i];
    if (pread(c->descriptor[i], pixel, PIXELS, (off_t)((size_t)(row - c->first[i]) * record + c->labels)) != PIXELS)
      return KNFileFail(file, file->code, "cannot be read at record %lld: copy it again",
                        (long long)(row - c->first[i]));
    for (size_t p = 0; p < PIXELS; p++) x[p] = (float)pixel[p];
  }
  return 0;
}

static void Close_Cifar(KNSource source)
{
  Cifar *c = (Cifar *)source->data;

  if (!c) return;
  for (PetscInt i = 0; i < c->files; i++) {
    if (c->descriptor[i] >= 0) close(c->descriptor[i]);
  }
  free(c->descriptor);
  free(c->first);
  free(c->path);
  free(c);
}

const KNFormat KNFormat_Cifar = {.name       = "cifar",
                                 .most_paths = KN_MAX_PATHS,
                                 .folders    = PETSC_TRUE,
                                 .recognises = Recognises_Cifar,
                                 .open       = Open_Cifar,
                                 .read_rows  = ReadRows_Cifar,
                                 .close      = Close_Cifar};
