#include "report/lines.h"

#include <string.h>

#define TEXT_MAX_BYTES ((size_t)256 << 20)

void lines_init(struct lines *l, const char *heading) {
    *l = (struct lines){.heading = heading};
    buf_init(&l->texts, TEXT_MAX_BYTES);
}

void lines_done(struct lines *l) {
    buf_done(&l->texts);
}

void lines_add(struct lines *l, const char *label, const char *text) {
    buf_add(&l->texts, label, strlen(label) + 1);
    buf_add(&l->texts, text, strlen(text) + 1);
    l->count++;
}

bool lines_next(const struct lines *l, size_t *at, const char **label, const char **text) {
    if (*at >= l->texts.len)
        return false;
    *label = l->texts.data + *at;
    *text = *label + strlen(*label) + 1;
    *at += strlen(*label) + strlen(*text) + 2;
    return true;
}
