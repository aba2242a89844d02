/*
 * draft_write_internal: shared by the two halves of draft_write: requests and their parts in one,
 * the scenario around them in the other.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_DRAFT_WRITE_INTERNAL_H
#define CONVERT_DRAFT_WRITE_INTERNAL_H

#include <stdarg.h>

#include "convert/draft.h"

#define MEMBERS_MAX 24

/* An object being written. Its members are put on one line if they fit. */
struct object {
    struct draft *d;
    const char *members[MEMBERS_MAX];
    size_t count;
    int indent; /* of its brace */
};

void emit_newline(struct buf *out, int indent);

/* Appends minified JSON whose strings are scenario text, formatted over several lines if it is
 * long. */
void emit_json_text(struct draft *d, const char *text, int indent, struct buf *out);

/* Appends comments of at most COMMENT_MAX columns; continuation lines are indented.
 * A masked text contains no secrets. */
void emit_masked_comment(struct buf *out, const char *text, size_t bytes, int indent);
void emit_comment(struct draft *d, struct buf *out, const char *text, int indent);
void emit_notes(struct draft *d, struct buf *out, const struct draft_notes *notes, int indent);

/* Adds a member with this value, and frees the buffer. */
void emit_member(struct object *o, const char *key, struct buf *value);
/* NULL: adds none. Secrets become variables; the masked form, for members that cannot contain
 * variables, has "***". */
void emit_member_plain(struct object *o, const char *key, const char *text); /* as it is */
void emit_member_text(struct object *o, const char *key, const char *text);
void emit_member_path(struct object *o, const char *key, const char *path);
void emit_member_masked(struct object *o, const char *key, const char *text);
/* Adds minified JSON whose strings are scenario text. */
void emit_member_json(struct object *o, const char *key, const char *json);
void emit_member_printf(struct object *o, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void emit_member_values(struct object *o, const char *key, const struct draft_pairs *values);
void emit_object(const struct object *o, struct buf *out);

const char *emit_name(struct draft *d, const struct draft_request *q);

/* Adds weight and tags. */
void emit_members_of_task(struct object *o, const struct draft_task *t);

/* Appends a request with its notes, as a task or (task NULL) as a step. */
void emit_request(struct draft *d, const struct draft_request *q, const struct draft_task *task,
                  int indent, struct buf *out);

#endif
