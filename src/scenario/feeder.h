/*
 * feeder: rows of data from files: CSV (RFC 4180), JSON Lines, or the files of a folder.
 *
 * A file is read once when it is opened. This finds every error, with its line, and builds a list
 * of row offsets (8 bytes a row). A file of up to FEEDER_MEMORY_MAX bytes is kept in memory, so
 * later changes to it do not affect the run. From a larger file, each row is read when it is drawn.
 * If such a file has changed (size, time or inode), the draw fails.
 *
 * CSV: fields are separated by "delimiter". By default this is the one of , ; tab and | that gives
 * most columns in the first line and as many in each of the first rows (the comma if none does).
 * The first line names the columns. Supported are quotes, CRLF or LF, line breaks and doubled
 * quotes inside quotes, and a UTF-8 byte order mark. Empty lines are not rows. Every row must have
 * a field for each column. JSON Lines: the columns are the keys of the first line's object, and
 * every line must have them. Strings are decoded, null is empty, other values are as written.
 * Files: the columns are `name`, `path` and `type` (the media type). Rows are sorted by the bytes
 * of the names. Hidden files, folders and symbolic links are ignored.
 *
 * Data sets of prompts add columns with the same names in all formats: `prompt`, `messages` (a JSON
 * array of {"role", "content"}) and `words` (of the prompt). The formats are:
 *   messages  OpenAI requests, one a line; `messages` is required, other keys are as they are
 *   custom    `prompt` in each line
 *   mooncake  `input_length`, `output_length` and `hash_ids`; feeder_prompts.h generates the prompt
 *   sharegpt  an array (or lines) of {"id", "conversations": [{"from", "value"}]}. `prompt` is the
 *             first human turn that has an answer, `answer` is that answer, and `messages` is all
 *             up to the last human turn. Entries without such a turn are ignored.
 *
 * Modes, and what the seed determines:
 *   sequential  draw k of the run gets row k, and starts again after the last row. Which user makes
 *               draw k depends on timing, even with one thread.
 *   shuffle     the same, in an order that the seed determines for each pass (a keyed permutation;
 *               no list).
 *   once        like sequential, but empty after the last row: then the run ends (default) or the
 *               user, as `ends` says.
 *   random      any row, from the user's own generator: determined by seed and user, not by timing.
 *   arrival     the rows of a trace: arrival k of its load gets row k mod n.
 *   unique      user u (from 0) always gets row u. Empty for users beyond the last row: the user
 *               (default) or the run ends then.
 *
 * It does not watch its files. Rows are text without types.
 *
 * Ownership: feeder_free() frees; rows belong to the caller and hold their own copy. Thread: a
 * feeder is shared by all threads (one atomic counter); a row belongs to one.
 */
#ifndef SCENARIO_FEEDER_H
#define SCENARIO_FEEDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/loader.h"
#include "schedule/part.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/rng.h"
#include "util/sha256.h"

#define FEEDER_MEMORY_MAX ((size_t)16 << 20)
#define FEEDER_ROW_MAX ((size_t)1 << 20)
#define FEEDER_COLUMNS_MAX 1000

enum feeder_kind {
    FEEDER_CSV,
    FEEDER_JSONL,
    FEEDER_FILES,
    FEEDER_MESSAGES, /* data sets of prompts, see above */
    FEEDER_CUSTOM,
    FEEDER_MOONCAKE,
    FEEDER_SHAREGPT,
    FEEDER_PROMPTS /* generated prompts, see feeder_prompts.h; no file */
};
/* The columns of FEEDER_FILES. */
enum { FEEDER_FILES_NAME, FEEDER_FILES_PATH, FEEDER_FILES_TYPE, FEEDER_FILES_COLUMNS };
enum feeder_mode {
    FEEDER_SEQUENTIAL,
    FEEDER_RANDOM,
    FEEDER_SHUFFLE,
    FEEDER_UNIQUE,
    FEEDER_ONCE,
    FEEDER_ARRIVAL /* a trace (arrival_trace.h) */
};
enum feeder_result {
    FEEDER_DRAWN,
    FEEDER_EMPTY, /* `once` and `unique`: no row left (for this user) */
    FEEDER_FAILED /* the file changed or cannot be read */
};

struct feeder;
struct feeder_prompts;

/* The user and the moment of a draw. */
struct feeder_turn {
    uint64_t user; /* index of the user */
    /* Unique among the draws of a run, and independent of timing and the number of threads. */
    uint64_t turn;
    uint64_t arrival; /* in an open load: index of the arrival */
    struct rng *rng;  /* the user's own */
};

/* A row that a user has drawn. */
struct feeder_row { /* initialise with {0} */
    struct buf text;
    struct buf made;           /* columns generated from `text` */
    struct feeder_row *source; /* the trace's row that a prompt was generated for */
    struct bytes *fields;      /* by column of the row's feeder; NULL before the first draw */
    size_t cap;
    uint64_t number; /* row number, from 0 */
};

void feeder_row_done(struct feeder_row *row);

/* Reads one member of "feeders": its key is the name, its value {"csv": FILE, "mode": ...,
 * "ends": "user" | "run"}, or another kind instead of "csv". The default mode is sequential.
 * `trace`: the rows of the scenario's trace, or NULL. */
int feeder_read(struct loader *r, const struct json *v, const struct feeder *trace,
                struct feeder **out);

/* Notes the hash of the feeder's file for the run's manifest. Takes the path over; NULL: there is
 * no file. */
int feeder_remember(struct loader *r, const struct json *at, const struct feeder *f, char *path);

/* The same without a scenario. The error names the file and, if it is about a line, the line. */
struct feeder_source {
    enum feeder_kind kind;
    const char *path;
    enum feeder_mode mode;
    bool ends_run;
    char delimiter;   /* FEEDER_CSV; 0: detect it from the first rows */
    const char *head; /* FEEDER_CSV: the header, if the file has none; else NULL */
    /* FEEDER_JSONL: keys may be missing in a line; their fields are then empty. */
    bool lenient;
    const struct feeder_prompts *prompts; /* FEEDER_PROMPTS */
};
int feeder_open(const char *name, const struct feeder_source *from, struct feeder **out,
                struct err *e);
void feeder_free(struct feeder *f);

const char *feeder_name(const struct feeder *f);
enum feeder_kind feeder_kind(const struct feeder *f);
/* Path of the file or folder; for generated prompts, their name. */
const char *feeder_path(const struct feeder *f);
/* How prompts are generated; FEEDER_PROMPTS only. */
const struct feeder_prompts *feeder_prompts(const struct feeder *f);
/* True if rows have hash ids. */
bool feeder_shares_blocks(const struct feeder *f);
uint64_t feeder_skipped(const struct feeder *f); /* entries of the file that are not rows */
/* True if rows are drawn for the arrivals of a trace, and for nothing else. */
bool feeder_needs_arrival(const struct feeder *f);
bool feeder_ends_run(const struct feeder *f);
/* True if each user has a row of its own, so that the users decide whether it becomes empty. */
bool feeder_is_unique(const struct feeder *f);
uint64_t feeder_rows(const struct feeder *f);  /* at least 1; UINT64_MAX for generated prompts */
char feeder_delimiter(const struct feeder *f); /* 0 if it is not CSV */
size_t feeder_columns(const struct feeder *f);
const char *feeder_column(const struct feeder *f, size_t i);
/* Finds the index of a column. Returns false if there is no column of this name. */
bool feeder_find_column(const struct feeder *f, const char *name, size_t n, uint32_t *column);

/* The hash of the file, with which two machines can tell that they have the same rows; of a folder,
 * that of the names and sizes of its files. "": there is no file. */
int feeder_sha256(const struct feeder *f, char out[SHA256_HEX_BYTES], struct err *e);

/* Call before the first draw of a run, from one thread. Sets the order of `shuffle` from the
 * seed, and restarts counting. Draws are of the part: its k-th is the one with number
 * index + count * k of the whole load. */
void feeder_start(struct feeder *f, uint64_t seed, struct part part);

/* Draws a row. `e` is set on FEEDER_FAILED. */
enum feeder_result feeder_draw(struct feeder *f, const struct feeder_turn *turn,
                               struct feeder_row *row, struct err *e);

#endif
