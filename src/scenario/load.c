/* "load": users along a ramp or stages, or arrivals at a rate or along stages of rates. */
#include <stdlib.h>
#include <string.h>

#include "scenario/sections.h"
#include "util/clock.h"
#include "util/units.h"

#define STAGES_MAX 10000
#define MAX_USERS_DEFAULT 1000
#define QUEUE_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)
#define LOAD_HELP                                                                                  \
    "write {\"users\": 10, \"spawn_rate\": 1, \"duration\": \"1m\"}, {\"rate\": 50, "              \
    "\"duration\": \"1m\"} or {\"stages\": [...]}"

#define BIT(kind) (1u << (kind))
#define OPEN (BIT(LOAD_RATE) | BIT(LOAD_RATE_STAGES))

/* Which kinds of load a key may stand in. `beside` names them where the key is a part of another; NULL where
 * it is what makes a load another kind. */
static const struct {
    const char *name;
    unsigned kinds;
    const char *beside;
} load_keys[] = {
    {"users", BIT(LOAD_USERS), NULL},
    {"spawn_rate", BIT(LOAD_USERS), NULL},
    {"duration", BIT(LOAD_USERS) | BIT(LOAD_RATE), NULL},
    {"rate", BIT(LOAD_RATE), NULL},
    {"stages", BIT(LOAD_STAGES) | BIT(LOAD_RATE_STAGES), NULL},
    {"start_users", BIT(LOAD_STAGES), "\"stages\" of users"},
    {"start_rate", BIT(LOAD_RATE_STAGES), "\"stages\" of rates"},
    {"arrivals", OPEN, "\"rate\""},
    {"max_users", OPEN, "\"rate\""},
    {"queue_timeout", OPEN, "\"rate\""},
};

static enum load_kind kind_of(const struct json *load) {
    const struct json *stages = json_get(load, "stages");
    if (stages == NULL)
        return json_get(load, "rate") != NULL ? LOAD_RATE : LOAD_USERS;
    /* The first stage tells users from rates; where it cannot, what stands beside it does. */
    const struct json *first = stages->kind == JSON_ARRAY ? stages->first : NULL;
    if (first != NULL && json_get(first, "rate") != NULL)
        return LOAD_RATE_STAGES;
    if (first != NULL && json_get(first, "users") != NULL)
        return LOAD_STAGES;
    return json_get(load, "start_rate") != NULL ? LOAD_RATE_STAGES : LOAD_STAGES;
}

/* Nothing that belongs to another kind of load. */
static int check_keys(struct reader *r, const struct json *load, enum load_kind kind) {
    const char *main_key = kind == LOAD_USERS ? "users" : kind == LOAD_RATE ? "rate" : "stages";
    for (size_t i = 0; i < sizeof load_keys / sizeof *load_keys; i++) {
        const struct json *v = json_get(load, load_keys[i].name);
        if (v == NULL || (load_keys[i].kinds & BIT(kind)) != 0)
            continue;
        if (load_keys[i].beside != NULL)
            return reader_fail(r, v->key_at, "\"%s\" belongs beside %s; remove it", v->key,
                               load_keys[i].beside);
        return reader_fail(r, v->key_at, "\"%s\" cannot stand beside \"%s\"; remove one of the two",
                           v->key, main_key);
    }
    return 0;
}

static int missing(struct reader *r, const struct json *v, const char *key, const char *help) {
    return reader_fail(r, v->at, "\"%s\" is missing here; %s", key, help);
}

static int stage_read(struct reader *r, const struct json *v, bool open, struct load_stage *out) {
    const char *wanted = open ? "rate" : "users", *other = open ? "users" : "rate";
    if (reader_section(r, v, SECTION_STAGE) != 0)
        return -1;
    const struct json *duration = json_get(v, "duration"), *value = json_get(v, wanted);
    const struct json *strange = json_get(v, other);
    if (strange != NULL)
        return reader_fail(r, strange->key_at,
                           "\"%s\" among stages of \"%s\"; all stages of a load go by the same",
                           other, wanted);
    if (duration == NULL || value == NULL)
        return missing(r, v, duration == NULL ? "duration" : wanted,
                       open ? "a stage is {\"duration\": \"30s\", \"rate\": 50}"
                            : "a stage is {\"duration\": \"30s\", \"users\": 10}");
    if (reader_duration(r, duration, &out->duration_ns) != 0)
        return -1;
    if (open)
        return reader_rate(r, value, 0, &out->micro_rate);
    return reader_integer(r, value, 0, LOAD_USERS_MAX, &out->users);
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

static int stages_read(struct reader *r, const struct json *load, struct load *l) {
    const struct json *stages = json_get(load, "stages");
    int64_t sum = 0;
    if (reader_kind(r, stages, JSON_ARRAY) != 0 ||
        reader_integer(r, json_get(load, "start_users"), 0, LOAD_USERS_MAX, &l->start_users) != 0 ||
        reader_rate(r, json_get(load, "start_rate"), 0, &l->start_micro_rate) != 0)
        return -1;
    if (stages->count == 0 || stages->count > STAGES_MAX)
        return reader_fail(r, stages->at, "\"stages\" must hold 1 to %d stages, not %zu",
                           STAGES_MAX, stages->count);
    l->stages = calloc(stages->count, sizeof *l->stages);
    if (l->stages == NULL)
        return reader_memory(r);
    for (const struct json *v = stages->first; v != NULL; v = v->next) {
        struct load_stage *stage = &l->stages[l->stage_count++];
        if (stage_read(r, v, load_is_open(l), stage) != 0)
            return -1;
        if (stage->duration_ns > UNITS_DURATION_MAX_NS - sum)
            return reader_fail(r, v->at, "the stages together are longer than ten years");
        sum += stage->duration_ns;
    }
    if (sum == 0)
        return reader_fail(r, stages->at, "the stages last no time; give one a \"duration\"");
    if (load_is_open(l) && !any_arrival(l))
        return reader_fail(r, stages->at, "these stages never send a request; raise \"rate\"");
    if (!load_is_open(l) && load_users_max(l) == 0)
        return reader_fail(r, stages->at, "these stages never start a user; raise \"users\"");
    return 0;
}

static int duration_read(struct reader *r, const struct json *duration, int64_t *ns) {
    if (reader_duration(r, duration, ns) != 0)
        return -1;
    if (*ns == 0)
        return reader_fail(r, duration->at, "\"duration\" must be more than 0");
    return 0;
}

static int users_read(struct reader *r, const struct json *load, struct load *l) {
    const struct json *users = json_get(load, "users"), *duration = json_get(load, "duration");
    const struct json *rate = json_get(load, "spawn_rate");
    if (users == NULL || duration == NULL)
        return missing(r, load, users == NULL ? "users" : "duration", LOAD_HELP);
    l->spawn_rate = 1;
    if (reader_integer(r, users, 1, LOAD_USERS_MAX, &l->users) != 0 ||
        duration_read(r, duration, &l->duration_ns) != 0)
        return -1;
    if (rate != NULL && reader_kind(r, rate, JSON_NUMBER) != 0)
        return -1;
    if (rate != NULL && (!json_double(rate, &l->spawn_rate) || l->spawn_rate <= 0))
        return reader_fail(r, rate->at,
                           "\"spawn_rate\" must be more than 0: how many users start each second");
    return 0;
}

static int rate_read(struct reader *r, const struct json *load, struct load *l) {
    const struct json *duration = json_get(load, "duration");
    if (duration == NULL)
        return missing(r, load, "duration", "write {\"rate\": 50, \"duration\": \"1m\"}");
    if (reader_rate(r, json_get(load, "rate"), 1, &l->micro_rate) != 0)
        return -1;
    return duration_read(r, duration, &l->duration_ns);
}

/* What every open load may say. */
static int open_read(struct reader *r, const struct json *load, struct load *l) {
    const struct json *arrivals = json_get(load, "arrivals");
    if (arrivals != NULL && reader_kind(r, arrivals, JSON_STRING) != 0)
        return -1;
    l->poisson = arrivals != NULL && strcmp(arrivals->text, "poisson") == 0;
    if (arrivals != NULL && !l->poisson && strcmp(arrivals->text, "constant") != 0)
        return reader_fail(r, arrivals->at, "\"arrivals\" must be \"constant\" or \"poisson\"");
    if (reader_integer(r, json_get(load, "max_users"), 1, LOAD_USERS_MAX, &l->max_users) != 0)
        return -1;
    return reader_duration(r, json_get(load, "queue_timeout"), &l->queue_timeout_ns);
}

int load_read(struct reader *r, const struct json *v, struct load *l) {
    if (reader_section(r, v, SECTION_LOAD) != 0)
        return -1;
    l->kind = kind_of(v);
    /* Also where it is closed: the command line may turn it into an open one. */
    l->max_users = MAX_USERS_DEFAULT;
    l->queue_timeout_ns = QUEUE_TIMEOUT_DEFAULT_NS;
    if (check_keys(r, v, l->kind) != 0 || open_read(r, v, l) != 0)
        return -1;
    if (l->kind == LOAD_USERS)
        return users_read(r, v, l);
    return l->kind == LOAD_RATE ? rate_read(r, v, l) : stages_read(r, v, l);
}
