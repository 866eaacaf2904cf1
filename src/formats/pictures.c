/*
  Folders of pictures: a subfolder for each class, in it JPEG and PNG files. Rows go around the classes in proportion to
  their sizes, so that the first so many rows are a fair part of the whole (file_list.c).

  All pictures have the size of the first, or are brought to one, and its colours, or those that are asked for. One
  picture at a time is in memory.
*/
#include "format_impl.h"
#include "file_list.h"
#include "raster.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES ((unsigned long long)256 << 20) /* of a picture's file */

enum { PROBED = 64 }; /* pictures that are decoded in the process that opens the folder first */

const KNFileKind KNPictureFiles = {
  .what    = "pictures",
  .ending  = {".jpg", ".jpeg", ".jpe", ".png"},
  .endings = ".jpg, .jpeg, .png",
  .advice  = " for each class, and no files of CIFAR (data_batch_1.bin, train.bin): check the path"};

typedef struct {
  KNFileList     list;
  char           path[2 * PETSC_MAX_PATH_LEN]; /* of the picture at work */
  KNColour       colour;
  KNFit          fit;
  size_t         n1, n2;
  unsigned char *bytes; /* of its file */
  size_t         bytes_room;
  KNRaster       raster;
  void          *work;
  size_t         work_room;
} Pictures;

static PetscBool Recognises_Pictures(KNSource source)
{
  const PetscBool one =
    (PetscBool)(KNIsJpeg(sizeof(source->head), source->head) || KNIsPng(sizeof(source->head), source->head));

  snprintf(source->kind, sizeof(source->kind), one ? "one picture" : "a folder of pictures");
  return (PetscBool)(source->folder || one);
}

/* The file of a row -> p->bytes; source->file names it until the next call. */
static int Load(KNSource source, Pictures *p, PetscInt64 row, size_t *size)
{
  KNFile     *file = &source->file;
  struct stat status;
  int         descriptor;
  size_t      got = 0;

  KNFileListPath(&p->list, row, sizeof(p->path), p->path);
  file->path = p->path;
  descriptor = open(p->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return KNFileFail(file, file->code, "cannot be opened: %s", strerror(errno));
  if (fstat(descriptor, &status) || !S_ISREG(status.st_mode) || !status.st_size ||
      (unsigned long long)status.st_size > MAX_BYTES) {
    close(descriptor);
    return KNFileFail(file, file->code, "is no picture: no file, empty, or larger than 256 MB; take it out");
  }
  *size = (size_t)status.st_size;
  if (KNScratch(file, *size, &p->bytes_room, (void **)&p->bytes)) {
    close(descriptor);
    return PETSC_ERR_MEM;
  }
  while (got < *size) {
    const ssize_t n = read(descriptor, p->bytes + got, *size - got);

    if (n <= 0) break;
    got += (size_t)n;
  }
  close(descriptor);
  return got == *size ? 0 : KNFileFail(file, file->code, "cannot be read: %s", strerror(errno));
}

/* A row -> x (channels, n1, n2). Its size is looked at first: what does not fit is not decoded. */
static int ReadPicture(KNSource source, Pictures *p, PetscInt64 row, float x[])
{
  KNFile  *file = &source->file;
  KNRaster size = {0};
  size_t   bytes;

  KNCallFile(Load(source, p, row, &bytes));
  KNCallFile(KNRasterDecode(file, bytes, p->bytes, p->colour, PETSC_TRUE, &size));
  if (p->colour == KN_COLOUR_OWN && size.channels != (size_t)source->problem.input.fields)
    return KNFileFail(file, file->code, "is %s, the first picture is not: give -image_colour rgb or grey",
                      size.channels == 1 ? "grey" : "coloured");
  KNCallFile(KNRasterCheckSize(file, &size, p->fit, p->n1, p->n2)); /* before all of it is decoded */
  KNCallFile(KNRasterDecode(file, bytes, p->bytes, p->colour, PETSC_FALSE, &p->raster));
  return KNRasterFit(file, &p->raster, p->fit, p->n1, p->n2, &p->work_room, &p->work, x);
}

/* Size and colours, of the choice or of the first picture. */
static int SetShape(KNSource source, Pictures *p, const KNSourceChoice *choice)
{
  static const char *const name[] = {"red", "green", "blue"};
  KNSpace                 *input  = &source->problem.input;
  KNRaster                 size   = {0};
  size_t                   bytes;

  p->colour = (KNColour)(choice->colour            ? choice->colour
                         : choice->network[0] == 1 ? KN_COLOUR_GREY
                         : choice->network[0]      ? KN_COLOUR_RGB
                                                   : KN_COLOUR_OWN);
  p->fit    = (KNFit)choice->fit;
  if (p->fit != KN_FIT_REFUSE && !choice->image_size &&
      (!choice->network[1] || choice->network[1] != choice->network[2]))
    return KNFileFail(&source->file, KN_ERR_USAGE, "-image_fit brings pictures to one size: say which, -image_size N");
  KNCallFile(Load(source, p, 0, &bytes));
  KNCallFile(KNRasterDecode(&source->file, bytes, p->bytes, p->colour, PETSC_TRUE, &size));
  if (p->colour != KN_COLOUR_OWN) size.channels = p->colour == KN_COLOUR_RGB ? 3 : 1;
  p->n1 = choice->image_size   ? (size_t)choice->image_size
          : choice->network[1] ? (size_t)choice->network[1]
                               : size.height;
  p->n2 = choice->image_size   ? (size_t)choice->image_size
          : choice->network[2] ? (size_t)choice->network[2]
                               : size.width;
  if (!p->n1 || !p->n2 || p->n1 > KN_MAX_PIXELS || p->n2 > KN_MAX_PIXELS / p->n1)
    return KNFileFail(&source->file, source->file.code, "has %zu x %zu pixels, expected 1 to %zu of them", p->n1, p->n2,
                      KN_MAX_PIXELS);
  source->file.path = source->path[0];
  *input = (KNSpace){.grid   = KNGridMake(2, (const PetscInt[]){(PetscInt)p->n1, (PetscInt)p->n2}, KN_POINTS_CELLS),
                     .fields = (PetscInt)size.channels,
                     .type   = KN_UINT8};
  for (size_t i = 0; i < PetscMin(size.channels, 3); i++)
    KNCallFile(KNSourceNameField(source, &input->field[i], "%s", size.channels == 1 ? "grey" : name[i]));
  return 0;
}

static int Open_Pictures(KNSource source, const KNSourceChoice *choice)
{
  Pictures *p = (Pictures *)calloc(1, sizeof(*p));

  source->data = p;
  if (!p) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a list of pictures");
  if (!choice->unlabelled && !source->folder)
    return KNFileFail(&source->file, source->file.code,
                      "is one picture: give the folder that has a subfolder of pictures for each class");
  KNCallFile(KNFileListMake(source, choice, &KNPictureFiles, &p->list));
  source->samples = p->list.samples;
  KNSourceMayFlip(source);
  KNCallFile(SetShape(source, p, choice));
  if (choice->unlabelled) return 0;
  source->label = (int32_t *)malloc((size_t)source->samples * sizeof(*source->label));
  if (!source->label)
    return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for %lld labels", (long long)source->samples);
  for (PetscInt64 row = 0; row < source->samples; row++) source->label[row] = p->list.entry[row].label;
  return KNSourceClasses(source, p->list.classes, (const char *const *)p->list.name);
}

static int ReadRows_Pictures(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[])
{
  const size_t size = KNProblemInputSize(&source->problem);

  for (PetscInt64 i = 0; i < count; i++)
    KNCallFile(ReadPicture(source, (Pictures *)source->data, first + i, x + (size_t)i * size));
  return 0;
}

/* Some pictures from the first to the last. Those that are no picture at all are told where they are read. */
static int Probe_Pictures(KNSource source)
{
  const PetscInt64 n    = PetscMin(source->samples, PROBED);
  float           *x    = (float *)malloc(KNProblemInputSize(&source->problem) * sizeof(*x));
  int              code = x ? 0 : KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a picture");

  for (PetscInt64 i = 0; i < n && !code; i++)
    code = ReadPicture(source, (Pictures *)source->data, n > 1 ? i * (source->samples - 1) / (n - 1) : 0, x);
  free(x);
  return code;
}

static void RowName_Pictures(KNSource source, PetscInt64 row, size_t size, char name[])
{
  KNFileListName(&((const Pictures *)source->data)->list, row, size, name);
}

static void Close_Pictures(KNSource source)
{
  Pictures *p = (Pictures *)source->data;

  if (!p) return;
  KNFileListFree(&p->list);
  free(p->bytes);
  free(p->raster.pixel);
  free(p->work);
  free(p);
}

const KNFormat KNFormat_Pictures = {.name       = "pictures",
                                    .most_paths = KN_MAX_PATHS,
                                    .folders    = PETSC_TRUE,
                                    .recognises = Recognises_Pictures,
                                    .open       = Open_Pictures,
                                    .read_rows  = ReadRows_Pictures,
                                    .probe      = Probe_Pictures,
                                    .row_name   = RowName_Pictures,
                                    .close      = Close_Pictures};
