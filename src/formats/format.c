/* The table of formats, and what they share: axes, numbers, memory. */
#include "format_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const KNFormat *const formats[] = {
#define KN_FORMAT(name, Suffix) &KNFormat_##Suffix,
#define KN_READER(name, Suffix) &KNFormat_##Suffix,
#include "format_list.h"
#undef KN_FORMAT
#undef KN_READER
  NULL};

static const char *const names[] = {
#define KN_FORMAT(name, Suffix) #name,
#define KN_READER(name, Suffix)
#include "format_list.h"
#undef KN_FORMAT
#undef KN_READER
  NULL};

const char *const *KNFormatNames(void)
{
  return names;
}

const KNFormat *KNFormatGet(PetscInt i)
{
  return formats[i];
}

PetscInt64 KNFormatBatch(const KNProblem *problem, PetscInt64 samples)
{
  const size_t bytes = (KNProblemInputSize(problem) + KNProblemOutputSize(problem)) * sizeof(float);

  return PetscMax(1, PetscMin(samples, (PetscInt64)(((size_t)128 << 20) / PetscMax(bytes, 1))));
}

void KNAxesMake(char axes[KN_MAX_AXES + 1], const char before[], PetscInt dim, const char after[])
{
  snprintf(axes, KN_MAX_AXES + 1, "%s%.*s%s", before, (int)dim, "xyz", after);
}

void KNAxesReverse(char axes[])
{
  const size_t n = strlen(axes);

  for (size_t i = 0; i < n / 2; i++) {
    const char c = axes[i];

    axes[i]         = axes[n - 1 - i];
    axes[n - 1 - i] = c;
  }
}

/* Of 16 bits: sign, 5 of the exponent, 10 of the mantissa. */
static double Half(unsigned bits)
{
  const int    exponent = (int)(bits >> 10 & 31);
  const double mantissa = (double)(bits & 1023) / 1024, sign = bits >> 15 ? -1 : 1;

  if (exponent == 31) return mantissa != 0 ? (double)NAN : sign * (double)INFINITY;
  return sign * (exponent ? ldexp(1 + mantissa, exponent - 15) : ldexp(mantissa, -14));
}

static double Value(const KNNumber *number, const unsigned char *at)
{
  const size_t size = PetscMin(number->size, 8);
  union {
    uint64_t      u;
    float         f;
    double        d;
    unsigned char byte[8];
  } word = {0};

  /* this machine is little-endian, as our files are */
  for (size_t i = 0; i < size; i++) word.byte[i] = at[number->swapped ? size - 1 - i : i];
  if (number->kind == 'f')
    return number->size == 2 ? Half((unsigned)word.u) : number->size == 4 ? (double)word.f : word.d;
  if (number->kind == 'u') return (double)word.u;
  switch (number->size) { // the sign
  case 1: return (double)(int8_t)word.u;
  case 2: return (double)(int16_t)word.u;
  case 4: return (double)(int32_t)word.u;
  default: return (double)(int64_t)word.u;
  }
}

void KNNumberConvert(const KNNumber *number, size_t n, const void *from, size_t width, void *to)
{
  const unsigned char *at = (const unsigned char *)from;

  if (number->kind == 'f' && number->size == width && !number->swapped) { // every bit of it, of NaN too
    memcpy(to, from, n * width);
    return;
  }
  for (size_t i = 0; i < n; i++, at += number->size) {
    if (width == sizeof(double)) ((double *)to)[i] = Value(number, at);
    else ((float *)to)[i] = (float)Value(number, at);
  }
}

int KNScratch(KNFile *file, size_t bytes, size_t *have, void **scratch)
{
  void *larger;

  if (bytes <= *have) return 0;
  larger = realloc(*scratch, bytes);
  if (!larger) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %zu bytes", bytes);
  *scratch = larger;
  *have    = bytes;
  return 0;
}
