/* How all parts come to a common start, and what keeps them from it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hub_internal.h"
#include "util/clock.h"
#include "util/text.h"

/* From the moment that everything is measured to the start. */
#define AHEAD_NS NS_PER_S
#define AHEAD_TRIPS 40 /* more, if round trips are long */
#define AHEAD_MAX_NS (10 * NS_PER_S)
/* By then all must have said that they know the start, or it is put off by ever more. It leaves
 * time for that, because a start stands from 0.2 s before it (engine/proceed.h). If that time is
 * over, nobody starts. */
#define CONFIRM_NS (500 * NS_PER_MS)
#define PUT_OFF_LAST_NS (300 * NS_PER_MS)
#define STARTS_MAX 4
#define REFUSED_NS (10 * NS_PER_S)
#define NAMED_MAX 10

static void enter(struct hub *h, enum hub_phase phase) {
    h->phase = phase;
    h->phase_ns = clock_mono_ns();
}

/* ---- what is missing ---- */

static bool is_there(const struct hub *h, const struct hub_part *p) {
    switch ((int)h->phase) {
    case HUB_HELLO:
        return p->hello;
    case HUB_GO:
        return p->confirmed == h->starts;
    default:
        return p->ready;
    }
}

static uint32_t count_missing(const struct hub *h) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->count; i++)
        n += !is_there(h, &h->parts[i]);
    return n;
}

static void name_missing(struct hub *h, const char *what) {
    struct buf list;
    uint32_t missing = count_missing(h), named = 0;
    buf_init(&list, 1 << 16);
    for (uint32_t i = 0; i < h->count && named < NAMED_MAX; i++)
        if (!is_there(h, &h->parts[i]))
            buf_printf(&list, "%s%s", named++ == 0 ? "" : ", ", hub_name(h, &h->parts[i]));
    if (missing > named)
        buf_printf(&list, " and %u more", missing - named);
    hub_note(h, "%s: %s", what, buf_text(&list));
    buf_done(&list);
}

static void refuse_missing(struct hub *h, const char *what) {
    name_missing(h, what);
    hub_refuse(h, EXIT_RUNTIME);
}

/* ---- who has failed ---- */

static bool has_failed(const struct hub_part *p) {
    return p->failed || p->exited;
}

static const char *reason(const struct hub_part *p, char *out, size_t size) {
    if (p->errors.len > 0)
        return buf_text(&p->errors);
    if (p->signal != 0)
        snprintf(out, size, "its load process was killed by signal %d", p->signal);
    else
        snprintf(out, size, "its load process ended with exit code %d", p->code);
    return out;
}

/* Parts that failed for one reason are named together. Those that only obeyed are not. */
static void name_failed(struct hub *h) {
    char a[128], b[128];
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        uint32_t same = 0;
        if (!has_failed(p) || p->told_errors ||
            strstr(buf_text(&p->errors), "another part") != NULL)
            continue;
        const char *why = reason(p, a, sizeof a);
        for (uint32_t k = i; k < h->count; k++) {
            struct hub_part *q = &h->parts[k];
            if (has_failed(q) && strcmp(reason(q, b, sizeof b), why) == 0) {
                q->told_errors = true;
                same++;
            }
        }
        if (same == h->count && same > 1)
            hub_note(h, "not started: all %u parts: %s", same, why);
        else if (same > 1)
            hub_note(h, "not started: %s and %u more: %s", hub_name(h, p), same - 1, why);
        else
            hub_note(h, "not started: %s: %s", hub_name(h, p), why);
    }
}

/* The exit code of the whole: that of the first part that failed by itself. */
static int code_of_failure(const struct hub *h) {
    for (uint32_t i = 0; i < h->count; i++)
        if (h->parts[i].exited && h->parts[i].code > 0)
            return h->parts[i].code;
    return EXIT_RUNTIME;
}

static void turn_refused(struct hub *h) {
    bool all = true;
    int64_t now_ns = clock_mono_ns();
    for (uint32_t i = 0; h->begun && i < h->count; i++)
        all = all && (has_failed(&h->parts[i]) || now_ns - h->parts[i].heard_ns > HUB_LOST_NS);
    if (!all && now_ns - h->phase_ns < REFUSED_NS)
        return;
    name_failed(h);
    for (uint32_t i = 0; i < h->count; i++) {
        mail_text(h->mail, (int)i, "kill");
        mail_text(h->mail, (int)i, "drop");
    }
    enter(h, HUB_OVER);
}

/* A part that fails before the start keeps all from starting. Others may fail too: they have a
 * moment, so that all are named. */
static bool refuse_failed(struct hub *h) {
    for (uint32_t i = 0; i < h->count; i++)
        if (has_failed(&h->parts[i])) {
            hub_refuse(h, code_of_failure(h));
            return true;
        }
    return false;
}

/* A rank that has never said anything may still be starting. */
static bool is_known(const struct hub *h, uint32_t i) {
    return h->parts[i].hello || (h->o.known != NULL && h->o.known->ranks[i].host[0] != '\0');
}

static bool refuse_silent(struct hub *h) {
    int64_t now_ns = clock_mono_ns();
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        int64_t silent_ns = now_ns - p->heard_ns;
        if (!is_known(h, i))
            continue;
        if (h->o.known != NULL && p->silent != (silent_ns > HUB_SILENT_NS))
            hub_note(h, "%s is %s", hub_name(h, p), p->silent ? "back" : "silent");
        p->silent = silent_ns > HUB_SILENT_NS;
        if (silent_ns <= HUB_LOST_NS)
            continue;
        hub_note(h, "not started: %s has been silent for %d s", hub_name(h, p),
                 (int)(HUB_LOST_NS / NS_PER_S));
        hub_refuse(h, EXIT_RUNTIME);
        return true;
    }
    return false;
}

/* ---- whether the parts are of one load ---- */

/* The first line in which two texts differ, without its hash. */
static void first_difference(const char *a, const char *b, char *out, size_t size) {
    while (*a != '\0' && *b != '\0') {
        size_t n = strcspn(a, "\n");
        if (n != strcspn(b, "\n") || memcmp(a, b, n) != 0)
            break;
        a += n + 1;
        b += n + 1;
    }
    const char *line = *a != '\0' ? a : b;
    snprintf(out, size, "%.*s", (int)strcspn(line, " \n"), line);
}

static bool are_equal(struct hub *h) {
    const struct hub_part *first = &h->parts[0];
    char key[256], name[128];
    snprintf(name, sizeof name, "%s", hub_name(h, first));
    for (uint32_t i = 1; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        if (strcmp(buf_text(&p->facts), buf_text(&first->facts)) == 0)
            continue;
        first_difference(buf_text(&first->facts), buf_text(&p->facts), key, sizeof key);
        hub_note(h,
                 "not started: %s and %s would not run one load: \"%s\" differs; give all hosts "
                 "the same scenario, files and options",
                 name, hub_name(h, p), key);
        hub_refuse(h, EXIT_USAGE);
        return false;
    }
    return true;
}

/* ---- the start ---- */

/* The clocks of all parts. Returns the longest of the shortest round trips; -1: one is not known. */
static int64_t measure(struct hub *h) {
    int64_t longest_ns = 0;
    h->parts[0].begin = (struct offset){.known = true};
    for (uint32_t i = 1; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        mail_text(h->mail, (int)i, "clock");
        offset_measure((int)i, &p->begin);
        if (!p->begin.known) {
            hub_note(h, "not started: the clock of %s could not be compared: no answer",
                     hub_name(h, p));
            hub_refuse(h, EXIT_RUNTIME);
            return -1;
        }
        p->heard_ns = clock_mono_ns();
        if (2 * p->begin.bound_ns > longest_ns)
            longest_ns = 2 * p->begin.bound_ns;
    }
    return longest_ns;
}

/* Whole milliseconds since 1970: that is what a run file keeps of it. */
static void say_start(struct hub *h, int64_t ahead_ns) {
    char line[96];
    struct clock_moment now = clock_moment();
    h->start_real_ns = (now.real_ns + ahead_ns) / NS_PER_MS * NS_PER_MS;
    h->start_ns = now.mono_ns + (h->start_real_ns - now.real_ns);
    whole_start(h->whole, h->start_real_ns);
    h->starts++;
    for (uint32_t i = 0; i < h->count; i++) {
        snprintf(line, sizeof line, "go %" PRId64 " %" PRId64,
                 h->start_ns + h->parts[i].begin.mono_ns, h->start_real_ns);
        hub_say(h, &h->parts[i], line);
    }
}

/* A busy machine may come late. Each start that is put off again is twice as far ahead. */
static void put_off(struct hub *h, int64_t now_ns) {
    if (h->starts == STARTS_MAX || h->start_ns - now_ns < PUT_OFF_LAST_NS) {
        refuse_missing(h, "not started: these parts did not confirm the start in time");
        return;
    }
    name_missing(h, "the start is put off, because these parts did not confirm it in time");
    say_start(h, AHEAD_MAX_NS >> (STARTS_MAX - 1 - h->starts));
}

static void go(struct hub *h) {
    struct err e = {""};
    int64_t trip_ns = measure(h);
    if (trip_ns < 0)
        return;
    if (hub_begin_load(h, &e) != 0) {
        hub_note(h, "not started: %s", e.text);
        hub_refuse(h, EXIT_RUNTIME);
        return;
    }
    int64_t ahead_ns = AHEAD_NS + AHEAD_TRIPS * trip_ns;
    say_start(h, ahead_ns < AHEAD_MAX_NS ? ahead_ns : AHEAD_MAX_NS);
    enter(h, HUB_GO);
}

static void turn_ready(struct hub *h) {
    if (!are_equal(h))
        return;
    if (h->parts[0].wants_setup) {
        h->parts[0].ready = false;
        hub_say(h, &h->parts[0], "setup");
        enter(h, HUB_SETUP);
        return;
    }
    go(h);
}

static void begin(struct hub *h) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    buf_printf(&text, "begin %" PRIu64 " %s\n", h->o.job.seed, h->o.job.trace);
    if (h->o.words != NULL)
        buf_add(&text, h->o.words->data, h->o.words->len);
    for (uint32_t i = 0; i < h->count; i++)
        mail_send(h->mail, (int)i, text.data, text.len);
    buf_done(&text);
    h->begun = true;
    h->phase = HUB_READY; /* one limit for both phases */
}

static void say_begun(struct hub *h) {
    int64_t bound_ns = 0;
    for (uint32_t i = 0; i < h->count; i++)
        if (h->parts[i].begin.bound_ns > bound_ns)
            bound_ns = h->parts[i].begin.bound_ns;
    if (!opt_flag(h->o.args, "quiet"))
        hub_note(h, "%u part%s start together (clocks compared to within %.3f ms); Ctrl-C stops",
                 h->count, text_plural(h->count), (double)bound_ns / 1e6);
}

void hub_turn_start(struct hub *h) {
    int64_t now_ns = clock_mono_ns();
    if (h->phase == HUB_REFUSED) {
        turn_refused(h);
        return;
    }
    if (refuse_failed(h) || refuse_silent(h))
        return;
    bool all = count_missing(h) == 0;
    if (!all && h->phase <= HUB_READY && now_ns - h->phase_ns > h->o.ready_timeout_ns)
        refuse_missing(h, h->phase == HUB_HELLO
                              ? "not started: these ranks did not answer in time"
                              : "not started: these parts were not ready in time");
    else if (!all && h->phase == HUB_GO && h->start_ns - now_ns < CONFIRM_NS)
        put_off(h, now_ns);
    else if (!all)
        return;
    else if (h->phase == HUB_HELLO)
        begin(h);
    else if (h->phase == HUB_READY)
        turn_ready(h);
    else if (h->phase == HUB_SETUP)
        go(h);
    else {
        say_begun(h);
        for (uint32_t i = 0; i < h->count; i++)
            mail_text(h->mail, (int)i, "quiet 1");
        enter(h, HUB_LOAD);
    }
}
