#include "import/import_instances.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define WORD_BYTES 48

/* What is known of the instance whose facts are passing by. */
struct builder {
    struct server_file *f;
    import_life_fn *fn;
    void *context;
    struct err *e;
    int64_t idle_limit_us;

    int64_t instance, revision;
    int64_t first_us;           /* of its facts */
    int64_t start_us, ready_us; /* SERVER_NONE, like the next ones */
    int64_t told_start_us, told_ready_us, told_term_us, told_end_us; /* by its lifetime */
    int64_t last_us; /* end of its last request, or what else it did last */
    int64_t end_us;
    int end_rank;
    const char *end_kind;
    char reason[WORD_BYTES], told_end[WORD_BYTES];
    int64_t requests;
    struct import_span *busy;
    size_t count, cap;
};

static void begin(struct builder *b, const struct server_fact *x) {
    b->instance = x->instance;
    b->revision = SERVER_NONE;
    b->first_us = x->at_us;
    b->start_us = b->ready_us = b->end_us = SERVER_NONE;
    b->told_start_us = b->told_ready_us = b->told_term_us = b->told_end_us = SERVER_NONE;
    b->last_us = x->at_us;
    b->end_rank = 0;
    b->end_kind = NULL;
    b->reason[0] = b->told_end[0] = '\0';
    b->requests = 0;
    b->count = 0;
}

/* Requests come in the order of their arrival, so only the last stretch can grow. */
static int take_request(struct builder *b, const struct server_fact *x) {
    int64_t to = x->at_us + (x->latency_us == SERVER_NONE ? 0 : x->latency_us);
    b->requests++;
    b->end_rank = 0; /* what served a request later had not ended */
    if (to > b->last_us)
        b->last_us = to;
    if (b->count > 0 && x->at_us <= b->busy[b->count - 1].to_us) {
        if (to > b->busy[b->count - 1].to_us)
            b->busy[b->count - 1].to_us = to;
        return 0;
    }
    struct import_span *v = array_room(b->busy, &b->cap, b->count + 1, sizeof *v);
    if (v == NULL)
        return err_memory(b->e, "the instances");
    b->busy = v;
    b->busy[b->count++] = (struct import_span){x->at_us, to};
    return 0;
}

/* Of several that say why it ended, close to each other, the one that tells most. */
static void take_end(struct builder *b, const struct server_fact *x) {
    static const struct {
        const char *event, *kind;
        int rank;
    } ends[] = {{"memory", "memory", 3},
                {"signal", "signal", 2},
                {"uncaught", "signal", 2},
                {"exit", "exit", 2},
                {"probe_failed", "probe_failed", 1},
                {"shutdown", "shutdown", 1}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (strcmp(x->event, ends[i].event) != 0)
            continue;
        b->end_us = x->at_us;
        if (ends[i].rank > b->end_rank) {
            b->end_rank = ends[i].rank;
            b->end_kind = ends[i].kind;
        }
    }
}

static void take_event(struct builder *b, const struct server_fact *x) {
    const char *reason = x->reason == NULL ? "" : x->reason;
    if (strcmp(x->event, "start") == 0) {
        if (b->start_us == SERVER_NONE) {
            b->start_us = x->at_us;
            snprintf(b->reason, sizeof b->reason, "%s", reason);
        }
    } else if (strcmp(x->event, "ready") == 0) {
        if (b->ready_us == SERVER_NONE)
            b->ready_us = x->at_us;
        b->end_rank = b->end_rank == 1 ? 0 : b->end_rank; /* the probe had failed, then passed */
    } else if (strcmp(x->event, "lifetime_start") == 0) {
        b->told_start_us = x->at_us;
    } else if (strcmp(x->event, "lifetime_ready") == 0) {
        b->told_ready_us = x->at_us;
    } else if (strcmp(x->event, "lifetime_term") == 0) {
        b->told_term_us = x->at_us;
    } else if (strcmp(x->event, "lifetime_end") == 0) {
        b->told_end_us = x->at_us;
        snprintf(b->told_end, sizeof b->told_end, "%s", reason);
    } else {
        take_end(b, x);
    }
    if (x->at_us > b->last_us)
        b->last_us = x->at_us;
}

/* The end of one that the log does not tell. */
static int infer_end(struct builder *b, struct server_instance *x) {
    int64_t gone;
    bool kept = b->idle_limit_us == 0 || strcmp(b->reason, "MANUAL_OR_CUSTOMER_MIN_INSTANCE") == 0;
    if (server_no_instance(b->f, b->last_us, &gone, b->e) != 0)
        return -1;
    x->end_kind = kept ? "open" : "idle_limit";
    x->ended_us = kept ? SERVER_NONE : b->last_us + b->idle_limit_us;
    if (gone != SERVER_NONE && (kept || gone <= x->ended_us)) {
        x->end_kind = "metrics";
        x->ended_us = gone;
    }
    return 0;
}

static int64_t either(int64_t a, int64_t b) {
    return a != SERVER_NONE ? a : b;
}

/* The time before it was there the first request spent in the queue. */
static void cut_busy(struct builder *b, int64_t started_us) {
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct import_span s = b->busy[i];
        if (s.from_us < started_us)
            s.from_us = started_us;
        if (s.to_us < s.from_us)
            continue;
        b->busy[kept++] = s;
    }
    b->count = kept;
}

static int finish(struct builder *b) {
    struct import_life life = {
        .x = {.instance = b->instance,
              .revision = b->revision,
              .started_us = either(b->told_start_us, either(b->start_us, b->first_us)),
              .start_kind = b->told_start_us != SERVER_NONE ? "lifetime"
                            : b->start_us != SERVER_NONE    ? "log"
                                                            : "first_seen",
              .ready_us = either(b->told_ready_us, b->ready_us),
              .ended_us = b->end_us,
              .end_kind = b->end_kind,
              .reason = b->reason[0] == '\0' ? NULL : b->reason,
              .requests = b->requests},
        .term_us = b->told_term_us,
    };
    if (b->told_end_us != SERVER_NONE) {
        life.x.ended_us = b->told_end_us;
        life.x.end_kind = b->told_end[0] == '\0' ? "lifetime" : b->told_end;
    } else if (b->end_rank == 0 && infer_end(b, &life.x) != 0) {
        return -1;
    }
    cut_busy(b, life.x.started_us);
    life.busy = b->busy;
    life.busy_count = b->count;
    return b->fn(b->context, &life);
}

static int take(void *context, const struct server_fact *x) {
    struct builder *b = context;
    if (b->instance != x->instance) {
        if (b->instance != SERVER_NONE && finish(b) != 0)
            return -1;
        begin(b, x);
    }
    if (x->revision != SERVER_NONE)
        b->revision = x->revision;
    if (x->event == NULL)
        return take_request(b, x);
    take_event(b, x);
    return 0;
}

int import_instances(struct server_file *f, int64_t idle_limit_us, import_life_fn *fn,
                     void *context, struct err *e) {
    struct builder b = {.f = f,
                        .fn = fn,
                        .context = context,
                        .e = e,
                        .idle_limit_us = idle_limit_us,
                        .instance = SERVER_NONE};
    int rc = server_facts(f, take, &b, e);
    if (rc == 0 && b.instance != SERVER_NONE)
        rc = finish(&b);
    free(b.busy);
    return rc;
}
