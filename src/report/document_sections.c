/* The sections of a document: adding them and going through them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/document.h"
#include "util/memory.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)

void document_start(struct document *d, const void *of) {
    *d = (struct document){.of = of};
    buf_init(&d->title, TEXT_MAX_BYTES);
    buf_init(&d->verdict, TEXT_MAX_BYTES);
    buf_init(&d->front.word, TEXT_MAX_BYTES);
    buf_init(&d->front.sentence, TEXT_MAX_BYTES);
    lines_init(&d->front.remarks, NULL);
    lines_init(&d->notes, NULL);
    d->notes.paragraphs = true;
}

static void section_free(struct section *s) {
    table_done(&s->own);
    if (s->figure != NULL)
        figure_done(s->figure);
    if (s->lines != NULL)
        lines_done(s->lines);
    free(s->figure);
    free(s->lines);
    free(s->title);
    free(s->remark);
    free(s->result);
    free(s);
}

void document_done(struct document *d) {
    while (d->first != NULL) {
        struct section *s = d->first;
        d->first = s->next;
        section_free(s);
    }
    d->last = NULL;
    table_done(&d->facts);
    table_done(&d->headline);
    table_done(&d->client);
    lines_done(&d->front.remarks);
    buf_done(&d->front.word);
    buf_done(&d->front.sentence);
    lines_done(&d->notes);
    buf_done(&d->title);
    buf_done(&d->verdict);
}

int document_check(const struct document *d, struct err *e) {
    bool ok = !d->failed && table_ok(&d->facts) && table_ok(&d->headline) && table_ok(&d->client) &&
              buf_ok(&d->notes.texts) && buf_ok(&d->title) && buf_ok(&d->verdict) &&
              buf_ok(&d->front.word) && buf_ok(&d->front.sentence) &&
              buf_ok(&d->front.remarks.texts);
    for (const struct section *s = d->first; s != NULL; s = s->next)
        ok = ok && (s->table == NULL || table_ok(s->table)) &&
             (s->lines == NULL || buf_ok(&s->lines->texts));
    if (ok)
        return 0;
    /* All texts of a document have the same limit. */
    return memory_ran_out()
               ? err_memory(e, "the tables")
               : err_set(e,
                         "the text of a table is larger than the limit of %zu MiB; read the "
                         "file with sqlite3",
                         TEXT_MAX_BYTES >> 20);
}

/* ---- adding ---- */

static struct section *add(struct document *d) {
    struct section *s = calloc(1, sizeof *s);
    if (s == NULL) {
        d->failed = true;
        return NULL;
    }
    if (d->last == NULL)
        d->first = s;
    else
        d->last->next = s;
    d->last = s;
    return s;
}

struct table *document_add(struct document *d, enum section_programs programs, const char *page,
                           const char *caption) {
    struct section *s = add(d);
    if (s == NULL)
        return NULL;
    s->programs = programs;
    s->page = page;
    s->caption = caption;
    s->table = &s->own;
    return &s->own;
}

struct table *document_add_titled(struct document *d, enum section_programs programs, char *title,
                                  char *remark) {
    struct table *t = document_add(d, programs, NULL, NULL);
    if (t == NULL) {
        free(title);
        free(remark);
        return NULL;
    }
    d->last->title = title;
    d->last->remark = remark;
    return t;
}

struct lines *document_add_lines(struct document *d, enum section_people people,
                                 const char *heading) {
    struct lines *l = malloc(sizeof *l);
    struct section *s = l == NULL ? NULL : add(d);
    if (s == NULL) {
        d->failed = true;
        free(l);
        return NULL;
    }
    lines_init(l, heading);
    s->people = people;
    s->lines = l;
    return l;
}

struct figure *document_add_figure(struct document *d, const struct figure *what, struct err *e) {
    struct figure *f = malloc(sizeof *f);
    struct section *s = f == NULL ? NULL : add(d);
    if (s == NULL) {
        free(f);
        err_memory(e, "the figure %s", what->key);
        return NULL;
    }
    *f = *what;
    s->page = f->page != NULL ? f->page : "figures";
    s->figure = f;
    return f;
}

/* ---- going through them ---- */

const struct section *document_table(const struct document *d, const struct section *after) {
    const struct section *s = after == NULL ? d->first : after->next;
    while (s != NULL && s->table == NULL)
        s = s->next;
    return s;
}

const struct section *document_shown_table(const struct document *d, const struct section *after) {
    const struct section *s = document_table(d, after);
    while (s != NULL && s->people == SECTION_NOWHERE)
        s = document_table(d, s);
    return s;
}

const struct section *document_figure(const struct document *d, const struct section *after) {
    const struct section *s = after == NULL ? d->first : after->next;
    while (s != NULL && s->figure == NULL)
        s = s->next;
    return s;
}

void document_key(const struct section *s, char out[DOCUMENT_KEY_BYTES]) {
    snprintf(out, DOCUMENT_KEY_BYTES, "%s%s", s->programs == SECTION_SERVER ? "server_" : "",
             s->table->key);
}

bool document_has(const struct document *d, enum section_programs programs) {
    const struct section *s = document_table(d, NULL);
    while (s != NULL && s->programs != programs)
        s = document_table(d, s);
    return s != NULL;
}
