#include "report/flow_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_timeline.h"
#include "report/sql.h"
#include "stats/spread.h"
#include "util/array.h"

/* ---- iterations ---- */

struct task {
    char *name;
    uint64_t iterations, failed;
    struct spread times; /* microseconds */
};

struct tasks {
    struct task all[FLOWS_NAMES_MAX + 1]; /* the last one: what has no place of its own */
    size_t count, last;
    bool again; /* the second reading */
    struct err *e;
    bool failed;
};

static struct task *new_task(struct tasks *t, size_t at, const char *name) {
    struct task *x = &t->all[at];
    x->name = strdup(name);
    if (x->name == NULL || spread_init(&x->times, t->e) != 0) {
        t->failed = true;
        return NULL;
    }
    return x;
}

/* Most rows are of the task of the row before. */
static struct task *find_task(struct tasks *t, const char *name) {
    if (t->last < t->count && strcmp(t->all[t->last].name, name) == 0)
        return &t->all[t->last];
    for (t->last = 0; t->last < t->count; t->last++)
        if (strcmp(t->all[t->last].name, name) == 0)
            return &t->all[t->last];
    if (t->count < FLOWS_NAMES_MAX)
        return new_task(t, t->count++, name);
    struct task *others = &t->all[FLOWS_NAMES_MAX];
    return others->name != NULL ? others : new_task(t, FLOWS_NAMES_MAX, FLOWS_OTHERS);
}

static void take_iteration(void *context, const char *name, int64_t end_us, int64_t duration_us,
                           bool ok) {
    struct tasks *t = context;
    struct task *x = t->failed ? NULL : find_task(t, name);
    (void)end_us;
    if (x == NULL)
        return;
    if (t->again) {
        spread_collect(&x->times, duration_us);
        return;
    }
    x->iterations++;
    x->failed += !ok;
    spread_count(&x->times, duration_us);
}

static int by_name(const void *a, const void *b) {
    const struct task *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void iteration_row(struct table *t, const struct task *x, int64_t run_us) {
    struct spread_row row;
    spread_row(&x->times, &row);
    table_text(t, x->name);
    table_number(t, (double)x->iterations);
    table_number(t, (double)x->failed);
    table_number(t, run_us > 0 ? (double)x->iterations * 1e6 / (double)run_us : (double)NAN);
    const double us[] = {row.mean, row.median, row.p95, row.p99, row.min, row.max};
    for (size_t i = 0; i < COUNT_OF(us); i++)
        table_number(t, us[i] / 1000);
}

static int read_twice(struct reader *r, struct tasks *t) {
    if (reader_iterations(r, take_iteration, t, t->e) != 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(t->all) && !t->failed; i++)
        if (t->all[i].name != NULL && spread_plan(&t->all[i].times, t->e) != 0)
            return -1;
    t->again = true;
    if (t->failed || reader_iterations(r, take_iteration, t, t->e) != 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(t->all); i++)
        if (t->all[i].name != NULL && spread_finish(&t->all[i].times, t->e) != 0)
            return -1;
    return t->failed ? -1 : 0;
}

/* By column: what gives it, or the level of a percentile. */
static const struct {
    const char *sql;
    int level;
} iteration_columns[] = {{"", 0},
                         {"count(*)", 0},
                         {"count(CASE WHEN NOT ok THEN 1 END)", 0},
                         {"1e6 * count(*) / (SELECT duration_us FROM run)", 0},
                         {"avg(duration_us) / 1000", 0},
                         {NULL, 50},
                         {NULL, 95},
                         {NULL, 99},
                         {"min(duration_us) / 1000.0", 0},
                         {"max(duration_us) / 1000.0", 0}};

static void iterations_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                           enum table_part part) {
    struct buf from;
    (void)part;
    if (row == FLOWS_NAMES_MAX) /* those of other tasks */
        return;
    buf_init(&from, out->max);
    buf_str(&from, "FROM iterations WHERE end_us NOT NULL AND name = ");
    sql_text(&from, table_cell_text(t, table_at(t, row, 0)));
    if (iteration_columns[column].sql != NULL)
        buf_printf(out, "SELECT %s %s", iteration_columns[column].sql, buf_text(&from));
    else
        sql_percentile(out, "duration_us", iteration_columns[column].level, buf_text(&from));
    out->failed = out->failed || !buf_ok(&from);
    buf_done(&from);
}

static int iterations(struct reader *r, struct flow_tables *out, struct err *e) {
    static const struct table_column columns[] = {
        {"name", "Task", TABLE_TEXT},      {"iterations", "Iterations", TABLE_COUNT},
        {"failed", "Failed", TABLE_COUNT}, {"per_second", "Iterations/s", TABLE_NUMBER},
        {"mean_ms", "Average", TABLE_MS},  {"median_ms", "50%ile", TABLE_MS},
        {"p95_ms", "95%ile", TABLE_MS},    {"p99_ms", "99%ile", TABLE_MS},
        {"min_ms", "Min", TABLE_MS},       {"max_ms", "Max", TABLE_MS}};
    struct tasks *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_memory(e, "the table of iterations");
    t->e = e;
    int result = read_twice(r, t);
    if (result == 0 && t->count > 0) {
        struct table *x = &out->tables[out->count++];
        table_init(x, "iterations", "Iterations: complete tasks (ms)", columns, COUNT_OF(columns));
        x->shown_max = FLOWS_SHOWN_MAX;
        x->whole_names = true;
        x->sql = iterations_sql;
        qsort(t->all, t->count, sizeof *t->all, by_name);
        for (size_t i = 0; i < COUNT_OF(t->all); i++)
            if (t->all[i].name != NULL)
                iteration_row(x, &t->all[i], reader_run(r)->duration_us);
    } else if (t->failed)
        err_memory(e, "the table of iterations");
    for (size_t i = 0; i < COUNT_OF(t->all); i++) {
        free(t->all[i].name);
        spread_done(&t->all[i].times);
    }
    free(t);
    return result;
}

/* ---- checks ---- */

static void take_check(void *context, const char *request, const char *name, uint64_t passes,
                       uint64_t fails, uint64_t not_judged) {
    struct table *t = context;
    table_text(t, request);
    table_text(t, name);
    table_number(t, (double)passes);
    table_number(t, (double)fails);
    table_number(t, passes + fails == 0 ? (double)NAN
                                        : 100 * (double)passes / (double)(passes + fails));
    table_number(t, (double)not_judged);
}

static void checks_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                       enum table_part part) {
    static const char *const what[] = {"",
                                       "",
                                       "sum(passes)",
                                       "sum(fails)",
                                       "100.0 * sum(passes) / (sum(passes) + sum(fails))",
                                       "sum(not_judged)"};
    (void)part;
    buf_printf(out, "SELECT %s FROM checks WHERE request = ", what[column]);
    sql_text(out, table_cell_text(t, table_at(t, row, 0)));
    buf_str(out, " AND name = ");
    sql_text(out, table_cell_text(t, table_at(t, row, 1)));
}

static int checks(struct reader *r, struct flow_tables *out, struct err *e) {
    static const struct table_column columns[] = {{"request", "Request", TABLE_TEXT},
                                                  {"check", "Check", TABLE_TEXT},
                                                  {"passes", "Passed", TABLE_COUNT},
                                                  {"fails", "Failed", TABLE_COUNT},
                                                  {"passed_percent", "Passed %", TABLE_NUMBER},
                                                  {"not_judged", "Not checked", TABLE_COUNT}};
    struct table *t = &out->tables[out->count];
    table_init(t, "checks", "Checks", columns, COUNT_OF(columns));
    t->shown_max = FLOWS_SHOWN_MAX;
    t->whole_names = true;
    t->sql = checks_sql;
    int result = reader_check_totals(r, take_check, t, e);
    if (result == 0 && table_rows(t) > 0)
        out->count++;
    else
        table_done(t);
    return result;
}

int flow_tables_read(struct reader *r, struct flow_tables *out, struct err *e) {
    *out = (struct flow_tables){0};
    if ((reader_has_steps(r) && iterations(r, out, e) != 0) ||
        (reader_has_checks(r) && checks(r, out, e) != 0))
        return -1;
    for (size_t i = 0; i < out->count; i++)
        if (!table_ok(&out->tables[i]))
            return err_memory(e, "the tables of iterations and checks");
    return 0;
}

void flow_tables_done(struct flow_tables *c) {
    for (size_t i = 0; i < c->count; i++)
        table_done(&c->tables[i]);
    c->count = 0;
}
