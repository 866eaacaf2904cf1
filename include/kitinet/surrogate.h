/*
  A trained operator inside another program: load a checkpoint, predict in the caller's memory.

  This header stands alone: no MPI, no PETSc, no other header of KITINet; C and C++; for Fortran there is kitinet.f90.

    KNSurrogate surrogate;
    if (KNSurrogateLoad("runs/darcy/best.h5", &surrogate)) puts(KNSurrogateMessage());
    KNSurrogatePredict(surrogate, samples, (int[]){64, 64}, 0, x, y);
    KNSurrogateDestroy(&surrogate);

  Errors never end the caller's process and print nothing: every function returns 0, or what kitinet would have left
  to the shell: 2 (wrong argument), 3 (missing, damaged or unfitting file or field, NaN or infinite values in x), 1
  (anything else; a prediction that is not finite). KNSurrogateMessage() then has one line about it.

  Thread-safe: any function may be called from any thread; predictions of one process take turns (one uses all OpenMP
  threads of its caller).

  MPI: nothing is needed. If the caller uses MPI, or PETSc, it initialises them before the first call and finalises
  them after the last; each rank has its own predictions, but KNSurrogateLoad is then collective on MPI_COMM_WORLD.
  BLAS runs with one thread from the first load on.
*/
#ifndef KITINET_SURROGATE_H
#define KITINET_SURROGATE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _p_KNSurrogate *KNSurrogate;

/*
  What a surrogate maps. A steady one: input fields -> output fields, or, of classes, input fields -> the probabilities
  of so many classes. A time-dependent one: `history` frames of the output fields -> the frames after them; its inputs
  are fields that stand still beside them, mostly none. Either may see parameters of each sample besides:
  KNSurrogateGetParameters().
*/
typedef struct {
  int dim; /* axes: 1, 2 or 3 */
  /* points along each axis of the grid that it was trained on; 1 beyond dim. Any other grid may be predicted on */
  int  n[3];
  char points[16];      /* where the points lie: "cells" (i + 1/2)/n, "nodes" i/(n - 1), "periodic" i/n */
  int  history;         /* frames that it is given; 0: steady */
  int  inputs, outputs; /* fields */
  char pde[64];
} KNSurrogateShape;

/* The version of the library: "1.2.3". Not owned. */
const char *KNSurrogateVersion(void);

/*
  What was wrong with this thread's last call that failed; "" if none has. Not owned, valid until the thread's next
  call.
*/
const char *KNSurrogateMessage(void);

/*
  Loads a checkpoint (checkpoint.h5 or best.h5 of a run, or a condensed one); the previous generation if it is
  damaged. The caller destroys it.
*/
int KNSurrogateLoad(const char path[], KNSurrogate *surrogate);

/* Frees the surrogate; *surrogate is NULL afterwards, and may be before. */
int KNSurrogateDestroy(KNSurrogate *surrogate);

/* What it maps: fills in *shape. */
int KNSurrogateGetShape(KNSurrogate surrogate, KNSurrogateShape *shape);

/* Classes whose probabilities a surrogate gives: `outputs` of its shape; 0: it gives fields. */
int KNSurrogateGetClasses(KNSurrogate surrogate, int *classes);

/*
  Name and unit of field (or class) i of the outputs (output != 0) or inputs. Not owned, valid as long as the surrogate;
  either may be NULL.
*/
int KNSurrogateGetField(KNSurrogate surrogate, int output, int i, const char **name, const char **unit);

/*
  Numbers of each sample, such as a viscosity, that the surrogate sees; 0: none. Name and unit of number i, as those of
  a field.
*/
int KNSurrogateGetParameters(KNSurrogate surrogate, int *parameters);
int KNSurrogateGetParameter(KNSurrogate surrogate, int i, const char **name, const char **unit);

/*
  From now on predictions are means over `elements` symmetries of the problem, those that the dataset of its training
  declared: each of the input moved by one, and brought back. 1: as before, 0: over all of them. Takes as many times
  longer. Fails with 3 where the checkpoint knows no symmetries; KNSurrogatePredict() does where they do not fit its
  grid, with 2 where there are fewer.
*/
int KNSurrogateSetSymmetryAverage(KNSurrogate surrogate, int elements);

/*
  Predicts on the physical scale, float32, last axis fastest, on a grid of n[0..dim) points.
    steady          x (samples, inputs, n..)            -> y (samples, outputs, n..); steps is 0
    classes         x (samples, inputs, n..)            -> y (samples, outputs), which add up to 1; steps is 0
    time-dependent  x (samples, history, outputs, n..)  -> y (samples, steps, outputs, n..), steps >= 1
  Pictures have values from 0 to 255, rows from the top. x is not changed; x and y do not overlap. Another grid than
  that of the call before is planned for first, which takes longer. Fails with 3 where the grid has fewer points than
  the network's modes need.
*/
int KNSurrogatePredict(KNSurrogate surrogate, int samples, const int n[], int steps, const float x[], float y[]);

/*
  The same, of surrogates that see more than x, for which KNSurrogatePredict() fails with 2.
    fields       (samples, inputs, n..) that stand still beside the frames of a time-dependent one; else NULL
    parameters   (samples, parameters) of each sample, the numbers themselves, also where the network sees their
                 logarithm: those must be positive, or the call fails with 3; NULL where there are none
*/
int KNSurrogatePredictWith(KNSurrogate surrogate, int samples, const int n[], int steps, const float x[],
                           const float fields[], const double parameters[], float y[]);

#ifdef __cplusplus
}
#endif

#endif
