/*
 * clock: reads the system's clocks, in nanoseconds.
 *
 * Use the monotonic clock to measure and pace, and the real clock only for dates. Pure code reads
 * none: it gets a time as an argument. Thread: any.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)

/* CLOCK_MONOTONIC, which uv_hrtime() reads too. */
int64_t clock_mono_ns(void);

/* CLOCK_REALTIME: nanoseconds since 1970. */
int64_t clock_real_ns(void);

/* One moment on both clocks. Two readings by hand would be of two moments, if the thread is
 * interrupted between them. */
struct clock_moment {
    int64_t mono_ns, real_ns;
};
struct clock_moment clock_moment(void);

/* CLOCK_BOOTTIME: the monotonic clock, which also counts while the machine sleeps. */
int64_t clock_boot_ns(void);

/* CPU time used by the calling thread. */
int64_t clock_thread_cpu_ns(void);

#define CLOCK_UTC_BYTES 32

/* Writes "2026-11-24T02:50:36.123Z" (RFC 3339, UTC, milliseconds). */
void clock_utc(int64_t real_ns, char out[CLOCK_UTC_BYTES]);

/* Parses what clock_utc() writes. Returns false for anything else. */
bool clock_read_utc(const char *text, int64_t *real_ns);

/* Writes "20261124T025036Z", usable in a file name. */
void clock_utc_compact(int64_t real_ns, char out[CLOCK_UTC_BYTES]);

#endif
