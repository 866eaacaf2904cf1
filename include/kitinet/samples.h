/*
  A dataset inside another program: its samples, each verified by its checksum, in the caller's memory.

  This header stands alone, as surrogate.h does: no MPI, no PETSc, no other header of KITINet; C and C++. dataset.h
  describes the file.

    KNSamples      samples;
    KNSamplesShape shape;
    if (KNSamplesOpen("train.h5", &samples)) puts(KNSurrogateMessage());
    KNSamplesGetShape(samples, &shape);
    KNSamplesRead(samples, row, x, y);
    KNSamplesDestroy(&samples);

  Errors are those of surrogate.h: every function returns 0, or 2 (wrong argument), 3 (missing, damaged or unfitting
  file, a sample that does not fit its checksum), 1 (anything else). KNSurrogateMessage() then has one line about it.
  Any function may be called from any thread; reads of one process take turns. After fork() the child opens the file
  anew. Open only files that you trust: libhdf5 has known faults.
*/
#ifndef KITINET_SAMPLES_H
#define KITINET_SAMPLES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _p_KNSamples *KNSamples;

/* What a sample holds. Sizes are 0, and grids have no axes, of what it does not have. */
typedef struct {
  int64_t samples;
  int     frames;                        /* of a trajectory; 0: steady, x -> y */
  int     inputs, outputs;               /* fields of x and y; a trajectory has outputs only */
  int     dim, output_dim;               /* axes of their grids: 0 to 3 */
  int     n[3], output_n[3];             /* points along each axis, 1 beyond the axes */
  char    points[16], output_points[16]; /* where they lie: "cells" (i + 1/2)/n, "nodes" i/(n - 1), "periodic" i/n */
  int     length, words;                 /* for sequences as inputs: the longest, and the size of the vocabulary */
  int     classes;                       /* for labels as outputs: their number */
  int     parameters;                    /* coefficients that differ from sample to sample */
  char    pde[64];
} KNSamplesShape;

/* Opens a dataset for reading. The caller destroys it. */
int KNSamplesOpen(const char path[], KNSamples *samples);

/* Closes it; *samples is NULL afterwards, and may be before. */
int KNSamplesDestroy(KNSamples *samples);

/* Fills in *shape. */
int KNSamplesGetShape(KNSamples samples, KNSamplesShape *shape);

/*
  Name and unit of field i of the outputs (output != 0) or inputs. Not owned, valid as long as the samples; either may
  be NULL.
*/
int KNSamplesGetField(KNSamples samples, int output, int i, const char **name, const char **unit);

/* Name and unit of coefficient i. Not owned; either may be NULL. */
int KNSamplesGetParameter(KNSamples samples, int i, const char **name, const char **unit);

/* Name of class i (output != 0) or word i of the vocabulary; "" if they have no names. Not owned. */
int KNSamplesGetName(KNSamples samples, int output, int i, const char **name);

/* The times of the frames: t (frames). */
int KNSamplesGetTimes(KNSamples samples, double t[]);

/*
  What each row has beside its fields, in memory since the dataset was opened; not owned; *pointer is NULL of what the
  problem does not have, and any pointer may be NULL. label: (samples) classes 0 .. k-1; length: (samples) of
  sequences; parameters: (samples, P).
*/
int KNSamplesGetColumns(KNSamples samples, const int32_t **label, const int32_t **length, const double **parameters);

/*
  Reads row `row` and compares it with its checksum. x: (inputs, n..), y: (outputs, output_n..), of trajectories
  (frames, outputs, output_n..), float32, last axis fastest; bytes are 0 to 255. Either may be NULL.
*/
int KNSamplesRead(KNSamples samples, int64_t row, float x[], float y[]);

/* The same where the inputs are sequences: token (length), 0 beyond the row's own length. */
int KNSamplesReadTokens(KNSamples samples, int64_t row, int32_t token[], float y[]);

#ifdef __cplusplus
}
#endif

#endif
