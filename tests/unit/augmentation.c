/*
  Moving pictures and cutting squares out of them against their definitions; the draws: all moves, as likely, pure;
  words of texts, too.
*/
#include <kitinet/augmentation.h>
#include <kitinet/random.h>
#include <string.h>

enum { C = 3, N1 = 7, N2 = 5, SIZE = C * N1 * N2 };

static const float fill[C] = {-1, -2, -3};

static void Fill(float x[])
{
  for (int i = 0; i < SIZE; i++) x[i] = (float)(i + 1);
}

static float At(const float x[], int c, int i, int j)
{
  return i < 0 || i >= N1 || j < 0 || j >= N2 ? fill[c] : x[(c * N1 + i) * N2 + j];
}

static PetscErrorCode Shifts(void)
{
  float x[SIZE], moved[SIZE];

  PetscFunctionBegin;
  Fill(x);
  for (int di = -N1 + 1; di < N1; di++) {
    for (int dj = -N2 + 1; dj < N2; dj++) {
      memcpy(moved, x, sizeof(x));
      kn_shift(moved, fill, di, dj, C, N1, N2);
      for (int s = 0; s < SIZE; s++) {
        const int c = s / (N1 * N2), i = s / N2 % N1, j = s % N2;

        PetscCheck(moved[s] == At(x, c, i + di, j + dj), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "moved by (%d, %d): %g at (%d, %d, %d), expected %g", di, dj, (double)moved[s], c, i, j,
                   (double)At(x, c, i + di, j + dj));
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Cutouts(void)
{
  float x[SIZE], cut[SIZE];

  PetscFunctionBegin;
  Fill(x);
  for (int n = 0; n <= N1 + 1; n++) {
    for (int i0 = -n - 1; i0 <= N1; i0++) {
      for (int j0 = -n - 1; j0 <= N2; j0++) {
        memcpy(cut, x, sizeof(x));
        kn_cutout(cut, fill, i0, j0, (size_t)n, C, N1, N2);
        for (int s = 0; s < SIZE; s++) {
          const int       c = s / (N1 * N2), i = s / N2 % N1, j = s % N2;
          const PetscBool inside = (PetscBool)(i >= i0 && i < i0 + n && j >= j0 && j < j0 + n);

          PetscCheck(cut[s] == (inside ? fill[c] : x[s]), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                     "a square of %d at (%d, %d): %g at (%d, %d, %d)", n, i0, j0, (double)cut[s], c, i, j);
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A picture that is 0 but for its middle: where that goes is the move. */
static PetscErrorCode Draws(void)
{
  enum { P = 2, SIDE = 9, DRAWS = 50000, MOVES = (2 * P + 1) * (2 * P + 1) };
  const KNAugmentation augmentation = {.shift = P};
  const KNGrid         grid         = KNGridMake(2, (const PetscInt[]){SIDE, SIDE}, KN_POINTS_CELLS);
  const float          zero         = 0;
  PetscInt             count[MOVES] = {0}, worst = 0;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < DRAWS; n++) {
    float    x[SIDE * SIDE] = {0}, again[SIDE * SIDE] = {0};
    PetscInt at = -1;

    x[SIDE / 2 * SIDE + SIDE / 2] = again[SIDE / 2 * SIDE + SIDE / 2] = 1;
    KNAugment(&augmentation, 1, n % 7, n / 7, 1, &grid, &zero, x);
    KNAugment(&augmentation, 1, n % 7, n / 7, 1, &grid, &zero, again);
    PetscCheck(!memcmp(x, again, sizeof(x)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "not a function of its coordinates");
    for (PetscInt i = 0; i < SIDE * SIDE; i++) at = x[i] == 1 ? i : at;
    PetscCheck(at >= 0 && PetscAbsInt(at / SIDE - SIDE / 2) <= P && PetscAbsInt(at % SIDE - SIDE / 2) <= P,
               PETSC_COMM_SELF, PETSC_ERR_PLIB, "moved to %" PetscInt_FMT, at);
    count[(at / SIDE - SIDE / 2 + P) * (2 * P + 1) + at % SIDE - SIDE / 2 + P]++;
  }
  /* 2000 expected, deviation 44: the largest of 25 exceeds 5 of them once in 70,000 */
  for (int i = 0; i < MOVES; i++) worst = PetscMax(worst, PetscAbsInt(count[i] - DRAWS / MOVES));
  PetscCheck(worst < 220, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a move is drawn %" PetscInt_FMT " times off %d", worst,
             DRAWS / MOVES);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An odd square stands about its point: any point of the picture is hit, the corners too. */
static PetscErrorCode Squares(void)
{
  enum { SIDE = 8, CUT = 3, DRAWS = 4000 };
  const KNAugmentation augmentation         = {.cutout = CUT};
  const KNGrid         grid                 = KNGridMake(2, (const PetscInt[]){SIDE, SIDE}, KN_POINTS_CELLS);
  const float          zero                 = 0;
  PetscInt             sizes[CUT * CUT + 1] = {0};

  PetscFunctionBegin;
  for (PetscInt n = 0; n < DRAWS; n++) {
    float    x[SIDE * SIDE];
    PetscInt gone = 0;

    for (int i = 0; i < SIDE * SIDE; i++) x[i] = 1;
    KNAugment(&augmentation, 3, 0, n, 1, &grid, &zero, x);
    for (int i = 0; i < SIDE * SIDE; i++) gone += x[i] == 0;
    PetscCheck(gone == 4 || gone == 6 || gone == 9, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " points cut",
               gone);
    sizes[gone]++;
  }
  /* 4 of 64 points are corners, 24 lie on the sides: 250 and 1500 expected, deviations 15 and 31 */
  PetscCheck(PetscAbsInt(sizes[4] - 250) < 90 && PetscAbsInt(sizes[6] - 1500) < 180, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%" PetscInt_FMT " corners, %" PetscInt_FMT " sides", sizes[4], sizes[6]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each word goes with the probability, whatever goes beside it; what is no word of a vocabulary stays. */
static PetscErrorCode Words(void)
{
  enum { WORDS = 10, DRAWS = 40000 };
  const KNAugmentation augmentation = {.words = 0.25};
  PetscInt             gone[WORDS] = {0}, both = 0;
  int32_t              whole[WORDS];

  PetscFunctionBegin;
  for (int i = 0; i < WORDS; i++) whole[i] = i == 0 ? KN_WORD_BEGINNING : i == 5 ? KN_WORD_SEPARATOR : 100 + i;
  for (PetscInt n = 0; n < DRAWS; n++) {
    int32_t text[WORDS], again[WORDS];

    memcpy(text, whole, sizeof(text));
    memcpy(again, whole, sizeof(again));
    KNAugmentText(&augmentation, 5, n % 3, n / 3, WORDS, text);
    KNAugmentText(&augmentation, 5, n % 3, n / 3, WORDS, again);
    PetscCheck(!memcmp(text, again, sizeof(text)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "not a function of its coordinates");
    for (int i = 0; i < WORDS; i++) {
      PetscCheck(text[i] == KN_WORD_UNKNOWN || text[i] == whole[i], PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "word %d became %d", i, (int)text[i]);
      gone[i] += text[i] == KN_WORD_UNKNOWN;
    }
    both += text[1] == KN_WORD_UNKNOWN && text[2] == KN_WORD_UNKNOWN;
  }
  /* 10,000 expected, deviation 87; of two 2,500, deviation 48 */
  for (int i = 0; i < WORDS; i++) {
    const PetscInt expected = i == 0 || i == 5 ? 0 : DRAWS / 4;

    PetscCheck(PetscAbsInt(gone[i] - expected) <= (expected ? 435 : 0), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "word %d is gone %" PetscInt_FMT " times, expected %" PetscInt_FMT, i, gone[i], expected);
  }
  PetscCheck(PetscAbsInt(both - DRAWS / 16) <= 240, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "two words are gone together %" PetscInt_FMT " times", both);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Shifts());
  PetscCall(Cutouts());
  PetscCall(Draws());
  PetscCall(Squares());
  PetscCall(Words());
  PetscCall(PetscFinalize());
  return 0;
}
