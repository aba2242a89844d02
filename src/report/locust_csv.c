#include "report/locust_csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/outfile.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/outcome.h"
#include "util/repr.h"
#include "util/sha256.h"

#define ROWS_MAX_BYTES ((size_t)1 << 30)
#define LEVELS "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
#define STATUS_FROM 0x10000u /* numbers above are a status */

enum {
    STATS = LOCUST_CSV_STATS,
    HISTORY = LOCUST_CSV_GROWING,
    FAILURES = LOCUST_CSV_FAILURES,
    EXCEPTIONS = LOCUST_CSV_EXCEPTIONS,
    FILES
};

static const struct {
    const char *suffix, *head;
} files[FILES] = {
    {"_stats.csv",
     "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
     "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s," LEVELS},
    {"_stats_history.csv",
     "Timestamp,User Count,Type,Name,Requests/s,Failures/s," LEVELS
     ",Total Request Count,Total Failure Count,Total Median Response Time,"
     "Total Average Response Time,Total Min Response Time,Total Max Response Time,"
     "Total Average Content Size"},
    {"_failures.csv", "Method,Name,Error,Occurrences,First Seen,Last Seen"},
    {"_exceptions.csv", "Count,Message,Traceback,Nodes"},
};

struct locust_csv {
    struct locust_csv_names names;
    bool full_history;
    struct outfile files[FILES];
    int open_count;
    off_t history_bytes; /* where its next row goes */
};

uint32_t locust_csv_error(const struct request *x) {
    return x->error != 0 ? x->error : STATUS_FROM + (uint32_t)(x->status < 0 ? 0 : x->status);
}

/* ---- cells ---- */

/* A cell as Python's csv module writes it; see the header for what is done to others. */
static void cell_text(struct buf *out, const char *text) {
    csv_cell(out, text, true, false);
}

/* A float of Python's. */
static void cell_float(struct buf *out, double value) {
    char text[REPR_BYTES];
    repr_text(value, text);
    buf_printf(out, ",%s", text);
}

/* The integer 0 that Locust has before there is a number, else a float. */
static void cell_float_or_0(struct buf *out, double value) {
    if (value == 0)
        buf_str(out, ",0");
    else
        cell_float(out, value);
}

static void cell_levels(struct buf *out, bool any, const int64_t ms[LOCUST_LEVELS]) {
    for (size_t i = 0; i < LOCUST_LEVELS; i++)
        if (any)
            buf_printf(out, ",%" PRId64, ms[i]);
        else
            buf_str(out, ",N/A");
}

static void cell_median(struct buf *out, const struct locust_row *row) {
    if (row->median_exact)
        cell_float(out, row->median_ms);
    else
        buf_printf(out, ",%.0f", row->median_ms);
}

/* From the median to the average size, which two files have. */
static void cell_times(struct buf *out, const struct locust_row *row) {
    cell_median(out, row);
    cell_float(out, row->average_ms);
    cell_float_or_0(out, row->min_ms);
    cell_float_or_0(out, row->max_ms);
    if (row->requests == 0)
        buf_str(out, ",0");
    else
        cell_float(out, row->average_bytes);
}

static void cell_utc(struct buf *out, int64_t us) {
    char text[CLOCK_UTC_BYTES];
    clock_utc(us * NS_PER_US, text);
    buf_printf(out, ",%.19sZ", text);
}

/* ---- rows ---- */

static struct endpoint names_of(const struct locust_csv *c, size_t entry) {
    return entry == LOCUST_TOTAL ? (struct endpoint){.name = "Aggregated", .method = ""}
                                 : c->names.entries[entry];
}

static void cell_names(const struct locust_csv *c, size_t entry, struct buf *out) {
    struct endpoint is = names_of(c, entry);
    cell_text(out, is.method);
    buf_char(out, ',');
    cell_text(out, is.name);
}

static void stats_row(const struct locust_csv *c, const struct locust_stats *s, size_t entry,
                      struct buf *out) {
    struct locust_row row;
    locust_stats_row(s, entry, &row);
    if (!row.called)
        return;
    cell_names(c, entry, out);
    buf_printf(out, ",%" PRIu64 ",%" PRIu64, row.requests, row.failures);
    cell_times(out, &row);
    cell_float(out, row.requests_per_second);
    cell_float(out, row.failures_per_second);
    cell_levels(out, row.requests > 0, row.ms);
    buf_str(out, "\r\n");
}

static void history_row(const struct locust_csv *c, const struct locust_stats *s, size_t entry,
                        int64_t now_us, uint32_t users, struct buf *out) {
    struct locust_row row;
    locust_stats_row(s, entry, &row);
    if (!row.called)
        return;
    if (c->full_history && row.requests > 0)
        locust_stats_current(s, entry, now_us, row.ms);
    buf_printf(out, "%" PRId64 ",%" PRIu32 ",", now_us / 1000000, users);
    cell_names(c, entry, out);
    buf_printf(out, ",%2f,%2f", row.current_requests, row.current_failures);
    cell_levels(out, row.requests > 0, row.ms);
    buf_printf(out, ",%" PRIu64 ",%" PRIu64, row.requests, row.failures);
    cell_times(out, &row);
    buf_str(out, "\r\n");
}

/* ---- failures ---- */

struct failure {
    char hash[SHA256_HEX_BYTES];
    char *text;
    const struct locust_error *error;
};

/* Python's repr() of a string; see the header about what is not ASCII. */
static void python_repr(struct buf *out, const char *text) {
    char quote = strchr(text, '\'') != NULL && strchr(text, '"') == NULL ? '"' : '\'';
    buf_char(out, quote);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '\n' || *p == '\r' || *p == '\t')
            buf_printf(out, "\\%c", *p == '\n' ? 'n' : *p == '\r' ? 'r' : 't');
        else if (*p < 0x20 || *p == 0x7f)
            buf_printf(out, "\\x%02x", *p);
        else {
            if (*p == '\\' || *p == (unsigned char)quote)
                buf_char(out, '\\');
            buf_char(out, (char)*p);
        }
    }
    buf_char(out, quote);
}

static int by_hash(const void *a, const void *b) {
    const struct failure *x = a, *y = b;
    return strcmp(x->hash, y->hash);
}

void locust_csv_error_text(const struct locust_csv *c, uint32_t error, struct buf *out) {
    if (error == LOCUST_ERROR_OTHERS)
        buf_str(out, "(errors of other kinds)");
    else if (error >= STATUS_FROM)
        buf_printf(out, "status %" PRIu32, error - STATUS_FROM);
    else
        buf_str(out, c->names.error_text(c->names.context, error));
}

/* StatsError.create_key(). False: no memory. */
static bool failure_init(const struct locust_csv *c, const struct locust_error *x,
                         struct failure *out) {
    struct buf text, key;
    struct endpoint is = names_of(c, x->entry);
    bool ok = false;
    *out = (struct failure){.error = x};
    buf_init(&text, ROWS_MAX_BYTES);
    buf_init(&key, ROWS_MAX_BYTES);
    locust_csv_error_text(c, x->error, &text);
    buf_printf(&key, "%s.%s.", is.method, is.name);
    python_repr(&key, buf_text(&text));
    sha256_hex(buf_text(&key), key.len, out->hash);
    ok = buf_ok(&key) && buf_ok(&text) && (out->text = strdup(buf_text(&text))) != NULL;
    buf_done(&text);
    buf_done(&key);
    return ok;
}

static void failure_rows(const struct locust_csv *c, const struct locust_stats *s,
                         struct buf *out) {
    const struct locust_error *errors = NULL;
    size_t n = locust_stats_errors(s, &errors), made = 0;
    struct failure *all = calloc(n + 1, sizeof *all);
    for (; all != NULL && made < n; made++)
        if (!failure_init(c, &errors[made], &all[made]))
            break;
    if (all == NULL || made < n)
        out->failed = true;
    else
        qsort(all, n, sizeof *all, by_hash);
    for (size_t i = 0; i < made; i++) {
        const struct locust_error *x = all[i].error;
        cell_names(c, x->entry, out);
        buf_char(out, ',');
        cell_text(out, all[i].text);
        buf_printf(out, ",%" PRIu64, x->count);
        cell_utc(out, x->first_us);
        cell_utc(out, x->last_us);
        buf_str(out, "\r\n");
    }
    for (size_t i = 0; i < n && all != NULL; i++)
        free(all[i].text);
    free(all);
}

/* ---- exceptions ---- */

/* Numbers of texts go up from the first one seen, and Locust's rows are in that order. */
static int by_error(const void *a, const void *b) {
    const struct tally_kind *x = a, *y = b;
    if (x->error != y->error)
        return x->error < y->error ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

static void exception_row(const struct locust_csv *c, const struct tally_kind *k, struct buf *out) {
    const struct endpoint *is = &c->names.entries[k->entry];
    struct buf text;
    buf_init(&text, ROWS_MAX_BYTES);
    buf_printf(&text, "%s %s: %s", is->method, is->name,
               c->names.error_text(c->names.context, k->error));
    buf_printf(out, "%" PRIu64 ",", k->count);
    cell_text(out, buf_text(&text));
    buf_str(out, ",,local\r\n");
    out->failed = out->failed || !buf_ok(&text);
    buf_done(&text);
}

static void exception_rows(const struct locust_csv *c, const struct tally *t, struct buf *out) {
    struct tally_kind *all = calloc(t->kinds + 1, sizeof *all);
    size_t n = 0;
    if (all == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].count > 0)
            all[n++] = t->slots[i];
    qsort(all, n, sizeof *all, by_error);
    for (size_t i = 0; i < n; i++)
        exception_row(c, &all[i], out);
    if (t->others > 0)
        buf_printf(out, "%" PRIu64 ",(errors of other kinds),,local\r\n", t->others);
    free(all);
}

int locust_csv_unsendable(struct tally *t, size_t entry, uint32_t error, struct err *e) {
    struct tally_kind kind = {
        .entry = (uint32_t)entry, .error = error, .outcome = OUTCOME_UNSENDABLE};
    return tally_add(t, &kind, e);
}

void locust_csv_render(const struct locust_csv *c, const struct locust_stats *s,
                       const struct tally *unsendable, unsigned parts, int64_t now_us,
                       uint32_t users, struct locust_csv_rows *out) {
    bool tables = (parts & LOCUST_CSV_TABLES) != 0, history = (parts & LOCUST_CSV_HISTORY) != 0;
    out->parts = parts;
    buf_init(&out->stats, ROWS_MAX_BYTES);
    buf_init(&out->history, ROWS_MAX_BYTES);
    buf_init(&out->failures, ROWS_MAX_BYTES);
    buf_init(&out->exceptions, ROWS_MAX_BYTES);
    for (size_t i = 0; i < c->names.entry_count; i++) {
        if (tables)
            stats_row(c, s, i, &out->stats);
        if (history && c->full_history)
            history_row(c, s, i, now_us, users, &out->history);
    }
    if (history)
        history_row(c, s, LOCUST_TOTAL, now_us, users, &out->history);
    if (!tables)
        return;
    stats_row(c, s, LOCUST_TOTAL, &out->stats);
    failure_rows(c, s, &out->failures);
    exception_rows(c, unsendable, &out->exceptions);
}

/* ---- files ---- */

static off_t head_bytes(int file) {
    return (off_t)(strlen(files[file].head) + 2);
}

int locust_csv_write(struct locust_csv *c, struct locust_csv_rows *rows, struct err *e) {
    int result = 0;
    if ((rows->parts & LOCUST_CSV_HISTORY) != 0) {
        result = outfile_at(&c->files[HISTORY], c->history_bytes, &rows->history, e);
        c->history_bytes += (off_t)rows->history.len;
    }
    const struct buf *const tables[FILES] = {
        [STATS] = &rows->stats, [FAILURES] = &rows->failures, [EXCEPTIONS] = &rows->exceptions};
    for (int i = 0; i < FILES && result == 0 && (rows->parts & LOCUST_CSV_TABLES) != 0; i++)
        if (tables[i] != NULL)
            result = outfile_at(&c->files[i], head_bytes(i), tables[i], e);
    buf_done(&rows->stats);
    buf_done(&rows->history);
    buf_done(&rows->failures);
    buf_done(&rows->exceptions);
    return result;
}

static int open_file(struct locust_csv *c, int file, const char *prefix, struct err *e) {
    struct buf path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s%s", prefix, files[file].suffix);
    int result = !buf_ok(&path) ? err_set(e, "the prefix of the CSV files is too long")
                                : outfile_open_path(&c->files[file], buf_text(&path), e);
    buf_done(&path);
    if (result != 0)
        return -1;
    c->open_count++;
    fprintf(c->files[file].stream, "%s\r\n", files[file].head);
    return 0;
}

static int make_folder(const char *prefix, struct err *e) {
    const char *slash = strrchr(prefix, '/');
    if (slash == NULL || slash == prefix)
        return 0;
    char *folder = strndup(prefix, (size_t)(slash - prefix));
    int result = folder == NULL ? err_memory(e, NULL) : file_make_folder(folder, e);
    free(folder);
    return result;
}

int locust_csv_open(const char *prefix, bool full_history, const struct locust_csv_names *names,
                    struct locust_csv **out, struct err *e) {
    struct locust_csv *c = NULL;
    if (prefix[0] == '\0')
        return err_set(e, "the prefix of the CSV files is empty");
    if (make_folder(prefix, e) != 0)
        return -1;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_memory(e, NULL);
    c->names = *names;
    c->full_history = full_history;
    c->history_bytes = head_bytes(HISTORY);
    for (int i = 0; i < FILES; i++)
        if (open_file(c, i, prefix, e) != 0) {
            locust_csv_drop(c);
            return -1;
        }
    *out = c;
    return 0;
}

int locust_csv_new(const struct locust_csv_names *names, struct locust_csv **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_memory(e, NULL);
    (*out)->names = *names;
    return 0;
}

const char *locust_csv_head(enum locust_csv_file file) {
    return files[file].head;
}

int locust_csv_keep(struct locust_csv *c, struct err *e) {
    int result = 0;
    for (int i = 0; i < FILES && result == 0; i++)
        result = outfile_keep(&c->files[i], e);
    return result;
}

static int finish(struct locust_csv *c, int result, struct err *e) {
    for (int i = 0; c != NULL && i < c->open_count; i++)
        if (outfile_finish(&c->files[i], result, e) != 0)
            result = -1;
    free(c);
    return result;
}

int locust_csv_close(struct locust_csv *c, struct err *e) {
    return finish(c, 0, e);
}

void locust_csv_drop(struct locust_csv *c) {
    finish(c, -1, NULL);
}
