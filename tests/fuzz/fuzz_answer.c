/* An answer of any bytes, in pieces: it is complete, goes on, or is refused with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport/direct_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how it is read: HEAD, gzip, the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char scratch[DIRECT_READ_BYTES];
    char host[] = "h.example", path[] = "/";
    if (size == 0)
        return 0;
    struct transport_options options = {.compressed = data[0] & 1, .cookies = true};
    struct transport t = {.options = &options, .scratch = scratch};
    struct direct_request request = {.host = host,
                                     .path = path,
                                     .head_method = data[0] & 2,
                                     .keep_head = true,
                                     .keep_body_bytes = size % 64};
    struct transport_session s = {.transport = &t, .request = &request};
    size_t piece = (data[0] >> 2) + 1, at = 1, rest = 0;
    int code = 0;
    buf_init(&s.response.value, COOKIES_LINE_MAX_BYTES);
    buf_init(&s.cookie_line, COOKIES_LINE_MAX_BYTES);
    direct_response_begin(&s);
    while (code == 0 && at < size) {
        size_t n = size - at < piece ? size - at : piece;
        char *copy = malloc(n);
        if (copy == NULL)
            break;
        memcpy(copy, data + at, n);
        code = direct_response_feed(&s, copy, n, &rest);
        if (rest > n || (code < 0 && t.text[0] == '\0') || (code == 1 && s.result.status < 100))
            abort();
        free(copy);
        at += n;
    }
    if (code == 0)
        direct_response_feed(&s, NULL, 0, &rest);
    direct_response_done(&s);
    struct direct_kept *kept = direct_response_kept(&s);
    if (kept == NULL || s.result.body.len > size % 64 || s.result.body.len > s.response.received)
        abort();
    direct_kept_give_back(&t, kept);
    direct_kept_free_all(&t);
    cookies_free(s.cookies);
    buf_done(&s.response.value);
    buf_done(&s.cookie_line);
    return 0;
}
