/* PDEBench's files with a group for each sample: what pdebench.c registers. */
#ifndef KITINET_PDEBENCH_H
#define KITINET_PDEBENCH_H

#include "format_impl.h"

PetscBool KNPDEBenchHasGroups(hid_t file);
int       KNPDEBenchOpenGroups(KNSource source, const KNSourceChoice *choice);
/* Of all files of PDEBench. */
int  KNPDEBenchRead(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
                    const size_t extent[], size_t width, void *value);
void KNPDEBenchClose(KNSource source);

/* The choice, and where the points lie, which the attribute "points" says of files that we wrote. */
int KNPDEBenchPoints(KNSource source, const KNSourceChoice *choice, KNSourceChoice *own);

/* Writing: pdebench_write.c. */
int KNPDEBenchPlan(KNSink sink);
int KNPDEBenchCreate(KNSink sink);
int KNPDEBenchWrite(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                    const float value[]);

#endif
