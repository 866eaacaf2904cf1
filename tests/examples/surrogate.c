/*
  A trained Darcy operator from C: surrogate CHECKPOINT N predicts the pressure for a layered permeability on N x N
  cells, without MPI or PETSc in this program, and prints it at the centre.
*/
#include <kitinet/surrogate.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
  const int        N = argc > 2 ? atoi(argv[2]) : 32, n[2] = {N, N};
  KNSurrogate      surrogate;
  KNSurrogateShape shape;
  const char      *name, *unit;
  float           *x, *y;

  if (argc < 2 || KNSurrogateLoad(argv[1], &surrogate) || KNSurrogateGetShape(surrogate, &shape) ||
      KNSurrogateGetField(surrogate, 1, 0, &name, &unit)) {
    fprintf(stderr, "%s\n", KNSurrogateMessage());
    return 1;
  }
  x = malloc((size_t)N * (size_t)N * sizeof(*x));
  y = malloc((size_t)N * (size_t)N * sizeof(*y));
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) x[i * N + j] = 4 * j < 3 * N ? 12 : 3; /* the axes differ: an order mistaken shows */
  }
  if (KNSurrogatePredict(surrogate, 1, n, 0, x, y)) {
    fprintf(stderr, "%s\n", KNSurrogateMessage());
    return 1;
  }
  printf("kitinet %s, %s: %s = %.6e %s\n", KNSurrogateVersion(), shape.pde, name, y[(N / 4) * N + N / 2], unit);
  free(x);
  free(y);
  return KNSurrogateDestroy(&surrogate);
}
