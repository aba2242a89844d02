/* Requests: what is asked, by whom, and what is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/json_write.h"
#include "web/web_internal.h"

#define NICE 10
#define PIECE_BYTES 32768

/* One request. */
struct visit {
    struct buf body;
};

enum route_kind {
    ROUTE_DOCUMENT,
    ROUTE_EVENTS,
    /* From here on they change something. */
    ROUTE_STOP,
    ROUTE_LOCUST_STOP,
    ROUTE_LOAD,
    ROUTE_LOCUST_SWARM
};

struct route {
    const char *path, *method;
    enum route_kind kind;
    enum web_document document;
};

static const struct route routes[] = {
    {"/", "GET", ROUTE_DOCUMENT, WEB_PAGE},
    {"/api/state", "GET", ROUTE_DOCUMENT, WEB_STATE},
    {"/metrics", "GET", ROUTE_DOCUMENT, WEB_METRICS},
    {"/api/events", "GET", ROUTE_EVENTS, 0},
    {"/api/stop", "POST", ROUTE_STOP, 0},
    {"/api/load", "POST", ROUTE_LOAD, 0},
    {"/stop", "GET", ROUTE_LOCUST_STOP, 0},
    {"/swarm", "POST", ROUTE_LOCUST_SWARM, 0},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* The thread of the server yields to those that send. */
static void be_nice(void) {
    static _Thread_local bool done;
    if (!done)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    done = true;
}

void web_headers(const struct web *w, struct MHD_Response *r, const char *type) {
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(r, "Content-Security-Policy", buf_text(&w->page.policy));
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "X-Frame-Options", "DENY");
    MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
}

static enum MHD_Result send_text(const struct web *w, struct MHD_Connection *c, unsigned status,
                                 const char *type, const char *text, const char *header,
                                 const char *value) {
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return MHD_NO;
    web_headers(w, r, type);
    if (header != NULL)
        MHD_add_response_header(r, header, value);
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result say(const struct web *w, struct MHD_Connection *c, unsigned status,
                           const char *text) {
    return send_text(w, c, status, "text/plain; charset=utf-8", text, NULL, NULL);
}

/* ---- events ---- */

void web_event_release(struct web_event *e) {
    if (e != NULL && atomic_fetch_sub(&e->users, 1) == 1)
        free(e);
}

/* Under the lock: the next event; false if there is none yet. */
static bool take_event(struct web_reader *r) {
    struct web *w = r->web;
    web_event_release(r->event);
    r->event = NULL;
    r->sent = 0;
    if (r->seen == w->generation)
        return false;
    atomic_fetch_add(&w->event->users, 1);
    r->event = w->event;
    r->seen = w->generation;
    return true;
}

static ssize_t read_events(void *context, uint64_t at, char *to, size_t max) {
    struct web_reader *r = context;
    struct web *w = r->web;
    ssize_t result = 0;
    (void)at;
    pthread_mutex_lock(&w->lock);
    if ((r->event != NULL && r->sent < r->event->bytes) || take_event(r)) {
        size_t left = r->event->bytes - r->sent, n = left < max ? left : max;
        memcpy(to, r->event->text + r->sent, n);
        r->sent += n;
        result = (ssize_t)n;
    } else if (w->over)
        result = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        r->waiting = true;
        MHD_suspend_connection(r->connection);
    }
    pthread_mutex_unlock(&w->lock);
    return result;
}

static void reader_free(void *context) {
    struct web_reader *r = context;
    pthread_mutex_lock(&r->web->lock);
    *r->from = r->next;
    if (r->next != NULL)
        r->next->from = r->from;
    pthread_mutex_unlock(&r->web->lock);
    web_event_release(r->event);
    free(r);
}

static enum MHD_Result send_events(struct web *w, struct MHD_Connection *c) {
    struct web_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return MHD_NO;
    reader->web = w;
    reader->connection = c;
    pthread_mutex_lock(&w->lock);
    reader->next = w->readers;
    reader->from = &w->readers;
    if (reader->next != NULL)
        reader->next->from = &reader->next;
    w->readers = reader;
    pthread_mutex_unlock(&w->lock);
    struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES,
                                                               read_events, reader, reader_free);
    if (r == NULL) {
        reader_free(reader);
        return MHD_NO;
    }
    web_headers(w, r, "text/event-stream");
    MHD_add_response_header(r, "X-Accel-Buffering", "no"); /* a proxy passes each event on */
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

/* ---- other answers ---- */

static enum MHD_Result send_document(struct web *w, struct MHD_Connection *c,
                                     enum web_document document) {
    pthread_mutex_lock(&w->lock);
    enum MHD_Result result = w->documents[document] == NULL
                                 ? MHD_NO
                                 : MHD_queue_response(c, MHD_HTTP_OK, w->documents[document]);
    pthread_mutex_unlock(&w->lock);
    return result;
}

static enum MHD_Result stop(struct web *w, struct MHD_Connection *c, bool locust) {
    static const char json[] = "application/json";
    pthread_mutex_lock(&w->lock);
    bool runs = w->started && !w->over;
    pthread_mutex_unlock(&w->lock);
    if (runs)
        atomic_store(&w->stop, true);
    if (locust)
        return send_text(w, c, MHD_HTTP_OK, json,
                         "{\"success\":true,\"message\":\"Test stopped\"}\n", NULL, NULL);
    if (!runs)
        return send_text(w, c, MHD_HTTP_CONFLICT, json, "{\"error\":\"no run is in progress\"}\n",
                         NULL, NULL);
    return send_text(w, c, MHD_HTTP_ACCEPTED, json, "{\"stopping\":true}\n", NULL, NULL);
}

/* Locust's: success with a message, at 200 in any case. */
static enum MHD_Result say_swarm(const struct web *w, struct MHD_Connection *c, bool good,
                                 const char *message, const char *target) {
    struct buf text;
    struct json_writer j;
    buf_init(&text, 4096);
    json_write_init(&j, &text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_bool(&j, "success", good);
    json_write_text(&j, "message", message);
    json_write_text(&j, "host", target);
    json_write_end(&j);
    buf_char(&text, '\n');
    enum MHD_Result result =
        send_text(w, c, MHD_HTTP_OK, "application/json", buf_text(&text), NULL, NULL);
    buf_done(&text);
    return result;
}

static enum MHD_Result say_change(const struct web *w, struct MHD_Connection *c, unsigned status,
                                  const struct control_change *change, const char *error) {
    struct buf text;
    struct json_writer j;
    buf_init(&text, 4096);
    json_write_init(&j, &text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    if (status != MHD_HTTP_ACCEPTED)
        json_write_text(&j, "error", error);
    else if (change->kind == CONTROL_USERS) {
        json_write_uint(&j, "users", change->users);
        json_write_number(&j, "spawn_rate", change->spawn_rate);
    } else
        json_write_number(&j, "rate", change->rate);
    json_write_end(&j);
    buf_char(&text, '\n');
    enum MHD_Result result =
        send_text(w, c, status, "application/json", buf_text(&text), NULL, NULL);
    buf_done(&text);
    return result;
}

static enum MHD_Result change(struct web *w, struct MHD_Connection *c, const struct buf *body,
                              bool locust) {
    struct control_change wanted;
    struct err why = {""};
    pthread_mutex_lock(&w->lock);
    const struct web_load load = w->load;
    bool runs = w->started && !w->over, good = false;
    if (!runs)
        err_set(&why, "no run is in progress");
    else if (load.refusal[0] != '\0')
        err_set(&why, "the load of this run cannot be changed: %s", load.refusal);
    else
        good = web_read_load(&load, body->data == NULL ? "" : body->data, body->len, &wanted, &why);
    if (good) {
        w->change = wanted;
        w->load.spawn_rate = wanted.kind == CONTROL_USERS ? wanted.spawn_rate : load.spawn_rate;
    }
    pthread_mutex_unlock(&w->lock);
    if (locust)
        return say_swarm(w, c, good, good ? "Swarming started" : why.text, load.target);
    bool conflict = !runs || load.refusal[0] != '\0';
    return say_change(w, c,
                      good       ? MHD_HTTP_ACCEPTED
                      : conflict ? MHD_HTTP_CONFLICT
                                 : MHD_HTTP_BAD_REQUEST,
                      &wanted, why.text);
}

/* The token came in the address: it becomes a cookie, and leaves the address. */
static enum MHD_Result take_token(const struct web *w, struct MHD_Connection *c) {
    char cookie[512], place[512];
    snprintf(cookie, sizeof cookie, WEB_GUARD_COOKIE "=%s; Path=%s/; HttpOnly; SameSite=Strict%s",
             w->guard.token, w->base, w->tls ? "; Secure" : "");
    snprintf(place, sizeof place, "%s/", w->base);
    struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (r == NULL)
        return MHD_NO;
    web_headers(w, r, "text/plain; charset=utf-8");
    MHD_add_response_header(r, MHD_HTTP_HEADER_SET_COOKIE, cookie);
    MHD_add_response_header(r, MHD_HTTP_HEADER_LOCATION, place);
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_SEE_OTHER, r);
    MHD_destroy_response(r);
    return result;
}

static const char *header(struct MHD_Connection *c, const char *name) {
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* HEAD is as GET. */
static bool has_method(const struct route *r, const char *method) {
    return strcmp(r->method, method) == 0 ||
           (strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* NULL: there is none; *known tells whether there is one for another method. */
static const struct route *find(const char *path, const char *method, const char **known) {
    for (size_t i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        *known = routes[i].method;
        if (has_method(&routes[i], method))
            return &routes[i];
    }
    return NULL;
}

/* The path without the base; NULL: it is not below it. */
static const char *below_base(const struct web *w, const char *url) {
    size_t n = strlen(w->base);
    return strncmp(url, w->base, n) == 0 && (url[n] == '/' || url[n] == '\0') ? url + n : NULL;
}

static enum MHD_Result answer(struct web *w, struct MHD_Connection *c, const char *url,
                              const char *method, const struct visit *v) {
    const char *path = below_base(w, url), *known = NULL, *given = NULL;
    const struct route *r = path == NULL ? NULL : find(path, method, &known);
    if (w->guard.token != NULL)
        given = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "token");
    const struct web_guard_request request = {
        .changes = r != NULL && r->kind >= ROUTE_STOP,
        .host = header(c, MHD_HTTP_HEADER_HOST),
        .origin = header(c, "Origin"),
        .fetch_site = header(c, "Sec-Fetch-Site"),
        .authorization = header(c, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie_token = MHD_lookup_connection_value(c, MHD_COOKIE_KIND, WEB_GUARD_COOKIE),
        .query_token = given,
    };
    struct web_refusal refusal = web_guard_check(&w->guard, &request);
    if (refusal.status == MHD_HTTP_UNAUTHORIZED)
        return send_text(w, c, refusal.status, "text/plain; charset=utf-8", refusal.text,
                         MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (refusal.status != 0)
        return say(w, c, refusal.status, refusal.text);
    if (path != NULL && path[0] == '\0') {
        char place[512];
        snprintf(place, sizeof place, "%s/", w->base);
        return send_text(w, c, MHD_HTTP_FOUND, "text/plain; charset=utf-8", "",
                         MHD_HTTP_HEADER_LOCATION, place);
    }
    if (r == NULL && known != NULL)
        return send_text(w, c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8",
                         "this address does not take that method\n", MHD_HTTP_HEADER_ALLOW,
                         strcmp(known, "GET") == 0 ? "GET, HEAD" : known);
    if (r == NULL)
        return say(w, c, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
    if (given != NULL && r->kind == ROUTE_DOCUMENT && r->document == WEB_PAGE)
        return take_token(w, c);
    if (r->kind == ROUTE_EVENTS)
        return send_events(w, c);
    if (r->kind == ROUTE_LOAD || r->kind == ROUTE_LOCUST_SWARM)
        return change(w, c, &v->body, r->kind == ROUTE_LOCUST_SWARM);
    return r->kind == ROUTE_DOCUMENT ? send_document(w, c, r->document)
                                     : stop(w, c, r->kind == ROUTE_LOCUST_STOP);
}

enum MHD_Result web_answer(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *bytes,
                           void **visit) {
    struct web *w = context;
    struct visit *v = *visit;
    (void)version;
    be_nice();
    if (v == NULL) {
        const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
        *visit = calloc(1, sizeof *v);
        if (*visit == NULL)
            return MHD_NO;
        buf_init(&((struct visit *)*visit)->body, WEB_BODY_MAX);
        if (length != NULL && strtoull(length, NULL, 10) > WEB_BODY_MAX)
            return say(w, connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large\n");
        return MHD_YES;
    }
    if (*bytes > 0) {
        buf_add(&v->body, data, *bytes);
        *bytes = 0;
        return buf_ok(&v->body) ? MHD_YES : MHD_NO;
    }
    return answer(w, connection, url, method, v);
}

void web_answered(void *context, struct MHD_Connection *connection, void **visit,
                  enum MHD_RequestTerminationCode code) {
    (void)context;
    (void)connection;
    (void)code;
    if (*visit != NULL)
        buf_done(&((struct visit *)*visit)->body);
    free(*visit);
    *visit = NULL;
}
