/*
 * feeder_internal: what the kinds of feeders share.
 *
 * Internal to scenario/feeder*.c and trace*.c. Ownership: the feeder owns all of it, but for the
 * trace that prompts are made for.
 * Thread: one while opening; then read only, but for the counter.
 */
#ifndef SCENARIO_FEEDER_INTERNAL_H
#define SCENARIO_FEEDER_INTERNAL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "scenario/feeder.h"
#include "scenario/feeder_prompts.h"
#include "scenario/jsonscan.h"

#define FEEDER_NO_COLUMN UINT32_MAX
/* Of a data set's row, which may hold a whole conversation. */
#define FEEDER_ENTRY_MAX ((size_t)16 << 20)
#define FEEDER_MADE_MAX ((size_t)64 << 20)

/* Columns that something is made of, and columns that are made. */
enum feeder_role {
    FEEDER_INPUT,  /* number of tokens of the prompt, as the file has it */
    FEEDER_OUTPUT, /* of the answer */
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

/* Fills the first base_count fields with what the file says. */
typedef int feeder_fields_fn(const struct feeder *f, struct feeder_row *row, struct err *e);

/* Fills those that are made of them. */
typedef int feeder_make_fn(const struct feeder *f, struct feeder_row *row,
                           const struct feeder_turn *turn, struct err *e);

struct feeder {
    char *name, *path;
    enum feeder_kind kind;
    enum feeder_mode mode;
    bool ends_run;
    char delimiter; /* FEEDER_CSV: between two fields; 0 until it is known */
    int fd;         /* -1: a folder */
    struct stat st;
    char *memory; /* the whole file, or NULL */
    size_t size;  /* of the file */
    char **columns;
    size_t column_count, column_cap;
    size_t base_count;        /* of them, those of the file; the others are made */
    bool lenient;             /* JSON Lines: a line may lack a key; its field is NULL for make() */
    feeder_fields_fn *fields; /* NULL: FEEDER_PROMPTS */
    feeder_make_fn *make;     /* fills the columns behind base_count; NULL: there are none */
    uint32_t role[FEEDER_ROLES]; /* the column, or FEEDER_NO_COLUMN */
    uint64_t *offsets;           /* where each row begins; one more for the end */
    size_t rows, row_cap;
    size_t skipped; /* entries of the file that are no rows */
    char **files;   /* FEEDER_FILES: the names */
    uint64_t key;   /* of shuffle and of made prompts */
    struct feeder_prompts
        prompts; /* FEEDER_PROMPTS, and FEEDER_MOONCAKE, whose `source` is itself */
    _Atomic uint64_t drawn;
};

/* Each reads what the feeder's file holds: columns and where the rows are. */
int feeder_csv_open(struct feeder *f, struct err *e);
int feeder_jsonl_open(struct feeder *f, struct err *e);
int feeder_files_open(struct feeder *f, struct err *e);
int feeder_sharegpt_open(struct feeder *f, struct err *e);
/* Made columns, and a look at every row, of FEEDER_MESSAGES, FEEDER_CUSTOM and FEEDER_MOONCAKE
 * after feeder_jsonl_open(). */
int feeder_dataset_open(struct feeder *f, struct err *e);
int feeder_prompts_open(struct feeder *f, const struct feeder_prompts *from, struct err *e);

/* The key of a feeder whose prompts are made: feeders of other names make others. */
uint64_t feeder_prompts_key(const struct feeder *f, uint64_t seed_key);

/* The member of the JSON object at p; false where it is no object or has none. Of equal keys the
 * first counts. */
bool feeder_json_find(struct jsonscan *s, const char *p, const char *name, struct bytes *out);

/* True where raw JSON is a string of this text. */
bool feeder_json_is(struct bytes raw, const char *text);

/* Appends a JSON string, decoded. */
void feeder_json_text(struct buf *out, struct bytes raw);

/* Words of a text: what stands between spaces. */
uint64_t feeder_count_words(struct bytes text);

/* Each makes fields of the row's text (of its number, for files). */
int feeder_csv_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_jsonl_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_files_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_sharegpt_fields(const struct feeder *f, struct feeder_row *row, struct err *e);

/* The row of this number, for a turn. */
int feeder_row_make(const struct feeder *f, uint64_t number, const struct feeder_turn *turn,
                    struct feeder_row *row, struct err *e);

/* Fails unless the open file is as it was. */
int feeder_check_file(const struct feeder *f, struct err *e);

/* Calls `look` for each row, with its fields as the file has them, in the order of the file. What
 * it says of a row gets the file and line in front. */
typedef int feeder_look_fn(void *context, const struct feeder_row *row, struct err *e);
int feeder_each(const struct feeder *f, feeder_look_fn *look, void *context, struct err *e);

/* Keeps the rows from `first` on, `count` of them. */
void feeder_window(struct feeder *f, uint64_t first, uint64_t count);

/* Room for the fields of a row. */
int feeder_row_reserve(const struct feeder *f, struct feeder_row *row, struct err *e);

/* What separates the fields of a CSV file that begins with these bytes; `whole`: they are all of
 * it. */
char feeder_csv_delimiter(const char *bytes, size_t n, bool whole);

/* Takes a copy of the name; fails where it is empty, given already, or one too many. */
int feeder_column_add(struct feeder *f, const char *name, size_t n, struct err *e);

/* The column that has this role is the one of this name: the file's, or a made one. False: the file
 * has it. */
int feeder_column_make(struct feeder *f, enum feeder_role role, const char *name, struct err *e);

int feeder_row_add(struct feeder *f, uint64_t offset, struct err *e);

/* Reads up to n bytes at an offset, from memory or the file; 0 at its end, -1 on failure. */
long feeder_bytes(const struct feeder *f, uint64_t offset, char *to, size_t n, struct err *e);

/* The field of a role, or NULL data where the row has none. */
struct bytes feeder_field(const struct feeder *f, const struct feeder_row *row,
                          enum feeder_role role);

/* Sets the field of a made column; nothing where the file has a column of this name. */
void feeder_put(const struct feeder *f, struct feeder_row *row, enum feeder_role role,
                struct bytes value);

#endif
