/* Notes of a draft: what is assumed and what is left out, how much that is, and of which share of
 * the load. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/draft.h"
#include "util/text.h"

#define NOTE_BYTES_MAX 600

static enum draft_about about(const char *text) {
    static const char left[] = "left out:", assumed[] = "assumed:";
    if (strncasecmp(text, left, sizeof left - 1) == 0)
        return DRAFT_DETAIL;
    return strncasecmp(text, assumed, sizeof assumed - 1) == 0 ? DRAFT_ASSUMED : DRAFT_REMARK;
}

static void count(struct draft_counts *c, enum draft_about what, size_t requests) {
    c->lost += what == DRAFT_LOST ? requests : 0;
    c->details += what == DRAFT_DETAIL;
    c->assumed += what == DRAFT_ASSUMED;
}

/* References of plain text as a scenario writes them. */
static const char *readable(struct draft *d, const char *text) {
    const size_t mark = sizeof DRAFT_REFERENCE - 1;
    struct buf b;
    if (!draft_has_reference(d, text, strlen(text)))
        return text;
    buf_init(&b, 4 * NOTE_BYTES_MAX);
    for (size_t i = 0; text[i] != '\0';) {
        bool open = strncmp(text + i, DRAFT_REFERENCE, mark) == 0,
             end = strncmp(text + i, DRAFT_REFERENCE_END, mark) == 0;
        if (open || end)
            buf_str(&b, open ? "${" : "}");
        else
            buf_char(&b, text[i]);
        i += open || end ? mark : 1;
    }
    return draft_take(d, &b);
}

static void add(struct draft *d, struct draft_notes *to, const char *text, size_t requests) {
    enum draft_about what = requests > 0 ? DRAFT_LOST : about(text);
    text = readable(d, text);
    size_t n = text_cut(text, strlen(text), NOTE_BYTES_MAX - 8);
    for (struct draft_note *other = to->first; other != NULL; other = other->next)
        if (strncmp(other->text, text, n) == 0 && other->text[n] == '\0') {
            other->requests += requests;
            return; /* once is enough */
        }
    if (++d->note_count > DRAFT_NOTES_MAX) {
        count(&d->unwritten, what, requests);
        return;
    }
    struct draft_note *note = draft_alloc(d, sizeof *note);
    if (note == NULL)
        return;
    *note =
        (struct draft_note){.text = draft_copy(d, text, n), .about = what, .requests = requests};
    if (to->last != NULL)
        to->last->next = note;
    else
        to->first = note;
    to->last = note;
}

__attribute__((format(printf, 4, 0))) static void add_formatted(struct draft *d,
                                                                struct draft_notes *to,
                                                                size_t requests, const char *format,
                                                                va_list args) {
    char text[NOTE_BYTES_MAX + 1];
    if (vsnprintf(text, sizeof text, format, args) >= 0)
        add(d, to, text, requests);
}

void draft_note(struct draft *d, struct draft_notes *to, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_formatted(d, to, 0, format, args);
    va_end(args);
}

void draft_lost(struct draft *d, struct draft_notes *to, size_t requests, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_formatted(d, to, requests, format, args);
    va_end(args);
}

void draft_notes_copy(struct draft *d, struct draft_notes *to, const struct draft_notes *from) {
    for (const struct draft_note *x = from->first; x != NULL; x = x->next)
        add(d, to, x->text, x->requests);
}

static const char *omission(const struct draft_notes *notes) {
    for (const struct draft_note *x = notes->first; x != NULL; x = x->next)
        if (x->about == DRAFT_DETAIL || x->about == DRAFT_LOST)
            return x->text;
    return NULL;
}

const char *draft_omission(const struct draft *d) {
    const char *why = omission(&d->next);
    if (why == NULL)
        why = omission(&d->notes);
    for (const struct draft_class *c = d->classes; c != NULL && why == NULL; c = c->next) {
        why = omission(&c->notes);
        for (const struct draft_task *t = c->tasks; t != NULL && why == NULL; t = t->next)
            why = omission(&t->notes);
    }
    return why;
}

static void count_notes(const struct draft_notes *notes, struct draft_counts *c) {
    for (const struct draft_note *x = notes->first; x != NULL; x = x->next)
        count(c, x->about, x->requests);
}

static void count_requests(const struct draft_requests *list, struct draft_counts *c) {
    for (const struct draft_request *q = list->first; q != NULL; q = q->next)
        count_notes(&q->notes, c);
}

struct draft_counts draft_count(const struct draft *d) {
    struct draft_counts all = d->unwritten;
    count_notes(&d->notes, &all);
    count_requests(&d->setup, &all);
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next) {
        count_notes(&c->notes, &all);
        count_requests(&c->on_start, &all);
        count_requests(&c->on_stop, &all);
        for (const struct draft_task *t = c->tasks; t != NULL; t = t->next) {
            count_notes(&t->notes, &all);
            count_requests(&t->requests, &all);
        }
    }
    return all;
}

static size_t lost_in(const struct draft_notes *notes) {
    struct draft_counts c = {0};
    count_notes(notes, &c);
    return c.lost;
}

/* How many requests one execution sends. */
static double sent_by(const struct draft_requests *list) {
    double sent = 0;
    for (const struct draft_request *q = list->first; q != NULL; q = q->next)
        sent += q->rounds > 0 ? q->rounds : 1;
    return sent;
}

/* Adds up how often requests of the class are sent, and how often those that are missing would
 * be. */
static void add_class(const struct draft_class *c, double *read, double *lost) {
    *lost += (double)lost_in(&c->notes);
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next) {
        struct draft_counts missing = {.lost = lost_in(&t->notes)};
        count_requests(&t->requests, &missing);
        *read += (double)t->weight * sent_by(&t->requests);
        *lost += (double)t->weight * (double)missing.lost;
    }
}

static void note_share(struct draft *d, struct draft_notes *to, const char *whose, double read,
                       double lost) {
    if (lost > 0)
        draft_note(d, to,
                   "Missing: %.3g %% of the requests of %s, by weight. The tasks keep their shares "
                   "of the rest.",
                   100 * lost / (read + lost), whose);
}

void draft_share(struct draft *d) {
    bool one = d->classes != NULL && d->classes->next == NULL;
    double read = 0, lost = (double)lost_in(&d->notes);
    for (struct draft_class *c = d->classes; c != NULL; c = c->next) {
        double own_read = 0, own_lost = 0;
        add_class(c, &own_read, &own_lost);
        read += own_read;
        lost += own_lost;
        if (!one && !c->left_out)
            note_share(d, &c->notes, "this class", own_read, own_lost);
    }
    if (one)
        note_share(d, &d->notes, "the source", read, lost);
}
