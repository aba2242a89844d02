/*
 * log_secret: values of a log that are secret by the name of their parameter.
 *
 * They are removed from texts before these are counted. The same value may be elsewhere in the
 * log, where no name tells; so up to LOG_SECRETS_MAX of them are remembered. Internal to convert/.
 *
 * Ownership: log_secrets_init() and log_secrets_done(); texts belong to the draft. Thread: one.
 */
#ifndef CONVERT_LOG_SECRET_H
#define CONVERT_LOG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/draft.h"
#include "convert/pointer_map.h"

#define LOG_SECRETS_MAX 200000
#define LOG_SECRET_BYTES ((size_t)32 << 20) /* of all of them */

struct log_secret_name;

struct log_secrets {
    struct draft *d;
    struct pointer_map by_name, by_value;
    struct log_secret_name *names; /* first to last */
    struct log_secret_name *last;
    size_t count, bytes;
    bool full; /* more were in the log */
};

void log_secrets_init(struct log_secrets *s, struct draft *d);
void log_secrets_done(struct log_secrets *s);

/* Remembers a value, percent-encoded as in a URL. */
void log_secret_add(struct log_secrets *s, const char *name, size_t name_bytes, const char *value,
                    size_t n);

/* Whether a remembered value is a segment of the path, a value of its query, or a value in the
 * body. It becomes a secret of the draft, which is replaced there. */
bool log_secret_is_in(struct log_secrets *s, const char *text, size_t n);

/* The variable in place of the values of a name, as scenario text. */
const char *log_secret_variable(struct log_secrets *s, const char *name, size_t n);

/* Notes which variables stand for several values. */
void log_secrets_note(const struct log_secrets *s);

#endif
