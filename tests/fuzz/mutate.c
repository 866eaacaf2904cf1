/*
  Damage that gets past the first check: besides random bytes, where the file seems to hold a size, a count or an
  address (a small integer of 8 or 4 bytes), or digits of a text, these are replaced by numbers that break arithmetic;
  parts are cut off, moved, repeated, or taken from another seed.
*/
#include "fuzz.h"
#include <kitinet/random.h>
#include <ctype.h>
#include <string.h>

typedef struct {
  PetscInt64 seed, number, draws;
} Dice;

static uint64_t Word(Dice *dice)
{
  uint64_t word[4];

  KNRandomWords(dice->seed, KN_STREAM_TEST, dice->number, dice->draws++, 0, 0, word);
  return word[0];
}

static size_t Below(Dice *dice, size_t n)
{
  return n ? (size_t)KNUniformInt(Word(dice), (PetscInt64)n) : 0;
}

static uint64_t OddNumber(Dice *dice, size_t size)
{
  static const uint64_t number[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    7,
                                    8,
                                    15,
                                    16,
                                    31,
                                    32,
                                    33,
                                    64,
                                    127,
                                    128,
                                    255,
                                    256,
                                    511,
                                    512,
                                    1023,
                                    4096,
                                    32767,
                                    32768,
                                    65535,
                                    65536,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    1ULL << 40,
                                    1ULL << 62,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xfffffffffffffff8,
                                    0xffffffffffffffff};
  const size_t          n = sizeof(number) / sizeof(*number), which = Below(dice, n + 3);

  return which < n ? number[which] : size + 1 - (which - n);
}

/*
  A place whose `width` bytes hold a small integer, as sizes, counts and addresses are; any place if a hundred tries
  find none.
*/
static size_t FieldPlace(Dice *dice, const unsigned char bytes[], size_t size, size_t width)
{
  size_t at = 0;

  for (int tries = 0; tries < 100; tries++) {
    PetscBool high = PETSC_FALSE;

    at = Below(dice, size - width + 1);
    for (size_t i = width / 2; i < width; i++) high = (PetscBool)(high || bytes[at + i]);
    if (!high && (bytes[at] || bytes[at + 1])) break;
  }
  return at;
}

static void ReplaceField(Dice *dice, unsigned char bytes[], size_t size)
{
  const size_t   width = Below(dice, 2) ? 8 : 4, at = size > width ? FieldPlace(dice, bytes, size, width) : 0;
  const uint64_t old = size > width ? bytes[at] + 256U * bytes[at + 1] : 0, how = Below(dice, 4),
                 near  = old + Below(dice, 17) - 8;
  const uint64_t value = how < 2 ? OddNumber(dice, size) : how == 2 ? near : old * (1 + Below(dice, 64));

  for (size_t i = 0; i < width && size > width; i++) bytes[at + i] = (unsigned char)(value >> 8 * i);
}

/* Opens (by > 0) or closes (by < 0) a gap at `at`; returns the new size. */
static size_t Shift(unsigned char bytes[], size_t size, size_t room, size_t at, PetscInt64 by)
{
  if (by > 0) by = (PetscInt64)PetscMin((size_t)by, room - size);
  if (by < 0) {
    const size_t gone = PetscMin((size_t)-by, size - at);

    memmove(bytes + at, bytes + at + gone, size - at - gone);
    return size - gone;
  }
  memmove(bytes + at + by, bytes + at, size - at);
  return size + (size_t)by;
}

/* A run of digits becomes another number. */
static size_t ReplaceDigits(Dice *dice, unsigned char bytes[], size_t size, size_t room)
{
  static const char *const text[] = {"",
                                     "0",
                                     "-1",
                                     "1e9",
                                     "nan",
                                     "2147483648",
                                     "9223372036854775807",
                                     "18446744073709551616",
                                     "99999999999999999999999",
                                     "1e-400",
                                     "0x10",
                                     "'",
                                     "7"};
  const char *const        with   = text[Below(dice, sizeof(text) / sizeof(*text))];
  size_t                   at     = Below(dice, size), digits;

  for (size_t i = 0; i < size && !isdigit(bytes[at]); i++) at = (at + 1) % size;
  for (digits = 0; at + digits < size && isdigit(bytes[at + digits]);) digits++;
  if (!digits || size + 32 > room) return size;
  size = Shift(bytes, size, room, at, (PetscInt64)strlen(with) - (PetscInt64)digits);
  memcpy(bytes + at, with, strlen(with));
  return size;
}

static size_t MutateOnce(Dice *dice, const FuzzSeed *other, unsigned char bytes[], size_t size, size_t room)
{
  /* Every second time near the beginning, where most of what is not data stands. */
  const size_t reach = Below(dice, 2) ? size : PetscMin(size, 2048), at = Below(dice, reach),
               length = 1 + Below(dice, Below(dice, 2) ? 16 : 512);
  const size_t from = Below(dice, size), foreign = Below(dice, other->size);

  if (size < 2) return size;
  switch (Below(dice, 12)) {
  case 0: return Below(dice, size); /* truncated */
  case 1: bytes[at] ^= (unsigned char)(1U << Below(dice, 8)); return size;
  case 2: bytes[at] = (unsigned char)Word(dice); return size;
  case 3: bytes[at] = Below(dice, 2) ? 255 : 0; return size;
  case 4: memset(bytes + at, Below(dice, 2) ? 255 : 0, PetscMin(length, size - at)); return size;
  case 5: /* bytes of another place or another file */
    if (Below(dice, 2)) memmove(bytes + at, bytes + from, PetscMin(length, size - PetscMax(at, from)));
    else memcpy(bytes + at, other->bytes + foreign, PetscMin(length, PetscMin(size - at, other->size - foreign)));
    return size;
  case 6: return Shift(bytes, size, room, at, (PetscInt64)length);
  case 7: return Shift(bytes, size, room, at, -(PetscInt64)length);
  case 8: return ReplaceDigits(dice, bytes, size, room);
  default: ReplaceField(dice, bytes, reach); return size;
  }
}

size_t FuzzMutate(const FuzzTarget *target, PetscInt64 seed, PetscInt64 number, size_t nseeds, const FuzzSeed seeds[],
                  size_t room, unsigned char bytes[])
{
  Dice            dice = {.seed = seed, .number = number};
  const FuzzSeed *from = &seeds[(size_t)number % nseeds];
  size_t          size = from->size;

  memcpy(bytes, from->bytes, size);
  if (number < (PetscInt64)nseeds) return size;
  for (size_t times = 1 + Below(&dice, 4); times; times--)
    size = MutateOnce(&dice, &seeds[Below(&dice, nseeds)], bytes, size, room);
  if (target->seal && Below(&dice, 8)) target->seal(bytes, size);
  return size;
}
