/* Initial states of conservation laws: draws and evaluation. starts.h defines them. */
#include <kitinet/random.h>
#include "starts.h"

#define KN_SCALAR_SINES 2    /* of a law of one scalar */
#define KN_SYSTEM_SINES 4    /* of a field of a system */
#define KN_SLOPE        -1.0 /* of turbulence: amplitudes are |k|^slope */

/* What a number is drawn for: with wave and field, the counters of the generator. */
enum { DRAW_STATE, DRAW_PLACE, DRAW_SINE, DRAW_SHAPE };

PetscErrorCode KNStartCreate(KNStart *start)
{
  PetscInt modes = 1;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < start->axes; d++) modes *= 2 * start->waves + 1;
  if (start->kind == KN_START_TURBULENCE) start->sines = modes / 2;
  else start->sines = start->fields == 1 ? KN_SCALAR_SINES : KN_SYSTEM_SINES * start->fields;
  PetscCall(PetscCalloc3(start->sines, &start->k, start->sines, &start->amplitude, start->sines, &start->phase));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStartDestroy(KNStart *start)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(start->k, start->amplitude, start->phase));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Four uniform numbers in (0, 1). */
static void KNStartUniform(PetscInt64 seed, PetscInt64 sample, PetscInt what, PetscInt a, PetscInt b, PetscReal x[4])
{
  uint64_t word[4];

  KNRandomWords(seed, KN_STREAM_FIELD, a, b, sample, 1000 + what, word);
  for (int i = 0; i < 4; i++) x[i] = KNUniform(word[i]);
}

static PetscBool KNStartIsVector(const KNStart *s, PetscInt field)
{
  return (PetscBool)(s->vector >= 0 && field >= s->vector && field < s->vector + s->axes);
}

/* Constant states of all regions; the first one is the middle of the ranges where sines are added to it. */
static void KNStartStates(KNStart *s, const KNConservation *law, const PetscReal p[], PetscInt64 seed,
                          PetscInt64 sample)
{
  const PetscBool drawn = (PetscBool)(s->kind == KN_START_RIEMANN || s->kind == KN_START_QUADRANTS);
  PetscReal       x[4];

  for (PetscInt region = 0; region < 8; region++) {
    PetscReal *state = s->state[region], speed;

    for (PetscInt f = 0; f < s->fields; f++) {
      KNStartUniform(seed, sample, DRAW_STATE, region, f, x);
      if (KNStartIsVector(s, f)) state[f] = 0.0;
      else if (s->kind == KN_START_RADIAL) state[f] = region == 1 ? s->high[f] : s->low[f];
      else state[f] = drawn ? s->low[f] + x[0] * (s->high[f] - s->low[f]) : 0.5 * (s->low[f] + s->high[f]);
    }
    if (!drawn) continue;
    speed = s->scale * (law->sound ? law->sound(state, s->axes, p) : 1.0);
    for (PetscInt f = 0; f < s->fields; f++) {
      KNStartUniform(seed, sample, DRAW_STATE, region, f, x);
      if (KNStartIsVector(s, f)) state[f] = speed * (2.0 * x[0] - 1.0);
    }
  }
}

/* A whole wavenumber vector that is not 0: of one axis 1 .. waves, of more between -waves and waves. */
static void KNStartWavenumber(const KNStart *s, const PetscReal x[], PetscInt k[])
{
  PetscInt largest = 0;

  for (PetscInt d = 0; d < s->axes; d++) {
    k[d]    = s->axes == 1 ? 1 + (PetscInt)(x[d] * s->waves) : (PetscInt)(x[d] * (2 * s->waves + 1)) - s->waves;
    largest = PetscMax(largest, PetscAbsInt(k[d]));
  }
  if (!largest) k[0] = 1;
}

static void KNStartScalarWaves(KNStart *s, PetscInt64 seed, PetscInt64 sample)
{
  PetscReal x[4];

  s->count = KN_SCALAR_SINES;
  for (PetscInt m = 0; m < s->count; m++) {
    KNStartUniform(seed, sample, DRAW_SINE, m, 0, x);
    KNStartWavenumber(s, x, s->k[m]);
    KNStartUniform(seed, sample, DRAW_SINE, m, 1, x);
    s->amplitude[m][0] = x[0];
    s->phase[m]        = 2.0 * PETSC_PI * x[1];
  }
  KNStartUniform(seed, sample, DRAW_SHAPE, 0, 0, x);
  s->absolute = (PetscBool)(x[0] < 0.1);
  s->windowed = (PetscBool)(x[1] < 0.1);
  s->sign     = x[2] < 0.5 ? -1.0 : 1.0;
  KNStartUniform(seed, sample, DRAW_SHAPE, 1, 0, x);
  s->window[0]   = 0.1 + 0.35 * x[0];
  s->window[1]   = 0.55 + 0.35 * x[1];
  s->state[0][0] = 0.0;
}

static void KNStartSystemWaves(KNStart *s, PetscReal speed, PetscInt64 seed, PetscInt64 sample)
{
  PetscReal x[4];

  s->count = KN_SYSTEM_SINES * s->fields;
  for (PetscInt f = 0; f < s->fields; f++) {
    PetscReal sum  = 0.0;
    PetscReal most = KNStartIsVector(s, f) ? speed : 0.5 * (s->high[f] - s->low[f]);

    for (PetscInt m = f * KN_SYSTEM_SINES; m < (f + 1) * KN_SYSTEM_SINES; m++) {
      for (PetscInt g = 0; g < s->fields; g++) s->amplitude[m][g] = 0.0;
      KNStartUniform(seed, sample, DRAW_SINE, m, 0, x);
      KNStartWavenumber(s, x, s->k[m]);
      KNStartUniform(seed, sample, DRAW_SINE, m, 1, x);
      s->amplitude[m][f] = x[0];
      s->phase[m]        = 2.0 * PETSC_PI * x[1];
      sum += x[0];
    }
    for (PetscInt m = f * KN_SYSTEM_SINES; m < (f + 1) * KN_SYSTEM_SINES; m++) s->amplitude[m][f] *= most / sum;
  }
}

/* One of each pair k, -k; velocities across k, but on one axis. The mean square is that of `speed`. */
static void KNStartTurbulence(KNStart *s, PetscReal speed, PetscInt64 seed, PetscInt64 sample)
{
  const PetscInt width  = 2 * s->waves + 1;
  PetscReal      square = 0.0;

  s->count = s->sines;
  for (PetscInt m = 0; m < s->count; m++) {
    PetscReal along = 0.0, k2 = 0.0, x[4], y[4];
    PetscInt  rest = m + s->sines + 1; /* the modes behind k = 0 */

    for (PetscInt d = s->axes - 1; d >= 0; d--, rest /= width) s->k[m][d] = rest % width - s->waves;
    KNStartUniform(seed, sample, DRAW_SINE, m, 0, x);
    KNStartUniform(seed, sample, DRAW_SINE, m, 1, y);
    for (PetscInt f = 0; f < s->fields; f++) s->amplitude[m][f] = 0.0;
    s->phase[m] = 2.0 * PETSC_PI * y[0];
    for (PetscInt d = 0; d < s->axes; d++) {
      s->amplitude[m][s->vector + d] = x[d] - 0.5;
      along += (x[d] - 0.5) * (PetscReal)s->k[m][d];
      k2 += (PetscReal)(s->k[m][d] * s->k[m][d]);
    }
    for (PetscInt d = 0; d < s->axes; d++) {
      PetscReal *a = &s->amplitude[m][s->vector + d];

      if (s->axes > 1) *a -= along * (PetscReal)s->k[m][d] / k2;
      *a *= PetscPowReal(k2, 0.5 * KN_SLOPE);
      square += 0.5 * *a * *a;
    }
  }
  for (PetscInt m = 0; m < s->count; m++) {
    for (PetscInt d = 0; d < s->axes; d++) s->amplitude[m][s->vector + d] *= speed / PetscSqrtReal(square);
  }
}

void KNStartDraw(KNStart *s, const KNConservation *law, const PetscReal p[], PetscInt64 seed, PetscInt64 sample)
{
  PetscReal x[4], y[4], speed;

  s->count    = 0;
  s->absolute = s->windowed = PETSC_FALSE;
  s->sign                   = 1.0;
  KNStartStates(s, law, p, seed, sample);
  speed = s->scale * (law->sound ? law->sound(s->state[0], s->axes, p) : 1.0);
  KNStartUniform(seed, sample, DRAW_PLACE, 0, 0, x);
  KNStartUniform(seed, sample, DRAW_PLACE, 1, 0, y);
  s->radius = s->radius_low + y[0] * (s->radius_high - s->radius_low);
  for (PetscInt d = 0; d < s->axes; d++) {
    if (s->kind == KN_START_RIEMANN) s->centre[d] = 0.25 + 0.5 * x[d];
    else s->centre[d] = s->kind == KN_START_QUADRANTS ? 0.4 + 0.2 * x[d] : 0.5;
  }
  if (s->kind == KN_START_WAVES && s->fields == 1) KNStartScalarWaves(s, seed, sample);
  else if (s->kind == KN_START_WAVES) KNStartSystemWaves(s, speed, seed, sample);
  else if (s->kind == KN_START_TURBULENCE) KNStartTurbulence(s, speed, seed, sample);
}

/* The region in which a point lies. */
static PetscInt KNStartRegion(const KNStart *s, const PetscReal at[], PetscReal x)
{
  PetscInt  region = 0;
  PetscReal square = 0.0;

  for (PetscInt d = 0; d < s->axes; d++) {
    const PetscReal distance = (d < s->axes - 1 ? at[d] : x) - s->centre[d];

    if (distance >= 0.0 && (d == 0 || s->kind == KN_START_QUADRANTS)) region += 1 << d;
    square += distance * distance;
  }
  if (s->kind == KN_START_RADIAL) return square < s->radius * s->radius;
  return s->kind == KN_START_RIEMANN || s->kind == KN_START_QUADRANTS ? region : 0;
}

/* 1 within the window along each axis, 0 outside, with edges of a hundredth. */
static PetscReal KNStartWindow(const KNStart *s, PetscReal x)
{
  return 0.5 * (PetscTanhReal((x - s->window[0]) / 0.01) - PetscTanhReal((x - s->window[1]) / 0.01));
}

void KNStartRow(const KNStart *s, const PetscReal at[], const PetscReal x[], size_t n, PetscReal *const w[])
{
  for (size_t i = 0; i < n; i++) {
    const PetscInt region = KNStartRegion(s, at, x[i]);

    for (PetscInt f = 0; f < s->fields; f++) w[f][i] = s->state[region][f];
  }
  for (PetscInt m = 0; m < s->count; m++) {
    const PetscReal last   = 2.0 * PETSC_PI * (PetscReal)s->k[m][s->axes - 1];
    PetscReal       offset = 0.0;

    for (PetscInt d = 0; d < s->axes - 1; d++) offset += 2.0 * PETSC_PI * (PetscReal)s->k[m][d] * at[d];
    for (size_t i = 0; i < n; i++) {
      const PetscReal sine = PetscSinReal(offset + last * x[i] + s->phase[m]);

      for (PetscInt f = 0; f < s->fields; f++) w[f][i] += s->amplitude[m][f] * sine;
    }
  }
  if (s->kind != KN_START_WAVES || s->fields > 1) return;
  for (size_t i = 0; i < n; i++) {
    if (s->absolute) w[0][i] = PetscAbsReal(w[0][i]);
    w[0][i] *= s->sign;
    for (PetscInt d = 0; s->windowed && d < s->axes; d++) w[0][i] *= KNStartWindow(s, d < s->axes - 1 ? at[d] : x[i]);
  }
}
