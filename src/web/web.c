#include "web/web.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/status_json.h"
#include "util/file.h"
#include "util/ipaddr.h"
#include "util/json_write.h"
#include "web/web_internal.h"
#include "web/web_metrics.h"

#define BACKLOG 128
#define CONNECTIONS_MAX 128U
#define REQUEST_BYTES_MAX ((size_t)32 << 10) /* of a head; a longer one gets 431 or is closed */
#define TIMEOUT_S 15U
#define DOCUMENT_BYTES_MAX ((size_t)256 << 20)
#define PEM_BYTES_MAX ((size_t)1 << 20)

static const char *const types[WEB_DOCUMENTS] = {[WEB_PAGE] = "text/html; charset=utf-8",
                                                 [WEB_STATE] = "application/json",
                                                 [WEB_METRICS] =
                                                     "text/plain; version=0.0.4; charset=utf-8"};

/* ---- where ---- */

/* "8089", "127.0.0.1:8089", "localhost:8089", "[::1]:8089" */
static int parse_where(const char *where, struct ipaddr *address, uint16_t *port, struct err *e) {
    const char *colon = strrchr(where, ':');
    const char *digits = colon == NULL ? where : colon + 1;
    size_t n = colon == NULL ? 0 : (size_t)(colon - where);
    size_t count = strlen(digits);
    unsigned long number = strtoul(digits, NULL, 10);
    bool good = count > 0 && count <= 5 && strspn(digits, "0123456789") == count && number < 65536;
    if (colon == NULL || (n == 9 && strncmp(where, "localhost", n) == 0))
        good = good && ipaddr_parse("127.0.0.1", 9, address, NULL) == 0;
    else /* "::1:8089" could be an address of its own */
        good = good && (where[0] == '[' || memchr(where, ':', n) == NULL) &&
               ipaddr_parse(where, n, address, NULL) == 0;
    *port = (uint16_t)number;
    return good ? 0
                : err_set(e,
                          "\"%.100s\" is not a port or ADDRESS:PORT; write 8089, 0.0.0.0:8089 or "
                          "[::1]:8089",
                          where);
}

static bool is_loopback(const struct ipaddr *a) {
    static const uint8_t one[16] = {[15] = 1};
    return a->family == AF_INET ? a->bytes[0] == 127 : memcmp(a->bytes, one, sizeof one) == 0;
}

static int listen_on(struct web *w, const struct ipaddr *address, uint16_t *port, const char *where,
                     struct err *e) {
    struct sockaddr_storage to;
    socklen_t n = ipaddr_socket(address, *port, &to);
    int on = 1;
    w->listen_fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (w->listen_fd < 0)
        return err_set(e, "cannot create a socket: %s", strerror(errno));
    setsockopt(w->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(w->listen_fd, (struct sockaddr *)&to, n) != 0 || listen(w->listen_fd, BACKLOG) != 0) {
        if (errno == EADDRINUSE)
            return err_set(e,
                           "port %u of \"%.100s\" is in use; stop the program that uses it, or "
                           "choose another port (0: any free port)",
                           (unsigned)*port, where);
        return err_set(e, "cannot listen on \"%.100s\": %s", where, strerror(errno));
    }
    n = sizeof to;
    if (getsockname(w->listen_fd, (struct sockaddr *)&to, &n) != 0)
        return err_set(e, "cannot read the socket's address: %s", strerror(errno));
    *port = ntohs(to.ss_family == AF_INET ? ((struct sockaddr_in *)&to)->sin_port
                                          : ((struct sockaddr_in6 *)&to)->sin6_port);
    return 0;
}

/* ---- options ---- */

static int choose_token(struct web *w, const char *given, bool needed, struct err *e) {
    unsigned char random[16];
    char hex[2 * sizeof random + 1];
    if (given != NULL && !web_guard_may_be_token(given))
        return err_set(e, "a token has %d to 256 letters, digits or any of -._~",
                       WEB_GUARD_TOKEN_MIN);
    if (given == NULL && !needed)
        return 0;
    if (given == NULL) {
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return err_set(e, "cannot make a token: %s", strerror(errno));
        for (size_t i = 0; i < sizeof random; i++)
            snprintf(hex + 2 * i, 3, "%02x", random[i]);
    }
    w->token = strdup(given == NULL ? hex : given);
    w->guard.token = w->token;
    return w->token == NULL ? err_memory(e, "the page") : 0;
}

/* "/load/" and "load" are "/load". */
static int choose_base(struct web *w, const char *given, struct err *e) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    size_t n = given == NULL ? 0 : strlen(given);
    if (n > 200 || (n > 0 && strspn(given, plain) != n))
        return err_set(e, "\"%.100s\" is not a path; write one such as /load", given);
    while (n > 0 && given[n - 1] == '/')
        n--;
    w->base = malloc(n + 2);
    if (w->base == NULL)
        return err_memory(e, "the page");
    snprintf(w->base, n + 2, "%s%.*s", n > 0 && given[0] != '/' ? "/" : "", (int)n,
             n > 0 ? given : "");
    return 0;
}

static char *read_pem(const char *path, struct err *e) {
    struct buf text;
    buf_init(&text, PEM_BYTES_MAX);
    char *out = file_read(path, &text, e) == 0 ? buf_take(&text) : NULL;
    buf_done(&text);
    return out;
}

static int make_url(struct web *w, const struct ipaddr *a, uint16_t port, bool made,
                    struct err *e) {
    char host[IPADDR_TEXT_BYTES];
    struct buf url;
    buf_init(&url, 1024);
    ipaddr_text(a, host);
    buf_printf(&url, "%s://%s%s%s:%u%s/", w->tls ? "https" : "http",
               a->family == AF_INET6 ? "[" : "", host, a->family == AF_INET6 ? "]" : "",
               (unsigned)port, w->base);
    if (made)
        buf_printf(&url, "?token=%s", w->token);
    w->url = buf_take(&url);
    buf_done(&url);
    return w->url == NULL ? err_memory(e, "the page") : 0;
}

/* ---- start and end ---- */

static int start(struct web *w, struct err *e) {
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, w->cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, w->key},
                                   {MHD_OPTION_END, 0, NULL}};
    w->daemon = MHD_start_daemon(
        w->tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, web_answer, w,
        MHD_OPTION_LISTEN_SOCKET, w->listen_fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_URI_LOG_CALLBACK, web_asked, w, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_BYTES_MAX, MHD_OPTION_NOTIFY_COMPLETED,
        web_answered, w, MHD_OPTION_ARRAY, w->tls ? tls : tls + 2, MHD_OPTION_END);
    if (w->daemon == NULL && w->tls)
        return err_set(e, "cannot start the server of the page; check that the certificate and its "
                          "key are in PEM and belong together");
    if (w->daemon == NULL)
        return err_set(e, "cannot start the server of the page: %s", strerror(errno));
    w->listen_fd = -1;
    return 0;
}

static struct MHD_Response *document(const struct web *w, enum web_document kind,
                                     struct buf *text) {
    size_t n = text->len;
    char *bytes = buf_ok(text) ? buf_take(text) : NULL;
    struct MHD_Response *r =
        bytes == NULL ? NULL : MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
    if (r == NULL)
        free(bytes);
    else
        web_headers(w, r, types[kind]);
    return r;
}

/* Replaces a document; without memory, the old one stays. */
static void replace(struct web *w, enum web_document kind, struct buf *text) {
    struct MHD_Response *r = document(w, kind, text);
    buf_done(text);
    if (r == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    struct MHD_Response *old = w->documents[kind];
    w->documents[kind] = r;
    pthread_mutex_unlock(&w->lock);
    if (old != NULL)
        MHD_destroy_response(old);
}

/* Under the lock. */
static void wake_readers(struct web *w) {
    for (struct web_reader *r = w->readers; r != NULL; r = r->next) {
        if (r->waiting)
            MHD_resume_connection(r->connection);
        r->waiting = false;
    }
}

/* An event with this text. name "": one without a name. */
static struct web_event *event_of(const char *name, const struct buf *text) {
    struct web_event *event = NULL;
    struct buf all;
    buf_init(&all, DOCUMENT_BYTES_MAX);
    if (name[0] != '\0')
        buf_printf(&all, "event: %s\n", name);
    buf_str(&all, "data: ");
    buf_add(&all, buf_text(text), text->len);
    buf_str(&all, "\n\n");
    if (buf_ok(&all) && buf_ok(text))
        event = malloc(sizeof *event + all.len);
    if (event != NULL) {
        atomic_init(&event->users, 1);
        event->bytes = all.len;
        memcpy(event->text, all.data, all.len);
    }
    buf_done(&all);
    return event;
}

/* Becomes the newest event. */
static void post(struct web *w, const char *name, const struct buf *text) {
    struct web_event *event = event_of(name, text);
    pthread_mutex_lock(&w->lock);
    if (event != NULL) {
        web_event_release(w->event);
        w->event = event;
        w->generation++;
    }
    wake_readers(w);
    pthread_mutex_unlock(&w->lock);
}

/* Before the first second of the load. */
static void show_nothing(struct web *w, const char *phase, const char *error) {
    struct buf page, state, metrics;
    struct json_writer j;
    buf_init(&page, DOCUMENT_BYTES_MAX);
    buf_init(&state, DOCUMENT_BYTES_MAX);
    buf_init(&metrics, DOCUMENT_BYTES_MAX);
    web_page_write(&w->page, NULL, &page);
    json_write_init(&j, &state, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_text(&j, "phase", phase);
    if (error != NULL)
        json_write_text(&j, "error", error);
    json_write_end(&j);
    post(w, "", &state);
    buf_str(&metrics, "# no run has started yet\n");
    replace(w, WEB_PAGE, &page);
    replace(w, WEB_STATE, &state);
    replace(w, WEB_METRICS, &metrics);
}

static const char *option_of(const struct web_options *o) {
    return o->option == NULL ? "--web" : o->option;
}

/* Everything but the address. */
static int read_options(struct web *w, const struct web_options *o, bool open, struct err *e) {
    if (choose_token(w, o->token, open, e) != 0)
        return err_prefix(e, "--web-token");
    if (choose_base(w, o->base, e) != 0)
        return err_prefix(e, "--web-base");
    if ((o->cert == NULL) != (o->key == NULL))
        return err_set(e, "--tls-cert and --tls-key belong together; give both");
    if (o->cert != NULL && (w->cert = read_pem(o->cert, e)) == NULL)
        return err_prefix(e, "--tls-cert");
    if (o->key != NULL && (w->key = read_pem(o->key, e)) == NULL)
        return err_prefix(e, "--tls-key");
    w->tls = w->cert != NULL;
    return 0;
}

static void free_options(struct web *w) {
    free(w->token);
    free(w->base);
    free(w->cert);
    free(w->key);
}

int web_check(const struct web_options *o, struct err *e) {
    struct ipaddr address;
    uint16_t port = 0;
    if (parse_where(o->where, &address, &port, e) != 0)
        return err_prefix(e, "%s", option_of(o));
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL)
        return err_memory(e, "the page");
    int result = read_options(w, o, !is_loopback(&address), e);
    free_options(w);
    free(w);
    return result;
}

static int set_up(struct web *w, const struct web_options *o, struct err *e) {
    struct ipaddr address;
    uint16_t port = 0;
    w->host = o->host;
    w->page.starts = o->host != NULL;
    if (parse_where(o->where, &address, &port, e) != 0)
        return err_prefix(e, "%s", option_of(o));
    bool open = !is_loopback(&address);
    if (read_options(w, o, open, e) != 0 || web_page_init(&w->page, o->style, e) != 0)
        return -1;
    if (listen_on(w, &address, &port, o->where, e) != 0)
        return err_prefix(e, "%s", option_of(o));
    show_nothing(w, o->host == NULL ? "starting" : "idle", NULL);
    return make_url(w, &address, port, o->token == NULL && open, e) != 0 || web_host_open(w, e) != 0
               ? -1
               : start(w, e);
}

int web_open(const struct web_options *options, struct web **out, struct err *e) {
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL)
        return err_memory(e, "the page");
    w->listen_fd = -1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    web_locust_init(w);
    if (set_up(w, options, e) != 0) {
        web_close(w);
        return -1;
    }
    *out = w;
    return 0;
}

void web_close(struct web *w) {
    if (w == NULL)
        return;
    web_host_close(w);
    pthread_mutex_lock(&w->lock);
    w->over = true;
    wake_readers(w); /* a suspended connection must not be stopped */
    pthread_mutex_unlock(&w->lock);
    if (w->daemon != NULL)
        MHD_stop_daemon(w->daemon);
    if (w->listen_fd >= 0)
        close(w->listen_fd);
    for (size_t i = 0; i < WEB_DOCUMENTS; i++)
        if (w->documents[i] != NULL)
            MHD_destroy_response(w->documents[i]);
    web_event_release(w->event);
    web_page_done(&w->page);
    web_locust_done(w);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->more);
    free_options(w);
    free(w->url);
    free(w);
}

const char *web_url(const struct web *w) {
    return w->url;
}

unsigned web_take_stops(struct web *w) {
    return atomic_exchange(&w->stops, 0);
}

bool web_take_change(struct web *w, struct control_change *out) {
    pthread_mutex_lock(&w->lock);
    *out = w->change;
    w->change.kind = CONTROL_NO_CHANGE;
    pthread_mutex_unlock(&w->lock);
    return out->kind != CONTROL_NO_CHANGE;
}

/* ---- what is shown ---- */

/* Under the lock. */
static void note_load(struct web *w, const struct status_run *r) {
    struct web_load *l = &w->load;
    if (!w->started)
        l->of.spawn_rate = r->spawn_rate;
    l->of.open = r->open;
    l->of.users_possible = r->users_possible;
    snprintf(l->refusal, sizeof l->refusal, "%s", r->no_change == NULL ? "" : r->no_change);
    snprintf(l->target, sizeof l->target, "%.*s", (int)(sizeof l->target - 1),
             r->target == NULL ? "" : r->target);
}

void web_show(struct web *w, const struct status *s) {
    struct buf page, state, metrics, event;
    buf_init(&event, DOCUMENT_BYTES_MAX);
    buf_init(&page, DOCUMENT_BYTES_MAX);
    buf_init(&state, DOCUMENT_BYTES_MAX);
    buf_init(&metrics, DOCUMENT_BYTES_MAX);
    status_json(s, 0, w->mark_seen, &event);
    if (buf_ok(&event))
        w->mark_seen = s->mark_count > 0 ? s->marks[s->mark_count - 1].number : w->mark_seen;
    web_page_write(&w->page, s, &page);
    status_json(s, STATUS_JSON_RUN | STATUS_JSON_COURSE, 0, &state);
    web_metrics(s, &metrics);
    replace(w, WEB_PAGE, &page);
    replace(w, WEB_STATE, &state);
    replace(w, WEB_METRICS, &metrics);
    pthread_mutex_lock(&w->lock);
    note_load(w, s->run);
    w->started = true;
    w->ended = s->phase == STATUS_ENDED;
    w->over = w->ended && w->host == NULL;
    pthread_mutex_unlock(&w->lock);
    post(w, "", &event);
    buf_done(&event);
}

/* ---- with a host ---- */

bool web_take_start(struct web *w, struct web_start *out) {
    pthread_mutex_lock(&w->lock);
    bool asked = w->starter != NULL && !w->start_taken;
    if (asked)
        *out = w->start;
    w->start_taken = w->start_taken || asked;
    pthread_mutex_unlock(&w->lock);
    return asked;
}

/* A run begins: nothing of the last one is shown any longer. */
static void begin(struct web *w) {
    w->mark_seen = 0;
    atomic_store(&w->stops, 0);
    atomic_store(&w->stopping, false);
    pthread_mutex_lock(&w->lock);
    w->running = true;
    w->started = false;
    w->ended = false;
    w->change.kind = CONTROL_NO_CHANGE;
    pthread_mutex_unlock(&w->lock);
    show_nothing(w, "starting", NULL);
}

void web_answer_start(struct web *w, const struct web_started *s) {
    if (s->status == MHD_HTTP_ACCEPTED)
        begin(w);
    web_host_started(w, s);
}

void web_end(struct web *w, const char *error) {
    pthread_mutex_lock(&w->lock);
    bool shown = w->started;
    w->running = false;
    w->load.refusal[0] = '\0';
    pthread_mutex_unlock(&w->lock);
    if (!shown) {
        show_nothing(w, "idle", error);
        return;
    }
    struct buf none;
    buf_init(&none, 16);
    buf_str(&none, "{}");
    post(w, "runs", &none);
    buf_done(&none);
}
