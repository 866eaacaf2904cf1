/*
  A space: what one side of a sample is.

    field    C fields of float32 or uint8 values on a grid of 0 to 3 axes, with names and units: (C, n1, ..)
    tokens   a sequence of up to L word numbers out of a vocabulary, and its length
    class    a label out of k names

  A problem (problem.h) has an input space and an output space. Plain data.
*/
#ifndef KITINET_SPACE_H
#define KITINET_SPACE_H

#include <math.h>
#include <kitinet/base.h>

#define KN_MAX_FIELDS 16

/* What a sample's side is; see above. */
typedef enum { KN_SPACE_FIELD, KN_SPACE_TOKENS, KN_SPACE_CLASS } KNSpaceKind;

/* "field", "tokens", "class", then NULL */
PETSC_EXTERN const char *const KNSpaceKindNames[];

/* The first numbers of every vocabulary; the words of the training texts follow, the most frequent first. */
enum {
  KN_WORD_PADDING   = 0, /* behind the end of a text */
  KN_WORD_UNKNOWN   = 1, /* a word that the vocabulary does not have */
  KN_WORD_SEPARATOR = 2, /* between the two texts of a pair */
  KN_WORD_BEGINNING = 3, /* the first of every text, so that none is empty */
  KN_WORDS_RESERVED = 4
};

/* Which of n rows a pair of neighbouring words has; others may have it too (Knuth's multiplicative hashing). */
static inline int32_t KNWordPair(int32_t first, int32_t second, PetscInt n)
{
  const uint64_t pair = ((uint64_t)first << 20 | (uint64_t)second) * UINT64_C(0x9E3779B97F4A7C15);

  return (int32_t)((pair >> 32) % (uint64_t)n);
}

/* How the values of fields are stored. In memory they are float: a uint8 value v is v, 0 to 255. */
typedef enum { KN_FLOAT32, KN_UINT8 } KNValueType;

typedef struct {
  char name[KN_MAX_NAME]; /* "a" */
  char unit[KN_MAX_NAME]; /* "1" where the problem is dimensionless */
  /* of a parameter that differs from sample to sample: it is drawn with a uniform logarithm, which networks see */
  PetscBool logarithmic;
} KNField;

/* "linear", "logarithmic", then NULL */
PETSC_EXTERN const char *const KNFieldScaleNames[];

/* Not collective. What a network sees of a parameter's value, above 0 if the parameter is logarithmic. */
static inline float KNFieldSeen(const KNField *parameter, double value)
{
  return (float)(parameter->logarithmic ? log(value) : value);
}

typedef struct {
  KNSpaceKind kind;
  KNGrid      grid; /* grid of fields; in the other kinds one point without axes */
  PetscInt
    fields; /* C; 0: there is nothing on this side, as before the first frame of a trajectory, and in the other kinds */
  KNField field[KN_MAX_FIELDS];
  /* of an input that a network sees: so many of the fields, the last ones, are parameters of the sample, each the same
     at all points: KNDatasetShowParameters() */
  PetscInt    constants;
  KNValueType type;   /* of fields */
  PetscInt    length; /* L, of tokens; else 0 */
  PetscInt    count;  /* words of the vocabulary, or classes; else 0 */
  const char *names;  /* (count) of them, each ended by 0, one after another; not owned; NULL: they have none */
} KNSpace;

/* Not collective. Values of one sample as fields: C S. */
static inline size_t KNSpaceSize(const KNSpace *space)
{
  return (size_t)space->fields * KNGridSize(&space->grid);
}

/* Not collective. The names in memory of their own, which the caller ends with free(); NULL if there are none. */
PETSC_EXTERN PetscErrorCode KNSpaceCopyNames(const KNSpace *space, char **names);

/* Not collective. (count) pointers to the names, which the caller frees with PetscFree(); NULL if there are none. */
PETSC_EXTERN PetscErrorCode KNSpaceListNames(const KNSpace *space, const char ***name);

/*
  Not collective. The first difference between two spaces of this side ("input") as text, "2 input fields, not 1" if
  b's were expected; "" if they are the same.
*/
PETSC_EXTERN PetscErrorCode KNSpaceCompare(const char side[], const KNSpace *a, const KNSpace *b, size_t size,
                                           char difference[]);

#endif
