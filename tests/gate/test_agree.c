/* Thresholds live and at the end: random rules on random requests, against SQL that knows neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>

#include "gate/gate_eval.h"
#include "gate/gate_live.h"
#include "util/rng.h"

#define SECONDS 14
#define REQUESTS 500
#define GAPS 12
#define STEPS 60
#define CHECKS 40
#define RULES 1500
#define RESOLUTION 0.01 /* of a percentile while a run goes on: more than hist.h promises */

static const struct catalog catalog = {
    .endpoints = (struct endpoint[]){{"/", "GET"}, {"/predict", "POST"}},
    .endpoint_count = 2,
    .tasks = (struct catalog_task[]){{"home", 0}, {"buy", CATALOG_STEPS}},
    .task_count = 2,
    .checks = (struct catalog_check[]){{"fast", 0, false}, {"fast", 1, false}, {"whole", 1, false}},
    .check_count = 3,
};
static const int64_t stages[] = {0, 5000000, 11000000};
static const bool streams[] = {false, true};
static const struct gate_subject subject = {.catalog = &catalog,
                                            .stages = stages,
                                            .stage_count = 2,
                                            .streams = streams,
                                            .what = "the test has"};

/* ---- what happened ---- */

static struct rng rng;
static sqlite3 *db;
static struct request requests[REQUESTS];
static struct gate_answer answers[REQUESTS]; /* of those that are streamed */
static char gaps[REQUESTS][GAPS + 1];        /* each a byte, of 500 microseconds and one more */
static struct step { int64_t end_us, took_us; } steps[STEPS];
static struct check { uint32_t number, second, passes, fails; } checks[CHECKS];

static int64_t below(int64_t n) {
    return (int64_t)rng_below(&rng, (uint64_t)n);
}

__attribute__((format(printf, 1, 2))) static void run_sql(const char *format, ...) {
    char sql[1024], *why = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

static struct request any_request(int64_t end_us) {
    static const struct {
        enum outcome outcome;
        int status;
    } fates[] = {{OUTCOME_OK, 200},         {OUTCOME_OK, 204},      {OUTCOME_OK, 200},
                 {OUTCOME_HTTP_ERROR, 503}, {OUTCOME_TIMEOUT, 0},   {OUTCOME_CANCELLED, 0},
                 {OUTCOME_NOT_SENT, 0},     {OUTCOME_UNSENDABLE, 0}};
    size_t fate = below(3) > 0 ? (size_t)below(3) : (size_t)below(8);
    struct request x = {.endpoint = (uint32_t)below(2),
                        .outcome = fates[fate].outcome,
                        .status = fates[fate].status,
                        .intended_us = end_us,
                        .end_us = end_us,
                        .dns_us = REQUEST_NO_VALUE,
                        .connect_us = REQUEST_NO_VALUE,
                        .tls_us = REQUEST_NO_VALUE,
                        .ttfb_us = REQUEST_NO_VALUE,
                        .resent_us = REQUEST_NO_VALUE,
                        .service_us = REQUEST_NO_VALUE,
                        .response_us = REQUEST_NO_VALUE,
                        .bytes_sent = (uint64_t)below(100),
                        .bytes_received = (uint64_t)below(1000)};
    if (!outcome_is_timed((int)x.outcome))
        return x;
    int64_t took_us = 1000 + below(below(8) == 0 ? 400000 : 60000);
    x.sent_us = end_us - took_us;
    if (below(10) == 0)
        x.resent_us = x.sent_us + below(took_us);
    x.service_us = end_us - (x.resent_us == REQUEST_NO_VALUE ? x.sent_us : x.resent_us);
    x.response_us = took_us + below(2) * below(5000);
    if (below(4) == 0) {
        x.connect_us = below(x.service_us / 2 + 1);
        x.tls_us = below(x.service_us / 2 + 1);
    }
    if (x.status != 0)
        x.ttfb_us = below(x.service_us + 1);
    return x;
}

static void insert_request(const struct request *x) {
    int64_t connected = (x->connect_us > 0 ? x->connect_us : 0) + (x->tls_us > 0 ? x->tls_us : 0);
    run_sql("INSERT INTO request VALUES (%lld, '%s', '%s', %d, '%s', %d, %d, %lld, %lld, %lld,"
            " nullif(%lld, %lld), %llu)",
            (long long)x->end_us, catalog.endpoints[x->endpoint].name,
            catalog.endpoints[x->endpoint].method, x->status, outcome_text((int)x->outcome),
            outcome_is_timed((int)x->outcome), outcome_is_failure((int)x->outcome),
            (long long)x->service_us, (long long)x->response_us, (long long)connected,
            (long long)x->ttfb_us, (long long)REQUEST_NO_VALUE,
            (unsigned long long)x->bytes_received);
    if (x->endpoint == 0 && outcome_is_timed((int)x->outcome))
        run_sql("INSERT INTO iteration VALUES (%lld, 'home', %lld)", (long long)x->end_us,
                (long long)(x->end_us - x->sent_us));
}

static bool next_gap(const char **at, int64_t *gap_us) {
    if (**at == '\0')
        return false;
    *gap_us = (*(*at)++ - 'A') * 500 + 1;
    return true;
}

/* -1 is NULL. */
static long long known(int64_t value) {
    return value == REQUEST_NO_VALUE ? -1 : value;
}

/* How the answer to request i went; one in five has none, though it should. */
static void any_answer(int i) {
    struct request *x = &requests[i];
    struct gate_answer *a = &answers[i];
    const char *name = catalog.endpoints[x->endpoint].name,
               *outcome = outcome_text((int)x->outcome);
    int n = (int)below(GAPS + 1);
    bool sent = x->outcome != OUTCOME_NOT_SENT && x->outcome != OUTCOME_UNSENDABLE;
    *a = (struct gate_answer){.ttft_us = REQUEST_NO_VALUE,
                              .ttfo_us = REQUEST_NO_VALUE,
                              .time_per_token_ns = REQUEST_NO_VALUE,
                              .gap_max_us = REQUEST_NO_VALUE,
                              .e2e_us = x->service_us,
                              .gaps = gaps[i],
                              .next_gap = next_gap};
    x->streamed = streams[x->endpoint] && sent && below(5) > 0;
    if (!streams[x->endpoint])
        return;
    for (int k = 0; k < GAPS; k++)
        gaps[i][k] = k >= n ? '\0' : (char)('A' + below(below(4) == 0 ? 60 : 8));
    if (x->streamed && below(8) > 0) {
        a->ttft_us = 500 + below(50000);
        a->ttfo_us = below(4) == 0 ? REQUEST_NO_VALUE : a->ttft_us + below(20000);
        a->tokens = (uint64_t)(n + 1);
        a->time_per_token_ns = n == 0 ? REQUEST_NO_VALUE : below(40000000);
    } else
        gaps[i][0] = '\0';
    const char *at = gaps[i];
    for (int64_t gap; next_gap(&at, &gap);) {
        a->gap_max_us = gap > a->gap_max_us ? gap : a->gap_max_us;
        if (x->streamed)
            run_sql("INSERT INTO gap VALUES (%lld, '%s', %d, '%s', %d, %d, %lld)",
                    (long long)x->end_us, name, x->status, outcome,
                    outcome_is_timed((int)x->outcome), outcome_is_failure((int)x->outcome),
                    (long long)gap);
    }
    run_sql("INSERT INTO answer VALUES (%lld, '%s', %d, '%s', %d, %d, nullif(%lld, -1),"
            " nullif(%lld, -1), nullif(%lld, -1), nullif(%lld, -1), nullif(%lld, -1), %llu, %d)",
            (long long)x->end_us, name, x->status, outcome, outcome_is_timed((int)x->outcome),
            outcome_is_failure((int)x->outcome), known(a->e2e_us), known(a->ttft_us),
            known(a->ttfo_us), known(a->time_per_token_ns), known(a->gap_max_us),
            (unsigned long long)a->tokens, x->streamed);
}

/* In the order of their ends, as a run shows them. Some seconds are empty. */
static int64_t some_time(int i, int n) {
    int64_t us = (int64_t)i * SECONDS * 1000000 / n;
    return us > 7000000 && us < 8300000 ? 8300000 + below(1000) : us + below(20000);
}

static void make_run(void) {
    run_sql("DROP TABLE IF EXISTS request; DROP TABLE IF EXISTS iteration;"
            "DROP TABLE IF EXISTS check_; DROP TABLE IF EXISTS answer; DROP TABLE IF EXISTS gap;"
            "CREATE TABLE answer(at, name, status, outcome, timed, failure, service, ttft, ttfo,"
            " per_token, gap_max, tokens, streamed);"
            "CREATE TABLE gap(at, name, status, outcome, timed, failure, us);"
            "CREATE TABLE request(at, name, method, status, outcome, timed, failure, service,"
            " response, connected, ttfb, received);"
            "CREATE TABLE iteration(at, name, took);"
            "CREATE TABLE check_(second, name, request, passes, fails); BEGIN");
    for (int i = 0; i < REQUESTS; i++) {
        requests[i] = any_request(some_time(i, REQUESTS));
        insert_request(&requests[i]);
        any_answer(i);
    }
    for (int i = 0; i < STEPS; i++) {
        steps[i] = (struct step){some_time(i, STEPS), below(900000)};
        run_sql("INSERT INTO iteration VALUES (%lld, 'buy', %lld)", (long long)steps[i].end_us,
                (long long)steps[i].took_us);
    }
    for (int i = 0; i < CHECKS; i++) {
        struct check *x = &checks[i];
        *x = (struct check){(uint32_t)below(3), (uint32_t)(i * SECONDS / CHECKS),
                            (uint32_t)below(5), (uint32_t)below(3)};
        const struct catalog_check *is = &catalog.checks[x->number];
        run_sql("INSERT INTO check_ VALUES (%u, '%s', '%s', %u, %u)", x->second, is->name,
                catalog.endpoints[is->endpoint].name, x->passes, x->fails);
    }
    run_sql("COMMIT");
}

/* ---- rules, with the SQL for each ---- */

enum kind { COUNTER, SHARE, TREND };

static const struct metric {
    const char *name;
    enum kind kind;
    const char *from, *value, *keep;
    bool filters; /* of an answer */
} metrics[] = {
    {"http_req_duration", TREND, "request", "max(service - connected, 0)", "timed", true},
    {"http_req_waiting", TREND, "request", "max(ttfb - connected, 0)", "timed AND ttfb >= 0", true},
    {"http_req_receiving", TREND, "request", "max(service - ttfb, 0)", "timed AND ttfb >= 0", true},
    {"response_time", TREND, "request", "response", "timed", true},
    {"service_time", TREND, "request", "service", "timed", true},
    {"http_req_failed", SHARE, "request", "failure", "(timed OR outcome = 'unsendable')", true},
    {"http_reqs", COUNTER, "request", "1", "timed", true},
    {"data_received", COUNTER, "request", "received", "timed", true},
    {"dropped_iterations", COUNTER, "request", "1", "outcome = 'not_sent'", false},
    {"iterations", COUNTER, "iteration", "1", "1", false},
    {"iteration_duration", TREND, "iteration", "took", "1", false},
    {"checks", SHARE, "check_", "", "1", false},
    {"ttft", TREND, "answer", "ttft", "timed AND ttft >= 0", true},
    {"ttfo", TREND, "answer", "ttfo", "timed AND ttfo >= 0", true},
    {"time_per_token", TREND, "answer", "per_token / 1000.0", "timed AND per_token >= 0", true},
    {"token_gap", TREND, "gap", "us", "timed", true},
    {"output_tokens", COUNTER, "answer", "tokens", "streamed", true},
    {"goodput{ttft<30.5,time_per_token<=35", SHARE, "answer",
     "NOT failure AND streamed AND coalesce(ttft < 30500, 0) AND coalesce(per_token <= 35e6, 1)",
     "(timed OR outcome = 'unsendable')", false},
    {"goodput{token_gap<20.001,e2e<30,ttfo<=40", SHARE, "answer",
     "NOT failure AND streamed AND coalesce(ttfo <= 40000, 0) AND coalesce(gap_max < 20001, 1)"
     " AND service < 30000",
     "(timed OR outcome = 'unsendable')", false},
};

enum aggregation { AVG, MIN, MAX, QUANTILE, COUNT, RATE };

struct rule {
    char text[256], where[256];
    const struct metric *metric;
    enum aggregation of;
    double p, limit;
    const char *op;
    int64_t begin_us, end_us; /* end_us 0: all of the run */
    int64_t over_s;
};

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format,
                                                      ...) {
    size_t n = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, size - n, format, args);
    va_end(args);
}

static void add_filters(struct rule *r) {
    const struct metric *m = r->metric;
    const char *before = strchr(r->metric->name, '{') != NULL ? "," : "{";
    bool task = strcmp(m->from, "iteration") == 0, check = strcmp(m->from, "check_") == 0;
    bool stream = strcmp(m->from, "answer") == 0 || strcmp(m->from, "gap") == 0;
    snprintf(r->where, sizeof r->where, "%s", m->keep);
    if (below(2) == 0) {
        static const char *const names[3][2] = {
            {"/", "/predict"}, {"home", "buy"}, {"fast", "whole"}};
        const char *name = names[task ? 1 : check ? 2 : 0][stream ? 1 : below(2)];
        add(r->text, sizeof r->text, "%sname:%s", before, name);
        add(r->where, sizeof r->where, " AND name = '%s'", name);
        before = ",";
    }
    if (check && before[0] == '{' && below(2) == 0) {
        add(r->text, sizeof r->text, "{request:/predict");
        add(r->where, sizeof r->where, " AND request = '/predict'");
        before = ",";
    }
    if (m->filters && below(3) == 0) {
        static const char *const texts[] = {"status:2xx", "status:503", "outcome:timeout",
                                            "expected_response:true"};
        static const char *const wheres[] = {"status BETWEEN 200 AND 299", "status = 503",
                                             "outcome = 'timeout'", "NOT failure"};
        int64_t i = below(4);
        add(r->text, sizeof r->text, "%s%s", before, texts[i]);
        add(r->where, sizeof r->where, " AND %s", wheres[i]);
        before = ",";
    }
    if (before[0] == ',')
        add(r->text, sizeof r->text, "}");
}

static void add_range(struct rule *r) {
    switch (below(4)) {
    case 0:
        r->begin_us = below(6) * 500000;
        add(r->text, sizeof r->text, " from %gs", (double)r->begin_us / 1e6);
        break;
    case 1:
        r->begin_us = 5000000;
        r->end_us = 11000000;
        add(r->text, sizeof r->text, " stage 2");
        break;
    case 2:
        r->end_us = 5000000;
        add(r->text, sizeof r->text, " stage 1");
    }
    if (below(3) == 0) {
        r->over_s = 1 + below(4);
        add(r->text, sizeof r->text, " over %ds", (int)r->over_s);
    }
}

static struct rule any_rule(void) {
    static const char *const ops[] = {"<", "<=", ">", ">="};
    static const char *const trends[] = {"avg", "min", "max"};
    struct rule r = {.metric = &metrics[below(sizeof metrics / sizeof *metrics)],
                     .op = ops[below(4)]};
    add(r.text, sizeof r.text, "%s", r.metric->name);
    add_filters(&r);
    if (r.metric->kind == SHARE) {
        r.of = RATE;
        r.limit = (double)below(100) / 100;
    } else if (r.metric->kind == COUNTER) {
        r.of = below(2) == 0 ? COUNT : RATE;
        r.limit = (double)(1 + below(r.metric->value[0] == '1' ? 40 : 20000));
    } else {
        r.of = (enum aggregation)below(4);
        r.p = (double)below(101) / 100;
        r.limit = (double)(1 + below(r.of == MAX ? 500 : 60));
    }
    if (r.of == QUANTILE)
        add(r.text, sizeof r.text, " p(%d)", (int)lround(r.p * 100));
    else
        add(r.text, sizeof r.text, " %s",
            r.of == COUNT  ? "count"
            : r.of == RATE ? "rate"
                           : trends[r.of]);
    add(r.text, sizeof r.text, "%s%.10g", r.op, r.limit);
    add_range(&r);
    return r;
}

/* The first column of the first row; NAN if there is none, or NULL. */
__attribute__((format(printf, 1, 2))) static double query(const char *format, ...) {
    char sql[1024];
    sqlite3_stmt *st = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    double value = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL
                       ? sqlite3_column_double(st, 0)
                       : (double)NAN;
    sqlite3_finalize(st);
    return value;
}

static double quantile(const struct rule *r, const char *rows) {
    double n = query("SELECT count(*) %s", rows), at = r->p * (n - 1);
    if (n == 0)
        return (double)NAN;
    const char *value = r->metric->value;
    double low = query("SELECT %s AS v %s ORDER BY v LIMIT 1 OFFSET %d", value, rows, (int)at);
    double high =
        query("SELECT %s AS v %s ORDER BY v LIMIT 1 OFFSET %d", value, rows, (int)ceil(at));
    return low + (high - low) * (at - floor(at));
}

/* What the rule's value is from `begin` to before `end`. */
static double value_of(const struct rule *r, int64_t begin, int64_t end) {
    char rows[512];
    const char *value = r->metric->value;
    if (strcmp(r->metric->from, "check_") == 0)
        /* If the range begins within a second, that second belongs to it. Windows begin on seconds
         * of the range. */
        return query(
            "SELECT sum(passes) * 1.0 / sum(passes + fails) FROM (SELECT *, CASE WHEN"
            " second * 1000000 < %lld AND second * 1000000 + 1000000 > %lld THEN %lld ELSE"
            " second * 1000000 END AS at FROM check_) WHERE %s AND at >= %lld AND at < %lld",
            (long long)r->begin_us, (long long)r->begin_us, (long long)r->begin_us, r->where,
            (long long)begin, (long long)end);
    snprintf(rows, sizeof rows, "FROM %s WHERE %s AND at >= %lld AND at < %lld", r->metric->from,
             r->where, (long long)begin, (long long)end);
    switch (r->of) {
    case AVG:
        return query("SELECT avg(%s) %s", value, rows) / 1000;
    case MIN:
        return query("SELECT min(%s) %s", value, rows) / 1000;
    case MAX:
        return query("SELECT max(%s) %s", value, rows) / 1000;
    case QUANTILE:
        return quantile(r, rows) / 1000;
    case COUNT:
        return query("SELECT coalesce(sum(%s), 0) %s", value, rows);
    case RATE:
        break;
    }
    if (r->metric->kind == SHARE)
        return query("SELECT avg((%s) + 0) %s", value, rows);
    return query("SELECT coalesce(sum(%s), 0) %s", value, rows) / ((double)(end - begin) / 1e6);
}

static bool holds(const struct rule *r, double value) {
    return !isnan(value) && query("SELECT %.17g %s %.17g", value, r->op, r->limit) != 0;
}

/* ---- what both say ---- */

static void parse(const struct rule *r, struct gate_rules *out) {
    struct err e = {""};
    *out = (struct gate_rules){0};
    if (gate_rules_parse(out, "", r->text, &e) != 0 || gate_rules_check(out, &subject, &e) != 0)
        fail_msg("%s: %s", r->text, e.text);
}

static void give_all(struct gate_eval *j) {
    for (int i = 0; i < REQUESTS; i++) {
        gate_eval_request(j, &requests[i]);
        if (requests[i].streamed)
            gate_eval_answer(j, &requests[i], &answers[i]);
    }
    for (int i = 0; i < STEPS; i++)
        gate_eval_iteration(j, 1, steps[i].end_us, steps[i].took_us);
    for (int i = 0; i < CHECKS; i++)
        gate_eval_check(j, checks[i].number, checks[i].second, checks[i].passes, checks[i].fails);
}

static struct gate_result evaluated(const struct rule *r, const struct gate_rules *rules) {
    struct gate_range range = {.duration_us = SECONDS * INT64_C(1000000)};
    struct gate_eval *j = NULL;
    struct gate_result *results = NULL;
    struct err e = {""};
    bool again = false;
    if (gate_eval_new(rules, &subject, &range, &j, &e) != 0)
        fail_msg("%s: %s", r->text, e.text);
    give_all(j);
    assert_int_equal(gate_eval_plan(j, &again, &e), 0);
    if (again)
        give_all(j);
    if (gate_eval_finish(j, &results, &e) != 0)
        fail_msg("%s: %s", r->text, e.text);
    struct gate_result x = results[0];
    free(results);
    gate_eval_free(j);
    return x;
}

/* All looks of a run where there are windows; else the last one, for until then it may go to and
 * fro. */
static bool crossed_live(const struct rule *r, const struct gate_rules *rules,
                         struct gate_crossing *x) {
    struct gate_live *l = NULL;
    struct err e = {""};
    size_t told = 0;
    int q = 0, s = 0, c = 0;
    if (gate_live_new(rules, &subject, &l, &e) != 0)
        fail_msg("%s: %s", r->text, e.text);
    for (int64_t second = 1; second <= SECONDS; second++) {
        int64_t now_us = second * 1000000;
        for (; q < REQUESTS && requests[q].end_us < now_us; q++) {
            gate_live_add(l, &requests[q], 1);
            if (requests[q].streamed)
                gate_live_answer(l, &requests[q], &answers[q]);
        }
        for (; s < STEPS && steps[s].end_us < now_us; s++)
            gate_live_iteration(l, 1, steps[s].end_us, steps[s].took_us);
        for (; c < CHECKS && checks[c].second < second; c++)
            gate_live_check(l, checks[c].number, checks[c].second, checks[c].passes,
                            checks[c].fails);
        if (told == 0 && (r->over_s > 0 || second == SECONDS))
            told = gate_live_look(l, now_us, x, 1);
    }
    gate_live_free(l);
    return told > 0;
}

/* Where the rule does not hold by SQL: of all that the evaluation sees, and of what is over for
 * gate_live.h. A window is over GATE_LATE_S after its end. */
static void truth(const struct rule *r, double *value, bool *ok, bool *ok_over, double *nearest) {
    int64_t end = r->end_us != 0 ? r->end_us : SECONDS * INT64_C(1000000);
    *ok = *ok_over = true;
    *nearest = HUGE_VAL;
    if (r->over_s == 0) {
        *value = value_of(r, r->begin_us, end);
        *ok = *ok_over = holds(r, *value);
        *nearest = fabs(*value - r->limit);
        return;
    }
    int64_t width = r->over_s * 1000000;
    for (int64_t at = r->begin_us; at + width <= end; at += 1000000) {
        double x = value_of(r, at, at + width);
        bool good = holds(r, x);
        *ok = *ok && good;
        if (at + width + GATE_LATE_S * INT64_C(1000000) <= SECONDS * INT64_C(1000000))
            *ok_over = *ok_over && good;
        if (!isnan(x))
            *nearest = fmin(*nearest, fabs(x - r->limit));
    }
}

/* Whether gate_live.h can be sure of a crossing at the end: what is still open may mend itself, and
 * a rate allows for what has not come yet. */
static bool can_be_sure(const struct rule *r, double value, double nearest) {
    bool open = r->over_s == 0 && r->end_us == 0, upper = r->op[0] == '<';
    if (r->of == QUANTILE && !(nearest > RESOLUTION * r->limit))
        return false;
    if (r->over_s == 0 && isnan(value))
        return false; /* data may come */
    if (r->metric->kind == COUNTER && r->of == RATE && r->over_s == 0)
        return nearest > 0.2 * r->limit;
    return !open || !(r->of == MAX || r->of == MIN || r->of == COUNT) || upper == (r->of != MIN);
}

static int sure, crossings;

static void compare(const struct rule *r) {
    struct gate_rules rules;
    struct gate_crossing x = {0};
    bool ok, ok_over;
    double value = (double)NAN, nearest;
    parse(r, &rules);
    truth(r, &value, &ok, &ok_over, &nearest);
    struct gate_result j = evaluated(r, &rules);
    bool crossed = crossed_live(r, &rules, &x);
    if ((j.verdict == GATE_HOLDS) != ok)
        fail_msg("%s: evaluated %d, by SQL %d (%g, %g)", r->text, j.verdict == GATE_HOLDS, ok,
                 j.value, value);
    if (r->over_s == 0 && (isnan(j.value) != isnan(value) ||
                           (!isnan(value) && fabs(j.value - value) > 1e-9 * fmax(1, value))))
        fail_msg("%s: evaluated %.15g, by SQL %.15g", r->text, j.value, value);
    if (crossed && ok)
        fail_msg("%s: crossed while it went on (%g to %g), holds by SQL (%g)", r->text, x.low,
                 x.high, value);
    if (!crossed && !ok_over && can_be_sure(r, value, nearest))
        fail_msg("%s: crossed by SQL (%g), but was not while it went on", r->text, value);
    sure += !ok_over && can_be_sure(r, value, nearest);
    crossings += crossed;
    gate_rules_done(&rules);
}

static void live_and_final_agree_with_sql(void **state) {
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        rng_seed(&rng, seed, 0);
        make_run();
        for (int i = 0; i < RULES / 3; i++) {
            struct rule r = any_rule();
            compare(&r);
        }
    }
    sqlite3_close(db);
    /* That it has looked at something: a good part of the rules is crossed. */
    assert_true(sure > RULES / 5 && crossings > RULES / 5 && crossings < RULES * 4 / 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(live_and_final_agree_with_sql)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
