/*
 * convert: makes a scenario from other formats.
 *
 * HAR files, curl command lines, OpenAPI 3 documents, Postman collections and locustfiles
 * become the text of a scenario, with a comment for every assumption and omission. Secrets become
 * ${env.NAME}. It runs nothing from the source and sends nothing. It reads files only through
 * `read`. It does not check the resulting scenario: scenario/ does.
 *
 * Ownership: convert_done() frees a result. Thread: any.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

#define CONVERT_BYTES_MAX ((size_t)512 << 20) /* size limit of a source */

enum convert_from {
    CONVERT_AUTO,
    CONVERT_HAR,
    CONVERT_CURL,
    CONVERT_OPENAPI,
    CONVERT_POSTMAN,
    CONVERT_LOCUST
};

struct convert_options {
    enum convert_from from;
    /* HAR: the host to keep; NULL: that of the first page. */
    const char *host;
    bool assets; /* HAR: keep images, scripts, styles, fonts */
    bool think;  /* HAR: keep every recorded pause, not only long ones */
    /* Prefix of the names of files next to the scenario; NULL: such files cannot be written. */
    const char *file_stem;
    /* Prefix for relative file names ("/a/b/"); NULL: they need none. */
    const char *files_folder;
    /* Appends the bytes of a file that the source names; returns false if it cannot. NULL: files
     * are only named in the scenario. */
    bool (*read)(void *context, const char *path, struct buf *out);
    void *read_context;
};

/* Bytes that JSON cannot represent, to be written next to the scenario. */
struct convert_file {
    char *name;
    char *bytes;
    size_t n;
};

struct convert_result {
    enum convert_from from; /* as recognised */
    char *scenario;         /* NUL-terminated */
    char *said;             /* lines to show to the user; "" if none */
    size_t bytes, requests;
    /* Requests of the source that are not in the scenario, other things that are left out, and
     * assumptions. The scenario has a comment for each. */
    size_t lost, details, assumed;
    struct convert_file *files;
    size_t file_count;
};

/* Returns "har", "curl", ...: the words of --from. */
const char *convert_word(enum convert_from from);

/* Converts the bytes of a source. `name` is its name in messages and in the scenario. */
int convert_text(const struct convert_options *o, const char *name, const char *text, size_t bytes,
                 struct convert_result *out, struct err *e);
/* True if the text is taken as curl commands: relative file names in it start where they would be
 * run. */
bool convert_is_shell(const char *name, const char *text, size_t bytes);

void convert_done(struct convert_result *r);

#endif
