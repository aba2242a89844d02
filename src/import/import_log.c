#include "import/import_log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "import/import_fields.h"
#include "util/text.h"
#include "util/url.h"

#define LOG_NAME_BYTES 128
#define PATH_MAX_BYTES 2048

/* FNV-1a, then the finaliser of splitmix64, so that every bit of the text counts in every bit. */
static uint64_t mix(uint64_t h, const char *text) {
    for (const char *c = text == NULL ? "" : text; *c != '\0'; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return (h ^ 0x1f) * UINT64_C(0x100000001b3); /* where one text ends and the next begins */
}

static uint64_t mix_number(uint64_t h, int64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return mix(h, text);
}

static uint64_t finish(uint64_t h) {
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* The log's name behind "projects/P/logs/", with %2F as a slash; "" if there is none. */
static void log_name(const struct json *entry, char out[LOG_NAME_BYTES]) {
    const char *name = import_text(entry, "logName");
    const char *at = name == NULL ? "" : strstr(name, "/logs/");
    at = at == NULL ? name : at[0] == '\0' ? at : at + 6;
    size_t n = 0;
    while (*at != '\0' && n + 1 < LOG_NAME_BYTES) {
        bool slash = strncmp(at, "%2F", 3) == 0 || strncmp(at, "%2f", 3) == 0;
        out[n++] = slash ? '/' : *at;
        at += slash ? 3 : 1;
    }
    out[n] = '\0';
}

static enum import_log_kind kind_of(const struct json *entry, const char *log, bool *lifetime) {
    const char *type = import_text(import_get(entry, "resource"), "type");
    *lifetime = strcmp(log, "coldswarm/instances") == 0;
    if (type != NULL && strcmp(type, "cloud_run_revision") != 0)
        return IMPORT_LOG_OTHER;
    if (strcmp(log, "run.googleapis.com/requests") == 0 ||
        (log[0] == '\0' && import_get(entry, "httpRequest") != NULL))
        return IMPORT_LOG_REQUEST;
    if (strcmp(log, "run.googleapis.com/varlog/system") == 0 || *lifetime)
        return IMPORT_LOG_EVENT;
    if (strcmp(log, "run.googleapis.com/stdout") == 0 ||
        strcmp(log, "run.googleapis.com/stderr") == 0)
        return IMPORT_LOG_OUTPUT;
    return IMPORT_LOG_OTHER;
}

static int nibble(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "projects/P/traces/HEX" or HEX alone. One that is neither joins nothing, and is no mistake. */
static bool read_trace(const char *text, uint8_t out[IMPORT_TRACE_BYTES]) {
    const char *slash = text == NULL ? NULL : strrchr(text, '/');
    const char *hex = slash == NULL ? text : slash + 1;
    if (hex == NULL || strlen(hex) != 2 * IMPORT_TRACE_BYTES)
        return false;
    for (int i = 0; i < IMPORT_TRACE_BYTES; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The path may be of use; what stands behind it may be a secret. */
static void read_path(const char *url, struct import_log *out) {
    if (url == NULL)
        return;
    const char *path = url_scheme(url) == 0 ? url : url + url_origin(url);
    size_t n = text_cut(path, strcspn(path, "?#"), PATH_MAX_BYTES);
    out->path = n == 0 ? "/" : path;
    out->path_len = n == 0 ? 1 : n;
}

/* A number that may be left out, but not be something else. */
static int optional(const struct json *v, const char *name, int64_t max, int64_t *out,
                    struct err *e) {
    const struct json *m = import_get(v, name);
    int64_t n;
    if (m == NULL)
        return 0;
    if (!import_int64(m, &n) || n < 0 || n > max)
        return err_set(e, "its %s is not a number from 0 to %lld", name, (long long)max);
    *out = n;
    return 0;
}

static int read_request(const struct json *entry, struct import_log *out, struct err *e) {
    const struct json *http = import_get(entry, "httpRequest");
    if (http == NULL || http->kind != JSON_OBJECT)
        return err_set(e, "it belongs to the request log but has no httpRequest");
    const struct json *latency = import_get(http, "latency");
    if (latency != NULL && !import_duration(latency, &out->latency_us))
        return err_set(e, "its latency is not a duration like \"0.25s\"");
    if (optional(http, "status", 999, &out->status, e) != 0 ||
        optional(http, "requestSize", INT64_MAX, &out->request_bytes, e) != 0 ||
        optional(http, "responseSize", INT64_MAX, &out->response_bytes, e) != 0)
        return -1;
    if (out->status == 0)
        out->status = -1;
    out->method = import_text(http, "requestMethod");
    read_path(import_text(http, "requestUrl"), out);
    out->has_trace = read_trace(import_text(entry, "trace"), out->trace);
    return 0;
}

/* "Starting new instance. Reason: AUTOSCALING - Instance started ...": the word. */
static void read_reason(const char *text, char out[IMPORT_REASON_BYTES]) {
    const char *at = strstr(text, "Reason: ");
    size_t n = 0;
    if (at == NULL)
        return;
    for (at += 8; n + 1 < IMPORT_REASON_BYTES && (isalnum((unsigned char)*at) || *at == '_'); at++)
        out[n++] = *at;
    out[n] = '\0';
}

static const char *event_of(const char *text) {
    static const struct {
        const char *begin, *part, *kind;
    } table[] = {
        {"Starting new instance", "", "start"},
        {"", "STARTUP ", NULL},
        {"", "LIVENESS ", NULL},
        {"Memory limit of ", "exceeded", "memory"},
        {"Container terminated on signal", "", "signal"},
        {"Uncaught signal", "", "uncaught"},
        {"Container called exit(", "", "exit"},
        {"Shutting down", "", "shutdown"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strncmp(text, table[i].begin, strlen(table[i].begin)) != 0 ||
            strstr(text, table[i].part) == NULL)
            continue;
        if (table[i].kind != NULL)
            return table[i].kind;
        bool startup = table[i].part[0] == 'S';
        if (startup && strstr(text, "probe succeeded") != NULL)
            return "ready";
        if (strstr(text, "probe failed") != NULL)
            return startup ? "probe_failed" : "liveness_failed";
    }
    return "other";
}

static int moment(const struct json *v, const char *name, int64_t *out, struct err *e) {
    const struct json *m = import_get(v, name);
    if (m != NULL && !import_time(m, out))
        return err_set(e, "its %s is not a time", name);
    return 0;
}

static int read_lifetime(const struct json *entry, struct import_log *out, struct err *e) {
    const struct json *p = import_get(entry, "jsonPayload");
    out->event = "lifetime";
    if (p == NULL || out->instance == NULL)
        return err_set(
            e, "it reports the lifetime of an instance, but not which instance or how long");
    const char *end = import_text(p, "end");
    snprintf(out->reason, sizeof out->reason, "%s", end == NULL ? "" : end);
    return moment(p, "startedAt", &out->started_us, e) != 0 ||
                   moment(p, "readyAt", &out->ready_us, e) != 0 ||
                   moment(p, "sigtermAt", &out->term_us, e) != 0 ||
                   moment(p, "endedAt", &out->ended_us, e) != 0
               ? -1
               : 0;
}

static int read_event(const struct json *entry, bool lifetime, struct import_log *out,
                      struct err *e) {
    if (lifetime)
        return read_lifetime(entry, out, e);
    if (out->text == NULL)
        return err_set(e, "it is a system event without a text");
    out->event = event_of(out->text);
    if (strcmp(out->event, "start") == 0)
        read_reason(out->text, out->reason);
    return 0;
}

/* insertId tells apart what has the same time in the same log. Where it was left out of an export,
 * all that we read of the entry does. */
static uint64_t key_of(const struct json *entry, const char *log, const struct import_log *x) {
    const char *id = import_text(entry, "insertId");
    uint64_t h = mix_number(mix(UINT64_C(0xcbf29ce484222325), log), x->at_us);
    if (id != NULL)
        return finish(mix(h, id));
    h = mix(mix(mix(h, x->instance), x->text), x->method);
    h = mix(mix(h, import_text(entry, "trace")), import_text(entry, "spanId"));
    return finish(mix_number(mix_number(h, x->latency_us), x->status));
}

int import_log_read(const struct json *entry, struct import_log *out, struct err *e) {
    char log[LOG_NAME_BYTES];
    if (entry->kind != JSON_OBJECT)
        return err_set(e, "it is %s, not an object", json_kind_text(entry->kind));
    if (import_is_series(entry))
        return err_set(e, "it is a time series: give its file with --metrics");
    log_name(entry, log);
    bool lifetime;
    struct import_log x = {.kind = kind_of(entry, log, &lifetime),
                           .latency_us = -1,
                           .status = -1,
                           .request_bytes = -1,
                           .response_bytes = -1,
                           .started_us = IMPORT_NO_TIME,
                           .ready_us = IMPORT_NO_TIME,
                           .term_us = IMPORT_NO_TIME,
                           .ended_us = IMPORT_NO_TIME};
    const struct json *labels = import_get(import_get(entry, "resource"), "labels");
    x.service = import_text(labels, "serviceName");
    x.revision = import_text(labels, "revisionName");
    x.instance = import_text(import_get(entry, "labels"), "instanceId");
    if (x.instance != NULL && x.instance[0] == '\0')
        x.instance = NULL;
    x.severity = import_text(entry, "severity");
    x.text = import_text(entry, "textPayload");
    if (x.text == NULL)
        x.text = import_text(import_get(entry, "jsonPayload"), "message");
    if (x.kind == IMPORT_LOG_OTHER) {
        *out = x;
        return 0;
    }
    const struct json *at = import_get(entry, "timestamp");
    if (at == NULL)
        return err_set(e, "it has no timestamp");
    if (!import_time(at, &x.at_us))
        return err_set(e, "its timestamp is not a time between 1970 and 9999");
    if (x.kind == IMPORT_LOG_REQUEST && read_request(entry, &x, e) != 0)
        return -1;
    if (x.kind == IMPORT_LOG_EVENT && read_event(entry, lifetime, &x, e) != 0)
        return -1;
    x.key = key_of(entry, log, &x);
    *out = x;
    return 0;
}
