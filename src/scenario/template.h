/*
 * template: texts with ${...}, compiled when the scenario is loaded and rendered for each request.
 *
 * A template is the constant text and a list of holes. A hole says where a value goes and how it is
 * escaped there. A text without holes is only its text (`hole_count` is 0) and costs nothing.
 * ${env.NAME} is expanded while loading, so it never makes a hole.
 *
 *     ${name}  ${feeder.column}  ${user.id}  ${iteration}  ${uuid}  ${env.NAME}
 *     ${now.iso}  ${now.unix}  ${now.ms}
 *     ${random.int(1, 100)}  ${random.choice(a, b, 'c d')}
 *     ${base64(x, ':', y)}  ${json(x)}  ${urlencode(x)}  ${value(x)}, which join their arguments
 *
 * Arguments are names, functions (TEMPLATE_DEPTH_MAX deep) or 'text'; those of random.choice are
 * words or 'text'. A value is never parsed as a template again, so there is no recursion. $${ is a
 * literal ${. json() writes a JSON string with its quotes. If value() replaces a whole string of a
 * "json" body, it is sent without quotes, as a JSON value. urlencode() in a path is not escaped
 * again. A value in a JSON string must be UTF-8, and a value in a header must not contain control
 * characters. Otherwise rendering fails, and the error names the header.
 *
 * How the loader uses it: give the reader a scope and an empty list of holes, write texts into one
 * buffer with template_expand() and the functions that use it (pairs_read, json_copy,
 * multipart_read), then call template_make(). If text is first written to a separate buffer and
 * then appended, template_holes_move() moves its holes along.
 *
 * A file whose name has a hole is read at each rendering. The part of its name up to the last "/"
 * before the first hole is fixed. The rest must not leave that folder, by "..", an absolute name,
 * NUL or a symbolic link.
 *
 * Ownership: a template owns its text and holes; template_free() frees. Thread: a template is
 * read-only; values and work belong to the thread that renders.
 */
#ifndef SCENARIO_TEMPLATE_H
#define SCENARIO_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/loader.h"
#include "scenario/scope.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/rng.h"

#define TEMPLATE_DEPTH_MAX 8
#define TEMPLATE_HOLES_MAX 100000
#define TEMPLATE_SEEN_BYTES 256
#define TEMPLATE_FILE_MAX ((size_t)256 << 20) /* of one file that is read by a rendering */

struct template_hole; /* internal */

struct template_holes { /* initialise with {0} */
    struct template_hole *items;
    size_t count, cap;
};

struct template {
    char *text; /* the constant parts, NUL-terminated */
    size_t len;
    size_t hole_count;
    struct template_hole *holes;
    uint64_t feeders; /* bit i: it needs a row of scope->feeders[i] */
    char *label;      /* its name in rendering errors: "the header X" */
};

/* The values for a rendering. */
struct template_values {
    const struct bytes *variables; /* by slot; data NULL: not set yet */
    /* By feeder: the fields of the row that the user has drawn, or NULL. */
    const struct bytes *const *rows;
    uint64_t user_id;
    uint64_t iteration;
    int64_t now_real_ns;
    struct rng *rng; /* the user's own, so that values do not depend on threads */
    struct template_work *work;
};

/* Buffers that renderings reuse; one per thread. */
struct template_work {
    struct buf level[2 * (TEMPLATE_DEPTH_MAX + 2)];
    /* A trial rendering: "<name>" replaces a value that is not known yet, and is accepted as a path
     * and as a JSON value. */
    bool rehearsal;
    /* After a failed rendering: the part of the cause that differs between rows. */
    char seen[TEMPLATE_SEEN_BYTES];
};

void template_work_init(struct template_work *w);
void template_work_done(struct template_work *w);

void template_holes_done(struct template_holes *h);

/* `from`'s text was appended to the text of `to` at `offset`: moves its holes too. `from`
 * becomes empty. */
int template_holes_move(struct loader *r, struct template_holes *to, struct template_holes *from,
                        size_t offset);

/* Appends n bytes of a string or key whose quote is at `at` in the file, with ${...} expanded
 * and all text escaped for the place. `used_env`, if not NULL, becomes true if an environment
 * variable was read. */
int template_expand(struct loader *r, const char *text, size_t n, size_t at, enum text_place place,
                    struct buf *out, bool *used_env);

/* Makes a template of a text and its holes. Takes both, also on failure. */
int template_make(struct loader *r, size_t at, struct buf *text, struct template_holes *holes,
                  const char *label, struct template **out);

/* Reads one string as a template. v NULL leaves *out unchanged. */
int template_read(struct loader *r, const struct json *v, const struct scope *scope,
                  enum text_place place, const char *label, struct template **out);

/* Appends the contents of the file that v names to `out`. If the name has holes, adds a hole to
 * r->holes that reads the file at each rendering. */
int template_file(struct loader *r, const struct json *v, struct buf *out);

/* Append to `out` the file's base name, for a part's "filename" (quoted for its header), and its
 * media type, from its suffix. If the name has holes, they are added as holes. */
int template_file_name(struct loader *r, const struct json *v, struct buf *out);
int template_file_type(struct loader *r, const struct json *v, struct buf *out);

void template_free(struct template *t);

/* True if it has only constant text and fields of that feeder's row, each field at most once. */
bool template_has_only(const struct template *t, size_t feeder);

/* Appends the text with its values. On failure, the error says which value is missing or wrong
 * and where, with the same text for every row (v->work->seen has what differs). The contents of
 * `out` are then useless. */
int template_render(const struct template *t, const struct template_values *v, struct buf *out,
                    struct err *e);

#endif
