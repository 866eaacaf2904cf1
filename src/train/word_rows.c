/* The words of a batch, and the rows of the table that they choose: see kitinet/word_rows.h. */
#include <kitinet/space.h>
#include <kitinet/word_rows.h>

struct _p_KNWordRows {
  MPI_Comm     comm; /* not owned */
  PetscMPIInt  size;
  KNParameters parameters;    /* not owned */
  PetscInt     table, words;  /* rows: of words, then of pairs of words; 0: there is no table */
  int32_t     *row;           /* (table) of the words of the present batch; others are what they were */
  PetscInt    *own, *all;     /* (capacity[0]), (capacity[1]) words of this rank, of all ranks, ascending */
  PetscInt     capacity[2];   /* grows */
  PetscMPIInt *count, *start; /* (size) */
  PetscInt     chosen;        /* words of all ranks; 0 before the first choice */
};

PetscErrorCode KNWordRowsCreate(MPI_Comm comm, KNParameters parameters, KNWordRows *words)
{
  KNWordRows w;

  PetscFunctionBegin;
  PetscCall(PetscNew(words));
  w             = *words;
  w->comm       = comm;
  w->parameters = parameters;
  PetscCallMPI(MPI_Comm_size(comm, &w->size));
  PetscCall(KNParametersGetTable(parameters, &w->table, &w->words));
  if (w->table)
    PetscCall(PetscCalloc3((size_t)w->table, &w->row, (size_t)w->size, &w->count, (size_t)w->size, &w->start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWordRowsDestroy(KNWordRows *words)
{
  KNWordRows w = *words;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(PETSC_SUCCESS);
  if (w->table) {
    PetscCall(KNParametersChooseRows(w->parameters, 0, NULL));
    PetscCall(PetscFree3(w->row, w->count, w->start));
  }
  PetscCall(PetscFree(w->own));
  PetscCall(PetscFree(w->all));
  PetscCall(PetscFree(*words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for n words, at least one. */
static PetscErrorCode MakeRoom(PetscInt n, PetscInt *capacity, PetscInt **word)
{
  PetscFunctionBegin;
  if (n < *capacity) PetscFunctionReturn(PETSC_SUCCESS);
  *capacity = PetscMax(2 * *capacity, n + 1);
  PetscCall(PetscRealloc((size_t)*capacity * sizeof(**word), word));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWordRowsChoose(KNWordRows w, PetscInt samples, const int32_t *token, const int32_t *length,
                                size_t stride)
{
  const PetscInt pairs = w->table - w->words;
  PetscInt       own   = 0;
  PetscMPIInt    mine;

  PetscFunctionBegin;
  if (!w->table) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt b = 0; b < samples; b++) own += (pairs ? 2 : 1) * length[b];
  PetscCall(MakeRoom(own, &w->capacity[0], &w->own));
  own = 0;
  for (PetscInt b = 0; b < samples; b++) {
    const int32_t *word = token + (size_t)b * stride;

    for (PetscInt i = 0; i < length[b]; i++) w->own[own++] = word[i];
    for (PetscInt i = 1; pairs && i < length[b]; i++)
      w->own[own++] = w->words + KNWordPair(word[i - 1], word[i], pairs);
  }
  PetscCall(PetscSortRemoveDupsInt(&own, w->own));
  PetscCall(PetscMPIIntCast(own, &mine));
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, w->count, 1, MPI_INT, w->comm));
  w->chosen = 0;
  for (PetscMPIInt r = 0; r < w->size; r++) {
    w->start[r] = w->chosen;
    w->chosen += w->count[r];
  }
  PetscCall(MakeRoom(w->chosen, &w->capacity[1], &w->all));
  PetscCallMPI(MPI_Allgatherv(w->own, mine, MPIU_INT, w->all, w->count, w->start, MPIU_INT, w->comm));
  PetscCall(PetscSortRemoveDupsInt(&w->chosen, w->all));
  for (PetscInt i = 0; i < w->chosen; i++) w->row[w->all[i]] = w->table - w->chosen + i;
  PetscCall(KNParametersChooseRows(w->parameters, w->chosen, w->all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNWordRowsTake(KNWordRows w, KNPass *pass)
{
  if (!w->chosen) return;
  pass->row  = w->row;
  pass->rows = w->chosen;
}
