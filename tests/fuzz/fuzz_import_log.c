/* Any bytes as a log: it is cut into entries the same way however it arrives, and the readers of an
 * entry end with facts that make sense or with a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "import/import_log.h"
#include "import/import_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct trail {
    uint64_t hash, pieces;
    bool read;
};

static void read_entry(const char *text, size_t n) {
    struct json_doc *d = NULL;
    struct import_log x;
    struct err e = {""};
    if (json_parse("", text, n, &d, &e) != 0)
        return;
    if (import_log_read(json_root(d), &x, &e) != 0) {
        CHECK(e.text[0] != '\0');
    } else if (x.kind != IMPORT_LOG_OTHER) {
        CHECK(x.at_us >= 0 && x.latency_us >= -1 && x.status >= -1 && x.status != 0);
        CHECK((x.kind == IMPORT_LOG_EVENT) == (x.event != NULL));
        CHECK(x.path == NULL || (x.path_len > 0 && memchr(x.path, '?', x.path_len) == NULL));
    }
    json_free(d);
}

static int take(void *context, enum import_piece piece, const char *text, size_t n, uint64_t line) {
    struct trail *t = context;
    CHECK(text[n] == '\0' && (piece == IMPORT_ENTRY || n == 0));
    t->pieces++;
    t->hash = t->hash * 31 + line * 7 + (uint64_t)piece;
    for (size_t i = 0; i < n; i++)
        t->hash = t->hash * 31 + (unsigned char)text[i];
    if (t->read && piece == IMPORT_ENTRY)
        read_entry(text, n);
    return 0;
}

static bool cut(const uint8_t *data, size_t size, size_t step, struct trail *t) {
    struct import_split s;
    bool cut_short = false;
    import_split_init(&s, 1 << 16, take, t);
    for (size_t i = 0; i < size; i += step)
        CHECK(import_split_feed(&s, (const char *)data + i, size - i < step ? size - i : step) ==
              0);
    CHECK(import_split_end(&s, &cut_short) == 0);
    import_split_done(&s);
    return cut_short;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trail whole = {.read = true}, bytes = {.read = false};
    bool a = cut(data, size, size + 1, &whole), b = cut(data, size, 1, &bytes);
    CHECK(a == b && whole.hash == bytes.hash && whole.pieces == bytes.pieces);
    CHECK(whole.pieces <= size);
    return 0;
}
