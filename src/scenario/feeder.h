/*
 * feeder: rows of data from files: CSV (RFC 4180), JSON Lines, or the files of a folder.
 *
 * A file is read through once when it is opened: every mistake in it is found then, with its line,
 * and a list of where its rows begin is made (8 bytes a row). Up to FEEDER_MEMORY_MAX bytes are
 * kept in memory, so that what happens to the file later does not matter to the run; from a larger
 * file each row is read when it is drawn, and one that has changed meanwhile (size, time or inode)
 * is an error, never a row.
 *
 * CSV: fields are separated by "delimiter", or else by that of , ; tab and | which makes most
 * columns of the first line and as many of each of the first rows (by the comma where none does).
 * The first line names the columns; quotes, CRLF or LF, line breaks and doubled quotes inside
 * quotes, a UTF-8 byte order mark; empty lines are no rows; every row has as many fields as there
 * are columns. JSON Lines: the keys of the first line's object are the columns and every line has
 * them; strings are decoded, null is empty, other values are as written. Files: the columns `name`,
 * `path` and `type` (the media type), in the order of their names' bytes; hidden files, folders and
 * symbolic links are left out.
 *
 * Data sets of prompts add columns, under the same names in all: `prompt`, `messages` (a JSON array
 * of {"role", "content"}), `words` (of the prompt) and what each has: messages: OpenAI requests,
 * one a line, `messages` required, other keys as they are; custom: `prompt` in each line; mooncake:
 * `input_length`, `output_length` and `hash_ids`, the prompt made as feeder_prompts.h says;
 * sharegpt: an array (or lines) of {"id", "conversations": [{"from", "value"}]}: the prompt is the
 * first turn of the human that is answered, `answer` its answer, `messages` all up to the last turn
 * of the human; entries without such a turn are left out.
 *
 * Modes, and what the seed fixes:
 *   sequential  the k-th draw of the run gets row k, and begins again at the end. Which user makes
 *               the k-th draw depends on timing, on one thread too.
 *   shuffle     the same, in an order drawn for each pass from the seed (a keyed permutation; no
 *               list).
 *   once        as sequential, but empty after the last row: `ends` says whether the run (default)
 *               or the user ends then.
 *   random      any row, by the user's own generator: fixed by seed and user, whatever the timing.
 *   arrival     the rows of a trace: arrival k of its load gets row k mod n.
 *   unique      user u (from 0) gets row u, always; empty for users beyond the last row: the user
 *               ends (default) or the run.
 *
 * It watches nothing by itself, and rows are text: it does not know types.
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
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/rng.h"

#define FEEDER_MEMORY_MAX ((size_t)16 << 20)
#define FEEDER_ROW_MAX ((size_t)1 << 20)
#define FEEDER_COLUMNS_MAX 1000

enum feeder_kind {
    FEEDER_CSV,
    FEEDER_JSONL,
    FEEDER_FILES,
    FEEDER_MESSAGES, /* data sets of prompts, see below */
    FEEDER_CUSTOM,
    FEEDER_MOONCAKE,
    FEEDER_SHAREGPT,
    FEEDER_PROMPTS /* made prompts: feeder_prompts.h; no file */
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
    FEEDER_EMPTY, /* `once` and `unique`: no row is left (for this user) */
    FEEDER_FAILED /* the file changed or cannot be read */
};

struct feeder;
struct feeder_prompts;

/* What a draw is for. */
struct feeder_turn {
    uint64_t user; /* its index */
    /* A number that no other draw of the run has, whatever the timing and the number of threads. */
    uint64_t turn;
    uint64_t arrival; /* the number of the arrival, in an open load */
    struct rng *rng;  /* the user's own */
};

/* The row that a user has drawn. */
struct feeder_row { /* begins as {0} */
    struct buf text;
    struct buf made;           /* what is made of the text */
    struct feeder_row *source; /* the trace's row that a prompt was made for */
    struct bytes *fields;      /* by column, of the row's feeder; NULL before the first draw */
    size_t cap;
    uint64_t number; /* of the row, from 0 */
};

void feeder_row_done(struct feeder_row *row);

/* Reads a member of "feeders": its key is the name, its value {"csv": FILE, "mode": ..., "ends":
 * "user" | "run"}, with another kind in place of "csv". The mode is sequential where nothing is
 * said. `trace`: the rows of the scenario's trace, or NULL. */
int feeder_read(struct loader *r, const struct json *v, const struct feeder *trace,
                struct feeder **out);

/* The same without a scenario. The error names the file, and its line where it is about one. */
struct feeder_source {
    enum feeder_kind kind;
    const char *path;
    enum feeder_mode mode;
    bool ends_run;
    char delimiter; /* FEEDER_CSV; 0: as the file's first rows tell */
    bool lenient;   /* FEEDER_JSONL: a line may lack keys of the others, which are empty then */
    const struct feeder_prompts *prompts; /* FEEDER_PROMPTS */
};
int feeder_open(const char *name, const struct feeder_source *from, struct feeder **out,
                struct err *e);
void feeder_free(struct feeder *f);

const char *feeder_name(const struct feeder *f);
enum feeder_kind feeder_kind(const struct feeder *f);
const char *
feeder_path(const struct feeder *f); /* of the file or folder; made prompts: their name */
/* How made prompts are made; FEEDER_PROMPTS only. */
const struct feeder_prompts *feeder_prompts(const struct feeder *f);
/* True where rows have hash ids. */
bool feeder_shares_blocks(const struct feeder *f);
uint64_t feeder_skipped(const struct feeder *f); /* entries of the file that are no rows */
/* True where a row is drawn for an arrival of a trace, and so for nothing else. */
bool feeder_needs_arrival(const struct feeder *f);
bool feeder_ends_run(const struct feeder *f);
uint64_t feeder_rows(const struct feeder *f);  /* at least 1; UINT64_MAX of made prompts */
char feeder_delimiter(const struct feeder *f); /* 0 where it is no CSV */
size_t feeder_columns(const struct feeder *f);
const char *feeder_column(const struct feeder *f, size_t i);
/* The index of a column; false if there is none of this name. */
bool feeder_find_column(const struct feeder *f, const char *name, size_t n, uint32_t *column);

/* Must be called before the first draw of a run, from one thread: the order of `shuffle` follows
 * from the seed, and counting starts again. */
void feeder_start(struct feeder *f, uint64_t seed);

/* Draws a row; `e` is set where it FAILED. */
enum feeder_result feeder_draw(struct feeder *f, const struct feeder_turn *turn,
                               struct feeder_row *row, struct err *e);

#endif
