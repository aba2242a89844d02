/* The frame of the page: head, summary, sections. */
#include <math.h>
#include <openssl/evp.h>
#include <string.h>

#include "report/heat_colours.h"
#include "report/html.h"
#include "report/markup.h"

extern const char embed_report_page_css[], embed_report_page_js[];

#define STYLE_MAX_BYTES ((size_t)1 << 20)

/* In the order of the page; another part of it is one more row. */
static const struct html_section sections[] = {
    {.id = "thresholds", .title = "Thresholds", .write = html_thresholds},
    {.id = "requests", .title = "Requests", .write = html_requests},
    {.id = "times", .title = "Response times", .write = html_times},
    {.id = "flows", .title = "Iterations and checks", .write = html_flows},
    {.id = "figures", .title = "Figures", .write = html_figures},
    {.id = "errors", .title = "Errors", .write = html_errors},
    {.id = "server", .title = "Server", .write = html_server},
    {.id = "client", .title = "Client", .write = html_client},
    {.id = "notes", .title = "Notes", .write = html_notes},
    {.id = "manifest", .title = "How to repeat it", .write = html_manifest},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* 'sha256-…' as CSP wants it (https://www.w3.org/TR/CSP3/#grammardef-hash-source). */
static int hash_source(struct buf *out, const char *text, struct err *e) {
    unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(text, strlen(text), digest, &n, EVP_sha256(), NULL) != 1)
        return err_set(e, "cannot compute SHA-256 for the page");
    EVP_EncodeBlock(base64, digest, (int)n);
    buf_printf(out, "'sha256-%s'", (const char *)base64);
    return 0;
}

/* The colours of the heat map come from one list, for gnuplot too. */
static void style(struct buf *out) {
    buf_str(out, embed_report_page_css);
    for (size_t i = 0; i < HEAT_COLOURS; i++)
        buf_printf(out, ".h%zu{fill:%s}", i, heat_colours_light[i]);
    buf_str(out, "\n@media screen and (prefers-color-scheme:dark){");
    for (size_t i = 0; i < HEAT_COLOURS; i++)
        buf_printf(out, ".h%zu{fill:%s}", i, heat_colours_dark[i]);
    buf_str(out, "}\n");
}

static int head(struct buf *out, const struct model *m, struct err *e) {
    struct buf css;
    int result = -1;
    buf_init(&css, STYLE_MAX_BYTES);
    style(&css);
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
                 "<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
                 "content=\"default-src 'none'; style-src ");
    if (hash_source(out, buf_text(&css), e) != 0)
        goto done;
    buf_str(out, "; script-src ");
    if (hash_source(out, embed_report_page_js, e) != 0)
        goto done;
    buf_str(out, "; base-uri 'none'; form-action 'none'\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                 "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                 "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
    markup_cut(out, m->run->name, 100);
    buf_printf(out, " \xc2\xb7 load test</title>\n<style>%s</style>\n</head>\n", buf_text(&css));
    out->failed = out->failed || css.failed;
    result = 0;
done:
    buf_done(&css);
    return result;
}

/* Whole, however long it is. */
static void sentence(struct buf *out, const char *text) {
    buf_str(out, "<bdi>");
    markup_cut(out, text, 2000);
    buf_str(out, "</bdi>");
}

static void verdict(struct buf *out, const struct reader_run *run) {
    static const struct {
        const char *word, *class_name, *meaning;
    } known[] = {
        {"VALID", "valid", "The client kept up, so these numbers are the target's."},
        {"SUSPECT", "suspect", "Some of what was measured may be the client's own."},
        {"INVALID", "invalid", "These numbers are not to be relied on."},
    };
    size_t i = 0;
    while (i < sizeof known / sizeof *known && strcmp(known[i].word, run->verdict) != 0)
        i++;
    bool is_known = i < sizeof known / sizeof *known;
    buf_printf(out, "<div class=\"verdict %s\"><strong>",
               is_known ? known[i].class_name : "suspect");
    markup_cut(out, run->verdict[0] == '\0' ? "NO VERDICT" : run->verdict, 40);
    buf_str(out, "</strong> ");
    if (run->verdict_reason[0] != '\0')
        sentence(out, run->verdict_reason);
    else if (run->verdict[0] == '\0')
        buf_str(out, "This run was cut short: it was killed, or is still under way.");
    else if (is_known)
        buf_str(out, known[i].meaning);
    buf_str(out, "</div>\n");
}

static void tile(struct buf *out, const char *what, const char *text, double value,
                 const char *unit) {
    buf_printf(out, "<div><dt>%s</dt><dd>", what);
    if (isnan(value))
        markup_text(out, text);
    else {
        buf_printf(out, "<data value=\"%.15g\">", value);
        markup_text(out, text);
        buf_printf(out, "</data>%s%s%s", unit[0] == '\0' ? "" : " <small>", unit,
                   unit[0] == '\0' ? "" : "</small>");
    }
    buf_str(out, "</dd></div>\n");
}

/* What one looks for first: cells of the tables' last rows. */
static void tiles(struct buf *out, const struct layout *l) {
    static const struct {
        const char *what;
        size_t table, column;
        const char *unit;
    } shown[] = {
        {"Requests", 0, 2, ""}, {"Failures", 0, 3, ""},          {"Requests per second", 0, 8, ""},
        {"Median", 1, 2, "ms"}, {"95th percentile", 1, 7, "ms"}, {"99th percentile", 1, 8, "ms"},
    };
    buf_str(out, "<dl class=\"tiles\">\n");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const struct grid *g = &l->tables[shown[i].table];
        size_t row = g->rows - g->total_rows;
        tile(out, shown[i].what, html_cell(g, row, shown[i].column),
             grid_value(g, row * g->columns + shown[i].column), shown[i].unit);
    }
    buf_str(out, "</dl>\n");
}

/* The name is the page's title already. */
static void facts(struct buf *out, const struct layout *l) {
    buf_str(out, "<dl class=\"facts\">\n");
    for (size_t row = 1; row < l->facts.rows; row++) {
        buf_str(out, "<div><dt>");
        markup_text(out, html_cell(&l->facts, row, 0));
        buf_str(out, "</dt><dd>");
        markup_foreign(out, html_cell(&l->facts, row, 1));
        buf_str(out, "</dd></div>\n");
    }
    buf_str(out, "</dl>\n");
}

static void header(struct buf *out, const struct html_page *p) {
    buf_str(out, "<header>\n<p class=\"what\">Load test</p>\n<h1>");
    markup_foreign(out, p->model->run->name);
    buf_str(out, "</h1>\n");
    verdict(out, p->model->run);
    tiles(out, p->layout);
    facts(out, p->layout);
    buf_str(out, "</header>\n");
}

static void navigation(struct buf *out, const struct buf content[SECTIONS]) {
    buf_str(out, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < SECTIONS; i++)
        if (content[i].len > 0)
            buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    buf_str(out, "</ul></nav>\n");
}

static int body(struct buf *out, const struct html_page *p, struct err *e) {
    struct buf content[SECTIONS];
    int result = 0;
    for (size_t i = 0; i < SECTIONS; i++) {
        buf_init(&content[i], out->max);
        if (result == 0)
            result = sections[i].write(&content[i], p, e);
        out->failed = out->failed || content[i].failed;
    }
    buf_str(out, "<body>\n");
    header(out, p);
    navigation(out, content);
    buf_str(out, "<main>\n");
    for (size_t i = 0; i < SECTIONS; i++) {
        if (content[i].len > 0)
            buf_printf(out,
                       "<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
                       "<h2 id=\"%s-title\">%s</h2>\n",
                       sections[i].id, sections[i].id, sections[i].id, sections[i].title);
        buf_add(out, buf_text(&content[i]), content[i].len);
        buf_str(out, content[i].len > 0 ? "</section>\n" : "");
        buf_done(&content[i]);
    }
    buf_str(out, "</main>\n<footer><p>Written by coldswarm ");
    markup_cut(out, COLDSWARM_VERSION, 40);
    buf_printf(out, "</p></footer>\n<script>%s</script>\n</body>\n</html>\n", embed_report_page_js);
    return result;
}

int emit_html(struct buf *out, const struct model *m, struct reader *reader, struct err *e) {
    struct layout l;
    if (layout_init(&l, m, e) != 0)
        return -1;
    const struct html_page page = {.model = m, .layout = &l, .reader = reader};
    int result = head(out, m, e) != 0 || body(out, &page, e) != 0 ? -1 : 0;
    layout_done(&l);
    return result;
}
