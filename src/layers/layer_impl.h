/* What a layer looks like from inside src/layers/: the object and the table that a layer type fills in. */
#ifndef KITINET_LAYER_IMPL_H
#define KITINET_LAYER_IMPL_H

#include <kitinet/layer.h>
#include <petscviewer.h>

typedef struct {
  PetscErrorCode (*setfromoptions)(KNLayer);                                                                     /* may be NULL */
  PetscErrorCode (*setup)(KNLayer, KNParameters);                                                                /* sets out if it was PETSC_DECIDE */
  PetscErrorCode (*setgrid)(KNLayer);                                                                            /* sets grid_out, flops, bytes */
  PetscErrorCode (*forward)(KNLayer, const KNPass *, const KNReal *const in[], KNReal *out, InsertMode);
  PetscErrorCode (*backward)(KNLayer, const KNPass *, const KNReal *const in[], const KNReal *dout, KNReal *const din[]);
  PetscErrorCode (*view)(KNLayer, PetscViewer);                                                                  /* may be NULL */
  PetscErrorCode (*destroy)(KNLayer);                                                                            /* frees data */
} KNLayerOps;

struct _p_KNLayer {
  KNLayerOps     ops;
  char           type[KN_MAX_NAME];
  char           name[KN_MAX_NAME];
  PetscInt       number;           /* position in the network */
  PetscInt       inputs;           /* number of input fields; set by KNLayerCreate_Suffix, 1 unless it says otherwise */
  PetscInt       dim;
  PetscInt       in, out;          /* channels; out may be PETSC_DECIDE until SetUp */
  KNGrid         grid_in, grid_out;
  PetscInt       samples;          /* largest batch */
  PetscLogDouble flops[2];         /* forward, backward, one sample; set by setgrid */
  size_t         bytes;            /* of workspace; set by setgrid */
  PetscLogEvent  event[2];         /* forward, backward: one pair for each layer type */
  void          *data;             /* the type's context */
};

#endif
