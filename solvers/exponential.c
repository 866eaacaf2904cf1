/*
  Exponential Runge-Kutta steps of order 4 and of controlled error for v' = L v + N(v), L diagonal and complex, its part
  of the solution exact. With z = h L:

      a = e^(z/2) v + q N(v)               q  = h/2 phi_1(z/2)
      b = a + r (N(a) - N(v))              r  = h phi_2(z/2)
      c = e^z v + p N(v) + g (N(b) - N(v)) p  = h phi_1(z),   g = 2 h phi_2(z)
      w = c + f2 N(a) + (f2 - g) N(b) + f3 (N(v) + N(c))

      f2 = h (2 phi_2 - 4 phi_3)(z),   f3 = h (4 phi_3 - phi_2)(z),   phi_k(z) = sum over j >= 0 of z^j/(j + k)!

  w is e^z v + h (phi_1 - 3 phi_2 + 4 phi_3) N(v) + f2 (N(a) + N(b)) + f3 N(c), as in every ETDRK4; stages by phi_2
  follow the stiff modes more closely than those of Cox and Matthews: a seventh of their error on Kuramoto and
  Sivashinsky's equation, and the same where L is not stiff, as on Gray and Scott's.

  Error: with N(w), which the next step needs anyway, in the place of N(c) the step has order 3: c and w are both v at
  the end of the step, and meet the same conditions of order 3. The difference f3 (N(w) - N(c)) costs nothing; the step
  goes on with w.

  Lengths: what is left of an interval in equal steps, so that its end is met and coefficients, which are kept for the
  last few lengths, are made seldom. A step whose error is too large is made again with shorter ones; longer ones are
  taken at once where that is worth new coefficients, else from the next interval on, by the most careful step of this
  one.

  Sources: Krogstad, J. Comput. Phys. 203 (2005) 72, ETDRK4-B; Cox and Matthews, J. Comput. Phys. 176 (2002) 430. The
  pair is that of Balac and Mahe, Comput. Phys. Commun. 184 (2013) 1211, in the interaction picture, which is this one
  where L = 0.
*/
#include "phi.h"
#include "stepper.h"

#define KN_SHORTEST 1e-12 /* step, of an interval */
#define KN_LENGTHS  6     /* whose coefficients are kept */
#define KN_SAFETY   0.9   /* times the length that the error of a step allows is taken next */
#define KN_SHRINK   0.2   /* at least, and */
#define KN_GROWTH   5.0   /* at most so many times the length of the last step */
#define KN_JUMP     1.3   /* times the length is worth new steps within an interval */
#define KN_FIRST    0.1   /* of the state that N may change in the first step, if dt is not given */

enum { HALF, FULL, Q, R, P, G, F2, F3, COEFFICIENTS };

typedef struct {
  PetscReal  h;               /* 0: not made yet */
  PetscReal *c[COEFFICIENTS]; /* (size); a real number twice where L is real */
} Length;

typedef struct {
  PetscBool  real; /* L is */
  PetscReal  dt;   /* length that the next step may have; 0: not chosen yet */
  PetscInt   steps;
  PetscInt   next; /* of lengths, to be replaced */
  Length     lengths[KN_LENGTHS];
  PetscReal *coefficients;           /* their memory, (KN_LENGTHS, COEFFICIENTS, size) */
  PetscReal *work;                   /* (9, size), the memory of the state and of: */
  PetscReal *a, *b, *c;              /* (size) stages; c: then the end of the step */
  PetscReal *nv, *na, *nb, *nc, *nw; /* (size) N of the state, of the stages, of the end */
} Exponential;

/* c: (COEFFICIENTS) arrays (size), linear (size). */
static void kn_exponential_coefficients(PetscReal *const c[], const PetscReal *linear, PetscReal h, PetscBool real,
                                        size_t size)
{
  for (size_t s = 0; s < size; s += 2) {
    const double complex z = h * CMPLX(linear[s], linear[s + 1]);
    double complex       phi[4], half[4], value[COEFFICIENTS];

    kn_phi(phi, z);
    kn_phi(half, z / 2.0);
    value[HALF] = half[0];
    value[FULL] = phi[0];
    value[Q]    = h / 2.0 * half[1];
    value[R]    = h * half[2];
    value[P]    = h * phi[1];
    value[G]    = 2.0 * h * phi[2];
    value[F2]   = h * (2.0 * phi[2] - 4.0 * phi[3]);
    value[F3]   = h * (4.0 * phi[3] - phi[2]);
    for (int i = 0; i < COEFFICIENTS; i++) {
      c[i][s]     = creal(value[i]);
      c[i][s + 1] = real ? creal(value[i]) : cimag(value[i]);
    }
  }
}

/* The real and the imaginary part of the sum of coefficient times value: (size) arrays, s even. */
#define KN_RE(c, v) ((c)[s] * (v)[s] - (c)[s + 1] * (v)[s + 1])
#define KN_IM(c, v) ((c)[s] * (v)[s + 1] + (c)[s + 1] * (v)[s])

/* out = c v + d n, all (size). */
static void kn_exponential_sum(PetscReal *restrict out, const PetscReal *restrict c, const PetscReal *restrict v,
                               const PetscReal *restrict d, const PetscReal *restrict n, PetscBool real, size_t size)
{
  if (real) {
    for (size_t s = 0; s < size; s++) out[s] = c[s] * v[s] + d[s] * n[s];
  } else {
    for (size_t s = 0; s < size; s += 2) {
      const PetscReal re = KN_RE(c, v) + KN_RE(d, n), im = KN_IM(c, v) + KN_IM(d, n);

      out[s]     = re;
      out[s + 1] = im;
    }
  }
}

/* b = a + r (na - nv), all (size). */
static void kn_exponential_middle(PetscReal *restrict b, const PetscReal *restrict a, const PetscReal *restrict r,
                                  const PetscReal *restrict na, const PetscReal *restrict nv, PetscBool real,
                                  size_t size)
{
  if (real) {
    for (size_t s = 0; s < size; s++) b[s] = a[s] + r[s] * (na[s] - nv[s]);
  } else {
    for (size_t s = 0; s < size; s += 2) {
      const PetscReal re = na[s] - nv[s], im = na[s + 1] - nv[s + 1];

      b[s]     = a[s] + r[s] * re - r[s + 1] * im;
      b[s + 1] = a[s + 1] + r[s] * im + r[s + 1] * re;
    }
  }
}

/* out = c[FULL] v + c[P] nv + c[G] (nb - nv), all (size). */
static void kn_exponential_end(PetscReal *restrict out, PetscReal *const c[], const PetscReal *restrict v,
                               const PetscReal *restrict nv, const PetscReal *restrict nb, PetscBool real, size_t size)
{
  const PetscReal *restrict full = c[FULL], *restrict p = c[P], *restrict g = c[G];

  if (real) {
    for (size_t s = 0; s < size; s++) out[s] = full[s] * v[s] + p[s] * nv[s] + g[s] * (nb[s] - nv[s]);
  } else {
    for (size_t s = 0; s < size; s += 2) {
      const PetscReal re = nb[s] - nv[s], im = nb[s + 1] - nv[s + 1];

      out[s]     = KN_RE(full, v) + KN_RE(p, nv) + g[s] * re - g[s + 1] * im;
      out[s + 1] = KN_IM(full, v) + KN_IM(p, nv) + g[s] * im + g[s + 1] * re;
    }
  }
}

/* w += c[F2] (na + nb) - c[G] nb + c[F3] (nv + nc), all (size). */
static void kn_exponential_finish(PetscReal *restrict w, PetscReal *const c[], const PetscReal *restrict nv,
                                  const PetscReal *restrict na, const PetscReal *restrict nb,
                                  const PetscReal *restrict nc, PetscBool real, size_t size)
{
  const PetscReal *restrict g = c[G], *restrict f2 = c[F2], *restrict f3 = c[F3];

  if (real) {
    for (size_t s = 0; s < size; s++) w[s] += f2[s] * (na[s] + nb[s]) - g[s] * nb[s] + f3[s] * (nv[s] + nc[s]);
  } else {
    for (size_t s = 0; s < size; s += 2) {
      const PetscReal re = na[s] + nb[s], im = na[s + 1] + nb[s + 1], ends_re = nv[s] + nc[s],
                      ends_im = nv[s + 1] + nc[s + 1];

      w[s] += f2[s] * re - f2[s + 1] * im - KN_RE(g, nb) + f3[s] * ends_re - f3[s + 1] * ends_im;
      w[s + 1] += f2[s] * im + f2[s + 1] * re - KN_IM(g, nb) + f3[s] * ends_im + f3[s + 1] * ends_re;
    }
  }
}

/* error = f3 (nw - nc), in the place of nc; all (size). */
static void kn_exponential_error(PetscReal *restrict nc, const PetscReal *restrict f3, const PetscReal *restrict nw,
                                 PetscBool real, size_t size)
{
  if (real) {
    for (size_t s = 0; s < size; s++) nc[s] = f3[s] * (nw[s] - nc[s]);
  } else {
    for (size_t s = 0; s < size; s += 2) {
      const PetscReal re = nw[s] - nc[s], im = nw[s + 1] - nc[s + 1];

      nc[s]     = f3[s] * re - f3[s + 1] * im;
      nc[s + 1] = f3[s] * im + f3[s + 1] * re;
    }
  }
}

/* The coefficients for steps of h. */
static PetscReal *const *KNExponentialLength(KNStepper stepper, PetscReal h)
{
  Exponential *e = (Exponential *)stepper->data;
  Length      *l = NULL;

  for (int i = 0; i < KN_LENGTHS; i++) {
    if (e->lengths[i].h == h) return e->lengths[i].c;
  }
  l       = &e->lengths[e->next];
  e->next = (e->next + 1) % KN_LENGTHS;
  l->h    = h;
  kn_exponential_coefficients(l->c, stepper->evolution.linear, h, e->real, stepper->evolution.size);
  return l->c;
}

/* A step of h from v, to c; N(c) is nw. *error and *norm: of the root mean squares, of the step and of its end. */
static PetscErrorCode KNExponentialStep(KNStepper stepper, PetscReal h, PetscReal *error, PetscReal *norm)
{
  Exponential       *e    = (Exponential *)stepper->data;
  const KNEvolution *p    = &stepper->evolution;
  PetscReal *const  *c    = KNExponentialLength(stepper, h);
  const size_t       size = p->size;

  PetscFunctionBegin;
  kn_exponential_sum(e->a, c[HALF], stepper->v, c[Q], e->nv, e->real, size);
  PetscCall(p->nonlinear(p->context, e->a, e->na));
  kn_exponential_middle(e->b, e->a, c[R], e->na, e->nv, e->real, size);
  PetscCall(p->nonlinear(p->context, e->b, e->nb));
  kn_exponential_end(e->c, c, stepper->v, e->nv, e->nb, e->real, size);
  PetscCall(p->nonlinear(p->context, e->c, e->nc));
  kn_exponential_finish(e->c, c, e->nv, e->na, e->nb, e->nc, e->real, size);
  PetscCall(p->nonlinear(p->context, e->c, e->nw));
  kn_exponential_error(e->nc, c[F3], e->nw, e->real, size);
  PetscCall(p->norm(p->context, e->nc, error));
  PetscCall(p->norm(p->context, e->c, norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline void KNSwap(PetscReal **a, PetscReal **b)
{
  PetscReal *const swap = *a;

  *a = *b;
  *b = swap;
}

/* N of the state, and by it the first step where none was made before. */
static PetscErrorCode KNExponentialBegin(KNStepper stepper, PetscReal interval)
{
  Exponential       *e = (Exponential *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  PetscReal          norm, rate;

  PetscFunctionBegin;
  PetscCall(p->nonlinear(p->context, stepper->v, e->nv));
  if (e->dt > 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(p->norm(p->context, stepper->v, &norm));
  PetscCall(p->norm(p->context, e->nv, &rate));
  e->dt = rate > 0.0 ? PetscMax(KN_FIRST * norm / rate, KN_SHORTEST * interval) : interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Equal steps of at most dt, and their number. */
static PetscReal KNExponentialShare(PetscReal left, PetscReal dt, PetscInt64 *steps)
{
  *steps = PetscMax((PetscInt64)PetscCeilReal(left / dt * (1.0 - PETSC_SMALL)), 1);
  return left / (PetscReal)*steps;
}

/* Without N: one step, which is exact. */
static void KNExponentialTurn(KNStepper stepper, PetscReal interval)
{
  Exponential      *e = (Exponential *)stepper->data;
  PetscReal *const *c = KNExponentialLength(stepper, interval);

  kn_exponential_sum(e->c, c[FULL], stepper->v, c[Q], e->nv, e->real, stepper->evolution.size);
  KNSwap(&stepper->v, &e->c);
  e->steps++;
}

static PetscErrorCode KNExponentialMarch(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  Exponential *e = (Exponential *)stepper->data;
  PetscReal    h, next = interval; /* the longest step that all steps of this interval allow */
  PetscInt64   left;               /* steps of h */

  PetscFunctionBegin;
  PetscCall(KNExponentialBegin(stepper, interval));
  h = KNExponentialShare(interval, e->dt, &left);
  while (left > 0 && report->converged) {
    PetscReal error, norm, factor = KN_SHRINK;

    PetscCall(KNExponentialStep(stepper, h, &error, &norm));
    e->steps++;
    if (PetscIsInfOrNanReal(error) || PetscIsInfOrNanReal(norm)) {
      report->retried = PETSC_TRUE;
    } else {
      const PetscReal allowed = PetscPowReal(stepper->tolerance * norm / PetscMax(error, PETSC_MIN_REAL), 0.25);

      factor = PetscMin(KN_GROWTH, PetscMax(KN_SHRINK, KN_SAFETY * allowed));
    }
    if (error <= stepper->tolerance * norm && !PetscIsInfOrNanReal(norm)) {
      KNSwap(&stepper->v, &e->c);
      KNSwap(&e->nv, &e->nw);
      if (stepper->evolution.watch) PetscCall(stepper->evolution.watch(stepper->evolution.context, stepper->v, norm));
      left--;
      next = PetscMin(next, h * factor);
      if (factor < KN_JUMP || left < 2) continue;
      next = h * factor;
      h    = KNExponentialShare(h * (PetscReal)left, next, &left);
    } else if (h > KN_SHORTEST * interval) {
      next = h * PetscMin(factor, KN_SAFETY);
      h    = KNExponentialShare(h * (PetscReal)left, next, &left);
    } else {
      report->converged = PETSC_FALSE;
      PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                              "steps shrink without end at t = %.6g: the solution has no limit, or rounding errors "
                              "exceed the tolerance",
                              (double)(stepper->t + interval - h * (PetscReal)left)));
    }
  }
  e->dt = next;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperAdvance_Exponential(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  PetscFunctionBegin;
  report->converged = PETSC_TRUE;
  if (stepper->evolution.nonlinear) PetscCall(KNExponentialMarch(stepper, interval, report));
  else KNExponentialTurn(stepper, interval);
  report->iterations = ((Exponential *)stepper->data)->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperStart_Exponential(KNStepper stepper, PetscReal dt)
{
  Exponential *e = (Exponential *)stepper->data;

  PetscFunctionBegin;
  e->dt    = dt;
  e->steps = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether L is real; what was made of it for steps of known lengths is forgotten. */
static PetscErrorCode KNStepperUpdate_Exponential(KNStepper stepper)
{
  Exponential *e    = (Exponential *)stepper->data;
  PetscMPIInt  real = 1;

  PetscFunctionBegin;
  for (size_t s = 1; s < stepper->evolution.size; s += 2) real = real && stepper->evolution.linear[s] == 0.0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &real, 1, MPI_INT, MPI_MIN, stepper->evolution.comm));
  e->real = (PetscBool)real;
  e->next = 0;
  for (int i = 0; i < KN_LENGTHS; i++) e->lengths[i].h = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperDestroy_Exponential(KNStepper stepper)
{
  Exponential *e = (Exponential *)stepper->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&e->coefficients));
  PetscCall(KNFree(&e->work));
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperCreate_Exponential(const KNEvolution *evolution, PetscReal tolerance, KNStepper *stepper)
{
  const size_t size = evolution->size;
  Exponential *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(stepper));
  PetscCall(PetscNew(&e));
  (*stepper)->data      = e;
  (*stepper)->ops       = (KNStepperOps){.start   = KNStepperStart_Exponential,
                                         .advance = KNStepperAdvance_Exponential,
                                         .update  = KNStepperUpdate_Exponential,
                                         .destroy = KNStepperDestroy_Exponential};
  (*stepper)->evolution = *evolution;
  (*stepper)->tolerance = tolerance;
  PetscCall(KNStepperUpdate(*stepper));
  PetscCall(KNMalloc(KN_LENGTHS * COEFFICIENTS * size, sizeof(PetscReal), &e->coefficients));
  for (size_t i = 0; i < KN_LENGTHS * COEFFICIENTS; i++) {
    e->lengths[i / COEFFICIENTS].c[i % COEFFICIENTS] = e->coefficients + i * size;
  }
  PetscCall(KNMalloc(9 * size, sizeof(PetscReal), &e->work));
  (*stepper)->v = e->work;
  e->a          = e->work + size;
  e->b          = e->work + 2 * size;
  e->c          = e->work + 3 * size;
  e->nv         = e->work + 4 * size;
  e->na         = e->work + 5 * size;
  e->nb         = e->work + 6 * size;
  e->nc         = e->work + 7 * size;
  e->nw         = e->work + 8 * size;
  PetscCall(PetscArrayzero(e->nv, size)); /* where N is not there */
  PetscFunctionReturn(PETSC_SUCCESS);
}
