/*
 * reader: what the parts of the loader share while one scenario is read.
 *
 * Every failure goes through reader_fail(), which puts file, line and column in front and masks
 * what came from the environment. Optional values are passed as the NULL that json_get() gives and
 * leave their target as it was.
 *
 * Internal to scenario/. Ownership: a reader borrows all it points to; texts handed out are
 * malloc'ed. Thread: one.
 */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/keys.h"
#include "scenario/model.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

#define READER_TEXT_MAX ((size_t)1 << 20) /* names, paths, header values */
#define READER_BODY_MAX ((size_t)1 << 30)

struct scope;
struct template_holes;

struct reader {
    const struct json_doc *doc;
    const char *folder;
    scenario_env_fn *env;
    void *env_context;
    struct scenario *s;
    struct err *e;
    /* Both NULL: texts may hold ${env.NAME} only. Else the names that ${...} may use, and where what is put in later
     * is noted (template.h). */
    const struct scope *scope;
    struct template_holes *holes;
    const struct json *headers, *auth; /* of the scenario: every request has them */
};

/* Where a text is put, and so how it is escaped: what the file says and what a variable says. */
enum place {
    PLACE_PLAIN, /* as it is */
    PLACE_PATH,  /* what the file says is a URL already; variables are escaped entirely */
    PLACE_QUERY, /* %XX */
    PLACE_FORM,
    PLACE_JSON,   /* inside the quotes */
    PLACE_HEADER, /* as it is; a control character in a value is refused */
    PLACE_QUOTED, /* a name inside the quotes of a multipart header */
    PLACE_FILE    /* a part of a file's name */
};

int reader_fail(struct reader *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int reader_memory(struct reader *r);

/* Fails unless v is of this kind. */
int reader_kind(struct reader *r, const struct json *v, enum json_kind kind);

/* Fails unless v is an object all of whose keys belong to the section. */
int reader_section(struct reader *r, const struct json *v, enum scenario_section section);

int reader_bool(struct reader *r, const struct json *v, bool *out);
int reader_duration(struct reader *r, const struct json *v, int64_t *ns);
int reader_integer(struct reader *r, const struct json *v, int64_t min, int64_t max, uint32_t *out);

/* A number per second, from `min` (0 or 1) millionths to LOAD_RATE_MAX, to the nearest millionth. */
int reader_rate(struct reader *r, const struct json *v, int64_t min, int64_t *micro_rate);

/* A string as a C string: "${...}" is refused where it would be stored. */
int reader_name(struct reader *r, const struct json *v, char **out);

/* Appends n bytes of a string or key that stands at `at` (its quote), with ${...} put in and all
 * escaped for the place. `used_env`, if not NULL, becomes true where a variable was read. */
int reader_expand(struct reader *r, const char *text, size_t n, size_t at, enum place place,
                  struct buf *out, bool *used_env);

/* A string, expanded, as a C string. */
int reader_text(struct reader *r, const struct json *v, enum place place, char **out,
                bool *used_env);

/* The path of a file that the scenario names, relative to its folder. */
int reader_path(struct reader *r, const struct json *v, char **out);

/* Appends the content of the file that v names. */
int reader_file(struct reader *r, const struct json *v, struct buf *out);

/* Takes what a buffer holds and leaves it empty; fails at `at` where it passed its ceiling. */
int reader_take(struct reader *r, size_t at, struct buf *b, char **out);

/* Where the first control character (C0 or DEL) is, or -1: none may stand in a header or URL. */
long reader_control(const char *text, size_t n);

#endif
