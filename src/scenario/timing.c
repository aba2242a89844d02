/* "load", "wait" and the timeouts. */
#include <stdlib.h>
#include <string.h>

#include "scenario/sections.h"
#include "util/clock.h"
#include "util/units.h"

#define STAGES_MAX 10000
#define LOAD_HELP                                                                                  \
    "write {\"users\": 10, \"spawn_rate\": 1, \"duration\": \"1m\"} or {\"stages\": [...]}"

static int missing(struct reader *r, const struct json *v, const char *key, const char *help) {
    return reader_fail(r, v->at, "\"%s\" is missing here; %s", key, help);
}

static int stage_read(struct reader *r, const struct json *v, struct load_stage *out) {
    const char *help = "a stage is {\"duration\": \"30s\", \"users\": 10}";
    if (reader_section(r, v, SECTION_STAGE) != 0)
        return -1;
    const struct json *duration = json_get(v, "duration"), *users = json_get(v, "users");
    if (duration == NULL || users == NULL)
        return missing(r, v, duration == NULL ? "duration" : "users", help);
    if (reader_duration(r, duration, &out->duration_ns) != 0)
        return -1;
    return reader_integer(r, users, 0, LOAD_USERS_MAX, &out->users);
}

static int stages_read(struct reader *r, const struct json *load, const struct json *stages) {
    static const char *const others[] = {"users", "spawn_rate", "duration"};
    struct load *l = &r->s->load;
    int64_t sum = 0;
    l->kind = LOAD_STAGES;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct json *other = json_get(load, others[i]);
        if (other != NULL)
            return reader_fail(r, other->key_at,
                               "\"%s\" cannot stand beside \"stages\"; remove one of the two",
                               others[i]);
    }
    if (reader_kind(r, stages, JSON_ARRAY) != 0 ||
        reader_integer(r, json_get(load, "start_users"), 0, LOAD_USERS_MAX, &l->start_users) != 0)
        return -1;
    if (stages->count == 0 || stages->count > STAGES_MAX)
        return reader_fail(r, stages->at, "\"stages\" must hold 1 to %d stages, not %zu",
                           STAGES_MAX, stages->count);
    l->stages = calloc(stages->count, sizeof *l->stages);
    if (l->stages == NULL)
        return reader_memory(r);
    for (const struct json *v = stages->first; v != NULL; v = v->next) {
        struct load_stage *stage = &l->stages[l->stage_count++];
        if (stage_read(r, v, stage) != 0)
            return -1;
        if (stage->duration_ns > UNITS_DURATION_MAX_NS - sum)
            return reader_fail(r, v->at, "the stages together are longer than ten years");
        sum += stage->duration_ns;
    }
    if (sum == 0)
        return reader_fail(r, stages->at, "the stages last no time; give one a \"duration\"");
    if (load_users_max(l) == 0)
        return reader_fail(r, stages->at, "these stages never start a user; raise \"users\"");
    return 0;
}

static int users_read(struct reader *r, const struct json *load) {
    struct load *l = &r->s->load;
    const struct json *users = json_get(load, "users"), *duration = json_get(load, "duration");
    const struct json *rate = json_get(load, "spawn_rate"), *start = json_get(load, "start_users");
    if (start != NULL)
        return reader_fail(r, start->key_at,
                           "\"start_users\" belongs beside \"stages\"; remove it");
    if (users == NULL || duration == NULL)
        return missing(r, load, users == NULL ? "users" : "duration", LOAD_HELP);
    l->kind = LOAD_USERS;
    l->spawn_rate = 1;
    if (reader_integer(r, users, 1, LOAD_USERS_MAX, &l->users) != 0 ||
        reader_duration(r, duration, &l->duration_ns) != 0)
        return -1;
    if (l->duration_ns == 0)
        return reader_fail(r, duration->at, "\"duration\" must be more than 0");
    if (rate != NULL && reader_kind(r, rate, JSON_NUMBER) != 0)
        return -1;
    if (rate != NULL && (!json_double(rate, &l->spawn_rate) || l->spawn_rate <= 0))
        return reader_fail(r, rate->at,
                           "\"spawn_rate\" must be more than 0: how many users start each second");
    return 0;
}

int load_read(struct reader *r, const struct json *v) {
    if (reader_section(r, v, SECTION_LOAD) != 0)
        return -1;
    const struct json *stages = json_get(v, "stages");
    return stages != NULL ? stages_read(r, v, stages) : users_read(r, v);
}

int wait_read(struct reader *r, const struct json *v) {
    struct wait *w = &r->s->wait;
    if (v == NULL)
        return 0;
    if (reader_section(r, v, SECTION_WAIT) != 0)
        return -1;
    const struct json *constant = json_get(v, "constant"), *between = json_get(v, "between");
    if ((constant == NULL) == (between == NULL))
        return reader_fail(r, v->at, "\"wait\" must hold either \"constant\" or \"between\"");
    if (constant != NULL) {
        w->kind = WAIT_CONSTANT;
        return reader_duration(r, constant, &w->low_ns);
    }
    if (reader_kind(r, between, JSON_ARRAY) != 0)
        return -1;
    if (between->count != 2)
        return reader_fail(r, between->at,
                           "\"between\" must hold two durations, the least and the most, not %zu",
                           between->count);
    w->kind = WAIT_BETWEEN;
    if (reader_duration(r, between->first, &w->low_ns) != 0 ||
        reader_duration(r, between->first->next, &w->high_ns) != 0)
        return -1;
    if (w->low_ns > w->high_ns)
        return reader_fail(r, between->at, "the least of \"between\" is above the most; swap them");
    return 0;
}

int timeouts_read(struct reader *r, const struct json *timeout,
                  const struct json *connect_timeout) {
    struct scenario *s = r->s;
    s->timeout_ns = 60 * NS_PER_S;
    if (reader_duration(r, timeout, &s->timeout_ns) != 0)
        return -1;
    if (s->timeout_ns == 0)
        return reader_fail(r, timeout->at, "\"timeout\" must be more than 0");
    s->connect_timeout_ns = 10 * NS_PER_S;
    if (s->connect_timeout_ns > s->timeout_ns)
        s->connect_timeout_ns = s->timeout_ns;
    if (reader_duration(r, connect_timeout, &s->connect_timeout_ns) != 0)
        return -1;
    if (s->connect_timeout_ns == 0)
        return reader_fail(r, connect_timeout->at, "\"connect_timeout\" must be more than 0");
    if (s->connect_timeout_ns > s->timeout_ns) {
        char text[UNITS_BYTES];
        units_duration_text(s->timeout_ns, text);
        return reader_fail(r, connect_timeout->at,
                           "\"connect_timeout\" is above \"timeout\" (%s%s), of which it is a part",
                           text, timeout == NULL ? " unless given" : "");
    }
    return 0;
}
