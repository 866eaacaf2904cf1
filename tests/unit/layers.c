/*
  What must hold for every registered layer, whatever it computes; a new layer is tested by its line in layer_list.h.

    shapes       SetUp states the output's channels, SetGrid its grid
    gradient     of inputs and parameters against central differences, to 1e-7 (double precision only)
    adjoint      an affine layer's backward is its transpose: <dy, f(x) - f(0)> = <dx, x>
    add          ADD_VALUES is INSERT_VALUES and an addition; gradients accumulate, those of parameters unless they are
    to be written
    threads      one and two threads give the same bits, as do two runs
    batch        fewer samples than planned give the same values, a prediction alone or among others the same bits; no
    samples are no error

  On no, one, two and three axes, with odd and even numbers of points; residuals with every activation. Compiled in both
  precisions.
*/
#include "layer_case.h"

#if defined(KN_DOUBLE)
/* <dout, f(x + h d) - f(x - h d)> / 2 h = <gradient, d> for a direction d of the n values at x, on which f depends. */
static PetscErrorCode CheckDirection(Case *test, const char what[], size_t n, KNReal *x, const KNReal *gradient)
{
  /* small: colliding particles that are close in position turn with a curvature of 1/distance^2 */
  const double h = 1e-6;
  double       expected, found, rounding;
  KNReal      *d, *plus, *x0;

  PetscFunctionBegin;
  PetscCall(Random(n, 20, &d));
  PetscCall(KNMalloc(n, sizeof(KNReal), &x0));
  PetscCall(KNMalloc(test->n_out, sizeof(KNReal), &plus));
  memcpy(x0, x, n * sizeof(KNReal));
  Add(n, x, h, d);
  PetscCall(Forward(test, plus));
  memcpy(x, x0, n * sizeof(KNReal));
  Add(n, x, -h, d);
  PetscCall(Forward(test, test->out));
  memcpy(x, x0, n * sizeof(KNReal));
  expected = (Dot(test->n_out, test->dout, plus) - Dot(test->n_out, test->dout, test->out)) / (2 * h);
  found    = Dot(n, gradient, d);
  rounding = PETSC_MACHINE_EPSILON * Norm(test->n_out, test->dout) * Norm(test->n_out, plus) / h;
  PetscCheck(PetscAbsReal(found - expected) <=
               1e-7 * PetscMax(PetscAbsReal(expected), 0.1 * Norm(n, gradient)) + rounding,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: gradient of %s is %.12g, central difference %.12g", test->type, what,
             found, expected);
  PetscCall(KNFree(&d));
  PetscCall(KNFree(&x0));
  PetscCall(KNFree(&plus));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGradient(const char type[], const KNGrid *grid)
{
  Case test;

  PetscFunctionBegin;
  PetscCall(CaseCreate(type, grid, &test));
  PetscCall(Forward(&test, test.out));
  PetscCall(Backward(&test));
  for (PetscInt i = 0; i < test.inputs; i++)
    PetscCall(CheckDirection(&test, i ? "second input" : "input", test.n_in[i], test.in[i], test.din[i]));
  PetscCall(CheckDirection(&test, "parameters", test.n_value, test.value, test.gradient));
  PetscCall(CaseDestroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}
#else
static PetscErrorCode TestGradient(const char type[], const KNGrid *grid)
{
  PetscFunctionBegin; /* differences in float tell nothing to 1e-7 */
  PetscFunctionReturn(PETSC_SUCCESS);
}
#endif

/*
  Affine in its first input or not: f(x + y) - f(x) - f(y) + f(0) = 0. If so, backward must be the transpose of forward.
*/
static PetscErrorCode TestAdjoint(const char type[], const KNGrid *grid)
{
  Case      test;
  KNReal   *x, *y, *f[4]; /* f of 0, x, y, x + y */
  double    defect;
  PetscBool affine;

  PetscFunctionBegin;
  PetscCall(CaseCreate(type, grid, &test));
  PetscCall(Random(test.n_in[0], 30, &x));
  PetscCall(Random(test.n_in[0], 31, &y));
  for (int i = 0; i < 4; i++) {
    PetscCall(KNMalloc(test.n_out, sizeof(KNReal), &f[i]));
    memset(test.in[0], 0, test.n_in[0] * sizeof(KNReal));
    if (i & 1) Add(test.n_in[0], test.in[0], 1, x);
    if (i & 2) Add(test.n_in[0], test.in[0], 1, y);
    PetscCall(Forward(&test, f[i]));
  }
  Add(test.n_out, f[3], -1, f[1]);
  Add(test.n_out, f[3], -1, f[2]);
  Add(test.n_out, f[3], 1, f[0]);
  Add(test.n_out, f[1], -1, f[0]);
  defect = Norm(test.n_out, f[3]) / Norm(test.n_out, f[1]);
  affine = defect < tolerance ? PETSC_TRUE : PETSC_FALSE;
  PetscCheck(affine || !test.affine, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s is not affine: defect %g", type, defect);
  if (affine) {
    double forward, backward;

    PetscCall(Backward(&test));
    forward  = Dot(test.n_out, test.dout, f[1]);
    backward = Dot(test.n_in[0], test.din[0], x);
    PetscCheck(PetscAbsReal(forward - backward) <= tolerance * Norm(test.n_out, test.dout) * Norm(test.n_out, f[1]),
               PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: backward is not the adjoint of forward: %.12g and %.12g", type,
               backward, forward);
  }
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  for (int i = 0; i < 4; i++) PetscCall(KNFree(&f[i]));
  PetscCall(CaseDestroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAdd(const char type[], const KNGrid *grid)
{
  Case    test;
  KNReal *once[KN_MAX_INPUTS], *gradient, *out, *base;

  PetscFunctionBegin;
  PetscCall(CaseCreate(type, grid, &test));
  PetscCall(Random(test.n_out, 40, &base));
  PetscCall(Random(test.n_out, 40, &out));
  PetscCall(Forward(&test, test.out));
  PetscCall(KNLayerForward(test.layer, &test.pass, (const KNReal *const *)test.in, out, ADD_VALUES));
  Add(test.n_out, base, 1, test.out);
  PetscCheck(Difference(test.n_out, out, base) <= tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: ADD_VALUES differs from insertion and addition by %g", type, Difference(test.n_out, out, base));

  PetscCall(Backward(&test));
  PetscCall(KNMalloc(test.n_value, sizeof(KNReal), &gradient));
  memcpy(gradient, test.gradient, test.n_value * sizeof(KNReal));
  for (PetscInt i = 0; i < test.inputs; i++) {
    PetscCall(KNMalloc(test.n_in[i], sizeof(KNReal), &once[i]));
    memcpy(once[i], test.din[i], test.n_in[i] * sizeof(KNReal));
  }
  PetscCall(Backward(&test));
  for (PetscInt i = 0; i < test.inputs; i++) {
    Add(test.n_in[i], test.din[i], -2, once[i]);
    PetscCheck(Norm(test.n_in[i], test.din[i]) <= tolerance * Norm(test.n_in[i], once[i]), PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "%s: the gradient of input %d does not accumulate", type, (int)i);
    PetscCall(KNFree(&once[i]));
  }
  Add(test.n_value, test.gradient, -2, gradient);
  PetscCheck(Norm(test.n_value, test.gradient) <= tolerance * Norm(test.n_value, gradient), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: gradients of parameters do not accumulate", type);
  for (size_t i = 0; i < test.n_value; i++) test.gradient[i] = 7 * gradient[i];
  test.pass.gradients = INSERT_VALUES;
  PetscCall(Backward(&test));
  Add(test.n_value, test.gradient, -1, gradient);
  PetscCheck(Norm(test.n_value, test.gradient) == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: gradients of parameters that are written depend on what was there", type);
  PetscCall(KNFree(&base));
  PetscCall(KNFree(&out));
  PetscCall(KNFree(&gradient));
  PetscCall(CaseDestroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSameBits(const char type[], const char what[], int run, size_t n, const KNReal *x,
                                    const KNReal *y)
{
  PetscFunctionBegin;
  PetscCheck(!memcmp(x, y, n * sizeof(KNReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s differ in bits, %s", type,
             what, run == 1 ? "from one run to the next" : "on one and two threads");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestThreads(const char type[], const KNGrid *grid)
{
  const int threads = omp_get_max_threads();
  Case      test[3]; /* one thread, one thread again, two */

  PetscFunctionBegin;
  for (int run = 0; run < 3; run++) {
    omp_set_num_threads(run == 2 ? 2 : 1);
    PetscCall(CaseCreate(type, grid, &test[run]));
    PetscCall(Forward(&test[run], test[run].out));
    PetscCall(Backward(&test[run]));
  }
  omp_set_num_threads(threads);
  for (int run = 1; run < 3; run++) {
    PetscCall(CheckSameBits(type, "outputs", run, test[0].n_out, test[0].out, test[run].out));
    for (PetscInt i = 0; i < test[0].inputs; i++)
      PetscCall(CheckSameBits(type, "input gradients", run, test[0].n_in[i], test[0].din[i], test[run].din[i]));
    PetscCall(CheckSameBits(type, "parameter gradients", run, test[0].n_value, test[0].gradient, test[run].gradient));
  }
  for (int run = 0; run < 3; run++) PetscCall(CaseDestroy(&test[run]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestBatch(const char type[], const KNGrid *grid)
{
  Case           test;
  KNReal        *first, *all;
  KNGrid         again[KN_MAX_INPUTS];
  PetscLogDouble forward, backward;

  PetscFunctionBegin;
  PetscCall(CaseCreate(type, grid, &test));
  PetscCall(KNMalloc(test.n_out, sizeof(KNReal), &first));
  PetscCall(KNMalloc(test.n_out, sizeof(KNReal), &all));
  PetscCall(Forward(&test, test.out));
  test.pass.samples = 1;
  PetscCall(Forward(&test, first));
  PetscCheck(Difference(test.n_out / SAMPLES, first, test.out) <= tolerance || test.batch, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: a sample depends on the others of its batch", type);
  test.pass.training = PETSC_FALSE;
  PetscCall(Forward(&test, first));
  test.pass.samples = SAMPLES;
  PetscCall(Forward(&test, all));
  PetscCheck(!memcmp(first, all, test.n_out / SAMPLES * sizeof(KNReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a prediction alone and among others differs in bits", type);
  test.pass.training = PETSC_TRUE;
  test.pass.samples  = 0;
  PetscCall(Forward(&test, first));
  PetscCall(Backward(&test));
  for (PetscInt i = 0; i < test.inputs; i++)
    PetscCheck(Norm(test.n_in[i], test.din[i]) == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: no samples have a gradient",
               type);

  /* Planned again, for the same grid: nothing of the first plan may be left over. */
  test.pass.samples = SAMPLES;
  for (PetscInt i = 0; i < test.inputs; i++) PetscCall(KNLayerGetInput(test.layer, i, NULL, &again[i]));
  PetscCall(KNLayerSetGrids(test.layer, again, SAMPLES));
  PetscCall(Forward(&test, first));
  PetscCall(CheckSameBits(type, "outputs", 1, test.n_out, test.out, first));
  PetscCall(KNLayerGetCost(test.layer, &forward, &backward, NULL));
  PetscCheck(forward >= 0 && backward >= forward, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: a cost of %g and %g operations",
             type, forward, backward);
  PetscCall(KNLayerView(test.layer, PETSC_VIEWER_STDOUT_SELF));
  PetscCall(KNFree(&first));
  PetscCall(KNFree(&all));
  PetscCall(CaseDestroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestLayer(const char type[], const KNGrid grids[], size_t ngrids)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < ngrids; i++) {
    if (grids[i].dim < AxesNeeded(type)) continue;
    PetscCall(TestGradient(type, &grids[i]));
    PetscCall(TestAdjoint(type, &grids[i]));
    PetscCall(TestAdd(type, &grids[i]));
    PetscCall(TestThreads(type, &grids[i]));
    PetscCall(TestBatch(type, &grids[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  KNGrid grids[6];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_modes", "4"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_padding", "0.25"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_dropout", "0.3"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_heads", "2"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_feed_forward", "3"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_slices", "5"));
  /* at the default hardly any of so few particles would collide */
  PetscCall(PetscOptionsSetValue(NULL, "-collision_rate", "1"));
  /*
    Numbers of points that 0.25 pads to, so that crop can take them: 13 from 10, 16 from 13, 8 from 6, 9 from 7, 11 from
    9.
  */
  grids[0] = KNGridMake(1, (const PetscInt[]){13}, KN_POINTS_PERIODIC);
  grids[1] = KNGridMake(1, (const PetscInt[]){16}, KN_POINTS_CELLS);
  grids[2] = KNGridMake(2, (const PetscInt[]){9, 16}, KN_POINTS_NODES);
  grids[3] = KNGridMake(2, (const PetscInt[]){16, 11}, KN_POINTS_PERIODIC);
  grids[4] = KNGridMake(3, (const PetscInt[]){8, 9, 8}, KN_POINTS_CELLS);
  grids[5] = KNGridMake(0, NULL, KN_POINTS_PERIODIC);
  for (const char *const *type = KNLayerNames(); *type; type++)
    PetscCall(TestLayer(*type, grids, PETSC_STATIC_ARRAY_LENGTH(grids)));
  for (PetscInt kind = 0; KNResidualNames()[kind]; kind++) {
    for (activation = KN_ACTIVATION_NONE; activation <= KN_ACTIVATION_RESULT; activation++)
      PetscCall(TestLayer(KNResidualLayer(kind), grids, PETSC_STATIC_ARRAY_LENGTH(grids)));
  }
  PetscCall(PetscFinalize());
  return 0;
}
