#include "control/change.h"

#define SPAWN_RATE_MIN 0.001
#define SPAWN_RATE_MAX 1e6
#define RATE_MAX 100000

static bool change_users(const struct change_asked *a, const struct change_of *of,
                         struct control_change *out, struct err *why) {
    double spawn_rate = isnan(a->spawn_rate) ? of->spawn_rate : a->spawn_rate;
    if (!isnan(a->rate))
        err_set(why, "this run has users, not a rate; give users");
    else if (isnan(a->users))
        err_set(why, "give users, and spawn_rate if it changes");
    else if (!(a->users >= 0) || a->users != floor(a->users) || a->users > of->users_possible)
        err_set(why, "users must be a whole number from 0 to %u, for which this process has files",
                of->users_possible);
    else if (!(spawn_rate >= SPAWN_RATE_MIN) || spawn_rate > SPAWN_RATE_MAX)
        err_set(why, "spawn_rate must be from %g to %g users per second", SPAWN_RATE_MIN,
                SPAWN_RATE_MAX);
    else {
        *out = (struct control_change){
            .kind = CONTROL_USERS, .users = (uint32_t)a->users, .spawn_rate = spawn_rate};
        return true;
    }
    return false;
}

static bool change_rate(const struct change_asked *a, struct control_change *out, struct err *why) {
    if (!isnan(a->users))
        err_set(why, "this run has an arrival rate, for which users start on demand; give rate");
    else if (!(a->rate >= 0) || a->rate > RATE_MAX)
        err_set(why, "rate must be from 0 to %d requests per second", RATE_MAX);
    else {
        *out = (struct control_change){.kind = CONTROL_RATE, .rate = a->rate};
        return true;
    }
    return false;
}

bool change_make(const struct change_asked *a, const struct change_of *of,
                 struct control_change *out, struct err *why) {
    return of->open ? change_rate(a, out, why) : change_users(a, of, out, why);
}
