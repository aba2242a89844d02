#include "cli/groups.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "report/emit.h"
#include "report/outfile.h"
#include "util/fits.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 30)

static const struct groups_format formats[] = {
    {"table", "group.txt", emit_table},
    {"markdown", "group.md", emit_markdown},
    {"csv", "group.csv", emit_csv},
    {"json", "group.json", emit_json},
};
#define FORMATS (sizeof formats / sizeof *formats)

const struct groups_format *groups_format(const char *word) {
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].word, word) == 0)
            return &formats[i];
    return NULL;
}

static int write_one(FILE *to, const struct groups_format *f, const struct document *d,
                     struct err *e) {
    struct buf b;
    buf_init(&b, DOCUMENT_MAX_BYTES);
    f->emit(&b, d);
    int result = buf_fits(&b, e, "report fewer runs at once", "the text of the tables");
    if (result == 0)
        fwrite(buf_text(&b), 1, b.len, to);
    buf_done(&b);
    return result;
}

static int write_folder(const char *folder, const struct document *d, struct err *e) {
    if (outfile_directory(folder, e) != 0)
        return -1;
    for (size_t i = 0; i < FORMATS; i++) {
        struct outfile f;
        if (outfile_open(&f, folder, formats[i].file, e) != 0)
            return -1;
        if (outfile_finish(&f, write_one(f.stream, &formats[i], d, e), e) != 0)
            return -1;
    }
    return 0;
}

int groups_show(const char *const *paths, size_t n, const struct groups_options *o) {
    struct group *g = NULL;
    struct document d = {.of = NULL};
    struct err e = {""};
    int code = EXIT_OK;
    if (group_new(paths, n, &o->group, &g, &e) != 0 || group_document(&d, g, &e) != 0 ||
        write_one(stdout, o->format, &d, &e) != 0 ||
        (o->folder != NULL && write_folder(o->folder, &d, &e) != 0))
        code = command_error(EXIT_RUNTIME, e.text);
    document_done(&d);
    group_free(g);
    return code;
}
