/* Results of thresholds for programs: JSON, JUnit, GitHub. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/json_text.h"
#include "report/markup.h"
#include "report/thresholds.h"
#include "util/text.h"

#define TEXT_MAX (5 * GATE_TEXT_MAX)

/* ---- JSON ---- */

static void json_key(struct buf *out, const char *key) {
    buf_printf(out, ",\n      \"%s\": ", key);
}

/* A text that a function of the gate writes. */
static void json_made(struct buf *out, void (*make)(const struct gate_rule *, struct buf *),
                      const struct gate_rule *r) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    make(r, &text);
    json_text(out, buf_text(&text));
    buf_done(&text);
}

static void condition_and_words(const struct gate_rule *r, struct buf *out) {
    gate_condition_text(r, out);
    gate_words_text(r, out);
}

const char *thresholds_unit(const struct gate_rule *r) {
    if (r->aggregation == GATE_PER_SECOND)
        return gate_metrics[r->metric].unit[0] == 'B' ? "bytes_per_second" : "per_second";
    if (gate_metrics[r->metric].kind == GATE_RATE)
        return "share";
    if (gate_metrics[r->metric].kind == GATE_TREND)
        return "ms";
    return gate_metrics[r->metric].unit[0] == 'B' ? "bytes" : "count";
}

static void json_windows(struct buf *out, const struct gate_result *x) {
    const struct gate_rule *r = x->rule;
    json_key(out, "range_s");
    buf_printf(out, "[%.15g, %.15g]", (double)x->from_us / 1e6, (double)x->to_us / 1e6);
    if (r->over_ns == 0)
        return;
    json_key(out, "over_s");
    buf_printf(out, "%.15g", (double)r->over_ns / 1e9);
    json_key(out, "windows");
    buf_printf(out, "%zu", x->windows);
    json_key(out, "windows_crossed");
    buf_printf(out, "%zu", x->crossed);
}

static void json_result(struct buf *out, const struct gate_result *x) {
    const struct gate_rule *r = x->rule;
    bool bounded = !isnan(x->low) && !isnan(x->high);
    buf_str(out, "\n    {\n      \"metric\": ");
    json_made(out, gate_metric_text, r);
    json_key(out, "expression");
    json_made(out, condition_and_words, r);
    json_key(out, "value");
    json_number(out, x->value);
    json_key(out, "interval");
    if (bounded) {
        buf_char(out, '[');
        json_number(out, x->low);
        buf_str(out, ", ");
        json_number(out, x->high);
        buf_char(out, ']');
    } else
        buf_str(out, "null");
    json_key(out, "ok");
    buf_str(out, x->verdict == GATE_PENDING ? "null" : x->verdict == GATE_HOLDS ? "true" : "false");
    json_key(out, "reason");
    if (x->reason[0] == '\0')
        buf_str(out, "null");
    else
        json_text(out, x->reason);
    json_key(out, "limit");
    json_number(out, r->limit);
    json_key(out, "margin");
    json_number(out, x->margin);
    json_key(out, "sure");
    buf_str(out, !bounded ? "null" : x->low <= r->limit && r->limit <= x->high ? "false" : "true");
    json_key(out, "unit");
    json_text(out, thresholds_unit(r));
    json_key(out, "samples");
    buf_printf(out, "%" PRIu64, x->samples);
    json_windows(out, x);
    buf_str(out, "\n    }");
}

void thresholds_emit_json_array(struct buf *out, const struct thresholds *t) {
    buf_char(out, '[');
    for (size_t i = 0; i < t->rules.count; i++) {
        if (i > 0)
            buf_char(out, ',');
        json_result(out, &t->results[i]);
    }
    buf_str(out, "\n  ]");
}

void thresholds_emit_json(struct buf *out, const struct thresholds *t) {
    buf_printf(out, "{\n  \"ok\": %s,\n  \"thresholds\": ", t->ok ? "true" : "false");
    thresholds_emit_json_array(out, t);
    buf_str(out, "\n}\n");
}

/* ---- JUnit ---- */

static void xml_sentence(struct buf *out, const struct gate_result *x) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    thresholds_sentence(x, &text);
    markup_text(out, buf_text(&text));
    buf_done(&text);
}

static void junit_case(struct buf *out, const struct gate_result *x) {
    struct buf name;
    buf_init(&name, TEXT_MAX);
    gate_rule_text(x->rule, &name);
    buf_str(out, "    <testcase classname=\"thresholds\" name=\"");
    markup_text(out, buf_text(&name));
    buf_done(&name);
    buf_str(out, "\" time=\"0\">\n");
    if (x->verdict == GATE_HOLDS) {
        buf_str(out, "      <system-out>");
        xml_sentence(out, x);
        buf_str(out, "</system-out>\n");
    } else if (x->verdict == GATE_PENDING) {
        buf_str(out, "      <skipped message=\"");
        xml_sentence(out, x);
        buf_str(out, "\"/>\n");
    } else {
        buf_str(out, "      <failure type=\"threshold\" message=\"");
        xml_sentence(out, x);
        buf_str(out, "\"/>\n");
    }
    buf_str(out, "    </testcase>\n");
}

void thresholds_emit_junit(struct buf *out, const struct thresholds *t, const char *run,
                           double run_s) {
    char counts[128];
    snprintf(counts, sizeof counts,
             "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\"",
             t->rules.count, t->crossed, t->pending, run_s);
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"coldswarm\" %s>\n"
               "  <testsuite name=\"",
               counts);
    markup_text(out, run);
    buf_printf(out, "\" %s>\n", counts);
    for (size_t i = 0; i < t->rules.count; i++)
        junit_case(out, &t->results[i]);
    buf_str(out, "  </testsuite>\n</testsuites>\n");
}

/* ---- GitHub ---- */

void thresholds_github_text(struct buf *out, const char *text) {
    struct buf shown;
    buf_init(&shown, 5 * TEXT_MAX);
    text_printable(&shown, text, strlen(text));
    if (!buf_ok(&shown))
        out->failed = true;
    for (const char *p = buf_text(&shown); *p != '\0'; p++)
        if (*p == '%')
            buf_str(out, "%25");
        else
            buf_char(out, *p);
    buf_done(&shown);
}

void thresholds_emit_github(struct buf *out, const struct thresholds *t) {
    for (size_t i = 0; i < t->rules.count; i++) {
        const struct gate_result *x = &t->results[i];
        struct buf text;
        if (x->verdict == GATE_HOLDS)
            continue;
        buf_init(&text, TEXT_MAX);
        thresholds_sentence(x, &text);
        buf_str(out, x->verdict == GATE_CROSSED ? "::error title=Threshold crossed::"
                                                : "::notice title=Threshold not judged::");
        thresholds_github_text(out, buf_text(&text));
        buf_char(out, '\n');
        buf_done(&text);
    }
}
