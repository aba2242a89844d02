#include "engine/notes.h"

#include <stdlib.h>

#include "util/text.h"

int notes_init(struct notes *n, const struct scenario *s, uint32_t users_max, struct record *record,
               struct err *e) {
    *n = (struct notes){.scenario = s, .users_max = users_max, .record = record};
    n->loads = calloc(s->load_count, sizeof *n->loads);
    return n->loads == NULL ? err_set(e, "not enough memory for %zu loads", s->load_count) : 0;
}

void notes_done(struct notes *n) {
    free(n->loads);
    n->loads = NULL;
}

/* Fewer users are no news: they are already there. */
void notes_change(struct notes *n, uint32_t users_max) {
    n->all_users = n->all_users && users_max <= n->users_max;
    n->users_max = users_max;
}

static bool any_open(const struct scenario *s) {
    for (size_t i = 0; i < s->load_count; i++)
        if (load_is_open(&s->loads[i].load))
            return true;
    return false;
}

static void note_users(struct notes *n, int64_t now_ns, uint32_t users) {
    struct err text;
    char whole[48] = "the one user is";
    if (n->all_users || users < n->users_max)
        return;
    if (users != 1)
        snprintf(whole, sizeof whole, "all %u users are", users);
    n->all_users = true;
    bool open = any_open(n->scenario);
    if (open)
        err_set(&text, "%s busy; due requests wait for a free user", whole);
    else
        err_set(&text, "%s active", whole);
    record_event(n->record, now_ns, open ? "users_busy" : "spawning_complete", text.text);
}

/* "load NAME: " where there are several. */
static void text_of(const struct notes *n, const struct scenario_load *l, const char *what,
                    struct err *out) {
    if (n->scenario->load_count > 1)
        err_set(out, "load %s: %s", l->name, what);
    else
        err_set(out, "%s", what);
}

static void stage_text(const struct load *load, size_t i, struct err *out) {
    const struct load_stage *s = &load->stages[i];
    double seconds = (double)s->duration_ns / 1e9;
    if (load_is_open(load))
        err_set(out, "stage %zu of %zu: to %s request%s per second in %s s", i + 1,
                load->stage_count, text_rounded((double)s->micro_rate / LOAD_MICRO, 9).text,
                text_plural_of((double)s->micro_rate / LOAD_MICRO), text_rounded(seconds, 9).text);
    else
        err_set(out, "stage %zu of %zu: to %u user%s in %s s", i + 1, load->stage_count, s->users,
                text_plural(s->users), text_rounded(seconds, 9).text);
}

static void note_stages(struct notes *n, size_t which, int64_t own_ns) {
    const struct scenario_load *l = &n->scenario->loads[which];
    struct notes_load *state = &n->loads[which];
    size_t reached = load_stage_at(&l->load, own_ns);
    int64_t began = 0;
    struct err stage, text;
    for (size_t i = 0; i < l->load.stage_count; i++) {
        if (i == state->stage && i <= reached && began < load_duration(&l->load)) {
            stage_text(&l->load, i, &stage);
            text_of(n, l, stage.text, &text);
            record_event(n->record, l->start_ns + began, "stage", text.text);
            state->stage++;
        }
        began += l->load.stages[i].duration_ns;
    }
}

/* Those that were known before the start. */
static void note_changes(struct notes *n, size_t which, int64_t own_ns) {
    const struct load *l = &n->scenario->loads[which].load;
    struct notes_load *state = &n->loads[which];
    struct err text;
    for (; state->change < l->change_count && l->changes[state->change].at_ns <= own_ns;
         state->change++) {
        const struct load_change *c = &l->changes[state->change];
        if (load_is_open(l))
            err_set(&text, "to %s request%s per second",
                    text_rounded((double)c->micro_rate / LOAD_MICRO, 9).text,
                    text_plural_of((double)c->micro_rate / LOAD_MICRO));
        else
            err_set(&text, "to %u user%s, %s per second", c->users, text_plural(c->users),
                    text_rounded(c->spawn_rate, 9).text);
        record_event(n->record, c->at_ns, "load_change", text.text);
    }
}

static void note_load(struct notes *n, size_t which, int64_t now_ns, bool running) {
    const struct scenario_load *l = &n->scenario->loads[which];
    struct notes_load *state = &n->loads[which];
    int64_t end_ns = l->start_ns + load_duration(&l->load);
    struct err text;
    if (now_ns < l->start_ns)
        return;
    if (!state->began && n->scenario->load_count > 1 && end_ns > l->start_ns) {
        text_of(n, l, "begins", &text);
        record_event(n->record, l->start_ns, "load_start", text.text);
    }
    state->began = true;
    note_stages(n, which, now_ns - l->start_ns);
    note_changes(n, which, now_ns - l->start_ns);
    if (state->ended || now_ns < end_ns || !running)
        return;
    state->ended = true;
    text_of(n, l,
            load_is_open(&l->load)
                ? "no more arrivals; waiting requests and requests in flight may finish"
                : "no new requests; requests in flight may finish",
            &text);
    record_event(n->record, end_ns, "load_end", text.text);
}

void notes_take(struct notes *n, int64_t now_ns, uint32_t users, bool running) {
    note_users(n, now_ns, users);
    for (size_t i = 0; i < n->scenario->load_count; i++)
        note_load(n, i, now_ns, running);
}
