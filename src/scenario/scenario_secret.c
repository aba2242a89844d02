#include "scenario/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/encode.h"
#include "util/json.h"

#define SHORT_BYTES 4
#define LONG_BYTES 16 /* what is so long is in no other word by chance */
#define FORM_BYTES_MAX ((size_t)64 << 20)

/* Takes ownership of `text` (which may be NULL: out of memory); texts that are in the list already
 * are dropped. */
static int add(char ***list, size_t *count, char *text) {
    if (text == NULL)
        return -1;
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i], text) == 0) {
            free(text);
            return 0;
        }
    }
    char **grown = realloc(*list, (*count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(text);
        return -1;
    }
    *list = grown;
    grown[(*count)++] = text;
    return 0;
}

int secret_name_add(struct scenario *s, const char *name, size_t n) {
    return add(&s->env_names, &s->env_count, strndup(name, n));
}

static void plain(struct buf *out, const char *text, size_t n) {
    buf_add(out, text, n);
}

static void percent_lower(struct buf *out, const char *text, size_t n) {
    size_t from = out->len;
    encode_percent(out, text, n);
    for (size_t i = from; i + 2 < out->len; i++) {
        if (out->data[i] != '%')
            continue;
        for (size_t k = i + 1; k <= i + 2; k++)
            if (out->data[k] >= 'A')
                out->data[k] = (char)(out->data[k] | 0x20);
    }
}

static void base64_bare(struct buf *out, const char *text, size_t n) {
    encode_base64(out, text, n);
    while (out->len > 0 && out->data[out->len - 1] == '=')
        out->data[--out->len] = '\0';
}

int secret_add(struct scenario *s, const char *value) {
    /* The padding of base64 and the case of %XX differ between writers: a server may send either
     * back. */
    static void (*const forms[])(struct buf * out, const char *text, size_t n) = {
        plain, encode_percent, percent_lower, encode_form, json_escape, encode_base64, base64_bare};
    size_t n = strlen(value);
    for (size_t i = 0; n > 0 && i < sizeof forms / sizeof *forms; i++) {
        struct buf form;
        buf_init(&form, FORM_BYTES_MAX);
        forms[i](&form, value, n);
        if (add(&s->secrets, &s->secret_count, buf_take(&form)) != 0)
            return -1;
    }
    return 0;
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the longest secret that is at text[at], or 0. `words`: only of SHORT_BYTES or more;
 * those of up to LONG_BYTES only as words of their own. */
static size_t secret_at(const struct scenario *s, const char *text, size_t at, size_t bytes,
                        bool words) {
    size_t longest = 0;
    for (size_t i = 0; i < s->secret_count; i++) {
        size_t n = strlen(s->secrets[i]);
        if (n <= longest || n > bytes - at || memcmp(s->secrets[i], text + at, n) != 0)
            continue;
        if (words && n < SHORT_BYTES)
            continue;
        if (n < (words ? LONG_BYTES : SHORT_BYTES) &&
            ((at > 0 && is_word(text[at - 1])) || is_word(text[at + n])))
            continue;
        longest = n;
    }
    return longest;
}

static void mask(const struct scenario *s, const char *text, bool words, struct buf *out) {
    size_t bytes = strlen(text);
    for (size_t i = 0; i < bytes;) {
        size_t n = secret_at(s, text, i, bytes, words);
        if (n > 0)
            buf_str(out, "***");
        else
            buf_char(out, text[i]);
        i += n > 0 ? n : 1;
    }
}

void scenario_mask(const struct scenario *s, const char *text, struct buf *out) {
    mask(s, text, false, out);
}

void scenario_mask_words(const struct scenario *s, const char *text, struct buf *out) {
    mask(s, text, true, out);
}
