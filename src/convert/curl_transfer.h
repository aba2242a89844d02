/*
 * curl_transfer: one transfer of a curl command line: its options so far, and the requests that they make.
 *
 * Internal to convert/. Ownership: transfer_done() frees the pieces of data; the rest is the draft's. Thread: any.
 */
#ifndef CONVERT_CURL_TRANSFER_H
#define CONVERT_CURL_TRANSFER_H

#include "convert/curl_options.h"
#include "convert/draft.h"
#include "convert/shell.h"

#define URLS_MAX 1000

/* One transfer's options: from "curl" or --next to --next or the end. */
struct transfer {
    struct draft *d;
    struct draft_request proto; /* headers, auth and body, copied to each URL's request */
    const char *urls[URLS_MAX];
    size_t url_count;
    const char *method, *user, *content_type;
    struct buf data, query;
    bool has_data, json, get, head, globoff, upload;
    const char *data_file; /* --data-binary @file, alone */
    size_t data_pieces;
};

void transfer_init(struct transfer *t, struct draft *d);
void transfer_done(struct transfer *t);

/* Takes one option with its argument ("" for a flag). */
void transfer_apply(struct transfer *t, const struct curl_option *o, const struct shell_word *w);

void transfer_url(struct transfer *t, const char *url);

/* Adds the requests that the options and URLs so far stand for. `name` and `line` say where the command stands. */
void transfer_finish(struct transfer *t, const char *name, size_t line);

#endif
