/*
 * journal: the emulator's log file: entries of Cloud Logging, one JSON object a line (NDJSON).
 *
 * It does not format entries; export_log does. Entries stay in memory until the next flush at most.
 * After the first write error it writes nothing more, and keeps the error.
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
    FILE *file; /* NULL: no log wanted */
    struct buf entry;
    struct rng rng;
    int failed; /* errno */
};

/* path NULL: all entries are discarded. */
int journal_open(struct journal *j, const char *path, struct err *e);

/* Returns an empty buffer for the next entry, or NULL if no log is wanted. journal_add() writes
 * the entry. */
struct buf *journal_entry(struct journal *j);
void journal_add(struct journal *j);

uint32_t journal_nonce(struct journal *j);
void journal_flush(struct journal *j);

/* Closes the file. Returns -1 if anything could not be written. */
int journal_close(struct journal *j, struct err *e);

#endif
