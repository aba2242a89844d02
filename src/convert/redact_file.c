/* Secrets in the files next to a scenario. A file has no variables, so "*" replace them. */
#include <string.h>

#include "convert/redact_internal.h"

#define NAME_BYTES_MAX 64
#define PART_HEAD_MAX 1024 /* headers of a part of multipart/form-data */

struct eraser {
    struct draft *d;
    struct draft_file *f;
    char *bytes; /* a copy of the file's, made for the first secret; or NULL */
};

static void erase(struct eraser *e, size_t from, size_t to, const char *what, size_t n) {
    struct draft_file *f = e->f;
    if (e->bytes == NULL && (e->bytes = draft_alloc(e->d, f->n + 1)) != NULL) {
        memcpy(e->bytes, f->bytes, f->n);
        f->bytes = e->bytes;
    }
    if (e->bytes == NULL)
        return;
    memset(e->bytes + from, '*', to - from);
    draft_note(e->d, &e->d->notes, "Left out: the value of %.*s in %s, a secret: \"*\" replace it.",
               (int)n, what, f->name);
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-.[]", c) != NULL);
}

/* The name that ends before `end`: where it begins; `end` if there is none. */
static size_t name_before(const char *text, size_t end) {
    size_t at = end;
    while (at > 0 && end - at < NAME_BYTES_MAX && is_name(text[at - 1]))
        at--;
    return at;
}

/* How many bytes the quote at `at` takes: also as CSV and JSON in a text have it. */
static size_t quote(const char *text, size_t n, size_t at) {
    if (at + 1 < n && (text[at] == '\\' || text[at] == '"') && text[at + 1] == '"')
        return 2;
    return at < n && text[at] == '"';
}

static size_t skip_white(const char *text, size_t n, size_t at) {
    while (at < n && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
        at++;
    return at;
}

/* The value of "NAME": "VALUE" behind the colon. Returns false if there is no text. */
static bool json_value(const char *text, size_t n, size_t colon, size_t *from, size_t *to) {
    size_t at = skip_white(text, n, colon + 1), bytes = quote(text, n, at);
    if (bytes == 0)
        return false;
    *from = at += bytes;
    for (; at < n; at++) {
        if (bytes == 1 && text[at] == '\\')
            at++;
        else if (quote(text, n, at) >= bytes)
            break;
    }
    *to = at < n ? at : n;
    return true;
}

/* The name in quotes in front of a colon: where it begins, or the colon. */
static size_t json_name(const char *text, size_t colon, size_t *end) {
    size_t at = colon;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    if (at == 0 || text[at - 1] != '"')
        return colon;
    at--;
    at -= at > 0 && (text[at - 1] == '"' || text[at - 1] == '\\');
    *end = at;
    size_t from = name_before(text, at);
    return from > 0 && from < at && text[from - 1] == '"' ? from : colon;
}

/* The content of the part whose header has name="NAME", which ends at `at`. */
static bool part_value(const char *text, size_t n, size_t at, size_t *from, size_t *to) {
    size_t most = n - at < PART_HEAD_MAX ? n - at : PART_HEAD_MAX;
    const char *blank = memmem(text + at, most, "\r\n\r\n", 4);
    if (blank == NULL)
        return false;
    *from = (size_t)(blank - text) + 4;
    const char *end = memmem(text + *from, n - *from, "\r\n--", 4);
    *to = end == NULL ? n : (size_t)(end - text);
    return true;
}

/* The value behind the "=" at `at`, of a form, of a query, or of a part's header. Its name is from
 * `name` to `*name_end`. */
static bool pair_value(const char *text, size_t n, size_t at, size_t *name, size_t *name_end,
                       size_t *from, size_t *to) {
    if (at - *name == 4 && memcmp(text + *name, "name", 4) == 0 && quote(text, n, at + 1) == 1) {
        *name = at + 2;
        for (*name_end = *name; *name_end < n && is_name(text[*name_end]); ++*name_end)
            ;
        return *name_end > *name && quote(text, n, *name_end) > 0 &&
               part_value(text, n, *name_end, from, to);
    }
    if (*name > 0 && strchr("&?;\r\n\" ", text[*name - 1]) == NULL)
        return false;
    *from = at + 1;
    for (*to = *from;
         *to < n && (unsigned char)text[*to] > ' ' && strchr("&;\"'<>", text[*to]) == NULL; ++*to)
        ;
    return true;
}

/* Values whose name says that they are secret. */
static void erase_named(struct eraser *e) {
    const char *text = e->f->bytes;
    size_t n = e->f->n, from = 0, to = 0;
    for (size_t i = 0; i < n; i++) {
        size_t name = i, end = i;
        bool found = false;
        if (text[i] == '=') {
            name = name_before(text, i);
            found = name < i && pair_value(text, n, i, &name, &end, &from, &to);
        } else if (text[i] == ':') {
            name = json_name(text, i, &end);
            found = name < end && name < i && json_value(text, n, i, &from, &to);
        }
        if (!found || to <= from || !draft_is_secret(text + name, end - name, to - from))
            continue;
        erase(e, from, to, text + name, end - name);
        i = to - 1;
    }
}

/* Values that are secret elsewhere in the source. */
static void erase_known(struct eraser *e) {
    const char *text = e->f->bytes;
    for (size_t i = 0; i < e->f->n; i++) {
        const char *env = NULL;
        size_t bytes = redact_secret_at(e->d, text, e->f->n, i, &env);
        if (bytes == 0)
            continue;
        erase(e, i, i + bytes, env, strlen(env));
        i += bytes - 1;
    }
}

void redact_files(struct draft *d) {
    for (struct draft_file *f = d->files; f != NULL; f = f->next) {
        struct eraser e = {.d = d, .f = f};
        erase_named(&e);
        erase_known(&e);
    }
}
