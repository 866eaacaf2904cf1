/* Several passes of one network, each with draws of its own: see ensemble.h. */
#include <kitinet/ensemble.h>
#include <kitinet/error.h>
#include <kitinet/loader.h>
#include <kitinet/lock.h>
#include <kitinet/log.h>
#include <kitinet/options.h>
#include <kitinet/reliability.h>

PetscErrorCode KNEnsembleSetFromOptions(PetscInt *members)
{
  static const char *const collision[] = {"mean", "sample", "off", NULL}, *const dropout[] = {"off", "sample", NULL};
  PetscInt choice;

  PetscFunctionBegin;
  *members = 0;
  PetscCall(KNOptionsHead("Uncertainty"));
  PetscCall(KNOptionsInt("-collision_samples",
                         "number of passes with other collisions or dropout, for their mean and spread "
                         "(-collision_evaluate or -model_dropout_evaluate sample); not given: one pass",
                         2, KN_MAX_MEMBERS, members));
  if (!KNOptionsDeclareOnly())
    PetscFunctionReturn(
      PETSC_SUCCESS); /* else the layers of the checkpoint's network read these, and only those that it has */
  choice = 0;
  PetscCall(KNOptionsChoice(
    "-collision_evaluate",
    "collisions outside training: their expectation, a draw, or none; by default as the checkpoint says", collision,
    &choice));
  choice = 0;
  PetscCall(KNOptionsChoice("-model_dropout_evaluate",
                            "dropout outside training: none, or a draw; by default as the checkpoint says", dropout,
                            &choice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEnsembleCheck(KNOperator op, PetscInt members, const char path[])
{
  KNLayerProperties properties;
  KNModel           model;

  PetscFunctionBegin;
  if (!members) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNOperatorGetModel(op, &model, NULL, NULL, NULL));
  PetscCall(KNModelGetProperties(model, &properties));
  PetscCheck(properties.particle || properties.draws_in_training, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-collision_samples: the network of %s has neither collisions nor dropout, all its passes are the same; "
             "leave the option out",
             path);
  PetscCheck(properties.draws_in_evaluation, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-collision_samples: all passes of %s are the same; add %s sample", path,
             properties.particle ? "-collision_evaluate" : "-model_dropout_evaluate");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEnsemblePredict(KNOperator op, PetscInt members, const KNPass *pass, PetscInt frames, const float x[],
                                 float work[], const float given[], float y[])
{
  const size_t B    = (size_t)pass->samples;
  const KNTask task = KNOperatorTask(op);
  size_t       nx, ny;
  KNPass       own = *pass;

  PetscFunctionBegin;
  nx = KNTaskInputSize(task);
  ny = KNTaskOutputSize(task) * (size_t)PetscMax(frames, 1);
  for (own.step = 0; own.step < members; own.step++) {
    PetscCall(PetscArraycpy(work, x, B * nx)); /* the network normalises its input in place */
    PetscCall(KNOperatorPredict(op, &own, frames, work, given, y + (size_t)own.step * B * ny));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEnsembleEach(KNOperator op, PetscInt members, KNDataset dataset, PetscInt batch,
                              KNEnsembleVisitor visit, void *context)
{
  const KNProblem *problem;
  KNLoader         loader;
  PetscInt         history;
  PetscInt64       samples;
  const KNTask     task = KNOperatorTask(op);
  float           *y, *x, *labels;
  size_t           n, nt, given, arrays; /* values of a prediction and of a target; arrays of a sample */

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_EVALUATE));
  PetscCall(KNOperatorCheckLengths(dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorGetHistory(op, &history));
  PetscCheck(KNOperatorSharing(op)->size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d, spreads are measured of whole samples: leave it out",
             KNOperatorSharing(op)->size);
  arrays = (size_t)PetscMax(problem->frames, 1);
  n      = arrays * KNTaskOutputSize(task);
  nt     = arrays * KNTaskTargetSize(task);
  given  = (size_t)history * KNTaskOutputSize(task);
  PetscCall(PetscMalloc1(batch, &labels));
  PetscCall(KNMalloc((size_t)members * (size_t)batch * n, sizeof(*y), &y));
  PetscCall(KNMalloc((size_t)batch * KNProblemInputSize(problem), sizeof(*x), &x));
  PetscCall(KNLoaderCreatePass(dataset, KNOperatorSharing(op), 0, samples, batch, &loader));
  for (;;) {
    KNPass       pass = {.training = PETSC_FALSE};
    const float *target;
    KNBatch      b;

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    pass.samples = b.samples;
    pass.index   = b.index;
    KNOperatorTakeWords(&b, 0, &pass);
    target = KNTaskTarget(task, &b, labels);
    PetscCall(KNEnsemblePredict(op, members, &pass, problem->frames, b.x, x, b.y, y));
    for (PetscInt i = 0; i < b.samples; i++)
      PetscCall(
        visit(context, b.row[i], y + (size_t)i * n + given, (size_t)b.samples * n, target + (size_t)i * nt + given));
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(PetscFree(labels));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two numbers into a checkpoint. */
static PetscErrorCode Amend(const char path[], const char directory[], const char *const name[2],
                            const PetscReal value[2])
{
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(KNLockTake(PETSC_COMM_WORLD, directory));
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  for (int k = 0; k < 2; k++) PetscCall(KNRecordAmend(record, name[k], value[k]));
  PetscCall(KNRecordSave(record, path));
  PetscCall(KNRecordDestroy(&record));
  KNLockRelease();
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEnsembleStoreFactor(const char path[], const char directory[], PetscReal factor, PetscInt members)
{
  PetscFunctionBegin;
  PetscCall(Amend(path, directory, (const char *const[]){KN_SPREAD_FACTOR, KN_SPREAD_MEMBERS},
                  (const PetscReal[]){factor, (PetscReal)members}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertificateStore(const char path[], const char directory[], PetscReal scale, PetscReal most)
{
  PetscFunctionBegin;
  PetscCall(Amend(path, directory, (const char *const[]){KN_CERTIFICATE_SCALE, KN_CERTIFICATE_90},
                  (const PetscReal[]){scale, most}));
  PetscFunctionReturn(PETSC_SUCCESS);
}
