/*
 * export_log: entries of Cloud Logging as text, one JSON object each, as `gcloud logging read`
 * shows them.
 *
 * There are request entries, system events with the original texts, and the instances' own output.
 * It opens no file and reads no clock. Texts may be hostile: the output is always valid JSON and
 * UTF-8.
 *
 * Times are nanoseconds since 1970, written in microseconds as Cloud Run does. The caller adds "\n"
 * after each entry (NDJSON) or ",\n" between them (array).
 * If a buffer overflows, it has failed and holds a partial entry, which must be discarded.
 *
 * Ownership: every string is borrowed for the call; NULL omits the field.
 * Thread: any.
 */
#ifndef EMULATOR_EXPORT_LOG_H
#define EMULATOR_EXPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* The service that every entry and every series belongs to. */
struct export_service {
    const char *project, *location, *service, *revision, *configuration;
};

#define EXPORT_NO_INSTANCE                                                                         \
    "The request was aborted because there was no available instance. Additional troubleshooting " \
    "documentation can be found at: "                                                              \
    "https://cloud.google.com/run/docs/troubleshooting#abort-request"
#define EXPORT_BAD_ANSWER                                                                          \
    "The request failed because either the HTTP response was malformed or connection to the "      \
    "instance had an error."

struct export_request {
    int64_t arrived_ns; /* at the front end: the entry's timestamp */
    /* From there to the end (or head) of the response: includes waiting and start-up. */
    int64_t latency_ns;
    int64_t emitted_ns; /* when the entry is written: for insertId and receiveTimestamp */
    uint32_t nonce;     /* the insertId's random part */
    const char *method, *url, *protocol; /* url: absolute; protocol: "HTTP/1.1" */
    const char *user_agent, *referer, *remote_ip, *server_ip;
    int64_t request_bytes, response_bytes; /* negative: omitted */
    int status;
    const char *instance; /* NULL: it reached no instance */
    const char *trace;    /* 32 hex digits */
    const char *span;     /* 16 hex digits */
    bool sampled;
    const char *text; /* textPayload of an aborted or failed request: EXPORT_NO_INSTANCE, ... */
};

void export_log_request(struct buf *out, const struct export_service *s,
                        const struct export_request *r);

enum export_event_kind {
    EXPORT_START_AUTOSCALING,
    EXPORT_START_MIN,
    EXPORT_START_ROLLOUT,
    EXPORT_PROBE_PASSED, /* attempts, container, port, probe_path */
    EXPORT_PROBE_FAILED, /* the same */
    EXPORT_MEMORY,       /* limit_mib, used_mib */
    EXPORT_SIGNAL,       /* code: "Container terminated on signal 9." */
    EXPORT_UNCAUGHT,     /* code, pid: "Uncaught signal: 6, pid=1, tid=1, fault_addr=0." */
    EXPORT_EXIT,         /* code: "Container called exit(1)." */
    EXPORT_DISABLED,     /* "Shutting down user disabled instance" */
};

struct export_event {
    enum export_event_kind kind;
    int64_t at_ns;
    uint32_t nonce;
    const char *instance;
    const char *container;  /* NULL: "app" (probes name it) */
    const char *probe_path; /* NULL: the default TCP probe; else an HTTP probe */
    bool probe_custom;      /* a TCP probe from service.yaml: no "Default" in the text */
    int port, attempts, code, pid;
    int64_t limit_mib, used_mib;
};

void export_log_event(struct buf *out, const struct export_service *s,
                      const struct export_event *v);

/* A line written by an instance, without its line end. A JSON object becomes jsonPayload, with
 * its severity and message extracted, as in Cloud Run. Any other line becomes textPayload. */
struct export_line {
    int64_t at_ns;
    uint32_t nonce;
    const char *instance;
    bool is_stderr;
    const char *text;
    size_t len;
};

void export_log_line(struct buf *out, const struct export_service *s, const struct export_line *l);

/* Cloud Run's logs do not say when an instance ended, but billing needs it. So the emulator adds
 * an entry for each instance in its own log ("coldswarm%2Finstances"), which readers of real
 * logs ignore as foreign. */
struct export_lifetime {
    int64_t started_ns, ready_ns, sigterm_ns, ended_ns; /* 0: did not happen */
    uint32_t nonce;
    const char *instance;
    const char *end;     /* "idle", "scale-in", "exit", "signal", "memory", "probe", "shutdown" */
    int64_t billable_ns; /* from the emulator's own meter */
    uint64_t requests;
};

void export_log_lifetime(struct buf *out, const struct export_service *s,
                         const struct export_lifetime *l);

#endif
