#include "util/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/memory.h"

int(err_set)(struct err *e, const char *format, ...) {
    if (e == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return -1;
}

int(err_memory)(struct err *e, const char *format, ...) {
    static const char what[] = "out of memory";
    memory_note();
    if (e == NULL)
        return -1;
    snprintf(e->text, sizeof e->text, format == NULL ? "%s" : "%s for ", what);
    if (format == NULL)
        return -1;
    size_t at = strlen(e->text);
    va_list args;
    va_start(args, format);
    vsnprintf(e->text + at, sizeof e->text - at, format, args);
    va_end(args);
    return -1;
}

int(err_prefix)(struct err *e, const char *format, ...) {
    if (e == NULL)
        return -1;
    struct err old = *e;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    size_t at = strlen(e->text);
    snprintf(e->text + at, sizeof e->text - at, ": %s", old.text);
    return -1;
}
