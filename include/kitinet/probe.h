/*
  The first opening of a file, in a process of its own.

  The libraries that read HDF5 and MATLAB files crash or hang on some damaged or hostile ones. The program therefore
  starts itself once more, as "kitinet probe KIND ..", before it opens a file: that process opens the file as the caller
  will, under limits of time and memory, and a fault ends it alone. Of a file that it refuses, the caller tells what it
  said. Plain C. A program that embeds the library opens files directly, as its executable knows no such command.
*/
#ifndef KITINET_PROBE_H
#define KITINET_PROBE_H

#include <kitinet/hdf5.h>

#define KN_PROBE_COMMAND "probe"

/* Not collective, once, by the program itself: from now on KNProbe() works, unless the option -probe is false. */
PETSC_EXTERN PetscErrorCode KNProbeSetUp(void);

/*
  Not collective; for one rank. Opens file->path in a process of its own: kind is "dataset", "record" or "source", and
  word (words) says how, in the kind's own terms. Returns 0 if that went well, or if the same was asked before of the
  same file; else an error code with one line in file->message. Does nothing without KNProbeSetUp().
*/
PETSC_EXTERN int KNProbe(KNFile *file, const char kind[], size_t words, const char *const word[]);

/* In that process, before anything is opened: limits, and no signals but those of faults. path: of the file. */
PETSC_EXTERN void KNProbeLimit(const char path[]);

/* There. As KNDatasetOpen() and KNRecordLoad() read them, the latter with or without a user block. */
PETSC_EXTERN int KNProbeDataset(KNFile *file);
PETSC_EXTERN int KNProbeRecord(KNFile *file, PetscBool block);

#endif
