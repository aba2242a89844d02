#include "report/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_streams.h"
#include "record/reader_timeline.h"
#include "report/axis.h"
#include "report/dialects.h"
#include "report/platform_figures.h"
#include "report/shard_table.h"
#include "report/stream_doubts.h"
#include "report/stream_tables.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/outcome.h"
#include "util/text.h"

#define ASKED_BYTES 32

struct build {
    struct model *m;
    struct reader *reader;
    struct counted *counted;
    bool new_heatmap; /* the second reading fills it: the run was longer than it says */
    struct err *e;
};

/* As tables list them. */
static int make_entries(struct build *b) {
    const struct entries *from = &b->counted->entries;
    b->m->entries = calloc(from->entry_count + 1, sizeof *b->m->entries);
    if (b->m->entries == NULL)
        return err_memory(b->e, "%zu endpoints", from->entry_count);
    for (size_t i = 0; i < from->entry_count; i++)
        b->m->entries[i] =
            (struct model_entry){.method = from->entries[i].method, .name = from->entries[i].name};
    b->m->entry_count = from->entry_count;
    return 0;
}

static int first_reading(void *context, const struct request *x) {
    struct build *b = context;
    const struct model_options *o = &b->m->options;
    if (counted_add(b->counted, x, b->e) != 0 ||
        (o->also != NULL && o->also(o->also_context, x, b->e) != 0))
        return -1;
    if (b->m->series == NULL || !outcome_is_timed((int)x->outcome))
        return 0;
    heatmap_add(b->m->heatmap, x->end_us, x->response_us);
    if (b->m->shard_series != NULL &&
        shard_series_add(b->m->shard_series, x->user, x->end_us, b->e) != 0)
        return -1;
    return series_count(b->m->series, x->end_us, x->response_us,
                        outcome_is_failure((int)x->outcome), b->e);
}

static int second_reading(void *context, const struct request *x) {
    struct build *b = context;
    summary_collect(b->m->summary, b->counted->entries.entry_of[x->endpoint], x);
    if (b->m->series == NULL || !outcome_is_timed((int)x->outcome))
        return 0;
    if (b->new_heatmap)
        heatmap_add(b->m->heatmap, x->end_us, x->response_us);
    return series_collect(b->m->series, x->end_us, x->response_us, b->e);
}

/* Of the run's own word; a second in progress counts. */
static int64_t whole_seconds(const struct model *m) {
    return m->run->duration_us <= 0 ? 0 : (m->run->duration_us - 1) / US_PER_S + 1;
}

/* For a run as long as it says, which the rows may contradict. */
static int begin_figures(struct build *b) {
    struct model *m = b->m;
    int64_t whole = whole_seconds(m);
    if (whole > SERIES_SECONDS_MAX)
        return err_set(b->e, "the run says that it lasted %" PRId64 " seconds; the file is damaged",
                       whole);
    if (m->cut == NULL && shard_series_new(b->reader, &m->shard_series, b->e) != 0)
        return -1;
    return series_new(axis_step_seconds(whole), &m->series, b->e) != 0
               ? -1
               : heatmap_new(whole * US_PER_S, &m->heatmap, b->e);
}

/* After the first reading, which tells how long the run is. */
static int find_seconds(struct build *b) {
    struct model *m = b->m;
    int64_t whole = whole_seconds(m);
    m->seconds = series_seconds(m->series);
    if ((size_t)whole > m->seconds)
        m->seconds = (size_t)whole;
    return series_plan(m->series, axis_step_seconds((int64_t)m->seconds), b->e);
}

static int fit_heatmap(struct build *b) {
    struct model *m = b->m;
    int64_t run_us = (int64_t)series_seconds(m->series) * US_PER_S;
    if (run_us < m->run->duration_us)
        run_us = m->run->duration_us;
    if (heatmap_resize(m->heatmap, run_us))
        return 0;
    heatmap_free(m->heatmap);
    m->heatmap = NULL;
    b->new_heatmap = true;
    return heatmap_new(run_us, &m->heatmap, b->e);
}

/* What was counted while the run went on, where it is all of the file; else a reading of the
 * rows. */
static int count_rows(struct build *b) {
    struct model *m = b->m;
    struct counted *had = m->options.counted;
    struct counted_options o = {.cut = m->cut,
                                .rule = m->options.locust ? SUMMARY_LOCUST : SUMMARY_EXACT,
                                .guess = m->cut == NULL && !m->options.no_guess};
    const struct catalog *catalog = reader_catalog(b->reader);
    if (m->options.figures && begin_figures(b) != 0)
        return -1;
    if (had != NULL && m->options.also == NULL && !m->options.figures && !o.guess &&
        o.cut == NULL && o.rule == SUMMARY_EXACT && counted_is_of(had, b->reader))
        b->counted = had;
    else if (counted_new(catalog->endpoints, catalog->endpoint_count, &o, &m->counted, b->e) != 0)
        return -1;
    else {
        b->counted = m->counted;
        if ((m->options.also != NULL ? reader_scan(b->reader, first_reading, b, b->e)
                                     : reader_scan_brief(b->reader, first_reading, b, b->e)) != 0)
            return -1;
    }
    m->summary = b->counted->summary;
    return make_entries(b);
}

static int read_rows(struct build *b) {
    struct model *m = b->m;
    if (count_rows(b) != 0 || summary_plan(m->summary, m->options.figures, b->e) != 0)
        return -1;
    if (m->series != NULL && (find_seconds(b) != 0 || fit_heatmap(b) != 0))
        return -1;
    bool again = b->new_heatmap || summary_needs_collecting(m->summary) ||
                 (m->series != NULL && series_needs_collecting(m->series));
    if ((again && reader_scan_brief(b->reader, second_reading, b, b->e) != 0) ||
        summary_finish(m->summary, b->e) != 0)
        return -1;
    return m->series != NULL ? series_finish(m->series, b->e) : 0;
}

/* Where there are requests, a level is only ever left out for want of more. */
static void note_left_out(struct model *m, const struct summary_row *row) {
    for (size_t i = 0; row->requests > 0 && i < SUMMARY_LEVELS; i++) {
        m->unsupported[i] |= isnan(row->response_ms[i]) || isnan(row->service_ms[i]);
        m->uncertain[i] |= summary_levels[i] < 100 && (isnan(row->response_intervals[i].low_ms) ||
                                                       isnan(row->service_intervals[i].low_ms));
    }
}

static void make_rows(struct model *m) {
    int64_t duration_us = m->run->duration_us;
    for (size_t i = 0; i < m->entry_count; i++) {
        summary_row(m->summary, i, duration_us, &m->entries[i].row);
        note_left_out(m, &m->entries[i].row);
    }
    m->aggregated = (struct model_entry){.method = "", .name = MODEL_AGGREGATED};
    summary_row(m->summary, SUMMARY_AGGREGATED, duration_us, &m->aggregated.row);
    note_left_out(m, &m->aggregated.row);
    m->times_differ = summary_times_differ(m->summary);
}

static int by_count(const void *a, const void *b) {
    const struct model_error *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int order = strcmp(x->name, y->name);
    order = order != 0 ? order : strcmp(x->method, y->method);
    order = order != 0 ? order : strcmp(x->outcome, y->outcome);
    return order != 0 ? order : strcmp(x->text, y->text);
}

static char *error_text(const struct build *b, const struct tally_kind *k) {
    char status[32] = "";
    if (k->error != 0)
        return strdup(reader_error(b->reader, k->error));
    if (k->status != 0)
        snprintf(status, sizeof status, "status %d", k->status);
    return strdup(status);
}

static int make_errors(struct build *b) {
    struct model *m = b->m;
    m->errors = calloc(b->counted->failures.kinds + 1, sizeof *m->errors);
    if (m->errors == NULL)
        goto no_memory;
    for (size_t i = 0; i < b->counted->failures.slot_count; i++) {
        const struct tally_kind *k = &b->counted->failures.slots[i];
        if (k->count == 0)
            continue;
        struct model_error *x = &m->errors[m->error_count];
        *x = (struct model_error){.method = m->entries[k->entry].method,
                                  .name = m->entries[k->entry].name,
                                  .outcome = outcome_text(k->outcome),
                                  .text = error_text(b, k),
                                  .error = k->error,
                                  .count = k->count};
        if (x->text == NULL)
            goto no_memory;
        m->error_count++;
    }
    qsort(m->errors, m->error_count, sizeof *m->errors, by_count);
    if (b->counted->failures.others > 0) {
        struct model_error *x = &m->errors[m->error_count];
        *x = (struct model_error){.method = "",
                                  .name = "",
                                  .outcome = "",
                                  .text = strdup("(errors of other kinds)"),
                                  .count = b->counted->failures.others};
        if (x->text == NULL)
            goto no_memory;
        m->error_count++;
    }
    return 0;
no_memory:
    return err_memory(b->e, "the table of errors");
}

/* The file tells the users of a second where they changed; between, they stay what they were. */
static int make_users(struct build *b) {
    struct model *m = b->m;
    struct reader_second *known = NULL;
    size_t known_count = 0;
    size_t seconds = m->seconds;
    if (reader_users(b->reader, &known, &known_count, b->e) != 0)
        return -1;
    m->users = calloc(seconds + 1, sizeof *m->users);
    if (m->users == NULL) {
        free(known);
        return err_memory(b->e, "a run of %zu seconds", seconds);
    }
    uint32_t users = 0;
    for (size_t second = 0, k = 0; second < seconds; second++) {
        for (; k < known_count && known[k].second <= second; k++)
            users = known[k].users;
        m->users[second] = users;
    }
    free(known);
    return 0;
}

/* What figures draw by second. */
static int make_series(struct build *b) {
    struct model *m = b->m;
    if (make_users(b) != 0 || stream_series_new(b->reader, m->seconds, &m->streamed, b->e) != 0)
        return -1;
    return m->cut == NULL ? scraped_new(b->reader, m->seconds, &m->scraped, b->e) : 0;
}

/* Cold starts by the client alone, where the server does not tell them. */
static int make_guess(struct build *b) {
    struct model *m = b->m;
    bool any_slow = false;
    if (b->counted->signs == NULL)
        return 0;
    for (size_t i = 0; i < m->entry_count; i++)
        any_slow = any_slow ||
                   m->entries[i].row.max_ms > GUESS_RATIO_MIN * m->entries[i].row.service_ms[0];
    if (!any_slow)
        return 0;
    double *median_us = calloc(m->entry_count + 1, sizeof *median_us);
    if (median_us == NULL)
        return err_memory(b->e, "%zu endpoints", m->entry_count);
    for (size_t i = 0; i < m->entry_count; i++)
        median_us[i] = m->entries[i].row.service_ms[0] * 1000;
    int result = guess_new(b->reader, b->counted->signs, m->summary, &b->counted->entries,
                           median_us, m->options.figures, &m->guess, b->e);
    free(median_us);
    return result;
}

static int make_server(struct build *b) {
    struct model *m = b->m;
    if (platform_new(b->reader, m->options.figures, m->seconds, &m->server, b->e) != 0)
        return -1;
    bool logged = m->server != NULL && m->server->side.requests > 0;
    if (!logged && make_guess(b) != 0)
        return -1;
    if (m->server == NULL && m->guess == NULL)
        return 0;
    m->tables = calloc(PLATFORM_TABLES_MAX + GUESS_TABLES, sizeof *m->tables);
    if (m->tables == NULL)
        return err_memory(b->e, "the tables of the server");
    if (m->server != NULL) {
        if (platform_price(m->server, &m->options.shape, &m->cost, b->e) != 0)
            return -1;
        if (m->cost.shape.billing == BILLING_INSTANCE &&
            platform_figures_bill_lives(m->server, b->e) != 0)
            return -1;
        m->table_count = platform_tables(m->server, &m->cost, m->tables);
    }
    if (m->guess != NULL)
        guess_table(m->guess, &m->tables[m->table_count++]);
    for (size_t i = 0; i < m->table_count; i++)
        if (!table_ok(&m->tables[i]))
            return err_memory(b->e, "the tables of the server");
    return 0;
}

static int make_streams(struct build *b) {
    struct model *m = b->m;
    const struct streams_options o = {.keep_bytes = 0};
    if (m->options.streams == NULL && streams_read(b->reader, &o, &m->own_streams, b->e) != 0)
        return err_prefix(b->e, "the streams of this run");
    m->streams = m->options.streams != NULL ? m->options.streams : m->own_streams;
    if (m->streams != NULL)
        stream_tables_unsupported(m->streams, m->unsupported);
    if (goodput_read(b->reader, m->options.goodput, &m->goodput, b->e) != 0)
        return err_prefix(b->e, "the goodput of this run");
    return 0;
}

static int make_thresholds(struct build *b) {
    struct model *m = b->m;
    struct thresholds_options o = {.duration_us = -1, .during_run = true};
    bool usage = false;
    m->thresholds = m->options.thresholds;
    if (m->thresholds != NULL)
        return 0;
    if (thresholds_new(b->reader, &o, &m->own, &usage, b->e) != 0)
        return err_prefix(b->e, "thresholds of this run");
    m->thresholds = m->own;
    return 0;
}

static void take_load(void *context, const char *key, const char *value) {
    struct model *m = context;
    if (strcmp(key, THRESHOLDS_PART_KEY) == 0)
        snprintf(m->part, sizeof m->part, "%s", value);
    m->by_rate = m->by_rate || strcmp(key, "load_rate_max") == 0;
}

static void take_asked(void *context, const char *key, const char *value) {
    char *asked = context;
    if (strcmp(key, "http_version_asked") == 0)
        snprintf(asked, ASKED_BYTES, "%s", value);
}

static int make_connections(struct build *b) {
    struct model *m = b->m;
    struct table *t = &m->flows.tables[m->flows.count];
    char asked[ASKED_BYTES] = "";
    if (b->counted->connections == NULL || !connections_table(b->counted->connections, t))
        return 0;
    m->flows.count++;
    if (!table_ok(t))
        return err_memory(b->e, "the table of connections");
    if (reader_manifest(b->reader, take_asked, asked, b->e) != 0)
        return -1;
    connections_remarks(b->counted->connections, asked, reader_run(b->reader)->users_max,
                        &m->remarks);
    return 0;
}

/* A load that a signal or the page stopped looks like a whole one else, one whose users ended early
 * like one of all, and a mistyped "scrape" like a server without metrics. */
static int remark_on_events(struct build *b) {
    int64_t at_us = READER_NO_VALUE;
    char text[1024];
    if (b->m->cut != NULL)
        return 0;
    if (reader_stopped(b->reader, &at_us, text, sizeof text, b->e) != 0)
        return -1;
    if (at_us != READER_NO_VALUE)
        remark_add(&b->m->remarks, "stopped_early", "At %s s %s.",
                   text_rounded((double)at_us / 1e6, 3).text, text);
    if (reader_scrape_failed(b->reader, &at_us, text, sizeof text, b->e) != 0)
        return -1;
    if (at_us != READER_NO_VALUE)
        remark_add(&b->m->remarks, "scrape_failed",
                   "At %s s: %s. Tables and figures of the server's metrics lack that part: "
                   "check \"scrape\" in the scenario.",
                   text_rounded((double)at_us / 1e6, 3).text, text);
    if (reader_feeder_empty(b->reader, &at_us, text, sizeof text, b->e) != 0)
        return -1;
    if (at_us != READER_NO_VALUE)
        remark_add(&b->m->remarks, "feeder_empty",
                   "At %s s %s. From then on the load was lower than specified: add rows to the "
                   "file, or use another \"mode\".",
                   text_rounded((double)at_us / 1e6, 3).text, text);
    if (reader_stream_limit(b->reader, &at_us, text, sizeof text, b->e) != 0)
        return -1;
    if (at_us != READER_NO_VALUE)
        remark_add(&b->m->remarks, "stream_limit",
                   "From %s s on requests waited for each other: %s. Their wait counts in their "
                   "times: use fewer \"streams\".",
                   text_rounded((double)at_us / 1e6, 3).text, text);
    return 0;
}

static int make_dialects(struct build *b) {
    struct model *m = b->m;
    if (!m->options.dialects || !reader_has_streams(b->reader))
        return 0;
    m->dialects = calloc(1, sizeof *m->dialects);
    if (m->dialects == NULL)
        return err_memory(b->e, "the words of other tools");
    return dialects_table(b->reader, m->dialects, b->e);
}

/* In the order of what they weigh. */
static int make_remarks(struct build *b) {
    struct model *m = b->m;
    if (b->counted->served != NULL) {
        if (served_finish(b->counted->served, b->reader, &m->users_served, b->e) != 0)
            return -1;
        served_remarks(b->counted->served, &m->users_served, &m->remarks);
    }
    if (m->streams != NULL)
        stream_doubts(m->streams, m->cut == NULL ? m->client.loop_lag_p99_us : READER_NO_VALUE,
                      &m->remarks);
    if (remark_on_events(b) != 0 || make_connections(b) != 0)
        return -1;
    if (m->server != NULL)
        platform_remarks(m->server, &m->cost, &m->remarks);
    return buf_fits(&m->remarks.texts, b->e, NULL, "the text of all remarks");
}

int model_new(struct reader *r, const struct model_options *o, struct model **out, struct err *e) {
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_memory(e, "a report");
    m->run = reader_run(r);
    m->cut = reader_is_cut(r);
    m->options = *o;
    lines_init(&m->remarks, NULL);
    struct build b = {.m = m, .reader = r, .e = e};
    int result = -1;
    m->has_failed_bodies = reader_has_failed_bodies(r);
    if (reader_manifest(r, take_load, m, e) != 0 || read_rows(&b) != 0 || make_errors(&b) != 0 ||
        (m->cut == NULL &&
         (client_summarize(r, &m->client, e) != 0 || flow_tables_read(r, &m->flows, e) != 0 ||
          shard_table_read(r, &m->shards, e) != 0)))
        goto out;
    make_rows(m);
    if (make_streams(&b) != 0)
        goto out;
    if ((o->figures && make_series(&b) != 0) ||
        (m->cut == NULL && (make_server(&b) != 0 || make_thresholds(&b) != 0)))
        goto out;
    if (make_dialects(&b) != 0 || make_remarks(&b) != 0)
        goto out;
    if (!o->figures) {
        counted_free(m->counted);
        m->counted = NULL;
        m->summary = NULL;
    }
    *out = m;
    m = NULL;
    result = 0;
out:
    model_free(m);
    return result;
}

void model_free(struct model *m) {
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->error_count; i++)
        free(m->errors[i].text);
    free(m->errors);
    free(m->entries);
    counted_free(m->counted);
    series_free(m->series);
    heatmap_free(m->heatmap);
    free(m->users);
    for (size_t i = 0; i < m->table_count; i++)
        table_done(&m->tables[i]);
    flow_tables_done(&m->flows);
    shard_table_free(m->shards);
    lines_done(&m->remarks);
    stream_series_free(m->streamed);
    scraped_free(m->scraped);
    shard_series_free(m->shard_series);
    if (m->dialects != NULL)
        table_done(m->dialects);
    free(m->dialects);
    free(m->tables);
    platform_free(m->server);
    guess_free(m->guess);
    thresholds_free(m->own);
    streams_free(m->own_streams);
    goodput_free(m->goodput);
    free(m);
}
