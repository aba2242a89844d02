/* Tables of the page, and the sections that are made of them. */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/markup.h"

const char *html_cell(const struct grid *g, size_t row, size_t column) {
    const char *text = buf_text(&g->cells);
    for (size_t i = row * g->columns + column; i > 0; i--)
        text = grid_next(text);
    return text;
}

/* The column that says what a row is about. */
static size_t name_column(const struct grid *g) {
    for (size_t c = 0; c < g->columns; c++)
        if (strcmp(g->head[c], "Name") == 0 || strcmp(g->head[c], "Metric") == 0)
            return c;
    for (size_t c = 0; c < g->columns; c++)
        if (!g->right[c])
            return c;
    return 0;
}

static void row(struct buf *out, const struct grid *g, size_t index, const char **text) {
    size_t name = name_column(g);
    buf_str(out, "<tr>");
    for (size_t c = 0; c < g->columns; c++, *text = grid_next(*text)) {
        double value = grid_value(g, index * g->columns + c);
        buf_printf(out, c == name ? "<th scope=\"row\"%s>" : "<td%s>",
                   g->right[c] ? " class=\"n\"" : "");
        if (!isnan(value)) {
            buf_printf(out, "<data value=\"%.15g\">", value);
            markup_text(out, *text);
            buf_str(out, "</data>");
        } else if (g->right[c])
            markup_text(out, *text);
        else if (**text != '\0')
            markup_foreign(out, *text);
        buf_str(out, c == name ? "</th>" : "</td>");
    }
    buf_str(out, "</tr>\n");
}

static void skip(const struct grid *g, size_t rows, const char **text) {
    for (size_t i = rows * g->columns; i > 0; i--)
        *text = grid_next(*text);
}

void html_grid(struct buf *out, const struct grid *g, const char *caption) {
    size_t sum = g->total_rows, rows = g->rows - sum;
    size_t height = g->row_height > 1 ? g->row_height : 1, most = HTML_ROWS_MAX * height;
    size_t shown = rows > most ? most : rows;
    const char *text = buf_text(&g->cells), *title = caption != NULL ? caption : g->title;
    buf_str(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    markup_text(out, title);
    buf_str(out, "\">\n");
    buf_printf(out, "<table%s", g->columns == 2 ? " class=\"two\"" : "");
    /* Rows of intervals belong to the row above: they are sorted with it. */
    if (height > 1)
        buf_printf(out, " data-row-height=\"%zu\"", height);
    buf_str(out, ">\n<caption><span>");
    markup_text(out, title);
    buf_str(out, "</span></caption>\n<thead><tr>");
    for (size_t c = 0; c < g->columns; c++) {
        buf_printf(out, "<th scope=\"col\"%s>", g->right[c] ? " class=\"n\"" : "");
        markup_text(out, g->head[c]);
        buf_str(out, "</th>");
    }
    buf_str(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++)
        row(out, g, i, &text);
    buf_str(out, "</tbody>\n");
    if (sum > 0) {
        skip(g, rows - shown, &text);
        buf_str(out, "<tfoot>\n");
        for (size_t i = rows; i < g->rows; i++)
            row(out, g, i, &text);
        buf_str(out, "</tfoot>\n");
    }
    buf_str(out, "</table>\n</div>\n");
    if (shown < rows)
        buf_printf(out, "<p class=\"note\">Not shown: %zu more rows; the JSON has them all.</p>\n",
                   (rows - shown) / height);
}

/* The tables of the layout with that key; those of the server have none. */
static void tables(struct buf *out, const struct html_page *p, const char *key,
                   const char *caption) {
    for (size_t i = 0; i < p->layout->table_count; i++) {
        const struct grid *g = &p->layout->tables[i];
        if (key == NULL ? g->key == NULL : g->key != NULL && strcmp(g->key, key) == 0)
            html_grid(out, g, caption);
    }
}

int html_thresholds(struct buf *out, const struct html_page *p, struct err *e) {
    const struct thresholds *t = p->model->thresholds;
    (void)e;
    if (t == NULL)
        return 0;
    size_t n = t->rules.count;
    buf_printf(out, "<div class=\"verdict %s\"><strong>%s</strong> ",
               t->crossed > 0   ? "invalid"
               : t->pending > 0 ? "suspect"
                                : "valid",
               t->crossed > 0   ? "CROSSED"
               : t->pending > 0 ? "WAITS"
                                : "OK");
    buf_printf(out, "%zu of %zu %s%s</div>\n", n - t->crossed - t->pending, n,
               n == 1 ? "threshold holds" : "thresholds hold",
               t->pending > 0 ? "; some wait for numbers that this run has not yet" : "");
    tables(out, p, "thresholds", "Each threshold, the value it judges, and how sure that is");
    return 0;
}

int html_requests(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    tables(out, p, "requests", NULL);
    return 0;
}

int html_times(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    tables(out, p, "response_times", NULL);
    tables(out, p, "service_times", NULL);
    return 0;
}

int html_flows(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    tables(out, p, "iterations", NULL);
    tables(out, p, "checks", NULL);
    return 0;
}

int html_errors(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    tables(out, p, "errors", "Failed requests by kind");
    return 0;
}

int html_server(struct buf *out, const struct html_page *p, struct err *e) {
    tables(out, p, NULL, NULL);
    if (out->len == 0 || p->model->series == NULL)
        return 0;
    buf_str(out, "<div class=\"figures\">\n");
    int result = html_courses(out, p->model, true, e);
    if (result == 0)
        result = html_cold_starts(out, p->model, e);
    buf_str(out, "</div>\n");
    return result;
}

int html_client(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    if (p->layout->client.rows > 0)
        html_grid(out, &p->layout->client, "What the client saw of itself");
    return 0;
}

int html_notes(struct buf *out, const struct html_page *p, struct err *e) {
    const char *note = buf_text(&p->layout->notes);
    (void)e;
    buf_str(out, "<ul class=\"notes\">\n");
    if (!p->model->options.locust)
        buf_str(out, "<li>Times are exact, from every request: percentiles by linear interpolation "
                     "at p(n\xe2\x88\x92"
                     "1) of the sorted times. Failed requests count in every "
                     "time.</li>\n");
    for (size_t i = 0; i < p->layout->note_count; i++, note = grid_next(note)) {
        buf_str(out, "<li>");
        markup_text(out, note);
        buf_str(out, "</li>\n");
    }
    buf_str(out, "</ul>\n");
    return 0;
}

/* ---- what it takes to repeat the run ---- */

#define PAIR_MAX_BYTES 4000
#define SCENARIO_MAX_BYTES 65536

static void pair(void *context, const char *key, const char *value) {
    struct buf *out = context;
    buf_str(out, "<div><dt>");
    markup_text(out, key);
    buf_str(out, "</dt><dd><bdi>");
    markup_lines(out, value, PAIR_MAX_BYTES);
    buf_str(out, "</bdi></dd></div>\n");
}

int html_manifest(struct buf *out, const struct html_page *p, struct err *e) {
    if (p->reader == NULL)
        return 0;
    struct buf pairs;
    buf_init(&pairs, out->max);
    int result = reader_manifest(p->reader, pair, &pairs, e);
    if (pairs.len > 0) {
        buf_str(out, "<details><summary>Manifest</summary>\n<dl class=\"pairs\">\n");
        buf_add(out, pairs.data, pairs.len);
        buf_str(out, "</dl></details>\n");
    }
    out->failed = out->failed || pairs.failed;
    buf_done(&pairs);
    if (p->model->run->scenario[0] != '\0') {
        buf_str(out, "<details><summary>Scenario</summary>\n<pre>");
        markup_lines(out, p->model->run->scenario, SCENARIO_MAX_BYTES);
        buf_str(out, "</pre></details>\n");
    }
    return result;
}
