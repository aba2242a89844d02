#include "convert/url_pairs.h"

#include <string.h>

static const char *first_of(const char *from, const char *end, const char *set) {
    while (from < end && (*from == '\0' || strchr(set, *from) == NULL))
        from++;
    return from;
}

/* The end of a value. A ";" ends it only in front of another "name=": else it is in the value. */
static const char *value_end(const char *from, const char *end, char separator) {
    const char ends[] = {separator, ';', '\0'}, equals[] = {separator, ';', '=', '\0'};
    for (const char *p = from;; p++) {
        p = first_of(p, end, ends);
        if (p == end || *p == separator)
            return p;
        const char *next = first_of(p + 1, end, equals);
        if (next < end && *next == '=')
            return p;
    }
}

void url_pairs_begin(struct url_pairs *p, const char *text, size_t n, char separator) {
    *p = (struct url_pairs){.at = text, .end = text + n, .separator = separator};
}

bool url_pairs_next(struct url_pairs *p, struct url_pair *out) {
    const char ends[] = {p->separator, ';', '\0'};
    if (p->done)
        return false;
    const char *text = p->at, *stop = first_of(text, p->end, ends);
    const char *equal = stop > text ? memchr(text, '=', (size_t)(stop - text)) : NULL;
    *out = (struct url_pair){.text = text, .name_bytes = (size_t)(stop - text)};
    if (equal != NULL) {
        stop = value_end(equal + 1, p->end, p->separator);
        out->name_bytes = (size_t)(equal - text);
        out->value = equal + 1;
        out->value_bytes = (size_t)(stop - out->value);
    }
    out->bytes = (size_t)(stop - text);
    out->separator = stop < p->end ? *stop : '\0';
    p->done = stop == p->end;
    p->at = p->done ? stop : stop + 1;
    return true;
}
