/* Requests: what is asked, by whom, and what is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util/json_write.h"
#include "web/web_internal.h"

#define PIECE_BYTES 32768
#define ANSWER_BYTES_MAX 8192

enum route_kind {
    ROUTE_DOCUMENT,
    ROUTE_EVENTS,
    ROUTE_SCENARIOS,
    ROUTE_SCENARIO,
    ROUTE_RUNS,
    ROUTE_RUN_FILE,
    ROUTE_LOCUST,
    /* From here on they change something. */
    ROUTE_STOP,
    ROUTE_LOCUST_STOP,
    ROUTE_LOCUST_RESET,
    ROUTE_LOAD,
    ROUTE_START,
    ROUTE_LOCUST_SWARM,
    /* Or take time of this machine. */
    ROUTE_REPORT,
    ROUTE_COMPARISON
};

struct route {
    const char *path, *method;
    enum route_kind kind;
    enum web_document document;
    bool host; /* only if there is one */
};

static const struct route routes[] = {
    {"/", "GET", ROUTE_DOCUMENT, WEB_PAGE, false},
    {"/api/state", "GET", ROUTE_DOCUMENT, WEB_STATE, false},
    {"/metrics", "GET", ROUTE_DOCUMENT, WEB_METRICS, false},
    {"/api/events", "GET", ROUTE_EVENTS, 0, false},
    {"/api/stop", "POST", ROUTE_STOP, 0, false},
    {"/api/load", "POST", ROUTE_LOAD, 0, false},
    {"/stop", "GET", ROUTE_LOCUST_STOP, 0, false},
    {"/swarm", "POST", ROUTE_LOCUST_SWARM, 0, false},
    {"/stats/requests", "GET", ROUTE_LOCUST, 0, false},
    {"/stats/requests/csv", "GET", ROUTE_LOCUST, 0, false},
    {"/stats/failures/csv", "GET", ROUTE_LOCUST, 0, false},
    {"/stats/requests_full_history/csv", "GET", ROUTE_LOCUST, 0, false},
    {"/exceptions", "GET", ROUTE_LOCUST, 0, false},
    {"/exceptions/csv", "GET", ROUTE_LOCUST, 0, false},
    {"/stats/reset", "GET", ROUTE_LOCUST_RESET, 0, false},
    {"/api/start", "POST", ROUTE_START, 0, true},
    {"/api/scenarios", "GET", ROUTE_SCENARIOS, 0, true},
    {"/api/scenario", "GET", ROUTE_SCENARIO, 0, true},
    {"/runs", "GET", ROUTE_RUNS, 0, true},
    {"/runs/*/report", "GET", ROUTE_REPORT, 0, true},
    {"/runs/*/compare", "GET", ROUTE_COMPARISON, 0, true},
    {"/runs/*", "GET", ROUTE_RUN_FILE, 0, true},
};
#define ROUTES (sizeof routes / sizeof *routes)

static enum MHD_Result say(const struct web *w, struct MHD_Connection *c, unsigned status,
                           const char *text) {
    return web_send_text(w, c, status, "text/plain; charset=utf-8", text, NULL, NULL);
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
    bool runs = web_runs(w);
    pthread_mutex_unlock(&w->lock);
    /* A script may call Locust's address twice, and means one end. */
    bool again = runs && atomic_exchange(&w->stopping, true);
    if (runs && !(again && locust))
        atomic_fetch_add(&w->stops, 1);
    if (locust)
        return web_send_text(w, c, MHD_HTTP_OK, json,
                             "{\"success\":true,\"message\":\"Test stopped\"}\n", NULL, NULL);
    if (!runs)
        return web_send_text(w, c, MHD_HTTP_CONFLICT, json,
                             "{\"error\":\"no run is in progress\"}\n", NULL, NULL);
    return web_send_text(
        w, c, MHD_HTTP_ACCEPTED, json,
        again ? "{\"stopping\":true,\"cancelling\":true}\n" : "{\"stopping\":true}\n", NULL, NULL);
}

static enum MHD_Result say_change(const struct web *w, struct MHD_Connection *c,
                                  const struct control_change *change) {
    struct buf text;
    struct json_writer j;
    buf_init(&text, 4096);
    json_write_init(&j, &text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    if (change->kind == CONTROL_USERS) {
        json_write_uint(&j, "users", change->users);
        json_write_number(&j, "spawn_rate", change->spawn_rate);
    } else
        json_write_number(&j, "rate", change->rate);
    json_write_end(&j);
    buf_char(&text, '\n');
    enum MHD_Result result =
        web_send_text(w, c, MHD_HTTP_ACCEPTED, "application/json", buf_text(&text), NULL, NULL);
    buf_done(&text);
    return result;
}

static enum MHD_Result change(struct web *w, struct MHD_Connection *c, const struct buf *body,
                              bool locust) {
    struct control_change wanted;
    struct err why = {""};
    pthread_mutex_lock(&w->lock);
    const struct web_load load = w->load;
    bool runs = w->started && web_runs(w), good = false;
    if (!runs)
        err_set(&why, "no run is in progress");
    else if (load.refusal[0] != '\0')
        err_set(&why, CHANGE_REFUSED "%s", load.refusal);
    else
        good = web_read_load(&load, body->data == NULL ? "" : body->data, body->len, &wanted, &why);
    if (good) {
        w->change = wanted;
        w->load.of.spawn_rate =
            wanted.kind == CONTROL_USERS ? wanted.spawn_rate : load.of.spawn_rate;
    }
    pthread_mutex_unlock(&w->lock);
    if (locust)
        return web_send_swarm(w, c, good, good ? "Swarming started" : why.text, load.target);
    bool conflict = !runs || load.refusal[0] != '\0';
    if (!good)
        return web_send_error(w, c, conflict ? MHD_HTTP_CONFLICT : MHD_HTTP_BAD_REQUEST, why.text);
    return say_change(w, c, &wanted);
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

/* Whether the path has this pattern; then *part is what its "*" stands for, up to *n bytes. */
static bool fits(const char *pattern, const char *path, const char **part, size_t *n) {
    size_t fixed = strcspn(pattern, "*");
    if (strncmp(pattern, path, fixed) != 0)
        return false;
    *part = path + fixed;
    *n = pattern[fixed] == '*' ? strcspn(*part, "/") : 0;
    return (pattern[fixed] == '\0' || *n > 0) &&
           strcmp(*part + *n, pattern + fixed + (*n > 0)) == 0;
}

struct place {
    const struct route *route; /* NULL: there is none */
    const char *method;        /* of one for another method */
    const char *part;          /* of the path, where the route has a "*" */
    size_t part_bytes;
};

static struct place find(const struct web *w, const char *path, const char *method) {
    struct place p = {NULL, NULL, NULL, 0};
    for (size_t i = 0; i < ROUTES && p.route == NULL; i++) {
        if ((routes[i].host && w->host == NULL) ||
            !fits(routes[i].path, path, &p.part, &p.part_bytes))
            continue;
        p.method = routes[i].method;
        if (has_method(&routes[i], method))
            p.route = &routes[i];
    }
    return p;
}

/* The path without the base; NULL: it is not below it. */
static const char *below_base(const struct web *w, const char *url) {
    size_t n = strlen(w->base);
    return strncmp(url, w->base, n) == 0 && (url[n] == '/' || url[n] == '\0') ? url + n : NULL;
}

/* Refuses who may not ask. MHD_NO: they may. */
static bool refused(const struct web *w, struct MHD_Connection *c, const struct route *r,
                    const char *query_token, enum MHD_Result *result) {
    const struct web_guard_request request = {
        .changes = r != NULL && r->kind >= ROUTE_STOP,
        .host = header(c, MHD_HTTP_HEADER_HOST),
        .origin = header(c, "Origin"),
        .fetch_site = header(c, "Sec-Fetch-Site"),
        .authorization = header(c, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie_token = MHD_lookup_connection_value(c, MHD_COOKIE_KIND, WEB_GUARD_COOKIE),
        .query_token = query_token,
    };
    struct web_refusal refusal = web_guard_check(&w->guard, &request);
    if (refusal.status == MHD_HTTP_UNAUTHORIZED)
        *result = web_send_text(w, c, refusal.status, "text/plain; charset=utf-8", refusal.text,
                                MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    else if (refusal.status != 0)
        *result = say(w, c, refusal.status, refusal.text);
    return refusal.status != 0;
}

/* There is no route. */
static enum MHD_Result say_no(const struct web *w, struct MHD_Connection *c, const char *path,
                              const char *method) {
    char place[512];
    if (path != NULL && path[0] == '\0') {
        snprintf(place, sizeof place, "%s/", w->base);
        return web_send_text(w, c, MHD_HTTP_FOUND, "text/plain; charset=utf-8", "",
                             MHD_HTTP_HEADER_LOCATION, place);
    }
    if (method != NULL)
        return web_send_text(w, c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8",
                             "this address does not take that method\n", MHD_HTTP_HEADER_ALLOW,
                             strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
    return say(w, c, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
}

/* "" if it is not given. False: it is too long to be any that there is. */
static bool argument(struct MHD_Connection *c, const char *name, char *to, size_t bytes) {
    const char *value = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
    size_t n = value == NULL ? 0 : strlen(value);
    if (n < bytes)
        memcpy(to, value == NULL ? "" : value, n + 1);
    return n < bytes;
}

static enum MHD_Result ask_host(struct web *w, struct web_visit *v, const struct place *p) {
    static const enum web_what whats[] = {
        [ROUTE_SCENARIOS] = WEB_SCENARIOS, [ROUTE_SCENARIO] = WEB_SCENARIO,
        [ROUTE_RUNS] = WEB_RUNS,           [ROUTE_RUN_FILE] = WEB_RUN_FILE,
        [ROUTE_REPORT] = WEB_REPORT,       [ROUTE_COMPARISON] = WEB_COMPARISON};
    struct web_ask *ask = &v->ask;
    struct MHD_Connection *c = v->connection;
    ask->what = whats[p->route->kind];
    bool known = p->part_bytes < sizeof ask->name &&
                 argument(c, "format", ask->format, sizeof ask->format) &&
                 argument(c, "with", ask->other, sizeof ask->other);
    if (known && p->part_bytes > 0) {
        memcpy(ask->name, p->part, p->part_bytes);
        ask->name[p->part_bytes] = '\0';
    } else if (known)
        known = argument(c, "file", ask->name, sizeof ask->name);
    return known ? web_host_ask(w, v)
                 : web_send_error(w, c, MHD_HTTP_NOT_FOUND, "there is nothing with this name");
}

/* `curl -F` and scripts send such a body by mistake. */
static bool is_multipart(struct MHD_Connection *c) {
    const char *type = header(c, MHD_HTTP_HEADER_CONTENT_TYPE);
    return type != NULL && strncasecmp(type, "multipart/", strlen("multipart/")) == 0;
}

static enum MHD_Result refuse_multipart(const struct web *w, struct MHD_Connection *c,
                                        bool locust) {
    static const char text[] = "a multipart body is not understood; send JSON, or a form as "
                               "application/x-www-form-urlencoded (with curl: -d, not -F)";
    return locust ? web_send_swarm(w, c, false, text, NULL)
                  : web_send_error(w, c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, text);
}

static enum MHD_Result answer_route(struct web *w, struct web_visit *v, const struct place *p) {
    struct MHD_Connection *c = v->connection;
    bool runs, body = p->route->kind == ROUTE_LOAD || p->route->kind == ROUTE_START ||
                      p->route->kind == ROUTE_LOCUST_SWARM;
    if (body && is_multipart(c))
        return refuse_multipart(w, c, p->route->kind == ROUTE_LOCUST_SWARM);
    switch (p->route->kind) {
    case ROUTE_DOCUMENT:
        return send_document(w, c, p->route->document);
    case ROUTE_EVENTS:
        return send_events(w, c);
    case ROUTE_STOP:
        return stop(w, c, false);
    case ROUTE_LOCUST_STOP:
        return stop(w, c, true);
    case ROUTE_LOCUST:
        return web_locust_answer(w, c, p->route->path);
    case ROUTE_LOCUST_RESET:
        return web_locust_reset(w, c);
    case ROUTE_LOAD:
        return change(w, c, &v->body, false);
    case ROUTE_LOCUST_SWARM:
        pthread_mutex_lock(&w->lock);
        runs = w->host == NULL || web_runs(w);
        pthread_mutex_unlock(&w->lock);
        v->locust = true;
        return runs ? change(w, c, &v->body, true) : web_host_start(w, v);
    case ROUTE_START:
        return web_host_start(w, v);
    case ROUTE_SCENARIOS:
    case ROUTE_SCENARIO:
    case ROUTE_RUNS:
    case ROUTE_RUN_FILE:
    case ROUTE_REPORT:
    case ROUTE_COMPARISON:
        break;
    }
    return ask_host(w, v, p);
}

static enum MHD_Result answer(struct web *w, struct web_visit *v, const char *url,
                              const char *method) {
    struct MHD_Connection *c = v->connection;
    const char *path = below_base(w, url), *given = NULL;
    struct place p = {NULL, NULL, NULL, 0};
    enum MHD_Result result;
    if (path != NULL)
        p = find(w, path, method);
    if (w->guard.token != NULL)
        given = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "token");
    if (refused(w, c, p.route, given, &result))
        return result;
    if (p.route == NULL)
        return say_no(w, c, path, p.method);
    if (given != NULL && p.route->kind == ROUTE_DOCUMENT && p.route->document == WEB_PAGE)
        return take_token(w, c);
    return answer_route(w, v, &p);
}

/* What an address has that is none: the path would end at its NUL. */
static char bad_address;

void *web_asked(void *context, const char *uri, struct MHD_Connection *connection) {
    (void)context;
    (void)connection;
    return strstr(uri, "%00") != NULL ? &bad_address : NULL;
}

enum MHD_Result web_answer(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *bytes,
                           void **visit) {
    struct web *w = context;
    struct web_visit *v = *visit;
    (void)version;
    web_be_nice();
    if (*visit == &bad_address) {
        *visit = NULL;
        return web_send_error(w, connection, MHD_HTTP_BAD_REQUEST, "the address has a NUL (%00)");
    }
    if (v == NULL) {
        const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
        *visit = v = calloc(1, sizeof *v);
        if (v == NULL)
            return MHD_NO;
        v->connection = connection;
        buf_init(&v->body, WEB_BODY_MAX);
        if (length != NULL && strtoull(length, NULL, 10) > WEB_BODY_MAX)
            return say(w, connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large\n");
        return MHD_YES;
    }
    if (*bytes > 0) {
        buf_add(&v->body, data, *bytes);
        *bytes = 0;
        return buf_ok(&v->body) ? MHD_YES : MHD_NO;
    }
    pthread_mutex_lock(&w->lock);
    bool waits = v->state == WEB_VISIT_WAITS, ready = v->state == WEB_VISIT_READY;
    pthread_mutex_unlock(&w->lock);
    if (waits)
        return MHD_YES;
    return ready ? web_host_reply(w, v) : answer(w, v, url, method);
}

void web_answered(void *context, struct MHD_Connection *connection, void **visit,
                  enum MHD_RequestTerminationCode code) {
    struct web_visit *v = *visit;
    (void)context;
    (void)connection;
    (void)code;
    if (v == NULL || *visit == &bad_address)
        return;
    if (v->state != WEB_VISIT_NEW) {
        buf_done(&v->reply.text);
        if (v->reply.fd >= 0)
            close(v->reply.fd);
    }
    buf_done(&v->body);
    free(v);
    *visit = NULL;
}
