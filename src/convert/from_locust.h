/*
 * from_locust: shared by the two halves of the locustfile reader: the document of the script and
 * its classes in one, the requests in the other.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_LOCUST_H
#define CONVERT_FROM_LOCUST_H

#include "convert/draft.h"
#include "util/json.h"

struct locust {
    struct draft *d;
    const char *name; /* of the source, in messages */
    const char *base; /* host of the current class if it is not the target, or NULL */
    struct err *e;    /* set when `good` becomes false */
    bool good;
};

/* Return a member of this kind; NULL or 0 if there is none. If it is of another kind, or outside
 * 0 to `most`, the document is not good. */
const struct json *locust_get(struct locust *l, const struct json *v, const char *key,
                              enum json_kind kind);
const char *locust_text(struct locust *l, const struct json *v, const char *key);
double locust_number(struct locust *l, const struct json *v, const char *key, double most);

/* Adds the member "notes". */
void locust_notes(struct locust *l, const struct json *v, struct draft_notes *to);

/* Checks all expressions in the texts of the document, and makes them references of the draft. */
bool locust_references(struct locust *l, const struct json *root);

/* Adds the requests of a member. */
void locust_steps(struct locust *l, const struct json *v, const char *key,
                  struct draft_requests *to);

/* Sets the users over time, the variables and the files of drawn values. */
void locust_load(struct locust *l, const struct json *root);

#endif
