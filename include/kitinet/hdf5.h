/*
  How KITINet calls HDF5: one lock, one macro, errors as values, attributes that are stored and loaded by one
  statement. For src/io/ and src/formats/.

  Functions that call HDF5 are plain C, safe in a thread that PETSc does not know. They return 0, or an error code of
  error.h with one line in file->message; the caller raises it, agreed by all ranks. What a function that failed
  leaves open is closed with the file (H5F_CLOSE_STRONG). The caller holds KNHDF5Lock().
*/
#ifndef KITINET_HDF5_H
#define KITINET_HDF5_H

#include <kitinet/error.h>
#include <hdf5.h>

#define KN_MAX_MESSAGE 1024

/*
  Thread-safe. HDF5 is not: every call of it outside KNDataset's functions stands between these two while a loader is
  reading. Recursive.
*/
PETSC_EXTERN void KNHDF5Lock(void);
PETSC_EXTERN void KNHDF5Unlock(void);

/* An HDF5 file at work. */
typedef struct {
  const char *path; /* named in messages; not owned */
  int         code; /* what a failed call of HDF5 means: KN_ERR_IO when writing, KN_ERR_INPUT when reading */
  hid_t       id;   /* 0: not open */
  char        message[KN_MAX_MESSAGE];
} KNFile;

/* Leaves "path: ..." in file->message and returns code. */
PETSC_EXTERN int KNFileFail(KNFile *file, int code, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(3, 4);

/* The same for a failed call of HDF5, with HDF5's own reason. */
PETSC_EXTERN int KNFileFailHDF5(KNFile *file, const char call[]);

/* HDF5's own reason for the last call that failed: "bad version number for layout message". */
PETSC_EXTERN void KNHDF5Cause(size_t size, char cause[]);

/* The surrounding function fails if an HDF5 call (or id = call) fails. */
#define KNCallHDF5(file, ...)                                         \
  do {                                                                \
    if ((__VA_ARGS__) < 0) return KNFileFailHDF5(file, #__VA_ARGS__); \
  } while (0)

/* The surrounding function fails if one of its own kind fails. */
#define KNCallFile(...)        \
  do {                         \
    int code_ = (__VA_ARGS__); \
    if (code_) return code_;   \
  } while (0)

/*
  Opens file->path for reading into file->id. Without a lock, which some file systems do not have: a finished file is
  never written again. advice: what to do about a file that is refused, "copy it again".
*/
PETSC_EXTERN int KNFileOpenHDF5(KNFile *file, const char advice[]);

/* Before the first call of HDF5, any number of times: no error stack on the terminal, no plugins, no work at exit. */
PETSC_EXTERN void KNHDF5Start(void);

/* Which way a variable goes: into the file, or out of it. */
typedef enum { KN_STORE, KN_LOAD } KNDirection;

/*
  Attributes of object, stored from or loaded into the same variable. Loading refuses what is missing or has another
  type or size than the program writes. Text: at most size - 1 bytes. Texts: *count of them, size bytes each in
  memory, at most max; none at all are not stored, and an attribute that is not there loads as none.
*/
PETSC_EXTERN int KNAttributeText(KNFile *file, KNDirection direction, hid_t object, const char name[], size_t size,
                                 char text[]);
PETSC_EXTERN int KNAttributeTexts(KNFile *file, KNDirection direction, hid_t object, const char name[], size_t size,
                                  PetscInt max, PetscInt *count, char text[]);
PETSC_EXTERN int KNAttributeInt(KNFile *file, KNDirection direction, hid_t object, const char name[],
                                PetscInt64 *value);
PETSC_EXTERN int KNAttributeReal(KNFile *file, KNDirection direction, hid_t object, const char name[], double *value);

/* Stores an attribute of any type, in memory of another; of `count` elements, 0: a single value. */
PETSC_EXTERN int KNAttributeStore(KNFile *file, hid_t object, const char name[], hid_t type, hid_t memory,
                                  hsize_t count, const void *value);

/* The first bytes of a regular file, *got of them, and its size. Does not open anything that could block. */
PETSC_EXTERN int KNFileHead(KNFile *file, size_t bytes, unsigned char head[], size_t *got, unsigned long long *size);

/*
  Flushes the folder of path to disk: a rename is there only when its folder is. Returns 0, or errno; folders that
  cannot be opened or flushed at all (EINVAL, EROFS) are left as they are.
*/
PETSC_EXTERN int KNFolderFlush(const char path[]);

#endif
