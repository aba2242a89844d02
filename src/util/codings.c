#include "util/codings.h"

#include <string.h>
#include <strings.h>

enum codings_kind codings_kind(struct bytes name) {
    static const struct {
        const char *name;
        enum codings_kind kind;
    } names[] = {
        {"gzip", CODINGS_GZIP},
        {"x-gzip", CODINGS_GZIP},
        {"deflate", CODINGS_DEFLATE},
        {"br", CODINGS_BROTLI},
        {"identity", CODINGS_IDENTITY},
        {"none", CODINGS_IDENTITY}, /* what some servers write, and libcurl takes for it */
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_is_any_case(name, names[i].name))
            return names[i].kind;
    return CODINGS_UNKNOWN;
}

/* Up to the mark, which is taken off as well. */
static struct bytes cut(struct bytes *rest, char mark) {
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, mark, rest->len);
    size_t n = end == NULL ? rest->len : (size_t)(end - rest->data);
    struct bytes part = {rest->data, n};
    n += end != NULL;
    rest->data += n;
    rest->len -= n;
    return bytes_trim(part);
}

bool codings_next(struct bytes *list, struct bytes *element) {
    if (list->len == 0)
        return false;
    *element = cut(list, ',');
    return true;
}

/* "q=0", "q=0.", "q=0.000" */
static bool is_zero_weight(struct bytes parameter) {
    struct bytes name = cut(&parameter, '=');
    struct bytes value = bytes_trim(parameter);
    if (!bytes_is_any_case(name, "q") || value.len == 0 || *value.data != '0')
        return false;
    for (size_t i = 1; i < value.len; i++)
        if (value.data[i] != (i == 1 ? '.' : '0'))
            return false;
    return true;
}

bool codings_asks_for_unknown(struct bytes element, struct bytes *name) {
    *name = cut(&element, ';');
    if (name->len == 0 || codings_kind(*name) != CODINGS_UNKNOWN)
        return false;
    while (element.len > 0)
        if (is_zero_weight(cut(&element, ';')))
            return false;
    return true;
}
