#include "web/web_page.h"

#include <inttypes.h>
#include <string.h>

#include "util/clock.h"
#include "util/markup.h"
#include "util/sha256.h"
#include "util/units.h"

extern const char embed_web_web_page_css[], embed_web_web_page_js[];

#define STYLE_MAX_BYTES ((size_t)1 << 20)
#define ROWS_MAX 500 /* the script shows them all */

int web_page_init(struct web_page *p, const char *style, struct err *e) {
    buf_init(&p->style, STYLE_MAX_BYTES);
    buf_init(&p->policy, 4096);
    buf_str(&p->style, style);
    buf_str(&p->style, embed_web_web_page_css);
    buf_str(&p->policy, "default-src 'none'; style-src ");
    if (sha256_source(&p->policy, buf_text(&p->style), e) != 0)
        return -1;
    buf_str(&p->policy, "; script-src ");
    if (sha256_source(&p->policy, embed_web_web_page_js, e) != 0)
        return -1;
    buf_str(&p->policy, "; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                        "frame-ancestors 'none'");
    return buf_ok(&p->style) && buf_ok(&p->policy) ? 0 : err_set(e, "out of memory for the page");
}

void web_page_done(struct web_page *p) {
    buf_done(&p->style);
    buf_done(&p->policy);
}

static void cell_text(struct buf *out, const char *tag, const char *text) {
    buf_printf(out, "<%s><bdi>", tag);
    markup_cut(out, text, 200);
    buf_printf(out, "</bdi></%.2s>", tag);
}

static void cell_ms(struct buf *out, int64_t us) {
    if (us == LIVE_NO_VALUE)
        buf_str(out, "<td class=\"n\">\xe2\x80\x93</td>");
    else
        buf_printf(out, "<td class=\"n\">%.2f</td>", (double)us / 1000);
}

static void row(struct buf *out, const struct status_row *r) {
    const struct live_row *l = &r->live;
    buf_str(out, "<tr>");
    cell_text(out, "td", r->method == NULL ? "" : r->method);
    cell_text(out, "th scope=\"row\"", r->name == NULL ? "All" : r->name);
    buf_printf(out, "<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td>", l->requests,
               l->failures);
    cell_ms(out, l->whole.p50_us);
    cell_ms(out, l->whole.p95_us);
    cell_ms(out, l->whole.p99_us);
    cell_ms(out, l->timed == 0 ? LIVE_NO_VALUE : l->sum_us / (int64_t)l->timed);
    cell_ms(out, l->timed == 0 ? LIVE_NO_VALUE : l->min_us);
    cell_ms(out, l->timed == 0 ? LIVE_NO_VALUE : l->max_us);
    buf_printf(out,
               "<td class=\"n\">%.0f</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td></tr>\n",
               l->requests == 0 ? 0 : (double)l->bytes_received / (double)l->requests,
               l->requests_per_second, l->failures_per_second);
}

static void endpoints(struct buf *out, const struct status *s) {
    size_t n = s->row_count < ROWS_MAX ? s->row_count : ROWS_MAX;
    buf_str(out, "<div class=\"wide\"><table id=\"endpoints\"><caption><span>Times in ms, sizes in "
                 "bytes. Rates are of the last five seconds, percentiles of the whole run (within "
                 "1.6 %).</span></caption><thead><tr><th scope=\"col\">Method</th>"
                 "<th scope=\"col\">Name</th>");
    static const char *const heads[] = {"Requests",  "Failures",   "Median",    "p95",
                                        "p99",       "Mean",       "Min",       "Max",
                                        "Mean size", "Requests/s", "Failures/s"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        buf_printf(out, "<th scope=\"col\" class=\"n\">%s</th>", heads[i]);
    buf_str(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++)
        row(out, &s->rows[i]);
    buf_str(out, "</tbody><tfoot>");
    row(out, &s->rows[s->row_count]);
    buf_str(out, "</tfoot></table></div>\n");
}

static void thresholds(struct buf *out, const struct status *s) {
    static const char *const words[] = {
        [STATUS_PENDING] = "pending", [STATUS_HOLDS] = "passes", [STATUS_FAILED] = "fails"};
    buf_str(out, "<div class=\"wide\"><table id=\"threshold-table\"><thead><tr>"
                 "<th scope=\"col\">Threshold</th><th scope=\"col\">So far</th>"
                 "<th scope=\"col\" class=\"n\">Value</th><th scope=\"col\" class=\"n\">Margin</th>"
                 "</tr></thead><tbody>\n");
    for (size_t i = 0; i < s->threshold_count; i++) {
        const struct status_threshold *t = &s->thresholds[i];
        buf_str(out, "<tr>");
        cell_text(out, "th scope=\"row\"", t->text == NULL ? "" : t->text);
        buf_printf(out, "<td>%s</td><td class=\"n\">%.4g</td><td class=\"n\">%.4g</td></tr>\n",
                   words[t->state], t->low, t->margin);
    }
    buf_str(out, "</tbody></table></div>\n");
}

static void errors(struct buf *out, const struct status *s) {
    char status[32];
    buf_str(out, "<div class=\"wide\"><table id=\"error-table\"><thead><tr><th scope=\"col\">Method"
                 "</th><th scope=\"col\">Name</th><th scope=\"col\">Error</th>"
                 "<th scope=\"col\" class=\"n\">Count</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < s->error_count; i++) {
        const struct status_error *x = &s->errors[i];
        snprintf(status, sizeof status, "HTTP status %d", x->status);
        buf_str(out, "<tr>");
        cell_text(out, "td", s->rows[x->row].method);
        cell_text(out, "td", s->rows[x->row].name);
        cell_text(out, "th scope=\"row\"", x->error == 0 ? status : x->text);
        buf_printf(out, "<td class=\"n\">%" PRIu64 "</td></tr>\n", x->count);
    }
    buf_str(out, "</tbody></table></div>\n");
}

static void verdict(struct buf *out, const struct status *s) {
    static const struct {
        const char *word, *class_name;
    } known[] = {{"VALID", "valid"}, {"SUSPECT", "suspect"}, {"INVALID", "invalid"}};
    const char *class_name = "suspect";
    for (size_t i = 0; s != NULL && s->verdict != NULL && i < 3; i++)
        if (strcmp(known[i].word, s->verdict) == 0)
            class_name = known[i].class_name;
    buf_printf(out, "<div id=\"verdict\" class=\"verdict %s\" role=\"status\"><strong>",
               class_name);
    markup_cut(out, s == NULL || s->verdict == NULL ? "\xe2\x80\x93" : s->verdict, 40);
    buf_str(out, "</strong> <span>");
    if (s != NULL && s->phase != STATUS_ENDED)
        buf_str(out, "so far: ");
    markup_cut(out, s == NULL ? "no request has ended yet" : s->reason, 500);
    buf_str(out, "</span></div>\n");
}

static void tiles(struct buf *out, const struct status *s) {
    static const char *const phases[] = {
        [STATUS_RUNNING] = "running", [STATUS_STOPPING] = "stopping", [STATUS_ENDED] = "ended"};
    char elapsed[UNITS_BYTES], whole[UNITS_BYTES];
    const struct live_row *all = s == NULL ? NULL : &s->rows[s->row_count].live;
    units_duration_text(s == NULL ? 0 : s->elapsed_ns / NS_PER_S * NS_PER_S, elapsed);
    units_duration_text(s == NULL ? 0 : s->run->duration_ns, whole);
    buf_printf(out, "<dl class=\"tiles\"><div><dt>State</dt><dd id=\"phase\">%s</dd></div>",
               s == NULL ? "starting" : phases[s->phase]);
    buf_printf(
        out, "<div><dt>Time</dt><dd><span id=\"elapsed\">%s</span> <small>of %s</small></dd></div>",
        s == NULL ? "\xe2\x80\x93" : elapsed, s == NULL ? "\xe2\x80\x93" : whole);
    buf_printf(out,
               "<div><dt>Users</dt><dd><span id=\"users\">%u</span> <small>of <span "
               "id=\"users-max\">%u</span></small></dd></div>",
               s == NULL ? 0 : s->users, s == NULL ? 0 : s->users_max);
    buf_printf(out, "<div><dt>Requests/s</dt><dd id=\"rate\">%.1f</dd></div>",
               all == NULL ? 0 : all->requests_per_second);
    buf_printf(out, "<div><dt>Failures</dt><dd id=\"failed\">%.2f %%</dd></div>",
               all == NULL || all->requests == 0
                   ? 0
                   : 100 * (double)all->failures / (double)all->requests);
    buf_printf(out, "<div><dt>p95 <small>of 5 s</small></dt><dd id=\"p95\">%s</dd></div></dl>\n",
               "\xe2\x80\x93");
}

static void facts(struct buf *out, const struct status *s) {
    const char *const pairs[][2] = {{"Target", s->run->target == NULL ? "" : s->run->target},
                                    {"Scenario", s->run->scenario},
                                    {"Run file", s->run->file}};
    buf_str(out, "<dl class=\"facts\">");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buf_printf(out, "<div><dt>%s</dt><dd><bdi>", pairs[i][0]);
        markup_cut(out, pairs[i][1], 300);
        buf_str(out, "</bdi></dd></div>");
    }
    buf_str(out, "<div><dt>Client</dt><dd id=\"client\">\xe2\x80\x93</dd></div></dl>\n");
}

/* Filled by the script. */
static const char charts[] =
    "<section id=\"figures\"><h2>Charts</h2><noscript><p class=\"note\">The charts need "
    "JavaScript. "
    "The tables show the run as of loading this page.</p></noscript>"
    "<p class=\"note\" id=\"step\"></p><div class=\"figures\" id=\"charts\"></div></section>\n";

void web_page_write(const struct web_page *p, const struct status *s, struct buf *out) {
    const char *name = s == NULL ? "coldswarm" : s->run->name;
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    markup_cut(out, name, 100);
    buf_printf(out,
               " \xc2\xb7 live</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<header><h1>"
               "<bdi id=\"name\">",
               buf_text(&p->style));
    markup_cut(out, name, 200);
    buf_str(out,
            "</bdi></h1><p id=\"lost\" class=\"lost\" role=\"alert\" hidden></p>"
            "<form id=\"load\" hidden><label><span id=\"load-name\">Users</span> <input "
            "id=\"load-value\" "
            "type=\"number\" min=\"0\" step=\"1\" required></label> <label id=\"load-spawn\">per "
            "second <input id=\"load-rate\" type=\"number\" min=\"0.001\" step=\"any\" "
            "required></label> <button class=\"act\">Change</button></form>"
            "<button type=\"button\" id=\"stop\" class=\"act\" hidden>Stop</button>"
            "<p id=\"answer\" class=\"note\" role=\"status\"></p></header>\n");
    verdict(out, s);
    tiles(out, s);
    if (s != NULL)
        facts(out, s);
    buf_str(out, charts);
    if (s != NULL) {
        buf_printf(out, "<section id=\"thresholds\"%s><h2>Thresholds</h2>\n",
                   s->threshold_count == 0 ? " hidden" : "");
        thresholds(out, s);
        buf_str(out, "</section>\n<section id=\"requests\"><h2>Requests</h2>\n");
        endpoints(out, s);
        buf_printf(out, "</section>\n<section id=\"errors\"%s><h2>Errors</h2>\n",
                   s->error_count == 0 ? " hidden" : "");
        errors(out, s);
        buf_str(out, "</section>\n");
    }
    buf_str(out,
            "<section id=\"events\" hidden><h2>Events</h2><ol class=\"notes\" id=\"event-list\">"
            "</ol></section>\n</main>\n<script>");
    buf_str(out, embed_web_web_page_js);
    buf_str(out, "</script>\n</body>\n</html>\n");
}
