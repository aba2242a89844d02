/*
 * document: the output of a command, for every format to write: a title, facts, sections, notes and
 * a verdict.
 *
 * Documents are made by report (document_init), compare (comparison.h), gate (gate_document.h) and
 * reports of several runs (group.h). Each format is one writer of documents: emit.h, html.h,
 * figure.h, findings.h.
 *
 * A section is a table, a figure or a list of lines. To add a table to reports, add a row in
 * document.c and a function that fills it. To add a figure, add a row in figure_table.c and a
 * function that adds its series. Then every format has them:
 *
 *   table, markdown, latex  the tables, in the order of the rows
 *   html                    both, in the part of the page that they name
 *   json                    a table under its key
 *   csv                     one table of the document; each other one is a file KEY.csv
 *   numbers.json            the SQL behind its numbers, if the table knows it (table.h)
 *   a report's folder       figures as SVG, PNG, PDF, pgfplots and CSV (figure.h)
 *   junit                   what was evaluated: `suites`
 *
 * If a figure has no data and says why, there is a note.
 *
 * Texts in a document are hostile and not escaped; writers escape them.
 *
 * Ownership: document_start allocates nothing, document_done frees. The source of a document is
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

/* Number of kinds of errors in a table; machine-readable formats have all. */
#define DOCUMENT_ERRORS_MAX 20

/* Where programs find a table. */
enum section_programs {
    SECTION_PLAIN,  /* a member of the JSON; KEY.csv */
    SECTION_FIRST,  /* the same, before the notes of the JSON, and first in numbers.json */
    SECTION_LAST,   /* the same, behind the plain ones; an evaluation, so it has no SQL */
    SECTION_SERVER, /* a member of "server" in the JSON; server_KEY.csv */
    SECTION_PEOPLE  /* nowhere: its numbers are in another table or in `json` */
};

/* Which formats for people contain it. */
enum section_people { SECTION_EVERYWHERE, SECTION_IN_TEXT, SECTION_IN_MARKDOWN, SECTION_NOWHERE };

/* A table, a figure or lines; the other two are NULL. */
struct section {
    struct section *next;           /* in the order of the document */
    enum section_programs programs; /* of a table */
    enum section_people people;
    /* The part of the HTML page that contains it (an id in html_page.c). NULL: "more". */
    const char *page;
    const char *caption; /* of the table in HTML; NULL: its title */
    const struct table *table;
    struct figure *figure; /* it may be absent (figure.there) */
    struct lines *lines;
    struct table own; /* the table, if the document made it */
    /* Of the table; owned, if they were made for it. The remark is shown below the table, without
     * escaping. */
    char *title, *remark;
    /* Of an evaluation, shown above the table in HTML, without escaping; owned; NULL: none. */
    char *result;
    enum finding_state state; /* of the result */
};

/* How a page begins and how LaTeX names the whole, if the document is not that of a run. */
struct document_front {
    const char *kind;         /* "Capacity": what it is */
    const char *of;           /* "search for capacity": what has the name */
    const char *name;         /* borrowed */
    enum finding_state state; /* of the box at the top: */
    struct buf word, sentence;
    struct lines remarks; /* below it */
};

struct document {
    const struct model *model;   /* of a report; NULL for other documents */
    struct document_front front; /* of a document without a model */
    const void *of;              /* source of the document, for `json` */
    struct buf title;            /* shown in Markdown */
    bool bare;                   /* formats for people show only the tables */
    struct table facts;          /* which run this is: pairs without a title */
    struct table headline;       /* one row: what people look for first */
    struct section *first, *last;
    bool failed; /* out of memory for a section */
    /* Pairs. No rows if the file has no data about the client and no user was starved. */
    struct table client;
    struct lines notes; /* the remarks of the model come first */
    struct buf verdict; /* one line; "" if the run was interrupted */
    void (*json)(struct json_writer *w,
                 const struct document *d); /* writes the members of the JSON */
    /* Writes what a paper needs next to the tables: paragraphs of plain text, each ended by a NUL.
     * NULL: there are none, or those of a run (methods.h). */
    void (*methods)(struct buf *out, const struct document *d);
    const struct table *csv; /* the table that is the CSV; NULL: there is no CSV */
    const char *suites_name; /* name of all suites; NULL: none */
    struct finding_suite suites[DOCUMENT_SUITES_MAX];
    size_t suite_count;
    char seed[24]; /* a property of a suite */
};

/* Makes an empty document. */
void document_start(struct document *d, const void *of);
void document_done(struct document *d);

/* Returns -1 if there was not enough memory for all of it. */
int document_check(const struct document *d, struct err *e);

/* Makes a report. It has figures if the model was made with options.figures. */
int document_init(struct document *d, const struct model *m, struct err *e);

/* Adds a section and returns its empty table for the caller to fill. NULL: out of memory, which
 * document_check() reports. */
struct table *document_add(struct document *d, enum section_programs programs, const char *page,
                           const char *caption);

/* The same with a title and a remark that were made for the table. Takes ownership of both, also on
 * failure. A remark of NULL is none. */
struct table *document_add_titled(struct document *d, enum section_programs programs, char *title,
                                  char *remark);

/* Adds a section of lines for the caller to fill. NULL: out of memory, as above. */
struct lines *document_add_lines(struct document *d, enum section_people people,
                                 const char *heading);

/* Adds a section with a copy of the figure for the caller to fill. */
struct figure *document_add_figure(struct document *d, const struct figure *what, struct err *e);

/* Adds a figure for each row of a table of figures. */
int document_add_figures(struct document *d, const struct figure_row *row, struct err *e);

/* The next section with a table (a figure) after this one; NULL starts at the first. Returns NULL
 * if there is none. */
const struct section *document_table(const struct document *d, const struct section *after);
/* The same for people: without the tables of SECTION_NOWHERE. */
const struct section *document_shown_table(const struct document *d, const struct section *after);
const struct section *document_figure(const struct document *d, const struct section *after);

/* "iterations", "server_cost": the name of a table in files and in labels. */
#define DOCUMENT_KEY_BYTES 64
void document_key(const struct section *s, char out[DOCUMENT_KEY_BYTES]);

/* Whether a section with this key has a file KEY.csv, in this report or another. */
bool document_key_has_csv(const char *key);

bool document_has(const struct document *d, enum section_programs programs);

/* Parts of document_init(), each in its own file. */
void document_facts(struct document *d);
void document_client(struct document *d);
void document_notes(struct document *d);
void document_json(struct json_writer *w, const struct document *d);
void document_findings(const void *model, finding_fn *fn, void *context);

#endif
