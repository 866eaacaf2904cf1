/* kitinet convert of texts: its options, whose vocabulary they get, and copying them. */
#include "convert.h"
#include <kitinet/progress.h>
#include <kitinet/record.h>

PetscErrorCode KNTextColumnOptions(KNSourceChoice *choice, char ***column)
{
  static const char *const quotes[] = {"csv", "all", "none", NULL};

  PetscFunctionBegin;
  PetscCall(
    KNOptionsList("-text_columns",
                  "which columns of a table, or keys of JSON lines, are what: text=review,label=sentiment, of "
                  "pairs text=premise,pair=hypothesis,label=gold; by numbers where the first line has no names: "
                  "text=4,label=1; not given: text, pair, label, or SNLI's names",
                  &choice->text_columns, column));
  PetscCall(KNOptionsChoice("-text_quotes",
                            "fields that begin with \" end with it, and have delimiters and line breaks in them: those "
                            "of .csv files, of all tables, or of none",
                            quotes, &choice->text_quotes));
  choice->text_column = (const char *const *)*column;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTextRuleOptions(KNSourceChoice *choice, PetscInt *words, PetscInt *least)
{
  static const char *const cases[] = {"default", "lower", "keep", NULL}, *const markup[] = {"default", "keep", "drop",
                                                                                            NULL};

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-text_length",
                         "words of a sample at most, with its beginning and, of a pair, the separator; what is longer "
                         "is cut, of a pair the longer text first; 0: 256, or as -like",
                         0, 65536, &choice->text_length));
  PetscCall(
    KNOptionsChoice("-text_case", "letters become lower case, the default, or stay", cases, &choice->text_case));
  PetscCall(KNOptionsChoice("-text_markup", "tags and entities of HTML stay, the default, or are dropped", markup,
                            &choice->text_markup));
  PetscCall(KNOptionsChoice("-text_stem",
                            "words become their stems, as plays and playing become play, by the rules of this "
                            "language, or stay whole, the default",
                            KNTextStemNames, &choice->text_stem));
  PetscCall(
    KNOptionsInt("-text_words", "the vocabulary has the most frequent words, up to so many", 16, 1 << 20, words));
  PetscCall(
    KNOptionsInt("-text_least", "and of them those that occur so often; others are unknown", 1, 1000000, least));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvertLike(const char path[], KNDataset *like, const KNProblem **problem)
{
  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, like));
  PetscCall(KNDatasetGetProblem(*like, problem));
  PetscCheck((*problem)->input.kind == KN_SPACE_TOKENS && (*problem)->output.kind == KN_SPACE_CLASS, PETSC_COMM_WORLD,
             KN_ERR_INPUT,
             "%s holds neither a network nor texts with classes: -like takes a checkpoint, for its weights, or a "
             "dataset of texts, for its vocabulary and classes",
             path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvertIsRecord(const char path[], PetscBool *is_record)
{
  char kind[KN_MAX_NAME], version[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNRecordIdentify(PETSC_COMM_WORLD, path, is_record, kind, version));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNConvertCopyTexts(KNSource source, PetscInt64 first, PetscInt64 samples, KNSink *sink)
{
  enum { BATCH = 256 };
  const KNProblem *problem;
  PetscInt64       start, end, number[BATCH];
  const int32_t   *label;
  int32_t         *token, length[BATCH];
  KNProgress       progress;
  char             message[1024] = "";
  int              code          = 0, worst;

  PetscFunctionBegin;
  PetscCall(KNSourceGetProblem(source, &problem, NULL));
  PetscCall(KNSourceGetLabels(source, &label));
  PetscCall(KNSinkGetShare(*sink, &start, &end));
  PetscCall(KNMalloc((size_t)BATCH * (size_t)problem->input.length, sizeof(*token), &token));
  PetscCall(KNProgressBegin("samples", end - start, 0, &progress));
  PetscCall(KNProgressLogEvery(&progress, 10.0));
  for (PetscInt64 row = start; row < end && !code; row += BATCH) {
    const PetscInt64 count = PetscMin(BATCH, end - row);

    for (PetscInt64 i = 0; i < count; i++) number[i] = first + row + i;
    code = KNSourceReadTokens(source, first + row, count, token, length, sizeof(message), message);
    if (!code) PetscCall(KNSinkWriteTokens(*sink, row, count, number, token, length, label + first + row));
    PetscCall(KNProgressUpdate(&progress, row + count - start, NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscCall(KNFree(&token));
  PetscCallMPI(MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD));
  if (worst) PetscCall(KNSinkDestroy(sink)); // and its file
  PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}
