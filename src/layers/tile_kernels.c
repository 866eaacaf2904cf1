/* Products in AMX: see tile_kernels.h. */
#include "tile_kernels.h"

#if defined(KN_BFLOAT16) && defined(__linux__)
#include <cpuid.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KN_WITH_TILES __attribute__((target("amx-tile,amx-bf16")))
#define KN_INLINE     static inline __attribute__((always_inline)) KN_WITH_TILES

/* Tiles are loaded and stored behind the compiler's back: what it holds in registers must be in memory, and back. */
#define KN_FENCE() __asm__ volatile("" ::: "memory")

/* Linux: an argument of arch_prctl, and the number of the tiles' data among the processor's states. */
enum { ASK_FOR_STATE = 0x1023, TILE_DATA = 18 };

static int Ask(void)
{
  const unsigned int bf16 = 1U << 22, tile = 1U << 24;
  unsigned int       eax, ebx, ecx, edx;

  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(edx & bf16) || !(edx & tile)) return 0;
  return syscall(SYS_arch_prctl, ASK_FOR_STATE, TILE_DATA) == 0;
}

int kn_tiles_usable(void)
{
  static atomic_int known; /* 0: not asked; 1: no; 2: yes */

  if (!atomic_load_explicit(&known, memory_order_relaxed))
    atomic_store_explicit(&known, 1 + Ask(), memory_order_relaxed);
  return atomic_load_explicit(&known, memory_order_relaxed) == 2;
}

/* The layout of Intel's manual. */
typedef struct {
  uint8_t  palette, start, reserved[14];
  uint16_t bytes[16]; /* of a row */
  uint8_t  rows[16];
} TileShapes;

/* Tiles 0 to 3: C, 4 and 5: A, 6 and 7: B. */
KN_WITH_TILES void kn_tiles_begin(size_t depth)
{
  TileShapes shapes = {.palette = 1};

  for (int t = 0; t < 8; t++) {
    shapes.bytes[t] = t == 4 || t == 5 ? (uint16_t)(2 * depth) : 64;
    shapes.rows[t]  = t >= 6 ? (uint8_t)(depth / 2) : KN_TILE;
  }
  KN_FENCE();
  _tile_loadconfig(&shapes);
}

KN_WITH_TILES void kn_tiles_end(void)
{
  _tile_release();
}

/* C of m x n tiles, 1 or 2 each, constants of the caller. */
KN_INLINE void Block(float *C, size_t ldc, const char *A, size_t lda, const size_t a[], const char *B, size_t ldb,
                     const size_t b[], size_t steps, int m, int n, int add)
{
  const size_t row = ldc * sizeof(*C), down = KN_TILE * lda, below = KN_TILE * ldc;

  if (add) {
    _tile_loadd(0, C, row);
    if (n > 1) _tile_loadd(1, C + KN_TILE, row);
    if (m > 1) _tile_loadd(2, C + below, row);
    if (m > 1 && n > 1) _tile_loadd(3, C + below + KN_TILE, row);
  } else {
    _tile_zero(0);
    if (n > 1) _tile_zero(1);
    if (m > 1) _tile_zero(2);
    if (m > 1 && n > 1) _tile_zero(3);
  }
  for (size_t s = 0; s < steps; s++) {
    const char *as = A + a[s], *bs = B + b[s];

    _tile_loadd(4, as, lda);
    _tile_loadd(6, bs, ldb);
    _tile_dpbf16ps(0, 4, 6);
    if (n > 1) {
      _tile_loadd(7, bs + KN_TILE * sizeof(KNPair), ldb);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (m > 1) {
      _tile_loadd(5, as + down, lda);
      _tile_dpbf16ps(2, 5, 6);
    }
    if (m > 1 && n > 1) _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, C, row);
  if (n > 1) _tile_stored(1, C + KN_TILE, row);
  if (m > 1) _tile_stored(2, C + below, row);
  if (m > 1 && n > 1) _tile_stored(3, C + below + KN_TILE, row);
}

KN_WITH_TILES void kn_tiles_sum(float *C, size_t ldc, const void *A, size_t lda, const size_t a[], const void *B,
                                size_t ldb, const size_t b[], size_t M, size_t N, size_t steps, int add)
{
  KN_FENCE();
  for (size_t m = 0; m < M; m += 2 * KN_TILE) {
    const char *rows = (const char *)A + m * lda;

    for (size_t n = 0; n < N; n += 2 * KN_TILE) {
      const char *columns = (const char *)B + n * sizeof(KNPair);
      float      *to      = C + m * ldc + n;

      if (m + KN_TILE < M && n + KN_TILE < N) Block(to, ldc, rows, lda, a, columns, ldb, b, steps, 2, 2, add);
      else if (m + KN_TILE < M) Block(to, ldc, rows, lda, a, columns, ldb, b, steps, 2, 1, add);
      else if (n + KN_TILE < N) Block(to, ldc, rows, lda, a, columns, ldb, b, steps, 1, 2, add);
      else Block(to, ldc, rows, lda, a, columns, ldb, b, steps, 1, 1, add);
    }
  }
  KN_FENCE();
}
#else
int kn_tiles_usable(void)
{
  return 0;
}

void kn_tiles_begin(size_t depth) {}

void kn_tiles_end(void) {}

void kn_tiles_sum(float *C, size_t ldc, const void *A, size_t lda, const size_t a[], const void *B, size_t ldb,
                  const size_t b[], size_t M, size_t N, size_t steps, int add)
{
}
#endif
