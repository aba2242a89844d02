#include "cli/capacity_read.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capacity/capacity_result.h"
#include "cli/capacity_say.h"
#include "report/emit.h"
#include "report/report.h"
#include "util/array.h"
#include "util/file.h"
#include "util/fits.h"
#include "util/json_write.h"

#define TEXT_MAX ((size_t)1 << 20)

static bool is_folder(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

bool capacity_is(const char *path) {
    return is_folder(path) || strcmp(file_base(path), CAPACITY_FILE) == 0;
}

/* The file itself, which the folder has. */
static int file_of(const char *path, char out[PATH_MAX], struct err *e) {
    int n = is_folder(path) ? snprintf(out, PATH_MAX, "%s/%s", path, CAPACITY_FILE)
                            : snprintf(out, PATH_MAX, "%s", path);
    return n >= 0 && n < PATH_MAX ? 0 : err_set(e, "the path %.60s... is too long", path);
}

int capacity_read(const char *path, struct capacity_result *out, struct err *e) {
    char file[PATH_MAX];
    if (file_of(path, file, e) != 0)
        return -1;
    if (is_folder(path) && access(file, F_OK) != 0)
        return err_set(e,
                       "%s is a folder without %s; give a run file, or the folder of coldswarm "
                       "capacity",
                       path, CAPACITY_FILE);
    return capacity_result_read(file, out, e);
}

bool capacity_same(const char *one, const char *other) {
    char file[PATH_MAX];
    struct stat a, b;
    return file_of(one, file, NULL) == 0 && stat(file, &a) == 0 &&
           file_of(other, file, NULL) == 0 && stat(file, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int capacity_refuse(const struct args *a, const char *const *of_runs, size_t n, struct err *e) {
    for (size_t i = 0; i < n; i++)
        if (opt_given(a, of_runs[i]))
            return err_set(e, "--%s is about a run file, but %s is a capacity", of_runs[i],
                           args_at(a, 0));
    return 0;
}

/* ---- gate ---- */

/* --min-capacity, held against the interval. */
struct checked {
    const struct capacity_result *r;
    double least;
    enum evidence_verdict verdict;
    bool ok;
};

static void print_json(const struct checked *x) {
    struct buf text;
    struct json_writer w;
    buf_init(&text, TEXT_MAX);
    json_write_init(&w, &text, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_bool(&w, "ok", x->ok);
    json_write_array(&w, "capacity", JSON_LINES);
    json_write_object(&w, NULL, JSON_LINE);
    json_write_number(&w, "min_capacity", x->least);
    json_write_number(&w, "value", x->r->answer.value);
    json_write_array(&w, "interval", JSON_LINE);
    json_write_number(&w, NULL, x->r->answer.low);
    json_write_number(&w, NULL, x->r->answer.high);
    json_write_end(&w);
    json_write_text(&w, "unit", capacity_units[x->r->unit]);
    json_write_text(&w, "verdict",
                    x->verdict == EVIDENCE_HOLDS   ? "above"
                    : x->verdict == EVIDENCE_FAILS ? "below"
                                                   : "undecided");
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
    printf("%s\n", buf_text(&text));
    buf_done(&text);
}

/* "capacity between 480 and 520 requests/s; at least 500 is needed" */
static void sentence(const struct checked *x, struct buf *out) {
    buf_str(out, "capacity ");
    capacity_result_words(x->r, out);
    buf_printf(out, "; at least %.10g is needed", x->least);
}

static void print_text(const struct checked *x, bool markdown) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    sentence(x, &text);
    printf("%s%s: %s\n", markdown ? "- " : "",
           x->verdict == EVIDENCE_HOLDS   ? "ok"
           : x->verdict == EVIDENCE_FAILS ? "FAILED"
                                          : "undecided",
           buf_text(&text));
    buf_done(&text);
}

/* For JUnit and GitHub. */
static void find(const void *of, finding_fn *fn, void *context) {
    const struct checked *x = of;
    struct buf text, name;
    buf_init(&text, TEXT_MAX);
    buf_init(&name, TEXT_MAX);
    sentence(x, &text);
    buf_printf(&name, "at least %.10g %s", x->least, capacity_unit_words[x->r->unit]);
    const struct finding f = {.state = !x->ok                         ? FINDING_FAILS
                                       : x->verdict == EVIDENCE_HOLDS ? FINDING_HOLDS
                                                                      : FINDING_SKIPPED,
                              .kind = "capacity",
                              .name = buf_text(&name),
                              .sentence = buf_text(&text),
                              .type = "capacity",
                              .time_s = -1,
                              .failed = !buf_ok(&text) || !buf_ok(&name)};
    fn(context, &f);
    buf_done(&text);
    buf_done(&name);
}

/* --junit and --github */
static int annotate(const struct args *a, const struct checked *x, struct err *e) {
    struct document d;
    struct buf text;
    int result = 0;
    document_start(&d, x);
    d.suites_name = "coldswarm";
    d.suites[d.suite_count++] = (struct finding_suite){
        .name = x->r->name != NULL ? x->r->name : "",
        .each = find,
        .of = x,
        .time_s = -1,
        .timestamp = x->r->started_utc,
        .failed = x->verdict == EVIDENCE_FAILS ? "Capacity too small" : "Capacity undecided",
        .skipped = "Capacity undecided"};
    buf_init(&text, TEXT_MAX);
    if (opt_flag(a, "github")) {
        emit_github(&text, &d);
        fputs(buf_text(&text), strcmp(opt_text(a, "format"), "text") == 0 ? stdout : stderr);
    }
    if (buf_fits(&text, e, NULL, "the text of the results") != 0)
        result = -1;
    else if (opt_given(a, "junit"))
        result = report_write_file(opt_text(a, "junit"), report_format("junit"),
                                   &(struct report_source){.document = &d}, e);
    buf_done(&text);
    document_done(&d);
    return result;
}

static int check_gate(const struct args *a, struct err *e) {
    static const char *const of_runs[] = {"expression", "baseline", "max-regression", "confidence"};
    if (capacity_refuse(a, of_runs, COUNT_OF(of_runs), e) != 0)
        return -1;
    return opt_given(a, "min-capacity")
               ? 0
               : err_set(e, "%s is a capacity; give --min-capacity, the load that it must reach",
                         args_at(a, 0));
}

static void show_gate(const struct checked *x, const char *format) {
    if (strcmp(format, "json") == 0)
        print_json(x);
    else
        print_text(x, strcmp(format, "markdown") == 0);
    fflush(stdout);
}

int capacity_gate(const struct args *a) {
    struct capacity_result r = {0};
    struct err e = {""};
    if (check_gate(a, &e) != 0)
        return command_error(EXIT_USAGE, e.text);
    if (capacity_read(args_at(a, 0), &r, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    struct checked x = {.r = &r, .least = opt_number(a, "min-capacity")};
    x.verdict = capacity_result_reaches(&r, x.least);
    x.ok = x.verdict == EVIDENCE_HOLDS || (x.verdict == EVIDENCE_OPEN && !opt_flag(a, "strict"));
    int code = x.ok ? EXIT_OK : EXIT_THRESHOLD;
    show_gate(&x, opt_text(a, "format"));
    if (annotate(a, &x, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    fflush(stdout);
    if (x.verdict == EVIDENCE_OPEN)
        command_error(EXIT_OK, "warning: the interval does not decide this; search with a smaller "
                               "--precision or more --max-time");
    capacity_result_done(&r);
    return code;
}

/* ---- report ---- */

int capacity_report(const struct args *a) {
    static const char *const of_runs[] = {
        "locust", "intervals", "dialects", "goodput",   "from", "to",
        "stage",  "name",      "force",    "warm-only", "csv",  "cpu",
        "memory", "billing",   "region",   "prices",    "gpu",  "csv-full-history"};
    const struct report_format *format = report_format(opt_text(a, "format"));
    struct capacity_result r = {0};
    struct err e = {""};
    if (format->of_run) {
        err_set(&e, "%s is a capacity, which can be shown as %s, but not as %s", args_at(a, 0),
                "table, markdown, csv, json, latex or html", format->word);
        return command_error(EXIT_USAGE, e.text);
    }
    if (capacity_refuse(a, of_runs, COUNT_OF(of_runs), &e) != 0)
        return command_error(EXIT_USAGE, e.text);
    if (capacity_read(args_at(a, 0), &r, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    int code = capacity_say_result(&r, NULL, format);
    if (code == EXIT_OK && opt_given(a, "out"))
        code = capacity_say_files(&r, opt_text(a, "out"), !opt_flag(a, "no-figures"),
                                  format->for_people ? stdout : stderr);
    capacity_result_done(&r);
    return code;
}
