/*
  kitinet convert: a dataset of another layout -> ours, or ours -> another (or any of them to any other). Weights of
  networks: convert_weights.c.

  Each rank reads a contiguous share of the rows, some at a time; the whole set is never in memory. What a file does
  not say itself is taken from options. Our datasets keep, as their options, those of the conversion, behind those
  that the source was made with, and what was found in the file and has no other place.
*/
#include "command.h"
#include "convert.h"
#include <kitinet/format.h>
#include <kitinet/progress.h>
#include <kitinet/record.h>
#include <kitinet/symmetry.h>
#include <string.h>

typedef struct {
  PetscInt       inputs, outputs, x_count, y_count, u_count, scale_count, classes_count, format, points;
  char         **input, **output, **x, **y, **u, **scale, **classes;
  char           initial[KN_MAX_TEXT], t[KN_MAX_TEXT], pde[KN_MAX_NAME], like[PETSC_MAX_PATH_LEN];
  PetscInt       labels, image_size, fit, colour;
  KNSourceChoice texts; /* of it what texts need */
  char         **text_column;
  PetscInt       words, least; /* of a vocabulary */
  PetscBool      weights;
  PetscReal      dt;
  PetscInt       stride;
  PetscInt64     first, samples;
  PetscBool      overwrite;
  char           symmetry[KN_MAX_SYMMETRIES * KN_MAX_NAME]; /* as given */
} Convert;

/* KNPointsNames, and "ask" before them */
static const char *const points_choices[] = {"ask", "cells", "nodes", "periodic", NULL};

/* KN_LABELS_DEFAULT, .. */
static const char *const labels[] = {"default", "fine", "coarse", NULL};

PetscErrorCode KNImageOptions(PetscInt *size, PetscInt *fit, PetscInt *colour)
{
  static const char *const fits[] = {"refuse", "crop", "resize", NULL}, *const colours[] = {"first", "grey", "rgb",
                                                                                            NULL};

  PetscFunctionBegin;
  PetscCall(KNOptionsInt(
    "-image_size", "side N of all pictures in pixels, which -image_fit gives them; 0: the size of the first picture", 0,
    8192, size));
  PetscCall(KNOptionsChoice("-image_fit",
                            "what happens to pictures of other sizes: refuse them, crop them to their middle, or "
                            "resize the shorter side to N and then crop",
                            fits, fit));
  PetscCall(KNOptionsChoice("-image_colour", "colours of all pictures; first: all must have those of the first one",
                            colours, colour));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetFromOptions(Convert *c)
{
  enum { MAX_FORMATS = 32 };
  const char *formats[MAX_FORMATS];
  PetscInt    nformats = 0;

  PetscFunctionBegin;
  while (nformats < MAX_FORMATS - 2 && KNFormatNames()[nformats]) {
    formats[nformats] = KNFormatNames()[nformats];
    nformats++;
  }
  formats[nformats]     = "pytorch";
  formats[nformats + 1] = NULL;
  PetscCall(KNOptionsHead("Conversion"));
  PetscCall(KNOptionsList("-input",
                          "file or folder to read; the program finds the format from the content; x.npy,y.npy or "
                          "u.npy,t.npy for numpy, data_batch_1.bin,data_batch_2.bin for parts of CIFAR",
                          &c->inputs, &c->input));
  PetscCall(KNOptionsList("-output", "file to write; x.npy,y.npy or u.npy,t.npy for numpy", &c->outputs, &c->output));
  PetscCall(KNOptionsChoice("-format",
                            "format of the output: mat is MATLAB v7.3, xy neuraloperator's HDF5, pytorch the weights "
                            "of a checkpoint under the names of the original FNO",
                            formats, &c->format));
  PetscCall(KNOptionsPath("-like",
                          "checkpoint to copy with the weights of the input, an HDF5 file as -format pytorch writes "
                          "it; for texts a dataset that gives its vocabulary, classes and rules to them",
                          c->like));
  PetscCall(KNOptionsBool("-overwrite", "replace the output if it exists", &c->overwrite));
  PetscCall(KNOptionsInt64("-first", "first sample to take", 0, PETSC_MAX_INT, &c->first));
  PetscCall(KNOptionsInt64("-samples", "number of samples to take; 0: all that follow", 0, PETSC_MAX_INT, &c->samples));
  PetscCall(
    KNOptionsInt("-stride", "take every N-th point along each axis (of 421 nodes, 5 leaves 85)", 1, 65536, &c->stride));
  PetscCall(
    KNOptionsHead("What the file itself does not say; a variable is [FIELD=]VARIABLE[:AXES] with the axes n (samples), "
                  "c (fields), t (frames), x y z (space), 1 (nothing)"));
  PetscCall(
    KNOptionsList("-x", "variables of the inputs, separated by commas: a=coeff or coeff:nxy", &c->x_count, &c->x));
  PetscCall(KNOptionsList("-y", "variables of the outputs: u=sol", &c->y_count, &c->y));
  PetscCall(KNOptionsList("-u", "variables of a time-dependent problem's frames: w=u:nxyt", &c->u_count, &c->u));
  PetscCall(KNOptionsString("-initial", "variable of the frame at time 0, where those of -u begin later: w=a",
                            sizeof(c->initial), c->initial));
  PetscCall(KNOptionsString("-t", "variable that holds the times of the frames", sizeof(c->t), c->t));
  PetscCall(KNOptionsReal("-dt", "time between frames, where no variable holds the times", 0, PETSC_MAX_REAL, &c->dt));
  PetscCall(KNOptionsChoice("-points",
                            "where the points of an axis lie: cells centres, nodes with both ends, or periodic nodes",
                            points_choices, &c->points));
  PetscCall(KNOptionsList("-scale", "factors that bring variables into the range of float32: u=1e6", &c->scale_count,
                          &c->scale));
  PetscCall(KNOptionsList("-classes",
                          "names of the classes: cat,dog, where -y is an array of whole numbers 0, 1, ..; for a folder "
                          "its subfolders in this order, for a table of texts its labels",
                          &c->classes_count, &c->classes));
  PetscCall(KNOptionsString("-pde", "name of the problem, stored with the dataset", sizeof(c->pde), c->pde));
  PetscCall(KNOptionsString(
    "-symmetry",
    "symmetries of the problem, separated by commas, by which trainings move their samples: \"reflect(x), "
    "exchange(x,y), shift(x,-y), reflect(x) u=-u, negate\"; none drops those of the source",
    sizeof(c->symmetry), c->symmetry));
  PetscCall(
    KNOptionsHead("Images: CIFAR's binary files, or a folder with a subfolder of JPEG or PNG files for each class"));
  PetscCall(KNOptionsChoice("-labels", "labels of CIFAR-100: its 100 fine classes, the default, or its 20 coarse ones",
                            labels, &c->labels));
  PetscCall(KNImageOptions(&c->image_size, &c->fit, &c->colour));
  PetscCall(KNOptionsHead(
    "Texts: tables separated by tabs (.tsv, .txt) or commas (.csv), JSON lines, or a folder with a subfolder of .txt "
    "files for each class"));
  PetscCall(KNTextColumnOptions(&c->texts, &c->text_column));
  PetscCall(KNTextRuleOptions(&c->texts, &c->words, &c->least));
  c->weights = (PetscBool)(c->format == nformats);
  if (!KNOptionsDeclareOnly() && c->like[0] && !c->weights) PetscCall(KNConvertIsRecord(c->like, &c->weights));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(const Convert *c, const KNProblem *like, KNSource *source)
{
  const KNSourceChoice choice = {.x_count       = c->x_count,
                                 .y_count       = c->y_count,
                                 .u_count       = c->u_count,
                                 .x             = (const char *const *)c->x,
                                 .y             = (const char *const *)c->y,
                                 .u             = (const char *const *)c->u,
                                 .initial       = c->initial,
                                 .t             = c->t,
                                 .dt            = c->dt,
                                 .points        = c->points - 1,
                                 .stride        = c->stride,
                                 .pde           = c->pde,
                                 .classes_count = c->classes_count,
                                 .classes       = (const char *const *)c->classes,
                                 .labels        = c->labels,
                                 .image_size    = c->image_size,
                                 .fit           = c->fit,
                                 .colour        = c->colour,
                                 .text_columns  = c->texts.text_columns,
                                 .text_column   = c->texts.text_column,
                                 .text_quotes   = c->texts.text_quotes,
                                 .text_length   = c->texts.text_length,
                                 .text_case     = c->texts.text_case,
                                 .text_markup   = c->texts.text_markup,
                                 .text_stem     = c->texts.text_stem,
                                 .like          = like,
                                 .scale_count   = c->scale_count,
                                 .scale         = (const char *const *)c->scale};

  PetscFunctionBegin;
  PetscCall(KNSourceOpen(PETSC_COMM_WORLD, c->inputs, (const char *const *)c->input, &choice, source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Text of the new dataset's options: the source's, each line behind "source.", then those of the conversion. The
  caller frees it with PetscFree().
*/
static PetscErrorCode Provenance(KNSource source, const Convert *c, PetscBool texts, char **text)
{
  const char *own[24] = {"input", "first", "samples", "stride", "x", "y", "u", "initial", "t:", "dt", "points", "pde"};
  PetscInt    count   = 12;
  const char *kind, *notes;
  char       *yaml, *to;
  size_t      lines = 0;

  PetscFunctionBegin;
  if (c->scale_count) own[count++] = "scale";
  if (c->symmetry[0]) own[count++] = "symmetry";
  if (c->classes_count) own[count++] = "classes";
  if (c->labels) own[count++] = "labels";
  if (c->image_size) own[count++] = "image_size";
  if (c->fit) own[count++] = "image_fit";
  if (c->colour) own[count++] = "image_colour";
  if (texts) own[count++] = "text_"; /* all of them */
  if (texts && c->like[0]) own[count++] = "like";
  PetscCall(KNSourceGetProvenance(source, &kind, &notes, NULL, NULL));
  PetscCall(KNOptionsYAML(count, own, &yaml));
  for (const char *at = notes; *at; at++) lines += *at == '\n';
  PetscCall(PetscMalloc1(strlen(notes) + 8 * lines + strlen(yaml) + strlen(kind) + 64, text));
  to = *text;
  while (*notes) {
    const int length = (int)strcspn(notes, "\n");

    to += sprintf(to, "source.%.*s\n", length, notes);
    notes += length + (notes[length] == '\n');
  }
  sprintf(to, "converted_from: %s\n%s", kind, yaml);
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  This rank's share of the rows [first, first + samples) of the source; a failure of the source is agreed by all, and
  leaves no output.
*/
static PetscErrorCode Copy(KNSource source, PetscInt64 first, PetscInt64 samples, KNSink *sink)
{
  const KNProblem  *problem;
  const PetscInt64 *index;
  PetscInt64        start, end, batch, *number;
  const int32_t    *label;
  const double     *parameters;
  KNProgress        progress;
  float            *x, *y;
  char              message[1024] = "";
  int               code          = 0, worst;

  PetscFunctionBegin;
  PetscCall(KNSourceGetProblem(source, &problem, NULL));
  PetscCall(KNSourceGetProvenance(source, NULL, NULL, NULL, &index));
  PetscCall(KNSourceGetLabels(source, &label));
  PetscCall(KNSourceGetParameters(source, &parameters));
  PetscCall(KNSinkGetShare(*sink, &start, &end));
  batch = PetscMin(KNFormatBatch(problem, samples), PetscMax(1, end - start));
  PetscCall(KNMalloc((size_t)batch * KNProblemInputSize(problem), sizeof(*x), &x));
  PetscCall(KNMalloc((size_t)batch * KNProblemOutputSize(problem), sizeof(*y), &y));
  PetscCall(PetscMalloc1(batch, &number));
  PetscCall(KNProgressBegin("samples", end - start, 0, &progress));
  PetscCall(KNProgressLogEvery(&progress, 10.0));
  for (PetscInt64 row = start; row < end && !code; row += batch) {
    const PetscInt64 count = PetscMin(batch, end - row);

    for (PetscInt64 i = 0; i < count; i++) number[i] = index ? index[first + row + i] : first + row + i;
    code = KNSourceRead(source, first + row, count, x, y, sizeof(message), message);
    if (!code)
      PetscCall(KNSinkWrite(*sink, row, count, number, x, y, label ? label + first + row : NULL,
                            parameters ? parameters + (first + row) * problem->coefficients : NULL));
    PetscCall(KNProgressUpdate(&progress, row + count - start, NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscCall(PetscFree(number));
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&x));
  PetscCallMPI(MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD));
  if (worst) PetscCall(KNSinkDestroy(sink)); // and its file
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Datasets only: a checkpoint that comes without -format pytorch. */
static PetscErrorCode CheckInput(const char path[])
{
  PetscBool is_record;
  char      kind[KN_MAX_NAME], version[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNRecordIdentify(PETSC_COMM_WORLD, path, &is_record, kind, version));
  PetscCheck(!is_record, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s is a %s, no dataset: -format pytorch writes its weights",
             path, kind);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The symmetries of the new dataset: those given, all of which must fit; else those of the source that fit the points
  that were taken.
*/
static PetscErrorCode SetSymmetries(const Convert *c, const KNProblem *source, KNProblem *problem)
{
  const char *at = c->symmetry;
  KNElement   element;
  char        reason[2 * KN_MAX_TEXT];

  PetscFunctionBegin;
  problem->symmetries = 0;
  for (PetscInt i = 0; i < source->symmetries && !*at; i++) {
    PetscCall(KNSymmetryParse(problem, source->symmetry[i], &element, sizeof(reason), reason));
    if (!reason[0]) PetscCall(KNProblemAddSymmetry(problem, "%s", source->symmetry[i]));
  }
  if (!strcmp(at, "none")) PetscFunctionReturn(PETSC_SUCCESS);
  while (*at) {
    char     text[sizeof(c->symmetry)];
    PetscInt length = 0, depth = 0;

    at += strspn(at, " ");
    for (; at[length] && (at[length] != ',' || depth > 0); length++) depth += (at[length] == '(') - (at[length] == ')');
    PetscCall(PetscSNPrintf(text, sizeof(text), "%.*s", (int)length, at));
    at += length + (at[length] == ',');
    PetscCall(KNSymmetryParse(problem, text, &element, sizeof(reason), reason));
    PetscCheck(!reason[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "option -symmetry: \"%.64s\": %s", text, reason);
    PetscCheck(problem->symmetries < KN_MAX_SYMMETRIES, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -symmetry: more than %d symmetries; fewer generate as many", KN_MAX_SYMMETRIES);
    PetscCall(KNProblemAddSymmetry(problem, "%s", text));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "20 samples of CIFAR-10's binary files, 32 x 32 points, 10 classes: ten.h5" */
static PetscErrorCode Summarise(const Convert *c, const KNProblem *problem, const char kind[])
{
  const KNGrid *grid = problem->frames ? &problem->output.grid : &problem->input.grid;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%" PetscInt64_FMT " samples of %s, ", c->samples, kind));
  if (problem->input.kind == KN_SPACE_TOKENS)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "up to %" PetscInt_FMT " words", problem->input.length));
  for (PetscInt d = 0; d < grid->dim; d++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s%" PetscInt_FMT, d ? " x " : "", grid->n[d]));
  if (grid->dim) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " points"));
  if (problem->output.kind == KN_SPACE_CLASS)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", %" PetscInt_FMT " classes", problem->output.count));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, ": %s\n", c->output[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Convert *c)
{
  const KNProblem *problem, *like = NULL;
  KNProblem        described;
  const char      *kind;
  char            *options;
  PetscInt64       rows, seed;
  PetscBool        texts;
  KNDataset        vocabulary = NULL;
  KNSource         source;
  KNSink           sink;

  PetscFunctionBegin;
  if (c->like[0]) PetscCall(KNConvertLike(c->like, &vocabulary, &like));
  PetscCall(Open(c, like, &source));
  PetscCall(KNSourceGetProblem(source, &problem, &rows));
  PetscCall(KNSourceGetProvenance(source, &kind, NULL, &seed, NULL));
  if (!c->samples) c->samples = rows - c->first;
  PetscCheck(c->samples >= 1 && c->first <= rows - c->samples, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt64_FMT " samples, not %" PetscInt64_FMT " from number %" PetscInt64_FMT
             " on: choose others with -first, -samples",
             c->input[0], rows, PetscMax(c->samples, 1), c->first);
  texts = (PetscBool)(problem->input.kind == KN_SPACE_TOKENS);
  if (texts && !like) PetscCall(KNSourceCountWords(source, c->first, c->samples, c->words, c->least));
  PetscCall(Provenance(source, c, texts, &options));
  described = *problem;
  PetscCall(SetSymmetries(c, problem, &described));
  PetscCall(KNSinkCreate(PETSC_COMM_WORLD, c->format, c->outputs, (const char *const *)c->output, &described,
                         c->samples, seed, options, c->overwrite, &sink));
  PetscCall(PetscFree(options));
  PetscCall(texts ? KNConvertCopyTexts(source, c->first, c->samples, &sink)
                  : Copy(source, c->first, c->samples, &sink));
  PetscCall(KNSinkPublish(sink));
  PetscCall(KNSinkDestroy(&sink));
  PetscCall(KNSourceWarn(source));
  PetscCall(Summarise(c, problem, kind));
  PetscCall(KNSourceDestroy(&source));
  PetscCall(KNDatasetDestroy(&vocabulary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Convert(const char purpose[], PetscBool *stopped)
{
  Convert    c  = {.stride = 1, .words = 30000, .least = 2};
  KNOperator op = NULL;
  PetscBool  done;

  PetscFunctionBegin;
  PetscCall(SetFromOptions(&c));
  PetscCall(KNOptionsRequire((PetscBool)(c.inputs && c.outputs), "convert needs -input FILE and -output FILE"));
  PetscCall(
    KNOptionsRequire((PetscBool)(!c.t[0] || c.dt == 0), "-t and -dt both say when the frames are: give one of them"));
  if (!KNOptionsDeclareOnly() && c.weights) {
    PetscCheck(c.inputs == 1 && c.outputs == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "weights lie in one file: give one -input and one -output");
    PetscCall(KNOperatorLoad(c.like[0] ? c.like : c.input[0], &op)); // declares the model's options
  }
  PetscCall(KNOptionsEnd("convert", purpose, &done));
  if (!done && op) PetscCall(KNConvertWeights(op, c.input[0], c.like, c.output[0], c.overwrite));
  else if (!done) {
    PetscCall(CheckInput(c.input[0]));
    PetscCall(Run(&c));
  }
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(KNOptionsListDestroy(c.inputs, &c.input));
  PetscCall(KNOptionsListDestroy(c.outputs, &c.output));
  PetscCall(KNOptionsListDestroy(c.x_count, &c.x));
  PetscCall(KNOptionsListDestroy(c.y_count, &c.y));
  PetscCall(KNOptionsListDestroy(c.u_count, &c.u));
  PetscCall(KNOptionsListDestroy(c.scale_count, &c.scale));
  PetscCall(KNOptionsListDestroy(c.classes_count, &c.classes));
  PetscCall(KNOptionsListDestroy(c.texts.text_columns, &c.text_column));
  PetscFunctionReturn(PETSC_SUCCESS);
}
