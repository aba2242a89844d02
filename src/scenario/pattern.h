/*
 * pattern: regular expressions (PCRE2) that cannot hang.
 *
 * A pattern is matched against bytes: text is UTF-8 where it is valid, and what is not matches no
 * character. Steps, depth and memory of a match have limits; a pattern that needs more gives an
 * error text. It replaces nothing.
 *
 * Ownership: pattern_free() frees. Thread: a compiled pattern is only read; a work belongs to one
 * thread.
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

struct pattern_work { /* begins as {0} */
    void *data, *context, *stack;
};

void pattern_work_done(struct pattern_work *w);

/* The error says what is wrong and at which character of the pattern. */
int pattern_compile(const char *text, size_t n, struct pattern **out, struct err *e);
void pattern_free(struct pattern *p);

const char *pattern_text(const struct pattern *p);
uint32_t pattern_groups(const struct pattern *p); /* without group 0 */

/* The number of a named group; -1 if there is none. */
int pattern_group(const struct pattern *p, const char *name);

/* 1: matched, and *group is that group's part of the subject (data NULL: the group took no part);
 * 0: no match; -1: a limit was reached, and `e` says so. `group` may be NULL. */
int pattern_match(const struct pattern *p, struct bytes subject, uint32_t number,
                  struct pattern_work *w, struct bytes *group, struct err *e);

#endif
