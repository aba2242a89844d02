/*
 * from_log: access logs and lists of URLs.
 *
 * from_log.c reads and counts, from_log_write.c fills the draft: a task for each of the most
 * frequent requests, with its share as weight, and one for each method for the others. Internal to
 * convert/. Ownership: log_read() owns all; the draft is the caller's. Thread: one.
 */
#ifndef CONVERT_FROM_LOG_H
#define CONVERT_FROM_LOG_H

#include "convert/convert.h"
#include "convert/draft.h"
#include "convert/log_request.h"
#include "convert/log_secret.h"
#include "convert/log_tally.h"
#include "convert/pointer_map.h"
#include "import/import_split.h"

#define LOG_TASKS_MAX 1000    /* requests that are a task of their own */
#define LOG_GROUPS_MAX 4096   /* methods and hosts */
#define LOG_TIMES_MAX 2000000 /* arrivals of --times */
#define LOG_SECRET '\1'       /* in a text: where the value of a parameter was */
#define LOG_BODY '\2'         /* in a text: what follows is the body */

/* What is counted together: one method and host. */
struct log_group {
    char *method, *host; /* host: lower case, "" if the log names none */
    bool https, scheme_known;
    uint64_t requests;
    bool kept;
};

struct log_time {
    int64_t us;
    uint32_t group;
};

struct log_reader {
    struct draft *d;
    const struct convert_options *o;
    const char *name; /* of the source, for errors */
    struct err *e;
    bool urls;
    struct import_split split; /* of JSON */
    struct log_request request;
    struct log_tally tally;
    struct log_secrets secrets;
    struct log_group *groups[LOG_GROUPS_MAX];
    size_t group_count, last_group;
    struct pointer_map by_group;
    struct buf key, text;

    /* Lines, or entries of JSON, that are no request, by kind; the first of each. */
    uint64_t skipped[LOG_STRANGE + 1], first[LOG_STRANGE + 1];
    uint64_t ungrouped; /* requests beyond LOG_GROUPS_MAX */
    uint64_t requests, bots, untimed, headers;
    int64_t first_us, last_us; /* of requests; last before first: no times */
    bool whole_seconds;
    struct log_time *times;
    size_t time_count, time_cap;
    bool too_many_times, failed; /* failed: out of memory */
};

/* What is being made of it. */
struct log_writer {
    struct log_reader *l;
    struct draft *d;
    const char *name;
    struct log_entry **entries;
    size_t count;
    uint64_t kept;           /* requests to hosts that are kept */
    double scale;            /* weight of one request */
    uint64_t failed, assets; /* of all requests */
    uint64_t lost;           /* of those that are kept: not in the scenario */
    struct buf feeders;
};

/* Appends a path with its query as a scenario may send it: what a request line cannot hold is
 * percent-encoded, and LOG_SECRET replaces values of parameters whose names say that they are
 * secret. */
void log_text(struct buf *out, struct log_secrets *secrets, const char *target, size_t n);

/* Fills the draft with what was counted. */
int log_write(struct log_reader *l, const char *name, struct err *e);

/* A host as a target: "https://shop.example". */
const char *log_origin(struct draft *d, const struct log_group *g);

/* Decides which groups are kept, and sets the target. */
int log_choose_host(struct log_writer *w, struct err *e);

/* Writes the times of --times as a trace next to the scenario, and its load. */
int log_write_times(struct log_writer *w, struct err *e);

/* Notes what is known of the whole log, and what of it is left out. */
void log_note(struct log_writer *w);

/* The error if nothing of it can be sent. */
int log_nothing(const struct log_writer *w, struct err *e);

#endif
