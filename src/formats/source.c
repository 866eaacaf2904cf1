/*
  Sources: foreign files are read a batch of samples at a time; how they are opened stands in source_open.c.

  A batch is read piece by piece. Each is one slab of an array as it lies in the file (raw), copied into place by the
  distances that its axes have in a sample: whatever the order of axes, one pass over the slab. An array without an
  axis n or t holds the same for all samples or frames.
*/
#include "format_impl.h"
#include <string.h>

/* to[sum of i_d to_step_d] = from[sum of i_d from_step_d], for all i_d < extent_d. */
static void kn_copy_strided(float *to, const float *from, int rank, const size_t extent[], const size_t to_step[],
                            const size_t from_step[])
{
  if (rank == 0) {
    *to = *from;
  } else if (rank == 1) {
    for (size_t i = 0; i < extent[0]; i++) to[i * to_step[0]] = from[i * from_step[0]];
  } else {
    for (size_t i = 0; i < extent[0]; i++)
      kn_copy_strided(to + i * to_step[0], from + i * from_step[0], rank - 1, extent + 1, to_step + 1, from_step + 1);
  }
}

/* Values between neighbours along an axis of a piece, in a block of samples in memory. */
static size_t AxisStep(const KNProblem *problem, PetscBool output, char axis)
{
  const KNGrid *grid   = output ? &problem->output.grid : &problem->input.grid;
  const size_t  points = KNGridSize(grid);

  switch (axis) {
  case 'n': return output ? KNProblemOutputSize(problem) : KNProblemInputSize(problem);
  case 't': return points * (size_t)problem->output.fields;
  case 'c': return points;
  case 'd': return points * (size_t)grid->dim;
  case 'x': return (size_t)grid->n[1] * (size_t)grid->n[2];
  case 'y': return (size_t)grid->n[2];
  default: return 1;
  }
}

static size_t AxisExtent(const KNProblem *problem, const KNPiece *piece, char axis, size_t samples)
{
  const KNGrid *grid = piece->output ? &problem->output.grid : &problem->input.grid;

  switch (axis) {
  case 'n': return samples;
  case 't': return (size_t)piece->frames;
  case 'c': return (size_t)(strchr(piece->axes, 'd') ? grid->dim : piece->fields);
  case 'd': return (size_t)grid->dim;
  case '1': return 1;
  default: return (size_t)grid->n[axis - 'x'];
  }
}

/* The slab of a piece that belongs to `count` samples; returns the number of its values. */
static size_t PieceSlab(const KNProblem *problem, const KNPiece *piece, size_t count, size_t extent[],
                        size_t sample_step[], size_t slab_step[])
{
  const int rank = (int)strlen(piece->axes);
  size_t    size = 1;

  for (int a = rank - 1; a >= 0; a--) {
    extent[a]      = AxisExtent(problem, piece, piece->axes[a], count);
    sample_step[a] = AxisStep(problem, piece->output, piece->axes[a]);
    slab_step[a]   = size;
    size *= extent[a];
  }
  return size;
}

/* Where the piece begins in a block of samples. */
static size_t PieceStart(const KNProblem *problem, const KNPiece *piece)
{
  return ((size_t)piece->frame * (size_t)problem->output.fields + (size_t)piece->field) *
         KNGridSize(piece->output ? &problem->output.grid : &problem->input.grid);
}

void KNPieceShape(const KNProblem *problem, const KNPiece *piece, size_t samples, size_t shape[])
{
  for (int a = 0; piece->axes[a]; a++) shape[a] = AxisExtent(problem, piece, piece->axes[a], samples);
}

void KNPieceStore(const KNProblem *problem, const KNPiece *piece, size_t count, const float block[], size_t extent[],
                  float slab[])
{
  size_t sample_step[KN_MAX_AXES], slab_step[KN_MAX_AXES];

  PieceSlab(problem, piece, count, extent, sample_step, slab_step);
  kn_copy_strided(slab, block + PieceStart(problem, piece), (int)strlen(piece->axes), extent, slab_step, sample_step);
}

static int ReadPiece(KNSource source, const KNPiece *piece, size_t first, size_t count, float block[])
{
  KNVariable  *variable = &source->variable[piece->variable];
  const size_t width    = variable->wide || variable->scale != 0 ? sizeof(double) : sizeof(float);
  const char  *sample   = strchr(piece->axes, 'n');
  size_t       extent[KN_MAX_AXES + 2], sample_step[KN_MAX_AXES + 2], slab_step[KN_MAX_AXES + 2], start[KN_MAX_AXES],
    step[KN_MAX_AXES];
  int          rank = variable->rank;
  const size_t size = PieceSlab(&source->problem, piece, count, extent, sample_step, slab_step);

  for (int a = 0; a < rank; a++) {
    const PetscBool space = (PetscBool)(piece->axes[a] >= 'x');

    start[a] = piece->axes[a] == 'n' ? first : space ? (size_t)source->offset : 0;
    step[a]  = space ? (size_t)source->stride : 1;
  }
  KNCallFile(KNScratch(&source->file, size * width, &source->raw_bytes, &source->raw));
  KNCallFile(source->format->read(source, variable, start, step, extent, width, source->raw));
  if (width == sizeof(double))
    KNCallFile(KNSourceNarrow(source, variable, size, first, sample ? count : 0,
                              sample ? slab_step[sample - piece->axes] : 1, source->raw));
  for (const char *axis = "nt"; *axis; axis++) { // the same for all samples, for all frames
    if (strchr(piece->axes, *axis)) continue;
    extent[rank]      = AxisExtent(&source->problem, piece, *axis, count);
    sample_step[rank] = AxisStep(&source->problem, piece->output, *axis);
    slab_step[rank++] = 0;
  }
  kn_copy_strided(block + PieceStart(&source->problem, piece), (const float *)source->raw, rank, extent, sample_step,
                  slab_step);
  return 0;
}

static int CheckRows(KNSource source, PetscInt64 first, PetscInt64 count)
{
  if (first < 0 || count < 0 || first > source->samples - count)
    return KNFileFail(&source->file, source->file.code, "has no samples %lld to %lld, only 0 to %lld", (long long)first,
                      (long long)(first + count - 1), (long long)source->samples - 1);
  return 0;
}

static int ReadRows(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[])
{
  KNCallFile(CheckRows(source, first, count));
  if (source->format->read_rows) return source->format->read_rows(source, first, count, x, y);
  for (PetscInt i = 0; i < source->pieces; i++)
    KNCallFile(ReadPiece(source, &source->piece[i], (size_t)first, (size_t)count, source->piece[i].output ? y : x));
  return 0;
}

int KNSourceRead(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[], size_t size, char message[])
{
  int code;

  KNHDF5Lock();
  code = ReadRows(source, first, count, x, y);
  if (code && size) snprintf(message, size, "%s", source->file.message);
  KNHDF5Unlock();
  return code;
}

int KNSourceReadTokens(KNSource source, PetscInt64 first, PetscInt64 count, int32_t token[], int32_t length[],
                       size_t size, char message[])
{
  int code;

  KNHDF5Lock();
  code = CheckRows(source, first, count);
  if (!code)
    code = source->format->read_tokens
             ? source->format->read_tokens(source, first, count, token, length)
             : KNFileFail(&source->file, source->file.code, "is %s, no file of texts", source->kind);
  if (code && size) snprintf(message, size, "%s", source->file.message);
  KNHDF5Unlock();
  return code;
}

int KNSourceAddPiece(KNSource source, const KNVariable *variable, const char axes[], PetscBool output, PetscInt field,
                     PetscInt fields, PetscInt frame, PetscInt frames)
{
  KNPiece         *piece   = &source->piece[source->pieces];
  const KNProblem *problem = &source->problem;
  KNFile          *file    = &source->file;

  KNCallFile(KNSourceJudge(source, variable));
  if (source->pieces == KN_MAX_PIECES)
    return KNFileFail(file, file->code, "more than %d variables to read", KN_MAX_PIECES);
  if ((int)strlen(axes) != variable->rank)
    return KNSourceAsk(source, "%s has %d axes, \"%s\" are %zu", variable->name, variable->rank, axes, strlen(axes));
  *piece = (KNPiece){.variable = (int)(variable - source->variable),
                     .output   = output,
                     .field    = field,
                     .fields   = fields,
                     .frame    = frame,
                     .frames   = frames};
  snprintf(piece->axes, sizeof(piece->axes), "%s", axes);
  for (int a = 0; a < variable->rank; a++) {
    const size_t n      = variable->shape[a];
    const size_t points = AxisExtent(problem, piece, axes[a], (size_t)source->samples);
    PetscBool    fits   = (PetscBool)(n == points);

    if (axes[a] >= 'x')
      fits = (PetscBool)(axes[a] - 'x' < (output ? problem->output.grid.dim : problem->input.grid.dim) &&
                         (size_t)source->offset + (points - 1) * (size_t)source->stride < n &&
                         (n + (size_t)source->stride - 1) / (size_t)source->stride == points);
    if (!fits)
      return KNSourceAsk(
        source, "%s has %zu entries along its axis %c, the others %zu; say which axis is which, as in -x x:nxy",
        variable->name, n, axes[a], points);
  }
  source->pieces++;
  return 0;
}
