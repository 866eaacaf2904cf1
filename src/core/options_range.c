/* Numbers that may be ranges: "0.1", "0.1:0.3", "1e-3:1e-1:log". */
#include "options_impl.h"
#include <stdlib.h>

#define KN_RANGE_TEXT 80 /* two numbers and ":log" */

static void Format(const KNRange *range, char text[KN_RANGE_TEXT])
{
  char low[32], high[32];

  KNOptionsFormatReal(range->low, sizeof(low), low);
  KNOptionsFormatReal(range->high, sizeof(high), high);
  if (range->low == range->high) (void)snprintf(text, KN_RANGE_TEXT, "%s", low);
  else (void)snprintf(text, KN_RANGE_TEXT, "%s:%s%s", low, high, range->logarithmic ? ":log" : "");
}

/* Whether the text has the form of a number or of a range. */
static PetscBool Parse(const char text[], KNRange *range)
{
  char *end;

  *range = (KNRange){.low = strtod(text, &end)};
  if (end == text) return PETSC_FALSE;
  range->high = range->low;
  if (*end == ':') {
    const char *second = end + 1;

    range->high = strtod(second, &end);
    if (end == second) return PETSC_FALSE;
    range->logarithmic = (PetscBool)!strcmp(end, ":log");
    if (range->logarithmic) end += strlen(end);
  }
  return (PetscBool) !*end;
}

PetscErrorCode KNOptionsRange(const char name[], const char help[], PetscReal lowest, PetscReal highest, KNRange *value)
{
  KNDeclaration *d;
  const char    *text;
  char           number[KN_RANGE_TEXT], low[32], high[32];

  PetscFunctionBegin;
  Format(value, number);
  KNOptionsFormatReal(lowest, sizeof(low), low);
  KNOptionsFormatReal(highest, sizeof(high), high);
  PetscCall(KNOptionsDeclare(name, help, number, PETSC_FALSE, &d, &text));
  PetscCall(PetscSNPrintf(d->range, sizeof(d->range), "%s to %s, or a range a:b[:log]", low, high));
  if (text) {
    KNRange parsed;

    PetscCheck(Parse(text, &parsed), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is \"%.64s\", expected a number or a range as 0.1:0.3 or 0.1:0.3:log, %s to %s", name, text,
               low, high);
    PetscCheck(parsed.low >= lowest && parsed.low <= highest && parsed.high >= lowest && parsed.high <= highest,
               PETSC_COMM_WORLD, KN_ERR_USAGE, "option %s is %.64s, out of range: %s to %s", name, text, low, high);
    PetscCheck(!strchr(text, ':') || parsed.low < parsed.high, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is %.64s, an empty range: the first number must be below the second", name, text);
    PetscCheck(!parsed.logarithmic || parsed.low > 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is %.64s, of which a logarithm is none: both numbers must be positive, or leave out :log",
               name, text);
    *value = parsed;
  }
  Format(value, number);
  PetscCall(KNOptionsRecord(d, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}
