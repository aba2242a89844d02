#include "cli/loadopts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "util/units.h"

static bool in_stages(const struct load *l) {
    return l->kind == LOAD_STAGES || l->kind == LOAD_RATE_STAGES;
}

static int apply_users(const struct args *a, struct load *l, struct err *e) {
    bool users = opt_given(a, "users"), spawn_rate = opt_given(a, "spawn-rate");
    if (load_is_open(l) && spawn_rate)
        return err_set(e, "--spawn-rate starts users, and this load is requests per second, whose "
                          "users come as they are needed; leave it out");
    if (l->kind == LOAD_STAGES && (users || spawn_rate))
        return err_set(
            e,
            "--users and --spawn-rate cannot be combined with a scenario whose load is in stages; "
            "change the stages, or use a scenario with users and spawn_rate");
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
        return err_set(e, "--rate cannot be combined with a scenario whose load is in stages; "
                          "change the stages, or use a scenario with one rate");
    l->kind = LOAD_RATE;
    l->micro_rate = llround(opt_number(a, "rate") * LOAD_MICRO);
    return 0;
}

static int apply_time(const struct args *a, struct load *l, struct err *e) {
    if (!opt_given(a, "run-time"))
        return 0;
    int64_t duration = opt_duration(a, "run-time");
    if (duration <= 0)
        return err_set(e, "--run-time must be longer than 0");
    if (in_stages(l) && duration > load_duration(l))
        return err_set(
            e, "--run-time is longer than the scenario's stages, and there is no load after them");
    if (in_stages(l))
        l->cut_ns = duration;
    else
        l->duration_ns = duration;
    return 0;
}

/* Cuts all loads at one moment; those that would begin later are left out. */
static int cut_loads(const struct args *a, struct scenario *s, struct err *e) {
    static const char *const about_one[] = {"users", "spawn-rate", "rate"};
    for (size_t i = 0; i < sizeof about_one / sizeof *about_one; i++)
        if (opt_given(a, about_one[i]))
            return err_set(e,
                           "--%s is about one load, and this scenario has %zu; change its "
                           "\"loads\"",
                           about_one[i], s->load_count);
    if (!opt_given(a, "run-time"))
        return 0;
    int64_t end = opt_duration(a, "run-time");
    if (end <= 0)
        return err_set(e, "--run-time must be longer than 0");
    if (end > scenario_duration(s))
        return err_set(e, "--run-time is longer than the scenario's loads, and there is none after "
                          "them");
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

int loadopts_apply(const struct args *a, struct scenario *s, struct err *e) {
    struct load *l = &s->loads[0].load;
    if (s->load_count > 1)
        return cut_loads(a, s, e);
    if (apply_rate(a, l, e) != 0 || apply_users(a, l, e) != 0)
        return -1;
    return apply_time(a, l, e);
}

void loadopts_text(const struct load *l, struct buf *out) {
    char span[UNITS_BYTES];
    double rate = (double)load_micro_rate_max(l) / LOAD_MICRO;
    const char *random = l->poisson ? " at random" : "";
    units_duration_text(load_duration(l), span);
    switch (l->kind) {
    case LOAD_USERS:
        buf_printf(out, "%" PRIu32 " user%s, %g per second", l->users, l->users == 1 ? "" : "s",
                   l->spawn_rate);
        break;
    case LOAD_STAGES:
        buf_printf(out, "stages of up to %" PRIu32 " users", load_users_max(l));
        break;
    case LOAD_RATE:
        buf_printf(out, "%.10g requests per second%s", rate, random);
        break;
    case LOAD_RATE_STAGES:
        buf_printf(out, "stages of up to %.10g requests per second%s", rate, random);
        break;
    }
    if (load_is_open(l))
        buf_printf(out, ", up to %" PRIu32 " at once", l->max_users);
    buf_printf(out, ", for %s", span);
}
