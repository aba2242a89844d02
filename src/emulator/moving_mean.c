#include "emulator/moving_mean.h"

#include <assert.h>
#include <stdlib.h>

#include "util/clock.h"

int moving_mean_init(struct moving_mean *w, int64_t length_ns, int64_t step_ns, struct err *e) {
    assert(length_ns > 0 && step_ns > 0);
    size_t n = (size_t)((length_ns - 1) / step_ns + 1);
    struct moving_mean_step *steps = calloc(n, sizeof *steps);
    if (steps == NULL)
        return err_memory(e, "a window of %zu steps", n);
    *w = (struct moving_mean){.step_ns = step_ns, .n = n, .steps = steps};
    return 0;
}

void moving_mean_done(struct moving_mean *w) {
    free(w->steps);
    w->steps = NULL;
}

static struct moving_mean_step *step_at(const struct moving_mean *w, int64_t number) {
    return &w->steps[(size_t)number % w->n];
}

void moving_mean_add(struct moving_mean *w, int64_t from_ns, int64_t to_ns, double value) {
    if (to_ns <= from_ns)
        return;
    if (!w->any) {
        w->any = true;
        w->origin_ns = from_ns;
    }
    int64_t from = from_ns - w->origin_ns, to = to_ns - w->origin_ns;
    int64_t last = (to - 1) / w->step_ns, kept = last - (int64_t)w->n + 1;
    if (kept > 0 && from < kept * w->step_ns)
        from = kept * w->step_ns;
    /* What was kept and is now too old, and steps that time has jumped over, are empty. */
    for (int64_t s = w->last + 1 > kept ? w->last + 1 : kept; s <= last; s++)
        *step_at(w, s) = (struct moving_mean_step){0};
    if (last > w->last)
        w->last = last;
    while (from < to) {
        int64_t s = from / w->step_ns, end = (s + 1) * w->step_ns;
        if (end > to)
            end = to;
        double seconds = (double)(end - from) / (double)NS_PER_S;
        step_at(w, s)->area += value * seconds;
        step_at(w, s)->seconds += seconds;
        from = end;
    }
}

double moving_mean_of(const struct moving_mean *w, int64_t length_ns) {
    int64_t n = (length_ns - 1) / w->step_ns + 1;
    if (n > (int64_t)w->n)
        n = (int64_t)w->n;
    double area = 0, seconds = 0;
    for (int64_t s = w->last; w->any && s >= 0 && s > w->last - n; s--) {
        area += step_at(w, s)->area;
        seconds += step_at(w, s)->seconds;
    }
    return seconds > 0 ? area / seconds : 0;
}
