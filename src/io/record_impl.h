/* Inside src/io/: files written whole or not at all, and the user block of a record. */
#ifndef KITINET_RECORD_IMPL_H
#define KITINET_RECORD_IMPL_H

#include "hdf5_impl.h"

#define KN_RECORD_BLOCK 512 /* bytes before the HDF5 image: the smallest user block that HDF5 looks behind */

typedef struct {
  const void *bytes;
  size_t      size;
} KNFilePart;

/* Writes the parts one after another to a temporary file, flushes, renames it to file->path. previous: name for what was there before; NULL: not kept. */
int KNFileReplace(KNFile *file, size_t nparts, const KNFilePart part[], const char *previous);

/* Flushes the folder of path to disk: a rename is there only when its folder is. Returns 0, or errno; folders that cannot be opened or flushed at all (EINVAL, EROFS) are left as they are. */
int KNFolderFlush(const char path[]);

/* The whole regular file; the caller frees *bytes with free(). */
int KNFileReadWhole(KNFile *file, char **bytes, size_t *size);

/* image: (size) bytes of HDF5. */
void KNRecordBlockMake(char block[KN_RECORD_BLOCK], const char kind[], const char *image, size_t size);

/* Whether block is the beginning of a record, and of which kind and program version: KN_MAX_NAME bytes each. */
PetscBool KNRecordBlockIdentify(const char block[KN_RECORD_BLOCK], char kind[], char version[]);

/* bytes: (size) of the whole file, user block and image. */
int KNRecordBlockCheck(KNFile *file, const char kind[], const char *bytes, size_t size);

/* The array `name` of the open file with exactly this shape (rank); is_complex: pairs of real and imaginary part. */
int KNArrayStore(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[], const float *array);
int KNArrayLoad(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[], float *array);

/* Fails if the root holds an array of another name than these (count). */
int KNArrayCheckNames(KNFile *file, PetscInt count, const char name[][KN_MAX_NAME]);

#endif
