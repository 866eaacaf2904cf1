/* Checkpoints: the operator and the counters of its training in one record. */
#include "checkpoint.h"
#include <kitinet/error.h>
#include <kitinet/trainer.h>

/* fingerprint: of the dataset, and of inputs without solutions, 0: there are none. */
static PetscErrorCode TransferState(KNRecord record, KNState *state, PetscInt64 fingerprint[2])
{
  PetscBool other; /* not the first measure */

  PetscFunctionBegin;
  PetscCall(KNRecordInt(record, "epoch", &state->epoch));
  PetscCall(KNRecordInt(record, "batch", &state->batch));
  PetscCall(KNRecordInt(record, "step", &state->step));
  PetscCall(KNRecordInt(record, "samples_seen", &state->samples_seen));
  PetscCall(KNRecordReal(record, "epoch_loss", &state->epoch_loss));
  PetscCall(KNRecordInt(record, "epoch_skipped", &state->epoch_skipped));
  PetscCall(KNRecordInt(record, "skips", &state->skips));
  PetscCall(KNRecordReal(record, "loss_level", &state->level));
  PetscCall(KNRecordReal(record, "best", &state->best));
  if (KNRecordIsLoaded(record)) PetscCall(KNRecordHas(record, "best_measure", &other));
  else other = (PetscBool)(state->best_measure != 0);
  if (other) PetscCall(KNRecordInt(record, "best_measure", &state->best_measure));
  PetscCall(KNRecordReal(record, "lr", &state->lr));
  PetscCall(KNRecordInt(record, "dataset_fingerprint", &fingerprint[0]));
  if (KNRecordIsLoaded(record)) PetscCall(KNRecordHas(record, "inputs_fingerprint", &other));
  else other = (PetscBool)(fingerprint[1] != 0);
  if (other) PetscCall(KNRecordInt(record, "inputs_fingerprint", &fingerprint[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fingerprint(KNDataset dataset, KNDataset inputs, PetscInt64 fingerprint[2])
{
  uint64_t bits[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetFingerprint(dataset, &bits[0]));
  if (inputs) PetscCall(KNDatasetGetFingerprint(inputs, &bits[1]));
  for (int i = 0; i < 2; i++) fingerprint[i] = (PetscInt64)bits[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Save(const char path[], KNOperator op, KNState *state, PetscInt64 fingerprint[2],
                           PetscBool moments)
{
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(TransferState(record, state, fingerprint));
  PetscCall(KNOperatorTransfer(op, record, moments));
  PetscCall(KNRecordSave(record, path));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCheckpointSave(const char path[], KNOperator op, KNState *state, KNDataset dataset, KNDataset inputs,
                                PetscBool moments)
{
  PetscInt64 fingerprint[2];

  PetscFunctionBegin;
  PetscCall(Fingerprint(dataset, inputs, fingerprint));
  PetscCall(Save(path, op, state, fingerprint, moments));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCheckpointLoad(const char path[], KNOperator op, KNState *state, KNDataset dataset, KNDataset inputs)
{
  KNRecord   record;
  PetscInt64 stored[2] = {0, 0}, present[2];

  PetscFunctionBegin;
  PetscCall(Fingerprint(dataset, inputs, present));
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(TransferState(record, state, stored));
  PetscCheck(stored[0] == present[0], PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s was trained on another dataset (fingerprint %016llx, this one has %016llx): give the dataset it began "
             "with, or another -run",
             path, (unsigned long long)stored[0], (unsigned long long)present[0]);
  PetscCheck(stored[1] == present[1], PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s was trained with other inputs without solutions (fingerprint %016llx, now %016llx, 0 for none): give "
             "the -dataset_inputs it began with, or another -run",
             path, (unsigned long long)stored[1], (unsigned long long)present[1]);
  PetscCall(KNOperatorTransfer(op, record, PETSC_TRUE));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerExport(KNOperator op, KNDataset dataset, const char path[])
{
  KNState state = {.best = -1};

  PetscFunctionBegin;
  PetscCall(KNCheckpointSave(path, op, &state, dataset, NULL, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerExportLike(KNOperator op, const char checkpoint[], const char path[])
{
  KNState    state = {.best = -1};
  KNRecord   record;
  PetscInt64 fingerprint[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", checkpoint, &record));
  PetscCall(KNRecordInt(record, "dataset_fingerprint", &fingerprint[0]));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(Save(path, op, &state, fingerprint, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
