#include "cloudrun/yaml.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "util/buf.h"
#include "util/file.h"

#define DEPTH_MAX 32
#define NODES_MAX 20000

struct walk {
    yaml_document_t *document;
    struct yaml_at at;
    char path[YAML_PATH_BYTES];
    size_t nodes; /* met so far: aliases make a small file large */
    yaml_scalar_fn *scalar;
    void *context;
};

int yaml_fail(const struct yaml_at *at, struct err *e, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set(e, "%s:%zu:%zu: %s%s%s", at->file, at->line, at->column, at->path,
                   at->path[0] != '\0' ? ": " : "", text);
}

static int walk_node(struct walk *w, int index, int depth, struct err *e);

static const char *scalar_text(const yaml_node_t *node) {
    return (const char *)node->data.scalar.value;
}

static bool is_text(const yaml_node_t *node) {
    return node != NULL && node->type == YAML_SCALAR_NODE &&
           strlen(scalar_text(node)) == node->data.scalar.length;
}

static void stand_at(struct walk *w, const yaml_node_t *node) {
    w->at.line = node->start_mark.line + 1;
    w->at.column = node->start_mark.column + 1;
}

/* Goes on below, with one more word in the path. */
static int descend(struct walk *w, const char *word, int index, int depth, struct err *e) {
    size_t len = strlen(w->path);
    int n = snprintf(w->path + len, sizeof w->path - len, "%s%s", len > 0 ? " > " : "", word);
    if (n < 0 || (size_t)n >= sizeof w->path - len) {
        w->path[len] = '\0';
        return yaml_fail(&w->at, e, "the path below is too long");
    }
    int failed = walk_node(w, index, depth + 1, e);
    w->path[len] = '\0';
    return failed;
}

static int walk_mapping(struct walk *w, const yaml_node_t *node, int depth, struct err *e) {
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    for (const yaml_node_pair_t *p = first; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(w->document, p->key);
        stand_at(w, key);
        if (!is_text(key))
            return yaml_fail(&w->at, e, "a key that is no text");
        for (const yaml_node_pair_t *q = first; q < p; q++)
            if (strcmp(scalar_text(yaml_document_get_node(w->document, q->key)),
                       scalar_text(key)) == 0)
                return yaml_fail(&w->at, e, "\"%.100s\" for the second time", scalar_text(key));
        if (descend(w, scalar_text(key), p->value, depth, e) != 0)
            return -1;
    }
    return 0;
}

static int walk_sequence(struct walk *w, const yaml_node_t *node, int depth, struct err *e) {
    char word[16];
    int place = 0;
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        snprintf(word, sizeof word, "%d", place++);
        if (descend(w, word, *i, depth, e) != 0)
            return -1;
    }
    return 0;
}

static int walk_node(struct walk *w, int index, int depth, struct err *e) {
    const yaml_node_t *node = yaml_document_get_node(w->document, index);
    if (node == NULL)
        return yaml_fail(&w->at, e, "the file is empty");
    stand_at(w, node);
    if (depth > DEPTH_MAX || ++w->nodes > NODES_MAX)
        return yaml_fail(&w->at, e, "too deep or too large for a service");
    bool is_empty = (node->type == YAML_MAPPING_NODE &&
                     node->data.mapping.pairs.start == node->data.mapping.pairs.top) ||
                    (node->type == YAML_SEQUENCE_NODE &&
                     node->data.sequence.items.start == node->data.sequence.items.top);
    if (is_empty)
        return w->scalar(w->context, &w->at, "", e);
    if (node->type == YAML_MAPPING_NODE)
        return walk_mapping(w, node, depth, e);
    if (node->type == YAML_SEQUENCE_NODE)
        return walk_sequence(w, node, depth, e);
    if (!is_text(node))
        return yaml_fail(&w->at, e, "a value with a NUL in it");
    return w->scalar(w->context, &w->at, scalar_text(node), e);
}

static int parse_failed(const char *file, const yaml_parser_t *p, struct err *e) {
    return err_set(e, "%s:%zu:%zu: not YAML: %s", file, p->problem_mark.line + 1,
                   p->problem_mark.column + 1, p->problem != NULL ? p->problem : "no memory");
}

int yaml_walk(const char *file, yaml_scalar_fn *scalar, void *context, struct err *e) {
    struct buf text;
    yaml_parser_t parser;
    yaml_document_t document, second;
    bool have_document = false, have_second = false;
    int failed = -1;
    struct walk w = {.at.file = file, .scalar = scalar, .context = context};
    buf_init(&text, YAML_BYTES_MAX);
    if (file_read(file, &text, e) != 0) {
        buf_done(&text);
        return -1;
    }
    if (!yaml_parser_initialize(&parser)) {
        buf_done(&text);
        return err_set(e, "%s: no memory", file);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)buf_text(&text), text.len);
    have_document = yaml_parser_load(&parser, &document) != 0;
    if (!have_document) {
        parse_failed(file, &parser, e);
        goto done;
    }
    w.document = &document;
    w.at.path = w.path;
    w.at.line = w.at.column = 1;
    if (walk_node(&w, 1, 0, e) != 0)
        goto done;
    have_second = yaml_parser_load(&parser, &second) != 0;
    if (!have_second)
        parse_failed(file, &parser, e);
    else if (yaml_document_get_root_node(&second) != NULL)
        err_set(e, "%s: more than one document: give the service's alone", file);
    else
        failed = 0;
done:
    if (have_second)
        yaml_document_delete(&second);
    if (have_document)
        yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    buf_done(&text);
    return failed;
}
