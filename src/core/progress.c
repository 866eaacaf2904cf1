/* The progress line. */
#include <kitinet/progress.h>
#include <petsctime.h>
#include <stdarg.h>
#include <unistd.h>

PetscErrorCode KNFormatTime(PetscReal seconds, char text[32])
{
  const int s = (int)PetscMin(seconds + 0.5, 1e8);

  PetscFunctionBegin;
  if (s >= 3600) PetscCall(PetscSNPrintf(text, 32, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60));
  else PetscCall(PetscSNPrintf(text, 32, "%d:%02d", s / 60, s % 60));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressBegin(const char unit[], PetscInt64 total, PetscInt64 start, KNProgress *progress)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  *progress          = (KNProgress){.unit = unit, .total = total, .start = start, .active = (PetscBool)(rank == 0)};
  progress->terminal = (PetscBool)(progress->active && isatty(STDERR_FILENO));
  PetscCall(PetscTime(&progress->began));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressLogEvery(KNProgress *progress, PetscReal seconds)
{
  PetscFunctionBegin;
  progress->every = seconds;
  if (!progress->terminal) progress->drawn = progress->began; /* the first line comes when there is something to say */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressTimes(const KNProgress *progress, PetscInt64 done, PetscReal *elapsed, PetscReal *left)
{
  PetscLogDouble now;

  PetscFunctionBegin;
  PetscCall(PetscTime(&now));
  *elapsed = now - progress->began;
  *left    = *elapsed / (PetscReal)PetscMax(done - progress->start, 1) * (PetscReal)(progress->total - done);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressUpdate(KNProgress *progress, PetscInt64 done, const char note[])
{
  PetscLogDouble now;
  PetscReal      elapsed, left;
  char           time[32];

  PetscFunctionBegin;
  if (!progress->active || (!progress->terminal && !(progress->every > 0))) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscTime(&now));
  if (now - progress->drawn < (progress->terminal ? 0.2 : progress->every) &&
      !(progress->terminal && done >= progress->total))
    PetscFunctionReturn(PETSC_SUCCESS);
  progress->drawn = now;
  PetscCall(KNProgressTimes(progress, done, &elapsed, &left));
  PetscCall(KNFormatTime(left, time));
  fprintf(stderr, "%s%" PetscInt64_FMT "/%" PetscInt64_FMT " %s  %.4g/s  %s left  %s%s",
          progress->terminal ? "\r\033[K" : "", done, progress->total, progress->unit,
          (double)(done - progress->start) / PetscMax(elapsed, 1e-9), time, note ? note : "",
          progress->terminal ? "" : "\n");
  fflush(stderr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressSay(KNProgress *progress, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  if (!progress->active) PetscFunctionReturn(PETSC_SUCCESS);
  if (progress->terminal) fprintf(stderr, "\r\033[K");
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  fflush(stderr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgressEnd(KNProgress *progress)
{
  PetscFunctionBegin;
  if (progress->terminal) {
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
