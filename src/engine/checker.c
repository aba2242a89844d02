#include "engine/checker.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/check.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/text.h"

#define KEPT_BYTES (CHECKER_BODY_BYTES + CHECKER_SECRET_BYTES)
#define MESSAGE_BYTES 300 /* of a server's own message in an error */

static bool has_rules(const struct scenario_request *q) {
    return q->captures != NULL || q->checks != NULL;
}

bool checker_needed(const struct scenario_request *q) {
    return has_rules(q) || q->stream != NULL;
}

bool checker_needs_head(const struct scenario_request *q) {
    return (q->captures != NULL && captures_need_head(q->captures)) ||
           (q->checks != NULL && checks_need_head(q->checks));
}

/* A body that a check refuses is kept for a look, so each response with checks is, up to that
 * size. */
size_t checker_needs_body(const struct scenario *s, const struct scenario_request *q) {
    if ((q->captures != NULL && captures_need_body(q->captures)) ||
        (q->checks != NULL && checks_need_body(q->checks)))
        return s->http.judge_bytes;
    return has_rules(q) ? KEPT_BYTES : 0;
}

size_t checker_needs_text(const struct scenario *s, const struct scenario_request *q) {
    bool needed = (q->captures != NULL && captures_need_text(q->captures)) ||
                  (q->checks != NULL && checks_need_text(q->checks));
    return needed ? s->http.judge_bytes : 0;
}

size_t checker_needs_refusal(const struct scenario_request *q) {
    return q->stream != NULL ? KEPT_BYTES : 0;
}

int checker_init(struct checker *k, const struct scenario *s, struct record *record,
                 struct checker_bodies *bodies, struct err *e) {
    *k = (struct checker){.scenario = s, .record = record, .bodies = bodies};
    buf_init(&k->value, CAPTURE_VALUE_MAX);
    buf_init(&k->seen, CAPTURE_SEEN_MAX + 8);
    buf_init(&k->masked, (size_t)CHECKER_BODY_BYTES * 64);
    k->counts = calloc(s->catalog.check_count + 1, sizeof *k->counts);
    k->touched = calloc(s->catalog.check_count + 1, sizeof *k->touched);
    return k->counts != NULL && k->touched != NULL
               ? 0
               : err_set(e, "not enough memory for %zu checks", s->catalog.check_count);
}

void checker_done(struct checker *k) {
    capture_work_done(&k->work);
    buf_done(&k->value);
    buf_done(&k->seen);
    buf_done(&k->masked);
    free(k->counts);
    free(k->touched);
}

static void flush(struct checker *k) {
    for (size_t i = 0; i < k->touched_count; i++) {
        struct checker_count *c = &k->counts[k->touched[i]];
        record_check(k->record, k->second, k->touched[i], c->passes, c->fails, c->not_judged);
        *c = (struct checker_count){0};
    }
    k->touched_count = 0;
}

void checker_flush(struct checker *k, int64_t now_ns, bool all) {
    if (k->touched_count > 0 && (all || now_ns / NS_PER_S > k->second))
        flush(k);
}

/* What is to be counted one up, of this check. */
static struct checker_count *counted(struct checker *k, uint32_t check, int64_t end_ns) {
    uint32_t second = end_ns < 0 ? 0 : (uint32_t)(end_ns / NS_PER_S);
    if (second != k->second)
        flush(k);
    k->second = second;
    struct checker_count *c = &k->counts[check];
    if (c->passes == 0 && c->fails == 0 && c->not_judged == 0)
        k->touched[k->touched_count++] = check;
    return c;
}

static void count(struct checker *k, uint32_t check, int64_t end_ns, bool passed) {
    if (k->record == NULL)
        return;
    struct checker_count *c = counted(k, check, end_ns);
    c->passes += passed;
    c->fails += !passed;
}

/* Its response was larger than what is kept: nothing is known, and nothing has failed. */
static void count_not_checked(struct checker *k, uint32_t check, int64_t end_ns) {
    if (k->record != NULL)
        counted(k, check, end_ns)->not_judged++;
}

/* What it looks at was not kept whole. `cut`: the body was not. */
static bool capture_is_blind(const struct capture *c, const struct response *response, bool cut) {
    return (cut && capture_reads_body(c)) ||
           (response != NULL && response->text_cut && c->source == CAPTURE_TEXT);
}

static bool check_is_blind(const struct check *c, const struct response *response, bool cut) {
    return (cut && check_reads_body(c)) ||
           (response != NULL && response->text_cut && c->subject == CHECK_TEXT);
}

/* Returns false if a capture fails; the first one is the reason. `cut`: the body was not kept
 * whole. */
static bool take_captures(struct checker *k, const struct scenario_request *q,
                          const struct response *response, bool cut,
                          const struct checker_response *a) {
    struct flow *f = a->flow;
    bool good = true;
    for (size_t i = 0; q->captures != NULL && f != NULL && i < q->captures->count; i++) {
        const struct capture *c = &q->captures->items[i];
        struct err why;
        bool unseen = capture_is_blind(c, response, cut);
        if (unseen)
            count_not_checked(k, q->first_capture + (uint32_t)i, a->end_ns);
        else if (response != NULL && capture_take(c, response, &k->work, &k->value, &why) == 0) {
            flow_set(f, c->slot, &k->value);
            continue;
        }
        if ((response == NULL || unseen) && c->fallback != NULL) {
            buf_clear(&k->value);
            buf_add(&k->value, c->fallback, c->fallback_bytes);
            flow_set(f, c->slot, &k->value);
            continue;
        }
        flow_set(f, c->slot, NULL);
        if (unseen)
            continue;
        if (good && response != NULL)
            k->reason = why;
        good = false;
    }
    return good;
}

static bool hold_checks(struct checker *k, const struct scenario_request *q,
                        const struct response *response, bool cut, int64_t end_ns) {
    bool good = true;
    for (size_t i = 0; q->checks != NULL && i < q->checks->count; i++) {
        struct err why;
        if (check_is_blind(&q->checks->items[i], response, cut)) {
            count_not_checked(k, q->first_check + (uint32_t)i, end_ns);
            continue;
        }
        bool holds =
            response != NULL && check_holds(&q->checks->items[i], response, &k->work, &why);
        count(k, q->first_check + (uint32_t)i, end_ns, holds);
        if (!holds && good && response != NULL) {
            err_set(&k->reason, "check %s", why.text);
            buf_add(&k->seen, buf_text(&k->work.seen), k->work.seen.len);
        }
        good = good && holds;
    }
    return good;
}

/* Whether there is still room for a body of this request; takes it. */
static bool room_for_body(const struct checker *k, uint32_t request) {
    struct checker_bodies *b = k->bodies;
    if (b == NULL || k->record == NULL ||
        atomic_load_explicit(&b->kept[request], memory_order_relaxed) >= CHECKER_BODIES ||
        atomic_load_explicit(&b->all, memory_order_relaxed) >= CHECKER_BODIES_ALL)
        return false;
    return atomic_fetch_add(&b->kept[request], 1) < CHECKER_BODIES &&
           atomic_fetch_add(&b->all, 1) < CHECKER_BODIES_ALL;
}

/* Bytes of a response as the run file may have them: UTF-8, without secrets. They are masked before
 * they are cut to `keep` bytes, for half of a secret is one still; `more`: they are themselves the
 * beginning of more. Text ends at its first NUL for the mask, so each is written as U+FFFD, as all
 * that is not UTF-8. */
static void mask_bytes(const struct checker *k, struct bytes from, bool more, size_t keep,
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
    scenario_mask(k->scenario, buf_text(&text), out);
    buf_done(&text);
    if (out->len == 0)
        return;
    size_t most = !more                             ? out->len
                  : out->len < CHECKER_SECRET_BYTES ? 0
                                                    : out->len - CHECKER_SECRET_BYTES;
    out->len = text_cut(out->data, out->len, most < keep ? most : keep);
    out->data[out->len] = '\0';
}

static void keep_body(struct checker *k, const struct checker_response *a) {
    const struct transport_result *r = a->result;
    struct buf body, seen;
    if (!room_for_body(k, a->request))
        return;
    size_t bytes = r->body.len < CHECKER_LOOK_BYTES ? r->body.len : CHECKER_LOOK_BYTES;
    mask_bytes(k, (struct bytes){r->body.data, bytes}, r->body_cut || bytes < r->body.len,
               CHECKER_BODY_BYTES, &body);
    mask_bytes(k, (struct bytes){buf_text(&k->seen), k->seen.len}, k->seen.len >= CAPTURE_SEEN_MAX,
               CHECKER_SEEN_BYTES, &seen);
    buf_clear(&k->masked);
    scenario_mask(k->scenario, k->reason.text, &k->masked);
    record_body(k->record, &(struct record_body){
                               .at_ns = a->end_ns,
                               .endpoint = a->request,
                               .user = a->user,
                               .status = r->status,
                               .bytes = r->bytes_received,
                               .error = buf_text(&k->masked),
                               .seen = buf_text(&seen),
                               .body = buf_text(&body),
                               .body_bytes = body.len,
                           });
    buf_done(&body);
    buf_done(&seen);
}

/* A response came, and no more is wrong with it than its status or its stream. */
static bool has_response(const struct transport_result *r) {
    bool of_stream = r->outcome == OUTCOME_STREAM_CUT || r->outcome == OUTCOME_STREAM_ERROR ||
                     r->outcome == OUTCOME_STREAM_IDLE || r->outcome == OUTCOME_NO_TOKENS;
    return r->outcome == OUTCOME_OK || r->outcome == OUTCOME_HTTP_ERROR ||
           r->outcome == OUTCOME_GRPC_ERROR || (of_stream && r->status != 0);
}

/* What the JSON of an error says: "error" as text, or the "message" or "detail" of it or of the
 * whole. "": nothing. */
static const char *message_of(const struct json *root) {
    static const char *const keys[] = {"message", "detail", "error"};
    const struct json *in[] = {json_get(root, "error"), root};
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n < sizeof keys / sizeof *keys; n++) {
            const char *text = json_get_string(in[i], keys[n]);
            if (*text != '\0')
                return text;
        }
    return "";
}

/* The server answered, but not with a stream: keeps what it said instead. Its message becomes part
 * of the error, because a status alone does not say what to change. */
static void keep_refusal(struct checker *k, const struct checker_response *a, const char **error) {
    const struct transport_result *r = a->result;
    struct json_doc *doc = NULL;
    if ((r->outcome != OUTCOME_HTTP_ERROR && r->outcome != OUTCOME_NO_TOKENS) || r->body.len == 0)
        return;
    err_set(&k->reason, "%s", r->error);
    if (r->outcome == OUTCOME_HTTP_ERROR &&
        json_parse("body", r->body.data, r->body.len, &doc, NULL) == 0) {
        /* Masked before it is cut: half of a secret is one still. */
        buf_clear(&k->masked);
        scenario_mask(k->scenario, message_of(json_root(doc)), &k->masked);
        size_t n = text_cut(buf_text(&k->masked), k->masked.len, MESSAGE_BYTES);
        if (n > 0)
            err_set(&k->reason, "%s: %.*s", r->error, (int)n, buf_text(&k->masked));
    }
    json_free(doc);
    buf_clear(&k->seen);
    keep_body(k, a);
    *error = k->reason.text;
}

/* The scenario itself says which statuses are good. */
static bool is_judged_by_checks(const struct scenario_request *q, enum outcome outcome) {
    if (q->checks == NULL)
        return false;
    return (outcome == OUTCOME_HTTP_ERROR && checks_have_status(q->checks)) ||
           (outcome == OUTCOME_GRPC_ERROR && checks_have_grpc_status(q->checks));
}

enum outcome checker_run(struct checker *k, const struct checker_response *a, const char **error) {
    const struct transport_result *r = a->result;
    const struct scenario_request *q = &k->scenario->requests[a->request];
    bool answered = has_response(r);
    struct response response = {
        .status = r->status,
        .has_grpc_status = r->has_grpc_status,
        .grpc_status = r->grpc_status,
        .head = r->head,
        .body = r->body,
        .body_bytes = r->bytes_received,
        .time_ns = r->end_ns - (r->sent_again ? r->resent_ns : r->sent_ns),
    };
    if (r->stream != NULL) {
        response.text = r->stream->text;
        response.text_cut = r->stream->text_cut;
    }
    *error = r->error;
    if (r->outcome == OUTCOME_CANCELLED)
        return r->outcome;
    k->reason.text[0] = '\0';
    buf_clear(&k->seen);
    const struct response *seen = answered ? &response : NULL;
    bool cut = answered && r->body_cut;
    bool checked = hold_checks(k, q, seen, cut, a->end_ns);
    struct err reason = k->reason;
    bool captured = take_captures(k, q, seen, cut, a);
    if (!checked)
        k->reason = reason;
    if (r->outcome != OUTCOME_OK && !is_judged_by_checks(q, r->outcome)) {
        if (q->stream != NULL)
            keep_refusal(k, a, error);
        return r->outcome;
    }
    if (checked && captured) {
        *error = "";
        return OUTCOME_OK;
    }
    keep_body(k, a);
    *error = k->reason.text;
    return OUTCOME_CHECK_FAILED;
}
