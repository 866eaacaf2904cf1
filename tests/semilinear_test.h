/*
  What tests of semilinear equations share: options without the equation's name, and all equations with a small grid.
*/
#ifndef KITINET_SEMILINEAR_TEST_H
#define KITINET_SEMILINEAR_TEST_H

#include "solver_ensemble.h"

#define MOST_OPTIONS 12

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

/* Each with a short time on a small grid, of a number of axes if it has a choice. */
typedef struct {
  const char *pde, *axes, *grid, *resolution, *final_time; /* axes: NULL where there is no choice */
} SmallProblem;

static const SmallProblem small_problems[] = {
  {"heat", "1", "32", "15", "0.1"},
  {"heat", "2", "16", "9", "0.1"},
  {"heat", "3", "12", "8", "0.1"},
  {"dispersion", "1", "32", "16", "1"},
  {"dispersion", "2", "15", "8", "1"},
  {"dispersion", "3", "12", "12", "1"},
  {"kdv", NULL, "256", "64", "0.5"},
  {"kuramoto_sivashinsky", NULL, "128", "20", "1"},
  {"fisher_kpp", "1", "256", "33", "0.2"},
  {"fisher_kpp", "2", "128", "8", "0.1"},
  {"allen_cahn", "1", "128", "16", "0.2"},
  {"allen_cahn", "2", "96", "9", "0.2"},
};

/* As SemilinearCreate, for a small problem with three frames; more: at most 6 other options. */
static inline PetscErrorCode SmallCreate(MPI_Comm comm, const SmallProblem *small, const char *const more[],
                                         Ensemble *e)
{
  const char *options[2 * MOST_OPTIONS + 1] = {"grid", small->grid, "resolution", small->resolution, "final_time",
                                               small->final_time, "frames", "3", NULL};
  int         count = 8;

  PetscFunctionBegin;
  if (small->axes) {
    options[count++] = "axes";
    options[count++] = small->axes;
  }
  for (int i = 0; more[i]; i++) options[count++] = more[i];
  PetscCall(SemilinearCreate(comm, small->pde, options, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
