/* capacity.json; see capacity_result.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capacity/capacity_result.h"
#include "util/array.h"
#include "util/file.h"
#include "util/json.h"

#define RUN_S_MAX 1e9
#define RESULT_BYTES_MAX ((size_t)64 << 20)

static const char *const ends[] = {
    [SEARCH_GOES_ON] = "interrupted",   [SEARCH_DECIDED] = "decided",
    [SEARCH_UNRESOLVED] = "unresolved", [SEARCH_TIME] = "max_time",
    [SEARCH_CLIENT] = "client",         [SEARCH_STOPPED] = "stopped"};
static const char *const kinds[] = {[SEARCH_FOUND] = "found",
                                    [SEARCH_BELOW] = "below",
                                    [SEARCH_ABOVE] = "above",
                                    [SEARCH_UNKNOWN] = "unknown"};

static const char *const billings[] = {
    [BILLING_REQUEST] = "request", [BILLING_INSTANCE] = "instance"};

/* By `logged`: who knows that a request is cold. */
static const char *const known_by[] = {"estimate", "log"};

/* ---- writing ---- */

static void write_verdict(struct json_writer *w, const char *key, enum evidence_verdict v) {
    if (v == EVIDENCE_OPEN)
        json_write_null(w, key);
    else
        json_write_bool(w, key, v == EVIDENCE_HOLDS);
}

/* A bound that is not known is null; [null, null] stays an array. */
static void write_interval(struct json_writer *w, const char *key, double low, double high) {
    json_write_array(w, key, JSON_LINE);
    json_write_exact(w, NULL, low);
    json_write_exact(w, NULL, high);
    json_write_end(w);
}

static void write_slo(struct json_writer *w, const struct capacity_result *r,
                      const struct capacity_result_slo *all) {
    json_write_array(w, "slo", JSON_LINE);
    for (size_t i = 0; i < r->expression_count; i++) {
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "expression", r->expressions[i]);
        json_write_exact(w, "value", all[i].value);
        write_interval(w, "interval", all[i].low, all[i].high);
        write_verdict(w, "ok", all[i].verdict);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_step(struct json_writer *w, const struct capacity_result *r,
                       const struct capacity_result_step *s) {
    json_write_object(w, NULL, JSON_LINE);
    json_write_exact(w, "load", s->load);
    json_write_exact(w, "achieved", s->achieved);
    write_verdict(w, "ok", s->ok);
    json_write_text(w, "verdict", s->verdict);
    json_write_text(w, "verdict_reason", s->reason);
    json_write_bool(w, "counts", s->counts);
    write_slo(w, r, s->slo);
    json_write_exact(w, "p50_ms", s->p50_ms);
    json_write_exact(w, "p95_ms", s->p95_ms);
    json_write_exact(w, "p99_ms", s->p99_ms);
    json_write_exact(w, "throughput", s->throughput);
    json_write_exact(w, "failures", s->failures);
    json_write_exact(w, "from_s", s->from_s);
    json_write_exact(w, "to_s", s->to_s);
    json_write_uint(w, "units", s->units);
    json_write_text(w, "failing", s->failing);
    json_write_text(w, "file", s->file);
    json_write_end(w);
}

static void write_usl_value(struct json_writer *w, const char *key, const struct usl_value *v) {
    json_write_object(w, key, JSON_LINE);
    json_write_number(w, "value", v->value);
    json_write_pair(w, "interval", v->low, v->high);
    json_write_end(w);
}

static void write_usl(struct json_writer *w, const struct usl *u) {
    if (!u->fits) {
        json_write_null(w, "usl");
        return;
    }
    json_write_object(w, "usl", JSON_LINES);
    write_usl_value(w, "lambda", &u->lambda);
    write_usl_value(w, "sigma", &u->sigma);
    write_usl_value(w, "kappa", &u->kappa);
    json_write_number(w, "peak_load", u->peak_load);
    json_write_number(w, "peak_throughput", u->peak_throughput);
    json_write_number(w, "error", u->error);
    json_write_end(w);
}

static void write_cost(struct json_writer *w, const struct capacity_cost *c) {
    if (!(c->instances > 0)) {
        json_write_null(w, "cost");
        return;
    }
    json_write_object(w, "cost", JSON_LINES);
    json_write_exact(w, "per_1000_requests", c->per_1000_requests);
    json_write_exact(w, "per_hour", c->per_hour);
    json_write_text(w, "currency", c->currency);
    json_write_exact(w, "load", c->load);
    json_write_exact(w, "throughput", c->throughput);
    json_write_exact(w, "instances", c->instances);
    json_write_exact(w, "cpus", c->cpus);
    json_write_int(w, "memory_bytes", c->memory_bytes);
    json_write_text(w, "gpu", c->gpu == GPU_NONE ? NULL : gpu_kinds[c->gpu].name);
    json_write_text(w, "billing", billings[c->billing]);
    json_write_text(w, "region", c->region);
    json_write_text(w, "tier", c->tier);
    json_write_text(w, "prices_date", c->date);
    json_write_end(w);
}

static void write_cold(struct json_writer *w, const struct capacity_cold *c) {
    if (c->cold == 0) {
        json_write_null(w, "cold_starts");
        return;
    }
    json_write_object(w, "cold_starts", JSON_LINE);
    json_write_exact(w, "load", c->load);
    json_write_uint(w, "requests", c->requests);
    json_write_uint(w, "cold", c->cold);
    json_write_text(w, "known_by", known_by[c->logged]);
    json_write_exact(w, "value", c->value);
    write_interval(w, "interval", c->low, c->high);
    write_verdict(w, "ok", c->verdict);
    json_write_end(w);
}

static void write_answer(struct json_writer *w, const struct capacity_result *r) {
    const struct search_answer *a = &r->answer;
    json_write_object(w, "capacity", JSON_LINE);
    json_write_exact(w, "value", a->value);
    write_interval(w, "interval", a->kind == SEARCH_UNKNOWN ? (double)NAN : a->low, a->high);
    json_write_text(w, "unit", capacity_units[r->unit]);
    json_write_number(w, "confidence", SEARCH_CONFIDENCE);
    json_write_end(w);
    json_write_text(w, "limited_by",
                    r->limited_by < r->expression_count ? r->expressions[r->limited_by] : NULL);
    write_cold(w, &r->cold);
    json_write_text(w, "kind", kinds[a->kind]);
    json_write_text(w, "end", ends[a->end]);
    json_write_object(w, "not_monotone", JSON_LINE);
    json_write_exact(w, "fails_at", a->contradicts ? a->worse : (double)NAN);
    json_write_exact(w, "holds_at", a->contradicts ? a->better : (double)NAN);
    json_write_end(w);
    json_write_object(w, "client", JSON_LINE);
    json_write_exact(w, "limit", r->client == NULL ? (double)NAN : r->client_load);
    json_write_text(w, "reason", r->client);
    json_write_end(w);
}

static void write_search(struct json_writer *w, const struct capacity_result *r) {
    json_write_object(w, "search", JSON_LINES);
    json_write_text(w, "name", r->name);
    json_write_text(w, "scenario", r->scenario);
    json_write_text(w, "target", r->target);
    json_write_text(w, "started_utc", r->started_utc);
    json_write_bool(w, "sweep", r->sweep);
    json_write_exact(w, "from", r->from);
    json_write_exact(w, "to", r->to);
    json_write_exact(w, "precision", r->precision);
    json_write_exact(w, "step_s", r->step_s);
    json_write_exact(w, "settle_s", r->settle_s);
    json_write_array(w, "slo", JSON_LINES);
    for (size_t i = 0; i < r->expression_count; i++)
        json_write_text(w, NULL, r->expressions[i]);
    json_write_end(w);
    json_write_array(w, "options", JSON_LINES);
    for (size_t i = 0; i < r->option_count; i++) {
        json_write_array(w, NULL, JSON_LINE);
        json_write_text(w, NULL, r->options[2 * i]);
        json_write_text(w, NULL, r->options[2 * i + 1]);
        json_write_end(w);
    }
    json_write_end(w);
    json_write_end(w);
}

void capacity_result_members(struct json_writer *w, const struct capacity_result *r) {
    write_answer(w, r);
    json_write_array(w, "steps", JSON_LINES);
    for (size_t i = 0; i < r->step_count; i++)
        write_step(w, r, &r->steps[i]);
    json_write_end(w);
    json_write_array(w, "loads", JSON_LINES);
    for (size_t i = 0; i < r->load_count; i++) {
        json_write_object(w, NULL, JSON_LINE);
        json_write_exact(w, "load", r->loads[i].load);
        json_write_uint(w, "steps", r->loads[i].steps);
        write_verdict(w, "ok", r->loads[i].ok);
        write_slo(w, r, r->loads[i].slo);
        json_write_end(w);
    }
    json_write_end(w);
    write_cost(w, &r->cost);
    write_usl(w, &r->usl);
    write_search(w, r);
}

void capacity_result_write(struct buf *out, const struct capacity_result *r) {
    struct json_writer w;
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    capacity_result_members(&w, r);
    json_write_end(&w);
    buf_char(out, '\n');
}

/* ---- reading ---- */

struct reading {
    const struct json_doc *doc;
    struct capacity_result *r;
    struct err *e;
};

static int bad(const struct reading *x, const struct json *at, const char *key, const char *what) {
    return json_fail(x->doc, at != NULL ? at->at : 0, x->e,
                     "\"%s\" is not %s; is this file from coldswarm capacity?", key, what);
}

static int number(const struct reading *x, const struct json *of, const char *key, double *out) {
    const struct json *v = json_get(of, key);
    *out = (double)NAN;
    if (v == NULL || v->kind == JSON_NULL)
        return 0;
    return v->kind == JSON_NUMBER && json_double(v, out) ? 0 : bad(x, v, key, "a number");
}

static int positive(const struct reading *x, const struct json *of, const char *key, double *out) {
    if (number(x, of, key, out) != 0)
        return -1;
    return *out > 0 && isfinite(*out) ? 0 : bad(x, json_get(of, key), key, "a number above 0");
}

/* A time of a run. */
static int time_of(const struct reading *x, const struct json *of, const char *key, double *out) {
    if (number(x, of, key, out) != 0)
        return -1;
    return *out >= 0 && *out <= RUN_S_MAX ? 0 : bad(x, json_get(of, key), key, "a time of a run");
}

/* A text, or NULL. */
static int text(const struct reading *x, const struct json *of, const char *key, char **out) {
    const struct json *v = json_get(of, key);
    if (v == NULL || v->kind == JSON_NULL)
        return 0;
    if (v->kind != JSON_STRING || json_has_nul(v->text, v->len))
        return bad(x, v, key, "a text");
    *out = strdup(v->text);
    return *out != NULL ? 0 : err_memory(x->e, "%s", key);
}

static int word(const struct reading *x, const struct json *of, const char *key,
                const char *const *words, size_t n, unsigned *out) {
    const char *given = json_get_string(of, key);
    for (unsigned i = 0; i < n; i++)
        if (strcmp(words[i], given) == 0) {
            *out = i;
            return 0;
        }
    return bad(x, json_get(of, key), key, "one of its words");
}

/* Bounds that are null are 0 and infinite. */
static int interval(const struct reading *x, const struct json *of, double *low, double *high) {
    const struct json *v = json_get_array(of, "interval");
    *low = 0;
    *high = (double)INFINITY;
    if (v == NULL || v->count != 2)
        return bad(x, json_get(of, "interval"), "interval", "a pair of numbers");
    const struct json *a = v->first, *b = v->first->next;
    if ((a->kind != JSON_NULL && (a->kind != JSON_NUMBER || !json_double(a, low))) ||
        (b->kind != JSON_NULL && (b->kind != JSON_NUMBER || !json_double(b, high))))
        return bad(x, v, "interval", "a pair of numbers");
    return 0;
}

static enum evidence_verdict verdict(const struct json *of) {
    const struct json *v = json_get(of, "ok");
    return v == NULL || v->kind != JSON_BOOL ? EVIDENCE_OPEN
           : v->boolean                      ? EVIDENCE_HOLDS
                                             : EVIDENCE_FAILS;
}

static int slos(const struct reading *x, const struct json *of, struct capacity_result_slo *out) {
    const struct json *all = json_get_array(of, "slo");
    if (all == NULL || all->count != x->r->expression_count)
        return bad(x, json_get(of, "slo"), "slo", "a list with each SLO");
    size_t i = 0;
    for (const struct json *v = all->first; v != NULL; v = v->next, i++) {
        if (number(x, v, "value", &out[i].value) != 0 ||
            interval(x, v, &out[i].low, &out[i].high) != 0)
            return -1;
        /* Neither a value nor bounds: no data, or a time that never came. */
        if (isnan(out[i].value) && out[i].low == 0 && isinf(out[i].high))
            out[i].low = out[i].high = (double)NAN;
        out[i].verdict = verdict(v);
    }
    return 0;
}

static int step(const struct reading *x, const struct json *v) {
    struct capacity_result_step *s = capacity_result_add_step(x->r, x->e);
    const struct json *counts = json_get(v, "counts");
    double units;
    if (s == NULL || positive(x, v, "load", &s->load) != 0 ||
        number(x, v, "achieved", &s->achieved) != 0 || number(x, v, "p50_ms", &s->p50_ms) != 0 ||
        number(x, v, "p95_ms", &s->p95_ms) != 0 || number(x, v, "p99_ms", &s->p99_ms) != 0 ||
        number(x, v, "throughput", &s->throughput) != 0 ||
        number(x, v, "failures", &s->failures) != 0 || time_of(x, v, "from_s", &s->from_s) != 0 ||
        time_of(x, v, "to_s", &s->to_s) != 0 || text(x, v, "verdict", &s->verdict) != 0 ||
        text(x, v, "verdict_reason", &s->reason) != 0 || text(x, v, "file", &s->file) != 0 ||
        text(x, v, "failing", &s->failing) != 0 || positive(x, v, "units", &units) != 0)
        return -1;
    s->units = units < CAPACITY_STEPS_MAX ? (unsigned)units : CAPACITY_STEPS_MAX;
    s->counts = counts != NULL && counts->kind == JSON_BOOL && counts->boolean;
    s->ok = verdict(v);
    return slos(x, v, s->slo);
}

static int load(const struct reading *x, const struct json *v) {
    double at, steps;
    if (positive(x, v, "load", &at) != 0 || positive(x, v, "steps", &steps) != 0)
        return -1;
    struct capacity_result_load *l = capacity_result_at(x->r, at, x->e);
    if (l == NULL)
        return -1;
    l->steps = steps < CAPACITY_STEPS_MAX ? (unsigned)steps : CAPACITY_STEPS_MAX;
    l->ok = verdict(v);
    return slos(x, v, l->slo);
}

static int each(const struct reading *x, const struct json *root, const char *key,
                int (*fn)(const struct reading *x, const struct json *v)) {
    const struct json *all = json_get_array(root, key);
    if (all == NULL || all->count > CAPACITY_STEPS_MAX)
        return bad(x, json_get(root, key), key, "a list of steps");
    for (const struct json *v = all->first; v != NULL; v = v->next)
        if (fn(x, v) != 0)
            return -1;
    return 0;
}

static int expressions(const struct reading *x, const struct json *of) {
    const struct json *all = json_get_array(of, "slo");
    struct capacity_result *r = x->r;
    if (all == NULL || all->count == 0 || all->count > CAPACITY_SLO_MAX)
        return bad(x, json_get(of, "slo"), "slo", "a list of SLOs");
    r->expressions = calloc(all->count, sizeof *r->expressions);
    if (r->expressions == NULL)
        return err_memory(x->e, "the SLOs");
    for (const struct json *v = all->first; v != NULL; v = v->next) {
        if (v->kind != JSON_STRING || json_has_nul(v->text, v->len))
            return bad(x, v, "slo", "a list of SLOs");
        r->expressions[r->expression_count] = strdup(v->text);
        if (r->expressions[r->expression_count++] == NULL)
            return err_memory(x->e, "the SLOs");
    }
    return 0;
}

static int options(const struct reading *x, const struct json *of) {
    const struct json *all = json_get_array(of, "options");
    for (const struct json *v = all == NULL ? NULL : all->first; v != NULL; v = v->next) {
        const struct json *name = v->kind == JSON_ARRAY && v->count == 2 ? v->first : NULL;
        if (name == NULL || name->kind != JSON_STRING || name->next->kind != JSON_STRING ||
            json_has_nul(name->text, name->len) || json_has_nul(name->next->text, name->next->len))
            return bad(x, v, "options", "a list of names and values");
        if (capacity_result_add_option(x->r, name->text, name->next->text, x->e) != 0)
            return -1;
    }
    return 0;
}

static int usl_value(const struct reading *x, const struct json *of, const char *key,
                     struct usl_value *out) {
    const struct json *v = json_get(of, key);
    return number(x, v, "value", &out->value) != 0 ? -1 : interval(x, v, &out->low, &out->high);
}

static int read_usl(const struct reading *x, const struct json *root) {
    const struct json *v = json_get(root, "usl");
    struct usl *u = &x->r->usl;
    if (v == NULL || v->kind != JSON_OBJECT)
        return 0;
    u->fits = true;
    if (usl_value(x, v, "lambda", &u->lambda) != 0 || usl_value(x, v, "sigma", &u->sigma) != 0 ||
        usl_value(x, v, "kappa", &u->kappa) != 0 || number(x, v, "peak_load", &u->peak_load) != 0 ||
        number(x, v, "peak_throughput", &u->peak_throughput) != 0)
        return -1;
    return number(x, v, "error", &u->error);
}

/* A text that is cut to its room. */
static void short_text(const struct json *of, const char *key, char *out, size_t size) {
    snprintf(out, size, "%s", json_get_string(of, key));
}

static int read_cost(const struct reading *x, const struct json *root) {
    const struct json *v = json_get(root, "cost");
    struct capacity_cost c = {.gpu = gpu_by_name(json_get_string(v, "gpu"))};
    double memory;
    unsigned billing = 0;
    if (v == NULL || v->kind != JSON_OBJECT)
        return 0;
    if (positive(x, v, "instances", &c.instances) != 0 || positive(x, v, "cpus", &c.cpus) != 0 ||
        positive(x, v, "memory_bytes", &memory) != 0 || number(x, v, "load", &c.load) != 0 ||
        number(x, v, "throughput", &c.throughput) != 0 ||
        number(x, v, "per_hour", &c.per_hour) != 0 ||
        number(x, v, "per_1000_requests", &c.per_1000_requests) != 0 ||
        word(x, v, "billing", billings, COUNT_OF(billings), &billing) != 0)
        return -1;
    c.memory_bytes = (int64_t)fmin(fmax(memory, 1), 1e15);
    c.billing = (enum billing_mode)billing;
    short_text(v, "region", c.region, sizeof c.region);
    short_text(v, "currency", c.currency, sizeof c.currency);
    short_text(v, "tier", c.tier, sizeof c.tier);
    short_text(v, "prices_date", c.date, sizeof c.date);
    x->r->cost = c;
    return 0;
}

static int whole(const struct reading *x, const struct json *of, const char *key, uint64_t *out) {
    double value;
    if (positive(x, of, key, &value) != 0)
        return -1;
    *out = (uint64_t)fmin(fmax(value, 1), 1e15);
    return 0;
}

static int read_cold(const struct reading *x, const struct json *root) {
    const struct json *v = json_get(root, "cold_starts");
    struct capacity_cold c = {.verdict = EVIDENCE_OPEN};
    unsigned known = 0;
    if (v == NULL || v->kind != JSON_OBJECT)
        return 0;
    if (positive(x, v, "load", &c.load) != 0 || whole(x, v, "requests", &c.requests) != 0 ||
        whole(x, v, "cold", &c.cold) != 0 || number(x, v, "value", &c.value) != 0 ||
        interval(x, v, &c.low, &c.high) != 0 ||
        word(x, v, "known_by", known_by, COUNT_OF(known_by), &known) != 0)
        return -1;
    if (!isfinite(c.value))
        return bad(x, v, "value", "a number");
    c.logged = known != 0;
    c.verdict = verdict(v);
    x->r->cold = c;
    return 0;
}

static int answer(const struct reading *x, const struct json *root) {
    const struct json *c = json_get(root, "capacity"), *odd = json_get(root, "not_monotone");
    const struct json *client = json_get(root, "client");
    struct search_answer *a = &x->r->answer;
    unsigned unit, kind, end;
    if (c == NULL)
        return bad(x, root, "capacity", "there");
    if (number(x, c, "value", &a->value) != 0 || interval(x, c, &a->low, &a->high) != 0 ||
        word(x, c, "unit", capacity_units, 3, &unit) != 0 ||
        word(x, root, "kind", kinds, COUNT_OF(kinds), &kind) != 0 ||
        word(x, root, "end", ends, COUNT_OF(ends), &end) != 0 ||
        number(x, odd, "fails_at", &a->worse) != 0 || number(x, odd, "holds_at", &a->better) != 0 ||
        number(x, client, "limit", &x->r->client_load) != 0 ||
        text(x, client, "reason", &x->r->client) != 0)
        return -1;
    x->r->unit = (enum capacity_unit)unit;
    a->kind = (enum search_kind)kind;
    a->end = (enum search_end)end;
    a->contradicts = !isnan(a->worse) && !isnan(a->better);
    const char *limit = json_get_string(root, "limited_by");
    x->r->limited_by = SIZE_MAX;
    for (size_t i = 0; i < x->r->expression_count; i++) {
        const char *own = x->r->expressions[i];
        if (own != NULL && strcmp(own, limit) == 0)
            x->r->limited_by = i;
    }
    return 0;
}

static int search(const struct reading *x, const struct json *root) {
    const struct json *s = json_get(root, "search");
    const struct json *sweep = json_get(s, "sweep");
    struct capacity_result *r = x->r;
    if (s == NULL)
        return bad(x, root, "search", "there");
    r->sweep = sweep != NULL && sweep->kind == JSON_BOOL && sweep->boolean;
    if (text(x, s, "name", &r->name) != 0 || text(x, s, "scenario", &r->scenario) != 0 ||
        text(x, s, "target", &r->target) != 0 || text(x, s, "started_utc", &r->started_utc) != 0 ||
        number(x, s, "from", &r->from) != 0 || number(x, s, "to", &r->to) != 0 ||
        positive(x, s, "precision", &r->precision) != 0 ||
        positive(x, s, "step_s", &r->step_s) != 0 || number(x, s, "settle_s", &r->settle_s) != 0)
        return -1;
    return expressions(x, s) != 0 ? -1 : options(x, s);
}

int capacity_result_parse(const char *name, const char *text, size_t bytes,
                          struct capacity_result *out, struct err *e) {
    struct json_doc *doc = NULL;
    struct capacity_result r = {.limited_by = SIZE_MAX};
    int result = -1;
    if (json_parse(name, text, bytes, &doc, e) != 0)
        return -1;
    const struct reading x = {.doc = doc, .r = &r, .e = e};
    const struct json *root = json_root(doc);
    if (search(&x, root) == 0 && answer(&x, root) == 0 && each(&x, root, "steps", step) == 0 &&
        each(&x, root, "loads", load) == 0 && read_usl(&x, root) == 0 && read_cost(&x, root) == 0 &&
        read_cold(&x, root) == 0) {
        *out = r;
        r = (struct capacity_result){0};
        result = 0;
    }
    capacity_result_done(&r);
    json_free(doc);
    return result;
}

int capacity_result_read(const char *path, struct capacity_result *out, struct err *e) {
    struct buf bytes;
    buf_init(&bytes, RESULT_BYTES_MAX);
    int result = file_read(path, &bytes, e) != 0
                     ? err_prefix(e, "cannot read the capacity")
                     : capacity_result_parse(path, buf_text(&bytes), bytes.len, out, e);
    buf_done(&bytes);
    return result;
}
