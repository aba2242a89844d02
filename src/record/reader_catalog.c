/* The catalog of a run file: its tables endpoint, task and check_name. */
#include <stdlib.h>
#include <string.h>

#include "record/reader_internal.h"
#include "record/reader_timeline.h"
#include "record/sample.h"

#define CHECKS_MAX (INT64_C(1) << 24)
#define CAPTURE "capture "

static bool load_endpoint(struct reader *r, sqlite3_stmt *st, int64_t id) {
    struct endpoint *x = &r->catalog.endpoints[id];
    x->name = reader_keep_column(r, st, 1);
    x->method = reader_keep_column(r, st, 2);
    return x->name != NULL && x->method != NULL;
}

static bool load_task(struct reader *r, sqlite3_stmt *st, int64_t id) {
    struct catalog_task *x = &r->catalog.tasks[id];
    x->name = reader_keep_column(r, st, 1);
    if (sqlite3_column_type(st, 2) != SQLITE_NULL)
        x->endpoint = sqlite3_column_int64(st, 2);
    return x->name != NULL;
}

static bool load_check(struct reader *r, sqlite3_stmt *st, int64_t id) {
    struct catalog_check *x = &r->catalog.checks[id];
    int64_t endpoint = sqlite3_column_int64(st, 2);
    x->name = reader_keep_column(r, st, 1);
    x->endpoint = endpoint < 0 || endpoint > UINT32_MAX ? UINT32_MAX : (uint32_t)endpoint;
    x->capture = x->name != NULL && strncmp(x->name, CAPTURE, strlen(CAPTURE)) == 0;
    return x->name != NULL;
}

typedef bool load_fn(struct reader *r, sqlite3_stmt *st, int64_t id);

/* Each row of `sql`, whose first column is an id below `count`. */
static int load(struct reader *r, const char *sql, size_t count, load_fn *fn, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    bool ok = true, in_order = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW && (in_order = reader_is_id(st, count)))
        ok = fn(r, st, sqlite3_column_int64(st, 0));
    int64_t id = in_order ? 0 : sqlite3_column_int64(st, 0);
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (!in_order)
        return reader_damaged(r, "id", id, e);
    return ok ? 0 : reader_no_memory(r, e);
}

static int load_flows(struct reader *r, struct err *e) {
    struct catalog *c = &r->catalog;
    if (reader_count_ids(r, "SELECT max(id) + 1 FROM task", SAMPLE_ENDPOINT_MAX, &c->task_count,
                         e) != 0 ||
        reader_count_ids(r, "SELECT max(id) + 1 FROM check_name", CHECKS_MAX, &c->check_count, e) !=
            0)
        return -1;
    c->tasks = calloc(c->task_count + 1, sizeof *c->tasks);
    c->checks = calloc(c->check_count + 1, sizeof *c->checks);
    if (c->tasks == NULL || c->checks == NULL)
        return reader_no_memory(r, e);
    /* Numbers without a row have the name "". */
    for (size_t i = 0; i < c->task_count; i++)
        c->tasks[i] = (struct catalog_task){.name = "", .endpoint = CATALOG_STEPS};
    for (size_t i = 0; i < c->check_count; i++)
        c->checks[i] = (struct catalog_check){.name = "", .endpoint = UINT32_MAX};
    if (load(r, "SELECT id, name, endpoint FROM task WHERE id >= 0", c->task_count, load_task, e) !=
        0)
        return -1;
    return load(r, "SELECT id, name, endpoint FROM check_name WHERE id >= 0", c->check_count,
                load_check, e);
}

int reader_load_catalog(struct reader *r, struct err *e) {
    struct catalog *c = &r->catalog;
    if (reader_count_ids(r, "SELECT max(id) + 1 FROM endpoint", SAMPLE_ENDPOINT_MAX,
                         &c->endpoint_count, e) != 0)
        return -1;
    c->endpoints = calloc(c->endpoint_count + 1, sizeof *c->endpoints);
    if (c->endpoints == NULL)
        return reader_no_memory(r, e);
    for (size_t i = 0; i < c->endpoint_count; i++)
        c->endpoints[i] = (struct endpoint){.name = "", .method = ""};
    if (load(r, "SELECT id, name, method FROM endpoint WHERE id >= 0", c->endpoint_count,
             load_endpoint, e) != 0)
        return -1;
    return reader_has_iterations(r) ? load_flows(r, e) : 0;
}
