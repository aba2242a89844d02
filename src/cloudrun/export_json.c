#include "cloudrun/export_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/text.h"

cJSON *export_json_put(struct export_json *w, cJSON *into, const char *key, cJSON *item) {
    bool ok =
        into != NULL && item != NULL &&
        (key != NULL ? cJSON_AddItemToObject(into, key, item) : cJSON_AddItemToArray(into, item));
    if (ok)
        return item;
    cJSON_Delete(item);
    w->failed = true;
    return NULL;
}

cJSON *export_json_object(struct export_json *w, cJSON *into, const char *key) {
    return export_json_put(w, into, key, cJSON_CreateObject());
}

cJSON *export_json_array(struct export_json *w, cJSON *into, const char *key) {
    return export_json_put(w, into, key, cJSON_CreateArray());
}

void export_json_text(struct export_json *w, cJSON *into, const char *key, const char *text) {
    if (text != NULL)
        export_json_bytes(w, into, key, text, strlen(text));
}

void export_json_bytes(struct export_json *w, cJSON *into, const char *key, const char *text,
                       size_t n) {
    struct buf valid;
    buf_init(&valid, SIZE_MAX / 2);
    while (n > 0) {
        const char *nul = memchr(text, 0, n);
        size_t part = nul != NULL ? (size_t)(nul - text) : n;
        text_repair(&valid, text, part);
        if (nul != NULL) {
            buf_str(&valid, "\xef\xbf\xbd");
            part++;
        }
        text += part;
        n -= part;
    }
    export_json_put(w, into, key, buf_ok(&valid) ? cJSON_CreateString(buf_text(&valid)) : NULL);
    buf_done(&valid);
}

void export_json_int64(struct export_json *w, cJSON *into, const char *key, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    export_json_text(w, into, key, text);
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

void export_json_time(struct export_json *w, cJSON *into, const char *key, int64_t ns,
                      int decimals) {
    int64_t rest;
    time_t s = (time_t)split(ns, &rest);
    struct tm tm;
    char date[32], fraction[16], text[64];
    gmtime_r(&s, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(fraction, sizeof fraction, "%09" PRId64, rest);
    snprintf(text, sizeof text, "%s.%.*sZ", date, decimals, fraction);
    export_json_text(w, into, key, text);
}

void export_json_duration(struct export_json *w, cJSON *into, const char *key, int64_t ns) {
    int64_t rest, s = split(ns > 0 ? ns : 0, &rest);
    int decimals = rest % NS_PER_US != 0 ? 9 : rest % NS_PER_MS != 0 ? 6 : rest != 0 ? 3 : 0;
    char fraction[16], text[64];
    snprintf(fraction, sizeof fraction, "%09" PRId64, rest);
    snprintf(text, sizeof text, "%" PRId64 "%s%.*ss", s, decimals > 0 ? "." : "", decimals,
             fraction);
    export_json_text(w, into, key, text);
}

void export_json_resource(struct export_json *w, cJSON *into, const struct export_service *s) {
    cJSON *resource = export_json_object(w, into, "resource");
    export_json_text(w, resource, "type", "cloud_run_revision");
    cJSON *labels = export_json_object(w, resource, "labels");
    export_json_text(w, labels, "project_id", s->project);
    export_json_text(w, labels, "location", s->location);
    export_json_text(w, labels, "service_name", s->service);
    export_json_text(w, labels, "revision_name", s->revision);
    export_json_text(w, labels, "configuration_name", s->configuration);
}

void export_json_print(struct export_json *w, cJSON *root, struct buf *out) {
    char *text = root != NULL && !w->failed ? cJSON_PrintUnformatted(root) : NULL;
    if (text != NULL)
        buf_str(out, text);
    else
        out->failed = true;
    cJSON_free(text);
    cJSON_Delete(root);
}
