/* Statistics against values by hand and printed tables of Student's distribution. */
#include <kitinet/statistics.h>

#define CHECK(value, expected, tolerance)                                                                             \
  do {                                                                                                                \
    const double v = (value), e = (expected);                                                                         \
    PetscCheck(PetscAbsReal(v - e) <= (tolerance), PETSC_COMM_SELF, PETSC_ERR_PLIB, #value " is %.15g, not %.15g", v, \
               e);                                                                                                    \
  } while (0)

int main(int argc, char **argv)
{
  /* 95 % of the distribution lie in (-t, t): tables give three decimals. */
  static const struct {
    size_t freedom;
    double t;
  } table[]        = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},   {5, 2.571},     {6, 2.447},
                      {9, 2.262},  {10, 2.228}, {30, 2.042}, {120, 1.980}, {100000, 1.960}};
  const double x[] = {1, 2, 4, 9};
  double       mean, deviation;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(table); i++)
    CHECK(kn_student_interval(table[i].freedom, 0.95), table[i].t, 5e-4);
  CHECK(kn_student_interval(1, 0.5), 1, 1e-12);                      /* Cauchy: tan(pi p / 2) */
  CHECK(kn_student_interval(2, 0.5), PetscSqrtReal(2.0 / 3), 1e-12); /* P = t / sqrt(2 + t^2) */
  CHECK(kn_student_interval(4, 0.99), 4.604, 5e-4);

  kn_mean_deviation(&mean, &deviation, x, 4);
  CHECK(mean, 4, 0);
  CHECK(deviation, PetscSqrtReal(38.0 / 3), 1e-15);
  kn_mean_deviation(&mean, &deviation, x, 1);
  CHECK(mean, 1, 0);
  CHECK(deviation, 0, 0);

  CHECK(kn_quantile(x, 4, 0), 1, 0);
  CHECK(kn_quantile(x, 4, 0.5), 3, 0);
  CHECK(kn_quantile(x, 4, 0.9), 7.5, 1e-14); /* place 2.7 between 4 and 9 */
  CHECK(kn_quantile(x, 4, 1), 9, 0);
  CHECK(kn_quantile(x, 1, 0.3), 1, 0);

  { /* ranks 3, 1.5, 1.5, 4 and 1, 2, 3, 4: sums of products of deviations 1.5, of squares 4.5 and 5 */
    const PetscReal a[] = {7, -1, -1, 8}, b[] = {0.1, 0.2, 0.3, 0.4}, same[] = {2, 2, 2, 2}, unknown[] = {1, 2, NAN, 3};
    PetscReal       r;

    PetscCall(KNRankCorrelation(4, a, b, &r));
    CHECK(r, 1.5 / PetscSqrtReal(4.5 * 5), 1e-15);
    PetscCall(KNRankCorrelation(4, b, b, &r));
    CHECK(r, 1, 1e-15);
    PetscCall(KNRankCorrelation(4, a, same, &r));
    CHECK(PetscIsNanReal(r), 1, 0);
    PetscCall(KNRankCorrelation(4, a, unknown, &r));
    CHECK(PetscIsNanReal(r), 1, 0);
    PetscCall(KNRankCorrelation(0, a, b, &r));
    CHECK(PetscIsNanReal(r), 1, 0);
  }
  PetscCall(PetscFinalize());
  return 0;
}
