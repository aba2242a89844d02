#include "cli/loadopts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cli/steering.h"
#include "transport/source.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

static bool in_stages(const struct load *l) {
    return l->kind == LOAD_STAGES || l->kind == LOAD_RATE_STAGES;
}

static int apply_users(const struct args *a, struct load *l, struct err *e) {
    bool users = opt_given(a, "users"), spawn_rate = opt_given(a, "spawn-rate");
    if (load_is_open(l) && spawn_rate)
        return err_set(e, "--spawn-rate cannot be used with an arrival rate, which starts users on "
                          "demand; remove it");
    if (l->kind == LOAD_STAGES && (users || spawn_rate))
        return err_set(e, "--users and --spawn-rate cannot be used with a load in stages; change "
                          "the stages, or use a scenario with users and spawn_rate");
    if (users && load_is_open(l))
        l->max_users = (uint32_t)opt_integer(a, "users");
    else if (users)
        l->users = (uint32_t)opt_integer(a, "users");
    if (spawn_rate)
        l->spawn_rate = opt_number(a, "spawn-rate");
    return 0;
}

static int apply_rate(const struct args *a, struct load *l, struct err *e) {
    if (!opt_given(a, "rate"))
        return 0;
    if (in_stages(l))
        return err_set(e, "--rate cannot be used with a load in stages; change the stages, or use "
                          "a scenario with one rate");
    if (l->kind == LOAD_TRACE)
        return err_set(e, "--rate cannot be used with a trace, which says when requests arrive; "
                          "use --speed");
    l->kind = LOAD_RATE;
    l->micro_rate = llround(opt_number(a, "rate") * LOAD_MICRO);
    return 0;
}

static int apply_speed(const struct args *a, struct load *l, struct err *e) {
    if (!opt_given(a, "speed"))
        return 0;
    if (l->kind != LOAD_TRACE)
        return err_set(e, "--speed applies only to a load with a trace");
    l->micro_speed = llround(opt_number(a, "speed") * LOAD_MICRO);
    if (load_trace_due(l, 0, l->times->length_ns) > UNITS_DURATION_MAX_NS)
        return err_set(e, "at this --speed the trace lasts more than ten years");
    if (!l->loop && l->duration_ns > 0) {
        /* What the scenario cuts off cannot come back. */
        struct load whole = *l;
        whole.duration_ns = 0;
        l->duration_ns = load_duration(&whole) < l->duration_ns ? 0 : l->duration_ns;
    }
    return 0;
}

static int apply_time(const struct args *a, struct load *l, struct err *e) {
    if (!opt_given(a, "run-time"))
        return 0;
    int64_t duration = opt_duration(a, "run-time");
    if (duration <= 0)
        return err_set(e, "--run-time must be longer than 0");
    if (in_stages(l) && duration > load_duration(l))
        return err_set(e, "--run-time is longer than the stages of the scenario");
    bool once = l->kind == LOAD_TRACE && !l->loop;
    if (once && duration > load_duration(l))
        return err_set(e, "--run-time is longer than the trace; write \"loop\": true in the "
                          "scenario to begin again at its end");
    if (in_stages(l) || once)
        l->cut_ns = duration;
    else
        l->duration_ns = duration;
    return 0;
}

/* Cuts all loads at one moment; those that would begin later are left out. */
static int cut_loads(const struct args *a, struct scenario *s, struct err *e) {
    static const char *const about_one[] = {"users", "spawn-rate", "rate", "speed"};
    for (size_t i = 0; i < sizeof about_one / sizeof *about_one; i++)
        if (opt_given(a, about_one[i]))
            return err_set(
                e, "--%s applies to a single load, but this scenario has %zu; change its \"loads\"",
                about_one[i], s->load_count);
    if (!opt_given(a, "run-time"))
        return 0;
    int64_t end = opt_duration(a, "run-time");
    if (end <= 0)
        return err_set(e, "--run-time must be longer than 0");
    if (end > scenario_duration(s))
        return err_set(e, "--run-time is longer than the loads of the scenario");
    size_t kept = 0;
    for (size_t i = 0; i < s->load_count; i++) {
        struct scenario_load *l = &s->loads[i];
        int64_t left = end - l->start_ns;
        if (left <= 0) {
            load_done(&l->load);
            free(l->name);
            continue;
        }
        l->load.cut_ns = left < load_duration(&l->load) ? left : 0;
        s->loads[kept++] = *l;
    }
    s->load_count = kept;
    return kept > 0 ? 0 : err_set(e, "--run-time ends before the first load begins");
}

static int apply_source(const struct args *a, struct scenario *s, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "source", &list);
    if (n > 0 && s->http.unix_socket != NULL)
        return err_set(e, "--source cannot be combined with \"unix_socket\" of the scenario, which "
                          "has no address; remove --source");
    if (n > 0 && scenario_set_source(s, list, n, e) != 0)
        return err_prefix(e, "--source");
    return source_check((const char *const *)s->http.source, s->http.source_count, e);
}

int loadopts_apply(const struct args *a, struct scenario *s, struct err *e) {
    struct load *l = &s->loads[0].load;
    if (apply_source(a, s, e) != 0)
        return -1;
    if (s->load_count > 1)
        return opt_given(a, "change") ? err_set(e,
                                                "--change applies to a single load, but this "
                                                "scenario has %zu",
                                                s->load_count)
                                      : cut_loads(a, s, e);
    if (apply_rate(a, l, e) != 0 || apply_users(a, l, e) != 0 || apply_speed(a, l, e) != 0)
        return -1;
    return apply_time(a, l, e) != 0 ? -1 : steering_apply(a, l, e);
}

uint64_t loadopts_seed(const struct args *a) {
    uint32_t seed = 1;
    if (opt_given(a, "seed"))
        return (uint64_t)opt_integer(a, "seed");
    /* 32 bits: a seed that can be read aloud and typed again. */
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)clock_real_ns();
    return seed;
}

void loadopts_text(const struct load *l, struct buf *out) {
    char span[UNITS_BYTES];
    double rate = (double)load_micro_rate_max(l) / LOAD_MICRO;
    const char *random = l->poisson ? " at random" : "";
    units_duration_text(load_duration(l), span);
    switch (l->kind) {
    case LOAD_USERS:
        buf_printf(out, "%" PRIu32 " user%s, %s per second", l->users, text_plural(l->users),
                   text_rounded(l->spawn_rate, 9).text);
        break;
    case LOAD_STAGES:
        buf_printf(out, "stages of up to %" PRIu32 " user%s", load_users_max(l),
                   text_plural(load_users_max(l)));
        break;
    case LOAD_RATE:
        buf_printf(out, "%.10g request%s per second%s", rate, text_plural_of(rate), random);
        break;
    case LOAD_RATE_STAGES:
        buf_printf(out, "stages of up to %.10g request%s per second%s", rate, text_plural_of(rate),
                   random);
        break;
    case LOAD_TRACE:
        buf_printf(out, "%" PRIu64 " recorded arrival%s", load_trace_count(l),
                   text_plural(load_trace_count(l)));
        if (l->micro_speed != LOAD_MICRO)
            buf_printf(out, " at %.10g times their speed", (double)l->micro_speed / LOAD_MICRO);
        break;
    }
    if (l->change_count > 0)
        buf_printf(out, ", then changed %zu time%s", l->change_count, text_plural(l->change_count));
    if (load_is_open(l))
        buf_printf(out, ", up to %" PRIu32 " at once", l->max_users);
    buf_printf(out, ", for %s", span);
}
