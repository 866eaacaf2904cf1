/*
  A contact sheet: pictures of one size side by side, a line or two of text below each.

    pixels     | GAP |  picture  | GAP |  picture  | ..      pictures are enlarged by a whole number, to SIDE or so
                          text
*/
#include "picture_impl.h"

#include <string.h>

enum { GAP = 14, SIDE = 128, LINE = 20, TITLE = 44, LETTER = 10, MAX_SHOWN = 64 };

/* Of UTF-8 text the first letters that fit, and "…" if some are left out. */
static void Shorten(const char text[], int width, size_t size, char shown[])
{
  const int room    = PetscMax(width / LETTER, 3);
  int       letters = 0;
  size_t    at = 0, end = 0;

  for (; text[at]; at++) { // bytes 10xxxxxx go on with a letter
    if (((unsigned char)text[at] & 0xc0) == 0x80) continue;
    if (letters == room - 1) end = at;
    letters++;
  }
  if (letters <= room && at < size) snprintf(shown, size, "%s", text);
  else snprintf(shown, size, "%.*s…", (int)PetscMin(letters <= room ? 0 : end, size - 4), text);
}

static void Label(KNPicture *picture, const char text[], int x, int y, int width, const char colour[])
{
  char shown[4 * MAX_SHOWN];

  Shorten(text, width, sizeof(shown), shown);
  fprintf(picture->script, "set label ");
  KNPictureText(picture, shown);
  fprintf(picture->script, " at %d,%d center font ',12' textcolor rgb '%s'\n", x, y, colour);
}

/* Values of (channels, h, w) as bytes red, green, blue of each point; what is beyond 0 to 255, or no number, is cut. */
static void Bytes(KNPicture *picture, PetscInt channels, size_t points, const float pixel[])
{
  for (size_t s = 0; s < points; s++) {
    for (PetscInt c = 0; c < 3; c++) {
      const float v = pixel[(size_t)(channels == 3 ? c : 0) * points + s];

      (void)fputc(v > 0 ? (int)PetscMin(v + 0.5F, 255.0F) : 0, picture->data);
    }
  }
}

PetscErrorCode KNPictureSheet(const char path[], const char title[], PetscInt channels, PetscInt h, PetscInt w,
                              PetscInt columns, PetscInt tiles, const KNPictureTile tile[])
{
  const int   zoom = PetscMax(1, SIDE / (int)PetscMax(h, w)), wide = PetscMax((int)w * zoom, SIDE);
  const int   rows = (int)((tiles + columns - 1) / columns), step = (int)h * zoom + 2 * LINE + GAP;
  const int   top   = GAP + (title ? TITLE : 0);
  const char *comma = "plot ";
  KNPicture   picture;

  PetscFunctionBegin;
  PetscCheck(tiles > 0 && columns > 0 && (channels == 1 || channels == 3), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "A sheet of %" PetscInt_FMT " pictures in %" PetscInt_FMT " columns, of %" PetscInt_FMT " channels", tiles,
             columns, channels);
  if (!KNPictureOpen(path, &picture)) PetscFunctionReturn(PETSC_SUCCESS);
  KNPictureHead(&picture, GAP + (int)columns * (wide + GAP), top + rows * step);
  fprintf(picture.script,
          "set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0\n"
          "unset border; unset tics; unset key\nset xrange [0:%d]\nset yrange [%d:0]\n",
          picture.width, picture.height);
  if (title) {
    fprintf(picture.script, "set label ");
    KNPictureText(&picture, title);
    fprintf(picture.script, " at %d,%d center font ',17'\n", picture.width / 2, GAP + TITLE / 3);
  }
  for (PetscInt i = 0; i < tiles; i++) {
    const int middle = GAP + (int)(i % columns) * (wide + GAP) + wide / 2, y = top + (int)(i / columns) * step;

    for (int line = 0; line < 2; line++) {
      if (tile[i].line[line])
        Label(&picture, tile[i].line[line], middle, y + (int)h * zoom + LINE * line + LINE / 2 + 4, wide,
              line && tile[i].wrong ? "#b2182b" : "#000000");
    }
  }
  for (PetscInt i = 0; i < tiles; i++) {
    const int  left = GAP + (int)(i % columns) * (wide + GAP) + (wide - (int)w * zoom) / 2;
    const int  y    = top + (int)(i / columns) * step;
    const long skip = ftell(picture.data);

    Bytes(&picture, channels, (size_t)h * (size_t)w, tile[i].pixel);
    fprintf(picture.script, "%s", comma);
    KNPictureDataName(&picture);
    fprintf(picture.script,
            " binary skip=%ld array=(%" PetscInt_FMT ",%" PetscInt_FMT
            ") format='%%uchar' dx=%d dy=%d origin=(%.1f,%.1f) using 1:2:3 with rgbimage notitle",
            skip, w, h, zoom, zoom, left + 0.5 * zoom, y + 0.5 * zoom);
    comma = ", \\\n  ";
  }
  fprintf(picture.script, "\n");
  KNPictureDraw(&picture);
  PetscFunctionReturn(PETSC_SUCCESS);
}
