/*
 * readers: coldswarm's readers of foreign text, for differ.py to compare with others.
 *
 * readers http1|csv|json. On stdin it gets cases, each as a length in 4 bytes (of the machine's
 * order) and so many bytes; each gives a line of words on stdout, with texts in hexadecimal.
 *
 *   http1  an answer, after which the connection ends in order: "complete|failed|more STATUS
 *          BYTES-TAKEN BODY NAME=VALUE..."
 *   csv    a file with commas: "bad", or a row of columns and rows of fields, separated by ";"
 *   json   a JSON Pointer or a JSONPath, a zero byte and a JSON text: "refused", "broken", "missing",
 *          or "found VALUE"
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenario/feeder.h"
#include "scenario/jsonpath.h"
#include "transport/http1.h"

static void put_hex(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        printf("%02x", (unsigned)(unsigned char)bytes[i]);
}

/* ---- http1 ---- */

struct seen {
    struct buf body, fields;
};

static void hex_to(struct buf *out, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%02x", (unsigned)(unsigned char)bytes[i]);
}

static void take_field(void *context, struct bytes name, struct bytes value) {
    struct seen *s = context;
    buf_char(&s->fields, ' ');
    hex_to(&s->fields, name.data, name.len);
    buf_char(&s->fields, '=');
    hex_to(&s->fields, value.data, value.len);
}

static int take_body(void *context, const char *bytes, size_t n) {
    struct seen *s = context;
    hex_to(&s->body, bytes, n);
    return 0;
}

static void read_http1(const char *bytes, size_t n) {
    static const struct http1_sink sink = {.field = take_field, .body = take_body};
    struct http1 h;
    struct seen s;
    buf_init(&s.body, (size_t)64 << 20);
    buf_init(&s.fields, (size_t)64 << 20);
    http1_init(&h, &sink, &s);
    http1_begin(&h, false, false);
    size_t taken = http1_feed(&h, bytes, n);
    bool complete = h.state == HTTP1_COMPLETE || (h.state != HTTP1_FAILED && http1_end(&h, true));
    printf("%s %d %zu [%s]%s\n",
           complete                  ? "complete"
           : h.state == HTTP1_FAILED ? "failed"
                                     : "more",
           h.status, taken, buf_text(&s.body), buf_text(&s.fields));
    http1_done(&h);
    buf_done(&s.body);
    buf_done(&s.fields);
}

/* ---- csv ---- */

static void put_rows(struct feeder *f) {
    struct feeder_row row = {0};
    struct err e;
    for (size_t k = 0; k < feeder_columns(f); k++) {
        printf("%s=", k == 0 ? "" : " ");
        put_hex(feeder_column(f, k), strlen(feeder_column(f, k)));
    }
    for (uint64_t i = 0; i < feeder_rows(f); i++) {
        if (feeder_draw(f, &(struct feeder_turn){0}, &row, &e) != FEEDER_DRAWN)
            break;
        for (size_t k = 0; k < feeder_columns(f); k++) {
            printf("%s=", k == 0 ? ";" : " ");
            put_hex(row.fields[k].data, row.fields[k].len);
        }
    }
    putchar('\n');
    feeder_row_done(&row);
}

static void read_csv(const char *bytes, size_t n) {
    struct feeder *f = NULL;
    struct err e;
    char path[64];
    int fd = memfd_create("csv", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        exit(2);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct feeder_source source = {
        .kind = FEEDER_CSV, .path = path, .mode = FEEDER_SEQUENTIAL, .delimiter = ','};
    if (feeder_open("f", &source, &f, &e) != 0)
        puts("bad");
    else
        put_rows(f);
    feeder_free(f);
    close(fd);
}

/* ---- json ---- */

static void read_json(const char *bytes, size_t n) {
    struct jsonpath *path = NULL;
    struct bytes value;
    struct err e;
    size_t len = strnlen(bytes, n);
    struct bytes text = {bytes + len + 1, n - len - 1};
    if (len == n)
        exit(2);
    if ((bytes[0] == '$' ? jsonpath_path : jsonpath_pointer)(bytes, len, &path, &e) != 0) {
        puts("refused");
        return;
    }
    switch (jsonpath_find(path, text, &value, &e)) {
    case JSONPATH_FOUND:
        fputs("found ", stdout);
        put_hex(value.data, value.len);
        putchar('\n');
        break;
    case JSONPATH_MISSING:
        puts("missing");
        break;
    case JSONPATH_BROKEN:
        puts("broken");
        break;
    }
    jsonpath_free(path);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*read)(const char *bytes, size_t n);
    } kinds[] = {{"http1", read_http1}, {"csv", read_csv}, {"json", read_json}};
    uint32_t n;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (argc != 2 || strcmp(argv[1], kinds[i].name) != 0)
            continue;
        while (fread(&n, sizeof n, 1, stdin) == 1) {
            char *bytes = malloc((size_t)n + 1);
            if (bytes == NULL || fread(bytes, 1, n, stdin) != n)
                return 2;
            kinds[i].read(bytes, n);
            fflush(stdout);
            free(bytes);
        }
        return 0;
    }
    fputs("usage: readers http1|csv|json <CASES\n", stderr);
    return 2;
}
