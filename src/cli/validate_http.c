/* The line "http" of `coldswarm validate`. */
#include "cli/validate_http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/shown.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

/* One entry of the comma-separated list; the label comes before the first. */
static void http_item(struct buf *out, bool *any, const struct scenario *s, const char *text,
                      const char *value) {
    if (*any)
        buf_str(out, ", ");
    else
        buf_printf(out, "  %-9s ", "http");
    *any = true;
    buf_str(out, text);
    if (value != NULL)
        shown_text(out, s, value);
}

/* Only what differs from the usual: users in turn, for a minute. */
static void show_dns(struct buf *out, bool *any, const struct scenario *s) {
    const struct scenario_http *h = &s->http;
    char text[128], span[UNITS_BYTES];
    units_duration_text(h->dns_ttl_ns, span);
    if (h->dns_first)
        http_item(out, any, s, "all users at the first address of a host", NULL);
    if (h->dns_ttl_ns == 0)
        http_item(out, any, s, "addresses are looked up again for each connection", NULL);
    else if (h->dns_ttl_ns != 60 * NS_PER_S) {
        snprintf(text, sizeof text, "addresses are looked up again after %s", span);
        http_item(out, any, s, text, NULL);
    }
}

void validate_http(struct buf *out, const struct scenario *s) {
    const struct scenario_http *h = &s->http;
    bool any = false;
    if (h->version != SCENARIO_HTTP_1_1)
        http_item(out, &any, s, "HTTP/2",
                  h->version == SCENARIO_HTTP_2         ? " if the server supports it"
                  : h->version == SCENARIO_HTTP_2_PRIOR ? " at once"
                                                        : " only");
    if (h->streams > 1) {
        char text[64];
        snprintf(text, sizeof text, "up to %" PRIu32 " users share a connection", h->streams);
        http_item(out, &any, s, text, NULL);
    }
    if (!h->verify)
        http_item(out, &any, s, "certificates are not checked", NULL);
    if (h->ca != NULL)
        http_item(out, &any, s, "authorities from ", h->ca);
    if (h->cert != NULL)
        http_item(out, &any, s, "client certificate ", h->cert);
    for (size_t i = 0; i < h->resolve_count; i++) {
        http_item(out, &any, s, "resolve ", h->resolve[i]);
        if (strchr(h->resolve[i], ',') != NULL)
            buf_str(out, h->dns_first ? " (all users at the first)" : " (users in turn)");
    }
    for (size_t i = 0; i < h->source_count; i++)
        http_item(out, &any, s, i == 0 ? "users in turn from " : "from ", h->source[i]);
    show_dns(out, &any, s);
    if (h->proxy != NULL)
        http_item(out, &any, s, "proxy ", h->proxy);
    if (h->unix_socket != NULL)
        http_item(out, &any, s, "socket ", h->unix_socket);
    if (!h->keepalive)
        http_item(out, &any, s, "a new connection for each request", NULL);
    if (h->quickack)
        http_item(out, &any, s, "responses are acknowledged at once", NULL);
    if (h->retry == SCENARIO_RETRY_NEVER)
        http_item(out, &any, s, "lost requests are not repeated", NULL);
    if (h->retry == SCENARIO_RETRY_SAFE)
        http_item(out, &any, s, "lost idempotent requests are repeated once", NULL);
    if (h->follow_redirects)
        http_item(out, &any, s, "redirects are followed", NULL);
    if (h->compressed)
        http_item(out, &any, s, "compressed responses", NULL);
    if (!h->cookies)
        http_item(out, &any, s, "no cookies", NULL);
    if (h->judge_bytes != SCENARIO_JUDGE_BYTES) {
        char bytes[32];
        snprintf(bytes, sizeof bytes, "%zu byte%s", h->judge_bytes, text_plural(h->judge_bytes));
        http_item(out, &any, s, "checks read responses up to ", bytes);
    }
    if (any)
        buf_char(out, '\n');
}
