/*
  What a checkpoint says of the problem that its network was made for. Schema 1 knows fields on one grid of 1 to 3
  axes.
*/
#include "operator_impl.h"
#include <kitinet/error.h>
#include <stdlib.h>
#include <string.h>

#define KN_MAX_CLASS_NAMES 60000 /* bytes: HDF5 keeps up to 64 KiB in an object header; more names are left out */

/* One of the names, up to NULL; *value: its place among them. */
static PetscErrorCode TransferChoice(KNRecord record, const char name[], const char *const names[], int *value)
{
  char text[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(text, KNRecordIsLoaded(record) ? "" : names[*value], sizeof(text)));
  PetscCall(KNRecordText(record, name, sizeof(text), text));
  for (*value = 0; names[*value] && strcmp(text, names[*value]); ++*value) {}
  PetscCheck(names[*value], PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint describes an impossible problem: %s is \"%s\"", name, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TransferCount(KNRecord record, const char name[], PetscInt least, PetscInt most, PetscInt *value)
{
  PetscInt64 wide = *value;

  PetscFunctionBegin;
  PetscCall(KNRecordInt(record, name, &wide));
  PetscCheck(wide >= least && wide <= most, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint describes an impossible problem: %s is %" PetscInt64_FMT ", expected %" PetscInt_FMT
             " to %" PetscInt_FMT,
             name, wide, least, most);
  *value = (PetscInt)wide;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* prefix: of the names of the entries, "" or "output_" */
static PetscErrorCode TransferGrid(KNRecord record, const char prefix[], PetscInt least, KNGrid *grid)
{
  PetscInt points = (PetscInt)grid->points;
  char     name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(name, sizeof(name), "%sdimension", prefix));
  PetscCall(TransferCount(record, name, least, KN_MAX_DIM, &grid->dim));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%spoints", prefix));
  PetscCall(TransferCount(record, name, KN_POINTS_CELLS, KN_POINTS_PERIODIC, &points));
  grid->points = (KNPoints)points;
  for (PetscInt i = 0; i < KN_MAX_DIM; i++) {
    PetscCall(PetscSNPrintf(name, sizeof(name), "%sn%" PetscInt_FMT, prefix, i + 1));
    PetscCall(TransferCount(record, name, 1, 1 << 20, &grid->n[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the network sees a parameter's logarithm; nothing stands there where it does not, as in earlier checkpoints.
 */
static PetscErrorCode TransferScale(KNRecord record, char name[], KNField *parameter)
{
  int       scale = (int)parameter->logarithmic;
  PetscBool has   = parameter->logarithmic;

  PetscFunctionBegin;
  PetscCall(PetscStrlcat(name, ".scale", KN_MAX_NAME));
  if (KNRecordIsLoaded(record)) PetscCall(KNRecordHas(record, name, &has));
  if (has) PetscCall(TransferChoice(record, name, KNFieldScaleNames, &scale));
  parameter->logarithmic = (PetscBool)scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kind: of the names of the entries, "input" or "output" */
static PetscErrorCode TransferFields(KNRecord record, const char kind[], KNSpace *space)
{
  char name[KN_MAX_NAME];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < space->fields; i++) {
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s%" PetscInt_FMT, kind, i));
    PetscCall(KNRecordText(record, name, sizeof(space->field[i].name), space->field[i].name));
    PetscCall(PetscStrlcat(name, ".unit", sizeof(name)));
    PetscCall(KNRecordText(record, name, sizeof(space->field[i].unit), space->field[i].unit));
    if (i >= space->fields - space->constants) PetscCall(TransferScale(record, name, &space->field[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The names of classes as one text, a line each; "" where they are too many. */
static PetscErrorCode TransferClasses(KNRecord record, KNSpace *space, char **names)
{
  char    *text, *to;
  PetscInt lines = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(KN_MAX_CLASS_NAMES, &text));
  if (!KNRecordIsLoaded(record)) {
    const char *name = space->names;

    to = text;
    for (PetscInt i = 0; name && i < space->count && (size_t)(to - text) + strlen(name) + 2 < KN_MAX_CLASS_NAMES;
         i++, name += strlen(name) + 1, lines++)
      to += sprintf(to, "%s\n", name);
    if (lines < space->count) text[0] = 0;
  }
  PetscCall(KNRecordText(record, "classes", KN_MAX_CLASS_NAMES, text));
  if (KNRecordIsLoaded(record) && text[0]) {
    for (to = text, lines = 0; *to; to++) {
      if (*to != '\n') continue;
      *to = 0;
      lines++;
    }
    PetscCheck(lines == space->count, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "the checkpoint has names of %" PetscInt_FMT " classes, not of %" PetscInt_FMT, lines, space->count);
    PetscCall(KNSpaceCopyNames(&(KNSpace){.count = lines, .names = text}, names));
    space->names = *names;
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of texts the vocabulary, and the rules by which they became words: parameters of the problem. */
static PetscErrorCode TransferWords(KNRecord record, KNProblem *problem, char **names)
{
  PetscInt count = problem->input.count;
  char     name[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNRecordNames(record, "vocabulary", &problem->input, names));
  PetscCheck(problem->input.count == count && count >= KN_WORDS_RESERVED && problem->input.length >= 1,
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint describes an impossible problem: a vocabulary of %" PetscInt_FMT
             " words, not %" PetscInt_FMT ", and texts of up to %" PetscInt_FMT,
             problem->input.count, count, problem->input.length);
  PetscCall(TransferCount(record, "parameters", 0, KN_MAX_PARAMETERS, &problem->parameters));
  for (PetscInt i = 0; i < problem->parameters; i++) {
    KNParameter *p = &problem->parameter[i];

    PetscCall(PetscSNPrintf(name, sizeof(name), "parameter%" PetscInt_FMT, i));
    PetscCall(KNRecordText(record, name, sizeof(p->name), p->name));
    PetscCall(PetscStrlcat(name, ".unit", sizeof(name)));
    PetscCall(KNRecordText(record, name, sizeof(p->unit), p->unit));
    PetscCall(PetscSNPrintf(name, sizeof(name), "parameter%" PetscInt_FMT ".value", i));
    PetscCall(KNRecordReal(record, name, &p->value));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What schema 2 says beyond schema 1. */
static PetscErrorCode TransferSpaces(KNRecord record, KNProblem *problem, char *names[2])
{
  static const char *const types[] = {"float32", "uint8", NULL};
  static const char *const side[]  = {"input", "output"};

  PetscFunctionBegin;
  PetscCall(TransferGrid(record, "output_", 0, &problem->output.grid));
  for (int i = 0; i < 2; i++) {
    KNSpace *space = i ? &problem->output : &problem->input;
    int      kind = (int)space->kind, type = (int)space->type;
    char     name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_kind", side[i]));
    PetscCall(TransferChoice(record, name, KNSpaceKindNames, &kind));
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_type", side[i]));
    PetscCall(TransferChoice(record, name, types, &type));
    space->kind = (KNSpaceKind)kind;
    space->type = (KNValueType)type;
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_count", side[i]));
    PetscCall(TransferCount(record, name, 0, 1 << 24, &space->count));
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_length", side[i]));
    PetscCall(TransferCount(record, name, 0, 1 << 24, &space->length));
  }
  if (problem->input.kind == KN_SPACE_TOKENS) PetscCall(TransferWords(record, problem, &names[0]));
  if (problem->output.kind == KN_SPACE_CLASS) PetscCall(TransferClasses(record, &problem->output, &names[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  How many of the inputs are parameters of a sample, which earlier checkpoints do not say; and whether the others stand
  beside frames.
*/
static PetscErrorCode TransferConstants(KNRecord record, KNProblem *problem)
{
  PetscBool has = (PetscBool)(problem->input.constants > 0), trajectories;

  PetscFunctionBegin;
  if (KNRecordIsLoaded(record)) {
    PetscCall(KNRecordHas(record, "frame_interval", &trajectories));
    if (trajectories) problem->frames = KN_ANY_FRAMES;
    PetscCall(KNRecordHas(record, "sample_parameters", &has));
  }
  if (has) PetscCall(TransferCount(record, "sample_parameters", 1, problem->input.fields, &problem->input.constants));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorTransferProblem(KNRecord record, KNProblem *problem, char *names[2])
{
  PetscInt schema;

  PetscFunctionBegin;
  PetscCall(KNRecordGetSchema(record, &schema));
  PetscCall(KNRecordText(record, "pde", sizeof(problem->pde), problem->pde));
  PetscCall(KNRecordText(record, "equation", sizeof(problem->equation), problem->equation));
  PetscCall(KNRecordText(record, "boundary_conditions", sizeof(problem->boundary), problem->boundary));
  PetscCall(TransferGrid(record, "", schema == 1 ? 1 : 0, &problem->input.grid));
  PetscCall(TransferCount(record, "inputs", 0, KN_MAX_FIELDS, &problem->input.fields));
  PetscCall(TransferConstants(record, problem));
  PetscCall(TransferCount(record, "outputs", 0, KN_MAX_FIELDS, &problem->output.fields));
  if (schema == 1) problem->output.grid = problem->input.grid;
  else PetscCall(TransferSpaces(record, problem, names));
  PetscCheck(problem->output.fields || problem->output.kind != KN_SPACE_FIELD, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint describes an impossible problem: it has no output");
  PetscCall(TransferFields(record, "input", &problem->input));
  PetscCall(TransferFields(record, "output", &problem->output));
  PetscCall(
    KNRecordTexts(record, "symmetry", KN_MAX_NAME, KN_MAX_SYMMETRIES, &problem->symmetries, problem->symmetry[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
