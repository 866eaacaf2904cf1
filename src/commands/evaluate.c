/*
  kitinet evaluate: errors of trained networks on datasets, a row a network, a column a dataset; the networks work at
  the resolution of each dataset. Pictures beside each checkpoint. What is measured: evaluate_measure.c; of ensembles:
  evaluate_spread.c.
*/
#include "command.h"
#include "evaluate.h"
#include "inspect.h"
#include <kitinet/picture.h>
#include <kitinet/run.h>

static PetscErrorCode CandidateOpen(const char run[], const char checkpoint[], KNCandidate *candidate)
{
  PetscFunctionBegin;
  if (run) {
    PetscCall(PetscStrncpy(candidate->directory, run, sizeof(candidate->directory)));
    PetscCall(KNRunPath(run, "checkpoint.h5", candidate->path));
  } else {
    char *slash;

    PetscCall(PetscStrncpy(candidate->path, checkpoint, sizeof(candidate->path)));
    PetscCall(PetscStrncpy(candidate->directory, checkpoint, sizeof(candidate->directory)));
    slash = strrchr(candidate->directory, '/');
    if (slash) *slash = 0;
    else PetscCall(PetscStrncpy(candidate->directory, ".", sizeof(candidate->directory)));
  }
  PetscCall(KNCandidateLoad(candidate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCandidateLoad(KNCandidate *candidate)
{
  PetscFunctionBegin;
  PetscCall(KNOperatorDestroy(&candidate->op));
  PetscCall(KNOperatorLoad(candidate->path, &candidate->op));
  PetscCall(KNOperatorSetSymmetryAverage(candidate->op, candidate->average, candidate->path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What was asked for, and what was measured. */
typedef struct {
  PetscInt     n, m; /* networks, datasets */
  KNCandidate *candidate;
  char       **dataset;
  PetscInt     batch, members, average;
  PetscBool    pictures, any, certify;
  PetscBool    fields, images; /* the networks give fields; the datasets are pictures with classes */
  PetscReal    limit;          /* of an error, for certificates; 0: the median */
  KNFilm       film;
  KNCertifier *certifier;  /* (m) where certificates are asked for */
  KNCertifier  validation; /* where they are calibrated */
  KNJudgement *judgement;  /* (n, m), as the next ones */
  KNSpread    *spread;
  KNCertified *certified;
} Evaluation;

/* Measures a network, planned for the dataset. */
static PetscErrorCode EvaluateOne(const Evaluation *e, PetscInt i, PetscInt j, KNDataset dataset, PetscInt64 samples)
{
  KNCandidate *candidate = &e->candidate[i];
  KNJudgement  judgement = e->judgement[i * e->m + j];
  PetscReal    factor;
  PetscInt     fitted;

  PetscFunctionBegin;
  if (candidate->members) {
    PetscCall(KNOperatorGetSpread(candidate->op, &factor, &fitted));
    if (e->fields)
      PetscCall(KNSpreadMeasure(candidate, dataset, e->batch, factor, judgement, &e->spread[i * e->m + j]));
    else PetscCall(KNMembersMeasure(candidate, dataset, e->batch, factor, judgement, &e->spread[i * e->m + j]));
  } else if (e->certify) {
    PetscCall(KNCertifyMeasure(candidate, dataset, e->certifier[j], e->batch, judgement, i ? e->certified[j] : NULL,
                               &e->certified[i * e->m + j]));
  } else {
    PetscCall(KNEvaluateEach(candidate->op, dataset, 0, samples, e->batch, 0, KNJudgementAdd, judgement));
  }
  PetscCall(KNJudgementReduce(judgement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By one rank: pictures of one network on one dataset. */
static PetscErrorCode DrawOne(const Evaluation *e, PetscInt i, PetscInt j, KNDataset dataset, const char name[])
{
  const KNCandidate *candidate = &e->candidate[i];
  KNJudgement        judgement = e->judgement[i * e->m + j];
  /* a prediction by this rank alone */
  const PetscBool alone = (PetscBool)(KNOperatorSharing(candidate->op)->size == 1);

  PetscFunctionBegin;
  if (alone && KNTaskGetInfo(KNOperatorTask(candidate->op))->fields)
    PetscCall(KNEvaluateDrawFields(candidate, dataset, name, &e->film, judgement));
  else if (alone) PetscCall(KNEvaluateDrawWorst(candidate, dataset, name, judgement));
  PetscCall(KNEvaluateDrawPlots(candidate, name, judgement));
  if (e->certify) PetscCall(KNCertifyDraw(candidate, name, judgement, e->certified[i * e->m + j]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EvaluateOn(Evaluation *e, PetscInt j)
{
  const char *const path = e->dataset[j];
  const KNProblem  *problem;
  KNDataset         dataset;
  PetscInt64        samples;
  PetscMPIInt       rank;
  char              name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNBaseName(path, sizeof(name), name));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNFilmCheck(&e->film, problem, path));
  e->images = (PetscBool)(e->images || KNInspectIsImages(problem));
  if (e->any) PetscCall(KNDatasetExpectFinite(dataset, PETSC_FALSE, 0));
  for (PetscInt i = 0; i < e->n; i++) {
    KNCandidate *candidate = &e->candidate[i];
    KNModel      model;
    PetscInt     history;

    PetscCall(KNOperatorAccept(candidate->op, dataset, &problem)); /* each network sees what it was trained on */
    PetscCall(KNOperatorPlan(candidate->op, problem, e->batch, PETSC_FALSE));
    PetscCall(KNOperatorGetModel(candidate->op, &model, NULL, NULL, NULL));
    if (j == 0) PetscCall(KNModelGetCost(model, &candidate->flops, NULL, NULL));
    PetscCall(KNOperatorGetHistory(candidate->op, &history));
    PetscCall(KNJudgementCreate(KNOperatorTask(candidate->op), problem, history, samples, &e->judgement[i * e->m + j]));
    PetscCall(EvaluateOne(e, i, j, dataset, samples));
    if (problem->input.kind == KN_SPACE_TOKENS && e->pictures)
      PetscCall(KNEvaluateListWorst(candidate, dataset, name, e->judgement[i * e->m + j]));
    if (e->pictures && rank == 0) PetscCall(DrawOne(e, i, j, dataset, name));
  }
  if (e->pictures && rank == 0) PetscCall(KNEvaluateDrawDistributions(e->n, e->candidate, e->m, j, name, e->judgement));
  if (e->pictures && rank == 0 && e->members && e->fields)
    PetscCall(KNSpreadDraw(e->n, e->candidate, e->m, j, name, e->spread));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Says which pictures there are. */
static PetscErrorCode PrintPictures(const Evaluation *e)
{
  const KNTaskInfo *task   = KNTaskGetInfo(KNOperatorTask(e->candidate[0].op));
  const char       *before = task->fields ? "fields_*.png, " : e->images ? "worst_*.png, " : "";

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nPictures: %s", before));
  if (e->film.format && task->fields) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "film_*.%s, ", KNFilmEnding(&e->film)));
  if (e->certify) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "certificates_*.png, "));
  for (PetscInt p = 0; p < task->plots; p++) {
    KNPlot plot = {.name = NULL};

    for (PetscInt i = 0; i < e->n * e->m && !plot.name; i++) PetscCall(KNJudgementGetPlot(e->judgement[i], p, &plot));
    if (plot.name) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s_*.png ", plot.name));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "beside each checkpoint; %s/distribution_*.png, %scurves.png\n",
                        e->candidate[0].directory, e->members && e->fields ? "ranks_*.png, spread_*.png, " : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* -certify and the solver of each dataset, whose options are read here. */
static PetscErrorCode CertifySetFromOptions(Evaluation *e, char *calibrate)
{
  char equation[KN_MAX_NAME] = "";

  PetscFunctionBegin;
  PetscCall(KNOptionsBool("-certify",
                          "ask the solver of the dataset's equation how good each prediction is, which needs no truth: "
                          "residual, estimate of the error, bound on the energy error; and how well it tells",
                          &e->certify));
  PetscCall(KNOptionsReal("-certify_limit",
                          "relative error above which a sample counts as bad in the ROC area; 0: the median error", 0,
                          1e6, &e->limit));
  PetscCall(KNCertifyEquation(equation));
  PetscCall(KNOptionsRequire((PetscBool)(e->certify || (!equation[0] && !(e->limit > 0))),
                             "-pde and -certify_limit are for certificates: add -certify"));
  PetscCall(KNOptionsRequire((PetscBool) !(e->certify && (e->members || e->any)),
                             "-certify judges single passes: leave out -collision_samples and -allow_nonfinite"));
  PetscCall(PetscCalloc1(e->m, &e->certifier));
  for (PetscInt j = 0; j < e->m && e->certify && !KNOptionsDeclareOnly(); j++) {
    KNDataset dataset;

    PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, e->dataset[j], &dataset));
    PetscCall(KNCertifierCreate(dataset, e->dataset[j], equation, KN_ABLE_CERTIFY, &e->certifier[j]));
    PetscCall(KNDatasetDestroy(&dataset));
  }
  if (e->certify && calibrate[0] && !KNOptionsDeclareOnly()) {
    KNDataset dataset;

    PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, calibrate, &dataset));
    PetscCall(KNCertifierCreate(dataset, calibrate, equation, KN_ABLE_CERTIFY, &e->validation));
    PetscCall(KNDatasetDestroy(&dataset));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(Evaluation *e, const char calibrate[], const char csv[], const char details[])
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  e->fields = KNTaskGetInfo(KNOperatorTask(e->candidate[0].op))->fields;
  PetscCheck(
    !calibrate[0] || e->members || e->certify || !e->fields, PETSC_COMM_WORLD, KN_ERR_USAGE,
    "-calibrate fits the spread of an ensemble, certificates, or the scores of classes: add -collision_samples "
    "K, with K at least 2, or -certify");
  for (PetscInt i = 0; i < e->n && calibrate[0]; i++) {
    if (e->certify) PetscCall(KNCertifyCalibrate(&e->candidate[i], calibrate, e->validation, e->batch));
    else if (e->fields) PetscCall(KNSpreadCalibrate(&e->candidate[i], calibrate, e->batch));
    else PetscCall(KNMembersCalibrate(&e->candidate[i], calibrate, e->batch));
  }
  for (PetscInt j = 0; j < e->m; j++) PetscCall(EvaluateOn(e, j));
  if (e->pictures && rank == 0) PetscCall(KNEvaluateDrawCurves(e->n, e->candidate));
  if (e->pictures && rank == 0) PetscCall(KNEvaluateDrawCondensation(e->n, e->candidate));
  PetscCall(KNEvaluatePrint(e->n, e->candidate, e->m, e->dataset, e->judgement, csv[0] ? csv : NULL));
  if (e->average != 1)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nPredictions are means over %" PetscInt64_FMT " symmetries.\n",
                          KNOperatorAveraged(e->candidate[0].op)));
  if (e->members && !e->fields)
    PetscCall(KNMembersPrint(e->n, e->candidate, e->m, e->dataset, e->judgement, e->spread));
  if (e->members && e->fields) PetscCall(KNSpreadPrint(e->n, e->candidate, e->m, e->dataset, e->spread));
  if (e->certify) PetscCall(KNCertifyPrint(e->n, e->candidate, e->m, e->dataset, e->judgement, e->certified, e->limit));
  if (details[0]) PetscCall(KNEvaluateWrite(details, e->n, e->candidate, e->m, e->dataset, e->judgement));
  if (details[0] && e->members && !e->fields)
    PetscCall(KNMembersWrite(details, e->n, e->candidate, e->m, e->dataset, e->judgement, e->spread));
  if (details[0] && e->members && e->fields)
    PetscCall(KNSpreadWrite(details, e->n, e->candidate, e->m, e->dataset, e->spread));
  if (details[0] && e->certify)
    PetscCall(KNCertifyWrite(details, e->n, e->candidate, e->m, e->dataset, e->judgement, e->certified));
  if (e->pictures && !KNPictureMissing(NULL)) PetscCall(PrintPictures(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Evaluate(const char purpose[], PetscBool *stopped)
{
  char       csv[PETSC_MAX_PATH_LEN] = "", details[PETSC_MAX_PATH_LEN] = "", calibrate[PETSC_MAX_PATH_LEN] = "";
  char     **runs, **checkpoints;
  PetscInt   nruns, ncheckpoints;
  PetscBool  done;
  Evaluation e = {.batch = 5, .pictures = PETSC_TRUE};

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Evaluation"));
  PetscCall(KNOptionsList(
    "-run", "run directories, separated by commas; each gives a row of the table, from its latest checkpoint", &nruns,
    &runs));
  PetscCall(KNOptionsList("-checkpoint", "checkpoint files, separated by commas, beside or instead of runs",
                          &ncheckpoints, &checkpoints));
  PetscCall(KNOptionsList(
    "-dataset", "datasets of any resolution, separated by commas; each gives columns of the table", &e.m, &e.dataset));
  PetscCall(KNOptionsPath("-output", "CSV file for the table", csv));
  PetscCall(
    KNOptionsPath("-evaluate_details",
                  "directory for all that is measured: errors.csv, samples.csv; for fields spectra.csv, rollout.csv; "
                  "for ensembles reliability.csv, ranks.csv (for classes ensembles.csv); certificates.csv",
                  details));
  PetscCall(KNOptionsBool(
    "-picture", "draw fields, spectra, rollouts, error distributions and training curves beside each checkpoint",
    &e.pictures));
  PetscCall(
    KNFilmSetFromOptions("also film the best, the median and the worst rollout beside the truth, by ffmpeg", &e.film));
  PetscCall(
    KNOptionsRequire((PetscBool)(!e.film.format || e.pictures), "-film is a picture: leave out -picture false"));
  PetscCall(KNOptionsBool(
    "-allow_nonfinite",
    "leave out samples that hold NaN or infinite values and print their number, instead of refusing the dataset",
    &e.any));
  PetscCall(
    KNOptionsInt("-evaluate_batch", "samples that pass through the network together on one rank", 1, 65536, &e.batch));
  e.n = nruns + ncheckpoints;
  PetscCall(KNOptionsRequire((PetscBool)(e.n > 0),
                             "evaluate needs -run DIRECTORY[,DIRECTORY...] or -checkpoint FILE[,FILE...]"));
  PetscCall(KNOptionsRequire((PetscBool)(e.m > 0), "evaluate needs -dataset FILE[,FILE...]"));
  PetscCall(KNOperatorAverageSetFromOptions(&e.average));
  PetscCall(KNEnsembleSetFromOptions(&e.members));
  PetscCall(KNOptionsPath(
    "-calibrate",
    "validation dataset that something is fitted to and stored in each checkpoint, for predict and evaluate from then "
    "on: with -collision_samples a factor of the spread, with -certify one of the estimates; for classes the "
    "temperature that scores are divided by, of single passes or with -collision_samples",
    calibrate));
  PetscCall(KNOptionsRequire((PetscBool) !(e.any && e.members),
                             "-allow_nonfinite judges single passes: leave out -collision_samples"));
  PetscCall(CertifySetFromOptions(&e, calibrate));
  PetscCall(PetscCalloc4((size_t)e.n, &e.candidate, (size_t)e.n * (size_t)e.m, &e.judgement, (size_t)e.n * (size_t)e.m,
                         &e.spread, (size_t)e.n * (size_t)e.m, &e.certified));
  for (PetscInt i = 0; i < e.n && !KNOptionsDeclareOnly(); i++) {
    KNCandidate *candidate = &e.candidate[i];

    candidate->average = e.average;
    PetscCall(CandidateOpen(i < nruns ? runs[i] : NULL, i < nruns ? NULL : checkpoints[i - nruns], candidate));
    PetscCall(KNEnsembleCheck(candidate->op, e.members, candidate->path));
    PetscCheck(!e.certify || KNOperatorSharing(candidate->op)->size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-certify judges whole predictions: leave out -ranks_per_sample");
    candidate->members = e.members;
  }
  PetscCall(KNOptionsEnd("evaluate", purpose, &done));
  if (!done) PetscCall(Evaluate(&e, calibrate, csv, details));
  for (PetscInt i = 0; i < e.n * e.m; i++) {
    PetscCall(KNJudgementDestroy(&e.judgement[i]));
    PetscCall(KNReliabilityDestroy(&e.spread[i].reliability));
    if (e.spread[i].entropy) PetscCall(PetscFree2(e.spread[i].entropy, e.spread[i].information));
    PetscCall(KNCertifiedDestroy(&e.certified[i]));
  }
  for (PetscInt i = 0; i < e.n; i++) PetscCall(KNOperatorDestroy(&e.candidate[i].op)); /* judgements ask its task */
  for (PetscInt j = 0; j < e.m; j++) PetscCall(KNCertifierDestroy(&e.certifier[j]));
  PetscCall(KNCertifierDestroy(&e.validation));
  PetscCall(PetscFree(e.certifier));
  PetscCall(PetscFree4(e.candidate, e.judgement, e.spread, e.certified));
  PetscCall(KNOptionsListDestroy(nruns, &runs));
  PetscCall(KNOptionsListDestroy(ncheckpoints, &checkpoints));
  PetscCall(KNOptionsListDestroy(e.m, &e.dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}
