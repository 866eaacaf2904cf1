/* The Well as a sink: what the_well.c registers. */
#ifndef KITINET_THE_WELL_H
#define KITINET_THE_WELL_H

#include "format_impl.h"

int  KNTheWellPlan(KNSink sink);
int  KNTheWellCreate(KNSink sink);
int  KNTheWellObserve(KNSink sink, PetscInt64 count, const float y[]);
int  KNTheWellFinish(KNSink sink);
void KNTheWellAbandon(KNSink sink);

#endif
