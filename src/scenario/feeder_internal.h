/*
 * feeder_internal: shared by the kinds of feeders.
 *
 * Internal to scenario/feeder*.c and trace*.c. Ownership: the feeder owns everything except the
 * trace that prompts are generated for.
 * Thread: one while opening, then read-only, except for the counter.
 */
#ifndef SCENARIO_FEEDER_INTERNAL_H
#define SCENARIO_FEEDER_INTERNAL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "scenario/feeder.h"
#include "scenario/feeder_prompts.h"
#include "scenario/jsonscan.h"

#define FEEDER_NO_COLUMN UINT32_MAX
/* Size limit of a data set's row, which may contain a whole conversation. */
#define FEEDER_ENTRY_MAX ((size_t)16 << 20)
#define FEEDER_MADE_MAX ((size_t)64 << 20)

/* Columns that others are generated from, and generated columns. */
enum feeder_role {
    FEEDER_INPUT,  /* prompt tokens, as in the file */
    FEEDER_OUTPUT, /* answer tokens, as in the file */
    FEEDER_HASHES, /* list of block numbers */
    FEEDER_INPUT_TOKENS,
    FEEDER_OUTPUT_TOKENS,
    FEEDER_MESSAGES_LIST,
    FEEDER_PROMPT,
    FEEDER_TEXT,
    FEEDER_WORDS,
    FEEDER_ANSWER,
    FEEDER_ANSWER_WORDS,
    FEEDER_ID,
    FEEDER_ROLES
};

/* Fills the first base_count fields from the file. */
typedef int feeder_fields_fn(const struct feeder *f, struct feeder_row *row, struct err *e);

/* Fills the fields that are generated from them. */
typedef int feeder_make_fn(const struct feeder *f, struct feeder_row *row,
                           const struct feeder_turn *turn, struct err *e);

struct feeder {
    char *name, *path;
    enum feeder_kind kind;
    enum feeder_mode mode;
    bool ends_run;
    char delimiter;   /* FEEDER_CSV: field separator; 0 until known */
    const char *head; /* FEEDER_CSV, while opening: the header that the file lacks, or NULL */
    int fd;           /* -1: a folder */
    struct stat st;
    char *memory; /* the whole file, or NULL */
    size_t size;  /* of the file */
    char **columns;
    size_t column_count, column_cap;
    size_t base_count; /* columns of the file; those after them are generated */
    /* JSON Lines: keys may be missing in a line; the field is then NULL for make(). */
    bool lenient;
    feeder_fields_fn *fields; /* NULL: FEEDER_PROMPTS */
    /* Fills the columns from base_count on; NULL: there are none. */
    feeder_make_fn *make;
    uint32_t role[FEEDER_ROLES]; /* the column, or FEEDER_NO_COLUMN */
    uint64_t *offsets;           /* start of each row, and the end of the last */
    size_t rows, row_cap;
    size_t skipped; /* entries of the file that are not rows */
    char **files;   /* FEEDER_FILES: the file names */
    uint64_t key;   /* for shuffle and for generated prompts */
    /* FEEDER_PROMPTS, and FEEDER_MOONCAKE, whose `source` is the feeder itself. */
    struct feeder_prompts prompts;
    uint32_t step;          /* from one draw of this machine to its next */
    _Atomic uint64_t drawn; /* number of the next draw */
};

/* Each scans the feeder's file for its columns and the offsets of its rows. */
int feeder_csv_open(struct feeder *f, struct err *e);
int feeder_jsonl_open(struct feeder *f, struct err *e);
int feeder_files_open(struct feeder *f, struct err *e);
int feeder_files_sha256(const struct feeder *f, char out[SHA256_HEX_BYTES], struct err *e);
int feeder_sharegpt_open(struct feeder *f, struct err *e);
/* Adds the generated columns and checks every row of FEEDER_MESSAGES, FEEDER_CUSTOM and
 * FEEDER_MOONCAKE. Call after feeder_jsonl_open(). */
int feeder_dataset_open(struct feeder *f, struct err *e);
int feeder_prompts_open(struct feeder *f, const struct feeder_prompts *from, struct err *e);

/* The key for a feeder's generated prompts: it depends on the feeder's name, so feeders generate
 * different prompts. */
uint64_t feeder_prompts_key(const struct feeder *f, uint64_t seed_key);

/* Finds a member of the JSON object at p. Returns false if it is not an object or has no such
 * member. Of duplicate keys, the first is used. */
bool feeder_json_find(struct jsonscan *s, const char *p, const char *name, struct bytes *out);

/* True if the raw JSON is a string with this text. */
bool feeder_json_is(struct bytes raw, const char *text);

/* Appends a JSON string, decoded. */
void feeder_json_text(struct buf *out, struct bytes raw);

/* Counts the words of a text, separated by spaces. */
uint64_t feeder_count_words(struct bytes text);

/* Each parses the row's text into fields (for files, the row's number). */
int feeder_csv_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_jsonl_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_files_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_sharegpt_fields(const struct feeder *f, struct feeder_row *row, struct err *e);

/* Makes the row of this number, for a turn. */
int feeder_row_make(const struct feeder *f, uint64_t number, const struct feeder_turn *turn,
                    struct feeder_row *row, struct err *e);

/* Fails if the open file has changed. */
int feeder_check_file(const struct feeder *f, struct err *e);

/* Calls `look` for each row, in file order, with the fields as in the file. File and line are
 * put in front of its errors. */
typedef int feeder_look_fn(void *context, const struct feeder_row *row, struct err *e);
int feeder_each(const struct feeder *f, feeder_look_fn *look, void *context, struct err *e);

/* Keeps `count` rows from `first` on; drops the others. */
void feeder_window(struct feeder *f, uint64_t first, uint64_t count);

/* Allocates the fields of a row. */
int feeder_row_reserve(const struct feeder *f, struct feeder_row *row, struct err *e);

/* Detects the separator of a CSV file from its first bytes. `whole`: they are the whole file. */
char feeder_csv_delimiter(const char *bytes, size_t n, bool whole);

/* Adds a column; copies the name. Fails if the name is empty or a duplicate, or if there are too
 * many columns. */
int feeder_column_add(struct feeder *f, const char *name, size_t n, struct err *e);

/* Gives the role to the column of this name: the file's if it has one, else a new generated one.
 * Returns -1 if a new column cannot be added. */
int feeder_column_make(struct feeder *f, enum feeder_role role, const char *name, struct err *e);

int feeder_row_add(struct feeder *f, uint64_t offset, struct err *e);

/* Reads up to n bytes at an offset, from memory or the file. Returns 0 at the end, -1 on
 * failure. */
long feeder_bytes(const struct feeder *f, uint64_t offset, char *to, size_t n, struct err *e);

/* Returns the field of a role. data NULL: the row has none. */
struct bytes feeder_field(const struct feeder *f, const struct feeder_row *row,
                          enum feeder_role role);

/* Sets the field of a generated column. Does nothing if the file has a column of this name. */
void feeder_put(const struct feeder *f, struct feeder_row *row, enum feeder_role role,
                struct bytes value);

#endif
