/* Which particles of a sample collide: see collision_list.h. */
#include "collision_list.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <omp.h>

static const char *const KNCollisionLaws[]      = {"line_of_centres", "uniform", "isotropic", NULL};
static const char *const KNCollisionEvaluates[] = {"mean", "sample", "off", NULL};
static const char *const KNCollisionTrains[]    = {"sample", "mean", NULL};

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
  double      *weight = collision->weight + (size_t)omp_get_thread_num() * KNAligned(pairs);

  kn_collision_probability(weight, v, collision->all, pairs, collision->d, collision->S, collision->rate,
                           collision->alpha);
  for (size_t k = 0; k < pairs; k++) weight[k] *= KNCollisionMeeting(collision);
  return (KNCollisionList){collision->all, weight, NULL, pairs};
}

/* One draw: the pairs that meet and collide. */
static KNCollisionList KNCollisionDraw(const KNCollision *collision, const PetscInt64 draw[4], const KNReal *v)
{
  const size_t n = collision->n, d = collision->d, thread = (size_t)omp_get_thread_num();
  uint32_t    *pair   = collision->pair + thread * KNAligned(n);
  double      *weight = collision->weight + thread * KNAligned(KNCollisionAllPairs(collision));
  KNReal      *omega  = collision->omega ? collision->omega + thread * KNAligned(n / 2 * d) : NULL;
  size_t       hits;

  kn_collision_attempt(pair, n, draw);
  kn_collision_probability(weight, v, pair, n / 2, d, collision->S, collision->rate, collision->alpha);
  hits = kn_collision_test(pair, weight, n / 2, draw);
  if (omega) kn_collision_setup(omega, pair, hits, d, draw);
  return (KNCollisionList){pair, NULL, omega, hits};
}

KNCollisionList KNCollisionCollide(const KNCollision *collision, KNLayer layer, const KNPass *pass, PetscInt b,
                                   const KNReal *v)
{
  const PetscInt64 draw[4] = {pass->seed, layer->number, pass->step, pass->index ? pass->index[b] : b};

  if (collision->rate == 0 || (!pass->training && collision->evaluate == KN_EVALUATE_OFF)) return (KNCollisionList){0};
  if (pass->training ? collision->train == KN_TRAIN_MEAN : collision->evaluate == KN_EVALUATE_MEAN)
    return KNCollisionExpect(collision, v);
  return KNCollisionDraw(collision, draw, v);
}

void KNCollisionPerform(const KNCollision *collision, const KNCollisionList *list, KNReal *out, const KNReal *x,
                        const KNReal *v, int add)
{
  kn_collision_perform(out, (KNCollisionLaw)collision->law, x, v, list->omega, list->pair, list->weight, list->pairs,
                       collision->n, collision->d, collision->S, add);
}

void KNCollisionPerformBack(const KNCollision *collision, const KNCollisionList *list, KNReal *dx, KNReal *dv,
                            const KNReal *dout, const KNReal *x, const KNReal *v)
{
  kn_collision_perform_backward(dx, dv, dout, (KNCollisionLaw)collision->law, x, v, list->omega, list->pair,
                                list->weight, list->pairs, collision->n, collision->d, collision->S);
}

PetscErrorCode KNCollisionSetDefaults(KNCollision *collision)
{
  PetscFunctionBegin;
  collision->rate = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCollisionSetFromOptions(KNCollision *collision)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Collisions (residual collision, fno_collision, transport)"));
  PetscCall(KNOptionsInt("-collision_dimension",
                         "velocity components of a particle, a divisor of the channels; 0: the largest that leaves two "
                         "particles, at most 8 with residual collision",
                         0, PETSC_MAX_INT, &collision->dimension));
  PetscCall(KNOptionsReal("-collision_rate",
                          "collisions of a particle in a layer, dt/Kn; 0: the plain residual network", 0, 1,
                          &collision->rate));
  PetscCall(KNOptionsChoice("-collision_law",
                            "how particles scatter: off the line of centres, off a random direction (uniform), or into "
                            "a random direction (isotropic)",
                            KNCollisionLaws, &collision->law));
  PetscCall(KNOptionsReal("-collision_alpha",
                          "exponent of the relative speed in the collision rate; 0: Maxwell molecules, 1: hard spheres",
                          0, 1, &collision->alpha));
  PetscCall(KNOptionsChoice(
    "-collision_train",
    "collisions in training: a draw, or their expectation, which with laws uniform and isotropic is BGK relaxation",
    KNCollisionTrains, &collision->train));
  PetscCall(KNOptionsChoice("-collision_evaluate", "collisions outside training: their expectation, a draw, or none",
                            KNCollisionEvaluates, &collision->evaluate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscInt DefaultDimension(PetscInt most, PetscInt channels)
{
  for (PetscInt d = PetscMin(most, channels / 2); d > 1; d--) {
    if (channels % d == 0) return d;
  }
  return 1;
}

PetscErrorCode KNCollisionSetUp(KNCollision *collision, KNLayer layer, PetscInt most)
{
  PetscFunctionBegin;
  if (!collision->dimension) {
    collision->dimension = DefaultDimension(most, layer->in);
    PetscCall(KNOptionsResolve("-collision_dimension", collision->dimension));
  }
  PetscCheck(collision->train == KN_TRAIN_SAMPLE || collision->alpha == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-collision_train mean needs -collision_alpha 0: the gradient takes the rates of collisions as constant");
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out == layer->in, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "Collisions of %s keep the number of channels: %" PetscInt_FMT " in, %" PetscInt_FMT " out", layer->name,
             layer->in, layer->out);
  if (layer->in % collision->dimension) {
    char   divisors[256] = "";
    size_t used          = 0;

    for (PetscInt d = 1; d <= layer->in && used + 16 < sizeof(divisors); d++) {
      size_t length;

      if (layer->in % d) continue;
      PetscCall(
        PetscSNPrintfCount(divisors + used, sizeof(divisors) - used, "%s%" PetscInt_FMT, &length, used ? ", " : "", d));
      used += length - 1; /* PETSc counts the end */
    }
    SETERRQ(PETSC_COMM_WORLD, KN_ERR_USAGE,
            "-collision_dimension %" PetscInt_FMT " does not divide the %" PetscInt_FMT
            " channels of %s; choose one of %s",
            collision->dimension, layer->in, layer->name, divisors);
  }
  collision->d = (size_t)collision->dimension;
  collision->n = (size_t)layer->in / collision->d;

  layer->properties.particle            = collision->dimension;
  layer->properties.draws_in_training   = (PetscBool)(collision->rate > 0 && collision->train == KN_TRAIN_SAMPLE);
  layer->properties.draws_in_evaluation = (PetscBool)(collision->rate > 0 && collision->evaluate == KN_EVALUATE_SAMPLE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Floating-point operations of one collision at one point. Forward: c, r, c . r, |c|^2, the quotient and the update
  along the line of centres; r, omega . r and the update along omega; |r|, r - |r| omega and the update of isotropic
  scattering. Backward: the same for dv; then the gradient of the position; of isotropic scattering |r|, omega . e and
  the update.
*/
static void KNCollisionFlops(const KNCollision *collision, PetscLogDouble flops[2])
{
  const PetscLogDouble d = (PetscLogDouble)collision->d;

  switch (collision->law) {
  case KN_LAW_UNIFORM: flops[0] = flops[1] = 6 * d; break;
  case KN_LAW_ISOTROPIC:
    flops[0] = 9 * d + 1;
    flops[1] = 14 * d + 3;
    break;
  default: flops[0] = 10 * d + 2; flops[1] = flops[0] + 20 * d + 5;
  }
}

PetscErrorCode KNCollisionFree(KNCollision *collision)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&collision->all));
  PetscCall(KNFree(&collision->pair));
  PetscCall(KNFree(&collision->weight));
  PetscCall(KNFree(&collision->omega));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCollisionSetGrid(KNCollision *collision, KNLayer layer)
{
  const size_t n = collision->n, d = collision->d, pairs = KNCollisionAllPairs(collision),
               threads            = (size_t)layer->threads;
  const PetscLogDouble collisions = collision->train == KN_TRAIN_MEAN && collision->rate > 0
                                      ? (PetscLogDouble)pairs
                                      : collision->rate * (PetscLogDouble)(n / 2);

  PetscFunctionBegin;
  PetscCheck(!layer->grid_in.whole || collision->alpha == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -collision_alpha needs the norms of whole fields, which no rank has with -ranks_per_sample: leave "
             "out one of them");
  collision->S = KNGridSize(&layer->grid_in);
  PetscCall(KNCollisionFree(collision));
  PetscCall(KNMalloc(2 * pairs, sizeof(uint32_t), &collision->all));
  PetscCall(KNMalloc(threads * KNAligned(n), sizeof(uint32_t), &collision->pair));
  PetscCall(KNMalloc(threads * KNAligned(pairs), sizeof(double), &collision->weight));
  if (collision->law != KN_LAW_LINE_OF_CENTRES)
    PetscCall(KNMalloc(threads * KNAligned(n / 2 * d), sizeof(KNReal), &collision->omega));
  layer->bytes = (2 * pairs + threads * KNAligned(n)) * sizeof(uint32_t) + threads * KNAligned(pairs) * sizeof(double) +
                 (collision->omega ? threads * KNAligned(n / 2 * d) * sizeof(KNReal) : 0);
  for (size_t i = 0, k = 0; i < n; i++) {
    for (size_t j = i + 1; j < n; j++, k++) {
      collision->all[2 * k]     = (uint32_t)i;
      collision->all[2 * k + 1] = (uint32_t)j;
    }
  }

  /* In training, on average; with the addition of v' to x, and of dv' to dv. */
  KNCollisionFlops(collision, layer->flops);
  for (int way = 0; way < 2; way++)
    layer->flops[way] = (layer->flops[way] * collisions + (PetscLogDouble)(n * d)) * (PetscLogDouble)collision->S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCollisionView(const KNCollision *collision, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %zu particles of dimension %zu, rate %g, law %s, alpha %g, evaluation %s",
                                   collision->n, collision->d, (double)collision->rate, KNCollisionLaws[collision->law],
                                   (double)collision->alpha, KNCollisionEvaluates[collision->evaluate]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
