/* The kinds of residual connections by name: see kitinet/residual.h. */
#include <kitinet/residual.h>

#define KN_RESIDUAL(name, layer) #name,
static const char *const names[] = {
#include "residual_list.h"
  NULL};
#undef KN_RESIDUAL

#define KN_RESIDUAL(name, layer) layer,
static const char *const layers[] = {
#include "residual_list.h"
};
#undef KN_RESIDUAL

const char *const *KNResidualNames(void)
{
  return names;
}

const char *KNResidualLayer(PetscInt kind)
{
  return layers[kind];
}
