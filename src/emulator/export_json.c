#include "emulator/export_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"

void export_json_init(struct json_writer *w, struct buf *out) {
    json_write_init(w, out, NULL);
    w->utf8 = true;
}

void export_json_text(struct json_writer *w, const char *key, const char *text) {
    if (text != NULL)
        json_write_text(w, key, text);
}

void export_json_int64(struct json_writer *w, const char *key, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    export_json_text(w, key, text);
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

void export_json_time(struct json_writer *w, const char *key, int64_t ns, int decimals) {
    int64_t rest;
    time_t s = (time_t)split(ns, &rest);
    struct tm tm;
    char text[64];
    gmtime_r(&s, &tm);
    size_t n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%09" PRId64, rest);
    text[n + 1 + (size_t)decimals] = 'Z';
    json_write_bytes(w, key, text, n + 2 + (size_t)decimals);
}

void export_json_duration(struct json_writer *w, const char *key, int64_t ns) {
    int64_t rest, s = split(ns > 0 ? ns : 0, &rest);
    int decimals = rest % NS_PER_US != 0 ? 9 : rest % NS_PER_MS != 0 ? 6 : rest != 0 ? 3 : 0;
    char fraction[16], text[64];
    snprintf(fraction, sizeof fraction, ".%09" PRId64, rest);
    snprintf(text, sizeof text, "%" PRId64 "%.*ss", s, decimals > 0 ? decimals + 1 : 0, fraction);
    export_json_text(w, key, text);
}

void export_json_resource(struct json_writer *w, const struct export_service *s) {
    json_write_object(w, "resource", JSON_LINE);
    export_json_text(w, "type", "cloud_run_revision");
    json_write_object(w, "labels", JSON_LINE);
    export_json_text(w, "project_id", s->project);
    export_json_text(w, "location", s->location);
    export_json_text(w, "service_name", s->service);
    export_json_text(w, "revision_name", s->revision);
    export_json_text(w, "configuration_name", s->configuration);
    json_write_end(w);
    json_write_end(w);
}
