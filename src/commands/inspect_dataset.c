/*
  Inspecting a dataset: problem, grid, fields and provenance from the header; then every row is read, compared with its
  checksum, and its values enter minimum, mean, standard deviation, maximum and energy spectrum of each field. The ranks
  share the rows.
*/
#include "inspect.h"
#include <kitinet/picture.h>
#include <kitinet/spectrum.h>
#include <kitinet/xdmf.h>
#include <math.h>
#include <sys/stat.h>

#define SHOWN 10 /* damaged rows that the message names */

/* Of the finite values of one field. */
typedef struct {
  double count, other; /* finite values, NaN or infinite ones */
  double min, max, mean;
  double squares; /* sum of squared deviations from the mean */
} Statistics;

static const Statistics nothing = {.min = INFINITY, .max = -INFINITY};

/* Chan, Golub and LeVeque 1983: pairwise, so that a large mean does not cancel. */
static Statistics Merged(Statistics a, Statistics b)
{
  const double count = a.count + b.count, shift = b.mean - a.mean, weight = count > 0 ? b.count / count : 0;

  return (Statistics){.count   = count,
                      .other   = a.other + b.other,
                      .min     = PetscMin(a.min, b.min),
                      .max     = PetscMax(a.max, b.max),
                      .mean    = a.mean + shift * weight,
                      .squares = a.squares + b.squares + shift * shift * a.count * weight};
}

static Statistics StatisticsOf(const float value[], size_t n)
{
  Statistics s   = nothing;
  double     sum = 0;

  for (size_t i = 0; i < n; i++) {
    if (!isfinite(value[i])) continue;
    s.min = PetscMin(s.min, value[i]);
    s.max = PetscMax(s.max, value[i]);
    s.count++;
    sum += value[i];
  }
  s.other = (double)n - s.count;
  if (s.count > 0) s.mean = sum / s.count;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(value[i])) s.squares += (value[i] - s.mean) * (value[i] - s.mean);
  }
  return s;
}

/* One row's values into the statistics of the fields, inputs first. x: (C_in, S), y: (max(T, 1), C_out, S) */
static void AddRow(const KNProblem *problem, const float x[], const float y[], Statistics field[])
{
  const size_t   S = KNGridSize(&problem->input.grid), S_out = KNGridSize(&problem->output.grid);
  const PetscInt in = problem->input.fields, out = problem->output.fields;

  for (PetscInt c = 0; c < in; c++) field[c] = Merged(field[c], StatisticsOf(x + (size_t)c * S, S));
  for (PetscInt t = 0; t < PetscMax(problem->frames, 1); t++) {
    for (PetscInt c = 0; c < out; c++)
      field[in + c] = Merged(field[in + c], StatisticsOf(y + (size_t)(t * out + c) * S_out, S_out));
  }
}

static PetscErrorCode PrintHeader(KNDataset dataset, const char path[])
{
  const KNProblem *problem;
  const char      *options, *version;
  PetscInt64       samples, seed;
  uint64_t         fingerprint;
  struct stat      status = {0};

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetProvenance(dataset, &seed, &options, &version));
  PetscCall(KNDatasetGetFingerprint(dataset, &fingerprint));
  (void)stat(path, &status);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: dataset of %" PetscInt64_FMT " samples, %.1f MB, fingerprint %016llx\n",
                        path, samples, (double)status.st_size / 1e6, (unsigned long long)fingerprint));
  PetscCall(KNInspectPrintProblem(problem));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  provenance  kitinet %s, seed %" PetscInt64_FMT "%s\n", version, seed,
                        options[0] ? ", options:" : ""));
  PetscCall(KNInspectPrintLines(options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintStatistics(const KNProblem *problem, const Statistics field[])
{
  PetscFunctionBegin;
  if (!problem->input.fields && !problem->output.fields) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-6s  %-12s  %-8s  %12s  %12s  %12s  %12s\n", "", "field", "unit", "min",
                        "mean", "std", "max"));
  for (PetscInt c = 0; c < problem->input.fields + problem->output.fields; c++) {
    const PetscBool  in = (PetscBool)(c < problem->input.fields);
    const KNField   *f  = in ? &problem->input.field[c] : &problem->output.field[c - problem->input.fields];
    const Statistics s  = field[c];

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %-6s  %-12s  %-8s  %12.6g  %12.6g  %12.6g  %12.6g\n",
                          in ? "input" : "output", f->name, f->unit, s.min, s.mean,
                          s.count > 0 ? sqrt(s.squares / s.count) : 0.0, s.max));
    if (s.other > 0)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "          %.0f values of %s are not finite, and left out of this\n",
                            s.other, f->name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Collective. All ranks learn which rows are damaged, and raise it. damaged: (samples) 1 for those that this rank
  found.
*/
static PetscErrorCode AgreeOnRows(const char path[], PetscInt64 samples, signed char damaged[])
{
  char       rows[KN_MAX_TEXT] = "";
  size_t     length            = 0;
  PetscInt64 count             = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, damaged, (PetscMPIInt)samples, MPI_SIGNED_CHAR, MPI_MAX, PETSC_COMM_WORLD));
  for (PetscInt64 row = 0; row < samples; row++) {
    if (damaged[row] && count++ < SHOWN)
      length += (size_t)snprintf(rows + length, sizeof(rows) - length, "%s%lld", length ? ", " : "", (long long)row);
  }
  PetscCheck(!count, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: %" PetscInt64_FMT " of %" PetscInt64_FMT " rows are damaged: %s%s; copy or generate the file again",
             path, count, samples, rows, count > SHOWN ? ", .." : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  One row's energy into the spectra (fields, shells), inputs first; that of a time-dependent field is the mean over
  its frames.
*/
static PetscErrorCode AddSpectra(const KNProblem *problem, KNSpectrum spectrum, const float x[], const float y[],
                                 PetscReal *frame, PetscReal energy[])
{
  const size_t   S      = KNGridSize(&problem->output.grid);
  const PetscInt frames = PetscMax(problem->frames, 1);
  PetscInt       shells;

  PetscFunctionBegin;
  PetscCall(KNSpectrumGetShells(spectrum, &shells, NULL));
  for (PetscInt c = 0; c < problem->input.fields; c++)
    PetscCall(KNSpectrumAdd(spectrum, x + (size_t)c * S, energy + c * shells));
  for (PetscInt c = 0; c < problem->output.fields; c++) {
    PetscCall(PetscArrayzero(frame, shells));
    for (PetscInt t = 0; t < frames; t++)
      PetscCall(KNSpectrumAdd(spectrum, y + (size_t)(t * problem->output.fields + c) * S, frame));
    for (PetscInt s = 0; s < shells; s++) energy[(problem->input.fields + c) * shells + s] += frame[s] / frames;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of each field, at wavenumbers that double. */
static PetscErrorCode PrintSpectra(const KNProblem *problem, PetscInt shells, const PetscReal wavenumber[],
                                   const PetscReal energy[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  energy at wavenumber"));
  for (PetscInt s = 1; s < shells; s *= 2) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %9g", (double)wavenumber[s]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  for (PetscInt c = 0; c < problem->input.fields + problem->output.fields; c++) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "    %-18s",
                          c < problem->input.fields ? problem->input.field[c].name
                                                    : problem->output.field[c - problem->input.fields].name));
    for (PetscInt s = 1; s < shells; s *= 2)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %9.3g", (double)energy[c * shells + s]));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. The statistics of all ranks into field (fields) on each, in the order of ranks. */
static PetscErrorCode GatherStatistics(PetscMPIInt fields, Statistics field[])
{
  enum { WIDTH = sizeof(Statistics) / sizeof(double) };
  PetscMPIInt size;
  Statistics *all; /* (ranks, fields) */

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscMalloc1((size_t)fields * (size_t)size, &all));
  PetscCallMPI(MPI_Allgather(field, fields * WIDTH, MPI_DOUBLE, all, fields * WIDTH, MPI_DOUBLE, PETSC_COMM_WORLD));
  for (PetscMPIInt c = 0; c < fields; c++) {
    field[c] = nothing;
    for (PetscMPIInt r = 0; r < size; r++) field[c] = Merged(field[c], all[r * fields + c]);
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row of tokens, whose words are counted. Returns the code of KNDatasetReadTokens(). */
static int CountWords(KNDataset dataset, PetscInt64 row, int32_t token[], PetscInt64 count[])
{
  const int32_t *length;
  const int      code = KNDatasetReadTokens(dataset, row, token, NULL, 0, NULL);

  (void)KNDatasetGetColumns(dataset, NULL, &length, NULL);
  for (int32_t i = 0; !code && i < length[row]; i++) count[token[i]]++;
  return code;
}

/* Collective. Reads the rows, each by one rank, prints what is in them, and draws their spectra. x, y: one row. */
static PetscErrorCode VerifyRows(KNDataset dataset, const KNInspection *inspection, float x[], float y[])
{
  const KNProblem *problem;
  const PetscReal *wavenumber = NULL;
  PetscInt64       samples, start, end;
  PetscMPIInt      rank, size, fields;
  PetscInt         shells = 0;
  Statistics       field[2 * KN_MAX_FIELDS];
  KNProblem        drawn;
  KNSpectrum       spectrum = NULL;
  PetscReal       *energy, *frame; /* (fields, shells), (shells) */
  signed char     *damaged;
  PetscBool        texts;
  PetscInt64      *words; /* of a vocabulary: how often each occurs */
  int32_t         *token;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  texts = (PetscBool)(problem->input.kind == KN_SPACE_TOKENS);
  PetscCall(PetscCalloc2(texts ? problem->input.count : 0, &words, problem->input.length, &token));
  fields = (PetscMPIInt)(problem->input.fields + problem->output.fields);
  drawn  = KNInspectDrawn(problem);
  if (drawn.input.fields + drawn.output.fields) {
    PetscCall(KNSpectrumCreate(&drawn.output.grid, &spectrum));
    PetscCall(KNSpectrumGetShells(spectrum, &shells, &wavenumber));
  }
  PetscCall(PetscCalloc3(samples, &damaged, (size_t)fields * (size_t)shells, &energy, shells, &frame));
  for (PetscMPIInt c = 0; c < fields; c++) field[c] = nothing;
  KNPartition(samples, size, rank, &start, &end);
  for (PetscInt64 row = start; row < end; row++) {
    damaged[row] = (texts ? CountWords(dataset, row, token, words) : KNDatasetRead(dataset, row, x, y, 0, NULL)) != 0;
    if (damaged[row]) continue;
    AddRow(problem, x, y, field);
    if (spectrum) PetscCall(AddSpectra(&drawn, spectrum, x, y, frame, energy));
  }
  PetscCall(AgreeOnRows(inspection->input, samples, damaged));
  PetscCall(GatherStatistics(fields, field));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, energy, fields * (PetscMPIInt)shells, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  for (PetscInt i = 0; i < fields * shells; i++) energy[i] /= (PetscReal)samples;
  if (texts)
    PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, words, (PetscMPIInt)problem->input.count, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  if (texts && problem->input.count >= KN_WORDS_RESERVED) PetscCall(KNInspectPrintWords(&problem->input, words));
  PetscCall(PetscFree2(words, token));
  PetscCall(KNInspectPrintColumns(dataset));
  PetscCall(PrintStatistics(problem, field));
  if (spectrum) PetscCall(PrintSpectra(&drawn, shells, wavenumber, energy));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  all %" PetscInt64_FMT " checksums are right\n", samples));
  if (inspection->picture && rank == 0 && spectrum)
    PetscCall(KNInspectDrawSpectra(&drawn, shells, wavenumber, energy, inspection->output));
  PetscCall(PetscFree3(damaged, energy, frame));
  PetscCall(KNSpectrumDestroy(&spectrum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first rows one by one, read by all ranks alike. */
static PetscErrorCode ShowRows(KNDataset dataset, PetscInt64 shown, float x[], float y[])
{
  const KNProblem *problem;
  PetscInt64       samples;
  Statistics       field[2 * KN_MAX_FIELDS];
  const int32_t   *label, *length;
  const char     **word, **class;
  int32_t         *token;
  char             message[KN_MAX_TEXT];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNSpaceListNames(&problem->input, &word));
  PetscCall(KNSpaceListNames(&problem->output, &class));
  PetscCall(PetscMalloc1(problem->input.length, &token));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, &label, &length, NULL));
  for (PetscInt64 row = 0; row < PetscMin(shown, samples); row++) {
    const PetscErrorCode code = word ? KNDatasetReadTokens(dataset, row, token, y, sizeof(message), message)
                                     : KNDatasetRead(dataset, row, x, y, sizeof(message), message);

    PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
    for (PetscInt c = 0; c < problem->input.fields + problem->output.fields; c++) field[c] = nothing;
    AddRow(problem, x, y, field);
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n  row %" PetscInt64_FMT, row));
    if (label) PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", class %d", label[row]));
    if (label && word) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " (%s)", class[label[row]]));
    if (length) PetscCall(PetscPrintf(PETSC_COMM_WORLD, ", %d tokens", length[row]));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
    if (word) PetscCall(KNInspectShowText(word, token, length[row]));
    PetscCall(PrintStatistics(problem, field));
  }
  PetscCall(PetscFree(token));
  PetscCall(PetscFree(word));
  PetscCall(PetscFree(class));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectDataset(const KNInspection *inspection)
{
  const KNProblem *problem;
  KNProblem        drawn;
  KNDataset        dataset;
  PetscMPIInt      rank;
  float           *x, *y;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, inspection->input, &dataset));
  PetscCall(PrintHeader(dataset, inspection->input));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNFilmCheck(&inspection->film, problem, inspection->input));
  PetscCall(KNMalloc(KNProblemInputSize(problem), sizeof(*x), &x));
  PetscCall(KNMalloc(KNProblemOutputSize(problem), sizeof(*y), &y));
  if (inspection->verify) PetscCall(VerifyRows(dataset, inspection, x, y));
  PetscCall(ShowRows(dataset, inspection->samples_shown, x, y));
  if (inspection->check_symmetry) PetscCall(KNInspectSymmetry(dataset, inspection->input));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (inspection->picture) {
    const PetscBool texts = (PetscBool)(problem->input.kind == KN_SPACE_TOKENS);

    if (texts && rank == 0) PetscCall(KNInspectDrawLengths(dataset, inspection->output));
    if (texts && !KNPictureMissing(NULL))
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  pictures    %s-lengths.png\n", inspection->output));
    if (rank == 0 && KNInspectIsImages(problem)) PetscCall(KNInspectDrawImages(dataset, inspection->output));
    else if (rank == 0) PetscCall(KNInspectDrawSamples(dataset, inspection->output));
    drawn = KNInspectDrawn(problem);
    if (drawn.input.fields + drawn.output.fields && !KNPictureMissing(NULL))
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  pictures    %s-samples.png, %s-spectrum.png\n", inspection->output,
                            inspection->output));
  }
  if (inspection->film.format) {
    if (rank == 0) PetscCall(KNInspectFilm(dataset, &inspection->film, inspection->output));
    if (!KNPictureMissing(NULL))
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  film        %s-film.%s\n", inspection->output,
                            KNFilmEnding(&inspection->film)));
  }
  if (inspection->xdmf) {
    PetscCall(KNXDMFWrite(dataset, inspection->xdmf_samples, inspection->output));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  viewers     %s.xdmf\n", inspection->output));
  }
  PetscCall(KNFree(&y));
  PetscCall(KNFree(&x));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}
