#include "transport/cookies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transport/cookie_date.h"

/* Far enough: what Max-Age may ask for at most. */
#define FOREVER_S ((int64_t)100 * 366 * 86400)

struct cookie {
    char *pair; /* "name=value" */
    size_t name_bytes;
    char *domain; /* in lower case, without a leading dot */
    bool host_only;
    char *path;
    bool secure;
    bool lasting; /* until `expires`; else with the session */
    time_t expires;
    uint64_t serial;
};

struct cookies {
    /* Longer paths first, then in the order they were first set (RFC 6265 5.4). */
    struct cookie *list;
    size_t count;
    uint64_t serials;
};

struct cookies *cookies_new(void) {
    return calloc(1, sizeof(struct cookies));
}

static void clear(struct cookie *k) {
    free(k->pair);
    free(k->domain);
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

/* ---- words ---- */

/* Cuts the part up to `mark` off the front of *rest; all of it where there is no mark. */
static struct bytes cut(struct bytes *rest, char mark) {
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, mark, rest->len);
    size_t n = end == NULL ? rest->len : (size_t)(end - rest->data);
    struct bytes part = {rest->data, n};
    size_t used = end == NULL ? n : n + 1;
    rest->data += used;
    rest->len -= used;
    return bytes_trim(part);
}

static bool begins(struct bytes s, const char *word) {
    size_t n = strlen(word);
    return s.len >= n && strncasecmp(s.data, word, n) == 0;
}

/* ---- which requests a cookie is for ---- */

/* RFC 6265 5.1.3, without a leading dot. An address matches itself only. */
static bool domain_matches(struct bytes host, struct bytes domain) {
    if (host.len == domain.len)
        return strncasecmp(host.data, domain.data, host.len) == 0;
    return domain.len > 0 && host.len > domain.len && host.data[host.len - domain.len - 1] == '.' &&
           strncasecmp(host.data + host.len - domain.len, domain.data, domain.len) == 0 &&
           !place_is_address(host) && !place_is_address(domain);
}

/* RFC 6265 5.1.4: the directory of the request's path. */
static struct bytes default_path(struct bytes path) {
    size_t n = path.len;
    if (n == 0 || *path.data != '/')
        return (struct bytes){"/", 1};
    while (n > 0 && path.data[n - 1] != '/')
        n--;
    return n <= 1 ? (struct bytes){"/", 1} : (struct bytes){path.data, n - 1};
}

static bool path_matches(struct bytes path, struct bytes of) {
    if (path.len == 0)
        path = (struct bytes){"/", 1};
    return path.len >= of.len && memcmp(path.data, of.data, of.len) == 0 &&
           (path.len == of.len || path.data[of.len] == '/' || of.data[of.len - 1] == '/');
}

static struct bytes of_text(const char *text) {
    return (struct bytes){text, strlen(text)};
}

static bool is_for(const struct cookie *k, const struct place *to) {
    struct bytes domain = of_text(k->domain);
    bool host = k->host_only ? domain.len == to->host.len &&
                                   strncasecmp(domain.data, to->host.data, domain.len) == 0
                             : domain_matches(to->host, domain);
    return host && path_matches(to->path, of_text(k->path)) && (to->secure || !k->secure);
}

/* ---- Set-Cookie ---- */

/* What a Set-Cookie says, the last of each attribute. */
struct said {
    struct bytes name, value;
    struct bytes domain; /* data NULL: none; the same for the path, where none means the default */
    struct bytes path;
    bool secure, aged, dated;
    time_t age_end, date_end;
};

/* RFC 6265 5.2.2: "-" or a digit, then digits. False where it is anything else, which is
 * ignored. */
static bool end_of_age(struct bytes value, time_t now, time_t *out) {
    bool negative = value.len > 0 && *value.data == '-';
    int64_t age = 0;
    if (value.len == 0)
        return false;
    for (size_t i = negative; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        if (age < FOREVER_S)
            age = age * 10 + (value.data[i] - '0');
    }
    age = age > FOREVER_S ? FOREVER_S : age;
    *out = negative || age == 0 ? 0 : now + (time_t)age;
    return true;
}

static void take_attribute(struct said *s, struct bytes word, struct bytes text, time_t now) {
    if (bytes_is_any_case(word, "Secure"))
        s->secure = true;
    else if (bytes_is_any_case(word, "Path"))
        s->path = text.len > 0 && *text.data == '/' ? text : (struct bytes){0};
    else if (bytes_is_any_case(word, "Max-Age"))
        s->aged = end_of_age(text, now, &s->age_end) || s->aged;
    else if (bytes_is_any_case(word, "Expires"))
        s->dated = cookie_date(text, &s->date_end) || s->dated;
    else if (bytes_is_any_case(word, "Domain") && text.len > 0) {
        if (*text.data == '.') {
            text.data++;
            text.len--;
        }
        s->domain = text;
    }
}

/* What RFC 6265bis refuses: else a cookie could begin a header of its own. */
static bool has_control(struct bytes s) {
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.data[i] < 0x20 && s.data[i] != '\t') || s.data[i] == 0x7f)
            return true;
    return false;
}

/* False where it is no cookie. */
static bool read_line(struct bytes line, time_t now, struct said *s) {
    *s = (struct said){0};
    if (line.len > COOKIES_LINE_MAX_BYTES || has_control(line))
        return false;
    struct bytes rest = line, pair = cut(&rest, ';');
    bool named = pair.len > 0 && memchr(pair.data, '=', pair.len) != NULL;
    s->name = cut(&pair, '=');
    s->value = bytes_trim(pair);
    if (!named || s->name.len == 0)
        return false;
    while (rest.len > 0) {
        struct bytes text = cut(&rest, ';');
        struct bytes word = cut(&text, '=');
        take_attribute(s, word, bytes_trim(text), now);
    }
    return true;
}

/* RFC 6265 5.3: may this host set it? Sets what it is kept for. */
static bool allowed(const struct said *s, const struct place *from, struct bytes *domain,
                    bool *host_only) {
    *domain = from->host;
    *host_only = s->domain.data == NULL;
    if (!*host_only) {
        bool same = s->domain.len == from->host.len;
        if (s->domain.len == 0 || !domain_matches(from->host, s->domain))
            return false;
        /* A top-level domain, as the public suffix list would have it. */
        if (memchr(s->domain.data, '.', s->domain.len) == NULL && !same)
            return false;
        *domain = s->domain;
    }
    if (s->secure && !from->secure)
        return false;
    if (begins(s->name, "__Secure-") && !s->secure)
        return false;
    return !begins(s->name, "__Host-") ||
           (s->secure && *host_only && s->path.len == 1); /* "/" is the only one of one byte */
}

static bool same_cookie(const struct cookie *a, const struct cookie *b) {
    return a->name_bytes == b->name_bytes && memcmp(a->pair, b->pair, a->name_bytes) == 0 &&
           a->host_only == b->host_only && strcmp(a->domain, b->domain) == 0 &&
           strcmp(a->path, b->path) == 0;
}

/* RFC 6265bis: what came without TLS does not stand in for a cookie that is sent with TLS only. */
static bool hides_a_secure_one(const struct cookies *c, const struct cookie *k) {
    for (size_t i = 0; i < c->count; i++) {
        const struct cookie *o = &c->list[i];
        if (o->secure && o->name_bytes == k->name_bytes &&
            memcmp(o->pair, k->pair, k->name_bytes) == 0 &&
            (domain_matches(of_text(o->domain), of_text(k->domain)) ||
             domain_matches(of_text(k->domain), of_text(o->domain))) &&
            path_matches(of_text(k->path), of_text(o->path)))
            return true;
    }
    return false;
}

static void drop_oldest(struct cookies *c) {
    size_t oldest = 0;
    for (size_t i = 1; i < c->count; i++)
        if (c->list[i].serial < c->list[oldest].serial)
            oldest = i;
    drop(c, oldest);
}

/* In its place in the order of the list. */
static int insert(struct cookies *c, const struct cookie *k) {
    size_t i = 0, n = strlen(k->path);
    if (c->count == COOKIES_MAX)
        drop_oldest(c);
    struct cookie *list = realloc(c->list, (c->count + 1) * sizeof *list);
    if (list == NULL)
        return -1;
    c->list = list;
    while (i < c->count && strlen(list[i].path) >= n)
        i++;
    memmove(&list[i + 1], &list[i], (c->count - i) * sizeof *list);
    list[i] = *k;
    list[i].serial = ++c->serials;
    c->count++;
    return 0;
}

/* Takes the cookie over: in the place of the same one, or as a new one; one that is over only
 * removes. */
static void put(struct cookies *c, struct cookie *k, time_t now) {
    size_t i = 0;
    while (i < c->count && !same_cookie(&c->list[i], k))
        i++;
    if (k->lasting && k->expires <= now) {
        if (i < c->count)
            drop(c, i);
        clear(k);
    } else if (i < c->count) {
        k->serial = c->list[i].serial;
        clear(&c->list[i]);
        c->list[i] = *k;
    } else if (insert(c, k) != 0) {
        clear(k);
    }
}

static char *lower(struct bytes text) {
    char *s = strndup(text.data == NULL ? "" : text.data, text.len);
    for (char *at = s; s != NULL && *at != '\0'; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    return s;
}

void cookies_set(struct cookies *c, const struct place *from, struct bytes value, time_t now) {
    struct said s;
    struct bytes domain;
    struct buf pair;
    bool host_only;
    if (!read_line(value, now, &s) || !allowed(&s, from, &domain, &host_only))
        return;
    struct bytes path = s.path.data == NULL ? default_path(from->path) : s.path;
    buf_init(&pair, COOKIES_LINE_MAX_BYTES + 1);
    buf_add(&pair, s.name.data, s.name.len);
    buf_char(&pair, '='); /* "a = b" is sent back as "a=b" */
    buf_add(&pair, s.value.data, s.value.len);
    struct cookie k = {.pair = buf_take(&pair),
                       .name_bytes = s.name.len,
                       .domain = lower(domain),
                       .host_only = host_only,
                       .path = strndup(path.data, path.len),
                       .secure = s.secure,
                       .lasting = s.aged || s.dated,
                       .expires = s.aged ? s.age_end : s.date_end};
    if (k.pair == NULL || k.domain == NULL || k.path == NULL ||
        (!from->secure && !k.secure && hides_a_secure_one(c, &k)))
        clear(&k);
    else
        put(c, &k, now);
    buf_done(&pair);
}

/* ---- Cookie ---- */

static bool names(struct bytes own, const struct cookie *k) {
    while (own.len > 0) {
        struct bytes pair = cut(&own, ';');
        struct bytes name = cut(&pair, '=');
        if (name.len == k->name_bytes && memcmp(name.data, k->pair, name.len) == 0)
            return true;
    }
    return false;
}

void cookies_header(struct cookies *c, const struct place *to, struct bytes own, time_t now,
                    struct buf *out) {
    struct bytes first = bytes_trim(own);
    while (first.len > 0 && first.data[first.len - 1] == ';')
        first.len--;
    if (first.len > 0)
        buf_add(out, first.data, first.len);
    for (size_t i = c == NULL ? 0 : c->count; i-- > 0;)
        if (c->list[i].lasting && c->list[i].expires <= now)
            drop(c, i);
    for (size_t i = 0; c != NULL && i < c->count; i++) {
        const struct cookie *k = &c->list[i];
        if (!is_for(k, to) || names(own, k))
            continue;
        if (out->len > 0)
            buf_str(out, "; ");
        buf_str(out, k->pair);
    }
}
