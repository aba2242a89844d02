/*
 * heads: the rows of docs/internals/response-heads.md, for the tests that hold the code to that
 * page.
 *
 * Header-only: each test program has its own copy. Ends the program where a row cannot be read.
 * Ownership: heads_free(). Thread: main.
 */
#ifndef TESTS_TRANSPORT_HEADS_H
#define TESTS_TRANSPORT_HEADS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADS_FILE "docs/internals/response-heads.md"
#define HEADS_MAX 400
#define HEADS_COLUMNS 7
#define HEADS_NEWER_MAX 20
#define HEADS_LINE_BYTES 4096

struct head_row {
    char line[HEADS_LINE_BYTES]; /* what the columns point into */
    const char *name, *request;
    char *answer;
    size_t answer_bytes;
    bool closes;
    const char *direct, *curl, *why;
};

struct heads {
    struct head_row *rows;
    size_t count;
};

static inline void heads_add(struct head_row *r, const char *bytes, size_t n, size_t times) {
    r->answer = realloc(r->answer, r->answer_bytes + n * times + 1);
    for (size_t i = 0; i < times && r->answer != NULL; i++) {
        memcpy(r->answer + r->answer_bytes, bytes, n);
        r->answer_bytes += n;
    }
}

/* What the escapes of the page mean. */
static inline void heads_unescape(struct head_row *r, const char *text, const char *end) {
    heads_add(r, "", 0, 0);
    while (text < end) {
        char c = *text++;
        size_t times = 1;
        if (c == '{') {
            char *behind;
            c = *text;
            times = strtoul(text + 2, &behind, 10);
            text = behind + 1;
        } else if (c == '\\') {
            c = *text++;
            if (c == 'x') {
                char digits[3] = {text[0], text[1], '\0'};
                c = (char)strtoul(digits, NULL, 16);
                text += 2;
            } else
                c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : '\0';
        }
        heads_add(r, &c, 1, times);
    }
}

static inline bool heads_read_row(struct head_row *r) {
    char *columns[HEADS_COLUMNS], *at = r->line;
    if (strncmp(at, "| ", 2) != 0 || strncmp(at, "| case ", 7) == 0)
        return false;
    for (size_t i = 0; i < HEADS_COLUMNS; i++) {
        char *end = strchr(at + 1, '|');
        if (end == NULL) {
            fprintf(stderr, HEADS_FILE ": a row without its columns: %s\n", r->line);
            exit(1);
        }
        columns[i] = at + 2;
        *(end - 1 > at + 1 ? end - 1 : end) = '\0';
        at = end;
    }
    r->name = columns[0];
    r->request = columns[1];
    char *begin = columns[2], *end = begin + strlen(begin);
    bool twice = strncmp(begin, "`` ", 3) == 0;
    if (end > begin)
        heads_unescape(r, begin + (twice ? 3 : 1), end - (twice ? 3 : 1));
    else
        heads_unescape(r, begin, begin);
    r->closes = strcmp(columns[3], "closes") == 0;
    r->direct = columns[4];
    r->curl = strcmp(columns[5], "same") == 0 ? columns[4] : columns[5];
    r->why = columns[6];
    return true;
}

static inline struct heads heads_load(void) {
    struct heads h = {calloc(HEADS_MAX, sizeof *h.rows), 0};
    FILE *f = fopen(HEADS_FILE, "r");
    while (f != NULL && h.rows != NULL && h.count < HEADS_MAX &&
           fgets(h.rows[h.count].line, HEADS_LINE_BYTES, f) != NULL)
        h.count += heads_read_row(&h.rows[h.count]);
    if (f == NULL || h.rows == NULL || h.count < 100 || h.count == HEADS_MAX) {
        fprintf(stderr, HEADS_FILE ": %zu rows\n", h.count);
        exit(1);
    }
    fclose(f);
    return h;
}

/* Rows that a newer libcurl changes: "* From libcurl 8.14 on, NAME: RESULT" of the page is the column
 * `curl` if this one (CURLVERSION_NOW's version_num) is as new. Returns how many. */
static inline size_t heads_apply(struct heads *h, unsigned libcurl) {
    static char lines[HEADS_NEWER_MAX][HEADS_LINE_BYTES];
    size_t changed = 0;
    unsigned major, minor;
    int at = 0;
    FILE *f = fopen(HEADS_FILE, "r");
    while (f != NULL && changed < HEADS_NEWER_MAX &&
           fgets(lines[changed], HEADS_LINE_BYTES, f) != NULL) {
        char *line = lines[changed];
        if (sscanf(line, "* From libcurl %u.%u on, %n", &major, &minor, &at) != 2 ||
            libcurl < (major << 16 | minor << 8))
            continue;
        char *name = line + at, *result = strstr(name, ": ");
        size_t row = 0;
        line[strcspn(line, "\n")] = '\0';
        if (result != NULL)
            *result = '\0';
        while (row < h->count && strcmp(h->rows[row].name, name) != 0)
            row++;
        if (result == NULL || row == h->count) {
            fprintf(stderr, HEADS_FILE ": of a newer libcurl, there is no row \"%s\"\n", name);
            exit(1);
        }
        h->rows[row].curl = result + 2;
        changed++;
    }
    if (f != NULL)
        fclose(f);
    return changed;
}

static inline void heads_free(struct heads *h) {
    for (size_t i = 0; i < h->count; i++)
        free(h->rows[i].answer);
    free(h->rows);
}

#endif
