/*
  Which channels stay, on Gram matrices with known answers. Four channels of two blocks' streams: a, b, a + b to 1e-3,
  and a weak one on its own. By energy the weak one leaves, by the residual one of the three that depend on each
  other; by taylor what the gates say; particles of two channels leave together. Readouts rebuild what depends on
  those that stay. Hidden units a, b, a + b + 2 and a weak one of zero mean: the third leaves without a loss, the
  weights of a and b and the bias make up for it.
*/
#include <kitinet/contribution.h>

enum { C = 4, SITES = 3, H = 4 };

static PetscErrorCode Expect(const char what[], const KNContribution *c, KNContributionType type, PetscInt d,
                             PetscInt width, const PetscInt expected[])
{
  PetscInt channel[C];

  PetscFunctionBegin;
  PetscCall(KNContributionChoose(c, 1, type, d, width, channel));
  for (PetscInt i = 0; i < width; i++)
    PetscCheck(channel[i] == expected[i], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: channel %d stays in place %d, not %d",
               what, (int)channel[i], (int)i, (int)expected[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestHidden(void)
{
  /* v = M (a, b, weak, 1) */
  static const double M[H + 1][4]          = {{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 2}, {0, 0, 0.1, 0}, {0, 0, 0, 1}},
                            expected[2][4] = {{4, 5, 4, 7}, {1, 1, -1, 2}};
  double         hidden[H + 1][H + 1] = {{0}}, weights[2][H + 1] = {{1, 2, 3, 4, 1}, {0, 0, 1, -1, 0}}, output[2][4];
  PetscInt       order[H];
  KNContribution c = {.units = H, .outputs = 2, .hidden = &hidden[0][0], .output = &weights[0][0]};

  PetscFunctionBegin;
  for (int i = 0; i <= H; i++) {
    for (int j = 0; j <= H; j++) {
      for (int k = 0; k < 4; k++) hidden[i][j] += M[i][k] * M[j][k];
    }
  }
  PetscCall(KNContributionOrderHidden(&c, order));
  PetscCheck(order[3] != 3 && order[2] == 3, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "hidden units %d, then %d leave first, not one of those that depend on each other, then the weak one",
             (int)order[3], (int)order[2]);
  PetscCall(KNContributionOutput(&c, 3, (const PetscInt[]){0, 1, 3}, &output[0][0]));
  for (int o = 0; o < 2; o++) {
    for (int i = 0; i < 4; i++)
      PetscCheck(PetscAbsReal(output[o][i] - expected[o][i]) < 1e-6, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "weight %d of output %d is %g, not %g", i, o, output[o][i], expected[o][i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  /* x = M (a, b, noise, weak): independent, of mean square 1 */
  static const double   M[C][4]        = {{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 1e-3, 0}, {0, 0, 0, 0.3}};
  static const PetscInt without_weak[] = {0, 1, 2}, without_b[] = {0, 2, 3}, first[] = {0, 1}, second[] = {2, 3},
                        last[] = {1, 2, 3}, ab_weak[] = {0, 1, 3};
  /* another set's site, whose numbers decide nothing, stands between those of set 1 */
  double         gram[SITES][C][C] = {{{0}}}, square[SITES][C], gate[C][C] = {{0}}, other[1] = {1e6}, R[C][3];
  KNContribution c = {.channels = {.sets   = 2,
                                   .sites  = SITES + 1,
                                   .width  = (PetscInt[]){0, C, 1},
                                   .stream = (PetscInt[]){-1, 0, -1},
                                   .set    = (PetscInt[]){1, 2, 1, 1}},
                      .gram     = (double *[]){gram[0][0], other, gram[1][0], gram[2][0]},
                      .square   = (double *[]){square[0], other, square[1], square[2]},
                      .gate     = (double *[]){NULL, gate[0], other}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int l = 0; l < SITES; l++) {
    for (int i = 0; i < C; i++) {
      square[l][i] = i == 1 ? 0.5 : 1; /* b is read with the smallest weights */
      for (int j = 0; j < C; j++) {
        for (int k = 0; k < 4; k++) gram[l][i][j] += M[i][k] * M[j][k];
      }
    }
  }
  PetscCall(Expect("energy", &c, KN_CONTRIBUTION_ENERGY, 1, 3, without_weak));
  PetscCall(Expect("residual", &c, KN_CONTRIBUTION_RESIDUAL, 1, 3, without_b));
  PetscCall(Expect("energy of particles", &c, KN_CONTRIBUTION_ENERGY, 2, 2, second)); /* 1.5 against 2.09 */
  for (int i = 0; i < C; i++) gate[i][i] = i == 0 ? 0.1 : 1;
  PetscCall(Expect("taylor", &c, KN_CONTRIBUTION_TAYLOR, 1, 3, last));
  gate[2][3] = gate[3][2] = -1; /* the two undo each other: 0 against 1.1 */
  PetscCall(Expect("taylor of particles", &c, KN_CONTRIBUTION_TAYLOR, 2, 2, first));
  gate[2][3] = gate[3][2] = 1;
  PetscCall(Expect("taylor of particles", &c, KN_CONTRIBUTION_TAYLOR, 2, 2, second));

  for (int l = 0; l <= SITES; l++) {
    static const double expected[C][3] = {{1, 0, 0}, {0, 1, 0}, {1, 1, 0}, {0, 0, 1}};

    if (l == 1) continue;
    PetscCall(KNContributionReadout(&c, l, 3, ab_weak, &R[0][0]));
    for (int i = 0; i < C; i++) {
      for (int k = 0; k < 3; k++)
        PetscCheck(PetscAbsReal(R[i][k] - expected[i][k]) < 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "readout %d of channel %d from %d is %g, not %g", l, i, k, R[i][k], expected[i][k]);
    }
  }
  PetscCall(TestHidden());
  PetscCall(PetscFinalize());
  return 0;
}
