/* `k6 run --out csv=FILE` and `--out json=FILE`: a line for each sample of a metric. The samples of
 * one request follow each other, http_reqs first (k6's docs, "Results output"; netext/httpext in
 * its source). Its time is the end of the request.
 *
 * k6's http_req_duration is sending, waiting and receiving. A row's time also has connecting and
 * the TLS handshake, as in coldswarm's own runs. */
#include <stdlib.h>
#include <string.h>

#include "results/result_row.h"
#include "util/buf.h"
#include "util/json.h"

#define TEXT_MAX ((size_t)1 << 20)

enum text { METHOD, NAME, URL, ERROR, PROTO, STATUS, CODE, EXPECTED, TEXTS };
static const char *const text_names[TEXTS] = {
    "method", "name", "url", "error", "proto", "status", "error_code", "expected_response"};

enum time { DURATION, CONNECTING, TLS, SENDING, WAITING, TIMES };
static const char *const time_names[TIMES] = {"http_req_duration", "http_req_connecting",
                                              "http_req_tls_handshaking", "http_req_sending",
                                              "http_req_waiting"};

struct sample {
    struct bytes metric, time;
    double value;
    struct bytes texts[TEXTS];
};

/* A request whose samples are being read. */
struct request_samples {
    bool any, failed, has[TIMES];
    int64_t end_us, us[TIMES];
    struct buf buf; /* its texts */
    size_t from[TEXTS], len[TEXTS];
};

struct k6 {
    int metric, time, value, columns[TEXTS]; /* of the CSV */
    int type, data;                          /* of the JSON lines */
    struct json_doc *doc;
    struct request_samples two[2]; /* the one that was given last, and the one being read */
    unsigned reading;
};

static int make(struct result_source *s, struct err *e) {
    struct k6 *k = calloc(1, sizeof *k);
    s->own = k;
    if (k == NULL)
        return err_memory(e, NULL);
    for (int i = 0; i < 2; i++)
        buf_init(&k->two[i].buf, TEXT_MAX);
    return 0;
}

static int open_csv(struct result_source *s, struct err *e) {
    if (result_table_open(s, FEEDER_CSV, NULL, e) != 0 || make(s, e) != 0)
        return -1;
    struct k6 *k = s->own;
    for (int i = 0; i < TEXTS; i++)
        k->columns[i] = result_column(s, text_names[i]);
    return result_column_needed(s, "metric_name", &k->metric, e) != 0 ||
                   result_column_needed(s, "timestamp", &k->time, e) != 0 ||
                   result_column_needed(s, "metric_value", &k->value, e) != 0
               ? -1
               : 0;
}

static int open_json(struct result_source *s, struct err *e) {
    if (result_table_open(s, FEEDER_JSONL, NULL, e) != 0 || make(s, e) != 0)
        return -1;
    struct k6 *k = s->own;
    return result_column_needed(s, "metric", &k->metric, e) != 0 ||
                   result_column_needed(s, "type", &k->type, e) != 0 ||
                   result_column_needed(s, "data", &k->data, e) != 0
               ? -1
               : 0;
}

static void close_k6(struct result_source *s) {
    struct k6 *k = s->own;
    if (k != NULL) {
        json_free(k->doc);
        for (int i = 0; i < 2; i++)
            buf_done(&k->two[i].buf);
    }
    result_table_close(s);
}

static int rewind_k6(struct result_source *s, struct err *e) {
    struct k6 *k = s->own;
    k->two[0].any = k->two[1].any = false;
    return result_table_rewind(s, e);
}

/* ---- a sample ---- */

static int csv_sample(struct result_source *s, struct sample *x, struct err *e) {
    const struct k6 *k = s->own;
    int more = result_table_next(s, e);
    if (more != 1)
        return more;
    *x = (struct sample){.metric = result_field(s, k->metric), .time = result_field(s, k->time)};
    for (int i = 0; i < TEXTS; i++)
        x->texts[i] = result_field(s, k->columns[i]);
    /* Metrics of others may have any value. */
    if (!result_number(result_field(s, k->value), &x->value))
        x->value = -1;
    return 1;
}

static struct bytes member(const struct json *v, const char *key) {
    const struct json *m = json_get(v, key);
    return m == NULL || (m->kind != JSON_STRING && m->kind != JSON_NUMBER)
               ? (struct bytes){"", 0}
               : (struct bytes){m->text, m->len};
}

static int json_sample(struct result_source *s, struct sample *x, struct err *e) {
    struct k6 *k = s->own;
    struct err why;
    int more;
    /* Other lines declare the metrics. */
    do
        more = result_table_next(s, e);
    while (more == 1 && !bytes_is(result_field(s, k->type), "Point"));
    if (more != 1)
        return more;
    struct bytes data = result_field(s, k->data);
    json_free(k->doc);
    k->doc = NULL;
    if (json_parse("data", data.data, data.len, &k->doc, &why) != 0)
        return result_bad(s, e, "%s", why.text);
    const struct json *root = json_root(k->doc), *tags = json_get(root, "tags");
    *x = (struct sample){.metric = result_field(s, k->metric), .time = member(root, "time")};
    for (int i = 0; i < TEXTS; i++)
        x->texts[i] = member(tags, text_names[i]);
    if (!result_number(member(root, "value"), &x->value))
        x->value = -1;
    return 1;
}

/* ---- a request ---- */

static int begin_request(struct result_source *s, struct request_samples *r, const struct sample *x,
                         struct err *e) {
    struct buf buf = r->buf;
    *r = (struct request_samples){.any = true, .buf = buf};
    buf_clear(&r->buf);
    for (int i = 0; i < TEXTS; i++) {
        r->from[i] = r->buf.len;
        r->len[i] = x->texts[i].len;
        buf_add(&r->buf, x->texts[i].data, x->texts[i].len);
    }
    if (!buf_ok(&r->buf))
        return result_bad(s, e, "its texts are larger than 1 MiB");
    if (!result_time(x->time, &r->end_us))
        return result_bad(s, e, "its time is neither a date nor a number since 1970");
    return 0;
}

static int add_sample(struct result_source *s, struct request_samples *r, const struct sample *x,
                      struct err *e) {
    if (bytes_is(x->metric, "http_req_failed")) {
        r->failed = x->value > 0;
        return 0;
    }
    for (int i = 0; i < TIMES; i++) {
        if (!bytes_is(x->metric, time_names[i]))
            continue;
        if (x->value < 0 || x->value > 1e10)
            return result_bad(s, e, "%s is not a number of milliseconds", time_names[i]);
        r->us[i] = (int64_t)(x->value * 1000 + 0.5);
        r->has[i] = true;
    }
    return 0;
}

static struct bytes text_of(const struct request_samples *r, enum text which) {
    return (struct bytes){buf_text(&r->buf) + r->from[which], r->len[which]};
}

static enum http_version version_of(struct bytes proto) {
    return bytes_is(proto, "HTTP/2.0") || bytes_is(proto, "HTTP/2") ? HTTP_VERSION_2
           : bytes_is(proto, "HTTP/1.1")                            ? HTTP_VERSION_1_1
           : bytes_is(proto, "HTTP/1.0")                            ? HTTP_VERSION_1_0
                                                                    : HTTP_VERSION_NONE;
}

/* k6's groups of error codes ("Error codes" in its docs). */
static enum outcome outcome_of(uint64_t code, struct bytes error) {
    return code == 1050                  ? OUTCOME_TIMEOUT
           : code >= 1100 && code < 1200 ? OUTCOME_DNS_ERROR
           : code == 1220                ? OUTCOME_RESET
           : code >= 1200 && code < 1300 ? OUTCOME_CONNECT_ERROR
           : code >= 1300 && code < 1400 ? OUTCOME_TLS_ERROR
           : code >= 1600 && code < 1700 ? OUTCOME_PROTOCOL_ERROR
                                         : result_outcome(error);
}

static int give(struct result_source *s, const struct request_samples *r, struct result_row *row,
                struct err *e) {
    uint64_t status = 0, code = 0;
    if (!r->has[DURATION])
        return result_bad(s, e, "a request before it has no http_req_duration");
    if (r->len[STATUS] > 0 && (!result_count(text_of(r, STATUS), &status) || status > 999))
        return result_bad(s, e, "the status of a request before it is not one of HTTP");
    row->took_us = r->us[DURATION] + r->us[CONNECTING] + r->us[TLS];
    row->start_us = r->end_us - row->took_us;
    if (r->us[CONNECTING] > 0)
        row->connect_us = r->us[CONNECTING];
    if (r->us[TLS] > 0)
        row->tls_us = r->us[TLS];
    if (status > 0 && r->has[WAITING])
        row->ttfb_us = r->us[CONNECTING] + r->us[TLS] + r->us[SENDING] + r->us[WAITING];
    row->method = text_of(r, METHOD);
    row->name = result_name(text_of(r, NAME).len > 0 ? text_of(r, NAME) : text_of(r, URL));
    row->url = text_of(r, URL);
    row->http_version = version_of(text_of(r, PROTO));
    bool expected = bytes_is(text_of(r, EXPECTED), "true");
    struct bytes error = text_of(r, ERROR);
    /* Without the tag (before k6 0.31), a status below 400 is good. */
    bool good = status > 0 && !r->failed && (expected || (r->len[EXPECTED] == 0 && status < 400));
    result_judge(row, (int)status, good, error);
    if (status == 0 && result_count(text_of(r, CODE), &code))
        row->outcome = outcome_of(code, error);
    return 1;
}

typedef int sample_fn(struct result_source *s, struct sample *x, struct err *e);

static int next_k6(struct result_source *s, struct result_row *row, sample_fn *sample,
                   struct err *e) {
    struct k6 *k = s->own;
    struct sample x = {.metric = {"", 0}};
    int more;
    while ((more = sample(s, &x, e)) == 1) {
        struct request_samples *reading = &k->two[k->reading];
        if (!bytes_is(x.metric, "http_reqs")) {
            if (reading->any && add_sample(s, reading, &x, e) != 0)
                return -1;
            continue;
        }
        bool one = reading->any;
        if (one) /* what is given stays while the next is read */
            k->reading = 1 - k->reading;
        if (begin_request(s, &k->two[k->reading], &x, e) != 0)
            return -1;
        if (one)
            return give(s, reading, row, e);
    }
    struct request_samples *last = &k->two[k->reading];
    if (more != 0 || !last->any)
        return more;
    last->any = false;
    return give(s, last, row, e);
}

static int next_csv(struct result_source *s, struct result_row *row, struct err *e) {
    return next_k6(s, row, csv_sample, e);
}

static int next_json(struct result_source *s, struct result_row *row, struct err *e) {
    return next_k6(s, row, json_sample, e);
}

#define LACKS "users, bytes, intended times"

const struct result_format result_k6_csv = {.word = "k6-csv",
                                            .what = "k6's results (--out csv)",
                                            .lacks = LACKS,
                                            .open = open_csv,
                                            .rewind = rewind_k6,
                                            .next = next_csv,
                                            .close = close_k6};

const struct result_format result_k6_json = {.word = "k6-json",
                                             .what = "k6's results (--out json)",
                                             .lacks = LACKS,
                                             .open = open_json,
                                             .rewind = rewind_k6,
                                             .next = next_json,
                                             .close = close_k6};
