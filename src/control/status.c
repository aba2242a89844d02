#include "control/status.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/json_write.h"
#include "util/words.h"

#define TABLE_SLOTS 512 /* of kinds of errors: a power of two, more than STATUS_ERRORS_MAX */
/* A second is complete once the writer has had this long to bring its rows. */
#define SECOND_LATE 2
#define USERS 8
#define BY " [" /* between an event and the part that it is of */
#define EVENT_MAX_BYTES ((size_t)1 << 20)

_Static_assert(TABLE_SLOTS > STATUS_ERRORS_MAX, "a slot for each kind of error");

/* The course is behind: these are the users of its seconds. */
struct users_at {
    int64_t second;
    uint32_t count;
};

struct status_board {
    const struct status_run run;
    struct live_table *table;
    uint32_t *row_of; /* by endpoint */
    size_t row_count;
    int64_t next_second; /* of the course */

    /* The main thread's. */
    struct status status;
    struct status_row *rows;
    struct live_row *read;
    struct live_course course;
    struct users_at users[USERS];
    int64_t users_second; /* the newest that was looked at */
    struct status_mark marks[STATUS_MARKS_MAX];
    struct status_error errors[STATUS_ERRORS_MAX];

    pthread_mutex_t lock; /* what follows */
    struct status_mark fresh[STATUS_MARKS_MAX];
    size_t fresh_count;
    uint64_t mark_number;
    struct status_error kinds[STATUS_ERRORS_MAX]; /* without texts */
    size_t kind_count;
    uint16_t slots[TABLE_SLOTS]; /* 1 + index in kinds; 0: free */
    uint64_t other_errors;
};

/* ---- rows ---- */

struct sorting {
    const struct endpoint *endpoint;
    uint32_t number;
};

static int same(const struct endpoint *a, const struct endpoint *b) {
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->method, b->method);
}

static int by_name(const void *a, const void *b) {
    const struct sorting *x = a, *y = b;
    int order = same(x->endpoint, y->endpoint);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Rows are in the order of the names. */
static int make_rows(struct status_board *b, struct err *e) {
    const struct catalog *c = b->run.catalog;
    struct sorting *order = calloc(c->endpoint_count + 1, sizeof *order);
    b->row_of = calloc(c->endpoint_count + 1, sizeof *b->row_of);
    b->rows = calloc(c->endpoint_count + 1, sizeof *b->rows);
    b->read = calloc(c->endpoint_count + 1, sizeof *b->read);
    int result = -1;
    if (order == NULL || b->row_of == NULL || b->rows == NULL || b->read == NULL) {
        err_memory(e, "%zu requests", c->endpoint_count);
        goto done;
    }
    for (size_t i = 0; i < c->endpoint_count; i++)
        order[i] = (struct sorting){&c->endpoints[i], (uint32_t)i};
    qsort(order, c->endpoint_count, sizeof *order, by_name);
    for (size_t i = 0; i < c->endpoint_count; i++) {
        if (i == 0 || same(order[i].endpoint, order[i - 1].endpoint) != 0) {
            b->rows[b->row_count].name = order[i].endpoint->name;
            b->rows[b->row_count++].method = order[i].endpoint->method;
        }
        b->row_of[order[i].number] = (uint32_t)b->row_count - 1;
    }
    result = 0;
done:
    free(order);
    return result;
}

int status_board_new(const struct status_run *run, struct status_board **out, struct err *e) {
    struct status_board *b = calloc(1, sizeof *b);
    if (b == NULL)
        return err_memory(e, "the state of a run");
    memcpy((void *)(uintptr_t)&b->run, run, sizeof *run);
    live_course_init(&b->course);
    if (pthread_mutex_init(&b->lock, NULL) != 0) {
        free(b);
        return err_set(e, "no mutex for the state of a run");
    }
    if (make_rows(b, e) != 0 || live_table_new(b->row_count, &b->table, e) != 0) {
        status_board_free(b);
        return -1;
    }
    *out = b;
    return 0;
}

size_t status_rows(const struct status_board *b, const struct status_row **out) {
    *out = b->rows;
    return b->row_count;
}

void status_times(const struct status_board *b, size_t row, live_band_fn *band, void *context) {
    live_table_times(b->table, row, band, context);
}

static void mark_free(struct status_mark *m) {
    free(m->kind);
    free(m->text);
    *m = (struct status_mark){0};
}

static void thresholds_free(struct status *s) {
    for (size_t i = 0; i < s->threshold_count; i++)
        free(s->thresholds[i].text);
    free(s->thresholds);
    s->thresholds = NULL;
    s->threshold_count = 0;
}

void status_board_free(struct status_board *b) {
    if (b == NULL)
        return;
    for (size_t i = 0; i < STATUS_MARKS_MAX; i++) {
        mark_free(&b->marks[i]);
        mark_free(&b->fresh[i]);
    }
    thresholds_free(&b->status);
    live_table_free(b->table);
    free(b->row_of);
    free(b->rows);
    free(b->read);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

const char *status_threshold_word(enum status_threshold_state state) {
    static const char *const words[] = {
        [STATUS_PENDING] = "pending", [STATUS_HOLDS] = "passes", [STATUS_FAILED] = "fails"};
    return words[state];
}

const char *status_part_word(enum status_part_state state) {
    static const char *const words[] = {[STATUS_PART_RUNS] = "running",
                                        [STATUS_PART_SILENT] = "silent",
                                        [STATUS_PART_LOST] = "lost",
                                        [STATUS_PART_ENDED] = "ended"};
    return words[state];
}

struct status_threshold *status_thresholds(struct status_board *b, size_t n) {
    thresholds_free(&b->status);
    b->status.thresholds = calloc(n + 1, sizeof *b->status.thresholds);
    if (b->status.thresholds != NULL)
        b->status.threshold_count = n;
    return b->status.thresholds;
}

/* ---- feeding ---- */

static size_t slot_of(const struct status_board *b, size_t row, uint32_t error, int status) {
    uint64_t key = ((uint64_t)row << 32 | error) * UINT64_C(0x9e3779b97f4a7c15);
    key = (key ^ (uint64_t)(uint32_t)status) * UINT64_C(0xbf58476d1ce4e5b9);
    size_t i = (size_t)(key >> 40) % TABLE_SLOTS;
    for (; b->slots[i] != 0; i = (i + 1) % TABLE_SLOTS) {
        const struct status_error *x = &b->kinds[b->slots[i] - 1];
        if (x->row == row && x->error == error && x->status == status)
            break;
    }
    return i;
}

/* Under the lock. */
static void add_error(struct status_board *b, const struct status_error *x) {
    size_t i = slot_of(b, x->row, x->error, x->status);
    if (b->slots[i] == 0 && b->kind_count == STATUS_ERRORS_MAX) {
        b->other_errors += x->count;
        return;
    }
    if (b->slots[i] == 0) {
        b->kinds[b->kind_count] = *x;
        b->kinds[b->kind_count++].count = 0;
        b->slots[i] = (uint16_t)b->kind_count;
    }
    struct status_error *kind = &b->kinds[b->slots[i] - 1];
    kind->count += x->count;
    kind->first_us = x->first_us < kind->first_us ? x->first_us : kind->first_us;
    kind->last_us = x->last_us > kind->last_us ? x->last_us : kind->last_us;
}

static struct status_error error_of(const struct status_board *b, const struct request *x) {
    int64_t at_us = request_counts_at(x);
    return (struct status_error){.row = b->row_of[x->endpoint],
                                 .error = x->error,
                                 .status = x->error == 0 ? x->status : 0,
                                 .count = 1,
                                 .first_us = at_us,
                                 .last_us = at_us};
}

void status_feed(struct status_board *b, const struct request *requests, size_t n) {
    live_table_add(b->table, b->row_of, requests, n);
    for (size_t i = 0; i < n; i++) {
        if (!outcome_is_failure((int)requests[i].outcome))
            continue;
        const struct status_error error = error_of(b, &requests[i]);
        pthread_mutex_lock(&b->lock);
        add_error(b, &error);
        pthread_mutex_unlock(&b->lock);
    }
}

void status_feed_stream(struct status_board *b, const struct request *x, int64_t ttft_us,
                        uint64_t tokens) {
    if (outcome_is_timed((int)x->outcome))
        live_table_stream(b->table, b->row_of[x->endpoint], x->end_us, ttft_us, tokens);
}

void status_feed_event(struct status_board *b, int64_t at_ns, const char *kind, const char *text) {
    struct status_mark m = {.at_ns = at_ns, .kind = strdup(kind), .text = strdup(text)};
    if (m.kind == NULL || m.text == NULL) {
        mark_free(&m); /* it is in the run file */
        return;
    }
    pthread_mutex_lock(&b->lock);
    if (b->fresh_count == STATUS_MARKS_MAX) {
        mark_free(&b->fresh[0]);
        memmove(&b->fresh[0], &b->fresh[1], (STATUS_MARKS_MAX - 1) * sizeof m);
        b->fresh_count--;
    }
    m.number = ++b->mark_number;
    b->fresh[b->fresh_count++] = m;
    pthread_mutex_unlock(&b->lock);
}

/* ---- reading ---- */

static void add_band(void *context, int64_t from_us, uint64_t count) {
    ((uint32_t *)context)[live_course_band(from_us)] += (uint32_t)count;
}

/* Seconds in between, when nobody looked, have as many. */
static void note_users(struct status_board *b, int64_t now, uint32_t users) {
    int64_t from = b->users_second + 1 > now - USERS + 1 ? b->users_second + 1 : now - USERS + 1;
    for (int64_t i = from < 0 ? 0 : from; i < now; i++)
        b->users[i % USERS] = (struct users_at){i, users};
    b->users[now % USERS] = (struct users_at){now, users};
    b->users_second = now;
}

/* Seconds since the last time; those that have left the ring stay unknown. At the end they include
 * the one that is only begun. */
static void read_course(struct status_board *b, int64_t elapsed_ns, uint32_t users, bool over) {
    int64_t now = elapsed_ns / NS_PER_S, complete = now - SECOND_LATE + 1;
    if (over)
        complete = now + (elapsed_ns % NS_PER_S > 0);
    if (!over)
        note_users(b, now, users);
    if (b->next_second < complete - LIVE_WINDOW_S)
        b->next_second = complete - LIVE_WINDOW_S;
    for (; b->next_second < complete; b->next_second++) {
        struct live_second s;
        uint32_t bands[LIVE_COURSE_BANDS] = {0};
        live_table_second(b->table, b->next_second, &s, add_band, bands);
        const struct users_at *u = &b->users[b->next_second % USERS];
        live_course_add(&b->course, b->next_second, u->second == b->next_second ? u->count : 0, &s,
                        bands);
    }
}

/* Under the lock. */
static void read_marks(struct status_board *b) {
    size_t have = b->status.mark_count, more = b->fresh_count;
    size_t drop = have + more > STATUS_MARKS_MAX ? have + more - STATUS_MARKS_MAX : 0;
    for (size_t i = 0; i < drop; i++)
        mark_free(&b->marks[i]);
    memmove(b->marks, b->marks + drop, (have - drop) * sizeof *b->marks);
    memcpy(b->marks + have - drop, b->fresh, more * sizeof *b->marks);
    memset(b->fresh, 0, more * sizeof *b->fresh);
    b->fresh_count = 0;
    b->status.mark_count = have - drop + more;
}

static int by_count(const void *a, const void *b) {
    const struct status_error *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->first_us > y->first_us) - (x->first_us < y->first_us);
}

static const char *text_of(const struct status_board *b, uint32_t error) {
    return error == 0 ? "" : b->run.error_text(b->run.context, error);
}

static void read_errors(struct status_board *b) {
    for (size_t i = 0; i < b->status.error_count; i++)
        b->errors[i].text = text_of(b, b->errors[i].error);
    qsort(b->errors, b->status.error_count, sizeof *b->errors, by_count);
}

struct status *status_read(struct status_board *b, int64_t elapsed_ns, uint32_t users, bool over) {
    struct status *s = &b->status;
    live_table_read(b->table, elapsed_ns, b->read);
    for (size_t i = 0; i <= b->row_count; i++)
        b->rows[i].live = b->read[i];
    read_course(b, elapsed_ns, users, over);
    pthread_mutex_lock(&b->lock);
    read_marks(b);
    s->error_count = b->kind_count;
    s->other_errors = b->other_errors;
    memcpy(b->errors, b->kinds, b->kind_count * sizeof *b->errors);
    pthread_mutex_unlock(&b->lock);
    read_errors(b);
    s->run = &b->run;
    s->elapsed_ns = elapsed_ns;
    s->users = users;
    s->rows = b->rows;
    s->row_count = b->row_count;
    s->course = &b->course;
    s->marks = b->marks;
    s->errors = b->errors;
    return s;
}

/* ---- parts and the whole ---- */

static void write_text(struct buf *out, const char *text) {
    struct json_writer w;
    json_write_init(&w, out, NULL);
    json_write_text(&w, NULL, text);
}

/* Under the lock. A kind stays, so that it keeps its place. */
static void take_errors(struct status_board *b, bool wanted, struct buf *out) {
    for (size_t i = 0; i < b->kind_count; i++) {
        struct status_error *x = &b->kinds[i];
        if (wanted && x->count > 0) {
            buf_printf(out, "error %zu %d %" PRIu64 " %" PRId64 " %" PRId64 " ", x->row, x->status,
                       x->count, x->first_us, x->last_us);
            write_text(out, text_of(b, x->error));
            buf_char(out, '\n');
        }
        x->count = 0;
    }
    if (wanted && b->other_errors > 0)
        buf_printf(out, "errors %" PRIu64 "\n", b->other_errors);
    b->other_errors = 0;
}

/* Under the lock. */
static void take_marks(struct status_board *b, bool wanted, struct buf *out) {
    for (size_t i = 0; i < b->fresh_count; i++) {
        if (wanted) {
            buf_printf(out, "event %" PRId64 " %s ", b->fresh[i].at_ns, b->fresh[i].kind);
            write_text(out, b->fresh[i].text);
            buf_char(out, '\n');
        }
        mark_free(&b->fresh[i]);
    }
    b->fresh_count = 0;
}

void status_take(struct status_board *b, bool rows, struct live_row *sum, struct buf *out) {
    live_table_take(b->table, rows, sum, out);
    pthread_mutex_lock(&b->lock);
    take_errors(b, rows, out);
    take_marks(b, rows, out);
    pthread_mutex_unlock(&b->lock);
}

bool status_is_line(const char *line) {
    return live_table_is_line(line) || words_is(&line, "error") || words_is(&line, "errors") ||
           words_is(&line, "event");
}

/* The text of a JSON string; NULL: it is none. *doc is to be freed. */
static const char *read_text(const char *at, struct json_doc **doc) {
    const struct json *v;
    if (json_parse("a text", at, strlen(at), doc, NULL) != 0)
        return NULL;
    v = json_root(*doc);
    return v->kind == JSON_STRING && !json_has_nul(v->text, v->len) ? v->text : NULL;
}

static int join_error(struct status_board *b, const char *at,
                      uint32_t (*number)(void *context, const char *text), struct err *e) {
    struct status_error x = {0};
    struct json_doc *doc = NULL;
    const char *text = NULL;
    uint64_t row = 0;
    int64_t status = 0;
    int result = 0;
    if (!words_uint(&at, &row) || row >= b->row_count || !words_int(&at, &status) || status < 0 ||
        status > 999 || !words_uint(&at, &x.count) || !words_int(&at, &x.first_us) ||
        !words_int(&at, &x.last_us) || (text = read_text(at, &doc)) == NULL)
        result = err_set(e, "a line \"error\" lacks its numbers, or its text");
    else {
        x.row = (size_t)row;
        x.status = (int)status;
        x.error = text[0] == '\0' ? 0 : number(b->run.context, text);
        pthread_mutex_lock(&b->lock);
        if (text[0] != '\0' && x.error == 0)
            b->other_errors += x.count;
        else
            add_error(b, &x);
        pthread_mutex_unlock(&b->lock);
    }
    json_free(doc);
    return result;
}

/* Whoever it was. */
static bool is_same(const struct status_mark *m, const char *kind, const char *text) {
    size_t n = strlen(text);
    return strcmp(m->kind, kind) == 0 && strncmp(m->text, text, n) == 0 &&
           strncmp(m->text + n, BY, strlen(BY)) == 0;
}

static bool is_known(const struct status_board *b, const char *kind, const char *text) {
    bool known = false;
    for (size_t i = 0; i < b->status.mark_count && !known; i++)
        known = is_same(&b->marks[i], kind, text);
    for (size_t i = 0; i < b->fresh_count && !known; i++)
        known = is_same(&b->fresh[i], kind, text);
    return known;
}

static void feed_event_of(struct status_board *b, const char *who, int64_t at_ns, const char *kind,
                          const char *text) {
    struct buf whole;
    buf_init(&whole, EVENT_MAX_BYTES);
    buf_printf(&whole, "%s" BY "%s]", text, who);
    status_feed_event(b, at_ns, kind, buf_text(&whole));
    buf_done(&whole);
}

static int join_event(struct status_board *b, const char *who, const char *at, struct err *e) {
    struct json_doc *doc = NULL;
    const char *text = NULL;
    char kind[64];
    int64_t at_ns;
    int result = 0;
    size_t n = 0;
    if (!words_int(&at, &at_ns) || (n = strcspn(at, " ")) == 0 || n >= sizeof kind ||
        at[n] != ' ' || (text = read_text(at + n + 1, &doc)) == NULL)
        result = err_set(e, "a line \"event\" lacks its time, or its text");
    else {
        memcpy(kind, at, n);
        kind[n] = '\0';
        if (!is_known(b, kind, text))
            feed_event_of(b, who, at_ns, kind, text);
    }
    json_free(doc);
    return result;
}

int status_join(struct status_board *b, const char *who, const char *line,
                uint32_t (*number)(void *context, const char *text), struct err *e) {
    const char *at = line;
    uint64_t n;
    if (words_is(&at, "error"))
        return join_error(b, at, number, e);
    if (words_is(&at, "event"))
        return join_event(b, who, at, e);
    if (!words_is(&at, "errors"))
        return live_table_join(b->table, line, e);
    if (!words_uint(&at, &n))
        return err_set(e, "a line \"errors\" lacks its number");
    pthread_mutex_lock(&b->lock);
    b->other_errors += n;
    pthread_mutex_unlock(&b->lock);
    return 0;
}
