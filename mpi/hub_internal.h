/* hub_internal: what the files of the hub share. */
#ifndef MPI_HUB_INTERNAL_H
#define MPI_HUB_INTERNAL_H

#include <stdint.h>
#include <stdio.h>

#include "cli/locust_view.h"
#include "control/whole.h"
#include "hub.h"
#include "notes.h"
#include "offset.h"

#define HUB_SILENT_NS WATCH_SILENT_NS
#define HUB_LOST_NS WATCH_LOST_NS

enum hub_phase {
    HUB_HELLO,   /* waits for the ranks */
    HUB_READY,   /* waits for the load processes */
    HUB_SETUP,   /* part 0 sends its setup */
    HUB_GO,      /* the start is known; waits until all know it */
    HUB_LOAD,    /* load is sent */
    HUB_COLLECT, /* the files come */
    HUB_REFUSED, /* ends what was started */
    HUB_OVER
};

struct hub_part {
    char host[65];
    char path[4096 + 64]; /* on its host; "": not known yet */
    struct buf in;        /* from its load process, up to the next line */
    struct buf facts;     /* its lines "fact" */
    size_t value_left;    /* bytes of a value that are still to come */
    bool hello, ready, described, wants_setup, over, teardown;
    uint32_t confirmed; /* how many starts it knows */
    bool exited, failed;
    int code, signal;  /* of the load process */
    struct buf errors; /* what it said, or why it failed */
    bool told_errors;

    int64_t heard_ns;  /* its agent */
    int64_t report_ns; /* its load process, in the load */
    bool silent, lost, busy, overdue;

    struct offset begin, end;
    char file[4096 + 128]; /* where its file is collected */
    int64_t size, got;     /* of the file; size -1: not known */
    bool collected, no_file;
    int64_t piece_ns; /* when the last piece came */
};

struct hub {
    struct hub_options o;
    struct mail *mail;
    enum hub_phase phase;
    struct hub_part *parts;
    uint32_t count;
    int64_t phase_ns; /* when the phase began */
    int64_t alive_ns, turn_ns;
    int code; /* of a run that was refused */

    struct buf rules, stages, about;
    int64_t duration_ns;
    uint32_t users_max;
    struct whole *whole;
    int64_t start_ns, start_real_ns;
    uint32_t starts; /* how many were chosen: all but the last were put off */
    bool begun, stopped, told_signal, discarded;
    int signal;             /* the first one; 0: none */
    struct err said;        /* the last note */
    int64_t next_ns;        /* of what is shown */
    struct control control; /* who it is shown to, and who may stop it */
    void *progress;         /* the one of them on the terminal; NULL: it is not shown there */
    bool page;
    /* Somebody wants each endpoint, errors and events: a page, a receiver of metrics. */
    bool followed;
    struct notes *notes;
    struct locust_view *locust; /* of the page; NULL: there is none yet */

    uint32_t collecting;
    FILE *file;
    const char **files;
};

/* For people, on stderr. hub_name() is "part 2 (host h3)"; the text lives until the next call. */
const char *hub_name(const struct hub *h, const struct hub_part *p);
void hub_note(struct hub *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells all parts to stop; `why` as in "stop WHY". */
void hub_stop(struct hub *h, const char *why);

/* A line of a load process. */
void hub_line(struct hub *h, struct hub_part *p, const char *line);

/* Nothing was sent, and nothing will be. */
void hub_refuse(struct hub *h, int code);

void hub_say(struct hub *h, const struct hub_part *p, const char *line);

/* Removes the progress from the terminal. */
void hub_clear(const struct hub *h);

/* ---- hub_start.c ---- */
void hub_turn_start(struct hub *h);

/* ---- hub_load.c ---- */
int hub_begin_load(struct hub *h, struct err *e);
void hub_turn_load(struct hub *h);
void hub_done_load(struct hub *h);

/* ---- hub_collect.c ---- */
void hub_begin_collect(struct hub *h);
void hub_turn_collect(struct hub *h);
void hub_size(struct hub *h, struct hub_part *p, int64_t size);
void hub_piece(struct hub *h, struct hub_part *p, const char *bytes, size_t n);
void hub_no_file(struct hub *h, struct hub_part *p);
/* All have ended, and no file is wanted. */
void hub_drop_all(struct hub *h);

#endif
