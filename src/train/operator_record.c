/* The operator's way into and out of a record: options, task, parameters. */
#include "operator_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  Values and state; for a run that goes on (moments) the moments and, if there is one, the average of the parameters
  too. Who loads a checkpoint with an average for anything else gets the average as the parameters.
*/
static PetscErrorCode TransferParameters(KNParameters parameters, KNRecord record, PetscBool moments)
{
  const char *group[] = {"parameters", "moment1", "moment2", "average"};
  KNReal     *block[4];
  PetscInt64  one = 1;
  PetscInt    count, blocks;
  PetscBool   averaged;

  PetscFunctionBegin;
  PetscCall(KNParametersGetAverage(parameters, PETSC_FALSE, &block[3]));
  averaged = (PetscBool)(moments && block[3]);
  if (KNRecordIsLoaded(record)) PetscCall(KNRecordHas(record, "averaged", &averaged));
  if (averaged) PetscCall(KNRecordInt(record, "averaged", &one));
  if (averaged && moments) PetscCall(KNParametersGetAverage(parameters, PETSC_TRUE, &block[3]));
  if (averaged && !moments) group[0] = group[3];
  blocks = !moments ? 1 : averaged ? 4 : 3;
  PetscCall(
    KNParametersGetBlocks(parameters, NULL, &block[0], NULL, moments ? &block[1] : NULL, moments ? &block[2] : NULL));
  PetscCall(KNParametersGetCount(parameters, &count));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (info->momentum > 0)
      PetscCall(KNRecordArray(record, "state", info->name, info->rank, info->shape, block[0] + info->offset));
    for (PetscInt b = 0; b < blocks && !(info->momentum > 0); b++)
      PetscCall(KNRecordArray(record, group[b], info->name, info->rank, info->shape, block[b] + info->offset));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorTransfer(KNOperator op, KNRecord record, PetscBool moments)
{
  PetscInt64 steps = op->steps;

  PetscFunctionBegin;
  if (!KNRecordIsLoaded(record)) {
    PetscCall(KNRecordText(record, "model_options", strlen(op->options) + 1, op->options));
    PetscCall(KNOperatorTransferProblem(record, &op->problem, op->names));
  }
  PetscCall(KNRecordTexts(record, "origin", sizeof(op->origin[0]), KN_MAX_ORIGINS, &op->norigins, &op->origin[0][0]));
  if (op->history) PetscCall(KNRecordReal(record, "frame_interval", &op->interval));
  if (op->spacetime) {
    PetscCall(KNRecordInt(record, "predicted_frames", &steps));
    PetscCheck(steps >= 1 && steps <= 1 << 20, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "the checkpoint describes a network that predicts %" PetscInt64_FMT " frames", steps);
    op->steps = (PetscInt)steps;
  }
  PetscCall(KNTaskTransfer(op->task, record));
  PetscCall(TransferParameters(op->parameters, record, moments));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadCertificate(KNOperator op, KNRecord record)
{
  PetscBool has;

  PetscFunctionBegin;
  PetscCall(KNRecordHas(record, KN_CERTIFICATE_SCALE, &has));
  if (!has) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNRecordReal(record, KN_CERTIFICATE_SCALE, &op->certificate_scale));
  PetscCall(KNRecordReal(record, KN_CERTIFICATE_90, &op->certificate_90));
  PetscCheck(op->certificate_scale > 0 && op->certificate_scale < 1e30 && op->certificate_90 > 0 &&
               op->certificate_90 < 1e30,
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint has certificates scaled by %g and %g; fit them again: evaluate -certify -calibrate",
             (double)op->certificate_scale, (double)op->certificate_90);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetCertificate(KNOperator op, PetscReal *scale, PetscReal *most)
{
  PetscFunctionBegin;
  *scale = op->certificate_scale > 0 ? op->certificate_scale : 1;
  *most  = op->certificate_scale > 0 ? op->certificate_90 : NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadSpread(KNOperator op, KNRecord record)
{
  PetscBool has;

  PetscFunctionBegin;
  PetscCall(KNRecordHas(record, KN_SPREAD_FACTOR, &has));
  if (!has) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNRecordReal(record, KN_SPREAD_FACTOR, &op->spread_factor));
  PetscCall(KNRecordReal(record, KN_SPREAD_MEMBERS, &op->spread_members));
  PetscCheck(op->spread_factor > 0 && op->spread_factor < 1e30 && op->spread_members >= 1 && op->spread_members < 1e6,
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint has a spread factor of %g fitted with %g samples; fit it again: evaluate -calibrate",
             (double)op->spread_factor, (double)op->spread_members);
  if (op->spread_members < 2) { /* of single passes */
    op->temperature    = op->spread_factor;
    op->spread_members = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The network that the record's options describe, and what it has learned. The options stay entered. */
static PetscErrorCode CreateFrom(KNRecord record, const char path[], KNOperator *op)
{
  static const char *const evaluation[] = {"collision_evaluate", "model_dropout_evaluate", NULL};
  KNProblem                problem      = {.frames = 0};
  char                    *names[2]     = {NULL, NULL};
  char                     options[8192];

  PetscFunctionBegin;
  PetscCall(KNRecordText(record, "model_options", sizeof(options), options));
  PetscCall(KNOperatorTransferProblem(record, &problem, names));
  PetscCall(KNOptionsInsertDefaults(options, path, evaluation));
  PetscCall(KNOperatorCreate(&problem, 0, op));
  free(names[0]);
  free(names[1]);
  PetscCall(KNOperatorTransfer(*op, record, PETSC_FALSE));
  PetscCall(LoadSpread(*op, record));
  PetscCall(LoadCertificate(*op, record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorLoad(const char path[], KNOperator *op)
{
  KNRecord       record;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  code = CreateFrom(record, path, op);
  PetscCall(KNOptionsRemoveDefaults()); /* also after a failure: the next network has options of its own */
  PetscCall(KNRecordDestroy(&record));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorInsertOptions(const char path[])
{
  static const char *const same_parameters[] = {"collision_rate",  "collision_law",      "collision_alpha",
                                                "collision_train", "collision_evaluate", "task_h1",
                                                "task_relative",   "task_smoothing",     NULL};
  KNRecord                 record;
  char                     options[8192];

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(KNRecordText(record, "model_options", sizeof(options), options));
  PetscCall(KNOptionsInsertDefaults(options, path, same_parameters));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorInitialize(KNOperator op, const char path[], const KNProblem *problem,
                                    const char problem_path[])
{
  const KNProblem own      = op->problem;
  char           *names[2] = {NULL, NULL};
  KNRecord        record;
  char            line[sizeof(op->origin[0])];

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(KNOperatorTransferProblem(record, &op->problem, names));
  if (op->history) PetscCall(KNRecordReal(record, "frame_interval", &op->interval));
  PetscCall(KNOperatorCheck(op, problem, problem_path)); /* before arrays of other shapes are met */
  PetscCall(KNTaskSetFitted(op->task, KNProblemGrid(&op->problem), KNProblemOutputGrid(&op->problem), PETSC_FALSE));
  PetscCall(KNOperatorTransfer(op, record, PETSC_FALSE));
  op->problem = own;
  PetscCall(KNTaskSetFitted(op->task, KNProblemGrid(&own), KNProblemOutputGrid(&own), PETSC_TRUE));
  free(names[0]);
  free(names[1]);
  PetscCall(KNRecordDestroy(&record));
  PetscCall(PetscSNPrintf(line, sizeof(line), "trained further from %s", path));
  PetscCall(KNOperatorAddOrigin(op, line));
  PetscFunctionReturn(PETSC_SUCCESS);
}
