#include "engine/proceed.h"

#include <time.h>

#include "util/clock.h"

#define PAUSE_NS (10 * NS_PER_MS)
#define BEFORE_START_AT_NS (500 * NS_PER_MS)

static bool pause_and_tick(const struct engine_options *o, struct engine_order *order) {
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    nanosleep(&pause, NULL);
    if (o->tick == NULL)
        return true;
    *order = o->tick(o->tick_context, NULL);
    return order->wish == ENGINE_GO_ON;
}

bool proceed_wait(const struct engine_options *o, enum engine_stage stage,
                  struct engine_start *start, struct engine_order *order) {
    while (o->proceed != NULL && !o->proceed(o->tick_context, stage, start))
        if (!pause_and_tick(o, order))
            return false;
    return true;
}

static bool is_early(const struct engine_options *o, const struct engine_start *start) {
    if (start->mono_ns != 0)
        return start->mono_ns - clock_mono_ns() > PROCEED_LAST_NS;
    /* By the real-time clock up to the end: it may be set while one waits. */
    return o->start_at_ns != 0 && o->start_at_ns - clock_real_ns() > BEFORE_START_AT_NS;
}

bool proceed_until(const struct engine_options *o, struct engine_start *start,
                   struct engine_order *order) {
    while (is_early(o, start)) {
        if (!pause_and_tick(o, order))
            return false;
        if (o->proceed != NULL)
            o->proceed(o->tick_context, ENGINE_LOAD, start);
    }
    return true;
}
