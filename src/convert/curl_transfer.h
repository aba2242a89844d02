/*
 * curl_transfer: one transfer of a curl command line: its options so far, and the resulting
 * requests.
 *
 * Internal to convert/. Ownership: transfer_done() frees the pieces of data; the rest is the
 * draft's. Thread: any.
 */
#ifndef CONVERT_CURL_TRANSFER_H
#define CONVERT_CURL_TRANSFER_H

#include "convert/curl_options.h"
#include "convert/draft.h"
#include "convert/shell.h"

#define URLS_MAX 1000

/* Options that say how requests travel, of all transfers of a source. A scenario has each of them
 * once. By their number in enum curl_do. */
#define TRAVEL_MAX (CURL_DO_USER + 1) /* the last */
struct travel {
    const char *name[TRAVEL_MAX], *value[TRAVEL_MAX]; /* of the last transfer that has it */
    bool differs[TRAVEL_MAX];                         /* the values of two transfers */
    size_t count[TRAVEL_MAX], transfers;              /* that send requests */
};

/* The options of one transfer: from "curl" or --next to the next --next or the end. */
struct transfer {
    struct draft *d;
    struct travel *travel;
    bool travels[TRAVEL_MAX];   /* options that it has */
    struct draft_request proto; /* headers, auth and body, copied to each URL's request */
    struct transfer_url {
        const char *text;
        bool named; /* has --url or a scheme, so it is certainly a URL */
    } urls[URLS_MAX];
    size_t url_count;
    /* A URL of the previous transfer in the same command; NULL: none. */
    const char *before;
    const char *source; /* name of the source, for notes */
    const char *method, *user, *content_type;
    struct buf data, query;
    bool has_data, json, get, head, globoff, upload;
    const char *data_file; /* a file that is the whole body as it is, or NULL */
    bool data_known;       /* its content is in `data` too */
    /* What the shell gives curl to read: a text, or a file's name; NULL: nothing known. */
    const char *input, *input_file;
    size_t input_bytes;
    bool input_used;
    const char *refused;     /* the option that makes it something no scenario can send, or NULL */
    const char *upload_name; /* -T FILE: curl appends this name to a URL that ends with '/' */
    size_t data_pieces;
};

void transfer_init(struct transfer *t, struct draft *d, struct travel *travel);
void transfer_done(struct transfer *t);

/* Takes one option with its argument ("" for a flag). */
void transfer_apply(struct transfer *t, const struct curl_option *o, const struct shell_word *w);

/* `named`: given by --url. */
void transfer_url(struct transfer *t, const char *url, bool named);

/* Adds the requests for the options and URLs so far. `name` and `line` are the command's
 * position. */
void transfer_finish(struct transfer *t, const char *name, size_t line);

/* Notes the options that not all transfers have, because the scenario applies them to all. */
void transfer_note_travel(struct draft *d, const struct travel *all);

#endif
