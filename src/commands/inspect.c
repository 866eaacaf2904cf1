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
  PetscCall(KNOptionsInt("-samples_shown", "rows whose statistics are printed one by one", 0, PETSC_MAX_INT,
                         &inspection.samples_shown));
  PetscCall(KNOptionsBool("-check_symmetry",
                          "test the symmetries that a dataset declares on its samples and on its solver",
                          &inspection.check_symmetry));
  PetscCall(KNOptionsBool("-picture",
                          "draw samples and energy spectra of a dataset, or a contact sheet of its pictures",
                          &inspection.picture));
  PetscCall(KNFilmSetFromOptions("also film the first two samples of trajectories, by ffmpeg", &inspection.film));
  PetscCall(KNOptionsBool(
    "-xdmf", "write NAME.xdmf, which opens a dataset's fields in ParaView (XDMF Reader) and VisIt", &inspection.xdmf));
  PetscCall(KNOptionsInt(
    "-xdmf_samples",
    "number of rows in the XDMF file, from the first; in a steady problem the row takes the place of the time", 1,
    PETSC_MAX_INT, &inspection.xdmf_samples));
  PetscCall(KNOptionsPath("-output",
                          "NAME with which these files begin, by default that of the dataset: NAME-samples.png, "
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
