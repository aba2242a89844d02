#include "transport/h2_walk.h"

#include <string.h>

static void begin_frame(struct h2_walk *w) {
    enum { TYPE = 3, DATA = 0 };
    w->head_bytes = 0;
    w->left = (uint32_t)w->head[0] << 16 | (uint32_t)w->head[1] << 8 | w->head[2];
    w->data = w->head[TYPE] == DATA && w->left > 0;
}

size_t h2_walk(struct h2_walk *w, const char *bytes, size_t n, bool stop) {
    size_t at = 0;
    while (at < n) {
        if (w->left == 0) {
            size_t missing = H2_FRAME_HEAD_BYTES - w->head_bytes;
            size_t part = n - at < missing ? n - at : missing;
            memcpy(w->head + w->head_bytes, bytes + at, part);
            w->head_bytes = (uint8_t)(w->head_bytes + part);
            at += part;
            if (w->head_bytes == H2_FRAME_HEAD_BYTES)
                begin_frame(w);
            continue;
        }
        size_t part = n - at < w->left ? n - at : w->left;
        w->left -= (uint32_t)part;
        at += part;
        if (w->left == 0 && w->data && stop)
            return at;
    }
    return n;
}
