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

#endif
