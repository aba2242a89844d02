#include "cli/shown.h"

#include "util/text.h"

#define TEXT_MAX_BYTES ((size_t)64 << 20)

void shown_text(struct buf *out, const struct scenario *s, const char *text) {
    struct buf masked;
    buf_init(&masked, TEXT_MAX_BYTES);
    scenario_mask(s, text, &masked);
    text_printable(out, buf_text(&masked), masked.len);
    out->failed = out->failed || masked.failed;
    buf_done(&masked);
}
