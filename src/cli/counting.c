#include "cli/counting.h"

#include <stdlib.h>

#include "cli/listeners.h"

struct counting {
    struct counted *counted; /* NULL: memory ran out; the file will be read */
};

static void give_up(struct counting *c) {
    counted_free(c->counted);
    c->counted = NULL;
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct catalog *catalog = &view->scenario->catalog;
    struct counted_options o = {.rule = SUMMARY_EXACT};
    if (opt_given(view->args, "report") || opt_given(view->args, "html"))
        return 0;
    struct counting *c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_memory(e, "the tables of a run");
    *self = c;
    return counted_new(catalog->endpoints, catalog->endpoint_count, &o, &c->counted, e);
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct counting *c = self;
    for (size_t i = 0; i < n && c->counted != NULL; i++)
        if (counted_add(c->counted, &requests[i], NULL) != 0)
            give_up(c);
}

static int end(void *self, void *run_end, struct err *e) {
    struct counting *c = self;
    struct run_end *last = run_end;
    (void)e;
    if (!last->whole) /* rows that were fed are not in the file */
        return 0;
    last->counted = c->counted;
    c->counted = NULL;
    return 0;
}

static void done(void *self) {
    give_up(self);
    free(self);
}

const struct control_listener counting_listener = {
    .name = "tables", .init = init, .feed = feed, .end = end, .done = done};
