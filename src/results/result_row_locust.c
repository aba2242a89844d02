/* A CSV file with a line for each request of Locust, as people write it with an event listener. The
 * names of the columns are those of the event `request` (Locust 2), and common shorter ones. */
#include <stdlib.h>

#include "results/result_row.h"

struct columns {
    int time, took, method, name, status, length, error, user;
};

static int open_locust(struct result_source *s, struct err *e) {
    if (result_table_open(s, FEEDER_CSV, NULL, e) != 0)
        return -1;
    struct columns *c = calloc(1, sizeof *c);
    s->own = c;
    if (c == NULL)
        return err_memory(e, NULL);
    *c = (struct columns){.method = result_column(s, "request_type|type|method"),
                          .status = result_column(s, "status_code|status|response_code"),
                          .length = result_column(s, "response_length|length|len|bytes"),
                          .error = result_column(s, "exception|error|exc|failure"),
                          .user = result_column(s, "user|user_id|greenlet_id")};
    return result_column_needed(s, "timestamp|ts|time|end_time", &c->time, e) != 0 ||
                   result_column_needed(s, "response_time|response_time_ms|ms|elapsed", &c->took,
                                        e) != 0 ||
                   result_column_needed(s, "name|url|endpoint|path", &c->name, e) != 0
               ? -1
               : 0;
}

static int next_locust(struct result_source *s, struct result_row *row, struct err *e) {
    const struct columns *c = s->own;
    uint64_t status = 0;
    int64_t end_us;
    int more = result_table_next(s, e);
    if (more != 1)
        return more;
    if (!result_time(result_field(s, c->time), &end_us))
        return result_bad(s, e, "its time is neither seconds since 1970 nor a date");
    if (!result_ms(result_field(s, c->took), &row->took_us))
        return result_bad(s, e, "its response time is not a number of milliseconds");
    struct bytes code = result_field(s, c->status), error = result_field(s, c->error);
    if (code.len > 0 && (!result_count(code, &status) || status > 999))
        return result_bad(s, e, "its status is not a status of HTTP");
    if (bytes_is(error, "None") || bytes_is(error, "null"))
        error = (struct bytes){"", 0};
    row->start_us = end_us - row->took_us;
    row->method = result_field(s, c->method);
    row->name = result_name(result_field(s, c->name));
    row->url = result_field(s, c->name);
    row->user = c->user < 0 ? (struct bytes){NULL, 0} : result_field(s, c->user);
    row->received = result_bytes(result_field(s, c->length), RESULT_RECEIVED_MAX);
    result_judge(row, (int)status, error.len == 0 && status < 400, error);
    return 1;
}

const struct result_format result_locust = {.word = "locust-csv-requests",
                                            .what = "a CSV file of Locust's requests",
                                            .lacks =
                                                "bytes sent, times of connections, intended times",
                                            .open = open_locust,
                                            .rewind = result_table_rewind,
                                            .next = next_locust,
                                            .close = result_table_close};
