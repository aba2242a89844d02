#include "grpc/proto_time.h"

#include <time.h>

#define FIRST_SECOND INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */
/* Seconds: 10000 years of 365.25 days. As for protobuf itself, nanoseconds may come on top. */
#define DURATION_MAX INT64_C(315576000000)
#define NANOS 1000000000

/* Reads exactly n digits and moves behind them. */
static bool digits(struct bytes *at, size_t n, int *out) {
    int value = 0;
    if (at->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (at->data[i] < '0' || at->data[i] > '9')
            return false;
        value = value * 10 + (at->data[i] - '0');
    }
    *at = (struct bytes){at->data + n, at->len - n};
    *out = value;
    return true;
}

static bool sign(struct bytes *at, char c) {
    if (at->len == 0 || *at->data != c)
        return false;
    *at = (struct bytes){at->data + 1, at->len - 1};
    return true;
}

/* A point and one to nine digits, or nothing. */
static bool fraction(struct bytes *at, int32_t *nanos) {
    int32_t unit = NANOS / 10;
    *nanos = 0;
    if (!sign(at, '.'))
        return true;
    bool any = false;
    for (int digit; digits(at, 1, &digit); unit /= 10) {
        if (unit == 0)
            return false;
        *nanos += digit * unit;
        any = true;
    }
    return any;
}

/* "Z", "+05:30" or "-08:00": the seconds by which the text is ahead of UTC. */
static bool offset(struct bytes *at, int64_t *seconds) {
    int hours, minutes;
    *seconds = 0;
    if (sign(at, 'Z'))
        return at->len == 0;
    bool west = sign(at, '-');
    if (!west && !sign(at, '+'))
        return false;
    if (!digits(at, 2, &hours) || !sign(at, ':') || !digits(at, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *seconds = (int64_t)(west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return at->len == 0;
}

bool proto_timestamp_read(struct bytes text, struct proto_time *out) {
    struct tm tm = {0};
    struct proto_time t;
    int64_t ahead;
    if (!digits(&text, 4, &tm.tm_year) || !sign(&text, '-') || !digits(&text, 2, &tm.tm_mon) ||
        !sign(&text, '-') || !digits(&text, 2, &tm.tm_mday) || !sign(&text, 'T') ||
        !digits(&text, 2, &tm.tm_hour) || !sign(&text, ':') || !digits(&text, 2, &tm.tm_min) ||
        !sign(&text, ':') || !digits(&text, 2, &tm.tm_sec) || !fraction(&text, &t.nanos) ||
        !offset(&text, &ahead))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
        return false;
    int day = tm.tm_mday;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    t.seconds = timegm(&tm); /* it moves a day that the month does not have */
    if (tm.tm_mday != day)
        return false;
    t.seconds -= ahead;
    if (t.seconds < FIRST_SECOND || t.seconds > LAST_SECOND)
        return false;
    *out = t;
    return true;
}

bool proto_duration_read(struct bytes text, struct proto_time *out) {
    struct proto_time t = {0};
    bool negative = sign(&text, '-');
    int digit;
    if (!digits(&text, 1, &digit))
        return false;
    do {
        t.seconds = t.seconds * 10 + digit;
        if (t.seconds > DURATION_MAX)
            return false;
    } while (digits(&text, 1, &digit));
    if (!fraction(&text, &t.nanos) || !sign(&text, 's') || text.len != 0)
        return false;
    if (negative)
        t = (struct proto_time){-t.seconds, -t.nanos};
    *out = t;
    return true;
}

static void add_fraction(int32_t nanos, struct buf *out) {
    if (nanos == 0)
        return;
    if (nanos % 1000000 == 0)
        buf_printf(out, ".%03d", nanos / 1000000);
    else if (nanos % 1000 == 0)
        buf_printf(out, ".%06d", nanos / 1000);
    else
        buf_printf(out, ".%09d", nanos);
}

bool proto_timestamp_text(struct proto_time t, struct buf *out) {
    struct tm tm;
    time_t seconds = t.seconds;
    if (t.seconds < FIRST_SECOND || t.seconds > LAST_SECOND || t.nanos < 0 || t.nanos >= NANOS ||
        gmtime_r(&seconds, &tm) == NULL)
        return false;
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    add_fraction(t.nanos, out);
    buf_char(out, 'Z');
    return true;
}

bool proto_duration_text(struct proto_time t, struct buf *out) {
    if (t.seconds < -DURATION_MAX || t.seconds > DURATION_MAX || t.nanos <= -NANOS ||
        t.nanos >= NANOS || (t.seconds > 0 && t.nanos < 0) || (t.seconds < 0 && t.nanos > 0))
        return false;
    if (t.seconds < 0 || t.nanos < 0)
        buf_char(out, '-');
    buf_int(out, t.seconds < 0 ? -t.seconds : t.seconds);
    add_fraction(t.nanos < 0 ? -t.nanos : t.nanos, out);
    buf_char(out, 's');
    return true;
}
