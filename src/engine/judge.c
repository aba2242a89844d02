#include "engine/judge.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/check.h"
#include "util/clock.h"
#include "util/text.h"

bool judge_needed(const struct scenario_request *q) {
    return q->captures != NULL || q->checks != NULL;
}

bool judge_needs_head(const struct scenario_request *q) {
    return (q->captures != NULL && captures_need_head(q->captures)) ||
           (q->checks != NULL && checks_need_head(q->checks));
}

/* A body that a check refuses is kept for a look, so each answer with checks is, up to that size. */
size_t judge_needs_body(const struct scenario_request *q) {
    if ((q->captures != NULL && captures_need_body(q->captures)) ||
        (q->checks != NULL && checks_need_body(q->checks)))
        return JUDGE_ANSWER_BYTES;
    return judge_needed(q) ? JUDGE_BODY_BYTES + JUDGE_SECRET_BYTES : 0;
}

int judge_init(struct judge *j, const struct scenario *s, struct record *record,
               struct judge_bodies *bodies, struct err *e) {
    *j = (struct judge){.scenario = s, .record = record, .bodies = bodies};
    buf_init(&j->value, CAPTURE_VALUE_MAX);
    buf_init(&j->masked, (size_t)JUDGE_BODY_BYTES * 64);
    j->counts = calloc(s->check_count + 1, sizeof *j->counts);
    j->touched = calloc(s->check_count + 1, sizeof *j->touched);
    return j->counts != NULL && j->touched != NULL
               ? 0
               : err_set(e, "not enough memory for %zu checks", s->check_count);
}

void judge_done(struct judge *j) {
    capture_work_done(&j->work);
    buf_done(&j->value);
    buf_done(&j->masked);
    free(j->counts);
    free(j->touched);
}

static void flush(struct judge *j) {
    for (size_t i = 0; i < j->touched_count; i++) {
        struct judge_count *c = &j->counts[j->touched[i]];
        record_check(j->record, j->second, j->touched[i], c->passes, c->fails);
        *c = (struct judge_count){0};
    }
    j->touched_count = 0;
}

void judge_flush(struct judge *j, int64_t now_ns, bool all) {
    if (j->touched_count > 0 && (all || now_ns / NS_PER_S > j->second))
        flush(j);
}

static void count(struct judge *j, uint32_t check, int64_t end_ns, bool passed) {
    if (j->record == NULL)
        return;
    uint32_t second = end_ns < 0 ? 0 : (uint32_t)(end_ns / NS_PER_S);
    if (second != j->second)
        flush(j);
    j->second = second;
    struct judge_count *c = &j->counts[check];
    if (c->passes == 0 && c->fails == 0)
        j->touched[j->touched_count++] = check;
    if (passed)
        c->passes++;
    else
        c->fails++;
}

/* The first failure is the reason. False where there is one. */
static bool take_captures(struct judge *j, const struct scenario_request *q,
                          const struct answer *answer, struct flow *f) {
    bool good = true;
    for (size_t i = 0; q->captures != NULL && f != NULL && i < q->captures->count; i++) {
        const struct capture *c = &q->captures->items[i];
        struct err why;
        if (answer != NULL && capture_take(c, answer, &j->work, &j->value, &why) == 0) {
            flow_set(f, c->slot, &j->value);
            continue;
        }
        if (answer == NULL && c->fallback != NULL) {
            buf_clear(&j->value);
            buf_add(&j->value, c->fallback, c->fallback_bytes);
            flow_set(f, c->slot, &j->value);
            continue;
        }
        flow_set(f, c->slot, NULL);
        if (good && answer != NULL)
            j->reason = why;
        good = false;
    }
    return good;
}

static bool hold_checks(struct judge *j, const struct scenario_request *q,
                        const struct answer *answer, int64_t end_ns) {
    bool good = true;
    for (size_t i = 0; q->checks != NULL && i < q->checks->count; i++) {
        struct err why;
        bool holds = answer != NULL && check_holds(&q->checks->items[i], answer, &j->work, &why);
        count(j, q->first_check + (uint32_t)i, end_ns, holds);
        if (!holds && good && answer != NULL)
            err_set(&j->reason, "check %s", why.text);
        good = good && holds;
    }
    return good;
}

/* Whether there is still room for a body of this request; takes it. */
static bool room_for_body(const struct judge *j, uint32_t request) {
    struct judge_bodies *b = j->bodies;
    if (b == NULL || j->record == NULL ||
        atomic_load_explicit(&b->kept[request], memory_order_relaxed) >= JUDGE_BODIES ||
        atomic_load_explicit(&b->all, memory_order_relaxed) >= JUDGE_BODIES_ALL)
        return false;
    return atomic_fetch_add(&b->kept[request], 1) < JUDGE_BODIES &&
           atomic_fetch_add(&b->all, 1) < JUDGE_BODIES_ALL;
}

/* Secrets are masked before the body is cut: half of one is one still. Text ends at its first NUL for the mask, so each is written as
 * U+FFFD, as all that is not UTF-8. */
static void keep_body(struct judge *j, const struct judge_answer *a) {
    const struct transport_result *r = a->result;
    struct buf text, masked;
    if (!room_for_body(j, a->request))
        return;
    buf_init(&text, (size_t)JUDGE_ANSWER_BYTES * 4);
    buf_init(&masked, (size_t)JUDGE_ANSWER_BYTES * 8);
    for (size_t from = 0; from < r->body.len; from++) {
        const char *nul = memchr(r->body.data + from, '\0', r->body.len - from);
        size_t n = nul == NULL ? r->body.len - from : (size_t)(nul - r->body.data) - from;
        text_repair(&text, r->body.data + from, n);
        if (nul != NULL)
            buf_str(&text, "\xef\xbf\xbd");
        from += n;
    }
    scenario_mask(j->scenario, buf_text(&text), &masked);
    if (r->body_cut)
        masked.len -= masked.len < JUDGE_SECRET_BYTES ? masked.len : JUDGE_SECRET_BYTES;
    buf_clear(&j->masked);
    scenario_mask(j->scenario, j->reason.text, &j->masked);
    record_body(j->record,
                &(struct record_body){
                    .at_ns = a->end_ns,
                    .endpoint = a->request,
                    .user = a->user,
                    .status = r->status,
                    .bytes = r->bytes_received,
                    .error = buf_text(&j->masked),
                    .body = buf_text(&masked),
                    .body_bytes = masked.len < JUDGE_BODY_BYTES ? masked.len : JUDGE_BODY_BYTES,
                });
    buf_done(&text);
    buf_done(&masked);
}

enum outcome judge_answer(struct judge *j, const struct judge_answer *a, const char **error) {
    const struct transport_result *r = a->result;
    const struct scenario_request *q = &j->scenario->requests[a->request];
    bool answered = r->outcome == OUTCOME_OK || r->outcome == OUTCOME_HTTP_ERROR;
    struct answer answer = {
        .status = r->status,
        .head = r->head,
        .body = r->body,
        .body_cut = r->body_cut,
        .body_bytes = r->bytes_received,
        .time_ns = r->end_ns - r->sent_ns,
    };
    *error = r->error;
    if (r->outcome == OUTCOME_CANCELLED)
        return r->outcome;
    j->reason.text[0] = '\0';
    bool checked = hold_checks(j, q, answered ? &answer : NULL, a->end_ns);
    struct err reason = j->reason;
    bool captured = take_captures(j, q, answered ? &answer : NULL, a->flow);
    if (!checked)
        j->reason = reason;
    bool own_status = q->checks != NULL && checks_have_status(q->checks);
    if (!answered || (r->outcome == OUTCOME_HTTP_ERROR && !own_status))
        return r->outcome;
    if (checked && captured) {
        *error = "";
        return OUTCOME_OK;
    }
    keep_body(j, a);
    *error = j->reason.text;
    return OUTCOME_CHECK_FAILED;
}
