/* Whether a rank may copy out of another's memory: a filter of system calls refuses it for the own memory, too. */
#define _GNU_SOURCE /* process_vm_readv */
#include <kitinet/single_copy.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

void KNSingleCopySetUp(void)
{
#ifdef __linux__
  char         from = 1, to = 0;
  struct iovec remote = {&from, 1}, local = {&to, 1};

  if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1) return;
#endif
  (void)setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
}
