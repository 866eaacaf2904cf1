/*
  Symmetries: what each word of their texts does to cells, nodes and periodic points; the group that some generate has
  as many elements as theory says, all different, and holds all products; inverses; slabs; every refusal with its
  reason.
*/
#include <kitinet/error.h>
#include <kitinet/symmetry.h>
#include "dataset_test.h"

enum { MOST = 4096 };

/* A steady problem a, b -> u, v (as many of them as wanted), or one of frames u, v alone. */
static KNProblem Problem(PetscInt dim, const PetscInt n[], KNPoints points, PetscInt inputs, PetscInt outputs)
{
  static const char *const name[] = {"a", "b"}, *const of[] = {"u", "v", "w"};
  KNProblem p = {.boundary = ""};

  KNProblemSetGrid(&p, KNGridMake(dim, n, points));
  p.input.fields  = inputs;
  p.output.fields = outputs;
  for (PetscInt f = 0; f < inputs; f++) p.input.field[f] = (KNField){.unit = "1"};
  for (PetscInt f = 0; f < inputs; f++) strcpy(p.input.field[f].name, name[f]);
  for (PetscInt f = 0; f < outputs; f++) p.output.field[f] = (KNField){.unit = "1"};
  for (PetscInt f = 0; f < outputs; f++) strcpy(p.output.field[f].name, of[f]);
  return p;
}

/* The text turns 0, 1, .. into these values of the output. */
static PetscErrorCode TestWord(const KNProblem *p, const char text[], const float expected[])
{
  const size_t n = KNSpaceSize(&p->output);
  float        in[64], out[64];
  KNElement    g;
  char         reason[512];

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) in[i] = (float)i;
  PetscCall(KNSymmetryParse(p, text, &g, sizeof(reason), reason));
  CHECK(!reason[0], "%s: %s", text, reason);
  kn_symmetry_apply(out, in, &g.output, 1, (size_t)p->output.fields, &p->output.grid, 0, p->output.grid.n[0]);
  for (size_t i = 0; i < n; i++)
    CHECK(out[i] == expected[i], "%s: value %zu is %g, not %g", text, i, (double)out[i], (double)expected[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestWords(void)
{
  const KNProblem cells = Problem(1, (const PetscInt[]){4}, KN_POINTS_CELLS, 0, 1),
                  nodes = Problem(1, (const PetscInt[]){4}, KN_POINTS_NODES, 0, 1),
                  ring  = Problem(1, (const PetscInt[]){4}, KN_POINTS_PERIODIC, 0, 1),
                  two   = Problem(2, (const PetscInt[]){2, 2}, KN_POINTS_CELLS, 0, 1),
                  torus = Problem(2, (const PetscInt[]){4, 4}, KN_POINTS_PERIODIC, 0, 1),
                  pair  = Problem(1, (const PetscInt[]){2}, KN_POINTS_CELLS, 0, 2);

  PetscFunctionBegin;
  PetscCall(TestWord(&cells, "reflect(x)", (const float[]){3, 2, 1, 0}));
  PetscCall(TestWord(&nodes, "reflect(x)", (const float[]){3, 2, 1, 0}));
  PetscCall(TestWord(&ring, "reflect(x)", (const float[]){0, 3, 2, 1}));
  PetscCall(TestWord(&ring, "reflect(x) u=-u", (const float[]){0, -3, -2, -1}));
  PetscCall(TestWord(&ring, "shift(x)", (const float[]){3, 0, 1, 2})); /* u(x) -> u(x - h) */
  PetscCall(TestWord(&ring, "shift(-x)", (const float[]){1, 2, 3, 0}));
  PetscCall(TestWord(&ring, "shift(x/2)", (const float[]){2, 3, 0, 1}));
  PetscCall(TestWord(&ring, "shift(3x/4)", (const float[]){1, 2, 3, 0}));
  PetscCall(TestWord(&ring, "shift(3x)", (const float[]){1, 2, 3, 0}));
  PetscCall(TestWord(&ring, "reflect(x) shift(x)", (const float[]){1, 0, 3, 2})); /* from left to right */
  PetscCall(TestWord(&ring, "shift(x) reflect(x)", (const float[]){3, 2, 1, 0}));
  PetscCall(TestWord(&two, "exchange(x,y)", (const float[]){0, 2, 1, 3}));
  PetscCall(TestWord(&two, "reflect(y)", (const float[]){1, 0, 3, 2}));
  PetscCall(TestWord(&two, "reflect(x) exchange(x,y)", (const float[]){2, 0, 3, 1})); /* a quarter turn */
  PetscCall(TestWord(&torus, "shift(x,-y)", (const float[]){13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8}));
  PetscCall(TestWord(&pair, "u=v v=-u", (const float[]){2, 3, 0, -1}));
  PetscCall(TestWord(&pair, "negate reflect(x)", (const float[]){-1, 0, -3, -2}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All values of a sample after an element, those of the input first. */
static void Move(const KNProblem *p, const KNElement *g, const PetscReal *from, PetscReal *to)
{
  const size_t nx = KNProblemInputSize(p);

  kn_symmetry_apply_real(to, from, &g->input, 1, (size_t)p->input.fields, &p->input.grid);
  kn_symmetry_apply_real(to + nx, from + nx, &g->output, 1, (size_t)p->output.fields, &p->output.grid);
}

static int CompareDigests(const void *a, const void *b)
{
  const uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

  return p < q ? -1 : p > q;
}

/* A number that tells samples of small whole numbers apart. */
static uint64_t Digest(const PetscReal *value, size_t n)
{
  uint64_t hash = 0xcbf29ce484222325u;

  for (size_t i = 0; i < n; i++) hash = (hash ^ (uint64_t)(int64_t)value[i]) * 0x100000001b3u;
  return hash;
}

/* The group has `order` elements, all different; each generator takes each to one of them. Inverses, slabs, kernels. */
static PetscErrorCode TestGroup(KNProblem p, const char *const text[], PetscInt64 order)
{
  const size_t     nx = KNProblemInputSize(&p), n = nx + KNProblemOutputSize(&p);
  const KNElement *generator;
  PetscInt         generators;
  PetscReal       *still, *moved, *again;
  float           *in, *out;
  uint64_t        *digest;
  KNSymmetry       s;

  PetscFunctionBegin;
  for (; *text; text++) PetscCall(KNProblemAddSymmetry(&p, "%s", *text));
  PetscCall(KNSymmetryCreate(&p, "the test", KN_ERR_INPUT, &s));
  CHECK(KNSymmetryOrder(s) == order && order <= MOST, "%s ..: %" PetscInt64_FMT " elements, not %" PetscInt64_FMT,
        p.symmetry[0], KNSymmetryOrder(s), order);
  PetscCall(PetscMalloc6(n, &still, n, &moved, n, &again, n, &in, n, &out, order, &digest));
  for (size_t i = 0; i < n; i++) in[i] = (float)(still[i] = (PetscReal)(i + 1)); /* no 0: signs show */
  generator = KNSymmetryGenerators(s, &generators);
  for (PetscInt64 k = 0; k < order; k++) {
    const KNGrid *grid = &p.output.grid;
    KNElement     g, back;
    size_t        first = 0;

    KNSymmetryGetElement(s, k, &g);
    Move(&p, &g, still, moved);
    digest[k] = Digest(moved, n);
    CHECK(k || digest[0] == Digest(still, n), "element 0 moves something");
    KNActionInvert(&g.input, &p.input.grid, p.input.fields, &back.input);
    KNActionInvert(&g.output, grid, p.output.fields, &back.output);
    Move(&p, &back, moved, again);
    CHECK(Digest(again, n) == Digest(still, n), "%s: element %" PetscInt64_FMT " is not undone", p.symmetry[0], k);
    for (PetscInt from = 0; from < grid->n[0]; from += 3) { /* in slabs, the last a short one */
      const PetscInt rows  = PetscMin(3, grid->n[0] - from);
      const size_t   layer = KNGridSize(grid) / (size_t)grid->n[0], own = (size_t)rows * layer;

      kn_symmetry_apply(out, in + nx, &g.output, 1, (size_t)p.output.fields, grid, from, rows);
      for (size_t i = 0; i < (size_t)p.output.fields * own; i++) {
        const size_t at = nx + i / own * KNGridSize(grid) + (size_t)from * layer + i % own;

        CHECK((PetscReal)out[i] == moved[at], "%s: element %" PetscInt64_FMT ", layers from %" PetscInt_FMT,
              p.symmetry[0], k, from);
      }
      first += own;
    }
    CHECK(first == KNGridSize(grid), "slabs that are no grid");
  }
  qsort(digest, (size_t)order, sizeof(*digest), CompareDigests);
  for (PetscInt64 k = 1; k < order; k++) CHECK(digest[k - 1] != digest[k], "%s: two elements alike", p.symmetry[0]);
  for (PetscInt64 k = 0; k < order; k++) {
    KNElement g;

    KNSymmetryGetElement(s, k, &g);
    Move(&p, &g, still, moved);
    for (PetscInt i = 0; i < generators; i++) {
      uint64_t product;

      Move(&p, &generator[i], moved, again);
      product = Digest(again, n);
      CHECK(bsearch(&product, digest, (size_t)order, sizeof(product), CompareDigests),
            "%s: a product of element %" PetscInt64_FMT " is not in the group", p.symmetry[0], k);
    }
  }
  for (PetscInt64 k = 0; k < order; k++) { /* a choice of all is all */
    KNElement g;

    KNSymmetryChoose(s, k, &g);
    Move(&p, &g, still, moved);
    digest[k] = Digest(moved, n);
    CHECK(k || digest[0] == Digest(still, n), "the first chosen element moves something");
  }
  qsort(digest, (size_t)order, sizeof(*digest), CompareDigests);
  for (PetscInt64 k = 1; k < order; k++) CHECK(digest[k - 1] != digest[k], "%s: one is chosen twice", p.symmetry[0]);
  PetscCall(PetscFree6(still, moved, again, in, out, digest));
  PetscCall(KNSymmetryDestroy(&s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static PetscErrorCode TestGroups(void)
{
  const PetscInt eight[] = {8, 8}, ten[] = {10, 10}, nine[] = {9, 9}, cube[] = {4, 4, 4}, oblong[] = {6, 4};

  PetscFunctionBegin;
  for (int points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
    const KNProblem square = Problem(2, nine, (KNPoints)points, 1, 1);

    PetscCall(TestGroup(square, TEXTS("reflect(x)", "reflect(y)", "exchange(x,y)"), 8));
    PetscCall(TestGroup(square, TEXTS("reflect(x) exchange(x,y)"), 4));
    PetscCall(TestGroup(square, TEXTS("reflect(x)", "reflect(x)"), 2));
    PetscCall(TestGroup(square, TEXTS("reflect(x) exchange(x,y) negate", "negate"), 8));
  }
  PetscCall(TestGroup(Problem(1, eight, KN_POINTS_PERIODIC, 1, 1), TEXTS("shift(x)", "reflect(x) a=-a u=-u"), 16));
  PetscCall(TestGroup(Problem(1, eight, KN_POINTS_PERIODIC, 0, 1), TEXTS("shift(2x)"), 4));
  PetscCall(TestGroup(Problem(1, ten, KN_POINTS_PERIODIC, 0, 1), TEXTS("shift(4x)"), 5));
  PetscCall(TestGroup(Problem(1, eight, KN_POINTS_CELLS, 0, 1), TEXTS("shift(x)", "reflect(x)"), 16));
  PetscCall(TestGroup(Problem(1, eight, KN_POINTS_PERIODIC, 0, 2), TEXTS("u=-v v=u"), 4));
  /* the force sin(x + y) + cos(x + y): 4 n; without it 8 n^2 */
  PetscCall(TestGroup(Problem(2, eight, KN_POINTS_PERIODIC, 0, 1),
                      TEXTS("shift(x,-y)", "reflect(x) reflect(y) shift(x/4)", "exchange(x,y) shift(x/2) u=-u"), 32));
  PetscCall(TestGroup(Problem(2, ten, KN_POINTS_PERIODIC, 0, 1), TEXTS("exchange(x,y) shift(x/2) u=-u"), 4));
  PetscCall(TestGroup(Problem(2, eight, KN_POINTS_PERIODIC, 0, 1),
                      TEXTS("shift(x)", "shift(y)", "reflect(x) u=-u", "reflect(y) u=-u", "exchange(x,y) u=-u"), 512));
  PetscCall(TestGroup(Problem(2, oblong, KN_POINTS_PERIODIC, 0, 2),
                      TEXTS("shift(x)", "shift(y/2)", "reflect(x) u=-u", "reflect(y) v=-v"), 48));
  /* shifts that are not along axes: a lattice */
  PetscCall(TestGroup(Problem(2, oblong, KN_POINTS_PERIODIC, 0, 1), TEXTS("shift(x,y)"), 12));
  PetscCall(TestGroup(Problem(2, eight, KN_POINTS_PERIODIC, 0, 1), TEXTS("shift(2x,y)", "shift(x,3y)"), 64));
  PetscCall(TestGroup(Problem(2, ten, KN_POINTS_PERIODIC, 0, 1), TEXTS("shift(2x,y)", "shift(x,3y)"), 20));
  PetscCall(TestGroup(
    Problem(3, cube, KN_POINTS_PERIODIC, 0, 3),
    TEXTS("shift(x)", "shift(y)", "shift(z)", "reflect(x) u=-u", "exchange(x,y) u=v v=u", "exchange(y,z) v=w w=v"),
    48 * 64));
  PetscCall(TestGroup(Problem(3, cube, KN_POINTS_NODES, 1, 1), TEXTS("reflect(x) exchange(x,y) exchange(y,z)"), 6));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The text is refused with this reason. */
static PetscErrorCode TestRefused(const KNProblem *p, const char text[], const char reason[])
{
  KNElement g;
  char      given[512];

  PetscFunctionBegin;
  PetscCall(KNSymmetryParse(p, text, &g, sizeof(given), given));
  CHECK(strstr(given, reason), "\"%s\": expected \"%s\", got \"%s\"", text, reason, given);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRefusals(void)
{
  KNProblem oblong = Problem(2, (const PetscInt[]){6, 4}, KN_POINTS_PERIODIC, 1, 2),
            nodes  = Problem(2, (const PetscInt[]){5, 5}, KN_POINTS_NODES, 1, 1),
            cells = Problem(1, (const PetscInt[]){5}, KN_POINTS_CELLS, 1, 1), grids = oblong, bytes = oblong,
            tokens = oblong;
  KNSymmetry s;

  PetscFunctionBegin;
  strcpy(cells.boundary, "u = 0");
  grids.output.grid.n[0] = 3;
  bytes.input.type       = KN_UINT8;
  tokens.input.kind      = KN_SPACE_TOKENS;
  strcpy(oblong.output.field[1].unit, "K");
  PetscCall(TestRefused(&oblong, "exchange(x,y)", "equally many points, the grid has 6 along x and 4 along y"));
  PetscCall(TestRefused(&oblong, "exchange(x,x)", "two different axes"));
  PetscCall(TestRefused(&oblong, "exchange(x)", "takes two axes"));
  PetscCall(TestRefused(&oblong, "reflect(z)", "there is no axis z, the fields have 2"));
  PetscCall(TestRefused(&oblong, "reflect(q)", "an axis is expected"));
  PetscCall(TestRefused(&oblong, "reflect(x", "a ) is missing"));
  PetscCall(TestRefused(&oblong, "reflect(x)u=-u", "a blank is expected"));
  PetscCall(TestRefused(&oblong, "", "it is empty"));
  PetscCall(TestRefused(&oblong, "  ", "it is empty"));
  PetscCall(TestRefused(&oblong, "rotate", "\"rotate\" is neither a move"));
  PetscCall(TestRefused(&oblong, "shift(x/4)", "no whole number of the 6 cells along x"));
  PetscCall(TestRefused(&oblong, "shift(7x)", "no whole number of the 6 cells along x"));
  PetscCall(TestRefused(&oblong, "shift(99999999999999999999x)", "no whole number"));
  PetscCall(TestRefused(&oblong, "shift(x/0)", "divided by 0"));
  PetscCall(TestRefused(&oblong, "shift(x/y)", "a number is expected"));
  PetscCall(TestRefused(&oblong, "u=-q", "there is no field \"q\" beside u"));
  PetscCall(TestRefused(&oblong, "q=-u", "there is no field \"q\""));
  PetscCall(TestRefused(&oblong, "u=a", "there is no field \"a\" beside u"));
  PetscCall(TestRefused(&oblong, "u=v v=u", "u is in 1, v in K"));
  PetscCall(TestRefused(&grids, "u=v", "two fields become v"));
  PetscCall(TestRefused(&grids, "shift(x)", "different grids"));
  PetscCall(TestRefused(&nodes, "shift(x)", "the points are nodes"));
  PetscCall(TestRefused(&cells, "shift(x)", "the boundary conditions are \"u = 0\""));
  PetscCall(TestRefused(&bytes, "negate", "values of a byte have no sign"));
  PetscCall(TestRefused(&bytes, "a=-a", "values of a byte have no sign"));
  PetscCall(TestRefused(&tokens, "reflect(x)", "the input is no field"));
  PetscCall(TestRefused(&nodes, "reflect(x) reflect(x) reflect(x) reflect(x) reflect(x) reflect(x)", "longer than 63"));
  PetscCall(KNProblemAddSymmetry(&nodes, "shift(y)"));
  EXPECT_ERROR(KN_ERR_INPUT, "a file: symmetry \"shift(y)\": the points are nodes",
               KNSymmetryCreate(&nodes, "a file", KN_ERR_INPUT, &s));
  nodes.symmetries = 0;
  PetscCall(KNSymmetryCreate(&nodes, "a file", KN_ERR_INPUT, &s));
  CHECK(!s && KNSymmetryOrder(s) == 1, "a group of nothing");
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestWords());
  PetscCall(TestGroups());
  PetscCall(TestRefusals());
  PetscCall(PetscFinalize());
  return 0;
}
