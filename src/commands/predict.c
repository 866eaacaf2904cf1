/*
  kitinet predict: a trained network's solutions for the inputs of a dataset, stored as a dataset. Of a trajectory the
  first frames, which the network is given, are the input's, the others its own. With -collision_samples the output
  holds the mean of several passes and, in fields of their own, the spread.
*/
#include "command.h"
#include "convert.h"
#include "predict.h"
#include <kitinet/dataset_writer.h>
#include <kitinet/ensemble.h>
#include <kitinet/loader.h>
#include <kitinet/operator.h>
#include <kitinet/progress.h>
#include <kitinet/reliability.h>
#include <kitinet/statistics.h>
#include <petsctime.h>

/* -predict_finer: the output's grid, whose points lie so many times as dense as the input's; *asked: with it. */
static PetscErrorCode Refine(PetscInt times, KNProblem *asked)
{
  KNGrid grid = *KNProblemGrid(asked);

  PetscFunctionBegin;
  if (times == 1) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < grid.dim; i++)
    grid.n[i] = grid.points == KN_POINTS_NODES ? times * (grid.n[i] - 1) + 1 : times * grid.n[i];
  asked->output.grid = grid;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The problem with a second field for each output, its spread, and how to read it. */
static PetscErrorCode DescribeSpread(PetscInt members, PetscReal factor, KNProblem *described)
{
  const struct {
    const char *name;
    PetscReal   value;
  } parameter[]         = {{"spread_passes", (PetscReal)members},
                           {"spread_factor", factor},
                           {"spreads_to_90_percent", kn_interval((size_t)members, 0.9)}};
  const PetscInt fields = described->output.fields;

  PetscFunctionBegin;
  PetscCheck(2 * fields <= KN_MAX_FIELDS, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt_FMT
             " output fields and their spreads are more than the %d fields of a dataset; leave out -collision_samples",
             fields, KN_MAX_FIELDS);
  described->output.fields = 2 * fields;
  for (PetscInt c = 0; c < fields; c++) {
    KNField *field = &described->output.field[fields + c];

    *field = described->output.field[c];
    PetscCheck(strlen(field->name) + strlen("_spread") < sizeof(field->name), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "the name %s_spread is longer than the %zu bytes of a field's name; leave out -collision_samples",
               field->name, sizeof(field->name) - 1);
    PetscCall(PetscStrlcat(field->name, "_spread", sizeof(field->name)));
  }
  PetscCheck(described->parameters + (PetscInt)PETSC_STATIC_ARRAY_LENGTH(parameter) <= KN_MAX_PARAMETERS,
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%" PetscInt_FMT
             " parameters and the %d of the spread are more than the %d of a dataset; leave out -collision_samples",
             described->parameters, (int)PETSC_STATIC_ARRAY_LENGTH(parameter), KN_MAX_PARAMETERS);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(parameter); i++) {
    KNParameter *added = &described->parameter[described->parameters++];

    *added = (KNParameter){.unit = "1", .value = parameter[i].value};
    PetscCall(PetscStrncpy(added->name, parameter[i].name, sizeof(added->name)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out (T, 2, n): mean and spread of each frame of one sample; y: members (K, T, n), member k at y + k stride */
static void MeanAndSpread(float *out, const float *y, size_t K, size_t stride, PetscReal factor, size_t T, size_t n)
{
  for (size_t t = 0; t < T; t++) {
    float *mean = out + 2 * t * n, *spread = mean + n;

    kn_ensemble_moments(mean, spread, y + t * n, K, stride, n);
    for (size_t i = 0; i < n; i++) spread[i] = (float)(factor * (PetscReal)spread[i]);
  }
}

/* Predictions that are not finite, of any rank: how many, and the first of their rows. */
typedef struct {
  PetscInt64 count, first;
} Failed;

/*
  Writes a sample of so many output fields, by the first of the ranks that share it; one that is not finite it counts
  instead. whole: x and y of the whole grid there; NULL where samples are whole.
*/
static PetscErrorCode Store(const KNSharing *sharing, const KNProblem *problem, PetscInt fields, PetscInt64 row,
                            const double parameters[], const float x[], const float y[], float whole[],
                            KNDatasetWriter output, Failed *failed)
{
  const size_t nx = KNProblemInputSize(problem),
               ny = (size_t)(PetscMax(problem->frames, 1) * fields) * KNGridSize(&problem->output.grid);

  PetscFunctionBegin;
  if (sharing->size > 1) {
    PetscCall(KNSharingGather(sharing, &problem->input.grid, (size_t)problem->input.fields, x, whole));
    PetscCall(
      KNSharingGather(sharing, &problem->output.grid, (size_t)(PetscMax(problem->frames, 1) * fields), y, whole + nx));
    x = whole;
    y = whole + nx;
  }
  if (sharing->rank != 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (kn_nonfinite(y, ny)) {
    failed->first = failed->count++ ? failed->first : row; /* rows come in ascending order */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNDatasetWriterWriteRow(output, row, row, &(KNRow){.x = x, .y = y, .parameters = parameters}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  problem: the input's, with the grid that the outputs are asked on; check: NULL if no solver looks at the predictions;
  *seconds: that the network took on this rank.
*/
static PetscErrorCode Predict(KNOperator op, KNDataset input, const KNProblem *problem, PetscInt members,
                              PetscReal factor, PetscInt batch, KNPredictCheck check, KNDatasetWriter output,
                              Failed *failed, PetscReal *seconds)
{
  enum { COMPARED = 20 }; /* rows that are also solved from zero, where all are refined */
  const KNSharing *sharing = KNOperatorSharing(op);
  KNGrid           slab, slab_out;
  KNProgress       progress;
  KNLoader         loader;
  KNBatch          b;
  PetscInt64       samples, done = 0;
  size_t           nx, ny;
  float           *x, *y, *out = NULL, *whole = NULL;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetSamples(input, &samples));
  slab     = KNOperatorSlab(op, KNProblemGrid(problem));
  slab_out = KNOperatorSlab(op, KNProblemOutputGrid(problem));
  nx       = (size_t)problem->input.fields * KNGridSize(&slab);
  ny       = (size_t)(PetscMax(problem->frames, 1) * problem->output.fields) * KNGridSize(&slab_out);
  PetscCall(KNMalloc((size_t)batch * nx, sizeof(*x), &x));
  PetscCall(KNMalloc((size_t)PetscMax(members, 1) * (size_t)batch * ny, sizeof(*y), &y));
  if (members) PetscCall(KNMalloc(2 * ny, sizeof(*out), &out));
  if (sharing->size > 1)
    PetscCall(
      KNMalloc(sharing->rank ? 0 : KNProblemInputSize(problem) + (members ? 2 : 1) * KNProblemOutputSize(problem),
               sizeof(*whole), &whole));
  PetscCall(KNLoaderCreatePass(input, sharing, 0, samples, batch, &loader));
  PetscCall(KNProgressBegin("samples", samples, 0, &progress));
  for (;;) {
    KNPass         pass = {.training = PETSC_FALSE};
    PetscLogDouble begin, end;

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    pass.samples = b.samples;
    pass.index   = b.index;
    /* the network normalises its input in place; what is stored is the original */
    PetscCall(PetscArraycpy(x, b.x, (size_t)b.samples * nx));
    PetscCall(PetscTime(&begin));
    if (members) PetscCall(KNEnsemblePredict(op, members, &pass, problem->frames, b.x, x, b.y, y));
    else PetscCall(KNOperatorPredict(op, &pass, problem->frames, x, b.y, y));
    PetscCall(PetscTime(&end));
    *seconds += end - begin;
    for (PetscInt i = 0; i < b.samples && check; i++)
      PetscCall(
        KNPredictCheckRow(check, b.row[i], (PetscBool)(b.row[i] < COMPARED), b.x + (size_t)i * nx, y + (size_t)i * ny));
    for (PetscInt i = 0; i < b.samples; i++) {
      const size_t  T   = (size_t)PetscMax(problem->frames, 1);
      const double *own = b.parameters ? b.parameters + i * problem->coefficients : NULL;

      if (members) MeanAndSpread(out, y + (size_t)i * ny, (size_t)members, (size_t)b.samples * ny, factor, T, ny / T);
      PetscCall(Store(sharing, problem, (members ? 2 : 1) * problem->output.fields, b.row[i],
                      check ? KNPredictCheckCoefficients(check, b.row[i], own) : own, b.x + (size_t)i * nx,
                      members ? out : y + (size_t)i * ny, whole, output, failed));
    }
    PetscCall(KNProgressUpdate(&progress, done += b.total, NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNFree(&out));
  PetscCall(KNFree(&whole));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&x));
  if (!failed->count) failed->first = samples;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &failed->count, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &failed->first, 1, MPIU_INT64, MPI_MIN, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Predict(const char purpose[], PetscBool *stopped)
{
  char checkpoint[PETSC_MAX_PATH_LEN] = "", input_path[PETSC_MAX_PATH_LEN] = "", output_path[PETSC_MAX_PATH_LEN] = "",
       *yaml, **column;
  PetscBool        overwrite = PETSC_FALSE, pictures = PETSC_FALSE, done;
  KNSourceChoice   choice = {.points = -1, .stride = 1, .unlabelled = PETSC_TRUE};
  PetscInt         batch  = 5, members, average, fitted, history;
  PetscReal        factor;
  KNDataset        input;
  KNDatasetWriter  output;
  const KNProblem *problem;
  KNProblem        described;
  KNOperator       op = NULL;
  KNPredictCheck   check;
  PetscReal        seconds = 0;
  PetscInt64       samples, seed;
  PetscInt         finer = 1;
  KNProblem        asked; /* the input's, with the grid of the predictions */
  Failed           failed = {.count = 0};
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Prediction"));
  PetscCall(KNOptionsPath("-checkpoint", "trained network: checkpoint.h5 or best.h5 of a run directory", checkpoint));
  PetscCall(KNOptionsPath("-input",
                          "dataset with the input fields, of any resolution; for a classification of pictures also a "
                          "folder, a picture or a file of CIFAR, of texts a table, JSON lines or a folder",
                          input_path));
  PetscCall(KNOptionsPath("-output",
                          "dataset to write: the same inputs (or first frames), with the predictions as outputs (or "
                          "following frames); for classes their probabilities, and a CSV file beside it",
                          output_path));
  PetscCall(KNOptionsBool("-overwrite", "replace the output if it exists", &overwrite));
  PetscCall(
    KNOptionsInt("-predict_batch", "samples that pass through the network together on one rank", 1, 65536, &batch));
  PetscCall(KNOptionsInt("-predict_finer",
                         "times that the output's points lie as dense along each axis as the input's, for networks "
                         "that ask for it point by point (oformer); 1: the grid of the dataset's outputs",
                         1, 64, &finer));
  PetscCall(KNOptionsRequire((PetscBool)(checkpoint[0] && input_path[0] && output_path[0]),
                             "predict needs -checkpoint FILE, -input FILE and -output FILE"));
  PetscCall(KNOperatorAverageSetFromOptions(&average));
  PetscCall(KNOptionsHead(
    "Pictures outside datasets; by default they have the size and the colours of those that trained the network"));
  PetscCall(KNImageOptions(&choice.image_size, &choice.fit, &choice.colour));
  PetscCall(KNOptionsHead("Texts outside datasets; they become words as those did that trained the network"));
  PetscCall(KNTextColumnOptions(&choice, &column));
  PetscCall(KNEnsembleSetFromOptions(&members));
  if (KNOptionsDeclareOnly()) {
    PetscCall(KNPredictCheckSetFromOptions(NULL, NULL, NULL, &check));
    PetscCall(KNOptionsEnd("predict", purpose, &done));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNOperatorLoad(checkpoint, &op));
  PetscCall(KNEnsembleCheck(op, members, checkpoint));
  PetscCall(KNOperatorGetHistory(op, &history));
  PetscCheck(finer == 1 || (KNTaskGetInfo(KNOperatorTask(op))->fields && !history), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -predict_finer is %" PetscInt_FMT
             ", the network predicts %s: it is for steady fields, leave it out",
             finer, history ? "frames of trajectories" : "classes");
  PetscCall(KNOperatorSetSymmetryAverage(op, average, checkpoint));
  PetscCall(KNOperatorGetSpread(op, &factor, &fitted));
  if (!KNTaskGetInfo(KNOperatorTask(op))->fields) PetscCall(KNPredictIsPictures(input_path, &pictures));
  if (pictures) {
    PetscCall(KNOptionsEnd("predict", purpose, &done));
    PetscCall(KNPredictPictures(op, members, input_path, &choice, batch, output_path, overwrite));
    PetscCall(KNOptionsListDestroy(choice.text_columns, &column));
    PetscCall(KNOperatorDestroy(&op));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, input_path, &input));
  PetscCall(KNPredictCheckSetFromOptions(op, input, input_path, &check));
  PetscCheck(!check || (!members && finer == 1 && KNOperatorSharing(op)->size == 1), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "certificates are of single, whole predictions on the dataset's grid: leave out -collision_samples, "
             "-predict_finer and -ranks_per_sample");
  PetscCall(KNOptionsEnd("predict", purpose, &done));
  PetscCheck(!choice.image_size && !choice.fit && !choice.colour, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s is no folder of pictures: leave out -image_size, -image_fit, -image_colour", input_path);
  PetscCheck(!choice.text_columns && !choice.text_quotes, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s is no table of texts: leave out -text_columns, -text_quotes", input_path);
  PetscCall(KNOptionsListDestroy(choice.text_columns, &column));
  PetscCall(KNDatasetGetSamples(input, &samples));
  PetscCall(KNDatasetGetProvenance(input, &seed, NULL, NULL));
  PetscCall(KNOperatorAccept(op, input, &problem));
  PetscCall(KNDatasetExpectFinite(input, PETSC_TRUE, history)); /* what is to be predicted may stand there as NaN */
  asked = *problem;
  PetscCall(Refine(finer, &asked));
  PetscCall(KNOperatorPlan(op, &asked, batch, PETSC_FALSE));
  if (!KNTaskGetInfo(KNOperatorTask(op))->fields) {
    PetscCall(KNPredictClasses(op, members, input, batch, output_path, overwrite));
    PetscCall(KNDatasetDestroy(&input));
    PetscCall(KNOperatorDestroy(&op));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNOptionsYAML(0, NULL, &yaml));
  described             = KNProblemStored(&asked);
  described.output.type = KN_FLOAT32;
  if (members) PetscCall(DescribeSpread(members, factor, &described));
  if (check) PetscCall(KNPredictCheckDescribe(check, &described));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, output_path, &described, samples, seed, yaml, overwrite, &output));
  PetscCall(PetscFree(yaml));
  code = Predict(op, input, &asked, members, factor, batch, check, output, &failed, &seconds);
  /* a damaged input, agreed by all ranks, leaves no half an output */
  if (code == KN_ERR_INPUT || failed.count == samples) PetscCall(KNDatasetWriterDestroy(&output));
  PetscCall(code);
  PetscCheck(failed.count < samples, PETSC_COMM_WORLD, KN_ERR_FAILED,
             "no prediction of %s is finite, %s was not written: the network is not stable on these inputs", checkpoint,
             output_path);
  PetscCall(KNDatasetWriterPublish(output));
  if (failed.count)
    PetscCall(PetscFPrintf(PETSC_COMM_WORLD, stderr,
                           "kitinet: warning: %" PetscInt64_FMT
                           " predictions are not finite and left out, the first that of row %" PetscInt64_FMT
                           "; /sample says which rows the others belong to\n",
                           failed.count, failed.first));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " predictions: %s\nnext: kitinet inspect -input %s\n",
                        samples - failed.count, output_path, output_path));
  if (members)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "mean of %" PetscInt_FMT " passes and spread, %s; 90 %% interval: mean -+ %.4g spreads\n",
                          members, fitted ? "fitted to errors" : "as it is (evaluate -calibrate fits it to errors)",
                          (double)kn_interval((size_t)members, 0.9)));
  if (check) PetscCall(KNPredictCheckReport(check, output_path, seconds));
  PetscCall(KNPredictCheckDestroy(&check));
  PetscCall(KNDatasetWriterDestroy(&output));
  PetscCall(KNDatasetDestroy(&input));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}
