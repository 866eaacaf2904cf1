/* Initial states between walls: options, draws. wall_starts.h defines them. */
#include <kitinet/error.h>
#include <kitinet/random.h>
#include "wall_starts.h"
#include "engine_options.h"
#include "field_options.h"

#define KN_WAVES_HIGHEST 8                     /* wavenumber of waves */
#define KN_NORM_MODES    32                    /* along an axis, whose variance is normalised: the same on any grid */
#define KN_WAVENUMBERS   ((PetscInt64)1 << 24) /* more than there are along an axis */

/* What a number is drawn for: the last counter of the generator is this plus the field. */
enum { DRAW_MODES = 2000, DRAW_CELLS = 3000, DRAW_NUMBER = 4000 };

static const KNConservation scalar_law; /* of waves: nothing of it matters */

PetscErrorCode KNWallStartOptions(const char prefix[], KNWallStart *b)
{
  static const char *const kinds[] = {"field", "noise", "constant", "waves", NULL};
  static const char *const fewer[] = {"field", "noise", "constant", NULL};
  char                     field[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNEngineChoice(prefix, "initial",
                           b->fields == 1
                             ? "initial states: a bounded random field, independent normal numbers, a constant, or two "
                               "sines"
                             : "initial states: bounded random fields, independent normal numbers, or constants",
                           b->fields == 1 ? kinds : fewer, &b->kind));
  PetscCall(
    KNEngineReal(prefix, "low", "lowest value of initial states; of noise: mean minus deviation", -1e6, 1e6, &b->low));
  PetscCall(KNEngineReal(prefix, "high", "highest value of initial states; of noise: mean plus deviation", -1e6, 1e6,
                         &b->high));
  PetscCheck(b->low <= b->high, PETSC_COMM_WORLD, KN_ERR_USAGE, "-%slow is %.6g, above -%shigh %.6g", prefix,
             (double)b->low, prefix, (double)b->high);
  PetscCall(PetscSNPrintf(field, sizeof(field), "%sfield_", prefix));
  PetscCall(KNFieldOptions(field, "deviation of the random field before it is bounded", &b->alpha, &b->tau, &b->scale));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* amplitude(k) before it is normalised; 0 of the mean. */
static PetscReal KNWallStartAmplitude(const KNWallStart *b, const KNWall wall[], const PetscInt k[])
{
  PetscReal square = 0.0;

  for (PetscInt d = 0; d < b->cells->axes; d++) square += PetscSqr(KNWallWavenumber(wall + 2 * d, k[d]));
  return square > 0.0 ? PetscPowReal(square + b->tau * b->tau, -0.5 * b->alpha) : 0.0;
}

PetscErrorCode KNWallStartCreate(const KNCells *cells, KNWalls walls, const KNWall wall[], KNWallStart *b)
{
  const size_t count    = KNWallsCount(walls);
  PetscReal    variance = 0.0;
  PetscInt     k[KN_MAX_DIM], modes = 1;

  PetscFunctionBegin;
  b->cells = cells;
  b->walls = walls;
  PetscCall(KNMalloc(count, sizeof(PetscReal), &b->amplitude));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &b->modes));
  for (PetscInt d = 0; d < cells->axes; d++) modes *= KN_NORM_MODES;
  for (PetscInt m = 0; m < modes; m++) {
    for (PetscInt d = 0, rest = m; d < cells->axes; d++, rest /= KN_NORM_MODES) k[d] = rest % KN_NORM_MODES;
    variance += PetscSqr(KNWallStartAmplitude(b, wall, k));
  }
  for (size_t m = 0; m < count; m++) {
    KNWallsMode(walls, m, k);
    b->amplitude[m] = KNWallStartAmplitude(b, wall, k) / PetscSqrtReal(variance);
  }
  if (b->kind == KN_BEGIN_WAVES) {
    b->start = (KNStart){.axes   = cells->axes,
                         .fields = 1,
                         .vector = KN_NO_VECTOR,
                         .kind   = KN_START_WAVES,
                         .waves  = KN_WAVES_HIGHEST};
    PetscCall(KNStartCreate(&b->start));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallStartDestroy(KNWallStart *b)
{
  PetscFunctionBegin;
  if (b->start.sines) PetscCall(KNStartDestroy(&b->start));
  PetscCall(KNFree(&b->amplitude));
  PetscCall(KNFree(&b->modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallStartGaussian(KNWallStart *b, PetscInt64 seed, PetscInt64 sample, PetscInt f, PetscReal deviation,
                                   PetscReal u[])
{
  const size_t count = KNWallsCount(b->walls);

  PetscFunctionBegin;
  for (size_t m = 0; m < count; m++) {
    PetscInt k[KN_MAX_DIM];
    uint64_t word[4];
    double   xi[2];

    KNWallsMode(b->walls, m, k);
    KNRandomWords(seed, KN_STREAM_FIELD, k[0] * KN_WAVENUMBERS + k[1], k[2], sample, DRAW_MODES + f, word);
    KNNormalPair(word[0], word[1], xi);
    b->modes[m] = deviation * b->amplitude[m] * xi[0];
  }
  PetscCall(KNWallsBackward(b->walls, b->modes, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNWallStartNoise(const KNWallStart *b, PetscInt64 seed, PetscInt64 sample, PetscInt f, PetscReal u[])
{
  const size_t first = (size_t)b->cells->first * b->cells->layer;

  for (size_t i = 0; i < b->cells->size; i++) {
    uint64_t word[4];
    double   xi[2];

    KNRandomWords(seed, KN_STREAM_FIELD, (PetscInt64)(first + i), 0, sample, DRAW_CELLS + f, word);
    KNNormalPair(word[0], word[1], xi);
    u[i] = 0.5 * (b->low + b->high) + 0.5 * (b->high - b->low) * xi[0];
  }
}

/* Two sines, then scaled to [low, high] over all ranks. */
static PetscErrorCode KNWallStartWaves(KNWallStart *b, PetscInt64 seed, PetscInt64 sample, PetscReal u[])
{
  const KNCells *c        = b->cells;
  const size_t   n        = (size_t)c->n;
  PetscReal      range[2] = {-PETSC_MAX_REAL, -PETSC_MAX_REAL}, *position; /* of -u, of u */

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &position));
  for (size_t i = 0; i < n; i++) position[i] = KNCellsPosition(c, (PetscInt)i);
  KNStartDraw(&b->start, &scalar_law, NULL, seed, sample);
  for (size_t i = 0; i < c->size; i += n) {
    PetscReal at[KN_MAX_DIM], *row = u + i;

    if (c->axes == 2) at[0] = KNCellsPosition(c, c->first + (PetscInt)(i / n));
    if (c->axes == 3) {
      at[0] = KNCellsPosition(c, c->first + (PetscInt)(i / n / n));
      at[1] = KNCellsPosition(c, (PetscInt)(i / n % n));
    }
    KNStartRow(&b->start, at, position, n, &row);
  }
  PetscCall(PetscFree(position));
  for (size_t i = 0; i < c->size; i++) {
    range[0] = PetscMax(range[0], -u[i]);
    range[1] = PetscMax(range[1], u[i]);
  }
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPI_MAX, c->comm));
  for (size_t i = 0; i < c->size; i++) {
    const PetscReal width = range[1] + range[0];

    u[i] = b->low + (width > 0.0 ? (b->high - b->low) * (u[i] + range[0]) / width : 0.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallStartDraw(KNWallStart *b, PetscInt64 seed, PetscInt64 sample, PetscInt f, PetscReal u[])
{
  uint64_t word[4];

  PetscFunctionBegin;
  switch (b->kind) {
  case KN_BEGIN_NOISE: KNWallStartNoise(b, seed, sample, f, u); break;
  case KN_BEGIN_WAVES: PetscCall(KNWallStartWaves(b, seed, sample, u)); break;
  case KN_BEGIN_CONSTANT:
    KNRandomWords(seed, KN_STREAM_FIELD, 0, 0, sample, DRAW_NUMBER + f, word);
    for (size_t i = 0; i < b->cells->size; i++) u[i] = b->low + (b->high - b->low) * KNUniform(word[0]);
    break;
  default:
    PetscCall(KNWallStartGaussian(b, seed, sample, f, b->scale, u));
    for (size_t i = 0; i < b->cells->size; i++) {
      u[i] = b->low + 0.5 * (b->high - b->low) * (1.0 + PetscTanhReal(u[i]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNWallStartDescribe(const KNWallStart *b, KNProblem *p)
{
  p->parameter[p->parameters++] = (KNParameter){.name = "low", .unit = "1", .value = b->low};
  p->parameter[p->parameters++] = (KNParameter){.name = "high", .unit = "1", .value = b->high};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_alpha", .unit = "1", .value = b->alpha};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_tau", .unit = "1", .value = b->tau};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_scale", .unit = "1", .value = b->scale};
}

/* Waves may have a window, which stands in the middle. */
PetscBool KNWallStartShifts(const KNWallStart *b)
{
  return (PetscBool)(b->kind != KN_BEGIN_WAVES);
}

/* Wavenumbers of waves are not alike in all axes. */
PetscBool KNWallStartExchanges(const KNWallStart *b)
{
  return (PetscBool)(b->kind != KN_BEGIN_WAVES);
}

PetscBool KNWallStartNegates(const KNWallStart *b)
{
  return (PetscBool)(b->low == -b->high);
}
