/*
 * model: everything that a report says about one run, as numbers and texts. The emitters only do
 * the layout.
 *
 * It is made from the counts of the requests (counted.h), which at the end of a run needs no
 * reading of the rows. Figures need one more reading. Memory does not grow with the number of rows.
 * Texts are as in the file, so they are hostile: each emitter escapes them for its own format.
 *
 * Endpoints with the same method and name are one entry, as in Locust. Every endpoint of the file
 * has an entry, called or not. An interrupted run is reported as far as it got. If the reader is
 * restricted to a part of the run (reader_cut), so is the whole model. What exists only for the
 * whole run is then left out: the server side and what the client measured about itself.
 *
 * Ownership: heap. It borrows the reader's strings, so the reader must stay open as long as the
 * model. model_free(NULL) is allowed. Thread: as the reader.
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
#include "report/goodput.h"
#include "report/guess.h"
#include "report/platform.h"
#include "report/platform_tables.h"
#include "report/remark.h"
#include "report/scraped.h"
#include "report/served.h"
#include "report/shard_series.h"
#include "report/stream_series.h"
#include "report/streams.h"
#include "report/table.h"
#include "report/thresholds.h"
#include "stats/heatmap.h"
#include "stats/series.h"
#include "stats/summary.h"
#include "util/err.h"

/* The name of the row over all entries. Its method is "". */
#define MODEL_AGGREGATED "Aggregated"

struct model_options {
    bool locust; /* use Locust's rules instead of exact numbers */
    /* Counts of all requests of the run; borrowed, and used up. NULL: the model reads the rows. */
    struct counted *counted;
    /* Gets each row with all of its members when the model reads it. If set, the model reads the
     * rows at least once. */
    int (*also)(void *context, const struct request *row, struct err *e);
    void *also_context;
    /* Leave out the cold starts that the client estimates. They need another reading. */
    bool no_guess;
    bool intervals; /* tables for people also show the intervals of percentiles */
    bool dialects;  /* also show the streams in other tools' metrics */
    /* Limits of goodput besides those of the run's thresholds; borrowed. NULL: none. */
    const struct gate_rules *goodput;
    /* Gather the data of the figures: series, users, distributions. */
    bool figures;
    /* Already evaluated, borrowed. NULL: the model evaluates them. */
    const struct thresholds *thresholds;
    const struct streams *streams; /* of all rows, borrowed; NULL: the model reads them */
    struct platform_shape shape;   /* size and price of an instance */
};

struct model_entry {
    const char *method, *name;
    struct summary_row row;
};

struct model_error {
    const char *method, *name;
    const char *outcome; /* the word; "" for the kinds that were too many to count separately */
    /* Owned by the model. If the file has no text, the status: "status 503". */
    char *text;
    uint32_t error; /* number of the text in the file; 0: it has no text */
    uint64_t count;
};

struct model {
    const struct reader_run *run;
    const struct reader_cut *cut; /* NULL: the whole run */
    struct model_options options;
    char part[THRESHOLDS_PART_BYTES]; /* "2/8": the run is a part of a load; "": the whole */
    bool by_rate;           /* a load is an arrival rate: the number of users is a limit */
    bool has_failed_bodies; /* the run file has responses that failed */

    struct model_entry *entries; /* by name, then method */
    size_t entry_count;
    struct model_entry aggregated;
    /* Response times differ from service times: an open load. */
    bool times_differ;
    /* The level is missing somewhere, because there are too few requests. */
    bool unsupported[SUMMARY_LEVELS];
    bool uncertain[SUMMARY_LEVELS]; /* somewhere there are too few requests for an interval */

    struct model_error *errors; /* most frequent first; the sum of the counts is the failures */
    size_t error_count;

    struct lines remarks; /* none for a part of a run */

    struct client_summary client;
    struct served_users users_served; /* not known for a part of a run */
    struct flow_tables flows;         /* no tables for a part of a run */
    struct table *shards;             /* NULL: no parts, or a part of a run */

    const struct streams *streams; /* NULL: no response was streamed */
    struct streams *own_streams;   /* the same, if the model read them */

    struct platform *server;   /* NULL: nothing was imported */
    struct platform_cost cost; /* cost of the server side */
    /* NULL: the run has a server log, or the estimate is not convincing. */
    struct guess *guess;
    struct table *tables; /* of the server side or the estimate */
    size_t table_count;

    struct goodput *goodput; /* NULL: no limits, or no streams */
    struct table *dialects;  /* of the streams, see dialects.h; NULL: none, or not requested */

    const struct thresholds *thresholds; /* NULL: the run has none */
    struct thresholds *own;              /* the same, if the model evaluated them */

    /* With options.figures; else NULL and 0. Entry i of `summary` is entries[i]. */
    struct counted *counted;
    struct summary *summary; /* belongs to `counted` */
    struct series *series;
    struct heatmap *heatmap;           /* response times by the second in which the request ended */
    uint32_t *users;                   /* per second */
    struct stream_series *streamed;    /* NULL: no streams */
    struct scraped *scraped;           /* NULL: none, or a part of a run */
    struct shard_series *shard_series; /* NULL: no parts, or a part of a run */
    size_t seconds;                    /* length of the run; `series` may be shorter */
};

int model_new(struct reader *r, const struct model_options *o, struct model **out, struct err *e);
void model_free(struct model *m);

#endif
