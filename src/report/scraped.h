/*
 * scraped: what the target's own metrics said about its queue, by second, for the figures next to
 * the time to the first token.
 *
 * The run read them itself ("scrape"), so they are on its clock. It knows the names of vLLM,
 * SGLang, llama.cpp and TGI. Other metrics are in the run file (server_series), but in no figure.
 * If there are several series, for example of several engines, requests are added up and shares are
 * averaged.
 *
 * Ownership: heap, scraped_free(NULL) is allowed. Thread: as the reader.
 */
#ifndef REPORT_SCRAPED_H
#define REPORT_SCRAPED_H

#include <stddef.h>

#include "record/reader.h"
#include "util/err.h"

/* By second; NAN: a scrape failed. NULL: the target has no such metric. */
struct scraped {
    double *running, *waiting; /* number of requests */
    double *kv_percent;        /* of the KV cache in use */
};

/* `seconds` is the length of the run. *out is NULL if nothing of it was read. */
int scraped_new(struct reader *r, size_t seconds, struct scraped **out, struct err *e);
void scraped_free(struct scraped *s);

#endif
