/*
  The bytes of a record in memory. HDF5's core driver works in them itself: left to its own, it would copy what it
  opens twice, and what it is asked for once more, and a checkpoint would be in memory three times.
*/
#define _GNU_SOURCE /* MAP_ANONYMOUS, mremap() */
#include "record_impl.h"
#include <string.h>
#include <sys/mman.h>

enum { INCREMENT = 1 << 20 };

int KNImageReserve(KNImage *image, size_t size)
{
  void *bytes;

  if (size <= image->capacity) return 0;
  bytes = image->bytes ? mremap(image->bytes, image->capacity, size, MREMAP_MAYMOVE)
                       : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) return PETSC_ERR_MEM;
  image->bytes    = (char *)bytes;
  image->capacity = size;
  return 0;
}

void KNImageFree(KNImage *image)
{
  if (image->bytes) munmap(image->bytes, image->capacity);
  *image = (KNImage){0};
}

/* HDF5's calls: there is one array, which belongs to the image; none of them copies or frees it. */
static void *Allocate(size_t size, H5FD_file_image_op_t op, void *image)
{
  (void)op;
  return KNImageReserve((KNImage *)image, size) ? NULL : ((KNImage *)image)->bytes;
}

static void *Resize(void *bytes, size_t size, H5FD_file_image_op_t op, void *image)
{
  (void)bytes;
  return Allocate(size, op, image);
}

static void *Copy(void *to, const void *from, size_t size, H5FD_file_image_op_t op, void *image)
{
  (void)op, (void)image;
  return to == from ? to : memcpy(to, from, size);
}

static herr_t Free(void *bytes, H5FD_file_image_op_t op, void *image)
{
  (void)bytes, (void)op, (void)image;
  return 0;
}

static void *CopyContext(void *image)
{
  return image;
}

static herr_t FreeContext(void *image)
{
  (void)image;
  return 0;
}

int KNImageOpen(KNFile *file, KNImage *image, unsigned flags)
{
  H5FD_file_image_callbacks_t calls = {Allocate, Copy, Resize, Free, CopyContext, FreeContext, image};
  /* below a regular file: HDF5 refuses to open an image under the name of a file that exists */
  char  name[PETSC_MAX_PATH_LEN + 8];
  hid_t access;

  KNHDF5Start();
  (void)snprintf(name, sizeof(name), "%s/image", file->path);
  KNCallHDF5(file, access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fapl_core(access, INCREMENT, 0));
  KNCallHDF5(file, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
  KNCallHDF5(file, H5Pset_file_image_callbacks(access, &calls));
  if (image->size) {
    KNCallHDF5(file, H5Pset_file_image(access, image->bytes, image->size));
    KNCallHDF5(file, file->id = H5Fopen(name, flags, access));
  } else KNCallHDF5(file, file->id = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access));
  KNCallHDF5(file, H5Pclose(access));
  return 0;
}

int KNImageFlush(KNFile *file, KNImage *image)
{
  ssize_t size;

  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL));
  KNCallHDF5(file, size = H5Fget_file_image(file->id, NULL, 0));
  image->size = (size_t)size;
  return KNImageReserve(image, image->size) ? KNFileFail(file, KN_ERR_IO, "no memory for its %zu bytes", image->size)
                                            : 0;
}
