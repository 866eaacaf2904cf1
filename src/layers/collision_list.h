/*
  Which particles of a sample collide: what the layers with collisions share. Options, pairs, probabilities,
  directions; the physics stands in collision.c.
*/
#ifndef KITINET_COLLISION_LIST_H
#define KITINET_COLLISION_LIST_H

#include "collision_kernels.h"
#include "layer_impl.h"

typedef enum { KN_EVALUATE_MEAN, KN_EVALUATE_SAMPLE, KN_EVALUATE_OFF } KNCollisionEvaluate;

typedef enum { KN_TRAIN_SAMPLE, KN_TRAIN_MEAN } KNCollisionTrain;

typedef struct {
  PetscInt  dimension; /* d, velocity components of a particle; 0 until KNCollisionSetUp() chooses */
  PetscReal rate;      /* kappa = dt/Kn, the mean number of collisions of a particle in a step */
  PetscInt  law;       /* a KNCollisionLaw */
  PetscReal alpha;     /* exponent of the variable hard spheres: 0 Maxwell molecules, 1 hard spheres */
  PetscInt  train;     /* a KNCollisionTrain */
  PetscInt  evaluate;  /* a KNCollisionEvaluate */

  size_t    n;      /* particles */
  size_t    d, S;   /* dimension and grid points as sizes */
  uint32_t *all;    /* (n (n-1)/2, 2) every pair of particles, for the expectation */
  uint32_t *pair;   /* (threads, KNAligned(n)), each thread has its part: who meets whom */
  double   *weight; /* (threads, KNAligned(n (n-1)/2)) probability that a pair collides */
  KNReal   *omega;  /* (threads, KNAligned(n/2 d)) directions; NULL for the line of centres */
} KNCollision;

/* One sample's collisions: arguments of kn_collision_perform, in the workspace of the thread. */
typedef struct {
  const uint32_t *pair;
  const double   *weight; /* NULL: 1 */
  const KNReal   *omega;  /* NULL: line of centres, or the mean over all directions */
  size_t          pairs;
} KNCollisionList;

/*
  Of 1, 2, 4, 8, 16 components the search on validation samples found 8 best at 32 channels, for the collisions of the
  residual stream: jobs/results/collision_search.csv.
*/
enum { KN_MOST_COMPONENTS = 8 };

/*
  The steps of a layer's life, on its collisions; layer: whose channels, grid, workspace and cost they are. most:
  components that a particle has at most where the user does not say how many, so that two particles remain;
  PETSC_MAX_INT: any number.
*/
PETSC_INTERN PetscErrorCode KNCollisionSetDefaults(KNCollision *collision);
PETSC_INTERN PetscErrorCode KNCollisionSetFromOptions(KNCollision *collision);
PETSC_INTERN PetscErrorCode KNCollisionSetUp(KNCollision *collision, KNLayer layer, PetscInt most);
PETSC_INTERN PetscErrorCode KNCollisionSetGrid(KNCollision *collision, KNLayer layer);
PETSC_INTERN PetscErrorCode KNCollisionView(const KNCollision *collision, PetscViewer viewer);
PETSC_INTERN PetscErrorCode KNCollisionFree(KNCollision *collision);

/*
  The collisions of sample b of the pass; backward finds the same as forward. v: (C, S) of this sample, read only if
  alpha > 0.
*/
PETSC_INTERN KNCollisionList KNCollisionCollide(const KNCollision *collision, KNLayer layer, const KNPass *pass,
                                                PetscInt b, const KNReal *v);

/* kn_collision_perform() and its backward with this list, x being the positions that the line of centres needs. */
PETSC_INTERN void KNCollisionPerform(const KNCollision *collision, const KNCollisionList *list, KNReal *out,
                                     const KNReal *x, const KNReal *v, int add);
PETSC_INTERN void KNCollisionPerformBack(const KNCollision *collision, const KNCollisionList *list, KNReal *dx,
                                         KNReal *dv, const KNReal *dout, const KNReal *x, const KNReal *v);

#endif
