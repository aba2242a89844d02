/* Removes from a draft what the loader would reject, after all is read and its secrets are
 * known. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/draft.h"
#include "convert/draft_write_internal.h"
#include "convert/redact.h"
#include "util/codings.h"
#include "util/host.h"
#include "util/text.h"

#define PARTS_MAX 1000
#define TAGS_MAX 100
#define CLASSES_MAX 1000
#define RESOLVE_MAX 1000
#define WEIGHTS_MAX 4000000000.0 /* of a class, together; a little below UINT32_MAX */
/* The loader takes 1 MiB of a path, header or name as it is sent; escapes make it up to three times
 * as long. */
#define TEXT_MAX ((size_t)256 << 10)
/* Around a body's JSON: scenario, users, class, tasks, task, steps, step. */
#define DEPTH_OUTSIDE 7

/* Whether scenario text holds a ${...} that is no plain text. */
static bool has_hole(const char *text) {
    for (const char *p = strstr(text, "${"); p != NULL; p = strstr(p + 2, "${"))
        if (p == text || p[-1] != '$')
            return true;
    return false;
}

/* The value without what cannot be decoded; false where all of it can, or where nobody knows what
 * it will be. */
static bool keep_known(const char *value, struct buf *out, struct bytes *unknown) {
    struct bytes list = {value, strlen(value)}, element, name;
    bool left_out = false;
    if (has_hole(value))
        return false;
    while (codings_next(&list, &element)) {
        if (codings_asks_for_unknown(element, &name)) {
            *unknown = name;
            left_out = true;
        } else if (element.len > 0) {
            if (out->len > 0)
                buf_str(out, ", ");
            buf_add(out, element.data, element.len);
        }
    }
    return left_out;
}

static void codings(struct draft *d, struct draft_request *q) {
    const char *value = draft_header_get(q, "Accept-Encoding");
    struct bytes unknown = {0};
    struct buf known;
    if (value == NULL || !d->compressed)
        return;
    buf_init(&known, 1 << 20);
    if (redact_finds(d, value)) {
        draft_note(d, &q->notes, "Left out: Accept-Encoding, which contains a secret.");
        draft_header_remove(q, "Accept-Encoding");
    } else if (keep_known(value, &known, &unknown)) {
        draft_note(d, &q->notes,
                   "Left out: \"%.*s\" of Accept-Encoding, which coldswarm cannot decode.",
                   unknown.len < 40 ? (int)unknown.len : 40, unknown.data);
        const char *left = draft_copy(d, buf_text(&known), known.len);
        draft_header_remove(q, "Accept-Encoding");
        if (known.len > 0)
            draft_pair_add(d, &q->headers, "Accept-Encoding", left);
    }
    buf_done(&known);
}

static bool has_control(const char *text) {
    for (const char *p = text; p != NULL && *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return true;
    return false;
}

static bool is_long(const char *text) {
    return text != NULL && strlen(text) > TEXT_MAX;
}

/* A Host header is sent as a URL's host is; a variable in it is not known. */
static bool host_good(const char *value) {
    struct buf sent;
    struct err ignored;
    if (has_hole(value))
        return true;
    buf_init(&sent, 8192);
    bool good = host_authority(value, strlen(value), &sent, &ignored) == 0;
    buf_done(&sent);
    return good;
}

/* Why this header cannot be in the scenario, or NULL. */
static const char *header_wrong(const struct draft_request *q, const struct draft_pair *p,
                                size_t count) {
    bool authorization = strcasecmp(p->name, "Authorization") == 0;
    if (has_control(p->value))
        return "whose value contains bytes that cannot be sent";
    if (is_long(p->value))
        return "whose value is too long";
    if (strcasecmp(p->name, "Host") == 0 && !host_good(p->value))
        return "whose value is not a host";
    if (authorization && (q->auth.bearer != NULL || q->auth.user != NULL))
        return "because the request uses another kind of authentication";
    return count == DRAFT_HEADERS_MAX ? "because there are 256 already" : NULL;
}

/* No variable can stand in a header's name. */
static void headers(struct draft *d, struct draft_request *q) {
    size_t count = 0;
    for (struct draft_pair *p = q->headers.first, *next; p != NULL; p = next) {
        next = p->next;
        bool secret = redact_finds(d, p->name);
        const char *wrong = header_wrong(q, p, count);
        count += !secret && wrong == NULL;
        if (!secret && wrong == NULL)
            continue;
        if (secret)
            draft_note(d, &q->notes, "left out: a header whose name contains a secret");
        else
            draft_note(d, &q->notes, "left out: header %s, %s", p->name, wrong);
        draft_header_remove(q, p->name);
    }
}

/* "a:b" as the user is sent as user "a" whose password begins with "b:". */
static void split_user(struct draft *d, struct draft_auth *a) {
    struct buf b;
    const char *colon = a->user == NULL ? NULL : strchr(a->user, ':');
    if (colon == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_printf(&b, "%s:%s", colon + 1, a->password);
    a->user = draft_copy(d, a->user, (size_t)(colon - a->user));
    a->password = draft_take(d, &b);
}

/* What is no token is sent as it is. */
static void split_bearer(struct draft *d, struct draft_request *q) {
    struct buf b;
    if (q->auth.bearer == NULL ||
        (q->auth.bearer[0] != '\0' && strchr(q->auth.bearer, ' ') == NULL))
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_printf(&b, "Bearer %s", q->auth.bearer);
    draft_header_remove(q, "Authorization");
    draft_pair_add(d, &q->headers, "Authorization", draft_take(d, &b));
    q->auth.bearer = NULL;
}

/* RFC 7617 2: a user and password have no control codes. They are encoded together, so they are the
 * same each time. */
static void auth(struct draft *d, struct draft_request *q) {
    const struct draft_auth *a = &q->auth;
    split_user(d, &q->auth);
    split_bearer(d, q);
    if (has_control(a->bearer) || has_control(a->user) || has_control(a->password))
        draft_note(d, &q->notes,
                   "left out: authentication, which contains bytes that cannot be sent");
    else if (is_long(a->bearer) || is_long(a->user) || is_long(a->password))
        draft_note(d, &q->notes, "left out: authentication, which is too long");
    else if (a->user != NULL && (draft_varies(a->user) || draft_varies(a->password)))
        draft_note(d, &q->notes,
                   "left out: basic authentication with a value that changes every time");
    else
        return;
    q->auth = (struct draft_auth){0};
}

/* Its "/" must not be part of a secret: the loader looks for it. */
static bool type_good(const struct draft *d, const char *type) {
    struct buf b;
    if (has_control(type))
        return false;
    buf_init(&b, DRAFT_BYTES_MAX);
    redact_text(d, &b, type, strlen(type), REDACT_VALUE);
    bool good = strchr(buf_text(&b), '/') != NULL;
    buf_done(&b);
    return good;
}

static void parts(struct draft *d, struct draft_request *q) {
    struct draft_part *all = q->parts;
    size_t count = 0;
    if (q->body_kind != DRAFT_MULTIPART)
        return;
    q->parts = q->parts_last = NULL;
    for (struct draft_part *p = all, *next; p != NULL; p = next) {
        next = p->next;
        p->next = NULL;
        if (p->type != NULL && !type_good(d, p->type)) {
            draft_note(d, &q->notes, "left out: the type of a form part, which cannot be sent");
            p->type = NULL;
        }
        if (p->name[0] == '\0' || count == PARTS_MAX) {
            draft_note(d, &q->notes,
                       "left out: parts of the form without a name, and parts after the first %d",
                       PARTS_MAX);
            continue;
        }
        if (is_long(p->name) || is_long(p->filename) || is_long(p->file) || is_long(p->type)) {
            draft_note(d, &q->notes,
                       "left out: a part of the form whose name, type or file is too long");
            continue;
        }
        if (p->file != NULL && p->file[0] == '\0') {
            draft_note(d, &q->notes, "left out: the file of field %.60s, which has no name",
                       p->name);
            p->file = NULL;
            p->value = "";
        }
        count++;
        if (q->parts_last != NULL)
            q->parts_last->next = p;
        else
            q->parts = p;
        q->parts_last = p;
    }
    if (q->parts == NULL)
        q->body_kind = DRAFT_NONE;
}

/* The scenario around it makes it deeper. JSON that no scenario can hold can be sent as text. */
static void json_body(struct draft *d, struct draft_request *q) {
    struct json_doc *again = NULL;
    struct buf b;
    if (q->body_kind != DRAFT_JSON)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (int i = 0; i < DEPTH_OUTSIDE; i++)
        buf_char(&b, '[');
    emit_json_text(d, q->body, 0, &b);
    for (int i = 0; i < DEPTH_OUTSIDE; i++)
        buf_char(&b, ']');
    if (buf_ok(&b) && json_parse("body", buf_text(&b), b.len, &again, NULL) != 0) {
        q->body_kind = DRAFT_TEXT;
        if (draft_header_get(q, "Content-Type") == NULL)
            draft_pair_add(d, &q->headers, "Content-Type", "application/json");
    }
    json_free(again);
    buf_done(&b);
}

static bool is_text(const char *text) {
    return text == NULL || text_is_utf8(text, strlen(text));
}

/* A scenario is UTF-8, and so is what a form of it sends. */
static void form_bytes(struct draft *d, struct draft_request *q) {
    bool good = true;
    for (const struct draft_pair *p = q->form.first; p != NULL; p = p->next)
        good = good && is_text(p->name) && is_text(p->value);
    for (const struct draft_part *p = q->parts; p != NULL; p = p->next)
        good = good && is_text(p->name) && is_text(p->value) && is_text(p->filename);
    if (!good)
        draft_note(d, &q->notes, "bytes of the form that are not UTF-8 are sent as U+FFFD");
}

static void file_body(struct draft *d, struct draft_request *q) {
    if (q->body_kind != DRAFT_FILE || (!is_long(q->body) && q->body[0] != '\0'))
        return;
    q->body_kind = DRAFT_NONE;
    draft_note(d, &q->notes, "left out: the file of the body, whose name is %s",
               q->body[0] == '\0' ? "empty" : "too long");
}

/* One word each, which --tags can choose. */
static void tags(struct draft *d, struct draft_task *t) {
    struct draft_pairs all = t->tags;
    t->tags = (struct draft_pairs){0};
    for (struct draft_pair *p = all.first; p != NULL; p = p->next) {
        struct buf b;
        if (redact_finds(d, p->value) || strstr(p->value, "${") != NULL ||
            t->tags.count == TAGS_MAX) {
            draft_note(d, &t->notes, "left out: a tag that a scenario cannot have");
            continue;
        }
        buf_init(&b, 1 << 16);
        for (const char *c = p->value; *c != '\0'; c++)
            buf_char(&b, *c == ' ' || *c == ',' ? '-' : *c);
        draft_pair_add(d, &t->tags, "", draft_take(d, &b));
    }
}

/* Without the requests whose path is longer than any that is sent. */
static void requests(struct draft *d, struct draft_requests *list) {
    struct draft_requests all = *list;
    *list = (struct draft_requests){0};
    for (struct draft_request *q = all.first, *next; q != NULL; q = next) {
        next = q->next;
        q->next = NULL;
        if (is_long(q->path)) {
            draft_lost(d, &d->notes, 1,
                       "Left out: a request to %.100s..., whose path has %zu bytes.", q->path,
                       strlen(q->path));
            d->request_count--;
            continue;
        }
        codings(d, q);
        auth(d, q);
        parts(d, q);
        file_body(d, q);
        draft_stream(d, q);
        json_body(d, q);
        form_bytes(d, q);
        headers(d, q);
        if (list->last != NULL)
            list->last->next = q;
        else
            list->first = q;
        list->last = q;
        list->count++;
    }
}

static void weights(struct draft *d, struct draft_class *c) {
    double sum = 0;
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next)
        sum += t->weight;
    uint32_t divisor = (uint32_t)(sum / WEIGHTS_MAX) + 1;
    if (divisor == 1)
        return;
    for (struct draft_task *t = c->tasks; t != NULL; t = t->next)
        t->weight = t->weight > 0 && t->weight < divisor ? 1 : t->weight / divisor;
    draft_note(
        d, &c->notes,
        "assumed: the weights divided by %u, because their sum in a class must be below 2^32",
        (unsigned)divisor);
}

static void class_fit(struct draft *d, struct draft_class *c, size_t *count) {
    requests(d, &c->on_start);
    requests(d, &c->on_stop);
    for (struct draft_task *t = c->tasks; t != NULL; t = t->next) {
        requests(d, &t->requests);
        tags(d, t);
    }
    weights(d, c);
    *count += draft_class_sends(c);
    if (*count <= CLASSES_MAX)
        return;
    c->left_out = true;
    draft_note(d, &d->notes, "Left out: classes of users after the first %d.", CLASSES_MAX);
}

/* Connections are the same for all requests, so the only variables are the environment's. */
static bool is_constant(const char *text) {
    for (const char *p = text; text != NULL && (p = strstr(p, "${")) != NULL; p += 2)
        if ((p == text || p[-1] != '$') && strncmp(p + 2, "env.", 4) != 0)
            return false;
    return true;
}

static void connection_fit(struct draft *d, const char *what, const char **text) {
    if (is_long(*text))
        draft_note(d, &d->notes, "Left out: %s, which is too long.", what);
    else if (!is_constant(*text))
        draft_note(d, &d->notes, "Left out: %s, which changes every time.", what);
    else
        return;
    *text = NULL;
}

/* How requests travel. */
static void travel(struct draft *d) {
    struct draft_pairs all = d->resolve;
    connection_fit(d, "the proxy", &d->proxy);
    connection_fit(d, "the file of certificates", &d->ca);
    connection_fit(d, "the client certificate", &d->cert);
    connection_fit(d, "the key of the client certificate", &d->key);
    connection_fit(d, "the Unix socket", &d->unix_socket);
    if (d->key != NULL && d->cert == NULL) {
        draft_note(d, &d->notes, "Left out: a key without a client certificate.");
        d->key = NULL;
    }
    if (d->proxy != NULL && d->unix_socket != NULL) {
        draft_note(d, &d->notes, "Left out: the proxy, because curl uses none with a Unix socket.");
        d->proxy = NULL;
    }
    d->resolve = (struct draft_pairs){0};
    for (const struct draft_pair *p = all.first; p != NULL; p = p->next) {
        if (!is_constant(p->value))
            draft_note(d, &d->notes, "Left out: an address (--resolve) that changes every time.");
        else if (d->resolve.count < RESOLVE_MAX && !is_long(p->value))
            draft_pair_add(d, &d->resolve, "", p->value);
        else
            draft_note(
                d, &d->notes,
                "Left out: addresses (--resolve) that are too long, and those after the first %d.",
                RESOLVE_MAX);
    }
}

bool draft_class_sends(const struct draft_class *c) {
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next)
        if (t->requests.count > 0 && t->weight > 0)
            return !c->left_out;
    return false;
}

bool draft_sends(const struct draft *d) {
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next)
        if (draft_class_sends(c))
            return true;
    return false;
}

void draft_fit(struct draft *d) {
    size_t count = 0;
    redact_begin(d);
    redact_files(d);
    travel(d);
    requests(d, &d->setup);
    for (struct draft_class *c = d->classes; c != NULL; c = c->next)
        class_fit(d, c, &count);
}
