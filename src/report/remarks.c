#include "report/remarks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 2048
#define ALL_MAX ((size_t)1 << 20)

void remarks_init(struct remarks *r) {
    *r = (struct remarks){.count = 0};
    buf_init(&r->texts, ALL_MAX);
}

void remarks_done(struct remarks *r) {
    buf_done(&r->texts);
}

void remarks_add(struct remarks *r, const char *key, const char *format, ...) {
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_add(&r->texts, key, strlen(key) + 1);
    buf_add(&r->texts, text, strlen(text) + 1);
    r->count++;
}

bool remarks_next(const struct remarks *r, size_t *at, const char **key, const char **text) {
    if (*at >= r->texts.len)
        return false;
    *key = r->texts.data + *at;
    *text = *key + strlen(*key) + 1;
    *at += strlen(*key) + strlen(*text) + 2;
    return true;
}
