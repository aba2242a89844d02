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

/* A body that a check refuses is kept for a look, so each answer with checks is, up to that
 * size. */
size_t judge_needs_body(const struct scenario *s, const struct scenario_request *q) {
    if ((q->captures != NULL && captures_need_body(q->captures)) ||
        (q->checks != NULL && checks_need_body(q->checks)))
        return s->http.judge_bytes;
    return judge_needed(q) ? JUDGE_BODY_BYTES + JUDGE_SECRET_BYTES : 0;
}

size_t judge_needs_text(const struct scenario *s, const struct scenario_request *q) {
    bool needed = (q->captures != NULL && captures_need_text(q->captures)) ||
                  (q->checks != NULL && checks_need_text(q->checks));
    return needed ? s->http.judge_bytes : 0;
}

int judge_init(struct judge *j, const struct scenario *s, struct record *record,
               struct judge_bodies *bodies, struct err *e) {
    *j = (struct judge){.scenario = s, .record = record, .bodies = bodies};
    buf_init(&j->value, CAPTURE_VALUE_MAX);
    buf_init(&j->seen, CAPTURE_SEEN_MAX + 8);
    buf_init(&j->masked, (size_t)JUDGE_BODY_BYTES * 64);
    j->counts = calloc(s->catalog.check_count + 1, sizeof *j->counts);
    j->touched = calloc(s->catalog.check_count + 1, sizeof *j->touched);
    return j->counts != NULL && j->touched != NULL
               ? 0
               : err_set(e, "not enough memory for %zu checks", s->catalog.check_count);
}

void judge_done(struct judge *j) {
    capture_work_done(&j->work);
    buf_done(&j->value);
    buf_done(&j->seen);
    buf_done(&j->masked);
    free(j->counts);
    free(j->touched);
}

static void flush(struct judge *j) {
    for (size_t i = 0; i < j->touched_count; i++) {
        struct judge_count *c = &j->counts[j->touched[i]];
        record_check(j->record, j->second, j->touched[i], c->passes, c->fails, c->not_judged);
        *c = (struct judge_count){0};
    }
    j->touched_count = 0;
}

void judge_flush(struct judge *j, int64_t now_ns, bool all) {
    if (j->touched_count > 0 && (all || now_ns / NS_PER_S > j->second))
        flush(j);
}

/* What is to be counted one up, of this check. */
static struct judge_count *counted(struct judge *j, uint32_t check, int64_t end_ns) {
    uint32_t second = end_ns < 0 ? 0 : (uint32_t)(end_ns / NS_PER_S);
    if (second != j->second)
        flush(j);
    j->second = second;
    struct judge_count *c = &j->counts[check];
    if (c->passes == 0 && c->fails == 0 && c->not_judged == 0)
        j->touched[j->touched_count++] = check;
    return c;
}

static void count(struct judge *j, uint32_t check, int64_t end_ns, bool passed) {
    if (j->record == NULL)
        return;
    struct judge_count *c = counted(j, check, end_ns);
    c->passes += passed;
    c->fails += !passed;
}

/* Its answer was larger than what is kept: nothing is known, and nothing has failed. */
static void count_not_judged(struct judge *j, uint32_t check, int64_t end_ns) {
    if (j->record != NULL)
        counted(j, check, end_ns)->not_judged++;
}

/* What it looks at was not kept whole. `cut`: the body was not. */
static bool capture_is_blind(const struct capture *c, const struct response *answer, bool cut) {
    return (cut && capture_reads_body(c)) ||
           (answer != NULL && answer->text_cut && c->source == CAPTURE_TEXT);
}

static bool check_is_blind(const struct check *c, const struct response *answer, bool cut) {
    return (cut && check_reads_body(c)) ||
           (answer != NULL && answer->text_cut && c->subject == CHECK_TEXT);
}

/* The first failure is the reason. False where there is one. `cut`: the answer's body was not kept
 * whole. */
static bool take_captures(struct judge *j, const struct scenario_request *q,
                          const struct response *answer, bool cut, const struct judge_answer *a) {
    struct flow *f = a->flow;
    bool good = true;
    for (size_t i = 0; q->captures != NULL && f != NULL && i < q->captures->count; i++) {
        const struct capture *c = &q->captures->items[i];
        struct err why;
        bool unseen = capture_is_blind(c, answer, cut);
        if (unseen)
            count_not_judged(j, q->first_capture + (uint32_t)i, a->end_ns);
        else if (answer != NULL && capture_take(c, answer, &j->work, &j->value, &why) == 0) {
            flow_set(f, c->slot, &j->value);
            continue;
        }
        if ((answer == NULL || unseen) && c->fallback != NULL) {
            buf_clear(&j->value);
            buf_add(&j->value, c->fallback, c->fallback_bytes);
            flow_set(f, c->slot, &j->value);
            continue;
        }
        flow_set(f, c->slot, NULL);
        if (unseen)
            continue;
        if (good && answer != NULL)
            j->reason = why;
        good = false;
    }
    return good;
}

static bool hold_checks(struct judge *j, const struct scenario_request *q,
                        const struct response *answer, bool cut, int64_t end_ns) {
    bool good = true;
    for (size_t i = 0; q->checks != NULL && i < q->checks->count; i++) {
        struct err why;
        if (check_is_blind(&q->checks->items[i], answer, cut)) {
            count_not_judged(j, q->first_check + (uint32_t)i, end_ns);
            continue;
        }
        bool holds = answer != NULL && check_holds(&q->checks->items[i], answer, &j->work, &why);
        count(j, q->first_check + (uint32_t)i, end_ns, holds);
        if (!holds && good && answer != NULL) {
            err_set(&j->reason, "check %s", why.text);
            buf_add(&j->seen, buf_text(&j->work.seen), j->work.seen.len);
        }
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

/* Bytes of an answer as the run file may have them: UTF-8, without secrets. They are masked before
 * they are cut to `keep` bytes, for half of a secret is one still; `more`: they are themselves the
 * beginning of more. Text ends at its first NUL for the mask, so each is written as U+FFFD, as all
 * that is not UTF-8. */
static void mask_bytes(const struct judge *j, struct bytes from, bool more, size_t keep,
                       struct buf *out) {
    struct buf text;
    buf_init(&text, from.len * 4 + 16);
    buf_init(out, from.len * 8 + 16);
    for (size_t at = 0; at < from.len; at++) {
        const char *nul = memchr(from.data + at, '\0', from.len - at);
        size_t n = nul == NULL ? from.len - at : (size_t)(nul - from.data) - at;
        text_repair(&text, from.data + at, n);
        if (nul != NULL)
            buf_str(&text, "\xef\xbf\xbd");
        at += n;
    }
    scenario_mask(j->scenario, buf_text(&text), out);
    buf_done(&text);
    if (out->len == 0)
        return;
    size_t most = !more                           ? out->len
                  : out->len < JUDGE_SECRET_BYTES ? 0
                                                  : out->len - JUDGE_SECRET_BYTES;
    out->len = text_cut(out->data, out->len, most < keep ? most : keep);
    out->data[out->len] = '\0';
}

static void keep_body(struct judge *j, const struct judge_answer *a) {
    const struct transport_result *r = a->result;
    struct buf body, seen;
    if (!room_for_body(j, a->request))
        return;
    size_t bytes = r->body.len < JUDGE_LOOK_BYTES ? r->body.len : JUDGE_LOOK_BYTES;
    mask_bytes(j, (struct bytes){r->body.data, bytes}, r->body_cut || bytes < r->body.len,
               JUDGE_BODY_BYTES, &body);
    mask_bytes(j, (struct bytes){buf_text(&j->seen), j->seen.len}, j->seen.len >= CAPTURE_SEEN_MAX,
               JUDGE_SEEN_BYTES, &seen);
    buf_clear(&j->masked);
    scenario_mask(j->scenario, j->reason.text, &j->masked);
    record_body(j->record, &(struct record_body){
                               .at_ns = a->end_ns,
                               .endpoint = a->request,
                               .user = a->user,
                               .status = r->status,
                               .bytes = r->bytes_received,
                               .error = buf_text(&j->masked),
                               .seen = buf_text(&seen),
                               .body = buf_text(&body),
                               .body_bytes = body.len,
                           });
    buf_done(&body);
    buf_done(&seen);
}

/* An answer came, and no more is wrong with it than its status or its stream. */
static bool was_answered(const struct transport_result *r) {
    bool of_stream = r->outcome == OUTCOME_STREAM_CUT || r->outcome == OUTCOME_STREAM_ERROR ||
                     r->outcome == OUTCOME_STREAM_IDLE || r->outcome == OUTCOME_NO_TOKENS;
    return r->outcome == OUTCOME_OK || r->outcome == OUTCOME_HTTP_ERROR ||
           (of_stream && r->status != 0);
}

enum outcome judge_answer(struct judge *j, const struct judge_answer *a, const char **error) {
    const struct transport_result *r = a->result;
    const struct scenario_request *q = &j->scenario->requests[a->request];
    bool answered = was_answered(r);
    struct response answer = {
        .status = r->status,
        .head = r->head,
        .body = r->body,
        .body_bytes = r->bytes_received,
        .time_ns = r->end_ns - (r->sent_again ? r->resent_ns : r->sent_ns),
    };
    if (r->stream != NULL) {
        answer.text = r->stream->text;
        answer.text_cut = r->stream->text_cut;
    }
    *error = r->error;
    if (r->outcome == OUTCOME_CANCELLED)
        return r->outcome;
    j->reason.text[0] = '\0';
    buf_clear(&j->seen);
    const struct response *seen = answered ? &answer : NULL;
    bool cut = answered && r->body_cut;
    bool checked = hold_checks(j, q, seen, cut, a->end_ns);
    struct err reason = j->reason;
    bool captured = take_captures(j, q, seen, cut, a);
    if (!checked)
        j->reason = reason;
    bool own_status = q->checks != NULL && checks_have_status(q->checks);
    if (r->outcome != OUTCOME_OK && !(r->outcome == OUTCOME_HTTP_ERROR && own_status))
        return r->outcome;
    if (checked && captured) {
        *error = "";
        return OUTCOME_OK;
    }
    keep_body(j, a);
    *error = j->reason.text;
    return OUTCOME_CHECK_FAILED;
}
