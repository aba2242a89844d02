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
json_later_fn openapi_later; /* for json_parse_parts(): what openapi_read() does not always need */
int curl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e);
int grpcurl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e);
bool grpcurl_is_one(const char *text, size_t bytes);
int proto_read(struct draft *d, const char *name, struct err *e); /* by the file's name */
bool proto_is_one(const char *text, size_t bytes);
int locust_read(struct draft *d, const struct convert_options *o, const char *name,
                const char *text, size_t bytes, struct err *e);
/* Access logs, or lists of URLs. `text` is the beginning; o->more gives the rest. The others look
 * whether a text begins like one. */
int log_read(struct draft *d, const struct convert_options *o, const char *name, const char *text,
             size_t bytes, bool urls, struct err *e);
bool log_is_one(const char *text, size_t bytes);
bool urls_is_one(const char *text, size_t bytes);

#endif
