#include <inttypes.h>

#include "gate/gate_live_internal.h"
#include "stats/hist_text.h"
#include "util/clock.h"
#include "util/words.h"

/* ---- a part ---- */

static void take(const struct live_task *t, size_t rule, int64_t second, struct live_counted *c,
                 struct buf *out) {
    const struct gate_slot *s = &c->slot;
    if (s->total == 0 && s->n == 0 && s->amount == 0)
        return;
    buf_printf(
        out, "rule %zu %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %.17g %" PRId64 " %" PRId64,
        rule, second, s->amount, s->total, s->n, s->sum + (double)s->n * (double)t->shift, s->min,
        s->max);
    if (c->hist.counts != NULL) {
        buf_char(out, ' ');
        hist_text_write(&c->hist, out);
    }
    buf_char(out, '\n');
    gate_live_clear(c);
}

static void take_task(struct live_task *t, size_t rule, struct buf *out) {
    int64_t n = (int64_t)t->second_count;
    if (t->seconds == NULL)
        take(t, rule, 0, &t->whole, out);
    for (int64_t i = t->newest - n + 1 > 0 ? t->newest - n + 1 : 0;
         t->seconds != NULL && i <= t->newest; i++)
        take(t, rule, i, &t->seconds[i % n], out);
}

void gate_live_take(struct gate_live *l, bool all, struct buf *out) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count; i++)
        if (all || l->tasks[i].scope.rule->abort_on_fail)
            take_task(&l->tasks[i], i, out);
    pthread_mutex_unlock(&l->lock);
}

/* ---- the whole ---- */

static int join(struct live_task *t, int64_t second, const struct gate_slot *more, const char *line,
                struct err *e) {
    struct live_counted *c = t->seconds == NULL ? &t->whole : gate_live_second(t, second);
    struct gate_slot moved = *more;
    if (c == NULL)
        return 0;
    if (more->n > 0 && !t->any) {
        t->any = true;
        t->shift = more->min;
    }
    moved.sum -= (double)more->n * (double)t->shift;
    gate_slot_join(&c->slot, &moved);
    return c->hist.counts == NULL ? 0 : hist_text_add(&c->hist, &line, e);
}

int gate_live_join(struct gate_live *l, const char *line, struct err *e) {
    struct gate_slot s = {.amount = 0};
    uint64_t rule;
    int64_t second;
    if (!words_uint(&line, &rule) || !words_int(&line, &second) || second < 0 ||
        second > INT64_MAX / US_PER_S || !words_uint(&line, &s.amount) ||
        !words_uint(&line, &s.total) || !words_uint(&line, &s.n) || !words_double(&line, &s.sum) ||
        !words_int(&line, &s.min) || !words_int(&line, &s.max))
        return err_set(e, "a line \"rule\" lacks its numbers");
    if (rule >= l->count)
        return err_set(e, "there is no threshold %llu", (unsigned long long)rule);
    pthread_mutex_lock(&l->lock);
    int result = join(&l->tasks[rule], second, &s, line, e);
    pthread_mutex_unlock(&l->lock);
    return result;
}
