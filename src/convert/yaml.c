/* YAML to JSON, for OpenAPI documents: the core schema of YAML 1.2, with libyaml. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "convert/coding.h"
#include "convert/formats.h"

#define DEPTH_MAX 60
#define NODES_MAX 500000 /* aliases make a small file large */

struct walk {
    const char *name;
    yaml_document_t *document;
    size_t nodes;
    struct buf *out;
};

static int fail_at(const struct walk *w, const yaml_node_t *node, struct err *e, const char *text) {
    return err_set(e, "%s:%zu:%zu: %s", w->name, node->start_mark.line + 1,
                   node->start_mark.column + 1, text);
}

/* A number as JSON writes it: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_json_number(const char *s, size_t n) {
    size_t i = 0;
    i += i < n && s[i] == '-';
    if (i == n || !isdigit((unsigned char)s[i]) ||
        (s[i] == '0' && i + 1 < n && isdigit((unsigned char)s[i + 1])))
        return false;
    while (i < n && isdigit((unsigned char)s[i]))
        i++;
    if (i < n && s[i] == '.') {
        if (++i == n || !isdigit((unsigned char)s[i]))
            return false;
        while (i < n && isdigit((unsigned char)s[i]))
            i++;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        i += i < n && (s[i] == '+' || s[i] == '-');
        if (i == n)
            return false;
        while (i < n && isdigit((unsigned char)s[i]))
            i++;
    }
    return i == n;
}

static bool is_word(const char *s, size_t n, const char *a, const char *b, const char *c) {
    const char *const words[] = {a, b, c};
    for (size_t i = 0; i < 3; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0)
            return true;
    return false;
}

static void put_text(struct buf *out, const char *s, size_t n) {
    buf_char(out, '"');
    json_escape(out, s, n);
    buf_char(out, '"');
}

static void put_scalar(struct buf *out, const yaml_node_t *node) {
    const char *s = (const char *)node->data.scalar.value;
    size_t n = node->data.scalar.length;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (n == 0 || is_word(s, n, "null", "Null", "~")))
        buf_str(out, "null");
    else if (plain && is_word(s, n, "true", "True", "TRUE"))
        buf_str(out, "true");
    else if (plain && is_word(s, n, "false", "False", "FALSE"))
        buf_str(out, "false");
    else if (plain && is_json_number(s, n))
        buf_add(out, s, n);
    else
        put_text(out, s, n);
}

static int walk_node(struct walk *w, int index, int depth, struct err *e);

static int walk_mapping(struct walk *w, const yaml_node_t *node, int depth, struct err *e) {
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    buf_char(w->out, '{');
    for (const yaml_node_pair_t *p = first; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(w->document, p->key);
        if (key == NULL || key->type != YAML_SCALAR_NODE)
            return fail_at(w, node, e, "a key that is no text");
        if (key->data.scalar.length == 2 && memcmp(key->data.scalar.value, "<<", 2) == 0)
            return fail_at(
                w, key, e,
                "a merge key (<<), which OpenAPI's YAML does not have; write its keys out");
        if (p > first)
            buf_char(w->out, ',');
        put_text(w->out, (const char *)key->data.scalar.value, key->data.scalar.length);
        buf_char(w->out, ':');
        if (walk_node(w, p->value, depth + 1, e) != 0)
            return -1;
    }
    buf_char(w->out, '}');
    return 0;
}

static int walk_node(struct walk *w, int index, int depth, struct err *e) {
    const yaml_node_t *node = yaml_document_get_node(w->document, index);
    if (node == NULL)
        return err_set(e, "%s: the document is empty", w->name);
    if (depth > DEPTH_MAX || ++w->nodes > NODES_MAX || w->out->failed)
        return fail_at(w, node, e, "too deep or too large, with its aliases written out");
    if (node->type == YAML_MAPPING_NODE)
        return walk_mapping(w, node, depth, e);
    if (node->type == YAML_SCALAR_NODE) {
        put_scalar(w->out, node);
        return 0;
    }
    buf_char(w->out, '[');
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        if (i > node->data.sequence.items.start)
            buf_char(w->out, ',');
        if (walk_node(w, *i, depth + 1, e) != 0)
            return -1;
    }
    buf_char(w->out, ']');
    return 0;
}

int yaml_to_json(const char *name, const char *text, size_t bytes, struct buf *out, struct err *e) {
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return err_set(e, "%s: out of memory", name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    if (!yaml_parser_load(&parser, &document)) {
        err_set(e, "%s:%zu:%zu: not YAML: %s", name, parser.problem_mark.line + 1,
                parser.problem_mark.column + 1,
                parser.problem != NULL ? parser.problem : "out of memory");
        yaml_parser_delete(&parser);
        return -1;
    }
    struct walk w = {.name = name, .document = &document, .out = out};
    int result = walk_node(&w, 1, 0, e);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return result;
}
