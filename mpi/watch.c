#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "util/clock.h"
#include "util/words.h"

#define AWAY_NS NS_PER_S

int watch_init(struct watch *w, int count, struct err *e) {
    *w = (struct watch){.ranks = calloc((size_t)count, sizeof *w->ranks), .count = count};
    return w->ranks != NULL ? 0 : err_memory(e, "%d ranks", count);
}

void watch_done(struct watch *w) {
    free(w->ranks);
    *w = (struct watch){.ranks = NULL};
}

static void name(const struct watch *w, int i, struct err *out) {
    err_set(out, "part %d (host %s)", i, w->ranks[i].host);
}

static void say(const struct watch *w, int i, const char *what) {
    struct err who, text;
    name(w, i, &who);
    err_set(&text, "%s %s", who.text, what);
    say_line(text.text);
}

void watch_heard(struct watch *w, int from, const char *text) {
    struct watch_rank *r = &w->ranks[from];
    const char *line = strchr(text, '\n');
    r->heard_ns = clock_mono_ns();
    if (words_is(&text, "hello") && line != NULL)
        snprintf(r->host, sizeof r->host, "%.64s", line + 1);
}

/* Whether it is not lost. */
static bool look_at(struct watch *w, int i, int64_t now_ns, struct err *why) {
    struct watch_rank *r = &w->ranks[i];
    struct err who;
    int64_t silent_ns = now_ns - r->heard_ns;
    bool silent = silent_ns > WATCH_SILENT_NS;
    if (silent != r->silent)
        say(w, i, silent ? "is silent" : "is back");
    r->silent = silent;
    if (silent_ns <= WATCH_LOST_NS)
        return true;
    name(w, i, &who);
    err_set(why, "%s has been silent for %d s and counts as lost, so the search ends", who.text,
            (int)(WATCH_LOST_NS / NS_PER_S));
    return false;
}

bool watch_look(struct watch *w, struct err *why) {
    int64_t now_ns = clock_mono_ns(), away_ns = w->look_ns == 0 ? 0 : now_ns - w->look_ns;
    bool all = true;
    w->look_ns = now_ns;
    for (int i = 0; i < w->count && all; i++) {
        if (away_ns >
            AWAY_NS) /* what has come since then is read only now, or was read by a load */
            w->ranks[i].heard_ns = now_ns;
        if (w->ranks[i].host[0] != '\0')
            all = look_at(w, i, now_ns, why);
    }
    return all;
}
