/* Paths of a log as texts that are counted. */
#include <string.h>

#include "convert/from_log.h"
#include "convert/url_pairs.h"
#include "util/encode.h"

static void plain(struct buf *out, const char *text, size_t n) {
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c > ' ' && c < 0x7f && c != '#')
            continue;
        buf_add(out, text + from, i - from);
        buf_printf(out, "%%%02X", (unsigned)c);
        from = i + 1;
    }
    buf_add(out, text + from, n - from);
}

static bool is_secret(const char *name, size_t n, size_t value_bytes) {
    if (memchr(name, '%', n) == NULL)
        return draft_is_secret(name, n, value_bytes);
    struct buf b;
    buf_init(&b, LOG_TARGET_MAX);
    decode_percent(&b, name, n, true);
    bool secret = draft_is_secret(buf_text(&b), b.len, value_bytes);
    buf_done(&b);
    return secret;
}

/* The values of secret parameters are remembered, and do not get into the text. */
static void pairs(struct buf *out, struct log_secrets *secrets, const char *text, size_t n,
                  char separator) {
    struct url_pairs all;
    struct url_pair p;
    url_pairs_begin(&all, text, n, separator);
    while (url_pairs_next(&all, &p)) {
        if (p.value_bytes > 0 && is_secret(p.text, p.name_bytes, p.value_bytes)) {
            log_secret_add(secrets, p.text, p.name_bytes, p.value, p.value_bytes);
            plain(out, p.text, p.name_bytes + 1);
            buf_char(out, LOG_SECRET);
        } else {
            plain(out, p.text, p.bytes);
        }
        if (p.separator != '\0')
            buf_char(out, p.separator);
    }
}

void log_text(struct buf *out, struct log_secrets *secrets, const char *target, size_t n) {
    const char *question = n > 0 ? memchr(target, '?', n) : NULL;
    size_t bare = question == NULL ? n : (size_t)(question - target);
    if (bare == 0)
        buf_char(out, '/');
    pairs(out, secrets, target, bare, '/');
    if (question == NULL)
        return;
    buf_char(out, '?');
    pairs(out, secrets, question + 1, n - bare - 1, '&');
}
