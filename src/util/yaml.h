/*
 * yaml: reads YAML into the same tree as json.h, whose values and keys know where they stood in the
 * text.
 *
 * YAML 1.2's core schema, read by libyaml: a plain null, true, false or number of JSON's grammar is
 * one, all else is a string. Booleans and nulls keep their text too (json.h: `text`, `len`).
 * Aliases are written out, each with the place of what it stands for. More than one document, keys
 * that are no text or that an object has twice, merge keys (<<), and what is too deep or too large
 * are errors with line and column. It knows no schema.
 *
 * Ownership and threads: as in json.h; json_free() frees the document.
 */
#ifndef UTIL_YAML_H
#define UTIL_YAML_H

#include "util/json.h"

#define YAML_DEPTH_MAX 60
#define YAML_NODES_MAX 500000 /* aliases make a small file large */

/* Parses the whole text; `name` stands for it in errors, which read "name:line:column: what". */
int yaml_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e);

#endif
