/* The frame of the page: head, summary, sections. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "report/figure_html.h"
#include "report/heat_colours.h"
#include "report/html.h"
#include "util/array.h"
#include "util/markup.h"
#include "util/sha256.h"
#include "util/text.h"

extern const char embed_report_page_css[], embed_report_page_js[];

#define STYLE_MAX_BYTES ((size_t)1 << 20)

#define OTHER_TABLES "more"

/* In the order of the page; another part of it is one more row. */
static const struct html_section sections[] = {
    {.id = "capacity", .title = "Over the load"},
    {.id = "steps", .title = "Steps"},
    {.id = "loads", .title = "SLOs by load"},
    {.id = "law", .title = "Scalability"},
    {.id = "thresholds", .title = "Thresholds"},
    {.id = "requests", .title = "Requests"},
    {.id = "times", .title = "Response times"},
    {.id = "streams", .title = "Streams"},
    {.id = "flows", .title = "Iterations and checks"},
    {.id = "connections", .title = "Connections"},
    {.id = "figures", .title = "Figures"},
    {.id = "dialects", .title = "The same run in other tools' words"},
    {.id = "errors", .title = "Errors"},
    {.id = "server", .title = "Server"},
    {.id = OTHER_TABLES, .title = "More tables"},
    {.id = "client", .title = "Client", .write = html_client},
    {.id = "notes", .title = "Notes", .write = html_notes},
    {.id = "manifest", .title = "How to repeat it", .write = html_manifest},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* The colours of the heat map come from one list, for gnuplot too. */
void html_style(struct buf *out) {
    buf_str(out, embed_report_page_css);
    for (size_t i = 0; i < HEAT_COLOURS; i++)
        buf_printf(out, ".h%zu{fill:%s}", i, heat_colours_light[i]);
    buf_str(out, "\n@media screen and (prefers-color-scheme:dark){");
    for (size_t i = 0; i < HEAT_COLOURS; i++)
        buf_printf(out, ".h%zu{fill:%s}", i, heat_colours_dark[i]);
    buf_str(out, "}\n");
}

/* How the page begins. */
struct front {
    const char *kind, *name;
    const char *class_name, *word, *sentence;
    const struct lines *remarks;
};

static int head(struct buf *out, const struct front *f, struct err *e) {
    struct buf css;
    int result = -1;
    buf_init(&css, STYLE_MAX_BYTES);
    html_style(&css);
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
                 "<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
                 "content=\"default-src 'none'; style-src ");
    if (sha256_source(out, buf_text(&css), e) != 0)
        goto done;
    buf_str(out, "; script-src ");
    if (sha256_source(out, embed_report_page_js, e) != 0)
        goto done;
    buf_str(out, "; base-uri 'none'; form-action 'none'\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                 "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                 "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
    markup_cut(out, f->name, 100);
    buf_printf(out, " \xc2\xb7 %c%s</title>\n<style>%s</style>\n</head>\n",
               tolower((unsigned char)f->kind[0]), f->kind + 1, buf_text(&css));
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

static struct front front_of_run(const struct model *m) {
    static const struct {
        const char *word, *class_name, *meaning;
    } known[] = {
        {"VALID", "valid", "The client kept up, so these numbers describe the target."},
        {"SUSPECT", "suspect", "The client may have affected some of these numbers."},
        {"INVALID", "invalid", "These numbers are not reliable."},
    };
    const struct reader_run *run = m->run;
    size_t i = 0;
    while (i < COUNT_OF(known) && strcmp(known[i].word, run->verdict) != 0)
        i++;
    bool is_known = i < COUNT_OF(known), has = run->verdict[0] != '\0';
    return (struct front){.kind = "Load test",
                          .name = run->name,
                          .class_name = is_known ? known[i].class_name : "suspect",
                          .word = has ? run->verdict : "NO VERDICT",
                          .sentence = run->verdict_reason[0] != '\0' ? run->verdict_reason
                                      : !has ? "This run was interrupted, or is still in progress."
                                      : is_known ? known[i].meaning
                                                 : "",
                          .remarks = &m->remarks};
}

static struct front front_of(const struct document *d) {
    static const char *const classes[] = {
        [FINDING_HOLDS] = "valid", [FINDING_FAILS] = "invalid", [FINDING_SKIPPED] = "suspect"};
    const struct document_front *f = &d->front;
    if (d->model != NULL)
        return front_of_run(d->model);
    return (struct front){.kind = f->kind,
                          .name = f->name,
                          .class_name = classes[f->state],
                          .word = buf_text(&f->word),
                          .sentence = buf_text(&f->sentence),
                          .remarks = &f->remarks};
}

static void verdict(struct buf *out, const struct front *f) {
    buf_printf(out, "<div class=\"verdict %s\"><strong>", f->class_name);
    markup_cut(out, f->word, 100);
    buf_str(out, "</strong> ");
    if (f->sentence[0] != '\0')
        sentence(out, f->sentence);
    buf_str(out, "</div>\n");
}

/* Beside the verdict: who reads no further has read these. */
static void remarks(struct buf *out, const struct lines *r) {
    const char *key, *text;
    buf_str(out, r->count > 0 ? "<ul class=\"notes\">\n" : "");
    for (size_t at = 0; lines_next(r, &at, &key, &text);) {
        buf_str(out, "<li>");
        markup_text(out, text);
        buf_str(out, "</li>\n");
    }
    buf_str(out, r->count > 0 ? "</ul>\n" : "");
}

static void tile(struct buf *out, const char *what, const char *text, double value,
                 const char *unit) {
    buf_printf(out, "<div><dt>%s</dt><dd>", what);
    if (isnan(value))
        markup_text(out, text);
    else {
        buf_str(out, "<data value=\"");
        text_number(out, value);
        buf_str(out, "\">");
        markup_text(out, text);
        buf_printf(out, "</data>%s%s%s", unit[0] == '\0' ? "" : " <small>", unit,
                   unit[0] == '\0' ? "" : "</small>");
    }
    buf_str(out, "</dd></div>\n");
}

/* What one looks for first. */
static void tiles(struct buf *out, const struct table *t) {
    struct buf text;
    buf_init(&text, 4096);
    buf_str(out, "<dl class=\"tiles\">\n");
    for (size_t c = 0; c < table_shown_columns(t); c++) {
        buf_clear(&text);
        double value = table_shown_cell(t, 0, c, &text);
        tile(out, table_shown_head(t, c), buf_text(&text), value,
             table_unit(t, c) == TABLE_MS ? "ms" : "");
    }
    buf_done(&text);
    buf_str(out, "</dl>\n");
}

/* The name is the page's title already. */
static void facts(struct buf *out, const struct table *t) {
    buf_str(out, "<dl class=\"facts\">\n");
    for (size_t row = 1; row < table_rows(t); row++) {
        buf_str(out, "<div><dt>");
        markup_text(out, table_cell_text(t, table_at(t, row, 1)));
        buf_str(out, "</dt><dd>");
        markup_foreign(out, table_cell_text(t, table_at(t, row, 2)));
        buf_str(out, "</dd></div>\n");
    }
    buf_str(out, "</dl>\n");
}

static void header(struct buf *out, const struct html_page *p, const struct front *f) {
    buf_printf(out, "<header>\n<p class=\"what\">%s</p>\n<h1>", f->kind);
    markup_foreign(out, f->name);
    buf_str(out, "</h1>\n");
    verdict(out, f);
    remarks(out, f->remarks);
    tiles(out, &p->document->headline);
    facts(out, &p->document->facts);
    buf_str(out, "</header>\n");
}

static void navigation(struct buf *out, const struct buf content[SECTIONS]) {
    buf_str(out, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < SECTIONS; i++)
        if (content[i].len > 0)
            buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    buf_str(out, "</ul></nav>\n");
}

/* Is that section of the document in this part of the page? */
static bool has(const struct html_section *part, const struct section *s) {
    size_t i = 0;
    while (i < SECTIONS && (s->page == NULL || strcmp(sections[i].id, s->page) != 0))
        i++;
    return strcmp(part->id, i < SECTIONS ? sections[i].id : OTHER_TABLES) == 0;
}

static void tables(struct buf *out, const struct html_section *part, const struct document *d) {
    for (const struct section *s = document_shown_table(d, NULL); s != NULL;
         s = document_shown_table(d, s))
        if (has(part, s))
            html_section_table(out, s);
}

/* The figure that follows `last`, by place, then by row; NULL: none. */
static const struct section *next_figure(const struct html_section *part, const struct document *d,
                                         const struct section *last) {
    const struct section *best = NULL;
    bool seen = last == NULL; /* the last one, among those of its place */
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s)) {
        bool behind = last == NULL || s->figure->place > last->figure->place ||
                      (s->figure->place == last->figure->place && seen);
        seen = seen || s == last;
        if (has(part, s) && behind && (best == NULL || s->figure->place < best->figure->place))
            best = s;
    }
    return best;
}

/* A frame for them where there is anything to go with, tables or a figure. */
static void figures(struct buf *out, const struct html_section *part, const struct document *d) {
    const struct section *first = next_figure(part, d, NULL);
    bool any = out->len > 0;
    for (const struct section *s = first; s != NULL; s = next_figure(part, d, s))
        any = any || s->figure->there;
    if (first == NULL || !any)
        return;
    buf_str(out, "<div class=\"figures\">\n");
    for (const struct section *s = first; s != NULL; s = next_figure(part, d, s))
        figure_html(out, s->figure);
    buf_str(out, "</div>\n");
}

static int section(struct buf *out, const struct html_section *s, const struct html_page *p,
                   struct err *e) {
    tables(out, s, p->document);
    figures(out, s, p->document);
    return s->write != NULL ? s->write(out, p, e) : 0;
}

static int body(struct buf *out, const struct html_page *p, const struct front *f, struct err *e) {
    struct buf content[SECTIONS];
    int result = 0;
    for (size_t i = 0; i < SECTIONS; i++) {
        buf_init(&content[i], out->max);
        if (result == 0)
            result = section(&content[i], &sections[i], p, e);
        out->failed = out->failed || content[i].failed;
    }
    buf_str(out, "<body>\n");
    header(out, p, f);
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

int emit_html(struct buf *out, const struct document *d, struct reader *reader, struct err *e) {
    const struct html_page page = {.model = d->model, .document = d, .reader = reader};
    const struct front f = front_of(d);
    return head(out, &f, e) != 0 || body(out, &page, &f, e) != 0 ? -1 : 0;
}
