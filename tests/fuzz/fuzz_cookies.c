/* A user's jar that is filled by any Set-Cookie lines, then asked what it would send. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport/cookie_date.h"
#include "transport/cookies.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct place place_of(bool named, const char *path, bool secure) {
    struct bytes host = named ? (struct bytes){"a.example", 9} : (struct bytes){"127.0.0.1", 9};
    return (struct place){host, {path, strlen(path)}, secure};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const paths[] = {"/", "/a", "/a/b", "", "/%20"};
    struct cookies *jar = cookies_new();
    struct buf out;
    size_t from = 0;
    buf_init(&out, COOKIES_HEADER_MAX_BYTES);
    for (size_t line = 0; jar != NULL && from <= size; line++) {
        const uint8_t *end = size == from ? NULL : memchr(data + from, '\n', size - from);
        size_t n = end == NULL ? size - from : (size_t)(end - (data + from));
        /* Exactly as long as it is, so that a byte beyond is seen. */
        char *copy = malloc(n);
        if (n > 0 && copy != NULL)
            memcpy(copy, data + from, n);
        struct place at = place_of(line % 2, paths[line % 5], line % 3 == 0);
        if (copy != NULL)
            cookies_set(jar, &at, (struct bytes){copy, n}, NOW);
        /* A year between 1601 and 9999, or no date. */
        time_t date;
        if (copy != NULL && cookie_date((struct bytes){copy, n}, &date) &&
            (date < -11644473600 || date > 253402300799))
            abort();
        free(copy);
        from += n + 1;
    }
    for (size_t i = 0; jar != NULL && i < sizeof paths / sizeof *paths; i++) {
        buf_clear(&out);
        struct place to = place_of(i % 2, paths[i], i % 2 == 0);
        cookies_header(jar, &to, (struct bytes){"own=1; x", 8}, NOW, &out);
        /* What it sends must not begin a header of its own. */
        if (!buf_ok(&out) || memchr(buf_text(&out), '\r', out.len) != NULL ||
            memchr(buf_text(&out), '\n', out.len) != NULL)
            abort();
    }
    buf_done(&out);
    cookies_free(jar);
    return 0;
}
