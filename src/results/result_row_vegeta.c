/* `vegeta encode --to csv` and `--to json`. Columns of the CSV: the comment of NewCSVEncoder in
 * vegeta's lib/results.go; 12 since release 12.9 (headers), 11 in 12.8, 9 before. */
#include <stdlib.h>
#include <string.h>

#include "results/result_row.h"

static const char head9[] = "timestamp,code,latency,bytes_out,bytes_in,error,body,attack,seq\n";
static const char head11[] =
    "timestamp,code,latency,bytes_out,bytes_in,error,body,attack,seq,method,url\n";
static const char head12[] =
    "timestamp,code,latency,bytes_out,bytes_in,error,body,attack,seq,method,url,headers\n";

struct columns {
    int time, code, latency, out, in, error, method, url, attack;
};

static int find(struct result_source *s, struct err *e) {
    struct columns *c = calloc(1, sizeof *c);
    s->own = c;
    if (c == NULL)
        return err_memory(e, NULL);
    *c = (struct columns){.out = result_column(s, "bytes_out"),
                          .in = result_column(s, "bytes_in"),
                          .error = result_column(s, "error"),
                          .method = result_column(s, "method"),
                          .url = result_column(s, "url"),
                          .attack = result_column(s, "attack")};
    return result_column_needed(s, "timestamp", &c->time, e) != 0 ||
                   result_column_needed(s, "code", &c->code, e) != 0 ||
                   result_column_needed(s, "latency", &c->latency, e) != 0
               ? -1
               : 0;
}

static int open_csv(struct result_source *s, struct err *e) {
    static const char *const heads[] = {head12, head11, head9};
    for (size_t i = 0; i < 3; i++) {
        result_table_close(s);
        if (result_table_open(s, FEEDER_CSV, heads[i], e) == 0)
            return find(s, e);
    }
    return -1;
}

static int open_json(struct result_source *s, struct err *e) {
    return result_table_open(s, FEEDER_JSONL, NULL, e) == 0 ? find(s, e) : -1;
}

static int next_vegeta(struct result_source *s, struct result_row *row, struct err *e) {
    const struct columns *c = s->own;
    uint64_t code, latency_ns;
    int more = result_table_next(s, e);
    if (more != 1)
        return more;
    if (!result_time(result_field(s, c->time), &row->start_us))
        return result_bad(s, e, "timestamp is not a time");
    if (!result_count(result_field(s, c->latency), &latency_ns) || latency_ns > UINT64_C(1) << 54)
        return result_bad(s, e, "latency is not a number of nanoseconds");
    if (!result_count(result_field(s, c->code), &code) || code > 999)
        return result_bad(s, e, "code is not a status of HTTP");
    row->took_us = (int64_t)(latency_ns + 500) / 1000;
    row->method = result_field(s, c->method);
    row->url = result_field(s, c->url);
    row->name = row->url.len > 0 ? result_name(row->url) : result_field(s, c->attack);
    row->sent = result_bytes(result_field(s, c->out), RESULT_SENT_MAX);
    row->received = result_bytes(result_field(s, c->in), RESULT_RECEIVED_MAX);
    /* Success is 200 to 399 (Metrics.Add in vegeta's lib/metrics.go). */
    result_judge(row, (int)code, code >= 200 && code < 400, result_field(s, c->error));
    return 1;
}

#define LACKS "users, times of connections, intended times"

const struct result_format result_vegeta_csv = {.word = "vegeta-csv",
                                                .what = "vegeta's results (CSV)",
                                                .lacks = LACKS,
                                                .open = open_csv,
                                                .rewind = result_table_rewind,
                                                .next = next_vegeta,
                                                .close = result_table_close};

const struct result_format result_vegeta_json = {.word = "vegeta-json",
                                                 .what = "vegeta's results (JSON lines)",
                                                 .lacks = LACKS,
                                                 .open = open_json,
                                                 .rewind = result_table_rewind,
                                                 .next = next_vegeta,
                                                 .close = result_table_close};
