#include "web/web_guard.h"

#include <string.h>
#include <strings.h>

#include "util/ipaddr.h"
#include "util/url.h"

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

bool web_guard_may_be_token(const char *text) {
    size_t n = strlen(text);
    return n >= WEB_GUARD_TOKEN_MIN && n <= 256 && strspn(text, plain) == n;
}

/* Takes the same time for any wrong one of its length. */
static bool is_token(const struct web_guard *g, const char *token) {
    size_t n = strlen(g->token);
    unsigned char differs = 0;
    if (token == NULL || strlen(token) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(g->token[i] ^ token[i]);
    return differs == 0;
}

/* "127.0.0.1:8089", "[::1]", "localhost:8089" */
static bool is_own_name(const char *host) {
    static const char own[] = "localhost";
    size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (n > strlen(host) || (host[n] != '\0' && host[n] != ':'))
        return false;
    if (host[n] == ':' && strspn(host + n + 1, "0123456789") != strlen(host + n + 1))
        return false;
    return ipaddr_is(host, n) || (n == strlen(own) && strncasecmp(host, own, n) == 0);
}

/* Whether "https://HOST" is of the host that was asked. The scheme may differ: a proxy may speak
 * TLS for us. */
static bool is_same_host(const char *origin, const char *host) {
    size_t scheme = url_scheme(origin);
    return scheme > 0 && host != NULL && strcasecmp(origin + scheme, host) == 0;
}

static bool has_token(const struct web_guard *g, const struct web_guard_request *r) {
    static const char bearer[] = "Bearer ";
    const char *a = r->authorization;
    if (a != NULL && strncasecmp(a, bearer, strlen(bearer)) == 0 && is_token(g, a + strlen(bearer)))
        return true;
    return is_token(g, r->cookie_token) || is_token(g, r->query_token);
}

struct web_refusal web_guard_check(const struct web_guard *g, const struct web_guard_request *r) {
    if (g->token != NULL && !has_token(g, r))
        return (struct web_refusal){401, "this page needs its token: open the address with ?token= "
                                         "that coldswarm printed, or send the header "
                                         "Authorization: Bearer TOKEN\n"};
    if (g->token == NULL && r->host != NULL && !is_own_name(r->host))
        return (struct web_refusal){421, "this page only answers to its address and to localhost; "
                                         "behind a proxy, use --web-token\n"};
    if (!r->changes)
        return (struct web_refusal){0, ""};
    bool other = r->origin != NULL && !is_same_host(r->origin, r->host);
    if (r->fetch_site != NULL && strcmp(r->fetch_site, "same-origin") != 0 &&
        strcmp(r->fetch_site, "none") != 0)
        other = true;
    if (other)
        return (struct web_refusal){403, "refused: the request comes from another web site\n"};
    return (struct web_refusal){0, ""};
}
