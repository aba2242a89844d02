/* "headers" and "auth". */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/scenario_internal.h"
#include "scenario/section.h"
#include "util/codings.h"
#include "util/encode.h"
#include "util/host.h"
#include "util/idn.h"

#define HEADERS_MAX 256

void headers_free(struct header_list *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].name);
        free(l->items[i].value);
        template_free(l->items[i].varying);
    }
    free(l->items);
    *l = (struct header_list){0};
}

static struct scenario_header *find(const struct header_list *l, const char *name) {
    for (size_t i = 0; i < l->count; i++)
        if (strcasecmp(l->items[i].name, name) == 0)
            return &l->items[i];
    return NULL;
}

const struct scenario_header *headers_find(const struct header_list *l, const char *name) {
    return find(l, name);
}

int headers_set(struct loader *r, struct header_list *l, const char *name, const char *value,
                struct template *varying) {
    struct scenario_header *h = find(l, name);
    char *n = strdup(name), *v = value == NULL ? NULL : strdup(value);
    if (n == NULL || (v == NULL && value != NULL))
        goto fail;
    if (h == NULL) {
        struct scenario_header *grown = realloc(l->items, (l->count + 1) * sizeof *grown);
        if (grown == NULL)
            goto fail;
        l->items = grown;
        h = &grown[l->count++];
        *h = (struct scenario_header){0};
    }
    free(h->name);
    free(h->value);
    template_free(h->varying);
    *h = (struct scenario_header){n, v, varying};
    return 0;
fail:
    free(n);
    free(v);
    template_free(varying);
    return loader_memory(r);
}

/* Why this name cannot be a header of a scenario, or NULL. */
static const char *name_wrong(const char *name, size_t n) {
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (n == 0 || strspn(name, token) != n)
        return "a header name can contain only letters, digits and -";
    if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0)
        return "coldswarm sets the length of a request from its body; remove this header";
    return NULL;
}

/* What a scenario wants decoded must be what can be. */
static int codings_check(struct loader *r, const struct json *v, const char *text) {
    struct bytes list = {text, strlen(text)}, element, name;
    while (codings_next(&list, &element))
        if (codings_asks_for_unknown(element, &name))
            return loader_fail(
                r, v->at,
                "\"%s\" asks for \"%.*s\", which coldswarm cannot decode; ask for gzip, deflate or "
                "br, or remove \"compressed\" to keep responses encoded",
                v->key, name.len < 40 ? (int)name.len : 40, name.data);
    return 0;
}

/* Host in A-labels, as the host of a URL has it: a uri-host is ASCII (RFC 9110 7.2). */
static int host_set(struct loader *r, const struct json *v, struct header_list *l,
                    const char *text) {
    struct buf host;
    struct err why;
    if (idn_is_ascii(text, strlen(text)))
        return headers_set(r, l, v->key, text, NULL);
    buf_init(&host, LOADER_TEXT_MAX);
    int result =
        host_authority(text, strlen(text), &host, &why) != 0
            ? loader_fail(r, v->at, "\"%s\" cannot be \"%.200s\": %s", v->key, text, why.text)
            : headers_set(r, l, v->key, buf_text(&host), NULL);
    buf_done(&host);
    return result;
}

/* A header's value behind `prefix`: a template, or a text where nothing varies. Control characters
 * could smuggle in a header or a request, whoever wrote them. */
static int set_value(struct loader *r, const struct json *v, const char *prefix, const char *name,
                     struct header_list *l) {
    struct template_holes *before = r->holes, holes = {0};
    struct template *t = NULL;
    struct buf text;
    char label[128];
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    snprintf(label, sizeof label, "the header %.100s", name);
    buf_init(&text, LOADER_TEXT_MAX);
    buf_str(&text, prefix);
    r->holes = &holes;
    int result = template_expand(r, v->text, v->len, v->at, PLACE_HEADER, &text, NULL);
    r->holes = before;
    if (result != 0) {
        buf_done(&text);
        template_holes_done(&holes);
        return -1;
    }
    if (template_make(r, v->at, &text, &holes, label, &t) != 0)
        return -1;
    if (t->hole_count > 0)
        return headers_set(r, l, name, NULL, t);
    if (r->s->http.compressed && strcasecmp(name, "Accept-Encoding") == 0 &&
        codings_check(r, v, t->text) != 0) {
        template_free(t);
        return -1;
    }
    result = strcasecmp(name, "Host") == 0 ? host_set(r, v, l, t->text)
                                           : headers_set(r, l, name, t->text, NULL);
    template_free(t);
    return result;
}

int headers_set_text(struct loader *r, const struct json *v, const char *name,
                     struct header_list *l) {
    return set_value(r, v, "", name, l);
}

static int plain_headers(struct loader *r, const struct json *headers, struct header_list *l) {
    if (headers == NULL)
        return 0;
    if (loader_kind(r, headers, JSON_OBJECT) != 0)
        return -1;
    if (headers->count > HEADERS_MAX)
        return loader_fail(r, headers->at, "more than %d headers", HEADERS_MAX);
    for (const struct json *m = headers->first; m != NULL; m = m->next) {
        const char *wrong = name_wrong(m->key, m->key_len);
        if (wrong != NULL)
            return loader_fail(r, m->key_at, "\"%.100s\": %s", m->key, wrong);
        for (const struct json *o = headers->first; o != m; o = o->next)
            if (strcasecmp(o->key, m->key) == 0)
                return loader_fail(r, m->key_at,
                                   "\"%s\" is given twice, first as \"%s\"; remove one", m->key,
                                   o->key);
        if (set_value(r, m, "", m->key, l) != 0)
            return -1;
    }
    return 0;
}

static int bearer_read(struct loader *r, const struct json *v, struct header_list *l) {
    static const char prefix[] = "Bearer ";
    if (set_value(r, v, prefix, "Authorization", l) != 0)
        return -1;
    const struct scenario_header *h = headers_find(l, "Authorization");
    const char *token = h == NULL || h->value == NULL ? NULL : h->value + sizeof prefix - 1;
    if (token != NULL && (token[0] == '\0' || strchr(token, ' ') != NULL))
        return loader_fail(r, v->at, "a bearer token cannot be empty or contain spaces");
    return 0;
}

/* Its parts are encoded together, so nothing but the environment can be in them. */
static int basic_read(struct loader *r, const struct json *v, struct buf *out) {
    char *user = NULL, *password = NULL;
    bool used_env = false;
    struct buf pair;
    int result = -1;
    buf_init(&pair, LOADER_TEXT_MAX);
    if (loader_section(r, v, SECTION_BASIC) != 0)
        return -1;
    const struct json *u = json_get(v, "user"), *p = json_get(v, "password");
    if (u == NULL || p == NULL)
        return loader_fail(r, v->at,
                           "\"%s\" is missing here; write {\"user\": ..., \"password\": ...}",
                           u == NULL ? "user" : "password");
    if (loader_text(r, u, PLACE_HEADER, &user, &used_env) != 0 ||
        loader_text(r, p, PLACE_HEADER, &password, &used_env) != 0)
        goto out;
    if (strchr(user, ':') != NULL) {
        loader_fail(r, u->at, "a user name cannot contain ':' in basic authentication");
        goto out;
    }
    buf_printf(&pair, "%s:%s", user, password);
    if (loader_fits(r, v->at, &pair, "\"user\" with \"password\"") != 0)
        goto out;
    if (used_env && secret_add(r->s, buf_text(&pair)) != 0) {
        loader_memory(r);
        goto out;
    }
    buf_str(out, "Basic ");
    encode_base64(out, buf_text(&pair), pair.len);
    result = 0;
out:
    buf_done(&pair);
    free(user);
    free(password);
    return result;
}

static int auth_read(struct loader *r, const struct json *v, struct header_list *l) {
    struct buf value;
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_AUTH) != 0)
        return -1;
    const struct json *bearer = json_get(v, "bearer"), *basic = json_get(v, "basic");
    if ((bearer == NULL) == (basic == NULL))
        return loader_fail(r, v->at, "\"auth\" must hold either \"bearer\" or \"basic\"");
    if (bearer != NULL)
        return bearer_read(r, bearer, l);
    buf_init(&value, LOADER_TEXT_MAX * 2);
    int result = basic_read(r, basic, &value);
    if (result == 0)
        result = loader_fits(r, v->at, &value, "the header Authorization");
    if (result == 0)
        result = headers_set(r, l, "Authorization", buf_text(&value), NULL);
    buf_done(&value);
    return result;
}

int headers_read(struct loader *r, const struct json *headers, const struct json *auth,
                 struct header_list *l) {
    if (headers != NULL && auth != NULL)
        for (const struct json *m = headers->first; m != NULL; m = m->next)
            if (headers->kind == JSON_OBJECT && strcasecmp(m->key, "Authorization") == 0)
                return loader_fail(r, m->key_at, "\"auth\" also sets \"%s\"; remove one of them",
                                   m->key);
    if (plain_headers(r, headers, l) != 0)
        return -1;
    return auth_read(r, auth, l);
}
