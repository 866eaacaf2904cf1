/*
  Control characters of arguments are shown, those of the format are obeyed; long texts, and texts that are no UTF-8,
  come out whole.
*/
#include <kitinet/print.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

static PetscErrorCode CheckShown(const char text[], const char expected[])
{
  char shown[128];

  PetscFunctionBegin;
  KNPrintable(text, sizeof(shown), shown);
  CHECK(!strcmp(shown, expected), "shown as \"%s\"", shown);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What PetscFPrintf(format, argument) leaves in a file. */
static PetscErrorCode CheckPrinted(const char format[], const char argument[], const char expected[])
{
  FILE  *file = tmpfile();
  char   found[64 * 1024];
  size_t size;

  PetscFunctionBegin;
  CHECK(file, "no temporary file");
  PetscCall(PetscFPrintf(PETSC_COMM_SELF, file, format, argument));
  rewind(file);
  size        = fread(found, 1, sizeof(found) - 1, file);
  found[size] = 0;
  CHECK(!strcmp(found, expected), "printed \"%.200s\", not \"%.200s\"", found, expected);
  fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  char long_text[20001], cut[6];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckShown("u² = 1, Größe", "u² = 1, Größe"));
  PetscCall(CheckShown("\033[31mred\007\n\177", "\\x1b[31mred\\x07\\x0a\\x7f"));
  PetscCall(CheckShown("\xc2\x9b"
                       "2J \xc2\xa0",
                       "\\u009b2J \xc2\xa0"));
  KNPrintable("ab\033c", sizeof(cut), cut);
  CHECK(!strcmp(cut, "ab"), "cut off as \"%s\"", cut); /* between characters */

  PetscCall(KNPrintSetUp());
  PetscCall(CheckPrinted("name\t%s\n", "plain", "name\tplain\n"));
  PetscCall(CheckPrinted("name\t%s\n", "a\033[2J\nkitinet: all is well", "name\ta\\x1b[2J\\x0akitinet: all is well\n"));
  PetscCall(CheckPrinted("%s\n", "\xff", "\xff\xff"));
  memset(long_text, 'x', sizeof(long_text) - 1);
  long_text[sizeof(long_text) - 1] = 0;
  PetscCall(CheckPrinted("%s", long_text, long_text));
  PetscCall(PetscFinalize());
  return 0;
}
