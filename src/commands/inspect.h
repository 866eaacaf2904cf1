/* Parts of "kitinet inspect": one for each kind of file. Collective on PETSC_COMM_WORLD, all of them. */
#ifndef KITINET_INSPECT_H
#define KITINET_INSPECT_H

#include "command.h"
#include "film.h"
#include <kitinet/dataset.h>
#include <kitinet/symmetry.h>

typedef struct {
  char      input[PETSC_MAX_PATH_LEN];
  PetscBool verify, check_symmetry;
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

/* The same of pictures with classes: a contact sheet; and whether a dataset is that. */
PetscErrorCode KNInspectDrawImages(KNDataset dataset, const char path[]);
PetscBool      KNInspectIsImages(const KNProblem *problem);

/*
  Not collective. The fields that lie on one grid of an axis or more, those of the input first: what pictures and
  spectra show. It may have none of them.
*/
KNProblem KNInspectDrawn(const KNProblem *problem);

/* Classes, lengths of sequences and parameters of each sample, as far as the dataset has them. */
PetscErrorCode KNInspectPrintColumns(KNDataset dataset);

/*
  Texts: the vocabulary, of which word w occurs count[w] times; quantiles of their lengths (samples); one text in
  lines, its words by their names (words); a picture of the lengths of each class, by one rank: path and -lengths.png.
*/
PetscErrorCode KNInspectPrintWords(const KNSpace *space, const PetscInt64 count[]);
PetscErrorCode KNInspectPrintLengths(const KNSpace *space, PetscInt64 samples, const int32_t length[]);
PetscErrorCode KNInspectShowText(const char *const name[], const int32_t token[], int32_t length);
PetscErrorCode KNInspectDrawLengths(KNDataset dataset, const char path[]);

/* Not collective. The words of a text with blanks between them, without its beginning; cut with ".." at size. */
size_t KNInspectJoin(const char *const name[], const int32_t token[], int32_t length, size_t size, char text[]);

/*
  Holds the symmetries that the dataset at path declares against its data, and against its solver if that is known, and
  prints what came out. Raises KN_ERR_INPUT, naming the first that is none; KN_ERR_USAGE where there is nothing to
  check.
*/
PetscErrorCode KNInspectSymmetry(KNDataset dataset, const char path[]);

/*
  Solves the first rows again, as they are and moved by each generator. miss (generators): the largest relative
  difference between the solution of the moved input and the moved solution. solved: false where the solver is not
  known, or gives other solutions than those stored, by more than given_back; then there is no miss.
*/
PetscErrorCode KNInspectSolveImages(KNDataset dataset, const KNElement generator[], PetscInt generators, PetscInt rows,
                                    PetscReal given_back, double miss[], PetscBool *solved);

/* A problem, and a text of several lines, as indented lines on stdout. */
PetscErrorCode KNInspectPrintProblem(const KNProblem *problem);
PetscErrorCode KNInspectPrintLines(const char text[]);

#endif
