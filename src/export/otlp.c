#include "export/otlp.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/metrics.h"
#include "util/clock.h"
#include "util/encode.h"
#include "util/host.h"
#include "util/json.h"
#include "util/json_write.h"
#include "util/url.h"

#define PATH "/v1/metrics"
#define TEXT_MAX_BYTES 65536
#define CUMULATIVE 2 /* AGGREGATION_TEMPORALITY_CUMULATIVE; enums are numbers in OTLP's JSON */

/* ---- where ---- */

int otlp_url(const char *given, struct buf *out, struct err *e) {
    struct url u;
    struct err why = {""};
    size_t n = strlen(given), tail = strlen(PATH);
    if (!url_split(given, n, &u) || u.scheme[0] == '\0')
        return err_set(e, "write the address of a receiver, such as http://localhost:4318");
    if (u.fragment != NULL || memchr(u.path, '?', u.path_bytes) != NULL)
        return err_set(e, "the address of a receiver has no query and no fragment");
    struct buf host;
    buf_init(&host, TEXT_MAX_BYTES);
    int result = host_authority(u.host, u.host_bytes, &host, &why);
    buf_done(&host);
    if (result != 0)
        return err_set(e, "the address of the receiver: %s", why.text);
    while (n > 0 && given[n - 1] == '/')
        n--;
    size_t origin = (size_t)(u.path - given);
    buf_add(out, given, n < origin ? n : origin);
    if (n > origin)
        encode_written(out, u.path, n - origin);
    if (n < tail || memcmp(given + n - tail, PATH, tail) != 0)
        buf_str(out, PATH);
    return buf_ok(out) ? 0 : err_set(e, "the address of the receiver is too long");
}

/* ---- pairs ---- */

static void trim(const char **text, size_t *n) {
    while (*n > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*n)--;
    }
    while (*n > 0 && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t'))
        (*n)--;
}

static int add_pair(const char *text, size_t n, struct labels *out, struct err *e) {
    const char *equals = memchr(text, '=', n);
    struct buf key, value;
    if (equals == NULL)
        return err_set(e, "an entry has no '='");
    const char *name = text, *is = equals + 1;
    size_t name_bytes = (size_t)(equals - text), is_bytes = n - name_bytes - 1;
    trim(&name, &name_bytes);
    trim(&is, &is_bytes);
    buf_init(&key, TEXT_MAX_BYTES);
    buf_init(&value, TEXT_MAX_BYTES);
    buf_add(&key, name, name_bytes);
    int result = 0;
    if (name_bytes == 0)
        result = err_set(e, "an entry has no name before its '='");
    else if (!decode_percent(&value, is, is_bytes, false))
        result = err_set(e, "the value of %.100s has a '%%' without two hexadecimal digits",
                         buf_text(&key));
    else if (memchr(buf_text(&value), '\0', value.len) != NULL)
        result = err_set(e, "the value of %.100s has a NUL", buf_text(&key));
    else if (!buf_ok(&key) || !buf_ok(&value))
        result = err_set(e, "an entry is too long");
    else
        result = labels_set(out, buf_text(&key), buf_text(&value), e);
    buf_done(&key);
    buf_done(&value);
    return result;
}

int otlp_pairs(const char *what, const char *text, struct labels *out, struct err *e) {
    struct err why = {""};
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        const char *pair = text;
        size_t bytes = n;
        trim(&pair, &bytes);
        if (bytes > 0 && add_pair(pair, bytes, out, &why) != 0)
            return err_set(e, "%s: %s; write it as key=value,key=value", what, why.text);
        text += n + (text[n] == ',');
    }
    return 0;
}

/* ---- a part ---- */

struct part {
    struct json_writer j;
    const struct status *s;
    int64_t start_ns, at_ns;
    struct metrics_rows rows;
    struct buf attributes; /* of all rows, as JSON, each ended by a NUL */
};

static void attribute(struct json_writer *j, const char *key, const char *value) {
    json_write_object(j, NULL, JSON_LINE);
    json_write_text(j, "key", key);
    json_write_object(j, "value", JSON_LINE);
    json_write_text(j, "stringValue", value);
    json_write_end(j);
    json_write_end(j);
}

static void attribute_text(struct json_writer *j, const char *key, const char *value) {
    struct buf shown;
    buf_init(&shown, TEXT_MAX_BYTES);
    metrics_text(&shown, value);
    attribute(j, key, buf_text(&shown));
    buf_done(&shown);
}

/* 64-bit integers are strings in the JSON of protobuf. */
static void integer(struct json_writer *j, const char *key, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    json_write_text(j, key, text);
}

static void time_of(struct json_writer *j, const char *key, int64_t ns) {
    integer(j, key, ns < 0 ? 0 : (uint64_t)ns);
}

static void make_attributes(struct part *p) {
    struct json_writer j;
    buf_init(&p->attributes, SIZE_MAX / 4);
    for (size_t i = 0; i < p->rows.count; i++) {
        const struct status_row *r = metrics_row(&p->rows, i);
        json_write_init(&j, &p->attributes, NULL);
        json_write_array(&j, NULL, JSON_LINE);
        attribute_text(&j, "method", r->method);
        attribute_text(&j, "name", r->name);
        json_write_end(&j);
        buf_char(&p->attributes, '\0');
    }
}

static void metric(struct part *p, const struct metrics_about *m, const char *kind) {
    char name[64];
    struct json_writer *j = &p->j;
    snprintf(name, sizeof name, "coldswarm.%s", m->name);
    json_write_object(j, NULL, JSON_LINE);
    json_write_text(j, "name", name);
    json_write_text(j, "description", m->help);
    json_write_text(j, "unit", m->unit);
    json_write_object(j, kind, JSON_LINE);
    if (strcmp(kind, "gauge") != 0)
        json_write_int(j, "aggregationTemporality", CUMULATIVE);
    if (strcmp(kind, "sum") == 0)
        json_write_bool(j, "isMonotonic", true);
    json_write_array(j, "dataPoints", JSON_LINE);
}

static void metric_end(struct part *p) {
    json_write_end(&p->j);
    json_write_end(&p->j);
    json_write_end(&p->j);
}

static void point(struct part *p, bool since) {
    json_write_object(&p->j, NULL, JSON_LINE);
    if (since)
        time_of(&p->j, "startTimeUnixNano", p->start_ns);
    time_of(&p->j, "timeUnixNano", p->at_ns);
}

/* Returns the attributes behind. */
static const char *row_attributes(struct part *p, const char *attributes) {
    json_write_key(&p->j, "attributes");
    buf_str(p->j.out, attributes);
    return attributes + strlen(attributes) + 1;
}

static void counts(struct part *p) {
    for (size_t k = 0; k < METRICS_COUNTS; k++) {
        const struct metrics_count *c = &metrics_counts[k];
        const char *attributes = buf_text(&p->attributes);
        if (c->streams && !p->s->run->streams)
            continue;
        metric(p, &c->about, "sum");
        for (size_t i = 0; i < p->rows.count; i++) {
            point(p, true);
            attributes = row_attributes(p, attributes);
            integer(&p->j, "asInt", c->value(&metrics_row(&p->rows, i)->live));
            json_write_end(&p->j);
        }
        metric_end(p);
    }
}

static void histogram(struct part *p) {
    const char *attributes = buf_text(&p->attributes);
    struct json_writer *j = &p->j;
    metric(p, &metrics_response_time, "histogram");
    for (size_t i = 0; i < p->rows.count; i++) {
        const struct live_row *r = &metrics_row(&p->rows, i)->live;
        point(p, true);
        attributes = row_attributes(p, attributes);
        integer(j, "count", r->timed);
        json_write_exact(j, "sum", (double)r->sum_us / 1e6);
        json_write_array(j, "bucketCounts", JSON_LINE);
        for (size_t k = 0; k <= LIVE_TABLE_BOUNDS; k++)
            integer(j, NULL, r->counts[k]);
        json_write_end(j);
        json_write_array(j, "explicitBounds", JSON_LINE);
        for (size_t k = 0; k < LIVE_TABLE_BOUNDS; k++)
            json_write_exact(j, NULL, (double)live_table_bounds_us[k] / 1e6);
        json_write_end(j);
        json_write_end(j);
    }
    metric_end(p);
}

static void numbers(struct part *p) {
    for (size_t i = 0; i < METRICS_NUMBERS; i++) {
        const struct metrics_number *n = &metrics_numbers[i];
        double value = n->value(p->s);
        if (!isfinite(value))
            continue;
        metric(p, &n->about, n->about.counter ? "sum" : "gauge");
        point(p, n->about.counter);
        if (n->whole)
            integer(&p->j, "asInt", (uint64_t)value);
        else
            json_write_exact(&p->j, "asDouble", value);
        json_write_end(&p->j);
        metric_end(p);
    }
}

/* A gauge that is 1 for one of the values of an attribute. */
static void state(struct part *p, const char *threshold, const char *key, const char *value,
                  bool is) {
    point(p, false);
    json_write_array(&p->j, "attributes", JSON_LINE);
    if (threshold != NULL)
        attribute_text(&p->j, "threshold", threshold);
    attribute(&p->j, key, value);
    json_write_end(&p->j);
    integer(&p->j, "asInt", is);
    json_write_end(&p->j);
}

static const char *threshold_text(const struct status_threshold *t) {
    return t->text == NULL ? "" : t->text;
}

/* A metric without points would be an empty envelope, which senders should not make. */
static void margins(struct part *p) {
    const struct status *s = p->s;
    bool begun = false;
    for (size_t i = 0; i < s->threshold_count; i++) {
        if (!isfinite(s->thresholds[i].margin))
            continue;
        if (!begun)
            metric(p, &metrics_threshold_margin, "gauge");
        begun = true;
        point(p, false);
        json_write_array(&p->j, "attributes", JSON_LINE);
        attribute_text(&p->j, "threshold", threshold_text(&s->thresholds[i]));
        json_write_end(&p->j);
        json_write_exact(&p->j, "asDouble", s->thresholds[i].margin);
        json_write_end(&p->j);
    }
    if (begun)
        metric_end(p);
}

static void thresholds(struct part *p) {
    const struct status *s = p->s;
    if (s->threshold_count == 0)
        return;
    metric(p, &metrics_threshold_state, "gauge");
    for (size_t i = 0; i < s->threshold_count; i++)
        for (enum status_threshold_state k = STATUS_PENDING; k <= STATUS_FAILED; k++)
            state(p, threshold_text(&s->thresholds[i]), "state", status_threshold_word(k),
                  s->thresholds[i].state == k);
    metric_end(p);
    margins(p);
}

static void verdict(struct part *p) {
    const char *is = p->s->verdict;
    metric(p, &metrics_verdict, "gauge");
    for (size_t i = 0; i < METRICS_VERDICTS; i++)
        state(p, NULL, "verdict", metrics_verdicts[i],
              is != NULL && strcmp(is, metrics_verdicts[i]) == 0);
    metric_end(p);
}

void otlp_part(const struct status *s, const struct labels *resource, int64_t at_ns,
               struct buf *out) {
    struct part p = {.s = s, .start_ns = s->run->started_ns(s->run->context), .at_ns = at_ns};
    struct json_writer *j = &p.j;
    metrics_rows_init(&p.rows, s);
    make_attributes(&p);
    if (!buf_ok(&p.attributes)) {
        out->failed = true;
        buf_done(&p.attributes);
        return;
    }
    json_write_init(j, out, NULL);
    json_write_object(j, NULL, JSON_LINE);
    json_write_object(j, "resource", JSON_LINE);
    json_write_array(j, "attributes", JSON_LINE);
    for (size_t i = 0; i < resource->count; i++)
        attribute(j, resource->all[i].key, resource->all[i].value);
    json_write_end(j);
    json_write_end(j);
    json_write_array(j, "scopeMetrics", JSON_LINE);
    json_write_object(j, NULL, JSON_LINE);
    json_write_object(j, "scope", JSON_LINE);
    json_write_text(j, "name", "coldswarm");
    json_write_text(j, "version", s->run->version);
    json_write_end(j);
    json_write_array(j, "metrics", JSON_LINE);
    numbers(&p);
    verdict(&p);
    counts(&p);
    histogram(&p);
    thresholds(&p);
    for (int i = 0; i < 4; i++)
        json_write_end(j);
    buf_done(&p.attributes);
}

/* ---- answers ---- */

static bool repeats(long status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static uint64_t number_of(const struct json *v) {
    double value = 0;
    if (v != NULL && v->kind == JSON_NUMBER)
        json_double(v, &value);
    else if (v != NULL && v->kind == JSON_STRING)
        value = strtod(v->text, NULL);
    return value > 0 && value < 1e15 ? (uint64_t)value : 0;
}

static void say(struct exporter_answer *out, const char *text) {
    struct buf shown;
    buf_init(&shown, TEXT_MAX_BYTES);
    metrics_text(&shown, text);
    err_set(&out->why, "%s", buf_text(&shown));
    buf_done(&shown);
}

/* {"partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "..."}}, or a Status with
 * "message". A receiver may send anything else. */
static void read_answer(long status, const char *text, size_t bytes, struct exporter_answer *out) {
    struct json_doc *doc = NULL;
    struct err ignored;
    if (json_parse("the response", text, bytes, &doc, &ignored) != 0)
        return;
    const struct json *root = json_root(doc);
    const struct json *partial = json_get(root, "partialSuccess");
    if (status / 100 != 2)
        say(out, json_get_string(root, "message"));
    else if (partial != NULL) {
        out->refused = number_of(json_get(partial, "rejectedDataPoints"));
        say(out, json_get_string(partial, "errorMessage"));
    }
    json_free(doc);
}

const struct exporter_format otlp_format = {.type = "application/json",
                                            .begin = "{\"resourceMetrics\":[",
                                            .between = ",",
                                            .end = "]}",
                                            .repeats = repeats,
                                            .read = read_answer};
