#include "cli/steering.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"
#include "util/words.h"

#define WORD_BYTES 64

/* ---- "30s users=50 spawn_rate=5" ---- */

/* The next word; "" at the end. False if it is too long. */
static bool next_word(const char **at, char out[WORD_BYTES]) {
    *at += strspn(*at, " ");
    size_t n = strcspn(*at, " ");
    if (n >= WORD_BYTES)
        return false;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n;
    return true;
}

/* "KEY=NUMBER" */
static bool is_number(const char *word, const char *key, double min, double max, double *out) {
    size_t n = strlen(key);
    double value = 0;
    if (strncmp(word, key, n) != 0 || word[n] != '=')
        return false;
    word += n + 1;
    if (!words_double(&word, &value) || *word != '\0' || value < min || value > max)
        return false;
    *out = value;
    return true;
}

static bool parse(const char *text, const struct load *l, struct load_change *out, struct err *e) {
    char word[WORD_BYTES];
    double value = 0;
    bool known = false, paced = false;
    *out = (struct load_change){.spawn_rate = l->spawn_rate > 0 ? l->spawn_rate : 1};
    if (!next_word(&text, word) || units_duration(word, &out->at_ns, e) != 0)
        return false;
    for (;;) {
        if (!next_word(&text, word))
            return false;
        if (word[0] == '\0')
            return known;
        if (!load_is_open(l) && !known &&
            is_number(word, "users", 0, ENGINE_CHANGE_USERS_MAX, &value) && value == floor(value)) {
            out->users = (uint32_t)value;
            known = true;
        } else if (!load_is_open(l) && !paced &&
                   is_number(word, "spawn_rate", 0.001, LOAD_USERS_MAX, &value)) {
            out->spawn_rate = value;
            paced = true;
        } else if (load_is_open(l) && !known && is_number(word, "rate", 0, LOAD_RATE_MAX, &value)) {
            out->micro_rate = llround(value * LOAD_MICRO);
            known = true;
        } else
            return false;
    }
}

struct written {
    struct load_change change;
    const char *text;
};

static int by_time(const void *a, const void *b) {
    const struct written *x = a, *y = b;
    return (x->change.at_ns > y->change.at_ns) - (x->change.at_ns < y->change.at_ns);
}

/* In the order of their times: a run file lists them by name. */
int steering_apply(const struct args *a, struct load *l, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "change", &list);
    struct written *all = calloc(n + 1, sizeof *all);
    struct err why = {""};
    int result = all == NULL ? err_memory(e, "--change") : 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        all[i].text = list[i];
        if (load_no_change(l) == NULL && !parse(list[i], l, &all[i].change, &why))
            result =
                err_set(e, "--change '%.100s': write a time and %s", list[i],
                        load_is_open(l) ? "the new rate, such as '30s rate=200'"
                                        : "the new users, such as '30s users=50 spawn_rate=5'");
    }
    if (result == 0)
        qsort(all, n, sizeof *all, by_time);
    for (size_t i = 0; i < n && result == 0; i++)
        if (load_change(l, &all[i].change, &why) != 0)
            result = err_set(e, "--change '%.100s': %s", all[i].text, why.text);
    free(all);
    return result;
}

/* ---- commands ---- */

const char *steering_refusal(const struct args *a, const struct scenario *s) {
    return opt_given(a, "shard") ? "it is a part of a load" : engine_no_change(s);
}

bool steering_take(struct steering *s, struct control *c, struct load_change *change) {
    struct control_change given;
    int64_t at_ns;
    if (!control_take_change(c, &given, &at_ns))
        return false;
    *change = (struct load_change){.at_ns = at_ns,
                                   .users = given.users,
                                   .spawn_rate = given.spawn_rate,
                                   .micro_rate = llround(given.rate * LOAD_MICRO)};
    struct load_change *all = realloc(s->changes, (s->count + 1) * sizeof *all);
    if (all == NULL)
        s->failed = true;
    else {
        s->changes = all;
        all[s->count++] = *change;
    }
    return true;
}

void steering_describe(const struct steering *s, const struct args *a, struct manifest *m) {
    const char *const *list = NULL;
    size_t given = opt_list(a, "change", &list);
    for (size_t i = 0; i < s->count; i++) {
        const struct load_change *c = &s->changes[i];
        char key[WORD_BYTES], at[UNITS_BYTES];
        if (given + i == 0)
            snprintf(key, sizeof key, "option_change");
        else
            snprintf(key, sizeof key, "option_change_%zu", given + i + 1);
        units_seconds_text(c->at_ns, at);
        if (c->spawn_rate > 0)
            manifest_addf(m, key, "%s users=%" PRIu32 " spawn_rate=%.10g", at, c->users,
                          c->spawn_rate);
        else
            manifest_addf(m, key, "%s rate=%.10g", at, (double)c->micro_rate / LOAD_MICRO);
    }
}

uint32_t steering_users(const struct steering *s) {
    uint32_t most = 0;
    for (size_t i = 0; i < s->count; i++)
        most = s->changes[i].users > most ? s->changes[i].users : most;
    return most;
}

void steering_done(struct steering *s) {
    free(s->changes);
    *s = (struct steering){0};
}

void steering_text(const struct control_change *c, struct buf *out) {
    if (c->kind == CONTROL_USERS)
        buf_printf(out, "to %" PRIu32 " user%s, %s per second", c->users, text_plural(c->users),
                   text_rounded(c->spawn_rate, 9).text);
    else
        buf_printf(out, "to %s request%s per second", text_rounded(c->rate, 9).text,
                   text_plural_of(c->rate));
}
