/* JMeter's CSV results, streamed: see docs/formats.md for what each column is here. */
#include <http_parser.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/export.h"
#include "util/clock.h"
#include "util/outcome.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define US_PER_MS 1000

struct jtl {
    FILE *to;
    struct reader *reader;
    const struct reader_endpoint *endpoints;
    size_t endpoint_count;
    bool *shared; /* per endpoint: another method has the same name */
    struct reader_second *users;
    size_t user_count, user_at; /* rows come nearly by time: the second of the last one */
    int64_t start_us;
    struct buf line;
    struct err *e;
};

/* Names that more than one method has get theirs in front: JMeter's dashboard adds up by label. */
static int find_shared(struct jtl *x) {
    x->shared = calloc(x->endpoint_count + 1, sizeof *x->shared);
    if (x->shared == NULL)
        return err_set(x->e, "out of memory for %zu endpoints", x->endpoint_count);
    for (size_t i = 0; i < x->endpoint_count; i++)
        for (size_t k = 0; k < x->endpoint_count && !x->shared[i]; k++)
            x->shared[i] = strcmp(x->endpoints[i].name, x->endpoints[k].name) == 0 &&
                           strcmp(x->endpoints[i].method, x->endpoints[k].method) != 0;
    return 0;
}

static uint32_t users_at(struct jtl *x, int64_t us) {
    int64_t second = us / 1000000;
    while (x->user_at > 0 && x->users[x->user_at].second > second)
        x->user_at--;
    while (x->user_at + 1 < x->user_count && x->users[x->user_at + 1].second <= second)
        x->user_at++;
    return x->user_count == 0 ? 0 : x->users[x->user_at].users;
}

static void text(struct jtl *x, const char *value) {
    buf_char(&x->line, ',');
    csv_text(&x->line, value);
}

static void joined(struct jtl *x, const char *first, const char *second) {
    struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    buf_printf(&b, "%s%s", first, second);
    text(x, buf_text(&b));
    buf_done(&b);
}

static void label(struct jtl *x, uint32_t endpoint) {
    const struct reader_endpoint *is = &x->endpoints[endpoint];
    struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    if (x->shared[endpoint])
        buf_printf(&b, "%s ", is->method);
    buf_str(&b, is->name);
    text(x, buf_text(&b));
    buf_done(&b);
}

/* A status and what it is called, or what JMeter says where there is none. */
static void response(struct jtl *x, const struct reader_row *row, const char *error) {
    if (row->status == 0) {
        joined(x, "Non HTTP response code: ", outcome_text((int)row->outcome));
        joined(x, "Non HTTP response message: ", error);
        return;
    }
    const char *said = http_status_str((enum http_status)row->status);
    buf_printf(&x->line, ",%d", row->status);
    text(x, said[0] == '<' ? "" : said); /* "<unknown>" */
}

static int64_t ms_of(int64_t us) {
    return us == READER_NO_VALUE || us < 0 ? 0 : us / US_PER_MS;
}

static int one(void *context, const struct reader_row *row) {
    struct jtl *x = context;
    if (!outcome_is_timed((int)row->outcome))
        return 0;
    if (row->endpoint >= x->endpoint_count)
        return err_set(x->e, "request %" PRId64 " belongs to no endpoint; the file is damaged",
                       row->id);
    bool failed = outcome_is_failure((int)row->outcome);
    const char *error = row->error == 0 ? "" : reader_error(x->reader, row->error);
    int64_t sent_us = x->start_us + row->sent_us, end_us = x->start_us + row->end_us;
    int64_t setup_us = (row->dns_us > 0 ? row->dns_us : 0) +
                       (row->connect_us > 0 ? row->connect_us : 0) +
                       (row->tls_us > 0 ? row->tls_us : 0);
    uint32_t users = users_at(x, row->sent_us);
    struct buf *b = &x->line;
    buf_clear(b);
    buf_printf(b, "%" PRId64 ",%" PRId64, sent_us / US_PER_MS,
               end_us / US_PER_MS - sent_us / US_PER_MS);
    label(x, row->endpoint);
    response(x, row, error);
    buf_printf(b, ",users 1-%" PRId64 ",%s,%s", row->user == READER_NO_VALUE ? 0 : row->user + 1,
               row->status == 0 ? "" : "text", failed ? "false" : "true");
    text(x, failed ? error : "");
    buf_printf(b, ",%" PRIu64 ",%" PRIu64 ",%" PRIu32 ",%" PRIu32, row->bytes_received,
               row->bytes_sent, users, users);
    text(x, reader_run(x->reader)->target);
    buf_printf(b, ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", ms_of(row->ttfb_us),
               ms_of(row->response_us - row->service_us), ms_of(setup_us));
    if (!buf_ok(b))
        return err_set(x->e, "request %" PRId64 " has too long a text for a line", row->id);
    fwrite(buf_text(b), 1, b->len, x->to);
    return 0;
}

int export_jtl(FILE *to, const struct report_source *s, struct err *e) {
    const struct reader_run *run = reader_run(s->reader);
    struct jtl x = {.to = to, .reader = s->reader, .e = e};
    int64_t start_ns = 0;
    int result = -1;
    x.endpoint_count = reader_endpoints(s->reader, &x.endpoints);
    if (!clock_read_utc(run->started_utc, &start_ns))
        return err_set(e, "the run says that it began at \"%s\"; the file is damaged",
                       run->started_utc);
    x.start_us = start_ns / NS_PER_US;
    buf_init(&x.line, LINE_MAX_BYTES);
    fputs("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,"
          "failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n",
          to);
    if (find_shared(&x) == 0 && reader_users(s->reader, &x.users, &x.user_count, e) == 0)
        result = reader_scan(s->reader, one, &x, e);
    buf_done(&x.line);
    free(x.shared);
    free(x.users);
    return result;
}
