/*
 * import_split: splits a stream of JSON into entries. It holds one entry at a time.
 *
 * It accepts one array, one object per line, a sequence of objects in any layout, and one or
 * several pages of an API response that has the array in "entries" or "timeSeries". It does not
 * parse entries; it only finds where each begins and ends. An entry that cannot be right (a string
 * that crosses the end of a line, brackets that do not match) is reported as broken. The search
 * then continues at the next line that begins like that entry, so a truncated line affects only
 * itself.
 *
 * Ownership: plain data with a buffer; import_split_done() frees. The text of a callback is valid
 * during the call. Thread: one.
 */
#ifndef IMPORT_IMPORT_SPLIT_H
#define IMPORT_IMPORT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define IMPORT_SPLIT_OUTER_MAX 8 /* nesting of arrays */
#define IMPORT_SPLIT_DEPTH_MAX 64

enum import_piece {
    IMPORT_ENTRY,    /* text is a complete value, as far as brackets show */
    IMPORT_BROKEN,   /* an entry that cannot be right; no text */
    IMPORT_TOO_LONG, /* an entry, or bytes outside of one, above the limit; said at once; no text */
    IMPORT_NO_MEMORY /* for an entry; no text */
};

/* Limits of an entry. Cloud Logging's have up to 256 kB, 512 KiB if they are of an audit, before
 * they are JSON. A time series has all its points of a page, which are up to 100 000. */
#define IMPORT_LOG_MAX_BYTES ((size_t)4 << 20)
#define IMPORT_SERIES_MAX_BYTES ((size_t)64 << 20)

/* `line` is the first line of the entry, from 1. Return 0 to continue; any other value ends
 * import_split_feed(). */
typedef int import_split_fn(void *context, enum import_piece piece, const char *text, size_t n,
                            uint64_t line);

struct import_split {
    import_split_fn *fn;
    void *context;
    struct buf text;   /* of the current entry */
    int state;         /* private: see import_split.c */
    uint64_t line;     /* of the next byte, from 1 */
    size_t column;     /* of the next byte, from 0 */
    bool line_blank;   /* this line has only spaces so far */
    size_t bytes_seen; /* at most 3: a byte order mark is ignored */

    bool outer_wrapped[IMPORT_SPLIT_OUTER_MAX]; /* the array is a member of an object */
    int outer;

    size_t run;          /* bytes since the current entry began, or of a line outside of one */
    bool told;           /* they are too many */
    uint64_t entry_line; /* where the current entry began */
    size_t entry_column;
    bool wrapper; /* it is an object around entries, not an entry */
    unsigned depth;
    uint64_t objects; /* bit d: the container at depth d is an object */
    bool in_string, escaped;
    char last;    /* last byte that is not a space */
    char key[16]; /* of the current member at depth 1 */
    size_t key_len;
    bool in_key;
};

/* `entry_max_bytes` is also the limit of what is between two entries on a line: so a stream without
 * an end, or without entries, does not go on unnoticed. */
void import_split_init(struct import_split *s, size_t entry_max_bytes, import_split_fn *fn,
                       void *context);
void import_split_done(struct import_split *s);

/* Feeds the next bytes of the stream, any number of them. Returns 0, or the value with which fn
 * ended it. */
int import_split_feed(struct import_split *s, const char *bytes, size_t n);

/* Sets the error of IMPORT_TOO_LONG, with the name of the stream. Returns -1. */
int import_split_too_long(const struct import_split *s, const char *name, uint64_t line,
                          struct err *e);

/* The end of the stream. *cut_short: it ended within an entry or an array. */
int import_split_end(struct import_split *s, bool *cut_short);

#endif
