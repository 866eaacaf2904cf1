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

#endif
