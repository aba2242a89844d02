/*
 * status: all that is shown of a run while it goes on, as of one second.
 *
 * There is one of it per run. The page, `/metrics`, `--json-progress` and others that follow a run
 * read it, so they agree. control makes it once a second and passes it to the listeners with
 * `second` (control.h). status_json.h writes it; docs/live.md describes it.
 *
 * Texts come from outside: names of endpoints, errors, events. They have no secrets. Whoever writes
 * them escapes them.
 *
 * Ownership: the board's; valid until the next status_read(), on the thread that called it. Thread:
 * status_feed*() on the writer's, the rest on the main thread.
 */
#ifndef CONTROL_STATUS_H
#define CONTROL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/live_course.h"
#include "stats/live_table.h"
#include "util/buf.h"
#include "util/catalog.h"
#include "util/err.h"
#include "util/request.h"

#define STATUS_MARKS_MAX 500  /* newest events; older ones are in the run file */
#define STATUS_ERRORS_MAX 200 /* kinds of errors; the others count together */
#define STATUS_WORST_MAX 512

/* What does not change. All texts are borrowed and without secrets. */
struct status_run {
    const char *name, *target, *scenario, *version;
    const char *file; /* the run file */
    const struct catalog *catalog;
    int64_t duration_ns; /* of the load */
    bool open;           /* an arrival rate, not users */
    bool streams;        /* some response is streamed */
    /* Why the load cannot be changed while it runs; NULL: it can. */
    const char *no_change;
    uint32_t users_possible; /* the most that a change may ask for */
    /* What the load begins with, for who changes it by steps. */
    uint32_t users;
    double spawn_rate, rate;
    /* The text of an error number; called on the main thread. */
    const char *(*error_text)(void *context, uint32_t error);
    /* When the clock of the run was 0, in nanoseconds since 1970. */
    int64_t (*started_ns)(void *context);
    void *context;
};

/* One of the processes that run a load together. */
enum status_part_state {
    STATUS_PART_RUNS,
    STATUS_PART_SILENT,
    STATUS_PART_LOST,
    STATUS_PART_ENDED
};

/* "running", "silent", "lost", "ended" */
const char *status_part_word(enum status_part_state state);

struct status_part {
    const char *host;
    enum status_part_state state;
    uint64_t requests, failures;
    double requests_per_second, failures_per_second; /* between its last two reports */
    uint32_t users;
    double busiest_core; /* of a thread, at worst so far */
    int64_t lag_us;      /* p99 so far, of requests with a scheduled time; LIVE_NO_VALUE: none */
    int64_t longest_stall_ns;
    uint64_t rows_queued, rows_lost;
    const char *verdict; /* its own, so far; NULL: unknown */
};

/* Their course, in points as long as those of a struct live_course or longer. A point has the
 * highest of its seconds. */
#define STATUS_PART_POINTS 120
struct status_part_point {
    bool known;
    float requests, failures, users, busiest_core, lag_ms; /* lag_ms: negative if there is none */
};
struct status_part_course {
    size_t count; /* points up to the newest of all parts */
    struct status_part_point points[STATUS_PART_POINTS];
};

enum status_phase { STATUS_RUNNING, STATUS_STOPPING, STATUS_ENDED };

/* Requests with the same name and method are one row. */
struct status_row {
    const char *name, *method; /* of the sum: NULL */
    struct live_row live;
};

struct status_mark {
    uint64_t number; /* counts from 1 */
    int64_t at_ns;
    char *kind, *text; /* owned */
};

struct status_error {
    size_t row;
    uint32_t error;   /* number of its text; 0: it has none */
    int status;       /* of a response without a text */
    const char *text; /* "": status says all */
    uint64_t count;
    int64_t first_us, last_us; /* of the run */
};

enum status_threshold_state { STATUS_PENDING, STATUS_HOLDS, STATUS_FAILED };

/* "pending", "passes", "fails" */
const char *status_threshold_word(enum status_threshold_state state);

struct status_threshold {
    char *text; /* owned */
    enum status_threshold_state state;
    /* Bounds of the value, in the metric's unit; NAN if it has none yet. */
    double low, high;
    double margin; /* distance to the limit, negative if it failed; NAN: unknown */
};

struct status {
    const struct status_run *run;
    enum status_phase phase;
    int64_t elapsed_ns;
    int64_t load_end_ns; /* no new requests since then; negative: the load goes on */
    uint32_t users, users_max;
    const struct status_row *rows; /* row_count, then the sum */
    size_t row_count;
    const struct live_course *course;
    const struct status_mark *marks; /* oldest first */
    size_t mark_count;
    const struct status_error *errors; /* most frequent first */
    size_t error_count;
    uint64_t other_errors; /* failed requests of other kinds */
    /* Of a load that several processes run; otherwise none. */
    const struct status_part *parts;
    const struct status_part_course *part_courses; /* by part */
    size_t part_count;
    int64_t part_step_s; /* seconds per point */
    /* What follows comes from listeners with `add`. */
    struct status_threshold *thresholds;
    size_t threshold_count;
    struct {
        double busiest_core; /* of a thread, at worst so far */
        uint32_t busiest_worker;
        int64_t longest_stall_ns;
        uint64_t rows_queued, rows_lost;
    } client;
    const char *verdict; /* VALID, SUSPECT, INVALID; so far, or final in STATUS_ENDED */
    char reason[STATUS_WORST_MAX];
    int exit_code; /* in STATUS_ENDED */
};

struct status_board;

int status_board_new(const struct status_run *run, struct status_board **out, struct err *e);
void status_board_free(struct status_board *b);

void status_feed(struct status_board *b, const struct request *requests, size_t n);
/* ttft_us: REQUEST_NO_VALUE if no token came. */
void status_feed_stream(struct status_board *b, const struct request *x, int64_t ttft_us,
                        uint64_t tokens);
void status_feed_event(struct status_board *b, int64_t at_ns, const char *kind, const char *text);

/* The rows, in their order: names only. Returns how many there are. */
size_t status_rows(const struct status_board *b, const struct status_row **out);

/* live_table_times() of a row. */
void status_times(const struct status_board *b, size_t row, live_band_fn *band, void *context);

/* What is known at this time of the run. `over`: no more rows will come. The caller adds the rest
 * to the result. Thresholds stay as they are until the caller changes them. */
struct status *status_read(struct status_board *b, int64_t elapsed_ns, uint32_t users, bool over);

/* Room for n thresholds without texts; NULL: no memory. They stay in the status. */
struct status_threshold *status_thresholds(struct status_board *b, size_t n);

/* ---- parts and the whole ---- */

/* A part: appends the lines of what is new since the last call (live_table.h) and forgets it.
 * `rows`: of each row, with errors and events; otherwise only of the sum. *sum gets the counts of
 * all. A text is a JSON string.
 *
 *     error ROW STATUS COUNT FIRST_US LAST_US TEXT     errors COUNT: those of other kinds
 *     event AT_NS KIND TEXT
 */
void status_take(struct status_board *b, bool rows, struct live_row *sum, struct buf *out);

/* The whole: adds such a line of a board whose catalog has the same names. `number` gives an error
 * text its number, not 0, for status_run.error_text; 0: there are too many. An event becomes "TEXT
 * [who]", unless another part has told the same: parts have the same stages. */
int status_join(struct status_board *b, const char *who, const char *line,
                uint32_t (*number)(void *context, const char *text), struct err *e);
bool status_is_line(const char *line);

#endif
