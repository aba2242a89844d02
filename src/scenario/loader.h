/*
 * loader: what the parts of the loader share while one scenario is read.
 *
 * Every failure goes through loader_fail(), which puts file, line and column in front and masks
 * what came from the environment. Optional values are passed as the NULL that json_get() gives and
 * leave their target as it was.
 *
 * Internal to scenario/. Ownership: a reader borrows all it points to; texts handed out are
 * malloc'ed. Thread: one.
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
    /* Both NULL: texts may hold ${env.NAME} only. Else the names that ${...} may use, and where
     * what is put in later is noted (template.h). */
    const struct scope *scope;
    struct template_holes *holes;
    const struct json *headers, *auth; /* of the scenario: every request has them */
};

/* Where a text is put, and so how it is escaped: what the file says and what a variable says. */
enum text_place {
    PLACE_PLAIN, /* as it is */
    PLACE_PATH,  /* what the file says is a URL already; variables are escaped entirely */
    PLACE_QUERY, /* %XX */
    PLACE_FORM,
    PLACE_JSON,   /* inside the quotes */
    PLACE_VALUE,  /* in place of a string and its quotes: one JSON value */
    PLACE_HEADER, /* as it is; a control character in a value is refused */
    PLACE_QUOTED, /* a name inside the quotes of a multipart header */
    PLACE_FILE,   /* a part of a file's name */
    /* Of a path, for template alone, which finds them in PLACE_PATH: */
    PLACE_WHOLE, /* its beginning: a path or URL as someone has written it */
    /* All behind its first "/": the same where the value has a "/" of its own, else escaped. */
    PLACE_SLASH,
    PLACE_JOIN /* no value: "?" or "&", as a "?" stands before it or not */
};

int loader_fail(struct loader *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int loader_memory(struct loader *r);

/* What messages call a value: `"weight"` for a member, "this" for an element of an array. */
const char *loader_label(const struct json *v, char out[80]);

/* Fails unless v is of this kind. */
int loader_kind(struct loader *r, const struct json *v, enum json_kind kind);

/* Fails unless v is an object all of whose keys belong to the section. */
int loader_section(struct loader *r, const struct json *v, enum scenario_section section);

int loader_bool(struct loader *r, const struct json *v, bool *out);
int loader_duration(struct loader *r, const struct json *v, int64_t *ns);
/* Bytes: a number, or "4k", "1MiB". */
int loader_size(struct loader *r, const struct json *v, int64_t *out);
int loader_integer(struct loader *r, const struct json *v, int64_t min, int64_t max, uint32_t *out);

/* A number per second, from `min` (0 or 1) millionths to LOAD_RATE_MAX, to the nearest
 * millionth. */
int loader_rate(struct loader *r, const struct json *v, int64_t min, int64_t *micro_rate);

/* A string as a C string: "${...}" is refused where it would be stored. */
int loader_name(struct loader *r, const struct json *v, char **out);

/* A string, expanded, as a C string. */
int loader_text(struct loader *r, const struct json *v, enum text_place place, char **out,
                bool *used_env);

/* The path of a file that the scenario names, relative to its folder. */
int loader_path(struct loader *r, const struct json *v, char **out);

/* Appends the content of the file that v names. */
int loader_file(struct loader *r, const struct json *v, struct buf *out);

/* Takes what a buffer holds and leaves it empty; fails at `at` where it passed its ceiling. */
int loader_take(struct loader *r, size_t at, struct buf *b, char **out);

/* Where the first control character (C0 or DEL) is, or -1: none may stand in a header or URL. */
long loader_control(const char *text, size_t n);

#endif
