/*
  The report as one HTML page: no script, nothing loaded from elsewhere (its own policy forbids it), light or dark as
  the reader's system, tables that scroll on a phone.

  Pictures are PNG in base64. Those of the report are drawn beside the page and removed; those of a run are what
  `kitinet evaluate` left in its directory.
*/
#include "csv.h"
#include "report.h"
#include <ctype.h>
#include <dirent.h>
#include <kitinet/error.h>
#include <kitinet/record.h>
#include <kitinet/run.h>
#include <kitinet/xdmf.h>
#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE (64L << 20) /* bytes, after which pictures are named, not shown */

static const char style[] =
  ":root{color-scheme:light dark;--line:#8886;--soft:#8881}\n"
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}\n"
  "h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2.5rem}h1,h2,summary,p{overflow-wrap:anywhere}\n"
  ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
  "th,td{padding:.3rem .7rem;border-bottom:1px solid "
  "var(--line);text-align:right;white-space:nowrap}th{font-weight:600}.text{text-align:left}\n"
  "tr:hover td{background:var(--soft)}figure{margin:1rem 0}figcaption{font-size:.9rem;opacity:.8}\n"
  "img{max-width:100%;height:auto;background:#fff;border-radius:.4rem}\n"
  "details{border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0;padding:.4rem "
  ".8rem}summary{cursor:pointer;font-weight:600}\n"
  "pre{overflow-x:auto;background:var(--soft);padding:.6rem;border-radius:.4rem;font-size:.85rem}\n"
  "@media(max-width:40rem){figure{overflow-x:auto}img{max-width:none;width:44rem}}\n"
  "@media print{details{border:0}}\n";

/* Cells of a table: text, to the left; a number in the given format, nothing where there is none. */
static void PrintText(FILE *file, const char text[])
{
  fprintf(file, "<td class=\"text\">");
  KNXMLText(file, text);
  fprintf(file, "</td>");
}

static void PrintReal(FILE *file, const char format[], PetscReal value)
{
  fprintf(file, "<td>");
  if (!PetscIsNanReal(value)) fprintf(file, format, (double)value);
  fprintf(file, "</td>");
}

static void PrintSamples(FILE *file, PetscInt64 samples)
{
  if (samples) fprintf(file, "<td>%" PetscInt64_FMT "</td>", samples);
  else fprintf(file, "<td>all</td>");
}

/*
  The bytes of a PNG file in base64; nothing, with its name, where it cannot be read or the page is full. caption may
  be NULL.
*/
static void PrintPicture(FILE *file, const char path[], const char caption[])
{
  enum { BLOCK = 3 << 14 };
  static const unsigned char png[] = "\x89PNG\r\n\x1a\n";
  uint8_t                    bytes[BLOCK];
  char                       text[BASE64_ENCODE_RAW_LENGTH(BLOCK)];
  FILE                      *picture = fopen(path, "rb");
  size_t                     got     = picture ? fread(bytes, 1, BLOCK, picture) : 0;

  if (got < sizeof(png) || memcmp(bytes, png, sizeof(png) - 1) || ftell(file) > PAGE) got = 0;
  fprintf(file, "<figure>");
  if (got) fprintf(file, "<img alt=\"");
  else fprintf(file, "<p>Not shown: ");
  KNXMLText(file, caption ? caption : path);
  fprintf(file, "%s", got ? "\" src=\"data:image/png;base64," : "</p>");
  for (; got; got = fread(bytes, 1, BLOCK, picture)) {
    base64_encode_raw(text, got, bytes);
    fwrite(text, 1, BASE64_ENCODE_RAW_LENGTH(got), file);
    if (got < BLOCK) break;
  }
  if (picture) (void)fclose(picture);
  if (got) fprintf(file, "\">");
  if (got && caption) {
    fprintf(file, "<figcaption>");
    KNXMLText(file, caption);
    fprintf(file, "</figcaption>");
  }
  fprintf(file, "</figure>\n");
}

static void PrintHead(FILE *file, const KNStudy *study, const char source[], PetscInt count)
{
  const char *title = study->name[0] ? study->name : "Comparison of runs";

  fprintf(file, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                "content=\"width=device-width,initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';img-src data:;style-src "
                "'unsafe-inline'\">\n<title>");
  KNXMLText(file, title);
  fprintf(file, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
  KNXMLText(file, title);
  fprintf(file, "</h1>\n<p><code>kitinet report ");
  KNXMLText(file, source);
  fprintf(file, "%s</code>, kitinet %s: %" PetscInt_FMT " of %" PetscInt_FMT " runs are finished.</p>\n",
          study->validation ? " -study_validation" : "", KN_VERSION, count, study->count);
}

static void PrintCells(FILE *file, const KNStudy *study, PetscInt ncells, const KNCell cells[])
{
  const KNMeasure *first = &study->task->measure[0];

  fprintf(file,
          "<h2>Results</h2>\n<p>%c%s on the %s set after the last epoch%s%s, mean and standard deviation over seeds. "
          "Difference to <b>",
          toupper((unsigned char)first->title[0]), first->title + 1, study->validation ? "validation" : "test",
          first->unit[0] ? " in " : "", first->unit);
  KNXMLText(file, study->baseline);
  fprintf(file,
          "</b>: mean over runs with the same seed and its 95 %% interval (Student's t), in %s.</p>\n"
          "<div class=\"scroll\"><table>\n<tr><th class=\"text\">dataset</th><th>samples</th><th class=\"text\">variant"
          "</th><th>seeds</th><th>mean</th><th>deviation</th><th>difference</th><th>95 %% interval</th></tr>\n",
          KNReportIsShare(study) ? "points" : "% of its own");
  for (PetscInt i = 0; i < ncells; i++) {
    const KNCell   *c     = &cells[i];
    const PetscBool other = (PetscBool)(strcmp(c->variant, study->baseline) && c->pairs);
    const PetscReal scale = KNReportDifferenceScale(study, c);

    fprintf(file, "<tr>");
    PrintText(file, c->dataset);
    PrintSamples(file, c->samples);
    PrintText(file, c->variant);
    fprintf(file, "<td>%" PetscInt_FMT "</td>", c->runs);
    PrintReal(file, "%.4f", first->scale * c->mean);
    PrintReal(file, "%.4f", first->scale * c->deviation);
    PrintReal(file, "%+.2f", other ? scale * c->difference : (PetscReal)NAN);
    if (other && c->pairs > 1)
      fprintf(file, "<td>%+.2f to %+.2f</td></tr>\n", (double)(scale * c->low), (double)(scale * c->high));
    else fprintf(file, "<td></td></tr>\n");
  }
  fprintf(file, "</table></div>\n");
}

/* A picture drawn for this page: it goes into it. title: of what it shows. */
static PetscErrorCode PrintDrawn(FILE *file, const char drawn[], const char title[], const char over[])
{
  char png[PETSC_MAX_PATH_LEN], caption[4 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(caption, sizeof(caption), "%c%s %s", toupper((unsigned char)title[0]), title + 1, over));
  PetscCall(PetscSNPrintf(png, sizeof(png), "%s.png", drawn));
  PrintPicture(file, png, caption);
  (void)unlink(png);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Of each dataset error over samples, where there are several numbers of them; of each number of samples error over
  epochs.
*/
static PetscErrorCode PrintCurves(FILE *file, const KNStudy *study, const char path[], PetscInt count,
                                  const KNResult results[], PetscInt ncells, const KNCell cells[])
{
  const KNMeasure *first = &study->task->measure[0], *curve = &study->task->measure[study->task->curve];
  PetscInt         drawn = 0;

  PetscFunctionBegin;
  fprintf(file, "<h2>Curves</h2>\n");
  for (PetscInt i = 0, n; i < ncells; i += n) {
    char name[PETSC_MAX_PATH_LEN], title[2 * KN_MAX_NAME];

    for (n = 1; i + n < ncells && !strcmp(cells[i].dataset, cells[i + n].dataset);) n++;
    if (cells[i].samples != cells[i + n - 1].samples) {
      PetscCall(PetscSNPrintf(name, sizeof(name), "%s-%" PetscInt_FMT, path, drawn++));
      PetscCall(KNReportDrawErrors(study, name, n, cells + i));
      PetscCall(PrintDrawn(file, name, first->title,
                           "over training samples, with a band of one standard deviation over the seeds"));
    }
    for (PetscInt k = i, m; k < i + n; k += m) {
      for (m = 1; k + m < i + n && cells[k].samples == cells[k + m].samples;) m++;
      PetscCall(PetscSNPrintf(name, sizeof(name), "%s-%" PetscInt_FMT, path, drawn++));
      if (cells[k].samples)
        PetscCall(
          PetscSNPrintf(title, sizeof(title), "%s, %" PetscInt64_FMT " samples", cells[k].dataset, cells[k].samples));
      else PetscCall(PetscSNPrintf(title, sizeof(title), "%s", cells[k].dataset));
      PetscCall(KNReportDrawCurves(study, name, title, count, results, m, cells + k));
      PetscCall(PrintDrawn(file, name, curve->title,
                           "over epochs: mean over the seeds, with a band from the smallest to the largest"));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PrintRuns(FILE *file, const KNStudy *study, PetscInt count, const KNResult results[])
{
  const KNMeasure *first = &study->task->measure[0], *curve = &study->task->measure[study->task->curve];

  fprintf(file,
          "<h2>Runs</h2>\n<div class=\"scroll\"><table>\n<tr><th class=\"text\">run</th><th "
          "class=\"text\">dataset</th><th>samples</th><th "
          "class=\"text\">variant</th><th>seed</th><th>train%s%s</th><th>%s%s%s</th>"
          "<th>epochs</th><th>parameters</th><th>MFLOP a sample</th><th>seconds</th></tr>\n",
          curve->unit[0] ? ", " : "", curve->unit, study->validation ? "validation" : "test",
          first->unit[0] ? ", " : "", first->unit);
  for (PetscInt i = 0; i < count; i++) {
    const KNResult *r = &results[i];

    fprintf(file, "<tr>");
    PrintText(file, r->run->directory);
    PrintText(file, r->run->dataset);
    PrintSamples(file, r->run->samples);
    PrintText(file, r->run->variant);
    fprintf(file, "<td>%" PetscInt64_FMT "</td>", r->run->seed);
    PrintReal(file, "%.4f", curve->scale * r->train);
    PrintReal(file, "%.4f", first->scale * (study->validation ? r->validation : r->test));
    fprintf(file, "<td>%" PetscInt64_FMT "</td><td>%" PetscInt64_FMT "</td>", r->run->epochs, r->parameters);
    PrintReal(file, "%.4g", r->mflop);
    PrintReal(file, "%.1f", r->seconds);
    fprintf(file, "</tr>\n");
  }
  fprintf(file, "</table></div>\n");
}

static int IsPicture(const struct dirent *entry)
{
  const size_t length = strlen(entry->d_name);

  return length > 4 && !strcmp(entry->d_name + length - 4, ".png");
}

/* Provenance, pictures and options of a run; closed, but for a few. file: NULL on all ranks but 0. */
static PetscErrorCode PrintRun(FILE *file, const KNStudyRun *run, PetscBool open)
{
  KNRecord        record;
  PetscInt64      fingerprint, step;
  PetscBool       is_record;
  struct dirent **entry = NULL;
  char           *yaml, kind[KN_MAX_NAME], version[KN_MAX_NAME], path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNRunPath(run->directory, "checkpoint.h5", path));
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(KNRecordInt(record, "dataset_fingerprint", &fingerprint));
  PetscCall(KNRecordInt(record, "step", &step));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(KNRecordIdentify(PETSC_COMM_WORLD, path, &is_record, kind, version));
  PetscCall(KNRunReadConfig(run->directory, &yaml));
  if (file) {
    const int count = scandir(run->directory, &entry, IsPicture, alphasort);

    fprintf(file, "<details%s><summary>", open ? " open" : "");
    KNXMLText(file, run->directory);
    fprintf(file,
            "</summary>\n<p>Trained by kitinet %s, %" PetscInt64_FMT
            " steps, on the dataset with fingerprint <code>%016llx</code>.</p>\n",
            is_record ? version : "", step, (unsigned long long)fingerprint);
    for (int i = 0; i < count; i++) {
      PetscCall(KNRunPath(run->directory, entry[i]->d_name, path));
      PrintPicture(file, path, entry[i]->d_name);
      free(entry[i]);
    }
    free(entry);
    fprintf(file, "<details><summary>Options</summary><pre>");
    KNXMLText(file, yaml);
    fprintf(file, "</pre></details>\n</details>\n");
  }
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReportWriteHTML(const KNStudy *study, const char source[], const char path[], PetscInt count,
                                 const KNResult results[], PetscInt ncells, const KNCell cells[])
{
  enum { FEW = 4 };
  KNCSV       page;
  const char *slash = strrchr(path, '/');
  char        folder[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(folder, slash ? path : ".", sizeof(folder)));
  if (slash) folder[slash - path] = 0;
  if (slash && slash > path) PetscCall(KNDirectoryCreate("directory", folder, "-html"));
  PetscCall(KNCSVBegin(&page));
  if (page.file) {
    PrintHead(page.file, study, source, count);
    if (count) {
      PrintCells(page.file, study, ncells, cells);
      PetscCall(PrintCurves(page.file, study, path, count, results, ncells, cells));
      PrintRuns(page.file, study, count, results);
    }
  }
  for (PetscInt i = 0; i < count; i++) PetscCall(PrintRun(page.file, results[i].run, (PetscBool)(count <= FEW)));
  if (page.file) fprintf(page.file, "</body>\n</html>\n");
  PetscCall(KNCSVEnd(&page, folder, slash ? slash + 1 : path));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n%s: the report as a page\n", path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
