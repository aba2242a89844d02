#include "engine/proceed.h"

#include <time.h>

#include "util/clock.h"

#define PAUSE_NS (10 * NS_PER_MS)
/* Time for the threads to start. */
#define BEFORE_START_NS (30 * NS_PER_MS)

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

bool proceed_until(const struct engine_options *o, const struct engine_start *start,
                   struct engine_order *order) {
    while (start->mono_ns != 0 && start->mono_ns - clock_mono_ns() > BEFORE_START_NS)
        if (!pause_and_tick(o, order))
            return false;
    return true;
}
