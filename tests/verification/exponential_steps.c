/*
  Exponential steps are exact where they must be. v = q(t), a polynomial, solves v' = L v + p(t) with p = q' - L q,
  whatever L is: a step of Adams must reproduce q of degree 5, its prediction degree 4, a step of Runge and Kutta degree
  2; values read off the polynomial at another spacing degree 4. For L = 0, near 0, real, imaginary, stiff.
*/
#include <complex.h>
#include <kitinet/base.h>
#include "../../solvers/exponential_steps.h"

#define COUNT 9
#define STEP  0.3

static const double complex rates[COUNT] = {0.0, -1e-9, -0.7, -3.3, 2.0, -1e5, I * 2, 150.0 * I, -3.0 + 7.0 * I};

/* q = sum over j <= degree of t^j (1 + j i/2)/(j + 1), and its derivative. */
static double complex Solution(int degree, double t)
{
  double complex q = 0.0;

  for (int j = degree; j >= 0; j--) q = q * t + (1.0 + 0.5 * I * j) / (j + 1.0);
  return q;
}

static double complex Force(double complex rate, int degree, double t)
{
  double complex derivative = 0.0;

  for (int j = degree; j > 0; j--) derivative = derivative * t + j * (1.0 + 0.5 * I * j) / (j + 1.0);
  return derivative - rate * Solution(degree, t);
}

/* The state and the forces at time t, of `count` rates. */
static void Fill(int degree, double t, size_t count, PetscReal v[], PetscReal n[])
{
  for (size_t s = 0; s < count; s++) {
    const double complex q = Solution(degree, t), p = Force(rates[s], degree, t);

    if (v) v[2 * s] = creal(q);
    if (v) v[2 * s + 1] = cimag(q);
    if (n) n[2 * s] = creal(p);
    if (n) n[2 * s + 1] = cimag(p);
  }
}

static PetscErrorCode Check(const char what[], const PetscReal found[], const PetscReal exact[], size_t count)
{
  PetscFunctionBegin;
  for (size_t s = 0; s < count; s++) {
    const double off   = hypot(found[2 * s] - exact[2 * s], found[2 * s + 1] - exact[2 * s + 1]),
                 scale = hypot(exact[2 * s], exact[2 * s + 1]);

    PetscCheck(off <= 1e-12 * scale, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, L = %g + %g i: off by %g of %g", what,
               creal(rates[s]), cimag(rates[s]), off, scale);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSteps(PetscBool real, size_t count)
{
  PetscReal  memory[KN_COEFFICIENTS][2 * COUNT], values[KN_ADAMS + 1][2 * COUNT];
  PetscReal  v[2 * COUNT], w[2 * COUNT], x[2 * COUNT], end[2 * COUNT], middle[2 * COUNT], linear[2 * COUNT];
  PetscReal *c[KN_COEFFICIENTS], *n[KN_ADAMS + 1];

  PetscFunctionBegin;
  for (int i = 0; i < KN_COEFFICIENTS; i++) c[i] = memory[i];
  for (int i = 0; i <= KN_ADAMS; i++) n[i] = values[i];
  for (size_t s = 0; s < count; s++) {
    linear[2 * s]     = creal(rates[s]);
    linear[2 * s + 1] = cimag(rates[s]);
  }

  kn_runge_coefficients(c, linear, STEP, real, count);
  Fill(2, 0.0, count, v, n[0]);
  Fill(2, 0.5 * STEP, count, NULL, middle);
  Fill(2, STEP, count, end, n[1]);
  kn_exponential_sum(w, (PetscReal *[]){c[RK_FULL], c[RK_F1], c[RK_F2], c[RK_F2], c[RK_F3]},
                     (const PetscReal *[]){v, n[0], middle, middle, n[1]}, 5, real, count);
  PetscCall(Check("Runge and Kutta", w, end, count));

  kn_adams_coefficients(c, linear, STEP, real, count);
  for (int degree = 4; degree <= 5; degree++) {
    for (int i = 0; i < KN_ADAMS; i++) Fill(degree, -i * STEP, count, i ? NULL : v, n[i]);
    Fill(degree, STEP, count, end, n[KN_ADAMS]);
    kn_exponential_sum(w, c, (const PetscReal *[]){v, n[0], n[1], n[2], n[3], n[4]}, 6, real, count);
    kn_adams_ahead(x, n, count);
    if (degree == 4) PetscCall(Check("Adams, predicted", w, end, count));
    if (degree == 4) PetscCall(Check("the polynomial ahead", x, n[KN_ADAMS], count));
    kn_adams_correct(w, x, c, n[KN_ADAMS], real, count);
    PetscCall(Check("Adams, corrected", w, end, count));
  }

  for (int i = 0; i < KN_ADAMS; i++) Fill(4, -i * STEP, count, NULL, n[i]);
  kn_adams_space(n, 1.7, count);
  for (int i = 0; i < KN_ADAMS; i++) {
    Fill(4, -i * 1.7 * STEP, count, NULL, x);
    PetscCall(Check("another spacing", n[i], x, count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckSteps(PETSC_TRUE, 6)); /* the real ones */
  PetscCall(CheckSteps(PETSC_FALSE, COUNT));
  PetscCall(PetscFinalize());
  return 0;
}
