#include "convert/redact_internal.h"

#include <string.h>
#include <strings.h>

#include "util/text.h"

#define BEGINNING_BYTES_MIN 16 /* so much of a secret in a comment is its beginning, not chance */
#define RANDOM_BYTES_MIN 10    /* letters and digits of this length are no word */

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

/* Where secrets that begin so are kept. "+" may be a space. */
static size_t bucket(unsigned char a, unsigned char b, unsigned char c) {
    size_t x = a == '+' ? ' ' : a, y = b == '+' ? ' ' : b, z = c == '+' ? ' ' : c;
    return (x * 961 + y * 31 + z) % DRAFT_BEGINS;
}

static size_t bucket_plain(const char *text, size_t n) {
    return n < 3 ? DRAFT_BEGINS
                 : bucket((unsigned char)text[0], (unsigned char)text[1], (unsigned char)text[2]);
}

static size_t bucket_decoded(const char *text, size_t n) {
    unsigned char c[3];
    size_t at = 0, step;
    for (int i = 0; i < 3; i++, at += step) {
        if (at >= n)
            return DRAFT_BEGINS;
        c[i] = decoded(text, n, at, &step);
    }
    return bucket(c[0], c[1], c[2]);
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

/* A text of which some places are known to be values. */
struct place {
    const char *text;
    size_t n;
    enum redact_in in;
    bool first, last; /* nothing is before or behind it */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool looks_random(const struct draft_secret *s) {
    bool digit = false, letter = false;
    for (size_t i = 0; i < s->bytes; i++) {
        digit = digit || is_digit(s->value[i]);
        letter = letter || (is_alnum(s->value[i]) && !is_digit(s->value[i]));
    }
    return digit && letter && s->bytes >= RANDOM_BYTES_MIN;
}

/* No letter or digit touches it, so it is a word of its own. */
static bool stands_alone(const struct place *p, size_t from, size_t to) {
    return (from == 0 || !is_alnum(p->text[from - 1])) && (to == p->n || !is_alnum(p->text[to]));
}

static bool one_of(char c, const char *all) {
    return c != '\0' && strchr(all, c) != NULL;
}

/* Whether a JSON string that ends here is a key. */
static bool is_key(const struct place *p, size_t quote) {
    size_t i = quote + 1;
    while (i < p->n && one_of(p->text[i], " \t\r\n"))
        i++;
    return i < p->n && p->text[i] == ':';
}

/* A value in a text of JSON, XML or a form. */
static bool is_body_value(const struct place *p, size_t from, size_t to) {
    char before = from > 0 ? p->text[from - 1] : '\0', behind = to < p->n ? p->text[to] : '\0';
    if (before == '"' && behind == '"')
        return !is_key(p, to);
    if (before == '=')
        return behind == '&' || (to == p->n && p->last);
    return before == '>' && behind == '<';
}

static bool is_whole(const struct place *p, size_t from, size_t to) {
    bool begins = from == 0 && p->first, ends = to == p->n && p->last;
    if (begins && ends)
        return true;
    switch (p->in) {
    case REDACT_VALUE:
        return false;
    case REDACT_HEADER: /* after its scheme, which is one word */
        return ends && from > 0 && p->text[from - 1] == ' ' && p->first &&
               memchr(p->text, ' ', from) == p->text + from - 1;
    case REDACT_BODY:
        return is_body_value(p, from, to);
    case REDACT_PATH:
        return (begins || (from > 0 && one_of(p->text[from - 1], "/=&?;"))) &&
               (ends || (to < p->n && one_of(p->text[to], "/&?#;")));
    }
    return false;
}

static void longest(const struct draft *d, size_t begin, const struct place *p, size_t at,
                    struct match *m) {
    for (const struct draft_secret *s = begin < DRAFT_BEGINS ? d->by_begin[begin] : NULL; s != NULL;
         s = s->next_of_begin) {
        size_t plain = match_plain(s, p->text + at, p->n - at), bytes = plain;
        if (plain == 0)
            bytes = match_escaped(s, p->text + at, p->n - at);
        if (bytes > m->bytes &&
            (is_whole(p, at, at + bytes) || (looks_random(s) && stands_alone(p, at, at + bytes))))
            *m = (struct match){s, bytes, plain == 0};
    }
}

/* The longest secret that is to be replaced here; its bytes are 0 if there is none. */
static struct match find(const struct draft *d, const struct place *p, size_t at) {
    struct match m = {0};
    size_t plain = bucket_plain(p->text + at, p->n - at),
           escaped = bucket_decoded(p->text + at, p->n - at);
    longest(d, plain, p, at, &m);
    if (escaped != plain)
        longest(d, escaped, p, at, &m);
    return m;
}

size_t redact_secret_at(const struct draft *d, const char *text, size_t n, size_t at,
                        const char **env) {
    const struct place p = {text, n, REDACT_BODY, true, true};
    struct match m = find(d, &p, at);
    if (m.bytes > 0)
        *env = m.secret->env;
    return m.bytes;
}

void redact_begin(struct draft *d) {
    memset(d->by_begin, 0, sizeof d->by_begin);
    for (struct draft_secret *s = d->secrets; s != NULL; s = s->next) {
        if (s->bytes < REDACT_BYTES_MIN || s->only_here)
            continue;
        struct draft_secret **list = &d->by_begin[bucket_plain(s->value, s->bytes)];
        s->next_of_begin = *list;
        *list = s;
    }
}

/* Plain text in front of a ${...} of the draft (`hole`) or of the end. */
static void put_run(const struct draft *d, struct buf *out, const struct place *p, bool hole) {
    const char *text = p->text;
    size_t n = p->n;
    size_t dollars = 0, step; /* waiting, because how they are written depends on what follows */
    for (size_t i = 0; i < n; i += step) {
        struct match m = find(d, p, i);
        step = m.bytes;
        if (m.bytes > 0) {
            draft_add_dollars(out, dollars, DRAFT_BEFORE_HOLE);
            buf_printf(out, m.escaped ? "${urlencode(env.%s)}" : "${env.%s}", m.secret->env);
            dollars = 0;
            continue;
        }
        if (p->in == REDACT_PATH)
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

void redact_text(const struct draft *d, struct buf *out, const char *text, size_t n,
                 enum redact_in in) {
    struct buf run;
    bool first = true;
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
        put_run(d, out, &(struct place){buf_text(&run), run.len, in, first, false}, true);
        first = false;
        buf_clear(&run);
        buf_add(out, text + i, hole);
        i += hole;
    }
    put_run(d, out, &(struct place){buf_text(&run), run.len, in, first, true}, false);
    out->failed = out->failed || run.failed;
    buf_done(&run);
}

void redact_path(const struct draft *d, struct buf *out, const char *path) {
    size_t at = strncasecmp(path, "http://", 7) == 0    ? 7
                : strncasecmp(path, "https://", 8) == 0 ? 8
                                                        : 0;
    size_t host = at > 0 ? strcspn(path + at, "/?") : 0;
    buf_add(out, path, at);
    redact_text(d, out, path + at, host, REDACT_VALUE);
    at += host;
    if (path[at] == '/') { /* the loader wants a "/" here */
        buf_char(out, '/');
        at++;
    }
    redact_text(d, out, path + at, strlen(path + at), REDACT_PATH);
}

/* How much of a secret's beginning the text begins with, if that is enough to tell. */
static size_t beginning(const struct draft_secret *s, const char *text, size_t n) {
    size_t same = 0;
    while (same < n && same < s->bytes && text[same] == s->value[same])
        same++;
    return same >= BEGINNING_BYTES_MIN ? same : 0;
}

/* How much of the text at `at` is a secret that people must not see. */
static size_t hidden(const struct draft *d, const struct place *p, size_t at) {
    const size_t begins[2] = {bucket_plain(p->text + at, p->n - at),
                              bucket_decoded(p->text + at, p->n - at)};
    size_t most = 0;
    for (int i = 0; i < (begins[0] == begins[1] ? 1 : 2); i++)
        for (const struct draft_secret *s = begins[i] < DRAFT_BEGINS ? d->by_begin[begins[i]]
                                                                     : NULL;
             s != NULL; s = s->next_of_begin) {
            size_t begin = beginning(s, p->text + at, p->n - at);
            size_t bytes = match_plain(s, p->text + at, p->n - at);
            if (bytes == 0)
                bytes = match_escaped(s, p->text + at, p->n - at);
            if (bytes > most && stands_alone(p, at, at + bytes))
                most = bytes;
            most = begin > most ? begin : most;
        }
    return most;
}

void redact_mask(const struct draft *d, struct buf *out, const char *text, size_t n) {
    struct place p = {.text = text, .n = n};
    for (size_t i = 0; i < n;) {
        size_t bytes = hidden(d, &p, i);
        if (bytes == 0)
            buf_char(out, text[i++]);
        else
            buf_str(out, "***");
        i += bytes;
    }
}

bool redact_finds(const struct draft *d, const char *text) {
    struct place p = {.text = text, .n = strlen(text), .in = REDACT_VALUE};
    for (size_t i = 0; i < p.n; i++)
        if (find(d, &p, i).bytes > 0)
            return true;
    return false;
}
