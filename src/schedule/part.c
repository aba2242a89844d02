#include "schedule/part.h"

#include <stddef.h>

#define DIGITS_MAX 9

bool part_number(const char *text, const char **end, uint32_t *out) {
    const char *p = text;
    uint32_t n = 0;
    for (; *p >= '0' && *p <= '9' && p - text < DIGITS_MAX; p++)
        n = 10 * n + (uint32_t)(*p - '0');
    *end = p;
    *out = n;
    return p > text && (*p < '0' || *p > '9');
}

bool part_parse(const char *text, struct part *out) {
    const char *p = NULL;
    return part_number(text, &p, &out->index) && *p == '/' && part_number(p + 1, &p, &out->count) &&
           *p == '\0';
}
