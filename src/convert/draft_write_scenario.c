/* The scenario as a whole, around its requests. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "convert/draft_write.h"
#include "convert/draft_write_internal.h"
#include "convert/redact.h"
#include "util/text.h"

#define WEIGHT_MAX 1000000
#define USERS_MAX 1000000

static void member_flag(struct object *o, const char *key, bool set, const char *value) {
    if (set)
        emit_member_printf(o, key, "%s", value);
}

static void member_http(struct object *top) {
    struct draft *d = top->d;
    struct object o = {.d = d, .indent = 2};
    struct buf b;
    if (d->http_version != NULL)
        emit_member_printf(&o, "version", "\"%s\"", d->http_version);
    member_flag(&o, "verify", d->no_verify, "false");
    emit_member_plain(&o, "ca", d->ca);
    emit_member_plain(&o, "cert", d->cert);
    emit_member_plain(&o, "key", d->key);
    emit_member_values(&o, "resolve", &d->resolve);
    emit_member_text(&o, "proxy", d->proxy);
    emit_member_plain(&o, "unix_socket", d->unix_socket);
    member_flag(&o, "keepalive", d->no_keepalive, "false");
    member_flag(&o, "follow_redirects", d->follow_redirects, "true");
    member_flag(&o, "compressed", d->compressed, "true");
    if (o.count == 0)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    emit_object(&o, &b);
    emit_member(top, "http", &b);
}

static void put_pause(double low, double high, int indent, struct buf *out) {
    emit_newline(out, indent);
    if (high > low)
        buf_printf(out, "{ \"wait\": { \"between\": [%.10g, %.10g] } }", low, high);
    else
        buf_printf(out, "{ \"wait\": { \"constant\": %.10g } }", low);
}

static void put_step(struct draft *d, const struct draft_request *q, bool first, int indent,
                     struct buf *out) {
    bool before = (q->pause_s > 0 || q->pause_high_s > 0) && (!first || d->pauses_first);
    if (before) {
        put_pause(q->pause_s, q->pause_high_s, indent, out);
        buf_char(out, ',');
    }
    emit_request(d, q, NULL, indent, out);
    if (q->after_s > 0 || q->after_high_s > 0) {
        buf_char(out, ',');
        put_pause(q->after_s, q->after_high_s, indent, out);
    }
}

static bool same_block(const struct draft_request *a, const struct draft_request *b, int level) {
    if (level == 0)
        return a->when != NULL && b->when != NULL && strcmp(a->when, b->when) == 0;
    return a->rounds > 0 && b->rounds > 0 && a->block == b->block;
}

/* The requests up to `end` in their order, with the pauses between them. Those of one block are
 * inside it: level 0 are conditions, 1 are repetitions. */
static void put_steps(struct draft *d, const struct draft_request *from,
                      const struct draft_request *end, int level, bool first, int indent,
                      struct buf *out) {
    for (const struct draft_request *q = from, *next; q != end; q = next, first = false) {
        next = q->next;
        while (level < 2 && next != end && same_block(q, next, level))
            next = next->next;
        bool block = (level == 0 && q->when != NULL) || (level == 1 && q->rounds > 0);
        if (block) {
            struct object o = {.d = d, .indent = indent};
            struct buf b;
            emit_newline(out, indent);
            if (level == 0)
                emit_member_text(&o, "when", q->when);
            else
                emit_member_printf(&o, "repeat", "%" PRIu32, q->rounds);
            buf_init(&b, DRAFT_BYTES_MAX);
            buf_char(&b, '[');
            put_steps(d, q, next, level + 1, first, indent + 4, &b);
            emit_newline(&b, indent + 2);
            buf_char(&b, ']');
            emit_member(&o, "steps", &b);
            emit_object(&o, out);
        } else if (level < 2) {
            put_steps(d, q, next, level + 1, first, indent, out);
        } else {
            put_step(d, q, first, indent, out);
        }
        buf_str(out, next != end ? "," : "");
    }
}

static void member_steps(struct object *o, const char *key, const struct draft_requests *steps) {
    struct buf b;
    int indent = o->indent + 4;
    if (steps->count == 0)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_char(&b, '[');
    put_steps(o->d, steps->first, NULL, 0, true, indent, &b);
    emit_newline(&b, indent - 2);
    buf_char(&b, ']');
    emit_member(o, key, &b);
}

/* Whether it can be a task without steps. */
static bool is_alone(const struct draft *d, const struct draft_request *q) {
    bool pause = d->pauses_first && (q->pause_s > 0 || q->pause_high_s > 0);
    return !pause && q->after_s <= 0 && q->after_high_s <= 0 && q->when == NULL && q->rounds == 0;
}

static void put_task(struct draft *d, const struct draft_task *t, int indent, struct buf *out) {
    emit_notes(d, out, &t->notes, indent);
    if (t->requests.count == 1 && is_alone(d, t->requests.first)) {
        emit_request(d, t->requests.first, t, indent, out);
        return;
    }
    const struct draft_request named = {.name = t->name, .path = "/"};
    struct object o = {.d = d, .indent = indent};
    emit_newline(out, indent);
    emit_member_masked(&o, "name", emit_name(d, &named));
    emit_members_of_task(&o, t);
    member_steps(&o, "steps", &t->requests);
    emit_object(&o, out);
}

/* A task without requests has only its notes, which say why. */
static void member_tasks(struct object *o, const struct draft_class *c) {
    struct buf b;
    size_t left = 0;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_char(&b, '[');
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next)
        left += t->requests.count > 0;
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next) {
        if (t->requests.count == 0) {
            emit_notes(o->d, &b, &t->notes, o->indent + 4);
            continue;
        }
        put_task(o->d, t, o->indent + 4, &b);
        buf_str(&b, --left > 0 ? "," : "");
    }
    emit_newline(&b, o->indent + 2);
    buf_char(&b, ']');
    emit_member(o, "tasks", &b);
}

static void members_of_class(struct object *o, const struct draft_class *c) {
    const struct draft_pause *w = &c->wait;
    switch (w->kind) {
    case DRAFT_WAIT_NONE:
        break;
    case DRAFT_WAIT_CONSTANT:
        emit_member_printf(o, "wait", "{ \"constant\": %.10g }", w->low);
        break;
    case DRAFT_WAIT_BETWEEN:
        emit_member_printf(o, "wait", "{ \"between\": [%.10g, %.10g] }", w->low, w->high);
        break;
    case DRAFT_WAIT_PACING:
        emit_member_printf(o, "wait", "{ \"pacing\": %.10g }", w->low);
        break;
    case DRAFT_WAIT_THROUGHPUT:
        emit_member_printf(o, "wait", "{ \"throughput\": %.10g }", w->low);
        break;
    }
    if (o->d->sequence || c->sequence)
        emit_member_printf(o, "sequence", "true");
    member_steps(o, "on_start", &c->on_start);
    member_tasks(o, c);
    member_steps(o, "on_stop", &c->on_stop);
}

static bool is_named_before(const struct draft *d, const struct draft_class *c, const char *name) {
    for (const struct draft_class *o = d->classes; o != c; o = o->next)
        if (draft_class_sends(o) && strcmp(o->name, name) == 0)
            return true;
    return false;
}

/* The names as they are written, each once: a source may name two alike, and long ones are cut. */
static void name_classes(struct draft *d) {
    for (struct draft_class *c = d->classes; c != NULL; c = c->next) {
        const struct draft_request named = {.name = c->name, .path = "/"};
        const char *name = emit_name(d, &named);
        c->name = name;
        for (size_t number = 2;
             draft_class_sends(c) && draft_ok(d) && is_named_before(d, c, c->name); number++) {
            struct buf b;
            buf_init(&b, DRAFT_BYTES_MAX);
            buf_printf(&b, "%.*s %zu", (int)text_cut(name, strlen(name), DRAFT_NAME_MAX - 20), name,
                       number);
            c->name = draft_take(d, &b);
        }
    }
}

static void member_classes(struct object *o) {
    struct draft *d = o->d;
    struct buf b;
    bool first = true;
    name_classes(d);
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_char(&b, '[');
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next) {
        if (!draft_class_sends(c))
            continue;
        struct object x = {.d = d, .indent = o->indent + 4};
        buf_str(&b, first ? "" : ",");
        first = false;
        emit_notes(d, &b, &c->notes, x.indent);
        emit_newline(&b, x.indent);
        emit_member_masked(&x, "name", c->name);
        if (c->fixed_count > 0)
            emit_member_printf(&x, "fixed_count", "%" PRIu32,
                               c->fixed_count > WEIGHT_MAX ? WEIGHT_MAX : c->fixed_count);
        else if (c->weight != 1)
            emit_member_printf(&x, "weight", "%" PRIu32,
                               c->weight > WEIGHT_MAX ? WEIGHT_MAX : c->weight);
        members_of_class(&x, c);
        emit_object(&x, &b);
    }
    emit_newline(&b, o->indent + 2);
    buf_char(&b, ']');
    emit_member(o, "users", &b);
}

/* Whether a text of the scenario reads the variable. */
static bool is_read(const struct draft_secret *s, const struct buf *scenario) {
    size_t n = strlen(s->env);
    const char *text = buf_text(scenario);
    for (const char *p = text; (p = strstr(p, "env.")) != NULL; p += 4)
        if (strncmp(p + 4, s->env, n) == 0 && (p[4 + n] == '}' || p[4 + n] == ')'))
            return true;
    return false;
}

static void put_head(struct draft *d, const char *source, const struct buf *rest, struct buf *out) {
    char text[512];
    struct buf b;
    buf_init(&b, 1 << 20);
    snprintf(text, sizeof text, "Made by `coldswarm convert` from %.300s.", source);
    emit_comment(d, &b, text, 0);
    for (const struct draft_secret *s = d->secrets; s != NULL; s = s->next) {
        struct buf line;
        if (s->also || (s->if_used && !is_read(s, rest)))
            continue;
        buf_init(&line, 4096);
        buf_printf(&line, "Set %s in the environment: ", s->env);
        redact_mask(d, &line, s->what, strlen(s->what));
        buf_char(&line, '.');
        emit_masked_comment(&b, buf_text(&line), line.len, 0);
        b.failed = b.failed || line.failed;
        buf_done(&line);
    }
    emit_notes(d, &b, &d->notes, 0);
    if (b.len > 1)
        buf_str(out, buf_text(&b) + 1); /* without the first line's end */
    out->failed = out->failed || b.failed;
    buf_done(&b);
}

/* One of each class, and as many as a fixed count says. */
static uint64_t users_of(const struct draft *d) {
    uint64_t users = 0;
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next)
        if (draft_class_sends(c) && (c->fixed_count > 0 || c->weight > 0))
            users += c->fixed_count > 0 ? c->fixed_count : 1;
    return users == 0 ? 1 : users > USERS_MAX ? USERS_MAX : users;
}

/* Members that a person reads first stand first; each in a line of its own. */
static void put_top(struct draft *d, const struct draft_class *only, struct buf *out) {
    struct object o = {.d = d, .indent = 0};
    if (d->name != NULL && d->name[0] != '\0') {
        const struct draft_request named = {.name = d->name, .path = "/"};
        emit_member_masked(&o, "name", emit_name(d, &named));
    }
    emit_member_path(&o, "target", d->target);
    if (d->load == NULL)
        emit_member_printf(&o, "load",
                           "{ \"users\": %" PRIu64 ", \"spawn_rate\": 1, \"duration\": \"30s\" }",
                           users_of(d));
    emit_member_json(&o, "load", d->load);
    emit_member_json(&o, "variables", d->variables);
    emit_member_json(&o, "feeders", d->feeders);
    member_steps(&o, "setup", &d->setup);
    if (d->timeout_s > 0)
        emit_member_printf(&o, "timeout", "%.10g", d->timeout_s);
    if (d->connect_timeout_s > 0 && d->connect_timeout_s <= (d->timeout_s > 0 ? d->timeout_s : 60))
        emit_member_printf(&o, "connect_timeout", "%.10g", d->connect_timeout_s);
    member_http(&o);
    if (only != NULL)
        members_of_class(&o, only);
    else
        member_classes(&o);
    emit_object(&o, out);
}

/* Gives notes of a class that is not written a place. */
static void move_notes(struct draft *d, struct draft_class *c) {
    draft_notes_move(&d->notes, &c->notes);
    for (struct draft_task *t = c->tasks; t != NULL && !draft_class_sends(c); t = t->next)
        draft_notes_move(&d->notes, &t->notes);
}

/* The only class that is used, or NULL. Notes of classes that are not written get a place, as do
 * those of the only one. */
static const struct draft_class *only_class(struct draft *d) {
    const struct draft_class *only = NULL;
    size_t used = 0;
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next) {
        used += draft_class_sends(c);
        only = draft_class_sends(c) ? c : only;
    }
    for (struct draft_class *c = d->classes; c != NULL; c = c->next) {
        if (!draft_class_sends(c) && c->name != NULL)
            draft_note(d, &d->notes, "%s: class %.80s, which sends nothing itself.",
                       c->tasks == NULL ? "Not here" : "Left out", c->name);
        if (!draft_class_sends(c) || used == 1)
            move_notes(d, c);
    }
    return used == 1 ? only : NULL;
}

void draft_write(struct draft *d, const char *source, struct buf *out) {
    size_t more = d->note_count > DRAFT_NOTES_MAX ? d->note_count - DRAFT_NOTES_MAX : 0;
    d->note_count = 0; /* these come in any case */
    draft_notes_move(&d->notes, &d->next);
    if (d->left_out > 0)
        draft_lost(d, &d->notes, d->left_out,
                   "Left out: the requests after the first %d, the limit of a scenario (%zu more).",
                   DRAFT_REQUESTS_MAX, d->left_out);
    if (d->counted == 0)
        draft_share(d);
    const struct draft_class *only = only_class(d);
    if (d->load == NULL)
        draft_note(
            d, &d->notes,
            "Assumed: one user for 30 s, because the source does not specify users and duration.");
    if (more > 0)
        draft_note(d, &d->notes, "Not shown: more comments (%zu).", more);
    struct buf rest;
    buf_init(&rest, DRAFT_BYTES_MAX);
    put_top(d, only, &rest);
    put_head(d, source, &rest, out);
    buf_char(out, '\n');
    buf_add(out, buf_text(&rest), rest.len);
    buf_char(out, '\n');
    out->failed = out->failed || d->failed || rest.failed;
    buf_done(&rest);
}
