/* Words with numbers and counts: see words.h. */
#include "words.h"
#include <stdlib.h>
#include <string.h>

static uint64_t Hash(const char word[])
{
  uint64_t h = UINT64_C(0xcbf29ce484222325);

  for (; *word; word++) h = (h ^ (unsigned char)*word) * UINT64_C(0x100000001b3);
  return h ^ h >> 32;
}

/* The slot of the word, or the free one where it would be; table->slots > 0. */
static size_t SlotOf(const KNTable *table, const char word[])
{
  size_t at = Hash(word) & (table->slots - 1);

  while (table->slot[at] && strcmp(table->text + table->entry[table->slot[at] - 1].text, word))
    at = (at + 1) & (table->slots - 1);
  return at;
}

/* Slots anew, `slots` of them. */
static PetscBool Rebuild(KNTable *table, size_t slots)
{
  int32_t *slot = (int32_t *)calloc(slots, sizeof(*slot));

  if (!slot) return PETSC_FALSE;
  free(table->slot);
  table->slot  = slot;
  table->slots = slots;
  for (size_t i = 0; i < table->entries; i++)
    table->slot[SlotOf(table, table->text + table->entry[i].text)] = (int32_t)i + 1;
  return PETSC_TRUE;
}

/* Memory for one more word of `length` bytes with its 0. */
static PetscBool Grow(KNTable *table, size_t length)
{
  if (table->entries == INT32_MAX - 1) return PETSC_FALSE;
  if (table->entries == table->room) {
    const size_t more   = 2 * table->room + 256;
    void        *larger = realloc(table->entry, more * sizeof(*table->entry));

    if (!larger) return PETSC_FALSE;
    table->entry = (KNTableEntry *)larger;
    table->room  = more;
  }
  if (table->used + length > table->text_room) {
    const size_t more   = 2 * table->text_room + length + 4096;
    void        *larger = realloc(table->text, more);

    if (!larger) return PETSC_FALSE;
    table->text      = (char *)larger;
    table->text_room = more;
  }
  return (PetscBool)(2 * (table->entries + 1) <= table->slots ||
                     Rebuild(table, table->slots ? 2 * table->slots : 1024));
}

int KNTableCount(KNFile *file, KNTable *table, const char word[], int64_t count, KNTableEntry **entry)
{
  const size_t length = strlen(word) + 1;
  size_t       at;

  if (!table->slots || !table->slot[at = SlotOf(table, word)]) {
    if (!Grow(table, length))
      return KNFileFail(file, PETSC_ERR_MEM, "no memory for %zu different words", table->entries + 1);
    at = SlotOf(table, word);
    memcpy(table->text + table->used, word, length);
    table->entry[table->entries] = (KNTableEntry){.text = table->used, .number = (int32_t)table->entries};
    table->used += length;
    table->slot[at] = (int32_t)++table->entries;
  }
  table->entry[table->slot[at] - 1].count += count;
  if (entry) *entry = &table->entry[table->slot[at] - 1];
  return 0;
}

int32_t KNTableFind(const KNTable *table, const char word[])
{
  size_t at;

  if (!table->slots) return -1;
  at = SlotOf(table, word);
  return table->slot[at] ? table->entry[table->slot[at] - 1].number : -1;
}

/* An entry with its word, for sorting. */
typedef struct {
  const char  *word;
  KNTableEntry entry;
} Named;

static int ByCount(const void *a_, const void *b_)
{
  const Named *a = (const Named *)a_, *b = (const Named *)b_;

  if (a->entry.count != b->entry.count) return a->entry.count > b->entry.count ? -1 : 1;
  return strcmp(a->word, b->word);
}

int KNTableOrder(KNFile *file, KNTable *table, int32_t first)
{
  Named *named = (Named *)malloc((table->entries + 1) * sizeof(*named));

  if (!named) return KNFileFail(file, PETSC_ERR_MEM, "no memory to sort %zu words", table->entries);
  for (size_t i = 0; i < table->entries; i++)
    named[i] = (Named){.word = table->text + table->entry[i].text, .entry = table->entry[i]};
  qsort(named, table->entries, sizeof(*named), ByCount);
  for (size_t i = 0; i < table->entries; i++) {
    table->entry[i]        = named[i].entry;
    table->entry[i].number = first + (int32_t)i;
  }
  free(named);
  if (table->slots && !Rebuild(table, table->slots))
    return KNFileFail(file, PETSC_ERR_MEM, "no memory for a table of %zu words", table->entries);
  return 0;
}

void KNTableFree(KNTable *table)
{
  free(table->entry);
  free(table->text);
  free(table->slot);
  memset(table, 0, sizeof(*table));
}
