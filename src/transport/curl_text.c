#include "transport/curl_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What stands right before a number that is one request's, and what right behind. */
static const char *const before[] = {"stream ", "#",        "socket ",    "fd ",
                                     "buflen=", "datalen=", "local port "};
static const char *const after[] = {" ms",     " milliseconds", " seconds", " byte",
                                    " out of", " times",        " retries"};

#define AFTER " after "

static bool is_before(const char *text, size_t at) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        size_t n = strlen(before[i]);
        if (at >= n && memcmp(text + at - n, before[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_after(const char *text, size_t n, size_t at) {
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        size_t bytes = strlen(after[i]);
        if (n - at >= bytes && memcmp(text + at, after[i], bytes) == 0)
            return true;
    }
    return false;
}

/* A number by itself: no part of HTTP/2, SOCKS5, 0A000126 or 127.0.0.1. */
static bool is_alone(const char *text, size_t n, size_t from, size_t to) {
    bool begins = from == 0 || (!isalnum((unsigned char)text[from - 1]) &&
                                strchr("/._", text[from - 1]) == NULL);
    bool ends =
        to == n || (!isalnum((unsigned char)text[to]) && text[to] != '_' &&
                    !(text[to] == '.' && to + 1 < n && isdigit((unsigned char)text[to + 1])));
    return begins && ends;
}

/* Of " after 12 ms", which tells nothing of the kind: the bytes of " ms" behind the number; else
 * 0. */
static size_t time_taken(const char *text, size_t n, size_t from, size_t to) {
    static const char *const units[] = {" milliseconds", " ms", " seconds"};
    if (from < sizeof AFTER - 1 ||
        memcmp(text + from - (sizeof AFTER - 1), AFTER, sizeof AFTER - 1) != 0)
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t bytes = strlen(units[i]);
        if (n - to >= bytes && memcmp(text + to, units[i], bytes) == 0)
            return bytes;
    }
    return 0;
}

void curl_text_kind(const char *text, size_t n, char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < n && used + 1 < size;) {
        size_t to = i;
        while (to < n && isdigit((unsigned char)text[to]))
            to++;
        if (to == i || !is_alone(text, n, i, to) ||
            !(is_before(text, i) || is_after(text, n, to))) {
            do /* the rest of a number is no beginning of one */
                out[used++] = text[i++];
            while (i < to && used + 1 < size);
            continue;
        }
        size_t took = time_taken(text, n, i, to);
        if (took > 0 && used >= sizeof AFTER - 1) {
            used -= sizeof AFTER - 1;
            i = to + took;
            continue;
        }
        out[used++] = 'N';
        i = to;
    }
    out[used] = '\0';
}
