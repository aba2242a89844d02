/*
 * head: the head of one HTTP/1 message, as parsed, and as it is forwarded.
 *
 * Fields arrive in pieces and are stored in one buffer of limited size. The forwarded head is
 * written from the parsed one. Framing and hop-by-hop fields (RFC 9110, 7.6.1) are never forwarded,
 * so two parsers cannot disagree on where a message ends. It does no I/O.
 * Ownership: embedded; views are valid until the next head_reset(). Thread: plain data.
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
    const char *text; /* NULL: missing */
    size_t len;
};

struct head_field {
    uint32_t name, name_len, value, value_len; /* offsets and lengths in `text` */
};

struct head {
    struct buf text; /* the target (or reason), then names and values */
    size_t target_len;
    struct head_field *fields; /* allocated with the first field */
    size_t count;
    bool in_value;  /* the last piece was part of a value */
    bool too_large; /* a limit was exceeded, or memory ran out */
};

void head_init(struct head *h);
void head_done(struct head *h);
void head_reset(struct head *h);

/* Add pieces, in the order in which a parser finds them. */
void head_add_target(struct head *h, const char *piece, size_t n);
void head_add_name(struct head *h, const char *piece, size_t n);
void head_add_value(struct head *h, const char *piece, size_t n);

struct view head_target(const struct head *h);
struct view head_name(const struct head *h, size_t i);

/* Returns the first field of that name, in any case. */
struct view head_find(const struct head *h, const char *name);
size_t head_count(const struct head *h, const char *name);

/* Returns false if a name is not a token or a value has a control character, which a lenient
 * parser accepts. */
bool head_is_clean(const struct head *h);

bool view_is(struct view v, const char *word); /* compares in any case */

/* Appends the fields to forward, except those named in `but` (lower case, NULL at the end). */
void head_copy_fields(const struct head *h, const char *const *but, struct buf *out);

#endif
