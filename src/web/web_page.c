#include "web/web_page.h"

#include <inttypes.h>
#include <string.h>

#include "util/clock.h"
#include "util/markup.h"
#include "util/sha256.h"
#include "util/text.h"
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
    return buf_ok(&p->style) && buf_ok(&p->policy) ? 0 : err_memory(e, "the page");
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
    size_t n = s == NULL ? 0 : s->row_count < ROWS_MAX ? s->row_count : ROWS_MAX;
    buf_str(out, "<div class=\"wide\"><table id=\"endpoints\"><caption><span>Times in ms, sizes in "
                 "bytes. Rates are of the last five seconds, percentiles of the whole run (within "
                 "1.6 %). \xe2\x80\x93: too few requests for this percentile (p95 needs 20, p99 "
                 "100).</span></caption><thead><tr><th scope=\"col\">Method</th>"
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
    if (s == NULL)
        buf_str(out, "<tr></tr>");
    else
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
    for (size_t i = 0; s != NULL && i < s->threshold_count; i++) {
        const struct status_threshold *t = &s->thresholds[i];
        buf_str(out, "<tr>");
        cell_text(out, "th scope=\"row\"", t->text == NULL ? "" : t->text);
        buf_printf(out, "<td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
                   words[t->state], text_rounded(t->low, 4).text, text_rounded(t->margin, 4).text);
    }
    buf_str(out, "</tbody></table></div>\n");
}

static void errors(struct buf *out, const struct status *s) {
    char status[32];
    buf_str(out, "<div class=\"wide\"><table id=\"error-table\"><thead><tr><th scope=\"col\">Method"
                 "</th><th scope=\"col\">Name</th><th scope=\"col\">Error</th>"
                 "<th scope=\"col\" class=\"n\">Count</th></tr></thead><tbody>\n");
    for (size_t i = 0; s != NULL && i < s->error_count; i++) {
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

static void part_row(struct buf *out, size_t number, const struct status_part *p) {
    bool bad = p->state == STATUS_PART_SILENT || p->state == STATUS_PART_LOST;
    buf_printf(out, "<tr><th scope=\"row\">%zu</th>", number);
    cell_text(out, "td", p->host);
    buf_printf(out, "<td class=\"%s\">%s</td>", bad ? "fails" : "", status_part_word(p->state));
    buf_printf(out,
               "<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
               "</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td><td class=\"n\">%u</td>"
               "<td class=\"n\">%.0f</td>",
               p->requests, p->failures, p->requests_per_second, p->failures_per_second, p->users,
               100 * p->busiest_core);
    cell_ms(out, p->lag_us);
    cell_ms(out, p->longest_stall_ns / NS_PER_US);
    cell_text(out, "td", p->verdict == NULL ? "\xe2\x80\x93" : p->verdict);
    buf_str(out, "</tr>\n");
}

static void parts(struct buf *out, const struct status *s) {
    static const char *const heads[] = {"Requests", "Failures", "Requests/s", "Failures/s",
                                        "Users",    "CPU (%)",  "Lag p99",    "Stall"};
    size_t n = s == NULL ? 0 : s->part_count < ROWS_MAX ? s->part_count : ROWS_MAX;
    buf_str(out, "<div class=\"wide\"><table id=\"part-table\"><caption><span>Each process that "
                 "sends a part of the load, as it has reported. Times in ms. CPU (of the busiest "
                 "thread), lag, stall and verdict are of all its time so far; the lag is how late "
                 "requests with a scheduled time were sent.</span></caption><thead><tr><th "
                 "scope=\"col\">Part</th>"
                 "<th scope=\"col\">Host</th><th scope=\"col\">State</th>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        buf_printf(out, "<th scope=\"col\" class=\"n\">%s</th>", heads[i]);
    buf_str(out, "<th scope=\"col\">Verdict</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++)
        part_row(out, i, &s->parts[i]);
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
    buf_printf(out,
               "<div><dt>Time</dt><dd><span id=\"elapsed\">%s</span> <small>of <span "
               "id=\"whole\">%s</span></small></dd></div>",
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
    const char *const facts[][3] = {{"target", "Target", s == NULL ? "" : s->run->target},
                                    {"scenario", "Scenario", s == NULL ? "" : s->run->scenario},
                                    {"file", "Run file", s == NULL ? "" : s->run->file}};
    buf_str(out, "<dl class=\"facts\">");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        buf_printf(out, "<div><dt>%s</dt><dd><bdi id=\"fact-%s\">", facts[i][1], facts[i][0]);
        markup_cut(out, facts[i][2] == NULL ? "" : facts[i][2], 300);
        buf_str(out, "</bdi></dd></div>");
    }
    buf_str(out, "<div><dt>Client</dt><dd id=\"client\">\xe2\x80\x93</dd></div></dl>\n");
}

/* Filled by the script. */
static const char charts[] =
    "<section id=\"figures\"><h2>Charts</h2><noscript><p class=\"note\">The charts need "
    "JavaScript. The tables show the run as of loading this page.</p></noscript>"
    "<p class=\"view\" hidden id=\"view\"><label>Show <select id=\"window\">"
    "<option value=\"0\">the whole run</option><option value=\"3600\">the last hour</option>"
    "<option value=\"600\">the last 10 minutes</option>"
    "<option value=\"60\">the last minute</option></select></label> "
    "<button type=\"button\" class=\"act\" id=\"reset\">Reset view</button></p>"
    "<p class=\"note\" id=\"step\"></p><div class=\"figures\" id=\"charts\"></div></section>\n";

static const char header[] =
    "</bdi></h1><p id=\"lost\" class=\"lost\" role=\"alert\" hidden></p>"
    "<form id=\"load\" hidden><label><span id=\"load-name\">Users</span> <input "
    "id=\"load-value\" type=\"number\" min=\"0\" step=\"1\" required></label> "
    "<label id=\"load-spawn\">per second <input id=\"load-rate\" type=\"number\" min=\"0.001\" "
    "step=\"any\" required></label> <button class=\"act\">Change</button></form>"
    "<button type=\"button\" id=\"again\" class=\"act main\" hidden>New run</button>"
    "<button type=\"button\" id=\"stop\" class=\"act\" hidden>Stop</button>"
    "<p id=\"answer\" class=\"note\" role=\"status\"></p></header>\n";

/* Only on the page of a host. */
static const char start_form[] =
    "<section id=\"start\" hidden><h2>Start a run</h2><div class=\"note\" id=\"start-none\" hidden>"
    "<p>There is no scenario in <bdi id=\"none-folder\"></bdi> yet. Make one of a locustfile, by "
    "<code>coldswarm convert locustfile.py -o shop.json</code>, or save this as "
    "<code>first.json</code>:</p><pre>{\n  \"load\": { \"users\": 10, \"spawn_rate\": 1, "
    "\"duration\": "
    "\"1m\" },\n  \"wait\": { \"constant\": \"1s\" },\n  \"tasks\": [{ \"path\": \"/\" "
    "}]\n}</pre></div><form id=\"start-form\" novalidate>"
    "<label class=\"broad\">Scenario<select id=\"start-scenario\" name=\"scenario\" "
    "aria-describedby=\"start-note\"></select></label>"
    "<label class=\"broad\">Host<input id=\"start-host\" name=\"host\" list=\"hosts\" "
    "inputmode=\"url\" autocomplete=\"off\" spellcheck=\"false\" "
    "placeholder=\"http://127.0.0.1:8080\"><datalist id=\"hosts\"></datalist></label>"
    "<p class=\"note broad\" id=\"start-note\"></p>"
    "<label>Load<select id=\"start-load\"><option value=\"users\">users</option>"
    "<option value=\"rate\">requests per second</option></select></label>"
    "<label class=\"by-users\">Users<input name=\"users\" inputmode=\"numeric\"></label>"
    "<label class=\"by-users\">Users started per second<input name=\"spawn_rate\" "
    "inputmode=\"decimal\"></label>"
    "<label class=\"by-rate\" hidden>Requests per second<input name=\"rate\" "
    "inputmode=\"decimal\"></label>"
    "<label>Run time<input name=\"run_time\" placeholder=\"30s, 5m, 1h30m\"></label>"
    "<label>Seed<input name=\"seed\" inputmode=\"numeric\" placeholder=\"any\"></label>"
    "<p class=\"lost broad\" id=\"start-error\" role=\"alert\" hidden></p>"
    "<p class=\"broad\"><button class=\"act main\" id=\"start-button\">Start</button></p></form>"
    "</section><noscript><p class=\"note\">Starting a run from here needs JavaScript. Scripts can "
    "POST to api/start.</p></noscript>\n";

static const char results[] =
    "<section id=\"results\" hidden><h2>Results</h2><p id=\"result-links\"></p></section>\n";

static const char earlier[] =
    "<section id=\"runs\" hidden><h2>Earlier runs</h2><p class=\"note\" id=\"runs-note\"></p>"
    "<div class=\"wide\"><table id=\"run-table\"><thead><tr><th scope=\"col\">Compare</th>"
    "<th scope=\"col\">Run</th><th scope=\"col\">Started (UTC)</th><th scope=\"col\">Verdict</th>"
    "<th scope=\"col\" class=\"n\">Duration</th><th scope=\"col\" class=\"n\">Users</th>"
    "<th scope=\"col\" class=\"n\">Requests</th><th scope=\"col\">Download</th></tr></thead>"
    "<tbody></tbody></table></div><p><button type=\"button\" class=\"act\" id=\"compare\" disabled>"
    "Compare</button> <span class=\"note\" id=\"compare-note\" role=\"status\">Choose two runs; "
    "the older one is the base.</span></p>"
    "<div id=\"comparison\" tabindex=\"-1\" hidden></div></section>\n";

static void tables(struct buf *out, const struct status *s) {
    buf_printf(out, "<section id=\"thresholds\"%s><h2>Thresholds</h2>\n",
               s == NULL || s->threshold_count == 0 ? " hidden" : "");
    thresholds(out, s);
    buf_str(out, "</section>\n<section id=\"requests\"><h2>Requests</h2>\n");
    endpoints(out, s);
    buf_printf(out, "</section>\n<section id=\"parts\"%s><h2>Parts</h2>\n",
               s == NULL || s->part_count == 0 ? " hidden" : "");
    parts(out, s);
    buf_printf(out, "</section>\n<section id=\"errors\"%s><h2>Errors</h2>\n",
               s == NULL || s->error_count == 0 ? " hidden" : "");
    errors(out, s);
    buf_str(out, "</section>\n");
}

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
    buf_str(out, header);
    if (p->starts)
        buf_str(out, start_form);
    buf_printf(out, "<div id=\"run\"%s>\n", p->starts && s == NULL ? " hidden" : "");
    verdict(out, s);
    tiles(out, s);
    facts(out, s);
    if (p->starts)
        buf_str(out, results);
    buf_str(out, charts);
    tables(out, s);
    buf_str(out,
            "<section id=\"events\" hidden><h2>Events</h2><ol class=\"notes\" id=\"event-list\">"
            "</ol></section>\n</div>\n");
    if (p->starts)
        buf_str(out, earlier);
    buf_str(out, "</main>\n<script>");
    buf_str(out, embed_web_web_page_js);
    buf_str(out, "</script>\n</body>\n</html>\n");
}
