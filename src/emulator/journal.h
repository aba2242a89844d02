/*
 * journal: the log file that the emulator writes: entries of Cloud Logging, one JSON object a line
 * (NDJSON).
 *
 * It formats nothing; export_log does. Entries wait in memory for at most one flush. The first
 * failure to write is kept and nothing more is written.
 *
 * Ownership: embedded. Thread: one.
 */
#ifndef EMULATOR_JOURNAL_H
#define EMULATOR_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/rng.h"

struct journal {
    FILE *file; /* NULL: nothing is wanted */
    struct buf entry;
    struct rng rng;
    int failed; /* errno */
};

/* path NULL: all entries are dropped. */
int journal_open(struct journal *j, const char *path, struct err *e);

/* A cleared buffer for the next entry, or NULL where none is wanted; then journal_add() writes
 * it. */
struct buf *journal_entry(struct journal *j);
void journal_add(struct journal *j);

uint32_t journal_nonce(struct journal *j);
void journal_flush(struct journal *j);

/* Closes; -1 where anything could not be written. */
int journal_close(struct journal *j, struct err *e);

#endif
