/*
  Modes of real fields on the torus: what is the same on one rank, on the circle (modes_circle.c) and in more axes
  (modes_whole.c), and in slabs over several (modes_slabs.c).
*/
#include <kitinet/error.h>
#include "modes_impl.h"

#define KN_LANES 8 /* independent sums: one AVX-512 register */

/* to (count, 2) = from, of a field, or of its derivative: times i kappa. */
static void kn_modes_put(PetscReal *restrict to, const PetscReal *restrict from, const PetscReal *restrict kappa,
                         size_t count)
{
  if (!kappa) {
    memcpy(to, from, 2 * count * sizeof(*to));
    return;
  }
  for (size_t s = 0; s < count; s++) {
    to[2 * s]     = -kappa[s] * from[2 * s + 1];
    to[2 * s + 1] = kappa[s] * from[2 * s];
  }
}

/* to (count, 2) += factor from, or times i kappa. */
static void kn_modes_add(PetscReal *restrict to, const PetscReal *restrict from, const PetscReal *restrict kappa,
                         PetscReal factor, size_t count)
{
  if (!kappa) {
    for (size_t s = 0; s < 2 * count; s++) to[s] += factor * from[s];
    return;
  }
  for (size_t s = 0; s < count; s++) {
    const PetscReal k = factor * kappa[s];

    to[2 * s] -= k * from[2 * s + 1];
    to[2 * s + 1] += k * from[2 * s];
  }
}

/* Sum of w |c|^2: w (count), c (count, 2). */
static PetscReal kn_modes_square(const PetscReal *restrict w, const PetscReal *restrict c, size_t count)
{
  PetscReal lane[KN_LANES] = {0.0};
  size_t    s              = 0;

  for (; s + KN_LANES <= count; s += KN_LANES) {
    for (size_t l = 0; l < KN_LANES; l++) {
      lane[l] += w[s + l] * (c[2 * (s + l)] * c[2 * (s + l)] + c[2 * (s + l) + 1] * c[2 * (s + l) + 1]);
    }
  }
  for (; s < count; s++) lane[0] += w[s] * (c[2 * s] * c[2 * s] + c[2 * s + 1] * c[2 * s + 1]);
  for (size_t l = 1; l < KN_LANES; l++) lane[0] += lane[l];
  return lane[0];
}

static void KNModesAddGap(KNModes m, size_t first, PetscInt count)
{
  if (count <= 0) return;
  if (m->gap) m->gap[m->gaps] = (KNRun){first, (size_t)count};
  m->gaps++;
}

/* The kept modes `lowest` .. of a row, side by side. */
static void KNModesAddRun(KNModes m, size_t first, PetscInt count, PetscInt axis, PetscInt lowest, const PetscInt k[])
{
  if (count <= 0) return;
  if (m->run) {
    m->run[m->runs] = (KNRun){first, (size_t)count};
    for (PetscInt i = 0; i < count; i++) {
      for (PetscInt d = 0; d < KN_MAX_DIM; d++) {
        m->k[d][m->count + (size_t)i]     = d == axis ? lowest + i : k[d];
        m->kappa[d][m->count + (size_t)i] = m->wavenumber * (PetscReal)m->k[d][m->count + (size_t)i];
      }
      m->weights[m->count + (size_t)i] = m->k[m->axes - 1][m->count + (size_t)i] ? 2.0 : 1.0;
    }
  }
  m->runs++;
  m->count += (size_t)count;
}

void KNModesRow(KNModes m, size_t first, PetscInt axis, PetscInt width, const PetscInt k[KN_MAX_DIM])
{
  const PetscInt highest = m->highest;
  PetscBool      kept    = PETSC_TRUE;

  for (PetscInt d = 0; d < m->axes; d++) kept = (PetscBool)(kept && (d == axis || PetscAbsInt(k[d]) <= highest));
  if (!kept) {
    KNModesAddGap(m, first, width);
  } else if (axis == m->axes - 1) {
    KNModesAddRun(m, first, highest + 1, axis, 0, k);
    KNModesAddGap(m, first + (size_t)highest + 1, width - highest - 1);
  } else {
    KNModesAddRun(m, first, highest + 1, axis, 0, k);
    KNModesAddGap(m, first + (size_t)highest + 1, m->n - 2 * highest - 1);
    KNModesAddRun(m, first + (size_t)(m->n - highest), highest, axis, -highest, k);
  }
}

PetscErrorCode KNModesCreate(MPI_Comm comm, PetscInt axes, PetscInt n, PetscInt highest, PetscReal length,
                             KNModes *modes)
{
  KNModes m;

  PetscFunctionBegin;
  PetscCall(PetscNew(modes));
  m             = *modes;
  m->comm       = comm;
  m->axes       = axes;
  m->n          = n;
  m->m          = n / 2 + 1;
  m->highest    = highest;
  m->wavenumber = 2.0 * PETSC_PI / length;
  PetscCallMPI(MPI_Comm_size(comm, &m->size));
  PetscCallMPI(MPI_Comm_rank(comm, &m->rank));
  PetscCall(m->size > 1 ? KNModesCreate_Slabs(m) : m->axes > 1 ? KNModesCreate_Whole(m) : KNModesCreate_Circle(m));
  m->ops.rows(m); /* counts them */
  PetscCall(PetscMalloc2(m->runs, &m->run, m->gaps, &m->gap));
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) {
    PetscCall(KNMalloc(m->count, sizeof(PetscInt), &m->k[d]));
    PetscCall(KNMalloc(m->count, sizeof(PetscReal), &m->kappa[d]));
  }
  PetscCall(KNMalloc(m->count, sizeof(PetscReal), &m->weights));
  m->count = 0;
  m->runs = m->gaps = 0;
  m->ops.rows(m); /* fills them in */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesDestroy(KNModes *modes)
{
  PetscFunctionBegin;
  if (!*modes) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*modes)->data) PetscCall((*modes)->ops.destroy(*modes));
  PetscCall(PetscFree2((*modes)->run, (*modes)->gap));
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) {
    PetscCall(KNFree(&(*modes)->k[d]));
    PetscCall(KNFree(&(*modes)->kappa[d]));
  }
  PetscCall(KNFree(&(*modes)->weights));
  PetscCall(PetscFree(*modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNModesCount(KNModes modes)
{
  return modes->count;
}

size_t KNModesPoints(KNModes modes)
{
  return modes->points;
}

size_t KNModesRoom(KNModes modes)
{
  return modes->room;
}

const PetscInt *KNModesWavenumbers(KNModes modes, PetscInt axis)
{
  return modes->k[axis];
}

const PetscReal *KNModesKappa(KNModes modes, PetscInt axis)
{
  return modes->kappa[axis];
}

const PetscReal *KNModesWeights(KNModes modes)
{
  return modes->weights;
}

PetscErrorCode KNModesBackward(KNModes m, const PetscReal c[], PetscInt axis, PetscReal u[])
{
  PetscReal       *spectrum = m->spectrum ? m->spectrum : u;
  const PetscReal *kappa    = axis == KN_NO_AXIS ? NULL : m->kappa[axis];

  PetscFunctionBegin;
  for (PetscInt g = 0; g < m->gaps; g++) {
    memset(spectrum + 2 * m->gap[g].first, 0, 2 * m->gap[g].count * sizeof(*spectrum));
  }
  for (PetscInt r = 0; r < m->runs; r++) {
    kn_modes_put(spectrum + 2 * m->run[r].first, c, kappa, m->run[r].count);
    c += 2 * m->run[r].count;
    if (kappa) kappa += m->run[r].count;
  }
  PetscCall(m->ops.backward(m, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesForward(KNModes m, PetscReal u[])
{
  PetscFunctionBegin;
  PetscCall(m->ops.forward(m, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNModesFromGrid(KNModes m, const PetscReal grid[], PetscReal u[])
{
  m->ops.fromgrid(m, grid, u);
}

void KNModesToGrid(KNModes m, const PetscReal u[], PetscReal grid[])
{
  m->ops.togrid(m, u, grid);
}

void KNModesAdd(KNModes m, PetscReal factor, PetscInt axis, PetscReal c[])
{
  const PetscReal *kappa = axis == KN_NO_AXIS ? NULL : m->kappa[axis];

  for (PetscInt d = 0; d < m->axes; d++) factor /= (PetscReal)m->n;
  for (PetscInt r = 0; r < m->runs; r++) {
    kn_modes_add(c, m->result + 2 * m->run[r].first, kappa, factor, m->run[r].count);
    c += 2 * m->run[r].count;
    if (kappa) kappa += m->run[r].count;
  }
}

/* The place of a mode where all are on one rank: rows of the last axis, k = 0 .. K, -K .. -1 along the others. */
static size_t KNModesPlace(KNModes whole, const PetscInt k[KN_MAX_DIM])
{
  const PetscInt side  = 2 * whole->highest + 1;
  size_t         place = 0;

  for (PetscInt d = 0; d < whole->axes - 1; d++) place = place * (size_t)side + (size_t)(k[d] < 0 ? k[d] + side : k[d]);
  return place * (size_t)(whole->highest + 1) + (size_t)k[whole->axes - 1];
}

PetscErrorCode KNModesCopy(KNModes from, const PetscReal c[], KNModes to, PetscReal copy[])
{
  const PetscBool spread = (PetscBool)(to->size > 1); /* then `from` is whole */
  const KNModes   part = spread ? to : from, whole = spread ? from : to;
  const PetscInt  highest = PetscMin(from->highest, to->highest);

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(copy, 2 * to->count));
  for (size_t s = 0; s < part->count; s++) {
    const PetscInt k[KN_MAX_DIM] = {part->k[0][s], part->k[1][s], part->k[2][s]};
    size_t         place, here, there;

    if (PetscMax(PetscMax(PetscAbsInt(k[0]), PetscAbsInt(k[1])), PetscAbsInt(k[2])) > highest) continue;
    place               = KNModesPlace(whole, k);
    here                = spread ? place : s;
    there               = spread ? s : place;
    copy[2 * there]     = c[2 * here];
    copy[2 * there + 1] = c[2 * here + 1];
  }
  /* one rank has each mode, the others 0 */
  if (from->size > to->size) {
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, copy, (PetscMPIInt)(2 * to->count), MPIU_REAL, MPI_SUM, from->comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesSquare(KNModes m, PetscInt fields, const PetscReal weights[], const PetscReal c[],
                             PetscReal *square)
{
  PetscFunctionBegin;
  *square = 0.0;
  for (PetscInt f = 0; f < fields; f++) *square += kn_modes_square(weights, c + 2 * (size_t)f * m->count, m->count);
  if (m->size > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, square, 1, MPIU_REAL, MPI_SUM, m->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
