/* "load": users along a ramp or stages, or arrivals at a rate or along stages of rates. */
#include <stdlib.h>
#include <string.h>

#include "scenario/section.h"
#include "util/clock.h"
#include "util/units.h"

#define STAGES_MAX 10000
#define MAX_USERS_DEFAULT 1000
#define QUEUE_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)
#define LOAD_HELP                                                                                  \
    "write {\"users\": 10, \"spawn_rate\": 1, \"duration\": \"1m\"}, {\"rate\": 50, "              \
    "\"duration\": \"1m\"}, {\"stages\": [...]} or {\"trace\": FILE}"

#define BIT(kind) (1u << (kind))
#define RATE (BIT(LOAD_RATE) | BIT(LOAD_RATE_STAGES))
#define OPEN (RATE | BIT(LOAD_TRACE))

/* Which kinds of load a key may stand in. `beside` names them where the key is a part of another;
 * NULL where it is what makes a load another kind. */
static const struct {
    const char *name;
    unsigned kinds;
    const char *beside;
} load_keys[] = {
    {"users", BIT(LOAD_USERS), NULL},
    {"spawn_rate", BIT(LOAD_USERS), NULL},
    {"duration", BIT(LOAD_USERS) | BIT(LOAD_RATE) | BIT(LOAD_TRACE), NULL},
    {"rate", BIT(LOAD_RATE), NULL},
    {"stages", BIT(LOAD_STAGES) | BIT(LOAD_RATE_STAGES), NULL},
    {"start_users", BIT(LOAD_STAGES), "\"stages\" of users"},
    {"start_rate", BIT(LOAD_RATE_STAGES), "\"stages\" of rates"},
    {"arrivals", RATE, "\"rate\""},
    {"max_users", OPEN, "\"rate\" or \"trace\""},
    {"queue_timeout", OPEN, "\"rate\" or \"trace\""},
    {"spread", OPEN, "\"rate\" or \"trace\""},
    {"trace", BIT(LOAD_TRACE), NULL},
    {"speed", BIT(LOAD_TRACE), "\"trace\""},
    {"from", BIT(LOAD_TRACE), "\"trace\""},
    {"to", BIT(LOAD_TRACE), "\"trace\""},
    {"loop", BIT(LOAD_TRACE), "\"trace\""},
};

static enum load_kind kind_of(const struct json *load) {
    const struct json *stages = json_get(load, "stages");
    if (json_get(load, "trace") != NULL)
        return LOAD_TRACE;
    if (stages == NULL)
        return json_get(load, "rate") != NULL ? LOAD_RATE : LOAD_USERS;
    /* The first stage tells users from rates; where it cannot, the other keys of the load do. */
    const struct json *first = stages->kind == JSON_ARRAY ? stages->first : NULL;
    if (first != NULL && json_get(first, "rate") != NULL)
        return LOAD_RATE_STAGES;
    if (first != NULL && json_get(first, "users") != NULL)
        return LOAD_STAGES;
    return json_get(load, "start_rate") != NULL ? LOAD_RATE_STAGES : LOAD_STAGES;
}

/* Nothing that belongs to another kind of load. */
static int check_keys(struct loader *r, const struct json *load, enum load_kind kind) {
    static const char *const main_keys[] = {[LOAD_USERS] = "users",
                                            [LOAD_STAGES] = "stages",
                                            [LOAD_RATE] = "rate",
                                            [LOAD_RATE_STAGES] = "stages",
                                            [LOAD_TRACE] = "trace"};
    for (size_t i = 0; i < sizeof load_keys / sizeof *load_keys; i++) {
        const struct json *v = json_get(load, load_keys[i].name);
        if (v == NULL || (load_keys[i].kinds & BIT(kind)) != 0)
            continue;
        if (load_keys[i].beside != NULL)
            return loader_fail(r, v->key_at, "\"%s\" applies only with %s; remove it", v->key,
                               load_keys[i].beside);
        return loader_fail(r, v->key_at,
                           "\"%s\" cannot be combined with \"%s\"; remove one of them", v->key,
                           main_keys[kind]);
    }
    return 0;
}

static int missing(struct loader *r, const struct json *v, const char *key, const char *help) {
    return loader_fail(r, v->at, "\"%s\" is missing here; %s", key, help);
}

static int stage_read(struct loader *r, const struct json *v, bool open, struct load_stage *out) {
    const char *wanted = open ? "rate" : "users", *other = open ? "users" : "rate";
    if (loader_section(r, v, SECTION_STAGE) != 0)
        return -1;
    const struct json *duration = json_get(v, "duration"), *value = json_get(v, wanted);
    const struct json *strange = json_get(v, other);
    if (strange != NULL)
        return loader_fail(
            r, strange->key_at,
            "\"%s\" among stages of \"%s\"; all stages of a load must use the same key", other,
            wanted);
    if (duration == NULL || value == NULL)
        return missing(r, v, duration == NULL ? "duration" : wanted,
                       open ? "a stage is {\"duration\": \"30s\", \"rate\": 50}"
                            : "a stage is {\"duration\": \"30s\", \"users\": 10}");
    if (loader_duration(r, duration, &out->duration_ns) != 0)
        return -1;
    if (open)
        return loader_rate(r, value, 0, &out->micro_rate);
    return loader_integer(r, value, 0, LOAD_USERS_MAX, &out->users);
}

/* True where the rate is above 0 for any time at all. */
static bool any_arrival(const struct load *l) {
    int64_t from = l->start_micro_rate;
    for (size_t i = 0; i < l->stage_count; i++) {
        if (l->stages[i].duration_ns > 0 && (from > 0 || l->stages[i].micro_rate > 0))
            return true;
        from = l->stages[i].micro_rate;
    }
    return false;
}

static int stages_read(struct loader *r, const struct json *load, struct load *l) {
    const struct json *stages = json_get(load, "stages");
    int64_t sum = 0;
    if (loader_kind(r, stages, JSON_ARRAY) != 0 ||
        loader_integer(r, json_get(load, "start_users"), 0, LOAD_USERS_MAX, &l->start_users) != 0 ||
        loader_rate(r, json_get(load, "start_rate"), 0, &l->start_micro_rate) != 0)
        return -1;
    if (stages->count == 0 || stages->count > STAGES_MAX)
        return loader_fail(r, stages->at, "\"stages\" must hold 1 to %d stages, not %zu",
                           STAGES_MAX, stages->count);
    l->stages = calloc(stages->count, sizeof *l->stages);
    if (l->stages == NULL)
        return loader_memory(r);
    for (const struct json *v = stages->first; v != NULL; v = v->next) {
        struct load_stage *stage = &l->stages[l->stage_count++];
        if (stage_read(r, v, load_is_open(l), stage) != 0)
            return -1;
        if (stage->duration_ns > UNITS_DURATION_MAX_NS - sum)
            return loader_fail(r, v->at, "the stages together last more than ten years");
        sum += stage->duration_ns;
    }
    if (sum == 0)
        return loader_fail(r, stages->at, "the stages have no duration; give one a \"duration\"");
    if (load_is_open(l) && !any_arrival(l))
        return loader_fail(r, stages->at, "these stages never send a request; raise \"rate\"");
    if (!load_is_open(l) && load_users_max(l) == 0)
        return loader_fail(r, stages->at, "these stages never start a user; raise \"users\"");
    return 0;
}

static int duration_read(struct loader *r, const struct json *duration, int64_t *ns) {
    if (loader_duration(r, duration, ns) != 0)
        return -1;
    if (*ns == 0)
        return loader_fail(r, duration->at, "\"duration\" must be more than 0");
    return 0;
}

static int users_read(struct loader *r, const struct json *load, struct load *l) {
    const struct json *users = json_get(load, "users"), *duration = json_get(load, "duration");
    const struct json *rate = json_get(load, "spawn_rate");
    if (users == NULL || duration == NULL)
        return missing(r, load, users == NULL ? "users" : "duration", LOAD_HELP);
    l->spawn_rate = 1;
    if (loader_integer(r, users, 1, LOAD_USERS_MAX, &l->users) != 0 ||
        duration_read(r, duration, &l->duration_ns) != 0)
        return -1;
    if (rate != NULL && loader_kind(r, rate, JSON_NUMBER) != 0)
        return -1;
    if (rate != NULL && (!json_double(rate, &l->spawn_rate) || l->spawn_rate <= 0))
        return loader_fail(
            r, rate->at,
            "\"spawn_rate\" must be more than 0; it is the number of users to start per second");
    return 0;
}

static int rate_read(struct loader *r, const struct json *load, struct load *l) {
    const struct json *duration = json_get(load, "duration");
    if (duration == NULL)
        return missing(r, load, "duration", "write {\"rate\": 50, \"duration\": \"1m\"}");
    if (loader_rate(r, json_get(load, "rate"), 1, &l->micro_rate) != 0)
        return -1;
    return duration_read(r, duration, &l->duration_ns);
}

static int spread_read(struct loader *r, const struct json *v, struct load *l) {
    if (v == NULL)
        return 0;
    if (v->kind == JSON_BOOL)
        return loader_bool(r, v, &l->spread);
    if (v->kind != JSON_NUMBER)
        return loader_fail(r, v->at, "\"spread\" must be true, false or a number of users");
    if (loader_integer(r, v, 1, LOAD_USERS_MAX, &l->spread_min) != 0)
        return -1;
    if (l->spread_min > l->max_users)
        return loader_fail(r, v->at,
                           "\"spread\" is greater than \"max_users\", which is %u; lower "
                           "\"spread\" or raise \"max_users\"",
                           (unsigned)l->max_users);
    return 0;
}

/* What every open load may say. */
static int open_read(struct loader *r, const struct json *load, struct load *l) {
    const struct json *arrivals = json_get(load, "arrivals");
    if (arrivals != NULL && loader_kind(r, arrivals, JSON_STRING) != 0)
        return -1;
    l->poisson = arrivals != NULL && strcmp(arrivals->text, "poisson") == 0;
    if (arrivals != NULL && !l->poisson && strcmp(arrivals->text, "constant") != 0)
        return loader_fail(r, arrivals->at, "\"arrivals\" must be \"constant\" or \"poisson\"");
    if (loader_integer(r, json_get(load, "max_users"), 1, LOAD_USERS_MAX, &l->max_users) != 0)
        return -1;
    if (spread_read(r, json_get(load, "spread"), l) != 0)
        return -1;
    return loader_duration(r, json_get(load, "queue_timeout"), &l->queue_timeout_ns);
}

int load_read(struct loader *r, const struct json *v, struct load *l) {
    if (loader_section(r, v, SECTION_LOAD) != 0)
        return -1;
    l->kind = kind_of(v);
    /* Also where it is closed: the command line may turn it into an open one. */
    l->max_users = MAX_USERS_DEFAULT;
    l->queue_timeout_ns = QUEUE_TIMEOUT_DEFAULT_NS;
    l->spread = true;
    if (check_keys(r, v, l->kind) != 0 || open_read(r, v, l) != 0)
        return -1;
    if (l->kind == LOAD_TRACE)
        return trace_load_read(r, v, l);
    if (l->kind == LOAD_USERS)
        return users_read(r, v, l);
    return l->kind == LOAD_RATE ? rate_read(r, v, l) : stages_read(r, v, l);
}
