#include "report/counted.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int counted_new(const struct endpoint *endpoints, size_t n, const struct counted_options *o,
                struct counted **out, struct err *e) {
    struct counted *c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_memory(e, "a report");
    if (entries_init(&c->entries, endpoints, n, o->cut, e) != 0 ||
        summary_new(c->entries.entry_count, o->rule, &c->summary, e) != 0 ||
        (o->cut == NULL &&
         (served_new(n, &c->served, e) != 0 || connections_new(&c->connections, e) != 0)))
        goto fail;
    if (o->guess && (c->signs = guess_signs_new(c->entries.entry_count)) == NULL) {
        err_memory(e, "a report");
        goto fail;
    }
    *out = c;
    return 0;
fail:
    counted_free(c);
    return -1;
}

void counted_free(struct counted *c) {
    if (c == NULL)
        return;
    summary_free(c->summary);
    tally_done(&c->failures);
    served_free(c->served);
    connections_free(c->connections);
    guess_signs_free(c->signs);
    entries_done(&c->entries);
    free(c);
}

static int add_failure(struct counted *c, size_t entry, const struct request *x, struct err *e) {
    struct tally_kind kind = {.entry = (uint32_t)entry,
                              .error = x->error,
                              .outcome = (int)x->outcome,
                              .status = x->error == 0 ? x->status : 0};
    return tally_add(&c->failures, &kind, e);
}

int counted_add(struct counted *c, const struct request *x, struct err *e) {
    if (x->endpoint >= c->entries.endpoint_count)
        return err_set(e, "request %" PRId64 " belongs to no endpoint; the file is damaged", x->id);
    size_t entry = c->entries.entry_of[x->endpoint];
    c->requests++;
    summary_count(c->summary, entry, x);
    if ((c->served != NULL && served_add(c->served, x, e) != 0) ||
        (c->connections != NULL && connections_add(c->connections, x, e) != 0) ||
        (c->signs != NULL && guess_signs_add(c->signs, entry, x, e) != 0))
        return -1;
    return outcome_is_failure((int)x->outcome) ? add_failure(c, entry, x, e) : 0;
}

bool counted_is_of(const struct counted *c, struct reader *r) {
    const struct endpoint *endpoints = reader_catalog(r)->endpoints;
    size_t n = reader_catalog(r)->endpoint_count;
    if (n != c->entries.endpoint_count || reader_last_request(r) != (int64_t)c->requests)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct endpoint *mine = &c->entries.entries[c->entries.entry_of[i]];
        if (strcmp(mine->name, endpoints[i].name) != 0 ||
            strcmp(mine->method, endpoints[i].method) != 0)
            return false;
    }
    return true;
}
