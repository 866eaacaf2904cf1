/*
  Rows of an ideal gas: density, velocity of `axes` components, pressure; conserved density, momentum, energy.

  As conservation.h asks: the arrays are in the order of the fields, the component normal to the faces first; p[0] is
  the ratio gamma of the specific heats.
*/
#ifndef KITINET_GAS_H
#define KITINET_GAS_H

#include <petscsys.h>

PETSC_INTERN void kn_gas_primitive(PetscReal *const w[], const PetscReal *const u[], size_t n, PetscInt axes,
                                   const PetscReal p[]);
PETSC_INTERN void kn_gas_conserved(PetscReal *const u[], const PetscReal *const w[], size_t n, PetscInt axes,
                                   const PetscReal p[]);
PETSC_INTERN void kn_gas_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes, PetscInt axis,
                              const PetscReal p[]);
PETSC_INTERN void kn_gas_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                               const PetscReal p[]);
PETSC_INTERN PetscReal kn_gas_sound(const PetscReal w[], PetscInt axes, const PetscReal p[]);

/* Fluxes through n faces from the states l and r at their two sides. */
PETSC_INTERN void kn_gas_rusanov(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n,
                                 PetscInt axes, PetscInt axis, const PetscReal p[]);
PETSC_INTERN void kn_gas_hll(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n,
                             PetscInt axes, PetscInt axis, const PetscReal p[]);
PETSC_INTERN void kn_gas_hllc(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n,
                              PetscInt axes, PetscInt axis, const PetscReal p[]);
PETSC_INTERN void kn_gas_roe(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n,
                             PetscInt axes, PetscInt axis, const PetscReal p[]);

/* What the tables (conservation.h) of a gas without and with viscosity have in common. */
#define KN_GAS_LAW                                                                                                 \
  .highest_axes = 3, .scalars = 2, .scalar = {{"density", 0.5, 1.5}, {"pressure", 0.5, 1.5}}, .vector = 1,         \
  .component = {"Vx", "Vy", "Vz"}, .positive = PETSC_TRUE, .primitive = kn_gas_primitive,                          \
  .conserved = kn_gas_conserved, .flux = kn_gas_flux,                                                              \
  .riemann = {kn_gas_rusanov, kn_gas_hll, kn_gas_hllc, kn_gas_roe}, .sound = kn_gas_sound, .axes = 2, .grid = 128, \
  .frames = 21, .flux_kind = KN_FLUX_HLLC, .length = 1.0, .radius_low = 0.1, .radius_high = 0.3
#define KN_GAS_MACH(value)                                                                                             \
  {                                                                                                                    \
    "mach",                                                                                                            \
      "velocity of initial states in units of the speed of sound: the largest, or the root mean square of turbulence", \
      value, 0.0, 100.0                                                                                                \
  }

#endif
