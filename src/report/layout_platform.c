#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/layout.h"

#define NAME_COLUMNS 24 /* real instances have names of 120 letters and more */

/* Long names keep their ends: the beginning is often the same. */
static void add_text(struct buf *out, const char *text) {
    size_t n = strlen(text);
    bool ascii = true;
    for (const char *p = text; *p != '\0'; p++)
        ascii = ascii && *p > ' ' && *p < 0x7f;
    if (ascii && n > NAME_COLUMNS) {
        buf_add(out, text, NAME_COLUMNS / 2 - 1);
        buf_str(out, "..");
        text += n - (NAME_COLUMNS / 2 - 1);
    }
    buf_add(out, text, strlen(text));
}

static void add_cell(struct grid *g, const struct table *t, const struct table_cell *c,
                     bool is_name) {
    if (c->unit == TABLE_TEXT && is_name)
        add_text(&g->cells, table_cell_text(t, c));
    else
        table_show(t, c, &g->cells);
    buf_add(&g->cells, "", 1);
    buf_add(&g->values, &c->number, sizeof c->number);
}

static void heads(struct grid *g, const struct table *t) {
    if (t->pairs) {
        g->head[0] = "Measure";
        g->head[1] = "Value";
        g->right[1] = true;
        g->columns = 2;
        return;
    }
    for (size_t i = 0; i < t->column_count; i++) {
        g->head[i] = t->columns[i].head;
        g->right[i] = t->columns[i].unit != TABLE_TEXT;
    }
    g->columns = t->column_count;
}

void layout_table(struct grid *g, const struct table *t) {
    size_t rows = table_rows(t);
    g->title = t->title;
    heads(g, t);
    if (t->shown_max > 0 && rows > t->shown_max)
        rows = t->shown_max;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = t->pairs ? 1 : 0; i < t->column_count; i++)
            add_cell(g, t, table_at(t, row, i), !t->pairs && !t->whole_names);
    g->rows = rows;
}

static const char *const figure_names[PLATFORM_FIGURES] = {
    [PLATFORM_INSTANCE_COUNT] = "instance_count",
    [PLATFORM_BILLABLE_TIME] = "billable_instance_time",
    [PLATFORM_REQUEST_COUNT] = "request_count",
    [PLATFORM_LATENCY] = "request_latency",
    [PLATFORM_CPU] = "cpu_utilization",
    [PLATFORM_MEMORY] = "memory_utilization"};

typedef void note_fn(void *context, const char *text);

static void cost_note(const struct model *m, note_fn *note, void *context) {
    char text[1024];
    const struct platform_shape *x = &m->cost.shape;
    snprintf(text, sizeof text,
             "Cost: %s billing of instances of %g vCPU and %.6g GiB (--cpu, --memory, --billing), "
             "prices of %s, %s (%s, %s). The free tier is counted as if nothing else used it in "
             "the month.",
             x->billing == BILLING_REQUEST ? "request-based" : "instance-based", x->cpus,
             (double)x->memory_bytes / (1 << 30), x->region, m->cost.prices.tier,
             m->cost.prices.source, m->cost.prices.date);
    note(context, text);
}

static void shown_note(const struct model *m, note_fn *note, void *context) {
    char text[128];
    for (size_t i = 0; i < m->table_count; i++) {
        const struct table *t = &m->tables[i];
        if (t->shown_max == 0 || table_rows(t) <= t->shown_max)
            continue;
        snprintf(text, sizeof text,
                 "Not shown: %zu more instances; the JSON and server_%s.csv have them all.",
                 table_rows(t) - t->shown_max, t->key);
        note(context, text);
    }
}

static void guess_note(const struct guess *g, note_fn *note, void *context) {
    char text[512];
    note(context, GUESS_RULE);
    snprintf(text, sizeof text,
             "The split: the slow part is %.1f times slower, %.1f widths away, and holds %.1f +- "
             "%.1f requests; of %" PRIu64 " that surely belong to it %" PRIu64
             " were on a new connection or after a pause.",
             exp(g->split.high.mean - g->split.low.mean), mixture_distance(&g->split),
             g->expected_cold, 1.96 * g->expected_sd, g->slow, g->slow_signs);
    note(context, text);
}

void layout_platform_notes(const struct model *m, note_fn *note, void *context) {
    char text[512];
    if (m->guess != NULL)
        guess_note(m->guess, note, context);
    if (m->server == NULL)
        return;
    const struct platform *s = m->server;
    if (s->side.requests > 0)
        note(context, PLATFORM_COLD_RULE);
    else
        note(context, "No request log was imported: cold starts, the reconciliation and the "
                      "balance need it.");
    if (s->counts.early > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64 " requests took the client less time than the server's log says; their "
                 "network time counts as 0.",
                 s->counts.early);
        note(context, text);
    }
    if (s->instance_count > 0 && s->side.requests > 0)
        note(context, "Requests at once: from the arrival, or the end of the start-up, to the "
                      "answer, as the log has them. It does not tell how long a request waited in "
                      "the platform's queue, so those that wait are among them.");
    if (m->cost.cost.instance_s > 0)
        cost_note(m, note, context);
    shown_note(m, note, context);
    for (int i = 0; i < PLATFORM_FIGURES && s->with != NULL; i++) {
        if (s->figures[i].first != NULL)
            continue;
        snprintf(text, sizeof text, "No figure %s: %s.", figure_names[i], s->figures[i].reason);
        note(context, text);
    }
    if (s->with != NULL && s->points->count == 0 && m->guess == NULL)
        note(context, "No figure cold_starts: no request of the log reached an instance in the "
                      "run's time.");
}
