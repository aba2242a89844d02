/*
 * keys: every key that a scenario may have, by section.
 *
 * The loader rejects keys that are not in this table, and suggests keys from it. A test compares it
 * with schema.json.
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
    SECTION_DNS,
    SECTION_LOADS,
    SECTION_CLASS,
    SECTION_TASK,
    SECTION_STEP,
    SECTION_PART,
    SECTION_FEEDER,
    SECTION_PROMPTS,
    SECTION_CAPTURE,
    SECTION_CHECK,
    SECTION_CHECK_BODY,
    SECTION_CHECK_SIZE,
    SECTION_CHECK_TIME,
    SECTION_THRESHOLD,
    SECTION_STREAM,
    SECTION_CANCEL
};
#define SECTION_COUNT (SECTION_CANCEL + 1)

struct scenario_key {
    enum scenario_section section;
    const char *name;
};

extern const struct scenario_key scenario_keys[];
extern const size_t scenario_key_count;

/* Returns the section's name for messages: "load", "a task". */
const char *scenario_section_text(enum scenario_section section);

#endif
