/*
  The network as a whole, linked in double: its gradient equals central differences to 1e-7 for every residual, on
  one, two and three axes, with and without padding, for both collision laws. In either precision: collision rate 0 is
  the plain network bit for bit; a forward pass for evaluation gives what one for training gives; one set of
  parameters serves every grid.
*/
#include "draw.h"
#include <kitinet/model.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { IN = 2, OUT = 1, SAMPLES = 2, LARGEST = 24 * 24, DIRECTIONS = 3 };

static const PetscInt64 rows[SAMPLES] = {4, 1};
static const KNPass     drawn = {.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .step = 5, .index = rows},
                    expected  = {.samples = SAMPLES, .index = rows};

typedef struct {
  const char *residual, *padding, *law, *rate;
  PetscInt    dim;
  const char *dropout, *kind, *train; /* NULL: none, element, sample */
} Network;

static PetscErrorCode NetworkCreate(const Network *network, KNModel *model)
{
  const char *const option[][2] = {{"-model_residual", network->residual},
                                   {"-model_padding", network->padding},
                                   {"-collision_law", network->law},
                                   {"-collision_rate", network->rate},
                                   {"-model_width", "6"},
                                   {"-model_modes", "3"},
                                   {"-model_layers", "3"},
                                   {"-model_head", "5"},
                                   {"-model_dropout", network->dropout ? network->dropout : "0"},
                                   {"-model_dropout_kind", network->kind ? network->kind : "element"},
                                   {"-collision_train", network->train ? network->train : "sample"}};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  PetscCall(KNModelCreateFromOptions(model));
  PetscCall(KNModelSetChannels(*model, network->dim, IN, OUT));
  PetscCall(KNModelSetFromOptions(*model));
  PetscCall(KNModelSetUp(*model, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static KNGrid GridOf(PetscInt dim, PetscInt n)
{
  return KNGridMake(dim, (const PetscInt[]){n, dim > 1 ? n + 1 : 1, dim > 2 ? n : 1}, KN_POINTS_CELLS);
}

/* sum_i target_i y_i with the parameters moved by t along direction */
static PetscErrorCode Loss(KNModel model, const KNReal *x, const KNReal *target, size_t outputs, const KNReal *centre,
                           const KNReal *direction, double t, double *loss)
{
  KNParameters parameters;
  KNReal      *value, y[SAMPLES * OUT * LARGEST];
  size_t       size;

  PetscFunctionBegin;
  PetscCall(KNModelGetParameters(model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &size, &value, NULL, NULL, NULL));
  for (size_t i = 0; i < size; i++) value[i] = centre[i] + (KNReal)t * direction[i];
  PetscCall(KNModelForward(model, &drawn, x, y));
  *loss = 0;
  for (size_t i = 0; i < outputs; i++) *loss += (double)target[i] * (double)y[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Central differences of fourth order in random directions of the input and of all parameters, whose gradients
  accumulate: two sweeps, of which the first writes, give twice one.
*/
static PetscErrorCode TestGradient(const Network *network)
{
  /* two particles that nearly touch turn their line of centres quickly */
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1}, h = 3e-5;
  const KNGrid        grid    = GridOf(network->dim, 8);
  const size_t        outputs = SAMPLES * OUT * KNGridSize(&grid);
  KNModel             model;
  KNParameters        parameters;
  KNReal             *value, *gradient, *centre, *direction, x[SAMPLES * IN * LARGEST],
    dx[SAMPLES * IN * LARGEST] = {0}, moved[SAMPLES * IN * LARGEST], along[SAMPLES * IN * LARGEST],
                      y[SAMPLES * OUT * LARGEST], target[SAMPLES * OUT * LARGEST];
  size_t size;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &model));
  PetscCall(KNModelSetGrid(model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &size, &value, &gradient, NULL, NULL));
  PetscCall(PetscMalloc2(size, &centre, size, &direction));
  Draw(x, SAMPLES * IN * KNGridSize(&grid), 1);
  Draw(target, outputs, 2);
  Draw(direction, size, 3);
  /*
    Biases begin at 0 and the spectral weights are small: a general point instead. What moves in the gaps between
    parameters has no effect.
  */
  for (size_t i = 0; i < size; i++) value[i] += (KNReal)0.1 * direction[i];
  PetscCall(PetscArraycpy(centre, value, size));

  for (int sweep = 0; sweep < 3; sweep++) {
    KNPass pass = drawn;

    pass.gradients = sweep == 1 ? INSERT_VALUES : ADD_VALUES;
    PetscCall(KNModelForward(model, &pass, x, y));
    PetscCall(KNModelBackward(model, &pass, x, target, sweep == 2 ? dx : NULL));
  }
  for (int k = 0; k < DIRECTIONS; k++) {
    const size_t inputs = SAMPLES * IN * KNGridSize(&grid);
    double       slope = 0, inner = 0, norm = 0, loss = 0;

    Draw(along, inputs, 20 + k);
    for (size_t i = 0; i < inputs; i++) {
      inner += (double)dx[i] * (double)along[i];
      norm += PetscSqr((double)dx[i]);
    }
    for (int p = 0; p < 4; p++) {
      for (size_t i = 0; i < inputs; i++) moved[i] = x[i] + (KNReal)(place[p] * h) * along[i];
      PetscCall(Loss(model, moved, target, outputs, centre, direction, 0, &loss));
      slope += weight[p] * loss / (12 * h);
    }
    CHECK(norm > 0 && PetscAbsReal(slope - inner) < 1e-7 * PetscSqrtReal(norm),
          "residual %s, %s, padding %s, %dD, input: slope %.12g, gradient %.12g, norm %g", network->residual,
          network->law, network->padding, (int)network->dim, slope, inner, PetscSqrtReal(norm));
  }
  for (int k = 0; k < DIRECTIONS; k++) {
    double slope = 0, inner = 0, norm = 0, loss = 0;

    Draw(direction, size, 10 + k);
    for (size_t i = 0; i < size; i++) {
      inner += 0.5 * (double)gradient[i] * (double)direction[i];
      norm += 0.25 * PetscSqr((double)gradient[i]);
    }
    for (int p = 0; p < 4; p++) {
      PetscCall(Loss(model, x, target, outputs, centre, direction, place[p] * h, &loss));
      slope += weight[p] * loss / (12 * h);
    }
    CHECK(norm > 0 && PetscAbsReal(slope - inner) < 1e-7 * PetscSqrtReal(norm),
          "residual %s, %s, padding %s, %dD: slope %.12g, gradient %.12g, norm %g", network->residual, network->law,
          network->padding, (int)network->dim, slope, inner, PetscSqrtReal(norm));
  }
  PetscCall(PetscFree2(centre, direction));
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y for samples of n points: of a network planned for training or for evaluation */
static PetscErrorCode Apply(const Network *network, PetscInt n, PetscBool training, const KNPass *pass, KNReal *y)
{
  const KNGrid grid = GridOf(network->dim, n);
  KNModel      model;
  KNReal       x[SAMPLES * IN * LARGEST];

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &model));
  PetscCall(KNModelSetGrid(model, &grid, SAMPLES, training));
  Draw(x, SAMPLES * IN * KNGridSize(&grid), 1);
  PetscCall(KNModelForward(model, pass, x, y));
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSame(const char what[], const Network *a, PetscBool training_a, const KNPass *pass_a,
                               const Network *b, PetscBool training_b, const KNPass *pass_b, PetscBool same)
{
  const KNGrid grid   = GridOf(a->dim, 8);
  const size_t values = SAMPLES * OUT * KNGridSize(&grid);
  KNReal       ya[SAMPLES * OUT * LARGEST], yb[SAMPLES * OUT * LARGEST];

  PetscFunctionBegin;
  PetscCall(Apply(a, 8, training_a, pass_a, ya));
  PetscCall(Apply(b, 8, training_b, pass_b, yb));
  CHECK((memcmp(ya, yb, values * sizeof(KNReal)) == 0) == same, "%s, %dD, padding %s: the outputs are %s", what,
        (int)a->dim, a->padding, same ? "not the same bits" : "the same");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Values of the parameters that both have, by name. */
static PetscErrorCode Copy(KNModel from, KNModel to)
{
  KNParameters           p[2];
  const KNParameterInfo *a, *b;
  KNReal                *value[2];
  PetscInt               count[2];

  PetscFunctionBegin;
  PetscCall(KNModelGetParameters(from, &p[0]));
  PetscCall(KNModelGetParameters(to, &p[1]));
  for (int k = 0; k < 2; k++) {
    PetscCall(KNParametersGetCount(p[k], &count[k]));
    PetscCall(KNParametersGetBlocks(p[k], NULL, &value[k], NULL, NULL, NULL));
  }
  for (PetscInt i = 0; i < count[0]; i++) {
    for (PetscInt j = 0; j < count[1]; j++) {
      PetscCall(KNParametersGetInfo(p[0], i, &a));
      PetscCall(KNParametersGetInfo(p[1], j, &b));
      if (!strcmp(a->name, b->name)) memcpy(value[1] + b->offset, value[0] + a->offset, a->size * sizeof(KNReal));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Where particles neither collide nor stream, transport is the plain network: the same sums in another order. With
  collisions it is another one.
*/
static PetscErrorCode TestStill(const char padding[], PetscInt dim)
{
  const Network network[] = {{"plain", padding, "uniform", "0", .dim = dim},
                             {"transport", padding, "uniform", "0", .dim = dim},
                             {"transport", padding, "uniform", "1", .dim = dim}};
  const KNGrid  grid      = GridOf(dim, 8);
  KNReal        x[SAMPLES * IN * LARGEST], y[3][SAMPLES * OUT * LARGEST];
  double        square[3] = {0, 0, 0};
  KNModel       model[3];

  PetscFunctionBegin;
  Draw(x, SAMPLES * IN * KNGridSize(&grid), 1);
  for (int k = 0; k < 3; k++) {
    PetscCall(NetworkCreate(&network[k], &model[k]));
    PetscCall(Copy(model[0], model[k]));
    PetscCall(KNModelSetGrid(model[k], &grid, SAMPLES, PETSC_TRUE));
    PetscCall(KNModelForward(model[k], &drawn, x, y[k]));
    for (size_t i = 0; i < SAMPLES * OUT * KNGridSize(&grid); i++)
      square[k] += PetscSqr((double)y[k][i] - (k ? (double)y[0][i] : 0));
  }
  CHECK(square[1] < PetscSqr(sizeof(KNReal) == 4 ? 1e-6 : 1e-14) * square[0] && square[2] > 1e-8 * square[0],
        "%dD, padding %s: transport at rest and plain differ by %g, with collisions by %g", (int)dim, padding,
        PetscSqrtReal(square[1] / square[0]), PetscSqrtReal(square[2] / square[0]));
  for (int k = 0; k < 3; k++) PetscCall(KNModelDestroy(&model[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The parameters of a coarse grid, set on a finer one and back again, give the coarse output bit for bit. A smooth
  input, resolved on both, gives nearly the same values where the grids share points: 12 and 24 periodic points; the
  GELU's new frequencies are what is left.
*/
static PetscErrorCode TestGrids(const Network *network)
{
  const KNGrid coarse = KNGridMake(1, (const PetscInt[]){12}, KN_POINTS_PERIODIC),
               fine   = KNGridMake(1, (const PetscInt[]){24}, KN_POINTS_PERIODIC);
  KNReal  x[2][SAMPLES * IN * 24], y[2][SAMPLES * OUT * 24], again[SAMPLES * OUT * 12];
  double  difference = 0, norm = 0;
  KNModel model;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(network, &model));
  for (int g = 0; g < 2; g++) {
    const PetscInt n = g ? 24 : 12;

    for (PetscInt c = 0; c < SAMPLES * IN; c++) {
      for (PetscInt i = 0; i < n; i++)
        x[g][c * n + i] = (KNReal)PetscSinReal(2 * PETSC_PI * (PetscReal)i / (PetscReal)n + (PetscReal)c);
    }
    PetscCall(KNModelSetGrid(model, g ? &fine : &coarse, SAMPLES, PETSC_FALSE));
    PetscCall(KNModelForward(model, &expected, x[g], y[g]));
  }
  for (PetscInt b = 0; b < SAMPLES; b++) {
    for (PetscInt i = 0; i < 12; i++) {
      difference += PetscSqr((double)y[1][b * 24 + 2 * i] - (double)y[0][b * 12 + i]);
      norm += PetscSqr((double)y[0][b * 12 + i]);
    }
  }
  CHECK(PetscSqrtReal(difference / norm) < 0.05, "residual %s: 12 and 24 points differ by %g", network->residual,
        PetscSqrtReal(difference / norm));
  PetscCall(KNModelSetGrid(model, &coarse, SAMPLES, PETSC_FALSE));
  PetscCall(KNModelForward(model, &expected, x[0], again));
  CHECK(!memcmp(again, y[0], sizeof(again)), "residual %s: another grid in between changes the output",
        network->residual);
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const        residual[] = {"fno",           "plain",         "collision", "collision",
                                                "fno_collision", "fno_collision", "transport", "transport"},
                           *const law[]      = {"uniform", "uniform",         "uniform", "line_of_centres",
                                                "uniform", "line_of_centres", "uniform", "line_of_centres"},
                           *const padding[]  = {"0", "0.25"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 3; dim++) {
    for (int p = 0; p < 2; p++) {
      const Network plain = {"plain", padding[p], "uniform", "0", .dim = dim},
                    still = {"collision", padding[p], "line_of_centres", "0", .dim = dim};

      for (size_t r = 0; r < PETSC_STATIC_ARRAY_LENGTH(residual); r++) {
        const Network network = {residual[r], padding[p], law[r], "0.7", .dim = dim};

        if (sizeof(KNReal) == sizeof(double)) PetscCall(TestGradient(&network));
        PetscCall(TestSame("training and evaluation", &network, PETSC_TRUE, &drawn, &network, PETSC_FALSE, &expected,
                           (PetscBool)(r < 2)));
        PetscCall(TestSame("kept and reused activations", &network, PETSC_TRUE, &expected, &network, PETSC_FALSE,
                           &expected, PETSC_TRUE));
        if (dim == 1 && !p) PetscCall(TestGrids(&network));
      }
      for (int r = 0; r < 2; r++) {
        const Network dropped = {residual[r],
                                 padding[p],
                                 "uniform",
                                 "0",
                                 .dim     = dim,
                                 .dropout = "0.3",
                                 .kind    = p ? "channel" : "element"},
                      whole   = {residual[r], padding[p], "uniform", "0", .dim = dim};
        const Network relaxed = {residual[2 + r], padding[p], law[2 + r], "0.7", .dim = dim, .train = "mean"};

        if (sizeof(KNReal) == sizeof(double)) PetscCall(TestGradient(&dropped));
        /*
          On three axes some of all pairs nearly touch somewhere: along the line of centres differences say little
          there.
        */
        if (sizeof(KNReal) == sizeof(double) && (dim < 3 || r == 0)) PetscCall(TestGradient(&relaxed));
        PetscCall(TestSame("dropout in training and evaluation", &dropped, PETSC_TRUE, &drawn, &dropped, PETSC_FALSE,
                           &expected, PETSC_FALSE));
        PetscCall(TestSame("relaxation in training and evaluation", &relaxed, PETSC_TRUE, &drawn, &relaxed, PETSC_FALSE,
                           &expected, PETSC_TRUE));
        if (r == 0)
          PetscCall(TestSame("no dropout and dropout evaluated", &whole, PETSC_FALSE, &expected, &dropped, PETSC_FALSE,
                             &expected, PETSC_TRUE));
      }
      PetscCall(TestStill(padding[p], dim));
      PetscCall(TestSame("plain and rate 0", &plain, PETSC_TRUE, &drawn, &still, PETSC_TRUE, &drawn, PETSC_TRUE));
      PetscCall(TestSame("plain and rate 0, evaluated", &plain, PETSC_FALSE, &expected, &still, PETSC_FALSE, &expected,
                         PETSC_TRUE));
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}
