/* Files that are written whole or not at all, and the user block in front of a record. Plain C, rank 0 only. */
#include "record_impl.h"
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_RECORD_BYTES ((off_t)1 << 36) /* 64 GiB: beyond any network trained so far */

static int WriteAll(KNFile *file, int descriptor, const char *bytes, size_t size)
{
  while (size) {
    const ssize_t written = write(descriptor, bytes, size);

    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return KNFileFail(file, KN_ERR_IO, "writing failed: %s; free some space or choose another folder, then run again",
                        strerror(errno));
    bytes += written;
    size -= (size_t)written;
  }
  return 0;
}

int KNFolderFlush(const char path[])
{
  char folder[PETSC_MAX_PATH_LEN];
  int  descriptor, failure;

  (void)snprintf(folder, sizeof(folder), "%s", path);
  descriptor = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  failure = fsync(descriptor) && errno != EINVAL && errno != EROFS ? errno : 0;
  close(descriptor);
  return failure;
}

int KNFileReplace(KNFile *file, size_t nparts, const KNFilePart part[], const char *previous)
{
  char            temporary[PETSC_MAX_PATH_LEN];
  struct stat     status;
  const PetscBool exists = (PetscBool)!stat(file->path, &status);
  int             descriptor, code = 0;

  if (!exists && !KNPathIsAbsent(errno))
    return KNFileFail(file, KN_ERR_IO, "cannot be looked at: %s; nothing is replaced unseen", strerror(errno));
  if (exists && !S_ISREG(status.st_mode))
    return KNFileFail(file, KN_ERR_IO, "cannot be replaced, it is no regular file; choose another path");
  if (!KNLockUnfinished(file->path, sizeof(temporary), temporary))
    return KNFileFail(file, KN_ERR_IO, "the path is too long");
  descriptor = KNPathCreate(temporary);
  if (descriptor < 0) return KNFileFail(file, KN_ERR_IO, "cannot create %s: %s", temporary, strerror(errno));
  for (size_t i = 0; i < nparts && !code; i++)
    code = WriteAll(file, descriptor, (const char *)part[i].bytes, part[i].size);
  if (!code && fsync(descriptor)) code = KNFileFail(file, KN_ERR_IO, "flushing to disk failed: %s", strerror(errno));
  if (close(descriptor) && !code) code = KNFileFail(file, KN_ERR_IO, "closing failed: %s", strerror(errno));
  if (!code) code = KNLockCheck(sizeof(file->message), file->message);
  /* The old generation gets a second name first, so that a whole file has the final name at every moment. */
  if (!code && previous && exists) {
    if (unlink(previous) && errno != ENOENT)
      code = KNFileFail(file, KN_ERR_IO, "cannot remove %s: %s", previous, strerror(errno));
    else if (link(file->path, previous) && rename(file->path, previous))
      code = KNFileFail(file, KN_ERR_IO, "cannot keep the previous one as %s: %s", previous, strerror(errno));
  }
  if (!code && rename(temporary, file->path))
    code = KNFileFail(file, KN_ERR_IO, "cannot rename %s: %s", temporary, strerror(errno));
  if (code) unlink(temporary);
  if (code) return code;
  code = KNFolderFlush(file->path);
  return code ? KNFileFail(file, KN_ERR_IO, "flushing the folder to disk failed: %s", strerror(code)) : 0;
}

/* A regular file for reading, and its size. */
static int OpenRegular(KNFile *file, int *descriptor, size_t *size)
{
  struct stat status;

  *descriptor = -1;
  *size       = 0;
  if (stat(file->path, &status)) return KNFileFail(file, KN_ERR_INPUT, "%s", strerror(errno));
  if (S_ISDIR(status.st_mode))
    return KNFileFail(file, KN_ERR_INPUT,
                      "not a regular file but a directory: a run keeps best.h5 and checkpoint.h5 in its own");
  if (!S_ISREG(status.st_mode)) return KNFileFail(file, KN_ERR_INPUT, "not a regular file");
  if (status.st_size > MAX_RECORD_BYTES)
    return KNFileFail(file, KN_ERR_INPUT, "%lld bytes: too large for a record of this program",
                      (long long)status.st_size);
  *size       = (size_t)status.st_size;
  *descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
  return *descriptor < 0 ? KNFileFail(file, KN_ERR_INPUT, "cannot open: %s", strerror(errno)) : 0;
}

static int ReadAll(KNFile *file, int descriptor, char *bytes, size_t size)
{
  for (size_t have = 0; have < size;) {
    const ssize_t n = read(descriptor, bytes + have, size - have);

    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return KNFileFail(file, KN_ERR_INPUT, "reading failed %zu bytes before its end: %s", size - have,
                        n ? strerror(errno) : "it has become shorter");
    have += (size_t)n;
  }
  return 0;
}

int KNFileReadWhole(KNFile *file, KNImage *image)
{
  int descriptor, code;

  KNCallFile(OpenRegular(file, &descriptor, &image->size));
  code = KNImageReserve(image, image->size)
           ? KNFileFail(file, PETSC_ERR_MEM, "no memory for its %zu bytes", image->size)
           : ReadAll(file, descriptor, image->bytes, image->size);
  close(descriptor);
  return code;
}

/* The user block: text, padded with newlines. */
static void PrintBlock(char block[KN_RECORD_BLOCK], const char kind[], const char version[], size_t size,
                       unsigned long crc)
{
  memset(block, '\n', KN_RECORD_BLOCK);
  int n = snprintf(block, KN_RECORD_BLOCK,
                   "KITINET RECORD 1\nkind: %s\nversion: %s\nbytes: %zu\ncrc32: %08lx\n"
                   "HDF5 follows at byte %d: open this file with any HDF5 tool.\n",
                   kind, version, size, crc, KN_RECORD_BLOCK);

  block[n] = '\n';
}

static unsigned long Checksum(const char block[KN_RECORD_BLOCK], const char *image, size_t size)
{
  return crc32_z(crc32_z(0, (const unsigned char *)block, KN_RECORD_BLOCK), (const unsigned char *)image, size);
}

void KNRecordBlockMake(char block[KN_RECORD_BLOCK], const char kind[], const char *image, size_t size)
{
  PrintBlock(block, kind, KN_VERSION, size, 0);
  PrintBlock(block, kind, KN_VERSION, size, Checksum(block, image, size));
}

PetscBool KNRecordBlockIdentify(const char block[KN_RECORD_BLOCK], char kind[], char version[])
{
  char text[KN_RECORD_BLOCK + 1];

  memcpy(text, block, KN_RECORD_BLOCK);
  text[KN_RECORD_BLOCK] = 0;
  return (PetscBool)(sscanf(text, "KITINET RECORD 1 kind: %63s version: %63s", kind, version) == 2);
}

/* bytes: the user block of a file of `size` bytes. block, *crc: what it was made from and for. */
static int CheckBlock(KNFile *file, const char kind[], const char *bytes, size_t size, char block[KN_RECORD_BLOCK],
                      unsigned long *crc)
{
  char   found[KN_MAX_NAME], version[KN_MAX_NAME], text[KN_RECORD_BLOCK + 1];
  size_t declared;

  if (size < KN_RECORD_BLOCK || memcmp(bytes, "KITINET RECORD 1\n", 17))
    return KNFileFail(file, KN_ERR_INPUT, "not a %s of this program, or its first bytes are damaged", kind);
  memcpy(text, bytes, KN_RECORD_BLOCK);
  text[KN_RECORD_BLOCK] = 0;
  if (sscanf(text + 17, "kind: %63s version: %63s bytes: %zu crc32: %8lx", found, version, &declared, crc) != 4)
    return KNFileFail(file, KN_ERR_INPUT, "its header (the first 512 bytes) is damaged");
  if (strcmp(found, kind)) return KNFileFail(file, KN_ERR_INPUT, "is a %s, expected a %s", found, kind);
  if (declared != size - KN_RECORD_BLOCK)
    return KNFileFail(file, KN_ERR_INPUT, "has %zu bytes, its header says %zu: truncated or damaged",
                      size - KN_RECORD_BLOCK, declared);
  PrintBlock(block, found, version, declared, *crc);
  if (memcmp(block, bytes, KN_RECORD_BLOCK))
    return KNFileFail(file, KN_ERR_INPUT, "its header (the first 512 bytes) is damaged");
  PrintBlock(block, found, version, declared, 0);
  return 0;
}

int KNRecordBlockCheck(KNFile *file, const char kind[], const char *bytes, size_t size)
{
  char          block[KN_RECORD_BLOCK];
  unsigned long crc;

  KNCallFile(CheckBlock(file, kind, bytes, size, block, &crc));
  if (Checksum(block, bytes + KN_RECORD_BLOCK, size - KN_RECORD_BLOCK) != crc)
    return KNFileFail(file, KN_ERR_INPUT, "its checksum does not fit its content: damaged");
  return 0;
}

PetscBool KNRecordIsWhole(const char kind[], const char path[])
{
  enum { PIECE = 1 << 16 };
  KNFile        file = {.path = path, .code = KN_ERR_INPUT};
  char          bytes[PIECE], block[KN_RECORD_BLOCK];
  unsigned long crc = 0, found = 0;
  size_t        size;
  int           descriptor, code;

  if (OpenRegular(&file, &descriptor, &size)) return PETSC_FALSE;
  code = ReadAll(&file, descriptor, bytes, PetscMin(size, KN_RECORD_BLOCK));
  if (!code) code = CheckBlock(&file, kind, bytes, size, block, &crc);
  if (!code) found = crc32_z(0, (const unsigned char *)block, KN_RECORD_BLOCK);
  for (size_t done = KN_RECORD_BLOCK; !code && done < size; done += PIECE) {
    const size_t n = PetscMin(size - done, PIECE);

    code = ReadAll(&file, descriptor, bytes, n);
    if (!code) found = crc32_z(found, (const unsigned char *)bytes, n);
  }
  close(descriptor);
  return (PetscBool)(!code && found == crc);
}
