/*
  Boltzmann collisions: the residual step of a network as the motion of a gas.

  The C channels of two fields (B, C, S) are n = C/d particles of velocity dimension d, at each of S grid points: position
  x_i and velocity v_i in R^d. A residual block x + v is free flight. The layer puts the collisions before it that the
  Boltzmann equation has, by operator splitting: collide, v -> v', then drift, x + v' (forward with ADD_VALUES on a copy of x).

    training     Direct Simulation Monte Carlo (Bird 1994): particles meet in uniformly random pairs; a pair collides with probability
                 min(1, kappa (g_ij / g_mean)^alpha), and then v_i' = v_i - omega (omega . r), v_j' = v_j + omega (omega . r), r = v_i - v_j.
    evaluation   mean: the expectation of that step, v_i' = v_i - sum_j p_ij omega_ij (omega_ij . (v_i - v_j)), with p_ij the probability that
                 i and j meet and collide (for alpha > 0 with g_mean over all pairs: an approximation); sample: as in training; off: v' = v.
    omega        line_of_centres: (x_i - x_j) / |x_i - x_j|, point by point; uniform: one random unit vector for each pair.

  Momentum and energy are conserved at every grid point. What is drawn is shared by all points, so that the step commutes with
  restriction to a coarser grid, and depends on (seed, layer, step, sample index) alone: backward draws it again.
  At rate 0 nothing is drawn and v' is v, bit for bit. The method: KITINet (arXiv 2505.17919).

  in[0] = x, in[1] = v: (B, C, S); out = v': (B, C, S). No parameters.
*/
#include <omp.h>

#include <kitinet/error.h>
#include <kitinet/options.h>

#include "collision_kernels.h"
#include "layer_impl.h"

typedef enum {
  KN_LAW_LINE_OF_CENTRES,
  KN_LAW_UNIFORM
} KNCollisionLaw;

static const char *const KNCollisionLaws[] = {"line_of_centres", "uniform", NULL};

typedef enum {
  KN_EVALUATE_MEAN,
  KN_EVALUATE_SAMPLE,
  KN_EVALUATE_OFF
} KNCollisionEvaluate;

static const char *const KNCollisionEvaluates[] = {"mean", "sample", "off", NULL};

typedef struct {
  PetscInt  dimension; /* d, velocity components of a particle */
  PetscReal rate;      /* kappa = dt/Kn, the mean number of collisions of a particle in a step */
  PetscInt  law;       /* a KNCollisionLaw */
  PetscReal alpha;     /* exponent of the variable hard spheres: 0 Maxwell molecules, 1 hard spheres */
  PetscInt  evaluate;  /* a KNCollisionEvaluate */

  size_t    n;         /* particles */
  size_t    d, S;      /* dimension and grid points as sizes */
  uint32_t *all;       /* (n (n-1)/2, 2) every pair of particles, for the expectation */
  int       threads;   /* of which each has its part of the workspace: */
  uint32_t *pair;      /* (threads, n) who meets whom */
  double   *weight;    /* (threads, n (n-1)/2) probability that a pair collides */
  KNReal   *omega;     /* (threads, n/2, d) directions; NULL for the line of centres */
} KNCollision;

/* One sample's collisions: arguments of kn_collision_perform, in the workspace of the thread. */
typedef struct {
  const uint32_t *pair;
  const double   *weight; /* NULL: 1 */
  const KNReal   *omega;  /* NULL: line of centres, or the mean over all directions */
  size_t          pairs;
} KNCollisionList;

static size_t KNCollisionAllPairs(const KNCollision *collision)
{
  return collision->n * (collision->n - 1) / 2;
}

/* The chance that two given particles meet in a perfect matching: each of them meets each other one equally often. */
static double KNCollisionMeeting(const KNCollision *collision)
{
  return 1. / (double)(collision->n % 2 ? collision->n : collision->n - 1);
}

/* The expectation: all pairs, each with the probability that it meets and collides. */
static KNCollisionList KNCollisionExpect(const KNCollision *collision, const KNReal *v)
{
  const size_t pairs  = KNCollisionAllPairs(collision);
  double      *weight = collision->weight + (size_t)omp_get_thread_num() * pairs;

  kn_collision_probability(weight, v, collision->all, pairs, collision->d, collision->S, collision->rate, collision->alpha);
  for (size_t k = 0; k < pairs; k++) weight[k] *= KNCollisionMeeting(collision);
  return (KNCollisionList){collision->all, weight, NULL, pairs};
}

/* One draw: the pairs that meet and collide. */
static KNCollisionList KNCollisionDraw(const KNCollision *collision, const PetscInt64 draw[4], const KNReal *v)
{
  const size_t n = collision->n, d = collision->d, thread = (size_t)omp_get_thread_num();
  uint32_t    *pair   = collision->pair + thread * n;
  double      *weight = collision->weight + thread * KNCollisionAllPairs(collision);
  KNReal      *omega  = collision->omega ? collision->omega + thread * (n / 2) * d : NULL;
  size_t       hits;

  kn_collision_attempt(pair, n, draw);
  kn_collision_probability(weight, v, pair, n / 2, d, collision->S, collision->rate, collision->alpha);
  hits = kn_collision_test(pair, weight, n / 2, draw);
  if (omega) kn_collision_setup(omega, pair, hits, d, draw);
  return (KNCollisionList){pair, NULL, omega, hits};
}

/* The collisions of sample b of the pass; backward finds the same as forward. v: (C, S) of this sample. */
static KNCollisionList KNCollisionCollide(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *v)
{
  const KNCollision *collision = layer->data;
  const PetscInt64   draw[4]   = {pass->seed, layer->number, pass->step, pass->index ? pass->index[b] : b};

  if (collision->rate == 0 || (!pass->training && collision->evaluate == KN_EVALUATE_OFF)) return (KNCollisionList){0};
  if (!pass->training && collision->evaluate == KN_EVALUATE_MEAN) return KNCollisionExpect(collision, v);
  return KNCollisionDraw(collision, draw, v);
}

static PetscErrorCode KNLayerSetFromOptions_Collision(KNLayer layer)
{
  KNCollision *collision = layer->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Collisions (residual collision)"));
  PetscCall(KNOptionsInt("-collision_dimension", "velocity components of a particle, a divisor of the channels", 1, PETSC_MAX_INT, &collision->dimension));
  PetscCall(KNOptionsReal("-collision_rate", "collisions of a particle in a layer, dt/Kn; 0: the plain residual network", 0, 1, &collision->rate));
  PetscCall(KNOptionsChoice("-collision_law", "direction along which particles scatter", KNCollisionLaws, &collision->law));
  PetscCall(KNOptionsReal("-collision_alpha", "exponent of the relative speed in the collision rate; 0: Maxwell molecules, 1: hard spheres", 0, 1, &collision->alpha));
  PetscCall(KNOptionsChoice("-collision_evaluate", "collisions outside training: their expectation, a draw, or none", KNCollisionEvaluates, &collision->evaluate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Collision(KNLayer layer, KNParameters parameters)
{
  KNCollision *collision = layer->data;

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out == layer->in, PETSC_COMM_WORLD, KN_ERR_USAGE, "Collisions of %s keep the number of channels: %" PetscInt_FMT " in, %" PetscInt_FMT " out", layer->name, layer->in, layer->out);
  if (layer->in % collision->dimension) {
    char   divisors[256] = "";
    size_t used          = 0;

    for (PetscInt d = 1; d <= layer->in && used + 16 < sizeof(divisors); d++) {
      size_t length;

      if (layer->in % d) continue;
      PetscCall(PetscSNPrintfCount(divisors + used, sizeof(divisors) - used, "%s%" PetscInt_FMT, &length, used ? ", " : "", d));
      used += length - 1; /* PETSc counts the end */
    }
    SETERRQ(PETSC_COMM_WORLD, KN_ERR_USAGE, "-collision_dimension %" PetscInt_FMT " does not divide the %" PetscInt_FMT " channels of %s; choose one of %s", collision->dimension, layer->in, layer->name, divisors);
  }
  collision->d = (size_t)collision->dimension;
  collision->n = (size_t)layer->in / collision->d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Floating-point operations of one collision at one point. Forward: c, r, c . r, |c|^2, the quotient and the update along the line of
  centres; r, omega . r and the update along omega. Backward: the same for dv; then the gradient of the position.
*/
static void KNCollisionFlops(const KNCollision *collision, PetscLogDouble flops[2])
{
  const PetscLogDouble d = (PetscLogDouble)collision->d;

  flops[0] = collision->law == KN_LAW_UNIFORM ? 6 * d : 10 * d + 2;
  flops[1] = collision->law == KN_LAW_UNIFORM ? 6 * d : 10 * d + 2 + 20 * d + 5;
}

static PetscErrorCode KNLayerFreeWorkspace_Collision(KNCollision *collision)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&collision->all));
  PetscCall(KNFree(&collision->pair));
  PetscCall(KNFree(&collision->weight));
  PetscCall(KNFree(&collision->omega));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Collision(KNLayer layer)
{
  KNCollision *collision = layer->data;
  const size_t n = collision->n, d = collision->d, pairs = KNCollisionAllPairs(collision), threads = (size_t)omp_get_max_threads();

  PetscFunctionBegin;
  layer->grid_out    = layer->grid_in;
  collision->S       = KNGridSize(&layer->grid_in);
  collision->threads = (int)threads;

  PetscCall(KNLayerFreeWorkspace_Collision(collision));
  PetscCall(KNMalloc(2 * pairs, sizeof(uint32_t), &collision->all));
  PetscCall(KNMalloc(threads * n, sizeof(uint32_t), &collision->pair));
  PetscCall(KNMalloc(threads * pairs, sizeof(double), &collision->weight));
  if (collision->law == KN_LAW_UNIFORM) PetscCall(KNMalloc(threads * (n / 2) * d, sizeof(KNReal), &collision->omega));
  layer->bytes = (2 * pairs + threads * n) * sizeof(uint32_t) + threads * pairs * sizeof(double) + (collision->omega ? threads * (n / 2) * d * sizeof(KNReal) : 0);
  for (size_t i = 0, k = 0; i < n; i++) {
    for (size_t j = i + 1; j < n; j++, k++) {
      collision->all[2 * k]     = (uint32_t)i;
      collision->all[2 * k + 1] = (uint32_t)j;
    }
  }

  /* In training, on average; with the addition of v' to x, and of dv' to dv. */
  KNCollisionFlops(collision, layer->flops);
  for (int way = 0; way < 2; way++) layer->flops[way] = (layer->flops[way] * collision->rate * (PetscLogDouble)(n / 2) + (PetscLogDouble)(n * d)) * (PetscLogDouble)collision->S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerForward_Collision(KNLayer layer, const KNPass *pass, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  const KNCollision *collision = layer->data;
  const size_t       n = collision->n, d = collision->d, S = collision->S;

  PetscFunctionBegin;
#pragma omp parallel for num_threads(collision->threads)
  for (PetscInt b = 0; b < pass->samples; b++) {
    const size_t          first = (size_t)b * n * d * S;
    const KNReal         *x     = collision->law == KN_LAW_LINE_OF_CENTRES ? in[0] + first : NULL, *v = in[1] + first;
    const KNCollisionList list  = KNCollisionCollide(layer, pass, b, v);

    kn_collision_perform(out + first, x, v, list.omega, list.pair, list.weight, list.pairs, n, d, S, mode == ADD_VALUES);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerBackward_Collision(KNLayer layer, const KNPass *pass, const KNReal *const in[], const KNReal *dout, KNReal *const din[])
{
  const KNCollision *collision = layer->data;
  const size_t       n = collision->n, d = collision->d, S = collision->S;

  PetscFunctionBegin;
#pragma omp parallel for num_threads(collision->threads)
  for (PetscInt b = 0; b < pass->samples; b++) {
    const size_t          first = (size_t)b * n * d * S;
    const KNReal         *x     = collision->law == KN_LAW_LINE_OF_CENTRES ? in[0] + first : NULL, *v = in[1] + first;
    const KNCollisionList list  = KNCollisionCollide(layer, pass, b, v);
    KNReal               *dx = din[0] ? din[0] + first : NULL, *dv = din[1] ? din[1] + first : NULL;

    kn_collision_perform_backward(dx, dv, dout + first, x, v, list.omega, list.pair, list.weight, list.pairs, n, d, S);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerView_Collision(KNLayer layer, PetscViewer viewer)
{
  const KNCollision *collision = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %zu particles of dimension %zu, rate %g, law %s, alpha %g, evaluation %s", collision->n, collision->d, (double)collision->rate, KNCollisionLaws[collision->law], (double)collision->alpha, KNCollisionEvaluates[collision->evaluate]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Collision(KNLayer layer)
{
  KNCollision *collision = layer->data;

  PetscFunctionBegin;
  PetscCall(KNLayerFreeWorkspace_Collision(collision));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Collision(KNLayer layer)
{
  KNCollision *collision;

  PetscFunctionBegin;
  PetscCall(PetscNew(&collision));
  collision->dimension = 2;
  collision->rate      = 0.1;
  layer->data          = collision;
  layer->inputs        = 2;
  layer->ops           = (KNLayerOps){
    .setfromoptions = KNLayerSetFromOptions_Collision,
    .setup          = KNLayerSetUp_Collision,
    .setgrid        = KNLayerSetGrid_Collision,
    .forward        = KNLayerForward_Collision,
    .backward       = KNLayerBackward_Collision,
    .view           = KNLayerView_Collision,
    .destroy        = KNLayerDestroy_Collision,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}
