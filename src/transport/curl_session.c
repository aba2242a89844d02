#include "transport/curl_session.h"

#include <stdlib.h>

CURLcode curl_session_renew(struct transport_session *s) {
    struct err ignored;
    CURL *easy = curl_easy_init();
    CURLcode code = easy == NULL ? CURLE_OUT_OF_MEMORY : CURLE_OK;
#define SET(option, value)                                                                         \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(easy, option, value)
    if (easy != NULL && curl_request_setup(easy, s->transport->options, &ignored) != 0)
        code = CURLE_OUT_OF_MEMORY;
    SET(CURLOPT_SHARE, s->share);
    SET(CURLOPT_PRIVATE, s);
    SET(CURLOPT_ERRORBUFFER, s->curl_text);
#undef SET
    if (code == CURLE_OK)
        code = curl_answer_setup(&s->answer, easy);
    if (code == CURLE_OK)
        code = curl_link_setup(&s->link, easy);
    if (code == CURLE_OK)
        code = curl_aim_setup(&s->aim, easy);
    if (code != CURLE_OK) {
        curl_easy_cleanup(easy);
        return code;
    }
    curl_easy_cleanup(s->easy);
    s->easy = easy;
    s->last = 0;
    s->spoiled = s->cookie_sent = false;
    return CURLE_OK;
}

int curl_session_open(struct transport *t, uint32_t user, struct transport_session **out,
                      struct err *e) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "not enough memory for another user");
    s->transport = t;
    curl_aim_init(&s->aim, &t->aims, user);
    curl_link_init(&s->link, &t->loop, &s->aim, t->options);
    answer_init(&s->answer.base, t->options, &t->pool, &s->link.history);
    s->link.closing = curl_answer_last_words;
    s->link.context = &s->answer;
    buf_init(&s->host, COOKIES_HEADER_MAX_BYTES);
    buf_init(&s->path, COOKIES_HEADER_MAX_BYTES);
    buf_init(&s->own_cookie, COOKIES_HEADER_MAX_BYTES);
    CURLcode code;
    s->share = curl_share_init();
    if (s->share == NULL ||
        curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK ||
        curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) != CURLSHE_OK ||
        curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
        err_set(e, "not enough memory for another user");
        goto fail;
    }
    if ((code = curl_session_renew(s)) != CURLE_OK) {
        err_set(e, "libcurl refuses a user's options: %s", curl_easy_strerror(code));
        goto fail;
    }
    *out = s;
    return 0;

fail:
    curl_easy_cleanup(s->easy);
    if (s->share != NULL)
        curl_share_cleanup(s->share);
    answer_done(&s->answer.base);
    free(s);
    return -1;
}

static void unlink_refused(struct transport_session **list, const struct transport_session *s) {
    while (*list != NULL && *list != s)
        list = &(*list)->next_refused;
    if (*list != NULL)
        *list = s->next_refused;
}

void curl_session_close(struct transport_session *s) {
    if (s == NULL)
        return;
    unlink_refused(&s->transport->refused, s);
    unlink_refused(&s->transport->finishing, s);
    curl_easy_cleanup(s->easy);
    curl_share_cleanup(s->share);
    stream_watch_free(s->answer.watch);
    answer_done(&s->answer.base);
    curl_aim_done(&s->aim);
    buf_done(&s->host);
    buf_done(&s->path);
    buf_done(&s->own_cookie);
    free(s);
}
