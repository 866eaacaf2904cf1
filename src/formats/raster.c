/*
  Pictures of one size.

  Resizing is exact in integers, so that its bits depend on no compiler. Along an axis of m points that becomes n, point
  i of m has in point o of n the weight of a triangle about o's centre, as wide as a point of the coarser of both:

    w(o, i) = max(0, 2 max(m, n) - |(2 i + 1) n - (2 o + 1) m|), divided by the sum of w(o, .)

  That is the average of what an output point covers where the picture shrinks, linear interpolation where it grows.
*/
#include "raster.h"
#include "format_impl.h"
#include <stdlib.h>
#include <string.h>

int KNRasterDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                   KNRaster *raster)
{
  if (KNIsJpeg(bytes, data)) return KNJpegDecode(file, bytes, data, colour, size_only, raster);
  if (KNIsPng(bytes, data)) return KNPngDecode(file, bytes, data, colour, size_only, raster);
  return KNFileFail(file, file->code, "is neither a JPEG nor a PNG picture, whatever its name: take it out");
}

int KNRasterReserve(KNFile *file, size_t width, size_t height, size_t channels, KNRaster *raster)
{
  if (!width || !height || width > KN_MAX_PIXELS || height > KN_MAX_PIXELS / width)
    return KNFileFail(file, file->code, "has %zu x %zu pixels, expected 1 to %zu of them: make it smaller", height,
                      width, KN_MAX_PIXELS);
  raster->width    = width;
  raster->height   = height;
  raster->channels = channels;
  return KNScratch(file, width * height * channels, &raster->room, (void **)&raster->pixel);
}

/* to[o * to_step] for o < n, on a scale 256 times as fine: from[i * from_step], i < m, averaged with the weights above.
 */
static void kn_fit_axis(uint16_t *to, size_t to_step, size_t n, const uint16_t *from, size_t from_step, size_t m)
{
  const int64_t reach = 2 * (int64_t)(m > n ? m : n);

  for (size_t o = 0; o < n; o++) {
    const int64_t centre = (2 * (int64_t)o + 1) * (int64_t)m;
    const int64_t first  = (centre - reach) / (2 * (int64_t)n) - 1; // or one or two before it
    uint64_t      sum = 0, weights = 0;

    for (int64_t i = first < 0 ? 0 : first; i < (int64_t)m; i++) {
      const int64_t distance = (2 * i + 1) * (int64_t)n - centre,
                    weight   = reach - (distance < 0 ? -distance : distance);

      if (weight <= 0 && distance > 0) break;
      if (weight <= 0) continue;
      sum += (uint64_t)weight * from[(size_t)i * from_step];
      weights += (uint64_t)weight;
    }
    /* cppcheck-suppress zerodiv ; each point covers a part of at least one pixel, so that weights > 0 */
    to[o * to_step] = (uint16_t)((sum + weights / 2) / weights);
  }
}

/* One channel: the square of `side` pixels at `from`, bytes of step and row as far apart -> (n, n). narrow: (side, n),
 * line: (side) */
static void kn_fit_channel(float *to, size_t n, const unsigned char *from, size_t step, size_t row, size_t side,
                           uint16_t *narrow, uint16_t *line)
{
  for (size_t y = 0; y < side; y++) {
    for (size_t x = 0; x < side; x++) line[x] = (uint16_t)(from[y * row + x * step] << 8);
    kn_fit_axis(narrow + y * n, 1, n, line, 1, side);
  }
  for (size_t x = 0; x < n; x++) {
    kn_fit_axis(line, 1, n, narrow + x, n, side);
    for (size_t y = 0; y < n; y++) to[y * n + x] = (float)((line[y] + 128U) >> 8);
  }
}

/* (n1, n2) pixels from (y, x) on, as they are */
static void Take(const KNRaster *raster, size_t y, size_t x, size_t n1, size_t n2, float to[])
{
  for (size_t c = 0; c < raster->channels; c++) {
    for (size_t i = 0; i < n1; i++) {
      const unsigned char *from = raster->pixel + ((y + i) * raster->width + x) * raster->channels + c;

      for (size_t j = 0; j < n2; j++) *to++ = (float)from[j * raster->channels];
    }
  }
}

int KNRasterCheckSize(KNFile *file, const KNRaster *raster, KNFit fit, size_t n1, size_t n2)
{
  const size_t height = raster->height, width = raster->width;

  if (height == n1 && width == n2) return 0;
  if (fit == KN_FIT_REFUSE)
    return KNFileFail(file, file->code,
                      "has %zu x %zu pixels, expected %zu x %zu: give -image_size N and -image_fit crop or resize",
                      height, width, n1, n2);
  if (fit == KN_FIT_CROP && (height < n1 || width < n2))
    return KNFileFail(file, file->code, "has %zu x %zu pixels, too few for %zu x %zu: -image_fit resize enlarges it",
                      height, width, n1, n2);
  return 0;
}

int KNRasterFit(KNFile *file, const KNRaster *raster, KNFit fit, size_t n1, size_t n2, size_t *work_bytes, void **work,
                float to[])
{
  const size_t height = raster->height, width = raster->width, C = raster->channels;
  const size_t side = PetscMin(height, width), longest = PetscMax(side, n1);

  KNCallFile(KNRasterCheckSize(file, raster, fit, n1, n2));
  if (height == n1 && width == n2) {
    Take(raster, 0, 0, n1, n2, to);
  } else if (fit == KN_FIT_CROP) {
    Take(raster, (height - n1) / 2, (width - n2) / 2, n1, n2, to);
  } else {
    uint16_t *line;

    KNCallFile(KNScratch(file, (side * n1 + longest) * sizeof(*line), work_bytes, work));
    line = (uint16_t *)*work + side * n1;
    for (size_t c = 0; c < C; c++)
      kn_fit_channel(to + c * n1 * n1, n1, raster->pixel + (((height - side) / 2) * width + (width - side) / 2) * C + c,
                     C, width * C, side, (uint16_t *)*work, line);
  }
  return 0;
}
