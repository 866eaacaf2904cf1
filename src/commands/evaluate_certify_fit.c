/*
  Calibrated certificates. On validation samples, whose errors are known: the median of error over estimate, by which
  estimates are multiplied from then on; and the ratio that 90 % of the errors are below, chosen so that it holds for a
  new sample of the same distribution, whatever that is (split conformal prediction: Vovk et al. 2005).
*/
#include "evaluate_certify.h"
#include <kitinet/ensemble.h>
#include <kitinet/error.h>
#include <kitinet/statistics.h>

PetscErrorCode KNCertifiedRatios(KNCertified c, const PetscReal error[], PetscInt *n, PetscReal ratio[])
{
  PetscFunctionBegin;
  *n = 0;
  for (PetscInt64 i = 0; i < c->samples; i++) {
    const PetscReal r = error[i] / c->value[ESTIMATE][i];

    if (!PetscIsInfOrNanReal(r) && c->value[ESTIMATE][i] > 0) ratio[(*n)++] = r;
  }
  PetscCall(PetscSortReal(*n, ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifyCalibrate(KNCandidate *candidate, const char path[], KNCertifier certifier, PetscInt batch)
{
  const KNProblem *problem;
  KNDataset        dataset;
  KNJudgement      judgement;
  KNCertified      certified;
  PetscReal       *ratio, scale, most;
  PetscInt         history, n;
  PetscInt64       samples;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorAccept(candidate->op, dataset, &problem));
  PetscCall(KNOperatorGetHistory(candidate->op, &history));
  PetscCall(KNOperatorPlan(candidate->op, problem, batch, PETSC_FALSE));
  PetscCall(KNJudgementCreate(KNOperatorTask(candidate->op), problem, history, samples, &judgement));
  PetscCall(KNCertifyMeasure(candidate, dataset, certifier, batch, judgement, NULL, &certified));
  PetscCall(KNJudgementReduce(judgement));
  PetscCall(PetscMalloc1(samples, &ratio));
  PetscCall(KNCertifiedRatios(certified, KNTrueErrors(candidate, judgement), &n, ratio));
  PetscCheck(n >= 10, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " samples with a certificate and an error: to calibrate give at least 10", path,
             n);
  /* the smallest ratio that n + 1 samples, this one and a new one, are below with 90 % */
  most  = certified->scale * ratio[PetscMin(n, (9 * (n + 1) + 9) / 10) - 1];
  scale = certified->scale * kn_quantile(ratio, (size_t)n, 0.5);
  PetscCheck(scale > 0, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s: half of the errors are 0: nothing to calibrate", path);
  PetscCall(PetscFree(ratio));
  PetscCall(KNCertifiedDestroy(&certified));
  PetscCall(KNJudgementDestroy(&judgement)); /* which asks the task of the network that is loaded again below */
  PetscCall(KNCertificateStore(candidate->path, candidate->directory, scale, most));
  PetscCall(KNCandidateLoad(candidate));
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD,
                "%s: estimates are multiplied by %.4g from now on, and 90 %% of the errors are below %.4g times "
                "that, fitted on %s\n",
                candidate->path, (double)scale, (double)(most / scale), path));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}
