#include "emulator/output.h"

#include <stdlib.h>
#include <string.h>

void output_done(struct output *o) {
    free(o->held);
    *o = (struct output){0};
}

void output_end(struct output *o, output_line_fn *line, void *context) {
    if (o->len > 0)
        line(context, o->held, o->len);
    o->len = 0;
}

/* Without memory what cannot be kept is passed on as it is. */
static void hold(struct output *o, const char *bytes, size_t n, output_line_fn *line,
                 void *context) {
    if (o->held == NULL)
        o->held = malloc(OUTPUT_LINE_MAX_BYTES);
    if (o->held == NULL) {
        line(context, bytes, n);
        return;
    }
    while (n > 0) {
        size_t part = OUTPUT_LINE_MAX_BYTES - o->len < n ? OUTPUT_LINE_MAX_BYTES - o->len : n;
        memcpy(o->held + o->len, bytes, part);
        o->len += part;
        bytes += part;
        n -= part;
        if (o->len == OUTPUT_LINE_MAX_BYTES)
            output_end(o, line, context);
    }
}

void output_feed(struct output *o, const char *bytes, size_t n, output_line_fn *line,
                 void *context) {
    while (n > 0) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end == NULL ? n : (size_t)(end - bytes);
        if (end == NULL || o->len > 0 || part > OUTPUT_LINE_MAX_BYTES)
            hold(o, bytes, part, line, context);
        else if (part > 0)
            line(context, bytes, part);
        if (end == NULL)
            return;
        output_end(o, line, context);
        bytes += part + 1;
        n -= part + 1;
    }
}
