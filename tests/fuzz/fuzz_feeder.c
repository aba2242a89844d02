/* A letter for the kind and a file: it is refused with a text, or each of its rows can be drawn and
 * has all columns; and rows of a CSV file, written as CSV anew, are the same rows. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/check.h"
#include "scenario/feeder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct feeder *open_bytes(enum feeder_kind kind, const void *bytes, size_t n) {
    struct feeder *f = NULL;
    struct err e = {""};
    char path[64];
    int fd = memfd_create("feeder", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (feeder_open("f",
                    &(struct feeder_source){.kind = kind, .path = path, .mode = FEEDER_SEQUENTIAL},
                    &f, &e) != 0)
        CHECK(f == NULL && strncmp(e.text, path, strlen(path)) == 0);
    else
        CHECK(feeder_rows(f) > 0 && feeder_columns(f) > 0 && e.text[0] == '\0');
    close(fd);
    return f;
}

static void add_field(struct buf *out, const char *text, size_t n, bool first) {
    buf_str(out, first ? "\"" : ",\"");
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            buf_char(out, '"');
        buf_char(out, text[i]);
    }
    buf_char(out, '"');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct feeder_row row = {0}, again = {0};
    struct err e = {""};
    struct buf copy;
    if (size == 0)
        return 0;
    enum feeder_kind kind = data[0] == 'j' ? FEEDER_JSONL : FEEDER_CSV;
    struct feeder *f = open_bytes(kind, data + 1, size - 1), *g = NULL;
    if (f == NULL)
        return 0;
    buf_init(&copy, 64 << 20);
    for (size_t i = 0; i < feeder_columns(f); i++)
        add_field(&copy, feeder_column(f, i), strlen(feeder_column(f, i)), i == 0);
    buf_char(&copy, '\n');
    for (uint64_t i = 0; i < feeder_rows(f); i++) {
        CHECK(feeder_draw(f, &(struct feeder_turn){0}, &row, &e) == FEEDER_DRAWN &&
              row.number == i);
        for (size_t k = 0; k < feeder_columns(f); k++) {
            CHECK(row.fields[k].data != NULL && row.fields[k].len <= size);
            add_field(&copy, row.fields[k].data, row.fields[k].len, k == 0);
        }
        buf_str(&copy, "\r\n");
    }
    g = open_bytes(FEEDER_CSV, copy.data, copy.len);
    CHECK(g != NULL && feeder_rows(g) == feeder_rows(f) && feeder_columns(g) == feeder_columns(f));
    for (uint64_t i = 0; i < feeder_rows(f); i++) {
        CHECK(feeder_draw(f, &(struct feeder_turn){0}, &row, &e) == FEEDER_DRAWN);
        CHECK(feeder_draw(g, &(struct feeder_turn){0}, &again, &e) == FEEDER_DRAWN);
        for (size_t k = 0; k < feeder_columns(f); k++)
            CHECK(row.fields[k].len == again.fields[k].len &&
                  memcmp(row.fields[k].data, again.fields[k].data, row.fields[k].len) == 0);
    }
    feeder_row_done(&row);
    feeder_row_done(&again);
    feeder_free(f);
    feeder_free(g);
    buf_done(&copy);
    return 0;
}
