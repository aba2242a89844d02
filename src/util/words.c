#include "util/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 19 /* always fit */

static bool is_end(char c) {
    return c == ' ' || c == '\n' || c == '\0';
}

static const char *skip(const char *p) {
    return *p == ' ' ? p + 1 : p;
}

bool words_uint(const char **at, uint64_t *out) {
    const char *p = *at;
    uint64_t n = 0;
    for (; *p >= '0' && *p <= '9' && p - *at < DIGITS_MAX; p++)
        n = 10 * n + (uint64_t)(*p - '0');
    if (p == *at || !is_end(*p))
        return false;
    *at = skip(p);
    *out = n;
    return true;
}

bool words_uint32(const char **at, uint32_t *out) {
    const char *p = *at;
    uint64_t n;
    if (!words_uint(&p, &n) || n > UINT32_MAX)
        return false;
    *at = p;
    *out = (uint32_t)n;
    return true;
}

bool words_int(const char **at, int64_t *out) {
    const char *p = *at + (**at == '-');
    uint64_t n;
    if (!words_uint(&p, &n) || n > INT64_MAX)
        return false;
    *out = **at == '-' ? -(int64_t)n : (int64_t)n;
    *at = p;
    return true;
}

bool words_double(const char **at, double *out) {
    char *end;
    if (**at == '+' || **at == ' ' || strspn(*at, "0123456789+-.eE") < strcspn(*at, " \n"))
        return false;
    double x = strtod(*at, &end);
    if (end == *at || !is_end(*end) || !isfinite(x))
        return false;
    *at = skip(end);
    *out = x;
    return true;
}

bool words_is(const char **at, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*at, word, n) != 0 || !is_end((*at)[n]))
        return false;
    *at = skip(*at + n);
    return true;
}
