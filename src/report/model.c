#include "report/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/tally.h"
#include "util/outcome.h"

#define US_PER_S 1000000

/* What the two readings of the rows need. */
struct build {
    struct model *m;
    struct reader *reader;
    uint32_t *entry_of; /* per endpoint of the file */
    size_t endpoint_count;
    struct tally tally;
    struct guess_signs *signs; /* NULL: cold starts are not guessed at */
    struct err *e;
};

/* An endpoint with its place in the file. */
struct place {
    const char *name, *method;
    size_t endpoint;
};

static int by_name(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->method, y->method);
}

static bool is_of_cut(const struct reader_cut *c, const char *name) {
    for (size_t i = 0; c != NULL && i < c->name_count; i++)
        if (strcmp(c->names[i], name) == 0)
            return true;
    return c == NULL || c->name_count == 0;
}

/* Sorts the endpoints into entries; equal ones share theirs. */
static int make_entries(struct build *b) {
    const struct reader_endpoint *endpoints = NULL;
    size_t n = reader_endpoints(b->reader, &endpoints);
    struct place *places = calloc(n + 1, sizeof *places);
    b->entry_of = calloc(n + 1, sizeof *b->entry_of);
    b->m->entries = calloc(n + 1, sizeof *b->m->entries);
    if (places == NULL || b->entry_of == NULL || b->m->entries == NULL) {
        free(places);
        return err_set(b->e, "out of memory for %zu endpoints", n);
    }
    size_t taken = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        if (is_of_cut(b->m->cut, endpoints[i].name))
            places[taken++] = (struct place){endpoints[i].name, endpoints[i].method, i};
    qsort(places, taken, sizeof *places, by_name);
    for (size_t i = 0; i < taken; i++) {
        if (i == 0 || by_name(&places[i - 1], &places[i]) != 0)
            b->m->entries[count++] =
                (struct model_entry){.method = places[i].method, .name = places[i].name};
        b->entry_of[places[i].endpoint] = (uint32_t)count - 1;
    }
    b->endpoint_count = n;
    b->m->entry_count = count;
    free(places);
    return 0;
}

static int to_sample(const struct build *b, const struct reader_row *row,
                     struct summary_sample *out) {
    if (row->endpoint >= b->endpoint_count)
        return err_set(b->e, "request %" PRId64 " belongs to no endpoint; the file is damaged",
                       row->id);
    *out = (struct summary_sample){.entry = b->entry_of[row->endpoint],
                                   .outcome = row->outcome,
                                   .end_us = row->end_us,
                                   .response_us = row->response_us,
                                   .service_us = row->service_us,
                                   .bytes_received = row->bytes_received};
    return 0;
}

static int first_reading(void *context, const struct reader_row *row) {
    struct build *b = context;
    struct summary_sample x;
    if (to_sample(b, row, &x) != 0)
        return -1;
    summary_count(b->m->summary, &x);
    if (b->signs != NULL && guess_signs_add(b->signs, row, b->e) != 0)
        return -1;
    bool failed = outcome_is_failure((int)row->outcome);
    if (failed) {
        struct tally_kind kind = {.entry = (uint32_t)x.entry,
                                  .error = row->error,
                                  .outcome = (int)row->outcome,
                                  .status = row->error == 0 ? row->status : 0};
        if (tally_add(&b->tally, &kind, b->e) != 0)
            return -1;
    }
    if (b->m->series == NULL || !outcome_is_timed((int)row->outcome))
        return 0;
    return series_count(b->m->series, row->end_us, row->response_us, failed, b->e);
}

static int second_reading(void *context, const struct reader_row *row) {
    struct build *b = context;
    struct summary_sample x;
    if (to_sample(b, row, &x) != 0)
        return -1;
    summary_collect(b->m->summary, &x);
    if (b->m->series == NULL || !outcome_is_timed((int)row->outcome))
        return 0;
    heatmap_add(b->m->heatmap, row->end_us, row->response_us);
    return series_collect(b->m->series, row->end_us, row->response_us, b->e);
}

/* After the first reading: it tells how long the run is. */
static int make_heatmap(struct build *b) {
    struct model *m = b->m;
    int64_t run_us = (int64_t)series_seconds(m->series) * US_PER_S;
    if (run_us < m->run->duration_us)
        run_us = m->run->duration_us;
    return heatmap_new(run_us, &m->heatmap, b->e);
}

static int read_rows(struct build *b) {
    struct model *m = b->m;
    bool guess = m->cut == NULL && !m->options.no_guess;
    if (guess && (b->signs = guess_signs_new()) == NULL)
        return err_set(b->e, "out of memory for a report");
    enum summary_rule rule = m->options.locust ? SUMMARY_LOCUST : SUMMARY_EXACT;
    if (summary_new(m->entry_count, rule, &m->summary, b->e) != 0 ||
        (m->options.figures && series_new(&m->series, b->e) != 0) ||
        reader_scan_brief(b->reader, first_reading, b, b->e) != 0 ||
        summary_plan(m->summary, m->options.figures, b->e) != 0)
        return -1;
    if (m->series != NULL && make_heatmap(b) != 0)
        return -1;
    bool again = m->series != NULL || summary_needs_collecting(m->summary);
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
    m->errors = calloc(b->tally.kinds + 1, sizeof *m->errors);
    if (m->errors == NULL)
        goto no_memory;
    for (size_t i = 0; i < b->tally.slot_count; i++) {
        const struct tally_kind *k = &b->tally.slots[i];
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
    if (b->tally.others > 0) {
        struct model_error *x = &m->errors[m->error_count];
        *x = (struct model_error){.method = "",
                                  .name = "",
                                  .outcome = "",
                                  .text = strdup("(errors of other kinds)"),
                                  .count = b->tally.others};
        if (x->text == NULL)
            goto no_memory;
        m->error_count++;
    }
    return 0;
no_memory:
    return err_set(b->e, "out of memory for the table of errors");
}

/* The file tells the users of a second where they changed; between, they stay what they were. */
static int make_users(struct build *b) {
    struct model *m = b->m;
    struct reader_second *known = NULL;
    size_t known_count = 0;
    int64_t whole = m->run->duration_us <= 0 ? 0 : (m->run->duration_us - 1) / US_PER_S + 1;
    size_t seconds = series_seconds(m->series);
    if (whole > SERIES_SECONDS_MAX)
        return err_set(b->e, "the run says that it lasted %" PRId64 " seconds; the file is damaged",
                       whole);
    if ((size_t)whole > seconds)
        seconds = (size_t)whole;
    if (reader_users(b->reader, &known, &known_count, b->e) != 0)
        return -1;
    m->users = calloc(seconds + 1, sizeof *m->users);
    if (m->users == NULL) {
        free(known);
        return err_set(b->e, "out of memory for a run of %zu seconds", seconds);
    }
    uint32_t users = 0;
    for (size_t second = 0, k = 0; second < seconds; second++) {
        for (; k < known_count && known[k].second <= second; k++)
            users = known[k].users;
        m->users[second] = users;
    }
    m->seconds = seconds;
    free(known);
    return 0;
}

/* Cold starts by the client alone, where the server does not tell them. */
static int make_guess(struct build *b) {
    struct model *m = b->m;
    bool any_slow = false;
    if (b->signs == NULL)
        return 0;
    for (size_t i = 0; i < m->entry_count; i++)
        any_slow = any_slow ||
                   m->entries[i].row.max_ms > GUESS_RATIO_MIN * m->entries[i].row.service_ms[0];
    if (!any_slow)
        return 0;
    double *median_us = calloc(b->endpoint_count + 1, sizeof *median_us);
    if (median_us == NULL)
        return err_set(b->e, "out of memory for %zu endpoints", b->endpoint_count);
    for (size_t i = 0; i < b->endpoint_count; i++)
        median_us[i] = m->entries[b->entry_of[i]].row.service_ms[0] * 1000;
    int result = guess_new(b->reader, b->signs, median_us, m->options.figures, &m->guess, b->e);
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
        return err_set(b->e, "out of memory for the tables of the server");
    if (m->server != NULL) {
        if (platform_price(m->server, &m->options.shape, &m->cost, b->e) != 0)
            return -1;
        m->table_count = platform_tables(m->server, &m->cost, m->tables);
    }
    if (m->guess != NULL)
        guess_table(m->guess, &m->tables[m->table_count++]);
    for (size_t i = 0; i < m->table_count; i++)
        if (!table_ok(&m->tables[i]))
            return err_set(b->e, "out of memory for the tables of the server");
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

int model_new(struct reader *r, const struct model_options *o, struct model **out, struct err *e) {
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_set(e, "out of memory for a report");
    m->run = reader_run(r);
    m->cut = reader_is_cut(r);
    m->options = *o;
    struct build b = {.m = m, .reader = r, .e = e};
    int result = -1;
    if (make_entries(&b) != 0 || read_rows(&b) != 0 || make_errors(&b) != 0 ||
        (m->cut == NULL &&
         (client_summarize(r, &m->client, e) != 0 || flow_tables_read(r, &m->flows, e) != 0)))
        goto out;
    make_rows(m);
    if ((o->figures && make_users(&b) != 0) ||
        (m->cut == NULL && (make_server(&b) != 0 || make_thresholds(&b) != 0)))
        goto out;
    if (!o->figures) {
        summary_free(m->summary);
        m->summary = NULL;
    }
    *out = m;
    m = NULL;
    result = 0;
out:
    model_free(m);
    tally_done(&b.tally);
    guess_signs_free(b.signs);
    free(b.entry_of);
    return result;
}

void model_free(struct model *m) {
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->error_count; i++)
        free(m->errors[i].text);
    free(m->errors);
    free(m->entries);
    summary_free(m->summary);
    series_free(m->series);
    heatmap_free(m->heatmap);
    free(m->users);
    for (size_t i = 0; i < m->table_count; i++)
        table_done(&m->tables[i]);
    flow_tables_done(&m->flows);
    free(m->tables);
    platform_free(m->server);
    guess_free(m->guess);
    thresholds_free(m->own);
    free(m);
}
