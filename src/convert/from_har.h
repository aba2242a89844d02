/*
 * from_har: shared by the two halves of the HAR reader: which entries and which host are kept, and
 * the requests that are made of them.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_HAR_H
#define CONVERT_FROM_HAR_H

#include "convert/convert.h"
#include "convert/draft.h"
#include "util/json.h"
#include "util/url.h"

#define HAR_HOSTS_MAX 1000
#define HAR_COOKIES_MAX 1000

struct har_host {
    struct url url;
    size_t requests;
};

struct har {
    struct draft *d;
    const struct convert_options *o;
    struct har_host hosts[HAR_HOSTS_MAX];
    size_t host_count;
    struct url kept;
    struct draft_task *task;
    const char *page; /* of the current task; "" if the recording names none */
    size_t page_count;
    size_t foreign; /* assets and unanswered requests of other hosts */
    size_t assets, preflights, others, unsent, unanswered, strange, revalidated, newer_http;
    const char *cookies[HAR_COOKIES_MAX]; /* names that the server has set so far */
    size_t cookie_count;
    double last_end, gaps[DRAFT_REQUESTS_MAX];
    size_t gap_count;
};

/* What an entry is, apart from its host. */
enum har_kind {
    HAR_REQUEST,
    HAR_ASSET,      /* image, style, script or font */
    HAR_PREFLIGHT,  /* OPTIONS that only a browser sends */
    HAR_UNSENT,     /* never went out: blocked, or no connection */
    HAR_UNANSWERED, /* went out, but the recording has no response */
    HAR_WEBSOCKET,
    HAR_STRANGE /* no http:// or https:// URL */
};

/* Sets *u for a request, asset, preflight or WebSocket. */
enum har_kind har_kind(const struct har *h, const struct json *entry, struct url *u);

bool har_same_host(const struct url *a, const struct url *b);

/* Chooses h->kept: the host of --host, of the first page, or of most requests. Notes the others. */
int har_choose_host(struct har *h, const struct json_doc *doc, const struct json *entries,
                    struct err *e);

#endif
