/*
 * draft_write_internal: what the two halves of draft_write share: requests and their parts there,
 * the scenario around them here.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_DRAFT_WRITE_INTERNAL_H
#define CONVERT_DRAFT_WRITE_INTERNAL_H

#include <stdarg.h>

#include "convert/draft.h"

#define MEMBERS_MAX 24

/* An object in progress: its members, laid out in one line where they fit. */
struct object {
    struct draft *d;
    const char *members[MEMBERS_MAX];
    size_t count;
    int indent; /* of its brace */
};

void emit_newline(struct buf *out, int indent);

/* Minified JSON whose strings are scenario text, laid out where it is long. */
void emit_json_text(struct draft *d, const char *text, int indent, struct buf *out);

/* Comments of at most COMMENT_MAX columns, the second line of one set in. */
void emit_comment(struct draft *d, struct buf *out, const char *text, int indent);
void emit_notes(struct draft *d, struct buf *out, const struct draft_notes *notes, int indent);

/* A member with this value, which is ended. */
void emit_member(struct object *o, const char *key, struct buf *value);
/* NULL: none. Secrets become variables; masked, for what takes no variable, "***". */
void emit_member_text(struct object *o, const char *key, const char *text);
void emit_member_path(struct object *o, const char *key, const char *path);
void emit_member_masked(struct object *o, const char *key, const char *text);
void emit_member_printf(struct object *o, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void emit_member_values(struct object *o, const char *key, const struct draft_pairs *values);
void emit_object(const struct object *o, struct buf *out);

const char *emit_name(struct draft *d, const struct draft_request *q);

/* weight and tags */
void emit_members_of_task(struct object *o, const struct draft_task *t);

/* A request with its notes, as a task of its own or (task NULL) as a step. */
void emit_request(struct draft *d, const struct draft_request *q, const struct draft_task *task,
                  int indent, struct buf *out);

#endif
