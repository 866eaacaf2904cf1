/* A line of JSON as a text: see text_file.h. */
#include "text_file.h"
#include <string.h>

#ifdef KN_HAVE_JANSSON
#include <jansson.h>

void KNTextFreeJSON(KNTextWork *work)
{
  json_decref((json_t *)work->json);
  work->json = NULL;
}

/* bytes -> work->json, an object */
static int Load(KNFile *file, int64_t line, size_t size, const char bytes[], KNTextWork *work)
{
  json_error_t error;

  KNTextFreeJSON(work);
  work->json = json_loadb(bytes, size, 0, &error);
  if (!work->json)
    return KNFileFail(file, file->code, "line %lld is no JSON: %.200s%s", (long long)line, error.text,
                      line == 1 && size && bytes[0] == '[' ? "; an object a line is expected, as jq -c '.[]' makes"
                                                           : "");
  if (json_is_object((json_t *)work->json)) return 0;
  return KNFileFail(file, file->code, "line %lld is no JSON object, as {\"text\": .., \"label\": ..}", (long long)line);
}

int KNTextListKeys(KNFile *file, int64_t line, size_t size, const char bytes[], KNTextWork *work, PetscInt max,
                   const char *key[], PetscInt *keys)
{
  const char *name;
  json_t     *value;

  *keys = 0;
  KNCallFile(Load(file, line, size, bytes, work));
  json_object_foreach((json_t *)work->json, name, value)
  {
    if (*keys < max) key[(*keys)++] = name;
  }
  return 0;
}

int KNTextParseJSON(KNFile *file, const KNTextFile *f, int64_t line, size_t size, const char bytes[], KNTextWork *work,
                    KNText *text)
{
  KNCallFile(Load(file, line, size, bytes, work));
  for (int role = 0; role < KN_COLUMNS; role++) {
    const json_t *value;

    text->value[role] = NULL;
    text->size[role]  = 0;
    if (!f->column[role][0]) continue;
    value = json_object_get((json_t *)work->json, f->column[role]);
    if (json_is_string(value)) {
      text->value[role] = json_string_value(value);
      text->size[role]  = json_string_length(value);
    } else if (role == KN_COLUMN_LABEL && json_is_integer(value)) {
      text->size[role] =
        (size_t)snprintf(work->number, sizeof(work->number), "%lld", (long long)json_integer_value(value));
      text->value[role] = work->number;
    } else {
      return KNFileFail(file, file->code, "line %lld has %s \"%s\", expected a text%s", (long long)line,
                        value ? "something else as its" : "no", f->column[role],
                        role == KN_COLUMN_LABEL ? " or a whole number" : "");
    }
  }
  return 0;
}
#else
static int Missing(KNFile *file)
{
  return KNFileFail(file, file->code,
                    "is read as JSON lines, and this program was built without jansson: install libjansson-dev and "
                    "build it again");
}

void KNTextFreeJSON(KNTextWork *work) {}

int KNTextListKeys(KNFile *file, int64_t line, size_t size, const char bytes[], KNTextWork *work, PetscInt max,
                   const char *key[], PetscInt *keys)
{
  return Missing(file);
}

int KNTextParseJSON(KNFile *file, const KNTextFile *f, int64_t line, size_t size, const char bytes[], KNTextWork *work,
                    KNText *text)
{
  return Missing(file);
}
#endif
