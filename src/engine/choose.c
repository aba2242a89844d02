#include "engine/choose.h"
#include "transport/curl.h"
#include "transport/direct.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/requests.h"
#include "scenario/template.h"
#include "util/url.h"

/* Headers whose meaning libcurl carries out, where `direct` would only send them. */
static const char *const carried_out[] = {"Connection", "Content-Length", "Expect",
                                          "Transfer-Encoding", "Upgrade"};

static bool same_origin(const char *a, const char *b) {
    size_t n = url_origin(a);
    return n == url_origin(b) && strncasecmp(a, b, n) == 0;
}

static bool has_userinfo(const char *url) {
    return memchr(url, '@', url_origin(url)) != NULL;
}

/* A session of `direct` has one connection, and so one origin; where two are the same but spelled
 * differently, curl is right as well. */
static const char *url_needs_curl(const struct scenario *s) {
    const char *first = NULL;
    for (size_t i = 0; i < s->request_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        const char *url = !scenario_is_whole_url(q) ? s->target
                          : q->varying_path != NULL ? q->varying_path->text
                                                    : q->path;
        if (first == NULL)
            first = url;
        if (has_userinfo(url))
            return "a URL contains a user name";
        if (!same_origin(first, url))
            return "the requests go to several servers";
    }
    return NULL;
}

static const char *header_needs_curl(const struct scenario *s) {
    for (size_t i = 0; i < s->request_count; i++) {
        const struct scenario_request *r = &s->requests[i];
        for (size_t h = 0; h < r->header_count; h++)
            for (size_t k = 0; k < sizeof carried_out / sizeof *carried_out; k++)
                if (strcasecmp(r->headers[h].name, carried_out[k]) == 0)
                    return carried_out[k];
    }
    return NULL;
}

/* What the scenario needs that only curl has, as a text; false where there is nothing. */
static bool needs_curl(const struct scenario *s, char why[CHOOSE_WHY_BYTES]) {
    const char *what = s->http.proxy != NULL      ? "the scenario has a proxy"
                       : s->http.follow_redirects ? "the scenario follows redirects"
                                                  : url_needs_curl(s);
    const char *header = what == NULL ? header_needs_curl(s) : NULL;
    if (header != NULL)
        snprintf(why, CHOOSE_WHY_BYTES, "a request has the header %s", header);
    else if (what != NULL)
        snprintf(why, CHOOSE_WHY_BYTES, "%s", what);
    return what != NULL || header != NULL;
}

static bool has_grpc(const struct scenario *s) {
    bool any = false;
    for (size_t i = 0; i < s->request_count; i++)
        any = any || s->requests[i].grpc != NULL;
    return any;
}

int choose_transport(enum choose_wish wish, const struct scenario *s,
                     const struct transport_ops **out, char why[CHOOSE_WHY_BYTES], struct err *e) {
    bool curl = needs_curl(s, why), http2 = s->http.version != SCENARIO_HTTP_1_1;
    if (wish == CHOOSE_DIRECT && curl)
        return err_set(e,
                       "--transport direct does not support this: %s; use --transport auto, which "
                       "uses curl here",
                       why);
    *out = wish == CHOOSE_CURL || curl ? &transport_curl : &transport_direct;
    const char *key = s->http.quickack      ? "quickack"
                      : s->http.streams > 1 ? "streams"
                      : has_grpc(s)         ? "grpc"
                                            : NULL;
    if (key != NULL && *out != &transport_direct)
        return err_set(e,
                       "\"%s\" needs the transport direct, but this run uses curl: %s; remove "
                       "\"%s\"%s",
                       key, curl ? why : "--transport selects it", key,
                       curl ? "" : " or --transport");
    if (has_grpc(s) && s->http.version != SCENARIO_HTTP_2_PRIOR && s->target != NULL &&
        strncmp(s->target, "http://", 7) == 0)
        return err_set(e, "gRPC over http:// has no negotiation of HTTP/2; remove \"version\", or "
                          "write \"version\": \"2-prior-knowledge\" in \"http\"");
    if (wish != CHOOSE_AUTO)
        snprintf(why, CHOOSE_WHY_BYTES, "asked for");
    else if (!curl)
        snprintf(why, CHOOSE_WHY_BYTES, "HTTP/%s to one server", http2 ? "2" : "1.1");
    return 0;
}
