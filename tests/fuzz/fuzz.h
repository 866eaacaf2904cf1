/* Damaged files for the readers: what the driver, the damage and the targets know of each other. */
#ifndef KITINET_TEST_FUZZ_H
#define KITINET_TEST_FUZZ_H

#include <kitinet/base.h>

typedef enum {
  FUZZ_READ,    /* taken for good */
  FUZZ_REFUSED, /* with the code and the one line that the header promises */
  FUZZ_WRONG,   /* with another code or no line: a fault of the reader */
  FUZZ_OUTCOMES
} FuzzOutcome;

typedef struct {
  const char *name;
  PetscBool   keeps_state; /* of options or libraries: a process for each file */
  /* recomputes checksums, so that damage comes as far as the parser; NULL: there are none */
  void (*seal)(unsigned char bytes[], size_t size);
  FuzzOutcome (*read)(const char path[]);
} FuzzTarget;

/* By name; NULL: none of this name. */
const FuzzTarget *FuzzTargetFind(const char name[]);

/* The bytes of a seed file: (size). */
typedef struct {
  unsigned char *bytes;
  size_t         size;
} FuzzSeed;

/*
  Damaged file `number` of `seed`, a pure function of both: one of the seed files, changed in up to four places. The
  first `nseeds` numbers are the files as they are. bytes: room for `room`; returns the size.
*/
size_t FuzzMutate(const FuzzTarget *target, PetscInt64 seed, PetscInt64 number, size_t nseeds, const FuzzSeed seeds[],
                  size_t room, unsigned char bytes[]);

#endif
