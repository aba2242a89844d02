#include "engine/http_options.h"

struct transport_options http_options(const struct scenario *s) {
    const struct scenario_http *h = &s->http;
    static const enum transport_http versions[] = {
        [SCENARIO_HTTP_1_1] = TRANSPORT_HTTP_1_1,
        [SCENARIO_HTTP_2] = TRANSPORT_HTTP_2,
        [SCENARIO_HTTP_2_PRIOR] = TRANSPORT_HTTP_2_PRIOR,
        [SCENARIO_HTTP_2_ONLY] = TRANSPORT_HTTP_2_ONLY,
    };
    static const enum transport_retry retries[] = {
        [SCENARIO_RETRY_UNSEEN] = TRANSPORT_RETRY_UNSEEN,
        [SCENARIO_RETRY_NEVER] = TRANSPORT_RETRY_NEVER,
        [SCENARIO_RETRY_SAFE] = TRANSPORT_RETRY_SAFE,
    };
    return (struct transport_options){
        .version = versions[h->version],
        .streams = h->streams,
        .verify = h->verify,
        .ca = h->ca,
        .cert = h->cert,
        .key = h->key,
        .resolve = (const char *const *)h->resolve,
        .resolve_count = h->resolve_count,
        .source = (const char *const *)h->source,
        .source_count = h->source_count,
        .dns_first = h->dns_first,
        .dns_ttl_ns = h->dns_ttl_ns,
        .proxy = h->proxy,
        .unix_socket = h->unix_socket,
        .keepalive = h->keepalive,
        .retry = retries[h->retry],
        .quickack = h->quickack,
        .follow_redirects = h->follow_redirects,
        .compressed = h->compressed,
        .cookies = h->cookies,
        .connect_timeout_ns = s->connect_timeout_ns,
        .timeout_ns = s->timeout_ns,
    };
}

struct fetch_options http_fetch_options(const struct scenario *s, bool here) {
    const struct transport_options o = http_options(s);
    return (struct fetch_options){.verify = o.verify,
                                  .ca = o.ca,
                                  .cert = o.cert,
                                  .key = o.key,
                                  .resolve = o.resolve,
                                  .resolve_count = o.resolve_count,
                                  .unix_socket = here ? o.unix_socket : NULL};
}
