/* kitinet inspect: what a file holds, where it comes from, whether it is whole. */
#include "inspect.h"
#include <kitinet/record.h>

PetscErrorCode KNCommand_Inspect(const char purpose[], PetscBool *stopped)
{
  KNInspection inspection = {.verify = PETSC_TRUE, .xdmf_samples = 10};
  PetscBool    done, is_record;
  char         kind[KN_MAX_NAME], version[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("File"));
  PetscCall(KNOptionsPath("-input", "dataset or checkpoint to inspect; required", inspection.input));
  PetscCall(
    KNOptionsBool("-verify", "read every row, compare it with its checksum, print statistics", &inspection.verify));
  PetscCall(KNOptionsInt("-samples_shown", "print the statistics of this many rows one by one, too", 0, PETSC_MAX_INT,
                         &inspection.samples_shown));
  PetscCall(KNOptionsBool("-check_symmetry",
                          "hold the symmetries that a dataset declares against its samples, and against its solver",
                          &inspection.check_symmetry));
  PetscCall(KNOptionsBool("-picture", "draw samples and energy spectra of a dataset; of pictures a contact sheet",
                          &inspection.picture));
  PetscCall(KNFilmSetFromOptions("also film the first two samples of trajectories, by ffmpeg", &inspection.film));
  PetscCall(KNOptionsBool("-xdmf",
                          "write NAME.xdmf, by which ParaView (its XDMF Reader) and VisIt open a dataset's fields",
                          &inspection.xdmf));
  PetscCall(KNOptionsInt("-xdmf_samples",
                         "this many rows, the first ones; of steady problems the row stands for the time", 1,
                         PETSC_MAX_INT, &inspection.xdmf_samples));
  PetscCall(KNOptionsPath("-output",
                          "beginning of these files' names, by default that of the dataset: NAME-samples.png, "
                          "NAME-spectrum.png, NAME-film.gif, NAME.xdmf",
                          inspection.output));
  PetscCall(KNOptionsEnd("inspect", purpose, &done));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(!inspection.picture || inspection.verify, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "spectra need every row: leave out -verify false, or -picture");
  PetscCheck(inspection.input[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "no file to inspect: add -input FILE");
  if (!inspection.output[0]) { // "data.h5" -> "data"
    const size_t length = strlen(inspection.input);

    PetscCall(PetscStrcpy(inspection.output, inspection.input));
    if (length > 3 && !strcmp(inspection.input + length - 3, ".h5")) inspection.output[length - 3] = 0;
  }
  PetscCall(KNRecordIdentify(PETSC_COMM_WORLD, inspection.input, &is_record, kind, version));
  if (is_record) PetscCall(KNInspectCheckpoint(inspection.input, version));
  else PetscCall(KNInspectDataset(&inspection));
  PetscFunctionReturn(PETSC_SUCCESS);
}
