/*
  kitinet evaluate: errors of trained networks on datasets, a row a network, a column a dataset; the networks work at
  the resolution of each dataset. Pictures beside each checkpoint.
*/
#include "command.h"
#include <kitinet/evaluation.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>

/* A trained network under judgement. */
typedef struct {
  char       directory[PETSC_MAX_PATH_LEN]; /* of the checkpoint: where pictures go */
  char       path[PETSC_MAX_PATH_LEN];
  KNOperator op;
} Candidate;

/* The mean error of one candidate on one dataset, and more of its distribution. */
typedef struct {
  PetscReal mean, deviation, highest;
} Score;

/* The last part of a path without its ending: "data/test_32.h5" -> "test_32". */
static PetscErrorCode BaseName(const char path[], size_t size, char name[])
{
  const char *slash = strrchr(path, '/');
  char       *dot;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(name, slash && slash[1] ? slash + 1 : path, size));
  dot = strrchr(name, '.');
  if (dot && dot != name) *dot = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CandidateLoad(const char run[], const char checkpoint[], Candidate *candidate)
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

/* Input, truth, prediction and error of the best, the median and the worst sample; by rank 0. */
static PetscErrorCode DrawFields(const Candidate *candidate, KNDataset dataset, const char name[], PetscInt64 samples, const PetscReal error[])
{
  enum { ROWS = 3, COLUMNS = 4 };
  static const char *const which[ROWS] = {"best", "median", "worst"};
  char                     path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME], label[ROWS][64], title[COLUMNS][2 * KN_MAX_NAME], message[1024];
  const char              *labels[ROWS];
  KNPictureColumn          column[COLUMNS];
  const float             *panel[ROWS * COLUMNS];
  const KNProblem         *problem;
  float                   *values, *x;
  PetscInt                *order;
  size_t                   S, nx, ny;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  S  = KNGridSize(&problem->grid);
  nx = KNProblemInputSize(problem);
  ny = KNProblemOutputSize(problem);
  PetscCall(PetscMalloc1((size_t)samples, &order));
  for (PetscInt i = 0; i < samples; i++) order[i] = i;
  PetscCall(PetscSortRealWithPermutation((PetscInt)samples, error, order));
  PetscCall(KNMalloc(ROWS * (nx + 3 * ny), sizeof(float), &values));
  PetscCall(KNMalloc(nx, sizeof(float), &x));
  for (int r = 0; r < ROWS; r++) {
    const PetscInt64 row   = order[r == 0 ? 0 : r == 1 ? samples / 2 : samples - 1];
    float           *input = values + (size_t)r * (nx + 3 * ny), *truth = input + nx, *prediction = truth + ny, *difference = prediction + ny;
    const KNPass     pass  = {.samples = 1, .index = &row};
    int              code  = KNDatasetRead(dataset, row, input, truth, sizeof(message), message);

    PetscCheck(!code, PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", message); /* it was read a moment ago */
    PetscCall(PetscArraycpy(x, input, nx));
    PetscCall(KNOperatorForward(candidate->op, &pass, x, prediction));
    for (size_t i = 0; i < S; i++) difference[i] = prediction[i] - truth[i];
    panel[r * COLUMNS + 0] = input;
    panel[r * COLUMNS + 1] = truth;
    panel[r * COLUMNS + 2] = prediction;
    panel[r * COLUMNS + 3] = difference;
    PetscCall(PetscSNPrintf(label[r], sizeof(label[r]), "%s, %.2g %%", which[r], 100 * error[row]));
    labels[r] = label[r];
  }
  PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "input %s", problem->input[0].name));
  PetscCall(PetscSNPrintf(title[1], sizeof(title[1]), "true %s", problem->output[0].name));
  PetscCall(PetscSNPrintf(title[2], sizeof(title[2]), "predicted %s", problem->output[0].name));
  PetscCall(PetscSNPrintf(title[3], sizeof(title[3]), "predicted - true"));
  for (int c = 0; c < COLUMNS; c++) column[c] = (KNPictureColumn){.title = title[c], .scale = c == 2 ? KN_SCALE_SHARED : c == 3 ? KN_SCALE_SIGNED : KN_SCALE_OWN};
  PetscCall(PetscSNPrintf(file, sizeof(file), "fields_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  PetscCall(KNPictureFields(path, NULL, &problem->grid, ROWS, COLUMNS, column, labels, panel));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&values));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Train and test error over epochs of all candidates that are runs, beside the first of them; by rank 0. */
static PetscErrorCode DrawCurves(PetscInt n, const Candidate candidate[])
{
  KNPictureCurve *curve;
  char          (*name)[2 * KN_MAX_NAME], path[PETSC_MAX_PATH_LEN];
  PetscReal      *values;
  PetscInt        ncurves = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(2 * (size_t)n, &curve, 2 * (size_t)n, &name));
  for (PetscInt i = 0; i < n; i++) {
    KNMetrics *metrics;
    PetscInt   count;
    char       run[KN_MAX_NAME];

    PetscCall(KNRunReadMetrics(candidate[i].directory, &count, &metrics));
    PetscCall(BaseName(candidate[i].directory, sizeof(run), run));
    for (int test = 0; test < 2 && count && (!test || metrics[0].test >= 0); test++) {
      PetscCall(PetscMalloc1(2 * (size_t)count, &values));
      for (PetscInt k = 0; k < count; k++) {
        values[k]         = (PetscReal)metrics[k].epoch;
        values[count + k] = test ? metrics[k].test : metrics[k].train;
      }
      PetscCall(PetscSNPrintf(name[ncurves], sizeof(name[ncurves]), "%s, %s", run, test ? "test" : "train"));
      curve[ncurves] = (KNPictureCurve){.name = name[ncurves], .n = count, .x = values, .y = values + count};
      ncurves++;
    }
    PetscCall(PetscFree(metrics));
  }
  PetscCall(KNRunPath(candidate[0].directory, "curves", path));
  if (ncurves) PetscCall(KNPictureCurves(path, NULL, "epoch", "mean relative L2 error", KN_AXES_LOG_Y, ncurves, curve));
  for (PetscInt i = 0; i < ncurves; i++) PetscCall(PetscFree(curve[i].x));
  PetscCall(PetscFree2(curve, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value of "name: value" in a YAML text; "-" if it is not there. */
static PetscErrorCode FindOption(const char yaml[], const char name[], size_t size, char value[])
{
  const char *found = strstr(yaml, name);

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(value, found ? found + strlen(name) : "-", size));
  value[strcspn(value, "\n")] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The table, to the terminal and, if csv is not NULL, into a file of that name. */
static PetscErrorCode PrintTable(PetscInt n, const Candidate candidate[], PetscInt m, char *const dataset[], const Score score[], const PetscLogDouble flops[], const char csv[])
{
  FILE       *file = NULL;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (csv && rank == 0) file = fopen(csv, "w");
  PetscCall(KNAgree(PETSC_COMM_WORLD, csv && rank == 0 && !file ? KN_ERR_IO : 0, "%s: cannot be written; choose another -output", csv ? csv : ""));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMean relative L2 error in %% (standard deviation over samples; worst sample)\n\n%-20s %-10s %10s %14s", "run", "residual", "parameters", "MFLOP a sample"));
  if (file) fprintf(file, "run,residual,parameters,mflop_a_sample");
  for (PetscInt j = 0; j < m; j++) {
    char name[KN_MAX_NAME];

    PetscCall(BaseName(dataset[j], sizeof(name), name));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", name));
    if (file) fprintf(file, ",%s_mean,%s_deviation,%s_highest", name, name, name);
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s\n", "seconds"));
  if (file) fprintf(file, ",seconds\n");
  for (PetscInt i = 0; i < n; i++) {
    const char  *options;
    char         name[KN_MAX_NAME], residual[KN_MAX_NAME];
    KNParameters parameters;
    KNMetrics   *metrics = NULL;
    PetscInt     count   = 0;
    size_t       total;

    PetscCall(KNOperatorGetModel(candidate[i].op, NULL, &parameters, NULL, &options));
    PetscCall(KNParametersGetTotal(parameters, &total));
    PetscCall(FindOption(options, "model_residual: ", sizeof(residual), residual));
    PetscCall(BaseName(candidate[i].directory, sizeof(name), name));
    if (rank == 0) PetscCall(KNRunReadMetrics(candidate[i].directory, &count, &metrics));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-10s %10zu %14.2f", name, residual, total, flops[i] * 1e-6));
    if (file) fprintf(file, "%s,%s,%zu,%.6g", name, residual, total, flops[i] * 1e-6);
    for (PetscInt j = 0; j < m; j++) {
      const Score *s = &score[i * m + j];
      char         text[64];

      PetscCall(PetscSNPrintf(text, sizeof(text), "%.3f (%.2f; %.2f)", 100 * s->mean, 100 * s->deviation, 100 * s->highest));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", text));
      if (file) fprintf(file, ",%.8g,%.8g,%.8g", s->mean, s->deviation, s->highest);
    }
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10.1f\n", count ? metrics[count - 1].seconds : 0.0));
    if (file) fprintf(file, ",%.3f\n", count ? metrics[count - 1].seconds : 0.0);
    PetscCall(PetscFree(metrics));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMFLOP: forward, at the resolution of %s. Seconds: of training.\n", dataset[0]));
  PetscCall(KNAgree(PETSC_COMM_WORLD, file && fclose(file) ? KN_ERR_IO : 0, "%s: writing failed", csv ? csv : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EvaluateOn(PetscInt n, Candidate candidate[], PetscInt m, PetscInt j, const char path[], PetscInt batch, PetscBool pictures, Score score[], PetscLogDouble flops[])
{
  const KNProblem *problem;
  KNDataset        dataset;
  PetscInt64       samples;
  PetscMPIInt      rank;
  PetscReal       *error;
  char             name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(BaseName(path, sizeof(name), name));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(PetscMalloc1((size_t)samples, &error));
  for (PetscInt i = 0; i < n; i++) {
    KNModel model;
    Score  *s = &score[i * m + j];

    PetscCall(KNOperatorCheck(candidate[i].op, problem, path));
    PetscCall(KNOperatorSetGrid(candidate[i].op, &problem->grid, batch, PETSC_FALSE));
    PetscCall(KNOperatorGetModel(candidate[i].op, &model, NULL, NULL, NULL));
    if (j == 0) PetscCall(KNModelGetCost(model, &flops[i], NULL, NULL));
    PetscCall(KNEvaluate(candidate[i].op, dataset, 0, samples, batch, 0, error));
    KNErrorStatistics(samples, error, &s->mean, &s->deviation, &s->highest);
    if (pictures && rank == 0) PetscCall(DrawFields(&candidate[i], dataset, name, samples, error));
  }
  PetscCall(PetscFree(error));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Evaluate(const char purpose[], PetscBool *stopped)
{
  char           csv[PETSC_MAX_PATH_LEN] = "", **runs, **checkpoints, **datasets;
  PetscInt       nruns, ncheckpoints, m, n, batch = 5;
  PetscBool      pictures = PETSC_TRUE, done;
  PetscMPIInt    rank;
  PetscLogDouble *flops;
  Candidate     *candidate;
  Score         *score;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNOptionsHead("Evaluation"));
  PetscCall(KNOptionsList("-run", "run directories, separated by commas: a row each, from their latest checkpoint", &nruns, &runs));
  PetscCall(KNOptionsList("-checkpoint", "or checkpoint files, separated by commas", &ncheckpoints, &checkpoints));
  PetscCall(KNOptionsList("-dataset", "datasets, separated by commas: a column each; any resolution", &m, &datasets));
  PetscCall(KNOptionsPath("-output", "the table as a CSV file", csv));
  PetscCall(KNOptionsBool("-picture", "draw fields and training curves beside each checkpoint", &pictures));
  PetscCall(KNOptionsInt("-evaluate_batch", "samples that pass through the network together on one rank", 1, 65536, &batch));
  n = nruns + ncheckpoints;
  if (!KNOptionsHelpWanted()) {
    PetscCheck(n, PETSC_COMM_WORLD, KN_ERR_USAGE, "evaluate needs -run DIRECTORY[,DIRECTORY...] or -checkpoint FILE[,FILE...]");
    PetscCheck(m, PETSC_COMM_WORLD, KN_ERR_USAGE, "evaluate needs -dataset FILE[,FILE...]");
  }
  PetscCall(PetscCalloc3((size_t)n, &candidate, (size_t)n * (size_t)m, &score, (size_t)n, &flops));
  for (PetscInt i = 0; i < n && !KNOptionsHelpWanted(); i++) PetscCall(CandidateLoad(i < nruns ? runs[i] : NULL, i < nruns ? NULL : checkpoints[i - nruns], &candidate[i]));
  PetscCall(KNOptionsEnd("evaluate", purpose, &done));
  if (!done) {
    for (PetscInt j = 0; j < m; j++) PetscCall(EvaluateOn(n, candidate, m, j, datasets[j], batch, pictures, score, flops));
    if (pictures && rank == 0) PetscCall(DrawCurves(n, candidate));
    PetscCall(PrintTable(n, candidate, m, datasets, score, flops, csv[0] ? csv : NULL));
    if (pictures) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "Pictures: %s/fields_*.png, %s/curves.png\n", candidate[0].directory, candidate[0].directory));
  }
  for (PetscInt i = 0; i < n; i++) PetscCall(KNOperatorDestroy(&candidate[i].op));
  PetscCall(PetscFree3(candidate, score, flops));
  PetscCall(KNOptionsListDestroy(nruns, &runs));
  PetscCall(KNOptionsListDestroy(ncheckpoints, &checkpoints));
  PetscCall(KNOptionsListDestroy(m, &datasets));
  PetscFunctionReturn(PETSC_SUCCESS);
}
