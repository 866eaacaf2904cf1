/*
  A layer: a differentiable map of fields, (B, C_in, S_in) -> (B, C_out, S_out), with its backward beside it. Some take
  several fields.

  Life: KNLayerCreate -> KNLayerSetChannels (KNLayerSetInput, KNLayerSetRoles) -> KNLayerSetFromOptions -> KNLayerSetUp
  (declares parameters) -> KNLayerSetGrid or KNLayerSetGrids (plans; again for another grid) -> KNLayerForward /
  KNLayerBackward -> KNLayerDestroy. Parameters do not depend on the grid: the same layer works at any resolution.
  A new layer is a file in src/layers/ and a line in layer_list.h; gelu.c shows how.
*/
#ifndef KITINET_LAYER_H
#define KITINET_LAYER_H

#include <kitinet/parameters.h>
#include <stdint.h>

typedef struct _p_KNLayer *KNLayer;

/* Not collective. What this processor or this build lacks for KNPass.bfloat16 ("a processor with .."), or NULL. */
PETSC_EXTERN const char *KNBfloat16Lacks(void);

enum { KN_MAX_INPUTS = 3 }; /* fields that a layer takes at most */

/* Registered names in order, ended by NULL. Not owned. */
PETSC_EXTERN const char *const *KNLayerNames(void);

/* What all layers of one forward or backward sweep share. */
typedef struct {
  PetscInt   samples;  /* B, at most the batch of KNLayerSetGrid */
  PetscBool  training; /* forward keeps what backward needs; collisions are drawn */
  PetscInt64 seed;     /* of the draws */
  PetscInt64 step;     /* optimiser step, a coordinate of the draws */
  /*
    backward writes the gradients of the parameters (INSERT_VALUES), or, as in a pass that does not say, adds the sum of
    its samples to them
  */
  InsertMode gradients;
  /*
    linear maps of the channels, attention and, on processors with AMX, convolutions multiply numbers that they round to
    bfloat16, and add in float; only where KNBfloat16Lacks() nothing
  */
  PetscBool bfloat16;
  /*
    (B) global sample indices, coordinates of the draws; not owned; NULL: 0, 1, ..; step r of a rollout of R has index R
    + r
  */
  const PetscInt64 *index;
  /*
    Of texts: (B, stride) words, the first length[b] of which are read; (B) words of each text, 1 to the points of the
    grid. What lies behind a text's end changes nothing. Not owned; NULL where the input is a field.
  */
  const int32_t *token, *length;
  size_t         stride;
  /*
    Where gradients exist for `rows` rows of the table of words alone (KNParametersChooseRows): (words) row of the table
    in whose place the gradient of a word goes, one of the last `rows` of them. Words that do not occur have none. Not
    owned; NULL: each word's own row.
  */
  const int32_t *row;
  PetscInt       rows;
} KNPass;

/*
  Not collective. type: a registered name. name: unique in the network ("layer2.spectral"), prefix of its parameters.
  number: position in the network (0, 1, ..), a coordinate of the layer's draws.
*/
PETSC_EXTERN PetscErrorCode KNLayerCreate(const char type[], const char name[], PetscInt number, KNLayer *layer);
PETSC_EXTERN PetscErrorCode KNLayerDestroy(KNLayer *layer);

/*
  Not collective. in: channels of each input. out: channels of the output, or PETSC_DECIDE where the layer determines
  them. dim: axes of the grid of the inputs, 0 for a grid of one point. Raises KN_ERR_USAGE where the layer needs more
  axes.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetChannels(KNLayer layer, PetscInt dim, PetscInt in, PetscInt out);

/*
  Not collective, after KNLayerSetChannels and before KNLayerSetUp. Input i (0, 1, ..) has other channels. Layers that
  need the same of all inputs refuse others in KNLayerSetUp.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetInput(KNLayer layer, PetscInt i, PetscInt channels);

/*
  Not collective, before KNLayerSetUp. What the channels of inputs and output are (KN_ROLE_NONE without this call), and
  the site: KNParameterInfo. The layer gives them to its parameters. A layer that acts on its input's channels one by
  one (transport, norms) has the output's role on its parameters. KNLayerSetSets(): KNParameterInfo.reads and .writes.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetRoles(KNLayer layer, KNRole in, KNRole out, PetscInt site);
PETSC_EXTERN PetscErrorCode KNLayerSetSets(KNLayer layer, PetscInt reads, PetscInt writes);

/*
  Not collective, before KNLayerSetUp. The module of PyTorch that has the same parameters ("layer1.0.conv1"), for
  KNParameterInfo.foreign; without it they have no names there.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetForeign(KNLayer layer, const char module[]);

/*
  Not collective, before KNLayerSetUp. The layer works on a grid coarsened `level` times by two (0 without this call): a
  spectral layer keeps -model_modes / 2^level modes.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetCoarsening(KNLayer layer, PetscInt level);

/* Not collective, before KNLayerSetUp. Only for layers that read words: a text has so many at most. */
PETSC_EXTERN PetscErrorCode KNLayerSetLongest(KNLayer layer, PetscInt words);

/*
  Not collective, before KNLayerSetGrid. Only for layers that make queries: the points of their output, of as many axes
  as the input's grid; NULL, without this call: those of the input.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetQueries(KNLayer layer, const KNGrid *grid);

/* Where a residual layer (kitinet/residual.h), y = R(x, v), applies GELU. */
typedef enum {
  KN_ACTIVATION_NONE,     /* nowhere: y = R(x, v) */
  KN_ACTIVATION_VELOCITY, /* the second input is z: y = R(x, GELU(z)) */
  KN_ACTIVATION_RESULT    /* y = GELU(R(x, v)) */
} KNActivation;

/*
  Not collective, before KNLayerSetUp. Only for residual layers; without it each has the activation that its file names.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetActivation(KNLayer layer, KNActivation activation);

/*
  Not collective, before KNLayerSetUp. Only for convolutions. size: points of the kernel along each axis, odd, at most
  63 (3 without this call); stride: 1 or 2 (1), points of the input for one of the output; groups: of channels, each
  made of one group of the input's (1); bias: (PETSC_TRUE).
*/
PETSC_EXTERN PetscErrorCode KNLayerSetKernel(KNLayer layer, PetscInt size, PetscInt stride, PetscInt groups,
                                             PetscBool bias);

/*
  Collective on PETSC_COMM_WORLD. Declares and reads options; raises KN_ERR_USAGE. Called once for each layer: an option
  that several layers share is declared by each.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetFromOptions(KNLayer layer);

/*
  Not collective. Checks channels and options against each other and declares the parameters (parameters: not owned).
*/
PETSC_EXTERN PetscErrorCode KNLayerSetUp(KNLayer layer, KNParameters parameters);

/*
  Not collective, before KNLayerSetGrid. The ranks that share each sample (comm: not owned): they plan for their slabs
  of one grid, and forward and backward are then collective on comm. Every rank's gradients of the parameters are its
  share of the sum over comm. MPI's failures end the program. Without this call a sample is whole.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetComm(KNLayer layer, MPI_Comm comm);

/* Not collective, before KNLayerSetGrid. Backward will not be called: the layer may leave out its workspace. */
PETSC_EXTERN PetscErrorCode KNLayerSetForwardOnly(KNLayer layer, PetscBool only);

/*
  Not collective. Plans for inputs on the grid with up to `samples` samples in a batch, and allocates the workspace: no
  other function allocates. KNLayerGetSizes() returns the output's grid after this call. Raises KN_ERR_INPUT where the
  grid does not fit (fewer points than twice the modes).
*/
PETSC_EXTERN PetscErrorCode KNLayerSetGrid(KNLayer layer, const KNGrid *grid, PetscInt samples);

/*
  Not collective. The same with a grid for each input, grids[0 .. inputs - 1]. Only layers that say so take grids that
  differ, the first with the axes of KNLayerSetChannels.
*/
PETSC_EXTERN PetscErrorCode KNLayerSetGrids(KNLayer layer, const KNGrid grids[], PetscInt samples);

/*
  Not collective. Any pointer may be NULL. inputs: number of input fields (2 for a collision: position, velocity). in,
  grid_in: of input 0. The output's grid may have fewer axes.
*/
PETSC_EXTERN PetscErrorCode KNLayerGetSizes(KNLayer layer, PetscInt *inputs, PetscInt *in, PetscInt *out,
                                            KNGrid *grid_in, KNGrid *grid_out);

/* Not collective. Channels and grid (after KNLayerSetGrid) of input i. Any pointer may be NULL. */
PETSC_EXTERN PetscErrorCode KNLayerGetInput(KNLayer layer, PetscInt i, PetscInt *channels, KNGrid *grid);

/*
  Not collective. in[i]: (B, C_in, S_in) of input i, not changed; out: (B, C_out, S_out), distinct from all inputs.
  mode: INSERT_VALUES writes out, ADD_VALUES adds to it (W x + K x without a copy).
*/
PETSC_EXTERN PetscErrorCode KNLayerForward(KNLayer layer, const KNPass *pass, const KNReal *const in[], KNReal *out,
                                           InsertMode mode);

/*
  Not collective, after KNLayerForward with the same pass and inputs. dout: (B, C_out, S_out), not changed; din[i]: (B,
  C_in, S_in) accumulates (+=), NULL where it is not wanted. Gradients of the parameters are written or accumulate:
  pass->gradients.
*/
PETSC_EXTERN PetscErrorCode KNLayerBackward(KNLayer layer, const KNPass *pass, const KNReal *const in[],
                                            const KNReal *dout, KNReal *const din[]);

/*
  The samples of a batch are taken in groups: a thread takes a group, samples 0, 1, .. of a phase in their order, and a
  layer may keep one share of a gradient for it. There are at most so many groups.
*/
enum { KN_SAMPLE_GROUPS = 32 };

/* Not collective. Samples of a group where `planned` were planned for: results do not depend on threads. */
static inline PetscInt KNSampleGroup(PetscInt planned)
{
  return planned > KN_SAMPLE_GROUPS ? planned / KN_SAMPLE_GROUPS : 1;
}

/* Not collective. Groups of the first `samples` samples. */
static inline PetscInt KNSampleGroups(PetscInt planned, PetscInt samples)
{
  return (samples + KNSampleGroup(planned) - 1) / KNSampleGroup(planned);
}

/*
  The parts of the two sweeps, for models that take a sample through several layers while it is in the cache.
  KNLayerForward() is Prepare, Gather for each sample, Join, Apply for each sample; KNLayerBackward() is GatherBack,
  JoinBack, ApplyBack and, at the end, FinishBack. in[i], out, din[i], dout: of sample b, in 0..B-1.

    Prepare      by all threads of the team, before the sweep forward, with a barrier after it: what follows from the
                 parameters alone
    Gather       by any thread of an OpenMP team, different samples at the same time: takes what the whole batch needs
                 of one sample
    Join         by all threads of the team, with a barrier before and after it: what needs all samples at once
    Apply        as Gather: writes out
    GatherBack, JoinBack   likewise for backward, from dout and the inputs that backward reads
    ApplyBack    din (mode: written or added to; NULL where it is not wanted) and the sample's share of the parameters'
                 gradients. Where out has as many channels as in (gelu, dropout, residuals), din[0] may be dout or
                 in[0], and the last din the last in
    FinishBack   by all threads of the team after a barrier: adds the shares up, in the order of samples

  A team has at most as many threads as OpenMP would have started at KNLayerSetGrid(). Nothing is checked and nothing
  can fail; thread 0 logs.
*/
PETSC_EXTERN void KNLayerPrepare(KNLayer layer, const KNPass *pass);
PETSC_EXTERN void KNLayerGather(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[]);
PETSC_EXTERN void KNLayerJoin(KNLayer layer, const KNPass *pass);
PETSC_EXTERN void KNLayerApply(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                               InsertMode mode);
PETSC_EXTERN void KNLayerGatherBack(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                    const KNReal *dout);
PETSC_EXTERN void KNLayerJoinBack(KNLayer layer, const KNPass *pass);
PETSC_EXTERN void KNLayerApplyBack(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                   const KNReal *dout, KNReal *const din[], InsertMode mode);
PETSC_EXTERN void KNLayerFinishBack(KNLayer layer, const KNPass *pass);

/*
  Not collective, after KNLayerSetGrid. Floating-point operations for one sample (forward, backward) and bytes of
  workspace. Any pointer may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNLayerGetCost(KNLayer layer, PetscLogDouble *forward, PetscLogDouble *backward,
                                           size_t *bytes);

/*
  Not collective, after KNLayerSetGrid. Bytes that the ranks of one sample add up between them (MPI_Allreduce), forward
  and backward, for one sample; of whole samples, what they would.
*/
PETSC_EXTERN PetscErrorCode KNLayerGetTraffic(KNLayer layer, size_t *forward, size_t *backward);

/* Not collective. Not owned; any pointer may be NULL. */
PETSC_EXTERN PetscErrorCode KNLayerGetName(KNLayer layer, const char **type, const char **name);

/* Not collective. One line about the layer, on rank 0 of the viewer. */
PETSC_EXTERN PetscErrorCode KNLayerView(KNLayer layer, PetscViewer viewer);

/*
  What a model may do with a layer's arrays. Bit i of a mask stands for input i. A type sets these in its Create or
  SetUp, but for `identity`, which SetGrid sets, and joins and finishes, which follow from its functions.
  Where nothing is said backward reads all inputs, and no array may be another.
*/
typedef struct {
  PetscBool joins;    /* samples meet: Join and JoinBack have work */
  PetscBool finishes; /* FinishBack has work: without it the gradients are complete after JoinBack */
  /* Gather and GatherBack take all that is needed: Apply does not read in, ApplyBack not dout */
  PetscBool gathered;
  /* Apply may be called again in backward without Gather and Join, whose results are still there */
  PetscBool repeats;
  PetscBool identity; /* on this grid y is x: the layer need not be applied */
  /* channel c of y is not made of channel c of the inputs alone, as in linear maps: roles end here */
  PetscBool mixes;
  PetscBool in_place;      /* out may be in[0] */
  PetscBool over_gradient; /* din[0] may be dout */
  unsigned  over_input;    /* din[i] may be in[i] */
  unsigned  unread;        /* backward does not read in[i] */
} KNLayerTraits;

/* Not collective, after KNLayerSetGrid. */
PETSC_EXTERN PetscErrorCode KNLayerGetTraits(KNLayer layer, KNLayerTraits *traits);

/* What a layer, or a network of layers, is, as its options stand. */
typedef struct {
  PetscBool draws_in_training;   /* in a training pass it makes random draws, others for each seed, step and sample */
  PetscBool draws_in_evaluation; /* likewise in any other pass */
  /* a draw may leave nothing of a sample: it is for the velocities of a residual, whose positions go on */
  PetscBool drops;
  PetscBool carries;  /* its first input goes on, unchanged, as a term of the output */
  PetscInt  particle; /* velocity components of the particles that collide in it; 0: nothing does */
  PetscInt  streams;  /* axes of the grid along which velocities carry features; 0: nothing streams */
} KNLayerProperties;

/* Not collective, after KNLayerSetUp; `drops` after KNLayerSetFromOptions. */
PETSC_EXTERN PetscErrorCode KNLayerGetProperties(KNLayer layer, KNLayerProperties *properties);

#endif
