#include "util/timer.h"

#include "util/clock.h"

void timer_after(uv_timer_t *timer, uv_timer_cb passed, int64_t wait_ns) {
    /* The loop's time may be almost a millisecond behind the clock even when it is new. */
    uint64_t ms = wait_ns <= 0 ? 1 : (uint64_t)((wait_ns + NS_PER_MS - 1) / NS_PER_MS) + 1;
    uv_update_time(timer->loop);
    uv_timer_start(timer, passed, ms, 0);
}
