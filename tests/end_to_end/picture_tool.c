/*
  Pictures and CIFAR files for the tests, which no other program makes here.

    picture_tool png FILE KIND HEIGHT WIDTH CLASS NUMBER     KIND: grey, rgb, palette, bits (grey, 1 bit), interlaced,
                                                             sixteen (bits a value), alpha, transparent (a palette)
    picture_tool jpeg FILE KIND HEIGHT WIDTH CLASS NUMBER    KIND: grey, rgb, progressive, cmyk
    picture_tool cifar FILE LABELS RECORDS FIRST CLASSES     records number FIRST and on: of label bytes 1, or 2: coarse
                                                             label % 20, fine label
    picture_tool pixels FILE CHANNELS HEIGHT WIDTH CLASS NUMBER    the bytes of such a picture, as a dataset keeps them

  Number `NUMBER` of a class has stripes whose direction and colour are the class's, at a place of its own, and noise.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// after stdio.h, which they need
#if defined(KN_HAVE_JPEG)
#include <jpeglib.h>
#endif
#if defined(KN_HAVE_PNG)
#include <png.h>
#endif

enum { SIDE = 32, NO_LIBRARY = 77 };

/* 0 .. n-1 */
static unsigned Noise(unsigned class, unsigned number, unsigned place, unsigned n)
{
  unsigned h = class * 2654435761U ^ number * 2246822519U ^ place * 3266489917U;

  h ^= h >> 15;
  h *= 2246822519U;
  h ^= h >> 13;
  h *= 3266489917U;
  h ^= h >> 16;
  return h % n;
}

/* Of channel c of `channels`, at row y and column x. */
static unsigned char Pixel(int class, int number, int channels, int c, int y, int x)
{
  const double angle = 0.55 * class, phase = (double)Noise(class, number, 1U << 20, 628) / 100;
  const double wave = sin(0.7 * (y * sin(angle) + x * cos(angle)) + phase), tint = channels == 1 ? 0 : (class + c) % 3;
  const double value = 100 + 50 * wave + 15 * tint + Noise(class, number, (unsigned)((c * 512 + y) * 512 + x), 20);

  return (unsigned char)value;
}

#if defined(KN_HAVE_JPEG) || defined(KN_HAVE_PNG)
/* (height, width, channels) */
static unsigned char *Make(int height, int width, int channels, int class, int number)
{
  unsigned char *pixel = malloc((size_t)height * (size_t)width * (size_t)channels), *to = pixel;

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      for (int c = 0; c < channels; c++) *to++ = Pixel(class, number, channels, c, y, x);
    }
  }
  return pixel;
}
#endif

#if defined(KN_HAVE_PNG)
static int Png(FILE *file, const char kind[], int height, int width, int class, int number)
{
  const int palette = !strcmp(kind, "palette") || !strcmp(kind, "transparent"), bits = !strcmp(kind, "bits");
  const int one = palette || bits || !strcmp(kind, "grey") || !strcmp(kind, "sixteen"), alpha = !strcmp(kind, "alpha");
  const int channels = alpha ? 4 : one ? 1 : 3, sixteen = !strcmp(kind, "sixteen");
  png_structp    png   = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop      info  = png_create_info_struct(png);
  unsigned char *pixel = Make(height, width, sixteen ? 2 : channels, class, number),
                **row  = calloc(height, sizeof(*row));
  png_color colour[256];

  if (setjmp(png_jmpbuf(png))) return 1;
  png_init_io(png, file);
  png_set_IHDR(png, info, (unsigned)width, (unsigned)height,
               sixteen ? 16
               : bits  ? 1
                       : 8,
               alpha     ? PNG_COLOR_TYPE_RGBA
               : palette ? PNG_COLOR_TYPE_PALETTE
               : one     ? PNG_COLOR_TYPE_GRAY
                         : PNG_COLOR_TYPE_RGB,
               strcmp(kind, "interlaced") ? PNG_INTERLACE_NONE : PNG_INTERLACE_ADAM7, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  for (int i = 0; i < 256; i++) colour[i] = (png_color){(png_byte)i, (png_byte)(255 - i), (png_byte)(i / 2)};
  if (palette) png_set_PLTE(png, info, colour, 256);
  if (!strcmp(kind, "transparent")) png_set_tRNS(png, info, (const png_byte[]){0, 128}, 2, NULL);
  png_write_info(png, info);
  for (int y = 0; y < height; y++) row[y] = pixel + (size_t)y * (size_t)width * (size_t)(sixteen ? 2 : channels);
  png_write_image(png, row);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  free(row);
  free(pixel);
  return 0;
}
#endif

#if defined(KN_HAVE_JPEG)
static int Jpeg(FILE *file, const char kind[], int height, int width, int class, int number)
{
  const int                   channels = !strcmp(kind, "cmyk") ? 4 : !strcmp(kind, "grey") ? 1 : 3;
  unsigned char              *pixel    = Make(height, width, channels, class, number);
  struct jpeg_compress_struct c;
  struct jpeg_error_mgr       error;

  c.err = jpeg_std_error(&error);
  jpeg_create_compress(&c);
  jpeg_stdio_dest(&c, file);
  c.image_width      = (unsigned)width;
  c.image_height     = (unsigned)height;
  c.input_components = channels;
  c.in_color_space   = channels == 4 ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&c);
  jpeg_set_quality(&c, 100, TRUE);
  for (int i = 0; i < 3; i++) c.comp_info[i].h_samp_factor = c.comp_info[i].v_samp_factor = 1;
  if (!strcmp(kind, "progressive")) jpeg_simple_progression(&c);
  jpeg_start_compress(&c, TRUE);
  while (c.next_scanline < c.image_height) {
    JSAMPROW row = pixel + (size_t)c.next_scanline * (size_t)width * (size_t)channels;

    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  free(pixel);
  return 0;
}
#endif

static void Pixels(FILE *file, int channels, int height, int width, int class, int number)
{
  for (int c = 0; c < channels; c++) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) fputc(Pixel(class, number, channels, c, y, x), file);
    }
  }
}

static void Cifar(FILE *file, int labels, int records, int first, int classes)
{
  for (int i = first; i < first + records; i++) {
    const int class = i % classes;

    if (labels == 2) fputc(class % 20, file);
    fputc(class, file);
    Pixels(file, 3, SIDE, SIDE, class, i / classes);
  }
}

int main(int argc, char **argv)
{
  FILE *file     = argc > 2 ? fopen(argv[2], "wb") : NULL;
  int   value[6] = {0}, code = 1;

  for (int i = 3; i < argc && i < 9; i++) value[i - 3] = atoi(argv[i]);
  if (!file) return fprintf(stderr, "picture_tool: cannot write\n"), 1;
  if (!strcmp(argv[1], "cifar") && argc == 7) code = 0, Cifar(file, value[0], value[1], value[2], value[3]);
  if (!strcmp(argv[1], "pixels") && argc == 8) code = 0, Pixels(file, value[0], value[1], value[2], value[3], value[4]);
  if (!strcmp(argv[1], "png") && argc == 8) {
#if defined(KN_HAVE_PNG)
    code = Png(file, argv[3], value[1], value[2], value[3], value[4]);
#else
    code = NO_LIBRARY;
#endif
  }
  if (!strcmp(argv[1], "jpeg") && argc == 8) {
#if defined(KN_HAVE_JPEG)
    code = Jpeg(file, argv[3], value[1], value[2], value[3], value[4]);
#else
    code = NO_LIBRARY;
#endif
  }
  return fclose(file) ? 1 : code;
}
