/*
  The vocabulary of texts: that of another dataset or of a network, or the most frequent words of the texts themselves.
  Each rank counts the words of its share; rank 0 adds the counts, so that the vocabulary is the same for any number of
  ranks.
*/
#include "texts.h"
#include <stdlib.h>
#include <string.h>

static const char *const reserved[KN_WORDS_RESERVED] = {"[padding]", "[unknown]", "[separator]", "[beginning]"};

/* names (count, bytes of all) become the vocabulary of the problem and of the table; taken over, freed with t. */
static int SetNames(KNSource source, KNTexts *t, PetscInt count, char names[])
{
  const char *name = names;

  free(t->names);
  t->names = names;
  KNTableFree(&t->vocabulary);
  for (PetscInt i = 0; i < count; i++, name += strlen(name) + 1) {
    KNTableEntry *entry;

    if (i < KN_WORDS_RESERVED) continue; /* no text has them */
    KNCallFile(KNTableCount(&source->file, &t->vocabulary, name, 1, &entry));
    if (entry->count > 1)
      return KNFileFail(&source->file, KN_ERR_INPUT, "cannot be read by a vocabulary that has %s twice", name);
    entry->number = (int32_t)i;
  }
  source->problem.input.count = count;
  source->problem.input.names = names;
  return 0;
}

int KNTextsTakeWords(KNSource source, const KNProblem *like)
{
  KNTexts    *t    = (KNTexts *)source->data;
  const char *name = like ? like->input.names : NULL, *end;
  char       *names;
  size_t      bytes = 0;

  if (!like) {
    for (int i = 0; i < KN_WORDS_RESERVED; i++) bytes += strlen(reserved[i]) + 1;
  } else {
    for (PetscInt i = 0; name && i < KN_WORDS_RESERVED && i < like->input.count; i++, name += strlen(name) + 1) {
      if (strcmp(name, reserved[i])) break;
      bytes++;
    }
    if (bytes < KN_WORDS_RESERVED)
      return KNFileFail(&source->file, KN_ERR_INPUT,
                        "cannot be read by a vocabulary that does not begin with %s, %s, %s, %s", reserved[0],
                        reserved[1], reserved[2], reserved[3]);
    for (end = name = like->input.names, bytes = 0; bytes < (size_t)like->input.count; bytes++) end += strlen(end) + 1;
    bytes = (size_t)(end - name);
  }
  names = (char *)malloc(bytes);
  if (!names) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a vocabulary of %zu bytes", bytes);
  if (like) memcpy(names, name, bytes);
  for (int i = 0, at = 0; i < KN_WORDS_RESERVED && !like; i++) at += sprintf(names + at, "%s", reserved[i]) + 1;
  return SetNames(source, t, like ? like->input.count : KN_WORDS_RESERVED, names);
}

/* Words of the rows [first, end) into a table. */
static int CountRows(KNSource source, KNTexts *t, PetscInt64 first, PetscInt64 end, KNTable *table)
{
  for (PetscInt64 row = first; row < end; row++) {
    char   where[64];
    KNText text;

    KNCallFile(KNTextsRead(source, t, row, &text, sizeof(where), where));
    for (int k = 0; k <= (int)t->pair; k++) {
      const char *word;
      size_t      count;

      KNCallFile(KNCutterCut(t->words, &source->file, where, text.size[k], text.value[k], &count, &word));
      for (size_t i = 0; i < count; i++, word += strlen(word) + 1) {
        if (word[0]) KNCallFile(KNTableCount(&source->file, table, word, 1, NULL));
      }
    }
  }
  source->file.path = source->path[0];
  return 0;
}

/* Collective. The counts of all ranks, on rank 0; code: this rank's failure, there is one on no other rank then. */
static PetscErrorCode AddCounts(KNSource source, KNTable *table, int *code)
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(source->comm, &rank));
  PetscCallMPI(MPI_Comm_size(source->comm, &size));
  for (PetscMPIInt from = 1; from < size; from++) {
    int64_t       n[2]  = {(int64_t)table->entries, (int64_t)table->used};
    KNTableEntry *entry = table->entry;
    char         *text  = table->text;

    if (rank == from) PetscCallMPI(MPI_Send(n, 2, MPIU_INT64, 0, 0, source->comm));
    if (rank == 0) PetscCallMPI(MPI_Recv(n, 2, MPIU_INT64, from, 0, source->comm, MPI_STATUS_IGNORE));
    if (rank == 0) {
      entry = (KNTableEntry *)malloc((size_t)n[0] * sizeof(*entry) + 1);
      text  = (char *)malloc((size_t)n[1] + 1);
      PetscCheck(entry && text, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the %lld words of rank %d",
                 (long long)n[0], from);
    }
    /* in pieces of which MPI can count the bytes */
    for (int64_t done = 0, all = n[0] * (int64_t)sizeof(*entry) + n[1]; done < all && (rank == 0 || rank == from);) {
      const int64_t entries = n[0] * (int64_t)sizeof(*entry);
      char *const   at      = done < entries ? (char *)entry + done : text + (done - entries);
      const int     piece   = (int)PetscMin((done < entries ? entries : all) - done, 1 << 30);

      if (rank) PetscCallMPI(MPI_Send(at, piece, MPI_BYTE, 0, 1, source->comm));
      else PetscCallMPI(MPI_Recv(at, piece, MPI_BYTE, from, 1, source->comm, MPI_STATUS_IGNORE));
      done += piece;
    }
    if (rank) continue;
    for (int64_t i = 0; i < n[0] && !*code; i++)
      *code = KNTableCount(&source->file, table, text + entry[i].text, entry[i].count, NULL);
    free(entry);
    free(text);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0: the names of the vocabulary: reserved words, then the most frequent that occur `least` times. */
static int Choose(KNSource source, KNTable *table, PetscInt words, PetscInt least, PetscInt *count, int64_t *bytes,
                  char **names)
{
  size_t n = 0, used = 0;

  KNCallFile(KNTableOrder(&source->file, table, 0));
  *names = (char *)malloc(table->used + 256);
  if (!*names) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a vocabulary");
  for (int i = 0; i < KN_WORDS_RESERVED; i++) used += (size_t)sprintf(*names + used, "%s", reserved[i]) + 1;
  for (; n < table->entries && table->entry[n].count >= least && n + KN_WORDS_RESERVED < (size_t)words; n++)
    used += (size_t)sprintf(*names + used, "%s", table->text + table->entry[n].text) + 1;
  *count = (PetscInt)n + KN_WORDS_RESERVED;
  *bytes = (int64_t)used;
  return 0;
}

PetscErrorCode KNSourceCountWords(KNSource source, PetscInt64 first, PetscInt64 samples, PetscInt words, PetscInt least)
{
  KNTexts    *t     = (KNTexts *)source->data;
  KNTable     table = {.entries = 0};
  char       *names = NULL;
  PetscMPIInt rank, size;
  PetscInt64  start, end;
  int64_t     n[2]  = {0, 0}; /* words, bytes */
  PetscInt    count = 0;
  int         code;

  PetscFunctionBegin;
  if (source->format != &KNFormat_Texts) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(source->comm, &rank));
  PetscCallMPI(MPI_Comm_size(source->comm, &size));
  KNPartition(samples, size, rank, &start, &end);
  code = CountRows(source, t, first + start, first + end, &table);
  PetscCall(KNAgree(source->comm, code, "%s", source->file.message));
  PetscCall(AddCounts(source, &table, &code));
  if (rank == 0 && !code) code = Choose(source, &table, words, least, &count, &n[1], &names);
  KNTableFree(&table);
  PetscCall(KNAgree(source->comm, code, "%s", source->file.message));
  n[0] = count;
  PetscCallMPI(MPI_Bcast(n, 2, MPIU_INT64, 0, source->comm));
  if (rank) names = (char *)malloc((size_t)n[1]);
  PetscCall(KNAgree(source->comm, names ? 0 : PETSC_ERR_MEM, "no memory for a vocabulary"));
  PetscCallMPI(MPI_Bcast(names, (PetscMPIInt)n[1], MPI_BYTE, 0, source->comm)); /* words < 2^20, of 64 bytes */
  code = SetNames(source, t, (PetscInt)n[0], names);
  PetscCall(KNAgree(source->comm, code, "%s", source->file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTextsWarn(KNSource source)
{
  const KNTexts *t       = (const KNTexts *)source->data;
  PetscInt64     said[5] = {t->cut, t->empty, t->unknown, t->tokens, t->rows};
  const PetscInt length  = source->problem.input.length;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, said, 5, MPIU_INT64, MPI_SUM, source->comm));
  if (t->unlabelled)
    PetscCall(PetscPrintf(source->comm, "left out: %" PetscInt64_FMT " samples whose label is \"-\"\n", t->unlabelled));
  if (t->left_out) PetscCall(PetscPrintf(source->comm, "left out: the folder unsup, whose texts have no label\n"));
  if (said[0])
    PetscCall(PetscPrintf(source->comm,
                          "cut: %" PetscInt64_FMT " samples of more than %" PetscInt_FMT " words (-text_length)\n",
                          said[0], length));
  if (said[1])
    PetscCall(PetscPrintf(source->comm, "empty: %" PetscInt64_FMT " samples with a text without words\n", said[1]));
  if (said[3])
    PetscCall(PetscPrintf(
      source->comm, "unknown: %.3g %% of the words, mean length %.1f, vocabulary of %" PetscInt_FMT "\n",
      100.0 * (double)said[2] / (double)said[3], (double)said[3] / (double)said[4], source->problem.input.count));
  PetscFunctionReturn(PETSC_SUCCESS);
}
