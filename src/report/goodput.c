#include "report/goodput.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_scope.h"
#include "record/reader_streams.h"
#include "report/model.h"
#include "report/stream_answer.h"
#include "report/stream_endpoints.h"
#include "report/stream_sql.h"
#include "util/array.h"

#define WORD "goodput{"

/* ---- the rules ---- */

static bool is_known(const struct gate_rules *all, const char *metric) {
    bool known = false;
    for (size_t i = 0; i < all->count && !known; i++) {
        struct buf text;
        buf_init(&text, GATE_TEXT_MAX);
        gate_metric_text(&all->items[i], &text);
        known = strcmp(buf_text(&text), metric) == 0;
        buf_done(&text);
    }
    return known;
}

/* Once, and without its condition and its words. */
static int take_metric(struct gate_rules *to, const char *place, const char *metric,
                       struct err *e) {
    struct gate_rule rule = {.place = NULL};
    struct buf text;
    int result = -1;
    buf_init(&text, GATE_TEXT_MAX);
    buf_printf(&text, "%s rate>=0", metric);
    if (!buf_ok(&text)) {
        err_set(e, "%s: the limits are too long", place);
    } else if (gate_parse(buf_text(&text), &rule, e) == 0) {
        buf_clear(&text);
        gate_metric_text(&rule, &text);
        bool known = is_known(to, buf_text(&text));
        if (known)
            gate_rule_done(&rule);
        result = known ? 0 : gate_rules_add(to, &rule, e);
    } else {
        err_prefix(e, "%s", place);
    }
    buf_done(&text);
    return result;
}

int goodput_add(struct gate_rules *to, const char *place, const char *limits, struct err *e) {
    struct buf metric;
    buf_init(&metric, GATE_TEXT_MAX);
    buf_printf(&metric, WORD "%s}", limits);
    int result = take_metric(to, place, buf_text(&metric), e);
    buf_done(&metric);
    return result;
}

static int take_rules(struct gate_rules *to, const struct gate_rules *from, struct err *e) {
    int result = 0;
    for (size_t i = 0; i < from->count && result == 0; i++) {
        struct buf metric;
        if (from->items[i].metric != GATE_GOODPUT)
            continue;
        buf_init(&metric, GATE_TEXT_MAX);
        gate_metric_text(&from->items[i], &metric);
        result = take_metric(to, "the run file", buf_text(&metric), e);
        buf_done(&metric);
    }
    return result;
}

struct own {
    struct gate_rules rules;
    struct err *e;
    int result;
};

static void take_pair(void *context, const char *key, const char *value) {
    struct own *o = context;
    if (strcmp(key, THRESHOLDS_KEY) == 0 && o->result == 0)
        o->result = gate_rules_read(&o->rules, "the run file", value, o->e);
}

static int get_rules(struct reader *r, const struct gate_rules *also, struct gate_rules *to,
                     struct err *e) {
    struct own own = {.e = e};
    int result = reader_manifest(r, take_pair, &own, e) != 0 ? -1 : own.result;
    if (result == 0)
        result = take_rules(to, &own.rules, e);
    if (result == 0 && also != NULL)
        result = take_rules(to, also, e);
    gate_rules_done(&own.rules);
    return result;
}

/* ---- counting ---- */

struct counting {
    struct goodput *g;
    struct gate_scope *scopes; /* one per rule */
};

static void gain(struct goodput_count *c, const struct gate_gain *x) {
    c->requests += x->total;
    c->good += x->amount;
}

static int one(void *context, const struct request *x, const struct stream_row *s) {
    struct counting *c = context;
    struct gate_answer answer;
    struct gate_gain more;
    if (s != NULL)
        stream_answer_gate(x, s, &answer);
    for (size_t i = 0; i < c->g->rules.count; i++) {
        if (gate_scope_request(&c->scopes[i], x, &more))
            gain(&c->g->counts[i], &more);
        if (s != NULL && gate_scope_answer(&c->scopes[i], x, &answer, &more))
            gain(&c->g->counts[i], &more);
    }
    return 0;
}

static int count(struct reader *r, const struct gate_rules *also, struct goodput *g,
                 struct err *e) {
    struct counting c = {.g = g};
    struct gate_subject subject = {.catalog = reader_catalog(r), .what = "the run has"};
    bool *streams = NULL;
    size_t ready = 0;
    int result = -1;
    g->counts = calloc(g->rules.count, sizeof *g->counts);
    c.scopes = calloc(g->rules.count, sizeof *c.scopes);
    if (g->counts == NULL || c.scopes == NULL) {
        err_memory(e, "the goodput of a run");
        goto out;
    }
    if (stream_endpoints(r, &streams, &g->streams_said, e) != 0)
        goto out;
    subject.streams = streams;
    if (also != NULL && gate_rules_check(also, &subject, e) != 0)
        goto out;
    for (; ready < g->rules.count; ready++)
        if (gate_scope_init(&c.scopes[ready], &g->rules.items[ready], &subject, INT64_MAX, e) != 0)
            goto out;
    result = reader_answers(r, one, &c, e);
out:
    for (size_t i = 0; i < ready; i++)
        gate_scope_done(&c.scopes[i]);
    free(c.scopes);
    free(streams);
    return result;
}

int goodput_read(struct reader *r, const struct gate_rules *also, struct goodput **out,
                 struct err *e) {
    *out = NULL;
    if (!reader_has_streams(r))
        return 0;
    struct goodput *g = calloc(1, sizeof *g);
    if (g == NULL)
        return err_memory(e, "the goodput of a run");
    int result = get_rules(r, also, &g->rules, e);
    if (result == 0 && g->rules.count > 0)
        result = count(r, also, g, e);
    if (result != 0 || g->rules.count == 0) {
        goodput_free(g);
        return result;
    }
    *out = g;
    return 0;
}

void goodput_free(struct goodput *g) {
    if (g == NULL)
        return;
    gate_rules_done(&g->rules);
    free(g->counts);
    free(g);
}

/* ---- the table ---- */

static const struct table_column columns[] = {
    {"limits", "Good is", TABLE_TEXT},
    {"requests", "Requests", TABLE_COUNT},
    {"good", "Good", TABLE_COUNT},
    {"good_percent", "Good (%)", TABLE_NUMBER},
    {"good_per_second", "Good/s", TABLE_NUMBER},
};

/* "ttft<200,time_per_token<50" of "goodput{...}" */
static void put_limits(struct table *t, const struct gate_rule *rule) {
    struct buf metric;
    buf_init(&metric, GATE_TEXT_MAX);
    gate_metric_text(rule, &metric);
    if (metric.len > strlen(WORD) && buf_ok(&metric))
        metric.data[metric.len - 1] = '\0';
    table_text(t, metric.len > strlen(WORD) ? buf_text(&metric) + strlen(WORD) : "");
    buf_done(&metric);
}

void goodput_table(struct table *t, const struct model *m) {
    const struct goodput *g = m->goodput;
    double seconds = (double)m->run->duration_us / 1e6;
    table_init(t, "stream_goodput", "Streaming: goodput (times in ms)", columns, COUNT_OF(columns));
    t->whole_names = true;
    t->sql = stream_sql_goodput;
    t->sql_of = m;
    for (size_t i = 0; i < g->rules.count; i++) {
        const struct goodput_count *c = &g->counts[i];
        put_limits(t, &g->rules.items[i]);
        table_number(t, (double)c->requests);
        table_number(t, (double)c->good);
        table_number(t,
                     c->requests > 0 ? 100.0 * (double)c->good / (double)c->requests : (double)NAN);
        table_number(t, seconds > 0 ? (double)c->good / seconds : (double)NAN);
    }
}
