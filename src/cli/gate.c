#include "cli/gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/gate_baseline.h"
#include "record/reader.h"
#include "report/thresholds.h"

#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

static int parse_rules(const struct args *a, struct gate_rules *rules, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "expression", &list);
    for (size_t i = 0; i < n; i++)
        if (gate_rules_parse(rules, "-e", list[i], e) != 0)
            return -1;
    return 0;
}

static int print(FILE *to, struct buf *b, struct err *e) {
    if (!buf_ok(b))
        return err_set(e, "out of memory for the results");
    fwrite(buf_text(b), 1, b->len, to);
    return 0;
}

static int write_junit(const char *path, const struct thresholds *t, const struct regressions *r,
                       const struct reader_run *run, struct err *e) {
    struct buf b;
    FILE *to = fopen(path, "w");
    if (to == NULL)
        return err_set(e, "cannot write %s: %s", path, strerror(errno));
    buf_init(&b, OUTPUT_MAX_BYTES);
    thresholds_emit_junit(&b, t, run->name, (double)run->duration_us / 1e6);
    if (r != NULL)
        gate_baseline_junit(&b, r);
    int result = print(to, &b, e);
    buf_done(&b);
    bool bad = ferror(to) != 0;
    if ((fclose(to) != 0 || bad) && result == 0)
        result = err_set(e, "cannot write %s: %s", path, strerror(errno));
    return result;
}

/* Thresholds, where there are any, and regressions, where there is a baseline. */
static void document(struct buf *b, const char *format, const struct thresholds *t,
                     const struct regressions *r, const struct reader_run *run) {
    if (strcmp(format, "json") == 0 && r != NULL) {
        buf_printf(b, "{\n  \"ok\": %s,\n  \"thresholds\": ", t->ok && r->ok ? "true" : "false");
        thresholds_emit_json_array(b, t);
        buf_str(b, ",\n  \"regressions\": ");
        regressions_emit_json_array(b, r);
        buf_str(b, "\n}\n");
    } else if (strcmp(format, "json") == 0)
        thresholds_emit_json(b, t);
    else if (strcmp(format, "text") == 0) {
        if (t->rules.count > 0)
            thresholds_emit_text(b, t);
        buf_str(b, t->rules.count > 0 && r != NULL ? "\n" : "");
        if (r != NULL)
            regressions_emit_text(b, r);
    } else {
        if (t->rules.count > 0)
            thresholds_emit_markdown(b, t, run->name);
        buf_str(b, t->rules.count > 0 && r != NULL ? "\n" : "");
        if (r != NULL)
            regressions_emit_markdown(b, r);
    }
}

static int show(const struct args *a, const struct thresholds *t, const struct regressions *r,
                const struct reader_run *run, struct err *e) {
    const char *format = opt_text(a, "format");
    struct buf b;
    buf_init(&b, OUTPUT_MAX_BYTES);
    document(&b, format, t, r, run);
    int result = print(stdout, &b, e);
    if (result == 0 && opt_flag(a, "github")) {
        buf_clear(&b);
        thresholds_emit_github(&b, t);
        if (r != NULL)
            regressions_emit_github(&b, r);
        fflush(stdout);
        result = print(strcmp(format, "text") == 0 ? stdout : stderr, &b, e);
    }
    buf_done(&b);
    if (result == 0 && opt_given(a, "junit"))
        result = write_junit(opt_text(a, "junit"), t, r, run, e);
    return result;
}

/* What the run itself is worth comes before what it says. */
static int decide(const struct thresholds *t, const struct regressions *r,
                  const struct reader_run *run, struct err *e) {
    if (!run->complete) {
        err_set(e, "the run was cut short or is still under way: what is recorded of it proves "
                   "nothing about the whole");
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
    if (parse_rules(a, &rules, &e) != 0)
        goto out;
    struct thresholds_options o = {
        .rules = rules.count > 0 ? &rules : NULL, .check = rules.count > 0, .duration_us = -1};
    code = EXIT_RUNTIME;
    if (reader_open(args_at(a, 0), &reader, &e) != 0)
        goto out;
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
                "%s ran without thresholds; give one with -e, as in -e "
                "'http_req_duration p(95)<500'",
                args_at(a, 0));
        goto out;
    }
    const struct thresholds *judged = t != NULL ? t : &none;
    if (show(a, judged, regressions, reader_run(reader), &e) == 0)
        code = decide(judged, regressions, reader_run(reader), &e);
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
