#include "stream/stream_times.h"

#include "util/clock.h"

size_t stream_times_put(uint64_t gap_ns, unsigned char to[STREAM_TIMES_MAX_BYTES]) {
    size_t n = 0;
    for (; gap_ns >= 0x80; gap_ns >>= 7)
        to[n++] = (unsigned char)(gap_ns | 0x80);
    to[n++] = (unsigned char)gap_ns;
    return n;
}

void stream_times_begin(struct stream_times *t, const unsigned char *times, size_t n,
                        int64_t first_ns) {
    /* No bytes may be no pointer, to which nothing can be added. */
    *t = (struct stream_times){times, n == 0 ? times : times + n, first_ns};
}

bool stream_times_next(struct stream_times *t, int64_t *at_ns) {
    uint64_t gap = 0;
    for (unsigned shift = 0; t->p < t->end && shift < 63; shift += 7) {
        unsigned char byte = *t->p++;
        gap |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0)
            continue;
        if (gap > (uint64_t)(INT64_MAX - (t->at_ns > 0 ? t->at_ns : 0)))
            break;
        *at_ns = t->at_ns += (int64_t)gap;
        return true;
    }
    t->p = t->end;
    return false;
}

static int64_t whole_us(int64_t ns) {
    return ns / NS_PER_US - (ns % NS_PER_US < 0);
}

int64_t stream_times_json(struct buf *out, const unsigned char *times, size_t n, int64_t first_ns,
                          int64_t start_ns) {
    struct stream_times t;
    int64_t at_ns, before_us, max_us = -1;
    buf_char(out, '[');
    stream_times_begin(&t, times, n, first_ns);
    if (stream_times_next(&t, &at_ns)) {
        before_us = whole_us(at_ns - start_ns);
        while (stream_times_next(&t, &at_ns)) {
            int64_t us = whole_us(at_ns - start_ns), gap_us = us - before_us;
            if (max_us >= 0)
                buf_char(out, ',');
            buf_int(out, gap_us);
            max_us = gap_us > max_us ? gap_us : max_us;
            before_us = us;
        }
    }
    buf_char(out, ']');
    return max_us;
}
