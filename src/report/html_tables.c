/* Tables of the page, and the sections that are made of them. */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "util/markup.h"
#include "util/text.h"

/* The column that says what a row is about. */
static size_t name_column(const struct table *t) {
    size_t columns = table_shown_columns(t);
    for (size_t c = 0; c < columns; c++)
        if (strcmp(table_shown_head(t, c), "Name") == 0 ||
            strcmp(table_shown_head(t, c), "Metric") == 0)
            return c;
    for (size_t c = 0; c < columns; c++)
        if (!table_shown_is_number(t, c))
            return c;
    return 0;
}

static void cell(struct buf *out, const struct table *t, size_t line, size_t c, bool is_name) {
    bool right = table_shown_is_number(t, c);
    struct buf text;
    buf_init(&text, out->max);
    double value = table_shown_cell(t, line, c, &text);
    buf_printf(out, is_name ? "<th scope=\"row\"%s>" : "<td%s>", right ? " class=\"n\"" : "");
    if (!isnan(value)) {
        buf_str(out, "<data value=\"");
        text_number(out, value);
        buf_str(out, "\">");
        markup_text(out, buf_text(&text));
        buf_str(out, "</data>");
    } else if (right)
        markup_text(out, buf_text(&text));
    else if (text.len > 0)
        markup_foreign(out, buf_text(&text));
    buf_str(out, is_name ? "</th>" : "</td>");
    out->failed = out->failed || text.failed;
    buf_done(&text);
}

static void row(struct buf *out, const struct table *t, size_t line) {
    size_t name = name_column(t);
    buf_str(out, "<tr>");
    for (size_t c = 0; c < table_shown_columns(t); c++)
        cell(out, t, line, c, c == name);
    buf_str(out, "</tr>\n");
}

static void table_head(struct buf *out, const struct table *t, const char *title) {
    size_t columns = table_shown_columns(t), height = table_shown_height(t);
    buf_str(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    markup_text(out, title);
    buf_str(out, "\">\n");
    buf_printf(out, "<table%s", columns == 2 ? " class=\"two\"" : "");
    /* Rows of intervals belong to the row above: they are sorted with it. */
    if (height > 1)
        buf_printf(out, " data-row-height=\"%zu\"", height);
    buf_str(out, ">\n<caption><span>");
    markup_text(out, title);
    buf_str(out, "</span></caption>\n<thead><tr>");
    for (size_t c = 0; c < columns; c++) {
        buf_printf(out, "<th scope=\"col\"%s>", table_shown_is_number(t, c) ? " class=\"n\"" : "");
        markup_text(out, table_shown_head(t, c));
        buf_str(out, "</th>");
    }
    buf_str(out, "</tr></thead>\n<tbody>\n");
}

static void html_table(struct buf *out, const struct table *t, const char *caption) {
    size_t sum = table_shown_totals(t), height = table_shown_height(t);
    size_t all = table_shown_lines(t), rows = all - sum, most = HTML_ROWS_MAX * height;
    size_t shown = rows > most ? most : rows;
    table_head(out, t, caption != NULL ? caption : t->title);
    for (size_t i = 0; i < shown; i++)
        row(out, t, i);
    buf_str(out, "</tbody>\n");
    if (sum > 0) {
        buf_str(out, "<tfoot>\n");
        for (size_t i = rows; i < all; i++)
            row(out, t, i);
        buf_str(out, "</tfoot>\n");
    }
    buf_str(out, "</table>\n</div>\n");
    if (shown < rows)
        buf_printf(out, "<p class=\"note\">Not shown: %zu more row%s; the JSON has them all.</p>\n",
                   (rows - shown) / height, text_plural((rows - shown) / height));
}

void html_section_table(struct buf *out, const struct section *s) {
    static const struct {
        const char *word, *class_name;
    } results[] = {[FINDING_HOLDS] = {"OK", "valid"},
                   [FINDING_FAILS] = {"FAILED", "invalid"},
                   [FINDING_SKIPPED] = {"PENDING", "suspect"}};
    if (s->result != NULL)
        buf_printf(out, "<div class=\"verdict %s\"><strong>%s</strong> %s</div>\n",
                   results[s->state].class_name, results[s->state].word, s->result);
    html_table(out, s->table, s->caption);
}

int html_client(struct buf *out, const struct html_page *p, struct err *e) {
    (void)e;
    if (table_rows(&p->document->client) > 0)
        html_table(out, &p->document->client, "The client's own load and delays");
    return 0;
}

int html_notes(struct buf *out, const struct html_page *p, struct err *e) {
    const char *label, *note;
    size_t count = 0, above = p->model == NULL ? 0 : p->model->remarks.count;
    (void)e;
    buf_str(out, "<ul class=\"notes\">\n");
    if (p->model != NULL && !p->model->options.locust)
        buf_str(out, "<li>Times are exact, from every request: percentiles by linear interpolation "
                     "at p(n\xe2\x88\x92"
                     "1) of the sorted times. Failed requests count in every "
                     "time.</li>\n");
    for (size_t at = 0; lines_next(&p->document->notes, &at, &label, &note);) {
        if (count++ < above) /* they stand beside the verdict */
            continue;
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
