#include "report/served.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_timeline.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/outcome.h"

/* What a broken file can make us allocate; rows of users beyond it count for nobody. */
#define USERS_MAX (1 << 21)

/* See served.h. */
#define STARVED_OF 20.0
#define WAITING_OF 3.0
#define LATE_FROM_US 40000
#define LATE_TO_US 45000
#define QUICK_BELOW_US 35000
#define KEPT_MIN 20

struct user {
    uint64_t requests, answers;
    int64_t first_us;  /* sent; READER_NO_VALUE: none was */
    int64_t waited_us; /* for answers that did not come */
    bool unsendable;   /* a request of it could not be built: it may have had no other to send */
    bool unconnected;  /* some connection of it was not made */
};

struct delays {
    uint64_t kept, kept_late, fresh, fresh_quick;
};

struct served {
    struct user *users;
    size_t user_count;
    struct delays *delays; /* by endpoint */
    size_t endpoints;
    int64_t last_sent_us; /* READER_NO_VALUE: none */
    int64_t longest_us;   /* answer */
    bool scheduled;       /* some row has an intended time */
    bool limited;         /* this machine could not make some connection */
};

int served_new(size_t endpoints, struct served **out, struct err *e) {
    struct served *s = calloc(1, sizeof *s);
    struct delays *delays = calloc(endpoints + 1, sizeof *delays);
    if (s == NULL || delays == NULL) {
        free(s);
        free(delays);
        return err_memory(e, "%zu endpoints", endpoints);
    }
    *s = (struct served){.delays = delays, .endpoints = endpoints, .last_sent_us = READER_NO_VALUE};
    *out = s;
    return 0;
}

void served_free(struct served *s) {
    if (s == NULL)
        return;
    free(s->users);
    free(s->delays);
    free(s);
}

static int room_for(struct served *s, size_t count, struct err *e) {
    if (count <= s->user_count)
        return 0;
    size_t room = count < 64 ? 64 : 2 * count;
    struct user *users = realloc(s->users, room * sizeof *users);
    if (users == NULL)
        return err_memory(e, "%zu users", room);
    for (size_t i = s->user_count; i < room; i++)
        users[i] = (struct user){.first_us = READER_NO_VALUE};
    s->users = users;
    s->user_count = room;
    return 0;
}

static void add_delay(struct delays *d, const struct request *row) {
    if (row->status == 0 || row->service_us == READER_NO_VALUE)
        return;
    if (row->new_connection) {
        d->fresh++;
        d->fresh_quick += row->service_us < QUICK_BELOW_US;
    } else {
        d->kept++;
        d->kept_late += row->service_us >= LATE_FROM_US && row->service_us <= LATE_TO_US;
    }
}

int served_add(struct served *s, const struct request *row, struct err *e) {
    bool answered = row->status != 0;
    s->scheduled = s->scheduled || row->intended_us != READER_NO_VALUE;
    if (row->endpoint < s->endpoints)
        add_delay(&s->delays[row->endpoint], row);
    if (row->user < 0 || row->user >= USERS_MAX)
        return 0;
    if (room_for(s, (size_t)row->user + 1, e) != 0)
        return -1;
    struct user *u = &s->users[row->user];
    u->unsendable = u->unsendable || row->outcome == OUTCOME_UNSENDABLE;
    u->unconnected = u->unconnected || row->outcome == OUTCOME_CONNECT_ERROR;
    if (row->sent_us == READER_NO_VALUE)
        return 0;
    u->requests += outcome_is_timed((int)row->outcome);
    u->answers += answered;
    if (u->first_us == READER_NO_VALUE || row->sent_us < u->first_us)
        u->first_us = row->sent_us;
    if (row->sent_us > s->last_sent_us)
        s->last_sent_us = row->sent_us;
    int64_t took_us = 0;
    if (row->end_us == READER_NO_VALUE ||
        __builtin_sub_overflow(row->end_us, row->sent_us, &took_us) || took_us < 0)
        return 0;
    if (!answered && __builtin_add_overflow(u->waited_us, took_us, &u->waited_us))
        u->waited_us = INT64_MAX;
    if (answered && took_us > s->longest_us)
        s->longest_us = took_us;
    return 0;
}

/* ---- users ---- */

struct stretch {
    int64_t from_us, to_us;
};

/* What is known of the load. */
struct load {
    struct reader_second *seconds;
    size_t count;
    uint32_t most;                       /* users at once */
    struct stretch *wanted;              /* by user, as many; until 0: never */
    bool max_rate, spawn_rate;           /* of the manifest: one load by rate, or one of users */
    bool json_rate, json_users, unalike; /* of the scenario */
};

static void take_pair(void *context, const char *key, const char *value) {
    struct load *l = context;
    (void)value;
    l->max_rate = l->max_rate || strcmp(key, "load_rate_max") == 0;
    l->spawn_rate = l->spawn_rate || strcmp(key, "load_spawn_rate") == 0;
}

static const struct json *first_of(const struct json *v) {
    return v != NULL && v->kind == JSON_ARRAY ? v->first : NULL;
}

static void look_at_load(struct load *l, const struct json *v) {
    const struct json *stage = first_of(json_get(v, "stages"));
    if (json_get(v, "rate") != NULL || json_get(stage, "rate") != NULL)
        l->json_rate = true;
    else if (json_get(v, "users") != NULL || json_get(stage, "users") != NULL)
        l->json_users = true;
}

/* Whether a user may end where this feeder has no row left, while others go on. */
static bool ends_users(const struct json *feeder) {
    const struct json *mode = json_get(feeder, "mode"), *ends = json_get(feeder, "ends");
    if (mode == NULL || mode->kind != JSON_STRING)
        return false;
    bool by_user = ends != NULL && ends->kind == JSON_STRING && strcmp(ends->text, "user") == 0;
    return by_user || (ends == NULL && strcmp(mode->text, "unique") == 0);
}

/* Tasks and steps with pauses of their own, or users that end before others. */
static bool users_differ(const struct json *root) {
    for (const struct json *v = first_of(json_get(root, "tasks")); v != NULL; v = v->next)
        if (json_get(v, "steps") != NULL)
            return true;
    for (const struct json *v = first_of(json_get(root, "on_start")); v != NULL; v = v->next)
        if (json_get(v, "wait") != NULL || json_get(v, "steps") != NULL)
            return true;
    const struct json *feeders = json_get(root, "feeders");
    for (const struct json *v = feeders == NULL ? NULL : feeders->first; v != NULL; v = v->next)
        if (ends_users(v))
            return true;
    return json_get(root, "loads") != NULL || json_get(root, "users") != NULL;
}

/* A scenario that cannot be read says nothing: the rows have to. */
static void look_at_scenario(struct load *l, const char *text) {
    struct json_doc *d = NULL;
    if (json_parse("scenario", text, strlen(text), &d, NULL) != 0)
        return;
    const struct json *root = json_root(d), *loads = json_get(root, "loads");
    look_at_load(l, json_get(root, "load"));
    for (const struct json *v = first_of(loads); v != NULL; v = v->next)
        look_at_load(l, v);
    l->unalike = users_differ(root);
    json_free(d);
}

/* From when to when user `index` is wanted: the highest index comes last and goes first. */
static void set_wanted(struct load *l) {
    uint32_t before = 0;
    for (size_t i = 0; i < l->count; i++) {
        uint32_t now = l->seconds[i].users < l->most ? l->seconds[i].users : l->most;
        int64_t at_us = l->seconds[i].second * US_PER_S;
        for (uint32_t k = before; k < now; k++) {
            l->wanted[k].from_us = l->wanted[k].to_us == 0 ? at_us : l->wanted[k].from_us;
            l->wanted[k].to_us = INT64_MAX;
        }
        for (uint32_t k = now; k < before; k++)
            l->wanted[k].to_us = at_us;
        before = now;
    }
}

static int look_at_run(struct load *l, struct reader *r, struct err *e) {
    if (reader_manifest(r, take_pair, l, e) != 0 || reader_users(r, &l->seconds, &l->count, e) != 0)
        return -1;
    look_at_scenario(l, reader_run(r)->scenario);
    for (size_t i = 0; i < l->count; i++)
        if (l->seconds[i].users > l->most)
            l->most = l->seconds[i].users;
    if (l->most > USERS_MAX)
        l->most = USERS_MAX;
    l->wanted = calloc((size_t)l->most + 1, sizeof *l->wanted);
    if (l->wanted == NULL)
        return err_memory(e, "%" PRIu32 " users", l->most);
    set_wanted(l);
    return 0;
}

/* Times that a schedule called for are an open load's, or those of users with a pace. */
static bool is_by_rate(const struct served *s, const struct load *l) {
    if (l->max_rate || l->spawn_rate)
        return l->max_rate;
    return l->json_rate || (s->scheduled && !l->json_users);
}

/* Microseconds in which the user could send, at least 1; 0: none. */
static int64_t active_us(const struct served *s, const struct load *l, size_t index) {
    const struct user *u = index < s->user_count ? &s->users[index] : NULL;
    struct stretch t = index < l->most ? l->wanted[index] : (struct stretch){0, 0};
    bool wanted = t.to_us > 0, sent = u != NULL && u->first_us != READER_NO_VALUE;
    if (!wanted && !sent)
        return 0;
    if (sent) /* the second of its start may have begun before it */
        t.from_us = u->first_us;
    if (!wanted || t.to_us <= t.from_us || t.to_us > s->last_sent_us)
        t.to_us = s->last_sent_us;
    return t.to_us > t.from_us ? t.to_us - t.from_us : 1;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n) {
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, by_value);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* Answers per microsecond of the median of the users with two or more. */
static double typical_rate(const struct served *s, const struct load *l, double *room) {
    size_t n = 0;
    for (size_t i = 0; i < s->user_count; i++)
        if (s->users[i].answers >= 2)
            room[n++] = (double)s->users[i].answers / (double)active_us(s, l, i);
    return median(room, n);
}

static bool is_starved(const struct served *s, const struct load *l, size_t index, double rate) {
    static const struct user none = {.first_us = READER_NO_VALUE};
    const struct user *u = index < s->user_count ? &s->users[index] : &none;
    int64_t active = active_us(s, l, index);
    double expected = rate * (double)active;
    if (u->answers > 1 || active == 0 || u->unsendable || (s->limited && u->unconnected))
        return false;
    bool waits = u->waited_us >= active / 2 && u->waited_us >= 2 * s->longest_us;
    return (expected >= STARVED_OF && !l->unalike) || (expected >= WAITING_OF && waits);
}

/* Those with a row, and as many of the others that the load wanted as there must have been. */
static size_t list_users(const struct served *s, const struct load *l, size_t *list) {
    size_t n = 0, rows = 0;
    for (size_t i = 0; i < s->user_count; i++)
        if (s->users[i].first_us != READER_NO_VALUE)
            list[n++] = i;
    rows = n;
    for (size_t i = 0; i < l->most && n < l->most; i++)
        if (i >= s->user_count || s->users[i].first_us == READER_NO_VALUE)
            list[n++] = i;
    return rows > l->most ? rows : n;
}

static void count_users(const struct served *s, const struct load *l, const size_t *list, size_t n,
                        double *room, struct served_users *out) {
    double rate = typical_rate(s, l, room);
    size_t many = 0;
    out->started = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const struct user *u = list[i] < s->user_count ? &s->users[list[i]] : NULL;
        uint64_t answers = u == NULL ? 0 : u->answers;
        out->without_answer += answers == 0;
        out->with_one_answer += answers == 1;
        out->starved += is_starved(s, l, list[i], rate);
        if (answers >= 2)
            room[many++] = (double)answers;
    }
    out->typical_answers = median(room, many);
    for (size_t i = 0; i < n; i++)
        room[i] = list[i] < s->user_count ? (double)s->users[list[i]].requests : 0;
    out->requests_median = median(room, n);
    out->requests_min = (uint64_t)room[0];
    out->requests_max = (uint64_t)room[n - 1];
}

/* ---- late answers ---- */

static bool kept_are_late(const struct delays *d) {
    return d->kept >= KEPT_MIN && 2 * d->kept_late >= d->kept && d->fresh > 0;
}

static bool is_late(const struct delays *d) {
    return kept_are_late(d) && 5 * d->fresh_quick >= 4 * d->fresh;
}

static int64_t known(int64_t us) {
    return us == READER_NO_VALUE || us < 0 ? 0 : us;
}

/* Name, connecting and TLS are no part of the answer: where they took long, a new connection only
 * seems to answer late. */
static int take_fresh(void *context, const struct request *row) {
    struct served *s = context;
    if (!row->new_connection || row->status == 0 || row->service_us == READER_NO_VALUE ||
        row->endpoint >= s->endpoints || row->service_us < QUICK_BELOW_US)
        return 0;
    int64_t before = known(row->dns_us), quick = QUICK_BELOW_US;
    if (__builtin_add_overflow(before, known(row->connect_us), &before) ||
        __builtin_add_overflow(before, known(row->tls_us), &before) ||
        __builtin_add_overflow(before, quick, &quick))
        return 0;
    s->delays[row->endpoint].fresh_quick += row->service_us < quick;
    return 0;
}

/* Another reading, of all columns, only where it can make a difference. */
static int look_at_fresh(struct served *s, struct reader *r, struct err *e) {
    bool any = false;
    for (size_t i = 0; i < s->endpoints; i++)
        any = any || (kept_are_late(&s->delays[i]) && !is_late(&s->delays[i]));
    return any ? reader_scan(r, take_fresh, s, e) : 0;
}

int served_finish(struct served *s, struct reader *r, struct served_users *out, struct err *e) {
    struct load l = {.count = 0};
    s->limited = reader_has_client_limits(r);
    struct served_users found = {.known = false};
    int result = look_at_fresh(s, r, e) != 0 ? -1 : look_at_run(&l, r, e);
    size_t most = s->user_count > l.most ? s->user_count : l.most;
    size_t *list = calloc(most + 1, sizeof *list);
    double *room = calloc(most + 1, sizeof *room);
    if (result == 0 && (list == NULL || room == NULL))
        result = err_memory(e, "%zu users", most);
    size_t n = result == 0 ? list_users(s, &l, list) : 0;
    if (n > 0 && !is_by_rate(s, &l)) {
        found.known = true;
        count_users(s, &l, list, n, room, &found);
    }
    if (result == 0)
        *out = found;
    free(list);
    free(room);
    free(l.wanted);
    free(l.seconds);
    return result;
}

/* ---- what there is to say ---- */

static void starved_remark(const struct served_users *u, struct lines *r) {
    if (u->starved == 0)
        return;
    remark_add(
        r, "starved_users",
        "Starved users: %" PRIu32 " of %" PRIu32 " got at most one response while the others "
        "continued (no response: %" PRIu32 ", one: %" PRIu32 ", median of the others: %.10g). The "
        "times cover only the users that were served, so a server that accepts connections "
        "without serving them looks fast. Check its limit on connections, workers or threads, or "
        "use fewer users.",
        u->starved, u->started, u->without_answer, u->with_one_answer, u->typical_answers);
}

static void late_remark(const struct served *s, struct lines *r) {
    struct delays all = {.kept = 0};
    for (size_t i = 0; i < s->endpoints; i++) {
        const struct delays *d = &s->delays[i];
        if (!is_late(d))
            continue;
        all.kept += d->kept;
        all.kept_late += d->kept_late;
        all.fresh += d->fresh;
        all.fresh_quick += d->fresh_quick;
    }
    if (all.kept == 0)
        return;
    remark_add(r, "delayed_acknowledgement",
               "%" PRIu64 " of %" PRIu64
               " responses on keep-alive connections took 40 to 45 ms, and %" PRIu64 " of %" PRIu64
               " on new connections less than 35 ms. The server writes headers and body "
               "separately, and waits in between for an acknowledgement that this machine delays "
               "by 40 ms. \"http\": {\"quickack\": true} acknowledges at once; real clients "
               "that do not will see the times shown here.",
               all.kept_late, all.kept, all.fresh_quick, all.fresh);
}

void served_remarks(const struct served *s, const struct served_users *users,
                    struct lines *remarks) {
    starved_remark(users, remarks);
    late_remark(s, remarks);
}
