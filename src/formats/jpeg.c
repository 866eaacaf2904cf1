/*
  JPEG pictures through libjpeg (libjpeg-turbo). Its warnings about data are errors here: a picture of which a part is
  missing would be learned from as if it were whole. The decoder's defaults (exact integer transform, smooth
  enlargement of the colours) give the same bits on every machine.
*/
#include "raster.h"

PetscBool KNIsJpeg(size_t bytes, const unsigned char head[])
{
  return (PetscBool)(bytes >= 3 && head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff);
}

#if defined(KN_HAVE_JPEG)
#include <setjmp.h>
#include <stdio.h>
// after stdio.h, which they need
#include <jerror.h>
#include <jpeglib.h>

enum { MAX_SCANS = 200 }; /* of a progressive picture; each takes as long as all of a plain one */

typedef struct {
  struct jpeg_error_mgr         error; /* first: libjpeg hands its address on */
  struct jpeg_progress_mgr      progress;
  struct jpeg_decompress_struct decoder;
  jmp_buf                       back;
  char                          text[JMSG_LENGTH_MAX];
  KNFile                       *file;
  KNRaster                     *raster;
  KNColour                      colour;
  PetscBool                     size_only;
  int                           code;
} Work;

static void OnError(j_common_ptr decoder)
{
  Work *w = (Work *)decoder->err;

  (*decoder->err->format_message)(decoder, w->text);
  longjmp(w->back, 1);
}

static void OnMessage(j_common_ptr decoder, int level)
{
  const int code = decoder->err->msg_code;

  // Odd version numbers and markers of other programs say nothing about the pixels.
  if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM && code != JWRN_BOGUS_ICC) OnError(decoder);
}

static void OnProgress(j_common_ptr decoder)
{
  Work *w = (Work *)decoder->err;

  if (w->decoder.input_scan_number <= MAX_SCANS) return;
  snprintf(w->text, sizeof(w->text), "more than %d scans", MAX_SCANS);
  longjmp(w->back, 1);
}

static int Decode(Work *w)
{
  j_decompress_ptr d = &w->decoder;
  KNRaster        *r = w->raster;

  (void)jpeg_read_header(d, TRUE);
  if (d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK || d->num_components == 4)
    return KNFileFail(w->file, w->file->code, "is a JPEG of four inks (CMYK): save it as RGB or grey");
  if (d->num_components != 1 && d->num_components != 3)
    return KNFileFail(w->file, w->file->code, "is a JPEG of %d components: save it as RGB or grey", d->num_components);
  if (w->size_only) {
    r->width    = d->image_width;
    r->height   = d->image_height;
    r->channels = (size_t)d->num_components;
    return 0;
  }
  d->out_color_space =
    w->colour == KN_COLOUR_GREY || (w->colour == KN_COLOUR_OWN && d->num_components == 1) ? JCS_GRAYSCALE : JCS_RGB;
  KNCallFile(KNRasterReserve(w->file, d->image_width, d->image_height, d->out_color_space == JCS_RGB ? 3 : 1, r));
  (void)jpeg_start_decompress(d);
  while (d->output_scanline < d->output_height) {
    JSAMPROW row = r->pixel + (size_t)d->output_scanline * r->width * r->channels;

    (void)jpeg_read_scanlines(d, &row, 1);
  }
  (void)jpeg_finish_decompress(d);
  return 0;
}

/* All that changes lies in w: longjmp leaves no doubt about it. */
static void Run(Work *w, size_t bytes, const unsigned char data[])
{
  if (setjmp(w->back)) {
    w->code =
      KNFileFail(w->file, w->file->code, "is a damaged JPEG picture (%s): copy it again, or take it out", w->text);
    return;
  }
  jpeg_create_decompress(&w->decoder);
  w->decoder.progress = &w->progress;
  jpeg_mem_src(&w->decoder, (unsigned char *)data, (unsigned long)bytes);
  w->code = Decode(w);
}

int KNJpegDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                 KNRaster *raster)
{
  Work w = {.file = file, .raster = raster, .colour = colour, .size_only = size_only};

  w.decoder.err               = jpeg_std_error(&w.error);
  w.error.error_exit          = OnError;
  w.error.emit_message        = OnMessage;
  w.progress.progress_monitor = OnProgress;
  Run(&w, bytes, data);
  jpeg_destroy_decompress(&w.decoder);
  return w.code;
}
#else
int KNJpegDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                 KNRaster *raster)
{
  return KNFileFail(file, file->code,
                    "is a JPEG picture, and this program was built without libjpeg: build it again with that (Debian: "
                    "libjpeg62-turbo-dev), or save the pictures as PNG");
}
#endif
