/*
 * layout: the model as tables of words, for the emitters that people read (terminal, Markdown).
 *
 * Here is decided what columns there are, how many digits a number gets and what the notes say; how
 * it looks, and the escaping, are the emitter's. Texts in cells are as hostile as they were. It
 * does not serve the machine-readable formats: those take their numbers from the model.
 *
 * Digits: milliseconds have none after the point from 100 on, one from 10 on, two below. Under
 * Locust's rules they are whole, cut off as its console cuts them off.
 *
 * Ownership: layout_init allocates, layout_done frees; cells live in the grid. Thread: plain data.
 */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/model.h"
#include "util/buf.h"
#include "util/err.h"

#define GRID_COLUMNS_MAX 16

/* Kinds of errors that a table shows; the machine-readable formats have all. */
#define LAYOUT_ERRORS_MAX 20

#define LAYOUT_TABLES_MAX (5 + FLOWS_TABLES_MAX + PLATFORM_TABLES_MAX + GUESS_TABLES)

struct grid {
    const char *key; /* a word of our own; NULL: none */
    const char *title;
    size_t columns;
    const char *head[GRID_COLUMNS_MAX];
    bool right[GRID_COLUMNS_MAX]; /* numbers */
    size_t rows;
    size_t total_rows; /* how many rows at the end sum up the others */
    size_t row_height; /* how many rows in succession are about one thing; 0: each stands alone */
    struct buf cells;  /* row by row, each cell ended by a NUL */
    struct buf values; /* a double for each cell: its number, all digits; NAN: it is text */
};

/* Appends a cell. */
void grid_add(struct grid *g, const char *text, double value);

/* NAN also where a grid was made without values. */
double grid_value(const struct grid *g, size_t cell);

/* The cell after this one. Start with buf_text(&grid->cells). */
const char *grid_next(const char *cell);

struct layout {
    struct grid facts;                     /* what run this is: two columns, no head */
    struct grid tables[LAYOUT_TABLES_MAX]; /* requests, response times, service times,
                                              iterations, checks, thresholds, errors, those of the
                                              server: those that there are */
    size_t table_count;
    struct grid client; /* without rows where the file tells nothing about the client */
    struct buf notes;   /* each ended by a NUL */
    size_t note_count;
    struct buf verdict; /* one line, "" where the run was cut short */
};

/* Fills an initialised grid; inside of layout_init(). */
void layout_client(struct grid *g, const struct client_summary *c);

/* The tables of the server's side and what a reader has to know of them; inside layout_init(). */
void layout_table(struct grid *g, const struct table *t);
void layout_platform_notes(const struct model *m, void (*note)(void *context, const char *text),
                           void *context);

/* Makes the grid of thresholds; its cells are the caller's to free. */
struct thresholds;
void layout_thresholds(struct grid *g, const struct thresholds *t);

int layout_init(struct layout *l, const struct model *m, struct err *e);
void layout_done(struct layout *l);

#endif
