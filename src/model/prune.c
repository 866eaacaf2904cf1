/*
  Pruning channels and the head. Which axes of a parameter belong to them, its roles and sets say. Weights are (outputs,
  inputs[, taps of a kernel]), those of spectral layers, which have a complex axis, (modes.., inputs, 2, outputs); what
  has one axis has outputs alone.
*/
#include <kitinet/error.h>
#include <kitinet/prune.h>
#include <string.h>

#define KN_PRUNABLE "only networks built as those of -model_type fno or resnet are pruned"

/* A parameter as (K, inputs, parts, outputs) or, transposed, (outputs, inputs, K); a bias has one input. */
typedef struct {
  const KNParameterInfo *info;
  size_t                 K, inputs, parts, outputs;
  PetscInt               reads, writes; /* set of the inputs, of the outputs; 0: none */
  PetscBool              transposed;
  /* the outputs, the inputs are the hidden units of the head; shows: its output layer, with the bias */
  PetscBool hides, shows;
} Part;

void KNPruneGetAxes(const KNParameterInfo *info, PetscInt *in, PetscInt *out)
{
  const PetscBool spectral = (PetscBool)(info->rank > 2 && info->role[info->rank - 2] == KN_ROLE_COMPLEX);

  *out = spectral ? info->rank - 1 : 0;
  *in  = spectral ? info->rank - 3 : info->rank >= 2 ? 1 : -1;
}

static PetscErrorCode Describe(KNParameters parameters, PetscInt i, Part *part)
{
  const KNParameterInfo *info, *before;
  PetscInt               in, out, above = -1;

  PetscFunctionBegin;
  PetscCall(KNParametersGetInfo(parameters, i, &info));
  KNPruneGetAxes(info, &in, &out);
  *part         = (Part){.info       = info,
                         .parts      = in >= 0 && out > in ? 2 : 1, // complex
                         .transposed = (PetscBool)(in > out)};
  part->inputs  = in < 0 ? 1 : (size_t)info->shape[in];
  part->outputs = (size_t)info->shape[out];
  part->K       = info->size / (part->inputs * part->parts * part->outputs);
  part->reads   = in >= 0 && (info->role[in] == KN_ROLE_STREAM_IN || info->role[in] == KN_ROLE_NONE) ? info->reads : 0;
  part->writes  = info->role[out] == KN_ROLE_STREAM_OUT || info->role[out] == KN_ROLE_NONE ? info->writes : 0;
  part->hides   = (PetscBool)(info->role[out] == KN_ROLE_HIDDEN);
  part->shows   = (PetscBool)(in >= 0 && info->role[in] == KN_ROLE_HIDDEN);
  if (i > 0 && in < 0) { /* the bias of what shows is declared behind its weight */
    PetscCall(KNParametersGetInfo(parameters, i - 1, &before));
    KNPruneGetAxes(before, &above, &out);
    part->shows = (PetscBool)(above >= 0 && before->role[above] == KN_ROLE_HIDDEN);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static size_t Place(const Part *part, size_t k, size_t i, size_t p, size_t o)
{
  return part->transposed ? (o * part->inputs + i) * part->K + k
                          : ((k * part->inputs + i) * part->parts + p) * part->outputs + o;
}

/*
  The mode of a spectral weight with `from` modes that is mode k of one with `to`: axes 0..m-1, -m..-1, the last one
  0..m-1.
*/
static size_t Mode(const KNParameterInfo *from, const KNParameterInfo *to, size_t k)
{
  size_t mode = 0, stride = 1;

  for (PetscInt axis = to->rank - 4; axis >= 0; axis--) {
    const size_t n = (size_t)to->shape[axis], wide = (size_t)from->shape[axis], i = k % n;

    k /= n;
    mode += stride * (axis < to->rank - 4 && i >= n / 2 ? i + wide - n : i);
    stride *= wide;
  }
  return mode;
}

/* A set of `width` channels in a parameter: the same number everywhere, the same kind. */
static PetscErrorCode AddToSet(KNChannelSets *sets, PetscInt set, size_t width, PetscBool stream, const char name[])
{
  PetscFunctionBegin;
  PetscCheck(!sets->width[set] || sets->width[set] == (PetscInt)width, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "the residual stream has %" PetscInt_FMT " channels in one block and %" PetscInt_FMT
             " in another (%s): " KN_PRUNABLE,
             sets->width[set], (PetscInt)width, name);
  sets->width[set] = (PetscInt)width;
  if (stream) sets->stream[set] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindSets(KNParameters parameters, PetscInt count, KNChannelSets *sets)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;
    Part                   part = {.K = 0};
    PetscInt               in, out;

    PetscCall(Describe(parameters, i, &part));
    info = part.info;
    KNPruneGetAxes(info, &in, &out);
    if (part.reads > 0)
      PetscCall(AddToSet(sets, part.reads, part.inputs, (PetscBool)(info->role[in] == KN_ROLE_STREAM_IN), info->name));
    if (part.writes > 0 && info->role[out] == KN_ROLE_STREAM_OUT)
      PetscCall(AddToSet(sets, part.writes, part.outputs, PETSC_TRUE, info->name));
    if (part.reads > 0) sets->set[info->site] = part.reads;
  }
  for (PetscInt i = 0; i < count; i++) { /* what reads channels of a set writes such channels, or the end */
    Part     part = {.K = 0};
    PetscInt in, out;

    PetscCall(Describe(parameters, i, &part));
    KNPruneGetAxes(part.info, &in, &out);
    PetscCheck(part.reads <= 0 || part.hides || part.writes == KN_SET_OUTPUT ||
                 (part.writes > 0 &&
                  (part.info->role[out] == KN_ROLE_STREAM_OUT) == (PetscBool)(sets->stream[part.writes] == 0)),
               PETSC_COMM_WORLD, KN_ERR_USAGE, "%s reads the residual stream into channels of its own: " KN_PRUNABLE,
               part.info->name);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneGetSets(KNParameters parameters, KNChannelSets *sets)
{
  const KNParameterInfo *info;
  PetscInt               count, streams = 0;

  PetscFunctionBegin;
  *sets = (KNChannelSets){.sets = 0};
  PetscCall(KNParametersGetCount(parameters, &count));
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(KNParametersGetInfo(parameters, i, &info));
    sets->sets  = PetscMax(sets->sets, PetscMax(info->reads, info->writes));
    sets->sites = PetscMax(sets->sites, info->site + 1);
  }
  PetscCall(PetscCalloc3(sets->sets + 1, &sets->width, sets->sets + 1, &sets->stream, sets->sites, &sets->set));
  for (PetscInt s = 0; s <= sets->sets; s++) sets->stream[s] = -1;
  PetscCall(FindSets(parameters, count, sets));
  for (PetscInt s = 1; s <= sets->sets; s++) sets->stream[s] = sets->stream[s] < 0 ? -1 : streams++;
  PetscCheck(streams >= 1 && streams <= KN_STREAMS, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "the network has %" PetscInt_FMT " residual streams: " KN_PRUNABLE, streams);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNChannelSetsDestroy(KNChannelSets *sets)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(sets->width, sets->stream, sets->set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneGetSizes(KNParameters parameters, KNSizes *sizes)
{
  KNChannelSets sets;
  PetscInt      count;

  PetscFunctionBegin;
  PetscCall(KNPruneGetSets(parameters, &sets));
  PetscCall(KNParametersGetCount(parameters, &count));
  *sizes = (KNSizes){{0}};
  for (PetscInt s = 1; s <= sets.sets; s++) {
    if (sets.stream[s] >= 0) sizes->n[KN_SIZE_WIDTH + sets.stream[s]] = sets.width[s];
  }
  for (PetscInt i = 0; i < count; i++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, i, &part));
    if (part.hides) sizes->n[KN_SIZE_HIDDEN] = (PetscInt)part.outputs;
    if (part.reads > 0 && part.parts > 1) sizes->n[KN_SIZE_MODES] = part.info->shape[part.info->rank - 4];
  }
  PetscCall(KNChannelSetsDestroy(&sets));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneGetHead(KNParameters parameters, KNPruneHead *head)
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  *head = (KNPruneHead){.hidden = 0};
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, i, &part));
    if (part.hides && part.reads > 0) {
      head->site   = part.info->site;
      head->W1     = value + part.info->offset;
      head->width  = (PetscInt)part.inputs;
      head->hidden = (PetscInt)part.outputs;
    } else if (part.hides) head->b1 = value + part.info->offset;
    if (part.shows && part.transposed) {
      head->W2      = value + part.info->offset;
      head->outputs = (PetscInt)part.outputs;
    } else if (part.shows) head->b2 = value + part.info->offset;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One parameter of the narrow network, b, from that of the wide one, a. R: (C, C') or NULL; units: H' */
static void PrunePart(const KNPruning *pruning, size_t units, const Part *from, const KNReal a[], const Part *to,
                      KNReal b[], const double *R)
{
  const PetscInt *in  = to->reads > 0                 ? pruning->channel[to->reads]
                        : to->shows && to->transposed ? pruning->unit
                                                      : NULL,
                 *out = to->writes > 0 ? pruning->channel[to->writes]
                        : to->hides    ? pruning->unit
                                       : NULL;
  const PetscBool own = (PetscBool)(to->shows && pruning->output);

  for (size_t k = 0; k < to->K; k++) {
    const size_t wide = to->parts > 1 ? Mode(from->info, to->info, k) : k;

    for (size_t i = 0; i < to->inputs; i++) {
      for (size_t p = 0; p < to->parts; p++) {
        for (size_t o = 0; o < to->outputs; o++) {
          const size_t row = out ? (size_t)out[o] : o;
          double       sum = 0;

          if (own) sum = pruning->output[o * (units + 1) + (to->transposed ? i : units)];
          else if (!R) sum = a[Place(from, wide, in ? (size_t)in[i] : i, p, row)];
          for (size_t c = 0; !own && R && c < from->inputs; c++)
            sum += R[c * to->inputs + i] * a[Place(from, wide, c, p, row)];
          b[Place(to, k, i, p, o)] = (KNReal)sum;
        }
      }
    }
  }
}

PetscErrorCode KNPrune(KNParameters from, const KNPruning *pruning, KNParameters to)
{
  PetscInt      count, others;
  KNChannelSets full, found;
  KNPruneHead   head;
  KNReal       *wide, *narrow;

  PetscFunctionBegin;
  PetscCall(KNPruneGetHead(to, &head));
  PetscCall(KNParametersGetCount(from, &count));
  PetscCall(KNParametersGetCount(to, &others));
  PetscCall(KNPruneGetSets(from, &full));
  PetscCall(KNPruneGetSets(to, &found));
  PetscCheck(count == others && full.sets == found.sets && full.sites == found.sites, PETSC_COMM_SELF,
             PETSC_ERR_ARG_SIZ, "a network of %" PetscInt_FMT " parameters, one of %" PetscInt_FMT, count, others);
  PetscCall(KNParametersGetBlocks(from, NULL, &wide, NULL, NULL, NULL));
  PetscCall(KNParametersGetBlocks(to, NULL, &narrow, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    Part a = {.K = 0}, b = {.K = 0};

    PetscCall(Describe(from, i, &a));
    PetscCall(Describe(to, i, &b));
    PrunePart(pruning, (size_t)head.hidden, &a, wide + a.info->offset, &b, narrow + b.info->offset,
              pruning->readout && b.reads > 0 ? pruning->readout[b.info->site] : NULL);
  }
  PetscCall(KNChannelSetsDestroy(&full));
  PetscCall(KNChannelSetsDestroy(&found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneReading(KNParameters parameters, double *const square[], double *const gate[])
{
  PetscInt      count;
  KNChannelSets sets;
  KNReal       *value, *gradient;

  PetscFunctionBegin;
  PetscCall(KNPruneGetSets(parameters, &sets));
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, &gradient, NULL, NULL));
  for (PetscInt l = 0; square && l < sets.sites; l++) PetscCall(PetscArrayzero(square[l], sets.width[sets.set[l]]));
  for (PetscInt s = 1; gate && s <= sets.sets; s++) PetscCall(PetscArrayzero(gate[s], sets.width[s]));
  for (PetscInt n = 0; n < count; n++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, n, &part));
    for (size_t k = 0; part.reads > 0 && k < part.K; k++) {
      for (size_t i = 0; i < part.inputs; i++) {
        for (size_t po = 0; po < part.parts * part.outputs; po++) {
          const size_t at = part.info->offset + Place(&part, k, i, po / part.outputs, po % part.outputs);

          if (square) square[part.info->site][i] += (double)value[at] * value[at];
          if (gate) gate[part.reads][i] += (double)value[at] * gradient[at];
        }
      }
    }
  }
  PetscCall(KNChannelSetsDestroy(&sets));
  PetscFunctionReturn(PETSC_SUCCESS);
}
