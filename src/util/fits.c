#include "util/fits.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/memory.h"

int(buf_fits)(const struct buf *b, struct err *e, const char *remedy, const char *what, ...) {
    char text[512];
    va_list args;
    if (buf_ok(b))
        return 0;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    /* A buffer notes a lack of memory when it meets it, and nothing forgets that. */
    if (memory_ran_out())
        return err_memory(e, "%s", text);
    return err_set(e, "%s is larger than the limit of %zu bytes%s%s", text, b->max,
                   remedy == NULL ? "" : "; ", remedy == NULL ? "" : remedy);
}
