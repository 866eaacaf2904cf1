/*
  Condensation of matrices with known answers: one dominant channel, rank one, orthogonal, equal singular values of a
  given number; the same as pointwise weights, as spectral ones, and as convolutions that read or write the stream; no
  dependence on the scale; parameters that mix no channels of a block are left out.
*/
#include <kitinet/condensation.h>
#include <string.h>

enum { C = 6, MODES = 3 };

#define CHECK(what, value, expected)                                                     \
  PetscCheck(PetscAbsReal((value) - (expected)) < 1e-6, PETSC_COMM_SELF, PETSC_ERR_PLIB, \
             "%s, %s: " #value " is %.10g, not %.10g", what, m->layer, (double)(value), (double)(expected))

/*
  M[o][i] as a pointwise layer; as a spectral one whose modes k = 0, 1, 2 are M times 1, -2i, 3, and as convolutions
  whose taps are M times 1, -2, 3: the same directions, the same distribution over channels.
*/
static PetscErrorCode Expect(const char what[], double M[C][C], double participation, double alignment,
                             double effective_rank)
{
  static const double      part[MODES][2] = {{1, 0}, {0, -2}, {3, 0}};
  static const KNReal      tap[MODES]     = {1, -2, 3};
  static const char *const layer[] = {"block0.linear", "block0.spectral", "block1.convolution1", "block1.convolution2"};
  const KNParameterInfo    declared[6] = {
       {.name  = "lift.weight",
        .rank  = 2,
        .shape = {C, C},
        .role  = {KN_ROLE_STREAM_OUT, KN_ROLE_NONE},
        .init  = KN_INIT_SYMMETRIC,
        .scale = 1},
       {.name = "block0.linear.weight", .rank = 2, .shape = {C, C}, .role = {KN_ROLE_STREAM_OUT, KN_ROLE_STREAM_IN}},
       {.name  = "block0.linear.bias",
        .rank  = 1,
        .shape = {C},
        .role  = {KN_ROLE_STREAM_OUT},
        .init  = KN_INIT_SYMMETRIC,
        .scale = 1},
       {.name  = "block0.spectral.weight",
        .rank  = 4,
        .shape = {MODES, C, 2, C},
        .role  = {KN_ROLE_MODE, KN_ROLE_STREAM_IN, KN_ROLE_COMPLEX, KN_ROLE_STREAM_OUT}},
       {.name  = "block1.convolution1.weight",
        .rank  = 3,
        .shape = {C, C, MODES},
        .role  = {KN_ROLE_NONE, KN_ROLE_STREAM_IN}},
       {.name = "block1.convolution2.weight", .rank = 3, .shape = {C, C, MODES}, .role = {KN_ROLE_STREAM_OUT}},
  };
  KNReal         *W, *dW, *K, *dK, *bias, *dbias, *lift, *dlift, *V[2], *dV[2];
  KNParameters    parameters;
  KNCondensation *measured;
  PetscInt        count;

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNParametersDeclare(parameters, &declared[0], &lift, &dlift));
  PetscCall(KNParametersDeclare(parameters, &declared[1], &W, &dW));
  PetscCall(KNParametersDeclare(parameters, &declared[2], &bias, &dbias));
  PetscCall(KNParametersDeclare(parameters, &declared[3], &K, &dK));
  for (int n = 0; n < 2; n++) PetscCall(KNParametersDeclare(parameters, &declared[4 + n], &V[n], &dV[n]));
  PetscCall(KNParametersSetUp(parameters, 1));
  for (int o = 0; o < C; o++) {
    for (int i = 0; i < C; i++) {
      W[o * C + i] = (KNReal)M[o][i];
      for (int k = 0; k < MODES; k++) {
        for (int n = 0; n < 2; n++) V[n][(o * C + i) * MODES + k] = tap[k] * (KNReal)M[o][i];
        for (int p = 0; p < 2; p++) K[((k * C + i) * 2 + p) * C + o] = (KNReal)(7 * part[k][p] * M[o][i]);
      }
    }
  }
  PetscCall(KNCondensationMeasure(parameters, &count, &measured));
  PetscCheck(count == 4, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d layers, not 4", (int)count);
  for (int n = 0; n < 4; n++)
    PetscCheck(!strcmp(measured[n].layer, layer[n]), PETSC_COMM_SELF, PETSC_ERR_PLIB, "layer %d is %s, not %s", n,
               measured[n].layer, layer[n]);
  for (const KNCondensation *m = measured; m < measured + 4; m++) {
    CHECK(what, m->participation, participation);
    CHECK(what, m->alignment, alignment);
    CHECK(what, m->effective_rank, effective_rank);
  }
  PetscCall(PetscFree(measured));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  double zero[C][C] = {{0}}, one[C][C] = {{0}}, rank1[C][C], identity[C][C] = {{0}}, rotation[C][C], half[C][C] = {{0}},
         mixed[C][C] = {{0}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int o = 0; o < C; o++) {
    one[o][2]      = o + 1; /* all outputs read input 2 */
    identity[o][o] = 5;
    half[o][o]     = o < 3 ? -2 : 0; /* three channels of six */
    mixed[o][o]    = o ? 0 : 2;
    for (int i = 0; i < C; i++) {
      rank1[o][i]    = (o % 2 ? -1.5 : 1) * (i % 2 ? 1 : -1);
      rotation[o][i] = (o == i) - 2.0 / C; /* I - 2 n n', n = (1, .., 1) / sqrt(C): orthogonal */
    }
  }
  mixed[1][0] = mixed[1][1] = 1; /* rows (2, 0), (1, 1): G = (4 2; 2 2), eigenvalues 3 +- sqrt(5); s = 5, 1 */
  PetscCall(Expect("zero", zero, 0, 0, 0));
  PetscCall(Expect("one channel", one, 1.0 / C, 1, 1));
  PetscCall(Expect("rank one", rank1, 1, 1, 1));
  PetscCall(Expect("identity", identity, 1, 0, C));
  PetscCall(Expect("orthogonal", rotation, 1, 0, C));
  PetscCall(Expect("half", half, 0.5, 0, 3));
  {
    const double p = (3 + PetscSqrtReal(5)) / 6, q = 1 - p;

    PetscCall(Expect("mixed", mixed, 36.0 / (C * 26), 1 / PetscSqrtReal(2) / 15,
                     PetscExpReal(-p * PetscLogReal(p) - q * PetscLogReal(q))));
  }
  PetscCall(PetscFinalize());
  return 0;
}
