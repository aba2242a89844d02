/* Whatever text comes in, what becomes of it on a page is text: no mark of HTML or XML in it but
 * the entities that markup.h writes, no control character, valid UTF-8 and no character that XML
 * refuses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/markup.h"
#include "util/text.h"

static void must(bool ok) {
    if (!ok)
        abort();
}

static void is_plain(const struct buf *b, const char *allowed_controls) {
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const char *p = buf_text(b), *end = p + b->len;
    while (p < end) {
        uint32_t c = 0;
        size_t n = text_point(p, (size_t)(end - p), &c);
        must(n > 0);
        must(c != '<' && c != '>' && c != '"' && c != '\'');
        must(c >= 0x20 ? c != 0x7f && (c < 0x80 || c >= 0xa0) && (c & 0xfffe) != 0xfffe
                       : c != 0 && strchr(allowed_controls, (int)c) != NULL);
        must(c != 0x61c && c != 0x200e && c != 0x200f && !(c >= 0x202a && c <= 0x202e) &&
             !(c >= 0x2066 && c <= 0x2069));
        bool known = c != '&';
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            known = known || strncmp(p, entities[i], strlen(entities[i])) == 0;
        must(known);
        p += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct buf b;
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    buf_init(&b, (size_t)1 << 24);
    markup_text(&b, text);
    is_plain(&b, "");
    buf_clear(&b);
    markup_lines(&b, text, size / 2);
    is_plain(&b, "\n\t");
    buf_clear(&b);
    markup_cut(&b, text, size / 3 + 1);
    is_plain(&b, "");
    buf_clear(&b);
    markup_foreign(&b, text);
    must(buf_ok(&b) &&
         strncmp(buf_text(&b), size == 0 ? "<bdi></bdi>" : "<", size == 0 ? 11 : 1) == 0);
    buf_done(&b);
    free(text);
    return 0;
}
