#include "scenario/scope.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/feeder.h"

static const char *const reserved[] = {"env",    "user",   "iteration", "uuid",     "now",
                                       "random", "base64", "json",      "urlencode"};

/* A name that is always there and so cannot be given to a variable: env, user, uuid, ... */
static bool scope_reserved(const char *name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

void scope_done(struct scope *s) {
    for (size_t i = 0; i < s->variable_count; i++)
        free(s->variables[i]);
    free(s->variables);
    *s = (struct scope){0};
}

static bool same(const char *name, const char *text, size_t n) {
    return strlen(name) == n && memcmp(name, text, n) == 0;
}

bool scope_find_variable(const struct scope *s, const char *name, size_t n, uint32_t *slot) {
    for (size_t i = 0; i < s->variable_count; i++)
        if (same(s->variables[i], name, n)) {
            *slot = (uint32_t)i;
            return true;
        }
    return false;
}

bool scope_find_feeder(const struct scope *s, const char *name, size_t n, uint32_t *feeder) {
    for (size_t i = 0; i < s->feeder_count; i++)
        if (same(feeder_name(s->feeders[i]), name, n)) {
            *feeder = (uint32_t)i;
            return true;
        }
    return false;
}

static int name_check(struct loader *r, const char *name, size_t at) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (n == 0 || name[n] != '\0' || (name[0] >= '0' && name[0] <= '9') || n > 100)
        return loader_fail(r, at,
                           "\"%.100s\" cannot be a name in ${...}; use up to 100 letters, digits "
                           "and _, not starting with a digit",
                           name);
    if (scope_reserved(name))
        return loader_fail(r, at, "the name \"%s\" is reserved in ${...}; use a different one",
                           name);
    return 0;
}

int scope_variable(struct loader *r, struct scope *s, const char *name, size_t at, uint32_t *slot) {
    uint32_t feeder;
    if (scope_find_variable(s, name, strlen(name), slot))
        return 0;
    if (name_check(r, name, at) != 0)
        return -1;
    if (scope_find_feeder(s, name, strlen(name), &feeder))
        return loader_fail(r, at, "a feeder has the name \"%s\"; use a different one", name);
    if (s->variable_count == SCOPE_VARIABLES_MAX)
        return loader_fail(r, at, "more than %d variables", SCOPE_VARIABLES_MAX);
    char **grown = realloc(s->variables, (s->variable_count + 1) * sizeof *grown);
    if (grown == NULL)
        return loader_memory(r);
    s->variables = grown;
    char *copy = strdup(name);
    if (copy == NULL)
        return loader_memory(r);
    *slot = (uint32_t)s->variable_count;
    grown[s->variable_count++] = copy;
    return 0;
}

int scope_feeder(struct loader *r, struct scope *s, const struct feeder *f, size_t at) {
    uint32_t other;
    const char *name = feeder_name(f);
    if (name_check(r, name, at) != 0)
        return -1;
    if (scope_find_variable(s, name, strlen(name), &other) ||
        scope_find_feeder(s, name, strlen(name), &other))
        return loader_fail(r, at, "the name \"%s\" is already used; use a different one", name);
    if (s->feeder_count == SCOPE_FEEDERS_MAX)
        return loader_fail(r, at, "more than %d feeders", SCOPE_FEEDERS_MAX);
    s->feeders[s->feeder_count++] = f;
    return 0;
}
