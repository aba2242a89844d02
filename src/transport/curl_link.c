#include "transport/curl_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "transport/h2_text.h"
#include "transport/idle_close.h"
#include "util/clock.h"

/* ---- sockets ---- */

/* It has ended, idle. How, only the socket tells, and only now: TLS's goodbye into an ended
 * connection makes a reset of it. */
static void note_gone(struct curl_link *k) {
    k->gone_ns = clock_mono_ns();
    k->gone_reset = idle_close_by_reset(k->fd);
}

/* Something has come on an idle connection, or it has ended: libcurl will look only when it needs
 * it. */
static void idle_event(void *context) {
    struct curl_link *k = context;
    if (k->gone_ns != 0 || k->fd < 0)
        return;
    if (idle_close_seen(k->fd) || (k->tls && idle_close_goodbye(k->fd)))
        note_gone(k);
    else
        k->babbled = true;
}

/* Where a kept connection ends before any answer, libcurl sends the request again on a new one and
 * tells nobody: the target would count two requests, and we one. There is no option against it, but
 * it needs a socket from us. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    (void)purpose;
    struct curl_link *k = context;
    struct transport_result told = {0};
    if (k->sent) {
        k->again_wanted = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = curl_aim_open(k->aim, address);
    if (fd == CURL_SOCKET_BAD)
        return fd;
    curl_loop_tell_idle(k->loop, fd, idle_event, k);
    if (!k->opened) {
        history_begin(&k->history, &told);
        if (told.previous_end != CONNECTION_END_NONE) {
            k->previous_end = told.previous_end;
            k->previous_idle_ns = told.previous_idle_ns;
        }
    }
    k->other = k->fd;
    k->fd = fd;
    k->gone_ns = 0;
    k->opened = true;
    k->babbled = k->goaway = false;
    k->last_stream = 0;
    return fd;
}

/* The connection of the current transfer is closed, or is of no more use. */
static void note_end(struct curl_link *k, curl_socket_t fd) {
    if (k->closed)
        return;
    k->closed = true;
    k->reset = idle_close_by_reset(fd);
    k->ended = idle_close_seen(fd);
    k->unseen = idle_close_unseen(fd, k->written);
}

static void closing_idle(struct curl_link *k, curl_socket_t fd) {
    if (k->history.end != CONNECTION_END_NONE)
        return; /* we ended it */
    bool reset = k->gone_ns != 0 ? k->gone_reset : idle_close_by_reset(fd);
    enum connection_end end = k->goaway ? h2_goaway_end(k->goaway_code)
                              : reset   ? CONNECTION_END_RESET
                              : k->gone_ns != 0 || idle_close_seen(fd) ? CONNECTION_END_IDLE
                                                                       : CONNECTION_END_CLIENT;
    history_ended(&k->history, end, k->gone_ns != 0 ? k->gone_ns : clock_mono_ns());
}

static int close_socket(void *context, curl_socket_t fd) {
    struct curl_link *k = context;
    if (fd == k->other)
        k->other = -1;
    if (fd == k->fd) {
        k->fd = k->other;
        k->other = -1;
        if (k->sent) {
            note_end(k, fd);
            if (k->closing != NULL)
                k->closing(k->context, fd);
        } else if (!k->opened)
            closing_idle(k, fd);
    }
    return curl_loop_close_socket(k->loop, fd);
}

/* libcurl is about to send: once a transfer, as we allow it. */
static int note_sending(void *context, char *local_address, char *remote_address, int local_port,
                        int remote_port) {
    (void)local_address, (void)remote_address, (void)local_port, (void)remote_port;
    struct curl_link *k = context;
    k->sent = true;
    k->sent_ns = clock_mono_ns();
    k->written = k->fd < 0 || k->options->retry == TRANSPORT_RETRY_NEVER
                     ? UINT64_MAX
                     : idle_close_written(k->fd);
    return CURL_PREREQFUNC_OK;
}

/* ---- what libcurl says of HTTP/2 ---- */

static bool begins(const char *text, size_t n, const char *with) {
    size_t m = strlen(with);
    return n >= m && memcmp(text, with, m) == 0;
}

/* The number behind `word`; 0 if there is none. */
static uint32_t number_after(const char *line, const char *word) {
    const char *at = strstr(line, word);
    return at != NULL ? (uint32_t)strtoul(at + strlen(word), NULL, 10) : 0;
}

static int note_text(CURL *easy, curl_infotype type, char *text, size_t n, void *context) {
    (void)easy;
    struct curl_link *k = context;
    char line[128];
    if (type != CURLINFO_TEXT)
        return 0;
    snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
    if (begins(text, n, "Using Stream ID: "))
        k->stream = number_after(line, "ID: ");
    else if (strstr(line, "] OPENED stream for ") != NULL) /* libcurl 8 */
        k->stream = number_after(line, "[HTTP/2] [");
    else if (strstr(line, " GOAWAY, error=") != NULL && strstr(line, "last_stream=") != NULL) {
        k->goaway = true;
        k->goaway_code = (uint32_t)number_after(line, "error=");
        k->last_stream = number_after(line, "last_stream=");
    } else if (begins(text, n, "stream ") && strstr(line, " closed") != NULL)
        k->answered =
            true; /* it says so only where it has read the whole answer, and still wants to send */
    else if (begins(text, n, "REFUSED_STREAM"))
        k->refused = true;
    else if (strstr(line, "failure: ") != NULL || strstr(line, "SSL_") != NULL)
        k->broken = true;
    return 0;
}

/* ---- beginning and end ---- */

void curl_link_init(struct curl_link *k, struct curl_loop *loop, struct curl_aim *aim,
                    const struct transport_options *options) {
    *k = (struct curl_link){.loop = loop, .aim = aim, .options = options, .fd = -1, .other = -1};
}

CURLcode curl_link_setup(struct curl_link *k, CURL *easy) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
#define SET(option, value)                                                                         \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_OPENSOCKETDATA, k);
    SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(CURLOPT_CLOSESOCKETDATA, k);
    SET(CURLOPT_PREREQFUNCTION, note_sending);
    SET(CURLOPT_PREREQDATA, k);
    if (k->options->version != TRANSPORT_HTTP_1_1) {
        SET(CURLOPT_DEBUGFUNCTION, note_text);
        SET(CURLOPT_DEBUGDATA, k);
        SET(CURLOPT_VERBOSE, 1L);
    }
#undef SET
    return code;
}

void curl_link_begin(struct curl_link *k) {
    k->previous_end = CONNECTION_END_NONE;
    k->previous_idle_ns = 0;
}

static void drain(int fd) {
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

/* libcurl looks before it sends whether a kept connection has ended, but takes for a sign of life
 * what lies unread in front of the end: TLS's goodbye, and the error by which the kernel tells a
 * reset. */
static void let_it_see_the_end(struct curl_link *k) {
    if (k->fd < 0 || (!k->tls && k->gone_ns == 0))
        return;
    if (k->tls && idle_close_goodbye(k->fd)) {
        if (k->history.end == CONNECTION_END_NONE)
            history_ended(&k->history,
                          k->goaway ? h2_goaway_end(k->goaway_code) : CONNECTION_END_IDLE,
                          k->gone_ns != 0 ? k->gone_ns : clock_mono_ns());
        shutdown(k->fd, SHUT_RD);
    } else if (k->gone_ns == 0 && !idle_close_seen(k->fd))
        return;
    if (k->gone_ns == 0)
        note_gone(k);
    drain(k->fd);
}

/* What a server sends without a request is no answer to the next request. libcurl would take it for
 * one. */
static void let_it_see_no_babble(struct curl_link *k) {
    if (!k->babbled || k->fd < 0)
        return;
    history_ended(&k->history, CONNECTION_END_IDLE, clock_mono_ns());
    shutdown(k->fd, SHUT_RD);
    drain(k->fd);
}

/* libcurl has no word for "not this one any more" but an age in whole seconds. One whose reading
 * end is shut down looks ended to it, and it says goodbye and closes it. */
static void let_it_see_that_it_is_old(struct curl_link *k) {
    int64_t now_ns = clock_mono_ns();
    if (k->fd < 0 || k->gone_ns != 0 || !history_expired(&k->history, now_ns))
        return;
    history_ended(&k->history, CONNECTION_END_EXPIRED, now_ns);
    shutdown(k->fd, SHUT_RD);
}

void curl_link_expect(struct curl_link *k, bool tls) {
    k->opened = k->sent = k->again_wanted = false;
    k->closed = k->unseen = k->reset = k->ended = k->refused = k->broken = k->answered = false;
    k->stream = 0;
    k->written = UINT64_MAX;
    let_it_see_that_it_is_old(k);
    k->tls = tls;
    if (tls || k->options->version == TRANSPORT_HTTP_1_1)
        let_it_see_the_end(k);
    /* TLS and HTTP/2 have messages of their own. */
    if (!tls && k->options->version == TRANSPORT_HTTP_1_1)
        let_it_see_no_babble(k);
}

static bool is_loss(CURLcode code) {
    return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/* How the connection of a transfer ended that had begun to send. */
static enum connection_end end_of(const struct curl_link *k, bool announced) {
    if (k->goaway)
        return h2_goaway_end(k->goaway_code);
    if (k->refused)
        return CONNECTION_END_CLIENT;
    if (k->code == CURLE_OK)
        return announced ? CONNECTION_END_ANNOUNCED : CONNECTION_END_CLIENT;
    if (!k->ended || (!k->again_wanted && !is_loss(k->code)))
        return CONNECTION_END_CLIENT;
    /* libcurl has read the reset away, which leaves an end behind. */
    if (k->reset && !k->unseen)
        return CONNECTION_END_RESET;
    return k->begun ? CONNECTION_END_CUT : CONNECTION_END_LOST;
}

/* An end of TCP below TLS becomes a reset when libcurl says goodbye into it; a reset that came
 * first is in its text. What TLS said came before either. */
static bool was_reset(const struct curl_link *k, const char *curl_text, bool goodbye) {
    return k->reset && !goodbye &&
           (!k->tls || strstr(curl_text, "reset by peer") != NULL ||
            strstr(curl_text, "Broken pipe") != NULL);
}

void curl_link_ended(struct curl_link *k, CURLcode code, const char *curl_text,
                     const struct curl_link_seen *seen, int64_t end_ns) {
    bool begun = seen->begun;
    k->code = code;
    k->begun = begun;
    if (code == CURLE_OK)
        history_answered(&k->history, end_ns);
    /* With HTTP/2 libcurl does not always let go of a connection that has ended under an answer. */
    if (!k->closed && k->fd >= 0 && is_loss(code) && idle_close_seen(k->fd))
        note_end(k, k->fd);
    k->ended = k->ended || (k->closed && seen->goodbye);
    k->reset = was_reset(k, curl_text, seen->goodbye);
    /* On a kept connection libcurl has no words for REFUSED_STREAM: it wants to send again although
     * the connection lives. */
    if (k->again_wanted && k->stream != 0 && k->closed && !k->ended && !k->reset && !k->broken)
        k->refused = true;
    if (!k->closed)
        return;
    bool idle_before = !k->opened && !begun && (k->again_wanted || is_loss(code));
    history_ended(&k->history, end_of(k, seen->announced), idle_before ? k->sent_ns : 0);
}

bool curl_link_may_repeat(const struct curl_link *k, bool idempotent) {
    enum transport_retry retry = k->options->retry;
    if (k->code == CURLE_OK || !k->sent || k->begun || retry == TRANSPORT_RETRY_NEVER)
        return false;
    if (k->refused || (k->goaway && k->stream > k->last_stream))
        return true;
    /* After GOAWAY the connection is over, also where libcurl stops before its end has come. */
    bool over = (k->closed && k->ended) || k->goaway;
    if (k->opened || !over || (!k->again_wanted && !is_loss(k->code)))
        return false;
    return k->unseen || (retry == TRANSPORT_RETRY_SAFE && idempotent);
}

enum http_version curl_link_version(CURL *easy) {
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_1_0   ? HTTP_VERSION_1_0
           : version == CURL_HTTP_VERSION_1_1 ? HTTP_VERSION_1_1
           : version == CURL_HTTP_VERSION_2_0 ? HTTP_VERSION_2
                                              : HTTP_VERSION_NONE;
}

/* ---- words ---- */

const char *curl_link_failure(const struct curl_link *k, const char *curl_text,
                              enum outcome *outcome) {
    *outcome = OUTCOME_RESET;
    if (k->code == CURLE_OPERATION_TIMEDOUT || k->code == CURLE_ABORTED_BY_CALLBACK)
        return NULL;
    if (k->refused)
        return H2_REFUSED;
    if (k->goaway && (k->again_wanted || is_loss(k->code)))
        return k->stream > k->last_stream ? H2_GOAWAY_UNPROCESSED
               : k->begun                 ? H2_GOAWAY_CUT
                                          : H2_GOAWAY_LOST;
    if (k->again_wanted)
        return "connection lost before a response";
    if (k->code == CURLE_PARTIAL_FILE && !k->begun)
        return k->opened ? "connection closed without a response"
                         : "connection lost before a response";
    if (k->code != CURLE_HTTP2 && k->code != CURLE_HTTP2_STREAM)
        return NULL;
    static const char before_reason[] = "was not closed cleanly: ";
    const char *reason = strstr(curl_text, before_reason);
    if (reason != NULL)
        return h2_reset_text(h2_code_of(reason + sizeof before_reason - 1), outcome);
    if (k->ended || strstr(curl_text, "before end of the underlying stream") != NULL)
        return k->begun    ? "connection closed before the response was complete"
               : k->opened ? "connection closed without a response"
                           : "connection lost before a response";
    *outcome = OUTCOME_PROTOCOL_ERROR;
    return strstr(curl_text, "before getting") != NULL ? H2_NO_HEAD : H2_NOT_VALID;
}
