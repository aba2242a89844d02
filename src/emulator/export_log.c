#include "emulator/export_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emulator/export_json.h"
#include "util/clock.h"
#include "util/json.h"

#define TEXT_MAX 4096u
#define MEMORY_HELP "https://cloud.google.com/run/docs/configuring/memory-limits"

/* The severity of a request by its status: INFO, WARNING from 400, ERROR from 500. */
static const char *export_severity(int status) {
    return status >= 500 ? "ERROR" : status >= 400 ? "WARNING" : "INFO";
}

/* insertId: hex(seconds), hex(microseconds), 8 random hex digits. */
static void begin_entry(struct json_writer *w, struct buf *out, int64_t at_ns, uint32_t nonce) {
    char text[32];
    snprintf(text, sizeof text, "%08" PRIx32 "%08" PRIx32 "%08" PRIx32,
             (uint32_t)(at_ns / NS_PER_S), (uint32_t)(at_ns % NS_PER_S / NS_PER_US), nonce);
    export_json_init(w, out);
    json_write_object(w, NULL, JSON_LINE);
    export_json_text(w, "insertId", text);
}

/* "projects/P/KIND/NAME" */
static void put_path(struct json_writer *w, const char *key, const struct export_service *s,
                     const char *kind, const char *name) {
    char text[512];
    snprintf(text, sizeof text, "projects/%s/%s/%s", s->project, kind, name);
    export_json_text(w, key, text);
}

/* What all entries have behind their payload. */
static void put_common(struct json_writer *w, const struct export_service *s, const char *log,
                       int64_t at_ns, const char *severity, const char *instance) {
    export_json_resource(w, s);
    export_json_time(w, "timestamp", at_ns, 6);
    export_json_text(w, "severity", severity);
    if (instance != NULL) {
        json_write_object(w, "labels", JSON_LINE);
        export_json_text(w, "instanceId", instance);
        json_write_end(w);
    }
    put_path(w, "logName", s, "logs", log);
}

static void put_http(struct json_writer *w, const struct export_request *r) {
    json_write_object(w, "httpRequest", JSON_LINE);
    export_json_text(w, "requestMethod", r->method);
    export_json_text(w, "requestUrl", r->url);
    if (r->request_bytes >= 0)
        export_json_int64(w, "requestSize", r->request_bytes);
    json_write_number(w, "status", r->status);
    if (r->response_bytes >= 0)
        export_json_int64(w, "responseSize", r->response_bytes);
    export_json_text(w, "userAgent", r->user_agent);
    export_json_text(w, "remoteIp", r->remote_ip);
    export_json_text(w, "serverIp", r->server_ip);
    export_json_text(w, "referer", r->referer);
    /* The timestamp loses its nanoseconds: they come in here, so that both together are the end. */
    export_json_duration(w, "latency", r->latency_ns + r->arrived_ns % NS_PER_US);
    export_json_text(w, "protocol", r->protocol);
    json_write_end(w);
}

void export_log_request(struct buf *out, const struct export_service *s,
                        const struct export_request *r) {
    struct json_writer w;
    begin_entry(&w, out, r->emitted_ns, r->nonce);
    put_http(&w, r);
    put_common(&w, s, "run.googleapis.com%2Frequests", r->arrived_ns, export_severity(r->status),
               r->instance);
    export_json_text(&w, "textPayload", r->text);
    if (r->trace != NULL)
        put_path(&w, "trace", s, "traces", r->trace);
    export_json_time(&w, "receiveTimestamp", r->emitted_ns, 9);
    export_json_text(&w, "spanId", r->span);
    if (r->sampled)
        json_write_bool(&w, "traceSampled", true);
    json_write_end(&w);
}

static void probe_text(struct buf *b, const struct export_event *v, bool passed) {
    if (v->probe_path == NULL && !v->probe_custom)
        buf_str(b, "Default ");
    buf_printf(b, "STARTUP %s probe ", v->probe_path != NULL ? "HTTP" : "TCP");
    const char *s = v->attempts == 1 ? "" : "s";
    if (passed)
        buf_printf(b, "succeeded after %d attempt%s", v->attempts, s);
    else
        buf_printf(b, "failed %d time%s consecutively", v->attempts, s);
    buf_printf(b, " for container \"%s\" on port %d", v->container != NULL ? v->container : "app",
               v->port);
    if (v->probe_path != NULL)
        buf_printf(b, " path \"%s\"", v->probe_path);
    buf_char(b, '.');
    if (!passed)
        buf_str(b, " The instance was not started.\nConnection failed with status CANCELLED.");
}

/* Appends the event's text and returns its severity. */
static const char *event_text(struct buf *b, const struct export_event *v) {
    switch (v->kind) {
    case EXPORT_START_AUTOSCALING:
        buf_str(b,
                "Starting new instance. Reason: AUTOSCALING - Instance started due to configured "
                "scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing "
                "capacity for current traffic.");
        return "INFO";
    case EXPORT_START_MIN:
        buf_str(b, "Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance "
                   "started because of customer-configured min-instances or manual scaling.");
        return "INFO";
    case EXPORT_START_ROLLOUT:
        buf_str(b,
                "Starting new instance. Reason: DEPLOYMENT_ROLLOUT - Instance started due to "
                "traffic shifting between revisions due to deployment, traffic split adjustment, "
                "or deployment health check.");
        return "INFO";
    case EXPORT_PROBE_PASSED:
        probe_text(b, v, true);
        return "INFO";
    case EXPORT_PROBE_FAILED:
        probe_text(b, v, false);
        return "ERROR";
    case EXPORT_MEMORY:
        buf_printf(b,
                   "Memory limit of %" PRId64 " MiB exceeded with %" PRId64
                   " MiB used. Consider increasing the memory limit, see " MEMORY_HELP,
                   v->limit_mib, v->used_mib);
        return "ERROR";
    case EXPORT_SIGNAL:
        buf_printf(b, "Container terminated on signal %d.", v->code);
        return "WARNING";
    case EXPORT_UNCAUGHT:
        buf_printf(b, "Uncaught signal: %d, pid=%d, tid=%d, fault_addr=0.", v->code, v->pid,
                   v->pid);
        return "ERROR";
    case EXPORT_EXIT:
        buf_printf(b, "Container called exit(%d).", v->code);
        return "WARNING";
    case EXPORT_DISABLED:
        buf_str(b, "Shutting down user disabled instance");
        return "INFO";
    }
    return "INFO";
}

void export_log_event(struct buf *out, const struct export_service *s,
                      const struct export_event *v) {
    struct json_writer w;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    const char *severity = event_text(&text, v);
    begin_entry(&w, out, v->at_ns, v->nonce);
    json_write_bytes(&w, "textPayload", buf_text(&text), text.len);
    put_common(&w, s, "run.googleapis.com%2Fvarlog%2Fsystem", v->at_ns, severity, v->instance);
    export_json_time(&w, "receiveTimestamp", v->at_ns, 9);
    json_write_end(&w);
    buf_done(&text);
}

/* A word that Cloud Logging knows as a severity, in any case; else NULL. */
static const char *known_severity(const struct json *v) {
    static const char *const words[] = {"DEFAULT", "DEBUG",    "INFO",  "NOTICE",   "WARNING",
                                        "ERROR",   "CRITICAL", "ALERT", "EMERGENCY"};
    for (size_t i = 0; v != NULL && v->kind == JSON_STRING && i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == v->len && strncasecmp(words[i], v->text, v->len) == 0)
            return words[i];
    return NULL;
}

/* The object's members, without the severity where it became the entry's. A message that is then
 * alone is the text, as Cloud Logging has it. */
static void put_structured(struct json_writer *w, const struct json *root, bool without_severity) {
    const struct json *message = json_get(root, "message");
    size_t members = root->count - without_severity;
    if (members == 1 && message != NULL && message->kind == JSON_STRING) {
        json_write_bytes(w, "textPayload", message->text, message->len);
        return;
    }
    json_write_object(w, "jsonPayload", JSON_LINE);
    for (const struct json *v = root->first; v != NULL; v = v->next) {
        if (without_severity && strcmp(v->key, "severity") == 0)
            continue;
        json_write_key(w, NULL);
        buf_char(w->out, '"');
        json_escape(w->out, v->key, v->key_len);
        buf_str(w->out, "\":");
        json_copy(v, NULL, NULL, w->out);
    }
    json_write_end(w);
}

void export_log_line(struct buf *out, const struct export_service *s, const struct export_line *l) {
    struct json_writer w;
    struct json_doc *d = NULL;
    const char *severity = NULL;
    begin_entry(&w, out, l->at_ns, l->nonce);
    if (l->len > 0 && l->text[0] == '{' && json_parse("line", l->text, l->len, &d, NULL) == 0) {
        severity = known_severity(json_get(json_root(d), "severity"));
        put_structured(&w, json_root(d), severity != NULL);
    } else {
        json_write_bytes(&w, "textPayload", l->text, l->len);
    }
    const char *log = l->is_stderr ? "run.googleapis.com%2Fstderr" : "run.googleapis.com%2Fstdout";
    put_common(&w, s, log, l->at_ns, severity, l->instance);
    export_json_time(&w, "receiveTimestamp", l->at_ns, 9);
    json_write_end(&w);
    json_free(d);
}

static void put_moment(struct json_writer *w, const char *key, int64_t ns) {
    if (ns != 0)
        export_json_time(w, key, ns, 6);
}

void export_log_lifetime(struct buf *out, const struct export_service *s,
                         const struct export_lifetime *l) {
    struct json_writer w;
    begin_entry(&w, out, l->ended_ns, l->nonce);
    json_write_object(&w, "jsonPayload", JSON_LINE);
    put_moment(&w, "startedAt", l->started_ns);
    put_moment(&w, "readyAt", l->ready_ns);
    put_moment(&w, "sigtermAt", l->sigterm_ns);
    put_moment(&w, "endedAt", l->ended_ns);
    export_json_text(&w, "end", l->end);
    export_json_duration(&w, "billableTime", l->billable_ns);
    export_json_int64(&w, "requests", (int64_t)l->requests);
    json_write_end(&w);
    put_common(&w, s, "coldswarm%2Finstances", l->ended_ns, "INFO", l->instance);
    export_json_time(&w, "receiveTimestamp", l->ended_ns, 9);
    json_write_end(&w);
}
