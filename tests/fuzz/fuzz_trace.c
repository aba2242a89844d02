/* A file of recorded arrivals: it is refused with a text that names it, or its times are in order,
 * each arrival has a row with all columns, lengths are plain digits, and the load that replays it
 * is due when load_trace_due() says. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/check.h"
#include "scenario/arrival_trace.h"
#include "scenario/feeder_internal.h"
#include "schedule/arrivals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_rows(struct feeder *rows) {
    static const enum feeder_role lengths[] = {FEEDER_INPUT_TOKENS, FEEDER_OUTPUT_TOKENS};
    struct feeder_row row = {0};
    struct err e;
    for (uint64_t i = 0; i < feeder_rows(rows); i++) {
        struct feeder_turn turn = {.arrival = i};
        CHECK(feeder_draw(rows, &turn, &row, &e) == FEEDER_DRAWN && row.number == i);
        for (size_t k = 0; k < feeder_columns(rows); k++)
            CHECK(row.fields[k].data != NULL);
        for (size_t k = 0; k < 2; k++) {
            struct bytes n = feeder_field(rows, &row, lengths[k]);
            /* A column of the file's own may have this name. */
            for (size_t c = 0; rows->role[lengths[k]] >= rows->base_count && c < n.len; c++)
                CHECK(n.data[c] >= '0' && n.data[c] <= '9');
        }
    }
    feeder_row_done(&row);
}

static void replay(const struct arrival_trace *t) {
    struct load l = {.kind = LOAD_TRACE, .times = &t->times, .micro_speed = 3 * LOAD_MICRO};
    struct arrivals a;
    struct arrival next;
    uint64_t n = 0;
    int64_t last = 0;
    arrivals_init(&a, &l, 1, 0, 1);
    for (; arrivals_next(&a, &next); n++) {
        CHECK(next.index == n && next.at_ns >= last && next.at_ns < load_duration(&l));
        last = next.at_ns;
    }
    CHECK(n == t->times.count && n == load_trace_count(&l) && load_micro_rate_max(&l) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arrival_trace *t = NULL;
    struct feeder *rows = NULL;
    struct err e = {""};
    char path[64];
    int fd = memfd_create("trace", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int64_t from_ns = size > 0 && data[size - 1] == 'f' ? 1000000 : 0;
    if (arrival_trace_open(path, from_ns, 0, &t, &rows, &e) != 0) {
        CHECK(t == NULL && rows == NULL && strncmp(e.text, path, strlen(path)) == 0);
    } else {
        CHECK(e.text[0] == '\0' && t->times.count == feeder_rows(rows) && t->times.count > 0);
        for (uint64_t i = 0; i < t->times.count; i++)
            CHECK(t->times.at_ns[i] >= (i > 0 ? t->times.at_ns[i - 1] : 0) &&
                  t->times.at_ns[i] < t->times.length_ns);
        look_at_rows(rows);
        replay(t);
    }
    close(fd);
    arrival_trace_free(t);
    feeder_free(rows);
    return 0;
}
