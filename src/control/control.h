/*
 * control: passes the events of a running test to its listeners, and takes commands from its
 * sources.
 *
 * Listeners and sources are rows in two tables of the caller. A listener gets each finished
 * request, a snapshot at each tick, each command, and the end. A source gives commands. Nothing
 * else calls them. control does not run the test: the caller feeds it, ticks it, and carries out
 * its orders.
 *
 * Functions on the writer's thread must be quick, because rows wait for them. A source with its own
 * thread keeps its commands until poll().
 *
 * Ownership: embedded; control_done() frees; the tables are borrowed. Thread: main, except
 * control_feed*(), which run on the writer's.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/status.h"
#include "util/err.h"
#include "util/request.h"

struct control;
struct stream_record; /* from record/stream_record.h, for listeners that use it */

struct control_snapshot {
    int64_t elapsed_ns;
    int64_t duration_ns; /* of the load */
    uint32_t users, users_max;
    bool stopping; /* no new requests; requests in progress may finish */
    /* The load ended early: by a command, or because a user could not continue. */
    bool stopped;
    /* How the client itself was doing, at worst so far: CPU share of a thread, and how late one of
     * its loops woke. */
    double busiest_core;
    uint32_t busiest_worker;
    int64_t longest_stall_ns;
};

/* What a run asks its sources for before it goes on. */
enum control_stage {
    CONTROL_SETUP, /* everything is prepared, nothing was sent */
    CONTROL_LOAD,  /* the setup was sent */
    CONTROL_TEARDOWN
};

/* When the load starts. */
struct control_start {
    int64_t mono_ns; /* of this machine; 0: as soon as it can */
    int64_t real_ns;
};

enum control_order {
    CONTROL_GO_ON,
    CONTROL_STOP,  /* no new requests; requests in progress may finish */
    CONTROL_CANCEL /* also cancel requests in progress */
};

/* The load becomes another one: see schedule/load.h. */
struct control_change {
    enum { CONTROL_NO_CHANGE, CONTROL_USERS, CONTROL_RATE } kind;
    uint32_t users;
    double spawn_rate; /* CONTROL_USERS: users per second */
    double rate;       /* CONTROL_RATE: requests per second */
};

/* From a change's command to its effect, so that all threads know it in time. */
#define CONTROL_CHANGE_DELAY_NS (100 * INT64_C(1000000))

struct control_command {
    enum control_order order;
    const char *source; /* becomes the kind of the event in the run file */
    const char *why;    /* becomes the text of that event, for people */
    int signal;         /* signal that caused it; 0: none */
    /* With CONTROL_GO_ON. Its time is at_ns, in whole milliseconds. Only what the run can do:
     * status_run says it. */
    struct control_change change;
    int64_t at_ns; /* from the start of the run; control_command() sets it */
};

/* Functions except init() and done() may be NULL. `self` is the result of init(). */
struct control_listener {
    const char *name;
    int64_t every_ns; /* one tick per such period, the first in it; 0: every tick */
    /* `run` is the caller's description of its run. If *self stays NULL, no other function is
     * called. After a failure, done() is called if *self is set. */
    int (*init)(const void *run, void **self, struct err *e);
    /* On the writer's thread: finished requests; an iteration of a task with steps; the results
     * of a check in one second. */
    void (*feed)(void *self, const struct request *requests, size_t n);
    void (*iteration)(void *self, uint32_t task, int64_t end_us, int64_t took_us);
    /* A streamed response: its request, which is also passed to feed(), and how it went. */
    void (*stream)(void *self, const struct request *x, const struct stream_record *stream);
    void (*check)(void *self, uint32_t second, uint32_t check, uint32_t passes, uint32_t fails);
    void (*tick)(void *self, const struct control_snapshot *now);
    void (*command)(void *self, const struct control_command *command);
    /* Once a second, if any listener has second(): add() adds what this one knows to the status;
     * then second() gets all of it. Once more when the verdict is known, without add(). */
    void (*add)(void *self, struct status *s, struct status_board *board);
    void (*second)(void *self, const struct status *s);
    /* After the last request. `end` is the caller's; a listener may add results to it. */
    int (*end)(void *self, void *end, struct err *e);
    void (*done)(void *self);
};

/* Functions except init(), poll() and done() may be NULL. If *self stays NULL, no other function is
 * called. */
struct control_source {
    const char *name;
    /* `args` is what control_init() was given. */
    int (*init)(const void *args, void **self, struct err *e);
    /* Passes new commands to control_command(). */
    void (*poll)(void *self, struct control *c);
    /* Whether the run may begin this stage. Called again after each poll() until it is true. Before
     * the load it may set the start. */
    bool (*proceed)(void *self, enum control_stage stage, struct control_start *start);
    /* A value that the setup has captured, before the load. */
    void (*value)(void *self, const char *name, const char *bytes, size_t n);
    /* The run file is complete. */
    void (*release)(void *self);
    /* The exit code of the run; last of all. */
    void (*finish)(void *self, int code);
    void (*done)(void *self);
};

struct control_tables {
    const struct control_listener *const *listeners;
    size_t listener_count;
    const struct control_source *const *sources;
    size_t source_count;
};

/* A value that a source knows, for the variable of this name. */
struct control_value {
    char *name, *bytes;
    size_t n;
};

struct control_state {
    void *self;
    int64_t next_ns; /* time of the next tick for the listener */
};

struct control {
    const struct control_tables *tables;
    struct control_state *listeners;
    void **sources;
    struct status_run shown;    /* catalog NULL: not described */
    struct status_board *board; /* NULL: no listener has second() */
    struct status_board *share; /* of control_share(); NULL: nobody wants it */
    int64_t next_second_ns;
    int64_t duration_ns; /* of the load, as of the last tick */
    int64_t load_end_ns; /* of the first tick without a load; negative: none yet */
    int64_t now_ns;      /* of the tick; negative: outside the load */
    /* The strongest so far; the strongest that was not taken yet. */
    enum control_order order, fresh;
    struct control_change wanted; /* the load after the last change */
    struct control_change change; /* that was not taken yet */
    int64_t change_ns;            /* when it takes effect */
    int signal;                   /* of the first command that has one */
    struct err why;               /* of the first command */
    struct control_value *values;
    size_t value_count;
};

/* Starts the sources, and passes `args` to their init(). Call control_done() also after a
 * failure. */
int control_init(struct control *c, const struct control_tables *tables, const void *args,
                 struct err *e);

/* Describes the run to listeners with second(); everything in it stays valid until control_done().
 * Call it before control_listen(), which copies it. */
void control_describe(struct control *c, const struct status_run *run);

/* Starts the listeners. `run` is passed to their init(). */
int control_listen(struct control *c, const void *run, struct err *e);

/* For record_watch(), with the struct control as context. */
void control_feed(void *context, const struct request *requests, size_t n);
void control_feed_iteration(void *context, uint32_t task, int64_t end_us, int64_t took_us);
void control_feed_stream(void *context, const struct request *x,
                         const struct stream_record *stream);
void control_feed_check(void *context, uint32_t second, uint32_t check, uint32_t passes,
                        uint32_t fails);

/* ttft_us may be REQUEST_NO_VALUE. In addition to control_feed_stream(), by a listener. */
void control_feed_tokens(struct control *c, const struct request *x, int64_t ttft_us,
                         uint64_t tokens);
void control_feed_event(void *context, int64_t at_ns, const char *kind, const char *text);

/* From now on, another board counts what a part of a load reports to the whole: status_take(). Call
 * it from a listener's init(). */
int control_share(struct control *c, struct err *e);

/* Passes a status to the listeners with second(): for who makes it without control_tick(). */
void control_show(const struct control *c, const struct status *s);

/* Call several times a second during the load. Polls the sources, completes the snapshot and
 * passes it to the listeners. */
void control_tick(struct control *c, struct control_snapshot *now);

/* Call before and after the load. Polls the sources; listeners do not see these commands. */
void control_poll(struct control *c);

/* Gives a command. Call it from a source's poll() or a listener's tick(). */
void control_command(struct control *c, struct control_command command);

/* What a source or a listener has made of itself; NULL: it takes no part in this run. For another
 * one that belongs to it. */
void *control_source_self(const struct control *c, const struct control_source *source);
void *control_listener_self(const struct control *c, const struct control_listener *listener);

/* Whether all sources let the run begin this stage. Call it again after control_poll() until it is
 * true. A source may set *start. */
bool control_proceed(struct control *c, enum control_stage stage, struct control_start *start);

/* The setup has captured a value: tells the sources. */
void control_publish(struct control *c, const char *name, const char *bytes, size_t n);

/* A source knows a value; it is copied to c->values. Returns -1 if memory ran out. */
int control_learn(struct control *c, const char *name, const char *bytes, size_t n);

/* A change waits to be taken: a source must not give another one. */
bool control_change_pending(const struct control *c);

/* Whether there is a change since the last call, and when it takes effect. */
bool control_take_change(struct control *c, struct control_change *change, int64_t *at_ns);

/* Returns the strongest order since the last call. */
enum control_order control_take_order(struct control *c);

/* Ends every listener, even after one has failed. Returns -1 if any failed; e has the first
 * error. */
int control_end(struct control *c, void *end, struct err *e);

/* Room for n thresholds of the status, with their final results; NULL: nobody sees it, or no
 * memory. */
struct status_threshold *control_thresholds(struct control *c, size_t n);

/* The verdict is known: listeners with second() get the last status. */
void control_conclude(struct control *c, int64_t duration_ns, const char *verdict,
                      const char *reason, int exit_code);

/* Call when the run is complete on disk. Polls the sources once more and tells them: from now on
 * signals have the same effect as before the run. If called earlier, a signal could end the
 * program before the run has its verdict. */
void control_release(struct control *c);

/* Tells the sources the exit code of the run. */
void control_finish(struct control *c, int code);

void control_done(struct control *c);

#endif
