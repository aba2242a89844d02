#include "util/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DURATION_HELP "write it like 250ms, 5s, 2m or 1h30m"

int units_duration_seconds(double seconds, int64_t *ns, struct err *e) {
    if (!isfinite(seconds) || seconds < 0)
        return err_set(e, "a duration cannot be %g; " DURATION_HELP, seconds);
    if (seconds > (double)UNITS_DURATION_MAX_NS / 1e9)
        return err_set(e, "%g seconds is longer than ten years", seconds);
    *ns = (int64_t)llround(seconds * 1e9);
    return 0;
}

/* A plain decimal number (no sign, exponent, hex, inf or nan); returns what follows it, or NULL. */
static const char *decimal(const char *p, double *value) {
    size_t digits = strspn(p, "0123456789");
    size_t n = digits;
    if (p[n] == '.') {
        size_t after = strspn(p + n + 1, "0123456789");
        digits += after;
        n += 1 + after;
    }
    if (digits == 0 || n > 40)
        return NULL;
    char number[41];
    memcpy(number, p, n);
    number[n] = '\0';
    *value = strtod(number, NULL);
    return p + n;
}

int units_duration(const char *text, int64_t *ns, struct err *e) {
    /* Largest first: "1h30m" is read left to right and each unit may stand once, in this order. */
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"h", 3600}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"s", 1}};
    const char *p = text;
    double total = 0, value = 0, last = (double)INFINITY;
    bool bare = false;
    if (*p == '\0')
        return err_set(e, "an empty duration; " DURATION_HELP);
    while (*p != '\0') {
        const char *after = decimal(p, &value);
        if (after == NULL || bare)
            return err_set(e, "\"%s\" is not a duration; " DURATION_HELP, text);
        double unit = 0;
        for (size_t i = 0; i < sizeof units / sizeof *units && unit == 0; i++) {
            size_t n = strlen(units[i].name);
            if (strncmp(after, units[i].name, n) == 0) {
                unit = units[i].seconds;
                after += n;
            }
        }
        if (unit == 0 && *after == '\0' && p == text) {
            unit = 1;
            bare = true;
        }
        if (unit == 0 || unit >= last)
            return err_set(e, "\"%s\" is not a duration; " DURATION_HELP, text);
        total += value * unit;
        last = unit;
        p = after;
    }
    return units_duration_seconds(total, ns, e);
}

int units_size(const char *text, uint64_t *bytes, struct err *e) {
    static const char letters[] = "kmgt";
    double value = 0;
    const char *p = decimal(text, &value);
    double factor = 1;
    if (p != NULL && *p != '\0' && *p != 'B' && *p != 'b') {
        const char *letter = strchr(letters, *p | 0x20);
        for (long i = letter == NULL ? -1 : letter - letters; i >= 0; i--)
            factor *= 1024;
        p = letter == NULL ? NULL : p + 1;
        if (p != NULL && *p == 'i')
            p++;
    }
    if (p != NULL && (*p == 'B' || *p == 'b'))
        p++;
    if (p == NULL || *p != '\0')
        return err_set(e, "\"%s\" is not a size; write it like 512, 16k, 2M or 1G", text);
    if (value * factor > 0x1.0p60)
        return err_set(e, "\"%s\" is too large", text);
    *bytes = (uint64_t)(value * factor);
    return 0;
}

/* The smaller unit is left out where it would be 0. */
static void two(int64_t large, const char *unit, int64_t small, const char *small_unit,
                char out[UNITS_BYTES]) {
    int n = snprintf(out, UNITS_BYTES, "%" PRId64 "%s", large, unit);
    if (small > 0)
        snprintf(out + n, UNITS_BYTES - (size_t)n, " %" PRId64 "%s", small, small_unit);
}

void units_duration_text(int64_t ns, char out[UNITS_BYTES]) {
    int64_t ms = ns / 1000000 + (ns % 1000000 >= 500000);
    int64_t s = ms / 1000;
    if (ns < 1000000)
        snprintf(out, UNITS_BYTES, "%" PRId64 "us", ns / 1000);
    else if (ms < 1000)
        snprintf(out, UNITS_BYTES, "%" PRId64 "ms", ms);
    else if (ms < 120000 && ms % 1000 != 0)
        snprintf(out, UNITS_BYTES, "%.1fs", (double)ms / 1000);
    else if (s < 120)
        snprintf(out, UNITS_BYTES, "%" PRId64 "s", s);
    else if (s < 3600)
        two(s / 60, "m", s % 60, "s", out);
    else
        two(s / 3600, "h", s / 60 % 60, "m", out);
}

const char *units_seconds_text(int64_t ns, char out[UNITS_BYTES]) {
    int n =
        snprintf(out, UNITS_BYTES - 1, "%" PRId64 ".%09" PRId64, ns / 1000000000, ns % 1000000000);
    while (out[n - 1] == '0')
        n--;
    n -= out[n - 1] == '.';
    memcpy(out + n, "s", 2);
    return out;
}
