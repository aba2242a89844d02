#include "convert/curl_glob.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATTERNS_MAX 50
#define RANGE_MAX 100000000

/* A piece of the URL: a fixed text, words or a range. */
struct pattern {
    const char *text; /* of the piece, without its brackets */
    size_t n, count;
    bool words, letters;
    long low, step;
    int width; /* with zeros up to here */
};

struct patterns {
    struct pattern items[PATTERNS_MAX];
    size_t count;
};

static struct pattern *add(struct patterns *p, const char *text, size_t n) {
    if (p->count == PATTERNS_MAX)
        return NULL;
    p->items[p->count] = (struct pattern){.text = text, .n = n, .count = 1};
    return &p->items[p->count++];
}

static bool add_words(struct patterns *p, const char *text, size_t n) {
    struct pattern *x = n == 0 ? NULL : add(p, text, n);
    if (x == NULL)
        return false;
    x->words = true;
    for (size_t i = 0; i < n; i++) {
        if (strchr("{}[]", text[i]) != NULL)
            return false; /* curl nests none */
        x->count += text[i] == ',';
    }
    return true;
}

/* A number of digits; false, and *at unchanged, if there is none. */
static bool number(const char **at, long *out) {
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    *out = strtol(*at, &end, 10);
    *at = end;
    return true;
}

/* "1-10", "001-100:3", "a-z". */
static bool add_range(struct patterns *p, const char *text, size_t n) {
    struct pattern *x = add(p, text, n);
    const char *at = text;
    long high;
    if (x == NULL)
        return false;
    x->step = 1;
    if (isalpha((unsigned char)text[0])) {
        if (n < 3 || text[1] != '-' || !isalpha((unsigned char)text[2]))
            return false;
        x->letters = true;
        x->low = (unsigned char)text[0];
        high = (unsigned char)text[2];
        at += 3;
    } else {
        if (!number(&at, &x->low))
            return false;
        x->width = text[0] == '0' ? (int)(at - text) : 0;
        if (*at++ != '-' || !number(&at, &high))
            return false;
    }
    if (*at == ':') {
        at++;
        if (!number(&at, &x->step))
            return false;
    }
    if (at != text + n || high < x->low || x->step < 1 || high - x->low > RANGE_MAX)
        return false;
    x->count = (size_t)((high - x->low) / x->step) + 1;
    return true;
}

/* "[::1]" of a host, which is no range. */
static bool is_address(const char *at, size_t n) {
    return memchr(at, ':', n) != NULL && memchr(at, '-', n) == NULL;
}

static bool parse(const char *url, struct patterns *p) {
    const char *from = url;
    for (const char *at = url; *at != '\0';) {
        if (*at == '\\' && at[1] != '\0' && strchr("{}[]", at[1]) != NULL) {
            if (at > from && add(p, from, (size_t)(at - from)) == NULL)
                return false;
            from = at + 1;
            at += 2;
            continue;
        }
        if (*at == '}' || *at == ']')
            return false;
        if (*at != '{' && *at != '[') {
            at++;
            continue;
        }
        const char *close = strchr(at + 1, *at == '{' ? '}' : ']');
        size_t n = close == NULL ? 0 : (size_t)(close - at) - 1;
        if (close == NULL)
            return false;
        if (*at == '[' && is_address(at + 1, n)) {
            at = close + 1;
            continue;
        }
        if (at > from && add(p, from, (size_t)(at - from)) == NULL)
            return false;
        if (!(*at == '{' ? add_words(p, at + 1, n) : add_range(p, at + 1, n)))
            return false;
        at = from = close + 1;
    }
    return *from == '\0' || add(p, from, strlen(from)) != NULL;
}

static void put(const struct pattern *x, size_t index, struct buf *out) {
    if (x->step > 0 && x->letters) {
        buf_char(out, (char)(x->low + (long)index * x->step));
    } else if (x->step > 0) {
        buf_printf(out, "%0*ld", x->width, x->low + (long)index * x->step);
    } else if (x->words) {
        const char *word = x->text, *end = x->text + x->n;
        for (; index > 0; index--)
            word = (const char *)memchr(word, ',', (size_t)(end - word)) + 1;
        const char *comma = memchr(word, ',', (size_t)(end - word));
        buf_add(out, word, (size_t)((comma == NULL ? end : comma) - word));
    } else {
        buf_add(out, x->text, x->n);
    }
}

bool curl_glob(struct draft *d, const char *url, size_t most, struct glob *out) {
    struct patterns p = {.count = 0};
    if (!parse(url, &p))
        return false;
    *out = (struct glob){.all = 1};
    for (size_t i = 0; i < p.count; i++)
        if (__builtin_mul_overflow(out->all, p.items[i].count, &out->all))
            return false;
    out->count = out->all < most ? out->all : most;
    out->urls = draft_alloc(d, (out->count + 1) * sizeof *out->urls);
    for (size_t k = 0; k < out->count && out->urls != NULL; k++) {
        struct buf b;
        size_t index[PATTERNS_MAX], rest = k;
        for (size_t i = p.count; i-- > 0;) { /* the last pattern is the fastest */
            index[i] = rest % p.items[i].count;
            rest /= p.items[i].count;
        }
        buf_init(&b, DRAFT_BYTES_MAX);
        for (size_t i = 0; i < p.count; i++)
            put(&p.items[i], index[i], &b);
        out->urls[k] = draft_take(d, &b);
    }
    return out->urls != NULL;
}
