/*
 * convert: makes a scenario from other formats.
 *
 * HAR files, curl and grpcurl command lines, OpenAPI documents, Postman collections, .proto files,
 * locustfiles, access logs and lists of URLs become the text of a scenario, with a comment for
 * every assumption and omission. Secrets become ${env.NAME}. It runs nothing from the source and
 * sends nothing. It reads files only through `read`, except those near a locustfile (source_folder)
 * and a .proto file, which protoc reads by its name. It does not check the resulting scenario:
 * scenario/ does.
 *
 * Ownership: convert_done() frees a result. Thread: any.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define CONVERT_BYTES_MAX ((size_t)512 << 20) /* size limit of a source */

enum convert_from {
    CONVERT_AUTO,
    CONVERT_HAR,
    CONVERT_CURL,
    CONVERT_OPENAPI,
    CONVERT_POSTMAN,
    CONVERT_LOCUST,
    CONVERT_URLS,
    CONVERT_ACCESS_LOG,
    CONVERT_GRPCURL,
    CONVERT_PROTO
};

struct convert_options {
    enum convert_from from;
    /* HAR: the host to keep; NULL: that of the first page. Logs and lists of URLs: the host to
     * keep, or, if the source names none, the target. */
    const char *host;
    bool assets; /* HAR: keep images, scripts, styles, fonts */
    bool think;  /* HAR: keep every recorded pause, not only long ones */
    bool times;  /* access logs: send at the times of the log */
    /* Prefix of the names of files next to the scenario; NULL: such files cannot be written. */
    const char *file_stem;
    /* Prefix for relative file names ("/a/b/"); NULL: they need none. */
    const char *files_folder;
    /* Folder of the source. The modules of a locustfile and their data are read there and above,
     * up to the root of its repository. NULL: the source is all that is read. */
    const char *source_folder;
    /* Appends the bytes of a file that the source names; returns false if it cannot. NULL: files
     * are only named in the scenario. */
    bool (*read)(void *context, const char *path, struct buf *out);
    void *read_context;
    /* Access logs and lists of URLs may be larger than memory: writes the next bytes that follow
     * the text, at most n, and returns how many; 0 at the end, -1 with an error. NULL: the text is
     * all. */
    ptrdiff_t (*more)(void *context, char *to, size_t n, struct err *e);
    void *more_context;
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
    size_t bytes;
    uint64_t requests; /* of the source, that the scenario has */
    /* Requests of the source that are not in the scenario, other things that are left out, and
     * assumptions. The scenario has a comment for each. */
    size_t lost, details, assumed;
    bool asks_target; /* it gets types from its target, without which it cannot be checked */
    struct convert_file *files;
    size_t file_count;
};

/* Returns "har", "curl", ...: the words of --from. */
const char *convert_word(enum convert_from from);

/* Converts the bytes of a source, which are followed by a NUL. `name` is its name in messages and
 * in the scenario. */
int convert_text(const struct convert_options *o, const char *name, const char *text, size_t bytes,
                 struct convert_result *out, struct err *e);
/* True if the text is taken as curl commands: relative file names in it start where they would be
 * run. */
bool convert_is_shell(const char *name, const char *text, size_t bytes);

/* True if the text, of this format, is read line by line: o->more may give what follows it. */
bool convert_is_lines(enum convert_from from, const char *name, const char *text, size_t bytes);

void convert_done(struct convert_result *r);

#endif
