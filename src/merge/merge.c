#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "merge/merge_agree.h"
#include "merge/merge_manifest.h"
#include "merge/merge_notes.h"
#include "merge/merge_out.h"
#include "merge/merge_part.h"
#include "merge/merge_results.h"
#include "merge/merge_rows.h"
#include "merge/merge_seconds.h"
#include "merge/merge_shards.h"
#include "merge/merge_verdict.h"
#include "record/reader_raw.h"

/* Steps of SQLite between two looks at `stop`. */
#define STOP_STEPS 100000
#define SIGNAL_CODE 128
/* Exit codes of a run: see cli/command.h. */
#define CODE_FAILURES 1
#define CODE_RUNTIME 3

struct job {
    const struct merge_options *o;
    struct merge_part *parts;
    size_t count;
    struct merge_out out;
    struct merge_results *results;
};

void merge_whole_done(struct merge_whole *w) {
    free(w->failures);
    *w = (struct merge_whole){.parts = 0};
}

/* ---- the parts ---- */

static int stop_handler(void *stop) {
    bool (*const *is_stopped)(void) = stop;
    return (*is_stopped)();
}

static void watch(struct job *j, sqlite3 *db) {
    if (j->o->stop != NULL)
        sqlite3_progress_handler(db, STOP_STEPS, stop_handler, (void *)(uintptr_t)&j->o->stop);
}

static int by_index(const void *a, const void *b) {
    const struct merge_part *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* A threshold that ended all parts was evaluated on the whole, by an agent: the run ended there, as
 * on one machine. A part that was interrupted cannot say so. */
static void accept_common_end(struct job *j) {
    const char *end = NULL;
    for (size_t i = 0; i < j->count; i++) {
        const char *own = merge_part_value(&j->parts[i], "thresholds_end");
        if (!j->parts[i].run->complete)
            continue;
        if (own == NULL || (end != NULL && strcmp(own, end) != 0))
            return;
        end = own;
    }
    for (size_t i = 0; i < j->count; i++)
        j->parts[i].stopped = j->parts[i].signalled;
}

static int open_parts(struct job *j, bool *refused, struct err *e) {
    struct err missing;
    for (size_t i = 0; i < j->o->part_count; i++) {
        if (merge_part_open(j->o->parts[i], &j->parts[j->count], refused, e) != 0)
            return -1;
        reader_share(j->parts[j->count++].reader, j->o->stop);
    }
    qsort(j->parts, j->count, sizeof *j->parts, by_index);
    *refused = true;
    if (merge_agree(j->parts, j->count, e) != 0)
        return -1;
    if (merge_missing(j->parts, j->count, &missing) > 0 && !j->o->partial)
        return err_set(e, "%s (--partial merges the others, as an INVALID run)", missing.text);
    *refused = false;
    accept_common_end(j);
    return 0;
}

/* ---- the row `run` ---- */

static int add_run(struct job *j, struct err *e) {
    const struct merge_part *a = &j->parts[0];
    sqlite3_stmt *st = NULL;
    int64_t users = 0, duration_us = 0;
    for (size_t i = 0; i < j->count; i++) {
        const struct reader_run *run = j->parts[i].run;
        users += run->users_max;
        duration_us = run->duration_us > duration_us ? run->duration_us : duration_us;
    }
    if (merge_copy(&a->db,
                   "SELECT name, started_utc, users_max, scenario, target, seed, version FROM run",
                   &j->out.db,
                   "INSERT INTO run(name, started_utc, users_max, scenario, target, seed, version)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)",
                   0, e) != 0 ||
        merge_prepare(&j->out.db, "UPDATE run SET users_max = ?, duration_us = ?, started_utc = ?",
                      &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, users);
    sqlite3_bind_int64(st, 2, duration_us);
    sqlite3_bind_text(st, 3, merge_part_value(a, "start_at"), -1, SQLITE_STATIC);
    int result = merge_step(&j->out.db, st, e);
    sqlite3_finalize(st);
    return result;
}

static int add_catalog(struct job *j, struct err *e) {
    const struct {
        const char *select, *insert;
    } all[] = {
        {"SELECT id, name, method FROM endpoint WHERE id >= 0 ORDER BY id",
         "INSERT INTO endpoint VALUES (?, ?, ?)"},
        {"SELECT id, name, endpoint FROM task WHERE id >= 0 ORDER BY id",
         "INSERT INTO task VALUES (?, ?, ?)"},
        {"SELECT id, endpoint, name FROM check_name WHERE id >= 0 ORDER BY id",
         "INSERT INTO check_name VALUES (?, ?, ?)"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (merge_copy(&j->parts[0].db, all[i].select, &j->out.db, all[i].insert, 0, e) != 0)
            return -1;
    return 0;
}

static int set_verdict(struct job *j, const struct merge_verdict *v, int code, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (merge_prepare(&j->out.db, "UPDATE run SET verdict = ?, verdict_reason = ?, exit_code = ?",
                      &st, e) != 0)
        return -1;
    sqlite3_bind_text(st, 1, v->word, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, v->reason, -1, SQLITE_STATIC);
    sqlite3_bind_int(st, 3, code);
    int result = merge_step(&j->out.db, st, e);
    sqlite3_finalize(st);
    return result;
}

/* ---- the whole ---- */

/* What the run exits with if requests fail. It is an option that does not change the requests, so
 * parts may differ: the first one decides. */
static int on_failure(const struct job *j) {
    int64_t code = merge_part_number(&j->parts[0], "exit_code_on_error");
    return code < 0 || code > UINT8_MAX ? CODE_FAILURES : (int)code;
}

static int count(struct job *j, struct merge_whole *w, struct err *e) {
    w->parts = j->parts[0].count;
    w->given = j->count;
    w->missing = w->parts - j->count;
    w->endpoint_count = reader_catalog(j->parts[0].reader)->endpoint_count;
    w->failures = calloc(w->endpoint_count + 1, sizeof *w->failures);
    if (w->failures == NULL)
        return err_memory(e, NULL);
    w->unanswered = w->rows > 0;
    for (size_t i = 0; i < j->count; i++) {
        const struct merge_part *p = &j->parts[i];
        size_t n;
        const struct merge_mapped *all = merge_results_all(j->results, i, &n);
        uint64_t rows = 0;
        for (size_t k = 0; k < n; k++) {
            rows += all[k].rows;
            if (outcome_is_failure((int)all[k].outcome) && all[k].endpoint < w->endpoint_count)
                w->failures[all[k].endpoint] += all[k].rows;
        }
        w->requests += p->requests;
        w->failed += p->failures;
        int code = p->run->exit_code;
        w->unrecorded = w->unrecorded || (code == CODE_RUNTIME && p->lost > 0);
        w->unanswered = w->unanswered && (rows == 0 || code == CODE_RUNTIME);
        if (p->stopped && code > SIGNAL_CODE && w->signal == 0)
            w->signal = code - SIGNAL_CODE;
    }
    w->on_failure = on_failure(j);
    return 0;
}

static int decide(struct job *j, struct merge_whole *w, struct err *e) {
    int code = 0;
    return j->o->decide(j->o->context, j->out.temporary, w, &code, e) != 0
               ? -1
               : set_verdict(j, &w->verdict, code, e);
}

static int write_all(struct job *j, struct merge_whole *w, struct err *e) {
    const struct merge_db *out = &j->out.db;
    struct merge_part *parts = j->parts;
    size_t n = j->count;
    if (add_run(j, e) != 0 || add_catalog(j, e) != 0 ||
        merge_results_new(out, parts, n, &j->results, e) != 0 ||
        merge_rows(out, parts, n, j->results, &w->rows, e) != 0 ||
        merge_seconds(out, parts, n, e) != 0 || merge_notes(out, parts, n, e) != 0 ||
        merge_shards(out, parts, n, e) != 0 || merge_manifest(out, parts, n, e) != 0)
        return -1;
    merge_verdict(parts, n, &w->verdict);
    if (count(j, w, e) != 0 || set_verdict(j, &w->verdict, 0, e) != 0 ||
        merge_out_commit(&j->out, e) != 0)
        return -1;
    int result = decide(j, w, e);
    merge_results_free(j->results); /* its statements keep the file open */
    j->results = NULL;
    return result != 0 ? -1 : merge_out_publish(&j->out, e);
}

int merge_run(const struct merge_options *o, struct merge_whole *whole, bool *refused,
              struct err *e) {
    struct job j = {.o = o, .out = {.fd = -1}};
    struct merge_whole w = {.parts = 0};
    *refused = false;
    j.parts = calloc(o->part_count, sizeof *j.parts);
    int result = j.parts == NULL ? err_memory(e, NULL) : open_parts(&j, refused, e);
    if (result == 0)
        result = merge_out_open(&j.out, o->out, j.parts, j.count, e);
    if (result == 0) {
        watch(&j, j.out.db.db);
        result = write_all(&j, &w, e);
    }
    merge_results_free(j.results);
    merge_out_done(&j.out);
    for (size_t i = 0; i < j.count; i++)
        merge_part_done(&j.parts[i]);
    free(j.parts);
    if (result == 0)
        *whole = w;
    else
        merge_whole_done(&w);
    return result;
}
