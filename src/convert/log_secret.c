#include "convert/log_secret.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "convert/redact.h"
#include "util/encode.h"

#define VALUE_MAX 4096

struct log_secret_name {
    const char *name; /* decoded */
    size_t bytes;
    uint64_t values; /* different ones */
    struct log_secret_name *next;
};

struct log_secret {
    struct log_secret_name *name;
    const char *value; /* decoded */
    size_t bytes;
    bool elsewhere; /* a secret of the draft already */
};

void log_secrets_init(struct log_secrets *s, struct draft *d) {
    *s = (struct log_secrets){.d = d};
}

void log_secrets_done(struct log_secrets *s) {
    pointer_map_done(&s->by_name);
    pointer_map_done(&s->by_value);
}

static struct log_secret_name *name_of(struct log_secrets *s, const char *name, size_t n) {
    struct pointer_search at;
    for (struct log_secret_name *m = pointer_map_first(&s->by_name, name, n, &at); m != NULL;
         m = pointer_map_next(&s->by_name, &at))
        if (m->bytes == n && memcmp(m->name, name, n) == 0)
            return m;
    struct log_secret_name *m = draft_alloc(s->d, sizeof *m);
    if (m == NULL)
        return NULL;
    *m = (struct log_secret_name){.name = draft_copy(s->d, name, n), .bytes = n};
    if (!pointer_map_add(&s->by_name, name, n, m))
        s->d->failed = true;
    if (s->last != NULL)
        s->last->next = m;
    else
        s->names = m;
    s->last = m;
    return m;
}

static struct log_secret *find(const struct log_secrets *s, const char *value, size_t n) {
    struct pointer_search at;
    for (struct log_secret *m = pointer_map_first(&s->by_value, value, n, &at); m != NULL;
         m = pointer_map_next(&s->by_value, &at))
        if (m->bytes == n && memcmp(m->value, value, n) == 0)
            return m;
    return NULL;
}

static void remember(struct log_secrets *s, struct log_secret_name *name, const char *value,
                     size_t n) {
    if (n == 0 || find(s, value, n) != NULL)
        return;
    if (s->count == LOG_SECRETS_MAX || s->bytes + n > LOG_SECRET_BYTES) {
        s->full = true;
        return;
    }
    struct log_secret *m = draft_alloc(s->d, sizeof *m);
    if (m == NULL)
        return;
    *m = (struct log_secret){.name = name, .value = draft_copy(s->d, value, n), .bytes = n};
    if (!pointer_map_add(&s->by_value, value, n, m))
        s->d->failed = true;
    name->values++;
    s->count++;
    s->bytes += n;
}

void log_secret_add(struct log_secrets *s, const char *name, size_t name_bytes, const char *value,
                    size_t n) {
    struct buf key, plain;
    buf_init(&key, VALUE_MAX);
    buf_init(&plain, 4 * VALUE_MAX);
    decode_percent(&key, name, name_bytes, true);
    decode_percent(&plain, value, n, true);
    struct log_secret_name *m = buf_ok(&key) ? name_of(s, buf_text(&key), key.len) : NULL;
    if (m != NULL && buf_ok(&plain))
        remember(s, m, buf_text(&plain), plain.len);
    buf_done(&key);
    buf_done(&plain);
}

const char *log_secret_variable(struct log_secrets *s, const char *name, size_t n) {
    const char *key = draft_copy(s->d, name, n);
    return draft_variable(s->d, key, "query parameter %.100s of the log", key);
}

/* Whether the part of a text is a remembered value, which then is a secret of the draft. */
static bool is_value(struct log_secrets *s, const char *text, size_t n) {
    if (n < REDACT_BYTES_MIN)
        return false;
    struct log_secret *m = find(s, text, n);
    if (m == NULL && (memchr(text, '%', n) != NULL || memchr(text, '+', n) != NULL)) {
        struct buf plain;
        buf_init(&plain, 4 * VALUE_MAX);
        decode_percent(&plain, text, n, true);
        m = buf_ok(&plain) ? find(s, buf_text(&plain), plain.len) : NULL;
        buf_done(&plain);
    }
    if (m != NULL && !m->elsewhere)
        draft_secret_also(s->d, log_secret_variable(s, m->name->name, m->name->bytes), m->value,
                          m->bytes);
    if (m != NULL)
        m->elsewhere = true;
    return m != NULL;
}

/* Looks at what is between two characters of a set. */
static bool between(struct log_secrets *s, const char *text, size_t n, const char *set) {
    bool found = false;
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && (text[i] == '\0' || strchr(set, text[i]) == NULL))
            continue;
        found = is_value(s, text + from, i - from) || found;
        from = i + 1;
    }
    return found;
}

bool log_secret_is_in(struct log_secrets *s, const char *text, size_t n) {
    if (s->count == 0)
        return false;
    /* A value may contain "=", and so may what separates them. */
    bool found = between(s, text, n, "/?&;=\"<>\1\2");
    found = between(s, text, n, "/?&;\"<>\1\2") || found;
    return found;
}

void log_secrets_note(const struct log_secrets *s) {
    for (struct log_secret_name *m = s->names; m != NULL; m = m->next)
        if (m->values > 1)
            draft_note(s->d, &s->d->notes,
                       "Assumed: one value for the parameter %.100s, which has %s%" PRIu64
                       " different values in the log.",
                       m->name, s->full ? "more than " : "", m->values);
}
