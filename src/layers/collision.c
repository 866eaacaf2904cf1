/*
  Boltzmann collisions: the residual step of a network as the motion of a gas.

  The C channels of two fields (B, C, S) are n = C/d particles of velocity dimension d, at each of S grid points:
  position x_i and velocity v_i in R^d. A residual block x + v is free flight. The layer puts the collisions before it
  that the Boltzmann equation has, by operator splitting: collide, v -> v', then drift, x + v' (forward with ADD_VALUES
  on a copy of x).

    training     Direct Simulation Monte Carlo (Bird 1994): particles meet in uniformly random pairs; a pair collides
                 with probability min(1, kappa (g_ij / g_mean)^alpha), and then v_i' = v_i - delta, v_j' = v_j + delta,
                 r = v_i - v_j.
    law          line_of_centres: delta = omega (omega . r), omega = (x_i - x_j) / |x_i - x_j|, point by point; uniform:
                 the same, omega one random unit vector for each pair; isotropic: delta = (r - |r| omega) / 2, so that
                 the relative velocity turns into |r| omega, any direction alike.
    evaluation   mean: the expectation of that step, v_i' = v_i - sum_j p_ij E delta_ij, with p_ij the probability that
                 i and j meet and collide (for alpha > 0 with g_mean over all pairs: an approximation); sample: as in
                 training; off: v' = v. -collision_train mean takes the expectation in training too. E delta is r/d for
                 uniform and r/2 for isotropic, where a pair comes to rest at its mean velocity: for both laws the
                 deterministic relaxation to the bulk velocity of Bhatnagar, Gross and Krook, at different rates.

  Momentum and energy are conserved at every grid point. What is drawn is shared by all points, so that the step
  commutes with restriction to a coarser grid, and depends on (seed, layer, step, sample index) alone: backward draws it
  again. At rate 0 nothing is drawn and v' is v, bit for bit. The method: KITINet (arXiv 2505.17919).

  in[0] = x, in[1] = v: (B, C, S); out = v': (B, C, S). No parameters.
*/
#include "collision_list.h"
#include <string.h>

static PetscErrorCode KNLayerSetFromOptions_Collision(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetFromOptions(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Collision(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetUp(layer->data, layer, KN_MOST_COMPONENTS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Collision(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetGrid(layer->data, layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Collision(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const KNCollision    *collision = layer->data;
  const KNCollisionList list      = KNCollisionCollide(collision, layer, pass, b, in[1]);

  KNCollisionPerform(collision, &list, out, in[0], in[1], mode == ADD_VALUES);
}

static void KNLayerApplyBack_Collision(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const KNCollision    *collision = layer->data;
  const KNCollisionList list      = KNCollisionCollide(collision, layer, pass, b, in[1]);

  for (int i = 0; mode == INSERT_VALUES && i < 2; i++) {
    if (din[i]) memset(din[i], 0, collision->n * collision->d * collision->S * sizeof(KNReal));
  }
  KNCollisionPerformBack(collision, &list, din[0], din[1], dout, in[0], in[1]);
}

static PetscErrorCode KNLayerView_Collision(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionView(layer->data, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Collision(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionFree(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Collision(KNLayer layer)
{
  KNCollision *collision;

  PetscFunctionBegin;
  PetscCall(PetscNew(&collision));
  PetscCall(KNCollisionSetDefaults(collision));
  layer->data   = collision;
  layer->inputs = 2;
  layer->ops    = (KNLayerOps){
       .setfromoptions = KNLayerSetFromOptions_Collision,
       .setup          = KNLayerSetUp_Collision,
       .setgrid        = KNLayerSetGrid_Collision,
       .apply          = KNLayerApply_Collision,
       .apply_back     = KNLayerApplyBack_Collision,
       .view           = KNLayerView_Collision,
       .destroy        = KNLayerDestroy_Collision,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}
