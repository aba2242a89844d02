/* loop_turn(): a turn of a loop that ends within 20 ms. A result may come in the part of a turn before
 * the loop waits for sockets. With nothing more to wait for, uv_run(UV_RUN_ONCE) would then wait for
 * ever. */
#ifndef TESTS_SUPPORT_LOOP_H
#define TESTS_SUPPORT_LOOP_H

#include <uv.h>

static inline void loop_on_beat(uv_timer_t *beat) {
    (void)beat;
}

static inline void loop_turn(uv_loop_t *loop) {
    uv_timer_t beat;
    uv_timer_init(loop, &beat);
    uv_timer_start(&beat, loop_on_beat, 20, 0);
    uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&beat, NULL);
    /* It is on the stack, so its end must be through. */
    uv_run(loop, UV_RUN_NOWAIT);
}

#endif
