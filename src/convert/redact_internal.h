/*
 * redact_internal: what the parts of redact share. Internal to convert/redact*.c.
 *
 * Ownership: none taken. Thread: any.
 */
#ifndef CONVERT_REDACT_INTERNAL_H
#define CONVERT_REDACT_INTERNAL_H

#include "convert/redact.h"

/* Returns how many bytes of a file's text at `at` are a secret that is a whole value, and sets
 * *env to its variable; 0: none. */
size_t redact_secret_at(const struct draft *d, const char *text, size_t n, size_t at,
                        const char **env);

#endif
