/* The "http" section: how requests travel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "scenario/sections.h"
#include "scenario/target.h"

#define RESOLVE_MAX 1000

static int version_read(struct reader *r, const struct json *v, enum scenario_http_version *out) {
    static const char *const texts[] = {"1.1", "2", "2-prior-knowledge"};
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strlen(texts[i]) == v->len && memcmp(texts[i], v->text, v->len) == 0) {
            *out = (enum scenario_http_version)i;
            return 0;
        }
    }
    return reader_fail(r, v->at, "\"version\" must be \"1.1\", \"2\" or \"2-prior-knowledge\"");
}

/* A file that the TLS library will read by itself: that it can be is all we check. */
static int pem_read(struct reader *r, const struct json *v, char **out) {
    if (v == NULL)
        return 0;
    if (reader_path(r, v, out) != 0)
        return -1;
    if (access(*out, R_OK) != 0)
        return reader_fail(r, v->at,
                           "cannot open %s: %s; relative paths start at the scenario's folder",
                           *out, strerror(errno));
    return 0;
}

/* "host:port:address", as curl's --resolve. */
static int resolve_check(struct reader *r, const struct json *v, const char *text) {
    const char *port = strchr(text, ':');
    const char *address = port == NULL ? NULL : strchr(port + 1, ':');
    if (address == NULL || port == text || address[1] == '\0' ||
        reader_control(text, strlen(text)) >= 0 || strchr(text, ' ') != NULL)
        return reader_fail(r, v->at, "write it like \"example.com:443:127.0.0.1\"");
    size_t n = (size_t)(address - text);
    const char *wrong = text[0] == '*' && port == text + 1 ? target_check_authority("x", 1)
                                                           : target_check_authority(text, n);
    return wrong == NULL ? 0 : reader_fail(r, v->at, "%s", wrong);
}

static int resolve_read(struct reader *r, const struct json *v, struct scenario_http *h) {
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count > RESOLVE_MAX)
        return reader_fail(r, v->at, "\"resolve\" holds more than %d entries", RESOLVE_MAX);
    h->resolve = calloc(v->count + 1, sizeof *h->resolve);
    if (h->resolve == NULL)
        return reader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (reader_text(r, m, PLACE_PLAIN, &h->resolve[h->resolve_count], NULL) != 0)
            return -1;
        if (resolve_check(r, m, h->resolve[h->resolve_count++]) != 0)
            return -1;
    }
    return 0;
}

static int proxy_read(struct reader *r, const struct json *v, char **out) {
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    const char *help = "write it like \"http://127.0.0.1:3128\" or \"socks5h://127.0.0.1:1080\"";
    if (v == NULL)
        return 0;
    if (reader_text(r, v, PLACE_PLAIN, out, NULL) != 0)
        return -1;
    const char *text = *out, *host = strstr(text, "://");
    bool known = host == NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !known; i++)
        known = strlen(schemes[i]) == (size_t)(host - text) &&
                memcmp(schemes[i], text, strlen(schemes[i])) == 0;
    if (!known)
        return reader_fail(r, v->at, "\"proxy\" has an unknown scheme; %s", help);
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
    const char *wrong = target_check_authority(host, n);
    if (wrong != NULL || reader_control(text, strlen(text)) >= 0)
        return reader_fail(r, v->at, "\"proxy\" is no address; %s", help);
    return 0;
}

static int socket_read(struct reader *r, const struct json *v, char **out) {
    size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    if (v == NULL)
        return 0;
    if (reader_path(r, v, out) != 0)
        return -1;
    if (strlen(*out) > most)
        return reader_fail(r, v->at, "\"unix_socket\" is longer than %zu bytes, the system's limit",
                           most);
    return 0;
}

int http_read(struct reader *r, const struct json *v) {
    struct scenario_http *h = &r->s->http;
    h->verify = h->keepalive = h->cookies = true;
    if (v == NULL)
        return 0;
    if (reader_section(r, v, SECTION_HTTP) != 0 ||
        version_read(r, json_get(v, "version"), &h->version) != 0 ||
        reader_bool(r, json_get(v, "verify"), &h->verify) != 0 ||
        pem_read(r, json_get(v, "ca"), &h->ca) != 0 ||
        pem_read(r, json_get(v, "cert"), &h->cert) != 0 ||
        pem_read(r, json_get(v, "key"), &h->key) != 0 ||
        resolve_read(r, json_get(v, "resolve"), h) != 0 ||
        proxy_read(r, json_get(v, "proxy"), &h->proxy) != 0 ||
        socket_read(r, json_get(v, "unix_socket"), &h->unix_socket) != 0 ||
        reader_bool(r, json_get(v, "keepalive"), &h->keepalive) != 0 ||
        reader_bool(r, json_get(v, "follow_redirects"), &h->follow_redirects) != 0 ||
        reader_bool(r, json_get(v, "compressed"), &h->compressed) != 0 ||
        reader_bool(r, json_get(v, "cookies"), &h->cookies) != 0)
        return -1;
    if (h->key != NULL && h->cert == NULL)
        return reader_fail(r, json_get(v, "key")->at,
                           "\"key\" is of no use without \"cert\"; give both");
    if (h->proxy != NULL && h->unix_socket != NULL)
        return reader_fail(r, json_get(v, "proxy")->at,
                           "\"proxy\" cannot stand beside \"unix_socket\"; remove one of the two");
    return 0;
}
