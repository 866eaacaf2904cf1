/*
  Pictures: PNG files of the right size appear and the script goes; names with spaces and quotes work; without gnuplot
  the script stays and nothing fails. Without gnuplot on PATH only the last part runs.
*/
#include <kitinet/picture.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static PetscBool Exists(const char path[], const char ending[])
{
  char name[256];

  (void)snprintf(name, sizeof(name), "%s%s", path, ending);
  return (PetscBool)!access(name, F_OK);
}

static void Remove(const char path[])
{
  static const char *const endings[] = {".png", ".gp", ".dat"};

  for (int i = 0; i < 3; i++) {
    char name[256];

    (void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
    (void)unlink(name);
  }
}

/* Size in pixels from the PNG's header: signature, length, IHDR, width, height, big-endian. */
static PetscErrorCode CheckPNG(const char path[], PetscInt least_width, PetscInt least_height)
{
  char          name[256];
  unsigned char h[24];
  FILE         *file;
  PetscInt      width, height;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s.png", path));
  file = fopen(name, "rb");
  PetscCheck(file, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s was not drawn", name);
  PetscCheck(fread(h, 1, sizeof(h), file) == sizeof(h) && !memcmp(h, "\x89PNG\r\n\x1a\n", 8), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s is not a PNG file", name);
  PetscCheck(!fclose(file), PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", name);
  width  = h[16] << 24 | h[17] << 16 | h[18] << 8 | h[19];
  height = h[20] << 24 | h[21] << 16 | h[22] << 8 | h[23];
  PetscCheck(width >= least_width && height >= least_height, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s has %" PetscInt_FMT " x %" PetscInt_FMT " pixels", name, width, height);
  PetscCheck(!Exists(path, ".gp") && !Exists(path, ".dat"), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "The script or the data of %s were left behind", name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Four columns, two rows, in 1D, 2D and 3D; among the values NaN, constants, and tiny ones. */
static PetscErrorCode DrawFields(const char path[], PetscInt dim)
{
  static const KNPictureColumn column[] = {{"a_1 {x} 'q' `id`", KN_SCALE_OWN},
                                           {"u", KN_SCALE_OWN},
                                           {"û", KN_SCALE_SHARED},
                                           {"error", KN_SCALE_SIGNED}};
  static const char *const     label[]  = {"one", "two"};
  const PetscInt               n[3]     = {8, 12, 10};
  const KNGrid                 grid     = KNGridMake(dim, n, KN_POINTS_NODES);
  const size_t                 S        = KNGridSize(&grid);
  const float                 *panel[8];
  float                       *u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(8 * S, &u));
  for (size_t i = 0; i < 8 * S; i++) {
    const size_t c = i / S % 4;

    u[i]         = c == 0 ? 3.0f : c == 3 ? 1e-9f * sinf((float)i) : cosf(0.3f * (float)(i % S));
    panel[i / S] = u + i / S * S;
  }
  u[S] = NAN;
  PetscCall(KNPictureFields(path, "A title with 'quotes' and $(id)", &grid, 2, 4, column, label, panel));
  PetscCall(PetscFree(u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DrawCurves(const char path[], KNPictureAxes axes)
{
  const PetscReal x[4] = {0.0, 1.0, 2.0, 3.0}, y[4] = {1.0, 0.0, NAN, 0.01}, low[4] = {0.5, 0.0, 0.0, 0.005},
                  high[4]      = {2.0, 1.0, 1.0, 0.02};
  const KNPictureCurve curve[] = {{"train", 4, x, y, NULL, NULL, 0},
                                  {"test, 'q' _", 4, x, high, low, high, 1},
                                  {"empty", 0, NULL, NULL, NULL, NULL, 0}};

  PetscFunctionBegin;
  PetscCall(KNPictureCurves(path, NULL, "epoch", "error", axes, 3, curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sheets of grey and coloured pictures, one row not full, with names that are too long; tables of one to many rows. */
static PetscErrorCode DrawSheetsAndTables(void)
{
  enum { MOST = 24, H = 20, W = 30 };
  static const char *const name[] = {"ein sehr langer Name, der nicht paßt", "cat's $(id)", ""};
  KNPictureTile            tile[5];
  const char              *label[MOST];
  PetscReal                part[MOST * MOST] = {0};
  float                    pixel[3 * H * W];

  PetscFunctionBegin;
  for (int i = 0; i < 3 * H * W; i++) pixel[i] = i == 7 ? NAN : (float)(i % 300) - 20;
  for (int i = 0; i < 5; i++)
    tile[i] =
      (KNPictureTile){.pixel = pixel, .line = {name[i % 3], i == 4 ? NULL : name[0]}, .wrong = (PetscBool)(i % 2)};
  for (PetscInt channels = 1; channels <= 3; channels += 2) {
    Remove("sheet");
    PetscCall(KNPictureSheet("sheet", channels == 1 ? NULL : "A title", channels, H, W, 3, 5, tile));
    PetscCall(CheckPNG("sheet", 3 * 128, 2 * 60));
  }
  for (PetscInt n = 1; n <= MOST; n += 23) {
    for (PetscInt i = 0; i < n; i++) label[i] = name[i % 3];
    for (PetscInt i = 0; i < n; i++) part[i * n + i] = 0.75;
    Remove("table");
    PetscCall(KNPictureTable("table", n == 1 ? "A title" : NULL, "prediction", "truth", n, label, part));
    PetscCall(CheckPNG("table", 800, 800));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDrawn(void)
{
  static const char *const path[] = {"picture", "a picture's \"name\" $(id) `id`", "<picture", "-picture", "|picture"};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(path); i++) {
    Remove(path[i]);
    PetscCall(DrawCurves(path[i], KN_AXES_LOG_Y));
    PetscCall(CheckPNG(path[i], 600, 400));
    Remove(path[i]);
  }
  PetscCall(DrawCurves("picture", KN_AXES_LINEAR));
  PetscCall(CheckPNG("picture", 600, 400));
  PetscCall(DrawCurves("picture", KN_AXES_LOG_XY));
  PetscCall(CheckPNG("picture", 600, 400));
  for (PetscInt dim = 1; dim <= 3; dim++) {
    Remove("fields");
    PetscCall(DrawFields("fields", dim));
    PetscCall(CheckPNG("fields", 1200, 600));
  }
  PetscCall(DrawSheetsAndTables());
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No gnuplot: the script stays. No directory, an impossible name: nothing is drawn. None is an error. */
static PetscErrorCode TestNotDrawn(void)
{
  PetscInt lost;

  PetscFunctionBegin;
  PetscCheck(KNPictureMissing(&lost) == 0 && lost == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%d of the pictures that are there are counted as lost", (int)lost);
  PetscCheck(!setenv("PATH", "/nonexistent", 1), PETSC_COMM_SELF, PETSC_ERR_LIB, "setenv");
  Remove("undrawn");
  PetscCall(DrawCurves("undrawn", KN_AXES_LOG_Y));
  PetscCheck(!Exists("undrawn", ".png") && Exists("undrawn", ".gp") && Exists("undrawn", ".dat"), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "Without gnuplot the script and its data stay");
  Remove("undrawn");
  PetscCall(DrawFields("undrawn", 2));
  PetscCheck(Exists("undrawn", ".gp"), PETSC_COMM_SELF, PETSC_ERR_PLIB, "Without gnuplot the script stays");
  Remove("undrawn");
  PetscCall(DrawCurves("no/such/directory", KN_AXES_LOG_Y));
  PetscCall(DrawCurves("two\nlines", KN_AXES_LOG_Y));
  PetscCheck(!Exists("two\nlines", ".gp"), PETSC_COMM_SELF, PETSC_ERR_PLIB, "A name with a line break is refused");
  PetscCheck(KNPictureMissing(&lost) == 4 && lost == 2, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%d pictures are missing, %d of them could not be written", (int)KNPictureMissing(NULL), (int)lost);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscBool gnuplot;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  gnuplot = (PetscBool)!system("gnuplot --version >/dev/null 2>&1");
  if (gnuplot) PetscCall(TestDrawn());
  else PetscCall(PetscPrintf(PETSC_COMM_WORLD, "gnuplot is not on PATH: drawing is not tested\n"));
  PetscCall(TestNotDrawn());
  PetscCheck(gnuplot || !getenv("KN_NO_SKIPS") || !getenv("KN_NO_SKIPS")[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "skipped, where no test may be: no gnuplot");
  PetscCall(PetscFinalize());
  return gnuplot ? 0 : 4; /* skipped */
}
