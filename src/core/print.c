/* Control characters that come from files are shown, not obeyed. */
#include <kitinet/print.h>
#include <string.h>

/*
  Bytes of the control character that text begins with, 0 if it begins with another: ASCII's, and the second set,
  U+0080 to U+009F in UTF-8.
*/
static int Control(const char text[])
{
  const unsigned char c = (unsigned char)text[0];

  if ((c && c < ' ') || c == 0x7f) return 1;
  return c == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] <= 0x9f ? 2 : 0;
}

void KNPrintable(const char text[], size_t size, char out[])
{
  size_t used = 0;

  while (*text) {
    const int control = Control(text);
    char      shown[8];
    int       length;

    if (control)
      length = snprintf(shown, sizeof(shown), control == 1 ? "\\x%02x" : "\\u%04x",
                        (unsigned)(unsigned char)text[control - 1]);
    else length = snprintf(shown, sizeof(shown), "%c", *text);
    if (used + (size_t)length >= size) break;
    memcpy(out + used, shown, (size_t)length);
    used += (size_t)length;
    text += control ? control : 1;
  }
  out[used] = 0;
}

/*
  Stand for a line break and a tabulator of a format while its arguments are filled in: bytes that no text in UTF-8 has.
*/
enum { BREAK = 0xff, TAB = 0xfe };

static size_t Replace(char text[], unsigned char from, char to)
{
  size_t count = 0;

  for (char *c = text; (c = strchr(c, from)); count++) *c++ = to;
  return count;
}

static size_t Count(const char text[], unsigned char byte)
{
  size_t count = 0;

  for (const char *c = text; (c = strchr(c, byte)); c++) count++;
  return count;
}

static PetscErrorCode Print(FILE *file, const char format[], va_list arguments)
{
  size_t  length = strlen(format) + 1, full, breaks, tabs;
  char   *marked, *text = NULL, *shown;
  va_list again;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(length, &marked));
  memcpy(marked, format, length);
  breaks = Replace(marked, '\n', (char)BREAK);
  tabs   = Replace(marked, '\t', (char)TAB);
  length = 1024;
  for (;;) {
    PetscCall(PetscMalloc1(length, &text));
    va_copy(again, arguments);
    PetscCall(PetscVSNPrintf(text, length, marked, &full, again));
    va_end(again);
    if (full <= length) break;
    length = full + 1;
    PetscCall(PetscFree(text));
  }
  PetscCall(PetscMalloc1(7 * length + 1, &shown));
  KNPrintable(text, 7 * length + 1, shown);
  /* An argument that holds such a byte is no text: nothing in it becomes a line break. */
  if (Count(shown, BREAK) == breaks) Replace(shown, BREAK, '\n');
  if (Count(shown, TAB) == tabs) Replace(shown, TAB, '\t');
  (void)fputs(shown, file);
  (void)fflush(file);
  PetscCall(PetscFree(shown));
  PetscCall(PetscFree(text));
  PetscCall(PetscFree(marked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPrintSetUp(void)
{
  PetscFunctionBegin;
  PetscVFPrintf = Print;
  PetscFunctionReturn(PETSC_SUCCESS);
}
