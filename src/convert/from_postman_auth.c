/* How the requests of a Postman collection authenticate. */
#include <string.h>
#include <strings.h>

#include "convert/from_postman.h"
#include "util/encode.h"

/* auth.bearer is [{"key": "token", "value": ...}] in v2.1, {"token": ...} in v2.0. */
static const char *auth_field(struct postman *p, const struct json *auth, const char *kind,
                              const char *key, struct draft_notes *notes, size_t *n) {
    const struct json *fields = json_get(auth, kind);
    const struct json *v = fields != NULL && fields->kind == JSON_ARRAY
                               ? json_get(postman_entry(fields, key, strlen(key)), "value")
                               : json_get(fields, key);
    return postman_text(p, v, notes, n);
}

static void api_key(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    size_t key_n, value_n, in_n;
    const char *key = auth_field(p, auth, "apikey", "key", &q->notes, &key_n);
    const char *value = auth_field(p, auth, "apikey", "value", &q->notes, &value_n);
    const char *in = auth_field(p, auth, "apikey", "in", &q->notes, &in_n);
    if (key_n == 0 || value_n == 0)
        return;
    const char *text = draft_secret(d, key, value, value_n, "API key %.60s", key);
    struct buf b;
    if (strcmp(in, "query") != 0) {
        draft_header(d, q, key, "x", 1); /* checks the name */
        if (draft_header_get(q, key) != NULL) {
            draft_header_remove(q, key);
            draft_pair_add(d, &q->headers, key, text);
        }
        return;
    }
    if (draft_has_reference(d, value, value_n)) { /* the rest of it is to be escaped */
        buf_init(&b, POSTMAN_TEXT_MAX);
        draft_add_percent(d, &b, value, value_n);
        const size_t n = b.len;
        const char *escaped = draft_take(d, &b);
        text = draft_literal(d, escaped, n);
    }
    buf_init(&b, POSTMAN_TEXT_MAX);
    buf_printf(&b, "%s%c", q->path, strchr(q->path, '?') == NULL ? '?' : '&');
    encode_percent(&b, key, key_n);
    buf_printf(&b, "=%s", text);
    q->path = draft_take(d, &b);
}

/* The token that Postman has stored, or a variable: how to get one is not read. */
static void oauth2(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    size_t n, prefix_n, in_n;
    const char *token = auth_field(p, auth, "oauth2", "accessToken", &q->notes, &n);
    const char *prefix = auth_field(p, auth, "oauth2", "headerPrefix", &q->notes, &prefix_n);
    const char *in = auth_field(p, auth, "oauth2", "addTokenTo", &q->notes, &in_n);
    const char *text = n > 0 ? draft_secret(d, "TOKEN", token, n, "OAuth 2 token")
                             : draft_variable(d, "TOKEN", "OAuth 2 token");
    struct buf b;
    while (prefix_n > 0 && prefix[prefix_n - 1] == ' ')
        prefix_n--;
    if (n == 0)
        draft_note(d, &q->notes,
                   "assumed: the OAuth 2 token is in TOKEN; how to get one is not read");
    buf_init(&b, POSTMAN_TEXT_MAX);
    if (strcmp(in, "queryParams") == 0) {
        buf_printf(&b, "%s%caccess_token=%s", q->path, strchr(q->path, '?') == NULL ? '?' : '&',
                   text);
        q->path = draft_take(d, &b);
    } else if (prefix_n == 0 || (prefix_n == 6 && strncasecmp(prefix, "Bearer", 6) == 0)) {
        draft_header_remove(q, "Authorization");
        q->auth = (struct draft_auth){.bearer = text};
        buf_done(&b);
    } else {
        draft_header_remove(q, "Authorization");
        draft_add_literal(d, &b, prefix, prefix_n);
        buf_printf(&b, " %s", text);
        draft_pair_add(d, &q->headers, "Authorization", draft_take(d, &b));
    }
}

void postman_auth(struct postman *p, const struct json *auth, struct draft_request *q) {
    struct draft *d = p->d;
    const char *type = json_get_string(auth, "type");
    size_t n, m;
    if (auth == NULL || auth->kind != JSON_OBJECT || type[0] == '\0' || strcmp(type, "noauth") == 0)
        return;
    if (strcmp(type, "bearer") == 0) {
        const char *token = auth_field(p, auth, "bearer", "token", &q->notes, &n);
        if (n > 0)
            draft_bearer(d, q, token, n);
        else
            draft_note(d, &q->notes, "left out: an empty bearer token");
    } else if (strcmp(type, "basic") == 0) {
        const char *user = auth_field(p, auth, "basic", "username", &q->notes, &n);
        const char *password = auth_field(p, auth, "basic", "password", &q->notes, &m);
        draft_header_remove(q, "Authorization");
        q->auth.user =
            n == 0 ? "" : draft_secret(d, "AUTH_USER", user, n, "user of basic authentication");
        q->auth.password = m == 0 ? ""
                                  : draft_secret(d, "AUTH_PASSWORD", password, m,
                                                 "password of basic authentication");
    } else if (strcmp(type, "oauth2") == 0) {
        oauth2(p, auth, q);
    } else {
        api_key(p, auth, q);
    }
}

bool postman_auth_is_refused(const struct json *auth) {
    static const char *const known[] = {"", "noauth", "bearer", "basic", "apikey", "oauth2"};
    const char *type = json_get_string(auth, "type");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(type, known[i]) == 0)
            return false;
    return auth != NULL && auth->kind == JSON_OBJECT;
}
