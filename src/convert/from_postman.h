/*
 * from_postman: shared by the parts of the Postman reader: the requests of a collection, how they
 * authenticate, and texts with variables.
 *
 * Internal to convert/. Ownership: texts belong to the draft. Thread: any.
 */
#ifndef CONVERT_FROM_POSTMAN_H
#define CONVERT_FROM_POSTMAN_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/draft.h"
#include "convert/pointer_map.h"
#include "util/json.h"

/* Of one text, with its variables resolved. */
#define POSTMAN_TEXT_MAX ((size_t)16 << 20)

struct postman {
    struct draft *d;
    struct pointer_map by_name;      /* the collection's variables */
    const struct json *own;          /* the URL's path variables, or NULL */
    const struct json *keeps_bodies; /* "disableBodyPruning" of the folder or collection */
};

/* Keeps the collection's variables, which are a list like those of other entries. */
void postman_collect(struct postman *p, const struct json *list);

/* False for an entry that is switched off. */
bool postman_is_on(const struct json *entry);

/* The entry of a list of {"key", "value"} with that key, unless it is off; NULL: none. */
const struct json *postman_entry(const struct json *list, const char *name, size_t n);

/* A string, number or boolean as plain text, in which each {{name}} is resolved; "" for anything
 * else. *n is its length. */
const char *postman_text(struct postman *p, const struct json *v, struct draft_notes *notes,
                         size_t *n);

/* Appends the text with each {{name}} resolved. */
void postman_add(struct postman *p, const char *text, size_t n, struct draft_notes *notes,
                 struct buf *out);

/* Gives the request what `auth` says, an object of the collection; NULL: nothing. */
void postman_auth(struct postman *p, const struct json *auth, struct draft_request *q);

/* True for what coldswarm has no authentication for: the request cannot be sent as it was meant. */
bool postman_auth_is_refused(const struct json *auth);

#endif
