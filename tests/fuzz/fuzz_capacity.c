/* Any bytes as a capacity.json: the reader ends and says why it refuses. What it takes can be
 * written, shown and read again. */
#include <stddef.h>
#include <stdint.h>

#include "capacity/capacity_result.h"
#include "fuzz/check.h"
#include "report/capacity_document.h"
#include "report/emit.h"
#include "report/html.h"
#include "report/numbers.h"

#define OUTPUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct capacity_result r = {0}, again = {0};
    struct document d;
    struct buf text;
    struct err e = {""};
    if (capacity_result_parse("fuzz", (const char *)data, size, &r, &e) != 0) {
        CHECK(e.text[0] != '\0');
        return 0;
    }
    CHECK(e.text[0] == '\0' && r.expression_count > 0);
    buf_init(&text, OUTPUT_MAX);
    capacity_result_write(&text, &r);
    if (buf_ok(&text))
        CHECK(capacity_result_parse("again", buf_text(&text), text.len, &again, &e) == 0);
    CHECK(again.step_count == r.step_count && again.load_count == r.load_count);
    buf_clear(&text);
    if (capacity_document(&d, &r, &e) == 0) {
        emit_table(&text, &d);
        emit_markdown(&text, &d);
        emit_csv(&text, &d);
        emit_latex(&text, &d);
        numbers_write(&text, &d);
        CHECK(emit_html(&text, &d, NULL, &e) == 0);
    }
    document_done(&d);
    buf_done(&text);
    capacity_result_done(&again);
    capacity_result_done(&r);
    return 0;
}
