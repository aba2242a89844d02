#include "stats/hist_text.h"

#include "util/words.h"

#define COUNT_DIGITS_MAX 15 /* thousands of them still have a sum */

void hist_text_write(const struct hist *h, struct buf *out) {
    bool any = h->total > 0;
    buf_uint(out, h->bits);
    buf_char(out, ' ');
    buf_int(out, any ? h->min : 0);
    buf_char(out, ' ');
    buf_int(out, any ? h->max : 0);
    if (!any)
        return;
    size_t last = hist_bucket(h, h->max), before = 0;
    for (size_t i = hist_bucket(h, h->min); i <= last; i++) {
        if (h->counts[i] == 0)
            continue;
        buf_char(out, ' ');
        buf_uint(out, i - before);
        buf_char(out, ':');
        buf_uint(out, h->counts[i]);
        before = i;
    }
}

/* Digits up to `end`; moves *at behind it. */
static bool read_number(const char **at, char end, uint64_t *out) {
    const char *p = *at;
    uint64_t n = 0;
    for (; *p >= '0' && *p <= '9' && p - *at < COUNT_DIGITS_MAX; p++)
        n = 10 * n + (uint64_t)(*p - '0');
    if (p == *at || (end != '\0' && *p != end))
        return false;
    *at = p + (end != '\0');
    *out = n;
    return true;
}

static void extend(struct hist *h, int64_t min, int64_t max) {
    if (h->total == 0 || min < h->min)
        h->min = min;
    if (h->total == 0 || max > h->max)
        h->max = max;
}

int hist_text_add(struct hist *into, const char **at, struct err *e) {
    uint32_t bits;
    int64_t min, max;
    if (!words_uint32(at, &bits) || !words_int(at, &min) || !words_int(at, &max))
        return err_set(e, "a histogram lacks its first three numbers");
    if (bits != into->bits || min < 0 || max < min)
        return err_set(e, "a histogram has %u bits and values from %lld to %lld, which cannot be",
                       bits, (long long)min, (long long)max);
    size_t bucket = 0, first = hist_bucket(into, min), last = hist_bucket(into, max);
    if (**at >= '0' && **at <= '9')
        extend(into, min, max);
    while (**at >= '0' && **at <= '9') {
        uint64_t gap, count;
        if (!read_number(at, ':', &gap) || !read_number(at, '\0', &count) || count == 0 ||
            gap > last - bucket || bucket + gap < first)
            return err_set(e, "a histogram has a count outside of its range");
        bucket += gap;
        into->counts[bucket] += count;
        into->total += count;
        if (**at == ' ')
            ++*at;
    }
    return 0;
}
