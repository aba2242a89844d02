/*
 * head: the head of one HTTP/1 message, as the parser found it, and as it goes on to the other
 * side.
 *
 * Fields come in pieces and are kept in one buffer with a ceiling. What goes on is rewritten from
 * what was understood: framing and hop-by-hop fields (RFC 9110, 7.6.1) never pass, so two readers
 * cannot disagree on where a message ends. It does no I/O.
 *
 * Ownership: embedded; views are borrowed until the next head_reset(). Thread: plain data.
 */
#ifndef EMULATOR_HEAD_H
#define EMULATOR_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define HEAD_FIELDS_MAX 128
#define HEAD_BYTES_MAX 65536

struct view {
    const char *text; /* NULL: not there */
    size_t len;
};

struct head_field {
    uint32_t name, name_len, value, value_len; /* places in `text` */
};

struct head {
    struct buf text; /* the target (or reason), then names and values */
    size_t target_len;
    struct head_field *fields; /* made at the first field */
    size_t count;
    bool in_value;  /* the last piece was one of a value */
    bool too_large; /* a ceiling was passed, or memory ran out */
};

void head_init(struct head *h);
void head_done(struct head *h);
void head_reset(struct head *h);

/* Pieces, in the order in which a parser finds them. */
void head_add_target(struct head *h, const char *piece, size_t n);
void head_add_name(struct head *h, const char *piece, size_t n);
void head_add_value(struct head *h, const char *piece, size_t n);

struct view head_target(const struct head *h);
struct view head_name(const struct head *h, size_t i);

/* The first field of that name, in any case. */
struct view head_find(const struct head *h, const char *name);
size_t head_count(const struct head *h, const char *name);

/* False where a name is no token or a value holds a control character: what a lenient parser lets
 * through. */
bool head_is_clean(const struct head *h);

bool view_is(struct view v, const char *word); /* in any case */

/* Appends the fields that go on, but those whose names are in `but` (lower case, NULL at the
 * end). */
void head_copy_fields(const struct head *h, const char *const *but, struct buf *out);

#endif
