/* CSV files in memory. */
#include "csv.h"
#include <kitinet/error.h>
#include <kitinet/record.h>
#include <kitinet/run.h>
#include <stdlib.h>
#include <string.h>

PetscErrorCode KNCSVBegin(KNCSV *csv)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  *csv = (KNCSV){.file = NULL};
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) csv->file = open_memstream(&csv->text, &csv->size);
  PetscCall(KNAgree(PETSC_COMM_WORLD, rank == 0 && !csv->file ? PETSC_ERR_MEM : 0, "no memory for a table"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNCSVText(FILE *file, const char text[], const char end[])
{
  const PetscBool quoted = (PetscBool)(text[strcspn(text, ",\"\r\n")] != 0);

  if (!file) return;
  if (quoted) (void)fputc('"', file);
  for (const char *c = text; *c; c++) {
    if (*c == '"') (void)fputc('"', file);
    (void)fputc(*c, file);
  }
  fprintf(file, "%s%s", quoted ? "\"" : "", end);
}

void KNCSVReal(FILE *file, PetscReal value, const char end[])
{
  if (!file) return;
  if (!PetscIsNanReal(value)) fprintf(file, "%.8g", (double)value);
  fprintf(file, "%s", end);
}

PetscErrorCode KNCSVEnd(KNCSV *csv, const char directory[], const char name[])
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(
    KNAgree(PETSC_COMM_WORLD, csv->file && fclose(csv->file) ? PETSC_ERR_MEM : 0, "no memory for the table %s", name));
  PetscCall(KNRunPath(directory, name, path));
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, csv->size, csv->text));
  free(csv->text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCSVEndBeside(KNCSV *csv, const char path[])
{
  char directory[PETSC_MAX_PATH_LEN], name[PETSC_MAX_PATH_LEN], *slash, *dot;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(directory, path, sizeof(directory)));
  slash = strrchr(directory, '/');
  PetscCall(PetscStrncpy(name, slash ? slash + 1 : path, sizeof(name)));
  if (slash) slash[slash == directory] = 0;
  else PetscCall(PetscStrncpy(directory, ".", sizeof(directory)));
  dot = strrchr(name, '.');
  if (dot) *dot = 0;
  PetscCall(PetscStrlcat(name, ".csv", sizeof(name)));
  PetscCall(KNCSVEnd(csv, directory, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}
