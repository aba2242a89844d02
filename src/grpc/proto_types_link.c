#include "grpc/proto_types_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define NUMBER_MAX 536870911 /* of a field: 2^29 - 1 */

int proto_reader_memory(struct proto_reader *r) {
    return err_set(r->e, "%s: the descriptor set needs more than %zu MiB of memory", r->set->name,
                   PROTO_SET_MEMORY_MAX >> 20);
}

static bool is_word(const char *s, bool dots) {
    if (s == NULL || *s == '\0' || (*s >= '0' && *s <= '9'))
        return false;
    for (; *s != '\0'; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              *s == '_' || (dots && *s == '.')))
            return false;
    return true;
}

void *proto_reader_items(struct proto_reader *r, size_t count, size_t bytes) {
    /* A count is that of things in the set, so this cannot overflow. */
    void *items = arena_alloc(&r->set->memory, count * bytes + 1);
    if (items == NULL)
        proto_reader_memory(r);
    else
        memset(items, 0, count * bytes);
    return items;
}

char *proto_reader_text(struct proto_reader *r, const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = proto_reader_items(r, n, 1);
    if (copy != NULL)
        memcpy(copy, text, n);
    return copy;
}

bool proto_reader_is_name(const char *name) {
    return is_word(name, true);
}

static char *join(struct proto_reader *r, const char *before, const char *word) {
    size_t n = strlen(before) + strlen(word) + 2;
    char *text = proto_reader_items(r, n, 1);
    if (text != NULL)
        snprintf(text, n, "%s%s%s", before, *before != '\0' ? "." : "", word);
    return text;
}

static bool is_word_here(struct proto_reader *r, const char *scope, const char *word) {
    bool ok = is_word(word, false);
    if (!ok)
        err_set(r->e, "%s: a name within \"%.200s\" is missing or is no name", r->set->name, scope);
    return ok;
}

char *proto_reader_word(struct proto_reader *r, const char *scope, const char *word) {
    return is_word_here(r, scope, word) ? proto_reader_text(r, word) : NULL;
}

char *proto_reader_name(struct proto_reader *r, const char *scope, const char *word) {
    return is_word_here(r, scope, word) ? join(r, scope, word) : NULL;
}

static int values_by_name(const void *a, const void *b) {
    const struct proto_enum_value *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int values_by_number(const void *a, const void *b) {
    const struct proto_enum_value *x = *(const struct proto_enum_value *const *)a;
    const struct proto_enum_value *y = *(const struct proto_enum_value *const *)b;
    if (x->number != y->number)
        return x->number > y->number ? 1 : -1;
    return (x > y) - (x < y); /* as declared */
}

int proto_link_enum(struct proto_reader *r, struct proto_enum *t,
                    const Google__Protobuf__EnumDescriptorProto *d) {
    struct proto_enum_value *values = proto_reader_items(r, d->n_value, sizeof *values);
    t->by_name = proto_reader_items(r, d->n_value, sizeof(void *));
    t->by_number = proto_reader_items(r, d->n_value, sizeof(void *));
    if (values == NULL || t->by_name == NULL || t->by_number == NULL)
        return -1;
    if (d->n_value == 0)
        return err_set(r->e, "%s: the enum %.200s has no values", r->set->name, t->name);
    t->values = values;
    t->value_count = d->n_value;
    for (size_t i = 0; i < d->n_value; i++) {
        char *name = proto_reader_word(r, t->name, d->value[i]->name);
        if (name == NULL)
            return -1;
        values[i] = (struct proto_enum_value){name, d->value[i]->number};
        t->by_name[i] = t->by_number[i] = &values[i];
    }
    qsort(t->by_name, d->n_value, sizeof(void *), values_by_name);
    qsort(t->by_number, d->n_value, sizeof(void *), values_by_number);
    return 0;
}

static int missing(struct proto_reader *r, const char *type_name, const char *user) {
    struct buf shown;
    buf_init(&shown, 400);
    text_printable(&shown, type_name == NULL ? "" : type_name,
                   type_name == NULL ? 0 : strnlen(type_name, 100));
    err_set(r->e,
            "%s: there is no type \"%s\", which %.200s needs; make the descriptor set with "
            "protoc --include_imports",
            r->set->name, buf_text(&shown), user);
    buf_done(&shown);
    return -1;
}

/* protoc writes names with their package, and a dot before it. Others leave it to scopes, as
 * protobuf.js does for the entries of maps: the innermost that has the name counts
 * (descriptor.proto). */
static const struct proto_name *named(const struct proto_reader *r, const char *scope,
                                      const char *type_name) {
    const struct proto_name *found = NULL;
    char name[1024];
    if (type_name == NULL || *type_name == '.')
        return type_name == NULL ? NULL : proto_set_named(r->set, type_name + 1);
    for (size_t n = strlen(scope); found == NULL && n > 0;) {
        int length = snprintf(name, sizeof name, "%.*s.%s", (int)n, scope, type_name);
        if (length < (int)sizeof name)
            found = proto_set_named(r->set, name);
        while (n > 0 && scope[--n] != '.')
            ;
    }
    return found != NULL ? found : proto_set_named(r->set, type_name);
}

int proto_link_type(struct proto_reader *r, const char *scope, const char *type_name,
                    const char *user, const struct proto_message **out) {
    const struct proto_name *found = named(r, scope, type_name);
    if (found == NULL || found->message == NULL)
        return missing(r, type_name, user);
    *out = found->message;
    return 0;
}

/* "foo_bar" becomes "fooBar". */
static char *camel(struct proto_reader *r, const char *name) {
    char *text = proto_reader_items(r, strlen(name) + 1, 1);
    if (text == NULL)
        return NULL;
    char *to = text;
    bool up = false;
    for (; *name != '\0'; name++) {
        if (*name == '_')
            up = true;
        else {
            *to++ = up && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
            up = false;
        }
    }
    return text;
}

static int json_name(struct proto_reader *r, const char *message, const char *given,
                     struct proto_field *f) {
    if (given == NULL) {
        f->json_name = camel(r, f->name);
        return f->json_name == NULL ? -1 : 0;
    }
    size_t n = strlen(given);
    bool good = text_is_utf8(given, n);
    for (size_t i = 0; i < n; i++)
        good = good && (unsigned char)given[i] >= 0x20 && given[i] != 0x7f;
    if (!good)
        return err_set(r->e,
                       "%s: the JSON name of %.200s.%.200s has characters that names cannot "
                       "have",
                       r->set->name, message, f->name);
    f->json_name = proto_reader_text(r, given);
    return f->json_name == NULL ? -1 : 0;
}

/* The type of a field. If only a name is given, what it names decides. */
static int link_type(struct proto_reader *r, const char *message,
                     const Google__Protobuf__FieldDescriptorProto *d, struct proto_field *f) {
    char user[512];
    const struct proto_name *found = named(r, message, d->type_name);
    snprintf(user, sizeof user, "%.200s.%.200s", message, f->name);
    f->type = (enum proto_type)d->type;
    if (!d->has_type && found != NULL)
        f->type = found->message != NULL ? PROTO_MESSAGE : PROTO_ENUM;
    else if (!d->has_type || f->type < PROTO_DOUBLE || f->type > PROTO_SINT64)
        return err_set(r->e, "%s: %s has a type that is not known", r->set->name, user);
    if (f->type == PROTO_ENUM) {
        if (found == NULL || found->enumeration == NULL)
            return missing(r, d->type_name, user);
        f->enumeration = found->enumeration;
    } else if (f->type == PROTO_MESSAGE || f->type == PROTO_GROUP) {
        if (found == NULL || found->message == NULL)
            return missing(r, d->type_name, user);
        f->message = found->message;
    }
    return 0;
}

static bool can_pack(enum proto_type type) {
    return type != PROTO_STRING && type != PROTO_BYTES && type != PROTO_MESSAGE &&
           type != PROTO_GROUP;
}

static int link_field(struct proto_reader *r, const struct proto_message *m,
                      const Google__Protobuf__FieldDescriptorProto *d, bool proto3,
                      struct proto_field *f) {
    char *name = proto_reader_word(r, m->name, d->name);
    if (name == NULL)
        return -1;
    *f = (struct proto_field){.name = name, .number = (uint32_t)d->number, .oneof = -1};
    if (d->number < 1 || d->number > NUMBER_MAX)
        return err_set(r->e, "%s: %.200s.%.200s has the number %d; numbers are 1 to %d",
                       r->set->name, m->name, name, (int)d->number, NUMBER_MAX);
    if (json_name(r, m->name, d->json_name, f) != 0 || link_type(r, m->name, d, f) != 0)
        return -1;
    f->repeated = d->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    f->required = d->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
    bool packed = d->options != NULL && d->options->has_packed ? d->options->packed != 0 : proto3;
    f->packed = f->repeated && can_pack(f->type) && packed;
    if (d->has_oneof_index && (d->oneof_index < 0 || (size_t)d->oneof_index >= m->oneof_count))
        return err_set(r->e, "%s: %.200s.%.200s is in a oneof that does not exist", r->set->name,
                       m->name, name);
    if (d->has_oneof_index && !d->proto3_optional && !f->repeated)
        f->oneof = d->oneof_index;
    f->presence =
        !f->repeated && (!proto3 || f->message != NULL || f->oneof >= 0 || d->proto3_optional != 0);
    return 0;
}

static int fields_by_number(const void *a, const void *b) {
    const struct proto_field *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int fields_by_name(const void *a, const void *b) {
    const struct proto_field *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int fields_by_json_name(const void *a, const void *b) {
    const struct proto_field *const *x = a, *const *y = b;
    return strcmp((*x)->json_name, (*y)->json_name);
}

static int sort_fields(struct proto_reader *r, struct proto_message *m,
                       struct proto_field *fields) {
    size_t n = m->field_count;
    m->by_name = proto_reader_items(r, n, sizeof(void *));
    m->by_json_name = proto_reader_items(r, n, sizeof(void *));
    if (m->by_name == NULL || m->by_json_name == NULL)
        return -1;
    if (n > 0)
        qsort(fields, n, sizeof *fields, fields_by_number);
    for (size_t i = 0; i < n; i++) {
        m->by_name[i] = m->by_json_name[i] = &fields[i];
        if (i > 0 && fields[i].number == fields[i - 1].number)
            return err_set(r->e, "%s: two fields of %.200s have the number %u", r->set->name,
                           m->name, (unsigned)fields[i].number);
    }
    if (n > 0) {
        qsort(m->by_name, n, sizeof(void *), fields_by_name);
        qsort(m->by_json_name, n, sizeof(void *), fields_by_json_name);
    }
    for (size_t i = 1; i < n; i++)
        if (strcmp(m->by_name[i]->name, m->by_name[i - 1]->name) == 0)
            return err_set(r->e, "%s: two fields of %.200s have the name %.200s", r->set->name,
                           m->name, m->by_name[i]->name);
    return 0;
}

static int link_oneofs(struct proto_reader *r, struct proto_message *m,
                       const Google__Protobuf__DescriptorProto *d) {
    if (d->n_oneof_decl > PROTO_ONEOFS_MAX)
        return err_set(r->e, "%s: %.200s has more than %d oneofs", r->set->name, m->name,
                       PROTO_ONEOFS_MAX);
    const char **names = proto_reader_items(r, d->n_oneof_decl, sizeof *names);
    if (names == NULL)
        return -1;
    for (size_t i = 0; i < d->n_oneof_decl; i++) {
        char *name = proto_reader_word(r, m->name, d->oneof_decl[i]->name);
        if (name == NULL)
            return -1;
        names[i] = name;
    }
    m->oneofs = names;
    m->oneof_count = d->n_oneof_decl;
    return 0;
}

int proto_link_message(struct proto_reader *r, struct proto_message *m,
                       const struct proto_source *source) {
    const Google__Protobuf__DescriptorProto *d = source->message;
    struct proto_field *fields = proto_reader_items(r, d->n_field, sizeof *fields);
    if (fields == NULL || link_oneofs(r, m, d) != 0)
        return -1;
    m->fields = fields;
    m->field_count = d->n_field;
    for (size_t i = 0; i < d->n_field; i++) {
        if (link_field(r, m, d->field[i], source->proto3, &fields[i]) != 0)
            return -1;
        const struct proto_message *entry = fields[i].message;
        if (entry != NULL && fields[i].repeated && fields[i].type == PROTO_MESSAGE) {
            const Google__Protobuf__MessageOptions *o =
                r->sources[entry - r->set->messages].message->options;
            fields[i].map = o != NULL && o->has_map_entry && o->map_entry;
        }
    }
    return sort_fields(r, m, fields);
}

static bool can_be_key(const struct proto_field *f) {
    return f->number == 1 && !f->repeated && f->type != PROTO_DOUBLE && f->type != PROTO_FLOAT &&
           f->type != PROTO_BYTES && f->type != PROTO_ENUM && f->message == NULL;
}

int proto_link_maps(struct proto_reader *r, const struct proto_message *m) {
    for (size_t i = 0; i < m->field_count; i++) {
        const struct proto_field *f = &m->fields[i];
        if (f->map && (f->message->field_count != 2 || !can_be_key(&f->message->fields[0]) ||
                       f->message->fields[1].number != 2 || f->message->fields[1].repeated ||
                       f->message->fields[1].type == PROTO_GROUP))
            return err_set(r->e, "%s: the map %.200s.%.200s has no key and value", r->set->name,
                           m->name, f->name);
    }
    return 0;
}
