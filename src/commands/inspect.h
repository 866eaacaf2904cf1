/* Parts of "kitinet inspect": one for each kind of file. Collective on PETSC_COMM_WORLD, all of them. */
#ifndef KITINET_INSPECT_H
#define KITINET_INSPECT_H

#include "command.h"
#include "film.h"
#include <kitinet/dataset.h>

typedef struct {
  char      input[PETSC_MAX_PATH_LEN];
  PetscBool verify;
  PetscInt  samples_shown;
  PetscBool picture, xdmf;
  KNFilm    film;
  PetscInt  xdmf_samples;
  char      output[PETSC_MAX_PATH_LEN]; /* this and "-samples.png", "-spectrum.png", "-film.gif", ".xdmf" */
} KNInspection;

/* Raise KN_ERR_INPUT for what is damaged, or not of that kind. */
PetscErrorCode KNInspectDataset(const KNInspection *inspection);

/* version: of the program that wrote it, from KNRecordIdentify(). */
PetscErrorCode KNInspectCheckpoint(const char path[], const char version[]);

/*
  By one rank: some samples, or frames of samples; spectra (fields, shells) over wavenumber (shells), inputs first.
  path without its ending.
*/
PetscErrorCode KNInspectDrawSamples(KNDataset dataset, const char path[]);
PetscErrorCode KNInspectDrawSpectra(const KNProblem *problem, PetscInt shells, const PetscReal wavenumber[],
                                    const PetscReal energy[], const char path[]);

/* The first samples of a dataset of trajectories, moving: path and -film.gif, or another ending. */
PetscErrorCode KNInspectFilm(KNDataset dataset, const KNFilm *film, const char path[]);

/*
  Not collective. The fields that lie on one grid of an axis or more, those of the input first: what pictures and
  spectra show. It may have none of them.
*/
KNProblem KNInspectDrawn(const KNProblem *problem);

/* Classes, lengths of sequences and parameters of each sample, as far as the dataset has them. */
PetscErrorCode KNInspectPrintColumns(KNDataset dataset);

/* A problem, and a text of several lines, as indented lines on stdout. */
PetscErrorCode KNInspectPrintProblem(const KNProblem *problem);
PetscErrorCode KNInspectPrintLines(const char text[]);

#endif
