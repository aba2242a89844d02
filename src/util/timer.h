/*
 * timer: starts a timer of libuv that is never early.
 *
 * uv_timer_start() counts from the loop's own time, which is a whole number of milliseconds and as
 * old as the loop's turn: a timer set with it may fire milliseconds before its time. This one
 * may be late, as any timer. It does not repeat. Thread: the loop's.
 */
#ifndef UTIL_TIMER_H
#define UTIL_TIMER_H

#include <stdint.h>
#include <uv.h>

/* Calls `passed` once, at least `wait_ns` from now, and never before the loop's next turn. A timer
 * that runs already is set again. */
void timer_after(uv_timer_t *timer, uv_timer_cb passed, int64_t wait_ns);

#endif
