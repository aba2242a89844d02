#include "emulator/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/clock.h"
#include "util/rng.h"
#include "util/text.h"

#define TRACE_DIGITS 32
#define SPAN_DIGITS 16

/* Copies n hex digits as lower case; false where one is none or all are 0, which stands for "no
 * id". */
static bool read_id(const char *text, size_t n, char *out) {
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        int value = text_hex(text[i]);
        if (value < 0)
            return false;
        any = any || value > 0;
        out[i] = "0123456789abcdef"[value];
    }
    out[n] = '\0';
    return any;
}

bool trace_read_parent(struct view v, struct trace *t) {
    /* 2 + 1 + 32 + 1 + 16 + 1 + 2; later versions may append "-…", and ff is no version. */
    struct trace found = {.id = ""};
    if (v.text == NULL || v.len < 55 || v.text[2] != '-' || v.text[35] != '-' || v.text[52] != '-')
        return false;
    int version_high = text_hex(v.text[0]), version_low = text_hex(v.text[1]);
    int high = text_hex(v.text[53]), low = text_hex(v.text[54]);
    if (version_high < 0 || version_low < 0 || high < 0 || low < 0)
        return false;
    int version = version_high * 16 + version_low;
    if (version == 255 || (version == 0 ? v.len != 55 : v.len > 55 && v.text[55] != '-'))
        return false;
    if (!read_id(v.text + 3, TRACE_DIGITS, found.id) ||
        !read_id(v.text + 36, SPAN_DIGITS, found.span))
        return false;
    found.sampled = (low & 1) != 0;
    *t = found;
    return true;
}

bool trace_read_cloud(struct view v, struct trace *t) {
    struct trace found = {.id = ""};
    if (v.text == NULL || v.len < TRACE_DIGITS || !read_id(v.text, TRACE_DIGITS, found.id))
        return false;
    size_t at = TRACE_DIGITS;
    uint64_t span = 0;
    if (at < v.len && v.text[at] == '/') {
        for (at++; at < v.len && v.text[at] >= '0' && v.text[at] <= '9'; at++) {
            uint64_t digit = (uint64_t)(v.text[at] - '0');
            if (span > (UINT64_MAX - digit) / 10)
                return false;
            span = span * 10 + digit;
        }
    }
    if (at < v.len) {
        if (v.len - at < 4 || strncmp(v.text + at, ";o=", 3) != 0)
            return false;
        found.sampled = v.text[at + 3] == '1';
    }
    snprintf(found.span, sizeof found.span, "%016" PRIx64, span);
    *t = found;
    return true;
}

/* Seeded once from the system: ids must differ between emulators, but nothing rests on their being
 * secret. */
static uint64_t draw(void) {
    static struct rng rng;
    static bool seeded;
    if (!seeded) {
        uint64_t seed;
        if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
            seed = (uint64_t)clock_real_ns();
        rng_seed(&rng, seed, 0);
        seeded = true;
    }
    uint64_t n = rng_next(&rng);
    return n != 0 ? n : 1;
}

void trace_fresh_span(struct trace *t) {
    snprintf(t->span, sizeof t->span, "%016" PRIx64, draw());
}

void trace_fresh(struct trace *t) {
    snprintf(t->id, sizeof t->id, "%016" PRIx64 "%016" PRIx64, draw(), draw());
    trace_fresh_span(t);
    t->sampled = false;
}

void trace_write(const struct trace *t, struct buf *out) {
    buf_printf(out, "traceparent: 00-%s-%s-0%d\r\n", t->id, t->span, t->sampled);
    buf_printf(out, "X-Cloud-Trace-Context: %s/%" PRIu64 ";o=%d\r\n", t->id,
               (uint64_t)strtoull(t->span, NULL, 16), t->sampled);
}
