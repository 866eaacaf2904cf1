/* Inside src/io/: files written whole or not at all, and the user block of a record. */
#ifndef KITINET_RECORD_IMPL_H
#define KITINET_RECORD_IMPL_H

#include <kitinet/hdf5.h>
#include <kitinet/space.h>

#define KN_RECORD_BLOCK 512 /* bytes before the HDF5 image: the smallest user block that HDF5 looks behind */

typedef struct {
  const void *bytes;
  size_t      size;
} KNFilePart;

/* HDF5 in memory: HDF5 itself writes into these bytes, nothing else holds a copy of them. {0}: none yet. */
typedef struct {
  char  *bytes; /* (capacity) of which the first `size` are the file; zeros behind */
  size_t size, capacity;
} KNImage;

/* Not less capacity than this. Returns PETSC_ERR_MEM without a message. */
int  KNImageReserve(KNImage *image, size_t size);
void KNImageFree(KNImage *image);

/*
  Opens the file that the image's bytes are, with flags; if it has none, a new one. The image must outlive file->id
  and stay where it is.
*/
int KNImageOpen(KNFile *file, KNImage *image, unsigned flags);

/* image->bytes (image->size) become what a file on disk would hold now. */
int KNImageFlush(KNFile *file, KNImage *image);

/*
  Writes the parts one after another to a temporary file, flushes, renames it to file->path. previous: name for what
  was there before; NULL: not kept.
*/
int KNFileReplace(KNFile *file, size_t nparts, const KNFilePart part[], const char *previous);

/* The whole regular file; after a failure the image's content is undefined. */
int KNFileReadWhole(KNFile *file, KNImage *image);

/* image: (size) bytes of HDF5. */
void KNRecordBlockMake(char block[KN_RECORD_BLOCK], const char kind[], const char *image, size_t size);

/* Whether block is the beginning of a record, and of which kind and program version: KN_MAX_NAME bytes each. */
PetscBool KNRecordBlockIdentify(const char block[KN_RECORD_BLOCK], char kind[], char version[]);

/* bytes: (size) of the whole file, user block and image. */
int KNRecordBlockCheck(KNFile *file, const char kind[], const char *bytes, size_t size);

/* Whether the file at path is a record that passes KNRecordBlockCheck(); it is read piece by piece. */
PetscBool KNRecordIsWhole(const char kind[], const char path[]);

/* The array `name` of the open file with exactly this shape (rank); is_complex: pairs of real and imaginary part. */
int KNArrayStore(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[],
                 const float *array);
int KNArrayLoad(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[], float *array);

/*
  The names of a space as an array of texts of the root, as datasets have them (dataset_attributes.c). Loading: space
  gets their count and them, in memory at *names that the caller frees with free(), also after a failure.
*/
int KNNamesStore(KNFile *file, const char array[], const KNSpace *space, PetscBool write);
int KNNamesLoad(KNFile *file, const char array[], KNSpace *space, char **names);

/* Fails if the root holds an array of another name than these (count). */
int KNArrayCheckNames(KNFile *file, PetscInt count, const char name[][KN_MAX_NAME]);

#endif
