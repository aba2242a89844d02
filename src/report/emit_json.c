#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "report/emit.h"
#include "util/text.h"

/* Every add fails softly: a missing item is found out by `failed`. */
struct writer {
    bool failed;
};

static void put(struct writer *w, cJSON *object, const char *key, cJSON *item) {
    if (item == NULL || !(key == NULL ? cJSON_AddItemToArray(object, item)
                                      : cJSON_AddItemToObject(object, key, item))) {
        cJSON_Delete(item);
        w->failed = true;
    }
}

/* cJSON passes bytes on as they are, so they must be UTF-8. The control characters it escapes
 * itself. */
static void put_text(struct writer *w, cJSON *object, const char *key, const char *text) {
    struct buf valid;
    buf_init(&valid, SIZE_MAX / 2);
    text_repair(&valid, text, strlen(text));
    put(w, object, key, buf_ok(&valid) ? cJSON_CreateString(buf_text(&valid)) : NULL);
    buf_done(&valid);
}

/* 15 digits: all that are sure, and none of binary's noise behind them. */
static void put_number(struct writer *w, cJSON *object, const char *key, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    put(w, object, key, isfinite(value) ? cJSON_CreateRaw(text) : cJSON_CreateNull());
}

/* Whole, beyond the 53 bits of cJSON's numbers. */
static void put_count(struct writer *w, cJSON *object, const char *key, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    put(w, object, key, cJSON_CreateRaw(text));
}

static void put_levels(struct writer *w, cJSON *object, const char *key,
                       const double ms[SUMMARY_LEVELS]) {
    cJSON *levels = cJSON_CreateObject();
    for (size_t i = 0; i < SUMMARY_LEVELS && levels != NULL; i++) {
        char level[8];
        snprintf(level, sizeof level, "%d", summary_levels[i]);
        put_number(w, levels, level, ms[i]);
    }
    put(w, object, key, levels);
}

static void put_intervals(struct writer *w, cJSON *object, const char *key,
                          const struct summary_interval intervals[SUMMARY_LEVELS]) {
    cJSON *levels = cJSON_CreateObject();
    for (size_t i = 0; i < SUMMARY_LEVELS && levels != NULL; i++) {
        char level[8];
        bool known = !isnan(intervals[i].low_ms);
        cJSON *pair = known ? cJSON_CreateArray() : cJSON_CreateNull();
        if (known && pair != NULL) {
            put_number(w, pair, NULL, intervals[i].low_ms);
            put_number(w, pair, NULL, intervals[i].high_ms);
        }
        snprintf(level, sizeof level, "%d", summary_levels[i]);
        put(w, levels, level, pair);
    }
    put(w, object, key, levels);
}

/* How many requests those percentiles would take that are left out. */
static void put_needs(struct writer *w, cJSON *object, const char *key,
                      const double ms[SUMMARY_LEVELS]) {
    cJSON *levels = cJSON_CreateObject();
    for (size_t i = 0; i < SUMMARY_LEVELS && levels != NULL; i++) {
        char level[8];
        snprintf(level, sizeof level, "%d", summary_levels[i]);
        if (isnan(ms[i]))
            put_count(w, levels, level, quantile_needs(summary_levels[i] / 100.0));
    }
    put(w, object, key, levels);
}

static cJSON *entry(struct writer *w, const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    cJSON *o = cJSON_CreateObject();
    if (o == NULL)
        return NULL;
    put_text(w, o, "method", x->method);
    put_text(w, o, "name", x->name);
    put_count(w, o, "requests", row->requests);
    put_count(w, o, "failures", row->failures);
    put_count(w, o, "not_sent", row->not_sent);
    put_count(w, o, "cancelled", row->cancelled);
    put_number(w, o, "average_ms", row->average_ms);
    put_number(w, o, "min_ms", row->min_ms);
    put_number(w, o, "max_ms", row->max_ms);
    put_number(w, o, "median_ms", row->median_ms);
    put_number(w, o, "average_size_bytes", row->average_size_bytes);
    put_number(w, o, "requests_per_second", row->requests_per_second);
    put_number(w, o, "failures_per_second", row->failures_per_second);
    put_levels(w, o, "percentiles_ms", row->response_ms);
    put_levels(w, o, "service_percentiles_ms", row->service_ms);
    put_intervals(w, o, "intervals_ms", row->response_intervals);
    put_intervals(w, o, "service_intervals_ms", row->service_intervals);
    put_needs(w, o, "requests_needed", row->response_ms);
    return o;
}

static cJSON *cut(struct writer *w, const struct reader_cut *c) {
    cJSON *o = c == NULL ? cJSON_CreateNull() : cJSON_CreateObject();
    if (c == NULL || o == NULL)
        return o;
    bool ends = c->to_us != READER_TO_THE_END;
    cJSON *names = c->name_count == 0 ? cJSON_CreateNull() : cJSON_CreateArray();
    put_number(w, o, "from_ms", (double)c->from_us / 1000);
    put_number(w, o, "to_ms", ends ? (double)c->to_us / 1000 : (double)NAN);
    for (size_t i = 0; i < c->name_count && names != NULL; i++)
        put_text(w, names, NULL, c->names[i]);
    put(w, o, "names", names);
    put(w, o, "warm_only", cJSON_CreateBool(c->warm_only));
    return o;
}

static cJSON *run(struct writer *w, const struct model *m) {
    const struct reader_run *r = m->run;
    cJSON *o = cJSON_CreateObject();
    if (o == NULL)
        return NULL;
    put_text(w, o, "name", r->name);
    put_text(w, o, "target", r->target);
    put_text(w, o, "started_utc", r->started_utc);
    put_number(w, o, "duration_ms", (double)r->duration_us / 1000);
    put_count(w, o, "users_max", r->users_max);
    put_count(w, o, "seed", r->seed);
    put_text(w, o, "version", r->version);
    put(w, o, "complete", cJSON_CreateBool(r->complete));
    if (r->complete) {
        put_text(w, o, "verdict", r->verdict);
        put_text(w, o, "verdict_reason", r->verdict_reason);
        put_number(w, o, "exit_code", r->exit_code);
    } else {
        put(w, o, "verdict", cJSON_CreateNull());
        put(w, o, "verdict_reason", cJSON_CreateNull());
        put(w, o, "exit_code", cJSON_CreateNull());
    }
    put(w, o, "cut", cut(w, m->cut));
    put_text(w, o, "rules", m->options.locust ? "locust" : "exact");
    return o;
}

static cJSON *errors(struct writer *w, const struct model *m) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < m->error_count && list != NULL; i++) {
        const struct model_error *x = &m->errors[i];
        cJSON *o = cJSON_CreateObject();
        if (o != NULL) {
            put_text(w, o, "method", x->method);
            put_text(w, o, "name", x->name);
            put_text(w, o, "outcome", x->outcome);
            put_text(w, o, "error", x->text);
            put_count(w, o, "count", x->count);
        }
        put(w, list, NULL, o);
    }
    return list;
}

static void put_known(struct writer *w, cJSON *object, const char *key, int64_t value) {
    if (value == READER_NO_VALUE)
        put(w, object, key, cJSON_CreateNull());
    else
        put_count(w, object, key, value < 0 ? 0 : (uint64_t)value);
}

static cJSON *dispatch(struct writer *w, const struct client_summary *c) {
    cJSON *o = c->scheduled == READER_NO_VALUE ? cJSON_CreateNull() : cJSON_CreateObject();
    if (o == NULL || cJSON_IsNull(o))
        return o;
    put_known(w, o, "scheduled", c->scheduled);
    put_known(w, o, "waited_for_user", c->waited);
    put_known(w, o, "late", c->late);
    put_known(w, o, "not_sent", c->not_sent);
    put_known(w, o, "p50_us", c->dispatch_p50_us);
    put_known(w, o, "p99_us", c->dispatch_p99_us);
    put_known(w, o, "max_us", c->dispatch_max_us);
    return o;
}

static cJSON *calibration(struct writer *w, const struct client_summary *c) {
    bool done = c->calibration_p50_us != READER_NO_VALUE;
    cJSON *o = done ? cJSON_CreateObject() : cJSON_CreateNull();
    if (o == NULL || cJSON_IsNull(o))
        return o;
    put_known(w, o, "p50_us", c->calibration_p50_us);
    put_known(w, o, "p99_us", c->calibration_p99_us);
    put_known(w, o, "requests_per_second", c->calibration_rate);
    return o;
}

static cJSON *client(struct writer *w, const struct client_summary *c) {
    cJSON *o = cJSON_CreateObject();
    if (o == NULL)
        return NULL;
    put_number(w, o, "busiest_core", c->cpu_max);
    put_number(w, o, "writer_core", c->cpu_writer);
    put_known(w, o, "loop_lag_mean_us", c->loop_lag_mean_us);
    put_known(w, o, "loop_lag_max_us", c->loop_lag_max_us);
    put_known(w, o, "queued_max", c->queued_max);
    put_known(w, o, "lost", c->lost);
    put_known(w, o, "open_files_max", c->open_files);
    put_known(w, o, "ports_max", c->ports);
    put_known(w, o, "retransmits", c->retransmits);
    put(w, o, "dispatch", dispatch(w, c));
    put(w, o, "calibration", calibration(w, c));
    return o;
}

static void put_cell(struct writer *w, cJSON *object, const char *key, const struct table *t,
                     const struct table_cell *c) {
    if (c->unit == TABLE_TEXT)
        put_text(w, object, key, table_cell_text(t, c));
    else
        put_number(w, object, key, c->number);
}

/* Pairs as an object, others as an array of them. */
static cJSON *table(struct writer *w, const struct table *t) {
    cJSON *all = t->pairs ? cJSON_CreateObject() : cJSON_CreateArray();
    for (size_t row = 0; row < table_rows(t) && all != NULL; row++) {
        if (t->pairs) {
            put_cell(w, all, table_cell_text(t, table_at(t, row, 0)), t, table_at(t, row, 2));
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        for (size_t i = 0; i < t->column_count && o != NULL; i++)
            put_cell(w, o, t->columns[i].key, t, table_at(t, row, i));
        put(w, all, NULL, o);
    }
    return all;
}

static cJSON *cost_basis(struct writer *w, const struct platform_cost *c) {
    cJSON *o = cJSON_CreateObject();
    if (o == NULL)
        return NULL;
    put_text(w, o, "billing", c->shape.billing == BILLING_REQUEST ? "request" : "instance");
    put_number(w, o, "cpus", c->shape.cpus);
    put_number(w, o, "memory_bytes", (double)c->shape.memory_bytes);
    put_text(w, o, "region", c->shape.region);
    put_text(w, o, "tier", c->prices.tier);
    put_text(w, o, "prices", c->prices.source);
    put_text(w, o, "prices_date", c->prices.date);
    return o;
}

static cJSON *server(struct writer *w, const struct model *m) {
    cJSON *o = cJSON_CreateObject();
    if (o == NULL)
        return NULL;
    if (m->server != NULL && m->server->side.requests > 0)
        put_text(w, o, "cold_start_rule", PLATFORM_COLD_RULE);
    if (m->guess != NULL)
        put_text(w, o, "cold_start_guess_rule", GUESS_RULE);
    for (size_t i = 0; i < m->table_count; i++)
        put(w, o, m->tables[i].key, table(w, &m->tables[i]));
    if (m->server != NULL && m->cost.cost.instance_s > 0)
        put(w, o, "cost_basis", cost_basis(w, &m->cost));
    return o;
}

/* The same objects as those of `gate`. */
static cJSON *thresholds(const struct model *m) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    thresholds_emit_json_array(&text, m->thresholds);
    cJSON *all = buf_ok(&text) ? cJSON_Parse(buf_text(&text)) : NULL;
    buf_done(&text);
    return all;
}

static cJSON *document(struct writer *w, const struct model *m) {
    cJSON *root = cJSON_CreateObject(), *endpoints = cJSON_CreateArray();
    if (root == NULL || endpoints == NULL) {
        cJSON_Delete(endpoints);
        w->failed = true;
        return root;
    }
    put(w, root, "run", run(w, m));
    for (size_t i = 0; i < m->entry_count; i++)
        put(w, endpoints, NULL, entry(w, &m->entries[i]));
    put(w, root, "endpoints", endpoints);
    put(w, root, "aggregated", entry(w, &m->aggregated));
    put(w, root, "errors", errors(w, m));
    for (size_t i = 0; i < m->flows.count; i++)
        put(w, root, m->flows.tables[i].key, table(w, &m->flows.tables[i]));
    if (m->thresholds != NULL)
        put(w, root, "thresholds", thresholds(m));
    if (m->client.known)
        put(w, root, "client", client(w, &m->client));
    if (m->table_count > 0)
        put(w, root, "server", server(w, m));
    return root;
}

/* Outside of ASCII there are characters that a terminal obeys or that reorder a line, and all of
 * them stand inside of strings: so each is written as \uXXXX. `text` is a document of
 * cJSON_Print(): valid UTF-8 that begins with a brace. */
static void ascii(struct buf *out, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        if (*p == '\t') { /* cJSON's own, between the items */
            buf_str(out, p[-1] == ':' ? " " : "  ");
            p++;
            continue;
        }
        if (*p < 0x7f) {
            buf_char(out, (char)*p++);
            continue;
        }
        int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
        unsigned point = more == 0 ? *p : *p & (0x3fu >> more);
        for (p++; more > 0; more--)
            point = point << 6 | (*p++ & 0x3fu);
        if (point < 0x10000)
            buf_printf(out, "\\u%04x", point);
        else
            buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10),
                       0xdc00 + ((point - 0x10000) & 0x3ff));
    }
}

void emit_json(struct buf *out, const struct model *m) {
    struct writer w = {.failed = false};
    cJSON *root = document(&w, m);
    char *text = w.failed ? NULL : cJSON_Print(root);
    if (text != NULL) {
        ascii(out, text);
        buf_char(out, '\n');
        cJSON_free(text);
    } else
        out->failed = true;
    cJSON_Delete(root);
}
