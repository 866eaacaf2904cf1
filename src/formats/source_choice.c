/*
  Files that are just named arrays (MATLAB, x/y HDF5, .npy): which of them are inputs and outputs, and which axis is
  which, is what the user says, or what the file's own labels say. Nothing is guessed but what cannot be otherwise:
  two axes are samples and points.
*/
#include "format_impl.h"
#include <string.h>

/* One entry of -x, -y or -u, understood. */
typedef struct {
  const KNVariable *variable;
  char              field[KN_MAX_TEXT];    /* the variable's name if it has no other */
  char              axes[KN_MAX_AXES + 1]; /* slowest first */
  PetscInt          fields;
} Entry;

/* Axes in the order in which the file's tools show them. *known: false if they have to be asked for. */
static void DefaultAxes(const KNVariable *variable, PetscBool frames, PetscBool time_last, char axes[],
                        PetscBool *known)
{
  const PetscInt dim = variable->rank - 1 - (frames ? 1 : 0);

  *known = (PetscBool)(dim >= 1 && dim <= KN_MAX_DIM && (time_last || (dim == 1 && !frames)));
  KNAxesMake(axes, "n", PetscMin(PetscMax(dim, 0), KN_MAX_DIM), frames ? "t" : "");
}

/* Each letter at most once (1 any number of times), n and x among them, y with z, t exactly if there are frames. */
static PetscBool SaneAxes(const char axes[], PetscBool frames)
{
  for (const char *c = axes; *c; c++) {
    if (!strchr("nctxyz1", *c) || (*c != '1' && strchr(c + 1, *c))) return PETSC_FALSE;
  }
  if (!strchr(axes, 'n') || !strchr(axes, 'x') || (strchr(axes, 'z') && !strchr(axes, 'y'))) return PETSC_FALSE;
  return (PetscBool)((strchr(axes, 't') != NULL) == frames);
}

/* "[FIELD=]VARIABLE[:AXES]" of option -x, -y, -u or -initial */
static int Understand(KNSource source, const char option[], const char text[], PetscBool frames, PetscBool time_last,
                      Entry *entry)
{
  const char *equals = strchr(text, '='), *name = equals ? equals + 1 : text, *colon = strrchr(name, ':');
  const int   name_length = (int)(colon ? colon - name : (ptrdiff_t)strlen(name));
  char        variable[KN_MAX_TEXT];
  PetscBool   known = PETSC_TRUE;

  if (name_length >= (int)sizeof(variable) || (equals && equals - text >= (int)sizeof(entry->field)) ||
      (colon && strlen(colon + 1) > KN_MAX_AXES))
    return KNSourceAsk(source, "-%s %s is too long", option, text);
  snprintf(variable, sizeof(variable), "%.*s", name_length, name);
  entry->variable = KNSourceFind(source, variable);
  if (!entry->variable) return KNSourceAsk(source, "there is no %s, which -%s names", variable, option);
  KNCallFile(KNSourceJudge(source, entry->variable));
  snprintf(entry->field, sizeof(entry->field), "%.*s", equals ? (int)(equals - text) : KN_MAX_TEXT - 1,
           equals ? text : variable);
  if (colon) {
    snprintf(entry->axes, sizeof(entry->axes), "%s", colon + 1);
  } else if (entry->variable->labels[0]) {
    snprintf(entry->axes, sizeof(entry->axes), "%s", entry->variable->labels); // slowest first
  } else {
    DefaultAxes(entry->variable, frames, time_last, entry->axes, &known);
  }
  if ((colon || !entry->variable->labels[0]) && entry->variable->reversed) KNAxesReverse(entry->axes);
  if (!known)
    return KNSourceAsk(
      source,
      "say which axis of %s is which, as in -%s %s:ncxy (n samples, c fields, t frames, x y z space, 1 nothing)",
      variable, option, variable);
  if (!SaneAxes(entry->axes, frames))
    return KNSourceAsk(
      source, "the axes of -%s %s do not make sense: each once of n samples, c fields, %sx y z space; 1 for nothing",
      option, text, frames ? "t frames, " : "");
  if ((int)strlen(entry->axes) != entry->variable->rank)
    return KNSourceAsk(source, "%s has %d axes, -%s names %zu", variable, entry->variable->rank, option,
                       strlen(entry->axes));
  return 0;
}

static size_t ExtentOf(const Entry *entry, char axis)
{
  const char *at = strchr(entry->axes, axis);

  return at ? entry->variable->shape[at - entry->axes] : 1;
}

/* Understands a list, names its fields; *count of the latter. */
static int UnderstandList(KNSource source, const char option[], PetscInt entries, const char *const text[],
                          PetscBool frames, PetscBool time_last, Entry entry[], PetscInt *count, KNField field[])
{
  if (entries > KN_MAX_FIELDS)
    return KNFileFail(&source->file, KN_ERR_INPUT, "-%s names %d variables, at most %d", option, (int)entries,
                      KN_MAX_FIELDS);
  for (PetscInt i = 0; i < entries; i++) {
    KNCallFile(Understand(source, option, text[i], frames, time_last, &entry[i]));
    if (ExtentOf(&entry[i], 'c') + (size_t)*count > KN_MAX_FIELDS)
      return KNSourceAsk(source, "-%s is more than %d fields", option, KN_MAX_FIELDS);
    entry[i].fields = (PetscInt)ExtentOf(&entry[i], 'c');
    for (PetscInt c = 0; c < entry[i].fields; c++, (*count)++) {
      if (entry[i].fields == 1) KNCallFile(KNSourceNameField(source, &field[*count], "%s", entry[i].field));
      else KNCallFile(KNSourceNameField(source, &field[*count], "%s%d", entry[i].field, (int)c + 1));
    }
  }
  return 0;
}

static int AddPieces(KNSource source, PetscInt entries, const Entry entry[], PetscBool output, PetscInt frame,
                     PetscInt frames)
{
  PetscInt field = 0;

  for (PetscInt i = 0; i < entries; i++) {
    KNCallFile(
      KNSourceAddPiece(source, entry[i].variable, entry[i].axes, output, field, entry[i].fields, frame, frames));
    field += entry[i].fields;
  }
  return 0;
}

/*
  Samples and grid of the first output, or, where there are labels, of the first input; the pieces are judged by them.
*/
static int TakeShape(KNSource source, const KNSourceChoice *choice, const Entry *entry)
{
  const PetscInt dim     = strchr(entry->axes, 'z') ? 3 : strchr(entry->axes, 'y') ? 2 : 1;
  const size_t   n[]     = {ExtentOf(entry, 'x'), ExtentOf(entry, 'y'), ExtentOf(entry, 'z')};
  const size_t   samples = ExtentOf(entry, 'n');

  if (samples < 1 || samples > PETSC_MAX_INT)
    return KNFileFail(&source->file, source->file.code, "%s has %zu samples, expected 1 to %d", entry->variable->name,
                      samples, PETSC_MAX_INT);
  source->samples = (PetscInt64)samples;
  return KNSourceGrid(source, choice, dim, n, NULL);
}

static int ChooseSteady(KNSource source, const KNSourceChoice *choice, PetscInt nx, const char *const x[], PetscInt ny,
                        const char *const y[], PetscBool time_last)
{
  const KNVariable *labels  = ny == 1 ? KNSourceFindLabels(source, y[0]) : NULL;
  KNProblem        *problem = &source->problem;
  Entry             input[KN_MAX_FIELDS], output[KN_MAX_FIELDS];

  KNCallFile(
    UnderstandList(source, "x", nx, x, PETSC_FALSE, time_last, input, &problem->input.fields, problem->input.field));
  if (!labels)
    KNCallFile(UnderstandList(source, "y", ny, y, PETSC_FALSE, time_last, output, &problem->output.fields,
                              problem->output.field));
  KNCallFile(TakeShape(source, choice, labels ? &input[0] : &output[0]));
  KNCallFile(AddPieces(source, nx, input, PETSC_FALSE, 0, 1));
  return labels ? KNSourceLabels(source, choice, labels) : AddPieces(source, ny, output, PETSC_TRUE, 0, 1);
}

static int ChooseFrames(KNSource source, const KNSourceChoice *choice, PetscInt nu, const char *const u[],
                        PetscBool time_last)
{
  const PetscBool   initial = (PetscBool)(choice->initial && choice->initial[0]);
  const KNVariable *times   = KNSourceFind(source, "t");
  KNProblem        *problem = &source->problem;
  Entry             entry[KN_MAX_FIELDS], first;
  PetscInt          fields = 0;
  KNField           unused[KN_MAX_FIELDS];
  size_t            frames;

  KNCallFile(
    UnderstandList(source, "u", nu, u, PETSC_TRUE, time_last, entry, &problem->output.fields, problem->output.field));
  KNCallFile(TakeShape(source, choice, &entry[0]));
  frames = ExtentOf(&entry[0], 't') + (initial ? 1 : 0);
  if (frames < 1 || frames > PETSC_MAX_INT)
    return KNFileFail(&source->file, source->file.code, "%s has %zu frames, expected 1 to %d", entry[0].variable->name,
                      frames, PETSC_MAX_INT);
  KNCallFile(KNSourceTimes(source, choice, times, 0, (PetscInt)frames, initial));
  KNCallFile(AddPieces(source, nu, entry, PETSC_TRUE, initial, (PetscInt)frames - (initial ? 1 : 0)));
  if (!initial) return 0;
  KNCallFile(UnderstandList(source, "initial", 1, &choice->initial, PETSC_FALSE, time_last, &first, &fields, unused));
  if (fields != problem->output.fields)
    return KNSourceAsk(source, "-initial has %d fields, -u %d", (int)fields, (int)problem->output.fields);
  return AddPieces(source, 1, &first, PETSC_TRUE, 0, 1);
}

int KNSourceChoose(KNSource source, const KNSourceChoice *choice, PetscBool time_last)
{
  const char *const x = "x", *const y = "y", *const u = "u";
  KNProblem *problem = &source->problem;

  snprintf(problem->pde, sizeof(problem->pde), "%s", choice->pde && choice->pde[0] ? choice->pde : "imported");
  snprintf(problem->equation, sizeof(problem->equation), "unknown");
  snprintf(problem->boundary, sizeof(problem->boundary), "unknown");
  if (choice->u_count && (choice->x_count || choice->y_count))
    return KNFileFail(&source->file, KN_ERR_INPUT,
                      "-u is for time-dependent problems, -x and -y for steady ones: give one or the other");
  if (choice->u_count) return ChooseFrames(source, choice, choice->u_count, choice->u, time_last);
  if (choice->x_count && choice->y_count)
    return ChooseSteady(source, choice, choice->x_count, choice->x, choice->y_count, choice->y, time_last);
  if (choice->x_count && KNSourceFindLabels(source, y))
    return ChooseSteady(source, choice, choice->x_count, choice->x, 1, &y, time_last);
  if (!choice->x_count && !choice->y_count && KNSourceFind(source, x) && KNSourceFind(source, y))
    return ChooseSteady(source, choice, 1, &x, 1, &y, time_last);
  if (!time_last && !choice->x_count && !choice->y_count && source->variables <= 2 && KNSourceFind(source, u))
    return ChooseFrames(source, choice, 1, &u, time_last);
  // An example of their own names.
  const char *a = source->variables > 0 ? source->variable[0].name : "a",
             *b = source->variables > 1 ? source->variable[1].name : "u";
  return KNSourceAsk(
    source, "name inputs and outputs, as in -x %s -y %s, or the frames of a time-dependent problem, as in -u %s", a, b,
    b);
}
