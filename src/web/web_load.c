/* What a request asks of the load: {"users": 50, "spawn_rate": 10}, or a form, as Locust's page and
 * scripts send it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/encode.h"
#include "util/json.h"
#include "web/web_internal.h"

#define SPAWN_RATE_MIN 0.001
#define SPAWN_RATE_MAX 1e6
#define RATE_MAX 100000

/* What was found; NAN: not given. */
struct asked {
    double users, spawn_rate, rate;
};

static double *place_of(struct asked *a, const char *key) {
    if (strcmp(key, "users") == 0 || strcmp(key, "user_count") == 0)
        return &a->users;
    if (strcmp(key, "spawn_rate") == 0)
        return &a->spawn_rate;
    return strcmp(key, "rate") == 0 ? &a->rate : NULL;
}

static bool read_json(const char *body, size_t n, struct asked *a, struct err *why) {
    static const char *const keys[] = {"users", "user_count", "spawn_rate", "rate"};
    struct json_doc *doc = NULL;
    if (json_parse("the body", body, n, &doc, why) != 0)
        return false;
    bool good = json_root(doc)->kind == JSON_OBJECT;
    if (!good)
        err_set(why, "the body must be an object, such as {\"users\": 50}");
    for (size_t i = 0; good && i < sizeof keys / sizeof *keys; i++) {
        const struct json *v = json_get(json_root(doc), keys[i]);
        if (v == NULL)
            continue;
        good = v->kind == JSON_NUMBER && json_double(v, place_of(a, keys[i]));
        if (!good)
            err_set(why, "%s must be a number", keys[i]);
    }
    json_free(doc);
    return good;
}

/* One KEY=VALUE of a form; other keys are Locust's, such as host. */
static bool read_field(const char *field, size_t n, struct asked *a, struct err *why) {
    const char *equals = memchr(field, '=', n);
    struct buf key, value;
    char *end = NULL;
    bool good = true;
    if (equals == NULL)
        return true;
    buf_init(&key, WEB_BODY_MAX);
    buf_init(&value, WEB_BODY_MAX);
    decode_percent(&key, field, (size_t)(equals - field), true);
    decode_percent(&value, equals + 1, n - (size_t)(equals - field) - 1, true);
    double *to = place_of(a, buf_text(&key));
    if (to != NULL) {
        *to = strtod(buf_text(&value), &end);
        good = value.len > 0 && *end == '\0' && isfinite(*to);
        if (!good)
            err_set(why, "%s must be a number", buf_text(&key));
    }
    buf_done(&key);
    buf_done(&value);
    return good;
}

static bool read_form(const char *body, size_t n, struct asked *a, struct err *why) {
    for (size_t at = 0; at < n;) {
        const char *end = memchr(body + at, '&', n - at);
        size_t length = end == NULL ? n - at : (size_t)(end - body) - at;
        if (!read_field(body + at, length, a, why))
            return false;
        at += length + 1;
    }
    return true;
}

static bool check_users(const struct web_load *l, const struct asked *a, struct control_change *out,
                        struct err *why) {
    double spawn_rate = isnan(a->spawn_rate) ? l->spawn_rate : a->spawn_rate;
    if (!isnan(a->rate))
        err_set(why, "this run has users, not a rate; give users");
    else if (isnan(a->users))
        err_set(why, "give users, and spawn_rate if it changes");
    else if (!(a->users >= 0) || a->users != floor(a->users) || a->users > l->users_possible)
        err_set(why, "users must be a whole number from 0 to %u, for which this process has files",
                l->users_possible);
    else if (!(spawn_rate >= SPAWN_RATE_MIN) || spawn_rate > SPAWN_RATE_MAX)
        err_set(why, "spawn_rate must be from %g to %g users per second", SPAWN_RATE_MIN,
                SPAWN_RATE_MAX);
    else {
        *out = (struct control_change){
            .kind = CONTROL_USERS, .users = (uint32_t)a->users, .spawn_rate = spawn_rate};
        return true;
    }
    return false;
}

static bool check_rate(const struct asked *a, struct control_change *out, struct err *why) {
    if (!isnan(a->users))
        err_set(why, "this run has an arrival rate, for which users start on demand; give rate");
    else if (!(a->rate >= 0) || a->rate > RATE_MAX)
        err_set(why, "rate must be from 0 to %d requests per second", RATE_MAX);
    else {
        *out = (struct control_change){.kind = CONTROL_RATE, .rate = a->rate};
        return true;
    }
    return false;
}

bool web_read_load(const struct web_load *load, const char *body, size_t n,
                   struct control_change *out, struct err *why) {
    struct asked a = {(double)NAN, (double)NAN, (double)NAN};
    size_t blanks = 0;
    while (blanks < n && strchr(" \t\r\n", body[blanks]) != NULL)
        blanks++;
    bool json = blanks < n && body[blanks] == '{';
    if (!(json ? read_json(body, n, &a, why) : read_form(body, n, &a, why)))
        return false;
    return load->open ? check_rate(&a, out, why) : check_users(load, &a, out, why);
}
