#include "transport/answer_stream.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/units.h"

static const char no_memory[] = "not enough memory for the stream";

void answer_stream_begin(struct answer_stream *x, const struct stream_spec *spec,
                         struct stream *stream, char *text, size_t text_bytes) {
    x->spec = spec;
    x->stream = stream;
    x->text = text;
    x->text_bytes = text_bytes;
    x->ended = STREAM_BODY_COMPLETE;
    x->at_ns = 0;
    x->arrivals = 0;
}

void answer_stream_expect(struct answer_stream *x) {
    x->begun = x->encoded = x->is_json = false;
    x->type[0] = '\0';
}

void answer_stream_arrived(struct answer_stream *x, int64_t at_ns, bool with_last) {
    x->arrivals += !with_last || x->arrivals == 0;
    x->at_ns = at_ns > x->at_ns ? at_ns : x->at_ns;
}

/* Without parameters, and without what may stand in no type (RFC 9110 8.3.1): it goes into an
 * error's text. */
void answer_stream_type(struct answer_stream *x, struct bytes value) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "/!#$&^_.+-";
    size_t n = 0;
    while (n < value.len && n < sizeof x->type - 1 && memchr(good, value.data[n], sizeof good - 1))
        n++;
    memcpy(x->type, value.data, n);
    x->type[n] = '\0';
    x->is_json = x->spec != NULL && x->spec->format != STREAM_FORMAT_NDJSON &&
                 strcasecmp(x->type, "application/json") == 0;
}

bool answer_stream_is_refused(const struct answer_stream *x, int status) {
    return x->spec != NULL && (status >= 400 || x->is_json);
}

const char *answer_stream_feed(struct answer_stream *x, int status, const char *bytes, size_t n) {
    if (x->spec == NULL || answer_stream_is_refused(x, status))
        return NULL;
    if (x->stream == NULL)
        return no_memory;
    if (!x->begun)
        stream_begin(x->stream, x->text_bytes);
    x->begun = true;
    switch (stream_feed(x->stream, bytes, n, x->at_ns, x->arrivals)) {
    case STREAM_BROKEN:
        return stream_why(x->stream);
    case STREAM_ENOUGH:
        x->ended = STREAM_BODY_CANCEL_AFTER;
        break;
    case STREAM_ON:
        break;
    }
    return NULL;
}

bool answer_stream_enough(const struct answer_stream *x) {
    return x->ended == STREAM_BODY_CANCEL_AFTER;
}

void answer_stream_stop(struct answer_stream *x, enum stream_body how) {
    x->ended = how;
}

/* ---- the end ---- */

static enum stream_body body_end(const struct answer_stream *x, enum outcome outcome) {
    return outcome == OUTCOME_OK          ? x->ended
           : outcome == OUTCOME_TIMEOUT   ? STREAM_BODY_TIMEOUT
           : outcome == OUTCOME_CANCELLED ? STREAM_BODY_CANCELLED
                                          : STREAM_BODY_LOST;
}

static void fail(struct transport_result *r, enum outcome outcome, const char *error) {
    r->outcome = outcome;
    r->error = error;
}

/* The events are there, and "token" found no text in any. */
static void say_not_found(struct answer_stream *x, const struct stream_result *s) {
    if (s->not_json > 0)
        snprintf(x->text, ANSWER_STREAM_TEXT_BYTES,
                 "no token came: the events are not JSON, so \"token\" (%s) finds no text in them; "
                 "leave it out if the whole data is the text",
                 x->spec->token);
    else
        snprintf(x->text, ANSWER_STREAM_TEXT_BYTES,
                 "no token came: no event has a text at \"token\" (%s); check it against an event",
                 x->spec->token);
}

static void say_no_tokens(struct answer_stream *x, struct transport_result *r) {
    const struct stream_result *s = stream_result(x->stream);
    char span[UNITS_BYTES], *to = x->text;
    size_t n = ANSWER_STREAM_TEXT_BYTES;
    if (x->ended == STREAM_BODY_CANCEL_AFTER) {
        units_duration_text(x->spec->cancel_ns, span);
        snprintf(to, n, "no token came within %s, when \"cancel_after\" ended the stream", span);
    } else if (r->status >= 300)
        snprintf(to, n, "no token came: the response is a redirect (HTTP %d)", r->status);
    else if (x->is_json)
        snprintf(to, n,
                 "no token came: the response is %s, not a stream; does the request's body have "
                 "\"stream\": true?",
                 x->type);
    else if (!x->begun)
        snprintf(to, n, "no token came: the response has no body");
    else if (x->encoded)
        snprintf(to, n,
                 "no token came: the response is compressed although the request did not ask for "
                 "it; set \"compressed\" in \"http\"");
    else if (x->spec->token != NULL && s->events > 0)
        say_not_found(x, s);
    else if (*x->type == '\0')
        snprintf(to, n, "no token came: the response has no Content-Type");
    else
        snprintf(to, n, "no token came: the response is %s without a token of the format %s",
                 x->type, stream_format_text((int)x->spec->format));
    fail(r, OUTCOME_NO_TOKENS, x->text);
}

static void say_idle(struct answer_stream *x, struct transport_result *r) {
    char span[UNITS_BYTES];
    units_duration_text(x->spec->idle_ns, span);
    snprintf(x->text, ANSWER_STREAM_TEXT_BYTES, "no byte of the stream came for %s", span);
    fail(r, OUTCOME_STREAM_IDLE, x->text);
}

static void say_cut(struct answer_stream *x, struct transport_result *r) {
    if (r->outcome == OUTCOME_OK)
        snprintf(x->text, ANSWER_STREAM_TEXT_BYTES,
                 "the stream ended without its end mark and without a finish reason");
    else
        snprintf(x->text, ANSWER_STREAM_TEXT_BYTES, "the stream was cut: %s", r->error);
    fail(r, OUTCOME_STREAM_CUT, x->text);
}

static void say_error(struct answer_stream *x, struct transport_result *r,
                      const struct stream_result *s) {
    snprintf(x->text, ANSWER_STREAM_TEXT_BYTES, "error in the stream: %s", s->error);
    fail(r, OUTCOME_STREAM_ERROR, x->text);
}

/* The body is complete, or we have ended it. */
static void finish_whole(struct answer_stream *x, struct transport_result *r,
                         const struct stream_result *s) {
    bool none = s->token_events == 0;
    switch (stream_verdict(x->stream)) {
    case STREAM_VERDICT_ERROR:
        say_error(x, r, s);
        return;
    case STREAM_VERDICT_IDLE:
        say_idle(x, r);
        return;
    case STREAM_VERDICT_CUT:
        if (none && s->events == 0)
            say_no_tokens(x, r);
        else
            say_cut(x, r);
        return;
    case STREAM_VERDICT_BROKEN:
        fail(r, OUTCOME_PROTOCOL_ERROR, stream_why(x->stream));
        return;
    case STREAM_VERDICT_OK:
        if (none && x->ended == STREAM_BODY_CANCEL_AFTER)
            say_no_tokens(x, r);
        return;
    case STREAM_VERDICT_NO_TOKENS:
        say_no_tokens(x, r);
        return;
    }
}

/* The connection ended before the body did. A stream that had come to its own end is whole, and yet
 * its answer is not. */
static void finish_lost(struct answer_stream *x, struct transport_result *r,
                        const struct stream_result *s) {
    if (s->finish == STREAM_FINISH_ERROR)
        say_error(x, r, s);
    else if (s->finish == STREAM_FINISH_CUT)
        say_cut(x, r);
}

void answer_stream_end(struct answer_stream *x, struct transport_result *r) {
    bool stopped = x->ended != STREAM_BODY_COMPLETE;
    if (x->spec == NULL || (r->status == 0 && !stopped))
        return;
    if (x->stream == NULL) {
        if (r->outcome == OUTCOME_OK)
            fail(r, OUTCOME_PROTOCOL_ERROR, no_memory);
        return;
    }
    if (r->status >= 400) {
        if (r->outcome == OUTCOME_OK) {
            snprintf(x->text, ANSWER_STREAM_TEXT_BYTES, "HTTP %d", r->status);
            fail(r, OUTCOME_HTTP_ERROR, x->text);
        }
        return;
    }
    if (!x->begun)
        stream_begin(x->stream, 0);
    stream_end(x->stream, body_end(x, r->outcome));
    const struct stream_result *s = stream_result(x->stream);
    r->stream = s;
    if (r->end_ns < s->last_token_ns)
        r->end_ns = s->last_token_ns;
    if (r->outcome == OUTCOME_OK)
        finish_whole(x, r, s);
    else if (r->outcome == OUTCOME_RESET && x->begun)
        finish_lost(x, r, s);
}
