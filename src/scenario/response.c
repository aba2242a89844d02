#include "scenario/response.h"

#include <string.h>
#include <strings.h>

static struct bytes trim(struct bytes b) {
    while (b.len > 0 && strchr(" \t\r", b.data[b.len - 1]) != NULL && b.data[b.len - 1] != '\0')
        b.len--;
    while (b.len > 0 && (b.data[0] == ' ' || b.data[0] == '\t')) {
        b.data++;
        b.len--;
    }
    return b;
}

/* The value of the next line of this name at or behind *at; *at becomes the offset behind the
 * line. */
static struct bytes next_header(const struct response *a, const char *name, size_t *at) {
    size_t n = strlen(name);
    while (*at < a->head.len) {
        const char *line = a->head.data + *at;
        const char *feed = memchr(line, '\n', a->head.len - *at);
        size_t len = feed == NULL ? a->head.len - *at : (size_t)(feed - line);
        *at += len + (feed != NULL);
        if (len > n && line[n] == ':' && strncasecmp(line, name, n) == 0)
            return trim((struct bytes){line + n + 1, len - n - 1});
    }
    return (struct bytes){0};
}

struct bytes response_header(const struct response *a, const char *name) {
    size_t at = 0;
    return next_header(a, name, &at);
}

struct bytes response_cookie(const struct response *a, const char *name) {
    struct bytes found = {0}, line;
    size_t at = 0, n = strlen(name);
    while ((line = next_header(a, "Set-Cookie", &at)).data != NULL) {
        const char *semicolon = memchr(line.data, ';', line.len);
        size_t len = semicolon == NULL ? line.len : (size_t)(semicolon - line.data);
        const char *equals = memchr(line.data, '=', len);
        if (equals == NULL)
            continue;
        struct bytes key = trim((struct bytes){line.data, (size_t)(equals - line.data)});
        if (key.len == n && memcmp(key.data, name, n) == 0)
            found = trim((struct bytes){equals + 1, (size_t)(line.data + len - equals - 1)});
    }
    return found;
}
