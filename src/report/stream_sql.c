#include "report/stream_sql.h"

#include <inttypes.h>

#include "report/model.h"
#include "report/sql.h"
#include "util/text.h"

#define TIMED " AND outcome NOT IN ('not_sent', 'cancelled', 'unsendable')"
/* Rounded to nanoseconds. */
#define TIME_PER_TOKEN                                                                             \
    "(round(1000.0 * (last_token_us - ttft_us) / (output_tokens - first_tokens)) / 1000)"

/* By time: the column, of which rows, and what is joined to each answer. */
static const struct {
    const char *column, *where, *with;
} time_sql[STREAM_TIME_COUNT] = {
    [STREAM_TIME_TTFT] = {"ttft_us", "ttft_us NOT NULL", ""},
    [STREAM_TIME_TTFO] = {"ttfo_us", "ttfo_us NOT NULL", ""},
    [STREAM_TIME_TIME_PER_TOKEN] = {TIME_PER_TOKEN,
                                    "token_events > 1 AND output_tokens > max(1, first_tokens)",
                                    ""},
    [STREAM_TIME_GAP] = {"value", "1", ", json_each(gaps_us)"},
    [STREAM_TIME_E2E] = {"service_us", "service_us NOT NULL", ""},
};

static bool is_total(const struct table *t, size_t row) {
    return row >= table_rows(t) - t->total_rows;
}

/* "FROM (...)": the answers of the row's endpoint, each with its request. The first two cells are
 * method and name. */
static void from_answers(struct buf *out, const struct table *t, size_t row, const char *also) {
    const struct model *m = t->sql_of;
    buf_str(out, "FROM (SELECT * FROM streams JOIN requests ON requests.id = request_id WHERE 1");
    if (!is_total(t, row)) {
        buf_str(out, " AND method = ");
        sql_text(out, table_cell_text(t, table_at(t, row, 0)));
        buf_str(out, " AND name = ");
        sql_text(out, table_cell_text(t, table_at(t, row, 1)));
    }
    sql_cut(out, m->cut);
    buf_printf(out, "%s)", also);
}

static void in_steady(struct buf *out, const struct streams *s, const char *moment) {
    buf_printf(out, "%s >= %" PRId64 " AND %s < %" PRId64, moment, s->from_us, moment, s->to_us);
}

/* SELECT `what` of the answers. */
static void simple(struct buf *out, const struct table *t, size_t row, const char *what) {
    buf_printf(out, "SELECT %s ", what);
    from_answers(out, t, row, "");
}

/* ---- streams ---- */

/* Tokens that came in the steady state: of an answer, its tokens by the share of its token events
 * that came in it. */
static void steady_tokens(struct buf *out, const struct table *t, size_t row,
                          const struct streams *s) {
    buf_str(out, "(SELECT total(1.0 * output_tokens / token_events * (SELECT count(*) FROM (SELECT "
                 "sent_us + ttft_us AS at UNION ALL SELECT sent_us + ttft_us + sum(value) OVER "
                 "(ORDER BY key) FROM json_each(gaps_us)) WHERE ");
    in_steady(out, s, "at");
    buf_str(out, ")) ");
    from_answers(out, t, row, " AND token_events > 0");
    buf_str(out, ")");
}

static void steady_us(struct buf *out, const struct table *t, size_t row, const struct streams *s) {
    buf_printf(out, "(SELECT sum(max(0, min(end_us, %" PRId64 ") - max(sent_us, %" PRId64 "))) ",
               s->to_us, s->from_us);
    from_answers(out, t, row, "");
    buf_str(out, ")");
}

static void duration(struct buf *out, const struct model *m) {
    if (m->cut != NULL || !m->run->complete)
        buf_printf(out, "%" PRId64, m->run->duration_us);
    else
        buf_str(out, "(SELECT duration_us FROM run)");
}

void stream_sql_answers(struct buf *out, const struct table *t, size_t row, size_t column,
                        enum table_part part) {
    const struct model *m = t->sql_of;
    const struct streams *s = m->streams;
    (void)part;
    switch (column) {
    case 2:
        simple(out, t, row, "count(*)");
        return;
    case 3:
        simple(out, t, row, "sum(output_tokens)");
        return;
    case 4:
        buf_str(out, "SELECT 1e6 * sum(output_tokens) / ");
        duration(out, m);
        buf_char(out, ' ');
        from_answers(out, t, row, "");
        return;
    case 5:
        simple(out, t, row, "1e6 * sum(output_tokens) / sum(end_us - sent_us)");
        return;
    case 6:
        buf_str(out, "SELECT count(*) ");
        from_answers(out, t, row, "");
        buf_str(out, " WHERE ");
        in_steady(out, s, "sent_us");
        return;
    case 7:
        buf_str(out, "SELECT 1e6 * ");
        steady_tokens(out, t, row, s);
        buf_printf(out, " / %" PRId64, s->to_us - s->from_us);
        return;
    case 8:
        buf_str(out, "SELECT 1e6 * ");
        steady_tokens(out, t, row, s);
        buf_str(out, " / ");
        steady_us(out, t, row, s);
        return;
    default:
        return;
    }
}

/* ---- stream_times ---- */

void stream_sql_times(struct buf *out, const struct table *t, size_t row, size_t column,
                      enum table_part part) {
    /* By column: what gives it, or the level of a percentile. */
    static const struct {
        const char *what;
        int level;
        bool steady;
    } columns[] = {{"", 0, false},    {"", 0, false},     {"", 0, false},    {"count", 0, false},
                   {"avg", 0, false}, {NULL, 50, false},  {NULL, 90, false}, {NULL, 99, false},
                   {"max", 0, false}, {"count", 0, true}, {NULL, 50, true},  {NULL, 99, true}};
    const struct model *m = t->sql_of;
    size_t time = row % STREAM_TIME_COUNT;
    struct buf from;
    (void)part;
    buf_init(&from, out->max);
    from_answers(&from, t, row, TIMED);
    buf_printf(&from, "%s WHERE %s", time_sql[time].with, time_sql[time].where);
    if (columns[column].steady) {
        buf_str(&from, " AND ");
        in_steady(&from, m->streams, "sent_us");
    }
    if (columns[column].what == NULL)
        sql_percentile(out, time_sql[time].column, columns[column].level, buf_text(&from));
    else if (column == 3 || column == 9)
        buf_printf(out, "SELECT count(*) %s", buf_text(&from));
    else
        buf_printf(out, "SELECT %s(%s) / 1000.0 %s", columns[column].what, time_sql[time].column,
                   buf_text(&from));
    out->failed = out->failed || !buf_ok(&from);
    buf_done(&from);
}

/* ---- stream_tokens ---- */

void stream_sql_tokens(struct buf *out, const struct table *t, size_t row, size_t column,
                       enum table_part part) {
    static const char *const columns[] = {
        "",
        "",
        "sum(prompt_tokens)",
        "100.0 * sum(CASE WHEN prompt_tokens NOT NULL THEN cached_tokens END)"
        " / sum(CASE WHEN cached_tokens NOT NULL THEN prompt_tokens END)",
        "sum(output_tokens)",
        "sum(coalesce(reasoning_tokens, reasoning_events))",
        "1.0 * sum(CASE WHEN tokens_from = 'usage' THEN output_tokens END)"
        " / sum(CASE WHEN tokens_from = 'usage' THEN token_events END)",
        "100.0 * sum(shared_reads) / sum(reads)",
        "100.0 * sum(tokens_from = 'usage') / count(*)",
    };
    (void)part;
    if (column < sizeof columns / sizeof *columns)
        simple(out, t, row, columns[column]);
}

/* ---- stream_asked ---- */

/* Complete answers of which the length that was asked for is known, and prompts likewise. */
#define WITH_LENGTH " AND outcome = 'ok' AND finish <> 'cancel_after'"
#define WITH_WORDS " AND prompt_tokens NOT NULL"

/* By column, from the third on. */
static const struct {
    const char *what, *where;
} asked_sql[] = {
    {"avg(asked_tokens)", WITH_LENGTH " AND asked_tokens NOT NULL"},
    {"avg(output_tokens)", WITH_LENGTH " AND asked_tokens NOT NULL"},
    {"100.0 * sum(output_tokens) / sum(asked_tokens)", WITH_LENGTH " AND asked_tokens NOT NULL"},
    {"avg(asked_words)", WITH_WORDS " AND asked_words NOT NULL"},
    {"avg(prompt_tokens)", WITH_WORDS " AND asked_words NOT NULL"},
    {"1.0 * sum(prompt_tokens) / sum(asked_words)", WITH_WORDS " AND asked_words NOT NULL"},
};

/* In a file whose rows do not have what was asked for, there is a query only for what came. All of
 * it together is of several endpoints, of which some may ask nothing. */
static void old_sql(struct buf *out, const struct table *t, size_t row, size_t column) {
    if (is_total(t, row) || (column != 3 && column != 6))
        return;
    buf_printf(out, "SELECT %s ", column == 3 ? "avg(output_tokens)" : "avg(prompt_tokens)");
    from_answers(out, t, row, column == 3 ? WITH_LENGTH : WITH_WORDS);
}

void stream_sql_asked(struct buf *out, const struct table *t, size_t row, size_t column,
                      enum table_part part) {
    const struct model *m = t->sql_of;
    (void)part;
    if (!m->streams->asked_by_row) {
        old_sql(out, t, row, column);
        return;
    }
    if (column < 2)
        return;
    buf_printf(out, "SELECT %s ", asked_sql[column - 2].what);
    from_answers(out, t, row, asked_sql[column - 2].where);
}

/* ---- stream_ends ---- */

void stream_sql_ends(struct buf *out, const struct table *t, size_t row, size_t column,
                     enum table_part part) {
    struct buf what;
    (void)part;
    buf_init(&what, out->max);
    buf_str(&what, column == 3 ? "sum(finish = " : "100.0 * sum(finish = ");
    sql_text(&what, table_cell_text(t, table_at(t, row, 2)));
    buf_str(&what, column == 3 ? ")" : ") / count(*)");
    simple(out, t, row, buf_text(&what));
    out->failed = out->failed || !buf_ok(&what);
    buf_done(&what);
}

/* ---- stream_goodput ---- */

static const char *const limited_time_per_token =
    "CASE WHEN token_events > 1 AND output_tokens > max(1, first_tokens) THEN " TIME_PER_TOKEN
    " END";

static const char *limited_us(int limit) {
    return limit == GATE_LIMIT_TTFT             ? "ttft_us"
           : limit == GATE_LIMIT_TTFO           ? "ttfo_us"
           : limit == GATE_LIMIT_TIME_PER_TOKEN ? limited_time_per_token
           : limit == GATE_LIMIT_TOKEN_GAP      ? "gap_max_us"
                                                : "service_us";
}

/* A response without such a time cannot be late, except for its first token or output. */
static void within(struct buf *out, const struct gate_rule *r, int limit) {
    bool must_be = limit == GATE_LIMIT_TTFT || limit == GATE_LIMIT_TTFO;
    buf_printf(out, " AND coalesce(%s, %s) / 1000.0 %s ", limited_us(limit),
               must_be ? "9e999" : "-1", r->within[limit].op == GATE_LT ? "<" : "<=");
    text_number(out, r->within[limit].limit);
}

static void is_good(struct buf *out, const struct gate_rule *r) {
    buf_str(out, "request_id NOT NULL AND outcome = 'ok'");
    for (int i = 0; i < GATE_LIMITS; i++)
        if ((r->filters & GATE_WITHIN(i)) != 0)
            within(out, r, i);
}

/* The requests that a set of limits is about. */
static void from_asked(struct buf *out, const struct model *m, const struct gate_rule *r) {
    buf_str(out, "FROM requests LEFT JOIN streams ON request_id = requests.id WHERE outcome NOT IN "
                 "('not_sent', 'cancelled') AND (request_id NOT NULL");
    buf_str(out, m->goodput->streams_said
                     ? " OR (name, method) IN (SELECT e.name, e.method FROM endpoint AS e, "
                       "manifest AS m, json_each(m.value) AS j WHERE m.key = 'stream_endpoints' "
                       "AND j.value = e.id))"
                     : " OR (name, method) IN (SELECT a.name, a.method FROM requests AS a JOIN "
                       "streams AS b ON b.request_id = a.id))");
    const char *texts[] = {r->name, r->method};
    for (int i = 0; i < 2; i++)
        if (texts[i] != NULL) {
            buf_str(out, i == 0 ? " AND name = " : " AND method = ");
            sql_text(out, texts[i]);
        }
    sql_cut(out, m->cut);
}

void stream_sql_goodput(struct buf *out, const struct table *t, size_t row, size_t column,
                        enum table_part part) {
    const struct model *m = t->sql_of;
    const struct gate_rule *r = &m->goodput->rules.items[row];
    (void)part;
    if (column == 0)
        return;
    buf_str(out, column == 1 ? "SELECT count(*) " : "SELECT ");
    if (column > 1) {
        buf_str(out, column == 3 ? "100.0 * total(" : column == 4 ? "1e6 * total(" : "total(");
        is_good(out, r);
        buf_str(out, column == 3 ? ") / count(*) " : column == 4 ? ") / " : ") ");
    }
    if (column == 4) {
        duration(out, m);
        buf_char(out, ' ');
    }
    from_asked(out, m, r);
}
