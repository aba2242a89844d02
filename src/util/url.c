#include "util/url.h"

#include <string.h>
#include <strings.h>

static bool is_scheme(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

static size_t scheme_bytes(const char *text, size_t n) {
    size_t at = 0;
    while (at < n && is_scheme(text[at]))
        at++;
    return at > 0 && n - at >= 3 && memcmp(text + at, "://", 3) == 0 ? at + 3 : 0;
}

size_t url_scheme(const char *text) {
    return scheme_bytes(text, strlen(text));
}

size_t url_origin(const char *text) {
    size_t n = url_scheme(text);
    return n + strcspn(text + n, "/?#");
}

bool url_split(const char *text, size_t n, struct url *out) {
    struct url u = {.scheme = ""};
    size_t at = scheme_bytes(text, n);
    if (at == 7 && strncasecmp(text, "http", 4) == 0)
        u.scheme = "http";
    else if (at == 8 && strncasecmp(text, "https", 5) == 0)
        u.scheme = "https";
    else if (at > 0)
        return false;
    const char *hash = n > 0 ? memchr(text, '#', n) : NULL;
    if (hash != NULL) {
        u.fragment = hash + 1;
        u.fragment_bytes = n - (size_t)(hash + 1 - text);
        n = (size_t)(hash - text);
    }
    size_t end = at;
    while (end < n && text[end] != '/' && text[end] != '?')
        end++;
    u.host = text + at;
    const char *user = memrchr(u.host, '@', end - at);
    if (user != NULL) {
        u.user = u.host;
        u.user_bytes = (size_t)(user - u.host);
        u.host = user + 1;
    }
    u.host_bytes = (size_t)(text + end - u.host);
    u.path = text + end;
    u.path_bytes = n - end;
    *out = u;
    return true;
}
