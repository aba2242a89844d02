#include "cloudrun/export_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/text.h"

void export_json_init(struct export_json *w, struct buf *out) {
    *w = (struct export_json){.out = out};
}

void export_json_key(struct export_json *w, const char *key) {
    if (w->comma)
        buf_char(w->out, ',');
    w->comma = true;
    if (key == NULL)
        return;
    buf_char(w->out, '"');
    buf_str(w->out, key);
    buf_add(w->out, "\":", 2);
}

void export_json_open(struct export_json *w, const char *key, char bracket) {
    export_json_key(w, key);
    buf_char(w->out, bracket);
    w->comma = false;
}

void export_json_close(struct export_json *w, char bracket) {
    buf_char(w->out, bracket);
    w->comma = true;
}

void export_json_text(struct export_json *w, const char *key, const char *text) {
    if (text != NULL)
        export_json_bytes(w, key, text, strlen(text));
}

void export_json_bytes(struct export_json *w, const char *key, const char *text, size_t n) {
    size_t from = 0, i = 0;
    export_json_key(w, key);
    buf_char(w->out, '"');
    while (i < n) {
        uint32_t point;
        size_t len = (signed char)text[i] > 0 ? 1 : text_point(text + i, n - i, &point);
        if (len > 0 && text[i] != 0) {
            i += len;
            continue;
        }
        json_escape(w->out, text + from, i - from);
        buf_str(w->out, "\xef\xbf\xbd");
        from = ++i;
    }
    json_escape(w->out, text + from, n - from);
    buf_char(w->out, '"');
}

void export_json_int64(struct export_json *w, const char *key, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    export_json_text(w, key, text);
}

void export_json_number(struct export_json *w, const char *key, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    export_json_key(w, key);
    buf_str(w->out, text);
}

void export_json_true(struct export_json *w, const char *key) {
    export_json_key(w, key);
    buf_str(w->out, "true");
}

/* Seconds rounded down, and the nanoseconds since then. */
static int64_t split(int64_t ns, int64_t *rest) {
    int64_t s = ns / NS_PER_S;
    *rest = ns % NS_PER_S;
    if (*rest < 0) {
        *rest += NS_PER_S;
        s--;
    }
    return s;
}

void export_json_time(struct export_json *w, const char *key, int64_t ns, int decimals) {
    int64_t rest;
    time_t s = (time_t)split(ns, &rest);
    struct tm tm;
    char text[64];
    gmtime_r(&s, &tm);
    size_t n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%09" PRId64, rest);
    text[n + 1 + (size_t)decimals] = 'Z';
    export_json_bytes(w, key, text, n + 2 + (size_t)decimals);
}

void export_json_duration(struct export_json *w, const char *key, int64_t ns) {
    int64_t rest, s = split(ns > 0 ? ns : 0, &rest);
    int decimals = rest % NS_PER_US != 0 ? 9 : rest % NS_PER_MS != 0 ? 6 : rest != 0 ? 3 : 0;
    char fraction[16], text[64];
    snprintf(fraction, sizeof fraction, ".%09" PRId64, rest);
    snprintf(text, sizeof text, "%" PRId64 "%.*ss", s, decimals > 0 ? decimals + 1 : 0, fraction);
    export_json_text(w, key, text);
}

void export_json_resource(struct export_json *w, const struct export_service *s) {
    export_json_open(w, "resource", '{');
    export_json_text(w, "type", "cloud_run_revision");
    export_json_open(w, "labels", '{');
    export_json_text(w, "project_id", s->project);
    export_json_text(w, "location", s->location);
    export_json_text(w, "service_name", s->service);
    export_json_text(w, "revision_name", s->revision);
    export_json_text(w, "configuration_name", s->configuration);
    export_json_close(w, '}');
    export_json_close(w, '}');
}
