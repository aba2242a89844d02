/* Which host of an access log or a list of URLs is tested. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/from_log.h"
#include "convert/source_url.h"
#include "util/text.h"

#define HOSTS_SHOWN 20

/* A host as a target: "https://shop.example". */
const char *log_origin(struct draft *d, const struct log_group *g) {
    struct buf b;
    buf_init(&b, 8192);
    buf_printf(&b, "%s://", g->https ? "https" : "http");
    draft_add_literal(d, &b, g->host, strlen(g->host));
    return draft_take(d, &b);
}

static bool same_host(const struct log_group *a, const struct log_group *b) {
    return a->https == b->https && strcmp(a->host, b->host) == 0;
}

/* Whether --host, a host or an origin, means this one. */
static bool is_named(const struct log_group *g, const struct url *want) {
    bool scheme = want->scheme[0] == '\0' || (want->scheme[4] == 's') == g->https;
    return scheme && want->host_bytes == strlen(g->host) &&
           strncasecmp(want->host, g->host, want->host_bytes) == 0;
}

/* Requests of all methods to the host of a group. */
static uint64_t to_host(const struct log_reader *l, const struct log_group *g) {
    uint64_t sum = 0;
    for (size_t i = 0; i < l->group_count; i++)
        if (same_host(l->groups[i], g))
            sum += l->groups[i]->requests;
    return sum;
}

static void note_others(struct log_writer *w, const struct log_group *best) {
    struct log_reader *l = w->l;
    size_t hosts = 0;
    uint64_t more = 0;
    bool chosen = l->o->host != NULL && best->host[0] != '\0';
    for (size_t i = 0; i < l->group_count; i++) {
        const struct log_group *g = l->groups[i];
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = !same_host(l->groups[k], g);
        if (g->kept || !first)
            continue;
        uint64_t n = to_host(l, g);
        char text[300];
        if (g->host[0] == '\0')
            snprintf(text, sizeof text, "request%s of which the log names no host", text_plural(n));
        else
            snprintf(text, sizeof text, "request%s to %.200s", text_plural(n), g->host);
        if (++hosts > HOSTS_SHOWN)
            more += n;
        else if (chosen)
            draft_note(w->d, &w->d->notes, "Not sent: %" PRIu64 " %s.", n, text);
        else
            draft_lost(w->d, &w->d->notes, n, "Left out: %" PRIu64 " %s; --host chooses a host.", n,
                       text);
    }
    if (more > 0 && chosen)
        draft_note(w->d, &w->d->notes, "Not sent: %" PRIu64 " requests to %zu more hosts.", more,
                   hosts - HOSTS_SHOWN);
    else if (more > 0)
        draft_lost(w->d, &w->d->notes, more, "Left out: %" PRIu64 " requests to %zu more hosts.",
                   more, hosts - HOSTS_SHOWN);
    if (best->host[0] != '\0' && !best->scheme_known)
        draft_note(w->d, &w->d->notes, "Assumed: http://, because the log does not tell.");
}

static int set_target(struct log_writer *w, const struct log_group *best, const struct url *want,
                      struct err *e) {
    if (best->host[0] != '\0') {
        w->d->target = log_origin(w->d, best);
    } else if (want != NULL) {
        if (want->scheme[0] == '\0')
            return err_set(e,
                           "%s: it names no host; give --host as a URL, such as "
                           "http://%.*s",
                           w->name, (int)(want->host_bytes < 200 ? want->host_bytes : 200),
                           want->host);
        struct log_group g = {.https = want->scheme[4] == 's'};
        g.host = (char *)(uintptr_t)draft_copy(w->d, want->host, want->host_bytes);
        w->d->target = log_origin(w->d, &g);
    } else {
        draft_note(w->d, &w->d->notes,
                   "No target: the source names no host. Run it with --host, or add \"target\".");
        draft_note(w->d, &w->d->said, "the source names no host; run the scenario with --host URL");
    }
    return 0;
}

/* The requests to one host are kept; of a list of URLs, all that it names. */
int log_choose_host(struct log_writer *w, struct err *e) {
    struct log_reader *l = w->l;
    const struct log_group *best = NULL;
    uint64_t most = 0;
    struct url want;
    bool named = l->o->host != NULL;
    if (named && source_url(l->o->host, strlen(l->o->host), NULL, &want) != NULL)
        return err_set(e, "--host %.200s is neither a host nor a URL", l->o->host);
    bool hosts = false;
    for (size_t i = 0; i < l->group_count; i++)
        hosts = hosts || (named && l->groups[i]->host[0] != '\0' && is_named(l->groups[i], &want));
    for (size_t i = 0; i < l->group_count; i++) {
        struct log_group *g = l->groups[i];
        uint64_t n = to_host(l, g);
        bool may = !named || (hosts ? is_named(g, &want) : g->host[0] == '\0');
        if (may && (best == NULL || n > most)) {
            best = g;
            most = n;
        }
    }
    if (best == NULL)
        return err_set(e, "%s: no request in it goes to %.200s", w->name, l->o->host);
    for (size_t i = 0; i < l->group_count; i++) {
        struct log_group *g = l->groups[i];
        g->kept = same_host(g, best) || (l->urls && !named);
        w->kept += g->kept ? g->requests : 0;
    }
    if (set_target(w, best, named ? &want : NULL, e) != 0)
        return -1;
    note_others(w, best);
    return 0;
}
