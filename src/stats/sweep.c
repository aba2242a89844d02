#include "stats/sweep.h"

#include <stdlib.h>

#include "util/array.h"

void sweep_init(struct sweep *s) {
    *s = (struct sweep){.sum = 0};
}

void sweep_done(struct sweep *s) {
    free(s->stretches);
    free(s->ends);
    sweep_init(s);
}

void sweep_clear(struct sweep *s) {
    s->sum = s->busy = 0;
    s->most = s->stretch_count = s->end_count = 0;
}

static void drop_first(struct sweep *s) {
    int64_t last = s->ends[--s->end_count];
    size_t at = 0;
    for (size_t child = 1; child < s->end_count; child = 2 * at + 1) {
        if (child + 1 < s->end_count && s->ends[child + 1] < s->ends[child])
            child++;
        if (last <= s->ends[child])
            break;
        s->ends[at] = s->ends[child];
        at = child;
    }
    s->ends[at] = last;
}

static int push(struct sweep *s, int64_t end, struct err *e) {
    int64_t *grown = array_room(s->ends, &s->end_cap, s->end_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, "%zu requests at once", s->end_count + 1);
    s->ends = grown;
    size_t at = s->end_count++;
    for (; at > 0 && s->ends[(at - 1) / 2] > end; at = (at - 1) / 2)
        s->ends[at] = s->ends[(at - 1) / 2];
    s->ends[at] = end;
    return 0;
}

static int cover(struct sweep *s, int64_t from, int64_t to, struct err *e) {
    if (s->stretch_count > 0 && from <= s->stretches[s->stretch_count - 1].to) {
        struct sweep_stretch *last = &s->stretches[s->stretch_count - 1];
        if (to > last->to) {
            s->busy += to - last->to;
            last->to = to;
        }
        return 0;
    }
    struct sweep_stretch *grown =
        array_room(s->stretches, &s->stretch_cap, s->stretch_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, "%zu stretches of time", s->stretch_count + 1);
    s->stretches = grown;
    s->stretches[s->stretch_count++] = (struct sweep_stretch){from, to};
    s->busy += to - from;
    return 0;
}

int sweep_add(struct sweep *s, int64_t from, int64_t to, struct err *e) {
    if (to <= from)
        return 0;
    while (s->end_count > 0 && s->ends[0] <= from)
        drop_first(s);
    if (push(s, to, e) != 0 || cover(s, from, to, e) != 0)
        return -1;
    s->sum += to - from;
    if (s->end_count > s->most)
        s->most = s->end_count;
    return 0;
}
