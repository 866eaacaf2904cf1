/*
  The rules by which texts become words, those of another dataset or of a network, or those that were chosen: parameters
  of the problem, so that datasets and checkpoints keep them.
*/
#include "texts.h"
#include <string.h>

const char *const KNTextRuleNames[] = {"lower_case", "drop_markup", "pairs", NULL};

static const char stem_prefix[] = "stem_";

/*
  The language whose stems take the place of words, of the like or of the choice: one more parameter of the problem, if
  there is one. Their stemmer, or NULL.
*/
static int SetStem(KNSource source, const KNSourceChoice *choice, KNStemmer **stemmer)
{
  KNProblem       *problem = &source->problem;
  const KNProblem *like    = choice->like;
  PetscInt         stem    = choice->text_stem;
  const char      *language;
  KNParameter     *p;

  *stemmer = NULL;
  if (like) {
    const KNParameter *more = like->parameters > KN_TEXT_RULES ? &like->parameter[KN_TEXT_RULES] : NULL;

    for (stem = KN_STEM_NONE; more && KNTextStemNames[stem]; stem++) {
      if (!strncmp(more->name, stem_prefix, strlen(stem_prefix)) &&
          !strcmp(more->name + strlen(stem_prefix), KNTextStemNames[stem]))
        break;
    }
    if (!KNTextStemNames[stem] || like->parameters > KN_TEXT_RULES + 1)
      return KNFileFail(&source->file, KN_ERR_INPUT, "cannot be read like texts of another program: -like says %s",
                        like->parameter[like->parameters - 1].name);
    if (choice->text_stem && choice->text_stem != stem)
      return KNFileFail(&source->file, KN_ERR_USAGE,
                        "is read by the rules of -like, whose stems are %s: leave out -text_stem",
                        KNTextStemNames[stem]);
  }
  if (stem < KN_STEM_LANGUAGES) return 0;
  language = KNTextStemNames[stem];
  if (problem->parameter[KN_TEXT_LOWER].value == 0)
    return KNFileFail(&source->file, KN_ERR_USAGE,
                      "cannot get stems of words with capitals: leave out -text_case keep, or -text_stem %s", language);
  p  = &problem->parameter[problem->parameters++];
  *p = (KNParameter){.unit = "1", .value = 1};
  snprintf(p->name, sizeof(p->name), "%s%s", stem_prefix, language);
  return KNStemmerCreate(&source->file, language, stemmer);
}

int KNTextsSetRules(KNSource source, const KNSourceChoice *choice, KNTexts *t)
{
  KNProblem       *problem               = &source->problem;
  const KNProblem *like                  = choice->like;
  const PetscReal  wanted[KN_TEXT_RULES] = {[KN_TEXT_LOWER]  = choice->text_case != KN_CASE_KEEP,
                                            [KN_TEXT_MARKUP] = choice->text_markup == KN_MARKUP_DROP,
                                            [KN_TEXT_PAIR]   = t->pair};
  KNStemmer       *stemmer;

  for (int r = 0; r < KN_TEXT_RULES; r++) {
    KNParameter *p = &problem->parameter[problem->parameters++];

    *p = (KNParameter){.unit = "1", .value = wanted[r]};
    snprintf(p->name, sizeof(p->name), "%s", KNTextRuleNames[r]);
    if (!like) continue;
    if (like->parameters < KN_TEXT_RULES || strcmp(like->parameter[r].name, p->name))
      return KNFileFail(&source->file, KN_ERR_INPUT, "cannot be read like texts of another program: -like says no %s",
                        p->name);
    if (r == KN_TEXT_PAIR && like->parameter[r].value != p->value)
      return KNFileFail(&source->file, KN_ERR_INPUT, "has %s, %s: name them, as in -text_columns text=NAME%s",
                        t->pair ? "pairs of texts" : "single texts",
                        t->pair ? "single ones are expected" : "pairs are expected", t->pair ? "" : ",pair=NAME");
    if ((r == KN_TEXT_LOWER && choice->text_case && like->parameter[r].value != p->value) ||
        (r == KN_TEXT_MARKUP && choice->text_markup && like->parameter[r].value != p->value))
      return KNFileFail(&source->file, KN_ERR_USAGE,
                        "is read by the rules of -like, where %s is %g: leave out -text_%s", p->name,
                        (double)like->parameter[r].value, r == KN_TEXT_LOWER ? "case" : "markup");
    p->value = like->parameter[r].value;
  }
  if (like && choice->text_length && choice->text_length != like->input.length)
    return KNFileFail(&source->file, KN_ERR_USAGE,
                      "is read by the rules of -like, which has %d words: leave out -text_length",
                      (int)like->input.length);
  problem->input.length = like ? like->input.length : choice->text_length ? choice->text_length : KN_TEXT_LENGTH;
  KNCallFile(SetStem(source, choice, &stemmer));
  return KNCutterCreate(&source->file, (PetscBool)(problem->parameter[KN_TEXT_LOWER].value != 0),
                        (PetscBool)(problem->parameter[KN_TEXT_MARKUP].value != 0), stemmer, &t->words);
}
