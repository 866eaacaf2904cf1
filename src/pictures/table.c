/* A table of parts: a confusion matrix. Each row adds up to 1 or less. */
#include "picture_impl.h"

#include <string.h>

enum { SIDE = 760, MARGIN = 200, TITLE = 44, LETTERS = 14, MAX_LABEL = 64 };

/* The first letters of UTF-8 text that fit beside the table. */
static void Label(KNPicture *picture, const char text[])
{
  char   shown[MAX_LABEL];
  size_t at = 0;

  for (int letters = 0; at < sizeof(shown) - 5 && text[at]; at++) { // bytes 10xxxxxx go on with a letter
    if (((unsigned char)text[at] & 0xc0) != 0x80 && ++letters > LETTERS) break;
  }
  snprintf(shown, sizeof(shown), "%.*s%s", (int)at, text, text[at] ? "…" : "");
  KNPictureText(picture, shown);
}

PetscErrorCode KNPictureTable(const char path[], const char title[], const char xlabel[], const char ylabel[],
                              PetscInt n, const char *const label[], const PetscReal part[])
{
  const int   font = n <= 12 ? 15 : n <= 20 ? 11 : 7;
  const char *comma;
  KNPicture   picture;

  PetscFunctionBegin;
  PetscCheck(n > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "A table of %" PetscInt_FMT " rows", n);
  if (!KNPictureOpen(path, &picture)) PetscFunctionReturn(PETSC_SUCCESS);
  KNPictureHead(&picture, SIDE + MARGIN + 40, SIDE + MARGIN + (title ? TITLE : 10));
  fprintf(picture.script,
          "set lmargin at screen %.6f; set rmargin at screen %.6f; set tmargin at screen %.6f; set bmargin at screen "
          "%.6f\n",
          (double)MARGIN / picture.width, (double)(MARGIN + SIDE) / picture.width,
          1.0 - (title ? TITLE : 10.0) / picture.height, (double)MARGIN / picture.height);
  if (title) {
    fprintf(picture.script, "set title ");
    KNPictureText(&picture, title);
    fprintf(picture.script, "\n");
  }
  fprintf(picture.script,
          "unset key; unset colorbox; set tics scale 0\nset xrange [-0.5:%g]\nset yrange [%g:-0.5]\n"
          "set cbrange [0:1]\nset palette defined (0 '#ffffff', 0.1 '#c6dbef', 0.4 '#6baed6', 1 '#084594')\n",
          (double)n - 0.5, (double)n - 0.5);
  for (int axis = 0; axis < 2; axis++) {
    fprintf(picture.script, "set label ");
    KNPictureText(&picture, axis ? ylabel : xlabel);
    fprintf(picture.script, " at screen %.6f, %.6f center%s\nset %ctics %s font ',%d' (",
            axis ? 20.0 / picture.width : (MARGIN + 0.5 * SIDE) / picture.width,
            axis ? (MARGIN + 0.5 * SIDE) / picture.height : 20.0 / picture.height, axis ? " rotate" : "",
            axis ? 'y' : 'x', axis ? "" : "rotate by 45 right", font);
    comma = "";
    for (PetscInt i = 0; i < n; i++, comma = ", ") {
      fprintf(picture.script, "%s", comma);
      Label(&picture, label[i]);
      fprintf(picture.script, " %d", (int)i);
    }
    fprintf(picture.script, ")\n");
  }
  for (PetscInt i = 0; i < n * n; i++) {
    const double v = part[i];

    if (v * 1000 >= 1 && n <= 20)
      fprintf(picture.script, "set label '%.*f' at %d,%d center front font ',%d' textcolor rgb '%s'\n", v < 0.1 ? 1 : 0,
              100 * v, (int)(i % n), (int)(i / n), font - 2, v > 0.5 ? "#ffffff" : "#000000");
    fprintf(picture.data, "%d %d %.6g\n", (int)(i % n), (int)(i / n), v);
  }
  fprintf(picture.script, "plot ");
  KNPictureDataName(&picture);
  fprintf(picture.script, " using 1:2:3 with image notitle\n");
  KNPictureDraw(&picture);
  PetscFunctionReturn(PETSC_SUCCESS);
}
