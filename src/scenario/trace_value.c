#include "scenario/trace_value.h"

#include <stdbool.h>

#include "util/clock.h"

__extension__ typedef __int128 wide;

/* Far above what fits 64 bits of nanoseconds, and far below what 128 bits hold. */
#define WIDE_MAX ((wide)INT64_MAX * 1000000000)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* True where commas separate thousands: one to three digits, then groups of three. */
static bool groups_fit(struct bytes t, size_t end) {
    size_t group = 0;
    bool any = false;
    for (size_t i = 0; i < end; i++) {
        if (t.data[i] != ',') {
            group++;
            continue;
        }
        if (group == 0 || group > 3 || (any && group != 3))
            return false;
        any = true;
        group = 0;
    }
    return !any || group == 3;
}

const char *trace_count(struct bytes text, uint32_t *out) {
    static const char not_whole[] = "is not a whole number";
    struct bytes t = bytes_trim(text);
    uint64_t n = 0;
    size_t i = 0, digits = 0;
    if (t.len == 0)
        return "is missing";
    if (t.len > 1 && t.data[0] == '-' && is_digit(t.data[1]))
        return "is negative";
    for (; i < t.len && (is_digit(t.data[i]) || t.data[i] == ','); i++) {
        if (t.data[i] == ',')
            continue;
        n = n * 10 + (uint64_t)(t.data[i] - '0');
        digits++;
        if (n > TRACE_COUNT_MAX)
            return "is more than 1000000000";
    }
    if (digits == 0 || !groups_fit(t, i))
        return not_whole;
    if (i < t.len && t.data[i] == '.')
        for (i++; i < t.len && t.data[i] == '0';)
            i++;
    if (i < t.len)
        return not_whole;
    *out = (uint32_t)n;
    return NULL;
}

/* 10^power times n, to the nearest whole number; -1 where that is too large. */
static wide scale(wide n, int power) {
    for (; power > 0 && n != 0; power--) {
        if (n > WIDE_MAX / 10)
            return -1;
        n *= 10;
    }
    if (power < -30)
        return 0;
    wide divisor = 1;
    for (; power < 0; power++)
        divisor *= 10;
    return (n + divisor / 2) / divisor;
}

/* "e-5" at t.data[*i], or nothing. */
static bool exponent(struct bytes t, size_t *i, int *out) {
    bool negative = false;
    *out = 0;
    if (*i == t.len || (t.data[*i] != 'e' && t.data[*i] != 'E'))
        return true;
    ++*i;
    if (*i < t.len && (t.data[*i] == '-' || t.data[*i] == '+'))
        negative = t.data[(*i)++] == '-';
    size_t from = *i;
    for (; *i < t.len && is_digit(t.data[*i]) && *i - from < 4; ++*i)
        *out = *out * 10 + (t.data[*i] - '0');
    *out = negative ? -*out : *out;
    return *i > from;
}

const char *trace_decimal(struct bytes text, int power, int64_t *ns) {
    static const char not_number[] = "is not a number";
    struct bytes t = bytes_trim(text);
    wide n = 0;
    int places = 0, exp;
    size_t i = 0, digits = 0;
    bool point = false;
    if (t.len == 0)
        return "is missing";
    if (t.data[0] == '-' && t.len > 1 && is_digit(t.data[1]))
        return "is negative";
    for (; i < t.len && (is_digit(t.data[i]) || (t.data[i] == '.' && !point)); i++) {
        if (t.data[i] == '.') {
            point = true;
            continue;
        }
        digits++;
        if (n > WIDE_MAX) { /* more digits than any time needs */
            places -= !point;
            continue;
        }
        n = n * 10 + (t.data[i] - '0');
        places += point;
    }
    if (digits == 0 || !exponent(t, &i, &exp) || i < t.len)
        return not_number;
    wide result = scale(n, power + exp - places);
    if (result < 0 || result > INT64_MAX)
        return "is too large";
    *ns = (int64_t)result;
    return NULL;
}

/* `n` digits at t.data[*i]; -1 where there are fewer. */
static int digits(struct bytes t, size_t *i, size_t n) {
    int value = 0;
    if (t.len - *i < n)
        return -1;
    for (size_t k = 0; k < n; k++, ++*i) {
        if (!is_digit(t.data[*i]))
            return -1;
        value = value * 10 + (t.data[*i] - '0');
    }
    return value;
}

static bool skip(struct bytes t, size_t *i, char c) {
    if (*i == t.len || t.data[*i] != c)
        return false;
    ++*i;
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, which repeats after 400 years of 146097 days. */
static int64_t days(int year, int month, int day) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return y * 365 + y / 4 - y / 100 + y / 400 + before[month - 1] + (leap && month > 2) + day - 1 -
           719162;
}

static int days_in(int year, int month) {
    return (int)(month == 12 ? 31 : days(year, month + 1, 1) - days(year, month, 1));
}

/* ".6805900": to the nearest nanosecond. */
static bool fraction(struct bytes t, size_t *i, int64_t *ns) {
    int64_t value = 0, unit = NS_PER_S;
    size_t from = *i + 1;
    *ns = 0;
    if (!skip(t, i, '.'))
        return true;
    bool up = false;
    for (; *i < t.len && is_digit(t.data[*i]); ++*i) {
        if (unit == 1) {
            up = up || (*i - from == 9 && t.data[*i] >= '5');
            continue;
        }
        unit /= 10;
        value += unit * (t.data[*i] - '0');
    }
    *ns = value + up;
    return *i > from;
}

/* "Z", "+02:00", "-0700" or nothing. */
static bool offset(struct bytes t, size_t *i, int64_t *seconds) {
    *seconds = 0;
    if (*i == t.len || skip(t, i, 'Z'))
        return true;
    bool west = t.data[*i] == '-';
    if (!west && t.data[*i] != '+')
        return false;
    ++*i;
    int hours = digits(t, i, 2), minutes = 0;
    if (*i < t.len) {
        skip(t, i, ':');
        minutes = digits(t, i, 2);
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

const char *trace_date(struct bytes text, int64_t *ns) {
    static const char wrong[] = "is not a time like 2023-11-16 18:15:46.6805900";
    struct bytes t = bytes_trim(text);
    size_t i = 0;
    int64_t part, zone;
    if (t.len == 0)
        return "is missing";
    int year = digits(t, &i, 4);
    bool good = skip(t, &i, '-');
    int month = digits(t, &i, 2);
    good = skip(t, &i, '-') && good;
    int day = digits(t, &i, 2);
    good = (skip(t, &i, ' ') || skip(t, &i, 'T')) && good;
    int hour = digits(t, &i, 2);
    good = skip(t, &i, ':') && good;
    int minute = digits(t, &i, 2);
    good = skip(t, &i, ':') && good;
    int second = digits(t, &i, 2);
    if (!good || year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60 || !fraction(t, &i, &part) || !offset(t, &i, &zone) || i < t.len)
        return wrong;
    int64_t whole = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
    *ns = whole * NS_PER_S + part;
    return NULL;
}
