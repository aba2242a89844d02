#include "target/token_spec.h"

#include <string.h>

#include "util/text.h"

static const char *const usages[TOKEN_USAGE_COUNT] = {
#define USAGE_WORD(name, word) [TOKEN_USAGE_##name] = (word),
    TOKEN_USAGE_MAP(USAGE_WORD)
#undef USAGE_WORD
};

static const char *const ends[TOKEN_END_COUNT] = {
#define END_WORD(name, word) [TOKEN_END_##name] = (word),
    TOKEN_END_MAP(END_WORD)
#undef END_WORD
};

/* The index of a word; -1, with an error that names them all. */
static int find(const char *text, const char *const *known, int n, struct err *e) {
    struct buf list;
    for (int k = 0; k < n; k++)
        if (strcmp(text, known[k]) == 0)
            return k;
    buf_init(&list, 256);
    for (int k = 0; k < n; k++)
        buf_printf(&list, "%s%s", k == 0 ? "" : k == n - 1 ? " or " : ", ", known[k]);
    const char *near = text_nearest(text, known, (size_t)n);
    if (near != NULL)
        err_set(e, "\"%.64s\" is none of %s; did you mean \"%s\"?", text, buf_text(&list), near);
    else
        err_set(e, "\"%.64s\" is none of %s", text, buf_text(&list));
    buf_done(&list);
    return -1;
}

const char *token_end_text(enum token_end end) {
    return ends[end];
}

int token_usage_parse(const char *text, enum token_usage *usage, struct err *e) {
    int k = find(text, usages, TOKEN_USAGE_COUNT, e);
    if (k < 0)
        return -1;
    *usage = (enum token_usage)k;
    return 0;
}

int token_end_parse(const char *text, enum token_end *end, struct err *e) {
    int k = find(text, ends, TOKEN_END_COUNT, e);
    if (k < 0)
        return -1;
    *end = (enum token_end)k;
    return 0;
}
