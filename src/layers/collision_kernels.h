/*
  Kernels of binary collisions, for one sample: n particles of d velocity components at each of S grid points.

  A step is four kernels, named as in the Direct Simulation Monte Carlo code SPARTA:

    attempt      which particles meet: a uniformly random perfect matching
    probability  how likely each of these pairs collides
    test         which of them do
    setup        along which direction omega (laws `uniform` and `isotropic`)
    perform      v_i' = v_i - delta, v_j' = v_j + delta; with r = v_i - v_j delta = omega (omega . r) or, isotropic,
                 delta = (r - |r| omega) / 2

  draw: (seed, layer, step, sample), the coordinates of the random numbers. Every number is a pure function of
  them, of the kernel and of the pair: a second call draws the same again. Nothing is allocated.
*/
#ifndef KITINET_COLLISION_KERNELS_H
#define KITINET_COLLISION_KERNELS_H

#include <kitinet/base.h>

/*
  How a pair scatters. line_of_centres and uniform reflect r along omega. isotropic turns r into |r| omega, whatever it
  was: the scattering of hard spheres in three dimensions (Bird 1994). In two dimensions uniform and isotropic are the
  same in distribution, in one isotropic exchanges the velocities of half of the pairs.
*/
typedef enum { KN_LAW_LINE_OF_CENTRES, KN_LAW_UNIFORM, KN_LAW_ISOTROPIC } KNCollisionLaw;

/*
  Two particles closer than eps have no line of centres and do not collide. Features are of order 1, where float rounds
  to 1.2e-7: below eps the direction is made of the rounding errors of earlier layers. The factor 1/|c| in the gradient
  stays below 1/eps, and |c|^2 far from underflow. Double (2.2e-16) allows a smaller one.
*/
#define KN_COLLISION_EPS ((KNReal)(sizeof(KNReal) == 4 ? 1e-6 : 1e-12))

/*
  pair: (n), a random permutation of the particles; pair k is particles pair[2 k] and pair[2 k + 1], for k < floor(n/2).
  With n odd the last entry sits out. All (n - 1)!! (n even) or n!! (n odd) matchings are equally likely. n > 0.
*/
PETSC_EXTERN void kn_collision_attempt(uint32_t *pair, size_t n, const PetscInt64 draw[4]);

/*
  probability: (pairs), min(1, kappa (g_k / g_mean)^alpha), where g_k is the root mean square over the grid of the
  relative speed |v_i - v_j| of pair k and g_mean the mean of g_k over the pairs. v: (n d, S), not read if alpha is 0.
*/
PETSC_EXTERN void kn_collision_probability(double *probability, const KNReal *v, const uint32_t *pair, size_t pairs,
                                           size_t d, size_t S, double kappa, double alpha);

/*
  Moves the pairs that collide to the front of pair: (pairs, 2) and returns their number. probability: (pairs), of the
  attempted pairs.
*/
PETSC_EXTERN size_t kn_collision_test(uint32_t *pair, const double *probability, size_t pairs,
                                      const PetscInt64 draw[4]);

/* omega: (pairs, d), uniform on the unit sphere S^(d-1), one for each pair: (pairs, 2). */
PETSC_EXTERN void kn_collision_setup(KNReal *omega, const uint32_t *pair, size_t pairs, size_t d,
                                     const PetscInt64 draw[4]);

/*
  out = v' or, if add, out += v', with v' = v - sum_k weight_k delta_k (e_i - e_j) over the pairs. out, v: (n d, S),
  distinct; pair: (pairs, 2); weight: (pairs), NULL: 1. With weight 1 and disjoint pairs it is one collision step; with
  all pairs and weight_k the probability of their collision it is the expectation of the step.
    x: (n d, S)         line_of_centres, omega_k = (x_i - x_j) / |x_i - x_j| at each point (0 where the two coincide);
                        else not read
    omega: (pairs, d)   uniform and isotropic, the same at all points; NULL: the mean of delta over the sphere, r / d
                        and r / 2
*/
PETSC_EXTERN void kn_collision_perform(KNReal *out, KNCollisionLaw law, const KNReal *x, const KNReal *v,
                                       const KNReal *omega, const uint32_t *pair, const double *weight, size_t pairs,
                                       size_t n, size_t d, size_t S, int add);

/*
  dx += dL/dx, dv += dL/dv for dout = dL/dv', with pairs, weights and omega as constants. dx, dv: (n d, S), either may
  be NULL; dx is touched by line_of_centres only. dout: (n d, S), distinct from all others.
*/
PETSC_EXTERN void kn_collision_perform_backward(KNReal *dx, KNReal *dv, const KNReal *dout, KNCollisionLaw law,
                                                const KNReal *x, const KNReal *v, const KNReal *omega,
                                                const uint32_t *pair, const double *weight, size_t pairs, size_t n,
                                                size_t d, size_t S);

#endif
