/*
 * proceed: waits until the caller of the engine lets a stage of the run begin.
 *
 * The caller is asked every 10 ms, and its tick is called, so that it can end the run meanwhile. It
 * sends nothing. Ownership: all is borrowed. Thread: main.
 */
#ifndef ENGINE_PROCEED_H
#define ENGINE_PROCEED_H

#include "engine/engine.h"

/* An agreed start stands from this time before it: the threads need time to start, also on a busy
 * machine. Whoever agrees upon it puts it off or calls it off earlier. */
#define PROCEED_LAST_NS (200 * NS_PER_MS)

/* Returns false if *order came first. */
bool proceed_wait(const struct engine_options *o, enum engine_stage stage,
                  struct engine_start *start, struct engine_order *order);

/* Waits until shortly before the start that was agreed upon, or given, if there is one. One that
 * was agreed upon may be put off meanwhile. */
bool proceed_until(const struct engine_options *o, struct engine_start *start,
                   struct engine_order *order);

#endif
