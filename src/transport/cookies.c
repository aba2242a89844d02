#include "transport/cookies.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct cookie {
    char *pair; /* "name=value" */
    size_t name_bytes;
    char *path;
    bool secure;
    time_t expires; /* 0: with the session */
};

struct cookies {
    struct cookie *list; /* in the order they were first set */
    size_t count;
};

struct cookies *cookies_new(void) {
    return calloc(1, sizeof(struct cookies));
}

static void clear(struct cookie *k) {
    free(k->pair);
    free(k->path);
}

void cookies_free(struct cookies *c) {
    for (size_t i = 0; c != NULL && i < c->count; i++)
        clear(&c->list[i]);
    free(c == NULL ? NULL : c->list);
    free(c);
}

static void drop(struct cookies *c, size_t i) {
    clear(&c->list[i]);
    memmove(&c->list[i], &c->list[i + 1], (c->count - i - 1) * sizeof *c->list);
    c->count--;
}

struct span {
    const char *at;
    size_t n;
};

static struct span trim(struct span s) {
    while (s.n > 0 && (*s.at == ' ' || *s.at == '\t')) {
        s.at++;
        s.n--;
    }
    while (s.n > 0 && (s.at[s.n - 1] == ' ' || s.at[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Cuts the part up to `mark` off the front of *rest; all of it where there is no mark. */
static struct span cut(struct span *rest, char mark) {
    const char *end = memchr(rest->at, mark, rest->n);
    size_t n = end == NULL ? rest->n : (size_t)(end - rest->at);
    struct span part = {rest->at, n};
    size_t used = end == NULL ? n : n + 1;
    rest->at += used;
    rest->n -= used;
    return trim(part);
}

static bool is(struct span s, const char *word) {
    return s.n == strlen(word) && strncasecmp(s.at, word, s.n) == 0;
}

/* RFC 6265 5.1.3, without a leading dot. An address matches itself only. */
static bool domain_matches(const char *host, struct span domain) {
    size_t n = strlen(host);
    if (n == domain.n && strncasecmp(host, domain.at, n) == 0)
        return true;
    bool address = host[strspn(host, "0123456789.")] == '\0' || strchr(host, ':') != NULL;
    return !address && n > domain.n && domain.n > 0 && host[n - domain.n - 1] == '.' &&
           strncasecmp(host + n - domain.n, domain.at, domain.n) == 0;
}

/* RFC 6265 5.1.4: the directory of the request's path. */
static struct span default_path(const char *path) {
    const char *last = strrchr(path, '/');
    if (*path != '/' || last == path)
        return (struct span){"/", 1};
    return (struct span){path, (size_t)(last - path)};
}

static bool path_matches(const char *path, const char *of) {
    size_t n = strlen(of);
    return strncmp(path, of, n) == 0 &&
           (path[n] == '\0' || path[n] == '/' || (n > 0 && of[n - 1] == '/'));
}

static time_t expiry_of_age(struct span value, time_t now) {
    char text[24];
    if (value.n == 0 || value.n >= sizeof text)
        return value.n == 0 ? 0 : INT32_MAX;
    memcpy(text, value.at, value.n);
    text[value.n] = '\0';
    char *end;
    long long age = strtoll(text, &end, 10);
    if (*end != '\0')
        return 0;
    if (age <= 0)
        return 1;
    return age > INT32_MAX ? now + INT32_MAX : now + (time_t)age;
}

static time_t expiry_of_date(struct span value, time_t now) {
    char text[64];
    if (value.n == 0 || value.n >= sizeof text)
        return 0;
    memcpy(text, value.at, value.n);
    text[value.n] = '\0';
    time_t t = curl_getdate(text, &now);
    return t == (time_t)-1 ? 0 : t <= 0 ? 1 : t;
}

/* Puts the cookie in the place of one with its name and path, or at the end; one that is over only removes. */
static void put(struct cookies *c, struct span pair, size_t name_bytes, struct span path,
                bool secure, time_t expires, time_t now) {
    struct cookie k = {.pair = strndup(pair.at, pair.n),
                       .name_bytes = name_bytes,
                       .path = strndup(path.at, path.n),
                       .secure = secure,
                       .expires = expires};
    size_t i = 0;
    if (k.pair == NULL || k.path == NULL)
        goto ignore;
    for (; i < c->count; i++)
        if (c->list[i].name_bytes == name_bytes &&
            memcmp(c->list[i].pair, k.pair, name_bytes) == 0 &&
            strcmp(c->list[i].path, k.path) == 0)
            break;
    if (expires != 0 && expires <= now) {
        if (i < c->count)
            drop(c, i);
        goto ignore;
    }
    if (i < c->count) {
        clear(&c->list[i]);
        c->list[i] = k;
        return;
    }
    if (c->count == COOKIES_MAX)
        drop(c, 0);
    struct cookie *list = realloc(c->list, (c->count + 1) * sizeof *list);
    if (list == NULL)
        goto ignore;
    c->list = list;
    c->list[c->count++] = k;
    return;

ignore:
    clear(&k);
}

/* What RFC 6265bis refuses: else a cookie could begin a header of its own. */
static bool has_control(const char *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)at[i] < 0x20 && at[i] != '\t') || at[i] == 0x7f)
            return true;
    return false;
}

void cookies_set(struct cookies *c, const char *host, const char *path, bool secure,
                 const char *value, size_t bytes, time_t now) {
    struct span rest = {value, bytes};
    if (bytes > COOKIES_LINE_MAX_BYTES || has_control(value, bytes))
        return;
    struct span pair = cut(&rest, ';');
    struct span after_name = pair;
    struct span name = cut(&after_name, '=');
    if (name.n == 0 || memchr(pair.at, '=', pair.n) == NULL)
        return;
    /* "a = b" is sent back as "a=b". */
    struct span content = trim(after_name);
    struct buf joined;
    buf_init(&joined, COOKIES_LINE_MAX_BYTES);
    buf_add(&joined, name.at, name.n);
    buf_char(&joined, '=');
    buf_add(&joined, content.at, content.n);
    struct span at = default_path(path);
    bool secure_only = false, aged = false, allowed = true;
    time_t expires = 0;
    while (rest.n > 0) {
        struct span attribute = cut(&rest, ';');
        struct span word = cut(&attribute, '=');
        struct span text = trim(attribute);
        if (is(word, "Secure"))
            secure_only = true;
        else if (is(word, "Path") && text.n > 0 && *text.at == '/')
            at = text;
        else if (is(word, "Max-Age") && expiry_of_age(text, now) != 0) {
            expires = expiry_of_age(text, now);
            aged = true;
        } else if (is(word, "Expires") && !aged)
            expires = expiry_of_date(text, now);
        else if (is(word, "Domain") && text.n > 0) {
            if (*text.at == '.') {
                text.at++;
                text.n--;
            }
            allowed = domain_matches(host, text);
        }
    }
    if (buf_ok(&joined) && allowed && (secure || !secure_only))
        put(c, (struct span){buf_text(&joined), joined.len}, name.n, at, secure_only, expires, now);
    buf_done(&joined);
}

/* Longer paths first, then in the order they were set (RFC 6265 5.4). */
void cookies_header(struct cookies *c, const char *path, bool secure, time_t now, struct buf *out) {
    size_t shorter_than = SIZE_MAX;
    for (size_t i = c->count; i-- > 0;)
        if (c->list[i].expires != 0 && c->list[i].expires <= now)
            drop(c, i);
    for (;;) {
        size_t longest = 0;
        for (size_t i = 0; i < c->count; i++) {
            size_t n = strlen(c->list[i].path);
            longest = n < shorter_than && n > longest ? n : longest;
        }
        if (longest == 0)
            return;
        for (size_t i = 0; i < c->count; i++) {
            const struct cookie *k = &c->list[i];
            if (strlen(k->path) != longest || !path_matches(path, k->path) ||
                (k->secure && !secure))
                continue;
            if (out->len > 0)
                buf_str(out, "; ");
            buf_str(out, k->pair);
        }
        shorter_than = longest;
    }
}
