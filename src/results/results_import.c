#include "results/results_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/record.h"
#include "results/names.h"
#include "results/result_row.h"
#include "util/array.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/url.h"

/* A scenario has as many tasks. Results without grouped names may have one for each request. */
#define NAMES_MAX 10000
#define OTHER_NAME "(other names)"
#define USERS_MAX (1 << 24)
#define TEXT_MAX ((size_t)1 << 20)
#define QUEUE_SAMPLES 65536
#define REASON_BYTES 512

const char results_import_words[] =
    "jtl|k6-csv|k6-json|locust-csv-requests|vegeta-csv|vegeta-json|oha-sqlite";

static const struct result_format *const formats[] = {
    &result_jtl,        &result_k6_csv,      &result_k6_json, &result_locust,
    &result_vegeta_csv, &result_vegeta_json, &result_oha};

struct work {
    const struct results_import_options *o;
    struct results_import_summary *out;
    struct result_source source;
    struct names endpoints, users; /* an endpoint is "METHOD\0NAME" */
    struct endpoint *list;
    int64_t first_us, last_us;
    struct buf target, text;
    struct record *record;
    struct err *e;
};

/* The first one for a word that is none: the command line refuses such. */
static const struct result_format *format_of(const char *word) {
    size_t i = COUNT_OF(formats);
    while (--i > 0 && strcmp(formats[i]->word, word) != 0)
        continue;
    return formats[i];
}

static int no_memory(struct err *e) {
    return err_memory(e, "the results");
}

static int next(struct work *w, struct result_row *row) {
    *row = (struct result_row){.connect_us = REQUEST_NO_VALUE,
                               .tls_us = REQUEST_NO_VALUE,
                               .ttfb_us = REQUEST_NO_VALUE,
                               .method = {"", 0},
                               .name = {"", 0},
                               .error = {"", 0}};
    return w->source.format->next(&w->source, row, w->e);
}

/* ---- numbers of endpoints and users ---- */

/* Makes texts valid: without NUL, and UTF-8. */
static void put_text(struct buf *out, struct bytes text) {
    const char *nul = text.len == 0 ? NULL : memchr(text.data, '\0', text.len);
    text_repair(out, text.data, nul == NULL ? text.len : (size_t)(nul - text.data));
}

static int64_t endpoint_of(struct work *w, const struct result_row *row) {
    static const char other[] = "\0" OTHER_NAME;
    buf_clear(&w->text);
    put_text(&w->text, row->method);
    buf_char(&w->text, '\0');
    if (row->name.len == 0)
        buf_str(&w->text, "(no name)");
    put_text(&w->text, row->name);
    struct bytes key = {w->text.data, w->text.len};
    if (!buf_ok(&w->text))
        return -1;
    if (w->endpoints.count < NAMES_MAX || names_find(&w->endpoints, key) >= 0)
        return names_number(&w->endpoints, key);
    w->out->other += w->record == NULL; /* they are counted in the first reading */
    return names_number(&w->endpoints, (struct bytes){other, sizeof other - 1});
}

static int64_t user_of(struct work *w, const struct result_row *row) {
    return row->user.data == NULL ? 0 : names_number(&w->users, row->user);
}

static void take_target(struct work *w, const struct result_row *row) {
    struct url u;
    if (w->target.len > 0 || !url_split(row->url.data, row->url.len, &u) || *u.scheme == '\0')
        return;
    buf_printf(&w->target, "%s://", u.scheme);
    put_text(&w->target, (struct bytes){u.host, u.host_bytes});
}

/* ---- the first reading ---- */

static int look(struct work *w) {
    struct results_import_summary *out = w->out;
    struct result_row row;
    int more;
    while ((more = next(w, &row)) == 1) {
        int64_t end_us = row.start_us + row.took_us;
        if (out->requests++ == 0 || row.start_us < w->first_us)
            w->first_us = row.start_us;
        w->last_us = end_us > w->last_us ? end_us : w->last_us;
        out->failures += outcome_is_failure((int)row.outcome);
        if (row.url.data != NULL)
            take_target(w, &row);
        if (endpoint_of(w, &row) < 0 || user_of(w, &row) < 0)
            return no_memory(w->e);
        if (w->users.count > USERS_MAX)
            return err_set(w->e, "%s has more than %d users", w->o->path, USERS_MAX);
    }
    if (more != 0)
        return -1;
    if (out->requests == 0)
        return err_set(w->e, "%s has no requests", w->o->path);
    out->skipped = w->source.skipped;
    return 0;
}

static int make_list(struct work *w) {
    size_t n = w->endpoints.count;
    w->list = calloc(n + 1, sizeof *w->list);
    if (w->list == NULL)
        return no_memory(w->e);
    for (size_t i = 0; i < n; i++) {
        const char *method = w->endpoints.texts[i];
        w->list[i] = (struct endpoint){.method = method, .name = method + strlen(method) + 1};
    }
    return 0;
}

/* ---- the second reading ---- */

static uint32_t phase_us(int64_t us) {
    return us == REQUEST_NO_VALUE || us < 0 ? 0
           : us > UINT32_MAX - 1            ? UINT32_MAX - 1
                                            : (uint32_t)us;
}

static int put(struct work *w, const struct result_row *row) {
    static const struct timespec moment = {.tv_nsec = NS_PER_MS};
    int64_t endpoint = endpoint_of(w, row), user = user_of(w, row);
    if (endpoint < 0 || user < 0)
        return no_memory(w->e);
    struct sample x = {.intended_ns = SAMPLE_NO_TIME,
                       .sent_ns = (row->start_us - w->first_us) * NS_PER_US,
                       .end_ns = (row->start_us - w->first_us + row->took_us) * NS_PER_US,
                       .bytes_received = row->received & SAMPLE_BYTES_MAX,
                       .bytes_sent = (uint32_t)row->sent,
                       .user = (uint32_t)user,
                       .flags = row->connect_us != REQUEST_NO_VALUE ? SAMPLE_NEW_CONNECTION : 0,
                       .connect_us = phase_us(row->connect_us),
                       .tls_us = phase_us(row->tls_us),
                       .ttfb_us = row->ttfb_us == REQUEST_NO_VALUE ? SAMPLE_NO_TTFB
                                                                   : phase_us(row->ttfb_us),
                       .status = (uint16_t)row->status,
                       .endpoint = (unsigned)endpoint & SAMPLE_ENDPOINT_MAX,
                       .outcome = row->outcome,
                       .http_version = row->http_version};
    if (row->error.len > 0) {
        buf_clear(&w->text);
        put_text(&w->text, row->error);
        x.error = record_error_id(w->record, buf_text(&w->text));
    }
    struct record_load load;
    for (record_load(w->record, &load);
         load.queued >= QUEUE_SAMPLES / 2 && !record_failed(w->record);
         record_load(w->record, &load))
        nanosleep(&moment, NULL);
    queue_push(record_queue(w->record, 0), &x);
    return 0;
}

static int write_rows(struct work *w) {
    struct result_row row;
    uint64_t n = 0;
    int more = 0;
    if (w->source.format->rewind(&w->source, w->e) != 0)
        return -1;
    while (!record_failed(w->record) && (more = next(w, &row)) == 1) {
        if (n++ == w->out->requests)
            return err_set(w->e, "%s changed while it was read", w->o->path);
        if (put(w, &row) != 0)
            return -1;
    }
    return more < 0 ? -1 : 0;
}

static int facts(struct work *w) {
    const struct result_format *f = w->source.format;
    char requests[32];
    snprintf(requests, sizeof requests, "%" PRIu64, w->out->requests);
    return record_manifest(w->record, "imported_from", f->what, w->e) != 0 ||
                   record_manifest(w->record, "imported_file", file_base(w->o->path), w->e) != 0 ||
                   record_manifest(w->record, "imported_lacks", f->lacks, w->e) != 0
               ? -1
               : record_manifest(w->record, "imported_requests", requests, w->e);
}

static int end(struct work *w) {
    char reason[REASON_BYTES];
    const struct result_format *f = w->source.format;
    struct record_totals totals;
    snprintf(reason, sizeof reason,
             "these are %s, not coldswarm's: how that client was doing is unknown; the file lacks: "
             "%s",
             f->what, f->lacks);
    record_totals(w->record, &totals);
    bool whole = totals.rows == w->out->requests;
    const struct record_end end = {.duration_ns = w->out->duration_us * NS_PER_US,
                                   .verdict = "SUSPECT",
                                   .verdict_reason = reason};
    int result = record_close(w->record, whole ? &end : NULL, w->e);
    w->record = NULL;
    return result != 0 || whole ? result
                                : err_set(w->e, "%s changed while it was read", w->o->path);
}

static int write_file(struct work *w) {
    const struct catalog catalog = {.endpoints = w->list, .endpoint_count = w->endpoints.count};
    const struct record_run run = {.name = file_base(w->o->path),
                                   .started_real_ns = w->first_us * NS_PER_US,
                                   .users_max = (uint32_t)w->users.count,
                                   .scenario = "{}",
                                   .target = buf_text(&w->target),
                                   .version = w->o->version,
                                   .catalog = &catalog,
                                   .worker_count = 1,
                                   .queue_max_samples = QUEUE_SAMPLES};
    struct err stopping;
    if (record_open(w->o->out, &run, &w->record, w->e) != 0)
        return -1;
    int result = facts(w) == 0 && record_start(w->record, w->e) == 0 ? 0 : -1;
    bool started = result == 0;
    if (started) {
        record_started(w->record, w->first_us * NS_PER_US);
        result = write_rows(w);
        if (record_stop(w->record, result == 0 ? w->e : &stopping) != 0)
            result = -1;
    }
    if (result == 0)
        result = end(w);
    if (w->record != NULL)
        record_close(w->record, NULL, NULL);
    if (result != 0)
        record_remove(w->o->out);
    return result;
}

static int import_all(struct work *w) {
    if (w->source.format->open(&w->source, w->e) != 0 || look(w) != 0 || make_list(w) != 0)
        return -1;
    w->out->duration_us = w->last_us - w->first_us;
    w->out->endpoints = w->endpoints.count;
    w->out->users = w->users.count;
    return write_file(w);
}

int results_import(const struct results_import_options *o, struct results_import_summary *out,
                   struct err *e) {
    struct work w = {.o = o, .out = out, .e = e};
    w.source.format = format_of(o->format);
    w.source.path = o->path;
    *out = (struct results_import_summary){.what = w.source.format->what,
                                           .lacks = w.source.format->lacks};
    buf_init(&w.target, TEXT_MAX);
    buf_init(&w.text, 2 * TEXT_MAX);
    int result = import_all(&w);
    w.source.format->close(&w.source);
    names_done(&w.endpoints);
    names_done(&w.users);
    free(w.list);
    buf_done(&w.target);
    buf_done(&w.text);
    return result;
}
