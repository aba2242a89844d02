#include "grpc/proto_types.h"

#include <stdlib.h>
#include <string.h>

#include "grpc/proto_types_internal.h"
#include "util/array.h"
#include "util/buf.h"
#include "util/text.h"

#define CANDIDATES_MAX ((size_t)10000)

void proto_set_free(struct proto_set *s) {
    if (s == NULL)
        return;
    struct arena memory = s->memory; /* it holds the set, too */
    arena_done(&memory);
}

static int by_name(const void *key, const void *item) {
    return strcmp(key, ((const struct proto_name *)item)->name);
}

const struct proto_name *proto_set_named(const struct proto_set *s, const char *name) {
    return s->name_count == 0 ? NULL
                              : bsearch(name, s->names, s->name_count, sizeof *s->names, by_name);
}

size_t proto_method_count(const struct proto_set *s) {
    return s->method_count;
}

const struct proto_method *proto_method_at(const struct proto_set *s, size_t i) {
    return &s->methods[i];
}

const struct proto_message *proto_find_message(const struct proto_set *s, const char *name) {
    const struct proto_name *found = proto_set_named(s, name);
    return found == NULL ? NULL : found->message;
}

/* Appends what to write instead: the nearest of the words, or all of them if they are few. */
static void suggest(struct buf *out, const char *word, const char *const *words, size_t n) {
    const char *nearest = text_nearest(word, words, n);
    if (nearest != NULL) {
        buf_printf(out, "; did you mean \"%s\"?", nearest);
        return;
    }
    for (size_t i = 0; i < n && i < 8; i++)
        buf_printf(out, "%s%s", i == 0 ? "; there are " : ", ", words[i]);
    if (n > 8)
        buf_printf(out, " and %zu more", n - 8);
}

/* Fails: there is no such service, or, if `service` is not NULL, no such method in it. */
static int unknown(const struct proto_set *s, const char *service, const char *word,
                   struct err *e) {
    const char **words = malloc(sizeof *words * (s->method_count + 1));
    size_t n = 0;
    struct buf hint;
    if (words == NULL)
        return err_memory(e, NULL);
    buf_init(&hint, 700);
    for (size_t i = 0; i < s->method_count && n < CANDIDATES_MAX; i++) {
        const struct proto_method *m = &s->methods[i];
        if (service != NULL && strcmp(m->service, service) == 0)
            words[n++] = m->name;
        else if (service == NULL && (n == 0 || strcmp(words[n - 1], m->service) != 0))
            words[n++] = m->service;
    }
    suggest(&hint, word, words, n);
    if (service != NULL)
        err_set(e, "%s: the service %.200s has no method \"%.100s\"%s", s->name, service, word,
                buf_text(&hint));
    else
        err_set(e, "%s: there is no service \"%.200s\"%s", s->name, word,
                n == 0 ? "; no service is defined there" : buf_text(&hint));
    buf_done(&hint);
    free(words);
    return -1;
}

int proto_find_method(const struct proto_set *s, const char *text, const struct proto_method **out,
                      struct err *e) {
    char service[512];
    text += *text == '/';
    const char *cut = strrchr(text, '/');
    if (cut == NULL)
        cut = strrchr(text, '.');
    if (cut == NULL || cut == text || cut[1] == '\0')
        return err_set(e, "\"%.100s\" names no method; write \"package.Service/Method\"", text);
    if ((size_t)(cut - text) >= sizeof service)
        return err_set(e, "the name of the service \"%.50s...\" is too long", text);
    memcpy(service, text, (size_t)(cut - text));
    service[cut - text] = '\0';
    bool known = false;
    for (size_t i = 0; i < s->method_count; i++) {
        const struct proto_method *m = &s->methods[i];
        if (strcmp(m->service, service) != 0)
            continue;
        known = true;
        if (strcmp(m->name, cut + 1) == 0) {
            *out = m;
            return 0;
        }
    }
    return unknown(s, known ? service : NULL, known ? cut + 1 : service, e);
}

static int field_by_name(const void *key, const void *item) {
    return strcmp(key, (*(const struct proto_field *const *)item)->name);
}

static int field_by_json_name(const void *key, const void *item) {
    return strcmp(key, (*(const struct proto_field *const *)item)->json_name);
}

const struct proto_field *proto_find_field(const struct proto_message *m, const char *name) {
    const struct proto_field *const *found = NULL;
    if (m->field_count == 0)
        return NULL;
    found = bsearch(name, m->by_json_name, m->field_count, sizeof(void *), field_by_json_name);
    if (found == NULL)
        found = bsearch(name, m->by_name, m->field_count, sizeof(void *), field_by_name);
    return found == NULL ? NULL : *found;
}

static int field_by_number(const void *key, const void *item) {
    uint32_t wanted = *(const uint32_t *)key, number = ((const struct proto_field *)item)->number;
    return (wanted > number) - (wanted < number);
}

const struct proto_field *proto_field_numbered(const struct proto_message *m, uint32_t number) {
    /* Most messages number their fields from 1 without gaps. */
    if (number >= 1 && number <= m->field_count && m->fields[number - 1].number == number)
        return &m->fields[number - 1];
    return m->field_count == 0
               ? NULL
               : bsearch(&number, m->fields, m->field_count, sizeof *m->fields, field_by_number);
}

static int value_by_name(const void *key, const void *item) {
    return strcmp(key, (*(const struct proto_enum_value *const *)item)->name);
}

static int value_by_number(const void *key, const void *item) {
    int32_t wanted = *(const int32_t *)key;
    int32_t number = (*(const struct proto_enum_value *const *)item)->number;
    return (wanted > number) - (wanted < number);
}

const struct proto_enum_value *proto_enum_named(const struct proto_enum *t, const char *name) {
    const struct proto_enum_value *const *found =
        t->value_count == 0
            ? NULL
            : bsearch(name, t->by_name, t->value_count, sizeof(void *), value_by_name);
    return found == NULL ? NULL : *found;
}

const struct proto_enum_value *proto_enum_numbered(const struct proto_enum *t, int32_t number) {
    const struct proto_enum_value *const *found =
        t->value_count == 0
            ? NULL
            : bsearch(&number, t->by_number, t->value_count, sizeof(void *), value_by_number);
    if (found == NULL)
        return NULL;
    /* Values of the same number are in the order of their declaration. */
    while (found > t->by_number && found[-1]->number == number)
        found--;
    return *found;
}

const char *proto_type_text(enum proto_type type) {
    static const char *const names[] = {
        [PROTO_DOUBLE] = "double",     [PROTO_FLOAT] = "float",     [PROTO_INT64] = "int64",
        [PROTO_UINT64] = "uint64",     [PROTO_INT32] = "int32",     [PROTO_FIXED64] = "fixed64",
        [PROTO_FIXED32] = "fixed32",   [PROTO_BOOL] = "bool",       [PROTO_STRING] = "string",
        [PROTO_GROUP] = "group",       [PROTO_MESSAGE] = "message", [PROTO_BYTES] = "bytes",
        [PROTO_UINT32] = "uint32",     [PROTO_ENUM] = "enum",       [PROTO_SFIXED32] = "sfixed32",
        [PROTO_SFIXED64] = "sfixed64", [PROTO_SINT32] = "sint32",   [PROTO_SINT64] = "sint64"};
    return (size_t)type < COUNT_OF(names) && names[type] != NULL ? names[type] : "unknown type";
}
