#include "scenario/loader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"
#include "util/units.h"

int loader_fail(struct loader *r, size_t at, const char *format, ...) {
    char text[sizeof r->e->text];
    struct buf masked;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&masked, sizeof text * 4);
    scenario_mask(r->s, text, &masked);
    if (buf_ok(&masked))
        json_fail(r->doc, at, r->e, "%s", buf_text(&masked));
    else
        loader_memory(r);
    buf_done(&masked);
    return -1;
}

int loader_memory(struct loader *r) {
    return err_memory(r->e, "the scenario");
}

const char *loader_label(const struct json *v, char out[80]) {
    if (v->key == NULL)
        return "this";
    snprintf(out, 80, "\"%.70s\"", v->key);
    return out;
}

int loader_kind(struct loader *r, const struct json *v, enum json_kind kind) {
    char name[80];
    if (v->kind == kind)
        return 0;
    return loader_fail(r, v->at, "%s must be %s, not %s", loader_label(v, name),
                       json_kind_text(kind), json_kind_text(v->kind));
}

static int unknown_key(struct loader *r, const struct json *m, enum scenario_section section) {
    const char *names[64] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < scenario_key_count; i++)
        if (scenario_keys[i].section == section && n < sizeof names / sizeof *names)
            names[n++] = scenario_keys[i].name;
    const char *nearest = text_nearest(m->key, names, n);
    if (nearest != NULL)
        return loader_fail(r, m->key_at, "unknown key \"%s\" in %s; did you mean \"%s\"?", m->key,
                           scenario_section_text(section), nearest);
    struct buf known;
    buf_init(&known, 1024);
    for (size_t i = 0; i < scenario_key_count; i++)
        if (scenario_keys[i].section == section)
            buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", scenario_keys[i].name);
    loader_fail(r, m->key_at, "unknown key \"%s\" in %s; known are: %s", m->key,
                scenario_section_text(section), buf_text(&known));
    buf_done(&known);
    return -1;
}

int loader_section(struct loader *r, const struct json *v, enum scenario_section section) {
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        bool known = false;
        for (size_t i = 0; i < scenario_key_count && !known; i++)
            known = scenario_keys[i].section == section &&
                    strlen(scenario_keys[i].name) == m->key_len &&
                    memcmp(scenario_keys[i].name, m->key, m->key_len) == 0;
        if (!known)
            return unknown_key(r, m, section);
    }
    return 0;
}

int loader_bool(struct loader *r, const struct json *v, bool *out) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_BOOL) != 0)
        return -1;
    *out = v->boolean;
    return 0;
}

int loader_duration(struct loader *r, const struct json *v, int64_t *ns) {
    struct err e;
    char name[80];
    double seconds;
    int result;
    if (v == NULL)
        return 0;
    if (v->kind == JSON_NUMBER && !json_double(v, &seconds))
        return loader_fail(r, v->at, "%s is too large", loader_label(v, name));
    if (v->kind == JSON_NUMBER)
        result = units_duration_seconds(seconds, ns, &e);
    else if (v->kind == JSON_STRING && !json_has_nul(v->text, v->len))
        result = units_duration(v->text, ns, &e);
    else
        return loader_fail(r, v->at,
                           "%s must be a duration like \"250ms\" or a number of seconds, not %s",
                           loader_label(v, name), json_kind_text(v->kind));
    if (result != 0)
        return loader_fail(r, v->at, "%s: %s", loader_label(v, name), e.text);
    return 0;
}

int loader_size(struct loader *r, const struct json *v, int64_t *out) {
    uint64_t n;
    struct err e;
    if (v == NULL)
        return 0;
    if (v->kind == JSON_STRING && !json_has_nul(v->text, v->len)) {
        if (units_size(v->text, &n, &e) != 0)
            return loader_fail(r, v->at, "\"%s\": %s", v->key, e.text);
        if (n > INT64_MAX)
            return loader_fail(r, v->at, "\"%s\" is too large", v->key);
        *out = (int64_t)n;
        return 0;
    }
    if (v->kind != JSON_NUMBER || !json_int64(v, out) || *out < 0)
        return loader_fail(r, v->at, "\"%s\" must be a number of bytes or a size like \"4k\"",
                           v->key);
    return 0;
}

int loader_integer(struct loader *r, const struct json *v, int64_t min, int64_t max,
                   uint32_t *out) {
    char name[80];
    int64_t n;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    if (!json_int64(v, &n) || n < min || n > max)
        return loader_fail(r, v->at, "%s must be a whole number from %lld to %lld, not %.*s",
                           loader_label(v, name), (long long)min, (long long)max,
                           v->len > 40 ? 40 : (int)v->len, v->text);
    *out = (uint32_t)n;
    return 0;
}

int loader_rate(struct loader *r, const struct json *v, int64_t min, int64_t *micro_rate) {
    char name[80];
    double rate;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    bool good = json_double(v, &rate) && rate >= 0 && rate <= LOAD_RATE_MAX;
    int64_t micro = good ? llround(rate * LOAD_MICRO) : -1;
    /* What is too small to be counted must not become "never" unasked. */
    if (micro < min || (micro == 0 && rate > 0))
        return loader_fail(r, v->at, "%s must be %sfrom 0.000001 to %d per second, not %.*s",
                           loader_label(v, name), min == 0 ? "0 or " : "", LOAD_RATE_MAX,
                           v->len > 40 ? 40 : (int)v->len, v->text);
    *micro_rate = micro;
    return 0;
}

int loader_name(struct loader *r, const struct json *v, char **out) {
    char name[80];
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v->len == 0)
        return loader_fail(r, v->at, "%s is empty; remove it or write a name",
                           loader_label(v, name));
    if (v->len > 1024)
        return loader_fail(r, v->at, "%s is longer than 1024 bytes", loader_label(v, name));
    if (json_has_nul(v->text, v->len))
        return loader_fail(r, v->at, "%s cannot contain \\u0000", loader_label(v, name));
    if (strstr(v->text, "${") != NULL)
        return loader_fail(r, v->at,
                           "%s is stored and shown, so it cannot contain ${...}; write plain text",
                           loader_label(v, name));
    char *copy = strdup(v->text);
    if (copy == NULL)
        return loader_memory(r);
    *out = copy;
    return 0;
}

int loader_fits(struct loader *r, size_t at, const struct buf *b, const char *what) {
    if (buf_ok(b))
        return 0;
    return memory_ran_out()
               ? loader_memory(r)
               : loader_fail(r, at, "%s is longer than the limit of %zu bytes", what, b->max);
}

int loader_take(struct loader *r, size_t at, struct buf *b, char **out) {
    size_t max = b->max;
    char *data = buf_take(b);
    if (data == NULL)
        return memory_ran_out() ? loader_memory(r)
                                : loader_fail(r, at, "longer than the limit of %zu bytes", max);
    *out = data;
    return 0;
}

long loader_control(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return (long)i;
    return -1;
}
