/*
  What layers say of themselves, and a network of all its layers: draws, particles, streaming, what goes on unchanged.
*/
#include <kitinet/model.h>
#include <kitinet/residual.h>
#include <string.h>

#define COLLIDES .particle
#define DRAWS    .draws_in_training = PETSC_TRUE
#define SAMPLES  .draws_in_evaluation = PETSC_TRUE
#define CARRIES  .carries = PETSC_TRUE

static const struct {
  const char       *type, *options;
  PetscInt          C, activation; /* PETSC_DECIDE: the type's own, or none */
  KNLayerProperties expected;
} layers[] = {
  /* Without an option particles have up to 8 components, or there are two of them where GELU acts on the result. */
  {"kinetic", "", 32, KN_ACTIVATION_VELOCITY, {DRAWS, CARRIES, COLLIDES = 8}},
  {"kinetic", "", 32, PETSC_DECIDE, {DRAWS, CARRIES, COLLIDES = 8}},
  {"kinetic", "", 12, KN_ACTIVATION_NONE, {DRAWS, CARRIES, COLLIDES = 6}},
  {"kinetic", "", 32, KN_ACTIVATION_RESULT, {DRAWS, COLLIDES = 16}},
  {"kinetic", "", 15, KN_ACTIVATION_RESULT, {DRAWS, COLLIDES = 5}},
  {"kinetic",
   "-collision_dimension 1 -collision_evaluate sample",
   32,
   PETSC_DECIDE,
   {DRAWS, SAMPLES, CARRIES, COLLIDES = 1}},
  {"kinetic", "-collision_train mean", 32, PETSC_DECIDE, {CARRIES, COLLIDES = 8}},
  {"kinetic", "-collision_rate 0 -collision_evaluate sample", 32, PETSC_DECIDE, {CARRIES, COLLIDES = 8}},
  {"transport", "", 32, PETSC_DECIDE, {DRAWS, COLLIDES = 16, .streams = 2}},
  {"transport", "-collision_dimension 4", 32, KN_ACTIVATION_NONE, {DRAWS, CARRIES, COLLIDES = 4, .streams = 2}},
  {"drift", "", 32, PETSC_DECIDE, {CARRIES}},
  {"drift", "", 32, KN_ACTIVATION_RESULT, {0}},
  {"dropout", "-model_dropout 0.1", 32, PETSC_DECIDE, {DRAWS}},
  {"dropout", "-model_dropout 0.1 -model_dropout_evaluate sample", 32, PETSC_DECIDE, {DRAWS, SAMPLES}},
  {"dropout", "-model_dropout 0.1 -model_dropout_kind residual", 32, PETSC_DECIDE, {DRAWS, .drops = PETSC_TRUE}},
  {"dropout", "", 32, PETSC_DECIDE, {0}},
  {"gelu", "", 32, PETSC_DECIDE, {0}},
};

static PetscErrorCode Check(const char what[], const char options[], const KNLayerProperties *found,
                            const KNLayerProperties *expected)
{
  PetscFunctionBegin;
  PetscCheck(found->draws_in_training == expected->draws_in_training &&
               found->draws_in_evaluation == expected->draws_in_evaluation && found->carries == expected->carries &&
               found->drops == expected->drops && found->particle == expected->particle &&
               found->streams == expected->streams,
             PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, \"%s\": draws %d and %d, drops %d, carries %d, particles of %d, streams along %d axes", what, options,
             found->draws_in_training, found->draws_in_evaluation, found->drops, found->carries, (int)found->particle,
             (int)found->streams);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetOptions(const char options[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestLayers(void)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(layers); i++) {
    KNParameters      parameters;
    KNLayer           layer;
    KNLayerProperties properties;

    PetscCall(SetOptions(layers[i].options));
    PetscCall(KNParametersCreate(&parameters));
    PetscCall(KNLayerCreate(layers[i].type, "block0.layer", 0, &layer));
    PetscCall(KNLayerSetChannels(layer, 2, layers[i].C, PETSC_DECIDE));
    if (layers[i].activation != PETSC_DECIDE)
      PetscCall(KNLayerSetActivation(layer, (KNActivation)layers[i].activation));
    PetscCall(KNLayerSetFromOptions(layer));
    PetscCall(KNLayerSetUp(layer, parameters));
    PetscCall(KNLayerGetProperties(layer, &properties));
    PetscCall(Check(layers[i].type, layers[i].options, &properties, &layers[i].expected));
    PetscCall(KNLayerDestroy(&layer));
    PetscCall(KNParametersDestroy(&parameters));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestModel(const char options[], KNLayerProperties expected)
{
  KNModel           model;
  KNLayerProperties properties;

  PetscFunctionBegin;
  PetscCall(SetOptions(options));
  PetscCall(KNModelCreateFromOptions(&model));
  PetscCall(KNModelSetChannels(model, 2, 1, 1));
  PetscCall(KNModelSetFromOptions(model));
  PetscCall(KNModelSetUp(model, 1));
  PetscCall(KNModelGetProperties(model, &properties));
  PetscCall(Check("network", options, &properties, &expected));
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A layer that is no residual has no activation to choose. */
static PetscErrorCode TestRefused(void)
{
  KNLayer        layer;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(KNLayerCreate("linear", "lift", 0, &layer));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNLayerSetActivation(layer, KN_ACTIVATION_NONE);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == PETSC_ERR_ARG_WRONG, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a linear layer took an activation: code %d",
             (int)code);
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestLayers());
  PetscCall(TestModel("-model_width 8 -model_modes 2 -model_residual collision -collision_dimension 2",
                      (KNLayerProperties){DRAWS, CARRIES, COLLIDES = 2}));
  PetscCall(TestModel("-model_width 8 -model_modes 2 -model_residual collision -collision_evaluate sample",
                      (KNLayerProperties){DRAWS, SAMPLES, CARRIES, COLLIDES = 4}));
  PetscCall(TestModel("-model_width 8 -model_modes 2 -model_residual transport -collision_rate 0",
                      (KNLayerProperties){COLLIDES = 4, .streams = 2}));
  PetscCall(TestModel("-model_width 8 -model_modes 2 -model_residual fno", (KNLayerProperties){.particle = 0}));
  PetscCall(TestRefused());
  PetscCall(PetscFinalize());
  return 0;
}
