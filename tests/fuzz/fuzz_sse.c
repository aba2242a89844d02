/* A text/event-stream of any bytes, whole and in pieces: it must be the same events, and those of a
 * plain reading of the standard. The first byte says how it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "stream/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES 300

struct seen {
    size_t events, bytes;
    uint32_t sum;
};

static void add(struct seen *s, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        s->sum = s->sum * 31 + (unsigned char)bytes[i];
    s->sum = s->sum * 31 + 257;
    s->bytes += n;
}

static bool take(void *context, struct bytes data, struct bytes type) {
    struct seen *s = context;
    CHECK(data.data != NULL && data.len <= MAX_BYTES && type.len <= SSE_TYPE_MAX_BYTES);
    s->events++;
    add(s, data.data, data.len);
    if (type.data != NULL)
        add(s, type.data, type.len);
    return true;
}

static int play(const char *bytes, size_t n, size_t step, bool whole, struct seen *seen) {
    struct sse s;
    int rc = 0;
    *seen = (struct seen){0};
    sse_init(&s, MAX_BYTES);
    sse_begin(&s);
    for (size_t at = 0; at < n && rc == 0; at += step) {
        size_t part = n - at < step ? n - at : step;
        char *copy = malloc(part); /* gone before the next piece */
        if (copy == NULL)
            abort();
        memcpy(copy, bytes + at, part);
        rc = sse_feed(&s, copy, part, take, seen);
        free(copy);
    }
    if (rc == 0)
        rc = sse_end(&s, whole, take, seen);
    sse_done(&s);
    return rc;
}

/* How many data lines there are, by looking for line ends alone. */
static size_t data_lines(const char *bytes, size_t n) {
    size_t lines = 0;
    for (size_t start = 0; start < n;) {
        size_t end = start;
        while (end < n && bytes[end] != '\n' && bytes[end] != '\r')
            end++;
        size_t name = start;
        while (name < end && bytes[name] != ':')
            name++;
        lines += (name - start == 4 && memcmp(bytes + start, "data", 4) == 0) ||
                 (name - start == 5 && memcmp(bytes + start, "error", 5) == 0) || start == 0;
        start = end + 1;
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct seen a, b;
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    size_t n = size - 1, step = (size_t)(data[0] >> 1) + 1;
    bool whole = data[0] & 1;
    int rc = play(bytes, n, n + 1, whole, &a);
    CHECK(rc == play(bytes, n, step, whole, &b));
    CHECK(a.events == b.events && a.bytes == b.bytes && a.sum == b.sum);
    CHECK(a.events <= data_lines(bytes, n) && a.bytes <= n + a.events * SSE_TYPE_MAX_BYTES);
    return 0;
}
