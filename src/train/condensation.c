/* Measures of condensation: all follow from sums of squares and from the Gram matrix of the incoming weights. */
#include <kitinet/condensation.h>
#include <kitinet/error.h>
#include <errno.h>
#include <petscblaslapack.h>
#include <string.h>

static const char table[] = "condensation.csv", header[] = "epoch,layer,participation,alignment,effective_rank\n";

static double kn_participation(const double *s, size_t C)
{
  double sum = 0, squares = 0;

  for (size_t i = 0; i < C; i++) sum += s[i];
  for (size_t i = 0; i < C; i++) squares += s[i] * s[i];
  return squares > 0 ? sum * sum / ((double)C * squares) : 0;
}

static double kn_alignment(const double *G, size_t C)
{
  // G: (C, C) scalar products of the vectors
  double sum = 0;

  for (size_t o = 0; o < C; o++) {
    for (size_t p = 0; p < o; p++) {
      const double norms = sqrt(G[o * C + o] * G[p * C + p]);

      if (norms > 0) sum += fabs(G[o * C + p]) / norms;
    }
  }
  return C > 1 ? sum / (0.5 * (double)C * (double)(C - 1)) : 0;
}

static double kn_effective_rank(const double *square, size_t C)
{
  // square: (C) squared singular values; rounding leaves some below 0
  double sum = 0, entropy = 0;

  for (size_t i = 0; i < C; i++) sum += PetscMax(square[i], 0);
  for (size_t i = 0; i < C; i++) {
    if (square[i] > 0) entropy -= square[i] / sum * log(square[i] / sum);
  }
  return sum > 0 ? exp(entropy) : 0;
}

static void kn_outgoing(double *s, const KNReal *W, size_t K, size_t Ci, size_t Co)
{
  // s: (Ci); W: (K, Ci, Co)
  for (size_t i = 0; i < Ci; i++) s[i] = 0;
  for (size_t k = 0; k < K; k++) {
    for (size_t i = 0; i < Ci; i++) {
      for (size_t o = 0; o < Co; o++) s[i] += (double)W[(k * Ci + i) * Co + o] * W[(k * Ci + i) * Co + o];
    }
  }
}

static void kn_gram(double *G, const KNReal *A, size_t M, size_t C)
{
  // G: (C, C) = A' A; A: (M, C)
  memset(G, 0, C * C * sizeof(*G));
  for (size_t m = 0; m < M; m++) {
    const KNReal *a = A + m * C;

    for (size_t o = 0; o < C; o++) {
      for (size_t p = 0; p < C; p++) G[o * C + p] += (double)a[o] * a[p];
    }
  }
}

/* square: (C) eigenvalues of G (C, C), which is destroyed. */
static PetscErrorCode Eigenvalues(double G[], PetscInt C, double square[])
{
  PetscBLASInt n, lwork, info;
  double      *work;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(C, &n));
  lwork = 3 * n;
  PetscCall(PetscMalloc1(lwork, &work));
  PetscCallBLAS("LAPACKsyev", LAPACKsyev_("N", "U", &n, G, &n, square, work, &lwork, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's dsyev() ends with %d", (int)info);
  PetscCall(PetscFree(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* W: (Co, Ci, ..) of a linear layer or a convolution, (.., Ci, 2, Co) of a spectral one. */
static PetscErrorCode Measure(const KNParameterInfo *info, const KNReal W[], KNCondensation *measured)
{
  const PetscBool spectral = (PetscBool)(info->rank > 2 && info->role[info->rank - 2] == KN_ROLE_COMPLEX);
  char           *part;
  const PetscInt  Co = info->shape[spectral ? info->rank - 1 : 0], Ci = info->shape[spectral ? info->rank - 3 : 1],
                 C = PetscMax(Ci, Co);
  const size_t ci = (size_t)Ci, co = (size_t)Co, K = info->size / ((spectral ? 2 : 1) * ci * co);
  KNReal      *A;
  double      *G, *s;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(measured->layer, info->name, sizeof(measured->layer)));
  part = strrchr(measured->layer, '.'); /* the layer's name alone */
  if (part) *part = 0;
  PetscCall(PetscMalloc3(info->size, &A, co * co, &G, C, &s));
  /* Inputs before outputs */
  for (size_t ki = 0; !spectral && ki < K * ci; ki++) {
    for (size_t o = 0; o < co; o++) A[ki * co + o] = W[(o * ci + ki % ci) * K + ki / ci];
  }
  if (spectral) PetscCall(PetscArraycpy(A, W, info->size));
  kn_outgoing(s, A, K, ci, (spectral ? 2 : 1) * co);
  measured->participation = kn_participation(s, ci);
  kn_gram(G, A, info->size / co, co);
  measured->alignment = kn_alignment(G, co);
  PetscCall(Eigenvalues(G, Co, s));
  measured->effective_rank = kn_effective_rank(s, co);
  PetscCall(PetscFree3(A, G, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensationMeasure(KNParameters parameters, PetscInt *count, KNCondensation **measured)
{
  KNReal  *value;
  PetscInt declared;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, NULL, NULL, NULL));
  PetscCall(KNParametersGetCount(parameters, &declared));
  PetscCall(PetscCalloc1(declared, measured));
  *count = 0;
  for (PetscInt i = 0; i < declared; i++) {
    const KNParameterInfo *info;
    PetscBool              reads = PETSC_FALSE, writes = PETSC_FALSE;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    for (PetscInt a = 0; a < info->rank; a++) {
      if (info->role[a] == KN_ROLE_STREAM_IN) reads = PETSC_TRUE;
      if (info->role[a] == KN_ROLE_STREAM_OUT) writes = PETSC_TRUE;
    }
    /* convolutions of a block read the stream or write it */
    if ((reads && writes) || ((reads || writes) && info->rank > 2))
      PetscCall(Measure(info, value + info->offset, &(*measured)[(*count)++]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensationStart(KNRun run, PetscInt64 done)
{
  PetscFunctionBegin;
  PetscCall(KNRunTableStart(run, table, header, done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensationAdd(KNRun run, PetscInt64 epoch, KNParameters parameters)
{
  enum { ROW = 256 };
  KNCondensation *measured;
  PetscInt        count;
  char           *text;
  size_t          used = 0;

  PetscFunctionBegin;
  PetscCall(KNCondensationMeasure(parameters, &count, &measured));
  PetscCall(PetscCalloc1((size_t)count * ROW + 1, &text));
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(PetscSNPrintf(text + used, ROW, "%" PetscInt64_FMT ",%s,%.8g,%.8g,%.8g\n", epoch, measured[i].layer,
                            (double)measured[i].participation, (double)measured[i].alignment,
                            (double)measured[i].effective_rank));
    used += strlen(text + used);
  }
  PetscCall(KNRunTableAdd(run, table, text));
  PetscCall(PetscFree(text));
  PetscCall(PetscFree(measured));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensationRead(const char directory[], PetscInt *count, PetscInt64 **epoch,
                                  KNCondensation **measured)
{
  char  path[PETSC_MAX_PATH_LEN], line[512];
  FILE *file;

  PetscFunctionBegin;
  *count    = 0;
  *epoch    = NULL;
  *measured = NULL;
  PetscCall(KNRunPath(directory, table, path));
  file = fopen(path, "r");
  PetscCheck(file || errno == ENOENT, PETSC_COMM_SELF, KN_ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
  while (file && fgets(line, sizeof(line), file)) {
    KNCondensation row;
    long long      e;

    /* the header, or a row that was cut short */
    if (sscanf(line, "%lld,%63[^,],%lf,%lf,%lf", &e, row.layer, &row.participation, &row.alignment,
               &row.effective_rank) != 5)
      continue;
    PetscCall(PetscRealloc((size_t)(*count + 1) * sizeof(**epoch), epoch));
    PetscCall(PetscRealloc((size_t)(*count + 1) * sizeof(row), measured));
    (*epoch)[*count]        = e;
    (*measured)[(*count)++] = row;
  }
  if (file) fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}
