#include "import/import_envelope.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/import_fields.h"
#include "util/clock.h"
#include "util/encode.h"

#define TEXT_MAX ((size_t)64 << 20)
#define ROWS_DEPTH_MAX 16
#define KEYS_SHOWN 6

/* A message's "data" is the entry in base64 (Pub/Sub's REST reference, PubsubMessage). */
static int message(const struct json *m, import_inner_fn *fn, void *context) {
    const char *data = import_text(m, "data");
    struct buf b;
    if (data == NULL)
        return fn(context, NULL, 0, "a Pub/Sub message without data");
    buf_init(&b, TEXT_MAX);
    int rc = decode_base64(&b, data, strlen(data)) && buf_ok(&b)
                 ? fn(context, buf_text(&b), b.len, NULL)
                 : fn(context, NULL, 0, "the data of a Pub/Sub message is not base64");
    buf_done(&b);
    return rc;
}

static int messages(const struct json *list, import_inner_fn *fn, void *context) {
    int rc = 0;
    for (const struct json *m = list->first; m != NULL && rc == 0; m = m->next)
        rc = message(import_get(m, "message"), fn, context);
    return rc;
}

static void put_string(struct buf *out, const char *text, size_t n) {
    buf_char(out, '"');
    json_escape(out, text, n);
    buf_char(out, '"');
}

/* The year 2255: nanoseconds since 1970 have room for it. */
#define TIME_MAX_S 9e9

static void put_time(struct buf *out, double seconds) {
    char utc[CLOCK_UTC_BYTES];
    clock_utc(llround(seconds * 1e6) * 1000, utc);
    put_string(out, utc, strlen(utc));
}

static void put_row(const struct json *fields, const struct json *row, int depth, struct buf *out);

/* One cell of BigQuery's API: a text, {"f": ...} of a record, or a list of {"v": ...}. */
static void put_cell(const struct json *field, const struct json *v, int depth, struct buf *out) {
    const char *type = json_get_string(field, "type");
    double seconds;
    if (v == NULL || v->kind == JSON_NULL || depth > ROWS_DEPTH_MAX) {
        buf_str(out, "null");
    } else if (v->kind == JSON_ARRAY) {
        buf_char(out, '[');
        for (const struct json *m = v->first; m != NULL; m = m->next) {
            buf_str(out, m == v->first ? "" : ",");
            put_cell(field, json_get(m, "v"), depth + 1, out);
        }
        buf_char(out, ']');
    } else if (json_get(v, "f") != NULL) {
        put_row(json_get_array(field, "fields"), v, depth + 1, out);
    } else if (strcmp(type, "TIMESTAMP") == 0 && import_double(v, &seconds) && seconds > 0 &&
               seconds < TIME_MAX_S) {
        put_time(out, seconds);
    } else {
        json_copy(v, NULL, NULL, out);
    }
}

/* {"f": [{"v": ...}, ...]}, whose names are in the schema. */
static void put_row(const struct json *fields, const struct json *row, int depth, struct buf *out) {
    const struct json *cells = json_get_array(row, "f"),
                      *cell = cells == NULL ? NULL : cells->first;
    const struct json *field = fields == NULL ? NULL : fields->first;
    buf_char(out, '{');
    for (bool first = true; field != NULL && cell != NULL;
         field = field->next, cell = cell->next, first = false) {
        const char *name = json_get_string(field, "name");
        buf_str(out, first ? "" : ",");
        put_string(out, name, strlen(name));
        buf_char(out, ':');
        put_cell(field, json_get(cell, "v"), depth, out);
    }
    buf_char(out, '}');
}

static int rows(const struct json *fields, const struct json *list, import_inner_fn *fn,
                void *context) {
    int rc = 0;
    for (const struct json *row = list->first; row != NULL && rc == 0; row = row->next) {
        struct buf b;
        buf_init(&b, TEXT_MAX);
        put_row(fields, row, 0, &b);
        rc = buf_ok(&b) ? fn(context, buf_text(&b), b.len, NULL)
                        : fn(context, NULL, 0, "a row of BigQuery that is too large");
        buf_done(&b);
    }
    return rc;
}

/* Cloud Run's metrics, whose names PromQL writes with "_" for "/" (Cloud Monitoring's
 * documentation, "Mapping Cloud Monitoring metrics to PromQL"). */
static const struct {
    const char *name;
    bool counts; /* counts up: the difference of two values is what happened in between */
} metrics[] = {{"container/instance_count", false},
               {"container/billable_instance_time", true},
               {"container/cpu/allocation_time", true},
               {"container/memory/allocation_time", true},
               {"container/cpu/utilizations", false},
               {"container/memory/utilizations", false},
               {"container/max_request_concurrencies", false},
               {"container/network/received_bytes_count", true},
               {"container/network/sent_bytes_count", true},
               {"container/completed_probe_count", true},
               {"container/completed_probe_attempt_count", true},
               {"pending_queue/pending_requests", false},
               {"request_count", true}};

static int find_metric(const char *name) {
    static const char prefix[] = "run_googleapis_com:";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    name += sizeof prefix - 1;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        const char *p = name, *q = metrics[i].name;
        while (*p != '\0' && (*p == *q || (*p == '_' && *q == '/'))) {
            p++;
            q++;
        }
        if (*p == '\0' && *q == '\0')
            return (int)i;
    }
    return -1;
}

static bool sample(const struct json *pair, double *at, double *value) {
    return pair != NULL && pair->kind == JSON_ARRAY && pair->count == 2 &&
           import_double(pair->first, at) && import_double(pair->first->next, value) && *at > 0 &&
           *at < 1e11;
}

/* [[time, "value"], ...]: a counter's points are what it grew by. */
static void put_points(const struct json *values, bool counts, struct buf *out) {
    double before_at = 0, before = 0, at, value;
    bool any = false, first = true;
    for (const struct json *v = values->first; v != NULL; v = v->next) {
        if (!sample(v, &at, &value))
            continue;
        bool point = !counts || (any && value >= before);
        if (point) {
            buf_str(out, first ? "{\"interval\":{" : ",{\"interval\":{");
            first = false;
            if (counts) {
                buf_str(out, "\"startTime\":");
                put_time(out, before_at);
                buf_char(out, ',');
            }
            buf_str(out, "\"endTime\":");
            put_time(out, at);
            buf_printf(out, "},\"value\":{\"doubleValue\":%.17g}}",
                       counts ? value - before : value);
        }
        any = true;
        before_at = at;
        before = value;
    }
}

static void put_labels(const struct json *labels, struct buf *out) {
    buf_char(out, '{');
    bool first = true;
    for (const struct json *m = labels->first; m != NULL; m = m->next) {
        if (m->kind != JSON_STRING || strncmp(m->key, "__", 2) == 0)
            continue;
        buf_str(out, first ? "" : ",");
        first = false;
        put_string(out, m->key, m->key_len);
        buf_char(out, ':');
        put_string(out, m->text, m->len);
    }
    buf_char(out, '}');
}

static int prometheus_series(const struct json *x, import_inner_fn *fn, void *context) {
    const struct json *labels = json_get(x, "metric"), *values = json_get_array(x, "values"),
                      *single = json_get(x, "value");
    const char *name = json_get_string(labels, "__name__");
    int metric = find_metric(name);
    char wrong[200];
    struct buf b;
    if (metric < 0) {
        snprintf(wrong, sizeof wrong,
                 name[0] == '\0' ? "a PromQL result without the name of its metric: ask for the "
                                   "metric itself, without functions"
                                 : "PromQL's %.100s is not a metric of Cloud Run that is read",
                 name);
        return fn(context, NULL, 0, wrong);
    }
    buf_init(&b, TEXT_MAX);
    buf_printf(&b,
               "{\"metric\":{\"type\":\"run.googleapis.com/%s\",\"labels\":", metrics[metric].name);
    put_labels(labels, &b);
    buf_str(&b, "},\"resource\":{\"type\":\"cloud_run_revision\",\"labels\":");
    put_labels(labels, &b);
    buf_printf(&b, "},\"metricKind\":\"%s\",\"points\":[",
               metrics[metric].counts ? "DELTA" : "GAUGE");
    if (values != NULL) {
        put_points(values, metrics[metric].counts, &b);
    } else if (single != NULL && single->kind == JSON_ARRAY && !metrics[metric].counts) {
        struct json copy = *single;
        copy.next = NULL;
        const struct json list = {.kind = JSON_ARRAY, .first = &copy, .count = 1};
        put_points(&list, false, &b);
    }
    buf_str(&b, "]}");
    int rc = buf_ok(&b) ? fn(context, buf_text(&b), b.len, NULL)
                        : fn(context, NULL, 0, "a PromQL result that is too large");
    buf_done(&b);
    return rc;
}

static int prometheus(const struct json *results, import_inner_fn *fn, void *context) {
    int rc = 0;
    for (const struct json *x = results->first; x != NULL && rc == 0; x = x->next)
        rc = prometheus_series(x, fn, context);
    return rc;
}

int import_unwrap(const struct json *v, import_inner_fn *fn, void *context, bool *is_envelope) {
    const struct json *received = json_get_array(v, "receivedMessages"),
                      *one = json_get(v, "message"), *data = json_get(v, "data");
    const struct json *fields = json_get_array(json_get(v, "schema"), "fields"),
                      *list = json_get_array(v, "rows"), *results = json_get_array(data, "result");
    *is_envelope = true;
    if (received != NULL)
        return messages(received, fn, context);
    if (one != NULL && one->kind == JSON_OBJECT && import_text(one, "data") != NULL)
        return message(one, fn, context);
    if (import_text(v, "data") != NULL && import_get(v, "messageId") != NULL)
        return message(v, fn, context);
    if (fields != NULL && list != NULL)
        return rows(fields, list, fn, context);
    if (results != NULL && json_get(data, "resultType") != NULL)
        return prometheus(results, fn, context);
    *is_envelope = false;
    return 0;
}

void import_describe(const struct json *v, struct buf *out) {
    const struct json *error = json_get(v, "error");
    if (error != NULL && error->kind == JSON_OBJECT) {
        const struct json *code = json_get(error, "code");
        buf_str(out, "an error of the API:");
        if (code != NULL && code->kind == JSON_NUMBER)
            buf_printf(out, " %.*s", (int)code->len, code->text);
        buf_printf(out, " %.60s: %.300s", json_get_string(error, "status"),
                   json_get_string(error, "message"));
        return;
    }
    if (error != NULL && error->kind == JSON_STRING) {
        buf_printf(out, "an error: %.300s", error->text);
        return;
    }
    buf_str(out, "objects with the members ");
    size_t n = 0;
    for (const struct json *m = v->first; m != NULL && n < KEYS_SHOWN; m = m->next, n++)
        buf_printf(out, "%s\"%.40s\"", n > 0 ? ", " : "", m->key);
    if (n == 0)
        buf_str(out, "(none)");
}
