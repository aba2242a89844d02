/* A user's jar that is filled by any Set-Cookie lines, then asked what it would send. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport/cookies.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const paths[] = {"/", "/a", "/a/b", "", "/%20"};
    struct cookies *jar = cookies_new();
    struct buf out;
    size_t from = 0;
    buf_init(&out, (size_t)COOKIES_MAX * COOKIES_LINE_MAX_BYTES);
    for (size_t line = 0; jar != NULL && from <= size; line++) {
        const uint8_t *end = size == from ? NULL : memchr(data + from, '\n', size - from);
        size_t n = end == NULL ? size - from : (size_t)(end - (data + from));
        /* Exactly as long as it is, so that a byte beyond is seen. */
        char *copy = malloc(n);
        if (n > 0 && copy != NULL)
            memcpy(copy, data + from, n);
        if (copy != NULL)
            cookies_set(jar, line % 2 ? "a.example" : "127.0.0.1", paths[line % 5], line % 3 == 0,
                        copy, n, NOW);
        free(copy);
        from += n + 1;
    }
    for (size_t i = 0; jar != NULL && i < sizeof paths / sizeof *paths; i++) {
        buf_clear(&out);
        cookies_header(jar, paths[i], i % 2 == 0, NOW, &out);
        /* What it sends must not begin a header of its own. */
        if (!buf_ok(&out) || memchr(buf_text(&out), '\r', out.len) != NULL ||
            memchr(buf_text(&out), '\n', out.len) != NULL)
            abort();
    }
    buf_done(&out);
    cookies_free(jar);
    return 0;
}
