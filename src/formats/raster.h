/* Pictures in memory: decoded (jpeg.c, png.c) and brought to one size (raster.c). Plain C. */
#ifndef KITINET_RASTER_H
#define KITINET_RASTER_H

#include <kitinet/hdf5.h>

#define KN_MAX_PIXELS ((size_t)1 << 26) /* of a picture that is decoded */

typedef enum { KN_COLOUR_OWN, KN_COLOUR_GREY, KN_COLOUR_RGB } KNColour;

/* How a picture of another size becomes one of n x n. */
typedef enum {
  KN_FIT_REFUSE, /* not at all */
  KN_FIT_CROP,   /* its middle is taken */
  KN_FIT_RESIZE  /* its shorter side becomes n, then its middle is taken */
} KNFit;

/* Rows from the top: (height, width, channels); of 1 channel, grey, or 3, red, green and blue. */
typedef struct {
  size_t         width, height, channels;
  unsigned char *pixel; /* owned, and kept from one picture to the next */
  size_t         room;
} KNRaster;

/*
  A file's bytes -> raster. KN_COLOUR_OWN keeps the channels that the picture has; grey is 0.299 R + 0.587 G + 0.114 B.
  size_only: width, height and own channels, without pixels. What is damaged, even if a part could be shown, has 16
  bits a value, four inks or transparency, is refused with file->code. The file's metadata (rotation, profiles) are not
  looked at.
*/
int KNJpegDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                 KNRaster *raster);
int KNPngDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                KNRaster *raster);

/* Whether a file that begins so is one; bytes: of its beginning. */
PetscBool KNIsJpeg(size_t bytes, const unsigned char head[]);
PetscBool KNIsPng(size_t bytes, const unsigned char head[]);

/* Of either kind. */
int KNRasterDecode(KNFile *file, size_t bytes, const unsigned char data[], KNColour colour, PetscBool size_only,
                   KNRaster *raster);

/* Sets the shape, checked, and has room for the pixels. */
int KNRasterReserve(KNFile *file, size_t width, size_t height, size_t channels, KNRaster *raster);

/* Fails where KNRasterFit() would for the raster's height and width: it need not have pixels. */
int KNRasterCheckSize(KNFile *file, const KNRaster *raster, KNFit fit, size_t n1, size_t n2);

/*
  raster -> (channels, n1, n2) values from 0 to 255. fit: of a raster of another size, n1 = n2 then. work: kept between
  calls, for free().
*/
int KNRasterFit(KNFile *file, const KNRaster *raster, KNFit fit, size_t n1, size_t n2, size_t *work_bytes, void **work,
                float to[]);

#endif
