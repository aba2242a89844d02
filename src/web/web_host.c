/* Requests that wait: for the start of a run, or for what the host makes on a thread of its own. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/json_write.h"
#include "web/web_internal.h"

#define TEXT_BYTES_MAX ((size_t)1 << 30)
#define ANSWER_BYTES_MAX 8192

static const char json_type[] = "application/json";

bool web_ask_gone(const struct web_ask *ask) {
    struct pollfd p = {.fd = ask->socket, .events = POLLRDHUP};
    if (atomic_load(ask->closing))
        return true;
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void web_reply_error(struct web_reply *out, unsigned status, const char *error) {
    struct json_writer j;
    buf_clear(&out->text);
    json_write_init(&j, &out->text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_text(&j, "error", error);
    json_write_end(&j);
    buf_char(&out->text, '\n');
    out->status = status;
    out->type = json_type;
}

/* Under the lock: it is answered at its next turn. */
static void wake(struct web_visit *v) {
    v->state = WEB_VISIT_READY;
    MHD_resume_connection(v->connection);
}

/* Under the lock. */
static void suspend(struct web_visit *v) {
    v->state = WEB_VISIT_WAITS;
    buf_init(&v->reply.text, TEXT_BYTES_MAX);
    v->reply.fd = -1;
    MHD_suspend_connection(v->connection);
}

/* ---- the threads ---- */

static struct web_visit *next_visit(struct web *w) {
    pthread_mutex_lock(&w->lock);
    while (w->waiting == NULL && !atomic_load(&w->closing))
        pthread_cond_wait(&w->more, &w->lock);
    struct web_visit *v = w->waiting;
    if (v != NULL) {
        w->waiting = v->next;
        w->waiting_count--;
    }
    pthread_mutex_unlock(&w->lock);
    return v;
}

static void *serve(void *context) {
    struct web *w = context;
    web_be_nice();
    for (struct web_visit *v; (v = next_visit(w)) != NULL;) {
        if (web_ask_gone(&v->ask))
            web_reply_error(&v->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "the page ends");
        else
            w->host->serve(w->host->context, &v->ask, &v->reply);
        pthread_mutex_lock(&w->lock);
        wake(v);
        pthread_mutex_unlock(&w->lock);
    }
    return NULL;
}

int web_host_open(struct web *w, struct err *e) {
    for (size_t i = 0; w->host != NULL && i < WEB_HOST_THREADS; i++) {
        int failed = pthread_create(&w->threads[i], NULL, serve, w);
        if (failed != 0)
            return err_set(e, "cannot start a thread of the page: %s", strerror(failed));
        w->thread_count++;
    }
    return 0;
}

void web_host_close(struct web *w) {
    atomic_store(&w->closing, true);
    pthread_mutex_lock(&w->lock);
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_mutex_lock(&w->lock);
    if (w->starter != NULL) {
        web_reply_error(&w->starter->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "the page ends");
        wake(w->starter);
    }
    w->starter = NULL;
    pthread_mutex_unlock(&w->lock);
}

enum MHD_Result web_host_ask(struct web *w, struct web_visit *v) {
    const union MHD_ConnectionInfo *of =
        MHD_get_connection_info(v->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    v->ask.socket = of == NULL ? -1 : of->connect_fd;
    v->ask.closing = &w->closing;
    pthread_mutex_lock(&w->lock);
    bool room = w->waiting_count < WEB_HOST_WAITING && !atomic_load(&w->closing);
    if (room) {
        struct web_visit **last = &w->waiting;
        while (*last != NULL)
            last = &(*last)->next;
        v->next = NULL;
        *last = v;
        w->waiting_count++;
        suspend(v);
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    if (room)
        return MHD_YES;
    return web_send_text(w, v->connection, MHD_HTTP_SERVICE_UNAVAILABLE, json_type,
                         "{\"error\":\"too many requests for reports wait; try again later\"}\n",
                         MHD_HTTP_HEADER_RETRY_AFTER, "5");
}

/* ---- the start of a run ---- */

enum MHD_Result web_host_start(struct web *w, struct web_visit *v) {
    struct web_start start = {.field = {""}};
    struct err why = {""};
    bool good = web_start_read(v->body.data == NULL ? "" : v->body.data, v->body.len, v->locust,
                               &start, &why) == 0;
    pthread_mutex_lock(&w->lock);
    /* A run whose end was shown has its file closed first: then this one begins. */
    bool busy = web_runs(w) || w->starter != NULL || atomic_load(&w->closing);
    if (good && !busy) {
        w->start = start;
        w->start_taken = false;
        w->starter = v;
        suspend(v);
    }
    pthread_mutex_unlock(&w->lock);
    if (good && !busy)
        return MHD_YES;
    const char *text = busy ? "a run is in progress; stop it first" : why.text;
    if (v->locust)
        return web_send_swarm(w, v->connection, false, text, NULL);
    return web_send_error(w, v->connection, busy ? MHD_HTTP_CONFLICT : MHD_HTTP_BAD_REQUEST, text);
}

static void write_started(struct buf *out, const struct web_started *s) {
    struct json_writer j;
    json_write_init(&j, out, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    if (s->error == NULL)
        json_write_text(&j, "starting", s->scenario);
    else {
        json_write_text(&j, "error", s->error);
        json_write_text(&j, "field", s->field);
    }
    json_write_end(&j);
    buf_char(out, '\n');
}

void web_host_started(struct web *w, const struct web_started *s) {
    pthread_mutex_lock(&w->lock);
    struct web_visit *v = w->starter;
    w->starter = NULL;
    if (v != NULL) {
        v->reply.status = v->locust ? MHD_HTTP_OK : s->status;
        v->reply.type = json_type;
        if (v->locust)
            web_swarm_text(&v->reply.text, s->error == NULL,
                           s->error == NULL ? "Swarming started" : s->error, s->target);
        else
            write_started(&v->reply.text, s);
        wake(v);
    }
    pthread_mutex_unlock(&w->lock);
}

/* ---- what is sent ---- */

static struct MHD_Response *response_of(struct web_reply *r) {
    struct stat s;
    struct MHD_Response *made = NULL;
    if (r->fd >= 0) {
        if (fstat(r->fd, &s) == 0)
            made = MHD_create_response_from_fd64((uint64_t)s.st_size, r->fd);
        if (made == NULL)
            close(r->fd);
        r->fd = -1; /* the response's */
        return made;
    }
    size_t n = r->text.len;
    char *bytes = buf_take(&r->text);
    if (bytes != NULL)
        made = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
    if (made == NULL)
        free(bytes);
    return made;
}

/* The name that a browser saves it under. */
static void save_as(struct MHD_Response *r, const char *name) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    struct buf header;
    buf_init(&header, ANSWER_BYTES_MAX);
    buf_str(&header, "attachment; filename=\"");
    for (; *name != '\0'; name++)
        buf_char(&header, strchr(plain, *name) != NULL ? *name : '_');
    buf_char(&header, '"');
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_DISPOSITION, buf_text(&header));
    buf_done(&header);
}

enum MHD_Result web_host_reply(const struct web *w, struct web_visit *v) {
    struct web_reply *reply = &v->reply;
    struct MHD_Response *r = response_of(reply);
    if (r == NULL)
        return MHD_NO;
    web_headers(w, r, reply->type);
    if (reply->document) {
        /* Its own policy allows its script; a page from a run file must not act as this page. */
        MHD_del_response_header(r, "Content-Security-Policy", buf_text(&w->page.policy));
        MHD_add_response_header(r, "Content-Security-Policy",
                                "sandbox allow-scripts allow-downloads allow-modals; "
                                "frame-ancestors 'none'");
    }
    if (reply->save_as[0] != '\0')
        save_as(r, reply->save_as);
    enum MHD_Result result = MHD_queue_response(v->connection, reply->status, r);
    MHD_destroy_response(r);
    return result;
}
