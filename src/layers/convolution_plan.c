/* Where a convolution's taps read and its results belong: the plans of its two sweeps. See convolution_impl.h. */
#include "convolution_impl.h"

static PetscErrorCode MakeAxis(size_t n, size_t phases, size_t M, size_t step, KNSpreadAxis *axis)
{
  PetscFunctionBegin;
  *axis = (KNSpreadAxis){.n = n, .phases = phases, .M = M, .step = step};
  PetscCall(PetscMalloc3(phases * M, &axis->index, phases, &axis->run[0], phases, &axis->run[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* i, or the point of a periodic axis that it is, or -1 outside of the axis */
static int Wrap(PetscInt64 i, size_t n, int periodic)
{
  const PetscInt64 count = (PetscInt64)n;

  if (periodic) i = (i % count + count) % count;
  return i < 0 || i >= count ? -1 : (int)i;
}

/* The longest run of points that lie `step` apart, of each phase. */
static void FindRuns(KNSpreadAxis *axis)
{
  for (size_t q = 0; q < axis->phases; q++) {
    const int *index = axis->index + q * axis->M;

    axis->run[0][q] = axis->run[1][q] = 0;
    for (size_t first = 0, end; first < axis->M; first = end) {
      for (end = first + 1; end < axis->M && index[first] >= 0 && index[end] == index[end - 1] + (int)axis->step;)
        end++;
      if (index[first] < 0 || end - first <= axis->run[1][q] - axis->run[0][q]) continue;
      axis->run[0][q] = first;
      axis->run[1][q] = end;
    }
  }
}

PetscErrorCode KNSpreadAxisMake(size_t n, size_t phases, size_t M, size_t step, size_t before, int periodic,
                                KNSpreadAxis *axis)
{
  PetscFunctionBegin;
  PetscCall(MakeAxis(n, phases, M, step, axis));
  for (size_t i = 0; i < phases * M; i++)
    axis->index[i] = Wrap((PetscInt64)(step * (i % M) + i / M) - (PetscInt64)before, n, periodic);
  FindRuns(axis);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpreadReset(KNSpread *spread)
{
  PetscFunctionBegin;
  for (int a = 0; a < 3; a++)
    PetscCall(PetscFree3(spread->axis[a].index, spread->axis[a].run[0], spread->axis[a].run[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  What an axis of a part looks like: its results, where they belong, its taps, and at which point of the padded source
  each of them reads for the first result.
*/
typedef struct {
  size_t     n, taps;
  PetscInt64 first, by; /* result j belongs to point first + by j */
  size_t     tap[64], at[64], phase[64];
} Axis;

/* Makes part number p of the sweep from its three axes. k: kernel. wrap: results belong to points of a periodic axis.
 */
static PetscErrorCode MakePart(KNConvolutionSweep *sweep, const Axis *const along[3], const size_t k[3], int wrap)
{
  const KNSpreadAxis *axis  = sweep->spread.axis;
  KNConvolutionPart  *part  = &sweep->part[sweep->nparts++];
  const size_t        depth = sweep->points ? sweep->Ci * sweep->groups : 1;
  const size_t        plane = axis[0].M * axis[1].M * axis[2].M * sweep->Ci * sweep->groups;

  PetscFunctionBegin;
  *part = (KNConvolutionPart){.count = along[0]->taps * along[1]->taps * along[2]->taps, .step = {1, 1, 1}};
  PetscCall(PetscMalloc6(part->count, &part->source, part->count, &part->weight, part->count, &part->at, along[0]->n,
                         &part->to[0], along[1]->n, &part->to[1], along[2]->n, &part->to[2]));
  for (int a = 0; a < 3; a++) {
    part->n[a] = along[a]->n;
    for (size_t j = 0; j < part->n[a]; j++)
      part->to[a][j] = Wrap(along[a]->first + along[a]->by * (PetscInt64)j, sweep->extent[a], wrap);
  }
  part->neighbours = 1;
  for (size_t j = 1; j < part->n[2]; j++)
    part->neighbours = part->neighbours && part->to[2][j] == part->to[2][j - 1] + 1;
  for (size_t t = 0; t < part->count; t++) {
    const size_t t2 = t % along[2]->taps, t1 = t / along[2]->taps % along[1]->taps,
                 t0 = t / along[2]->taps / along[1]->taps;
    const size_t phase =
      (along[0]->phase[t0] * axis[1].phases + along[1]->phase[t1]) * axis[2].phases + along[2]->phase[t2];
    const size_t at  = (along[0]->at[t0] * axis[1].M + along[1]->at[t1]) * axis[2].M + along[2]->at[t2];
    const size_t tap = (along[0]->tap[t0] * k[1] + along[1]->tap[t1]) * k[2] + along[2]->tap[t2];

    part->at[t]     = phase * plane + at * sweep->Ci * sweep->groups;
    part->source[t] = (phase * plane + at * depth) * sizeof(KNReal);
    part->weight[t] = tap * sweep->Ci * sweep->Co * sizeof(KNReal);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvolutionPlanForward(KNConvolutionSweep *sweep, const size_t n[3], const size_t N[3],
                                        const size_t k[3], const size_t s[3], int periodic)
{
  Axis along[3];

  PetscFunctionBegin;
  sweep->nparts = 0;
  sweep->folds  = 0;
  sweep->direct = 1;
  sweep->taps   = k[0] * k[1] * k[2];
  for (int a = 0; a < 3; a++) {
    KNSpreadAxis *axis = &sweep->spread.axis[a];
    const size_t  half = (k[a] - 1) / 2;

    const size_t phases = sweep->points ? 1 : PetscMin(s[a], k[a]);

    if (sweep->points) PetscCall(KNSpreadAxisMake(n[a], 1, s[a] * (N[a] - 1) + k[a], 1, half, periodic, axis));
    else PetscCall(KNSpreadAxisMake(n[a], phases, N[a] + (k[a] - 1) / s[a], s[a], half, periodic, axis));
    sweep->extent[a] = N[a];
    along[a]         = (Axis){.n = N[a], .taps = k[a], .by = 1};
    for (size_t t = 0; t < k[a]; t++) {
      along[a].tap[t]   = t;
      along[a].at[t]    = sweep->points ? t : t / s[a];
      along[a].phase[t] = sweep->points ? 0 : t % s[a];
    }
  }
  PetscCall(MakePart(sweep, (const Axis *const[]){&along[0], &along[1], &along[2]}, k, 0));
  for (int a = 0; a < 3 && sweep->points; a++) sweep->part[0].step[a] = s[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  One axis of the gradient of the input. Point p of the padded input met tap t at output o where p = s o + t: the points
  of phase r, p = s j + r, get sum over t = r, r + s, .. of W_t dy(j + (r - t) / s). from, end: the p that count.
  least: the lowest o, of all phases; reach: the end of them.
*/
static void MakePhase(Axis *along, size_t r, size_t k, size_t s, size_t from, size_t end, PetscInt64 *least,
                      PetscInt64 *reach)
{
  const size_t     j    = from > r ? (from - r + s - 1) / s : 0; /* the first */
  const PetscInt64 half = (PetscInt64)(k - 1) / 2;

  *along       = (Axis){.by = (PetscInt64)s};
  along->n     = end > s * j + r ? (end - s * j - r + s - 1) / s : 0;
  along->first = (PetscInt64)(s * j + r) - half;
  for (size_t t = r; t < k; t += s) {
    const PetscInt64 o = (PetscInt64)j - (PetscInt64)((t - r) / s);

    along->tap[along->taps]  = t;
    along->at[along->taps++] = (size_t)(o + 64); /* moved by MoveBack() once the lowest is known */
    *least                   = PetscMin(*least, o);
    *reach                   = PetscMax(*reach, o + (PetscInt64)along->n);
  }
}

PetscErrorCode KNConvolutionPlanBackward(KNConvolutionSweep *sweep, const size_t n[3], const size_t N[3],
                                         const size_t k[3], const size_t s[3], int periodic)
{
  Axis along[3][2];

  PetscFunctionBegin;
  sweep->nparts = 0;
  sweep->folds  = 0;
  sweep->direct = 1;
  sweep->taps   = k[0] * k[1] * k[2];
  for (int a = 0; a < 3; a++) {
    const size_t half  = (k[a] - 1) / 2;
    const int    folds = periodic && s[a] > 1; /* periods of input and output may differ */
    PetscInt64   least = 0, reach = (PetscInt64)N[a];

    sweep->extent[a] = n[a];
    if (folds) sweep->folds = 1;
    if (s[a] > 1) sweep->direct = 0;
    for (size_t r = 0; r < s[a]; r++)
      MakePhase(&along[a][r], r, k[a], s[a], folds ? 0 : half, folds ? n[a] + 2 * half : half + n[a], &least, &reach);
    PetscCall(MakeAxis(N[a], 1, (size_t)(reach - least), 1, &sweep->spread.axis[a]));
    for (size_t m = 0; m < sweep->spread.axis[a].M; m++)
      sweep->spread.axis[a].index[m] = Wrap((PetscInt64)m + least, N[a], periodic && !folds);
    FindRuns(&sweep->spread.axis[a]);
    for (size_t r = 0; r < s[a]; r++) {
      for (size_t t = 0; t < along[a][r].taps; t++) along[a][r].at[t] -= (size_t)(64 + least);
    }
  }
  for (size_t r = 0; r < s[0] * s[1] * s[2]; r++) {
    const Axis *const of[] = {&along[0][r / s[2] / s[1]], &along[1][r / s[2] % s[1]], &along[2][r % s[2]]};

    if (of[0]->n && of[1]->n && of[2]->n) PetscCall(MakePart(sweep, of, k, sweep->folds));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvolutionPlanReset(KNConvolutionSweep *sweep)
{
  PetscFunctionBegin;
  PetscCall(KNSpreadReset(&sweep->spread));
  for (size_t p = 0; p < sweep->nparts; p++) {
    KNConvolutionPart *part = &sweep->part[p];

    PetscCall(PetscFree6(part->source, part->weight, part->at, part->to[0], part->to[1], part->to[2]));
  }
  sweep->nparts = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
