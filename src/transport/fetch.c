#include "transport/fetch.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "transport/curl_text.h"
#include "util/buf.h"
#include "util/clock.h"

#define REDIRECTS_MAX 3
#define RETRY_AFTER_MAX_S 86400

struct fetch {
    const struct fetch_options *options;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers, *resolve;
    struct buf body;
    bool post; /* the current call */
    bool too_large;
    bool answered; /* the last call has a status */
    int64_t first_ns;
    char error[CURL_ERROR_SIZE];
    _Atomic int64_t wanted_end_ns; /* INT64_MAX until it is woken: when a fetch must end */
};

static size_t take_head(char *line, size_t size, size_t n, void *context) {
    struct fetch *f = context;
    if (size * n >= 5 && memcmp(line, "HTTP/", 5) == 0) /* the last one's: there may be redirects */
        f->first_ns = clock_mono_ns();
    return size * n;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context) {
    struct fetch *f = context;
    long status = 0;
    if (curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
        (status / 100 != 2 && !f->post))
        return size * n; /* of a redirect or an error: nobody reads it */
    buf_add(&f->body, bytes, size * n);
    f->too_large = !buf_ok(&f->body);
    return f->too_large ? 0 : size * n;
}

/* Of a body that nobody reads, as much as of one that is read. */
static int look(void *context, curl_off_t total, curl_off_t now, curl_off_t u, curl_off_t v) {
    struct fetch *f = context;
    (void)total, (void)u, (void)v;
    f->too_large = f->too_large || (uint64_t)now > f->options->bytes_max;
    return f->too_large;
}

static CURLcode set_options(struct fetch *f) {
    const struct fetch_options *o = f->options;
    CURL *c = f->easy;
    CURLcode code = CURLE_OK;
#define SET(option, value) code = code != CURLE_OK ? code : curl_easy_setopt(c, option, value)
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_USERAGENT, o->user_agent);
    SET(CURLOPT_HTTPHEADER, f->headers);
    SET(CURLOPT_RESOLVE, f->resolve);
    SET(CURLOPT_SSL_VERIFYPEER, o->verify ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, o->verify ? 2L : 0L);
    if (o->ca != NULL)
        SET(CURLOPT_CAINFO, o->ca);
    SET(CURLOPT_SSLCERT, o->cert);
    SET(CURLOPT_SSLKEY, o->key);
    SET(CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_XFERINFOFUNCTION, look);
    SET(CURLOPT_XFERINFODATA, f);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_ERRORBUFFER, f->error);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* a look-up that does not end holds nobody up */
#endif
#undef SET
    return code;
}

static bool append(struct curl_slist **list, const char *text) {
    struct curl_slist *more = curl_slist_append(*list, text);
    if (more != NULL)
        *list = more;
    return more != NULL;
}

static bool add_header(struct fetch *f, const char *before, const char *value) {
    struct buf line;
    buf_init(&line, strlen(before) + strlen(value));
    buf_printf(&line, "%s%s", before, value);
    bool ok = buf_ok(&line) && append(&f->headers, buf_text(&line));
    buf_done(&line);
    return ok;
}

static bool set_lists(struct fetch *f) {
    const struct fetch_options *o = f->options;
    bool ok = add_header(f, "Accept: ", o->accept) &&
              (o->bearer == NULL || add_header(f, "Authorization: Bearer ", o->bearer));
    for (size_t i = 0; ok && i < o->header_count; i++)
        ok = append(&f->headers, o->headers[i]);
    for (size_t i = 0; ok && i < o->resolve_count; i++)
        ok = append(&f->resolve, o->resolve[i]);
    return ok;
}

int fetch_new(const struct fetch_options *options, struct fetch **out, struct err *e) {
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL)
        return err_memory(e, NULL);
    f->options = options;
    atomic_init(&f->wanted_end_ns, INT64_MAX);
    buf_init(&f->body, options->bytes_max);
    f->multi = curl_multi_init();
    f->easy = curl_easy_init();
    bool made = f->multi != NULL && f->easy != NULL && set_lists(f);
    CURLcode code = made ? set_options(f) : CURLE_OUT_OF_MEMORY;
    if (code != CURLE_OK) {
        fetch_free(f);
        return code == CURLE_OUT_OF_MEMORY
                   ? err_memory(e, NULL)
                   : err_set(e, "libcurl cannot read documents: %s", curl_easy_strerror(code));
    }
    *out = f;
    return 0;
}

void fetch_free(struct fetch *f) {
    if (f == NULL)
        return;
    curl_easy_cleanup(f->easy);
    curl_multi_cleanup(f->multi);
    curl_slist_free_all(f->headers);
    curl_slist_free_all(f->resolve);
    buf_done(&f->body);
    free(f);
}

/* At least 1 ms, so that nothing turns without waiting. */
static int wait_ms(int64_t until_ns) {
    int64_t ms = (until_ns - clock_mono_ns() + NS_PER_MS - 1) / NS_PER_MS;
    return ms < 1 ? 1 : ms > 1000 ? 1000 : (int)ms;
}

static int64_t end_of(const struct fetch *f, int64_t own_ns) {
    int64_t wanted_ns = atomic_load(&f->wanted_end_ns);
    return wanted_ns < own_ns ? wanted_ns : own_ns;
}

/* Runs the transfer to its end; CURLE_OPERATION_TIMEDOUT after its time. */
static CURLcode carry_out(struct fetch *f, int64_t until_ns) {
    int running = 1, left;
    while (running > 0) {
        if (curl_multi_perform(f->multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        int64_t end_ns = end_of(f, until_ns);
        if (running > 0 && clock_mono_ns() >= end_ns)
            return CURLE_OPERATION_TIMEDOUT;
        if (running > 0 && curl_multi_poll(f->multi, NULL, 0, wait_ms(end_ns), NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
    }
    CURLMsg *m = curl_multi_info_read(f->multi, &left);
    return m == NULL || m->msg != CURLMSG_DONE ? CURLE_OUT_OF_MEMORY : m->data.result;
}

static int explain(const struct fetch *f, CURLcode code, struct err *e) {
    char text[CURL_ERROR_SIZE];
    if (f->too_large)
        return err_set(e, "the response has more than %zu bytes", f->options->bytes_max);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(e, "no whole response in time");
    const char *why = f->error[0] == '\0' ? curl_easy_strerror(code) : f->error;
    curl_text_kind(why, strlen(why), text, sizeof text);
    return err_set(e, "%s", text);
}

/* Runs the call for which the handle is set up. Returns 0 if a whole response arrived. */
static int exchange(struct fetch *f, const char *url, long *status, struct err *e) {
    f->answered = false;
    buf_clear(&f->body);
    f->too_large = false;
    f->first_ns = 0;
    f->error[0] = '\0';
    int64_t until_ns = clock_mono_ns() + f->options->timeout_ns;
    if (curl_easy_setopt(f->easy, CURLOPT_URL, url) != CURLE_OK ||
        curl_multi_add_handle(f->multi, f->easy) != CURLM_OK)
        return err_memory(e, NULL);
    CURLcode code = carry_out(f, until_ns);
    curl_multi_remove_handle(f->multi, f->easy);
    curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, status);
    f->answered = *status != 0;
    return code == CURLE_OK ? 0 : explain(f, code, e);
}

int fetch_get(struct fetch *f, const char *url, struct fetch_document *out, struct err *e) {
    long status = 0;
    f->post = false;
    if (curl_easy_setopt(f->easy, CURLOPT_HTTPGET, 1L) != CURLE_OK ||
        curl_easy_setopt(f->easy, CURLOPT_FOLLOWLOCATION, 1L) != CURLE_OK)
        return err_memory(e, NULL);
    if (exchange(f, url, &status, e) != 0)
        return -1;
    if (status / 100 != 2)
        return err_set(e, "status %ld", status);
    out->text = buf_text(&f->body);
    out->bytes = f->body.len;
    out->at_ns = f->first_ns;
    return 0;
}

int fetch_post(struct fetch *f, const char *url, const char *body, size_t bytes,
               struct fetch_answer *out, struct err *e) {
    long status = 0;
    curl_off_t retry_after_s = 0;
    f->post = true;
    if (curl_easy_setopt(f->easy, CURLOPT_POST, 1L) != CURLE_OK ||
        curl_easy_setopt(f->easy, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK ||
        curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS, body) != CURLE_OK ||
        curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes) != CURLE_OK)
        return err_memory(e, NULL);
    if (exchange(f, url, &status, e) != 0)
        return -1;
    curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (retry_after_s < 0 || retry_after_s > RETRY_AFTER_MAX_S)
        retry_after_s = RETRY_AFTER_MAX_S;
    *out = (struct fetch_answer){.status = status,
                                 .retry_after_ns = retry_after_s * NS_PER_S,
                                 .text = buf_text(&f->body),
                                 .bytes = f->body.len};
    return 0;
}

bool fetch_answered(const struct fetch *f) {
    return f->answered;
}

bool fetch_wait(struct fetch *f, int64_t until_ns) {
    while (atomic_load(&f->wanted_end_ns) == INT64_MAX) {
        if (clock_mono_ns() >= until_ns)
            return true;
        curl_multi_poll(f->multi, NULL, 0, wait_ms(until_ns), NULL);
    }
    return false;
}

void fetch_wake(struct fetch *f, int64_t rest_ns) {
    atomic_store(&f->wanted_end_ns, clock_mono_ns() + rest_ns);
    curl_multi_wakeup(f->multi);
}
