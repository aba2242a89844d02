/*
 * web_guard: decides whether a request to the page may be answered.
 *
 * Other web sites that are open in the same browser must not read or change a run:
 * - Without a token, the page only answers to numeric addresses and localhost in `Host`. A site
 *   that points its own name to 127.0.0.1 (DNS rebinding) is refused.
 * - With a token, everything but the way to give it needs it.
 * - What changes something is refused if `Origin` or `Sec-Fetch-Site` show that it comes from
 *   another site. A program sends neither, so Locust's scripts work.
 *
 * Pure. Thread: any.
 */
#ifndef WEB_WEB_GUARD_H
#define WEB_WEB_GUARD_H

#include <stdbool.h>

#define WEB_GUARD_TOKEN_MIN 16

/* The cookie that holds the token. */
#define WEB_GUARD_COOKIE "coldswarm_token"

struct web_guard {
    const char *token; /* NULL: none is needed */
};

/* Headers are NULL if the request lacks them. */
struct web_guard_request {
    bool changes; /* the request would change something */
    const char *host, *origin, *fetch_site;
    const char *authorization;
    const char *cookie_token, *query_token;
};

struct web_refusal {
    unsigned status; /* 0: allowed */
    const char *text;
};

struct web_refusal web_guard_check(const struct web_guard *g, const struct web_guard_request *r);

/* True if a text can be a token: printable, safe in a header, cookie and URL, and long enough. */
bool web_guard_may_be_token(const char *text);

#endif
