/* What a layer looks like from inside src/layers/: the object and the table that a layer type fills in. */
#ifndef KITINET_LAYER_IMPL_H
#define KITINET_LAYER_IMPL_H

#include <kitinet/layer.h>
#include <petscviewer.h>

/* The parts of forward and backward: see KNLayerGather(). Most layers have only apply and apply_back. */
typedef struct {
  PetscErrorCode (*setfromoptions)(KNLayer);                                     /* may be NULL */
  PetscErrorCode (*setup)(KNLayer, KNParameters);                                /* sets out if it was PETSC_DECIDE */
  PetscErrorCode (*setgrid)(KNLayer);                                            /* sets grid_out, flops, bytes */
  void (*prepare)(KNLayer, const KNPass *);                                      /* may be NULL */
  void (*gather)(KNLayer, const KNPass *, PetscInt b, const KNReal *const in[]); /* may be NULL */
  void (*join)(KNLayer, const KNPass *);                                         /* may be NULL */
  void (*apply)(KNLayer, const KNPass *, PetscInt b, const KNReal *const in[], KNReal *out, InsertMode);
  void (*gather_back)(KNLayer, const KNPass *, PetscInt b, const KNReal *const in[],
                      const KNReal *dout);    /* may be NULL */
  void (*join_back)(KNLayer, const KNPass *); /* may be NULL */
  void (*apply_back)(KNLayer, const KNPass *, PetscInt b, const KNReal *const in[], const KNReal *dout,
                     KNReal *const din[], InsertMode);
  void (*finish_back)(KNLayer, const KNPass *); /* may be NULL */
  PetscErrorCode (*view)(KNLayer, PetscViewer); /* may be NULL */
  PetscErrorCode (*destroy)(KNLayer);           /* frees data; NULL: there is none */
} KNLayerOps;

struct _p_KNLayer {
  KNLayerOps        ops;
  char              type[KN_MAX_NAME];
  char              name[KN_MAX_NAME];
  PetscInt          number; /* position in the network */
  PetscInt          inputs; /* number of input fields; set by KNLayerCreate_Suffix, 1 unless it says otherwise */
  PetscBool         differs, regrids; /* set by KNLayerCreate_Suffix where inputs may differ in channels, in grids */
  PetscInt          axes;             /* least number of axes of the grid; likewise, 0 unless it says otherwise */
  PetscInt          dim;
  PetscInt          in, out;                 /* channels; out may be PETSC_DECIDE until SetUp */
  KNLayerTraits     traits;                  /* but for joins and finishes, which follow from the ops */
  PetscInt          channels[KN_MAX_INPUTS]; /* of each input; in is that of input 0 */
  KNRole            role[2];                 /* of the channels of inputs and output */
  PetscInt          site, reads, writes;     /* KNParameterInfo */
  char              foreign[KN_MAX_NAME];    /* module of PyTorch with its parameters; "": none */
  KNLayerProperties properties; /* set by setup, drops by setfromoptions, carries of residuals by KNLayerSetUp() */
  PetscBool         residual;   /* maps (x, v) to the next x; set by KNLayerCreate_Suffix */
  PetscInt          level;      /* times that the grid was coarsened by two before the layer */
  PetscInt          longest;    /* words of a text at most, for layers that read words */
  KNGrid            queries;    /* points of the output, for layers that make queries; no axes: those of the input */
  PetscBool         convolves;  /* has a kernel; set by KNLayerCreate_Suffix */
  PetscInt          kernel, stride, groups;
  PetscBool         biased;
  KNActivation      activation; /* of a residual; KNLayerCreate_Suffix sets the default */
  KNGrid            grid_in, grid_out;
  KNGrid            grid[KN_MAX_INPUTS]; /* of each input; grid_in is that of input 0 */
  MPI_Comm          comm;                /* ranks that share a sample, each a slab; not owned */
  size_t            traffic[2];          /* bytes of a sample that they add up, forward and backward; set by setgrid */
  PetscInt          samples;             /* largest batch */
  PetscBool         forward_only;        /* backward will not be called */
  int               threads;             /* largest team: workspace of a thread is found by its number */
  PetscLogDouble    flops[2];            /* forward, backward, one sample; set by setgrid */
  size_t            bytes;               /* of workspace; set by setgrid */
  PetscLogEvent     event[2];            /* forward, backward: one pair for each layer type */
  void             *data;                /* the type's context */
};

/*
  Not collective. Declares a parameter whose name is the layer's and .name, whose site is the layer's; the rest of info
  is given, foreign without the module ("" if it is .name). For setup.
*/
PETSC_INTERN PetscErrorCode KNLayerDeclare(KNLayer layer, KNParameters parameters, KNParameterInfo info, KNReal **value,
                                           KNReal **gradient);

/*
  Not collective. setup of layers without parameters that keep the number of channels: sets out, or raises where it was
  given and differs.
*/
PETSC_INTERN PetscErrorCode KNLayerKeepChannels(KNLayer layer, KNParameters parameters);

/* Not collective. setgrid of layers that make one value of all points: the output's grid has no axes. In mean.c. */
PETSC_INTERN PetscErrorCode KNLayerDropAxes(KNLayer layer);

/* Points of sample b that count: of a text its words, else all S. */
static inline size_t KNPassPoints(const KNPass *pass, PetscInt b, size_t S)
{
  return pass->length ? (size_t)pass->length[b] : S;
}

/* The extents of a grid as three axes, the last one contiguous; leading ones where it has fewer. */
PETSC_INTERN void KNGridExtents(const KNGrid *grid, size_t n[KN_MAX_DIM]);

/* Not collective. For setgrid: refuses slabs (KN_ERR_USAGE). */
PETSC_INTERN PetscErrorCode KNLayerNeedWhole(KNLayer layer);

/*
  By all threads of a team, in join: x (n) += that of the other ranks of the samples. type: of MPI. Thread 0 is the one
  that MPI knows.
*/
PETSC_INTERN void KNLayerSum(KNLayer layer, void *x, size_t n, MPI_Datatype type);

#endif
