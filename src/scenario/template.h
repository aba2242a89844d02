/*
 * template: texts with ${...} in them, compiled when the scenario is loaded and written out for
 * each request.
 *
 * A template is the constant text and a list of holes: where in it which value goes and how it is
 * escaped there. A text without holes is only its text (`hole_count` is 0) and costs nothing.
 * ${env.NAME} is put in while loading, so it never makes a hole.
 *
 *     ${name}  ${feeder.column}  ${user.id}  ${iteration}  ${uuid}  ${env.NAME}
 *     ${now.iso}  ${now.unix}  ${now.ms}
 *     ${random.int(1, 100)}  ${random.choice(a, b, 'c d')}
 *     ${base64(x, ':', y)}  ${json(x)}  ${urlencode(x)}  ${value(x)}, which join their arguments
 *
 * Arguments are names, functions (TEMPLATE_DEPTH_MAX deep) or 'text'; those of random.choice are
 * words or 'text'. A value is never read as a template again, so there is no recursion. $${ stands
 * for a plain ${. json() writes a JSON string with its quotes; value() in place of a whole string
 * of a "json" body is sent without its quotes, as the JSON value that it is; urlencode() in a path
 * is not escaped a second time. A value in a JSON string must be UTF-8; one in a header may hold no
 * control character, or the rendering fails and names the header.
 *
 * How the loader uses it: give the reader a scope and an empty list of holes, write texts with
 * template_expand() and what is built on it (pairs_read, json_copy, multipart_read) into one
 * buffer, then template_make(). Where text is first written to a buffer of its own and then
 * appended, template_holes_move() brings its holes along.
 *
 * A file whose name has a hole is read at each rendering. Its name up to the last "/" before the
 * first hole is the author's; the rest may not leave that folder, by no "..", absolute name, NUL or
 * symbolic link.
 *
 * Ownership: a template owns its text and holes; template_free() frees. Thread: a template is only
 * read; values and work belong to the thread that renders.
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
#define TEMPLATE_FILE_MAX ((size_t)256 << 20) /* of one file that a rendering reads */

struct template_hole; /* internal */

struct template_holes { /* begins as {0} */
    struct template_hole *items;
    size_t count, cap;
};

struct template {
    char *text; /* the constant parts, NUL-terminated */
    size_t len;
    size_t hole_count;
    struct template_hole *holes;
    uint64_t feeders; /* bit i: it needs a row of scope->feeders[i] */
    char *label;      /* "the header X": what messages of a rendering call it */
};

/* Where values come from. */
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

/* Memory that renderings reuse; one per thread. */
struct template_work {
    struct buf level[2 * (TEMPLATE_DEPTH_MAX + 2)];
    bool rehearsal; /* "<name>" stands for a value that is not there yet, and can be any path */
    /* Of the last rendering, where it failed: the value that differs from row to row. */
    char seen[TEMPLATE_SEEN_BYTES];
};

void template_work_init(struct template_work *w);
void template_work_done(struct template_work *w);

void template_holes_done(struct template_holes *h);

/* `from`'s text was appended to the text of `to` at `offset`: its holes follow it. `from` becomes
 * empty. */
int template_holes_move(struct loader *r, struct template_holes *to, struct template_holes *from,
                        size_t offset);

/* Appends n bytes of a string or key that stands at `at` (its quote), with ${...} put in and all
 * escaped for the place. `used_env`, if not NULL, becomes true where a variable was read. */
int template_expand(struct loader *r, const char *text, size_t n, size_t at, enum text_place place,
                    struct buf *out, bool *used_env);

/* Makes a template of a text and its holes and takes both, also where it fails. */
int template_make(struct loader *r, size_t at, struct buf *text, struct template_holes *holes,
                  const char *label, struct template **out);

/* One string as a template; v NULL leaves *out as it was. */
int template_read(struct loader *r, const struct json *v, const struct scope *scope,
                  enum text_place place, const char *label, struct template **out);

/* Appends the content of the file that v names to `out`; where the name has holes, as a hole in
 * r->holes that is read at each rendering. */
int template_file(struct loader *r, const struct json *v, struct buf *out);

/* The same file's own name, for a part's "filename" (quoted for its header), and its media type, by
 * the end of its name: appended to `out`, as holes where they differ from row to row. */
int template_file_name(struct loader *r, const struct json *v, struct buf *out);
int template_file_type(struct loader *r, const struct json *v, struct buf *out);

void template_free(struct template *t);

/* Appends the constant text, with null in place of each value() that is sent without quotes. Other
 * values are left out. */
void template_constant(const struct template *t, struct buf *out);

/* Whether it has nothing but constant text and fields of that feeder's row, each field at most
 * once. */
bool template_has_only(const struct template *t, size_t feeder);

/* Appends the text with its values. On failure the text says which value is missing or wrong and
 * where, in words that are the same for every row (the work has what differs); what is in `out` by
 * then is of no use. */
int template_render(const struct template *t, const struct template_values *v, struct buf *out,
                    struct err *e);

#endif
