/*
 * convert: makes a scenario of what people already have.
 *
 * HAR files, curl command lines, OpenAPI 3 documents, Postman collections and simple locustfiles
 * become the text of a scenario, with a comment on each thing that had to be assumed or left out.
 * Secrets become ${env.NAME}. Nothing of the source is run, no file is read and nothing is sent;
 * whether the result is a good scenario is scenario/'s to say.
 *
 * Ownership: convert_done() frees a result. Thread: any.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

#define CONVERT_BYTES_MAX ((size_t)512 << 20) /* of a source */

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
    const char *host; /* HAR: the host to keep, or NULL: the one with most requests */
    bool assets;      /* HAR: keep images, scripts, styles, fonts */
    /* What the names of files beside the scenario begin with; NULL: none can be written. */
    const char *file_stem;
    /* Put in front of relative names of files ("/a/b/"); NULL: they are good as they are. */
    const char *files_folder;
};

/* Bytes that no JSON can hold, to be written beside the scenario. */
struct convert_file {
    char *name;
    char *bytes;
    size_t n;
};

struct convert_result {
    enum convert_from from; /* as recognised */
    char *scenario;         /* NUL-terminated */
    char *said;             /* lines for the screen, "" if there are none */
    size_t bytes, requests;
    struct convert_file *files;
    size_t file_count;
};

/* "har", "curl", ...; the words of --from. */
const char *convert_word(enum convert_from from);

/* Converts the bytes of a source; `name` stands for it in messages and in the scenario. */
int convert_text(const struct convert_options *o, const char *name, const char *text, size_t bytes,
                 struct convert_result *out, struct err *e);
void convert_done(struct convert_result *r);

#endif
