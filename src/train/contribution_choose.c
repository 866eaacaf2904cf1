/* Which channels and hidden units contribute least: linear algebra on what contribution.c measures. */
#include <kitinet/contribution.h>
#include <petscblaslapack.h>

const char *const KNContributionNames[] = {"energy", "taylor", "residual", NULL};

/* of the mean square of a channel: what equals another one up to rounding has an inverse */
static const double ridge = 1e-9;

/* A (n, n): of the channels of G (C, C), with a little on the diagonal, its Cholesky factor. */
static PetscErrorCode Factor(const double G[], PetscInt C, PetscInt n, const PetscInt channel[], double A[])
{
  PetscBLASInt size, info;
  double       trace = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < C; c++) trace += G[c * C + c];
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++)
      A[i * n + j] = G[channel[i] * C + channel[j]] + (i == j ? ridge * trace / (double)C + PETSC_SMALL : 0);
  }
  PetscCall(PetscBLASIntCast(n, &size));
  PetscCallBLAS("LAPACKpotrf", LAPACKpotrf_("U", &size, A, &size, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotrf() ends with %d", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A (n, n): of a Cholesky factor to the inverse, both triangles. */
static PetscErrorCode Invert(double A[], PetscInt n)
{
  PetscBLASInt size, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(n, &size));
  PetscCallBLAS("LAPACKpotri", LAPACKpotri_("U", &size, A, &size, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotri() ends with %d", (int)info);
  for (PetscInt i = 0; i < n; i++) {
    /* LAPACK's upper triangle of columns is the lower one of rows */
    for (PetscInt j = 0; j < i; j++) A[j * n + i] = A[i * n + j];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* score: (n) of the channels of a set that are still there. work: (n, n) */
static PetscErrorCode Score(const KNContribution *c, PetscInt set, KNContributionType type, PetscInt n,
                            const PetscInt channel[], double work[], double score[])
{
  const PetscInt C = c->channels.width[set];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(score, n));
  for (PetscInt l = 0; l < c->channels.sites; l++) {
    const double *G = c->gram[l], *square = c->square[l];

    if (c->channels.set[l] != set) continue;
    if (type == KN_CONTRIBUTION_RESIDUAL) { /* 1 / (G^-1)_ii is what of channel i the others do not give */
      PetscCall(Factor(G, C, n, channel, work));
      PetscCall(Invert(work, n));
      for (PetscInt i = 0; i < n; i++) score[i] += square[channel[i]] / work[i * n + i];
    } else {
      for (PetscInt i = 0; i < n; i++) score[i] += square[channel[i]] * G[channel[i] * C + channel[i]];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionChoose(const KNContribution *c, PetscInt set, KNContributionType type, PetscInt d,
                                    PetscInt width, PetscInt channel[])
{
  const PetscInt C = c->channels.width[set];
  PetscInt      *left, n = C;
  double        *work, *score;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(C, &left, C * C, &work, C, &score));
  for (PetscInt i = 0; i < C; i++) left[i] = i;
  while (n > width) {
    PetscInt least  = 0;
    double   lowest = PETSC_MAX_REAL;

    PetscCall(Score(c, set, type, n, left, work, score));
    for (PetscInt i = 0; i < n; i += d) {
      double sum = 0;

      for (PetscInt k = 0; k < d; k++) sum += score[i + k];
      if (type == KN_CONTRIBUTION_TAYLOR) { /* one factor on the whole particle */
        sum = 0;
        for (PetscInt k = 0; k < d * d; k++) sum += c->gate[set][left[i + k / d] * C + left[i + k % d]];
      }
      if (sum < lowest) {
        lowest = sum;
        least  = i;
      }
    }
    n -= d;
    PetscCall(PetscArraymove(left + least, left + least + d, n - least));
  }
  PetscCall(PetscArraycpy(channel, left, width));
  PetscCall(PetscFree3(left, work, score));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionReadout(const KNContribution *c, PetscInt site, PetscInt width, const PetscInt channel[],
                                     double R[])
{
  const PetscInt C = c->channels.width[c->channels.set[site]];
  const double  *G = c->gram[site];
  PetscBLASInt   n, columns, info;
  double        *A;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(width, &n));
  PetscCall(PetscBLASIntCast(C, &columns));
  PetscCall(PetscMalloc1(width * width, &A));
  PetscCall(Factor(G, C, width, channel, A));
  for (PetscInt e = 0; e < C; e++) { /* rows of R solve A r_c = G[channel, c]: LAPACK's columns */
    for (PetscInt i = 0; i < width; i++) R[e * width + i] = G[e * C + channel[i]];
  }
  PetscCallBLAS("LAPACKpotrs", LAPACKpotrs_("U", &n, &columns, A, &n, R, &n, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotrs() ends with %d", (int)info);
  for (PetscInt k = 0; k < width; k++) { /* exactly what they are */
    for (PetscInt i = 0; i < width; i++) R[channel[k] * width + i] = i == k ? 1 : 0;
  }
  PetscCall(PetscFree(A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Unit k leaves, the others make up for it. A: (n, n) inverse of the Gram matrix of those that are left, whose other
  rows and columns are 0; w: (outputs, n)
*/
static void kn_surgeon_remove(double *A, double *w, PetscInt k, PetscInt n, PetscInt outputs)
{
  const double pivot = A[k * n + k];

  for (PetscInt o = 0; o < outputs; o++) {
    const double f = w[o * n + k] / pivot;

    for (PetscInt j = 0; j < n; j++) w[o * n + j] -= f * A[k * n + j];
  }
  for (PetscInt i = 0; i < n; i++) {
    const double f = i == k ? 0 : A[i * n + k] / pivot;

    for (PetscInt j = 0; j < n; j++) A[i * n + j] -= f * A[k * n + j];
  }
  for (PetscInt i = 0; i < n; i++) A[i * n + k] = A[k * n + i] = 0;
}

PetscErrorCode KNContributionOrderHidden(const KNContribution *c, PetscInt order[])
{
  const PetscInt H = c->units, n = H + 1, outputs = c->outputs;
  PetscInt      *all;
  double        *A, *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &all, n * n, &A, outputs * n, &w));
  for (PetscInt i = 0; i < n; i++) all[i] = i;
  PetscCall(PetscArraycpy(w, c->output, outputs * n));
  PetscCall(Factor(c->hidden, n, n, all, A));
  PetscCall(Invert(A, n));
  for (PetscInt left = H; left > 0; left--) {
    double lowest = PETSC_MAX_REAL;

    for (PetscInt k = 0; k < H; k++) {
      double square = 0;

      for (PetscInt o = 0; o < outputs; o++) square += w[o * n + k] * w[o * n + k];
      /* what the output changes by; 0: it has left */
      if (A[k * n + k] != 0 && !(square / PetscAbsReal(A[k * n + k]) >= lowest)) {
        lowest          = square / PetscAbsReal(A[k * n + k]);
        order[left - 1] = k;
      }
    }
    kn_surgeon_remove(A, w, order[left - 1], n, outputs);
  }
  PetscCall(PetscFree3(all, A, w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNContributionOutput(const KNContribution *c, PetscInt hidden, const PetscInt unit[], double output[])
{
  const PetscInt n = c->units + 1, m = hidden + 1;
  PetscBLASInt   size, columns, info;
  PetscInt      *stay;
  double        *A;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(m, &size));
  PetscCall(PetscBLASIntCast(c->outputs, &columns));
  PetscCall(PetscMalloc2(m, &stay, m * m, &A));
  PetscCall(PetscArraycpy(stay, unit, hidden));
  stay[hidden] = n - 1;
  PetscCall(Factor(c->hidden, n, m, stay, A));
  for (PetscInt o = 0; o < c->outputs; o++) {
    for (PetscInt i = 0; i < m; i++) {
      output[o * m + i] = 0;
      for (PetscInt k = 0; k < n; k++) output[o * m + i] += c->hidden[stay[i] * n + k] * c->output[o * n + k];
    }
  }
  PetscCallBLAS("LAPACKpotrs", LAPACKpotrs_("U", &size, &columns, A, &size, output, &size, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dpotrs() ends with %d", (int)info);
  PetscCall(PetscFree2(stay, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
