/*
  PNG pictures through libpng: grey of 1 to 8 bits, a palette, RGB, interlaced or not. 16 bits and transparency are
  refused: which 8 bits, which background, is the user's to say.
*/
#include "raster.h"
#include <string.h>

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

PetscBool KNIsPng(size_t bytes, const unsigned char head[])
{
  return (PetscBool)(bytes >= sizeof(signature) && !memcmp(head, signature, sizeof(signature)));
}

#if defined(KN_HAVE_PNG)
#include <png.h>
#include <stdlib.h>

#define MAX_CHUNK ((size_t)8 << 20) /* bytes of a part that is kept, unpacked */

typedef struct {
  png_structp          png;
  png_infop            info;
  const unsigned char *data;
  size_t               bytes, at;
  char                 text[128];
  KNFile              *file;
  KNRaster            *raster;
  KNColour             colour;
  PetscBool            size_only;
  png_bytep           *row; /* (height), for png_read_image() */
  int                  code;
} Work;

static void OnError(png_structp png, png_const_charp text)
{
  Work *w = (Work *)png_get_error_ptr(png);

  snprintf(w->text, sizeof(w->text), "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

/* About what is left out here, or can be mended without loss. */
static void OnWarning(png_structp png, png_const_charp text) {}

static void OnRead(png_structp png, png_bytep to, size_t bytes)
{
  Work *w = (Work *)png_get_io_ptr(png);

  if (bytes > w->bytes - w->at) png_error(png, "it ends too early");
  memcpy(to, w->data + w->at, bytes);
  w->at += bytes;
}

/* grey <-> RGB, one row, to where it lies last */
static void Recolour(const KNRaster *r, size_t channels, const unsigned char *from, unsigned char *to)
{
  for (size_t i = r->width; i-- > 0 && channels == 1;) to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
  for (size_t i = 0; i < r->width && channels == 3; i++)
    to[i] = (unsigned char)((299U * from[3 * i] + 587U * from[3 * i + 1] + 114U * from[3 * i + 2] + 500U) / 1000U);
}

static int Decode(Work *w)
{
  KNFile     *file = w->file;
  KNRaster   *r    = w->raster;
  png_uint_32 width, height;
  int         bits, type, interlace;
  size_t      channels, own;

  png_set_user_limits(w->png, (png_uint_32)KN_MAX_PIXELS, (png_uint_32)KN_MAX_PIXELS);
  png_set_chunk_malloc_max(w->png, MAX_CHUNK);
  png_set_read_fn(w->png, w, OnRead);
  png_read_info(w->png, w->info);
  png_get_IHDR(w->png, w->info, &width, &height, &bits, &type, &interlace, NULL, NULL);
  if (bits == 16) return KNFileFail(file, file->code, "is a PNG of 16 bits a value: save it with 8");
  if (type & PNG_COLOR_MASK_ALPHA || png_get_valid(w->png, w->info, PNG_INFO_tRNS))
    return KNFileFail(file, file->code, "is a PNG with transparency: save it without, over a background");
  own = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
  if (w->size_only) {
    r->width    = width;
    r->height   = height;
    r->channels = own;
    return 0;
  }
  channels = w->colour == KN_COLOUR_OWN ? own : w->colour == KN_COLOUR_RGB ? 3 : 1;
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(w->png);
  if (type == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(w->png);
  (void)png_set_interlace_handling(w->png);
  png_read_update_info(w->png, w->info);
  KNCallFile(KNRasterReserve(file, width, height, PetscMax(own, channels), r));
  w->row = (png_bytep *)malloc(height * sizeof(*w->row));
  if (!w->row) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %u rows", (unsigned)height);
  if (png_get_rowbytes(w->png, w->info) != width * own)
    return KNFileFail(file, file->code, "is a PNG of a kind that is not known: save it as RGB or grey, with 8 bits");
  for (size_t y = 0; y < height; y++) w->row[y] = r->pixel + y * width * own;
  png_read_image(w->png, w->row);
  png_read_end(w->png, NULL);
  for (size_t i = 0; i < height && own != channels; i++) {
    const size_t y = channels > own ? height - 1 - i : i; // what is still to be read is not written over

    Recolour(r, own, r->pixel + y * width * own, r->pixel + y * width * channels);
  }
  r->channels = channels;
  return 0;
}

/* All that changes lies in w: longjmp leaves no doubt about it. */
static void Run(Work *w)
{
  if (setjmp(png_jmpbuf(w->png))) {
    w->code =
      KNFileFail(w->file, w->file->code, "is a damaged PNG picture (%s): copy it again, or take it out", w->text);
    return;
  }
  w->code = Decode(w);
}

int KNPngDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                KNRaster *raster)
{
  Work w = {.data = data, .bytes = bytes, .file = file, .raster = raster, .colour = colour, .size_only = size_only};

  w.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &w, OnError, OnWarning);
  if (w.png) w.info = png_create_info_struct(w.png);
  if (w.info) Run(&w);
  else w.code = KNFileFail(file, PETSC_ERR_MEM, "no memory for a decoder");
  png_destroy_read_struct(&w.png, &w.info, NULL);
  free(w.row);
  return w.code;
}
#else
int KNPngDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                KNRaster *raster)
{
  return KNFileFail(file, file->code,
                    "is a PNG picture, and this program was built without libpng: build it again with that (Debian: "
                    "libpng-dev), or save the pictures as JPEG");
}
#endif
