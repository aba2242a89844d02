/*
 * scraped: what the target's own metrics said of its queue, by second, for the figures beside the
 * time to the first token.
 *
 * The run read them itself ("scrape"), so they are on its clock. Known are the names of vLLM,
 * SGLang, llama.cpp and TGI; other metrics are in the run file (server_series) and in no figure. Of
 * several series, as of several engines, requests are added up and shares averaged.
 *
 * Ownership: heap, scraped_free(NULL) is fine. Thread: as the reader.
 */
#ifndef REPORT_SCRAPED_H
#define REPORT_SCRAPED_H

#include <stddef.h>

#include "record/reader.h"
#include "util/err.h"

/* By second, NAN where a scrape failed; NULL: the target has no such metric. */
struct scraped {
    double *running, *waiting; /* requests */
    double *kv_percent;        /* of the KV cache, in use */
};

/* For a run of that many seconds. *out is NULL where nothing of it was read. */
int scraped_new(struct reader *r, size_t seconds, struct scraped **out, struct err *e);
void scraped_free(struct scraped *s);

#endif
