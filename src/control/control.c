#include "control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

int control_init(struct control *c, const struct control_tables *tables, const void *args,
                 struct err *e) {
    *c = (struct control){.tables = tables, .load_end_ns = -1, .now_ns = -1};
    c->listeners = calloc(tables->listener_count + 1, sizeof *c->listeners);
    c->sources = calloc(tables->source_count + 1, sizeof *c->sources);
    if (c->listeners == NULL || c->sources == NULL)
        return err_memory(e, "the listeners of a run");
    for (size_t i = 0; i < tables->source_count; i++)
        if (tables->sources[i]->init(args, &c->sources[i], e) != 0)
            return -1;
    return 0;
}

void control_done(struct control *c) {
    if (c->tables == NULL)
        return;
    for (size_t i = 0; c->listeners != NULL && i < c->tables->listener_count; i++)
        if (c->listeners[i].self != NULL)
            c->tables->listeners[i]->done(c->listeners[i].self);
    for (size_t i = 0; c->sources != NULL && i < c->tables->source_count; i++)
        if (c->sources[i] != NULL)
            c->tables->sources[i]->done(c->sources[i]);
    for (size_t i = 0; i < c->value_count; i++) {
        free(c->values[i].name);
        free(c->values[i].bytes);
    }
    free(c->values);
    free(c->listeners);
    free(c->sources);
    status_board_free(c->board);
    status_board_free(c->share);
    *c = (struct control){0};
}

/* The row of a listener that takes part in this run; otherwise a row without functions. */
static const struct control_listener *row(const struct control *c, size_t i) {
    static const struct control_listener none;
    return c->listeners[i].self == NULL ? &none : c->tables->listeners[i];
}

void control_describe(struct control *c, const struct status_run *run) {
    c->shown = *run;
    c->wanted = (struct control_change){.kind = run->open ? CONTROL_RATE : CONTROL_USERS,
                                        .users = run->users,
                                        .spawn_rate = run->spawn_rate,
                                        .rate = run->rate};
}

int control_listen(struct control *c, const void *run, struct err *e) {
    bool seconds = false;
    for (size_t i = 0; i < c->tables->listener_count; i++) {
        if (c->tables->listeners[i]->init(run, &c->listeners[i].self, e) != 0)
            return -1;
        seconds = seconds || row(c, i)->second != NULL;
    }
    return seconds && c->shown.catalog != NULL ? status_board_new(&c->shown, &c->board, e) : 0;
}

void control_feed(void *context, const struct request *requests, size_t n) {
    struct control *c = context;
    if (c->board != NULL)
        status_feed(c->board, requests, n);
    if (c->share != NULL)
        status_feed(c->share, requests, n);
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

void control_feed_tokens(struct control *c, const struct request *x, int64_t ttft_us,
                         uint64_t tokens) {
    if (c->board != NULL)
        status_feed_stream(c->board, x, ttft_us, tokens);
    if (c->share != NULL)
        status_feed_stream(c->share, x, ttft_us, tokens);
}

void control_feed_event(void *context, int64_t at_ns, const char *kind, const char *text) {
    struct control *c = context;
    if (c->board != NULL)
        status_feed_event(c->board, at_ns, kind, text);
    if (c->share != NULL)
        status_feed_event(c->share, at_ns, kind, text);
}

int control_share(struct control *c, struct err *e) {
    return status_board_new(&c->shown, &c->share, e);
}

/* One change per tick, and none that nobody could carry out any more. */
static bool accept_change(struct control *c, struct control_command *command) {
    if (c->now_ns < 0 || c->order != CONTROL_GO_ON || c->change.kind != CONTROL_NO_CHANGE)
        return false;
    int64_t at_ns = (c->now_ns + CONTROL_CHANGE_DELAY_NS) / NS_PER_MS * NS_PER_MS;
    if (at_ns <= c->change_ns)
        at_ns = c->change_ns + NS_PER_MS;
    if (c->shown.catalog == NULL || at_ns >= c->shown.duration_ns)
        return false;
    c->change = c->wanted = command->change;
    c->change_ns = at_ns;
    command->at_ns = at_ns;
    return true;
}

bool control_change_pending(const struct control *c) {
    return c->change.kind != CONTROL_NO_CHANGE;
}

bool control_take_change(struct control *c, struct control_change *change, int64_t *at_ns) {
    if (c->change.kind == CONTROL_NO_CHANGE)
        return false;
    *change = c->change;
    *at_ns = c->change_ns;
    c->change.kind = CONTROL_NO_CHANGE;
    return true;
}

void control_command(struct control *c, struct control_command command) {
    command.at_ns = c->now_ns;
    if (command.change.kind != CONTROL_NO_CHANGE && !accept_change(c, &command))
        return;
    c->order = command.order > c->order ? command.order : c->order;
    c->fresh = command.order > c->fresh ? command.order : c->fresh;
    if (c->signal == 0)
        c->signal = command.signal;
    if (c->why.text[0] == '\0' && command.order != CONTROL_GO_ON)
        err_set(&c->why, "%s", command.why);
    for (size_t i = 0; c->now_ns >= 0 && i < c->tables->listener_count; i++)
        if (row(c, i)->command != NULL)
            row(c, i)->command(c->listeners[i].self, &command);
}

/* The row of a source that takes part in this run; otherwise a row without functions. */
static const struct control_source *source_row(const struct control *c, size_t i) {
    static const struct control_source none;
    return c->sources[i] == NULL ? &none : c->tables->sources[i];
}

static void poll_sources(struct control *c) {
    for (size_t i = 0; i < c->tables->source_count; i++)
        if (source_row(c, i)->poll != NULL)
            source_row(c, i)->poll(c->sources[i], c);
}

void *control_source_self(const struct control *c, const struct control_source *source) {
    for (size_t i = 0; i < c->tables->source_count; i++)
        if (c->tables->sources[i] == source)
            return c->sources[i];
    return NULL;
}

void *control_listener_self(const struct control *c, const struct control_listener *listener) {
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (c->tables->listeners[i] == listener)
            return c->listeners[i].self;
    return NULL;
}

bool control_proceed(struct control *c, enum control_stage stage, struct control_start *start) {
    bool all = true;
    for (size_t i = 0; i < c->tables->source_count; i++)
        if (source_row(c, i)->proceed != NULL &&
            !source_row(c, i)->proceed(c->sources[i], stage, start))
            all = false;
    return all;
}

void control_publish(struct control *c, const char *name, const char *bytes, size_t n) {
    for (size_t i = 0; i < c->tables->source_count; i++)
        if (source_row(c, i)->value != NULL)
            source_row(c, i)->value(c->sources[i], name, bytes, n);
}

int control_learn(struct control *c, const char *name, const char *bytes, size_t n) {
    struct control_value *all = realloc(c->values, (c->value_count + 1) * sizeof *all);
    if (all == NULL)
        return -1;
    c->values = all;
    struct control_value v = {.name = strdup(name), .bytes = malloc(n + 1), .n = n};
    if (v.name == NULL || v.bytes == NULL) {
        free(v.name);
        free(v.bytes);
        return -1;
    }
    memcpy(v.bytes, bytes, n);
    v.bytes[n] = '\0';
    all[c->value_count++] = v;
    return 0;
}

void control_poll(struct control *c) {
    c->now_ns = -1;
    poll_sources(c);
}

static int64_t lower(int64_t a, int64_t b) {
    return a < b ? a : b;
}

void control_show(const struct control *c, const struct status *s) {
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->second != NULL)
            row(c, i)->second(c->listeners[i].self, s);
}

static void take_second(struct control *c, const struct control_snapshot *now) {
    if (c->board == NULL || now->elapsed_ns < c->next_second_ns)
        return;
    c->next_second_ns = (now->elapsed_ns / NS_PER_S + 1) * NS_PER_S;
    struct status *s = status_read(c->board, now->elapsed_ns, now->users, false);
    s->phase = now->stopping ? STATUS_STOPPING : STATUS_RUNNING;
    s->load_end_ns = c->load_end_ns;
    s->users_max = now->users_max;
    s->client.busiest_core = now->busiest_core;
    s->client.busiest_worker = now->busiest_worker;
    s->client.longest_stall_ns = now->longest_stall_ns;
    for (size_t i = 0; i < c->tables->listener_count; i++)
        if (row(c, i)->add != NULL)
            row(c, i)->add(c->listeners[i].self, s, c->board);
    control_show(c, s);
}

struct status_threshold *control_thresholds(struct control *c, size_t n) {
    return c->board == NULL ? NULL : status_thresholds(c->board, n);
}

void control_conclude(struct control *c, int64_t duration_ns, const char *verdict,
                      const char *reason, int exit_code) {
    if (c->board == NULL)
        return;
    struct status *s = status_read(c->board, duration_ns, 0, true);
    s->phase = STATUS_ENDED;
    s->load_end_ns = c->load_end_ns < 0 ? lower(duration_ns, c->duration_ns) : c->load_end_ns;
    s->verdict = verdict;
    s->exit_code = exit_code;
    snprintf(s->reason, sizeof s->reason, "%s", reason);
    s->client.rows_queued = 0;
    control_show(c, s);
}

void control_tick(struct control *c, struct control_snapshot *now) {
    c->now_ns = now->elapsed_ns;
    poll_sources(c);
    now->stopped = now->stopped || c->order != CONTROL_GO_ON;
    now->stopping = now->stopping || now->stopped;
    c->duration_ns = now->duration_ns;
    if (now->stopping && c->load_end_ns < 0)
        c->load_end_ns = lower(now->elapsed_ns, now->duration_ns);
    for (size_t i = 0; i < c->tables->listener_count; i++) {
        const struct control_listener *l = row(c, i);
        struct control_state *state = &c->listeners[i];
        if (l->tick == NULL || now->elapsed_ns < state->next_ns)
            continue;
        if (l->every_ns > 0)
            state->next_ns = (now->elapsed_ns / l->every_ns + 1) * l->every_ns;
        l->tick(state->self, now);
    }
    take_second(c, now);
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
    for (size_t i = 0; i < c->tables->source_count; i++)
        if (source_row(c, i)->release != NULL)
            source_row(c, i)->release(c->sources[i]);
}

void control_finish(struct control *c, int code) {
    for (size_t i = 0; c->sources != NULL && i < c->tables->source_count; i++)
        if (source_row(c, i)->finish != NULL)
            source_row(c, i)->finish(c->sources[i], code);
}
