/*
 * document: what a command shows, as every format writes it: a title, facts, sections, notes and a
 * verdict.
 *
 * report (document_init), compare (comparison.h), gate (gate_document.h) and reports of several
 * runs (group.h) make documents; each format is one writer of them: emit.h, html.h, figure.h,
 * findings.h.
 *
 * A section is a table, a figure or a list of lines. A new table of a report is a row in document.c
 * and a function that fills it; a new figure is a row in figure_table.c and a function that adds
 * its series. Every format has them then:
 *
 *   table, markdown, latex  the tables, in the order of the rows
 *   html                    both, in the part of the page that they name
 *   json, csv               a table under its key, in the JSON and as KEY.csv, unless the contract
 *                           gives it a shape of its own there (SECTION_SHAPED): then `json` and
 *                           `csv` of the document make that
 *   numbers.json            the SQL behind its numbers, where the table knows it (table.h)
 *   a report's folder       figures as SVG, PNG, PDF, pgfplots and CSV (figure.h)
 *   junit                   what was judged: `suites`
 *
 * Where a figure has no data and says why, there is a note.
 *
 * Texts in it are as hostile as they were; writers escape.
 *
 * Ownership: document_start allocates nothing, document_done frees. What a document is made of is
 * borrowed, and so are its tables and names. Thread: plain data.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/figure_table.h"
#include "report/findings.h"
#include "report/lines.h"
#include "report/model.h"
#include "report/table.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json_write.h"

#define DOCUMENT_SUITES_MAX 2

/* Kinds of errors that a table shows; the machine-readable formats have all. */
#define DOCUMENT_ERRORS_MAX 20

enum section_programs {
    SECTION_PLAIN,  /* a member of the JSON; KEY.csv */
    SECTION_SERVER, /* a member of the JSON's "server"; server_KEY.csv */
    SECTION_SHAPED  /* CSV and JSON have a shape of their own for it */
};

/* Which formats for people have it. */
enum section_people { SECTION_EVERYWHERE, SECTION_IN_TEXT, SECTION_IN_MARKDOWN };

/* A table, a figure or lines: the other two are NULL. */
struct section {
    struct section *next;           /* in the order of the document */
    enum section_programs programs; /* of a table */
    enum section_people people;
    /* The part of the HTML page that has it (an id of html_page.c); NULL: "more". */
    const char *page;
    const char *caption; /* of the table there; NULL: its title */
    const struct table *table;
    struct figure *figure; /* may be one that is not there */
    struct lines *lines;
    struct table own; /* where the document made the table */
    /* Of the table, owned, if they were made for it. The remark is shown under it, without
     * escaping. */
    char *title, *remark;
};

struct document {
    const struct model *model; /* of a report; else NULL */
    const void *of;            /* what it is made of: for the functions below */
    struct buf title;          /* Markdown has it */
    bool bare;                 /* formats for people have the tables alone */
    struct table facts;        /* what run this is: pairs without a title */
    struct section *first, *last;
    bool failed;         /* memory did not suffice for a section */
    struct table client; /* pairs; no rows where the file tells nothing about the client and no user
                            was starved */
    struct lines notes;  /* the model's remarks come first */
    struct buf verdict;  /* one line, "" if the run was interrupted */
    void (*json)(struct json_writer *w, const struct document *d); /* the members of the JSON */
    void (*csv)(struct buf *out, const struct document *d);        /* NULL: there is none */
    const char *suites_name;                                       /* of all; NULL: none */
    struct finding_suite suites[DOCUMENT_SUITES_MAX];
    size_t suite_count;
    char seed[24]; /* a property of a suite */
};

/* An empty one. */
void document_start(struct document *d, const void *of);
void document_done(struct document *d);

/* Whether memory sufficed for all of it. */
int document_check(const struct document *d, struct err *e);

/* A report. With the figures, where the model was made with options.figures. */
int document_init(struct document *d, const struct model *m, struct err *e);

/* Adds a section and returns its empty table, for the caller to fill. NULL: no memory, which
 * document_check() tells. */
struct table *document_add(struct document *d, enum section_programs programs, const char *page,
                           const char *caption);

/* The same with a title and a remark of the table that are made for it. Frees them on failure too;
 * NULL is no remark. */
struct table *document_add_titled(struct document *d, enum section_programs programs, char *title,
                                  char *remark);

/* Adds a section of lines, for the caller to fill. NULL as above. */
struct lines *document_add_lines(struct document *d, enum section_people people,
                                 const char *heading);

/* Adds a section with a copy of the figure, for the caller to fill. */
struct figure *document_add_figure(struct document *d, const struct figure *what, struct err *e);

/* One for each row of a table of figures. */
int document_add_figures(struct document *d, const struct figure_row *row, struct err *e);

/* The first section with a table (a figure) behind this one; NULL: from the start, and if there is
 * none. */
const struct section *document_table(const struct document *d, const struct section *after);
const struct section *document_figure(const struct document *d, const struct section *after);

/* "iterations", "server_cost": the name of a table in files, and in labels. */
#define DOCUMENT_KEY_BYTES 64
void document_key(const struct section *s, char out[DOCUMENT_KEY_BYTES]);

/* Whether a section of that name, of this report or of another, has a file KEY.csv. */
bool document_key_has_csv(const char *key);

/* The section with the table of that key, or NULL. */
const struct section *document_section(const struct document *d, const char *key);

bool document_has(const struct document *d, enum section_programs programs);

/* Every kind of error; people see the first ones. */
void document_errors(struct table *t, const struct model *m);

/* Pieces of document_init(), in files of their own. */
void document_facts(struct document *d);
void document_client(struct document *d);
void document_notes(struct document *d);
void document_json(struct json_writer *w, const struct document *d);
void document_csv(struct buf *out, const struct document *d);
void document_csv_thresholds(struct buf *out, const struct model *m);
void document_findings(const void *model, finding_fn *fn, void *context);

#endif
