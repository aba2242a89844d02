#include "control/control.h"

#include <stdlib.h>

int control_init(struct control *c, const struct control_tables *tables, struct err *e) {
    *c = (struct control){.tables = tables, .now_ns = -1};
    c->listeners = calloc(tables->listener_count + 1, sizeof *c->listeners);
    c->sources = calloc(tables->source_count + 1, sizeof *c->sources);
    if (c->listeners == NULL || c->sources == NULL)
        return err_set(e, "out of memory for the listeners of a run");
    if (live_new(&c->live, e) != 0)
        return -1;
    for (size_t i = 0; i < tables->source_count; i++)
        if (tables->sources[i]->init(&c->sources[i], e) != 0)
            return -1;
    return 0;
}

int control_listen(struct control *c, const void *run, struct err *e) {
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (c->tables->listeners[i]->init(run, &c->listeners[i].self, e) != 0)
            return -1;
    return 0;
}

static void done_sources(struct control *c) {
    for (size_t i = 0; c->sources != NULL && i < c->tables->source_count; i++) {
        if (c->sources[i] != NULL)
            c->tables->sources[i]->done(c->sources[i]);
        c->sources[i] = NULL;
    }
}

void control_done(struct control *c) {
    if (c->tables == NULL)
        return;
    for (size_t i = 0; c->listeners != NULL && i < c->tables->listener_count; i++)
        if (c->listeners[i].self != NULL)
            c->tables->listeners[i]->done(c->listeners[i].self);
    done_sources(c);
    free(c->listeners);
    free(c->sources);
    live_free(c->live);
    *c = (struct control){0};
}

/* The row of a listener that takes part in this run; otherwise a row without functions. */
static const struct control_listener *row(const struct control *c, size_t i) {
    static const struct control_listener none;
    return c->listeners[i].self == NULL ? &none : c->tables->listeners[i];
}

void control_feed(void *context, const struct request *requests, size_t n) {
    struct control *c = context;
    live_add(c->live, requests, n);
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->feed != NULL)
            row(c, i)->feed(c->listeners[i].self, requests, n);
}

void control_feed_iteration(void *context, uint32_t task, int64_t end_us, int64_t took_us) {
    struct control *c = context;
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->iteration != NULL)
            row(c, i)->iteration(c->listeners[i].self, task, end_us, took_us);
}

void control_feed_stream(void *context, const struct request *x,
                         const struct stream_record *stream) {
    struct control *c = context;
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->stream != NULL)
            row(c, i)->stream(c->listeners[i].self, x, stream);
}

void control_feed_check(void *context, uint32_t second, uint32_t check, uint32_t passes,
                        uint32_t fails) {
    struct control *c = context;
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->check != NULL)
            row(c, i)->check(c->listeners[i].self, second, check, passes, fails);
}

void control_command(struct control *c, struct control_command command) {
    command.at_ns = c->now_ns;
    c->order = command.order > c->order ? command.order : c->order;
    c->fresh = command.order > c->fresh ? command.order : c->fresh;
    if (c->signal == 0)
        c->signal = command.signal;
    for (size_t i = 0; c->now_ns >= 0 && i < c->tables->listener_count; i++)
        if (row(c, i)->command != NULL)
            row(c, i)->command(c->listeners[i].self, &command);
}

static void poll_sources(struct control *c) {
    for (size_t i = 0; i < c->tables->source_count; i++)
        c->tables->sources[i]->poll(c->sources[i], c);
}

void control_poll(struct control *c) {
    c->now_ns = -1;
    poll_sources(c);
}

void control_tick(struct control *c, struct control_snapshot *now) {
    c->now_ns = now->elapsed_ns;
    poll_sources(c);
    now->stopped = now->stopped || c->order != CONTROL_GO_ON;
    now->stopping = now->stopping || now->stopped;
    live_snapshot(c->live, now->elapsed_ns, &now->live);
    for (size_t i = 0; i < c->tables->listener_count; i++) {
        const struct control_listener *l = row(c, i);
        struct control_state *state = &c->listeners[i];
        if (l->tick == NULL || now->elapsed_ns < state->next_ns)
            continue;
        if (l->every_ns > 0)
            state->next_ns = (now->elapsed_ns / l->every_ns + 1) * l->every_ns;
        l->tick(state->self, now);
    }
}

enum control_order control_take_order(struct control *c) {
    enum control_order fresh = c->fresh;
    c->fresh = CONTROL_GO_ON;
    return fresh;
}

int control_end(struct control *c, void *end, struct err *e) {
    int result = 0;
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->end != NULL &&
            row(c, i)->end(c->listeners[i].self, end, result == 0 ? e : NULL) != 0)
            result = -1;
    return result;
}

void control_release(struct control *c) {
    control_poll(c);
    done_sources(c);
}
