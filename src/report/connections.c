#include "report/connections.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/clock.h"
#include "util/text.h"

#define RATE_MIN 100       /* fewer requests say nothing about their connections */
#define HABIT_MIN 5        /* connections at least before it is a habit */
#define HABIT_SHARE 0.9    /* of the connections that ended so */
#define WORTH_A_WORD 0.001 /* of all requests */

#define ON_ONE                                                                                     \
    "outcome NOT IN ('not_sent', 'unsendable', 'dns_error', 'connect_error', 'cancelled')"
/* A request of a user who has opened none is on a connection of others. */
#define SHARED                                                                                     \
    "EXISTS (SELECT 1 FROM (SELECT outcome, max(new_connection) OVER (PARTITION BY user ORDER BY"  \
    " id) AS own FROM requests) WHERE NOT own AND " ON_ONE ")"
#define PER_CONNECTION                                                                             \
    "WITH n AS (SELECT count(*) AS n FROM (SELECT user, sum(new_connection) OVER (PARTITION BY"    \
    " user ORDER BY id) AS k FROM requests WHERE " ON_ONE ") WHERE k > 0 AND NOT " SHARED          \
    " GROUP BY user, k) "
#define SILENT "previous_end = 'lost' AND previous_idle_us IS NULL"
#define UNSAID                                                                                     \
    "previous_end IN ('idle', 'lost') AND NOT (" SILENT ") AND coalesce(previous_idle_us, 0)"
#define LOST "outcome = 'reset' AND NOT new_connection AND status IS NULL"

enum {
    OPENED,
    USERS,
    REQUESTS_P50,
    REQUESTS_MAX,
    STREAMS_MEAN,
    ENDED_ANNOUNCED,
    ENDED_UNANNOUNCED,
    ENDED_SILENT,
    ENDED_IDLE,
    IDLE_MIN,
    IDLE_MAX,
    ENDED_CUT,
    ENDED_RESET,
    ENDED_GOAWAY,
    ENDED_GOAWAY_CALM,
    ENDED_GOAWAY_ERROR,
    ENDED_EXPIRED,
    ENDED_CLIENT,
    OPEN_AT_END,
    LOST_REQUESTS,
    LOST_PERCENT,
    SENT_AGAIN,
    FIRST_TRY_MEAN,
    FIRST_TRY_MAX,
    HTTP_1_0,
    HTTP_1_1,
    HTTP_2,
    NUMBERS
};

static const struct {
    const char *key, *label;
    enum table_unit unit;
    const char *sql;
} numbers[NUMBERS] = {
    [OPENED] = {"opened", "Opened", TABLE_COUNT,
                "SELECT count(*) FROM requests WHERE new_connection"},
    [USERS] = {"users", "Users with a connection", TABLE_COUNT,
               "SELECT count(DISTINCT user) FROM requests WHERE new_connection"},
    [REQUESTS_P50] = {"requests_p50", "Requests per connection, median", TABLE_NUMBER,
                      PER_CONNECTION
                      "SELECT avg(n) FROM (SELECT n, row_number() OVER (ORDER BY n) AS i, count(*)"
                      " OVER () AS c FROM n) WHERE i IN ((c + 1) / 2, (c + 2) / 2)"},
    [REQUESTS_MAX] = {"requests_max", "Requests per connection, maximum", TABLE_COUNT,
                      PER_CONNECTION "SELECT max(n) FROM n"},
    [STREAMS_MEAN] = {"streams_mean", "HTTP/2 streams per connection, average", TABLE_NUMBER,
                      "SELECT CASE WHEN count(CASE WHEN http_version = '2' THEN 1 END) > 0 AND"
                      " count(CASE WHEN http_version <> '2' THEN 1 END) = 0 THEN (count(CASE WHEN"
                      " outcome <> 'tls_error' AND " ON_ONE " THEN 1 END) + total(sent_again)) /"
                      " sum(new_connection) END FROM requests"},
    [ENDED_ANNOUNCED] = {"ended_announced", "Closed by the server, announced", TABLE_COUNT,
                         "SELECT count(*) FROM requests WHERE previous_end = 'announced'"},
    [ENDED_UNANNOUNCED] = {"ended_unannounced",
                           "Closed by the server after a response, unannounced", TABLE_COUNT,
                           "SELECT count(*) FROM requests WHERE " UNSAID " < 500000"},
    [ENDED_SILENT] = {"ended_without_answer", "Closed by the server before any response",
                      TABLE_COUNT, "SELECT count(*) FROM requests WHERE " SILENT},
    [ENDED_IDLE] = {"ended_idle", "Closed by the server when idle", TABLE_COUNT,
                    "SELECT count(*) FROM requests WHERE " UNSAID " >= 500000"},
    [IDLE_MIN] = {"ended_idle_min_s", "… idle for at least", TABLE_S,
                  "SELECT min(previous_idle_us) / 1e6 FROM requests WHERE " UNSAID " >= 500000"},
    [IDLE_MAX] = {"ended_idle_max_s", "… idle for at most", TABLE_S,
                  "SELECT max(previous_idle_us) / 1e6 FROM requests WHERE " UNSAID " >= 500000"},
    [ENDED_CUT] = {"ended_cut", "Closed by the server during a response", TABLE_COUNT,
                   "SELECT count(*) FROM requests WHERE previous_end = 'cut'"},
    [ENDED_RESET] = {"ended_reset", "Closed by a reset", TABLE_COUNT,
                     "SELECT count(*) FROM requests WHERE previous_end = 'reset'"},
    [ENDED_GOAWAY] = {"ended_goaway", "Closed by the server with GOAWAY", TABLE_COUNT,
                      "SELECT count(*) FROM requests WHERE previous_end = 'goaway'"},
    [ENDED_GOAWAY_CALM] = {"ended_goaway_enhance_your_calm",
                           "Closed by the server with GOAWAY: too much from this client "
                           "(ENHANCE_YOUR_CALM)",
                           TABLE_COUNT,
                           "SELECT count(*) FROM requests WHERE previous_end ="
                           " 'goaway_enhance_your_calm'"},
    [ENDED_GOAWAY_ERROR] = {"ended_goaway_error", "Closed by the server with GOAWAY and an error",
                            TABLE_COUNT,
                            "SELECT count(*) FROM requests WHERE previous_end = 'goaway_error'"},
    [ENDED_EXPIRED] = {"ended_expired",
                       "Closed by the client, because the server's Keep-Alive timeout was over",
                       TABLE_COUNT, "SELECT count(*) FROM requests WHERE previous_end = 'expired'"},
    [ENDED_CLIENT] = {"ended_client", "Closed by the client for another reason", TABLE_COUNT,
                      "SELECT count(*) FROM requests WHERE previous_end = 'client'"},
    [OPEN_AT_END] = {"open_at_end", "Open at the end, or closed unnoticed", TABLE_COUNT,
                     "SELECT max(sum(new_connection) - count(previous_end), 0) FROM requests"},
    [LOST_REQUESTS] = {"lost_requests", "Requests lost on keep-alive connections", TABLE_COUNT,
                       "SELECT count(*) FROM requests WHERE " LOST},
    [LOST_PERCENT] = {"lost_percent", "… in % of the requests sent on a connection", TABLE_NUMBER,
                      "SELECT 100.0 * count(CASE WHEN " LOST
                      " THEN 1 END) / count(*) FROM requests WHERE " ON_ONE},
    [SENT_AGAIN] = {"sent_again", "Requests retried on a new connection", TABLE_COUNT,
                    "SELECT count(*) FROM requests WHERE sent_again"},
    [FIRST_TRY_MEAN] = {"first_try_mean_ms", "… time of the first try, average", TABLE_MS,
                        "SELECT avg(resent_us - sent_us) / 1000 FROM requests WHERE sent_again"},
    [FIRST_TRY_MAX] = {"first_try_max_ms", "… time of the first try, maximum", TABLE_MS,
                       "SELECT max(resent_us - sent_us) / 1000.0 FROM requests WHERE sent_again"},
    [HTTP_1_0] = {"answers_http_1_0", "Responses over HTTP/1.0", TABLE_COUNT,
                  "SELECT count(*) FROM requests WHERE http_version = '1.0'"},
    [HTTP_1_1] = {"answers_http_1_1", "Responses over HTTP/1.1", TABLE_COUNT,
                  "SELECT count(*) FROM requests WHERE http_version = '1.1'"},
    [HTTP_2] = {"answers_http_2", "Responses over HTTP/2", TABLE_COUNT,
                "SELECT count(*) FROM requests WHERE http_version = '2'"},
};

/* ---- how often each number of requests ---- */

/* There are few different numbers: n connections of 1, 2, 3, …, n requests need about n * n / 2
 * requests. */
struct bins {
    struct bin {
        uint64_t requests, connections;
    } * all; /* by requests */
    size_t count, cap;
    uint64_t connections;
};

static int bins_add(struct bins *b, uint64_t requests, struct err *e) {
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (b->all[middle].requests < requests)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == b->count || b->all[low].requests != requests) {
        struct bin *more = array_room(b->all, &b->cap, b->count + 1, sizeof *more);
        if (more == NULL)
            return err_memory(e, "the table of connections");
        b->all = more;
        memmove(&b->all[low + 1], &b->all[low], (b->count - low) * sizeof *b->all);
        b->all[low] = (struct bin){.requests = requests};
        b->count++;
    }
    b->all[low].connections++;
    b->connections++;
    return 0;
}

/* The requests of the connection at this place, from 0. */
static uint64_t bins_at(const struct bins *b, uint64_t place) {
    size_t i = 0;
    while (place >= b->all[i].connections)
        place -= b->all[i++].connections;
    return b->all[i].requests;
}

/* The number that most have. */
static struct bin bins_mode(const struct bins *b) {
    struct bin most = {0};
    for (size_t i = 0; i < b->count; i++)
        if (b->all[i].connections > most.connections)
            most = b->all[i];
    return most;
}

/* ---- the rows ---- */

struct connections {
    uint64_t *open; /* by user: 1 more than the requests on its connection; 0: it has had none */
    size_t user_count;
    struct bins per_connection, announced, unannounced; /* the last by answers */
    uint64_t n[NUMBERS];
    uint64_t on_one, users, scheduled, streams;
    int64_t idle_min_us, idle_max_us, first_try_us, first_try_max_us;
    bool known;
    bool shared; /* users share connections, so a user's requests are not those of a connection */
};

int connections_new(struct connections **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    return *out == NULL ? err_memory(e, "the table of connections") : 0;
}

void connections_free(struct connections *c) {
    if (c == NULL)
        return;
    free(c->open);
    free(c->per_connection.all);
    free(c->announced.all);
    free(c->unannounced.all);
    free(c);
}

static void count_end(struct connections *c, const struct request *row) {
    static const int of[CONNECTION_END_COUNT] = {[CONNECTION_END_ANNOUNCED] = ENDED_ANNOUNCED,
                                                 [CONNECTION_END_CUT] = ENDED_CUT,
                                                 [CONNECTION_END_RESET] = ENDED_RESET,
                                                 [CONNECTION_END_GOAWAY] = ENDED_GOAWAY,
                                                 [CONNECTION_END_EXPIRED] = ENDED_EXPIRED,
                                                 [CONNECTION_END_CLIENT] = ENDED_CLIENT,
                                                 [CONNECTION_END_GOAWAY_CALM] = ENDED_GOAWAY_CALM,
                                                 [CONNECTION_END_GOAWAY_ERROR] =
                                                     ENDED_GOAWAY_ERROR};
    if (row->previous_end == CONNECTION_END_NONE)
        return;
    if (row->previous_end != CONNECTION_END_IDLE && row->previous_end != CONNECTION_END_LOST) {
        c->n[of[row->previous_end]]++;
        return;
    }
    if (row->previous_end == CONNECTION_END_LOST && row->previous_idle_us == READER_NO_VALUE) {
        c->n[ENDED_SILENT]++; /* it was not idle: no answer had come on it */
        return;
    }
    int64_t idle_us = row->previous_idle_us == READER_NO_VALUE ? 0 : row->previous_idle_us;
    if (idle_us < CONNECTIONS_IDLE_US) {
        c->n[ENDED_UNANNOUNCED]++;
        return;
    }
    c->idle_min_us = c->n[ENDED_IDLE] == 0 || idle_us < c->idle_min_us ? idle_us : c->idle_min_us;
    c->idle_max_us = idle_us > c->idle_max_us ? idle_us : c->idle_max_us;
    c->n[ENDED_IDLE]++;
}

static int make_room(struct connections *c, size_t user, struct err *e) {
    size_t count = c->user_count == 0 ? 256 : c->user_count;
    while (count <= user)
        count *= 2;
    uint64_t *more = realloc(c->open, count * sizeof *more);
    if (more == NULL)
        return err_memory(e, "the table of connections");
    memset(more + c->user_count, 0, (count - c->user_count) * sizeof *more);
    c->open = more;
    c->user_count = count;
    return 0;
}

static bool is_on_one(const struct request *row) {
    enum outcome o = row->outcome;
    return o != OUTCOME_NOT_SENT && o != OUTCOME_UNSENDABLE && o != OUTCOME_DNS_ERROR &&
           o != OUTCOME_CONNECT_ERROR && o != OUTCOME_CANCELLED;
}

static bool ended_unannounced(const struct request *row) {
    bool quiet =
        row->previous_end == CONNECTION_END_IDLE || row->previous_end == CONNECTION_END_LOST;
    return quiet && (row->previous_idle_us == READER_NO_VALUE ||
                     row->previous_idle_us < CONNECTIONS_IDLE_US);
}

/* A connection that had `requests` requests has ended, and `row` is the first on the next. */
static int count_ended(struct connections *c, uint64_t requests, const struct request *row,
                       struct err *e) {
    if (bins_add(&c->per_connection, requests, e) != 0)
        return -1;
    if (row->previous_end == CONNECTION_END_ANNOUNCED)
        return bins_add(&c->announced, requests, e);
    if (!ended_unannounced(row))
        return 0;
    /* The last one was lost with it, unless it is this row, sent again. */
    bool lost = row->previous_end == CONNECTION_END_LOST && row->resent_us == READER_NO_VALUE;
    return bins_add(&c->unannounced, requests - (lost ? 1 : 0), e);
}

/* `counts`: the request was on a connection, and not only the reason for one. */
static int count_on_connection(struct connections *c, const struct request *row, bool counts,
                               struct err *e) {
    if ((size_t)row->user >= c->user_count && make_room(c, (size_t)row->user, e) != 0)
        return -1;
    uint64_t *open = &c->open[row->user];
    if (row->new_connection && *open == 0) {
        c->users++;
        *open = 1;
    }
    c->shared = c->shared || (counts && *open == 0);
    if (!counts || *open == 0)
        return 0;
    if (row->new_connection && *open > 1) {
        if (count_ended(c, *open - 1, row, e) != 0)
            return -1;
        *open = 1;
    }
    ++*open;
    return 0;
}

int connections_add(struct connections *c, const struct request *row, struct err *e) {
    static const int versions[HTTP_VERSION_COUNT] = {
        [HTTP_VERSION_1_0] = HTTP_1_0, [HTTP_VERSION_1_1] = HTTP_1_1, [HTTP_VERSION_2] = HTTP_2};
    c->known = c->known || row->http_version != HTTP_VERSION_NONE ||
               row->previous_end != CONNECTION_END_NONE;
    if (row->http_version != HTTP_VERSION_NONE)
        c->n[versions[row->http_version]]++;
    c->n[OPENED] += row->new_connection;
    c->scheduled += row->intended_us != READER_NO_VALUE;
    count_end(c, row);
    if (row->resent_us != READER_NO_VALUE) {
        int64_t us = row->resent_us - row->sent_us;
        c->n[SENT_AGAIN]++;
        c->first_try_us += us;
        c->first_try_max_us = us > c->first_try_max_us ? us : c->first_try_max_us;
    }
    bool counts = is_on_one(row);
    c->on_one += counts;
    /* What was sent twice was two streams. */
    c->streams += counts && row->outcome != OUTCOME_TLS_ERROR;
    c->streams += row->resent_us != READER_NO_VALUE;
    c->n[LOST_REQUESTS] +=
        row->outcome == OUTCOME_RESET && !row->new_connection && row->status == 0;
    return row->user < 0 ? 0 : count_on_connection(c, row, counts, e);
}

/* ---- the table ---- */

static double value_of(const struct connections *c, int i) {
    const struct bins *b = &c->per_connection;
    uint64_t ended = 0;
    switch (i) {
    case USERS:
        return (double)c->users;
    case REQUESTS_P50:
        return b->connections == 0 || c->shared ? (double)NAN
                                                : ((double)bins_at(b, (b->connections - 1) / 2) +
                                                   (double)bins_at(b, b->connections / 2)) /
                                                      2;
    case REQUESTS_MAX:
        return b->count == 0 || c->shared ? (double)NAN : (double)b->all[b->count - 1].requests;
    case STREAMS_MEAN:
        return c->n[HTTP_2] == 0 || c->n[HTTP_1_0] + c->n[HTTP_1_1] > 0 || c->n[OPENED] == 0
                   ? (double)NAN
                   : (double)c->streams / (double)c->n[OPENED];
    case IDLE_MIN:
        return c->n[ENDED_IDLE] == 0 ? (double)NAN : (double)c->idle_min_us / US_PER_S;
    case IDLE_MAX:
        return c->n[ENDED_IDLE] == 0 ? (double)NAN : (double)c->idle_max_us / US_PER_S;
    case OPEN_AT_END:
        for (int k = ENDED_ANNOUNCED; k <= ENDED_CLIENT; k++)
            ended += c->n[k];
        return c->n[OPENED] > ended ? (double)(c->n[OPENED] - ended) : 0;
    case LOST_PERCENT:
        return c->on_one == 0 ? (double)NAN
                              : 100.0 * (double)c->n[LOST_REQUESTS] / (double)c->on_one;
    case FIRST_TRY_MEAN:
        return c->n[SENT_AGAIN] == 0 ? (double)NAN
                                     : (double)c->first_try_us / 1000 / (double)c->n[SENT_AGAIN];
    case FIRST_TRY_MAX:
        return c->n[SENT_AGAIN] == 0 ? (double)NAN : (double)c->first_try_max_us / 1000;
    default:
        return (double)c->n[i];
    }
}

static void connections_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                            enum table_part part) {
    (void)t;
    (void)column;
    (void)part;
    buf_str(out, numbers[row].sql);
}

bool connections_table(struct connections *c, struct table *out) {
    struct err ignored;
    if (!c->known)
        return false;
    table_init_pairs(out, "connections", "Connections");
    out->hides_zeros = true;
    out->sql = connections_sql;
    for (size_t i = 0; i < c->user_count; i++)
        if (c->open[i] > 1 && bins_add(&c->per_connection, c->open[i] - 1, &ignored) != 0)
            out->failed = true;
    for (int i = 0; i < NUMBERS; i++)
        table_pair(out, numbers[i].key, numbers[i].label, numbers[i].unit, value_of(c, i));
    return true;
}

/* ---- what there is to say ---- */

static void say_lost(const struct connections *c, struct lines *out) {
    uint64_t lost = c->n[LOST_REQUESTS], again = c->n[SENT_AGAIN];
    double share = c->on_one == 0 ? 0 : (double)lost / (double)c->on_one;
    if (lost >= HABIT_MIN && share >= WORTH_A_WORD)
        remark_add(
            out, "lost_on_kept_connections",
            "%.2g %% of requests (%" PRIu64 " of %" PRIu64
            ") were lost on keep-alive connections that the server closed unannounced. If they "
            "should not count as failures, use \"keepalive\": false or \"retry\": \"safe\".",
            share * 100, lost, c->on_one);
    if (again > 0)
        remark_add(out, "sent_again",
                   "Retried on a new connection: %" PRIu64 " request%s, after a first try of %s ms "
                   "on average and %s ms at most. This time is included in the response "
                   "times, not in the service times.",
                   again, text_plural(again),
                   text_rounded((double)c->first_try_us / 1000 / (double)again, 3).text,
                   text_rounded((double)c->first_try_max_us / 1000, 3).text);
}

static bool is_habit(const struct bins *b, struct bin most) {
    return most.connections >= HABIT_MIN &&
           (double)most.connections >= HABIT_SHARE * (double)b->connections;
}

static void say_unannounced(const struct connections *c, struct lines *out) {
    struct bin most = bins_mode(&c->unannounced);
    char after[96] = "";
    if (!c->shared && is_habit(&c->unannounced, most))
        snprintf(after, sizeof after, ", %" PRIu64 " of them after %" PRIu64 " response%s",
                 most.connections, most.requests, text_plural(most.requests));
    remark_add(out, "ended_unannounced",
               "The server closed %" PRIu64 " of %" PRIu64
               " connections right after a response, unannounced%s.",
               c->n[ENDED_UNANNOUNCED], c->n[OPENED], after);
}

static void say_habits(const struct connections *c, struct lines *out) {
    struct bin most = bins_mode(&c->announced);
    if (!c->shared && is_habit(&c->announced, most))
        remark_add(out, "ended_after_requests",
                   "The server closes a connection after %" PRIu64 " response%s and announces it "
                   "(%" PRIu64 " connections). The time of %s request includes a new connection.",
                   most.requests, text_plural(most.requests), most.connections,
                   most.requests == 1 ? "every" : "the next");
    if (c->n[ENDED_UNANNOUNCED] >= HABIT_MIN)
        say_unannounced(c, out);
    if (c->n[ENDED_IDLE] >= HABIT_MIN) {
        struct text_rounded least_s = text_rounded((double)c->idle_min_us / US_PER_S, 3);
        struct text_rounded most_s = text_rounded((double)c->idle_max_us / US_PER_S, 3);
        bool alike = strcmp(least_s.text, most_s.text) == 0;
        remark_add(out, "ended_idle",
                   "The server closed %" PRIu64 " connections that had been idle for %s%s%s s. "
                   "After a longer pause, the time of a user's request includes a new connection.",
                   c->n[ENDED_IDLE], least_s.text, alike ? "" : " to ", alike ? "" : most_s.text);
    }
}

/* Of users with a pace each has its own; where one user of many did it all, arrivals were dealt to
 * it. */
static void say_one_for_all(const struct connections *c, uint32_t users_max, struct lines *out) {
    if (c->users == 1 && !c->shared && users_max > 1 && c->scheduled >= RATE_MIN)
        remark_add(out, "one_connection",
                   "All %" PRIu64
                   " requests used one connection at a time, because each ended before the next "
                   "was due. If the server assigns connections to workers, only one worker "
                   "was busy. \"spread\": 4 in the load opens four connections.",
                   c->scheduled);
}

void connections_remarks(const struct connections *c, const char *asked, uint32_t users_max,
                         struct lines *out) {
    uint64_t others = c->n[HTTP_1_0] + c->n[HTTP_1_1];
    say_lost(c, out);
    say_habits(c, out);
    say_one_for_all(c, users_max, out);
    if (*asked == '2' && others > 0)
        remark_add(out, "http_version",
                   "The scenario asks for HTTP/2, but %" PRIu64 " of %" PRIu64
                   " responses used HTTP/1. HTTP/2 is negotiated over TLS, and the server must "
                   "support it.",
                   others, others + c->n[HTTP_2]);
}
