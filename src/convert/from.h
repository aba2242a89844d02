/*
 * from: one function for each source format, which fills a draft.
 *
 * Each fails if the source as a whole cannot be read; parts that cannot be converted are notes in
 * the draft. Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_H
#define CONVERT_FROM_H

#include "convert/convert.h"
#include "convert/draft.h"
#include "util/json.h"

int har_read(struct draft *d, const struct convert_options *o, const struct json_doc *doc,
             struct err *e);
int postman_read(struct draft *d, const struct json_doc *doc, struct err *e);
int openapi_read(struct draft *d, const struct json_doc *doc, struct err *e);
int curl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e);
int locust_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e);

#endif
