/*
 * pattern: regular expressions (PCRE2) with bounded matching time.
 *
 * A pattern is matched against bytes. Valid UTF-8 is text; invalid bytes match no character. The
 * steps, depth and memory of a match are limited; a pattern that needs more gets an error. It does
 * not replace text.
 *
 * Ownership: pattern_free() frees. Thread: a compiled pattern is read-only; a pattern_work belongs
 * to one thread.
 */
#ifndef SCENARIO_PATTERN_H
#define SCENARIO_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"
#include "util/err.h"

#define PATTERN_BYTES_MAX 10000
#define PATTERN_GROUPS_MAX 99

struct pattern;

struct pattern_work { /* initialise with {0} */
    void *data, *context, *stack;
};

void pattern_work_done(struct pattern_work *w);

/* The error says what is wrong, and at which character of the pattern. */
int pattern_compile(const char *text, size_t n, struct pattern **out, struct err *e);
void pattern_free(struct pattern *p);

const char *pattern_text(const struct pattern *p);
uint32_t pattern_groups(const struct pattern *p); /* without group 0 */

/* Returns the number of a named group, or -1 if there is none. */
int pattern_group(const struct pattern *p, const char *name);

/* Returns 1 for a match; *group is then that group's part of the subject (data NULL: the group
 * did not take part). Returns 0 for no match, and -1 if a limit was reached, which `e`
 * describes. `group` may be NULL. */
int pattern_match(const struct pattern *p, struct bytes subject, uint32_t number,
                  struct pattern_work *w, struct bytes *group, struct err *e);

#endif
