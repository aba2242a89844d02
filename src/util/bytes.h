/*
 * bytes: a view of bytes that someone else owns.
 *
 * It may contain NULs and need not end with one. `data` NULL means that there is no value, which
 * differs from an empty one. Ownership: borrowed; the source says for how long. Thread: plain data.
 */
#ifndef UTIL_BYTES_H
#define UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct bytes {
    const char *data;
    size_t len;
};

/* Whether it is this text. A missing value is no text, not even the empty one. Most words differ in
 * their first byte, which costs no call. */
static inline bool bytes_is(struct bytes a, const char *word) {
    if (a.len == 0)
        return a.data != NULL && *word == '\0';
    return *a.data == *word && strlen(word) == a.len && memcmp(a.data, word, a.len) == 0;
}

/* The same with ASCII letters in any case. */
static inline bool bytes_is_any_case(struct bytes a, const char *word) {
    if (a.len == 0)
        return a.data != NULL && *word == '\0';
    return strlen(word) == a.len && strncasecmp(a.data, word, a.len) == 0;
}

/* Without the spaces and tabs at both ends: HTTP's optional white space (RFC 9110 5.6.3). */
static inline struct bytes bytes_trim(struct bytes a) {
    while (a.len > 0 && (a.data[a.len - 1] == ' ' || a.data[a.len - 1] == '\t'))
        a.len--;
    while (a.len > 0 && (*a.data == ' ' || *a.data == '\t')) {
        a.data++;
        a.len--;
    }
    return a;
}

#endif
