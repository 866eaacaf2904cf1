/* Certificates as files: tables of samples and frames, and a picture. */
#include "csv.h"
#include "evaluate_certify.h"
#include <kitinet/picture.h>
#include <kitinet/run.h>

/* certificate_frames.csv, if any dataset has frames. */
static PetscErrorCode WriteFrames(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                                  char *const dataset[], const KNCertified certified[])
{
  PetscBool any = PETSC_FALSE;
  KNCSV     csv;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n * m; i++) any = (PetscBool)(any || (certified[i] && certified[i]->frames));
  if (!any) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) fprintf(csv.file, "checkpoint,dataset,row,frame,t,error,defect,truth_defect\n");
  for (PetscInt k = 0; k < n * m && csv.file; k++) {
    const KNCertified c = certified[k];

    for (PetscInt64 row = 0; c && row < c->samples; row++) {
      for (PetscInt f = 0; f < c->frames; f++) {
        const size_t at = (size_t)row * (size_t)c->frames + (size_t)f;

        if (PetscIsNanReal(c->frame[DEFECT][at]) && PetscIsNanReal(c->frame[ERROR][at])) continue; /* given */
        KNCSVText(csv.file, candidate[k / m].path, ",");
        KNCSVText(csv.file, dataset[k % m], ",");
        fprintf(csv.file, "%" PetscInt64_FMT ",%" PetscInt_FMT ",", row, f);
        KNCSVReal(csv.file, c->times[f], ",");
        KNCSVReal(csv.file, c->frame[ERROR][at], ",");
        KNCSVReal(csv.file, c->frame[DEFECT][at], ",");
        KNCSVReal(csv.file, c->frame[TRUE_DEFECT][at], "\n");
      }
    }
  }
  PetscCall(KNCSVEnd(&csv, directory, "certificate_frames.csv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                              char *const dataset[], const KNJudgement judgement[], const KNCertified certified[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) fprintf(csv.file, "checkpoint,dataset,row,error,estimate,bound,residual,truth_estimate,error_90\n");
  for (PetscInt i = 0; i < n && csv.file; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const KNCertified c = certified[i * m + j];

      for (PetscInt64 row = 0; c && row < c->samples; row++) {
        KNCSVText(csv.file, candidate[i].path, ",");
        KNCSVText(csv.file, dataset[j], ",");
        fprintf(csv.file, "%" PetscInt64_FMT ",", row);
        KNCSVReal(csv.file, KNTrueErrors(&candidate[i], judgement[i * m + j])[row], ",");
        KNCSVReal(csv.file, c->value[ESTIMATE][row], ",");
        KNCSVReal(csv.file, c->value[BOUND][row], ",");
        KNCSVReal(csv.file, c->value[RESIDUAL][row], ",");
        KNCSVReal(csv.file, c->value[TRUTH][row], ",");
        KNCSVReal(csv.file, c->most * c->value[ESTIMATE][row], "\n");
      }
    }
  }
  PetscCall(KNCSVEnd(&csv, directory, "certificates.csv"));
  PetscCall(WriteFrames(directory, n, candidate, m, dataset, certified));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyDraw(const KNCandidate *candidate, const char name[], KNJudgement judgement,
                             KNCertified certified)
{
  const PetscReal *error = KNTrueErrors(candidate, judgement);
  PetscReal       *x, *y, *bound, *most;
  PetscInt         count = 0;
  char             path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(certified->samples, &x, certified->samples, &y, certified->samples, &bound, certified->samples,
                         &most));
  for (PetscInt64 i = 0; i < certified->samples; i++) {
    if (PetscIsInfOrNanReal(certified->value[ESTIMATE][i]) || PetscIsNanReal(error[i])) continue;
    x[count]      = 100 * error[i];
    y[count]      = 100 * certified->value[ESTIMATE][i];
    bound[count]  = 100 * certified->value[BOUND][i];
    most[count++] = 100 * certified->most * certified->value[ESTIMATE][i];
  }
  if (count) {
    const KNPictureCurve curve[] = {
      {.name = "estimate", .n = count, .x = x, .y = y},
      {.name = PetscIsNanReal(bound[0]) ? "above 90 % of the errors" : "bound on the energy error",
       .n    = count,
       .x    = x,
       .y    = PetscIsNanReal(bound[0]) ? most : bound}};
    const PetscInt curves = PetscIsNanReal(curve[1].y[0]) ? 1 : 2;

    PetscCall(PetscSNPrintf(file, sizeof(file), "certificates_%s", name));
    PetscCall(KNRunPath(candidate->directory, file, path));
    PetscCall(KNPicturePoints(path, NULL, "true relative L2 error in %", "what the solver says in %", KN_AXES_LOG_XY,
                              curves, curve));
  }
  PetscCall(PetscFree4(x, y, bound, most));
  PetscFunctionReturn(PETSC_SUCCESS);
}
