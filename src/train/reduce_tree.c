/* The reduction over ranks in the order of one binary tree: see reduce_tree.h. */
#include "reduce_tree.h"
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
  MPI_Comm comm;
  int      rank, size;
  size_t   n, size_bucket, from; /* elements; of a bucket; the first that is added */
  int      nbuckets, most;       /* now, where all elements are added */
  Bucket  *bucket;               /* (most) from the end of the array to its beginning */
  float   *received;             /* (n) from other ranks, each element where it lies in the array */

  int          blocks; /* of the present plan; 0: none yet */
  int          levels; /* 2^levels >= blocks virtual ranks */
  int          rounds; /* levels of halving, as many of gathering, then the ranks without a block by doubling */
  int          nplayed;
  int         *played;  /* (nplayed) the virtual ranks of this one; none without a block */
  MPI_Request *request; /* (most, 2 nplayed + 1) */

  float *array;       /* of the present sum, not owned */
  int    begun, done; /* buckets [done, begun) are under way */
  size_t messages, floats;
};

void kn_tree_add(float *restrict sum, const float *restrict term, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > 16384) // else the threads' start takes longer
  for (size_t i = 0; i < n; i++) sum[i] += term[i];
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

/* Elements from `from` on in buckets. */
static void Cut(KNTree *tree, size_t from)
{
  const size_t n = tree->n - from, wanted = (n + tree->size_bucket - 1) / tree->size_bucket;
  const size_t nbuckets = wanted < 1 ? 1 : wanted > MAX_BUCKETS ? MAX_BUCKETS : wanted;

  tree->from     = from;
  tree->nbuckets = (int)nbuckets;
  for (size_t i = 0; i < nbuckets && tree->bucket; i++) {
    tree->bucket[i].start = from + n / nbuckets * (nbuckets - 1 - i);
    tree->bucket[i].end   = i ? tree->bucket[i - 1].start : tree->n;
  }
}

KNTree *KNTreeCreate(MPI_Comm comm, size_t n, size_t bucket)
{
  KNTree *tree = calloc(1, sizeof(*tree));

  if (!tree) return NULL;
  tree->n           = n;
  tree->size_bucket = bucket;
  Cut(tree, 0);
  MPI_Comm_dup(comm, &tree->comm);
  MPI_Comm_rank(comm, &tree->rank);
  MPI_Comm_size(comm, &tree->size);
  tree->most     = tree->nbuckets;
  tree->bucket   = calloc((size_t)tree->most, sizeof(*tree->bucket));
  tree->received = malloc((n + 1) * sizeof(*tree->received));
  if (!tree->bucket || !tree->received) {
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
  free((*tree)->bucket);
  free(*tree);
  *tree = NULL;
}

static int Send(KNTree *tree, Bucket *bucket, size_t start, size_t end, int to)
{
  const int tag = (int)(bucket - tree->bucket) * MAX_ROUNDS + bucket->round;

  tree->messages++;
  tree->floats += end - start;
  return MPI_Isend(tree->array + start, (int)(end - start), MPI_FLOAT, to, tag, tree->comm,
                   &bucket->request[bucket->nrequests++]);
}

static int Receive(KNTree *tree, Bucket *bucket, float *array, size_t start, size_t end, int from)
{
  const int tag = (int)(bucket - tree->bucket) * MAX_ROUNDS + bucket->round;

  return MPI_Irecv(array + start, (int)(end - start), MPI_FLOAT, from, tag, tree->comm,
                   &bucket->request[bucket->nrequests++]);
}

/* The level at which virtual ranks exchange in a round of halving or gathering. */
static int Level(const KNTree *tree, int round)
{
  return round < tree->levels ? round : 2 * tree->levels - 1 - round;
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
    const long have = (long)tree->blocks << (bucket->round - 2 * tree->levels);

    if (tree->rank < have && tree->rank + have < tree->size)
      code = Send(tree, bucket, bucket->start, bucket->end, (int)(tree->rank + have));
    else if (tree->rank >= have && tree->rank < 2 * have)
      code = Receive(tree, bucket, tree->array, bucket->start, bucket->end, (int)(tree->rank - have));
  }
  return code;
}

/* Adds what the present round has received. */
static void Combine(KNTree *tree, const Bucket *bucket)
{
  const int k = bucket->round;

  if (k >= tree->levels) return;
  for (int i = 0; i < tree->nplayed; i++) {
    const int v = tree->played[i];
    size_t    start, end;

    if (!HasBlocks(v, k, tree->blocks) || !HasBlocks(v ^ 1 << k, k, tree->blocks)) continue;
    Segment(bucket, v, k + 1, &start, &end);
    kn_tree_add(tree->array + start, tree->received + start, end - start);
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
  tree->messages = tree->floats = 0;
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

void KNTreeGetTraffic(const KNTree *tree, size_t *messages, size_t *floats)
{
  *messages = tree->messages;
  *floats   = tree->floats;
}
