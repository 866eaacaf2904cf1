/* A dataset under construction: its rows, questions, end. */
#include "dataset_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PetscErrorCode KNDatasetWriterAgree(KNDatasetWriter writer)
{
  PetscMPIInt failed = writer->failure != 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, writer->comm));
  if (failed && writer->layout.file.id) KNErrorSetBroken();
  if (failed && writer->descriptor >= 0) unlink(writer->temporary); // rank 0
  PetscCall(KNAgree(writer->comm, writer->failure, "%s", writer->layout.file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a failed write HDF5 may crash while it closes the file: it is left to the end of the process. */
static void CloseFile(KNDatasetWriter writer)
{
  KNDatasetLayout *layout = &writer->layout;

  if (!layout->file.id || writer->failure) return;
  KNHDF5Lock();
  for (PetscInt i = 0; i < layout->arrays; i++) {
    H5Sclose(layout->array[i].disk);
    H5Sclose(layout->array[i].memory);
  }
  for (PetscInt i = 0; i < layout->columns; i++) {
    H5Sclose(layout->column[i].disk);
    H5Sclose(layout->column[i].memory);
  }
  H5Fclose(layout->file.id);
  KNHDF5Unlock();
}

PetscErrorCode KNDatasetWriterDestroy(KNDatasetWriter *writer)
{
  KNDatasetWriter w = *writer;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(PETSC_SUCCESS);
  CloseFile(w);
  if (w->descriptor >= 0) {
    unlink(w->temporary);
    close(w->descriptor);
  }
  KNDatasetFree(&w->layout);
  free(w->written);
  free(w->present);
  PetscCall(PetscFree(w));
  *writer = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterSuspend(KNDatasetWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(KNDatasetWriterAgree(*writer));
  if ((*writer)->descriptor >= 0) close((*writer)->descriptor);
  (*writer)->descriptor = -1;
  PetscCall(KNDatasetWriterDestroy(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterHasRow(KNDatasetWriter writer, PetscInt64 row, PetscBool *present)
{
  PetscFunctionBegin;
  *present = (PetscBool)(writer->present[row] != 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* float -> uint8; false if a value is none. */
static PetscBool ToBytes(size_t n, const float from[], unsigned char to[])
{
  for (size_t i = 0; i < n; i++) {
    if (!(from[i] >= 0 && from[i] <= 255) || from[i] != truncf(from[i])) return PETSC_FALSE;
    to[i] = (unsigned char)from[i];
  }
  return PETSC_TRUE;
}

/* The row's arrays as they are stored; value[i]: the caller's memory, or a place in layout->row. */
static PetscErrorCode Convert(KNDatasetLayout *layout, const KNRow *row, const void *value[])
{
  void *place[KN_MAX_ARRAYS];

  PetscFunctionBegin;
  KNDatasetRowPlaces(layout, place);
  for (PetscInt i = 0; i < layout->arrays; i++) {
    const KNDatasetArray *array = &layout->array[i];
    const float          *from  = i == layout->input ? row->x : row->y;

    value[i] = place[i];
    if (array->space->kind == KN_SPACE_TOKENS) {
      PetscCheck(row->length >= 0 && (size_t)row->length <= array->size, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
                 "%d tokens, expected 0 to %zu", row->length, array->size);
      for (int32_t j = 0; j < row->length; j++) {
        PetscCheck(row->token[j] >= 0 && row->token[j] < array->space->count, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
                   "word number %d of %" PetscInt_FMT, row->token[j], array->space->count);
      }
      memset(place[i], 0, array->size * array->width);
      memcpy(place[i], row->token, (size_t)row->length * array->width);
    } else if (array->space->type == KN_UINT8) {
      PetscCheck(ToBytes(array->size, from, (unsigned char *)place[i]), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
                 "a value that is no whole number from 0 to 255");
    } else value[i] = from;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective, after the arrays: whoever finds the entry in /sample, the last one, finds the row. */
static int WriteEntries(KNDatasetLayout *layout, PetscInt64 row)
{
  KNFile *file = &layout->file;

  for (PetscInt i = layout->columns - 1; i >= 0; i--) {
    const KNDatasetColumn *column  = &layout->column[i];
    const hsize_t          start[] = {(hsize_t)row, 0}, count[] = {1, column->shape[1]};

    KNCallHDF5(file, H5Sselect_hyperslab(column->disk, H5S_SELECT_SET, start, NULL, count, NULL));
    KNCallHDF5(file, H5Dwrite(column->id, column->type, column->memory, column->disk, H5P_DEFAULT,
                              column->value + (size_t)row * column->width));
  }
  return 0;
}

PetscErrorCode KNDatasetWriterWriteRow(KNDatasetWriter writer, PetscInt64 row, PetscInt64 sample, const KNRow *value)
{
  KNDatasetLayout *layout  = &writer->layout;
  const KNProblem *problem = &layout->problem;
  const void      *array[KN_MAX_ARRAYS];

  PetscFunctionBegin;
  PetscCheck(!writer->published, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "%s is published", writer->path);
  PetscCheck(row >= 0 && row < layout->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "row %" PetscInt64_FMT " of %" PetscInt64_FMT, row, layout->samples);
  if (writer->failure) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(!layout->label || (value->label >= 0 && value->label < problem->output.count), PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "label %d of %" PetscInt_FMT " classes", value->label, problem->output.count);
  PetscCheck(!layout->parameters || value->parameters, PETSC_COMM_SELF, PETSC_ERR_ARG_NULL,
             "row %" PetscInt64_FMT " is written without its parameters", row);
  PetscCall(Convert(layout, value, array));
  if (layout->label) layout->label[row] = value->label;
  if (layout->length) layout->length[row] = value->length;
  if (layout->parameters)
    PetscCall(PetscArraycpy(layout->parameters + (size_t)row * (size_t)problem->coefficients, value->parameters,
                            problem->coefficients));
  layout->sample[row]   = sample;
  layout->checksum[row] = KNDatasetChecksum(layout, row, array);
  writer->written[row]  = 1;
  KNHDF5Lock();
  writer->failure = KNDatasetWriteRow(layout, row, array);
  if (!writer->failure) writer->failure = WriteEntries(layout, row);
  KNHDF5Unlock();
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterWrite(KNDatasetWriter writer, PetscInt64 row, PetscInt64 sample, const float x[],
                                    const float y[])
{
  PetscFunctionBegin;
  PetscCall(KNDatasetWriterWriteRow(writer, row, sample, &(KNRow){.x = x, .y = y}));
  PetscFunctionReturn(PETSC_SUCCESS);
}
