#include "cli/gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/capacity_read.h"
#include "cli/gate_baseline.h"
#include "record/reader.h"
#include "report/emit.h"
#include "report/gate_document.h"
#include "util/fits.h"

#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

static int parse_rules(const struct args *a, struct gate_rules *rules, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "expression", &list);
    for (size_t i = 0; i < n; i++)
        if (gate_rules_parse(rules, "-e", list[i], e) != 0)
            return -1;
    return 0;
}

static int print(FILE *to, const struct document *d,
                 void (*emit)(struct buf *out, const struct document *d), struct err *e) {
    struct buf b;
    buf_init(&b, OUTPUT_MAX_BYTES);
    emit(&b, d);
    int result = buf_fits(&b, e, "use fewer thresholds", "the text of the results");
    if (result == 0)
        fwrite(buf_text(&b), 1, b.len, to);
    buf_done(&b);
    return result;
}

static int write_junit(const char *path, const struct document *d, struct err *e) {
    FILE *to = fopen(path, "w");
    if (to == NULL)
        return err_set(e, "cannot write %s: %s", path, strerror(errno));
    int result = print(to, d, emit_junit, e);
    bool bad = ferror(to) != 0;
    if ((fclose(to) != 0 || bad) && result == 0)
        result = err_set(e, "cannot write %s: %s", path, strerror(errno));
    return result;
}

static int show(const struct args *a, const struct gate_verdicts *of, struct err *e) {
    const char *format = opt_text(a, "format");
    struct document d;
    int result = gate_document(&d, of, e);
    if (result == 0)
        result = print(stdout, &d,
                       strcmp(format, "json") == 0   ? emit_json
                       : strcmp(format, "text") == 0 ? emit_table
                                                     : emit_markdown,
                       e);
    if (result == 0 && opt_flag(a, "github")) {
        fflush(stdout);
        result = print(strcmp(format, "text") == 0 ? stdout : stderr, &d, emit_github, e);
    }
    if (result == 0 && opt_given(a, "junit"))
        result = write_junit(opt_text(a, "junit"), &d, e);
    document_done(&d);
    return result;
}

/* What the run itself is worth comes before what it says. */
static int decide(const struct thresholds *t, const struct regressions *r,
                  const struct reader_run *run, struct err *e) {
    if (!run->complete) {
        err_set(e, "the run was interrupted or is still in progress, so its data does not "
                   "represent a complete run");
        return EXIT_INVALID;
    }
    if (strcmp(run->verdict, "INVALID") == 0) {
        err_set(e, "the run is INVALID: %s", run->verdict_reason);
        return EXIT_INVALID;
    }
    return t->ok && (r == NULL || r->ok) ? EXIT_OK : EXIT_THRESHOLD;
}

int gate(const struct args *a) {
    struct gate_rules rules = {0};
    struct reader *reader = NULL;
    struct thresholds *t = NULL;
    struct thresholds none = {.ok = true};
    struct gate_regression *items = NULL;
    struct regressions *regressions = NULL;
    size_t item_count = 0;
    struct err e = {""};
    bool usage = false;
    int code = EXIT_USAGE;
    if (capacity_is(args_at(a, 0)))
        return capacity_gate(a);
    if (opt_given(a, "min-capacity"))
        return command_error(EXIT_USAGE, "--min-capacity needs the folder of a search (see "
                                         "coldswarm capacity --help), not a run file");
    if (parse_rules(a, &rules, &e) != 0)
        goto out;
    struct thresholds_options o = {
        .rules = rules.count > 0 ? &rules : NULL, .check = rules.count > 0, .duration_us = -1};
    code = EXIT_RUNTIME;
    if (reader_open(args_at(a, 0), &reader, &e) != 0)
        goto out;
    if (thresholds_check_whole(reader, args_at(a, 0), &e) != 0) {
        code = EXIT_USAGE;
        goto out;
    }
    if (thresholds_new(reader, &o, &t, &usage, &e) != 0) {
        code = usage ? EXIT_USAGE : EXIT_RUNTIME;
        goto out;
    }
    code = gate_baseline(a, args_at(a, 0), &items, &item_count, &regressions, &e);
    if (code != EXIT_OK)
        goto out;
    code = EXIT_RUNTIME;
    if (t == NULL && regressions == NULL) {
        code = EXIT_USAGE;
        err_set(&e,
                "%s ran without thresholds; give one with -e, for example -e 'http_req_duration "
                "p(95)<500'",
                args_at(a, 0));
        goto out;
    }
    const struct gate_verdicts of = {reader_run(reader), t != NULL ? t : &none, regressions};
    if (show(a, &of, &e) == 0)
        code = decide(of.thresholds, regressions, of.run, &e);
out:
    fflush(stdout);
    if (e.text[0] != '\0')
        command_error(code, e.text);
    thresholds_free(t);
    regressions_free(regressions);
    gate_baseline_free(items, item_count);
    gate_rules_done(&rules);
    reader_close(reader);
    return code;
}
