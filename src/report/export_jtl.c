/* JMeter's CSV results, streamed: see docs/formats.md for what each column is here. */
#include <http_parser.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/export.h"
#include "report/export_jtl.h"
#include "report/export_rows.h"
#include "util/clock.h"
#include "util/outcome.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define BLOCK_BYTES ((size_t)1 << 16)
#define KINDS 256 /* a power of two */

/* What all lines of requests with the same endpoint, status, outcome and error have in common. */
struct kind {
    bool known;
    uint32_t endpoint, error;
    int status;
    enum outcome outcome;
    struct buf head;   /* from the label to "users 1-" */
    struct buf middle; /* from the type of data to the message of a failure */
};

struct jtl {
    FILE *to;
    struct reader *reader;
    const struct endpoint *endpoints;
    size_t endpoint_count;
    bool *shared; /* per endpoint: another method has the same name */
    struct reader_second *users;
    size_t user_count, user_at; /* rows come nearly by time: the second of the last one */
    int64_t start_us;
    struct kind *kinds; /* by hash; another one takes the place of the last */
    struct buf target;  /* as a cell */
    struct buf lines;   /* not yet written */
};

/* Names that more than one method has get theirs in front: JMeter's dashboard adds up by label. */
static int find_shared(struct jtl *x, struct err *e) {
    x->shared = calloc(x->endpoint_count + 1, sizeof *x->shared);
    if (x->shared == NULL)
        return err_memory(e, "%zu endpoints", x->endpoint_count);
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

static void text(struct buf *out, const char *value) {
    buf_char(out, ',');
    csv_text(out, value);
}

static void joined(struct buf *out, const char *first, const char *second) {
    struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    buf_printf(&b, "%s%s", first, second);
    text(out, buf_text(&b));
    buf_done(&b);
}

static void label(const struct jtl *x, struct buf *out, uint32_t endpoint) {
    const struct endpoint *is = &x->endpoints[endpoint];
    if (!x->shared[endpoint]) {
        text(out, is->name);
        return;
    }
    struct buf method;
    buf_init(&method, LINE_MAX_BYTES);
    buf_printf(&method, "%s ", is->method);
    joined(out, buf_text(&method), is->name);
    buf_done(&method);
}

/* A status and what it is called, or what JMeter says if there is none. */
static void response(struct buf *out, const struct request *row, const char *error) {
    if (row->status == 0) {
        joined(out, "Non HTTP response code: ", outcome_text((int)row->outcome));
        joined(out, "Non HTTP response message: ", error);
        return;
    }
    const char *said = http_status_str((enum http_status)row->status);
    buf_printf(out, ",%d", row->status);
    text(out, said[0] == '<' ? "" : said); /* "<unknown>" */
}

static const struct kind *kind_of(struct jtl *x, const struct request *row, bool failed) {
    uint32_t hash =
        row->endpoint * 31 + (uint32_t)row->status * 7 + (uint32_t)row->outcome + row->error * 127;
    struct kind *k = &x->kinds[hash & (KINDS - 1)];
    if (k->known && k->endpoint == row->endpoint && k->error == row->error &&
        k->status == row->status && k->outcome == row->outcome)
        return k;
    const char *error = row->error == 0 ? "" : reader_error(x->reader, row->error);
    k->known = true;
    k->endpoint = row->endpoint;
    k->error = row->error;
    k->status = row->status;
    k->outcome = row->outcome;
    buf_clear(&k->head);
    label(x, &k->head, row->endpoint);
    response(&k->head, row, error);
    buf_str(&k->head, ",users 1-");
    buf_clear(&k->middle);
    buf_printf(&k->middle, ",%s,%s", row->status == 0 ? "" : "text", failed ? "false" : "true");
    text(&k->middle, failed ? error : "");
    return k;
}

static int64_t ms_of(int64_t us) {
    return us == READER_NO_VALUE || us < 0 ? 0 : us / US_PER_MS;
}

void jtl_flush(struct jtl *x) {
    fwrite(buf_text(&x->lines), 1, x->lines.len, x->to);
    buf_clear(&x->lines);
}

int jtl_add(struct jtl *x, const struct request *row, struct err *e) {
    /* JMeter has a failed sample of 0 ms for what it could not build, too. */
    bool unsendable = row->outcome == OUTCOME_UNSENDABLE && row->end_us != READER_NO_VALUE;
    if (!outcome_is_timed((int)row->outcome) && !unsendable)
        return 0;
    if (row->endpoint >= x->endpoint_count)
        return err_set(e, "request %" PRId64 " belongs to no endpoint; the file is damaged",
                       row->id);
    bool failed = unsendable || outcome_is_failure((int)row->outcome);
    int64_t from_us = unsendable ? row->end_us : row->sent_us;
    int64_t sent_ms = (x->start_us + from_us) / US_PER_MS;
    const struct kind *k = kind_of(x, row, failed);
    struct buf *b = &x->lines;
    size_t start = b->len;
    uint32_t users = users_at(x, from_us);
    buf_int(b, sent_ms);
    buf_char(b, ',');
    buf_int(b, (x->start_us + row->end_us) / US_PER_MS - sent_ms);
    buf_add(b, buf_text(&k->head), k->head.len);
    buf_int(b, row->user == READER_NO_VALUE ? 0 : row->user + 1);
    buf_add(b, buf_text(&k->middle), k->middle.len);
    const uint64_t counts[] = {row->bytes_received, row->bytes_sent, users, users};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        buf_char(b, ',');
        buf_uint(b, counts[i]);
    }
    buf_add(b, buf_text(&x->target), x->target.len);
    const int64_t times[] = {row->ttfb_us, row->response_us - row->service_us,
                             request_connecting(row)};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        buf_char(b, ',');
        buf_int(b, ms_of(times[i]));
    }
    buf_char(b, '\n');
    if (!buf_ok(b) || !buf_ok(&x->target) || !buf_ok(&k->head) || !buf_ok(&k->middle) ||
        b->len - start > LINE_MAX_BYTES)
        return err_set(e, "request %" PRId64 " has too long a text for a line", row->id);
    if (b->len >= BLOCK_BYTES)
        jtl_flush(x);
    return 0;
}

static int make_kinds(struct jtl *x, struct err *e) {
    x->kinds = calloc(KINDS, sizeof *x->kinds);
    if (x->kinds == NULL)
        return err_memory(e, "the lines of requests");
    for (size_t i = 0; i < KINDS; i++) {
        buf_init(&x->kinds[i].head, LINE_MAX_BYTES);
        buf_init(&x->kinds[i].middle, LINE_MAX_BYTES);
    }
    return 0;
}

int jtl_new(FILE *to, struct reader *r, struct jtl **out, struct err *e) {
    const struct reader_run *run = reader_run(r);
    int64_t start_ns = 0;
    if (!clock_read_utc(run->started_utc, &start_ns))
        return err_set(e, "the run says that it began at \"%s\"; the file is damaged",
                       run->started_utc);
    struct jtl *x = calloc(1, sizeof *x);
    if (x == NULL)
        return err_memory(e, "the lines of requests");
    *x = (struct jtl){.to = to, .reader = r, .start_us = start_ns / NS_PER_US};
    x->endpoints = reader_catalog(r)->endpoints;
    x->endpoint_count = reader_catalog(r)->endpoint_count;
    buf_init(&x->target, LINE_MAX_BYTES);
    buf_init(&x->lines, BLOCK_BYTES + LINE_MAX_BYTES);
    text(&x->target, run->target);
    if (make_kinds(x, e) != 0 || find_shared(x, e) != 0 ||
        reader_users(r, &x->users, &x->user_count, e) != 0) {
        jtl_free(x);
        return -1;
    }
    fputs("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,"
          "failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n",
          to);
    *out = x;
    return 0;
}

void jtl_free(struct jtl *x) {
    if (x == NULL)
        return;
    for (size_t i = 0; x->kinds != NULL && i < KINDS; i++) {
        buf_done(&x->kinds[i].head);
        buf_done(&x->kinds[i].middle);
    }
    free(x->kinds);
    buf_done(&x->target);
    buf_done(&x->lines);
    free(x->shared);
    free(x->users);
    free(x);
}

struct writing {
    struct jtl *jtl;
    struct err *e;
};

static int one(void *context, const struct request *row) {
    const struct writing *w = context;
    return jtl_add(w->jtl, row, w->e);
}

int export_jtl(FILE *to, const struct report_source *s, struct err *e) {
    struct jtl *x = NULL;
    if (jtl_new(to, s->reader, &x, e) != 0)
        return -1;
    int result = reader_scan(s->reader, one, &(struct writing){x, e}, e);
    jtl_flush(x);
    jtl_free(x);
    return result;
}
