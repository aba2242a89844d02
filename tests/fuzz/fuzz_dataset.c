/* A letter for the kind and a data set of prompts: it is refused with a text that names it, or each
 * row can be drawn, has all columns, `messages` is JSON, `words` a number, and made prompts have as
 * many words. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/check.h"
#include "scenario/feeder_internal.h"
#include "scenario/jsonscan.h"
#include "scenario/trace_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bytes *field(const struct feeder *f, const struct feeder_row *row,
                                 const char *name) {
    uint32_t column;
    return feeder_find_column(f, name, strlen(name), &column) ? &row->fields[column] : NULL;
}

static void look_at(const struct feeder *f, const struct feeder_row *row) {
    const struct bytes *messages = field(f, row, "messages"), *words = field(f, row, "words"),
                       *text = field(f, row, "text");
    for (size_t k = 0; k < feeder_columns(f); k++)
        CHECK(row->fields[k].data != NULL);
    CHECK(field(f, row, "prompt") != NULL && words != NULL);
    bool own = f->role[FEEDER_MESSAGES_LIST] < f->base_count && feeder_kind(f) != FEEDER_MESSAGES;
    if (messages != NULL && feeder_kind(f) != FEEDER_MOONCAKE && !own) {
        struct jsonscan s;
        jsonscan_init(&s, *messages, UINT64_MAX);
        const char *end = jsonscan_skip(&s, messages->data);
        CHECK(end != NULL && jsonscan_space(&s, end) == s.end);
    }
    uint32_t n, spaces = 0;
    /* The file may have columns of these names, with anything in them. */
    if (feeder_kind(f) != FEEDER_MOONCAKE || f->role[FEEDER_TEXT] < f->base_count ||
        f->role[FEEDER_WORDS] < f->base_count)
        return;
    for (size_t i = 0; i < text->len; i++)
        spaces += text->data[i] == ' ';
    CHECK(trace_count(*words, &n) == NULL && n == spaces + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct feeder *f = NULL;
    struct feeder_row row = {0};
    struct err e = {""};
    char path[64];
    if (size == 0)
        return 0;
    enum feeder_kind kind = data[0] == 'm'   ? FEEDER_MESSAGES
                            : data[0] == 'c' ? FEEDER_CUSTOM
                            : data[0] == 'k' ? FEEDER_MOONCAKE
                                             : FEEDER_SHAREGPT;
    int fd = memfd_create("dataset", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct feeder_source from = {.kind = kind, .path = path, .mode = FEEDER_SEQUENTIAL};
    if (feeder_open("d", &from, &f, &e) != 0) {
        CHECK(f == NULL && strncmp(e.text, path, strlen(path)) == 0);
    } else {
        CHECK(e.text[0] == '\0' && feeder_rows(f) > 0);
        for (uint64_t i = 0; i < feeder_rows(f) && i < 20; i++) {
            struct feeder_turn turn = {.turn = i};
            CHECK(feeder_draw(f, &turn, &row, &e) == FEEDER_DRAWN && row.number == i);
            look_at(f, &row);
        }
    }
    close(fd);
    feeder_row_done(&row);
    feeder_free(f);
    return 0;
}
