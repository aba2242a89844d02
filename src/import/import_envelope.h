/*
 * import_envelope: what other programs put around entries, or make of them: messages of Pub/Sub,
 * rows of BigQuery's API, and results of PromQL.
 *
 * It makes each inner entry the JSON that Cloud Logging or Cloud Monitoring writes. It does not
 * check that. Ownership: texts are valid during the call. Thread: any.
 */
#ifndef IMPORT_IMPORT_ENVELOPE_H
#define IMPORT_IMPORT_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/json.h"

/* Takes one inner entry. `wrong`: why there is none, instead of a text. Returns 0, or -1 to
 * stop. */
typedef int import_inner_fn(void *context, const char *json, size_t n, const char *wrong);

/* Gives the entries inside `v` to `fn`. Returns 0; *is_envelope becomes false, and nothing is
 * given, if it is none. Returns -1 if `fn` did. */
int import_unwrap(const struct json *v, import_inner_fn *fn, void *context, bool *is_envelope);

/* Appends what an object is that is no entry: "an error of the API: 403 PERMISSION_DENIED ...". */
void import_describe(const struct json *v, struct buf *out);

#endif
