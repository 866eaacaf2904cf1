/*
  What tests of semilinear equations share: options without the equation's name, and all equations with a small grid.
*/
#ifndef KITINET_SEMILINEAR_TEST_H
#define KITINET_SEMILINEAR_TEST_H

#include "solver_ensemble.h"

#define MOST_OPTIONS 14

/* options: name, value, .., NULL; "grid" stands for "-kdv_grid". */
static inline PetscErrorCode SemilinearCreate(MPI_Comm comm, const char pde[], const char *const options[], Ensemble *e)
{
  char        names[MOST_OPTIONS][64];
  const char *full[2 * MOST_OPTIONS + 1] = {NULL};

  PetscFunctionBegin;
  for (int i = 0; options[i]; i += 2) {
    PetscCheck(i < 2 * MOST_OPTIONS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "more than %d options", MOST_OPTIONS);
    PetscCall(PetscSNPrintf(names[i / 2], sizeof(names[0]), "-%s_%s", pde, options[i]));
    full[i]     = names[i / 2];
    full[i + 1] = options[i + 1];
  }
  PetscCall(EnsembleCreate(comm, pde, full, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each with a short time on a small grid. */
typedef struct {
  const char *pde, *axes, *grid, *resolution, *final_time;
  PetscBool   only; /* there is no other number of axes, and no option for it */
} SmallProblem;

static const SmallProblem small_problems[] = {
  {"heat", "1", "32", "15", "0.1", PETSC_FALSE},
  {"heat", "2", "16", "9", "0.1", PETSC_FALSE},
  {"heat", "3", "12", "8", "0.1", PETSC_FALSE},
  {"dispersion", "1", "32", "16", "1", PETSC_FALSE},
  {"dispersion", "2", "15", "8", "1", PETSC_FALSE},
  {"dispersion", "3", "12", "12", "1", PETSC_FALSE},
  {"kdv", "1", "256", "64", "0.5", PETSC_TRUE},
  {"kuramoto_sivashinsky", "1", "128", "20", "1", PETSC_TRUE},
  {"fisher_kpp", "1", "256", "33", "0.2", PETSC_FALSE},
  {"fisher_kpp", "2", "128", "8", "0.1", PETSC_FALSE},
  {"allen_cahn", "1", "128", "16", "0.2", PETSC_FALSE},
  {"allen_cahn", "2", "96", "9", "0.2", PETSC_FALSE},
  {"swift_hohenberg", "2", "96", "15", "0.5", PETSC_FALSE},
  {"gray_scott", "1", "192", "33", "10", PETSC_FALSE},
  {"gray_scott", "2", "128", "16", "1", PETSC_FALSE},
  {"fitzhugh_nagumo", "2", "96", "15", "0.2", PETSC_FALSE},
  {"schroedinger", "1", "192", "20", "0.2", PETSC_FALSE},
  {"schroedinger", "2", "80", "9", "0.05", PETSC_FALSE},
  {"vector_burgers", "2", "64", "15", "0.1", PETSC_FALSE},
  {"vector_burgers", "3", "27", "8", "0.05", PETSC_FALSE},
  {"navier_stokes_3d", "3", "27", "20", "0.1", PETSC_TRUE},
};

/* As SemilinearCreate, for a small problem with three frames; more: at most 6 other options. */
static inline PetscErrorCode SmallCreate(MPI_Comm comm, const SmallProblem *small, const char *const more[],
                                         Ensemble *e)
{
  const char *options[2 * MOST_OPTIONS + 1] = {
    "grid", small->grid, "resolution", small->resolution, "final_time", small->final_time, "frames", "3", NULL};
  int count = 8;

  PetscFunctionBegin;
  if (!small->only) {
    options[count++] = "axes";
    options[count++] = small->axes;
  }
  for (int i = 0; more[i]; i++) options[count++] = more[i];
  PetscCall(SemilinearCreate(comm, small->pde, options, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
