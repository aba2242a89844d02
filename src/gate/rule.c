#include "gate/rule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/grpc_frame.h"
#include "util/fits.h"
#include "util/outcome.h"
#include "util/text.h"
#include "util/units.h"

/* ---- back to text ---- */

/* Letters, digits and what paths are made of stand as they are. */
static bool is_plain(const char *text) {
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "/_.-:*?&=+~%@!$;()[]<>|")] == '\0';
}

static void value_text(const char *value, struct buf *out) {
    if (is_plain(value)) {
        buf_str(out, value);
        return;
    }
    buf_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if (*p == '\n')
            buf_str(out, "\\n");
        else if (*p < 0x20 || *p == 0x7f)
            buf_printf(out, "\\x%02x", *p);
        else
            buf_char(out, (char)*p);
    }
    buf_char(out, '"');
}

static void filter_text(const char *key, const char *value, char *before, struct buf *out) {
    buf_printf(out, "%c%s:", *before, key);
    value_text(value, out);
    *before = ',';
}

static void status_text(const struct gate_rule *r, struct buf *out) {
    if (r->status_low != r->status_high)
        buf_printf(out, "%dxx", r->status_low / 100);
    else
        buf_printf(out, "%d", r->status_low);
}

void gate_metric_text(const struct gate_rule *r, struct buf *out) {
    char before = '{';
    buf_str(out, gate_metrics[r->metric].name);
    if (r->name != NULL)
        filter_text("name", r->name, &before, out);
    if (r->method != NULL)
        filter_text("method", r->method, &before, out);
    if (r->request != NULL)
        filter_text("request", r->request, &before, out);
    if ((r->filters & GATE_BY_STATUS) != 0) {
        buf_printf(out, "%cstatus:", before);
        status_text(r, out);
        before = ',';
    }
    if ((r->filters & GATE_BY_GRPC_STATUS) != 0)
        filter_text("grpc_status", grpc_status_text(r->grpc_status), &before, out);
    if ((r->filters & GATE_BY_OUTCOME) != 0)
        filter_text("outcome", outcome_text(r->outcome), &before, out);
    if ((r->filters & GATE_BY_EXPECTED) != 0)
        filter_text("expected_response", r->expected ? "true" : "false", &before, out);
    for (int i = 0; i < GATE_LIMITS; i++) {
        if ((r->filters & GATE_WITHIN(i)) == 0)
            continue;
        buf_printf(out, "%c%s%s%.15g", before, gate_limit_words[i],
                   r->within[i].op == GATE_LT ? "<" : "<=", r->within[i].limit);
        before = ',';
    }
    if (before == ',')
        buf_char(out, '}');
}

void gate_condition_text(const struct gate_rule *r, struct buf *out) {
    static const char *const words[] = {
        [GATE_COUNT] = "count", [GATE_PER_SECOND] = "rate", [GATE_SHARE] = "rate",
        [GATE_VALUE] = "value", [GATE_AVG] = "avg",         [GATE_MIN] = "min",
        [GATE_MAX] = "max"};
    static const char *const ops[] = {[GATE_LT] = "<",  [GATE_LE] = "<=", [GATE_GT] = ">",
                                      [GATE_GE] = ">=", [GATE_EQ] = "==", [GATE_NE] = "!="};
    char percent[32];
    snprintf(percent, sizeof percent, "%.15g", r->p * 100);
    if (r->aggregation != GATE_QUANTILE)
        buf_str(out, words[r->aggregation]);
    else if (strcmp(percent, "50") == 0) /* what "p(50)" would be when read again */
        buf_str(out, "med");
    else
        buf_printf(out, "p(%s)", percent);
    buf_printf(out, "%s%.15g", ops[r->op], r->limit);
}

/* Nothing where it is 0, which is the default of each. */
static void duration_text(const char *word, int64_t ns, struct buf *out) {
    char seconds[UNITS_BYTES];
    if (ns != 0)
        buf_printf(out, " %s %s", word, units_seconds_text(ns, seconds));
}

static void window_text(const struct gate_rule *r, struct buf *out) {
    duration_text("over", r->over_ns, out);
    duration_text("from", r->from_ns, out);
    if (r->stage != 0)
        buf_printf(out, " stage %u", r->stage);
}

void gate_words_text(const struct gate_rule *r, struct buf *out) {
    window_text(r, out);
    if (r->abort_on_fail)
        buf_str(out, " abortOnFail");
    duration_text("delayAbortEval", r->delay_ns, out);
}

/* Without the words that only say when a run ends: they do not change the result. */
static void evaluated_text(const struct gate_rule *r, struct buf *out) {
    gate_metric_text(r, out);
    buf_char(out, ' ');
    gate_condition_text(r, out);
    window_text(r, out);
}

void gate_rule_text(const struct gate_rule *r, struct buf *out) {
    gate_metric_text(r, out);
    buf_char(out, ' ');
    gate_condition_text(r, out);
    gate_words_text(r, out);
}

char *gate_rule_copy(const struct gate_rule *r) {
    struct buf text;
    buf_init(&text, 8 * GATE_TEXT_MAX);
    gate_rule_text(r, &text);
    char *out = buf_take(&text);
    buf_done(&text);
    return out;
}

/* ---- many ---- */

void gate_rules_done(struct gate_rules *all) {
    for (size_t i = 0; i < all->count; i++)
        gate_rule_done(&all->items[i]);
    free(all->items);
    *all = (struct gate_rules){0};
}

static int fail_at(const struct gate_rule *r, struct err *e) {
    return r->place == NULL || r->place[0] == '\0' ? -1 : err_prefix(e, "%s", r->place);
}

static bool same(const struct gate_rule *a, const struct gate_rule *b) {
    struct buf x, y;
    buf_init(&x, 4 * GATE_TEXT_MAX);
    buf_init(&y, 4 * GATE_TEXT_MAX);
    evaluated_text(a, &x);
    evaluated_text(b, &y);
    bool equal = strcmp(buf_text(&x), buf_text(&y)) == 0;
    buf_done(&x);
    buf_done(&y);
    return equal;
}

/* An option is the place of many thresholds, so the place alone does not say which one it is. */
static void fail_duplicate(const struct gate_rule *r, struct err *e) {
    const char *at = r->place == NULL ? "" : r->place;
    struct buf text;
    buf_init(&text, 4 * GATE_TEXT_MAX);
    evaluated_text(r, &text);
    err_set(e, "duplicate threshold \"%.200s\"%s%s; remove one", buf_text(&text),
            *at == '\0' ? "" : ", also at ", at);
    buf_done(&text);
}

int gate_rules_add(struct gate_rules *all, struct gate_rule *r, struct err *e) {
    struct gate_rule *items = NULL;
    if (all->count >= GATE_RULES_MAX) {
        err_set(e, "more than %d thresholds", GATE_RULES_MAX);
        goto fail;
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct gate_rule *x = &all->items[i];
        if (x->metric != r->metric || !same(x, r))
            continue;
        fail_duplicate(x, e);
        goto fail;
    }
    items = realloc(all->items, (all->count + 1) * sizeof *items);
    if (items == NULL) {
        err_memory(e, "thresholds");
        goto fail;
    }
    all->items = items;
    items[all->count++] = *r;
    *r = (struct gate_rule){0};
    return 0;
fail:
    fail_at(r, e);
    gate_rule_done(r);
    return -1;
}

int gate_rules_parse(struct gate_rules *all, const char *place, const char *text, struct err *e) {
    struct gate_rule r;
    if (gate_parse(text, &r, e) != 0)
        return *place == '\0' ? -1 : err_prefix(e, "%s \"%.200s\"", place, text);
    r.place = strdup(place);
    if (r.place == NULL) {
        gate_rule_done(&r);
        return err_memory(e, "thresholds");
    }
    return gate_rules_add(all, &r, e);
}

int gate_rules_copy(const struct gate_rules *from, struct gate_rules *to, struct err *e) {
    for (size_t i = 0; i < from->count; i++) {
        struct buf text;
        buf_init(&text, 4 * GATE_TEXT_MAX);
        gate_rule_text(&from->items[i], &text);
        const char *place = from->items[i].place;
        int result = buf_fits(&text, e, "shorten it", "the text of a threshold");
        if (result == 0)
            result = gate_rules_parse(to, place == NULL ? "" : place, buf_text(&text), e);
        buf_done(&text);
        if (result != 0)
            return -1;
    }
    return 0;
}

void gate_rules_text(const struct gate_rules *all, struct buf *out) {
    for (size_t i = 0; i < all->count; i++) {
        gate_rule_text(&all->items[i], out);
        buf_char(out, '\n');
    }
}

int gate_rules_read(struct gate_rules *all, const char *place, const char *lines, struct err *e) {
    for (const char *p = lines; *p != '\0';) {
        size_t n = strcspn(p, "\n");
        char *line = strndup(p, n);
        if (line == NULL)
            return err_memory(e, "thresholds");
        int result = n == 0 ? 0 : gate_rules_parse(all, place, line, e);
        free(line);
        if (result != 0)
            return -1;
        p += n + (p[n] == '\n');
    }
    return 0;
}

/* ---- what can be known before ---- */

#define NAMES_MAX 4096 /* that a suggestion is looked for among */

static int unknown(const char *key, const char *name, const char *const *names, size_t n,
                   const char *what, struct err *e) {
    struct buf shown;
    buf_init(&shown, 512);
    text_printable(&shown, name, strlen(name) < 100 ? strlen(name) : 100);
    const char *nearest = text_nearest(name, names, n < NAMES_MAX ? n : NAMES_MAX);
    if (nearest == NULL)
        err_set(e, "%s:%s matches nothing that %s", key, buf_text(&shown), what);
    else
        err_set(e, "%s:%s matches nothing that %s; did you mean %.100s?", key, buf_text(&shown),
                what, nearest);
    buf_done(&shown);
    return -1;
}

/* Names of one kind, one after the other, as text_nearest() wants them. */
struct names {
    const char **endpoints, **methods, **tasks, **checks;
    size_t endpoint_count, task_count, check_count;
    const char *what;
};

static int names_init(struct names *x, const struct gate_subject *s, struct err *e) {
    const struct catalog *c = s->catalog;
    size_t n = c->endpoint_count;
    const char **all = calloc(2 * n + c->task_count + c->check_count + 1, sizeof *all);
    if (all == NULL)
        return err_memory(e, "thresholds");
    *x = (struct names){.endpoints = all,
                        .methods = all + n,
                        .tasks = c->task_count == 0 ? all : all + 2 * n,
                        .checks = all + 2 * n + c->task_count,
                        .endpoint_count = n,
                        .task_count = c->task_count == 0 ? n : c->task_count,
                        .what = s->what};
    for (size_t i = 0; i < n; i++) {
        x->endpoints[i] = c->endpoints[i].name;
        x->methods[i] = c->endpoints[i].method;
    }
    for (size_t i = 0; i < c->task_count; i++)
        x->tasks[i] = c->tasks[i].name;
    for (size_t i = 0; i < c->check_count; i++)
        if (!c->checks[i].capture)
            x->checks[x->check_count++] = c->checks[i].name;
    return 0;
}

static int check_among(const char *key, const char *name, const char *const *names, size_t n,
                       const char *what, struct err *e) {
    for (size_t i = 0; name != NULL && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return 0;
    return name == NULL ? 0 : unknown(key, name, names, n, what, e);
}

static int check_endpoint(const struct gate_rule *r, const struct gate_subject *s,
                          const struct names *x, struct err *e) {
    size_t n = x->endpoint_count;
    if (check_among("name", r->name, x->endpoints, n, x->what, e) != 0 ||
        check_among("method", r->method, x->methods, n, x->what, e) != 0 ||
        check_among("request", r->request, x->endpoints, n, x->what, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (gate_fits(r, &s->catalog->endpoints[i]))
            return 0;
    return err_set(e, "nothing that %s has both this name and this method", x->what);
}

/* A name that fits is not enough: some answer must be a stream. */
static int check_streams(const struct gate_rule *r, const struct gate_subject *s,
                         const struct names *x, struct err *e) {
    if (check_endpoint(r, s, x, e) != 0)
        return -1;
    for (size_t i = 0; i < x->endpoint_count && s->streams != NULL; i++)
        if (s->streams[i] && gate_fits(r, &s->catalog->endpoints[i]))
            return 0;
    if (s->streams == NULL)
        return 0;
    return err_set(e,
                   "nothing that %s%s is read as a stream; add \"stream\" to the request, such as "
                   "\"stream\": \"openai\"",
                   x->what, r->name != NULL || r->method != NULL ? " and that fits" : "");
}

/* That there is a range, and that a window has room in it. */
static int too_long(const char *word, int64_t asked_us, int64_t there_us, struct err *e) {
    char asked[UNITS_BYTES], there[UNITS_BYTES];
    return err_set(e, "%s %s: there are only %s", word, units_seconds_text(asked_us * 1000, asked),
                   units_seconds_text(there_us * 1000, there));
}

static int check_range(const struct gate_rule *r, const struct gate_subject *s, struct err *e) {
    int64_t from_us = r->from_ns / 1000, range_us = s->duration_us;
    if (r->stage > s->stage_count)
        return s->stage_count == 0
                   ? err_set(e, "stage %u: there are no stages", r->stage)
                   : err_set(e, "stage %u: there are only %zu", r->stage, s->stage_count);
    if (r->stage != 0)
        range_us = s->stages[r->stage] - s->stages[r->stage - 1];
    else if (range_us == 0)
        return 0;
    if (from_us >= range_us)
        return too_long("from", from_us, range_us, e);
    if (r->over_ns / 1000 > range_us - from_us)
        return too_long("over", r->over_ns / 1000, range_us - from_us, e);
    return 0;
}

static int check_rule(const struct gate_rule *r, const struct gate_subject *s,
                      const struct names *x, struct err *e) {
    if (check_range(r, s, e) != 0)
        return -1;
    switch (gate_metrics[r->metric].source) {
    case GATE_FROM_REQUESTS:
        return check_endpoint(r, s, x, e);
    case GATE_FROM_ITERATIONS:
        return check_among("name", r->name, x->tasks, x->task_count, x->what, e);
    case GATE_FROM_CHECKS:
        if (x->check_count == 0)
            return err_set(e, "nothing that %s has checks", x->what);
        return check_among("name", r->name, x->checks, x->check_count, x->what, e) != 0
                   ? -1
                   : check_among("request", r->request, x->endpoints, x->endpoint_count, x->what,
                                 e);
    case GATE_FROM_STREAMS:
        return check_streams(r, s, x, e);
    case GATE_FROM_USERS:
    case GATE_FROM_SERVER:
        break;
    }
    return 0;
}

int gate_rules_check(const struct gate_rules *all, const struct gate_subject *s, struct err *e) {
    struct names names = {0};
    int result = names_init(&names, s, e);
    for (size_t i = 0; i < all->count && result == 0; i++) {
        const struct gate_rule *r = &all->items[i];
        if (check_rule(r, s, &names, e) == 0)
            continue;
        struct buf text;
        buf_init(&text, 256);
        gate_metric_text(r, &text);
        err_prefix(e, "%.200s", buf_text(&text));
        buf_done(&text);
        result = -1;
        fail_at(r, e);
    }
    free(names.endpoints);
    return result;
}

/* ---- values ---- */

bool gate_fits(const struct gate_rule *r, const struct endpoint *x) {
    return (r->name == NULL || strcmp(r->name, x->name) == 0) &&
           (r->method == NULL || strcmp(r->method, x->method) == 0);
}

bool gate_covers_failures(const struct gate_rules *all, const struct endpoint *x) {
    for (size_t i = 0; i < all->count; i++) {
        const struct gate_rule *r = &all->items[i];
        if (r->metric == GATE_HTTP_REQ_FAILED && gate_fits(r, x) && (r->filters & GATE_BY_END) == 0)
            return true;
    }
    return false;
}

bool gate_holds(enum gate_op op, double value, double limit) {
    switch (op) {
    case GATE_LT:
        return value < limit;
    case GATE_LE:
        return value <= limit;
    case GATE_GT:
        return value > limit;
    case GATE_GE:
        return value >= limit;
    case GATE_EQ:
        return value == limit;
    case GATE_NE:
        return value != limit;
    }
    return false;
}

double gate_margin(enum gate_op op, double value, double limit) {
    if (op == GATE_LT || op == GATE_LE)
        return limit - value;
    if (op == GATE_GT || op == GATE_GE)
        return value - limit;
    return (double)NAN;
}
