/*
 * model: everything a report says about one run, as numbers and texts; the emitters only lay it
 * out.
 *
 * Made of what was counted of the requests (counted.h), which at the end of a run takes no reading
 * of the rows; figures take another one. Memory does not grow with their number. Texts are as they
 * stand in the file, so they are hostile: an emitter escapes each for its own format.
 *
 * Endpoints with the same method and name are one entry, as in Locust. Every endpoint of the file
 * has an entry, called or not. An interrupted run is reported as far as it got. Where the
 * reader shows a part of the run (reader_cut), so does all of the model, and what there is of the
 * whole run only, the server's side and what the client saw of itself, is left out.
 *
 * Ownership: heap; it borrows the reader's strings, so the reader must stay open while it lives;
 * model_free(NULL) is fine. Thread: as the reader.
 */
#ifndef REPORT_MODEL_H
#define REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/client.h"
#include "report/counted.h"
#include "report/flow_tables.h"
#include "report/guess.h"
#include "report/platform.h"
#include "report/platform_tables.h"
#include "report/remarks.h"
#include "report/scraped.h"
#include "report/served.h"
#include "report/stream_series.h"
#include "report/streams.h"
#include "report/table.h"
#include "report/thresholds.h"
#include "stats/heatmap.h"
#include "stats/series.h"
#include "stats/summary.h"
#include "util/err.h"

/* The name of the row over all entries; its method is "". */
#define MODEL_AGGREGATED "Aggregated"

struct model_options {
    bool locust;             /* Locust's rules instead of exact numbers */
    struct counted *counted; /* of all requests of the run, borrowed, spent; NULL: reads the rows */
    /* Is given each row with all of its members, as the model reads it; then it reads them once at
     * least. */
    int (*also)(void *context, const struct request *row, struct err *e);
    void *also_context;
    bool no_guess;  /* leave out the cold starts by the client alone: they take another reading */
    bool intervals; /* tables for people show the intervals of percentiles, too */
    bool dialects;  /* the streams in other tools' words, too */
    bool figures; /* gather what the data behind the figures needs: series, users, distributions */
    const struct thresholds *thresholds; /* judged already, borrowed; NULL: the model judges */
    const struct streams *streams;       /* of all rows, borrowed; NULL: the model reads them */
    struct platform_shape shape;         /* what an instance is and costs */
};

struct model_entry {
    const char *method, *name;
    struct summary_row row;
};

struct model_error {
    const char *method, *name;
    const char *outcome; /* the word, or "" for the kinds that were too many to tell apart */
    char *text;          /* of the model; where the file has none, the status: "status 503" */
    uint32_t error;      /* number of the text in the file; 0: it has none */
    uint64_t count;
};

struct model {
    const struct reader_run *run;
    const struct reader_cut *cut; /* NULL: the whole run */
    struct model_options options;

    struct model_entry *entries; /* by name, then method */
    size_t entry_count;
    struct model_entry aggregated;
    bool times_differ;                /* response times are not service times: an open load */
    bool unsupported[SUMMARY_LEVELS]; /* left out somewhere: too few requests stand behind it */
    bool uncertain[SUMMARY_LEVELS];   /* somewhere too few requests for an interval */

    struct model_error *errors; /* most frequent first; their counts add up to the failures */
    size_t error_count;

    struct remarks remarks; /* none on a part of a run */

    struct client_summary client;
    struct served_users users_served; /* not known on a part of a run */
    struct flow_tables flows;         /* without tables of a part of a run */

    const struct streams *streams; /* NULL: no answer was a stream */
    struct streams *own_streams;   /* where the model read them */

    struct platform *server;   /* NULL: nothing was imported */
    struct platform_cost cost; /* of it */
    struct guess *guess;       /* NULL: there is the server's log, or nothing convinces */
    struct table *tables;      /* of either */
    size_t table_count;

    struct table *dialects; /* of streams, see dialects.h; NULL: none, or not asked for */

    const struct thresholds *thresholds; /* NULL: the run has none */
    struct thresholds *own;              /* where the model judged them */

    /* With options.figures; else NULL and 0. Entry i of `summary` is entries[i]. */
    struct counted *counted;
    struct summary *summary; /* its own */
    struct series *series;
    struct heatmap *heatmap;        /* response times by the second of the request's end */
    uint32_t *users;                /* per second */
    struct stream_series *streamed; /* NULL: no streams */
    struct scraped *scraped;        /* NULL: nothing, or on a part of a run */
    size_t seconds;                 /* of the run; `series` may be shorter */
};

int model_new(struct reader *r, const struct model_options *o, struct model **out, struct err *e);
void model_free(struct model *m);

#endif
