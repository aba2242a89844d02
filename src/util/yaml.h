/*
 * yaml: parses YAML into the same tree as json.h. Values and keys know their position in the text.
 *
 * YAML 1.2's core schema, parsed by libyaml: a plain null, true, false or number of JSON's grammar
 * has that type; all else is a string. Booleans and nulls keep their text too (json.h: `text`,
 * `len`). Aliases are expanded; each copy has the position of the original. Errors, with line and
 * column, are: more than one document, keys that are not text or are duplicates, merge keys (<<),
 * and input that is too deep or too large. It knows no schema.
 *
 * Ownership and threads: as in json.h; json_free() frees the document.
 */
#ifndef UTIL_YAML_H
#define UTIL_YAML_H

#include "util/json.h"

#define YAML_DEPTH_MAX 60
#define YAML_NODES_MAX 500000 /* limits the expansion of aliases */

/* Parses the whole text. `name` is its name in errors, which are "name:line:column: what". */
int yaml_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e);

#endif
