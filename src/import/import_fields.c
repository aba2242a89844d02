#include "import/import_fields.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DURATION_MAX_S (366 * 24 * 3600)
#define YEAR_10000_S INT64_C(253402300800)

/* True where `key` is `camel` written in snake_case. */
static bool is_snake_of(const char *key, const char *camel) {
    for (; *camel != '\0'; camel++, key++) {
        if (isupper((unsigned char)*camel)) {
            if (*key++ != '_' || *key != tolower((unsigned char)*camel))
                return false;
        } else if (*key != *camel) {
            return false;
        }
    }
    return *key == '\0';
}

const struct json *import_get(const struct json *v, const char *camel) {
    if (v == NULL || v->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (strcmp(m->key, camel) == 0 || is_snake_of(m->key, camel))
            return m->kind == JSON_NULL ? NULL : m;
    }
    return NULL;
}

const char *import_text(const struct json *v, const char *camel) {
    const struct json *m = import_get(v, camel);
    return m != NULL && m->kind == JSON_STRING ? m->text : NULL;
}

bool import_is_log(const struct json *v) {
    return import_get(v, "logName") != NULL || import_get(v, "httpRequest") != NULL;
}

bool import_is_series(const struct json *v) {
    return import_get(v, "metric") != NULL && import_get(v, "points") != NULL;
}

bool import_int64(const struct json *v, int64_t *out) {
    if (v == NULL || (v->kind != JSON_STRING && v->kind != JSON_NUMBER))
        return false;
    if (v->kind == JSON_NUMBER)
        return json_int64(v, out);
    char *end;
    errno = 0;
    long long n = strtoll(v->text, &end, 10);
    if (end == v->text || *end != '\0' || errno != 0 || isspace((unsigned char)v->text[0]))
        return false;
    *out = n;
    return true;
}

bool import_double(const struct json *v, double *out) {
    if (v == NULL || (v->kind != JSON_STRING && v->kind != JSON_NUMBER))
        return false;
    double x;
    if (v->kind == JSON_NUMBER) {
        if (!json_double(v, &x))
            return false;
    } else {
        char *end;
        x = strtod(v->text, &end);
        if (end == v->text || *end != '\0')
            return false;
    }
    if (!isfinite(x))
        return false;
    *out = x;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years are counted from March, so that
 * the leap day is a year's last. */
static int64_t days_of(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t days_in(int year, int month) {
    return month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

static bool digits(const char **at, int n, int *out) {
    int x = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        x = x * 10 + (**at - '0');
    }
    *out = x;
    return true;
}

static bool mark(const char **at, const char *any_of) {
    if (**at == '\0' || strchr(any_of, **at) == NULL)
        return false;
    ++*at;
    return true;
}

/* ".410213" as microseconds, digits beyond them dropped; nothing is 0. */
static bool fraction(const char **at, int64_t *us) {
    *us = 0;
    if (!mark(at, "."))
        return true;
    int n = 0;
    for (; isdigit((unsigned char)**at); (*at)++, n++) {
        if (n < 6)
            *us = *us * 10 + (**at - '0');
    }
    for (int i = n; i < 6; i++)
        *us *= 10;
    return n > 0;
}

/* "Z", "+02:00", "-0800"; nothing is UTC too: Python prints a time without a zone like that. */
static bool zone(const char **at, int64_t *seconds) {
    *seconds = 0;
    if (strcmp(*at, " UTC") == 0) /* as BigQuery writes it */
        *at += 4;
    if (**at == '\0' || mark(at, "Zz"))
        return true;
    bool west = **at == '-';
    int hours, minutes;
    if (!mark(at, "+-") || !digits(at, 2, &hours))
        return false;
    mark(at, ":");
    if (!digits(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return true;
}

bool import_time_text(const char *text, int64_t *us) {
    int year, month, day, hour, minute, second;
    int64_t micro, east;
    if (!digits(&text, 4, &year) || !mark(&text, "-") || !digits(&text, 2, &month) ||
        !mark(&text, "-") || !digits(&text, 2, &day) || !mark(&text, "Tt ") ||
        !digits(&text, 2, &hour) || !mark(&text, ":") || !digits(&text, 2, &minute) ||
        !mark(&text, ":") || !digits(&text, 2, &second) || !fraction(&text, &micro) ||
        !zone(&text, &east) || *text != '\0')
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t at = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east;
    if (at < 0)
        return false;
    *us = at * 1000000 + micro;
    return true;
}

/* {seconds, nanos}, either of which may be left out where it is 0. */
static bool pair(const struct json *v, int64_t *seconds, int64_t *nanos) {
    const struct json *s = import_get(v, "seconds"), *n = import_get(v, "nanos");
    *seconds = *nanos = 0;
    if (s == NULL && n == NULL)
        return false;
    return (s == NULL || import_int64(s, seconds)) && (n == NULL || import_int64(n, nanos)) &&
           *seconds >= 0 && *nanos >= 0 && *nanos < 1000000000;
}

bool import_time(const struct json *v, int64_t *us) {
    int64_t s, ns;
    if (v == NULL)
        return false;
    if (v->kind == JSON_STRING)
        return import_time_text(v->text, us);
    if (v->kind != JSON_OBJECT || !pair(v, &s, &ns) || s >= YEAR_10000_S)
        return false;
    *us = s * 1000000 + ns / 1000;
    return true;
}

bool import_duration(const struct json *v, int64_t *us) {
    double s;
    int64_t whole, ns;
    if (v == NULL)
        return false;
    if (v->kind == JSON_OBJECT) {
        if (!pair(v, &whole, &ns) || whole > DURATION_MAX_S)
            return false;
        s = (double)whole + (double)ns / 1e9;
    } else if (v->kind == JSON_STRING) {
        char *end;
        if (!isdigit((unsigned char)v->text[0]))
            return false;
        s = strtod(v->text, &end);
        if (strcmp(end, "s") != 0 && *end != '\0') /* BigQuery's numbers are texts */
            return false;
    } else if (!import_double(v, &s)) {
        return false;
    }
    if (!(s >= 0 && s <= DURATION_MAX_S))
        return false;
    *us = llround(s * 1e6);
    return true;
}
