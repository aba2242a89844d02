/*
 * One request, from its headers to its end. libmicrohttpd calls handle_request when the headers
 * have arrived, for each piece of the body, when the body is complete, and again when we have
 * resumed the connection.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "target/plan.h"
#include "target/target_internal.h"
#include "util/clock.h"
#include "util/json.h"

static const struct {
    const char *text;
    const char *header, *value; /* one more header, or NULL */
    const char *type;           /* NULL: plain text */
} texts[CANNED_COUNT] = {
    [CANNED_ROOT] = {"coldswarm target is up; POST a body to /predict\n", NULL, NULL, NULL},
    [CANNED_HEALTH] = {"ok\n", NULL, NULL, NULL},
    [CANNED_FAULT] = {"failed on purpose (--fail-rate)\n", NULL, NULL, NULL},
    [CANNED_NO_BODY] = {"/predict needs a body: JSON, a raw image or multipart/form-data\n", NULL,
                        NULL, NULL},
    [CANNED_NO_TOKEN] =
        {"/predict needs the header Authorization: Bearer TOKEN with the token of --token\n",
         MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer", NULL},
    [CANNED_NOT_FOUND] =
        {"known paths are /, /health, /healthz, /stats, /predict, /v1/models, /v2 (KServe)"
#define KNOWN_PATH(name, path) ", " path
         LLM_API_MAP(KNOWN_PATH)
#undef KNOWN_PATH
             "\n",
         NULL, NULL, NULL},
    [CANNED_USE_GET] = {"use GET or HEAD here\n", MHD_HTTP_HEADER_ALLOW, "GET, HEAD", NULL},
    [CANNED_USE_POST] = {"use POST here, with a body\n", MHD_HTTP_HEADER_ALLOW, "POST", NULL},
    [CANNED_TOO_LARGE] = {"the body is larger than --max-body\n", NULL, NULL, NULL},
    [CANNED_LOGIN] = {"", NULL, NULL, NULL}, /* has the token: made by prepare_login() */
    [CANNED_MODELS] = {"{\"object\":\"list\",\"data\":[{\"id\":\"" LLM_MODEL
                       "\",\"object\":\"model\",\"created\":0,\"owned_by\":\"coldswarm\"}]}\n",
                       NULL, NULL, "application/json"},
};

static struct MHD_Response *response(const char *bytes, size_t n, const char *type) {
    char copy[512];
    if (n >= sizeof copy)
        return NULL;
    memcpy(copy, bytes, n);
    struct MHD_Response *r = MHD_create_response_from_buffer(n, copy, MHD_RESPMEM_MUST_COPY);
    if (r != NULL)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    return r;
}

/* What POST /login says, in place of the text of the table. */
static void prepare_login(struct target *t) {
    struct canned *c = &t->texts[CANNED_LOGIN];
    struct buf json;
    buf_init(&json, 4096);
    buf_str(&json, "{\"token\":\"");
    json_escape(&json, t->spec.token, strlen(t->spec.token));
    buf_str(&json, "\"}");
    MHD_destroy_response(c->response);
    c->bytes = json.len;
    c->response = MHD_create_response_from_buffer(json.len, (void *)(uintptr_t)buf_text(&json),
                                                  MHD_RESPMEM_MUST_COPY);
    if (c->response != NULL)
        MHD_add_response_header(c->response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    buf_done(&json);
}

int handle_prepare(struct target *t, struct err *e) {
    bool failed = false;
    for (int k = 0; k < CANNED_COUNT; k++) {
        struct canned *c = &t->texts[k];
        c->bytes = strlen(texts[k].text);
        c->response = response(texts[k].text, c->bytes,
                               texts[k].type != NULL ? texts[k].type : "text/plain; charset=utf-8");
        failed = failed || c->response == NULL;
        if (c->response != NULL && texts[k].header != NULL)
            MHD_add_response_header(c->response, texts[k].header, texts[k].value);
    }
    for (unsigned k = 0; k < ANSWERS; k++) {
        /* White space before the brace keeps it JSON and makes every answer as long as the others.
         */
        char json[ANSWER_BYTES + 1];
        memset(json, ' ', sizeof json);
        unsigned score;
        const char *class = target_class(k, &score);
        int n = snprintf(json, sizeof json, "{\"class\":\"%s\",\"score\":0.%03u", class, score);
        json[n] = ' ';
        json[ANSWER_BYTES - 1] = '}';
        t->answers[k].bytes = ANSWER_BYTES;
        t->answers[k].response = response(json, ANSWER_BYTES, "application/json");
        failed = failed || t->answers[k].response == NULL;
    }
    if (!failed && t->spec.login) {
        prepare_login(t);
        failed = t->texts[CANNED_LOGIN].response == NULL;
    }
    return failed ? err_memory(e, NULL) : 0;
}

void handle_release(struct target *t) {
    for (int k = 0; k < CANNED_COUNT; k++)
        if (t->texts[k].response != NULL)
            MHD_destroy_response(t->texts[k].response);
    for (int k = 0; k < ANSWERS; k++)
        if (t->answers[k].response != NULL)
            MHD_destroy_response(t->answers[k].response);
}

void handle_served(struct job *job, bool served) {
    struct target_request *r = (struct target_request *)job;
    r->served_ns = clock_mono_ns();
    r->holds = served && job->hold != JOB_HOLDS_NOTHING;
    r->phase = served ? PHASE_SERVED : PHASE_DROPPED;
    MHD_resume_connection(r->connection); /* r may be gone after this */
}

void handle_client_gone(struct watch_entry *entry) {
    struct target_request *r =
        (struct target_request *)((char *)entry - offsetof(struct target_request, watch));
    r->phase = PHASE_DROPPED;
    MHD_resume_connection(r->connection);
}

static enum MHD_Result answer_text(struct target_request *r, unsigned status,
                                   enum canned_text which) {
    return answer_send(r, status, &r->t->texts[which]);
}

static enum MHD_Result answer_stats(struct target_request *r) {
    struct buf json;
    buf_init(&json, 1 << 20);
    target_json(r->t, &json);
    enum MHD_Result result = answer_json(r, MHD_HTTP_OK, &json);
    buf_done(&json);
    return result;
}

/* Bytes past libmicrohttpd, which closes the connection after MHD_NO. */
static void send_raw(const struct target_request *r, const char *bytes, size_t n) {
    if (send(answer_socket(r), bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return; /* the client has left: it gets no answer either way */
}

static enum MHD_Result fail(struct target_request *r) {
    static const char garbage[] = "\001\002 this is not HTTP \377\376\r\n\r\n";
    static const char cut_short[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                    "Content-Length: 1000\r\n\r\n{\"class\":\"";
    r->end = END_COUNTED;
    tokens_leave(r);
    counts_fault(&r->t->counts, r->method, r->route, r->fault, r->bytes_in);
    switch (r->fault) {
    case FAULT_RESET: {
        /* Dissolving the association sends an RST now, whatever is done with the socket later
         * (tcp_disconnect). */
        struct sockaddr nobody = {.sa_family = AF_UNSPEC};
        (void)connect(answer_socket(r), &nobody, sizeof nobody);
        return MHD_NO;
    }
    case FAULT_HANG:
        r->phase = PHASE_WAITING;
        r->watch.fd = answer_socket(r);
        MHD_suspend_connection(r->connection);
        watch_add(r->t->watch, &r->watch);
        return MHD_YES;
    case FAULT_GARBAGE:
        send_raw(r, garbage, sizeof garbage - 1);
        return MHD_NO;
    case FAULT_SHORT:
        send_raw(r, cut_short, sizeof cut_short - 1);
        return MHD_NO;
    case FAULT_NONE:
    case FAULT_STATUS:
    case FAULT_COUNT:
        break;
    }
    abort(); /* not a failure of these */
}

/* Its time is over. */
static enum MHD_Result finish(struct target_request *r) {
    if (r->fault == FAULT_STATUS)
        return answer_text(r, (unsigned)r->t->spec.fault.status, CANNED_FAULT);
    if (r->fault != FAULT_NONE)
        return fail(r);
    if (r->route == ROUTE_PREDICT)
        return answer_send(r, MHD_HTTP_OK, &r->t->answers[r->number % ANSWERS]);
    if (r->route == ROUTE_LOGIN)
        return answer_text(r, MHD_HTTP_OK, CANNED_LOGIN);
    if (r->route == ROUTE_MODELS)
        return answer_text(r, MHD_HTTP_OK, CANNED_MODELS);
    if (kserve_route(r->route))
        return kserve_answer(r);
    if (tokens_route(r->route))
        return tokens_begin(r);
    return answer_text(r, MHD_HTTP_OK, r->route == ROUTE_ROOT ? CANNED_ROOT : CANNED_HEALTH);
}

static bool has_token(const struct target_request *r) {
    static const char scheme[] = "Bearer ";
    const char *given =
        MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *key = tokens_route(r->route)
                          ? MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "x-api-key")
                          : NULL;
    return r->t->spec.token == NULL || (key != NULL && strcmp(key, r->t->spec.token) == 0) ||
           (given != NULL && strncasecmp(given, scheme, strlen(scheme)) == 0 &&
            strcmp(given + strlen(scheme), r->t->spec.token) == 0);
}

/* Of a route that takes a body: true where it was refused, with what libmicrohttpd is to be
 * told. */
static bool refuse_body(struct target_request *r, enum MHD_Result *result) {
    struct err e = {""};
    if (r->method != METHOD_POST)
        *result = answer_text(r, MHD_HTTP_METHOD_NOT_ALLOWED, CANNED_USE_POST);
    else if (tokens_route(r->route) && !has_token(r))
        *result = tokens_refuse(r, MHD_HTTP_UNAUTHORIZED,
                                "the header Authorization: Bearer TOKEN, or X-Api-Key: TOKEN, "
                                "needs the token of --token");
    else if (tokens_route(r->route) && tokens_read(r, &e) != 0)
        *result = tokens_refuse(r, MHD_HTTP_BAD_REQUEST, e.text);
    else if ((r->route == ROUTE_PREDICT || r->route == ROUTE_KSERVE_INFER) && !has_token(r))
        *result = answer_text(r, MHD_HTTP_UNAUTHORIZED, CANNED_NO_TOKEN);
    else if (r->bytes_in == 0)
        *result = answer_text(r, MHD_HTTP_BAD_REQUEST, CANNED_NO_BODY);
    else
        return false;
    return true;
}

/* What an answer of a language model has of the instance until its last token. */
static enum job_hold hold_of(const struct target_request *r) {
    if (!tokens_route(r->route))
        return JOB_HOLDS_NOTHING;
    return r->t->spec.tokens.hold ? JOB_HOLDS_PLACE : JOB_HOLDS_INSTANCE;
}

/* The request is complete: refuse it, answer it, or let it wait. */
static enum MHD_Result serve(struct target_request *r) {
    struct target *t = r->t;
    enum MHD_Result result;
    bool reads = r->method == METHOD_GET || r->method == METHOD_HEAD;
    r->received_ns = clock_mono_ns();
    r->served_ns = r->received_ns;
    if (r->is_stats)
        return reads ? answer_stats(r)
                     : answer_text(r, MHD_HTTP_METHOD_NOT_ALLOWED, CANNED_USE_GET);
    if (r->route == ROUTE_OTHER || (r->route == ROUTE_LOGIN && !t->spec.login))
        return answer_text(r, MHD_HTTP_NOT_FOUND, CANNED_NOT_FOUND);
    bool takes_body = r->route == ROUTE_PREDICT || r->route == ROUTE_LOGIN ||
                      r->route == ROUTE_KSERVE_INFER || tokens_route(r->route);
    if (!takes_body && !reads)
        return answer_text(r, MHD_HTTP_METHOD_NOT_ALLOWED, CANNED_USE_GET);
    if (takes_body && refuse_body(r, &result))
        return result;
    struct plan plan =
        plan_request(t->spec.seed, r->number, reads ? &t->spec.get : &t->spec.post, &t->spec.fault);
    r->fault = plan.fault;
    enum job_hold hold = hold_of(r);
    if (t->instant && hold != JOB_HOLDS_PLACE)
        return finish(r);
    if (hold == JOB_HOLDS_NOTHING && plan.service_ns == 0 && job_queue_pass(t->jobs))
        return finish(r);
    r->phase = PHASE_WAITING;
    r->job.base.service_ns = plan.service_ns;
    r->job.hold = hold;
    MHD_suspend_connection(r->connection); /* before the queue can resume it */
    job_queue_submit(t->jobs, &r->job);
    return MHD_YES;
}

/* The headers are there. */
static enum MHD_Result receive(struct target *t, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, void **request) {
    struct target_request *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return MHD_NO;
    *request = r;
    r->t = t;
    r->connection = connection;
    r->method = method_of(method);
    r->route = route_of(url);
    r->is_stats = strcmp(url, "/stats") == 0;
    if (kserve_route(r->route) && r->route >= ROUTE_KSERVE_MODEL)
        kserve_note_model(r, url);
    r->http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    buf_init(&r->body, t->spec.body_max_bytes);
    if (!r->is_stats)
        r->number = counts_received(&t->counts, r->method, r->route);
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL && strtoull(length, NULL, 10) > t->spec.body_max_bytes)
        return answer_text(r, MHD_HTTP_CONTENT_TOO_LARGE, CANNED_TOO_LARGE);
    return MHD_YES;
}

/* A piece of the body: counted, and dropped where nothing in it decides the answer. */
static enum MHD_Result swallow(struct target_request *r, const char *piece, size_t *bytes) {
    static const char too_large[] = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
                                    "Content-Length: 0\r\n\r\n";
    r->bytes_in += *bytes;
    if (tokens_route(r->route) && r->method == METHOD_POST)
        buf_add(&r->body, piece, *bytes);
    *bytes = 0;
    if (r->bytes_in <= r->t->spec.body_max_bytes)
        return MHD_YES;
    /* A chunked body announces no length, and libmicrohttpd takes no answer in the middle of a
     * body. */
    answer_note(r, MHD_HTTP_CONTENT_TOO_LARGE, 0);
    r->end = END_COUNTED;
    send_raw(r, too_large, sizeof too_large - 1);
    return MHD_NO;
}

enum MHD_Result handle_request(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_bytes, void **request) {
    struct target_request *r = *request;
    if (r == NULL)
        return receive(cls, connection, url, method, version, request);
    if (*upload_bytes > 0)
        return swallow(r, upload, upload_bytes);
    switch ((enum phase)r->phase) {
    case PHASE_BODY:
        return serve(r);
    case PHASE_SERVED:
        return finish(r);
    case PHASE_ANSWER:
        return tokens_answer(r);
    case PHASE_WAITING:
        return MHD_YES;
    case PHASE_DROPPED:
    case PHASE_SENT:
        break;
    }
    return MHD_NO;
}

void handle_completed(void *cls, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode code) {
    struct target *t = cls;
    struct target_request *r = *request;
    (void)connection;
    if (r == NULL)
        return;
    *request = NULL;
    tokens_leave(r);
    if (!r->is_stats) {
        if (r->end == END_OPEN)
            counts_aborted(&t->counts, r->method, r->route, r->bytes_in);
        else if (r->end == END_ANSWERED && code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
            counts_unanswered(&t->counts, r->method, r->route, r->status, r->bytes_out);
        answer_ended(t);
    }
    buf_done(&r->body);
    free(r);
}
