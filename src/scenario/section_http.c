/* The "http" section: how requests are sent. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "scenario/capture.h"
#include "scenario/scenario_internal.h"
#include "scenario/section.h"
#include "util/host.h"

static int version_read(struct loader *r, const struct json *v, enum scenario_http_version *out) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    for (int i = 0; i <= SCENARIO_HTTP_2_ONLY; i++) {
        const char *text = scenario_http_version_text((enum scenario_http_version)i);
        if (strlen(text) == v->len && memcmp(text, v->text, v->len) == 0) {
            *out = (enum scenario_http_version)i;
            return 0;
        }
    }
    return loader_fail(r, v->at,
                       "\"version\" must be \"1.1\", \"2\", \"2-only\" or \"2-prior-knowledge\"");
}

static int retry_read(struct loader *r, const struct json *v, enum scenario_retry *out) {
    static const char *const texts[] = {"unseen", "never", "safe"};
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(v->text, texts[i]) == 0) {
            *out = (enum scenario_retry)i;
            return 0;
        }
    return loader_fail(r, v->at, "\"retry\" must be \"never\", \"unseen\" or \"safe\"");
}

/* A file that the TLS library will read by itself: that it can be is all we check. */
static int pem_read(struct loader *r, const struct json *v, char **out) {
    if (v == NULL)
        return 0;
    if (loader_path(r, v, out) != 0)
        return -1;
    if (access(*out, R_OK) != 0)
        return loader_fail(r, v->at,
                           "cannot open %s: %s; relative paths start at the scenario's folder",
                           *out, strerror(errno));
    return 0;
}

static int proxy_read(struct loader *r, const struct json *v, char **out) {
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    const char *help = "write it like \"http://127.0.0.1:3128\" or \"socks5h://127.0.0.1:1080\"";
    if (v == NULL)
        return 0;
    if (loader_text(r, v, PLACE_PLAIN, out, NULL) != 0)
        return -1;
    const char *text = *out, *host = strstr(text, "://");
    struct buf url;
    bool known = host == NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !known; i++)
        known = strlen(schemes[i]) == (size_t)(host - text) &&
                memcmp(schemes[i], text, strlen(schemes[i])) == 0;
    if (!known)
        return loader_fail(r, v->at, "\"proxy\" has an unknown scheme; %s", help);
    host = host == NULL ? text : host + 3;
    size_t n = strcspn(host, "/");
    /* A proxy may ask for a user and password, which only its URL can carry. */
    for (size_t i = n; i > 0; i--) {
        if (host[i - 1] == '@') {
            host += i;
            n -= i;
            break;
        }
    }
    struct err why = {""};
    buf_init(&url, LOADER_TEXT_MAX);
    buf_add(&url, text, (size_t)(host - text));
    if (loader_control(text, strlen(text)) >= 0 || host_authority(host, n, &url, &why) != 0) {
        buf_done(&url);
        return loader_fail(r, v->at, "\"proxy\" is not an address; %s%s%s", help,
                           strstr(why.text, "international") == NULL ? "" : "; ",
                           strstr(why.text, "international") == NULL ? "" : why.text);
    }
    buf_str(&url, host + n);
    free(*out);
    *out = NULL;
    return loader_take(r, v->at, &url, out);
}

static int socket_read(struct loader *r, const struct json *v, char **out) {
    size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    if (v == NULL)
        return 0;
    if (loader_path(r, v, out) != 0)
        return -1;
    if (strlen(*out) > most)
        return loader_fail(r, v->at, "\"unix_socket\" is longer than %zu bytes, the system's limit",
                           most);
    return 0;
}

static int judge_bytes_read(struct loader *r, const struct json *v, size_t *out) {
    int64_t n = 0;
    if (v == NULL)
        return 0;
    if (loader_size(r, v, &n) != 0)
        return -1;
    if (n < 1 || (size_t)n > CAPTURE_VALUE_MAX)
        return loader_fail(r, v->at, "\"judge_bytes\" must be from 1 to 1GiB");
    *out = (size_t)n;
    return 0;
}

int http_read(struct loader *r, const struct json *v) {
    struct scenario_http *h = &r->s->http;
    h->streams = 1;
    h->verify = h->keepalive = h->cookies = true;
    h->judge_bytes = SCENARIO_JUDGE_BYTES;
    h->dns_ttl_ns = HTTP_NAMES_TTL_NS;
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_HTTP) != 0 ||
        version_read(r, json_get(v, "version"), &h->version) != 0 ||
        loader_integer(r, json_get(v, "streams"), 1, SCENARIO_STREAMS_MAX, &h->streams) != 0 ||
        loader_bool(r, json_get(v, "verify"), &h->verify) != 0 ||
        pem_read(r, json_get(v, "ca"), &h->ca) != 0 ||
        pem_read(r, json_get(v, "cert"), &h->cert) != 0 ||
        pem_read(r, json_get(v, "key"), &h->key) != 0 || http_names_read(r, v, h) != 0 ||
        proxy_read(r, json_get(v, "proxy"), &h->proxy) != 0 ||
        socket_read(r, json_get(v, "unix_socket"), &h->unix_socket) != 0 ||
        loader_bool(r, json_get(v, "keepalive"), &h->keepalive) != 0 ||
        retry_read(r, json_get(v, "retry"), &h->retry) != 0 ||
        loader_bool(r, json_get(v, "quickack"), &h->quickack) != 0 ||
        loader_bool(r, json_get(v, "follow_redirects"), &h->follow_redirects) != 0 ||
        loader_bool(r, json_get(v, "compressed"), &h->compressed) != 0 ||
        loader_bool(r, json_get(v, "cookies"), &h->cookies) != 0 ||
        judge_bytes_read(r, json_get(v, "judge_bytes"), &h->judge_bytes) != 0)
        return -1;
    if (h->streams > 1 && !h->keepalive)
        return loader_fail(r, json_get(v, "streams")->at,
                           "\"streams\" cannot be combined with \"keepalive\": false; remove one "
                           "of them");
    if (h->key != NULL && h->cert == NULL)
        return loader_fail(r, json_get(v, "key")->at, "\"key\" needs \"cert\"; give both");
    if (h->proxy != NULL && h->unix_socket != NULL)
        return loader_fail(r, json_get(v, "proxy")->at,
                           "\"proxy\" cannot be combined with \"unix_socket\"; remove one of them");
    return 0;
}
