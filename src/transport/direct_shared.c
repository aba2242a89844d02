/*
 * Connections of HTTP/2 that users share: up to `streams` users each.
 *
 * A shared connection belongs to a carrier, a session without a user that connects as any session
 * does. The first user that needs the connection reports its phases; who comes before it is ready
 * waits too, with the time limits running. A connection that must take no more requests is retired:
 * its carrier leaves the group and ends with its last stream, and the group's next request makes a
 * new one.
 *
 * If the server chooses HTTP/1.1, a connection carries one request at a time. From then on each
 * user of the group has its own.
 */
#include <stdlib.h>
#include <string.h>

#include "transport/direct_internal.h"
#include "transport/h2_text.h"
#include "util/clock.h"

struct direct_group {
    struct transport_session *carrier;   /* of the connection in use; NULL: none */
    struct transport_session *waiting;   /* for it, the newest first */
    struct transport_session *failing;   /* those being called back now */
    struct direct_group *before, *after; /* in the list of groups with room */
    bool listed;
    struct history history; /* of the connection before */
    /* It is freed when it has none of these: users, carriers, and functions that still need it. */
    uint32_t users, carriers, holds;
    bool alone; /* each has its own connection */
};

/* ---- groups ---- */

static void list(struct transport *t, struct direct_group *g) {
    g->listed = true;
    g->before = NULL;
    g->after = t->roomy;
    if (g->after != NULL)
        g->after->before = g;
    t->roomy = g;
}

static void unlist(struct transport *t, struct direct_group *g) {
    *(g->before == NULL ? &t->roomy : &g->before->after) = g->after;
    if (g->after != NULL)
        g->after->before = g->before;
    g->listed = false;
}

int direct_shared_join(struct transport_session *s) {
    struct transport *t = s->transport;
    struct direct_group *g = t->roomy;
    if (g == NULL) {
        if ((g = calloc(1, sizeof *g)) == NULL)
            return -1;
        list(t, g);
    }
    s->group = g;
    if (++g->users >= t->options->streams)
        unlist(t, g);
    return 0;
}

static void free_unused(struct direct_group *g) {
    if (g->users == 0 && g->carriers == 0 && g->holds == 0)
        free(g);
}

/* The group may then be unused. */
static void carrier_free(struct transport_session *k) {
    struct direct_group *g = k->group;
    if (g->carrier == k)
        g->carrier = NULL;
    direct_connect_cancel(k);
    deadline_remove(&k->transport->handshake, &k->handshake);
    k->done = NULL;
    direct_session_free(k);
    g->carriers--;
}

void direct_shared_leave(struct transport_session *s) {
    struct direct_group *g = s->group;
    struct transport *t = s->transport;
    if (g == NULL)
        return;
    if (!g->listed)
        list(t, g);
    s->group = NULL;
    if (--g->users > 0)
        return;
    unlist(t, g);
    if (g->carrier != NULL)
        carrier_free(g->carrier);
    free_unused(g);
}

bool direct_shares(const struct transport_session *s) {
    return s->group != NULL && !s->carries && !s->group->alone;
}

/* ---- waiting ---- */

static bool unlink_from(struct transport_session **at, const struct transport_session *s) {
    while (*at != NULL && *at != s)
        at = &(*at)->next_waiting;
    if (*at == NULL)
        return false;
    *at = s->next_waiting;
    return true;
}

void direct_shared_forget(struct transport_session *s) {
    if (!unlink_from(&s->group->waiting, s))
        unlink_from(&s->group->failing, s);
}

/* Those that wait now, the oldest first. */
static struct transport_session *take_waiting(struct direct_group *g) {
    struct transport_session *first = NULL;
    while (g->waiting != NULL) {
        struct transport_session *s = g->waiting;
        g->waiting = s->next_waiting;
        s->next_waiting = first;
        first = s;
    }
    return first;
}

/* The first that waited for the connection reports how long it took to open. */
static void give_phases(struct transport_session *s, const struct transport_result *r) {
    s->result.dns_ns = r->dns_ns;
    s->result.connect_ns = r->connect_ns;
    s->result.tls_ns = r->tls_ns;
    s->result.new_connection = r->new_connection;
    s->result.previous_end = r->previous_end;
    s->result.previous_idle_ns = r->previous_idle_ns;
}

/* ---- a carrier ---- */

/* It could not connect: those that wait have the same outcome. Their callbacks may send again, or
 * close any of them. */
static void on_failed(void *context, const struct transport_result *result) {
    struct transport_session *k = context;
    struct direct_group *g = k->group;
    struct transport_result r = *result;
    char text[CURL_RESULT_TEXT_BYTES];
    snprintf(text, sizeof text, "%s", r.error);
    g->holds++;
    g->failing = take_waiting(g);
    carrier_free(k);
    while (g->failing != NULL) {
        struct transport_session *s = g->failing;
        g->failing = s->next_waiting;
        give_phases(s, &r);
        s->result.limit = r.limit;
        r.dns_ns = r.connect_ns = r.tls_ns = r.previous_idle_ns = 0;
        r.new_connection = false;
        r.previous_end = CONNECTION_END_NONE;
        direct_fail(s, r.outcome, text);
    }
    g->holds--;
    free_unused(g);
}

static struct transport_session *carrier_new(struct transport_session *s) {
    struct direct_group *g = s->group;
    struct transport_session *k = direct_session_new(s->transport, s->user);
    if (k == NULL || (k->varied = calloc(1, sizeof *k->varied)) == NULL) {
        direct_session_free(k);
        return NULL;
    }
    /* Where it goes is what it needs of the request, and that is the same for all of a run. */
    k->varied->request = *s->request;
    k->request = &k->varied->request;
    k->group = g;
    g->carriers++;
    k->carries = true;
    k->history = g->history;
    g->history = (struct history){0};
    k->result = (struct transport_result){.sent_ns = s->result.sent_ns, .ttfb_ns = -1, .error = ""};
    k->done = on_failed;
    k->context = k;
    return k;
}

void direct_shared_send(struct transport_session *s) {
    struct direct_group *g = s->group;
    if (g->carrier != NULL && g->carrier->state == DIRECT_IDLE) {
        s->connection = g->carrier->connection;
        direct_ready(s);
        return;
    }
    if (g->carrier == NULL && (g->carrier = carrier_new(s)) == NULL) {
        s->result.limit = TRANSPORT_LIMIT_MEMORY;
        direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
        return;
    }
    s->state = DIRECT_WAITING;
    s->next_waiting = g->waiting;
    g->waiting = s;
    if (g->carrier->state == DIRECT_CLOSED)
        direct_connect(g->carrier);
}

/* The server has no HTTP/2: the first gets the connection, and each other opens its own. */
static void part(struct transport_session *k, struct transport_session *first) {
    struct direct_connection *c = k->connection;
    struct direct_group *g = k->group;
    struct transport_result phases = k->result;
    g->alone = true;
    if (first != NULL) {
        k->connection = NULL;
        c->session = first;
        first->connection = c;
        give_phases(first, &phases);
    }
    carrier_free(k);
    for (struct transport_session *s = first, *next; s != NULL; s = next) {
        next = s->next_waiting;
        if (s == first)
            direct_ready(s);
        else
            direct_connect(s);
    }
}

void direct_shared_ready(struct transport_session *k) {
    struct direct_connection *c = k->connection;
    struct transport_session *s = take_waiting(k->group);
    k->state = DIRECT_IDLE;
    if (c->h2 == NULL) {
        part(k, s);
        return;
    }
    if (s != NULL)
        give_phases(s, &k->result);
    c->in_event = true; /* so that all are sent at once */
    for (struct transport_session *next; s != NULL; s = next) {
        next = s->next_waiting;
        s->connection = c;
        direct_ready(s);
    }
    c->in_event = false;
    direct_h2_flush(c);
}

/* ---- the end ---- */

void direct_shared_retire(struct transport_session *k) {
    k->retired = true;
    if (k->group->carrier == k)
        k->group->carrier = NULL;
}

void direct_shared_close(struct transport_session *k, enum connection_end end,
                         int64_t idle_until_ns) {
    struct direct_group *g = k->group;
    direct_shared_retire(k);
    direct_end_connection(k, end, idle_until_ns);
    g->history = k->history;
    carrier_free(k);
    free_unused(g);
}

void direct_shared_detach(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    s->connection = NULL;
    if (c->h2 == NULL)
        return;
    h2_drop(c->h2, &s->stream);
    history_answered(&c->session->history, c->arrived_ns);
    if (c->in_event)
        return;
    if (c->session->retired && h2_first(c->h2) == NULL)
        direct_shared_close(
            c->session,
            h2_goaway(c->h2) ? h2_goaway_end(h2_goaway_code(c->h2)) : CONNECTION_END_CLIENT, 0);
    else
        direct_h2_flush(c);
}
