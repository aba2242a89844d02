#include "emulator/head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void head_init(struct head *h) {
    *h = (struct head){0};
    buf_init(&h->text, HEAD_BYTES_MAX);
}

void head_done(struct head *h) {
    buf_done(&h->text);
    free(h->fields);
    h->fields = NULL;
}

void head_reset(struct head *h) {
    buf_clear(&h->text);
    h->target_len = h->count = 0;
    h->in_value = h->too_large = false;
}

static void add(struct head *h, const char *piece, size_t n) {
    buf_add(&h->text, piece, n);
    if (!buf_ok(&h->text))
        h->too_large = true;
}

void head_add_target(struct head *h, const char *piece, size_t n) {
    add(h, piece, n);
    h->target_len = h->text.len;
}

void head_add_name(struct head *h, const char *piece, size_t n) {
    if (h->fields == NULL)
        h->fields = calloc(HEAD_FIELDS_MAX, sizeof *h->fields);
    if (h->fields == NULL)
        h->too_large = true;
    if (h->too_large)
        return;
    if (h->in_value || h->count == 0) {
        if (h->count == HEAD_FIELDS_MAX) {
            h->too_large = true;
            return;
        }
        h->fields[h->count++] = (struct head_field){.name = (uint32_t)h->text.len};
        h->in_value = false;
    }
    add(h, piece, n);
    if (!h->too_large) {
        struct head_field *f = &h->fields[h->count - 1];
        f->name_len += (uint32_t)n;
        f->value = (uint32_t)h->text.len;
    }
}

void head_add_value(struct head *h, const char *piece, size_t n) {
    if (h->too_large || h->count == 0)
        return;
    h->in_value = true;
    add(h, piece, n);
    if (!h->too_large)
        h->fields[h->count - 1].value_len += (uint32_t)n;
}

struct view head_target(const struct head *h) {
    return (struct view){buf_text(&h->text), h->target_len};
}

struct view head_name(const struct head *h, size_t i) {
    return (struct view){buf_text(&h->text) + h->fields[i].name, h->fields[i].name_len};
}

static struct view head_value(const struct head *h, size_t i) {
    return (struct view){buf_text(&h->text) + h->fields[i].value, h->fields[i].value_len};
}

bool view_is(struct view v, const char *word) {
    return v.text != NULL && strlen(word) == v.len && strncasecmp(v.text, word, v.len) == 0;
}

struct view head_find(const struct head *h, const char *name) {
    for (size_t i = 0; i < h->count; i++)
        if (view_is(head_name(h, i), name))
            return head_value(h, i);
    return (struct view){NULL, 0};
}

size_t head_count(const struct head *h, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++)
        n += view_is(head_name(h, i), name);
    return n;
}

static bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool head_is_clean(const struct head *h) {
    for (size_t i = 0; i < h->count; i++) {
        struct view name = head_name(h, i), value = head_value(h, i);
        if (name.len == 0)
            return false;
        for (size_t k = 0; k < name.len; k++)
            if (!is_token_char(name.text[k]))
                return false;
        for (size_t k = 0; k < value.len; k++) {
            unsigned char c = (unsigned char)value.text[k];
            if ((c < 0x20 && c != '\t') || c == 0x7f)
                return false;
        }
    }
    return true;
}

/* Is `word` one of the comma-separated words of a Connection field? */
static bool connection_names(const struct head *h, struct view word) {
    for (size_t i = 0; i < h->count; i++) {
        if (!view_is(head_name(h, i), "connection"))
            continue;
        struct view list = head_value(h, i);
        for (size_t at = 0; at < list.len;) {
            size_t n = 0;
            while (at < list.len && strchr(", \t", list.text[at]) != NULL)
                at++;
            while (at + n < list.len && strchr(", \t", list.text[at + n]) == NULL)
                n++;
            if (n == word.len && strncasecmp(list.text + at, word.text, n) == 0)
                return true;
            at += n;
        }
    }
    return false;
}

/* True for a field that says something to the next hop alone, by its name or because Connection
 * names it. */
static bool head_is_hop(const struct head *h, size_t i) {
    static const char *const names[] = {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    };
    struct view name = head_name(h, i);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (view_is(name, names[k]))
            return true;
    /* Host frames nothing, but no message may ask for it to be lost. */
    return !view_is(name, "host") && connection_names(h, name);
}

void head_copy_fields(const struct head *h, const char *const *but, struct buf *out) {
    for (size_t i = 0; i < h->count; i++) {
        struct view name = head_name(h, i), value = head_value(h, i);
        bool left_out = head_is_hop(h, i);
        for (size_t k = 0; !left_out && but[k] != NULL; k++)
            left_out = view_is(name, but[k]);
        if (left_out)
            continue;
        buf_add(out, name.text, name.len);
        buf_add(out, ": ", 2);
        buf_add(out, value.text, value.len);
        buf_add(out, "\r\n", 2);
    }
}
