/*
  kitinet predict: a trained network's solutions for the inputs of a dataset, stored as a dataset. Of a trajectory the first frames, which the network is given,
  are the input's, the others its own.
*/
#include "command.h"
#include <kitinet/loader.h>
#include <kitinet/operator.h>
#include <kitinet/progress.h>

static PetscErrorCode Predict(KNOperator op, KNDataset input, PetscInt batch, KNDataset output)
{
  const KNProblem *problem;
  KNProgress       progress;
  KNLoader         loader;
  KNBatch          b;
  PetscInt64       samples, done = 0;
  PetscMPIInt      ranks;
  size_t           nx, ny;
  float           *x, *y;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(KNDatasetGetSamples(input, &samples));
  PetscCall(KNDatasetGetProblem(input, &problem));
  nx = KNProblemInputSize(problem);
  ny = KNProblemOutputSize(problem);
  PetscCall(KNMalloc((size_t)batch * nx, sizeof(*x), &x));
  PetscCall(KNMalloc((size_t)batch * ny, sizeof(*y), &y));
  /* The same samples pass together for any number of ranks: matrix products of other shapes round otherwise. */
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, input, 0, samples, batch * ranks, batch, PETSC_FALSE, 0, &loader));
  PetscCall(KNLoaderStart(loader, 0, 0));
  PetscCall(KNProgressBegin("samples", samples, 0, &progress));
  for (;;) {
    KNPass pass = {.training = PETSC_FALSE};

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    pass.samples = b.samples;
    pass.index   = b.index;
    PetscCall(PetscArraycpy(x, b.x, (size_t)b.samples * nx)); /* the network normalises its input in place; what is stored is the original */
    PetscCall(KNOperatorPredict(op, &pass, problem->frames, x, b.y, y));
    for (PetscInt i = 0; i < b.samples; i++) PetscCall(KNDatasetWrite(output, b.row[i], b.row[i], b.x + (size_t)i * nx, y + (size_t)i * ny));
    PetscCall(KNProgressUpdate(&progress, done += b.total, NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Predict(const char purpose[], PetscBool *stopped)
{
  char             checkpoint[PETSC_MAX_PATH_LEN] = "", input_path[PETSC_MAX_PATH_LEN] = "", output_path[PETSC_MAX_PATH_LEN] = "", *yaml;
  PetscBool        overwrite = PETSC_FALSE, done;
  PetscInt         batch     = 5;
  KNDataset        input, output;
  const KNProblem *problem;
  KNOperator       op = NULL;
  PetscInt64       samples, seed;
  PetscErrorCode   code;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Prediction"));
  PetscCall(KNOptionsPath("-checkpoint", "trained network: checkpoint.h5 or best.h5 of a run directory", checkpoint));
  PetscCall(KNOptionsPath("-input", "dataset with the input fields; any resolution", input_path));
  PetscCall(KNOptionsPath("-output", "dataset to write: the same inputs (or first frames), with the predictions as outputs (or the frames that follow)", output_path));
  PetscCall(KNOptionsBool("-overwrite", "replace the output if it exists", &overwrite));
  PetscCall(KNOptionsInt("-predict_batch", "samples that pass through the network together on one rank", 1, 65536, &batch));
  if (KNOptionsHelpWanted()) {
    PetscCall(KNOptionsEnd("predict", purpose, &done));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCheck(checkpoint[0] && input_path[0] && output_path[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "predict needs -checkpoint FILE, -input FILE and -output FILE");
  PetscCall(KNOperatorLoad(checkpoint, &op));
  PetscCall(KNOptionsEnd("predict", purpose, &done));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, input_path, &input));
  PetscCall(KNDatasetGetProblem(input, &problem));
  PetscCall(KNDatasetGetSamples(input, &samples));
  PetscCall(KNDatasetGetProvenance(input, &seed, NULL, NULL));
  PetscCall(KNOperatorCheck(op, problem, input_path));
  PetscCall(KNOperatorSetGrid(op, &problem->grid, batch, PETSC_FALSE));
  PetscCall(KNOptionsYAML(0, NULL, &yaml));
  PetscCall(KNDatasetCreate(PETSC_COMM_WORLD, output_path, problem, samples, seed, yaml, overwrite, &output));
  PetscCall(PetscFree(yaml));
  code = Predict(op, input, batch, output);
  if (code == KN_ERR_INPUT) PetscCall(KNDatasetDestroy(&output)); /* a damaged input, agreed by all ranks, leaves no half an output */
  PetscCall(code);
  PetscCall(KNDatasetPublish(output));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " predictions: %s\nnext: kitinet inspect -input %s\n", samples, output_path, output_path));
  PetscCall(KNDatasetDestroy(&output));
  PetscCall(KNDatasetDestroy(&input));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}
