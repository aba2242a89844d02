/* The log's entries. */
#include <signal.h>
#include <string.h>

#include "emulator/emulator_internal.h"
#include "util/clock.h"

#define URL_MAX_BYTES 8192

static const char *copy(struct view v, char *out, size_t size) {
    if (v.text == NULL)
        return NULL;
    size_t n = v.len < size - 1 ? v.len : size - 1;
    memcpy(out, v.text, n);
    out[n] = '\0';
    return out;
}

static void make_url(const struct exchange *x, char out[URL_MAX_BYTES]) {
    struct view target = head_target(x->head), host = head_find(x->head, "host");
    if (target.len > 0 && target.text[0] != '/' && target.text[0] != '*')
        snprintf(out, URL_MAX_BYTES, "%.*s", (int)target.len, target.text);
    else
        snprintf(out, URL_MAX_BYTES, "http://%.*s%.*s", (int)host.len,
                 host.text != NULL ? host.text : "", (int)target.len, target.text);
}

void log_request(struct emulator *m, const struct exchange *x) {
    static char url[URL_MAX_BYTES], agent[1024], referer[2048];
    struct buf *out = journal_entry(&m->journal);
    if (out == NULL)
        return;
    const struct unit *u = x->upstream != NULL ? x->upstream->owner : NULL;
    make_url(x, url);
    bool to_head = m->options.log_to_head && x->head_ns != 0;
    struct export_request r = {
        .arrived_ns = x->arrived_real_ns,
        .latency_ns = (to_head ? x->head_ns : x->ended_ns) - x->arrived_ns,
        .emitted_ns = clock_real_ns(),
        .nonce = journal_nonce(&m->journal),
        .method = x->method,
        .url = url,
        .protocol = x->http_minor > 0 ? "HTTP/1.1" : "HTTP/1.0",
        .user_agent = copy(head_find(x->head, "user-agent"), agent, sizeof agent),
        .referer = copy(head_find(x->head, "referer"), referer, sizeof referer),
        .remote_ip = x->remote,
        .server_ip = m->options.bind,
        .request_bytes = (int64_t)x->request_bytes,
        .response_bytes = (int64_t)x->response_bytes,
        .status = x->status,
        .instance = u != NULL ? u->id : NULL,
        .trace = x->trace.id,
        .span = x->trace.span,
        .sampled = x->trace.sampled,
        .text = x->text,
    };
    export_log_request(out, &m->names, &r);
    journal_add(&m->journal);
}

void log_line(struct unit *u, bool is_stderr, const char *text, size_t n) {
    struct emulator *m = u->emulator;
    struct buf *out = journal_entry(&m->journal);
    if (out == NULL)
        return;
    struct export_line line = {
        .at_ns = clock_real_ns(),
        .nonce = journal_nonce(&m->journal),
        .instance = u->id,
        .is_stderr = is_stderr,
        .text = text,
        .len = n,
    };
    export_log_line(out, &m->names, &line);
    journal_add(&m->journal);
}

static void event(struct unit *u, int64_t mono_ns, struct export_event v) {
    struct emulator *m = u->emulator;
    struct buf *out = journal_entry(&m->journal);
    if (out == NULL)
        return;
    v.at_ns = emulator_real_ns(m, mono_ns);
    v.nonce = journal_nonce(&m->journal);
    v.instance = u->id;
    v.container = m->options.service.container;
    v.probe_custom = m->options.service.probe_custom;
    v.port = u->container->port;
    export_log_event(out, &m->names, &v);
    journal_add(&m->journal);
}

void log_started(struct unit *u, enum unit_reason why) {
    event(u, u->container->started_ns,
          (struct export_event){.kind =
                                    why == UNIT_MIN ? EXPORT_START_MIN : EXPORT_START_AUTOSCALING});
}

/* Cloud Run's probe is one long attempt, however often we knock. */
void log_ready(struct unit *u) {
    event(u, u->container->ready_ns,
          (struct export_event){.kind = EXPORT_PROBE_PASSED, .attempts = 1});
}

void log_memory(struct unit *u) {
    int64_t mib = INT64_C(1) << 20;
    event(u, clock_mono_ns(),
          (struct export_event){
              .kind = EXPORT_MEMORY,
              .limit_mib = (int64_t)u->emulator->options.service.memory_bytes / mib,
              .used_mib = ((int64_t)u->memory_limit_hit_bytes + mib - 1) / mib,
          });
}

static bool is_fault(int signal_number) {
    return signal_number == SIGABRT || signal_number == SIGSEGV || signal_number == SIGBUS ||
           signal_number == SIGFPE || signal_number == SIGILL;
}

static void log_exit(struct unit *u) {
    const struct container *c = u->container;
    if (c->exit_signal != 0 && is_fault(c->exit_signal))
        event(u, c->ended_ns,
              (struct export_event){.kind = EXPORT_UNCAUGHT, .code = c->exit_signal, .pid = 1});
    if (c->exit_signal != 0)
        event(u, c->ended_ns, (struct export_event){.kind = EXPORT_SIGNAL, .code = c->exit_signal});
    else
        event(u, c->ended_ns,
              (struct export_event){.kind = EXPORT_EXIT, .code = (int)c->exit_status});
}

void log_ended(struct unit *u) {
    struct emulator *m = u->emulator;
    const struct container *c = u->container;
    bool asked = c->cause == CONTAINER_STOPPED;
    /* A plain stop leaves no line in the real log; one that had to be killed does. */
    if (c->cause != CONTAINER_NO_PROBE && (!asked || c->exit_signal == SIGKILL))
        log_exit(u);
    if (c->ready_ns == 0 && !asked)
        event(u, c->ended_ns, (struct export_event){.kind = EXPORT_PROBE_FAILED, .attempts = 1});
    struct buf *out = journal_entry(&m->journal);
    if (out == NULL)
        return;
    struct export_lifetime l = {
        .started_ns = emulator_real_ns(m, c->started_ns),
        .ready_ns = c->ready_ns != 0 ? emulator_real_ns(m, c->ready_ns) : 0,
        .sigterm_ns = c->sigterm_ns != 0 ? emulator_real_ns(m, c->sigterm_ns) : 0,
        .ended_ns = emulator_real_ns(m, c->ended_ns),
        .nonce = journal_nonce(&m->journal),
        .instance = u->id,
        .end = u->end,
        .billable_ns = unit_billable_ns(u, c->ended_ns),
        .requests = u->requests,
    };
    export_log_lifetime(out, &m->names, &l);
    journal_add(&m->journal);
}
