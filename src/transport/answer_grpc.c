#include "transport/answer_grpc.h"

#include <stdio.h>
#include <string.h>

#include "util/units.h"

#define MESSAGE_MAX_BYTES 4096 /* of grpc-message */
#define LINE_MAX_BYTES ((size_t)1 << 30)

static const char no_memory[] = "not enough memory for the response";

void answer_grpc_kept_init(struct answer_grpc_kept *k) {
    grpc_reader_init(&k->reader, GRPC_MESSAGE_BYTES_DEFAULT);
    buf_init(&k->line, LINE_MAX_BYTES);
    buf_init(&k->message, MESSAGE_MAX_BYTES);
}

void answer_grpc_kept_done(struct answer_grpc_kept *k) {
    grpc_reader_done(&k->reader);
    buf_done(&k->line);
    buf_done(&k->message);
}

void answer_grpc_kept_shrink(struct answer_grpc_kept *k, size_t most_bytes) {
    if (k->line.cap > most_bytes)
        buf_done(&k->line);
    if (k->reader.body.cap > most_bytes || k->reader.plain.cap > most_bytes) {
        grpc_reader_done(&k->reader);
        grpc_reader_init(&k->reader, GRPC_MESSAGE_BYTES_DEFAULT);
    }
}

void answer_grpc_begin(struct answer_grpc *g, const struct transport_grpc *spec,
                       struct answer_grpc_kept *kept, struct proto_decode_work *decode) {
    g->spec = spec;
    g->kept = decode == NULL ? NULL : kept;
    g->decode = decode;
}

void answer_grpc_expect(struct answer_grpc *g) {
    if (g->spec == NULL)
        return;
    g->has_status = g->bad_status = g->is_grpc = false;
    g->status = GRPC_UNKNOWN;
    g->type[0] = '\0';
    if (g->kept == NULL)
        return;
    grpc_reader_reset(&g->kept->reader, g->spec->message_max_bytes);
    buf_clear(&g->kept->message);
    g->kept->why.text[0] = '\0';
}

/* ---- fields ---- */

/* "application/grpc", with what follows a "+" or ";". It becomes part of an error's text. */
static void take_type(struct answer_grpc *g, struct bytes value) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "/!#$&^_.+-";
    static const char word[] = "application/grpc";
    size_t n = 0;
    while (n < value.len && n < sizeof g->type - 1 && memchr(good, value.data[n], sizeof good - 1))
        g->type[n] = value.data[n], n++;
    g->type[n] = '\0';
    g->is_grpc = strncmp(g->type, word, sizeof word - 1) == 0 &&
                 (g->type[sizeof word - 1] == '\0' || g->type[sizeof word - 1] == '+');
}

void answer_grpc_field(struct answer_grpc *g, struct bytes name, struct bytes value) {
    if (bytes_is_any_case(name, "content-type")) {
        if (*g->type == '\0')
            take_type(g, value);
    } else if (bytes_is_any_case(name, "grpc-status")) {
        int status = grpc_status_read(value);
        g->has_status = true;
        g->bad_status = status < 0;
        g->status = status < 0 ? GRPC_UNKNOWN : status;
    } else if (g->kept == NULL)
        return;
    else if (bytes_is_any_case(name, "grpc-message")) {
        buf_clear(&g->kept->message);
        grpc_message_text(value, &g->kept->message);
    } else if (bytes_is_any_case(name, "grpc-encoding"))
        g->kept->reader.gzip = bytes_is_any_case(value, "gzip");
}

/* ---- messages ---- */

struct taker {
    struct answer_grpc *g;
    grpc_message_fn *got;
    void *context;
    const char *wrong;
};

static bool take_message(void *context, struct bytes message) {
    struct taker *t = context;
    struct answer_grpc_kept *k = t->g->kept;
    if (t->got == NULL)
        return true;
    buf_clear(&k->line);
    if (t->g->spec->output == NULL)
        return t->got(t->context, message);
    if (proto_decode(t->g->spec->output, t->g->decode, message.data, message.len, &k->line,
                     &k->why) != 0) {
        err_prefix(&k->why, "a message of the response is not valid");
        t->wrong = k->why.text;
        return false;
    }
    buf_char(&k->line, '\n');
    if (!buf_ok(&k->line)) {
        t->wrong = no_memory;
        return false;
    }
    return t->got(t->context, (struct bytes){k->line.data, k->line.len});
}

const char *answer_grpc_feed(struct answer_grpc *g, const char *bytes, size_t n,
                             grpc_message_fn *got, void *context) {
    struct taker t = {.g = g, .got = got, .context = context};
    if (g->kept == NULL)
        return no_memory;
    if (!g->is_grpc) /* the end says so */
        return NULL;
    if (grpc_reader_feed(&g->kept->reader, bytes, n, take_message, &t, &g->kept->why) != 0)
        return g->kept->why.text;
    return t.wrong;
}

/* ---- the end ---- */

static void fail(struct transport_result *r, enum outcome outcome, const char *error) {
    r->outcome = outcome;
    r->error = error;
}

static void say_status(struct answer_grpc *g, struct transport_result *r) {
    const char *name = grpc_status_text(g->status), *message = buf_text(&g->kept->message);
    char *to = g->kept->text;
    r->has_grpc_status = true;
    r->grpc_status = g->status;
    if (g->bad_status)
        snprintf(to, ANSWER_GRPC_TEXT_BYTES, "%s: grpc-status is not a number", name);
    else if (*message == '\0')
        snprintf(to, ANSWER_GRPC_TEXT_BYTES, "%s", name);
    else
        snprintf(to, ANSWER_GRPC_TEXT_BYTES, "%s: %s", name, message);
    fail(r, OUTCOME_GRPC_ERROR, to);
}

/* gRPC's rule for a proxy that answers instead of the service. */
static void say_http(struct answer_grpc *g, struct transport_result *r) {
    r->has_grpc_status = true;
    r->grpc_status = (int)grpc_status_of_http(r->status);
    snprintf(g->kept->text, ANSWER_GRPC_TEXT_BYTES, "%s: HTTP %d without grpc-status",
             grpc_status_text(r->grpc_status), r->status);
    fail(r, OUTCOME_GRPC_ERROR, g->kept->text);
}

static const char *wrong_end(struct answer_grpc *g) {
    const struct grpc_reader *reader = &g->kept->reader;
    if (!g->has_status)
        return "the response has no grpc-status: it ended without trailers";
    if (grpc_reader_end(reader, &g->kept->why) != 0)
        return g->kept->why.text;
    if (!g->spec->streams && reader->count == 0)
        return "the call ended with OK, but without a message";
    if (!g->spec->streams && reader->count > 1)
        return "the response has more than one message, and the method returns one";
    return NULL;
}

void answer_grpc_end(struct answer_grpc *g, bool stopped, struct transport_result *r) {
    bool over = r->outcome == OUTCOME_OK || r->outcome == OUTCOME_HTTP_ERROR;
    if (g->spec == NULL || !over || stopped)
        return;
    if (g->kept == NULL) {
        fail(r, OUTCOME_PROTOCOL_ERROR, no_memory);
        return;
    }
    if (g->has_status && g->status != GRPC_OK)
        say_status(g, r);
    else if (r->status != 200 && !g->has_status)
        say_http(g, r);
    else if (!g->is_grpc) {
        if (*g->type == '\0')
            snprintf(g->kept->text, ANSWER_GRPC_TEXT_BYTES, "the response has no Content-Type");
        else
            snprintf(g->kept->text, ANSWER_GRPC_TEXT_BYTES,
                     "the response is %s, not application/grpc", g->type);
        fail(r, OUTCOME_PROTOCOL_ERROR, g->kept->text);
    } else {
        const char *why = wrong_end(g);
        r->has_grpc_status = g->has_status;
        r->grpc_status = g->status;
        fail(r, why == NULL ? OUTCOME_OK : OUTCOME_PROTOCOL_ERROR, why == NULL ? "" : why);
    }
}

const char *answer_grpc_late(struct answer_grpc *g, struct transport_result *r) {
    char span[UNITS_BYTES];
    r->has_grpc_status = true;
    r->grpc_status = GRPC_DEADLINE_EXCEEDED;
    if (g->kept == NULL)
        return "DEADLINE_EXCEEDED: the client cancelled the call";
    units_duration_text(g->spec->deadline_ns, span);
    snprintf(g->kept->text, ANSWER_GRPC_TEXT_BYTES,
             "DEADLINE_EXCEEDED: no complete response within the deadline of %s; the client "
             "cancelled the call",
             span);
    return g->kept->text;
}
