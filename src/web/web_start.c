#include "web/web_start.h"

#include <stdio.h>
#include <string.h>

#include "util/array.h"
#include "util/text.h"
#include "web/web_body.h"

static const struct {
    const char *key;
    enum web_field field;
} keys[] = {
    {"scenario", WEB_FIELD_SCENARIO}, {"host", WEB_FIELD_HOST},
    {"users", WEB_FIELD_USERS},       {"spawn_rate", WEB_FIELD_SPAWN_RATE},
    {"rate", WEB_FIELD_RATE},         {"run_time", WEB_FIELD_RUN_TIME},
    {"seed", WEB_FIELD_SEED},         {"user_count", WEB_FIELD_USERS},
};

const char *web_field_name(enum web_field f) {
    return keys[f].key;
}

struct reading {
    struct web_start *to;
    bool locust;
};

static int unknown(const char *key, struct err *e) {
    const char *names[COUNT_OF(keys)];
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        names[i] = keys[i].key;
    const char *nearest = text_nearest(key, names, COUNT_OF(keys));
    return err_set(e, "unknown key \"%.100s\"%s%s%s", key, nearest == NULL ? "" : "; did you mean ",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static int take(void *context, const struct web_member *m, struct err *e) {
    const struct reading *r = context;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (strcmp(keys[i].key, m->key) != 0)
            continue;
        char *to = r->to->field[keys[i].field];
        if (m->kind == WEB_OTHER)
            return err_set(e, "%s must be a text or a number", m->key);
        if (snprintf(to, WEB_FIELD_BYTES, "%s", m->value) >= WEB_FIELD_BYTES)
            return err_set(e, "%s is too long", m->key);
        return 0;
    }
    return r->locust ? 0 : unknown(m->key, e);
}

int web_start_read(const char *body, size_t n, bool locust, struct web_start *out, struct err *e) {
    struct reading r = {out, locust};
    memset(out, 0, sizeof *out);
    return web_body_read(body, n, take, &r, e);
}
