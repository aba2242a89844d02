/*
 * curl_body: what the options of a curl command say about the body and the query.
 *
 * Files are read through the draft's `read`, if their bytes must be changed or joined; otherwise
 * the scenario names the file. Internal to convert/. Ownership: as in curl_transfer. Thread: any.
 */
#ifndef CONVERT_CURL_BODY_H
#define CONVERT_CURL_BODY_H

#include "convert/curl_transfer.h"

/* Takes an option; returns false if it is not about the body. */
bool curl_body_apply(struct transfer *t, enum curl_do what, const struct shell_word *w);

/* Sets the body of t->proto from the options so far. */
void curl_body_set(struct transfer *t);

#endif
