/*
  Trajectories as fields in space and time: frames lie together in a trajectory (B, F, C, S), channels in a network
  (B, C, R, S).
*/
#include <kitinet/spacetime.h>
#include <string.h>

/* to (B, K, R, S): channel first + k of K is, at all R times, channel k < count of from (B, .., S), pitch apart */
static void kn_repeat(KNReal *restrict to, const KNReal *restrict from, size_t B, size_t K, size_t first, size_t count,
                      size_t pitch, size_t R, size_t S)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < count * R; i++)
      memcpy(to + ((b * K + first) * R + i) * S, from + b * pitch + i / R * S, S * sizeof(*to));
  }
}

/* frames H .. H + R - 1 of u (B, H + R, C, S) = y (B, C, R, S) */
static void kn_frames_scatter(KNReal *restrict u, const KNReal *restrict y, size_t B, size_t H, size_t C, size_t R,
                              size_t S)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t r = 0; r < R; r++) {
      for (size_t c = 0; c < C; c++)
        memcpy(u + ((b * (H + R) + H + r) * C + c) * S, y + ((b * C + c) * R + r) * S, S * sizeof(*u));
    }
  }
}

/* Its adjoint: dy (B, C, R, S) from the last R frames of du (B, H + R, C, S) */
static void kn_frames_gather(KNReal *restrict dy, const KNReal *restrict du, size_t B, size_t H, size_t C, size_t R,
                             size_t S)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t r = 0; r < R; r++) {
      for (size_t c = 0; c < C; c++)
        memcpy(dy + ((b * C + c) * R + r) * S, du + ((b * (H + R) + H + r) * C + c) * S, S * sizeof(*dy));
    }
  }
}

struct _p_KNSpacetime {
  KNModel  model;   /* not owned */
  size_t   H, C, X; /* given frames, channels of each, fields that stand still */
  size_t   R, S;    /* predicted frames, points of a frame */
  PetscInt samples; /* largest B */
  KNReal  *x;       /* (samples, H C + X, R, S); kept for backward */
  KNReal  *y;       /* (samples, C, R, S) the prediction, then its gradient */
};

KNGrid KNSpacetimeGrid(const KNGrid *grid, PetscInt steps)
{
  return KNGridMake(grid->dim + 1, (const PetscInt[]){steps, grid->n[0], grid->n[1]}, grid->points);
}

PetscErrorCode KNSpacetimeCreate(KNModel model, PetscInt history, PetscInt channels, PetscInt still,
                                 KNSpacetime *spacetime)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(spacetime));
  (*spacetime)->model = model;
  (*spacetime)->H     = (size_t)history;
  (*spacetime)->C     = (size_t)channels;
  (*spacetime)->X     = (size_t)still;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpacetimeDestroy(KNSpacetime *spacetime)
{
  PetscFunctionBegin;
  if (!*spacetime) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&(*spacetime)->x));
  PetscCall(KNFree(&(*spacetime)->y));
  PetscCall(PetscFree(*spacetime));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpacetimeSetGrid(KNSpacetime s, const KNGrid *grid, PetscInt steps, PetscInt samples)
{
  PetscFunctionBegin;
  s->R       = (size_t)steps;
  s->S       = KNGridSize(grid);
  s->samples = samples;
  PetscCall(KNFree(&s->x));
  PetscCall(KNFree(&s->y));
  PetscCall(KNMalloc((size_t)samples * (s->H * s->C + s->X) * s->R * s->S, sizeof(KNReal), &s->x));
  PetscCall(KNMalloc((size_t)samples * s->C * s->R * s->S, sizeof(KNReal), &s->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpacetimeForward(KNSpacetime s, const KNPass *pass, const KNReal *x, KNReal *u)
{
  const size_t B = (size_t)pass->samples, given = s->H * s->C, K = given + s->X;

  PetscFunctionBegin;
  PetscCheck(pass->samples <= s->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a batch of %" PetscInt_FMT " samples, planned for %" PetscInt_FMT, pass->samples, s->samples);
  kn_repeat(s->x, u, B, K, 0, given, (s->H + s->R) * s->C * s->S, s->R, s->S);
  kn_repeat(s->x, x, B, K, given, s->X, s->X * s->S, s->R, s->S);
  PetscCall(KNModelForward(s->model, pass, s->x, s->y));
  kn_frames_scatter(u, s->y, B, s->H, s->C, s->R, s->S);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpacetimeBackward(KNSpacetime s, const KNPass *pass, const KNReal *du)
{
  PetscFunctionBegin;
  kn_frames_gather(s->y, du, (size_t)pass->samples, s->H, s->C, s->R, s->S);
  PetscCall(KNModelBackward(s->model, pass, s->x, s->y, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}
