/* JMeter's results as CSV (JTL), by its names of columns: JMeter 2.13 to 5.6. JMeter's own
 * properties file makes timeStamp the start. */
#include <stdlib.h>
#include <string.h>

#include "results/result_row.h"
#include "util/array.h"

struct columns {
    int time, elapsed, label, code, message, thread, good, failure, bytes, sent, latency, connect,
        url;
};

static int open_jtl(struct result_source *s, struct err *e) {
    if (result_table_open(s, FEEDER_CSV, NULL, e) != 0)
        return -1;
    struct columns *c = calloc(1, sizeof *c);
    s->own = c;
    if (c == NULL)
        return err_memory(e, NULL);
    *c = (struct columns){.code = result_column(s, "responseCode"),
                          .message = result_column(s, "responseMessage"),
                          .thread = result_column(s, "threadName"),
                          .failure = result_column(s, "failureMessage"),
                          .bytes = result_column(s, "bytes"),
                          .sent = result_column(s, "sentBytes"),
                          .latency = result_column(s, "Latency"),
                          .connect = result_column(s, "Connect"),
                          .url = result_column(s, "URL")};
    return result_column_needed(s, "timeStamp", &c->time, e) != 0 ||
                   result_column_needed(s, "elapsed", &c->elapsed, e) != 0 ||
                   result_column_needed(s, "label", &c->label, e) != 0 ||
                   result_column_needed(s, "success", &c->good, e) != 0
               ? -1
               : 0;
}

static bool begins(struct bytes text, const char *with) {
    size_t n = strlen(with);
    return text.len >= n && memcmp(text.data, with, n) == 0;
}

/* "GET /x", as coldswarm writes labels that two methods share. */
static void split_label(struct result_row *row, struct bytes label) {
    static const char *const methods[] = {"GET ",    "POST ", "PUT ",    "PATCH ",
                                          "DELETE ", "HEAD ", "OPTIONS "};
    row->name = label;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        size_t n = strlen(methods[i]);
        if (begins(label, methods[i]) && label.len > n) {
            row->method = (struct bytes){label.data, n - 1};
            row->name = (struct bytes){label.data + n, label.len - n};
        }
    }
}

/* "Non HTTP response code: java.net.ConnectException" has no status. */
static bool status_of(struct bytes code, int *status) {
    uint64_t n;
    *status = 0;
    if (!result_count(code, &n))
        return true;
    *status = n <= 999 ? (int)n : 0;
    return n <= 999;
}

static int next_jtl(struct result_source *s, struct result_row *row, struct err *e) {
    const struct columns *c = s->own;
    int more, status;
    /* A transaction is the sum of its requests, which have rows of their own. */
    while ((more = result_table_next(s, e)) == 1 &&
           begins(result_field(s, c->message), "Number of samples in transaction"))
        s->skipped++;
    if (more != 1)
        return more;
    struct bytes time = result_field(s, c->time), good = result_field(s, c->good);
    if (!result_time(time, &row->start_us))
        return result_bad(s, e,
                          "timeStamp \"%.*s\" is not a time; set "
                          "jmeter.save.saveservice.timestamp_format=ms",
                          (int)time.len, time.data);
    if (!result_ms(result_field(s, c->elapsed), &row->took_us))
        return result_bad(s, e, "elapsed is not a number of milliseconds");
    if (!bytes_is(good, "true") && !bytes_is(good, "false"))
        return result_bad(s, e, "success is neither true nor false");
    if (!status_of(result_field(s, c->code), &status))
        return result_bad(s, e, "responseCode is not a status");
    split_label(row, result_field(s, c->label));
    struct bytes said = result_field(s, c->failure), code = result_field(s, c->code);
    /* Without a status, the code has the kind of the error. */
    if (said.len == 0)
        said = status == 0 && code.len > 0 ? code : result_field(s, c->message);
    result_judge(row, status, bytes_is(good, "true"), said);
    if (row->status == 0 && row->outcome != OUTCOME_OK)
        row->outcome = result_outcome(code.len > 0 ? code : said);
    row->user = c->thread < 0 ? (struct bytes){NULL, 0} : result_field(s, c->thread);
    row->url = result_field(s, c->url);
    row->received = result_bytes(result_field(s, c->bytes), RESULT_RECEIVED_MAX);
    row->sent = result_bytes(result_field(s, c->sent), RESULT_SENT_MAX);
    int64_t us;
    if (row->status > 0 && result_ms(result_field(s, c->latency), &us) && us > 0)
        row->ttfb_us = us;
    if (result_ms(result_field(s, c->connect), &us) && us > 0)
        row->connect_us = us;
    return 1;
}

const struct result_format result_jtl = {.word = "jtl",
                                         .what = "JMeter's results (JTL, CSV)",
                                         .lacks = "methods, intended times",
                                         .open = open_jtl,
                                         .rewind = result_table_rewind,
                                         .next = next_jtl,
                                         .close = result_table_close};
