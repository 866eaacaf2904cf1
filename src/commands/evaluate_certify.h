/* What the parts of `kitinet evaluate -certify` share. */
#ifndef KITINET_EVALUATE_CERTIFY_H
#define KITINET_EVALUATE_CERTIFY_H

#include "evaluate.h"

enum { RESIDUAL, ESTIMATE, BOUND, TRUTH, COLUMNS }; /* TRUTH: estimate of the dataset's own solution */
enum { DEFECT, ERROR, TRUE_DEFECT, FRAME_COLUMNS };

struct _p_KNCertified {
  PetscInt64 samples;
  PetscReal  scale, most;    /* KNOperatorGetCertificate(): estimates hold the scale; most is relative to them */
  PetscInt   frames, given;  /* T and H of trajectories, 0: steady */
  PetscReal *times;          /* (T), the certificate's own */
  PetscReal *value[COLUMNS]; /* (samples); NaN where a sample cannot be judged */
  /* (samples, T) of trajectories, NaN of given frames: defect of the prediction, its true error, defect of the truth */
  PetscReal *frame[FRAME_COLUMNS];
};

/* Not collective. (samples), those that estimates stand for: of the measure that the loss goes with. */
static inline const PetscReal *KNTrueErrors(const KNCandidate *candidate, KNJudgement judgement)
{
  return KNJudgementGetValues(judgement, KNTaskGetInfo(KNOperatorTask(candidate->op))->curve, NULL);
}

/* Not collective. Errors over estimates of the samples that have both, ascending; ratio: (samples). */
PETSC_INTERN PetscErrorCode KNCertifiedRatios(KNCertified certified, const PetscReal error[], PetscInt *n,
                                              PetscReal ratio[]);

#endif
