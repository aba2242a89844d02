/* The holes of a text while it is parsed. */
#include <stdlib.h>

#include "scenario/template_internal.h"

#define TOO_MANY "more than %d ${...} in one text"

void template_holes_done(struct template_holes *h) {
    for (size_t i = 0; i < h->count; i++)
        expr_done(&h->items[i].expr);
    free(h->items);
    *h = (struct template_holes){0};
}

static int holes_reserve(struct loader *r, struct template_holes *h, size_t more) {
    if (h->count + more <= h->cap)
        return 0;
    size_t cap = h->cap * 2 > h->count + more ? h->cap * 2 : h->count + more;
    struct template_hole *grown = realloc(h->items, cap * sizeof *grown);
    if (grown == NULL)
        return loader_memory(r);
    h->items = grown;
    h->cap = cap;
    return 0;
}

int template_hole_add(struct loader *r, const struct expansion *x, size_t i, size_t at,
                      enum text_place place, struct expr *expr) {
    struct template_holes *h = r->holes;
    int result = -1;
    /* Where it is in the file costs a walk over the string, so only a failure asks. */
    if (h == NULL)
        loader_fail(r, x == NULL ? i : expansion_offset(x, i),
                    "only ${env.NAME} is allowed here; write $${ for a literal ${");
    else if (h->count == TEMPLATE_HOLES_MAX)
        loader_fail(r, x == NULL ? i : expansion_offset(x, i), TOO_MANY, TEMPLATE_HOLES_MAX);
    else if (holes_reserve(r, h, 1) == 0) {
        h->items[h->count++] = (struct template_hole){at, place, *expr};
        *expr = (struct expr){.kind = EXPR_TEXT};
        result = 0;
    }
    expr_done(expr);
    return result;
}

int template_holes_move(struct loader *r, struct template_holes *to, struct template_holes *from,
                        size_t offset) {
    int result = to->count + from->count > TEMPLATE_HOLES_MAX
                     ? loader_fail(r, 0, TOO_MANY, TEMPLATE_HOLES_MAX)
                     : holes_reserve(r, to, from->count);
    if (result != 0) {
        template_holes_done(from);
        return -1;
    }
    for (size_t i = 0; i < from->count; i++) {
        to->items[to->count] = from->items[i];
        to->items[to->count++].at += offset;
    }
    free(from->items);
    *from = (struct template_holes){0};
    return 0;
}
