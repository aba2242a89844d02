/*
 * formdata: parses a multipart/form-data body into its parts (RFC 7578).
 *
 * Internal to convert/. Ownership: parts belong to the draft. Thread: any.
 */
#ifndef CONVERT_FORMDATA_H
#define CONVERT_FORMDATA_H

#include "convert/draft.h"

/* Adds the body's parts to the request. `type` is its Content-Type, with the boundary. Returns
 * false if it is malformed; nothing was added then. */
bool formdata_read(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                   const char *type);

/* Adds one part. filename and type may be NULL; a file without contents is noted. */
void formdata_part(struct draft *d, struct draft_request *q, const char *name, const char *filename,
                   const char *type, const char *bytes, size_t n);

/* True if a scenario can have the bytes as a value; otherwise they need a file. */
bool formdata_is_text(const char *bytes, size_t n);

#endif
