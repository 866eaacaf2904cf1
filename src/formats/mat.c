/*
  MATLAB v7.3, which is HDF5 behind a block of 512 bytes: arrays with all axes reversed, each with an attribute
  MATLAB_class.

  As the FNO benchmark's files: inputs and outputs (N, n1, n2) or frames (N, n1, n2, T) and t (1, T), in MATLAB's
  order of axes. In the file the sample is the fastest axis, so that a batch of samples is a strided slab: converting
  such a set once saves reading it so in every epoch.
*/
#include "format_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define USER_BLOCK 512

/* True also for files that another tool wrote without the block. */
static PetscBool Recognises_Mat(KNSource source)
{
  PetscBool class = PETSC_FALSE;

  snprintf(source->kind, sizeof(source->kind), "MATLAB v7.3");
  if (!source->file.id) return PETSC_FALSE;
  for (PetscInt i = 0; i < source->variables; i++)
    class = (PetscBool)(class || H5Aexists((hid_t)source->variable[i].handle, "MATLAB_class") > 0);
  return (PetscBool)(class || !memcmp(source->head, "MATLAB 7.3", 10));
}

/* Texts, cells and more are stored as numbers that mean something else; of an empty array the shape is. */
static int JudgeClass(KNFile *file, KNVariable *variable)
{
  static const char *const numbers[] = {"single", "double", "logical", "int8",   "int16",  "int32",
                                        "int64",  "uint8",  "uint16",  "uint32", "uint64", NULL};
  char class[KN_MAX_NAME];
  PetscInt  count;
  PetscBool found;
  double    empty;

  if (variable->fault) return 0;
  KNCallFile(KNHDF5Number(file, (hid_t)variable->handle, "MATLAB_empty", &found, &empty));
  if (found && empty != 0) variable->fault = "is empty";
  if (KNHDF5Texts(file, (hid_t)variable->handle, "MATLAB_class", sizeof(class), 1, &count, class)) {
    snprintf(class, sizeof(class), "longer"); // than the names of the numbers
    count = 1;
  }
  for (int i = 0; count && strcmp(numbers[i], class); i++) {
    if (numbers[i + 1]) continue;
    variable->fault = "holds no numbers, but MATLAB's texts, cells or structures";
    break;
  }
  return 0;
}

static int Open_Mat(KNSource source, const KNSourceChoice *choice)
{
  for (PetscInt i = 0; i < source->variables; i++) {
    source->variable[i].reversed = PETSC_TRUE;
    KNCallFile(JudgeClass(&source->file, &source->variable[i]));
  }
  return KNSourceChoose(source, choice, PETSC_TRUE);
}

int KNMatPlan(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  char             axes[KN_MAX_AXES + 1];

  KNAxesMake(axes, "n", problem->output.grid.dim, problem->frames ? "t" : "");
  KNAxesReverse(axes);
  for (int output = 0; output < 2; output++) {
    for (PetscInt i = 0; i < (output ? problem->output.fields : problem->input.fields); i++) {
      char name[KN_MAX_NAME + 16];

      KNSinkFieldName(sink, (PetscBool)output, i, sizeof(name), name);
      if (strlen(name) >= KN_MAX_NAME)
        return KNFileFail(&sink->file, KN_ERR_USAGE,
                          "%s has %zu bytes, MATLAB's longest name %d: take another format, or rename the field", name,
                          strlen(name), KN_MAX_NAME - 1);
      if (problem->frames && !strcmp(name, "t"))
        return KNFileFail(
          &sink->file, KN_ERR_USAGE,
          "a field is called t, as the times are in a MATLAB file: take another format, or rename the field");
      KNSinkAddPiece(sink, name, axes, (PetscBool)output, i, 1);
    }
  }
  return 0;
}

/* MATLAB wants fixed-length ASCII without an end. */
static int StoreClass(KNFile *file, hid_t array, const char class[])
{
  hid_t type;

  KNCallHDF5(file, type = H5Tcopy(H5T_C_S1));
  KNCallHDF5(file, H5Tset_size(type, strlen(class)));
  KNCallFile(KNAttributeStore(file, array, "MATLAB_class", type, type, 0, class));
  KNCallHDF5(file, H5Tclose(type));
  return 0;
}

static int StoreTimes(KNSink sink)
{
  const hsize_t shape[] = {(hsize_t)sink->problem.frames, 1};
  KNFile       *file    = &sink->file;
  hid_t         space, array;

  KNCallHDF5(file, space = H5Screate_simple(2, shape, NULL));
  KNCallHDF5(file, array = H5Dcreate2(file->id, "t", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, sink->problem.times));
  KNCallFile(StoreClass(file, array, "double"));
  KNCallHDF5(file, H5Dclose(array));
  KNCallHDF5(file, H5Sclose(space));
  return 0;
}

static int Create_Mat(KNSink sink)
{
  KNCallFile(KNSinkHDF5Create(sink, USER_BLOCK));
  for (PetscInt i = 0; i < sink->variables; i++)
    KNCallFile(StoreClass(&sink->file, (hid_t)sink->variable[i].handle, "single"));
  return sink->problem.frames ? StoreTimes(sink) : 0;
}

/* The block before HDF5's part: 116 bytes of text, 8 of zero, version 0x0200, IM for little-endian. */
static int Finish_Mat(KNSink sink)
{
  char    block[USER_BLOCK] = {0};
  int     descriptor;
  ssize_t put;

  KNCallFile(KNSinkHDF5Finish(sink));
  memset(block, ' ', 116);
  memcpy(block, "MATLAB 7.3 MAT-file, written by KITINet", 39);
  memcpy(block + 124, "\0\2IM", 4);
  descriptor = open(sink->temporary[0], O_WRONLY | O_CLOEXEC);
  put        = descriptor < 0 ? -1 : pwrite(descriptor, block, sizeof(block), 0);
  if (descriptor >= 0) close(descriptor);
  return put == sizeof(block) ? 0 : KNFileFail(&sink->file, KN_ERR_IO, "cannot be written: %s", strerror(errno));
}

const KNFormat KNFormat_Mat = {.name       = "mat",
                               .recognises = Recognises_Mat,
                               .open       = Open_Mat,
                               .read       = KNSourceHDF5Read,
                               .plan       = KNMatPlan,
                               .create     = Create_Mat,
                               .write      = KNSinkHDF5Write,
                               .finish     = Finish_Mat,
                               .abandon    = KNSinkHDF5Abandon};
