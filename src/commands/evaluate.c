/*
  kitinet evaluate: errors of trained networks on datasets, a row a network, a column a dataset; the networks work at
  the resolution of each dataset. Pictures beside each checkpoint. What is measured: evaluate_measure.c; of ensembles:
  evaluate_spread.c.
*/
#include "command.h"
#include "evaluate.h"
#include <kitinet/picture.h>
#include <kitinet/run.h>

static PetscErrorCode CandidateLoad(const char run[], const char checkpoint[], KNCandidate *candidate)
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
  PetscCall(KNOperatorLoad(candidate->path, &candidate->op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EvaluateOn(PetscInt n, KNCandidate candidate[], PetscInt m, PetscInt j, const char path[],
                                 PetscInt batch, PetscBool any, PetscBool pictures, const KNFilm *film,
                                 KNJudgement judgement[], KNSpread spread[])
{
  const KNProblem *problem;
  KNDataset        dataset;
  PetscInt64       samples;
  PetscMPIInt      rank;
  char             name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNBaseName(path, sizeof(name), name));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNFilmCheck(film, problem, path));
  if (any) PetscCall(KNDatasetExpectFinite(dataset, PETSC_FALSE, 0));
  for (PetscInt i = 0; i < n; i++) {
    KNModel      model;
    PetscInt     history;
    KNJudgement *judged = &judgement[i * m + j];
    KNTask       task   = KNOperatorTask(candidate[i].op);

    PetscCall(KNOperatorCheck(candidate[i].op, problem, path));
    PetscCall(KNOperatorSetGrid(candidate[i].op, KNProblemGrid(problem), batch, PETSC_FALSE));
    PetscCall(KNOperatorGetModel(candidate[i].op, &model, NULL, NULL, NULL));
    if (j == 0) PetscCall(KNModelGetCost(model, &candidate[i].flops, NULL, NULL));
    PetscCall(KNOperatorGetHistory(candidate[i].op, &history));
    PetscCall(KNJudgementCreate(task, problem, history, samples, judged));
    if (candidate[i].members) {
      PetscReal factor;
      PetscInt  fitted;

      PetscCall(KNOperatorGetSpread(candidate[i].op, &factor, &fitted));
      PetscCall(KNSpreadMeasure(&candidate[i], dataset, batch, factor, *judged, &spread[i * m + j]));
    } else PetscCall(KNEvaluateEach(candidate[i].op, dataset, 0, samples, batch, 0, KNJudgementAdd, *judged));
    PetscCall(KNJudgementReduce(*judged));
    if (pictures && rank == 0) {
      /* a prediction by this rank alone */
      const PetscBool alone = (PetscBool)(KNOperatorSharing(candidate[i].op)->size == 1);

      if (alone && KNTaskGetInfo(task)->fields)
        PetscCall(KNEvaluateDrawFields(&candidate[i], dataset, name, film, *judged));
      PetscCall(KNEvaluateDrawPlots(&candidate[i], name, *judged));
    }
  }
  if (pictures && rank == 0) PetscCall(KNEvaluateDrawDistributions(n, candidate, m, j, name, judgement));
  if (pictures && rank == 0 && candidate[0].members) PetscCall(KNSpreadDraw(n, candidate, m, j, name, spread));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Says which pictures there are. */
static PetscErrorCode PrintPictures(PetscInt n, const KNCandidate candidate[], PetscInt m, const KNFilm *film,
                                    const KNJudgement judgement[])
{
  const KNTaskInfo *task   = KNTaskGetInfo(KNOperatorTask(candidate[0].op));
  const char       *before = task->fields ? "fields_*.png, " : "";

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nPictures: %s", before));
  if (film->format && task->fields) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "film_*.%s, ", KNFilmEnding(film)));
  for (PetscInt p = 0; p < task->plots; p++) {
    KNPlot plot = {.name = NULL};

    for (PetscInt i = 0; i < n * m && !plot.name; i++) PetscCall(KNJudgementGetPlot(judgement[i], p, &plot));
    if (plot.name) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s_*.png ", plot.name));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "beside each checkpoint; %s/distribution_*.png, %scurves.png\n",
                        candidate[0].directory, candidate[0].members ? "ranks_*.png, spread_*.png, " : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Evaluate(const char purpose[], PetscBool *stopped)
{
  char csv[PETSC_MAX_PATH_LEN] = "", details[PETSC_MAX_PATH_LEN] = "", calibrate[PETSC_MAX_PATH_LEN] = "", **runs,
       **checkpoints, **datasets;
  PetscInt     nruns, ncheckpoints, m, n, members, batch = 5;
  PetscBool    pictures = PETSC_TRUE, any = PETSC_FALSE, done;
  PetscMPIInt  rank;
  KNFilm       film;
  KNCandidate *candidate;
  KNJudgement *judgement;
  KNSpread    *spread;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNOptionsHead("Evaluation"));
  PetscCall(KNOptionsList("-run", "run directories, separated by commas: a row each, from their latest checkpoint",
                          &nruns, &runs));
  PetscCall(KNOptionsList("-checkpoint", "or checkpoint files, separated by commas", &ncheckpoints, &checkpoints));
  PetscCall(KNOptionsList("-dataset", "datasets, separated by commas: a column each; any resolution", &m, &datasets));
  PetscCall(KNOptionsPath("-output", "the table as a CSV file", csv));
  PetscCall(KNOptionsPath("-evaluate_details",
                          "directory for everything measured: errors.csv, samples.csv, and the tables of the task (of "
                          "fields spectra.csv, rollout.csv); of ensembles reliability.csv, ranks.csv",
                          details));
  PetscCall(KNOptionsBool(
    "-picture", "draw fields, spectra, rollouts, error distributions and training curves beside each checkpoint",
    &pictures));
  PetscCall(
    KNFilmSetFromOptions("also film the best, the median and the worst rollout beside the truth, by ffmpeg", &film));
  PetscCall(KNOptionsRequire((PetscBool)(!film.format || pictures), "-film is a picture: leave out -picture false"));
  PetscCall(KNOptionsBool(
    "-allow_nonfinite",
    "judge the other samples of a dataset in which some hold NaN or infinite values; their number is said", &any));
  PetscCall(
    KNOptionsInt("-evaluate_batch", "samples that pass through the network together on one rank", 1, 65536, &batch));
  n = nruns + ncheckpoints;
  PetscCall(
    KNOptionsRequire((PetscBool)(n > 0), "evaluate needs -run DIRECTORY[,DIRECTORY...] or -checkpoint FILE[,FILE...]"));
  PetscCall(KNOptionsRequire((PetscBool)(m > 0), "evaluate needs -dataset FILE[,FILE...]"));
  PetscCall(KNEnsembleSetFromOptions(&members));
  PetscCall(KNOptionsPath("-calibrate",
                          "validation dataset, with -collision_samples: fits the spread to the errors on it and stores "
                          "the factor in each checkpoint, for predict and evaluate from then on",
                          calibrate));
  PetscCall(KNOptionsRequire((PetscBool)(!calibrate[0] || members),
                             "-calibrate fits the spread of an ensemble: add -collision_samples K, with K at least 2"));
  PetscCall(KNOptionsRequire((PetscBool) !(any && members),
                             "-allow_nonfinite judges single passes: leave out -collision_samples"));
  PetscCall(PetscCalloc3((size_t)n, &candidate, (size_t)n * (size_t)m, &judgement, (size_t)n * (size_t)m, &spread));
  for (PetscInt i = 0; i < n && !KNOptionsDeclareOnly(); i++) {
    PetscCall(CandidateLoad(i < nruns ? runs[i] : NULL, i < nruns ? NULL : checkpoints[i - nruns], &candidate[i]));
    PetscCall(KNEnsembleCheck(candidate[i].op, members, candidate[i].path));
    candidate[i].members = members;
  }
  PetscCall(KNOptionsEnd("evaluate", purpose, &done));
  if (!done) {
    for (PetscInt i = 0; i < n && calibrate[0]; i++) PetscCall(KNSpreadCalibrate(&candidate[i], calibrate, batch));
    for (PetscInt j = 0; j < m; j++)
      PetscCall(EvaluateOn(n, candidate, m, j, datasets[j], batch, any, pictures, &film, judgement, spread));
    if (pictures && rank == 0) PetscCall(KNEvaluateDrawCurves(n, candidate));
    if (pictures && rank == 0) PetscCall(KNEvaluateDrawCondensation(n, candidate));
    PetscCall(KNEvaluatePrint(n, candidate, m, datasets, judgement, csv[0] ? csv : NULL));
    if (members) PetscCall(KNSpreadPrint(n, candidate, m, datasets, spread));
    if (details[0]) PetscCall(KNEvaluateWrite(details, n, candidate, m, datasets, judgement));
    if (details[0] && members) PetscCall(KNSpreadWrite(details, n, candidate, m, datasets, spread));
    if (pictures && !KNPictureMissing(NULL)) PetscCall(PrintPictures(n, candidate, m, &film, judgement));
  }
  for (PetscInt i = 0; i < n * m; i++) {
    PetscCall(KNJudgementDestroy(&judgement[i]));
    PetscCall(KNReliabilityDestroy(&spread[i].reliability));
  }
  for (PetscInt i = 0; i < n; i++) PetscCall(KNOperatorDestroy(&candidate[i].op)); /* judgements ask its task */
  PetscCall(PetscFree3(candidate, judgement, spread));
  PetscCall(KNOptionsListDestroy(nruns, &runs));
  PetscCall(KNOptionsListDestroy(ncheckpoints, &checkpoints));
  PetscCall(KNOptionsListDestroy(m, &datasets));
  PetscFunctionReturn(PETSC_SUCCESS);
}
