#include "report/remark.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 2048

void remark_add(struct lines *l, const char *key, const char *format, ...) {
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines_add(l, key, text);
}
