#include "scenario/scenario_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/host.h"
#include "util/ipaddr.h"
#include "util/memory.h"
#include "util/units.h"

#define RESOLVE_MAX 1000
#define ADDRESSES_MAX 1000
#define SOURCE_MAX 1000

/* ---- resolve ---- */

/* "127.0.0.1,[::1]". */
static int addresses_write(const char *text, struct buf *out, struct err *e) {
    struct ipaddr a;
    size_t count = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        if (ipaddr_parse(p, n, &a, e) != 0)
            return -1;
        if (++count > ADDRESSES_MAX)
            return err_set(e, "it has more than %d addresses", ADDRESSES_MAX);
        buf_add(out, p, n);
        p += n;
        if (*p == '\0')
            return 0;
        buf_char(out, ',');
    }
}

/* "host:port:address,address", the host as it is sent. */
static int resolve_write(const char *text, struct buf *out, struct err *e) {
    const char *port = strchr(text, ':');
    const char *address = port == NULL ? NULL : strchr(port + 1, ':');
    if (address == NULL || port == text || address[1] == '\0' || text[0] == '+' || text[0] == '-' ||
        loader_control(text, strlen(text)) >= 0 || strchr(text, ' ') != NULL)
        return err_set(e, "write it like \"example.com:443:127.0.0.1\"");
    const char *wrong = host_port_wrong(port + 1, (size_t)(address - port) - 1);
    if (text[0] == '*' && port == text + 1)
        buf_char(out, '*');
    else if (host_name(text, (size_t)(port - text), out, e) != 0)
        return -1;
    if (wrong != NULL)
        return err_set(e, "%s", wrong);
    buf_add(out, port, (size_t)(address - port) + 1);
    return addresses_write(address + 1, out, e);
}

static int resolve_read(struct loader *r, const struct json *v, struct scenario_http *h) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count > RESOLVE_MAX)
        return loader_fail(r, v->at, "\"resolve\" holds more than %d entries", RESOLVE_MAX);
    h->resolve = calloc(v->count + 1, sizeof *h->resolve);
    if (h->resolve == NULL)
        return loader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        char *text = NULL;
        struct buf entry;
        struct err why;
        if (loader_text(r, m, PLACE_PLAIN, &text, NULL) != 0)
            return -1;
        buf_init(&entry, LOADER_TEXT_MAX);
        int result = resolve_write(text, &entry, &why);
        free(text);
        if (result != 0) {
            buf_done(&entry);
            return loader_fail(r, m->at, "%s", why.text);
        }
        if (loader_take(r, m->at, &entry, &h->resolve[h->resolve_count]) != 0)
            return -1;
        h->resolve_count++;
    }
    return 0;
}

/* ---- source ---- */

static void source_free(char **list, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static int source_read(struct loader *r, const struct json *v, struct scenario_http *h) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > SOURCE_MAX)
        return loader_fail(r, v->at, "\"source\" must hold 1 to %d addresses of this machine",
                           SOURCE_MAX);
    h->source = calloc(v->count, sizeof *h->source);
    if (h->source == NULL)
        return loader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        struct ipaddr a;
        struct err why;
        char **text = &h->source[h->source_count];
        if (loader_text(r, m, PLACE_PLAIN, text, NULL) != 0)
            return -1;
        h->source_count++;
        if (ipaddr_parse(*text, strlen(*text), &a, &why) != 0)
            return loader_fail(r, m->at, "%s; \"source\" takes addresses of this machine",
                               why.text);
    }
    return 0;
}

int scenario_set_source(struct scenario *s, const char *const *texts, size_t count, struct err *e) {
    char **list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *p = texts[i];; p++) {
            struct ipaddr a;
            size_t len = strcspn(p, ",");
            char **more = n == SOURCE_MAX ? NULL : realloc(list, (n + 1) * sizeof *list);
            if (more == NULL) {
                if (n < SOURCE_MAX)
                    memory_note();
                source_free(list, n);
                return err_set(e, "more than %d addresses, or out of memory", SOURCE_MAX);
            }
            list = more;
            if (ipaddr_parse(p, len, &a, e) != 0 || (list[n] = strndup(p, len)) == NULL) {
                source_free(list, n);
                return -1;
            }
            n++;
            p += len;
            if (*p == '\0')
                break;
        }
    source_free(s->http.source, s->http.source_count);
    s->http.source = list;
    s->http.source_count = n;
    return 0;
}

/* ---- dns ---- */

static int select_read(struct loader *r, const struct json *v, struct scenario_http *h) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (strcmp(v->text, "round-robin") != 0 && strcmp(v->text, "first") != 0)
        return loader_fail(r, v->at, "\"select\" must be \"round-robin\" or \"first\"");
    h->dns_first = strcmp(v->text, "first") == 0;
    return 0;
}

static int dns_read(struct loader *r, const struct json *v, struct scenario_http *h) {
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_DNS) != 0 || select_read(r, json_get(v, "select"), h) != 0)
        return -1;
    return loader_duration(r, json_get(v, "ttl"), &h->dns_ttl_ns);
}

int http_names_read(struct loader *r, const struct json *http, struct scenario_http *h) {
    const struct json *source = json_get(http, "source");
    if (resolve_read(r, json_get(http, "resolve"), h) != 0 || source_read(r, source, h) != 0)
        return -1;
    if (source != NULL && json_get(http, "unix_socket") != NULL)
        return loader_fail(r, source->at,
                           "\"source\" cannot be combined with \"unix_socket\", which has no "
                           "address; remove one of them");
    return dns_read(r, json_get(http, "dns"), h);
}
