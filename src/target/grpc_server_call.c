/* A call, from its headers to its end: what it gets, and when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "grpc/reflection.h"
#include "target/grpc_server_internal.h"
#include "target/grpc_services.h"
#include "target/plan.h"
#include "target/token_text.h"
#include "util/clock.h"

#define OUT_MAX_BYTES ((size_t)64 << 20)
#define UNREAD_MAX_BYTES ((size_t)1 << 20) /* answers to questions that the client does not read */

static const char not_valid[] = "the request is not a valid message";

static const struct {
    const char *path;
    enum route route;
    bool guarded; /* needs the token of --token */
} methods[GRPC_METHOD_COUNT] = {
#define KSERVE "/inference.GRPCInferenceService/"
    [GRPC_SERVER_LIVE] = {KSERVE "ServerLive", ROUTE_GRPC_OTHER, false},
    [GRPC_SERVER_READY] = {KSERVE "ServerReady", ROUTE_GRPC_OTHER, false},
    [GRPC_MODEL_READY] = {KSERVE "ModelReady", ROUTE_GRPC_OTHER, false},
    [GRPC_SERVER_METADATA] = {KSERVE "ServerMetadata", ROUTE_GRPC_OTHER, false},
    [GRPC_MODEL_METADATA] = {KSERVE "ModelMetadata", ROUTE_GRPC_OTHER, false},
    [GRPC_MODEL_INFER] = {KSERVE "ModelInfer", ROUTE_GRPC_INFER, true},
    [GRPC_MODEL_STREAM_INFER] = {KSERVE "ModelStreamInfer", ROUTE_GRPC_STREAM, true},
    [GRPC_HEALTH_CHECK] = {"/grpc.health.v1.Health/Check", ROUTE_GRPC_OTHER, false},
    [GRPC_HEALTH_WATCH] = {"/grpc.health.v1.Health/Watch", ROUTE_GRPC_OTHER, false},
    [GRPC_REFLECTION] = {REFLECTION_V1, ROUTE_GRPC_OTHER, false},
    [GRPC_REFLECTION_ALPHA] = {REFLECTION_V1ALPHA, ROUTE_GRPC_OTHER, false},
};

static void maybe_free(struct grpc_call_in *call) {
    if (call->c != NULL || call->waiting)
        return;
    grpc_reader_done(&call->reader);
    buf_done(&call->body);
    buf_done(&call->out);
    buf_done(&call->message);
    free(call);
}

struct grpc_call_in *grpc_call_begin(struct grpc_connection *c, int32_t id) {
    struct grpc_call_in *call = calloc(1, sizeof *call);
    if (call == NULL)
        return NULL;
    call->server = c->server;
    call->c = c;
    call->id = id;
    call->method = GRPC_METHOD_COUNT;
    call->route = ROUTE_GRPC_OTHER;
    call->has_token = c->server->t->spec.token == NULL;
    buf_init(&call->body, c->server->t->spec.body_max_bytes);
    buf_init(&call->message, c->server->t->spec.body_max_bytes);
    grpc_reader_init(&call->reader, c->server->t->spec.body_max_bytes);
    buf_init(&call->out, OUT_MAX_BYTES);
    call->after = c->calls;
    if (call->after != NULL)
        call->after->before = call;
    c->calls = call;
    return call;
}

void grpc_call_field(struct grpc_call_in *call, struct bytes name, struct bytes value) {
    static const char type[] = "application/grpc", scheme[] = "Bearer ";
    const char *token = call->server->t->spec.token;
    size_t n = sizeof scheme - 1;
    if (bytes_is(name, ":path")) {
        for (int m = 0; m < GRPC_METHOD_COUNT; m++)
            if (bytes_is(value, methods[m].path))
                call->method = (enum grpc_method)m;
        if (call->method != GRPC_METHOD_COUNT)
            call->route = methods[call->method].route;
    } else if (bytes_is(name, "content-type"))
        call->is_grpc =
            value.len >= sizeof type - 1 && memcmp(value.data, type, sizeof type - 1) == 0;
    else if (bytes_is(name, "grpc-encoding"))
        call->gzip = bytes_is(value, "gzip");
    else if (token != NULL && bytes_is(name, "authorization") && value.len > n &&
             strncasecmp(value.data, scheme, n) == 0)
        call->has_token = bytes_is((struct bytes){value.data + n, value.len - n}, token);
}

void grpc_call_headers_end(struct grpc_call_in *call) {
    call->number = counts_received(&call->server->t->counts, METHOD_POST, call->route);
}

/* ---- answers ---- */

/* Counts first: whoever has seen an answer must find it in the counts. */
static void note(struct grpc_call_in *call, int http_status) {
    struct target *t = call->server->t;
    if (call->end != END_OPEN)
        return;
    call->end = END_ANSWERED;
    call->http_status = http_status;
    counts_answered(&t->counts, METHOD_POST, call->route, http_status, call->body.len,
                    call->bytes_out);
}

static void finish(struct grpc_call_in *call, int status, const char *why, int http_status) {
    call->status = status;
    call->why = why;
    call->over = true;
    note(call, http_status);
    grpc_h2_continue(call);
}

/* A message from here on in `out`, behind its prefix. */
static size_t message_begin(struct grpc_call_in *call) {
    static const char room[GRPC_PREFIX_BYTES];
    size_t at = call->out.len;
    buf_add(&call->out, room, sizeof room);
    return at;
}

static void message_end(struct grpc_call_in *call, size_t at) {
    if (buf_ok(&call->out))
        grpc_prefix(call->out.data + at, false, (uint32_t)(call->out.len - at - GRPC_PREFIX_BYTES));
    call->bytes_out += call->out.len - at;
}

static void put_answer(struct grpc_call_in *call) {
    struct buf *out = &call->out;
    const char *class;
    unsigned thousandths;
    switch (call->method) {
    case GRPC_SERVER_METADATA:
        kserve_put_server_metadata(out);
        break;
    case GRPC_MODEL_METADATA:
        kserve_put_model_metadata(out, call->name);
        break;
    case GRPC_MODEL_INFER:
        class = target_class(call->number, &thousandths);
        kserve_put_class(out, &call->request, class, (float)thousandths / 1000);
        break;
    case GRPC_SERVER_LIVE:
    case GRPC_SERVER_READY:
    case GRPC_MODEL_READY:
        kserve_put_true(out);
        break;
    case GRPC_HEALTH_CHECK:
    case GRPC_HEALTH_WATCH:
        grpc_services_put_health(out, grpc_services_health(call->name));
        break;
    case GRPC_MODEL_STREAM_INFER:
    case GRPC_REFLECTION:
    case GRPC_REFLECTION_ALPHA:
    case GRPC_METHOD_COUNT:
        break;
    }
}

static void count_fault(struct grpc_call_in *call) {
    call->end = END_COUNTED;
    counts_fault(&call->server->t->counts, METHOD_POST, call->route, call->fault, call->body.len);
}

/* A failure on purpose. */
static void fail(struct grpc_call_in *call) {
    static const char garbage[] = "\xff\xff\xff\xff this is not protobuf";
    struct target *t = call->server->t;
    size_t at;
    if (call->fault == FAULT_STATUS) {
        finish(call, (int)grpc_status_of_http(t->spec.fault.status),
               "failed on purpose (--fail-rate)", t->spec.fault.status);
        return;
    }
    count_fault(call);
    if (call->fault == FAULT_RESET)
        grpc_h2_reset(call, NGHTTP2_INTERNAL_ERROR);
    if (call->fault != FAULT_GARBAGE && call->fault != FAULT_SHORT)
        return; /* a call that hangs gets nothing */
    at = message_begin(call);
    buf_add(&call->out, garbage, sizeof garbage - 1);
    message_end(call, at);
    if (call->fault == FAULT_SHORT && buf_ok(&call->out))
        call->out.len = at + GRPC_PREFIX_BYTES + 10;
    call->over = true;
    grpc_h2_continue(call);
}

static void leave_instance(struct grpc_call_in *call, struct target *t) {
    if (call->holds)
        job_queue_leave(t->jobs, call->job.hold);
    call->holds = false;
}

/* ---- tokens ---- */

static void prepare(struct grpc_call_in *call) {
    struct grpc_server *s = call->server;
    buf_clear(&s->scratch);
    token_stream_prepare(&call->sending.stream, &s->scratch);
    if (call->sending.stream.kind == TOKEN_WRITE_OVER) {
        call->streaming = false;
        return;
    }
    if (!token_heap_add(&s->heap, &call->sending, call->sending.stream.due_ns))
        grpc_h2_reset(call, NGHTTP2_INTERNAL_ERROR);
}

static void begin_tokens(struct grpc_call_in *call) {
    struct target *t = call->server->t;
    struct llm_request q = {.stream = true,
                            .max_tokens = call->request.max_tokens,
                            .prompt_tokens = call->request.prompt_words};
    int64_t now_ns = clock_mono_ns();
    token_stream_init(&call->sending.stream, &t->spec.tokens, t->spec.seed, call->number,
                      LLM_COMPLETIONS, &q, now_ns, clock_real_ns());
    call->streaming = true;
    atomic_fetch_add(&call->server->streams, 1);
    prepare(call);
}

/* One message for each event. */
static void put_tokens(struct grpc_call_in *call) {
    struct grpc_server *s = call->server;
    const struct token_stream *x = &call->sending.stream;
    uint64_t end = x->first + x->count, step = x->spec->tokens_per_event;
    for (uint64_t first = x->first; first < end; first += step) {
        uint64_t n = end - first < step ? end - first : step;
        buf_clear(&s->scratch);
        token_text(x->answer.seed, x->answer.number, 0, first, n, &s->scratch);
        size_t at = message_begin(call);
        kserve_put_text(&call->out, &call->request,
                        (struct bytes){buf_text(&s->scratch), s->scratch.len});
        message_end(call, at);
    }
    atomic_fetch_add(&s->tokens, x->count);
}

static void log_write(struct grpc_call_in *call, int64_t before_ns, uint64_t bytes,
                      const char *text) {
    const struct token_stream *x = &call->sending.stream;
    token_log_add(call->server->t->log, &(struct token_log_line){.request = x->answer.number,
                                                                 .client_id = "",
                                                                 .what = token_write_text(x->kind),
                                                                 .first = x->first,
                                                                 .count = x->count,
                                                                 .due_ns = x->due_ns,
                                                                 .before_ns = before_ns,
                                                                 .after_ns = clock_mono_ns(),
                                                                 .bytes = bytes,
                                                                 .text = text});
}

/* --end close, reset or stall. */
static void break_off(struct grpc_call_in *call) {
    enum token_end end = call->sending.stream.spec->end;
    call->streaming = false;
    if (end == TOKEN_END_CLOSE) {
        call->cut = call->over = true;
        note(call, 200);
        grpc_h2_continue(call);
        return;
    }
    call->fault = end == TOKEN_END_RESET ? FAULT_RESET : FAULT_HANG;
    count_fault(call);
    if (end == TOKEN_END_RESET)
        grpc_h2_reset(call, NGHTTP2_INTERNAL_ERROR);
}

void grpc_call_due(struct grpc_call_in *call) {
    struct token_stream *x = &call->sending.stream;
    struct target *t = call->server->t;
    int64_t before_ns = clock_mono_ns();
    uint64_t before = call->bytes_out;
    size_t at;
    const char *text = "";
    switch (x->kind) {
    case TOKEN_WRITE_TOKENS:
        put_tokens(call);
        text = buf_text(&call->server->scratch);
        grpc_h2_continue(call);
        break;
    case TOKEN_WRITE_END:
        at = message_begin(call);
        kserve_put_final(&call->out, &call->request);
        message_end(call, at);
        leave_instance(call, t);
        finish(call, GRPC_OK, NULL, 200);
        break;
    case TOKEN_WRITE_ERROR:
        at = message_begin(call);
        kserve_put_error(&call->out, "failed on purpose (--end error)");
        message_end(call, at);
        leave_instance(call, t);
        finish(call, GRPC_INTERNAL, "failed on purpose (--end error)", 500);
        break;
    case TOKEN_WRITE_BREAK:
        break_off(call);
        break;
    case TOKEN_WRITE_BEGIN:
    case TOKEN_WRITE_PING: /* HTTP/2 has its own */
    case TOKEN_WRITE_OVER:
    case TOKEN_WRITE_COUNT:
        break;
    }
    uint64_t bytes = call->bytes_out - before;
    call->waiting = true; /* it must outlive the sending of its end */
    grpc_h2_flush(call->c);
    call->waiting = false;
    if (t->log != NULL && x->kind != TOKEN_WRITE_PING)
        log_write(call, before_ns, bytes, text);
    if (call->c != NULL && call->streaming)
        prepare(call);
    maybe_free(call);
}

/* ---- the answer ---- */

static void answer(struct grpc_call_in *call) {
    size_t at;
    if (call->fault != FAULT_NONE) {
        leave_instance(call, call->server->t);
        fail(call);
    } else if (call->method == GRPC_MODEL_STREAM_INFER)
        begin_tokens(call);
    else if (call->method == GRPC_HEALTH_CHECK &&
             grpc_services_health(call->name) == GRPC_HEALTH_SERVICE_UNKNOWN)
        finish(call, GRPC_NOT_FOUND, "there is no service with this name", 404);
    else {
        at = message_begin(call);
        put_answer(call);
        message_end(call, at);
        if (call->method == GRPC_HEALTH_WATCH) /* what it watches does not change */
            grpc_h2_continue(call);
        else
            finish(call, GRPC_OK, NULL, 200);
    }
}

/* ---- reflection: each question is answered when it has come ---- */

static bool reflects(const struct grpc_call_in *call) {
    return call->method == GRPC_REFLECTION || call->method == GRPC_REFLECTION_ALPHA;
}

static bool take_question(void *context, struct bytes message) {
    struct grpc_call_in *call = context;
    size_t at = message_begin(call);
    grpc_services_reflect(message, &call->out);
    message_end(call, at);
    return call->out.len - call->out_at <= UNREAD_MAX_BYTES;
}

static void answer_questions(struct grpc_call_in *call, const char *bytes, size_t n) {
    struct err e;
    call->reader.gzip = call->gzip;
    if (grpc_reader_feed(&call->reader, bytes, n, take_question, call, &e) != 0)
        finish(call, GRPC_INVALID_ARGUMENT, not_valid, 400);
    else if (call->out.len - call->out_at > UNREAD_MAX_BYTES)
        finish(call, GRPC_RESOURCE_EXHAUSTED, "too many questions before their answers are read",
               429);
    else if (call->out.len > call->out_at)
        grpc_h2_continue(call);
}

/* ---- a request ---- */

void grpc_call_body(struct grpc_call_in *call, const char *bytes, size_t n) {
    if (call->end != END_OPEN)
        return;
    if (call->body.len + n > call->body.max) {
        call->too_large = true;
        return;
    }
    buf_add(&call->body, bytes, n);
    if (reflects(call) && call->is_grpc && !call->too_large)
        answer_questions(call, bytes, n);
}

static bool take_message(void *context, struct bytes message) {
    struct grpc_call_in *call = context;
    buf_add(&call->message, message.data, message.len);
    return true;
}

/* The one message of the request. Returns false if it was refused. */
static bool read_message(struct grpc_call_in *call) {
    struct err e = {""};
    call->reader.gzip = call->gzip;
    bool good = grpc_reader_feed(&call->reader, buf_text(&call->body), call->body.len, take_message,
                                 call, &e) == 0 &&
                grpc_reader_end(&call->reader, &e) == 0;
    struct bytes message = {buf_text(&call->message), call->message.len};
    bool infers = call->method == GRPC_MODEL_INFER || call->method == GRPC_MODEL_STREAM_INFER;
    if (good && call->reader.count != 1) {
        finish(call, GRPC_UNIMPLEMENTED, "a call must have one message", 501);
        return false;
    }
    good = good && (infers ? kserve_request_read(message, &call->request, &e) == 0
                           : kserve_name_read(message, &call->name, &e) == 0);
    if (!good) {
        finish(call, GRPC_INVALID_ARGUMENT, not_valid, 400);
        return false;
    }
    if (infers && call->request.inputs == 0) {
        finish(call, GRPC_INVALID_ARGUMENT, "the request has no input tensor", 400);
        return false;
    }
    return true;
}

/* Returns true if the call has ended: it was refused, or all its questions have their
 * answers. */
static bool settle(struct grpc_call_in *call) {
    if (!call->is_grpc)
        finish(call, GRPC_INTERNAL, "the request is not application/grpc", 415);
    else if (call->method == GRPC_METHOD_COUNT)
        finish(call, GRPC_UNIMPLEMENTED,
               "known are the methods of inference.GRPCInferenceService, grpc.health.v1.Health and "
               "server reflection",
               404);
    else if (!call->has_token && methods[call->method].guarded)
        finish(call, GRPC_UNAUTHENTICATED,
               "the metadata authorization: Bearer TOKEN needs the token of --token", 401);
    else if (call->too_large)
        finish(call, GRPC_RESOURCE_EXHAUSTED, "the request is larger than --max-body", 413);
    else if (!reflects(call))
        return !read_message(call);
    else if (grpc_reader_end(&call->reader, NULL) != 0)
        finish(call, GRPC_INVALID_ARGUMENT, not_valid, 400);
    else
        finish(call, GRPC_OK, NULL, 200);
    return true;
}

void grpc_call_complete(struct grpc_call_in *call) {
    struct target *t = call->server->t;
    bool infers = call->method == GRPC_MODEL_INFER || call->method == GRPC_MODEL_STREAM_INFER;
    bool tokens = call->method == GRPC_MODEL_STREAM_INFER;
    call->received_ns = clock_mono_ns();
    if (call->end != END_OPEN || settle(call))
        return;
    struct plan plan = plan_request(t->spec.seed, call->number,
                                    infers ? &t->spec.post : &t->spec.get, &t->spec.fault);
    call->fault = plan.fault;
    enum job_hold hold = !tokens               ? JOB_HOLDS_NOTHING
                         : t->spec.tokens.hold ? JOB_HOLDS_PLACE
                                               : JOB_HOLDS_INSTANCE;
    if ((t->instant && hold != JOB_HOLDS_PLACE) ||
        (hold == JOB_HOLDS_NOTHING && plan.service_ns == 0 && job_queue_pass(t->jobs))) {
        answer(call);
        return;
    }
    call->waiting = true;
    call->job.base.service_ns = plan.service_ns;
    call->job.hold = hold;
    call->job.done = grpc_server_served;
    job_queue_submit(t->jobs, &call->job);
}

void grpc_call_served(struct grpc_call_in *call) {
    struct target *t = call->server->t;
    call->waiting = false;
    call->holds = call->served && call->job.hold != JOB_HOLDS_NOTHING;
    if (call->c != NULL && call->served) {
        answer(call);
        return;
    }
    leave_instance(call, t);
    maybe_free(call);
}

void grpc_call_closed(struct grpc_call_in *call, bool complete) {
    struct grpc_connection *c = call->c;
    struct target *t = c->server->t;
    if (call->before != NULL)
        call->before->after = call->after;
    else
        c->calls = call->after;
    if (call->after != NULL)
        call->after->before = call->before;
    token_heap_remove(&c->server->heap, &call->sending);
    leave_instance(call, t);
    if (call->end == END_OPEN)
        counts_aborted(&t->counts, METHOD_POST, call->route, call->body.len);
    else if (call->end == END_ANSWERED && !complete)
        counts_unanswered(&t->counts, METHOD_POST, call->route, call->http_status, call->bytes_out);
    call->c = NULL;
    answer_ended(t);
    maybe_free(call);
}
