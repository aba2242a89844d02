/*
 * keys: every key that a scenario may hold, section by section.
 *
 * One table: the loader refuses what is not in it and suggests what is, and a test holds
 * schema.json against it. The keys of DESIGN's later parts stand in it too, marked: they are
 * refused with a text of their own instead of being taken for typing mistakes.
 *
 * Internal to scenario/. Thread: any, constant data.
 */
#ifndef SCENARIO_KEYS_H
#define SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum scenario_section {
    SECTION_TOP,
    SECTION_LOAD,
    SECTION_STAGE,
    SECTION_WAIT,
    SECTION_AUTH,
    SECTION_BASIC,
    SECTION_HTTP,
    SECTION_LOADS,
    SECTION_CLASS,
    SECTION_TASK,
    SECTION_STEP,
    SECTION_PART,
    SECTION_FEEDER,
    SECTION_CAPTURE,
    SECTION_CHECK,
    SECTION_CHECK_BODY,
    SECTION_CHECK_SIZE,
    SECTION_CHECK_TIME,
    SECTION_THRESHOLD
};
#define SECTION_COUNT (SECTION_THRESHOLD + 1)

struct scenario_key {
    enum scenario_section section;
    const char *name;
    const char *later; /* not NULL: not built yet, and what the key would mean */
};

extern const struct scenario_key scenario_keys[];
extern const size_t scenario_key_count;

/* "load", "a task": the section's name in messages. */
const char *scenario_section_text(enum scenario_section section);

#endif
