/*
  Pruning the residual stream and the head. Which axes of a parameter belong to them, its roles say. Weights are
  (outputs, inputs), those of spectral layers, which have a complex axis, (modes.., inputs, 2, outputs); what has one
  axis has outputs alone.
*/
#include <kitinet/error.h>
#include <kitinet/prune.h>
#include <string.h>

/* A parameter as (K, inputs, parts, outputs) or, transposed, (outputs, inputs, K); a bias has one input. */
typedef struct {
  const KNParameterInfo *info;
  size_t                 K, inputs, parts, outputs;
  PetscBool              transposed, reads, writes; /* the inputs, the outputs are the channels of the stream */
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
  part->reads   = (PetscBool)(in >= 0 && info->role[in] == KN_ROLE_STREAM_IN);
  part->writes  = (PetscBool)(info->role[out] == KN_ROLE_STREAM_OUT);
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

PetscErrorCode KNPruneGetSizes(KNParameters parameters, KNSizes *sizes, PetscInt *blocks)
{
  PetscInt count, last = 0, width = 0;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  for (PetscInt i = 0; i < count; i++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, i, &part));
    if (sizes && part.hides) sizes->hidden = (PetscInt)part.outputs;
    if (!part.reads) continue;
    PetscCheck(!width || width == (PetscInt)part.inputs, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "the residual stream has %" PetscInt_FMT " channels in one block and %" PetscInt_FMT
               " in another (%s): only networks with one number of channels, as those of -model_type fno, are pruned",
               width, (PetscInt)part.inputs, part.info->name);
    PetscCheck(part.writes || part.hides, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s reads the residual stream into channels of its own: only networks as those of -model_type fno are "
               "pruned",
               part.info->name);
    width = (PetscInt)part.inputs;
    if (sizes) sizes->width = width;
    if (sizes && part.parts > 1) sizes->modes = part.info->shape[part.info->rank - 4];
    last = PetscMax(last, part.info->site);
  }
  if (blocks) *blocks = last;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneGetHead(KNParameters parameters, KNPruneHead *head)
{
  PetscInt count;
  KNReal  *value;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, i, &part));
    if (part.hides && part.reads) {
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

/* One parameter of the narrow network, b, from that of the wide one, a. R: (C, C') or NULL */
static void PrunePart(const KNPruning *pruning, const Part *from, const KNReal a[], const Part *to, KNReal b[],
                      const double *R)
{
  const size_t hidden = (size_t)pruning->sizes.hidden;

  for (size_t k = 0; k < to->K; k++) {
    const size_t wide = to->parts > 1 ? Mode(from->info, to->info, k) : k;

    for (size_t i = 0; i < to->inputs; i++) {
      for (size_t p = 0; p < to->parts; p++) {
        for (size_t o = 0; o < to->outputs; o++) {
          const size_t row = (size_t)(to->writes ? pruning->channel[o] : to->hides ? pruning->unit[o] : (PetscInt)o);
          double       sum = 0;

          if (to->shows && pruning->output) sum = pruning->output[o * (hidden + 1) + (to->transposed ? i : hidden)];
          else if (to->shows && to->transposed) sum = a[Place(from, wide, (size_t)pruning->unit[i], p, row)];
          else if (!to->reads) sum = a[Place(from, wide, i, p, row)];
          else if (!R) sum = a[Place(from, wide, (size_t)pruning->channel[i], p, row)];
          for (size_t c = 0; to->reads && R && c < from->inputs; c++)
            sum += R[c * to->inputs + i] * a[Place(from, wide, c, p, row)];
          b[Place(to, k, i, p, o)] = (KNReal)sum;
        }
      }
    }
  }
}

PetscErrorCode KNPrune(KNParameters from, const KNPruning *pruning, KNParameters to)
{
  PetscInt count, others;
  KNSizes  full = {0}, found = {0};
  KNReal  *wide, *narrow;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(from, &count));
  PetscCall(KNParametersGetCount(to, &others));
  PetscCall(KNPruneGetSizes(from, &full, NULL));
  PetscCall(KNPruneGetSizes(to, &found, NULL));
  PetscCheck(count == others && found.width == pruning->sizes.width && found.modes == pruning->sizes.modes &&
               found.hidden == pruning->sizes.hidden,
             PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a network of %" PetscInt_FMT " channels, %" PetscInt_FMT " modes, %" PetscInt_FMT
             " hidden units for a pruning to %" PetscInt_FMT ", %" PetscInt_FMT ", %" PetscInt_FMT,
             found.width, found.modes, found.hidden, pruning->sizes.width, pruning->sizes.modes, pruning->sizes.hidden);
  PetscCall(KNParametersGetBlocks(from, NULL, &wide, NULL, NULL, NULL));
  PetscCall(KNParametersGetBlocks(to, NULL, &narrow, NULL, NULL, NULL));
  for (PetscInt i = 0; i < count; i++) {
    Part a = {.K = 0}, b = {.K = 0};

    PetscCall(Describe(from, i, &a));
    PetscCall(Describe(to, i, &b));
    PrunePart(pruning, &a, wide + a.info->offset, &b, narrow + b.info->offset,
              pruning->readout ? pruning->readout + (size_t)a.info->site * (size_t)(full.width * found.width) : NULL);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPruneReading(KNParameters parameters, double square[], double gate[])
{
  PetscInt count, blocks;
  KNSizes  sizes = {0};
  KNReal  *value, *gradient;

  PetscFunctionBegin;
  PetscCall(KNPruneGetSizes(parameters, &sizes, &blocks));
  PetscCall(KNParametersGetCount(parameters, &count));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, &gradient, NULL, NULL));
  if (square) PetscCall(PetscArrayzero(square, (blocks + 1) * sizes.width));
  if (gate) PetscCall(PetscArrayzero(gate, sizes.width));
  for (PetscInt n = 0; n < count; n++) {
    Part part = {.K = 0};

    PetscCall(Describe(parameters, n, &part));
    for (size_t k = 0; part.reads && k < part.K; k++) {
      for (size_t i = 0; i < part.inputs; i++) {
        for (size_t po = 0; po < part.parts * part.outputs; po++) {
          const size_t at = part.info->offset + Place(&part, k, i, po / part.outputs, po % part.outputs);

          if (square) square[(size_t)part.info->site * part.inputs + i] += (double)value[at] * value[at];
          if (gate) gate[i] += (double)value[at] * gradient[at];
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
