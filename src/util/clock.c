#include "util/clock.h"

#include <stdio.h>
#include <time.h>

/* Readings that took longer were interrupted: one takes less than 0.1 us where the clock is read
 * without a system call, and 1 us else. The narrowest of a few is taken. */
#define MOMENT_NS (5 * NS_PER_US)
#define MOMENT_TRIES 10

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_mono_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_real_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

struct clock_moment clock_moment(void) {
    struct clock_moment best = {0};
    int64_t narrowest_ns = INT64_MAX;
    for (int i = 0; i < MOMENT_TRIES && narrowest_ns > MOMENT_NS; i++) {
        int64_t before_ns = clock_mono_ns(), real_ns = clock_real_ns();
        int64_t width_ns = clock_mono_ns() - before_ns;
        if (width_ns >= narrowest_ns)
            continue;
        narrowest_ns = width_ns;
        best = (struct clock_moment){before_ns + width_ns / 2, real_ns};
    }
    return best;
}

int64_t clock_boot_ns(void) {
    return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_thread_cpu_ns(void) {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void split(int64_t real_ns, struct tm *tm, int *ms) {
    time_t s = (time_t)(real_ns / NS_PER_S);
    int64_t rest = real_ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        s--;
    }
    gmtime_r(&s, tm);
    *ms = (int)(rest / NS_PER_MS);
}

void clock_utc(int64_t real_ns, char out[CLOCK_UTC_BYTES]) {
    struct tm tm;
    int ms;
    split(real_ns, &tm, &ms);
    size_t n = strftime(out, CLOCK_UTC_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_UTC_BYTES - n, ".%03dZ", ms);
}

void clock_utc_compact(int64_t real_ns, char out[CLOCK_UTC_BYTES]) {
    struct tm tm;
    int ms;
    split(real_ns, &tm, &ms);
    strftime(out, CLOCK_UTC_BYTES, "%Y%m%dT%H%M%SZ", &tm);
}

bool clock_read_utc(const char *text, int64_t *real_ns) {
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL || rest[0] != '.' || strspn(rest + 1, "0123456789") != 3 ||
        strcmp(rest + 4, "Z") != 0)
        return false;
    *real_ns = (int64_t)timegm(&tm) * NS_PER_S + strtol(rest + 1, NULL, 10) * NS_PER_MS;
    return true;
}
