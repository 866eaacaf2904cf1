/*
  Packed HDF5 arrays, unpacked here.

  HDF5 1.10 reads beyond a chunk that unpacks to fewer bytes than its shape has, and unpacks one of any length: garbage
  becomes data, or memory is out. Here every chunk must unpack to exactly its bytes. The filters are deflate, shuffle,
  fletcher32 and h5py's lzf (32000; libhdf5 itself does not know that one).
*/
#include "format_impl.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MAX_FILTERS = 8, FLETCHER_BYTES = 4, MAX_RANK = KN_MAX_AXES };

typedef struct {
  hid_t          array;
  int            rank, filters;
  H5Z_filter_t   filter[MAX_FILTERS]; /* in the order of writing */
  hsize_t        chunk[MAX_RANK];
  size_t         bytes, room; /* of a chunk; with checksums */
  KNNumber       number;
  unsigned char *packed, *unpacked; /* (packed_bytes), (room) */
  size_t         packed_bytes;
} Chunks;

/* 16-bit words, the first byte the high one, summed with end-around carry; so are the partial sums. */
static uint32_t kn_fletcher32(const unsigned char *bytes, size_t n)
{
  uint32_t sum = 0, sums = 0;

  for (size_t i = 0; i < n; i += 2) {
    sum += (uint32_t)bytes[i] << 8 | (i + 1 < n ? bytes[i + 1] : 0u);
    sum = (sum & 0xffff) + (sum >> 16);
    sums += sum;
    sums = (sums & 0xffff) + (sums >> 16);
  }
  return sums << 16 | sum;
}

/* LZF: literal runs and references to what was unpacked before. Returns the bytes put into to (room), 0: damaged. */
static size_t kn_lzf_unpack(const unsigned char *from, size_t n, unsigned char *to, size_t room)
{
  size_t used = 0;

  for (size_t i = 0; i < n;) {
    const unsigned control = from[i++];
    size_t         length  = control >> 5, back;

    if (!length) { // control + 1 literal bytes
      length = control + 1u;
      if (length > n - i || length > room - used) return 0;
      memcpy(to + used, from + i, length);
      i += length;
      used += length;
      continue;
    }
    if (length == 7 && i < n) length += from[i++];
    length += 2;
    if (i == n) return 0;
    back = ((size_t)(control & 31) << 8) + from[i++] + 1;
    if (back > used || length > room - used) return 0;
    for (; length; length--, used++) to[used] = to[used - back]; // may overlap
  }
  return used;
}

/* zlib's format. As above. */
static size_t Inflate(const unsigned char *from, size_t n, unsigned char *to, size_t room)
{
  z_stream stream = {.next_in = (z_const Bytef *)from, .avail_in = (uInt)n, .next_out = to, .avail_out = (uInt)room};
  int      code;

  if (inflateInit(&stream) != Z_OK) return 0;
  code = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return code == Z_STREAM_END ? room - stream.avail_out : 0;
}

/* Byte b of element i lies at b (n / size) + i; what is left over at the end is not moved. */
static void Unshuffle(const unsigned char *from, size_t n, size_t size, unsigned char *to)
{
  const size_t elements = n / size;

  for (size_t b = 0; b < size; b++) {
    for (size_t i = 0; i < elements; i++) to[i * size + b] = from[b * elements + i];
  }
  memcpy(to + elements * size, from + elements * size, n - elements * size);
}

static PetscBool NumberOf(hid_t type, KNNumber *number)
{
  const size_t size = H5Tget_size(type);
  size_t       sign, exponent, exponent_bits, mantissa, mantissa_bits;

  number->size    = size;
  number->swapped = (PetscBool)(H5Tget_order(type) == H5T_ORDER_BE);
  if (H5Tget_class(type) == H5T_INTEGER) {
    number->kind = H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i';
    return (PetscBool)((size == 1 || size == 2 || size == 4 || size == 8) && H5Tget_precision(type) == 8 * size);
  }
  number->kind = 'f';
  if (H5Tget_class(type) != H5T_FLOAT ||
      H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0)
    return PETSC_FALSE;
  if (sign != 8 * size - 1 || mantissa || exponent != mantissa_bits || exponent_bits + mantissa_bits != sign)
    return PETSC_FALSE;
  if (H5Tget_ebias(type) != (1u << (exponent_bits - 1)) - 1) return PETSC_FALSE;
  return (PetscBool)((size == 2 && exponent_bits == 5) || (size == 4 && exponent_bits == 8) ||
                     (size == 8 && exponent_bits == 11));
}

static int Describe(KNFile *file, Chunks *c)
{
  hid_t type, creation;
  int   fits;

  KNCallHDF5(file, type = H5Dget_type(c->array));
  fits = NumberOf(type, &c->number);
  H5Tclose(type);
  if (!fits)
    return KNFileFail(file, file->code,
                      "holds numbers of an unusual form in a packed array: unpack it with \"h5repack -f NONE\"");
  KNCallHDF5(file, creation = H5Dget_create_plist(c->array));
  c->filters = H5Pget_nfilters(creation);
  KNCallHDF5(file, H5Pget_chunk(creation, MAX_RANK, c->chunk));
  c->bytes = c->room = c->number.size;
  for (int a = 0; a < c->rank; a++) c->bytes *= (size_t)c->chunk[a]; // judged: at most 1 GiB
  c->room = c->bytes;
  for (int i = 0; i < c->filters && i < MAX_FILTERS; i++) {
    unsigned flags;
    size_t   none = 0;

    c->filter[i] = H5Pget_filter2(creation, (unsigned)i, &flags, &none, NULL, 0, NULL, NULL);
    if (c->filter[i] == H5Z_FILTER_FLETCHER32) c->room += FLETCHER_BYTES;
  }
  H5Pclose(creation);
  if (c->filters < 0 || c->filters > MAX_FILTERS)
    return KNFileFail(file, file->code, "is packed by %d filters, at most %d can be undone", c->filters, MAX_FILTERS);
  c->packed       = (unsigned char *)malloc(c->room);
  c->unpacked     = (unsigned char *)malloc(c->room);
  c->packed_bytes = c->room;
  return c->packed && c->unpacked ? 0 : KNFileFail(file, PETSC_ERR_MEM, "no memory for a chunk of %zu bytes", c->room);
}

/* Undoes one filter: c->packed (n bytes) -> c->packed; returns the bytes, 0: damaged. */
static size_t Undo(Chunks *c, H5Z_filter_t filter, size_t n)
{
  unsigned char *other = c->packed;
  size_t         bytes = 0;
  uint32_t       sum   = 0;

  if (filter == H5Z_FILTER_FLETCHER32) {
    if (n <= FLETCHER_BYTES) return 0;
    for (int i = 0; i < FLETCHER_BYTES; i++) sum |= (uint32_t)c->packed[n - FLETCHER_BYTES + (size_t)i] << 8 * i;
    return sum == kn_fletcher32(c->packed, n - FLETCHER_BYTES) ? n - FLETCHER_BYTES : 0;
  }
  if (filter == H5Z_FILTER_DEFLATE) bytes = Inflate(c->packed, n, c->unpacked, c->room);
  else if (filter == H5Z_FILTER_SHUFFLE)
    Unshuffle(c->packed, bytes = PetscMin(n, c->room), c->number.size, c->unpacked);
  else if (filter == KN_FILTER_LZF) bytes = kn_lzf_unpack(c->packed, n, c->unpacked, c->room);
  c->packed   = c->unpacked;
  c->unpacked = other;
  return bytes;
}

/* The chunk that begins at `offset` -> c->packed, as it is in memory. */
static int Load(KNFile *file, const char name[], Chunks *c, const hsize_t offset[])
{
  hsize_t  stored;
  uint32_t skipped = 0;
  size_t   n;

  KNCallHDF5(file, H5Dget_chunk_storage_size(c->array, offset, &stored));
  if (!stored || stored > 2 * (hsize_t)c->room + 4096)
    return KNFileFail(file, file->code, "%s: a chunk of %zu bytes is stored as %llu: damaged, copy the file again",
                      name, c->bytes, (unsigned long long)stored);
  if (stored > c->packed_bytes || stored > c->room) { // both buffers, as they change places
    unsigned char *a = (unsigned char *)realloc(c->packed, PetscMax((size_t)stored, c->packed_bytes)), *b;

    if (a) c->packed = a;
    b = (unsigned char *)realloc(c->unpacked, PetscMax((size_t)stored, c->packed_bytes));
    if (b) c->unpacked = b;
    if (!a || !b)
      return KNFileFail(file, PETSC_ERR_MEM, "no memory for a chunk of %llu bytes", (unsigned long long)stored);
    c->packed_bytes = PetscMax((size_t)stored, c->packed_bytes);
  }
  KNCallHDF5(file, H5Dread_chunk(c->array, H5P_DEFAULT, offset, &skipped, c->packed));
  n = (size_t)stored;
  for (int i = c->filters - 1; i >= 0 && n; i--) {
    if (!(skipped >> i & 1)) n = Undo(c, c->filter[i], n);
  }
  if (n == c->bytes) return 0;
  return KNFileFail(
    file, file->code,
    "%s: the chunk at entry %llu of its first axis does not unpack to its %zu bytes: damaged, copy the file again",
    name, (unsigned long long)offset[0], c->bytes);
}

/* The points of the slab that lie in the chunk at `offset`, from axis a on: from: their place in the chunk, to: in
 * value; both in values. */
static void Scatter(const Chunks *c, int a, const hsize_t offset[], const size_t start[], const size_t step[],
                    const size_t extent[], size_t from, size_t to, size_t width, char *value)
{
  const size_t begin = (size_t)offset[a], end = begin + (size_t)c->chunk[a];
  size_t       i = begin > start[a] ? (begin - start[a] + step[a] - 1) / step[a] : 0;

  if (a == c->rank - 1 && step[a] == 1) {
    const size_t at = start[a] + i, count = at < end ? PetscMin(extent[a] - PetscMin(i, extent[a]), end - at) : 0;

    if (count)
      KNNumberConvert(&c->number, count, c->packed + (from * (size_t)c->chunk[a] + at - begin) * c->number.size, width,
                      value + (to * extent[a] + i) * width);
    return;
  }
  for (; i < extent[a] && start[a] + i * step[a] < end; i++) {
    const size_t f = from * (size_t)c->chunk[a] + start[a] + i * step[a] - begin, t = to * extent[a] + i;

    if (a == c->rank - 1) KNNumberConvert(&c->number, 1, c->packed + f * c->number.size, width, value + t * width);
    else Scatter(c, a + 1, offset, start, step, extent, f, t, width, value);
  }
}

static int ReadAll(KNFile *file, const KNVariable *variable, Chunks *c, const size_t start[], const size_t step[],
                   const size_t extent[], size_t width, void *value)
{
  hsize_t first[MAX_RANK], offset[MAX_RANK];
  int     a;

  KNCallFile(Describe(file, c));
  for (a = 0; a < c->rank; a++) offset[a] = first[a] = start[a] / c->chunk[a] * c->chunk[a];
  for (;;) {
    KNCallFile(Load(file, variable->name, c, offset));
    Scatter(c, 0, offset, start, step, extent, 0, 0, width, (char *)value);
    for (a = c->rank - 1; a >= 0; a--) {
      offset[a] += c->chunk[a];
      if (offset[a] <= start[a] + (extent[a] - 1) * step[a]) break;
      offset[a] = first[a];
    }
    if (a < 0) return 0;
  }
}

int KNChunksRead(KNFile *file, const KNVariable *variable, const size_t start[], const size_t step[],
                 const size_t extent[], size_t width, void *value)
{
  Chunks    c    = {.array = (hid_t)variable->handle, .rank = variable->rank};
  const int code = ReadAll(file, variable, &c, start, step, extent, width, value);

  free(c.packed);
  free(c.unpacked);
  return code;
}
