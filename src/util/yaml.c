#include "util/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "util/json_internal.h"

#define STRIDE 256

struct walk {
    struct json_doc *d;
    yaml_document_t document; /* the one in progress */
    size_t bom;               /* bytes of the mark before the text, which libyaml does not get */
    size_t *offsets;          /* of every STRIDEth character of the text */
    size_t offset_count;
    size_t nodes;
    struct err *e;
};

static bool begins_character(const struct json_doc *d, size_t at) {
    return ((unsigned char)d->source[at] & 0xc0) != 0x80;
}

/* libyaml counts characters, json.h bytes. */
static int find_offsets(struct walk *w) {
    const struct json_doc *d = w->d;
    size_t characters = 0;
    w->offsets = malloc((d->bytes / STRIDE + 1) * sizeof *w->offsets);
    if (w->offsets == NULL)
        return err_memory(w->e, "%s", d->name);
    for (size_t at = w->bom; at < d->bytes; at++)
        if (begins_character(d, at) && characters++ % STRIDE == 0)
            w->offsets[w->offset_count++] = at;
    return 0;
}

static size_t byte_of(const struct walk *w, size_t character) {
    const struct json_doc *d = w->d;
    if (character / STRIDE >= w->offset_count)
        return d->bytes;
    size_t at = w->offsets[character / STRIDE];
    for (size_t left = character % STRIDE; left > 0 && at < d->bytes; left--)
        do
            at++;
        while (at < d->bytes && !begins_character(d, at));
    return at;
}

static size_t place_of(const struct walk *w, const yaml_node_t *node) {
    return byte_of(w, node->start_mark.index);
}

static bool is_one_of(const struct json *v, const char *a, const char *b, const char *c) {
    const char *const words[] = {a, b, c};
    for (size_t i = 0; i < 3; i++)
        if (strlen(words[i]) == v->len && memcmp(words[i], v->text, v->len) == 0)
            return true;
    return false;
}

static int copy(struct walk *w, const yaml_node_t *node, const char **text, size_t *len) {
    size_t n = node->data.scalar.length;
    char *to = arena_alloc(&w->d->arena, n + 1);
    if (to == NULL)
        return err_memory(w->e, "%s", w->d->name);
    if (n > 0)
        memcpy(to, node->data.scalar.value, n);
    to[n] = '\0';
    *text = to;
    *len = n;
    return 0;
}

static int scalar(struct walk *w, const yaml_node_t *node, struct json *v) {
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (copy(w, node, &v->text, &v->len) != 0)
        return -1;
    v->kind = JSON_STRING;
    if (plain && (v->len == 0 || is_one_of(v, "null", "Null", "~"))) {
        v->kind = JSON_NULL;
    } else if (plain && is_one_of(v, "true", "True", "TRUE")) {
        v->kind = JSON_BOOL;
        v->boolean = true;
    } else if (plain && is_one_of(v, "false", "False", "FALSE")) {
        v->kind = JSON_BOOL;
    } else if (plain && json_is_number(v->text, v->len)) {
        v->kind = JSON_NUMBER;
    }
    return 0;
}

static struct json *add(struct walk *w, struct json *v, struct json ***link) {
    struct json *m = arena_alloc(&w->d->arena, sizeof *m);
    if (m == NULL) {
        err_memory(w->e, "%s", w->d->name);
        return NULL;
    }
    *m = (struct json){0};
    **link = m;
    *link = &m->next;
    v->count++;
    return m;
}

static int read_node(struct walk *w, int index, int depth, struct json *v);

static int mapping(struct walk *w, const yaml_node_t *node, int depth, struct json *v) {
    struct json **link = &v->first;
    v->kind = JSON_OBJECT;
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(&w->document, p->key);
        if (key == NULL || key->type != YAML_SCALAR_NODE)
            return json_fail(w->d, place_of(w, key == NULL ? node : key), w->e,
                             "a key that is not text");
        struct json *m = add(w, v, &link);
        if (m == NULL || copy(w, key, &m->key, &m->key_len) != 0)
            return -1;
        m->key_at = place_of(w, key);
        if (strcmp(m->key, "<<") == 0 && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
            return json_fail(w->d, m->key_at, w->e,
                             "a merge key (<<), which is not supported; write the keys out");
        if (read_node(w, p->value, depth + 1, m) != 0)
            return -1;
    }
    return json_check_duplicates(w->d, v, w->e);
}

static int sequence(struct walk *w, const yaml_node_t *node, int depth, struct json *v) {
    struct json **link = &v->first;
    v->kind = JSON_ARRAY;
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        struct json *m = add(w, v, &link);
        if (m == NULL || read_node(w, *i, depth + 1, m) != 0)
            return -1;
    }
    return 0;
}

static int read_node(struct walk *w, int index, int depth, struct json *v) {
    const yaml_node_t *node = yaml_document_get_node(&w->document, index);
    if (node == NULL)
        return json_fail(w->d, 0, w->e, "the file is empty");
    v->at = place_of(w, node);
    if (depth > YAML_DEPTH_MAX || ++w->nodes > YAML_NODES_MAX)
        return json_fail(w->d, v->at, w->e, "too deep or too large after its aliases are expanded");
    if (node->type == YAML_SCALAR_NODE)
        return scalar(w, node, v);
    return node->type == YAML_MAPPING_NODE ? mapping(w, node, depth, v)
                                           : sequence(w, node, depth, v);
}

/* Loads the next document, which may have no node. */
static int load(struct walk *w, yaml_parser_t *parser) {
    if (yaml_parser_load(parser, &w->document))
        return 0;
    if (parser->problem == NULL)
        return err_memory(w->e, "%s", w->d->name);
    return err_set(w->e, "%s:%zu:%zu: not YAML: %s", w->d->name, parser->problem_mark.line + 1,
                   parser->problem_mark.column + 1, parser->problem);
}

/* What follows a last "---" where nothing follows it. */
static bool is_nothing(const yaml_node_t *root) {
    return root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0 &&
           root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static int read_all(struct walk *w, yaml_parser_t *parser) {
    w->d->root = arena_alloc(&w->d->arena, sizeof *w->d->root);
    if (w->d->root == NULL)
        return err_memory(w->e, "%s", w->d->name);
    *w->d->root = (struct json){0};
    if (load(w, parser) != 0)
        return -1;
    int result = read_node(w, 1, 0, w->d->root);
    yaml_document_delete(&w->document);
    bool more = true;
    while (result == 0 && more) {
        if (load(w, parser) != 0)
            return -1;
        const yaml_node_t *next = yaml_document_get_root_node(&w->document);
        more = next != NULL;
        if (more && !is_nothing(next))
            result = json_fail(w->d, place_of(w, next), w->e,
                               "more than one document; this is the second, remove it");
        yaml_document_delete(&w->document);
    }
    return result;
}

int yaml_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e) {
    yaml_parser_t parser;
    struct walk w = {.d = json_doc_new(name, text, bytes, e), .e = e};
    int result = -1;
    if (w.d == NULL)
        return -1;
    if (bytes >= 3 && memcmp(w.d->source, "\xef\xbb\xbf", 3) == 0)
        w.bom = 3;
    if (json_check_utf8(w.d, e) != 0 || find_offsets(&w) != 0)
        goto out;
    if (!yaml_parser_initialize(&parser)) {
        err_memory(e, "%s", name);
        goto out;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)w.d->source + w.bom,
                                 w.d->bytes - w.bom);
    result = read_all(&w, &parser);
    yaml_parser_delete(&parser);
out:
    free(w.offsets);
    if (result == 0)
        *out = w.d;
    else
        json_free(w.d);
    return result;
}
