/*
  Every recipe as the executor runs it, linked in double too: for every residual, dropout and norm, an output on the
  grid and one without axes, on an odd grid with padding, with an odd number of channels where that is possible,
    - the gradients of parameters and input equal central differences to 1e-7, through joins, concatenations, sums and
  what is computed again (in double);
    - what -train_recompute computes again are the same bits, of outputs and gradients, from less memory;
    - one, two and three threads give the same bits;
    - a backward sweep tells of complete gradients that do not change any more, from the end to the front.
*/
#include "draw.h"
#include <kitinet/model.h>
#include <omp.h>
#include <float.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { IN = 2, OUT = 3, SAMPLES = 3, DIRECTIONS = 2, WORDS = 11, POINTS = 9 };

static const PetscInt64 rows[SAMPLES] = {4, 1, 7};

/* Texts, for networks that read them: one, one of a single word, a pair (2 separates). */
static const int32_t token[SAMPLES][POINTS] = {{3, 7, 7, 1, 10, 4, 5, 6, 7}, {9}, {3, 8, 4, 2, 4, 8}};
static const int32_t length[SAMPLES]        = {POINTS, 1, 6};

typedef struct {
  const char *type, *residual, *width, *dropout, *kind;
  PetscInt    dim, axes;
  const char *norm; /* NULL: none */
} Network;

/* A network, its input, the gradient of a linear loss, and what the two sweeps gave. */
typedef struct {
  PetscBool    texts; /* x is NULL */
  KNModel      model;
  KNParameters parameters;
  size_t       size, inputs, outputs;
  KNReal      *x, *y, *dx, *target;
} Sweeps;

static PetscBool Reads(const char type[])
{
  return (PetscBool)(!strcmp(type, "transformer") || !strcmp(type, "textcnn"));
}

static KNPass MakePass(const Sweeps *s)
{
  KNPass pass =
    {.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .step = 5, .gradients = INSERT_VALUES, .index = rows};

  if (!s->texts) return pass;
  pass.token  = token[0];
  pass.length = length;
  pass.stride = POINTS;
  return pass;
}

static PetscErrorCode SweepsCreate(const Network *network, PetscInt recompute, int threads, Sweeps *s)
{
  const char *const option[][2] = {{"-model_type", network->type},
                                   {"-model_residual", network->residual},
                                   {"-model_padding", "0.2"},
                                   {"-collision_dimension", "0"},
                                   {"-model_width", network->width},
                                   {"-model_modes", "3"},
                                   {"-model_layers", "2"},
                                   {"-model_depth", "8"},
                                   {"-model_head", "5"},
                                   {"-model_heads", network->width[0] % 2 ? "1" : "2"},
                                   {"-model_slices", "4"},
                                   {"-model_positions", network->width[0] % 2 ? "learned" : "rotary"},
                                   {"-model_feed_forward", "2"},
                                   {"-model_frequencies", "1"},
                                   {"-model_attention", network->dim > 1 ? "fourier" : "galerkin"},
                                   {"-model_projection", network->dim > 1 ? "convolution" : "linear"},
                                   {"-model_dropout", network->dropout},
                                   {"-model_dropout_kind", network->kind},
                                   {"-model_norm", network->norm ? network->norm : "none"}};
  const KNGrid      grid =
    KNGridMake(network->dim, (const PetscInt[]){POINTS, network->dim > 1 ? 11 : 1, 1}, KN_POINTS_NODES);
  KNReal *value, *move;

  PetscFunctionBegin;
  *s = (Sweeps){.texts = Reads(network->type)};
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  omp_set_num_threads(threads);
  PetscCall(KNModelCreateFromOptions(&s->model));
  PetscCall(KNModelSetChannels(s->model, network->dim, s->texts ? WORDS : IN, OUT));
  PetscCall(KNModelSetOutputAxes(s->model, network->axes));
  if (s->texts) PetscCall(KNModelSetTokens(s->model, POINTS));
  PetscCall(KNModelSetFromOptions(s->model));
  PetscCall(KNModelSetUp(s->model, 1));
  PetscCall(KNModelSetRecompute(s->model, recompute));
  PetscCall(KNModelSetGrid(s->model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(s->model, &s->parameters));
  PetscCall(KNParametersGetBlocks(s->parameters, &s->size, &value, NULL, NULL, NULL));
  s->inputs  = s->texts ? 0 : SAMPLES * IN * KNGridSize(&grid);
  s->outputs = SAMPLES * OUT * (network->axes ? KNGridSize(&grid) : 1);
  PetscCall(PetscCalloc4(s->inputs, &s->x, s->outputs, &s->y, s->inputs, &s->dx, s->outputs, &s->target));
  PetscCall(PetscMalloc1(s->size, &move));
  Draw(s->x, s->inputs, 1);
  Draw(s->target, s->outputs, 2);
  Draw(move, s->size, 3);
  for (size_t i = 0; i < s->size; i++) value[i] += (KNReal)0.1 * move[i]; /* a general point */
  PetscCall(PetscFree(move));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SweepsDestroy(Sweeps *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(s->x, s->y, s->dx, s->target));
  PetscCall(KNModelDestroy(&s->model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Sweeps *s)
{
  const KNPass pass = MakePass(s);

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(s->dx, s->inputs));
  PetscCall(KNModelForward(s->model, &pass, s->texts ? NULL : s->x, s->y));
  PetscCall(KNModelBackward(s->model, &pass, s->texts ? NULL : s->x, s->target, s->texts ? NULL : s->dx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum_i target_i y_i at x + t along, parameters + t direction; NULL: not moved */
static PetscErrorCode Loss(Sweeps *s, const KNReal *along, const KNReal *direction, double t, double *loss)
{
  const KNPass pass = MakePass(s);
  KNReal      *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(s->parameters, NULL, &value, NULL, NULL, NULL));
  for (size_t i = 0; along && i < s->inputs; i++) s->x[i] += (KNReal)t * along[i];
  for (size_t i = 0; direction && i < s->size; i++) value[i] += (KNReal)t * direction[i];
  PetscCall(KNModelForward(s->model, &pass, s->texts ? NULL : s->x, s->y));
  for (size_t i = 0; along && i < s->inputs; i++) s->x[i] -= (KNReal)t * along[i];
  for (size_t i = 0; direction && i < s->size; i++) value[i] -= (KNReal)t * direction[i];
  *loss = 0;
  for (size_t i = 0; i < s->outputs; i++) *loss += (double)s->target[i] * (double)s->y[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Central differences of fourth order in random directions, of the input (which 0), of the parameters (1), as exact as
  the rounding of the loss allows.
*/
static PetscErrorCode CheckSlopes(Sweeps *s, int which, const char what[])
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1}, h = 1e-6; // few ReLUs switch
  const size_t        n = which ? s->size : s->inputs;
  KNReal             *along, *gradient = s->dx;
  size_t              state;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &along));
  PetscCall(KNParametersGetState(s->parameters, &state, NULL));
  if (which) PetscCall(KNParametersGetBlocks(s->parameters, NULL, NULL, &gradient, NULL, NULL));
  for (int k = 0; k < DIRECTIONS; k++) {
    double slope = 0, inner = 0, norm = 0, loss = 0, size = 0;

    Draw(along, n, 20 + k);
    for (size_t i = 0; which && i < state; i++)
      along[i] = 0; /* not trained: in the place of its gradients are statistics */
    for (size_t i = 0; i < n; i++) {
      inner += (double)gradient[i] * (double)along[i];
      norm += PetscSqr((double)gradient[i]);
    }
    for (int p = 0; p < 4; p++) {
      PetscCall(Loss(s, which ? NULL : along, which ? along : NULL, place[p] * h, &loss));
      slope += weight[p] * loss / (12 * h);
    }
    for (size_t i = 0; i < s->outputs; i++) size += PetscAbsReal((double)s->target[i] * (double)s->y[i]);
    CHECK(norm > 0 && PetscAbsReal(slope - inner) < 1e-7 * PetscSqrtReal(norm) + 4 * DBL_EPSILON / h * size,
          "%s, %s: slope %.12g, gradient %.12g, norm %g", what, which ? "parameters" : "input", slope, inner,
          PetscSqrtReal(norm));
  }
  PetscCall(PetscFree(along));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits as before, from no more memory; from less if less is given. */
static PetscErrorCode CheckSame(const Network *network, PetscInt recompute, int threads, Sweeps *kept,
                                const char what[])
{
  size_t  bytes, before;
  KNReal *a, *b;
  Sweeps  s;

  PetscFunctionBegin;
  PetscCall(SweepsCreate(network, recompute, threads, &s));
  PetscCall(Run(&s));
  PetscCall(KNParametersGetBlocks(kept->parameters, NULL, NULL, &a, NULL, NULL));
  PetscCall(KNParametersGetBlocks(s.parameters, NULL, NULL, &b, NULL, NULL));
  CHECK(!memcmp(s.y, kept->y, s.outputs * sizeof(KNReal)), "%s, %d threads, recompute %d: another output", what,
        threads, (int)recompute);
  CHECK((!s.inputs || !memcmp(s.dx, kept->dx, s.inputs * sizeof(KNReal))) && !memcmp(a, b, s.size * sizeof(KNReal)),
        "%s, %d threads, recompute %d: other gradients", what, threads, (int)recompute);
  PetscCall(KNModelGetCost(kept->model, NULL, NULL, &before));
  PetscCall(KNModelGetCost(s.model, NULL, NULL, &bytes));
  if (threads == 1 && recompute)
    CHECK(bytes < before || (!strcmp(network->type, "textcnn") && bytes == before), /* which is one block */
          "%s, recompute %d: %zu bytes, kept %zu", what, (int)recompute, bytes, before);
  PetscCall(SweepsDestroy(&s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  KNParameters parameters;
  size_t       size, offset;
  KNReal      *seen; /* gradients from offset on, when they were told to be complete */
} Listener;

static PetscErrorCode Listen(void *context, size_t offset)
{
  Listener *l = (Listener *)context;
  KNReal   *gradient;

  PetscFunctionBegin;
  CHECK(offset <= l->offset, "gradients from %zu on were complete, now from %zu on", l->offset, offset);
  PetscCall(KNParametersGetBlocks(l->parameters, NULL, NULL, &gradient, NULL, NULL));
  PetscCall(PetscArraycpy(l->seen + offset, gradient + offset, l->offset - offset));
  l->offset = offset;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckComplete(Sweeps *s, const char what[])
{
  Listener listener = {.parameters = s->parameters, .size = s->size, .offset = s->size};
  KNReal  *gradient;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(s->size, &listener.seen));
  PetscCall(KNModelSetGradientsDone(s->model, Listen, &listener));
  PetscCall(Run(s));
  PetscCall(KNModelSetGradientsDone(s->model, NULL, NULL));
  PetscCall(KNParametersGetBlocks(s->parameters, NULL, NULL, &gradient, NULL, NULL));
  CHECK(listener.offset == 0 && !memcmp(listener.seen, gradient, s->size * sizeof(KNReal)),
        "%s: gradients changed after they were told to be complete", what);
  PetscCall(PetscFree(listener.seen));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(const Network *network)
{
  char   what[256];
  Sweeps kept;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(what, sizeof(what), "%s, %s, dropout %s %s, norm %s, %dD to %dD", network->type,
                          network->residual, network->dropout, network->kind, network->norm ? network->norm : "none",
                          (int)network->dim, (int)network->axes));
  PetscCall(SweepsCreate(network, 0, 1, &kept));
  PetscCall(CheckComplete(&kept, what));
  for (int threads = 1; threads <= 3; threads++) PetscCall(CheckSame(network, threads - 1, threads, &kept, what));
  PetscCall(CheckSame(network, 1, 1, &kept, what));
  for (int which = kept.texts ? 1 : 0; which < 2 && sizeof(KNReal) == sizeof(double); which++)
    PetscCall(CheckSlopes(&kept, which, what));
  PetscCall(SweepsDestroy(&kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const        residual[] = {"plain", "collision", "transport", "fno", "fno_collision"},
                           *const kind[] = {"element", "channel"}, *const norm[] = {"layer", "group", "batch"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 2; dim++) {
    for (size_t t = 0; KNModelNames()[t]; t++) {
      const char *const type = KNModelNames()[t];
      const PetscBool   fno = (PetscBool)!strcmp(type, "fno"), texts = Reads(type);
      const PetscInt    norms = !strcmp(type, "unet") || !strcmp(type, "resnet") ? 3 : !strcmp(type, "oformer") ? 1 : 0;
      const PetscInt    axes  = texts ? 0 : dim;

      if (texts && dim > 1) continue; /* words have one axis, and no grid on which something could stream */
      for (size_t r = 0; r < (fno ? 5 : texts ? 2 : 3); r++) {
        PetscCall(Test(&(Network){type, residual[r], r % 2 ? "6" : "5", "0", "element", dim, 0, NULL}));
        if (axes) PetscCall(Test(&(Network){type, residual[r], r % 2 ? "6" : "5", "0", "element", dim, axes, NULL}));
      }
      for (int k = 0; k < 2; k++) PetscCall(Test(&(Network){type, "plain", "5", "0.3", kind[k], dim, axes, NULL}));
      for (int n = 0; n < norms; n++)
        PetscCall(Test(&(Network){type, n ? "plain" : "collision", "6", "0", "element", dim, axes, norm[n]}));
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}
