/*
 * loader: state that the parts of the loader share while a scenario is read.
 *
 * Every failure goes through loader_fail(), which adds file, line and column and masks values from
 * the environment. A function that gets v NULL (the result of json_get() for an absent key) leaves
 * its target unchanged.
 *
 * Internal to scenario/. Ownership: a reader borrows everything it points to; the texts it returns
 * are malloc'ed. Thread: one.
 */
#ifndef SCENARIO_LOADER_H
#define SCENARIO_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/keys.h"
#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

#define LOADER_TEXT_MAX ((size_t)1 << 20) /* names, paths, header values */
#define LOADER_BODY_MAX ((size_t)1 << 30)

struct scope;
struct template_holes;

struct loader {
    const struct json_doc *doc;
    const char *folder;
    scenario_env_fn *env;
    void *env_context;
    struct scenario *s;
    struct err *e;
    /* Both NULL: texts may only contain ${env.NAME}. Otherwise, the names that ${...} may use,
     * and the list of holes, which are filled later (template.h). */
    const struct scope *scope;
    struct template_holes *holes;
    const struct json *headers, *auth; /* of the scenario: apply to every request */
};

/* Where a text is used, which determines the escaping of literal text and of variables. */
enum text_place {
    PLACE_PLAIN, /* not escaped */
    PLACE_PATH,  /* literal text is a URL already; variables are escaped fully */
    PLACE_QUERY, /* %XX */
    PLACE_FORM,
    PLACE_JSON,   /* inside the quotes of a string */
    PLACE_VALUE,  /* replaces a string and its quotes: one JSON value */
    PLACE_HEADER, /* not escaped; control characters in a value are rejected */
    PLACE_QUOTED, /* a name inside the quotes of a multipart header */
    PLACE_FILE,   /* part of a file name */
    /* Parts of a path. Only template uses these; it finds them in PLACE_PATH: */
    PLACE_WHOLE, /* the start: a path or URL as a user writes it */
    /* Everything after its first "/". Not escaped if the value starts with its own "/", else
     * escaped. */
    PLACE_SLASH,
    /* No value: "?" or "&", depending on whether a "?" comes before it. */
    PLACE_JOIN
};

int loader_fail(struct loader *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int loader_memory(struct loader *r);

/* How messages name a value: `"weight"` for a member, "this" for an element of an array. */
const char *loader_label(const struct json *v, char out[80]);

/* Fails if v is not of this kind. */
int loader_kind(struct loader *r, const struct json *v, enum json_kind kind);

/* Fails if v is not an object, or has a key that does not belong to the section. */
int loader_section(struct loader *r, const struct json *v, enum scenario_section section);

int loader_bool(struct loader *r, const struct json *v, bool *out);
int loader_duration(struct loader *r, const struct json *v, int64_t *ns);
/* A size in bytes: a number, or "4k", "1MiB". */
int loader_size(struct loader *r, const struct json *v, int64_t *out);
int loader_integer(struct loader *r, const struct json *v, int64_t min, int64_t max, uint32_t *out);

/* A number per second, from `min` (0 or 1) millionths to LOAD_RATE_MAX, rounded to the nearest
 * millionth. */
int loader_rate(struct loader *r, const struct json *v, int64_t min, int64_t *micro_rate);

/* A string as a C string. "${...}" is rejected, because the value is stored in the run file. */
int loader_name(struct loader *r, const struct json *v, char **out);

/* A string as a C string, with ${...} expanded. */
int loader_text(struct loader *r, const struct json *v, enum text_place place, char **out,
                bool *used_env);

/* The path of a file that the scenario names, relative to the scenario's folder. */
int loader_path(struct loader *r, const struct json *v, char **out);

/* Appends the contents of the file that v names. */
int loader_file(struct loader *r, const struct json *v, struct buf *out);

/* Notes the hash of a file that the run uses. Takes the path over, also if it fails. */
int loader_remember(struct loader *r, char *path, const char sha256[SHA256_HEX_BYTES]);

/* Fails if the buffer could not take all: WHAT is longer than its limit, or memory ran out. */
int loader_fits(struct loader *r, size_t at, const struct buf *b, const char *what);

/* Moves the contents of a buffer to *out and leaves the buffer empty. Fails at `at` if the
 * buffer exceeded its limit. */
int loader_take(struct loader *r, size_t at, struct buf *b, char **out);

/* Returns the position of the first control character (C0 or DEL), which headers and URLs must
 * not contain, or -1. */
long loader_control(const char *text, size_t n);

#endif
