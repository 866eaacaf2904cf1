/*
  inspect -check_symmetry: are the symmetries that a dataset declares true of its data?

  Statistics: samples and their images must be distributed alike. phi of a sample is a product of one to three values
  that lie near each other (of any field and frame, of input and output alike), at one place or summed over all places;
  of classes, over samples of one class. For each generator g the mean of phi(z) - phi(g z) over the samples z is
  compared with its standard error. Third moments are needed: those of u(x) -> u(-x) differ from those of -u(-x), which
  Burgers' equation has, in no lower one.

  Solver: where the dataset was made by an equation that this program knows, and its inputs give its outputs back,
  solve(g input) is compared with g solve(input).
*/
#include "inspect.h"
#include <kitinet/random.h>
#include <kitinet/solver.h>
#include <kitinet/symmetry.h>
#include <math.h>

enum {
  FUNCTIONALS = 64,
  ORDERS      = 3,    /* values in a product */
  REACH       = 3,    /* cells between them */
  ROWS        = 2000, /* that are looked at, at most */
  FEWEST      = 20,
  PLACES      = 4096, /* over which is summed, at most */
  SOLVED      = 3     /* rows */
};
static const double      allowed      = 5;    /* standard errors; of 64 x 16 numbers one is larger in 2,000 datasets */
static const double      allowed_miss = 1e-4; /* of solve(g input), relative */
static const double      given_back   = 1e-3; /* error of a solution of the stored input, relative, of such datasets */
static const char *const side_names[] = {"nothing", "inputs", "outputs", "inputs and outputs"};

/* A factor of a product: a field of one side, so many cells from the place. */
typedef struct {
  int      side;
  size_t   array; /* T C of the output, C of the input */
  PetscInt offset[KN_MAX_DIM];
} Value;

typedef struct {
  PetscInt order, label; /* label: the only class that counts; -1: all */
  Value    value[ORDERS];
  size_t   first, step, places; /* on the grid */
} Functional;

/* What one row is: its fields, and as moved by an element. */
typedef struct {
  const KNProblem *problem;
  float           *z[2], *gz[2]; /* input, output */
  PetscInt         label;
} Sample;

static PetscInt Below(PetscInt64 which, PetscInt what, PetscInt64 n)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_SYMMETRY, which, what, 0, 1, word);
  return (PetscInt)KNUniformInt(word[0], n);
}

/* Functional number i; sides: input and output have fields on one grid, or one of them has. */
static Functional Choose(const KNProblem *p, PetscInt i)
{
  const KNSpace *space[] = {&p->input, &p->output};
  PetscBool      usable[2], both;
  Functional     f = {.order = 1 + i % ORDERS, .label = -1};
  size_t         S;
  int            side;

  for (side = 0; side < 2; side++)
    usable[side] = (PetscBool)(space[side]->kind == KN_SPACE_FIELD && space[side]->fields && space[side]->grid.dim);
  both = (PetscBool)(usable[0] && usable[1] && KNGridEqual(&p->input.grid, &p->output.grid));
  side = usable[0] && usable[1] ? Below(i, 0, 2) : usable[0] ? 0 : 1;
  for (PetscInt k = 0; k < f.order; k++) {
    Value *v = &f.value[k];

    v->side  = both ? Below(i, 10 + k, 2) : side;
    v->array = (size_t)Below(i, 20 + k, space[v->side]->fields * (v->side ? PetscMax(p->frames, 1) : 1));
    for (PetscInt d = 0; d < space[v->side]->grid.dim; d++) v->offset[d] = k ? Below(i, 30 + 10 * k + d, REACH + 1) : 0;
  }
  S        = KNGridSize(&space[f.value[0].side]->grid);
  f.places = i / ORDERS % 2 ? 1 : PetscMin(S, PLACES);
  f.first  = f.places == 1 ? (size_t)Below(i, 1, (PetscInt64)S) : 0;
  f.step   = S / f.places;
  if (p->output.kind == KN_SPACE_CLASS && i % 4) f.label = Below(i, 2, p->output.count);
  return f;
}

static double Evaluate(const Functional *f, const Sample *sample, float *const z[2])
{
  const KNSpace *space[] = {&sample->problem->input, &sample->problem->output};
  const KNGrid  *grid    = &space[f->value[0].side]->grid;
  const size_t   S       = KNGridSize(grid);
  double         sum     = 0;

  if (f->label >= 0 && f->label != sample->label) return 0;
  for (size_t place = 0; place < f->places; place++) {
    const size_t   s = (f->first + place * f->step) % S, n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2];
    const PetscInt at[3]   = {(PetscInt)(s / n2 / n1), (PetscInt)(s / n2 % n1), (PetscInt)(s % n2)};
    double         product = 1;

    for (PetscInt k = 0; k < f->order; k++) {
      const Value *v = &f->value[k];
      size_t       t = 0;

      for (PetscInt d = 0; d < KN_MAX_DIM; d++) /* beyond the end the other end follows: any functional will do */
        t = t * (size_t)grid->n[d] + (size_t)((at[d] + v->offset[d]) % grid->n[d]);
      product *= (double)z[v->side][v->array * S + t];
    }
    sum += product;
  }
  return sum;
}

static void Move(const KNElement *g, Sample *sample)
{
  const KNProblem *p = sample->problem;

  if (sample->z[0] && p->input.fields)
    kn_symmetry_apply(sample->gz[0], sample->z[0], &g->input, 1, (size_t)p->input.fields, &p->input.grid, 0,
                      p->input.grid.n[0]);
  if (p->output.kind == KN_SPACE_FIELD)
    kn_symmetry_apply(sample->gz[1], sample->z[1], &g->output, (size_t)PetscMax(p->frames, 1), (size_t)p->output.fields,
                      &p->output.grid, 0, p->output.grid.n[0]);
}

/* What a functional is of: "moment of order 3 of outputs". */
static PetscErrorCode Name(const Functional *f, size_t size, char name[])
{
  int sides = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < f->order; k++) sides |= 1 << f->value[k].side;
  PetscCall(PetscSNPrintf(name, size, "moment of order %" PetscInt_FMT " of %s", f->order, side_names[sides]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum (generators, FUNCTIONALS, 2) over the rows: differences and their squares. */
static PetscErrorCode AddRows(KNDataset dataset, PetscInt64 rows, const KNElement generator[], PetscInt generators,
                              const Functional functional[], Sample *sample, double sum[])
{
  const int32_t *label;
  PetscMPIInt    rank, size;
  PetscInt64     all;
  int            code          = 0;
  char           message[1024] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNDatasetGetColumns(dataset, &label, NULL, NULL));
  PetscCall(KNDatasetGetSamples(dataset, &all));
  for (PetscInt64 i = rank; i < rows && !code; i += size) {
    const PetscInt64 row = i * (all / rows);
    double           still[FUNCTIONALS];

    code = KNDatasetReadFinite(dataset, row, KNProblemGrid(sample->problem), sample->z[0], sample->z[1],
                               sizeof(message), message);
    if (code) break;
    sample->label = label ? label[row] : -1;
    for (PetscInt f = 0; f < FUNCTIONALS; f++) still[f] = Evaluate(&functional[f], sample, sample->z);
    for (PetscInt g = 0; g < generators; g++) {
      Move(&generator[g], sample);
      for (PetscInt f = 0; f < FUNCTIONALS; f++) {
        const double d = still[f] - Evaluate(&functional[f], sample, sample->gz);

        sum[2 * (g * FUNCTIONALS + f)] += d;
        sum[2 * (g * FUNCTIONALS + f) + 1] += d * d;
      }
    }
  }
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 2 * generators * FUNCTIONALS, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest difference in standard errors of each generator, and of which functional. */
static void FindWorst(PetscInt64 rows, PetscInt generators, const double sum[], double worst[], PetscInt which[])
{
  for (PetscInt g = 0; g < generators; g++) {
    worst[g] = 0;
    which[g] = 0;
    for (PetscInt f = 0; f < FUNCTIONALS; f++) {
      const double mean     = sum[2 * (g * FUNCTIONALS + f)] / (double)rows,
                   variance = sum[2 * (g * FUNCTIONALS + f) + 1] / (double)rows - mean * mean,
                   error    = sqrt(fmax(variance, 1e-14 * mean * mean) / (double)rows),
                   z        = mean == 0 ? 0 : fabs(mean) / error;

      if (z <= worst[g]) continue;
      worst[g] = z;
      which[g] = f;
    }
  }
}

PetscErrorCode KNInspectSymmetry(KNDataset dataset, const char path[])
{
  const KNProblem *p;
  const KNElement *generator;
  KNSymmetry       group;
  Functional       functional[FUNCTIONALS];
  Sample           sample = {.z = {NULL, NULL}};
  PetscInt         generators, which[KN_MAX_SYMMETRIES], bad = -1;
  PetscInt64       rows;
  double           worst[KN_MAX_SYMMETRIES], miss[KN_MAX_SYMMETRIES], *sum;
  PetscBool        solved;
  char             name[128];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &p));
  PetscCall(KNDatasetGetSamples(dataset, &rows));
  PetscCheck(p->symmetries, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s declares no symmetries that could be checked: leave out -check_symmetry", path);
  PetscCheck(rows >= FEWEST, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt64_FMT " samples, -check_symmetry needs at least %d", path, rows, (int)FEWEST);
  PetscCall(KNSymmetryCreate(p, path, KN_ERR_INPUT, &group));
  generator      = KNSymmetryGenerators(group, &generators);
  sample.problem = p;
  rows           = PetscMin(rows, ROWS);
  for (int moved = 0; moved < 2; moved++) {
    float **z = moved ? sample.gz : sample.z;

    if (p->input.fields) PetscCall(KNMalloc(KNProblemInputSize(p), sizeof(float), &z[0]));
    if (p->output.kind == KN_SPACE_FIELD) PetscCall(KNMalloc(KNProblemOutputSize(p), sizeof(float), &z[1]));
  }
  for (PetscInt f = 0; f < FUNCTIONALS; f++) functional[f] = Choose(p, f);
  PetscCall(PetscCalloc1((size_t)generators * FUNCTIONALS * 2, &sum));
  PetscCall(AddRows(dataset, rows, generator, generators, functional, &sample, sum));
  FindWorst(rows, generators, sum, worst, which);
  PetscCall(KNInspectSolveImages(dataset, generator, generators, SOLVED, given_back, miss, &solved));
  for (PetscInt g = 0; g < generators; g++) {
    PetscCall(Name(&functional[which[g]], sizeof(name), name));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-10s  %s: %.1f standard errors, %s", g ? "" : "checked", p->symmetry[g],
                          worst[g], name));
    if (solved) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "; solver misses by %.1e", miss[g]));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
    if (bad < 0 && (worst[g] > allowed || (solved && !(miss[g] <= allowed_miss)))) bad = g;
  }
  for (int side = 0; side < 2; side++) {
    PetscCall(KNFree(&sample.z[side]));
    PetscCall(KNFree(&sample.gz[side]));
  }
  PetscCall(PetscFree(sum));
  PetscCall(KNSymmetryDestroy(&group));
  if (bad < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Name(&functional[which[bad]], sizeof(name), name));
  PetscCheck(worst[bad] <= allowed, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: \"%s\" is no symmetry of the data: it changes a %s by %.1f standard errors; convert -symmetry "
             "declares others",
             path, p->symmetry[bad], name, worst[bad]);
  SETERRQ(PETSC_COMM_WORLD, KN_ERR_INPUT,
          "%s: \"%s\" is no symmetry of %s: the solution for a moved input misses the moved solution by %.1e; convert "
          "-symmetry declares others",
          path, p->symmetry[bad], p->pde, miss[bad]);
}
