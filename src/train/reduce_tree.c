/* The reduction over ranks in the order of one binary tree: see reduce_tree.h. */
#include "reduce_tree.h"
#include "sum_kernels.h"
#include <stdint.h>
#include <stdlib.h>

/* A message's tag is bucket MAX_ROUNDS + round; MPI promises tags up to 32767. */
#define MAX_BUCKETS 256
#define MAX_ROUNDS  128

/* One bucket [start, end) on its way through the rounds. */
typedef struct {
  size_t       start, end;
  int          round; /* under way, or rounds: done */
  int          nrequests;
  MPI_Request *request; /* (2 nplayed + 1) not owned */
} Bucket;

struct KNTree {
  MPI_Comm  comm;
  int       rank, size;
  size_t    n, size_bucket, from; /* elements; of a bucket; the first that is added */
  int       nbuckets, most;       /* now, where all elements are added */
  Bucket   *bucket;               /* (most) from the end of the array to its beginning */
  size_t    exact;                /* elements before this one travel as floats, the others as bfloat16 */
  float    *received;             /* (exact) from other ranks, each element where it lies in the array */
  uint16_t *out, *in;             /* (n - exact) to and from other ranks, likewise; NULL: there are none */

  int          blocks; /* of the present plan; 0: none yet */
  int          levels; /* 2^levels >= blocks virtual ranks */
  int          rounds; /* levels of halving, as many of gathering, then the ranks without a block by doubling */
  int          nplayed;
  int         *played;  /* (nplayed) the virtual ranks of this one; none without a block */
  MPI_Request *request; /* (most, 2 nplayed + 1) */

  float *array;       /* of the present sum, not owned */
  int    begun, done; /* buckets [done, begun) are under way */
  size_t messages, bytes;
};

void KNTreeAdd(const KNTree *tree, float sum[restrict], const float term[restrict], size_t start, size_t end)
{
  const size_t border = start > tree->exact ? start : end < tree->exact ? end : tree->exact;

  kn_sum_add(sum + start, term + start, border - start);
  kn_sum_add_rounded(sum + border, term + border, end - border);
}

void KNTreeRound(const KNTree *tree, float array[], size_t start, size_t end)
{
  if (start < tree->exact) start = tree->exact;
  if (start < end) kn_sum_round(array + start, end - start);
}

/* Whether any block lies in the subtree of 2^k virtual ranks around v. */
static int HasBlocks(int v, int k, int blocks)
{
  return v >> k << k < blocks;
}

/*
  The real rank that plays v. The largest subtree around v without blocks adds nothing: each of its ranks is played
  where its partner in the sibling subtree is.
*/
static int Host(int v, int levels, int blocks)
{
  while (v >= blocks) {
    int k = levels;

    while (HasBlocks(v, k, blocks)) k--;
    v -= 1 << k;
  }
  return v;
}

/* The segment of a bucket that v holds after k halvings: bit j of v chose in round j. */
static void Segment(const Bucket *bucket, int v, int k, size_t *start, size_t *end)
{
  *start = bucket->start;
  *end   = bucket->end;
  for (int j = 0; j < k; j++) {
    const size_t middle = *start + (*end - *start) / 2;

    if (v >> j & 1) *start = middle;
    else *end = middle;
  }
}

/* The rounds, virtual ranks and requests for a number of blocks. */
static int Plan(KNTree *tree, int blocks)
{
  size_t requests;

  tree->levels = tree->nplayed = 0;
  while (1 << tree->levels < blocks) tree->levels++;
  tree->rounds = 2 * tree->levels;
  for (long have = blocks; have < tree->size; have *= 2) tree->rounds++;
  for (int count = 1; count >= 0; count--) { /* counts, then lists */
    tree->nplayed = 0;
    for (int v = 0; v < 1 << tree->levels; v++) {
      if (Host(v, tree->levels, blocks) != tree->rank) continue;
      if (!count) tree->played[tree->nplayed] = v;
      tree->nplayed++;
    }
    if (!count) break;
    requests = 2 * (size_t)tree->nplayed + 1;
    free(tree->played);
    free(tree->request);
    tree->played  = malloc(requests * sizeof(*tree->played));
    tree->request = malloc(requests * (size_t)tree->most * sizeof(*tree->request));
    if (!tree->played || !tree->request) return MPI_ERR_NO_MEM;
  }
  for (int i = 0; i < tree->most; i++) tree->bucket[i].request = tree->request + (size_t)i * requests;
  tree->blocks = blocks;
  return MPI_SUCCESS;
}

static size_t Parts(size_t n, size_t size)
{
  return (n + size - 1) / size;
}

/* Elements [start, end) in `count` buckets from number *i on. */
static void CutRange(KNTree *tree, size_t start, size_t end, size_t count, int *i)
{
  for (size_t part = count; part-- > 0; end = tree->bucket[(*i)++].start) {
    tree->bucket[*i].start = start + (end - start) / (part + 1) * part;
    tree->bucket[*i].end   = end;
  }
}

/* Elements from `from` on in buckets: those that travel as bfloat16, then those that travel as floats. */
static void Cut(KNTree *tree, size_t from)
{
  const size_t border = from > tree->exact ? from : tree->exact, size = tree->size_bucket;

  tree->from     = from;
  tree->nbuckets = 0;
  CutRange(tree, border, tree->n, Parts(tree->n - border, size), &tree->nbuckets);
  CutRange(tree, from, border, Parts(border - from, size), &tree->nbuckets);
}

KNTree *KNTreeCreate(MPI_Comm comm, size_t n, size_t exact, size_t bucket)
{
  KNTree      *tree   = calloc(1, sizeof(*tree));
  const size_t narrow = n - exact;

  if (!tree) return NULL;
  tree->n     = n;
  tree->exact = exact;
  while (Parts(narrow, bucket) + Parts(exact, bucket) > MAX_BUCKETS) bucket *= 2;
  tree->size_bucket = bucket;
  MPI_Comm_dup(comm, &tree->comm);
  MPI_Comm_rank(comm, &tree->rank);
  MPI_Comm_size(comm, &tree->size);
  tree->most     = (int)(Parts(narrow, bucket) + Parts(exact, bucket));
  tree->bucket   = calloc((size_t)tree->most + 1, sizeof(*tree->bucket));
  tree->received = malloc((exact + 1) * sizeof(*tree->received));
  if (narrow) {
    tree->out = malloc(narrow * sizeof(*tree->out));
    tree->in  = malloc(narrow * sizeof(*tree->in));
  }
  if (!tree->bucket || !tree->received || (narrow && (!tree->out || !tree->in))) {
    KNTreeDestroy(&tree);
    return NULL;
  }
  Cut(tree, 0);
  return tree;
}

void KNTreeDestroy(KNTree **tree)
{
  if (!*tree) return;
  MPI_Comm_free(&(*tree)->comm);
  free((*tree)->request);
  free((*tree)->played);
  free((*tree)->received);
  free((*tree)->out);
  free((*tree)->in);
  free((*tree)->bucket);
  free(*tree);
  *tree = NULL;
}

/* Whether a bucket travels as bfloat16. */
static int IsNarrow(const KNTree *tree, const Bucket *bucket)
{
  return bucket->start >= tree->exact;
}

static int Tag(const KNTree *tree, const Bucket *bucket)
{
  return (int)(bucket - tree->bucket) * MAX_ROUNDS + bucket->round;
}

static int Send(KNTree *tree, Bucket *bucket, size_t start, size_t end, int to)
{
  MPI_Request *request = &bucket->request[bucket->nrequests++];
  const size_t n       = end - start;

  tree->messages++;
  tree->bytes += n * (IsNarrow(tree, bucket) ? sizeof(*tree->out) : sizeof(*tree->array));
  if (!IsNarrow(tree, bucket))
    return MPI_Isend(tree->array + start, (int)n, MPI_FLOAT, to, Tag(tree, bucket), tree->comm, request);
  kn_sum_pack(tree->out + (start - tree->exact), tree->array + start, n);
  return MPI_Isend(tree->out + (start - tree->exact), (int)n, MPI_UINT16_T, to, Tag(tree, bucket), tree->comm, request);
}

/* array: where floats go; bfloat16 goes into tree->in. */
static int Receive(KNTree *tree, Bucket *bucket, float *array, size_t start, size_t end, int from)
{
  MPI_Request *request = &bucket->request[bucket->nrequests++];
  const int    n       = (int)(end - start);

  if (!IsNarrow(tree, bucket))
    return MPI_Irecv(array + start, n, MPI_FLOAT, from, Tag(tree, bucket), tree->comm, request);
  return MPI_Irecv(tree->in + (start - tree->exact), n, MPI_UINT16_T, from, Tag(tree, bucket), tree->comm, request);
}

/* The level at which virtual ranks exchange in a round of halving or gathering. */
static int Level(const KNTree *tree, int round)
{
  return round < tree->levels ? round : 2 * tree->levels - 1 - round;
}

/* The ranks that have the sum before a round of doubling. */
static long Have(const KNTree *tree, int round)
{
  return (long)tree->blocks << (round - 2 * tree->levels);
}

/* Whether this rank gets the sum in this round of doubling. */
static int IsLate(const KNTree *tree, int round)
{
  return tree->rank >= Have(tree, round) && tree->rank < 2 * Have(tree, round);
}

/* The messages of a bucket's present round. */
static int Post(KNTree *tree, Bucket *bucket)
{
  int code = MPI_SUCCESS;

  bucket->nrequests = 0;
  if (bucket->round < 2 * tree->levels) {
    const int k = Level(tree, bucket->round);

    for (int i = 0; i < tree->nplayed && !code; i++) {
      const int v = tree->played[i], partner = v ^ 1 << k, other = Host(partner, tree->levels, tree->blocks);
      size_t    start, end, partner_start, partner_end;

      /* nothing to add: both are played here */
      if (!HasBlocks(v, k, tree->blocks) || !HasBlocks(partner, k, tree->blocks)) continue;
      Segment(bucket, v, k + 1, &start, &end);
      Segment(bucket, partner, k + 1, &partner_start, &partner_end);
      if (bucket->round < tree->levels) {
        code = Receive(tree, bucket, tree->received, start, end, other);
        if (!code) code = Send(tree, bucket, partner_start, partner_end, other);
      } else {
        code = Receive(tree, bucket, tree->array, partner_start, partner_end, other);
        if (!code) code = Send(tree, bucket, start, end, other);
      }
    }
  } else {
    const long have = Have(tree, bucket->round);

    if (tree->rank < have && tree->rank + have < tree->size)
      code = Send(tree, bucket, bucket->start, bucket->end, (int)(tree->rank + have));
    else if (IsLate(tree, bucket->round))
      code = Receive(tree, bucket, tree->array, bucket->start, bucket->end, (int)(tree->rank - have));
  }
  return code;
}

/* Sums that were received as bfloat16 go where they belong. */
static void Unpack(KNTree *tree, const Bucket *bucket, size_t start, size_t end)
{
  if (IsNarrow(tree, bucket)) kn_sum_unpack(tree->array + start, tree->in + (start - tree->exact), end - start);
}

/* What the present round has received is added, or is a sum. */
static void Combine(KNTree *tree, const Bucket *bucket)
{
  const int k = Level(tree, bucket->round), halving = bucket->round < tree->levels;

  if (bucket->round >= 2 * tree->levels) {
    if (IsLate(tree, bucket->round)) Unpack(tree, bucket, bucket->start, bucket->end);
    return;
  }
  for (int i = 0; i < tree->nplayed; i++) {
    const int v = tree->played[i], partner = v ^ 1 << k;
    size_t    start, end;

    if (!HasBlocks(v, k, tree->blocks) || !HasBlocks(partner, k, tree->blocks)) continue;
    Segment(bucket, halving ? v : partner, k + 1, &start, &end);
    if (!halving) Unpack(tree, bucket, start, end);
    else if (IsNarrow(tree, bucket))
      kn_sum_add_bfloat16(tree->array + start, tree->in + (start - tree->exact), end - start);
    else kn_sum_add(tree->array + start, tree->received + start, end - start);
  }
}

/* A bucket's further rounds, as far as messages have arrived; wait: the present one in any case. */
static int Advance(KNTree *tree, Bucket *bucket, int wait)
{
  while (bucket->round < tree->rounds) {
    int arrived = 1, code;

    if (wait) code = MPI_Waitall(bucket->nrequests, bucket->request, MPI_STATUSES_IGNORE);
    else code = MPI_Testall(bucket->nrequests, bucket->request, &arrived, MPI_STATUSES_IGNORE);
    if (code || !arrived) return code;
    wait = 0;
    Combine(tree, bucket);
    bucket->round++;
    if (bucket->round < tree->rounds && (code = Post(tree, bucket))) return code;
  }
  return MPI_SUCCESS;
}

int KNTreeBegin(KNTree *tree, float array[], size_t from, int blocks)
{
  if (from != tree->from) Cut(tree, from);
  tree->array = array;
  tree->begun = tree->done = 0;
  tree->messages = tree->bytes = 0;
  return blocks == tree->blocks ? MPI_SUCCESS : Plan(tree, blocks);
}

int KNTreeProgress(KNTree *tree, size_t from)
{
  int code = MPI_SUCCESS;

  while (tree->begun < tree->nbuckets && tree->bucket[tree->begun].start >= from && !code) {
    Bucket *bucket = &tree->bucket[tree->begun++];

    bucket->round = 0;
    if (tree->rounds) code = Post(tree, bucket);
  }
  for (int i = tree->done; i < tree->begun && !code; i++) {
    code = Advance(tree, &tree->bucket[i], 0);
    if (i == tree->done && tree->bucket[i].round == tree->rounds) tree->done++;
  }
  return code;
}

int KNTreeFinish(KNTree *tree)
{
  int code = KNTreeProgress(tree, 0);

  /* All ranks wait for their first unfinished bucket: the one that is furthest behind can always go on. */
  while (tree->done < tree->nbuckets && !code) {
    code = Advance(tree, &tree->bucket[tree->done], 1);
    if (!code) code = KNTreeProgress(tree, 0);
  }
  return code;
}

void KNTreeGetTraffic(const KNTree *tree, size_t *messages, size_t *bytes)
{
  *messages = tree->messages;
  *bytes    = tree->bytes;
}
