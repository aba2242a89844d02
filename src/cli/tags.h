/*
 * tags: applies --tags and --exclude-tags, which select tasks and steps of a scenario.
 *
 * Ownership: nothing is kept. Thread: main.
 */
#ifndef CLI_TAGS_H
#define CLI_TAGS_H

#include "cli/command_internal.h"
#include "scenario/scenario.h"
#include "util/err.h"

int tags_select(const struct args *a, struct scenario *s, struct err *e);

#endif
