#include "convert/redact.h"

#include <string.h>
#include <strings.h>

#include "util/text.h"

#define BEGINNING_BYTES_MIN 16 /* so much of a secret in a comment is its beginning, not chance */

struct match {
    const struct draft_secret *secret;
    size_t bytes; /* of the text */
    bool escaped; /* not byte by byte */
};

/* A byte of the text at `i`, as it is when decoded; *bytes is how much of the text it takes. */
static unsigned char decoded(const char *text, size_t n, size_t i, size_t *bytes) {
    int high = i + 2 < n && text[i] == '%' ? text_hex(text[i + 1]) : -1;
    int low = high < 0 ? -1 : text_hex(text[i + 2]);
    *bytes = low >= 0 ? 3 : 1;
    return (unsigned char)(low >= 0 ? high * 16 + low : text[i]);
}

static size_t match_plain(const struct draft_secret *s, const char *text, size_t n) {
    return s->bytes <= n && memcmp(s->value, text, s->bytes) == 0 ? s->bytes : 0;
}

static size_t match_escaped(const struct draft_secret *s, const char *text, size_t n) {
    size_t at = 0, step;
    for (size_t k = 0; k < s->bytes; k++, at += step) {
        if (at >= n)
            return 0;
        unsigned char c = decoded(text, n, at, &step);
        if (c != (unsigned char)s->value[k] && !(c == '+' && s->value[k] == ' '))
            return 0;
    }
    return at;
}

static void longest(const struct draft *d, unsigned char first, const char *text, size_t n,
                    struct match *m) {
    for (const struct draft_secret *s = d->by_first[first]; s != NULL; s = s->next_of_first) {
        size_t plain = match_plain(s, text, n), bytes = plain;
        if (plain == 0)
            bytes = match_escaped(s, text, n);
        if (bytes > m->bytes)
            *m = (struct match){s, bytes, plain == 0};
    }
}

/* The longest secret at the beginning of a plain text; its bytes are 0 if there is none. */
static struct match find(const struct draft *d, const char *text, size_t n) {
    struct match m = {0};
    size_t step;
    unsigned char first = decoded(text, n, 0, &step);
    longest(d, (unsigned char)text[0], text, n, &m);
    if (first != (unsigned char)text[0])
        longest(d, first, text, n, &m);
    if (text[0] == '+')
        longest(d, ' ', text, n, &m);
    return m;
}

void redact_begin(struct draft *d) {
    memset(d->by_first, 0, sizeof d->by_first);
    for (struct draft_secret *s = d->secrets; s != NULL; s = s->next) {
        if (s->bytes < REDACT_BYTES_MIN)
            continue;
        struct draft_secret **list = &d->by_first[(unsigned char)s->value[0]];
        s->next_of_first = *list;
        *list = s;
    }
}

/* Plain text that stands before a ${...} of the draft (`hole`) or before the end. */
static void put_run(const struct draft *d, struct buf *out, const char *text, size_t n, bool path,
                    bool hole) {
    size_t dollars = 0, step; /* waiting, as what they are written like depends on what follows */
    for (size_t i = 0; i < n; i += step) {
        struct match m = find(d, text + i, n - i);
        step = m.bytes;
        if (m.bytes > 0) {
            draft_add_dollars(out, dollars, DRAFT_BEFORE_HOLE);
            buf_printf(out, m.escaped ? "${urlencode(env.%s)}" : "${env.%s}", m.secret->env);
            dollars = 0;
            continue;
        }
        if (path)
            decoded(text + i, n - i, 0, &step);
        else
            step = 1;
        if (text[i] == '$') {
            dollars++;
            continue;
        }
        draft_add_dollars(out, dollars, text[i] == '{' ? DRAFT_BEFORE_BRACE : DRAFT_BEFORE_OTHER);
        buf_add(out, text + i, step);
        dollars = 0;
    }
    draft_add_dollars(out, dollars, hole ? DRAFT_BEFORE_HOLE : DRAFT_BEFORE_OTHER);
}

static void put(const struct draft *d, struct buf *out, const char *text, size_t n, bool path) {
    struct buf run;
    buf_init(&run, DRAFT_BYTES_MAX);
    for (size_t i = 0; i < n;) {
        if (n - i >= 3 && memcmp(text + i, "$${", 3) == 0) {
            buf_str(&run, "${");
            i += 3;
            continue;
        }
        const char *end =
            n - i >= 2 && memcmp(text + i, "${", 2) == 0 ? memchr(text + i, '}', n - i) : NULL;
        if (end == NULL) {
            buf_char(&run, text[i++]);
            continue;
        }
        size_t hole = (size_t)(end - text) + 1 - i;
        put_run(d, out, buf_text(&run), run.len, path, true);
        buf_clear(&run);
        buf_add(out, text + i, hole);
        i += hole;
    }
    put_run(d, out, buf_text(&run), run.len, path, false);
    out->failed = out->failed || run.failed;
    buf_done(&run);
}

void redact_text(const struct draft *d, struct buf *out, const char *text, size_t n) {
    put(d, out, text, n, false);
}

void redact_path(const struct draft *d, struct buf *out, const char *path) {
    size_t at = strncasecmp(path, "http://", 7) == 0    ? 7
                : strncasecmp(path, "https://", 8) == 0 ? 8
                                                        : 0;
    size_t host = at > 0 ? strcspn(path + at, "/?") : 0;
    buf_add(out, path, at);
    put(d, out, path + at, host, false);
    at += host;
    if (path[at] == '/') {
        /* The loader wants a "/" here; it drops it again where a value that begins with one
         * follows. */
        struct match m = find(d, path + at, strlen(path + at));
        buf_char(out, '/');
        if (m.bytes > 0)
            buf_printf(out, "${env.%s}", m.secret->env);
        at += m.bytes > 0 ? m.bytes : 1;
    }
    put(d, out, path + at, strlen(path + at), true);
}

/* How much of a secret's beginning the text begins with, where it is enough to tell. */
static size_t beginning(const struct draft *d, const char *text, size_t n) {
    size_t most = 0;
    for (const struct draft_secret *s = d->by_first[(unsigned char)text[0]]; s != NULL;
         s = s->next_of_first) {
        size_t same = 0;
        while (same < n && same < s->bytes && text[same] == s->value[same])
            same++;
        most = same > most ? same : most;
    }
    return most >= BEGINNING_BYTES_MIN ? most : 0;
}

void redact_mask(const struct draft *d, struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t bytes = find(d, text + i, n - i).bytes;
        if (bytes == 0)
            bytes = beginning(d, text + i, n - i);
        if (bytes == 0)
            buf_char(out, text[i++]);
        else
            buf_str(out, "***");
        i += bytes;
    }
}

bool redact_finds(const struct draft *d, const char *text) {
    for (size_t i = 0, n = strlen(text); i < n; i++)
        if (find(d, text + i, n - i).bytes > 0)
            return true;
    return false;
}
