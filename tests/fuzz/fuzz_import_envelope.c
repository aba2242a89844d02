/* Any JSON as what other programs put around entries: each inner entry is text that ends with a NUL
 * or has a reason, the reader of entries takes it, and what an object is can be shown to a user. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "import/import_envelope.h"
#include "import/import_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t count, stop_at;
};

static int take(void *context, const char *json, size_t n, const char *wrong) {
    struct seen *s = context;
    struct json_doc *doc = NULL;
    struct import_log log;
    struct err e = {""};
    s->count++;
    if (wrong != NULL) {
        CHECK(wrong[0] != '\0');
    } else if (json_parse("inner", json, n, &doc, &e) == 0) {
        if (import_log_read(json_root(doc), &log, &e) != 0)
            CHECK(e.text[0] != '\0');
        json_free(doc);
    } else {
        CHECK(e.text[0] != '\0');
    }
    return s->count == s->stop_at ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_doc *doc = NULL;
    struct seen all = {0}, some = {.stop_at = 1};
    struct err e = {""};
    struct buf b;
    bool is_envelope = true, again = true;
    if (size > 65536 || json_parse("input", (const char *)data, size, &doc, &e) != 0)
        return 0;
    CHECK(import_unwrap(json_root(doc), take, &all, &is_envelope) == 0);
    CHECK(is_envelope || all.count == 0);
    int stopped = import_unwrap(json_root(doc), take, &some, &again);
    CHECK((stopped != 0) == (all.count > 0) && some.count <= 1);
    buf_init(&b, 1 << 16);
    if (json_root(doc)->kind == JSON_OBJECT)
        import_describe(json_root(doc), &b);
    CHECK(buf_ok(&b));
    buf_done(&b);
    json_free(doc);
    return 0;
}
